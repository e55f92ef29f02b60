"""The careful reader: a small transformer that reads a message word by word, by onnxruntime or on numpy alone.

It is the lower half of multilingual-e5-small (MIT licence), fine-tuned on the corpus by ``training_encoder.py``, with
the pieces of words that the eight languages need. Its file, ``encoder.npz``, holds whole numbers and their scales;
without the file, triage works on rules and on the cheap reader.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.triage.engine import Run, runner

FILE = Path(__file__).with_name("encoder.npz")
BLANK = "\N{LOWER ONE EIGHTH BLOCK}"
"""What a piece that starts a word begins with."""

HEADS = 12
MOST_PIECES = 64
"""Pieces that are read of one text, besides the two marks around it."""

_BLOCK = 32
_UNKNOWN_COST = 25.0
_KEPT_WORDS = 20_000
_LONGEST_WORD = 48
_UNSEEN = {"Cf", "Cs", "Mn", "Me", "Cc"}
_APOSTROPHES = str.maketrans(dict.fromkeys("\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}`", "'"))

Floats = NDArray[np.float32]


def clean(text: str) -> str:
    """A text as it is cut into pieces: lower case, compatible forms, nothing unseen, single blanks; accents stay."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower()).translate(_APOSTROPHES)
    if not plain.isascii():
        # Marks that are still apart from their letter after composing are there to disturb.
        plain = "".join(c for c in plain if c.isspace() or unicodedata.category(c) not in _UNSEEN)
    return " ".join(plain.split())


class Pieces:
    """Cuts words into known pieces, the likeliest cut of all (a unigram language model)."""

    def __init__(self, pieces: Sequence[str], scores: Sequence[float], unknown: int) -> None:
        self._known = {piece: (score, number) for number, (piece, score) in enumerate(zip(pieces, scores, strict=True))}
        self._longest = max(map(len, pieces), default=1)
        self._unknown = unknown
        self._kept: dict[str, tuple[int, ...]] = {}

    def numbers(self, text: str) -> list[int]:
        """The numbers of the pieces of an already clean text."""
        found = list[int]()
        for word in text.split(" "):
            if word:
                found += self._word(BLANK + word[:_LONGEST_WORD])
        return found

    def _word(self, word: str) -> tuple[int, ...]:
        if (kept := self._kept.get(word)) is not None:
            return kept
        if len(self._kept) >= _KEPT_WORDS:
            self._kept.clear()
        size = len(word)
        best = [0.0, *[float("-inf")] * size]
        back = [(0, self._unknown)] * (size + 1)
        for start in range(size):
            for end in range(start + 1, min(size, start + self._longest) + 1):
                known = self._known.get(word[start:end])
                score, number = known or (-_UNKNOWN_COST, self._unknown)
                if (known or end == start + 1) and best[start] + score > best[end]:
                    best[end], back[end] = best[start] + score, (start, number)
        numbers = list[int]()
        while size:
            size, number = back[size]
            numbers.append(number)
        self._kept[word] = tuple(reversed(numbers))
        return self._kept[word]


@dataclass(frozen=True, slots=True)
class Layer:
    """The weights of one layer, each ready to multiply from the right."""

    attend: Floats
    attend_bias: Floats
    join: Floats
    join_bias: Floats
    join_norm: Floats
    widen: Floats
    widen_bias: Floats
    narrow: Floats
    narrow_bias: Floats
    narrow_norm: Floats


