from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

from stacks.spec.errors import shown
from stacks.spec.text import read


def data(tmp_path: Path, text: str) -> dict[str, Any]:
    file = tmp_path / "x.yaml"
    file.write_text(text, "utf-8")
    return read(file).data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("012", "012"),
        ("1:30", "1:30"),
        ("2026-11-01", "2026-11-01"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        (".inf", ".inf"),
        ("<<", "<<"),
        ("true", True),
        ("~", None),
        ("", None),
        ("-7", -7),
        ("1.5", 1.5),
        ("'1'", "1"),
        ("[a, 2]", ["a", 2]),
        ("{a: {b: 1}}", {"a": {"b": 1}}),
    ],
)
def test_values_are_what_they_look_like(tmp_path: Path, text: str, value: object) -> None:
    assert data(tmp_path, f"key: {text}\n") == {"key": value}


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("# first\na:\n  b:\n    - c: 1\n")
    document = read(file)
    assert document.line(("a", "b", 0, "c")) == 4
    assert document.line(("a", "b", 7)) == 3, "the nearest part around it"
    assert document.line(("z",)) is None


def test_a_folder_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").mkdir()
    with pytest.raises(pulumi.RunError, match="unreadable"):
        read(tmp_path / "x.yaml")


def test_other_encodings_are_told(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"kind: \xff\n")
    with pytest.raises(pulumi.RunError, match=r"(?s)not UTF-8 at byte 6.*fix: save it as UTF-8"):
        read(tmp_path / "x.yaml")


@pytest.mark.parametrize("value", ["x" * 500, "a\nb\x00", [1] * 900, {"k" * 90: 1}, [], {}])
def test_any_value_is_shown_on_one_short_line(value: object) -> None:
    text = shown(value)
    assert 0 < len(text) <= 80
    assert text.isprintable()


def test_a_number_too_big_to_print_is_shown_too() -> None:
    assert shown(1 << 20_000) == "a value too big to show"
