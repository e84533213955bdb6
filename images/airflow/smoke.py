"""Part of smoke.sh: asks the pod as kubelet, git server and a user do, lets a DAG run, kills a component."""

import contextlib
import io
import json
import os
import signal
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

AIRFLOW = os.environ["AIRFLOW__API__BASE_URL"]
WATCH = f"http://127.0.0.1:{os.environ['MLP_CHECK_PORT']}"


def ask(address: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
    """Status and JSON of an answer; 0 if there is none."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body, dict(headers or {})), timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None
    except (OSError, ValueError):
        return 0, None


def until(what: str, true: Callable[[], bool], seconds: float = 120) -> None:
    """Wait for it, while the supervisor lives."""
    end = time.monotonic() + seconds
    while not true():
        os.kill(int(sys.argv[1]), 0)
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.5)


def tar(**files: str) -> bytes:
    """What the git server sends."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"dags/project/{name}.py")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return target.getvalue()


def component(name: str) -> int:
    """The process id of a component."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if path.read_text().startswith(name):
                found.append(int(path.parent.name))
    return min(found)


until("ready", lambda: ask(f"{WATCH}/ready")[0] == 200)
assert ask(f"{WATCH}/live")[0] == 200
key = {"Authorization": "Bearer smoke-test-check"}
good = "from airflow.sdk import dag\n\n@dag\ndef x():\n    pass\n\nx()\n"
assert ask(f"{WATCH}/check", tar(a=good))[0] == 401
assert ask(f"{WATCH}/check", b"nonsense" * 200, key)[0] == 400
status, answer = ask(f"{WATCH}/check", tar(a=good), key)
assert (status, answer) == (200, {"dags": ["x"], "errors": []}), answer
status, answer = ask(f"{WATCH}/check", tar(a=good + "import nothing_of_this_name\n", b="# airflow dag\nx = = 1\n"), key)
assert [error["file"] for error in answer["errors"]] == ["dags/project/a.py", "dags/project/b.py"], answer
assert "nothing_of_this_name" in answer["errors"][0]["error"] and 'File "dags/project/a.py", line 8' in str(answer), (
    answer
)

login = json.dumps({"username": "admin", "password": "smoke-test-password"}).encode()
status, token = ask(f"{AIRFLOW}/auth/token", login, {"Content-Type": "application/json"})
assert status == 201, status
user = {"Authorization": f"Bearer {token['access_token']}", "Content-Type": "application/json"}
# Pages of notebooks: behind the same sign-in.
assert ask(f"{AIRFLOW}/notebooks/smoke/run/task")[0] == 401
assert ask(f"{AIRFLOW}/notebooks/smoke/%2e%2e/task", headers=user)[0] == 404
status, views = ask(f"{AIRFLOW}/api/v2/plugins", headers=user)
assert "notebooks" in {plugin["name"] for plugin in views["plugins"]}, views
until("the DAG", lambda: ask(f"{AIRFLOW}/api/v2/dags/smoke", headers=user)[0] == 200)
versions = ask(f"{AIRFLOW}/api/v2/dags/smoke/dagVersions", headers=user)[1]["dag_versions"]
assert len(versions[0]["bundle_version"]) == 40, versions
run = json.dumps({"dag_run_id": "smoke", "logical_date": None}).encode()
assert ask(f"{AIRFLOW}/api/v2/dags/smoke/dagRuns", run, user)[0] == 200
killed = component("airflow scheduler")
os.kill(killed, signal.SIGKILL)
until("the run", lambda: ask(f"{AIRFLOW}/api/v2/dags/smoke/dagRuns/smoke", headers=user)[1]["state"] == "success")
assert component("airflow scheduler") != killed
