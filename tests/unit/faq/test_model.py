"""The trained weights that come with the program fit its files, and find what they promise to find."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from bot.faq.files import FOLDER as ENTRIES
from bot.faq.files import read_folder, read_phrasings
from bot.faq.fitting import OUT_OF_SCOPE, OWN_CASE, TUNING, Query, data_digest, read_queries
from bot.faq.found import Found
from bot.faq.model import FOLDER, NONE, SKETCH, file_digest, load_model, phrasing_number, sketch
from bot.faq.search import Search
from bot.reading.text import BUCKETS, normal

ENTRY_IDS = tuple(entry.id for entry in read_folder(ENTRIES))
APART = Path(__file__).parents[2] / "data" / "faq"
BOTH = pytest.mark.parametrize("with_vectors", [True, False], ids=["with vectors", "words alone"])


def test_the_weights_are_those_that_were_measured() -> None:
    assert load_model().settings["model"] == file_digest(FOLDER / "model.npz")


def test_the_weights_were_trained_on_the_files_as_they_are() -> None:
    assert load_model().settings["data"] == data_digest()


def test_its_classes_are_the_entries_and_none() -> None:
    assert load_model().classes == (*ENTRY_IDS, NONE)


def test_its_shapes_fit_its_classes() -> None:
    model = load_model()

    assert model.weights.shape == (BUCKETS, len(model.classes))
    assert model.scales.shape == model.bias.shape == model.vector_bias.shape == (len(model.classes),)
    assert model.personal.shape == (BUCKETS + 1,)
    floats = (model.scales, model.bias, model.rarity, model.vector_weights, model.vector_bias, model.personal)
    assert all(np.isfinite(each).all() for each in floats)


@BOTH
def test_its_thresholds_are_probabilities(with_vectors: bool) -> None:
    limits = load_model().thresholds(with_vectors=with_vectors)

    assert 0 < limits.offer <= limits.answer < 1


@BOTH
def test_more_likeness_is_more_probable(with_vectors: bool) -> None:
    slope, _ = load_model().likeness(with_vectors=with_vectors)

    assert slope > 0


def test_it_knows_every_shipped_phrasing() -> None:
    asked = {
        phrasing_number(entry.id, text)
        for entry in read_folder(ENTRIES)
        for text in (entry.question, *(each.text for each in entry.phrasings))
    }
    assert asked == load_model().trained


@pytest.mark.parametrize("query", ["how long is the drip", "x", "fever fever fever", "\U0001f600", ""])
def test_probabilities_sum_to_one(query: str) -> None:
    found = load_model().probabilities(load_model().words(query), None)

    assert found.shape == (len(ENTRY_IDS) + 1,)
    assert found.sum() == pytest.approx(1, abs=1e-4)


def test_the_short_form_has_length_one() -> None:
    found = sketch(load_model().words("how long is the drip"))

    assert found.shape == (SKETCH,)
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)


def test_the_name_of_a_phrasing_follows_its_words_and_its_entry() -> None:
    assert phrasing_number("fever", "How  HOT") == phrasing_number("fever", "how hot")
    assert len({phrasing_number("fever", "how hot"), phrasing_number("rash", "how hot")}) == 2


@dataclass(frozen=True)
class Measured:
    """What a search found for queries that were kept apart, and what would have been right."""

    rows: tuple[tuple[Query, Found], ...]

    def inside(self, *, english: bool) -> "Measured":
        return Measured(tuple(row for row in self.rows if row[0].entry and (row[0].language == "en") is english))

    def within(self, first: int) -> float:
        hits = [query.entry in {hit.entry_id for hit in found.hits[:first]} for query, found in self.rows]
        return sum(hits) / len(hits)

    def right_outright(self) -> float:
        shown = [found.hits[0].entry_id == query.entry for query, found in self.rows if query.entry and found.sure]
        return sum(shown) / len(shown)

    def wrongly_answered(self) -> float:
        outside = [found.sure for query, found in self.rows if not query.entry]
        return sum(outside) / len(outside)

    def told_of_own_case(self, *, rightly: bool) -> float:
        marked = [found.personal for query, found in self.rows if query.personal is rightly]
        return sum(marked) / len(marked)


def kept_apart() -> list[Query]:
    """The queries without those that happen to stand word for word among what was trained or tuned on."""
    seen = {normal(query.query) for path in (TUNING, OWN_CASE) for query in read_queries(path)}
    seen |= {normal(each.text) for each in read_phrasings(OUT_OF_SCOPE.read_text("utf-8"))}
    for entry in read_folder(ENTRIES):
        seen |= {normal(text) for text in (entry.question, *(each.text for each in entry.phrasings))}
    queries = [query for path in sorted(APART.glob("test*.jsonl")) for query in read_queries(path)]
    return [query for query in queries if normal(query.query) not in seen]


@pytest.fixture(scope="module", params=[True, False], ids=["with vectors", "words alone"])
def measured(request: pytest.FixtureRequest) -> Measured:
    search = Search.over(read_folder(ENTRIES), with_vectors=request.param)
    return Measured(tuple((query, search.find(query.query)) for query in kept_apart()))


def test_the_queries_kept_apart_are_many_and_of_every_kind() -> None:
    queries = kept_apart()
    asked = {query.entry for query in queries} - {None}

    assert asked <= set(ENTRY_IDS)
    assert len(asked) >= 80
    assert sum(query.entry is None for query in queries) >= 150
    assert {query.language for query in queries} >= {"en", "es", "de", "fr", "it"}
    assert all(re.fullmatch(r"x\d-\d+", query.id) for query in queries)


def test_english_questions_find_their_entry(measured: Measured) -> None:
    english = measured.inside(english=True)

    assert english.within(1) >= 0.75
    assert english.within(3) >= 0.90


def test_questions_in_other_languages_find_their_entry(measured: Measured) -> None:
    assert measured.inside(english=False).within(1) >= 0.65


def test_what_is_shown_outright_is_right(measured: Measured) -> None:
    assert measured.right_outright() >= 0.95


def test_what_no_entry_answers_is_hardly_ever_answered(measured: Measured) -> None:
    assert measured.wrongly_answered() <= 0.03


def test_answers_outright_are_no_rare_thing(measured: Measured) -> None:
    english = measured.inside(english=True)

    assert sum(found.sure for _, found in english.rows) >= len(english.rows) / 4


def test_most_cases_of_one_s_own_are_seen_and_few_others_are_taken_for_one(measured: Measured) -> None:
    assert measured.told_of_own_case(rightly=True) >= 0.70
    assert measured.told_of_own_case(rightly=False) <= 0.10
