"""BM25: how well the words of a text match those of each article. NumPy alone, so that a server needs no more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[a-z][a-z0-9]+")
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ed", "es", "s")
_STOP = frozenset(
    {
        *(
            "the",
            "of",
            "and",
            "to",
            "in",
            "is",
            "are",
            "be",
            "it",
            "as",
            "by",
            "or",
            "for",
            "on",
            "at",
            "an",
            "if",
            "this",
        ),
        *("that", "with", "from", "which", "can", "not", "will", "may", "into", "than", "then", "has", "have", "was"),
        *("were", "its", "also", "any", "all", "each", "other", "such", "when", "where", "using", "use", "used", "see"),
        *("given", "return", "returns"),
    }
)
Floats = NDArray[np.float64]


def terms(text: str) -> list[str]:
    """The words of a text that say something, without their endings."""
    # Names are written together: LinearRegression is about linear regression.
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text).lower().replace("_", " ")
    return [_stem(word) for word in _WORD.findall(apart) if word not in _STOP]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


class Words:
    """How often which word is in which article."""

    def __init__(
        self, words: Sequence[str], starts: NDArray[np.int64], rows: NDArray[np.int64], counts: Floats, lengths: Floats
    ) -> None:
        self.words, self.starts, self.rows, self.counts, self.lengths = list(words), starts, rows, counts, lengths
        self._place = {word: index for index, word in enumerate(self.words)}

    @classmethod
    def of(cls, texts: Sequence[str], titles: Sequence[str], title_weight: float) -> Words:
        """Count; a word of a title counts `title_weight` times more."""
        places: dict[str, list[tuple[int, float]]] = {}
        lengths = np.zeros(len(texts))
        for row, (text, title) in enumerate(zip(texts, titles, strict=True)):
            counted: Counter[str] = Counter(terms(text))
            found = dict.fromkeys(counted, 0.0) | {word: float(count) for word, count in counted.items()}
            for word in terms(title):
                found[word] = found.get(word, 0.0) + title_weight
            lengths[row] = sum(found.values())
            for word, count in found.items():
                places.setdefault(word, []).append((row, count))
        words = sorted(places)
        starts = np.cumsum([0, *(len(places[word]) for word in words)])
        rows = np.array([row for word in words for row, _ in places[word]], np.int64)
        counts = np.array([count for word in words for _, count in places[word]])
        return cls(words, starts, rows, counts, lengths)

    def scores(self, text: str, k1: float, b: float) -> Floats:
        """Of each article for a text; 0 where no word is shared."""
        many = len(self.lengths)
        made = np.zeros(many)
        usual = k1 * (1 - b + b * self.lengths / self.lengths.mean())
        for word, asked in Counter(terms(text)).items():
            place = self._place.get(word)
            if place is None:
                continue
            rows = self.rows[self.starts[place] : self.starts[place + 1]]
            count = self.counts[self.starts[place] : self.starts[place + 1]]
            rarity = np.log(1 + (many - len(rows) + 0.5) / (len(rows) + 0.5))
            # A word that the asking text repeats says more, though not twice as much.
            made[rows] += rarity * count * (k1 + 1) / (count + usual[rows]) * np.sqrt(asked)
        return made
