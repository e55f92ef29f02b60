"""What a reader sees in a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.triage.seen import seen, tokens, words_of


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("SU1CIDE", "suicide", id="leetspeak"),
        pytest.param("k!ll my5elf", "kill myself", id="leetspeak of two words"),
        pytest.param("su*cide", "suicide", id="a star for a letter"),
        pytest.param("s u i c i d e", "suicide", id="spaced letters"),
        pytest.param("k i l l m y s e l f", "kill myself", id="spaced letters of two words"),
        pytest.param("dieeeee", "die", id="a stretched letter"),
        pytest.param("killlll", "kill", id="a stretched letter that is double"),
        pytest.param("d\u0456e", "die", id="a Cyrillic letter in a Latin word"),
        pytest.param("d\u200bi\u2060e", "die", id="invisible characters"),
        pytest.param("d\u0336\u0321i\u0336e\u0336", "die", id="zalgo"),
        pytest.param("\U0001d4ed\U0001d4f2\U0001d4ee", "die", id="letters of mathematics"),
        pytest.param("\u017b\u00f3\u0142te", "zolte", id="accents and strokes"),
        pytest.param("don\u2019t", "don't", id="a typographic apostrophe"),
    ],
)
def test_tricks_and_accidents_of_typing_are_read_as_meant(written: str, read: str) -> None:
    assert seen(written).folded == read


@pytest.mark.parametrize("text", ["b12 and day3", "$50 for 2", "4th day", "\u0441\u043e\u0441\u043d\u0430"])
def test_what_is_no_disguise_stays(text: str) -> None:
    assert seen(text).folded == text


def test_a_span_points_into_the_message_as_written() -> None:
    written = "so\u200b I want to s\u0443*cide now"
    view = seen(written)
    start = view.folded.index("want")
    assert written[slice(*view.span(start, start + 4))] == "want"


def test_a_span_of_a_disguised_word_holds_the_whole_disguise() -> None:
    view = seen("to s.u.i.c.i.d.e, yes")
    start = view.folded.index("suicide")
    assert view.text[slice(*view.span(start, start + len("suicide")))] == "s.u.i.c.i.d.e"


def test_french_and_italian_elisions_part_words_and_english_ones_do_not() -> None:
    assert words_of("J'ai mal, l\u2019envie, don't 38,5") == ["j", "ai", "mal", "l", "envie", "dont", "38,5"]


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_is_seen_and_every_position_lies_in_it(text: str) -> None:
    view = seen(text)
    assert len(view.places) == len(view.folded)
    assert all(0 <= place < len(text) for place in view.places)
    assert list(view.places) == sorted(view.places)
    assert all(view.folded[token.start : token.end] for token in tokens(view.folded))


@given(st.text())
def test_what_was_seen_once_is_not_seen_otherwise_again(text: str) -> None:
    assert seen(text) == seen(text)
