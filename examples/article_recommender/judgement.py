"""What the authors' See Also sections say of a mix: which half is for tuning, which for the end, and the scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from . import model
from .bm25 import Words
from .corpus import title_of
from .evaluate import ndcg
from .model import Mix
from .vectors import Data

_SEED = 20_261_129


def halves(found: Data) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the articles that name others: those to tune on, and those that only the final scores see."""
    rows = np.array([row for row, one in enumerate(found.articles) if one.related])
    np.random.default_rng(_SEED).shuffle(rows)
    middle = len(rows) // 2
    return rows[:middle], rows[middle:]


def words_of(found: Data, title: float) -> Words:
    """How often which word is where."""
    texts = [one.text for one in found.articles]
    return Words.of(texts, [title_of(one.name) for one in found.articles], title)


def scores(found: Data, words: Words, mix: Mix, rows: Sequence[int]) -> NDArray[np.float64]:
    """NDCG@10 of each article's ranking of all others, against those that its authors named."""
    made = []
    for row in rows:
        one = found.articles[row]
        by_words = words.scores(one.text, mix.k1, mix.b)
        ranking = model.mixed(found.vectors, by_words, found.vectors[row], mix, row)
        made.append(ndcg(ranking, [found.places[name] for name in one.related]))
    return np.array(made)
