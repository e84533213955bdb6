"""Passwords, tokens and keys are in Secrets, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies import pods
from policies.resource import Resource
from policies.rule import Rule, Severity

NAMES = re.compile(r"(?:^|[_.-])(?:password|passwd|secret|token|api[_-]?key|private[_-]?key|secret[_-]?key)$", re.I)
"""What a variable or a key is called that holds one. One that names a file or a variable ends in something else."""
VALUES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|://[^/\s:@${}]+:[^/\s:@${}%]+@"  # a password in an address; a placeholder is none
    r"|\bAKIA[0-9A-Z]{16}\b"
)
"""What one looks like, wherever it is."""


def _check(resource: Resource) -> Iterator[str]:
    for container in pods.containers(resource):
        for variable in container.spec.get("env") or ():
            if _tells(variable["name"], variable.get("value") or ""):
                yield f"{container.title} has a secret in variable {variable['name']}"
        for word in (*(container.spec.get("command") or ()), *(container.spec.get("args") or ())):
            if VALUES.search(word):
                yield f"{container.title} has a secret among its arguments"
    if resource.kind == "ConfigMap":
        for key, value in (resource.props.get("data") or {}).items():
            if _tells(key, value):
                yield f"{resource.title} has a secret in {key}"


def _tells(name: str, value: str) -> bool:
    return bool(value) and bool(NAMES.search(name) or VALUES.search(value))


RULE = Rule(
    "security-no-plain-secrets",
    "Secrets are in Secrets: not in variables, arguments or ConfigMaps.",
    Severity.CRITICAL,
    "put it into a Secret and refer to that by secretKeyRef, or mount it as a file",
    _check,
)
