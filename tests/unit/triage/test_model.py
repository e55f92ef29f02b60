from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.triage.encoder import FILE as ENCODER
from bot.triage.encoder import MOST_PIECES, Encoder, Pieces, clean, load_encoder
from bot.triage.engine import GRAPH, installed
from bot.triage.fitting import data_digest, everyday_talk
from bot.triage.model import BUCKETS, FOLDER, LABELS, file_digest, grams, load_model, log_softmax
from bot.triage.seen import seen
from bot.triage.signs import FEATURES

NOTHING = np.zeros(len(FEATURES), np.float32)


def test_the_model_is_the_one_that_was_recorded() -> None:
    kept = load_model().settings
    assert kept["model"] == file_digest(FOLDER / "model.npz")
    assert kept["encoder"] == file_digest(ENCODER)
    assert kept["graph"] == file_digest(GRAPH)


def test_the_model_was_trained_on_the_corpus_as_it_stands() -> None:
    assert load_model().settings["data"] == data_digest()


def test_the_files_stay_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in (FOLDER / "model.npz", ENCODER, GRAPH)) < 30 * 2**20


@pytest.mark.parametrize("text", ["", " ", "a", "no", "\ud800", "\U0001f622", "x" * 50])
def test_a_text_of_any_length_fills_places_in_order(text: str) -> None:
    found = grams(seen(text).folded)
    assert len(found.places) == len(found.starts)
    assert (np.diff(found.starts) >= 0).all()
    assert ((found.places >= 0) & (found.places < BUCKETS)).all()


def test_the_same_word_fills_the_same_places_wherever_it_stands() -> None:
    alone = set(grams("breathe").places.tolist())
    assert len(alone & set(grams("i can not breathe at all").places.tolist())) == len(alone)


def test_words_in_another_order_fill_other_places() -> None:
    assert set(grams("bring up blood").places.tolist()) != set(grams("blood up bring").places.tolist())


def test_parts_are_weighed_as_they_would_be_alone() -> None:
    model = load_model()
    whole = grams("thanks for the tip. i do not want to live any more.")
    second = whole.text.index("i do")
    by_part = model.parts(whole, [0, second])[1]
    alone = model.logits(grams(whole.text[second:]), NOTHING)
    assert by_part.argmax() == alone.argmax()


def test_probabilities_add_up_to_one() -> None:
    found = np.exp(log_softmax(load_model().logits(grams("any words"), NOTHING)))
    assert found.sum() == pytest.approx(1, abs=1e-5)


def test_ordinary_talk_is_read_without_its_comments_and_language_marks() -> None:
    lines = everyday_talk()
    assert "ok let me try that and come back" in lines
    assert not [line for line in lines if line.startswith(("#", "["))]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("  Hello\tTHERE ", "hello there"),
        ("c\u0327a va", "\u00e7a va"),
        ("z\u0489\u034ca\u0337l", "zal"),
        ("su\u200bre", "sure"),
        ("I can\u2019t", "i can't"),
        ("\uff21\uff22", "ab"),
    ],
    ids=["case-and-blanks", "composed", "zalgo", "zero-width", "apostrophe", "full-width"],
)
def test_a_text_is_cleaned_before_it_is_cut(written: str, read: str) -> None:
    assert clean(written) == read


def test_a_word_is_cut_into_its_likeliest_pieces() -> None:
    pieces = Pieces(
        ["<>", "\u2581un", "\u2581", "u", "n", "well", "w", "e", "l"], [-9, -1, -3, -4, -4, -2, -4, -4, -4], 0
    )
    assert pieces.numbers("unwell") == [1, 5]
    assert pieces.numbers("un") == [1]
    assert pieces.numbers("z") == [2, 0]


def _encoder() -> Encoder:
    found = load_encoder()
    assert found is not None
    return found


def test_a_long_text_is_cut_to_its_beginning_and_end() -> None:
    numbers = _encoder().numbers("word " * 500 + "end")
    assert len(numbers) == MOST_PIECES + 2
    assert numbers[-2] == _encoder().numbers("end")[-2]


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200))
def test_the_careful_reader_reads_any_text_and_always_the_same_way(text: str) -> None:
    first, again = _encoder().logits(text), _encoder().logits(text)
    assert first.shape == (len(LABELS),)
    assert np.isfinite(first).all()
    assert (first == again).all()


@pytest.mark.skipif(not installed(), reason="onnxruntime is an optional package")
@pytest.mark.parametrize("text", ["", "hello", "No puedo respirar bien y me duele el pecho", "word " * 200])
def test_numpy_alone_reads_as_onnxruntime_does(text: str) -> None:
    encoder = _encoder()
    assert encoder.run is not None
    np.testing.assert_allclose(encoder.logits(text), replace(encoder, run=None).logits(text), atol=1e-4)
