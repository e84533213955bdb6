"""What is built and pushed, in which order."""

from __future__ import annotations

from mlp import graph


def test_one_image_is_pushed_with_its_base_each_after_its_build() -> None:
    needs = {task.name: set(task.needs) for task in graph.pushes(["mlflow"], "registry.test:5000")}
    assert needs == {
        "push base": {"image base"},
        "push mlflow": {"image mlflow", "push base"},
        "release": {"push base", "push mlflow"},
    }
