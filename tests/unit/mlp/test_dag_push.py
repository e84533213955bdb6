from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.problem import Problem
from mlp import credentials, dag_push, example_dag, repository, target, team_airflow
from mlp.airflow import Airflow
from mlp.credentials import Credentials
from tests.doubles.airflow import PASSWORD, USER, AirflowDouble
from tests.unit.mlp.conftest import Stands

WHERE = target.Target()
DAG = "from airflow.sdk import dag\n"


def git(folder: Path, *arguments: str) -> str:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    settings = ("-c", "user.name=a test", "-c", "user.email=test@localhost")
    return subprocess.run(
        ["git", *settings, *arguments], cwd=folder, env=clean, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def server(tmp_path: Path, stands: Stands, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository of team search, as the git server makes a new one: bare, one commit."""
    bare = tmp_path / "team-search.git"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    first = tmp_path / "first"
    git(tmp_path, "clone", "--quiet", str(bare), str(first))
    (first / "dags").mkdir()
    (first / "dags" / "README.md").write_text("DAGs\n")
    git(first, "add", "-A")
    git(first, "commit", "--quiet", "-m", "Initial")
    git(first, "push", "--quiet", "origin", "HEAD:main")
    stands("local-team-search", addresses={"airflow": "http://a"}, repository=bare.as_uri())
    monkeypatch.setattr(credentials, "read", lambda tool, team, where: Credentials("team-search", "pass-word"))
    monkeypatch.setattr(target, "current", lambda: WHERE)
    return bare


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "work" / "daily"
    (folder / "parts").mkdir(parents=True)
    (folder / "dag.py").write_text(DAG)
    (folder / "parts" / "helper.py").write_text("ONE = 1\n")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "dag.pyc").write_bytes(b"x")
    (folder / ".hidden").write_text("x")
    return folder


def push(project: Path) -> str:
    return dag_push.push(dag_push.read(project), "search", WHERE).commit


def listed(server: Path) -> list[str]:
    return git(server, "ls-tree", "-r", "--name-only", "main").splitlines()


def refuse(server: Path, script: str) -> None:
    hook = server / "hooks" / "pre-receive"
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)


def test_a_project_takes_its_place(server: Path, project: Path) -> None:
    commit = push(project)
    assert commit == git(server, "rev-parse", "main").strip()
    assert listed(server) == ["dags/README.md", "dags/daily/dag.py", "dags/daily/parts/helper.py"]


def test_what_went_from_the_project_goes_from_the_repository(server: Path, project: Path) -> None:
    push(project)
    (project / "parts" / "helper.py").unlink()
    (project / "new.py").write_text("TWO = 2\n")
    push(project)
    assert listed(server) == ["dags/README.md", "dags/daily/dag.py", "dags/daily/new.py"]


def test_the_same_again_is_no_commit(server: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit = push(project)
    assert push(project) == commit
    assert f"nothing differs from version {commit[:8]}" in capsys.readouterr().err


def test_author_and_source_are_in_the_commit(server: Path, project: Path) -> None:
    git(project.parent, "init", "--quiet")
    git(project.parent, "config", "user.name", "Ada")
    git(project.parent, "config", "user.email", "ada@localhost")
    (project.parent / ".gitignore").write_text("parts/\n__pycache__/\n")
    git(project.parent, "add", "-A")
    git(project.parent, "commit", "--quiet", "-m", "One")
    at = git(project.parent, "rev-parse", "HEAD").strip()
    push(project)
    assert git(server, "log", "-1", "--format=%an <%ae>%n%B", "main").split("\n\n") == [
        "Ada <ada@localhost>\nPush daily",
        f"Source commit: {at}",
        "",
    ]
    assert listed(server) == ["dags/README.md", "dags/daily/.hidden", "dags/daily/dag.py"], "as .gitignore says"
    (project / "dag.py").write_text(DAG + "# changed\n")
    push(project)
    assert f"Source commit: {at}, with changes that aren't committed" in git(server, "log", "-1", "--format=%B", "main")


def test_what_the_server_says_is_the_problem(server: Path, project: Path) -> None:
    refuse(
        server, "echo 'checking ...'; echo 'refused: no'; echo 'dags/daily/dag.py:'; echo '    NameError: x'; exit 1"
    )
    before = git(server, "rev-parse", "main")
    with pytest.raises(Problem) as caught:
        push(project)
    assert caught.value.what == "the push was refused\n  no\n  dags/daily/dag.py:\n      NameError: x"
    assert git(server, "rev-parse", "main") == before


def other_pushes(server: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Somebody else pushes between our clone and our push."""
    left = times
    place = dag_push.place

    def later(*arguments: object) -> None:
        nonlocal left
        place(*arguments)  # type: ignore[arg-type]
        if left:
            left -= 1
            other = folder / f"other-{left}"
            git(folder, "clone", "--quiet", str(server), str(other))
            (other / f"theirs-{left}").write_text("theirs")
            git(other, "add", "-A")
            git(other, "commit", "--quiet", "-m", "Theirs")
            git(other, "push", "--quiet", "origin", "HEAD:main")

    monkeypatch.setattr(dag_push, "place", later)


def test_another_push_in_between_is_kept(
    server: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_pushes(server, tmp_path, monkeypatch, 2)
    push(project)
    assert {"theirs-0", "theirs-1", "dags/daily/dag.py"} <= set(listed(server))


def test_it_gives_up_where_others_push_for_ever(
    server: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_pushes(server, tmp_path, monkeypatch, dag_push.TRIES)
    with pytest.raises(Problem, match="others pushed to"):
        push(project)


def test_a_missing_repository_is_a_problem(server: Path, project: Path) -> None:
    server.rename(server.with_name("elsewhere"))
    with pytest.raises(Problem, match="git clone failed"):
        push(project)


def test_the_password_is_in_no_argument(server: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real: Callable[..., object] = subprocess.run

    def spy(command: list[str], **more: object) -> object:
        seen.append(command)
        return real(command, **more)

    monkeypatch.setattr(subprocess, "run", spy)
    push(project)
    assert seen and "pass-word" not in str(seen)


def test_names_below_localhost_are_this_machine() -> None:
    given = repository._environment("http://git.localhost:8080/team-search.git", Credentials("u", "p"))
    settings = {given[f"GIT_CONFIG_KEY_{index}"]: given[f"GIT_CONFIG_VALUE_{index}"] for index in range(5)}
    assert settings["http.curloptResolve"] == "git.localhost:8080:127.0.0.1"
    assert settings["http.proxy"] == ""
    asked = subprocess.run(
        ["git", "credential", "fill"],
        input="protocol=http\nhost=git.localhost:8080\n\n",
        env=given,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "username=u\npassword=p" in asked.stdout
    assert "curloptResolve" not in str(repository._environment("https://git.example.com/x.git", Credentials("u", "p")))


@pytest.mark.parametrize(
    ("name", "files", "said"),
    [
        ("absent", None, "isn't a folder"),
        ("empty", {}, "has no DAG"),
        ("plain", {"x.py": "print('no such thing')"}, "has no DAG"),
        ("text", {"x.txt": "airflow dag"}, "has no DAG"),
        ("has-dash", {"x.py": DAG}, "can't be imported from"),
    ],
)
def test_what_is_no_project(tmp_path: Path, name: str, files: dict[str, str] | None, said: str) -> None:
    folder = tmp_path / name
    if files is not None:
        folder.mkdir()
        for file, text in files.items():
            (folder / file).write_text(text)
    with pytest.raises(Problem, match=said):
        dag_push.read(folder)


def test_dry_run_pushes_nothing(server: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = git(server, "rev-parse", "main")
    dag_push.run(project, "search", wait=True, dry_run=True)
    said = capsys.readouterr().out
    assert "A\tdags/daily/dag.py" in said
    assert "nothing was pushed" in said
    assert git(server, "rev-parse", "main") == before


def client(double: AirflowDouble) -> Airflow:
    return Airflow(double.address, USER, PASSWORD)


def test_it_waits_until_airflow_has_all_of_it(
    server: Path,
    project: Path,
    double: AirflowDouble,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(team_airflow, "of", lambda *arguments: client(double))
    looks = 0
    double.dag("daily", "daily/dag.py", "older")
    double.dag("other", "other/dag.py", "older")

    def advance() -> None:
        nonlocal looks
        looks += 1
        if looks == 4:
            double.dags[0]["bundle_version"] = git(server, "rev-parse", "main").strip()

    double.advance = advance
    dag_push.run(project, "search", wait=True, dry_run=False)
    lines = capsys.readouterr().out.splitlines()
    commit = git(server, "rev-parse", "main").strip()[:8]
    assert [line.split() for line in lines[1:]] == [["daily", commit, f"{double.address}/dags/daily"]]


def test_a_dag_that_airflow_cannot_import_is_named(double: AirflowDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dag_push, "WAIT_SECONDS", 0.05)
    double.import_errors = [
        {"filename": "daily/dag.py", "stack_trace": "Traceback ...\nNameError: x\n"},
        {"filename": "other/dag.py", "stack_trace": "theirs"},
    ]
    project = dag_push.Project(Path("daily"), (Path("dag.py"),))
    with pytest.raises(Problem, match=r"hasn't version 01234567 of daily.*\n  daily/dag.py: NameError: x\n  fix: mend"):
        dag_push.show(client(double), project, dag_push.Pushed("0123456789"))


def dags(**versions: str) -> list[dict[str, Any]]:
    return [
        {"dag_id": name, "relative_fileloc": f"p/{name.rstrip('0123456789')}.py", "bundle_version": version}
        for name, version in versions.items()
    ]


@pytest.mark.parametrize(
    ("found", "named", "arrived"),
    [
        (dags(a="new", b="new"), ["a", "b"], ["a", "b"]),
        (dags(a="new", b="old"), ["a", "b"], []),
        (dags(a="new"), ["a", "b"], []),
        (dags(a="new", gone="old"), ["a"], ["a"]),
        (dags(a="new", b="new"), [], ["a", "b"]),
        (dags(a="new", a2="old", b="new"), [], ["a", "b"]),
        (dags(a="new", b="old"), [], []),
        (dags(a="new", gone="old", b="new"), [], ["a", "b"]),
        ([], [], []),
        ([{"dag_id": "x", "relative_fileloc": None, "bundle_version": None}], [], []),
    ],
)
def test_when_airflow_has_read_all(found: list[dict[str, Any]], named: list[str], arrived: list[str]) -> None:
    project = dag_push.Project(Path("p"), (Path("a.py"), Path("b.py")))
    assert dag_push.arrived(found, project, dag_push.Pushed("new", frozenset(named))) == arrived


def test_the_server_names_what_it_found(server: Path, project: Path) -> None:
    refuse(server, "echo 'checking the DAGs ...'; echo 'DAGs: daily, other'")
    assert dag_push.push(dag_push.read(project), "search", WHERE).dags == {"daily", "other"}


@pytest.fixture
def example(project: Path, double: AirflowDouble, server: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example is the project of these tests; Airflow has each version at once."""
    monkeypatch.setattr(example_dag, "SOURCES", project)
    monkeypatch.setattr(team_airflow, "of", lambda *arguments: client(double))
    dag = double.dag("daily", "daily/dag.py", "")
    double.advance = lambda: dag.update(bundle_version=git(server, "rev-parse", "main").strip())
    return project


def commits(server: Path) -> int:
    return int(git(server, "rev-list", "--count", "main"))


def test_the_example_is_pushed_when_it_changed(example: Path, server: Path) -> None:
    example_dag.push(WHERE)
    assert commits(server) == 2
    example_dag.push(WHERE)
    assert commits(server) == 2
    (example / "dag.py").write_text(DAG + "# newer\n")
    example_dag.push(WHERE)
    assert commits(server) == 3


def test_what_the_team_made_of_the_example_stays(
    example: Path, server: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example_dag.push(WHERE)
    (example / "dag.py").write_text(DAG + "# the team's\n")
    push(example)
    (example / "dag.py").write_text(DAG + "# newer\n")
    example_dag.push(WHERE)
    assert "# the team's" in git(server, "show", "main:dags/daily/dag.py")
    assert "dags/daily was changed by the team, and stays as it is" in capsys.readouterr().err
