from __future__ import annotations

from policies.catalog import RULES
from policies.reference import COMMAND, FILE, PURPOSES, page
from policies.rule import Area


def test_it_is_what_the_rules_say() -> None:
    assert FILE.read_text("utf-8") == page(), f"run `{COMMAND}` and commit it"


def test_it_has_every_rule_of_every_area() -> None:
    assert set(PURPOSES) == set(Area)
    for rule in RULES:
        assert page().count(f"`{rule.name}`") == 1
