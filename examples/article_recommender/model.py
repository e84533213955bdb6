"""The recommender: articles ranked by a mix of what their words and what their sentences have in common with a text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bm25 import Words
from .corpus import Article, title_of
from .minilm import MiniLM

Floats = NDArray[np.float64]
ARRAYS, FACTS = "arrays.npz", "facts.json"


@dataclass(frozen=True)
class Mix:
    """What tuning chooses."""

    weight: float = 0.5
    """Of sentences; words have the rest."""
    k1: float = 1.2
    """From how often on a word's repetition says no more."""
    b: float = 0.75
    """How much a long article has to have more of a word."""
    title: float = 2.0
    """How much more a word says that is in an article's name."""
    neighbours: int = 0
    """So many of the nearest articles speak for the text too."""
    echo: float = 0.0
    """How loud they are against the text itself."""


SENTENCES, WORDS = Mix(weight=1.0), Mix(weight=0.0)
"""Each alone: what the mix has to be better than."""


class Recommender:
    """Ranks articles."""

    def __init__(self, names: Sequence[str], vectors: NDArray[Any], words: Words, mix: Mix, encoder: MiniLM) -> None:
        self.names, self.words, self.mix, self.encoder = list(names), words, mix, encoder
        self.vectors = np.asarray(vectors, np.float32)

    @classmethod
    def of(cls, articles: Sequence[Article], vectors: NDArray[Any], mix: Mix, encoder: MiniLM) -> Recommender:
        """Over a corpus whose vectors are known."""
        names = [one.name for one in articles]
        words = Words.of([one.text for one in articles], [title_of(name) for name in names], mix.title)
        return cls(names, vectors, words, mix, encoder)

    def recommend(self, texts: Sequence[str], k: int) -> list[list[tuple[str, float]]]:
        """The best k articles for each text, with their scores, the best first."""
        if not texts:
            return []
        return [
            self._best(self.scores(text, vector), k)
            for text, vector in zip(texts, self.encoder.embed(texts), strict=True)
        ]

    def scores(self, text: str, vector: NDArray[Any], without: int | None = None) -> Floats:
        """Of each article for a text with its vector; `without` names the article that is the text itself."""
        return mixed(self.vectors, self.words.scores(text, self.mix.k1, self.mix.b), vector, self.mix, without)

    def _best(self, scores: Floats, k: int) -> list[tuple[str, float]]:
        order = np.argsort(-scores, kind="stable")[: max(k, 0)]
        return [(self.names[index], round(float(scores[index]), 6)) for index in order]

    def save(self, folder: Path) -> None:
        """Arrays and JSON: no pickle."""
        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {"vectors": self.vectors.astype(np.float16)}
        arrays |= {f"weight:{name}": value.astype(np.float16) for name, value in self.encoder.weights.items()}
        arrays |= {f"words:{name}": getattr(self.words, name) for name in ("starts", "rows", "counts", "lengths")}
        np.savez(folder / ARRAYS, **arrays)
        facts = {
            "names": self.names,
            "words": self.words.words,
            "mix": asdict(self.mix),
            "vocabulary": self.encoder.vocabulary,
        }
        (folder / FACTS).write_text(json.dumps(facts), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Recommender:
        """What `save` wrote."""
        facts: Mapping[str, Any] = json.loads((folder / FACTS).read_text("utf-8"))
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            weights = {
                name.removeprefix("weight:"): arrays[name] for name in arrays.files if name.startswith("weight:")
            }
            parts = [arrays[f"words:{name}"] for name in ("starts", "rows", "counts", "lengths")]
            vectors = arrays["vectors"].astype(np.float32)
        encoder = MiniLM(weights, facts["vocabulary"])
        return cls(facts["names"], vectors, Words(facts["words"], *parts), Mix(**facts["mix"]), encoder)


def mixed(vectors: NDArray[Any], words: Floats, vector: NDArray[Any], mix: Mix, without: int | None) -> Floats:
    """Both kinds of score on one scale, from 0 to about 1, and mixed.

    Args:
        vectors: Of the articles.
        words: Each article's score by words.
        vector: Of the text.
        mix: How.
        without: The article that is never recommended, nor speaks for the text: the text itself.
    """
    near = vectors @ np.asarray(vector, np.float32)
    if without is not None:
        near[without] = -1.0
    if mix.neighbours and mix.echo:
        best = np.argpartition(-near, mix.neighbours)[: mix.neighbours]
        asked = np.asarray(vector, np.float32) + np.float32(mix.echo) * vectors[best].mean(0)
        near = vectors @ (asked / np.linalg.norm(asked))
    loudest = words.max() if without is None else np.delete(words, without).max()
    made: Floats = mix.weight * near.astype(np.float64) + (1 - mix.weight) * words / max(float(loudest), 1e-9)
    if without is not None:
        made[without] = -np.inf
    return made
