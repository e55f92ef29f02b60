import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.triage
from bot.reading.language import language_of

CORPUS = Path(bot.triage.__file__).parent / "corpus"
MOST_WRONG = 0.02


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I can't do this and the doctor is not there", "en"),
        ("ya no quiero estar aquí, no puedo con todo esto", "es"),
        ("ich kann nicht mehr und es ist mir zu viel", "de"),
        ("je ne veux plus être là, c'est trop", "fr"),
        ("non ce la faccio più, mi sono stufata di tutto", "it"),
        ("não aguento mais, quero que isso acabe", "pt"),
        ("ik wil niet meer, het is me te veel", "nl"),
        ("nie chcę już żyć, mam dość", "pl"),
        ("kms", ""),
        ("", ""),
        ("😀😀", ""),
    ],
)
def test_a_message_shows_its_language_by_its_common_words(text: str, language: str) -> None:
    assert language_of(text) == language


def test_on_the_corpus_it_is_rarely_taken_for_another() -> None:
    rows = [
        json.loads(line)
        for path in sorted(CORPUS.glob("batch-*.jsonl"))
        for line in path.read_text("utf-8").split("\n")
        if line
    ]
    wrong = [row for row in rows if language_of(row["text"]) not in (row["lang"], "")]
    assert len(wrong) <= MOST_WRONG * len(rows)


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert len(language_of(text)) in (0, 2)
