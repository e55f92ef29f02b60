import re
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

import builders
from bot.chat.capabilities import Capabilities
from bot.chat.people import Person
from bot.chat.replies import Form
from bot.chat.tokens import MOST_BYTES, Tokens
from bot.errors import MemberError
from bot.members.guide import ANSWER
from offered import ACTIONS, COMMANDS
from offered import FORMS as ALL_FORMS
from storage.store import Store
from unit.journey.talk import FORMS, GUIDED, Talk

TOKENS = Tokens(bytes(range(32)))
ANNA = builders.person()
PARTS = st.lists(st.text("abcdefghij0123456789/_-", max_size=6), min_size=1, max_size=5)


@given(PARTS)
def test_a_token_gives_back_what_it_carries(parts: list[str]) -> None:
    action, *arguments = parts
    token = TOKENS.make(action, tuple(arguments), ANNA)
    assert len(token.encode()) <= MOST_BYTES
    assert TOKENS.read(token, ANNA) == (action, tuple(arguments))


@pytest.mark.parametrize(
    "other",
    [builders.person("ben"), Person("discord", ANNA.id, "Anna"), Person("telegram", ANNA.id + "1", "Anna")],
    ids=["somebody else", "the same id elsewhere", "a longer id"],
)
def test_a_token_does_nothing_in_other_hands(other: Person) -> None:
    with pytest.raises(MemberError, match=r"button\.not_yours"):
        TOKENS.read(TOKENS.make("x", ("1",), ANNA), other)


def test_the_platform_and_the_id_cannot_be_shifted_into_one_another() -> None:
    token = TOKENS.make("x", (), Person("a", "b", "Anna"))
    with pytest.raises(MemberError):
        TOKENS.read(token, Person("a\0b", "", "Anna"))


def test_a_token_of_another_key_is_refused() -> None:
    with pytest.raises(MemberError):
        Tokens(bytes(32)).read(TOKENS.make("x", (), ANNA), ANNA)


@given(st.text(max_size=300))
def test_made_up_data_is_refused_kindly(data: str) -> None:
    with pytest.raises(MemberError):
        TOKENS.read(data, ANNA)


@given(PARTS, st.data())
def test_a_changed_token_is_refused(parts: list[str], data: st.DataObject) -> None:
    token = TOKENS.make(parts[0], tuple(parts[1:]), ANNA)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from([char for char in "az09:._-" if char != token[place]]))
    with pytest.raises(MemberError):
        TOKENS.read(token[:place] + other + token[place + 1 :], ANNA)


@pytest.mark.parametrize("part", ["a:b", "a.b"], ids=["colon", "full stop"])
def test_a_part_with_a_mark_of_our_own_is_our_mistake(part: str) -> None:
    with pytest.raises(ValueError, match="no colon"):
        TOKENS.make("x", (part,), ANNA)


def test_a_token_that_is_too_long_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="bytes"):
        TOKENS.make("x", ("y" * 60,), ANNA)


def test_the_longest_zone_fits_a_button() -> None:
    for zone in available_timezones():
        assert len(TOKENS.make("z", (zone, "1"), ANNA)) <= MOST_BYTES


def test_action_names_are_short_and_say_nothing() -> None:
    assert all(re.fullmatch(r"[a-z0-9]{1,2}", name) for name in ACTIONS)
    assert ANSWER not in ACTIONS
    assert {action.name for action in ACTIONS.values()} == set(ACTIONS)


def test_every_form_is_answered_by_an_action_of_its_name() -> None:
    assert set(ALL_FORMS) <= set(ACTIONS)


@pytest.mark.parametrize("form", ALL_FORMS.values(), ids=lambda form: form.name)
def test_every_answer_to_a_form_fits_a_button(form: Form) -> None:
    for field in form.fields:
        for choice in field.choices:
            TOKENS.make(ANSWER, (form.name, field.name, choice.value), ANNA)
        TOKENS.make(ANSWER, (form.name, field.name), ANNA)


@pytest.mark.parametrize("capabilities", [GUIDED, FORMS], ids=["guided", "forms"])
async def test_every_button_that_can_be_reached_names_an_action_and_fits(
    store: Store, capabilities: Capabilities
) -> None:
    talk = Talk(store, capabilities)
    anna = await (await talk.person().joined()).has_round("1 2026-03-08")
    seen: set[str] = set()
    waiting = [f"/{name}" for name in COMMANDS if name not in ("stop", "forget", "start")]
    for text in [
        *waiting,
        "/start",
        "/settings zone america/argentina/comodrivadavia",
        "/labdone 6/3/26",
        "/round 2 5 may",
    ]:
        await anna.says(text)
        # Breadth first over what each answer offers; one button of each action and label is enough.
        for _ in range(6):
            for key in list(anna.keys):
                action, taps = talk.core.tokens.read(key.data, anna.person)
                assert action in ACTIONS or action == ANSWER
                assert len(key.data.encode()) <= MOST_BYTES
                if action not in seen and action not in ("xx", "xs"):
                    seen.add(action)
                    await anna.presses_old(key)
                    assert "Something went wrong" not in anna.text, (action, taps)
                    break
    assert len(seen) > 20
