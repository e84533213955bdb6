from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from examples.article_recommender import evaluate, judgement, minilm, serving
from examples.article_recommender.bm25 import Words, terms
from examples.article_recommender.corpus import Article
from examples.article_recommender.minilm import LAYERS, WIDTH, MiniLM, Tokenizer, gelu, words
from examples.article_recommender.model import Mix, Recommender, mixed
from examples.article_recommender.vectors import Data

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "solve", "matrix", "##es", "mean", "a", ",", "sort"]
TEXTS = ("linalg solve. Solve a linear matrix equation", "mean. The arithmetic mean of numbers", "sort. Sorted numbers")
ARTICLES = [
    Article("numpy.linalg.solve", TEXTS[0], ("numpy.sort",)),
    Article("numpy.mean", TEXTS[1], ("numpy.sort",)),
    Article("numpy.sort", TEXTS[2], ("numpy.mean",)),
]


def weights() -> dict[str, np.ndarray]:
    """A model of the real shapes with weights by chance."""
    chance = np.random.default_rng(1)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(VOCABULARY), WIDTH),
        "embeddings.position_embeddings.weight": (512, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            shapes |= {f"{name}.{part}.weight": (WIDTH, WIDTH), f"{name}.{part}.bias": (WIDTH,)}
        shapes |= {f"{name}.intermediate.dense.weight": (1536, WIDTH), f"{name}.intermediate.dense.bias": (1536,)}
        shapes |= {f"{name}.output.dense.weight": (WIDTH, 1536), f"{name}.output.dense.bias": (WIDTH,)}
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{name}.{part}.weight": (WIDTH,), f"{name}.{part}.bias": (WIDTH,)}
    return {name: chance.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture(scope="module")
def encoder() -> MiniLM:
    return MiniLM(weights(), VOCABULARY)


@pytest.fixture
def recommender(encoder: MiniLM) -> Recommender:
    return Recommender.of(ARTICLES, encoder.embed(TEXTS), Mix(weight=0.3), encoder)


def test_words_become_pieces() -> None:
    tokens = Tokenizer(VOCABULARY)
    assert words("Solvé  A,b\t中x") == ["solve", "a", ",", "b", "中", "x"]
    assert tokens.ids("Solve, matrixes unheard") == [2, 4, 9, 5, 6, 1, 3]
    assert tokens.ids("") == [2, 3]
    assert len(tokens.ids("solve " * 500)) == minilm.LONGEST
    assert tokens.ids("x" * 200) == [2, 1, 3]


def test_gelu_is_right() -> None:
    import math

    x = np.linspace(-6, 6, 500).astype(np.float32)
    right = [value * 0.5 * (1 + math.erf(value / math.sqrt(2))) for value in x.tolist()]
    assert np.abs(gelu(x) - np.array(right)).max() < 2e-6


def test_a_text_has_one_vector_whatever_is_beside_it(encoder: MiniLM) -> None:
    together = encoder.embed([*TEXTS, "", "matrix " * 60])
    assert together.shape == (5, WIDTH)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, together, strict=False):
        assert np.allclose(encoder.embed([text])[0], vector, atol=1e-5)


def test_safetensors(tmp_path: Path) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    header = {"__metadata__": {}, "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
    text = json.dumps(header | {"x.position_ids": {"dtype": "I64", "shape": [0], "data_offsets": [24, 24]}}).encode()
    (tmp_path / "f").write_bytes(len(text).to_bytes(8, "little") + text + array.tobytes())
    found = minilm.safetensors(tmp_path / "f")
    assert list(found) == ["a"] and np.array_equal(found["a"], array)


def test_words_say_what_an_article_is_about() -> None:
    assert terms("The LinearRegression of sorted_values") == terms("linear regression sorts values")
    counted = Words.of(TEXTS, ["linalg solve", "mean", "sort"], 2.0)
    assert np.argmax(counted.scores("solving matrix equations", 1.2, 0.75)) == 0
    assert not counted.scores("", 1.2, 0.75).any() and not counted.scores("zebra", 1.2, 0.75).any()
    # A word that few have says more than one that many have.
    scores = counted.scores("numbers mean", 1.2, 0.75)
    assert scores[1] > scores[2] > scores[0] == 0


def test_a_text_is_not_recommended_to_itself(recommender: Recommender) -> None:
    ranking = recommender.scores(TEXTS[1], recommender.vectors[1], without=1)
    assert ranking[1] == -np.inf and np.isfinite(np.delete(ranking, 1)).all()
    for mix in (Mix(weight=1.0, neighbours=1, echo=1.0), Mix(weight=0.0)):
        assert np.isfinite(mixed(recommender.vectors, np.zeros(3), recommender.vectors[0], mix, None)).all()


def test_saved_and_loaded_it_answers_the_same(recommender: Recommender, tmp_path: Path) -> None:
    recommender.save(tmp_path / "model")
    again = serving._load_pyfunc(str(tmp_path / "model"))
    frame = pd.DataFrame({"text": ["sort numbers", ""]}, index=[5, 9])
    answers = again.predict(frame)
    assert list(answers.index) == [5, 9]
    expected = recommender.recommend(list(frame["text"]), 3)
    for (_, row), ranked in zip(answers.iterrows(), expected, strict=True):
        # Half precision may swap what is as good as equal.
        assert dict(zip(row["articles"], row["scores"], strict=True)) == pytest.approx(dict(ranked), abs=0.02)
        assert row["scores"] == sorted(row["scores"], reverse=True)
    assert len(again.predict(frame, {"k": 0})["articles"][5]) == 1
    assert len(again.predict(frame, {"k": 2})["articles"][5]) == 2
    assert again.predict(frame.iloc[:0]).empty
    assert not list((tmp_path / "model").glob("*.pkl"))


def test_ndcg() -> None:
    scores = np.array([0.1, 0.9, 0.5, 0.3])
    assert evaluate.ndcg(scores, [1, 2]) == 1
    assert evaluate.ndcg(scores, [0], k=2) == 0
    assert evaluate.ndcg(scores, [2]) == pytest.approx(1 / np.log2(3))
    found = evaluate.bootstrap(np.array([0.0, 1.0] * 50))
    assert found.low < found.mean == 0.5 < found.high
    assert found == evaluate.bootstrap(np.array([0.0, 1.0] * 50))


def test_the_halves_share_nothing_and_scores_are_of_the_others(encoder: MiniLM) -> None:
    found = Data(ARTICLES, encoder.embed(TEXTS), "d")
    tuning, test = judgement.halves(found)
    assert sorted([*tuning, *test]) == [0, 1, 2] and not set(tuning) & set(test)
    made = judgement.scores(found, judgement.words_of(found, 2.0), Mix(weight=0.0), [1, 2])
    # They share the word numbers with each other alone.
    assert made.tolist() == [1.0, 1.0]
