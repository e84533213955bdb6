"""Where a model comes from: MLflow's registry, or a Bento in the team's bucket."""

from __future__ import annotations

import contextlib
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import PackError

MODEL = re.compile(r"models:/(?P<name>[^/@]+)(?:@(?P<alias>[\w-]+)|/(?P<version>\d+))", re.ASCII)
BENTO = re.compile(r"bento:/+(?P<key>.+)")
MLFLOW, BENTO_KIND = "mlflow", "bento"
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}


@dataclass(frozen=True)
class Source:
    """One version of something that can be packed."""

    kind: str
    model: str
    version: str
    run: str
    stamp: tuple[str, ...]
    """What tells it from all others, also from one of the same name that was made anew."""
    fetch: Callable[[Path], None]
    """Puts it into a folder that is /opt/model."""


def resolve(uri: str) -> Source:
    """What a ModelService's `model` is now.

    Raises:
        PackError: There is no such thing, or nobody answers.
    """
    if found := MODEL.fullmatch(uri):
        return _model(found["name"], found["alias"], found["version"])
    if found := BENTO.fullmatch(uri):
        return _bento(found["key"])
    raise PackError(
        f"{uri!r} isn't a model", "write models:/<name>@<alias>, models:/<name>/<version> or bento:/<key in the bucket>"
    )


def _model(name: str, alias: str | None, version: str | None) -> Source:
    server = os.environ.get("MLFLOW_TRACKING_URI", "")
    if not server:
        raise PackError("MLFLOW_TRACKING_URI isn't set", "run where the team's worker-keys are the environment")
    for variable, value in QUIET.items():
        os.environ.setdefault(variable, value)
    import mlflow

    with _explained(server, name, alias or version or ""):
        client = mlflow.MlflowClient()
        found = client.get_model_version_by_alias(name, alias) if alias else client.get_model_version(name, version)
    if found.status != "READY":
        raise PackError(f"version {found.version} of {name} is {found.status}", "register it again")

    def fetch(folder: Path) -> None:
        with _explained(server, name, str(found.version)):
            mlflow.artifacts.download_artifacts(f"models:/{name}/{found.version}", dst_path=str(folder / "model"))
        if not (folder / "model" / "MLmodel").is_file():
            raise PackError(f"version {found.version} of {name} has no MLmodel file", "log it by a flavor of MLflow")

    stamp = (name, str(found.version), str(found.source), str(found.creation_timestamp))
    return Source(MLFLOW, name, str(found.version), found.run_id or "", stamp, fetch)


@contextlib.contextmanager
def _explained(server: str, name: str, which: str) -> Iterator[None]:
    import mlflow

    try:
        yield
    except mlflow.exceptions.MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise PackError(
                f"there is no model {name} {which} in MLflow at {server}",
                f"register it, or set the alias: client.set_registered_model_alias({name!r}, {which!r}, version)",
            ) from None
        raise PackError(f"MLflow at {server}: {error.message or error}", "see whether it is up: mlp status") from None
    except OSError as error:
        raise PackError(f"MLflow at {server} doesn't answer: {error}", "see whether it is up: mlp status") from None


def _bento(key: str) -> Source:
    bucket = os.environ.get("TEAM_BUCKET", "")
    if not bucket:
        raise PackError("TEAM_BUCKET isn't set", "run where the team's worker-keys are the environment")
    import boto3
    import botocore.exceptions

    client = boto3.client("s3")
    try:
        head = client.head_object(Bucket=bucket, Key=key)
    except botocore.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in (403, 404):
            raise PackError(
                f"there is no {key} in bucket {bucket}", "upload what `bentoml export NAME:VERSION` writes"
            ) from None
        raise PackError(f"bucket {bucket}: {error}", "see whether the object store is up: mlp status") from None
    except botocore.exceptions.BotoCoreError as error:
        raise PackError(f"bucket {bucket}: {error}", "see whether the object store is up: mlp status") from None
    tag = head["ETag"].strip('"')

    def fetch(folder: Path) -> None:
        archive = folder.with_name(f"{folder.name}.bento")
        client.download_file(bucket, key, str(archive))
        unpack(archive, folder)
        archive.unlink()

    name = Path(key).name.partition(".")[0]
    return Source(BENTO_KIND, name, tag[:12], "", (bucket, key, tag), fetch)


def unpack(archive: Path, folder: Path) -> None:
    """A Bento's archive into a folder.

    Raises:
        PackError: It is none.
    """
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise PackError(
            f"the Bento is no tar that can be read: {error}", "upload what `bentoml export` writes"
        ) from None
    if not (folder / "bento.yaml").is_file():
        raise PackError("the Bento has no bento.yaml at its top", "upload what `bentoml export` writes")


def describe(source: Source) -> dict[str, Any]:
    """What a pod reads of what it serves: package.json."""
    return {"kind": source.kind, "model": source.model, "version": source.version, "run": source.run}
