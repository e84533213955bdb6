from __future__ import annotations

import json
from pathlib import Path

import pytest
from pulumi.automation.events import PolicyEvent

from local.problem import Problem
from mlp import main, policy, sample_preview
from policies.catalog import RULES
from policies.reproducibility import images_by_digest
from policies.security import no_host

URN = "urn:pulumi:local-platform::mlplatform::kubernetes:apps/v1:Deployment::git-server"


def event(rule: policy.Rule | policy.StackRule, what: str, level: str = "mandatory") -> PolicyEvent:
    # The engine puts the rule's own words first.
    return PolicyEvent(
        message=f"{rule.says}\n{what}\n  fix: {rule.fix}\n",
        color="raw",
        policy_name=rule.name,
        policy_pack_name="mlplatform",
        policy_pack_version="0.1.0",
        policy_pack_version_tag="0.1.0",
        enforcement_level=level,
        resource_urn=URN,
    )


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[PolicyEvent]]:
    """What the engine says of each stack; nothing of those that aren't in it."""
    said: dict[str, list[PolicyEvent]] = {}
    monkeypatch.setattr(policy, "of", lambda stack: policy.findings(stack, said.get(stack, [])))
    monkeypatch.setattr(sample_preview, "names", lambda: ["local-foundation", "local-platform"])
    return said


def test_stacks_that_keep_to_all_are_said(found: object, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    policy.run([], tmp_path / "found.sarif")
    said = capsys.readouterr().out
    assert f"local-foundation: keeps to {len(RULES)} rules" in said
    assert f"local-platform: keeps to {len(RULES)} rules" in said
    (run,) = json.loads((tmp_path / "found.sarif").read_text())["runs"]
    assert run["results"] == []
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [rule.name for rule in RULES]


def test_what_is_broken_is_a_table_a_fix_and_a_failure(
    found: dict[str, list[PolicyEvent]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found["local-platform"] = [
        event(images_by_digest.RULE, "Deployment git: container main: image git:latest is not by digest"),
        event(no_host.RULE, "Deployment git has hostPID"),
    ]
    with pytest.raises(Problem, match=f"2 of {len(RULES)} rules broken in 1 of 2 stacks"):
        policy.run([], tmp_path / "found.sarif")
    said = capsys.readouterr().out
    assert f"local-platform: 2 of {len(RULES)} rules broken" in said
    # The worst first.
    assert said.index("Deployment git has hostPID") < said.index("git:latest is not by digest")
    assert f"security-no-host: {no_host.RULE.says}\n  fix: {no_host.RULE.fix}" in said
    (run,) = json.loads((tmp_path / "found.sarif").read_text())["runs"]
    first, second = run["results"]
    assert (first["ruleId"], first["level"]) == ("reproducibility-images-by-digest", "error")
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"]
    assert first["message"]["text"].startswith(
        "Deployment git: container main: image git:latest is not by digest; fix: "
    )
    (place,) = second["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "stacks/local-platform.yaml"
    assert place["logicalLocations"] == [{"fullyQualifiedName": URN, "kind": "resource"}]
    assert first["partialFingerprints"] != second["partialFingerprints"]


def test_what_preview_cant_know_is_no_failure(
    found: dict[str, list[PolicyEvent]], capsys: pytest.CaptureFixture[str]
) -> None:
    found["local-platform"] = [event(no_host.RULE, "can't be known during preview", "advisory")]
    policy.run(["local-platform"], None)
    said = capsys.readouterr().out
    assert f"local-platform: keeps to {len(RULES)} rules, 1 unknown until up" in said
    assert "unknown   security-no-host" in said


def test_a_report_that_cant_be_written_is_said(found: object, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="can't be written: No such file or directory"):
        policy.run([], tmp_path / "nowhere" / "found.sarif")


def test_a_stack_that_isnt_there_is_said(found: object) -> None:
    with pytest.raises(Problem, match="there is no stack 'local-plattform'"):
        policy.run(["local-plattform"], None)


def test_rules_are_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["mlp", "policy", "--rules"])
    with pytest.raises(SystemExit) as ended:
        main.run()
    assert not ended.value.code
    said = capsys.readouterr().out
    assert all(f"{rule.name} " in said for rule in RULES)
