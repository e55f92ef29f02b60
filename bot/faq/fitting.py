"""Training: ``python -m bot faq fit``. Needs scikit-learn, which the program itself does not.

The classifier learns from the phrasings and from ``out_of_scope.txt``. Everything that is decided with it (from when an
answer is shown outright, from when entries are offered) is fitted on ``tuning.jsonl``, which other writers wrote. What
tells of somebody's own case is learned from both sets of queries that carry that mark, ``own_case.jsonl`` among them.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.faq.entry import Entry, Phrasing
from bot.faq.files import FOLDER as ENTRIES
from bot.faq.files import read_folder, read_phrasings
from bot.faq.model import FOLDER, NONE, Floats, file_digest, load_model, phrasing_number, sketch
from bot.reading import vectors
from bot.reading.text import BUCKETS, SYNONYMS, Spelling, features, normal, words_of

TUNING = FOLDER / "tuning.jsonl"
OUT_OF_SCOPE = FOLDER / "out_of_scope.txt"
OWN_CASE = FOLDER / "own_case.jsonl"

WORDS_STRENGTH = 10.0
VECTORS_STRENGTH = 30.0
PERSONAL_STRENGTH = 3.0
"""How little the regressions are held back (C in scikit-learn); flat around these values."""

RIGHT_AT_LEAST = 0.985
WRONGLY_ANSWERED_AT_MOST = 0.005
"""Of what is answered outright, and of out-of-scope questions: stricter than what is promised (98 % and 1 %), since new
questions are harder than those for tuning."""

OFFERED_TO_NOBODY_AT_MOST = 0.02
"""Of questions in scope: how many may find nothing."""

_FEWEST_USES = 2
_FEW = 5
_SEED = 20261122

Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Query:
    """A query with what is right; ``entry`` is None out of scope."""

    id: str
    query: str
    language: str
    entry: str | None
    personal: bool


def read_queries(path: Path) -> tuple[Query, ...]:
    """Read labelled queries, one JSON object a line."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return tuple(Query(row["id"], row["query"], row["lang"], row["entry"], row["personal"]) for row in rows)


def fit(tell: Tell) -> None:
    """Train the classifier, fit its thresholds, and write both."""
    entries = read_folder(ENTRIES)
    outside = read_phrasings(OUT_OF_SCOPE.read_text("utf-8"))
    tuning = read_queries(TUNING)
    classes = (*(entry.id for entry in entries), NONE)
    texts, labels = _examples(entries, outside)
    tell(f"{len(texts)} examples of {len(classes)} classes, {len(tuning)} queries for tuning")
    vocabulary = _vocabulary(texts)
    spelling = Spelling(vocabulary)
    rows = [features(text, spelling) for text in texts]
    rarity = _rarity(rows)
    matrix = _matrix(rows, rarity)
    tell("words: training")
    weights, bias = _regression(matrix, labels, WORDS_STRENGTH)
    tell("vectors: training")
    vector_weights, vector_bias = _regression(vectors.embed([normal(text) for text in texts]), labels, VECTORS_STRENGTH)
    told = (*read_queries(OWN_CASE), *tuning)
    own_case = np.array([query.personal for query in told])
    rows = [features(query.query, spelling) for query in told]
    own_by_words = _regression(_matrix(rows, rarity), own_case, PERSONAL_STRENGTH)
    own_by_vector = _regression(vectors.embed([normal(query.query) for query in told]), own_case, PERSONAL_STRENGTH)
    scales: Floats = np.abs(weights).max(axis=0) / np.float32(127)
    np.savez_compressed(
        FOLDER / "model.npz",
        weights=np.round(weights / scales).astype(np.int8),
        scales=scales.astype(np.float32),
        bias=bias.astype(np.float32),
        rarity=rarity.astype(np.float16),
        vector_weights=vector_weights.astype(np.float16),
        vector_bias=vector_bias.astype(np.float16),
        personal=np.append(*own_by_words).astype(np.float16),
        vector_personal=np.append(*own_by_vector).astype(np.float16),
        trained=np.array(sorted(_trained(entries)), dtype=np.int64),
        vocabulary=np.array(" ".join(vocabulary)),
    )
    settings: dict[str, Any] = {
        "classes": classes,
        "data": data_digest(),
        "model": file_digest(FOLDER / "model.npz"),
        "thresholds": {},
        "likeness": {},
    }
    _write(settings)
    load_model.cache_clear()
    for name, with_vectors in (("with_vectors", True), ("words_alone", False)):
        settings["likeness"][name] = _likeness(entries, tuning, with_vectors=with_vectors)
        settings["thresholds"][name] = _thresholds(tuning, with_vectors=with_vectors)
        tell(f"{name}: {settings['thresholds'][name]}, {settings['likeness'][name]}")
    _write(settings)
    load_model.cache_clear()


def data_digest() -> str:
    """What names the data that a model was trained and tuned on: changed data want a new training."""
    found = hashlib.sha256()
    paths = [*sorted(ENTRIES.glob("*.phrasings.txt")), OUT_OF_SCOPE, TUNING, OWN_CASE, SYNONYMS]
    for path in paths:
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for entry in read_folder(ENTRIES):
        found.update(f"{entry.id}\0{entry.question}\0".encode())
    return found.hexdigest()


