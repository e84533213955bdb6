from __future__ import annotations

from dataclasses import replace

import pytest

from images.jupyterhub.mlplatform_hub.directory import Directory, teams
from tests.unit.images.jupyterhub.conftest import notebook_team

KEY = b"k" * 32


def test_a_person_is_let_in_by_their_own_password_alone(directory: Directory) -> None:
    assert directory.accepts("ada", "pw-ada")
    refused = [("ada", "pw-alan"), ("ada", ""), ("nobody", ""), ("nobody", "pw-ada"), ("ada", "pw-ädä")]
    assert not [given for given in refused if directory.accepts(*given)]


def test_teams_of_a_person_are_those_that_name_them(directory: Directory) -> None:
    assert [team.name for team in directory.teams_of("alan")] == ["recsys", "search"]
    assert [team.name for team in directory.teams_of("ada")] == ["search"]
    assert directory.team_of("ada", "recsys") is None
    assert directory.team_of("ada", "") is None


def test_whom_the_platform_does_not_know_is_in_no_team(directory: Directory) -> None:
    without = replace(directory, passwords={"grace": "pw-grace"})
    assert without.teams_of("alan") == []


@pytest.mark.parametrize(
    ("namespace", "name"),
    [("team-recsys", "team-search"), ("mlp-platform", "mlp-platform"), ("default", "team-search")],
)
def test_nobody_is_a_team_by_calling_an_object_so(namespace: str, name: str) -> None:
    forged = notebook_team("search", ["mallory"])
    forged["metadata"] = {"namespace": namespace, "name": name}
    found, wrong = teams([forged, notebook_team("search", ["ada"])])
    assert {team.name: team.people for team in found.values()} == {"search": {"ada"}}
    assert len(wrong) == 1
    assert "left out" in wrong[0]


@pytest.mark.parametrize("spec", [{"profiles": []}, {"profiles": [{}]}, {"people": None}, {"environment": [{}]}])
def test_a_teams_mistake_is_no_others(spec: dict[str, object]) -> None:
    broken = notebook_team("bad", ["ada"])
    broken["spec"] |= spec
    found, wrong = teams([broken, notebook_team("search", ["ada"])])
    assert set(found) == {"search"}
    assert "team-bad" in wrong[0]


def test_a_mark_changes_with_the_password_and_tells_nothing(directory: Directory) -> None:
    other = replace(directory, passwords={**directory.passwords, "ada": "another"})
    marks = {one.mark(name, key) for one, name, key in ((directory, "ada", KEY), (other, "ada", KEY))}
    marks |= {directory.mark("alan", KEY), directory.mark("ada", b"x")}
    assert len(marks) == 4
    assert not [mark for mark in marks if "pw" in mark]


def test_passwords_are_not_in_what_is_printed(directory: Directory) -> None:
    assert "pw-ada" not in repr(directory)


def test_a_profile_is_one_that_the_team_has(directory: Directory) -> None:
    team = directory.teams["search"]
    assert (team.profile("").name, team.profile(None).name, team.profile("gpu").gpu) == ("small", "small", 1)
    with pytest.raises(KeyError):
        team.profile("huge")
