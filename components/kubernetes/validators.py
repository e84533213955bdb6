"""Pure checks of single values. A `ValueError` says what would do, for the person who wrote the value."""

from __future__ import annotations

import ipaddress
import re
from decimal import Decimal
from urllib.parse import urlsplit

_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_TEAM = re.compile(r"[a-z][a-z0-9-]{0,28}[a-z0-9]")
_SERVICE = re.compile(r"[a-z][a-z0-9-]{0,22}[a-z0-9]")
_NUMBER = r"(?P<number>[0-9]{1,12}(\.[0-9]{1,3})?)"
_SIZE = re.compile(_NUMBER + r"(?P<unit>Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)")
_CPU = re.compile(_NUMBER + r"(?P<unit>m?)")
_CONTEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9@:/_.-]{0,252}")
_RELEASE = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
_DURATION = re.compile(r"[1-9][0-9]{0,4}[smhdwy]")
_IMAGE = re.compile(r"[a-z0-9.:-]+(/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}")
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5}
_DECIMAL = {"k": 1, "M": 2, "G": 3, "T": 4, "P": 5}


def dns_label(value: str) -> str:
    """A name as Kubernetes takes it: RFC 1035 label."""
    if not _LABEL.fullmatch(value):
        raise ValueError("use at most 63 of a-z, 0-9 and '-', starting with a letter and not ending with '-'")
    return value


def team_name(value: str) -> str:
    """The name of a team: short enough for what is made out of it to fit everywhere."""
    if not _TEAM.fullmatch(value):
        raise ValueError("use 2 to 30 of a-z, 0-9 and '-', starting with a letter and not ending with '-'")
    return value


def model_service_name(value: str) -> str:
    """The name of a model service: part of a host name with the team's, in which tools have their place too."""
    if not _SERVICE.fullmatch(value):
        raise ValueError("use 2 to 24 of a-z, 0-9 and '-', starting with a letter and not ending with '-'")
    if value.startswith(("airflow", "feature")) or value == "worker":
        raise ValueError("use another name: airflow..., feature... and worker are a team's own tools")
    return value


def object_name(value: str) -> str:
    """The name of an object such as a storage class: RFC 1123 subdomain."""
    try:
        return hostname(value)
    except ValueError as error:
        raise ValueError("use a name that the cluster has: small letters, digits, '-' and '.'") from error


def hostname(value: str) -> str:
    """A DNS name of one or more labels (RFC 1123), without a final dot."""
    parts = value.split(".")
    if len(value) > 253 or not all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", part) for part in parts):
        raise ValueError("use a DNS name in small letters, such as localhost or ml.example.com")
    return value


def size(value: str) -> str:
    """An amount of memory or storage with its unit."""
    found = _SIZE.fullmatch(value)
    if not found or not size_in_bytes(value):
        raise ValueError("write a positive number and a unit, such as 512Mi or 5Gi")
    return value


def size_in_bytes(value: str) -> Decimal:
    """What a valid size comes to."""
    found = _SIZE.fullmatch(value)
    if found is None:
        raise ValueError(f"{value!r} is no size")
    unit = found["unit"]
    base, power = (1024, _BINARY[unit]) if unit in _BINARY else (1000, _DECIMAL[unit])
    return Decimal(found["number"]) * Decimal(base) ** power


def cpu(value: str) -> str:
    """An amount of processor: cores, or thousandths with the unit m."""
    found = _CPU.fullmatch(value)
    if not found or not Decimal(found["number"]) or (found["unit"] and "." in found["number"]):
        raise ValueError("write thousandths of a core such as '250m', or cores such as '2'")
    return value


def cores(value: str) -> Decimal:
    """What a valid amount of processor comes to, in cores."""
    return Decimal(value[:-1]) / 1000 if value.endswith("m") else Decimal(value)


def cidr(value: str) -> str:
    """A range of addresses whose host bits are zero."""
    try:
        if "/" not in value:
            raise ValueError("no prefix length")
        network = ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError("write a range with zero host bits, such as 100.64.0.0/24") from error
    return str(network)


def registry(value: str) -> str:
    """A registry's host with an optional port and path, without a scheme."""
    host, slash, path = value.partition("/")
    name, colon, port = host.partition(":")
    try:
        hostname(name)
        if slash and not re.fullmatch(r"[a-z0-9._-]+(/[a-z0-9._-]+)*", path):
            raise ValueError("bad path")
        if colon and not (port.isdecimal() and port.isascii() and 1 <= int(port) <= 65535):
            raise ValueError("bad port")
    except ValueError as error:
        raise ValueError("write host, port and path without a scheme, such as 100.64.0.1:5000") from error
    return value


def context(value: str) -> str:
    """The name of a context in a kubeconfig."""
    if not _CONTEXT.fullmatch(value):
        raise ValueError("use a name that `kubectl config get-contexts` lists")
    return value


def release(value: str) -> str:
    """The name of a set of images."""
    if not _RELEASE.fullmatch(value) or ".." in value:
        raise ValueError("use the name of a file in images/releases without .json, such as local or '2026.11'")
    return value


def duration(value: str) -> str:
    """A length of time as Prometheus writes it."""
    if not _DURATION.fullmatch(value):
        raise ValueError("write a positive number and a unit, such as 12h or 15d")
    return value


def image(value: str) -> str:
    """An image with its registry, by digest."""
    if not _IMAGE.fullmatch(value):
        raise ValueError("write registry, name and digest, such as registry.example.com/tool@sha256:<64 digits>")
    return value


def webhook(value: str) -> str:
    """An address that something is posted to."""
    fix = "write http:// or https://, a host and a path, without spaces"
    try:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or (parts.port or 1) < 1:
            raise ValueError("no such address")
        if not value.isprintable() or any(character.isspace() for character in value):
            raise ValueError("spaces")
    except ValueError as error:
        raise ValueError(fix) from error
    return value
