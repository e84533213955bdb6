from __future__ import annotations

import fcntl
import io
import sys

import pytest

from local import paths
from local.preflight import Finding
from local.problem import Problem
from mlp import checks, config, graph, specs
from mlp.exclusive import only_one
from mlp.target import Target

OTHER = Target("mine", "registry.example.org")
ALL = ("tools", "node", "images", "foundation", "platform", "teams", "example")


def names(where: Target, *layers: str) -> list[str]:
    return [task.name for task in graph.tasks(where, graph.layers_of(where, layers))]


def test_every_need_is_a_task() -> None:
    made = graph.tasks(Target(), graph.layers_of(Target(), ALL))
    known = {task.name for task in made}
    assert not [need for task in made for need in task.needs if need not in known]
    assert len(known) == len(made)


def test_the_node_waits_for_its_programs_and_images_and_pushes_wait_for_it() -> None:
    needs = {task.name: set(task.needs) for task in graph.tasks(Target(), graph.layers_of(Target(), ALL))}
    assert {"packages", "programs of kubernetes", "image etcd", "image traefik"} <= needs["node"]
    assert "image mlflow" not in needs["node"], "the node doesn't wait for what it doesn't run"
    assert {"node", "image mlflow", "push base"} <= needs["push mlflow"]
    assert {"push mlflow", "push training", "push postgres", "push object-store"} <= needs["release"]


def test_the_longest_build_starts_first() -> None:
    order = names(Target(), *ALL)
    assert order[:2] == ["packages", "programs of kubernetes"]
    assert order.index("image mlflow") < order.index("programs of traefik"), "images are built while programs compile"


def test_another_cluster_needs_no_node() -> None:
    made = names(OTHER, *ALL)
    assert "node" not in made
    assert "image etcd" not in made
    assert "programs of kubernetes" not in made
    assert "push mlflow" in made


def test_layers_alone() -> None:
    assert names(Target(), "tools") == ["tools"]
    assert names(Target(), "foundation") == []
    assert "push mlflow" not in names(Target(), "node")
    assert "node" not in names(Target(), "images")


def test_port_and_registry_come_from_the_spec() -> None:
    spec = specs.foundation()
    assert graph.node_config().ingress_port == spec.ingress.port
    assert graph.node_config().registry == spec.registry.host
    assert graph.registry(OTHER) == "registry.example.org"


def test_all_that_is_not_met_is_said_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    found = [Finding("no disk", "buy"), Finding("slow", "wait", fatal=False), Finding("no root", "sudo")]
    with pytest.raises(Problem) as caught:
        checks.require(found)
    assert all(text in caught.value.what for text in ("no disk", "buy", "no root", "sudo"))
    assert capsys.readouterr().err == "warning: slow\n  fix: wait\n"
    checks.require(found[1:2])


def test_one_at_a_time() -> None:
    with only_one("up"), (paths.home() / "mlp.lock").open() as other:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(Problem, match=r"`mlp up` \(process \d+\) is at work"), only_one("down"):
            pass
    with only_one("down"):
        pass


def test_lost_secrets_of_standing_stacks_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    config.require_secrets()
    monkeypatch.setattr(config, "standing", lambda: ["local-team-search"])
    with pytest.raises(Problem, match="passphrase is gone"):
        config.require_secrets()


def test_foreign_secrets_go_and_plain_values_stay(tmp_path: object) -> None:
    path = paths.home().parent / "Pulumi.local-x.yaml"
    path.write_text("encryptionsalt: v1:x\nconfig:\n  mlplatform:rootSecret: {secure: abc}\n  mlplatform:a: b\n")
    config.drop_secrets(path)
    assert path.read_text() == "config:\n  mlplatform:a: b\n"
    path.write_text("encryptionsalt: v1:x\nconfig:\n  mlplatform:rootSecret: {secure: abc}\n")
    config.drop_secrets(path)
    assert not path.exists()


def test_dry_run_on_an_empty_machine_makes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mlp import main

    monkeypatch.setattr(sys, "argv", ["mlp", "up", "--dry-run"])
    monkeypatch.setattr("local.toolchain.engine._on_path", lambda: None)
    main.app(standalone_mode=False)
    said = capsys.readouterr().out
    assert "compile v1.35.4 from Go modules" in said
    assert "nothing was changed" in said
    assert "its preview needs the engine" in said
    assert not paths.home().exists()
    assert not paths.cache().exists()


def test_up_without_terminal_or_yes_stops_before_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    from mlp import bring_up

    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr(checks, "findings", lambda where: [])
    with pytest.raises(Problem, match="no terminal"):
        bring_up.run(["tools"], yes=False)
    assert not paths.home().exists()
