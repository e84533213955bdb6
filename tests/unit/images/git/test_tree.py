"""The rules of a tree, without git."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from images.git.gitserver import limits, tree
from images.git.gitserver.tree import Entry

MOST = 10 * limits.MIB


def listed(path: str, mode: str = "100644", size: int = 1) -> Entry:
    return Entry(mode, "0" * 40, size, path)


def faults(*found: Entry, target: str = "x") -> list[str]:
    return tree.faults(found, MOST, lambda _: target)


def test_a_listing_is_read() -> None:
    name = "a" * 40
    listing = f"100644 blob {name}      12\tdags/a b\tc\0" + f"160000 commit {name}       -\tsub\0"
    assert tree.entries(listing.encode() + b"100644 blob " + name.encode() + b" 1\t\xff\0") == [
        Entry("100644", name, 12, "dags/a b\tc"),
        Entry("160000", name, 0, "sub"),
        Entry("100644", name, 1, "\\xff"),
    ]


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("a", "b"),
        ("d/a", "../b"),
        ("d/e/a", "../../b"),
        ("d/a", "."),
        ("d/a", ".."),
        ("d/a", "./../b/./c"),
        ("a", "b/c"),
    ],
)
def test_links_that_stay(path: str, target: str) -> None:
    assert not tree.leaves(path, target)


@pytest.mark.parametrize(
    ("path", "target"),
    [("a", "/b"), ("a", ".."), ("d/a", "../.."), ("d/a", "../../b"), ("d/a", "b/../c"), ("d/e/a", ".././../../b")],
)
def test_links_that_leave_or_might(path: str, target: str) -> None:
    assert tree.leaves(path, target)


NAMES = st.sampled_from(["a", "b", "c"])
TARGETS = st.lists(st.sampled_from(["a", "b", "c", "..", ".", ""]), min_size=1, max_size=6).map("/".join)


@given(st.dictionaries(st.lists(NAMES, min_size=1, max_size=3).map("/".join), TARGETS, max_size=5))
@settings(max_examples=300, deadline=None)
def test_links_that_are_taken_lead_nowhere_outside_however_they_are_combined(links: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as made:
        # As deep below the temporary folder as a path can go up.
        root = Path(made) / "outside" / "tree"
        root.mkdir(parents=True)
        for path, target in links.items():
            if not target or tree.leaves(path, target):
                continue
            link = root / path
            # As git does it: a folder on the way is a real one.
            if any(parent.is_symlink() for parent in link.parents) or link.is_dir() or link.is_symlink():
                continue
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target)
        # Something to be led to, inside and outside.
        for folder in (root, root.parent, root.parent.parent):
            for name in ("a", "b", "c", "a/a", "a/b", "b/c"):
                with contextlib.suppress(OSError):
                    (folder / name).mkdir()
        for link in [path for path in root.rglob("*") if path.is_symlink()]:
            with contextlib.suppress(OSError, RuntimeError):  # to nothing, or in a circle
                led = link.resolve(strict=True)
                assert led == root or root in led.parents, (links, link)


def test_a_tree_is_bound_in_files_and_bytes() -> None:
    assert faults(listed("a", size=MOST)) == []
    assert "at most 10 MiB" in faults(listed("a", size=MOST), listed("b"))[0]
    assert f"at most {limits.FILES}" in faults(*[listed(str(n)) for n in range(limits.FILES + 1)])[0]


def test_each_fault_names_its_path() -> None:
    said = faults(
        listed("d/../x"), listed("d/.Git/config"), listed("s", tree.SUBMODULE), listed("l", tree.LINK), target="/etc"
    )
    assert [line.partition(":")[0] for line in said] == ["d/../x", "d/.Git/config", "s", "l"]
    assert "symbolic link" in faults(listed("l", tree.LINK, size=5000))[0]
