"""What Airflow's parts are run with, in processes of their own."""

from __future__ import annotations

import subprocess
import sys

CHILD = """
import multiprocessing, signal, sys, time
from images.airflow.mlplatform_airflow import components

signal.signal(signal.SIGTERM, lambda *_: None)
if sys.argv[1] == "asked":
    components.end_children_when_asked()
child = multiprocessing.get_context("fork").Process(target=time.sleep, args=[60])
child.start()
time.sleep(0.5)
child.terminate()
child.join(2)
print(child.exitcode, signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
child.kill()
"""


def told(how: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", CHILD, how], capture_output=True, text=True, check=True, timeout=30
    ).stdout.strip()


def test_a_child_of_the_scheduler_ends_when_asked_and_the_scheduler_keeps_its_handler() -> None:
    assert told("asked") == "-15 False"


def test_without_that_it_would_not() -> None:
    assert told("") == "None False"
