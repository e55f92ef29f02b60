"""The lexicon and its notation."""

from collections.abc import Iterable

import pytest

from bot.triage.lexicon import LANGUAGES, Finder, Group, compiled, read_groups

FAMILIES = {"en_cannot": "cant|can not"}


def found(source: str, text: str) -> list[str]:
    words = text.split()
    finder = Finder([Group("g", "", "", compiled(source, "g", "en", FAMILIES))])
    return sorted(" ".join(words[start:end]) for _, start, end in finder.found(words))


@pytest.mark.parametrize(
    ("source", "text", "finds"),
    [
        pytest.param("cough* blood", "i coughed blood", ["coughed blood"], id="an ending"),
        pytest.param("cough* blood", "coughed up blood", [], id="nothing between"),
        pytest.param("cough* ..1 blood", "coughed up blood", ["coughed up blood"], id="a gap"),
        pytest.param("cough* ..1 blood", "coughed up some blood", [], id="too wide a gap"),
        pytest.param("(spat|brought up) blood", "he brought up blood", ["brought up blood"], id="alternatives"),
        pytest.param("in the? blood", "in blood in the blood", ["in blood", "in the blood"], id="a word missing"),
        pytest.param("face ~2 droop*", "drooping of face", ["drooping of face"], id="either order"),
        pytest.param("<en_cannot> breathe", "i can not breathe", ["can not breathe"], id="a family"),
        pytest.param("fever ..2 #fever", "fever of 38.9", ["fever of 38.9"], id="a fever"),
        pytest.param("fever ..2 #fever", "fever of 36.9", [], id="no fever"),
        pytest.param("one two|three", "three one two", ["one two", "three"], id="a bar parts expressions"),
        pytest.param("don't die", "dont die", ["dont die"], id="apostrophes"),
        pytest.param("blood", "bloods", [], id="whole words"),
    ],
)
def test_the_notation_means_what_it_says(source: str, text: str, finds: list[str]) -> None:
    assert found(source, text) == finds


@pytest.mark.parametrize("source", ["..3", "(one|two", "one) two", "the?", "*"])
def test_what_is_not_in_the_notation_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"g: |bracket|no word"):
        compiled(source, "g", "en", {})


def groups(*kinds: str) -> Iterable[Group]:
    return [group for group in read_groups().values() if group.id.partition(".")[0] in kinds]


def test_every_group_says_what_it_is_and_where_it_is_from() -> None:
    assert all(group.note and group.source and group.expressions for group in read_groups().values())


def test_every_expression_compiles() -> None:
    assert all(each.pattern for group in read_groups().values() for each in group.expressions)


@pytest.mark.parametrize("kind", ["crisis", "urgent"])
def test_danger_is_heard_in_every_language(kind: str) -> None:
    counts = {
        language: sum(any(each.language == language for each in group.expressions) for group in groups(kind))
        for language in LANGUAGES
    }
    assert min(counts.values()) >= 8
