from dataclasses import replace
from datetime import timedelta

import pytest

import builders
from bot.chat.people import Message
from bot.moderation.flag import Flag, State
from bot.moderation.policy import QUOTES_KEPT_FOR, Mode
from bot.triage.assessment import Label
from storage.store import Store
from unit.journey.talk import GUIDED
from unit.moderation.hearer import text_of
from unit.moderation.member import MemberTalk

MONA = builders.person("mona")


@pytest.fixture
async def talk(store: Store) -> MemberTalk:
    talk = MemberTalk(store, GUIDED)
    await talk.begin()
    await talk.has_desk()
    for label in (Label.MEDICAL_QUESTION, Label.MEDICAL_ADVICE, Label.DISTRESS):
        await talk.decides(label, mode=Mode.ON)
    return talk


async def closed(talk: MemberTalk, flag: Flag) -> None:
    await talk.change(replace(flag, state=State.RESOLVED, closed_by=MONA, closed_at=talk.clock.now(), look_at=None))


@pytest.mark.parametrize("label", ["medical_question", "medical_advice", "distress"])
async def test_one_tap_says_that_one_was_misread_and_counts_as_a_false_alarm(talk: MemberTalk, label: str) -> None:
    await talk.says("anna", f"#{label}")
    flag = await talk.flag()
    anna = talk.member("anna")
    await anna.presses_action("mn", flag.id)
    assert anna.sees("I misread you")
    assert anna.keys == []
    flag = await talk.stored(flag.id)
    assert (flag.state, flag.closed_by, flag.closed_at) == (State.FALSE_ALARM, None, talk.clock.now())
    [deed] = [each for each in await talk.deeds() if each.what == "contested_by_author"]
    assert (deed.flag_id, deed.detail) == (flag.id, label)
    assert "false alarm" in text_of(talk.town.edited[-1][1])
    await anna.presses_action("mn", flag.id)
    assert anna.sees("I misread you")
    assert len([each for each in await talk.deeds() if each.what == "contested_by_author"]) == 1


async def test_a_moderator_who_has_claimed_it_sees_that_it_is_settled(talk: MemberTalk) -> None:
    await talk.says("anna", "#medical_question")
    flag = await talk.flag()
    until = talk.clock.now() + timedelta(minutes=30)
    await talk.change(replace(flag, state=State.CLAIMED, claimed_by=MONA, claimed_until=until))
    await talk.member("anna").presses_action("mn", flag.id)
    flag = await talk.stored(flag.id)
    assert (flag.state, flag.claimed_by, flag.claimed_until) == (State.FALSE_ALARM, None, None)


@pytest.mark.parametrize("label", ["crisis", "urgent"])
async def test_of_danger_moderators_decide(talk: MemberTalk, label: str) -> None:
    await talk.says("anna", f"#{label}")
    flag = await talk.flag()
    anna = talk.member("anna")
    await anna.presses_action("mn", flag.id)
    assert anna.sees("who decide here, not I")
    assert (await talk.flag()).state is State.OPEN


async def test_of_what_members_reported_moderators_decide(talk: MemberTalk) -> None:
    said = await talk.says("anna", "#medical_advice")
    await talk.member("ben").flags("advice", Message(said, builders.person("anna"), "#medical_advice"))
    flag = await talk.flag()
    await talk.member("anna").presses_action("mn", flag.id)
    assert (await talk.flag()).state is State.OPEN


async def test_only_who_wrote_it_has_a_say(talk: MemberTalk) -> None:
    await talk.says("anna", "#medical_question")
    flag = await talk.flag()
    ben = talk.member("ben")
    for action in ("mn", "ma"):
        await ben.presses_action(action, flag.id)
        assert ben.sees("I keep nothing about that message")
        await ben.presses_action(action, "0123456789ab")
        assert ben.sees("I keep nothing about that message")
    assert await talk.flag() == flag


async def test_a_second_moderator_can_be_asked_once_and_not_who_closed_it(talk: MemberTalk) -> None:
    await talk.says("anna", "#medical_advice")
    flag = await talk.flag()
    await closed(talk, flag)
    anna = talk.member("anna")
    await anna.presses_action("mn", flag.id)
    assert anna.sees("another of them looks at it")
    assert (await talk.stored(flag.id)).state is State.RESOLVED
    second = anna.button("Ask a second moderator")
    await anna.presses_old(second)
    assert anna.sees("Another moderator will look at it")
    again = await talk.flag()
    assert (again.contested, again.closed_by, again.closed_at) == (True, MONA, None)
    assert [each.by for each in await talk.deeds() if each.what == "second_look_asked"] == [None]
    await anna.presses_old(second)
    assert anna.sees("was asked already")
    await closed(talk, replace(again, contested=False))
    await anna.presses_old(second)
    assert anna.sees("was asked already")
    assert await talk.flags() == []


async def test_after_what_is_kept_was_erased_nothing_can_be_contested(talk: MemberTalk) -> None:
    await talk.says("anna", "#medical_question")
    flag = await talk.flag()
    talk.clock.advance(QUOTES_KEPT_FOR + timedelta(days=1))
    async with talk.store.work() as work:
        await work.flags.purge(talk.clock.now() - QUOTES_KEPT_FOR)
        await work.commit()
    anna = talk.member("anna")
    await anna.presses_action("mn", flag.id)
    assert anna.sees("I keep nothing about that message")


async def test_one_finds_ones_own_closed_flags_and_asks_for_a_second_moderator(talk: MemberTalk) -> None:
    anna = talk.member("anna")
    await anna.says("/appeal")
    assert anna.sees("closed nothing about a message of yours")
    await talk.says("anna", "#medical_advice")
    flag = await talk.flag()
    await closed(talk, flag)
    await anna.says("/appeal")
    assert anna.sees("The moderators have looked at these messages of yours")
    ben = talk.member("ben")
    await ben.says("/appeal")
    assert ben.sees("closed nothing about a message of yours")
    await anna.presses("1: ask a second moderator")
    assert (await talk.flag()).contested
    talk.clock.advance(QUOTES_KEPT_FOR + timedelta(days=1))
    await closed(talk, replace(flag, closed_at=builders.NOW))
    await talk.change(replace(flag, state=State.RESOLVED, closed_by=MONA, closed_at=builders.NOW))
    await anna.says("/appeal")
    assert anna.sees("closed nothing about a message of yours")
