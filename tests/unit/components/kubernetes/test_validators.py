from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from components.kubernetes import validators as v

RIGHT: list[tuple[Callable[[str], str], list[str]]] = [
    (v.dns_label, ["a", "examples", "a-1", "a" * 63]),
    (v.object_name, ["standard", "gp3.encrypted", "1a"]),
    (v.hostname, ["localhost", "ml.example.com", "1.2.3.4"]),
    (v.size, ["1Ki", "512Mi", "5Gi", "1.5Gi", "1M", "2T"]),
    (v.cpu, ["1", "250m", "0.5", "16"]),
    (v.cidr, ["100.64.0.0/24", "10.0.0.1/32", "fd00::/8"]),
    (v.registry, ["100.64.0.1:5000", "localhost:5000", "1234.dkr.ecr.eu-west-1.amazonaws.com/team"]),
    (v.context, ["mlplatform", "arn:aws:eks:eu-west-1:123:cluster/x", "kind-a", "me@cluster"]),
    (v.release, ["local", "2026.11", "sample"]),
]
WRONG: list[tuple[Callable[[str], str], list[str]]] = [
    (v.dns_label, ["", "A", "1a", "-a", "a-", "a_b", "a.b", "a" * 64, "a\n"]),
    (v.object_name, ["", "Standard", "a b", "a.", "-a"]),
    (v.hostname, ["", "Localhost", "a..b", "-a.b", "a.b.", "a_b", "a" * 254, "http://a"]),
    (v.size, ["", "5", "5gb", "5 Gi", "-5Gi", "0Gi", "Gi", "5GiB", "1e3Mi", "\u0665Gi", "5Gi\n"]),
    (v.cpu, ["", "0", "0m", "1.5m", "-1", "1 core", "1k"]),
    (v.cidr, ["", "10.0.0.0", "10.0.0.1/24", "10.0.0.0/33", "10.0.0/8", "x/8"]),
    (v.registry, ["", "http://a", "a:", "a:0", "a:65536", "a:b", "a/", "a/B", "a:5000/"]),
    (v.context, ["", " a", "a b", "-a"]),
    (v.release, ["", "../x", "a/b", "a..b", "Local", ".a"]),
]


@pytest.mark.parametrize(("check", "value"), [(check, value) for check, values in RIGHT for value in values])
def test_right_values_pass_as_they_are(check: Callable[[str], str], value: str) -> None:
    assert check(value) == value


@pytest.mark.parametrize(("check", "value"), [(check, value) for check, values in WRONG for value in values])
def test_wrong_values_are_refused_with_what_would_do(check: Callable[[str], str], value: str) -> None:
    with pytest.raises(ValueError, match=r"^(use|write) "):
        check(value)


@pytest.mark.parametrize(("text", "size"), [("1Ki", 1024), ("1.5Mi", 1572864), ("2k", 2000), ("1Gi", 2**30)])
def test_sizes_in_bytes(text: str, size: int) -> None:
    assert v.size_in_bytes(text) == Decimal(size)
