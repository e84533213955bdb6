from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from components.kubernetes.spec import Spec
from stacks import build
from stacks.spec import reference

SPECS = sorted(path for path in build.STACKS.glob("*.yaml") if not path.name.startswith("Pulumi."))


def all_specs(base: type[Spec] = Spec) -> list[type[Spec]]:
    return [found for part in base.__subclasses__() for found in (part, *all_specs(part))]


def test_the_committed_reference_is_what_the_specs_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert reference.main(["--check"]) == 0, capsys.readouterr().err


def test_check_fails_on_a_stale_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    assert reference.main([]) == 0
    assert reference.main(["--check"]) == 0
    page = tmp_path / "spec.md"
    page.write_text(page.read_text() + "edited by hand")
    assert reference.main(["--check"]) == 1
    assert "spec.md is stale" in capsys.readouterr().err


@pytest.mark.parametrize("part", all_specs(), ids=lambda part: part.__name__)
def test_every_field_is_described(part: type[Spec]) -> None:
    assert [name for name, field in part.model_fields.items() if not field.description] == []
    assert part.__doc__
    assert part.model_config["extra"] == "forbid"
    assert part.model_config["frozen"] is True


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_shipped_specs_pass_the_schema_and_name_it(path: Path) -> None:
    jsonschema.Draft202012Validator(reference.schema()).validate(yaml.safe_load(path.read_text()))
    named = path.read_text().splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).resolve() == reference.FOLDER / "spec.schema.json"


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_shipped_specs_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 30


@pytest.mark.parametrize(
    "change", [{"kind": "other"}, {"surplus": 1}, {"retain_data": "yes"}, {"ingress": {"port": 0}}, {"postgres": {}}]
)
def test_the_schema_refuses_what_is_wrong(change: dict[str, Any]) -> None:
    right = yaml.safe_load((build.STACKS / "local-foundation.yaml").read_text())
    assert not jsonschema.Draft202012Validator(reference.schema()).is_valid({**right, **change})


def test_the_schema_is_json_that_editors_read() -> None:
    found = json.loads((reference.FOLDER / "spec.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["discriminator"]["propertyName"] == "kind"