def _write(settings: Mapping[str, Any]) -> None:
    (FOLDER / "model.json").write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")


def _examples(entries: Sequence[Entry], outside: Sequence[Phrasing]) -> tuple[list[str], NDArray[np.int64]]:
    pairs = [(text, number) for number, entry in enumerate(entries) for text in _texts(entry)]
    pairs += [(each.text, len(entries)) for each in outside]
    return [text for text, _ in pairs], np.array([number for _, number in pairs])


def _texts(entry: Entry) -> tuple[str, ...]:
    return (entry.question, *(each.text for each in entry.phrasings))


def _trained(entries: Sequence[Entry]) -> set[int]:
    return {phrasing_number(entry.id, text) for entry in entries for text in _texts(entry)}


def _vocabulary(texts: Sequence[str]) -> list[str]:
    counts = Counter(word for text in texts for word in set(words_of(normal(text))))
    return sorted(word for word, count in counts.items() if count >= _FEWEST_USES)


def _rarity(rows: Sequence[Mapping[int, float]]) -> Floats:
    """How much a place counts: less, the more texts fill it (smoothed inverse document frequency)."""
    filled = np.zeros(BUCKETS)
    for row in rows:
        filled[list(row)] += 1
    return (np.log((1 + len(rows)) / (1 + filled)) + 1).astype(np.float32)


def _matrix(rows: Sequence[Mapping[int, float]], rarity: Floats) -> Any:  # noqa: ANN401 - SciPy's, which ships no types
    # SciPy and scikit-learn ship no types: what they give is named with ours as soon as it is here.
    from scipy.sparse import csr_matrix  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    starts = np.cumsum([0, *(len(row) for row in rows)])
    places = np.fromiter((place for row in rows for place in row), np.int64, starts[-1])
    weights = np.fromiter((each for row in rows for each in row.values()), np.float32, starts[-1]) * rarity[places]
    for start, end in pairwise(starts):
        weights[start:end] /= max(float(np.linalg.norm(weights[start:end])), 1e-9)
    return csr_matrix((weights, places, starts), shape=(len(rows), BUCKETS))


def _regression(matrix: Any, labels: NDArray[Any], strength: float) -> tuple[Floats, Floats]:  # noqa: ANN401 - as above
    from sklearn.linear_model import (  # pyright: ignore[reportMissingTypeStubs]
        LogisticRegression,  # pyright: ignore[reportUnknownVariableType]
    )

    # In single precision the descent can end early, at weights that are far from the best.
    trained: Any = LogisticRegression(C=strength, max_iter=300, tol=1e-4).fit(  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        matrix.astype(np.float64), labels
    )
    weights: Floats = np.asarray(trained.coef_, np.float32).T  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    bias: Floats = np.asarray(trained.intercept_, np.float32)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return weights, bias


def _likeness(entries: Sequence[Entry], tuning: Sequence[Query], *, with_vectors: bool) -> dict[str, float]:
    """Fit how likeness to a phrasing becomes a probability: entries are taken for new ones with a few phrasings."""
    model = load_model()
    chance = np.random.default_rng(_SEED)
    few = [
        (number, text)
        for number, entry in enumerate(entries)
        for text in (entry.question, *chance.choice([each.text for each in entry.phrasings], _FEW, replace=False))
    ]

    def rows(texts: Sequence[str]) -> Floats:
        short = np.stack([sketch(model.words(text)) for text in texts])
        if not with_vectors:
            return short
        return np.hstack([short, vectors.embed([normal(text) for text in texts])]) / np.float32(np.sqrt(2))

    near = rows([query.query for query in tuning]) @ rows([text for _, text in few]).T
    best = near.argmax(axis=1)
    right: NDArray[np.bool_] = np.array(
        [entries[few[int(row)][0]].id == query.entry for row, query in zip(best, tuning, strict=True)]
    )
    slope, intercept = _regression(near.max(axis=1, keepdims=True), right, 100.0)
    return {"slope": round(float(slope[0, 0]), 3), "intercept": round(float(intercept[0]), 3)}


def _thresholds(tuning: Sequence[Query], *, with_vectors: bool) -> dict[str, float]:
    """The lowest probability that keeps what was asked for; see the constants above."""
    model = load_model()
    found = vectors.embed([normal(query.query) for query in tuning]) if with_vectors else None
    shown = np.array([
        model.probabilities(model.words(query.query), None if found is None else found[number])[:-1]
        for number, query in enumerate(tuning)
    ])  # fmt: skip
    top, best = shown.max(axis=1), shown.argmax(axis=1)
    inside = np.array([query.entry is not None for query in tuning])
    right: NDArray[np.bool_] = np.array(
        [model.classes[int(row)] == query.entry for row, query in zip(best, tuning, strict=True)]
    )
    answer = 0.99
    for limit in np.arange(0.30, 0.99, 0.01):
        sure = top >= limit
        precise = right[sure & inside].mean() >= RIGHT_AT_LEAST
        silent = (sure & ~inside).sum() <= WRONGLY_ANSWERED_AT_MOST * (~inside).sum()
        if precise and silent:
            answer = float(limit)
            break
    offer = float(np.quantile(top[inside], OFFERED_TO_NOBODY_AT_MOST))
    return {"answer": round(answer, 2), "offer": round(min(offer, answer), 3)}
