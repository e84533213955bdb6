"""Notebooks as tasks: `notebooks.run("report.ipynb", parameters={"day": "{{ ds }}"})` in a DAG.

Airflow's part runs in the worker's image as always. The notebook runs beside it in the same pod, in the image that
people's notebooks have, with the team's keys. Output and page are kept in the team's bucket, whatever the end was.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow.sdk import BaseOperator, BaseOperatorLink
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from . import notebook_pod
from .notebook_files import Handover, Kept, address


class Page(BaseOperatorLink):  # type: ignore[misc]  # Airflow is in the image alone
    """The button of a task that leads to its notebook."""

    name = "Notebook"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Its address, known before there is anything to see."""
        return address(Kept(ti_key.dag_id, ti_key.run_id, ti_key.task_id, ti_key.map_index))


class NotebookTask(BaseOperator):  # type: ignore[misc]  # Airflow is in the image alone
    """A task that is a notebook. `run` makes it."""

    template_fields = ("parameters",)
    operator_extra_links = (Page(),)
    ui_color = "#f6e6c8"

    def __init__(
        self,
        *,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        kernel: str = "",
        cell_seconds: int = 0,
        **values: Any,
    ) -> None:
        super().__init__(**values)
        self.path = path
        self.parameters = dict(parameters or {})
        self.kernel = kernel
        self.cell_seconds = cell_seconds

    def execute(self, context: Any) -> dict[str, Any]:
        """Hand it over, follow it, keep what there is."""
        instance = context["ti"]
        kept = Kept(instance.dag_id, instance.run_id, instance.task_id, instance.map_index)
        handover = Handover(Path(notebook_pod.FOLDER))
        handover.give(
            Path(self.path),
            {
                "parameters": dict(self.parameters),
                "title": f"{instance.dag_id} · {instance.task_id}",
                "facts": {
                    "notebook": Path(self.path).name,
                    "run": instance.run_id,
                    "try": str(instance.try_number),
                    "parameters": ", ".join(f"{key}={value}" for key, value in self.parameters.items()) or "none",
                },
                "kernel": self.kernel,
                "cell_seconds": self.cell_seconds,
            },
        )
        try:
            result = handover.follow(print)
        finally:
            # Also of a notebook that failed, or took longer than the task may.
            found = handover.keep(kept)
            print(f"kept: {', '.join(found) or 'nothing'}; page: {address(kept)}")
        if result.ok:
            return {"notebook": found[0] if found else "", "page": address(kept), "seconds": result.seconds}
        where = f" in cell {result.cell}" if result.cell else ""
        text = f"{Path(self.path).name} failed{where}: {result.error}; see {address(kept)}"
        # The same code fails again; what was killed may not be.
        raise AirflowException(text) if result.lost else AirflowFailException(text)


def run(
    notebook: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    task_id: str = "",
    image: str = "notebook-small",
    cpu: str = "100m",
    memory: str = "1Gi",
    kernel: str = "",
    cell_seconds: int = 0,
    **values: Any,
) -> NotebookTask:
    """A task that runs a notebook with Papermill.

    Args:
        notebook: The file, as seen from the folder of the DAG's file.
        parameters: What replaces the notebook's cell with the tag `parameters`; templates are rendered.
        task_id: Its name; the notebook's, if none is given.
        image: `notebook-small`, or `notebook` with TensorFlow, PyTorch, Keras, OpenCV and Spark.
        cpu: What the notebook's container asks for.
        memory: What it asks for, and can't exceed.
        kernel: The kernel's name, if not the one that the notebook names.
        cell_seconds: How long one cell may take; 0 for as long as it likes.
        values: What every task of Airflow takes: `retries`, `execution_timeout`, `pool`, ...

    Raises:
        ValueError: There is no such notebook or image: a push that has it is refused.
    """
    path = Path(sys._getframe(1).f_code.co_filename).parent / notebook
    if path.suffix != ".ipynb" or not path.is_file():
        raise ValueError(f"there is no notebook {notebook!r} beside the DAG's file: push it with the DAG")
    if problem := notebook_pod.problem(image, os.environ):
        raise ValueError(problem)
    return NotebookTask(
        task_id=task_id or path.stem,
        path=str(path),
        parameters=parameters,
        kernel=kernel,
        cell_seconds=cell_seconds,
        executor_config=notebook_pod.executor_config(image, cpu, memory),
        **values,
    )
