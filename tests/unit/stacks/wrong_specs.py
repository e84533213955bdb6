"""Wrong specs made from the right ones, each with what its error has to name."""

from __future__ import annotations

import copy
import dataclasses
import string
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

STACKS = Path(__file__).resolve().parents[3] / "stacks"
RIGHT: dict[str, dict[str, Any]] = {
    name: yaml.safe_load((STACKS / f"{name}.yaml").read_text("utf-8"))
    for name in ("local-foundation", "local-platform", "local-team-search")
}
RIGHT["local-foundation"]["postgres"]["resources"] = {"cpu": "100m", "memory": "512Mi"}
RIGHT["local-platform"]["git"] = {"storage": "5Gi", "rotation": 1}
RIGHT["local-platform"]["workspaces"].append({"name": "other", "namespace": "mlp-other", "rotation": 2})

Place = tuple[str | int, ...]
TEXTS: dict[str, list[Place]] = {
    "local-foundation": [
        ("images",),
        ("cluster", "context"),
        ("registry", "host"),
        ("storage", "rwo"),
        ("ingress", "class_name"),
        ("ingress", "base_domain"),
        ("postgres", "storage"),
        ("postgres", "resources", "cpu"),
        ("postgres", "resources", "memory"),
        ("object_store", "storage"),
    ],
    "local-platform": [
        ("foundation",),
        ("images",),
        ("workspaces", 0, "name"),
        ("workspaces", 1, "namespace"),
        ("notebooks", "people", 0, "name"),
    ],
    "local-team-search": [
        ("name",),
        ("platform",),
        ("images",),
        ("quota", "cpu"),
        ("quota", "memory"),
        ("quota", "storage"),
        ("airflow", "worker", "memory"),
        ("models", 0, "name"),
        ("models", 0, "model"),
        ("models", 0, "resources", "memory"),
    ],
}
NUMBERS: dict[str, list[tuple[Place, int, int]]] = {
    "local-foundation": [(("ingress", "port"), 1, 65535)],
    "local-platform": [
        (("mlflow", "replicas"), 1, 20),
        (("mlflow", "rotation"), 1, 100_000),
        (("workspaces", 1, "rotation"), 1, 100_000),
        (("git", "rotation"), 1, 100_000),
        (("notebooks", "idle_minutes"), 1, 10_080),
    ],
    "local-team-search": [
        (("rotation",), 1, 100_000),
        (("quota", "pods"), 2, 1000),
        (("airflow", "parallelism"), 1, 100),
        (("models", 0, "target_concurrency"), 1, 1000),
        (("models", 0, "idle_seconds"), 10, 86_400),
        (("models", 0, "replicas", "max"), 1, 20),
        (("models", 0, "canary", "weight"), 1, 50),
    ],
}
SIZES: list[tuple[str, Place]] = [
    ("local-foundation", ("postgres", "storage")),
    ("local-foundation", ("postgres", "resources", "memory")),
    ("local-foundation", ("object_store", "storage")),
    ("local-platform", ("git", "storage")),
    ("local-team-search", ("quota", "memory")),
    ("local-team-search", ("airflow", "resources", "memory")),
    ("local-team-search", ("notebooks", "shared")),
]


@dataclass(frozen=True)
class Wrong:
    """One wrong spec."""

    stack: str
    text: str
    path: str
    """What its error names as the place, or the start of it."""
    value: str
    """What its error shows of the value."""
    why: str
    """Which sort of mistake it is."""


