"""From a mix to a registered model: scored once on the half that tuning never saw, against each of its parts alone."""

from __future__ import annotations

import json
from dataclasses import asdict

from . import tracking
from .evaluate import Interval, bootstrap
from .judgement import halves, scores, words_of
from .minilm import MiniLM
from .model import SENTENCES, WORDS, Mix, Recommender
from .vectors import Data


class TrainingError(Exception):
    """The mix must not become a model; the text says why."""


def figures(found: Data, mix: Mix) -> dict[str, Interval]:
    """NDCG@10 on the test half: of the mix, of each part alone, and how much better the mix is, article by article."""
    _, test = halves(found)
    rows = test.tolist()
    own, sentences, words = (scores(found, words_of(found, one.title), one, rows) for one in (mix, SENTENCES, WORDS))
    return {
        "ndcg": bootstrap(own),
        "ndcg_sentences": bootstrap(sentences),
        "ndcg_words": bootstrap(words),
        "gain_over_sentences": bootstrap(own - sentences),
        "gain_over_words": bootstrap(own - words),
    }


def train(found: Data, mix: Mix) -> str:
    """Score, record and register; a line of JSON about it.

    Raises:
        TrainingError: It isn't better than each of its parts with 95% confidence.
    """
    made = figures(found, mix)
    for part in ("sentences", "words"):
        if (gain := made[f"gain_over_{part}"]).low <= 0:
            raise TrainingError(f"not better than {part} alone: the 95% interval of the gain starts at {gain.low:.4f}")
    model = Recommender.of(found.articles, found.vectors, mix, MiniLM.from_package())
    recorded = tracking.record(model, found.digest, len(halves(found)[1]), made)
    result = {name: asdict(one) for name, one in made.items()} | asdict(recorded)
    return f"result: {json.dumps(result)}"


def table(made: dict[str, Interval]) -> str:
    """The figures for people."""
    named = {
        "ndcg": "tuned mix",
        "ndcg_sentences": "sentences alone",
        "ndcg_words": "words alone (BM25)",
        "gain_over_sentences": "gain over sentences",
        "gain_over_words": "gain over words",
    }
    return "\n".join(
        f"{title:<22} {made[name].mean:6.3f} ({made[name].low:6.3f} to {made[name].high:6.3f})"
        for name, title in named.items()
    )
