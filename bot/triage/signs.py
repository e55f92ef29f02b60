"""What the rules found in a message as numbers, for the readers that learn from them."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from math import log1p

import numpy as np
from numpy.typing import NDArray

from bot.triage.assessment import Context, Label
from bot.triage.clauses import Sentence
from bot.triage.lexicon import LANGUAGES, read_groups
from bot.triage.readings import KINDS, Hit, Reading
from bot.triage.seen import Seen

_SURFACE: Mapping[str, re.Pattern[str]] = {
    "link": re.compile(r"://|www\.|(?<=[a-z0-9-]{2})\.(?:org|com|net|co|info|io|me|shop)\b|\bdot (?:org|com)\b"),
    "price": re.compile(r"[$\u20ac\u00a3]\s?\d|(?<=\d)\s?(?:euros?|eur|usd|dollars?|pounds?|bucks|[%$\u20ac\u00a3])"),
    "handle": re.compile(r"(?<![\w.])@[a-z0-9_]{3,}"),
    "dose": re.compile(r"\d\s?(?:mg|mcg|iu|ml|units?|tablets?)\b"),
}
_MEASURES = ("words", "sentences", "asks", "asks_share", "capitals", "exclamation", "pictures", "digits", "quotes",
             "second_person_share", "first_person_share")  # fmt: skip
_PART = 0x2190


def _names() -> tuple[str, ...]:
    groups = read_groups()
    markers = [each for each in groups if each.startswith("marker.")]
    plain = [each for each in groups if not each.startswith("marker.")]
    return (
        *(f"now:{each}" for each in plain),
        *(f"else:{each}" for each in plain),
        *(f"{label.value}:{reading.name.lower()}" for label in KINDS.values() for reading in Reading),
        *(f"{label.value}:groups_now" for label in KINDS.values()),
        *(f"{label.value}:last_now" for label in KINDS.values()),
        *markers,
        *(f"surface:{each}" for each in chain(_SURFACE, _MEASURES)),
        *(f"lang:{each}" for each in LANGUAGES),
        "veto:crisis", "veto:urgent",
        *(f"verdict:{label.value}" for label in KINDS.values()),
        "context:quoted", "context:earlier", "context:answered",
    )  # fmt: skip


FEATURES: tuple[str, ...] = _names()
"""The names of the features, in the order of ``Findings.features``."""

_PLACE = {name: index for index, name in enumerate(FEATURES)}


@lru_cache(maxsize=1)
def _frequent() -> Mapping[str, tuple[tuple[str, int], ...]]:
    """How much each frequent word speaks for which languages: six, shared by those that have it."""
    lists = {
        "en": "i to a no in on at had has our who how all been so want the and is my you it was of have for this that "
        "with just but im not what are she he his her",
        "es": "el la los que y en mi me no con por una es lo se ya estoy pero para del las desde",
        "de": "ich und der die das ist nicht mir mich mit auf hat ein eine seit hab wie aber sie zu",
        "fr": "je le les des et est pas une mon ma pour dans j ai que avec depuis mais qu c du",
        "it": "il che non mi ho da per una sono con ma gli della di mia mio e ora ieri",
        "pt": "que nao eu um uma com meu minha da do mas ta to em o pra os foi ja voce",
        "nl": "ik het een en niet mijn van is de op maar met heb mn er zo aan dat ze",
        "pl": "nie sie i w z na mi jest to ze mam do od jak ale juz za po jestem ma",
    }
    seen_in: dict[str, str] = {}
    for language, words in lists.items():
        for word in words.split():
            seen_in[word] = f"{seen_in.get(word, '')} {language}".strip()
    shares = {word: languages.split() for word, languages in seen_in.items()}
    return {word: tuple((each, 6 // len(languages)) for each in languages) for word, languages in shares.items()}


_SURELY = 13


def languages_of(parts: Sequence[Sentence]) -> frozenset[str]:
    """The languages that a message may be in: by its most frequent words; all where nothing tells."""
    frequent = _frequent()
    counts = dict[str, int]()
    for part in parts[:60]:
        for token in part.tokens:
            for language, share in frequent.get(token.word, ()):
                counts[language] = counts.get(language, 0) + share
    if not counts:
        return frozenset(LANGUAGES)
    most = max(counts.values())
    likely = frozenset(language for language, count in counts.items() if 2 * count > most)
    # Of a few words nobody can say that they are not English, which most people here write.
    return likely if most >= _SURELY else likely | {"en"}


def _counted(hits: Sequence[Hit], sentences_: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    for hit in hits:
        live = hit.reading is Reading.NOW
        counts[f"{'now' if live else 'else'}:{hit.rule}"] += 1
        counts[f"{hit.label.value}:{hit.reading.name.lower()}"] += 1
        if live and hit.sentence >= sentences_ - 2:
            counts[f"{hit.label.value}:last_now"] = 1
    counts.update(f"{label.value}:groups_now" for label, _ in
                  {(hit.label, hit.rule) for hit in hits if hit.reading is Reading.NOW})  # fmt: skip
    return counts


def features(
    view: Seen, parts: Sequence[Sentence], hits: Sequence[Hit], markers: Mapping[str, int], *,
    languages: frozenset[str], vetoes: frozenset[Label], verdict: Label | None, context: Context,
) -> NDArray[np.float32]:  # fmt: skip
    """The numbers, in the order of ``FEATURES``."""
    values: dict[str, float] = {name: min(count, 4) for name, count in markers.items()}
    values |= {name: min(count, 5) for name, count in _counted(hits, len(parts)).items()}
    values |= {f"surface:{name}": value for name, value in _surface(view, parts, markers).items()}
    values |= dict.fromkeys((f"lang:{each}" for each in languages), 1 / len(languages))
    values |= dict.fromkeys((f"veto:{each.value}" for each in vetoes), 1)
    values |= {} if verdict is None else {f"verdict:{verdict.value}": 1}
    values |= {"context:quoted": context.quoted, "context:earlier": bool(context.earlier),
               "context:answered": bool(context.answered)}  # fmt: skip
    found: NDArray[np.float32] = np.zeros(len(FEATURES), np.float32)
    for name, value in values.items():
        found[_PLACE[name]] = value
    return found


def _surface(view: Seen, parts: Sequence[Sentence], markers: Mapping[str, int]) -> Mapping[str, float]:
    folded, text = view.folded, view.text
    words = sum(len(part.tokens) for part in parts)
    asks = sum(part.asks for part in parts)
    return {name: float(pattern.search(folded) is not None) for name, pattern in _SURFACE.items()} | {
        "words": log1p(words),
        "sentences": log1p(len(parts)),
        "asks": min(asks, 4),
        "asks_share": asks / max(len(parts), 1),
        "capitals": sum(map(str.isupper, text[:2000])) / max(len(text[:2000]), 1),
        "exclamation": min(text.count("!"), 4),
        "pictures": 0.0 if text.isascii() else min(sum(ord(mark) > _PART for mark in text[:2000]), 8) / 4,
        "digits": min(sum(map(str.isdigit, folded[:2000])), 20) / 10,
        "quotes": float(any(any(part.quoted) for part in parts)),
        "second_person_share": markers.get("marker.second_person", 0) / max(len(parts), 1),
        "first_person_share": markers.get("marker.first_person", 0) / max(len(parts), 1),
    }
