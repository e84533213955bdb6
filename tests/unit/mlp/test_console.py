from __future__ import annotations

import io

import pytest
import typer

from local.problem import Problem
from mlp import console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_table_columns_line_up() -> None:
    assert console.table(("a", "long"), [("wide cell", "x"), ("b", "")]) == "a          long\nwide cell  x\nb"


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 30, "5.0 GiB")])
def test_size(count: int, text: str) -> None:
    assert console.size(count) == text


def test_colour_only_on_a_terminal_that_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert console.coloured(Terminal())
    assert not console.coloured(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not console.coloured(Terminal())


def test_without_a_terminal_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(Problem) as caught:
        console.ask("Sure?", yes=False)
    assert "--yes" in caught.value.fix
    console.ask("Sure?", yes=True)


def test_no_leaves_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "interactive", lambda: True)
    monkeypatch.setattr("typer.confirm", lambda question, err: False)
    with pytest.raises(typer.Exit) as caught:
        console.ask("Sure?", yes=False)
    assert caught.value.exit_code == 1