@dataclass(frozen=True)
class Encoder:
    """The trained transformer; ``marks`` are the numbers of the pieces that open and close a text.

    ``run`` takes a state through all layers where onnxruntime is installed.
    """

    pieces: Pieces
    rows: NDArray[np.uint8]
    row_scales: NDArray[np.float16]
    places: Floats
    first_norm: Floats
    layers: tuple[Layer, ...]
    head: Floats
    head_bias: Floats
    marks: tuple[int, int] = field(default=(0, 2))
    run: Run | None = None

    def numbers(self, text: str, most: int = MOST_PIECES) -> list[int]:
        """The pieces of a text with the marks around them; of a longer one its beginning and its end."""
        found = self.pieces.numbers(clean(text))
        if len(found) > most:
            found = [*found[: most // 2], *found[len(found) - (most - most // 2) :]]
        return [self.marks[0], *found, self.marks[1]]

    def logits(self, text: str, most: int = MOST_PIECES) -> Floats:
        """What a text speaks for, shape (labels,)."""
        numbers = np.array(self.numbers(text, most))
        state = _normed(self._embedded(numbers) + self.places[: len(numbers)], self.first_norm)
        if self.run is not None:
            state = self.run(state)
        else:
            for layer in self.layers:
                state = _through(layer, state)
        pooled = np.concatenate([state.mean(axis=0), state.max(axis=0)])
        return (pooled @ self.head + self.head_bias).astype(np.float32)

    def _embedded(self, numbers: NDArray[np.int64]) -> Floats:
        packed = self.rows[numbers].reshape(len(numbers), -1, _BLOCK // 2)
        both = np.concatenate([packed & 15, packed >> 4], axis=2).astype(np.float32) - np.float32(8)
        scaled: Floats = both * self.row_scales[numbers].astype(np.float32)[:, :, None]
        return scaled.reshape(len(numbers), -1)


def _through(layer: Layer, state: Floats) -> Floats:
    size, width = state.shape
    parts = (state @ layer.attend + layer.attend_bias).reshape(size, 3, HEADS, width // HEADS).transpose(1, 2, 0, 3)
    asked, offered, told = parts
    likeness = asked @ offered.transpose(0, 2, 1) * np.float32((width // HEADS) ** -0.5)
    likeness = np.exp(likeness - likeness.max(axis=2, keepdims=True))
    likeness /= likeness.sum(axis=2, keepdims=True)
    heard = (likeness @ told).transpose(1, 0, 2).reshape(size, width)
    joined: Floats = state + (heard @ layer.join + layer.join_bias)
    state = _normed(joined, layer.join_norm)
    wide = _gelu(state @ layer.widen + layer.widen_bias)
    narrow: Floats = wide @ layer.narrow
    narrow += layer.narrow_bias
    narrow += state
    return _normed(narrow, layer.narrow_norm)


def _normed(state: Floats, norm: Floats) -> Floats:
    state = state - state.mean(axis=1, keepdims=True)
    spread = np.sqrt(np.einsum("ij,ij->i", state, state) / np.float32(state.shape[1]) + np.float32(1e-12))
    return state / spread[:, None] * norm[0] + norm[1]


def _gelu(values: Floats) -> Floats:
    inner = values * values
    inner *= np.float32(0.044715)
    inner += np.float32(1)
    inner *= values
    inner *= np.float32(0.7978845608)
    np.tanh(inner, out=inner)
    inner += np.float32(1)
    inner *= values
    inner *= np.float32(0.5)
    return inner


@lru_cache(maxsize=1)
def load_encoder() -> Encoder | None:
    """Read the trained transformer; None where its file is not there. Once for the whole process."""
    if not FILE.exists():
        return None
    with np.load(FILE, allow_pickle=False) as kept:
        found = unpacked({name: kept[name] for name in kept.files})
    return replace(found, run=runner(weights_of(found.layers)))


def weights_of(layers: Sequence[Layer]) -> dict[str, Floats]:
    """The weights of all layers by the names that the graph knows them by."""
    return {f"{n}.{part}": value for n, layer in enumerate(layers) for part, value in _parts(layer)}


def _parts(layer: Layer) -> Iterator[tuple[str, Floats]]:
    for each in fields(layer):
        value: Floats = getattr(layer, each.name)
        if each.name.endswith("_norm"):
            yield from ((f"{each.name}.{row}", value[row]) for row in (0, 1))
        else:
            yield each.name, value


def unpacked(kept: Mapping[str, NDArray[np.generic]]) -> Encoder:
    """The transformer of the arrays of its file."""

    def whole(name: str) -> Floats:
        # Stored by rows of outputs with one scale each; used from the right.
        values = kept[name].astype(np.float32) * kept[name + ".scale"].astype(np.float32)[:, None]
        return np.ascontiguousarray(values.T)

    def plain(name: str) -> Floats:
        return kept[name].astype(np.float32)

    layers = tuple(
        Layer(
            whole(f"{n}.attend"), plain(f"{n}.attend_bias"), whole(f"{n}.join"), plain(f"{n}.join_bias"),
            plain(f"{n}.join_norm"), whole(f"{n}.widen"), plain(f"{n}.widen_bias"), whole(f"{n}.narrow"),
            plain(f"{n}.narrow_bias"), plain(f"{n}.narrow_norm"),
        )
        for n in range(int(kept["layers"]))
    )  # fmt: skip
    pieces = Pieces(str(kept["pieces"]).split("\n"), [float(each) for each in kept["scores"].astype(np.float32)], 3)
    return Encoder(
        pieces, kept["rows"].astype(np.uint8), kept["row_scales"].astype(np.float16), plain("places"),
        plain("first_norm"), layers, plain("head"), plain("head_bias"),
    )  # fmt: skip
