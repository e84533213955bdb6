"""A real corpus with a real judgement of relevance: the reference pages of NumPy, SciPy, pandas and scikit-learn.

Their docstrings are what their web pages are made of. Each article's authors named the articles that a reader should
see too, in its section See Also: people who know the subject judged relevance, and nobody has to download anything.
That section is cut out of the text, so that a model can't read the answer.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

PACKAGES: Mapping[str, tuple[str, ...]] = {
    "numpy": ("", "linalg", "fft", "random", "ma", "char", "polynomial.polynomial", "polynomial.chebyshev"),
    "scipy": (
        *("cluster.vq", "cluster.hierarchy", "fft", "integrate", "interpolate", "io", "linalg", "ndimage", "odr"),
        *("optimize", "signal", "signal.windows", "sparse", "sparse.csgraph", "sparse.linalg", "spatial"),
        *("spatial.distance", "special", "stats", "stats.mstats", "stats.qmc"),
    ),
    "pandas": ("", "DataFrame", "Series", "Index", "tseries.offsets", "api.types"),
    "sklearn": (
        *("cluster", "covariance", "cross_decomposition", "datasets", "decomposition", "discriminant_analysis"),
        *("ensemble", "feature_extraction.text", "feature_selection", "gaussian_process", "impute", "isotonic"),
        *("linear_model", "manifold", "metrics", "metrics.pairwise", "mixture", "model_selection", "multiclass"),
        *(
            "multioutput",
            "naive_bayes",
            "neighbors",
            "neural_network",
            "pipeline",
            "preprocessing",
            "random_projection",
        ),
        *("semi_supervised", "svm", "tree", "kernel_approximation", "compose", "calibration", "dummy", "inspection"),
    ),
}
LONGEST = 700
"""Characters of an article that count: what it is about stands first."""
SHORTEST = 60
_SECTION = re.compile(r"^[ \t]*([A-Z][A-Za-z ]+)\n[ \t]*-{3,}[ \t]*$", re.MULTILINE)
_ENTRY = re.compile(r"^([\w.`~:, ]+?)(?: *: .*)?$")
_SIGNATURE = re.compile(r"\A\w+\([^\n]*\n")
"""What begins the docstring of a function that is written in C: it says no more than the name."""
_NAME = re.compile(r"^[A-Za-z_][\w.]*$")


@dataclass(frozen=True)
class Article:
    """One page of the reference."""

    name: str
    """Where it is imported from, such as scipy.linalg.svd."""
    text: str
    """Its name in words and what it says."""
    related: tuple[str, ...] = ()
    """Names of the articles that its authors want a reader to see too."""


def load() -> list[Article]:
    """All articles that name others or are named, by name. The same packages give the same list."""
    pages = dict(_pages())
    found: dict[str, Article] = {}
    for name, (document, again) in pages.items():
        wanted = [_resolved(other, name, pages) for other in _named(document)]
        related = sorted({pages[other][1] for other in wanted if other is not None} - {again})
        if name == again:
            found[name] = Article(name, text_of(name, document), tuple(related))
    named = {other for article in found.values() for other in article.related}
    kept = {name: one for name, one in found.items() if (one.related or name in named) and len(one.text) >= SHORTEST}
    return [
        Article(one.name, one.text, tuple(other for other in one.related if other in kept))
        for _, one in sorted(kept.items())
    ]


def text_of(name: str, document: str) -> str:
    """What an article says of itself, and its notes; parameters read alike everywhere, and See Also is the answer."""
    parts = _SECTION.split(_SIGNATURE.sub("", inspect.cleandoc(document)))
    notes = [text for title, text in zip(parts[1::2], parts[2::2], strict=True) if title.strip() == "Notes"]
    said = " ".join(" ".join([parts[0], *notes]).split())
    return f"{title_of(name)}. {said}"[:LONGEST]


def title_of(name: str) -> str:
    """A name in words, without its package's."""
    return " ".join(name.split(".")[1:]).replace("_", " ")


def digest(articles: list[Article]) -> str:
    """Of the corpus: other packages, another corpus."""
    made = hashlib.sha256()
    for one in articles:
        made.update(f"{one.name}\0{one.text}\0{','.join(one.related)}\n".encode())
    return made.hexdigest()


def _pages() -> Iterator[tuple[str, tuple[str, str]]]:
    """Name -> docstring and the name under which it counts: one thing may be importable from several places."""
    seen: dict[str, str] = {}
    for package, places in PACKAGES.items():
        for place in places:
            owner_name = f"{package}.{place}".rstrip(".")
            owner = _at(owner_name)
            public = getattr(owner, "__all__", None) or [name for name in dir(owner) if not name.startswith("_")]
            for name in sorted(set(public)):
                thing = _attribute(owner, name)
                document = getattr(thing, "__doc__", None)
                if not isinstance(document, str) or isinstance(thing, ModuleType) or not callable(thing):
                    continue
                full = f"{owner_name}.{name}"
                yield full, (document, seen.setdefault(document, full))


def _at(name: str) -> object:
    """A module, or a class of one."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(importlib.import_module(module), attribute)


def _attribute(owner: object, name: str) -> object:
    """What is public but can't be had (deprecated, experimental) is no article."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return getattr(owner, name, None)
    except ImportError:
        return None


def _named(document: str) -> list[str]:
    """The names in the section See Also."""
    parts = _SECTION.split(inspect.cleandoc(document))
    found = []
    for title, text in zip(parts[1::2], parts[2::2], strict=True):
        if title.strip() != "See Also":
            continue
        for line in text.splitlines():
            # Explanations are indented below the name that they explain.
            if line and not line[0].isspace() and (entry := _ENTRY.match(line.strip())):
                names = re.sub(r":\w+:`~?\.?([\w.]+)`", r"\1", entry[1]).replace("`", "")
                found += [name.strip() for name in names.split(",") if _NAME.match(name.strip())]
    return found


def _resolved(name: str, by: str, pages: Mapping[str, object]) -> str | None:
    """The article that a name in another's section means: looked for nearby first, as a reader would."""
    places = by.split(".")
    near = [".".join([*places[:depth], name]) for depth in range(len(places) - 1, 0, -1)]
    return next((one for one in [*near, name, f"numpy.{name}", f"scipy.{name}"] if one in pages), None)
