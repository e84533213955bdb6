"""What a person asks of a sweep: a YAML file, options, or a file with options over it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError

from components.kubernetes.spec import Resources, Spec
from local.problem import Problem

NAME = r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"
OBJECTIVE = r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$"
Count = Annotated[int, Field(strict=True, ge=1)]


class SweepSpec(Spec):
    """A sweep."""

    name: Annotated[str, Field(pattern=NAME)]
    """What it is called; the same name again takes it up where it was left."""

    objective: Annotated[str, Field(pattern=OBJECTIVE)]
    """Import path of a function of one Optuna trial, such as article_recommender.tune:objective."""

    project: str | None = None
    """Folder of the package that it is in, relative to the file; none if the image has it."""

    trials: Annotated[Count, Field(le=10_000)]
    """So many are recorded in the end, each complete, pruned or failed."""

    parallel: Annotated[Count, Field(le=100)] = 2
    """Pods at the same time; those that the team's quota has no room for wait."""

    direction: Literal["minimize", "maximize"] = "minimize"
    """What is better."""

    pruner: Literal["none", "median", "hyperband"] = "none"
    """What ends trials early that fall behind in what they report."""

    seed: Annotated[int, Field(strict=True, ge=0)] = 0
    """Of the sampler."""

    failures: Annotated[int, Field(strict=True, ge=0)] = 3
    """So many trials may fail by an error of the objective."""

    heartbeat_seconds: Count = 5
    """How often a trial that runs says so."""

    grace_seconds: Count = 25
    """After so long without a word its worker is taken for dead, and another runs it again."""

    resources: Resources | None = None
    """Of one pod; the team's `tuning.worker` if none."""


def read(file: Path | None, options: Mapping[str, Any]) -> tuple[SweepSpec, Path | None]:
    """The sweep, and the folder of its project.

    Args:
        file: YAML, or None if options say all.
        options: What overrides it; None of them counts.

    Raises:
        Problem: Something is missing or wrong; names it.
    """
    found = {} if file is None else _loaded(file)
    found |= {key: value for key, value in options.items() if value is not None}
    where = "the sweep" if file is None else str(file)
    try:
        spec = SweepSpec.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            raise Problem(f"{where} has no {place}", f"give it in the file or as --{place}") from None
        raise Problem(
            f"{where}: {place} is {first['input']!r}", f"{first['msg']}; keys are: {', '.join(SweepSpec.model_fields)}"
        ) from None
    if spec.project is None:
        return spec, None
    # An option is relative to where the person is, the file's key to the file.
    base = Path() if file is None or options.get("project") is not None else file.parent
    return spec, (base / spec.project).resolve()


def _loaded(file: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(file.read_text("utf-8"))
    except OSError as error:
        raise Problem(f"{file} can't be read: {error.strerror}", "name a YAML file with a sweep") from None
    except yaml.YAMLError as error:
        raise Problem(f"{file} isn't YAML: {str(error).splitlines()[0]}", "correct it") from None
    if not isinstance(found, dict):
        raise Problem(f"{file} is no mapping", "write keys such as `name: mix`, `objective: package.module:function`")
    return found
