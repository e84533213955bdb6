from __future__ import annotations

import base64
import hashlib
import hmac
import re

import pytest

from components.kubernetes.secrets import derive_text

ROOT = "a-root-secret-for-tests-alone-000"


def by_hand(root: str, info: str) -> str:
    """RFC 5869 with SHA-256, an empty salt and one block of output."""
    pseudorandom = hmac.new(bytes(32), root.encode(), hashlib.sha256).digest()
    block = hmac.new(pseudorandom, info.encode() + b"\x01", hashlib.sha256).digest()
    return base64.urlsafe_b64encode(block).decode().rstrip("=")


@pytest.mark.parametrize(("component", "name", "rotation"), [("mlflow", "admin", 1), ("postgres", "admin", 27)])
def test_it_is_hkdf_as_the_standard_says(component: str, name: str, rotation: int) -> None:
    assert derive_text(ROOT, component, name, rotation) == by_hand(ROOT, f"mlplatform/{component}/{name}/{rotation}")


def test_known_vectors_never_change() -> None:
    """A change here would change every password of every running platform."""
    assert derive_text(ROOT, "mlflow", "admin", 1) == "jsLYgEnF2JYrf_HUtjxW7nufySHFF0J0XPEmui7r63c"
    assert derive_text(ROOT, "mlflow", "admin", 2) == "IuhRB_M5HdOEY7e2TeTW0GyfpEcyb9ztZobbFlUVfso"


def test_everything_that_goes_in_counts() -> None:
    variants = {
        derive_text(ROOT, "mlflow", "admin", 1),
        derive_text(ROOT + "x", "mlflow", "admin", 1),
        derive_text(ROOT, "mlflow2", "admin", 1),
        derive_text(ROOT, "mlflow", "admin2", 1),
        derive_text(ROOT, "mlflow", "admin", 2),
    }
    assert len(variants) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", text) for text in variants)


@pytest.mark.parametrize(("component", "name"), [("a/b", "c"), ("a", "b/c"), ("", "c"), ("A", "c")])
def test_parts_that_could_run_into_each_other_are_refused(component: str, name: str) -> None:
    with pytest.raises(ValueError, match="can't be part of a secret's name"):
        derive_text(ROOT, component, name, 1)
