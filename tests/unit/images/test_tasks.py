"""The graph: bases before what builds on them, programs before what holds them, pushes after both."""

from __future__ import annotations

import pytest

from images import catalog, tasks
from local.problem import Problem


def test_bases_come_along() -> None:
    made = {task.name: task for task in tasks.tasks(["mlflow"])}
    assert set(made) == {"image base", "image mlflow"}
    assert made["image mlflow"].needs == ("image base",)


def test_the_longest_are_first() -> None:
    names = [task.name for task in tasks.tasks(tasks.platform_images())]
    assert names[:3] == ["image base", "image mlflow", "image training"]


def test_programs_and_other_needs_come_before() -> None:
    made = tasks.tasks(["etcd", "registry"], programs={"etcd": "go etcd"}, needs=("packages",))
    needs = {task.name: task.needs for task in made}
    assert needs == {
        "image base": ("packages",),
        "image etcd": ("packages", "go etcd"),
        "image registry": ("packages", "image base"),
    }


def test_a_base_is_pushed_first() -> None:
    needs = {task.name: task.needs for task in tasks.push_tasks(["mlflow"], "100.64.0.1:5000", needs=("node",))}
    assert needs == {"push base": ("node",), "push mlflow": ("node", "push base")}


def test_an_unknown_name_is_said_with_those_that_are() -> None:
    with pytest.raises(Problem) as caught:
        tasks.tasks(["mlfow"])
    assert "'mlfow'" in caught.value.what
    assert "mlflow" in caught.value.fix


def test_every_image_is_either_the_nodes_or_the_platforms_or_built_by_name() -> None:
    every = [*tasks.node_images(), *tasks.platform_images(), *tasks.optional_images()]
    assert sorted(every) == sorted(catalog.load())


def test_nothing_that_everybody_builds_builds_on_what_is_optional() -> None:
    made = {task.name for task in tasks.tasks([*tasks.node_images(), *tasks.platform_images()])}
    assert not made & {tasks.build_task(name) for name in tasks.optional_images()}
