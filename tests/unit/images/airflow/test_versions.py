"""Which revision is the newest."""

from __future__ import annotations

from images.airflow.mlplatform_airflow.versions import newest


def test_versions_are_numbers_not_texts() -> None:
    assert newest({"3.2.0": "c", "3.10.1": "d", "2.9.0": "b"}) == "d"
