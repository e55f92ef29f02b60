"""The cheap reader: which label the letters and words of a message speak for.

Words, pairs of words and pieces of two to five letters are hashed into ``BUCKETS`` places, each with a weight for every
label. All places of a text are found and weighed at once, so that a long text is read whole, part by part.
``fitting.py`` trains the weights; here they are only read, from ``model.npz``, whose content and data ``model.json``
names.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.triage.assessment import Label, Limits
from bot.triage.signs import FEATURES

FOLDER = Path(__file__).parent
LABELS = tuple(Label)
"""The order of the labels in every row of scores."""

BUCKETS = 1 << 17
LONGEST_PIECE = 5
Floats = NDArray[np.float32]
Whole = NDArray[np.int64]
_Hashes = NDArray[np.uint64]

_MIX = 0x9E3779B97F4A7C15
_STEP = 0xD1342543DE82EF95 | 1
_SHIFT = np.uint64(64 - 17)
_WORD_SALT, _PAIR_SALT = 0x51ED27, 0xA0761D


@dataclass(frozen=True, slots=True)
class Grams:
    """The places that a text fills, and at which character of the text each starts, in ascending order."""

    text: str
    places: Whole
    starts: Whole


class Bearing(Enum):
    """What speaks for a label beside the readers."""

    RULES = ""  # words of it, however meant
    FIELD = "_in_field"  # the message is about the illness or its treatment
    NOTHING = "_unborne"


@dataclass(frozen=True)
class Model:
    """The trained weights: ``weights`` has the shape (buckets, labels), in steps of ``scales``, one a label."""

    weights: NDArray[np.int8]
    scales: Floats
    bias: Floats
    rarity: Floats
    rules: Floats
    talk: Floats
    talk_rules: Floats
    talk_bias: float
    settings: Mapping[str, Any]

    def logits(self, grams: Grams, signs: Floats) -> Floats:
        """What the whole of a text speaks for, with the features that the rules found in it; shape (labels,)."""
        found: Floats = signs @ self.rules + self.bias
        if not len(grams.places):
            return found
        rare = self.rarity[grams.places]
        weighed: Floats = rare @ self.weights[grams.places].astype(np.float32)
        length = np.sqrt(np.sum(rare * rare, dtype=np.float32))
        whole: Floats = found + weighed * (self.scales / length)
        return whole

    @cached_property
    def _limits(self) -> Mapping[str, Mapping[Label, Limits]]:
        kept = self.settings["limits"]
        return {which: {Label(name): Limits(act, card) for name, (act, card) in kept[which].items()} for which in kept}

    def limits(self, *, careful: bool, bearing: Bearing = Bearing.RULES) -> Mapping[Label, Limits]:
        """From which score on each label is acted on or carded.

        ``careful``: the careful reader is there. ``bearing`` is what speaks for a label beside the readers.
        """
        return self._limits[("both" if careful else "cheap_alone") + bearing.value]

    def unlike_talk(self, grams: Grams, signs: Floats) -> float:
        """How much more a text speaks for danger than for ordinary talk, of which other texts have no share."""
        found = float(signs @ self.talk_rules) + self.talk_bias
        if not len(grams.places):
            return found
        rare = self.rarity[grams.places]
        return found + float(rare @ self.talk[grams.places]) / float(np.sqrt(np.sum(rare * rare, dtype=np.float32)))

    def parts(self, grams: Grams, starts: Sequence[int]) -> Floats:
        """What each part of a text speaks for, shape (parts, labels); the parts start at these characters."""
        rare = self.rarity[grams.places]
        first = np.searchsorted(grams.starts, np.asarray(starts))
        # A place of no weight behind the last, so that a part without any place adds nothing.
        weighed = np.zeros((len(rare) + 1, len(LABELS) + 1), np.float32)
        np.multiply(self.weights[grams.places], rare[:, None], out=weighed[:-1, :-1])
        np.multiply(rare, rare, out=weighed[:-1, -1])
        sums = np.add.reduceat(weighed, first, axis=0)
        sums[np.append(first[1:], len(rare)) <= first] = 0
        lengths = np.sqrt(np.maximum(sums[:, -1:], 1e-6))
        found: Floats = (sums[:, :-1] / lengths).astype(np.float32)
        return found * self.scales + self.bias

    def weight_of(self, grams: Grams, label: int) -> Floats:
        """How much each place of a text speaks for a label rather than for the others on average."""
        rows = self.weights[grams.places].astype(np.float32) * self.scales
        return (rows[:, label] - rows.mean(axis=1)) * self.rarity[grams.places]


@lru_cache(maxsize=1)
def load_model() -> Model:
    """Read the trained weights; once for the whole process."""
    settings: dict[str, Any] = json.loads((FOLDER / "model.json").read_text("utf-8"))
    with np.load(FOLDER / "model.npz", allow_pickle=False) as kept:
        learned = dict(zip(str(kept["features"]).split("\n"), kept["rules"].astype(np.float32), strict=True))
        nothing = np.zeros(len(LABELS), np.float32)
        talk = dict(zip(learned, kept["talk_rules"].astype(np.float32), strict=True))
        return Model(
            weights=kept["weights"],
            scales=kept["scales"].astype(np.float32),
            bias=kept["bias"].astype(np.float32),
            rarity=kept["rarity"].astype(np.float32),
            # A rule that came after the training has no weight yet; one that went is not asked for.
            rules=np.stack([learned.get(name, nothing) for name in FEATURES]),
            talk=kept["talk"].astype(np.float32) * np.float32(kept["talk_scale"]),
            talk_rules=np.array([talk.get(name, 0.0) for name in FEATURES], np.float32),
            talk_bias=float(kept["talk_bias"]),
            settings=settings,
        )


def file_digest(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def log_softmax(logits: Floats) -> Floats:
    """The logarithms of the probabilities that these logits stand for, along the last axis."""
    shifted: Floats = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def grams(folded: str) -> Grams:
    """The places that an already folded text fills."""
    text = " ".join(folded.split())
    # Surrogates cannot stand in a folded text; one that does all the same is read as an unknown sign.
    letters = np.frombuffer(f" {text} ".encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    size = len(letters)
    with np.errstate(over="ignore"):
        hashed = letters * np.uint64(_MIX)
        rolled, places, starts = hashed, list[_Hashes](), list[Whole]()
        for length in range(2, LONGEST_PIECE + 1):
            if size < length:
                break
            rolled = rolled[: size - length + 1] * np.uint64(_STEP) + hashed[length - 1 :]
            places.append(rolled ^ np.uint64(length))
            starts.append(np.arange(size - length + 1))
        words, at = _words(letters, hashed)
        places += [words + np.uint64(_WORD_SALT), words[:-1] * np.uint64(_STEP) + words[1:] + np.uint64(_PAIR_SALT)]
        starts += [at, at[:-1]]
        mixed = np.concatenate(places)
        mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(_MIX)
    where = np.concatenate(starts)
    order = np.argsort(where, kind="stable")
    # The blank put before the text is not part of it.
    return Grams(text, (mixed >> _SHIFT)[order].astype(np.int64), np.maximum(where[order] - 1, 0))


def _words(letters: _Hashes, hashed: _Hashes) -> tuple[_Hashes, Whole]:
    """The hash of each word and where it starts: sums of weighted letters, each weighted by its place in the word."""
    inside = _LETTERS[np.minimum(letters, len(_LETTERS) - 1).astype(np.int64)]
    edges = np.diff(inside.astype(np.int8))
    first = np.flatnonzero(edges == 1) + 1
    last = np.flatnonzero(edges == -1) + 1
    if not len(first):
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    ends = np.concatenate([[0], first, [len(letters)]])
    place = np.arange(len(letters)) - np.repeat(ends[:-1], np.diff(ends))
    weighted = np.where(inside, hashed * _powers(place), np.uint64(0))
    sums = np.concatenate([np.zeros(1, np.uint64), weighted.cumsum(dtype=np.uint64)])
    return sums[last] - sums[first], first


def _powers(place: Whole) -> _Hashes:
    """An odd number for each place in a word."""
    return ((place.astype(np.uint64) + np.uint64(1)) * np.uint64(_STEP)) | np.uint64(1)


# What counts as part of a word: letters, digits, the apostrophe; from the general signs on, pictures too.
_SIGNS = 0x2000
_LETTERS = np.array([chr(code).isalnum() or chr(code) == "'" or code >= _SIGNS for code in range(_SIGNS + 1)])
