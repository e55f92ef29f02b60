"""From typed words to features."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.reading.text import BUCKETS, MOST_CHARACTERS, Spelling, features, meanings, normal, words_of

KNOWN = (
    "acyclovir", "alemtuzumab", "antiviral", "blood", "fatigue", "hospital", "infusion", "lemtrada", "listeria",
    "monthly", "neurologist", "platelets", "pregnant", "relapse", "round", "steroids", "test", "thyroid", "vaccine",
)  # fmt: skip
SPELLING = Spelling(KNOWN)
NONE_KNOWN = Spelling(())


@example("\N{MATHEMATICAL BOLD CAPITAL A}")
@given(st.text())
def test_what_is_normal_stays_as_it_is(text: str) -> None:
    assert normal(normal(text)) == normal(text)


@given(st.text(max_size=MOST_CHARACTERS // 4))
def test_case_never_matters(text: str) -> None:
    # Some letters have no upper case, or one that is two letters; folding them first leaves only what case can change.
    folded = text.casefold()
    assert normal(folded) == normal(text)


@given(st.text(st.characters(categories=["Ll", "Zs", "Nd"]), max_size=100))
def test_how_accents_are_stored_never_matters(text: str) -> None:
    assert normal(unicodedata.normalize("NFD", text)) == normal(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("  How   LONG\n\tis it? ", "how long is it?", id="case and blanks"),
        pytest.param("fatiga después", "fatiga despues", id="an accent"),
        pytest.param("Schilddrüse, Größe", "schilddruse, grosse", id="umlauts and a sharp s"),
        pytest.param("fe\u200bv\u200der\ufeff", "fever", id="characters of no width"),
        pytest.param("\u202efever\u202c", "fever", id="marks that turn the direction"),
        pytest.param("f\u0334\u0322e\u0337v\u0336e\u0338r", "fever", id="zalgo"),
        pytest.param("can\u2019t", "can't", id="a curly apostrophe"),
        pytest.param("can\u00b4t", "can't", id="an accent for an apostrophe"),
        pytest.param("can`t", "can't", id="a backtick for an apostrophe"),
        pytest.param("\uff46\uff45\uff56\uff45\uff52", "fever", id="full width"),
        pytest.param("\U0001d41f\U0001d41e\U0001d42f\U0001d41e\U0001d42b", "fever", id="mathematical letters"),
        pytest.param("\ufb01ne", "fine", id="a ligature"),
        pytest.param("fever\ud800", "fever", id="half a character"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_only_looks_different_is_the_same(text: str, expected: str) -> None:
    assert normal(text) == expected


@given(st.text(st.characters()))
def test_a_normal_text_can_always_be_encoded(text: str) -> None:
    assert normal(text + "\udfff").encode().decode() == normal(text + "\udfff")


def test_words_hold_together_with_hyphens_and_apostrophes() -> None:
    found = words_of(normal("Co-trimoxazole, isn't it? A&E -- (day_case) 4h!"))

    assert found == ["co-trimoxazole", "isn't", "it", "a&e", "day", "case", "4h"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lemtrda", "lemtrada"),
        ("lemtradda", "lemtrada"),
        ("lmetrada", "lemtrada"),
        ("alemtuzmab", "alemtuzumab"),
        ("alemtuzamub", "alemtuzumab"),
        ("thyriod", "thyroid"),
        ("tyroid", "thyroid"),
        ("thyroids", "thyroid"),
        ("listria", "listeria"),
        ("lysteria", "listeria"),
        ("infussion", "infusion"),
        ("infuson", "infusion"),
        ("steriods", "steroids"),
        ("neurolgist", "neurologist"),
        ("nuerologist", "neurologist"),
        ("vacine", "vaccine"),
        ("monthy", "monthly"),
        ("pregnent", "pregnant"),
        ("relaps", "relapse"),
        ("hosptial", "hospital"),
        ("antivral", "antiviral"),
        ("aciclovir", "acyclovir"),
        ("platlets", "platelets"),
        ("fatige", "fatigue"),
    ],
)
def test_a_misspelt_word_is_the_known_one_that_was_meant(typed: str, meant: str) -> None:
    assert SPELLING.repaired(typed) == meant


@pytest.mark.parametrize("word", KNOWN)
def test_a_known_word_is_left_alone(word: str) -> None:
    assert SPELLING.repaired(word) is None


@pytest.mark.parametrize(
    "word",
    [
        pytest.param("tset", id="too short to tell"),
        pytest.param("thyroxine", id="three slips"),
        pytest.param("banana", id="another word"),
        pytest.param("xhyroid", id="another first letter"),
        pytest.param("thyro1d", id="a figure within"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_not_near_a_known_word_is_left_alone(word: str) -> None:
    assert SPELLING.repaired(word) is None


@given(st.text())
def test_what_is_repaired_is_always_known(text: str) -> None:
    assert SPELLING.repaired(text) in {None, *KNOWN}


def test_a_misspelt_query_has_the_places_of_the_word_that_was_meant() -> None:
    alone, misspelt = features("listeria", SPELLING), features("listria", SPELLING)

    assert set(alone) <= set(misspelt)
    assert not set(alone) <= set(features("listria", NONE_KNOWN))


def test_each_group_of_words_has_one_meaning() -> None:
    groups: dict[str, set[str]] = {}
    for word, meaning in meanings().items():
        groups.setdefault(meaning, set()).add(word)

    assert len(groups) >= 20
    assert all(meaning in words and len(words) > 1 for meaning, words in groups.items())
    assert all(word == normal(word) and len(words_of(word)) <= 4 for words in groups.values() for word in words)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bloods", "phlebotomy"),
        ("blood draw", "labs"),
        ("campath", "lemmy"),
        ("drip", "infusions"),
        ("wee", "urine"),
        ("a&e", "casualty"),
        ("Schilddrüse", "TSH"),
        ("prise de sang", "blood tests"),
        ("time of the month", "regla"),
    ],
)
def test_words_of_one_meaning_share_a_place_that_others_do_not_have(one: str, other: str) -> None:
    shared = set(features(one, NONE_KNOWN)) & set(features(other, NONE_KNOWN))

    assert meanings()[normal(one)] == meanings()[normal(other)]
    assert shared - set(features("holiday", NONE_KNOWN))


@given(st.text())
def test_features_are_the_same_each_time_and_stay_in_their_places(text: str) -> None:
    found = features(text, SPELLING)

    assert found == features(text, Spelling(reversed(KNOWN)))
    assert all(0 <= place < BUCKETS and weight >= 1 for place, weight in found.items())


@pytest.mark.parametrize("unit", ["how long is the drip ", "x", "e\u0301 ", "\U0001f600 a ", "\u00df "], ids=ascii)
def test_no_more_than_the_first_characters_are_looked_at(unit: str) -> None:
    start = unit * (4 * MOST_CHARACTERS // len(unit) + 1)
    endless = start + "fever " * (10_000_000 // 6)

    assert features(endless, SPELLING) == features(start, SPELLING)
    assert len(normal(endless)) <= MOST_CHARACTERS


@pytest.mark.parametrize("text", ["", "   ", "?!", "\U0001f600", "\u0301\u0301", "\0"], ids=ascii)
def test_a_text_without_words_has_no_features(text: str) -> None:
    assert features(text, SPELLING) == {}
