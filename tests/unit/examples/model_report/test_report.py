"""The notebook as it is pushed: no outputs of anybody's, and what its DAG replaces is there to be replaced."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from local import paths
from tests.support.pipelines import DAGS

FOLDER = paths.checkout() / "examples" / "model_report"
NOTEBOOKS = [(FOLDER, "report.ipynb"), (DAGS / "asked", "asked.ipynb")]


def cells(path: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["cells"]
    return found


@pytest.mark.parametrize(("folder", "name"), NOTEBOOKS, ids=lambda value: str(value).rsplit("/", 1)[-1])
def test_what_the_dag_replaces_is_a_parameter(folder: Any, name: str) -> None:
    tagged = [cell for cell in cells(folder / name) if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1
    known = {
        target.id
        for statement in ast.parse("".join(tagged[0]["source"])).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    (call,) = [
        node
        for node in ast.walk(ast.parse((folder / "dag.py").read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "notebooks.run"
    ]
    assert ast.literal_eval(call.args[0]) == name
    assert set(ast.literal_eval(call.args[1])) <= known


@pytest.mark.parametrize(("folder", "name"), NOTEBOOKS, ids=lambda value: str(value).rsplit("/", 1)[-1])
def test_nobodys_outputs_are_in_it(folder: Any, name: str) -> None:
    for cell in cells(folder / name):
        if cell["cell_type"] == "code":
            ast.parse("".join(cell["source"]))
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