def dotted(place: Place) -> str:
    """A place as errors write it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def at(data: Any, place: Place) -> Any:
    """What is at a place."""
    for part in place:
        data = data[part]
    return data


def mappings(data: Any, place: Place = ()) -> list[Place]:
    """The places of all mappings."""
    if isinstance(data, list):
        return [found for index, item in enumerate(data) for found in mappings(item, (*place, index))]
    if not isinstance(data, dict):
        return []
    return [place, *(found for key, item in data.items() for found in mappings(item, (*place, key)))]


def with_value(stack: str, place: Place, value: Any, why: str, shown: str | None = None) -> Wrong:
    """The right spec with another value at a place."""
    data = copy.deepcopy(RIGHT[stack])
    at(data, place[:-1])[place[-1]] = value
    return Wrong(stack, yaml.safe_dump(data, sort_keys=False), dotted(place), shown or repr(value), why)


@st.composite
def unknown_key(draw: st.DrawFn) -> Wrong:
    stack = draw(st.sampled_from(sorted(RIGHT)))
    data = copy.deepcopy(RIGHT[stack])
    place = draw(st.sampled_from(mappings(data)))
    part = at(data, place)
    known = draw(st.sampled_from(sorted(part)))
    letter = draw(st.sampled_from(string.ascii_lowercase))
    key = known + letter
    value = draw(st.sampled_from(["x", 1, True]))
    part[key] = value
    return Wrong(stack, yaml.safe_dump(data, sort_keys=False), dotted((*place, key)), repr(value), "unknown key")


@st.composite
def misspelt_key(draw: st.DrawFn) -> Wrong:
    stack = draw(st.sampled_from(sorted(RIGHT)))
    data = copy.deepcopy(RIGHT[stack])
    place = draw(st.sampled_from([found for found in mappings(data) if found]))
    part = at(data, place)
    known = draw(st.sampled_from(sorted(part)))
    cut = draw(st.integers(1, len(known) - 1))
    key = known[:cut] + known[cut + 1 :] if len(known) > 2 else known + "x"
    if key in part:
        key = known + "x"
    part[key] = part.pop(known)
    value = part[key]
    return Wrong(
        stack,
        yaml.safe_dump(data),
        dotted((*place, key)),
        "" if isinstance(value, dict | list) else repr(value),
        "misspelt",
    )


@st.composite
def missing_key(draw: st.DrawFn) -> Wrong:
    stack, place = draw(
        st.sampled_from(
            [("local-foundation", place) for place in TEXTS["local-foundation"]]
            + [("local-foundation", ("postgres",)), ("local-foundation", ("kind",)), ("local-platform", ("kind",))]
            + [("local-team-search", ("quota",)), ("local-team-search", ("kind",))]
            + [(stack, place) for stack in ("local-platform", "local-team-search") for place in TEXTS[stack]]
        )
    )
    data = copy.deepcopy(RIGHT[stack])
    del at(data, place[:-1])[place[-1]]
    return Wrong(stack, yaml.safe_dump(data, sort_keys=False), dotted(place), "missing", "missing key")


@st.composite
def wrong_type(draw: st.DrawFn) -> Wrong:
    stack = draw(st.sampled_from(sorted(RIGHT)))
    if draw(st.booleans()):
        place = draw(st.sampled_from(TEXTS[stack]))
        value = draw(st.sampled_from([2026.11, 5, True, None]))
        return with_value(stack, place, value, "wrong type")
    place = draw(st.sampled_from([found for found, _, _ in NUMBERS[stack]]))
    return with_value(stack, place, draw(st.sampled_from(["8080", 1.5, True, None, "many"])), "wrong type")


@st.composite
def wrong_shape(draw: st.DrawFn) -> Wrong:
    stack = draw(st.sampled_from(sorted(RIGHT)))
    places = [*TEXTS[stack], *(place for place in mappings(RIGHT[stack]) if place)]
    place = draw(st.sampled_from(places))
    return with_value(stack, place, ["a", "b"], "wrong shape", "a list of 2")


@st.composite
def out_of_range(draw: st.DrawFn) -> Wrong:
    stack = draw(st.sampled_from(sorted(RIGHT)))
    place, least, most = draw(st.sampled_from(NUMBERS[stack]))
    value = draw(st.one_of(st.integers(-(10**15), least - 1), st.integers(most + 1, 10**15)))
    return with_value(stack, place, value, "range")


@st.composite
def bad_choice(draw: st.DrawFn) -> Wrong:
    stack, key = draw(
        st.sampled_from(
            [
                ("local-foundation", "kind"),
                ("local-foundation", "provider"),
                ("local-platform", "kind"),
                ("local-team-search", "kind"),
                ("local-team-search", "on_removal"),
            ]
        )
    )
    return with_value(stack, (key,), draw(st.sampled_from(["fundation", "Foundation", "aws", "teams", ""])), "choice")


@st.composite
def bad_size(draw: st.DrawFn) -> Wrong:
    value = draw(
        st.sampled_from(["5", "5gb", "-1Gi", "0Gi", "5 Gi", "Gi5", "5GiB", "five Gi", "1e3Gi", "5Gi; rm", "\u0661Gi"])
    )
    return with_value(*draw(st.sampled_from(SIZES)), value, "quantity")


@st.composite
def too_small(draw: st.DrawFn) -> Wrong:
    key, values = draw(st.sampled_from([("cpu", ["1m", "0.1", "209m"]), ("memory", ["1Ki", "2111Mi", "1.9Gi"])]))
    wrong = with_value("local-team-search", ("quota", key), draw(st.sampled_from(values)), "too small", "keys cpu")
    return dataclasses.replace(wrong, path="quota")


@st.composite
def bad_model(draw: st.DrawFn) -> Wrong:
    key, values = draw(
        st.sampled_from(
            [
                ("name", ["a", "x" * 25, "A", "a_b", "-a", "a-", "airflow", "airflow-x", "worker", ""]),
                ("model", ["keywords", "models:/a", "models:/a/0", "models:/a@", "bento:/", "s3://a/b", ""]),
                ("scale_by", ["memory", "Requests", ""]),
            ]
        )
    )
    return with_value("local-team-search", ("models", 0, key), draw(st.sampled_from(values)), "model")


@st.composite
def contradiction(draw: st.DrawFn) -> Wrong:
    data = copy.deepcopy(RIGHT["local-team-search"])
    service = data["models"][0]
    sort = draw(st.sampled_from(["replicas", "cpu", "twice"]))
    path = ("models", 0, "replicas") if sort == "replicas" else ("models", 0) if sort == "cpu" else ("models",)
    if sort == "replicas":
        service["replicas"] = {"min": draw(st.integers(4, 20)), "max": 3}
    elif sort == "cpu":
        service |= {"scale_by": "cpu", "replicas": {"min": 0, "max": 3}}
    else:
        data["models"].append(copy.deepcopy(service))
    return Wrong("local-team-search", yaml.safe_dump(data), dotted(path), "", "contradiction")


@st.composite
def bad_cidr(draw: st.DrawFn) -> Wrong:
    value = draw(
        st.sampled_from(["100.64.0.1", "100.64.0.1/24", "300.0.0.0/8", "10.0.0.0/33", "10/8", "here", "fd00::1/64"])
    )
    return with_value("local-foundation", ("ingress", "source_ranges", 0), value, "CIDR")


@st.composite
def bad_name(draw: st.DrawFn) -> Wrong:
    if draw(st.booleans()):
        team = draw(
            st.sampled_from(["Big", "a_b", "-a", "a-", "a.b", "x" * 31, "x", "1a", "recsys", "team-search", "\u0430b"])
        )
        return with_value("local-team-search", ("name",), team, "name")
    place = draw(st.sampled_from([("workspaces", 0, "name"), ("workspaces", 1, "namespace")]))
    value = draw(
        st.sampled_from(
            ["Big", "a_b", "-a", "a-", "a.b", "x" * 64, "kube-system", "mlp-platform", "admin", "default", "team-x"]
        )
    )
    if place[-1] == "name" and value in ("kube-system", "mlp-platform"):
        value = "admin"
    return with_value("local-platform", place, value, "name")


@st.composite
def dangling(draw: st.DrawFn) -> Wrong:
    if draw(st.integers(0, 2)) == 0:
        return with_value(
            "local-foundation", ("images",), draw(st.sampled_from(["2019.1", "lokal"])), "dangling reference"
        )
    stack, key = draw(st.sampled_from([("local-platform", "foundation"), ("local-team-search", "platform")]))
    value = draw(st.sampled_from(["local-foundatio", "aws-foundation", stack, "nowhere", "local-team-search"]))
    return with_value(stack, (key,), value, "dangling reference")


@st.composite
def duplicate(draw: st.DrawFn) -> Wrong:
    sort = draw(st.sampled_from(["key", "name", "namespace", "range"]))
    if sort == "range":
        ranges = RIGHT["local-foundation"]["ingress"]["source_ranges"]
        return with_value(
            "local-foundation", ("ingress", "source_ranges"), [*ranges, ranges[0]], "duplicate", "a list of"
        )
    if sort == "key":
        stack = draw(st.sampled_from(sorted(RIGHT)))
        key = draw(st.sampled_from(sorted(RIGHT[stack])))
        text = yaml.safe_dump(RIGHT[stack], sort_keys=False) + yaml.safe_dump({key: RIGHT[stack][key]})
        return Wrong(stack, text, key, "given twice", "duplicate")
    data = copy.deepcopy(RIGHT["local-platform"])
    data["workspaces"][1][sort] = data["workspaces"][0][sort]
    return Wrong("local-platform", yaml.safe_dump(data), "workspaces", "a list of 2", "duplicate")


@st.composite
def not_a_spec(draw: st.DrawFn) -> Wrong:
    stack = draw(st.sampled_from(sorted(RIGHT)))
    right = yaml.safe_dump(RIGHT[stack], sort_keys=False)
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
    text, path, value = draw(
        st.sampled_from(
            [
                ("", "(the whole file)", "empty"),
                ("# nothing\n\n", "(the whole file)", "empty"),
                ("---\n", "(the whole file)", "empty"),
                ("null\n", "(the whole file)", "None"),
                ("just text\n", "(the whole file)", "'just text'"),
                ("- a\n- b\n", "(the whole file)", "a list of 2"),
                (right + "x: [1, 2\n", "column", "the end of the file"),
                (right + "  bad: : indent\n", "column", "bad"),
                (right + "\tkey: 1\n", "column", "key: 1"),
                (right + "---\n" + right, "column", "---"),
                (right + "x: 'open\n", "column", "the end of the file"),
                (right + "x: \x07\n", "(the whole file)", "not YAML"),
                (right + bomb, "column", "&a"),
                (right + "x: *nowhere\n", "column", "*nowhere"),
                (right + "x: !!python/object/apply:os.system [ls]\n", "column", "tagged"),
                (right + "x: " + "[" * 50 + "]" * 50 + "\n", "column", "nested"),
                (right + "? [a, b]\n: c\n", "(the whole file)", "a list of 2"),
                (right + "5: c\n", "(the whole file)", "key 5"),
                (right + f"x: {'9' * 5000}\n", "x", "'999"),
                (right + f'x: "{"y" * 3000}"\n', "x", "'yyy"),
                (right + "#" * (1 << 20), "(the whole file)", "bytes long"),
                (right + "x: [" + "1," * 60_000 + "]\n", "(the whole file)", "values long"),
            ]
        )
    )
    return Wrong(stack, text, path, value, "not a spec")


SORTS: list[Callable[[], st.SearchStrategy[Wrong]]] = [
    unknown_key,
    misspelt_key,
    missing_key,
    wrong_type,
    wrong_shape,
    out_of_range,
    bad_choice,
    bad_size,
    too_small,
    bad_model,
    contradiction,
    bad_cidr,
    bad_name,
    dangling,
    duplicate,
    not_a_spec,
]


def wrong_specs() -> st.SearchStrategy[Wrong]:
    """Any of them."""
    return st.one_of([sort() for sort in SORTS])
