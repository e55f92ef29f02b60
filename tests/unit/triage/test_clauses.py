"""Messages in sentences and clauses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.triage.clauses import sentences
from bot.triage.seen import seen, tokens


def parted(text: str) -> list[str]:
    return [" ".join(part.words) for part in sentences(seen(text))]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("No fever. Chest hurts!", ["no fever", "chest hurts"], id="marks"),
        pytest.param("fever 38.5 now\nhelp", ["fever 38.5 now", "help"], id="a decimal point is no end"),
        pytest.param("so tired \U0001f62d cant breathe", ["so tired", "cant breathe"], id="a picture ends"),
        pytest.param("\u52a9\u3051\u3066\u3002\u75db\u3044", ["\u52a9\u3051\u3066", "\u75db\u3044"], id="Japanese"),
        pytest.param("see example.org ok", ["see example org ok"], id="an address is no end"),
        pytest.param("\U0001f62d!!", [], id="no word"),
    ],
)
def test_sentences_end_at_marks_lines_and_pictures(text: str, parts: list[str]) -> None:
    assert parted(text) == parts


def test_clauses_part_at_commas_and_turning_words() -> None:
    (part,) = sentences(seen("no fever, no rash but my chest hurts"))
    assert part.clause == [0, 0, 1, 1, 2, 2, 2, 2]


def test_questions_and_quotes_are_known() -> None:
    first, second = sentences(seen('It says "call if blue". Is it normal?'))
    assert first.quoted == [False, False, True, True, True]
    assert (first.asks, second.asks) == (False, True)


def test_german_quotes_close_with_the_mark_that_opens_english_ones() -> None:
    (part,) = sentences(seen("Sie sagt \u201ealles gut\u201c und geht"))
    assert part.quoted == [False, False, True, True, False, False]


@given(st.text())
def test_every_word_stands_in_one_sentence_and_none_is_endless(text: str) -> None:
    view = seen(text)
    parts = sentences(view)
    assert [token for part in parts for token in part.tokens] == list(tokens(view.folded))
    assert all(0 < len(part.tokens) == len(part.clause) == len(part.quoted) <= 40 for part in parts)


def test_a_text_without_marks_is_cut() -> None:
    assert max(len(part.words) for part in sentences(seen("word " * 1000))) == 40
