"""The classifier over the entries: which of them a query asks for, or none.

Two logistic regressions look at a query, one at its words and pieces of words, one at its sentence vector, and their
logarithms are averaged. Their classes are the entries and "out of scope". ``fitting.py`` trains them; here they are
only read, from ``model.npz``, whose content and data are named in ``model.json``.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.reading.text import BUCKETS, Spelling, features, normal

FOLDER = Path(__file__).parent
NONE = ""
"""The class of what no entry answers; always the last."""

SKETCH = 512
"""Places of the short form of a query's words, with which new phrasings are compared."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability an entry is shown outright, and from which it is offered."""

    answer: float
    offer: float


@dataclass(frozen=True, slots=True)
class Model:
    """The trained weights: ``weights`` has the shape (buckets, classes), in steps of ``scales``, one a class."""

    classes: tuple[str, ...]
    weights: NDArray[np.int8]
    scales: Floats
    bias: Floats
    rarity: Floats
    vector_weights: Floats
    vector_bias: Floats
    personal: Floats
    vector_personal: Floats
    trained: frozenset[int]
    spelling: Spelling
    settings: Mapping[str, Any]

    def words(self, query: str) -> tuple[NDArray[np.int64], Floats]:
        """The places that a query fills and their weights, of length one."""
        found = features(query, self.spelling)
        places = np.fromiter(found, np.int64, len(found))
        weights: Floats = np.fromiter(found.values(), np.float32, len(found)) * self.rarity[places]
        length = float(np.linalg.norm(weights))
        return places, weights / length if length else weights

    def probabilities(self, words: tuple[NDArray[np.int64], Floats], vector: Floats | None) -> Floats:
        """The probability of each class, that of none the last; on words alone where there is no vector."""
        places, weights = words
        logits: Floats = (weights @ self.weights[places].astype(np.float32)) * self.scales + self.bias
        found = _log_softmax(logits)
        if vector is not None:
            by_vector: Floats = vector @ self.vector_weights + self.vector_bias
            found: Floats = (found + _log_softmax(by_vector)) / np.float32(2)
        return np.exp(_log_softmax(found))

    def own_case(self, words: tuple[NDArray[np.int64], Floats], vector: Floats | None) -> bool:
        """Whether a query more likely than not tells of somebody's own case."""
        places, weights = words
        found = float(weights @ self.personal[places] + self.personal[-1])
        if vector is not None:
            found += float(vector @ self.vector_personal[:-1] + self.vector_personal[-1])
        return found > 0

    def thresholds(self, *, with_vectors: bool) -> Thresholds:
        """The fitted thresholds."""
        kept = self.settings["thresholds"]["with_vectors" if with_vectors else "words_alone"]
        return Thresholds(kept["answer"], kept["offer"])

    def likeness(self, *, with_vectors: bool) -> tuple[float, float]:
        """The slope and intercept that turn a likeness to a new phrasing into a probability."""
        kept = self.settings["likeness"]["with_vectors" if with_vectors else "words_alone"]
        return kept["slope"], kept["intercept"]


def sketch(words: tuple[NDArray[np.int64], Floats]) -> Floats:
    """The short form of a query's words: places share a number and cancel each other out by chance alone."""
    places, weights = words
    signs = np.where((places // SKETCH) % 2 == 0, np.float32(1), np.float32(-1))
    short = np.bincount(places % SKETCH, weights * signs, SKETCH).astype(np.float32)
    length = float(np.linalg.norm(short))
    return short / length if length else short


@lru_cache(maxsize=1 << 15)
def phrasing_number(entry_id: str, text: str) -> int:
    """What names a phrasing among those that the model was trained on."""
    key = f"{entry_id}\0{normal(text)}".encode()
    return int.from_bytes(hashlib.blake2s(key, digest_size=6).digest(), "big")


@lru_cache(maxsize=1)
def load_model() -> Model:
    """Read the trained weights; once for the whole process."""
    settings: dict[str, Any] = json.loads((FOLDER / "model.json").read_text("utf-8"))
    with np.load(FOLDER / "model.npz", allow_pickle=False) as kept:
        return Model(
            classes=tuple(settings["classes"]),
            weights=kept["weights"],
            scales=kept["scales"].astype(np.float32),
            bias=kept["bias"].astype(np.float32),
            rarity=kept["rarity"].astype(np.float32),
            vector_weights=kept["vector_weights"].astype(np.float32),
            vector_bias=kept["vector_bias"].astype(np.float32),
            personal=kept["personal"].astype(np.float32),
            vector_personal=kept["vector_personal"].astype(np.float32),
            trained=frozenset(int(number) for number in kept["trained"]),
            spelling=Spelling(str(kept["vocabulary"]).split(" ")),
            settings=settings,
        )


def file_digest(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _log_softmax(values: Floats) -> Floats:
    shifted: Floats = values - values.max()
    return shifted - np.log(np.exp(shifted).sum())


assert BUCKETS % SKETCH == 0  # noqa: S101 - every place of the short form stands for as many buckets
