"""Who hasn't been given an identity can't ask the API anything."""

from __future__ import annotations

from collections.abc import Iterator

from policies import pods
from policies.resource import Resource
from policies.rule import Rule, Severity

DEFAULT = "default"


def _check(resource: Resource) -> Iterator[str]:
    for pod in pods.of(resource):
        account = pod.spec.get("serviceAccountName") or DEFAULT
        if account == DEFAULT and pod.spec.get("automountServiceAccountToken") is not False:
            yield f"{pod.title} gets a token of the namespace's default account"


RULE = Rule(
    "security-no-unasked-token",
    "A pod has an API token only by an account of its own.",
    Severity.HIGH,
    "set automountServiceAccountToken: false, or serviceAccountName to an account that has just the rights it needs",
    _check,
)
