from __future__ import annotations

import re

from components import versions
from local import paths


def text(path: str) -> str:
    return (paths.checkout() / path).read_text("utf-8")


def test_versions_are_those_that_the_images_pin() -> None:
    assert re.search(rf"^mlflow=={re.escape(versions.MLFLOW)} ", text("images/mlflow/requirements.lock"), re.MULTILINE)
    assert f"postgresql-{versions.POSTGRES}" in text("images/postgres/Containerfile")
    assert f"versitygw v{versions.OBJECT_STORE}" in text("local/gomodules/versitygw/go.mod")
