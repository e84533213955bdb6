from __future__ import annotations

import pulumi
import pytest

from components.kubernetes.images import Images


def test_references_are_by_digest() -> None:
    images = Images("local", "100.64.0.1:5000", {"mlflow": "sha256:" + "1" * 64})
    assert images.reference("mlflow") == "100.64.0.1:5000/mlplatform/mlflow@sha256:" + "1" * 64


def test_a_missing_image_is_said_with_the_command() -> None:
    with pytest.raises(pulumi.RunError, match=r"(?s)image mlflow isn't in release local.*fix: run `mlp images` first"):
        Images("local", "100.64.0.1:5000", {}).reference("mlflow")
