"""What a pusher reads of a failed import."""

from __future__ import annotations

from images.airflow.mlplatform_airflow.findings import LONGEST, findings, shorten

FOLDER = "/tmp/check-x/dags"
TRACEBACK = f"""Traceback (most recent call last):
  File "/usr/lib/python3.13/importlib/__init__.py", line 88, in import_module
    return _bootstrap._gcd_import(name[level:], package, level)
           ~~~~~~~~~~~~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "<frozen importlib._bootstrap>", line 1387, in _gcd_import
  File "{FOLDER}/project/daily.py", line 3, in <module>
    import nothing
ModuleNotFoundError: No module named 'nothing'
"""


def test_frames_of_others_go_and_paths_are_those_of_the_repository() -> None:
    assert shorten(TRACEBACK, FOLDER).splitlines() == [
        '  File "dags/project/daily.py", line 3, in <module>',
        "    import nothing",
        "ModuleNotFoundError: No module named 'nothing'",
    ]


def test_a_syntax_error_keeps_its_mark() -> None:
    text = (
        f'Traceback (most recent call last):\n  File "{FOLDER}/a.py", line 1\n    x = = 1\n        ^\nSyntaxError: no'
    )
    assert shorten(text, FOLDER).splitlines()[1:] == ["    x = = 1", "        ^", "SyntaxError: no"]


def test_a_message_alone_stays() -> None:
    assert shorten(f"Duplicate: also in {FOLDER}/b.py", FOLDER) == "Duplicate: also in dags/b.py"


def test_a_long_one_keeps_its_end() -> None:
    text = shorten("x" * 5000 + "END", FOLDER)
    assert len(text) == LONGEST
    assert text.endswith("END")


def test_files_are_named_as_in_the_repository_whether_airflow_names_them_so_or_in_full() -> None:
    errors = {"project/b.py": "two", f"{FOLDER}/a.py": "one"}
    assert findings(errors, FOLDER) == [
        {"file": "dags/a.py", "error": "one"},
        {"file": "dags/project/b.py", "error": "two"},
    ]
