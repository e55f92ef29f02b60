"""Finding the entry that a question asks for, or the honest knowledge that there is none.

The entries that come with the program are found by the trained classifier. What moderators and operators add is found
by likeness: a query is compared with the phrasings that the classifier does not know.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.faq.entry import Entry
from bot.faq.found import Found, Hit
from bot.faq.model import Floats, Model, load_model, phrasing_number, sketch
from bot.faq.personal import names_own_case
from bot.reading import vectors
from bot.reading.text import normal

MOST_HITS = 5
MOST_OFFERED = 3
_MOST_COMPARED = 20
_NOISE = 0.03
"""A probability below which an entry is not worth being offered beside a better one; what is right lies above it in all
but a few of the queries for tuning."""


@dataclass(frozen=True)
class Search:
    """A search over entries; ``over`` prepares it.

    ``columns`` are the classes of the entries that the model knows. ``likes`` are the other phrasings, a row each and
    those of an entry together: ``starts`` says where each entry's begin, ``centres`` are their means, ``owners`` the
    number in ``ids`` of each row's entry. ``titles`` are the entries whose question or id was typed.
    """

    model: Model
    ids: tuple[str, ...]
    columns: NDArray[np.int64]
    likes: Floats
    owners: NDArray[np.int64]
    starts: NDArray[np.int64]
    centres: Floats
    titles: dict[str, int]
    with_vectors: bool

    @classmethod
    def over(cls, entries: Sequence[Entry], *, with_vectors: bool | None = None) -> "Search":
        """Prepare a search; with sentence vectors where their package is installed."""
        model = load_model()
        use = vectors.installed() if with_vectors is None else with_vectors
        classes = {name: number for number, name in enumerate(model.classes)}
        ids = tuple(entry.id for entry in entries)
        columns = np.array([classes.get(entry_id, -1) for entry_id in ids], dtype=np.int64)
        new = [
            (number, text)
            for number, entry in enumerate(entries)
            for text in (entry.question, *(each.text for each in entry.phrasings))
            if phrasing_number(entry.id, text) not in model.trained
        ]
        likes = _likes(model, [text for _, text in new], with_vectors=use)
        owners = np.array([number for number, _ in new], dtype=np.int64)
        starts = np.append(np.flatnonzero(np.diff(owners, prepend=-1)), len(owners))
        centres = np.add.reduceat(likes, starts[:-1], axis=0) if len(likes) else likes
        centres = centres / np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), np.float32(1e-9))
        titles = {normal(title): number for number, entry in enumerate(entries) for title in (entry.id, entry.question)}
        return cls(model, ids, columns, likes, owners, starts, centres.astype(np.float32), titles, use)

    def find(self, query: str) -> Found:
        """Find what a query asks for. The same query always finds the same."""
        text = normal(query)
        words = self.model.words(query)
        if not len(words[0]) or not any(map(str.isalnum, text)):
            return Found((), sure=False, offered=0, personal=False)
        vector = vectors.embed([text])[0] if self.with_vectors else None
        scores = self._scores(words, vector)
        named = self.titles.get(text)
        if named is not None:
            scores[named] = 1.0
        best = np.argsort(-scores, kind="stable")[:MOST_HITS]
        hits = tuple(Hit(self.ids[int(number)], round(float(scores[number]), 4)) for number in best)
        limits = self.model.thresholds(with_vectors=self.with_vectors)
        top = hits[0].score if hits else 0.0
        # Whether anything fits is asked of the best one; those beside it must be more than noise, which can frighten.
        fitting = sum(hit.score >= _NOISE for hit in hits[:MOST_OFFERED])
        offered = fitting if top >= limits.offer else 0
        about_self = self.model.own_case(words, vector) or names_own_case(text)
        return Found(hits, sure=top >= limits.answer, offered=offered, personal=about_self)

    def _scores(self, words: tuple[NDArray[np.int64], Floats], vector: Floats | None) -> Floats:
        found = self.model.probabilities(words, vector)
        scores = np.where(self.columns >= 0, found[self.columns], np.float32(0))
        if not len(self.likes):
            return scores
        slope, intercept = self.model.likeness(with_vectors=self.with_vectors)
        row = _row(words, vector)
        # The phrasings of the entries that are near on the whole are compared one by one: of a thousand a few.
        nearest = _products(self.centres, row)
        few = [int(each) for each in np.argsort(-nearest, kind="stable")[:_MOST_COMPARED]]
        rows = np.concatenate([np.arange(int(self.starts[each]), int(self.starts[each + 1])) for each in few])
        near = _products(self.likes[rows], row)
        liked = np.zeros(len(self.ids), np.float32)
        np.maximum.at(liked, self.owners[rows], 1 / (1 + np.exp(-(slope * near + intercept))))
        # The classifier does not know the new ones: what is likely theirs is taken from all that it knows.
        return np.maximum(scores * (1 - liked.max()), liked)


def _row(words: tuple[NDArray[np.int64], Floats], vector: Floats | None) -> Floats:
    """What is compared: a vector of length one."""
    short = sketch(words)
    return short if vector is None else np.concatenate([short, vector]) / np.float32(np.sqrt(2))


def _products(rows: Floats, row: Floats) -> Floats:
    """Each row times one; without the threads that a matrix product starts, which on busy cores cost milliseconds."""
    found: Floats = np.einsum("ij,j->i", rows, row)
    return found


def _likes(model: Model, texts: Sequence[str], *, with_vectors: bool) -> Floats:
    if not texts:
        return np.zeros((0, 0), np.float32)
    return np.stack([_row(model.words(text), vectors.kept(normal(text)) if with_vectors else None) for text in texts])
