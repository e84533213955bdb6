from __future__ import annotations

from dataclasses import replace

from images.jupyterhub.mlplatform_hub.directory import Directory
from images.jupyterhub.mlplatform_hub.keeping import Change, Known, changes

KEY = b"k" * 32


def known(directory: Directory, name: str, servers: tuple[str, ...], *groups: str) -> Known:
    return Known(name, directory.mark(name, KEY), servers, frozenset(groups))


def test_nothing_happens_to_who_is_as_the_specs_say(directory: Directory) -> None:
    assert changes(directory, [known(directory, "ada", ("search",), "search")], KEY) == []


def test_who_leaves_a_team_loses_its_notebook_alone(directory: Directory) -> None:
    search = replace(directory.teams["search"], people=frozenset({"ada"}))
    after = replace(directory, teams={**directory.teams, "search": search})
    alan = known(directory, "alan", ("search", "recsys"), "search", "recsys")
    assert changes(after, [alan], KEY) == [Change("alan", stop=("search",), groups=frozenset({"recsys"}))]


def test_who_is_in_a_new_team_gets_its_group(directory: Directory) -> None:
    assert changes(directory, [known(directory, "alan", ("search",), "search")], KEY) == [
        Change("alan", groups=frozenset({"search", "recsys"}))
    ]


def test_whom_the_platform_no_longer_knows_is_forgotten(directory: Directory) -> None:
    after = replace(directory, passwords={"ada": "pw-ada"})
    alan = known(directory, "alan", ("search",), "search", "recsys")
    assert changes(after, [alan, known(directory, "ada", (), "search")], KEY) == [
        Change("alan", forget=True, stop=("search",))
    ]


def test_another_password_signs_out_everywhere(directory: Directory) -> None:
    after = replace(directory, passwords={**directory.passwords, "ada": "another"})
    assert changes(after, [known(directory, "ada", ("search",), "search")], KEY) == [
        Change("ada", forget=True, stop=("search",))
    ]


def test_what_was_tried_in_vain_leaves_no_notebook_behind(directory: Directory) -> None:
    assert changes(directory, [known(directory, "ada", ("search", "recsys"), "search")], KEY) == [
        Change("ada", stop=("recsys",))
    ]
