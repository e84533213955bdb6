"""Versions as numbers."""

from __future__ import annotations

from collections.abc import Mapping


def newest(revisions: Mapping[str, str]) -> str:
    """The revision of the highest version of a table `version -> revision`."""
    return revisions[max(revisions, key=lambda version: tuple(int(part) for part in version.split(".")))]
