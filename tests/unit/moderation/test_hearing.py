import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

import builders
from bot.chat.events import Reachable, Used
from bot.errors import Blocked, RateLimited, Unknown, Unreachable
from bot.moderation.flag import Answered, State
from bot.moderation.policy import Mode
from bot.moderation.speaking import HELP_NOW
from bot.triage.assessment import Label
from storage.store import Store
from unit.faq.asker import NamedWords
from unit.journey.talk import GUIDED
from unit.moderation.hearer import GroupTalk, buttons_of, message, text_of


@pytest.fixture
async def talk(store: Store) -> GroupTalk:
    talk = GroupTalk(store, GUIDED)
    await talk.begin()
    return talk


async def opens_direct_chat(talk: GroupTalk, name: str) -> None:
    person = builders.person(name, platform=talk.capabilities.platform)
    await talk.core.dispatcher.handle(Used(person, builders.direct(person), "help"), talk.capabilities)


async def test_a_group_is_told_once_that_it_is_listened_to_before_anything_is_flagged(store: Store) -> None:
    talk = GroupTalk(store, GUIDED)
    await talk.says("anna", "#crisis")
    notice, answer = talk.in_group()
    assert "I read along here" in text_of(notice)
    assert "/optout" in text_of(notice)
    assert buttons_of(answer)
    talk.restart()
    await talk.says("ben", "good morning")
    assert len(talk.in_group()) == 2


async def test_an_ordinary_message_leaves_no_trace(talk: GroupTalk) -> None:
    before = await talk.rows()
    await talk.says("anna", "just had my coffee")
    assert talk.town.posted == []
    assert await talk.flags() == []
    assert await talk.rows() == before


async def test_somebody_whose_direct_chat_is_closed_gets_a_button_that_tells_nobody_why(talk: GroupTalk) -> None:
    await talk.says("anna", "#crisis")
    [reply] = talk.in_group()
    [button] = buttons_of(reply)
    [flag] = await talk.flags()
    assert text_of(reply) == "Anna, I have something for you. Only you will see it.\nHelp now"
    assert not reply.private
    assert button.anyone
    assert (button.action, button.arguments) == (HELP_NOW, (flag.id,))
    assert button.link == f"h-{flag.id}"
    assert flag.answered is Answered.BUTTON
    assert talk.town.posted[0][1] == flag.message_id
    assert talk.town.sent == []


@pytest.mark.parametrize("label", ["crisis", "urgent", "medical_question", "distress"])
async def test_the_public_reply_is_the_same_whatever_was_found(talk: GroupTalk, label: str) -> None:
    await talk.decides(Label(label), mode=Mode.ON)
    await talk.says("anna", f"#{label}")
    [reply] = talk.in_group()
    assert text_of(reply) == "Anna, I have something for you. Only you will see it.\nHelp now"


async def test_who_has_written_to_the_bot_is_answered_there_and_the_group_sees_nothing(talk: GroupTalk) -> None:
    await opens_direct_chat(talk, "anna")
    await talk.says("anna", "#crisis")
    [(person, reply)] = talk.town.sent
    assert person.id == builders.person("anna").id
    assert "You are not alone" in text_of(reply)
    assert talk.in_group() == []
    assert (await talk.flags())[0].answered is Answered.PRIVATELY


@pytest.mark.parametrize(
    "error", [Blocked("closed"), Unreachable("down"), Unknown("timed_out")], ids=lambda e: e.reason
)
async def test_where_it_is_not_sure_that_a_direct_message_arrived_the_button_follows(
    talk: GroupTalk, error: Exception
) -> None:
    await opens_direct_chat(talk, "anna")
    talk.town.fails[builders.person("anna").id] = error
    await talk.says("anna", "#crisis")
    assert len(talk.in_group()) == 1
    assert (await talk.flags())[0].answered is Answered.BUTTON


async def test_who_blocked_the_bot_is_not_written_to(talk: GroupTalk) -> None:
    await opens_direct_chat(talk, "anna")
    await talk.core.dispatcher.handle(Reachable(builders.person("anna"), reachable=False), talk.capabilities)
    await talk.says("anna", "#urgent")
    assert talk.town.sent == []
    assert len(talk.in_group()) == 1


async def test_a_flag_says_if_nobody_was_reached_and_the_next_message_is_answered_all_the_same(talk: GroupTalk) -> None:
    talk.town.fails[talk.group.id] = Blocked("no_rights")
    await talk.says("anna", "#crisis")
    assert (await talk.flags())[0].answered is Answered.NOBODY
    del talk.town.fails[talk.group.id]
    await talk.says("anna", "#crisis still")
    assert len(talk.in_group()) == 1
    assert (await talk.flags())[0].answered is Answered.BUTTON


async def test_a_further_crisis_joins_the_flag(talk: GroupTalk) -> None:
    await talk.says("anna", "#crisis")
    await talk.says("anna", "#crisis again")
    [flag] = await talk.flags()
    assert flag.times == 2
    assert flag.quote == "#crisis again"
    assert len(talk.in_group()) == 1


async def test_urgent_has_no_pause_but_a_minute_and_each_message_its_flag(talk: GroupTalk) -> None:
    await talk.says("anna", "#urgent")
    await talk.says("anna", "#urgent more")
    assert len(talk.in_group()) == 1
    talk.clock.advance(timedelta(minutes=1, seconds=1))
    await talk.says("anna", "#urgent worse")
    assert len(talk.in_group()) == 2
    assert len(await talk.flags()) == 3


async def test_a_question_is_pointed_once_an_hour_and_once_in_a_thread(talk: GroupTalk) -> None:
    await talk.decides(Label.MEDICAL_QUESTION, mode=Mode.ON)
    asked = message("what did you all do?")
    await talk.says("anna", "#medical_question", answers=asked)
    talk.clock.advance(timedelta(minutes=1))
    await talk.says("anna", "#medical_question")
    talk.clock.advance(timedelta(minutes=1))
    await talk.says("ben", "#medical_question", answers=asked)
    assert len(talk.in_group()) == 1
    assert [flag.answered for flag in await talk.flags()] == [Answered.BUTTON, Answered.PAUSED, Answered.PAUSED]
    await talk.says("ben", "#medical_question", answers=message("another", message_id="78"))
    assert len(talk.in_group()) == 2
    talk.clock.advance(timedelta(minutes=61))
    await talk.says("anna", "#medical_question")
    assert len(talk.in_group()) == 3


async def test_shadow_shows_and_says_nothing(talk: GroupTalk) -> None:
    await talk.says("anna", "#distress")
    [flag] = await talk.flags()
    assert flag.shadow
    assert flag.answered is Answered.NOT_MEANT
    assert talk.in_group() == []


async def test_advice_is_answered_kindly_to_all(talk: GroupTalk) -> None:
    await talk.decides(Label.MEDICAL_ADVICE, mode=Mode.ON)
    await talk.says("anna", "#medical_advice")
    [reply] = talk.in_group()
    assert "own doctor decides" in text_of(reply)
    assert "Anna" not in text_of(reply)
    assert not buttons_of(reply)


async def test_an_edit_is_heard_again_and_makes_a_flag_worse_but_never_a_second_one(talk: GroupTalk) -> None:
    first = await talk.says("anna", "fine today")
    await talk.says("anna", "#distress", id=first, edited=True)
    [flag] = await talk.flags()
    assert flag.label is Label.DISTRESS
    await talk.says("anna", "#crisis", id=first, edited=True)
    [worse] = await talk.flags()
    assert (worse.id, worse.label) == (flag.id, Label.CRISIS)
    assert len(talk.in_group()) == 1
    await talk.says("anna", "fine", id=first, edited=True)
    assert [each.label for each in await talk.flags()] == [Label.CRISIS]


async def test_what_came_just_before_and_what_is_answered_is_read_along(talk: GroupTalk) -> None:
    talk.triage.contexts.clear()
    await talk.says("anna", "one")
    talk.clock.advance(timedelta(seconds=50))
    await talk.says("ben", "not hers")
    await talk.says("anna", "two", answers=message("are you all right?"))
    await talk.says("anna", "three")
    await talk.says("anna", "four")
    assert [context.earlier for context in talk.triage.contexts] == [(), (), ("one",), ("one", "two"), ("two", "three")]
    assert talk.triage.contexts[2].answered == "are you all right?"
    talk.clock.advance(timedelta(minutes=3))
    await talk.says("anna", "later")
    assert talk.triage.contexts[-1].earlier == ()


async def test_danger_that_was_answered_is_not_read_along_again(talk: GroupTalk) -> None:
    for label, read_along in (("urgent", ()), ("urgent?", ("one", "#urgent?"))):
        talk.clock.advance(timedelta(minutes=3))
        await talk.says("anna", "one")
        await talk.says("anna", f"#{label}")
        await talk.says("anna", "thank you all")
        assert talk.triage.contexts[-1].earlier == read_along


async def test_what_is_forwarded_is_marked_as_somebody_elses(talk: GroupTalk) -> None:
    await talk.says("anna", "#crisis", forwarded=True)
    assert talk.triage.contexts[-1].quoted
    assert await talk.flags() == []


async def test_who_opted_out_is_not_assessed(talk: GroupTalk) -> None:
    async with talk.store.work() as work:
        await work.people.opt_out(builders.person("anna"), talk.clock.now())
        await work.commit()
    talk.triage.contexts.clear()
    await talk.says("anna", "#crisis")
    assert talk.triage.contexts == []
    assert await talk.flags() == []


async def test_a_quotation_is_short_and_left_out_where_the_chat_wants_none(talk: GroupTalk) -> None:
    await talk.says("anna", "#urgent " + "and so on " * 50)
    [flag] = await talk.flags()
    assert len(flag.quote) <= 200
    async with talk.store.work() as work:
        watched = await work.watches.find(talk.group)
        assert watched
        await work.watches.save(replace(watched, quotes=False))
        await work.commit()
    await talk.says("ben", "#urgent secret")
    assert {each.quote for each in await talk.flags()} == {flag.quote, ""}


async def test_with_a_desk_the_moderators_get_a_card_and_the_person_is_told_so(talk: GroupTalk) -> None:
    await talk.has_desk()
    await opens_direct_chat(talk, "anna")
    await talk.says("anna", "#crisis I cannot go on")
    [card] = talk.at_desk()
    assert "I cannot go on" in text_of(card)
    assert "before the moderators of your group" in text_of(talk.town.sent[0][1])
    assert "reads it" in text_of(talk.town.sent[0][1])
    assert talk.in_group() == []


async def test_without_a_desk_nobody_is_promised_a_moderator(talk: GroupTalk) -> None:
    await opens_direct_chat(talk, "anna")
    await talk.says("anna", "#crisis")
    assert "before the moderators" not in text_of(talk.town.sent[0][1])
    # Their whole group could read it, and it waits in /flags.
    assert "Nobody else" not in text_of(talk.town.sent[0][1])


async def test_the_words_come_in_the_language_of_the_message(talk: GroupTalk) -> None:
    await opens_direct_chat(talk, "anna")
    await talk.says("anna", "#crisis ich kann nicht mehr und es ist mir zu viel")
    assert {line.language for line in talk.town.sent[0][1].lines} == {"de"}


async def test_after_a_crash_between_record_and_answer_the_words_are_said(talk: GroupTalk) -> None:
    talk.town.fails[talk.group.id] = SystemExit("killed here")
    with pytest.raises(SystemExit):
        await talk.says("anna", "#crisis")
    [flag] = await talk.flags()
    assert flag.answered is Answered.PENDING
    assert flag.look_at is not None
    talk.town.fails.clear()
    talk.restart()
    await talk.features.hearing.finish(flag.id, talk.clock.now())
    assert len(talk.in_group()) == 1
    assert (await talk.flags())[0].answered is Answered.BUTTON


async def test_what_moderators_say_at_their_desk_is_not_listened_to(talk: GroupTalk) -> None:
    await talk.has_desk()
    talk.triage.contexts.clear()
    await talk.says("mona", "she wrote #crisis", place=talk.desk)
    assert talk.triage.contexts == []
    assert talk.town.posted == []
    assert await talk.flags() == []


async def test_an_edit_into_danger_opens_what_was_closed(talk: GroupTalk) -> None:
    first = await talk.says("anna", "#medical_question")
    [flag] = await talk.flags()
    await talk.keeps(replace(flag, state=State.FALSE_ALARM, closed_at=talk.clock.now(), look_at=None))
    await talk.says("anna", "#medical_question again", id=first, edited=True)
    assert await talk.flags() == []
    await talk.says("anna", "#crisis", id=first, edited=True)
    [again] = await talk.flags()
    assert (again.id, again.label, again.state) == (flag.id, Label.CRISIS, State.OPEN)
    assert len(talk.in_group()) == 1


async def test_a_doubt_that_an_edit_makes_sure_is_answered(talk: GroupTalk) -> None:
    first = await talk.says("anna", "#crisis?")
    assert talk.in_group() == []
    await talk.says("anna", "#crisis", id=first, edited=True)
    assert len(talk.in_group()) == 1
    assert len(await talk.flags()) == 1


@pytest.mark.parametrize(
    "error", [RateLimited("flood", timedelta(seconds=3)), Unreachable("down")], ids=lambda error: error.reason
)
async def test_words_that_the_platform_did_not_take_are_said_later(talk: GroupTalk, error: Exception) -> None:
    talk.town.fails[talk.group.id] = error
    await talk.says("anna", "#crisis")
    [flag] = await talk.flags()
    assert flag.answered is Answered.PENDING
    assert flag.look_at
    talk.town.fails.clear()
    talk.clock.advance(timedelta(minutes=1))
    await talk.features.hearing.finish(flag.id, talk.clock.now())
    assert len(talk.in_group()) == 1
    assert (await talk.flags())[0].answered is Answered.BUTTON


async def test_after_an_hour_of_trying_nobody_was_reached(talk: GroupTalk) -> None:
    talk.town.fails[talk.group.id] = Unreachable("down")
    await talk.says("anna", "#crisis")
    [flag] = await talk.flags()
    talk.clock.advance(timedelta(minutes=61))
    await talk.features.hearing.finish(flag.id, talk.clock.now())
    assert (await talk.flags())[0].answered is Answered.NOBODY


async def test_a_button_that_nobody_pressed_is_no_reason_to_stay_silent(talk: GroupTalk) -> None:
    await talk.says("anna", "#crisis")
    talk.clock.advance(timedelta(seconds=30))
    await talk.says("anna", "#crisis and")
    assert len(talk.in_group()) == 1
    talk.clock.advance(timedelta(minutes=2))
    await talk.says("anna", "#crisis still")
    assert len(talk.in_group()) == 2
    assert (await talk.flags())[0].times == 3


async def test_who_was_told_privately_is_left_in_peace_for_twelve_hours(talk: GroupTalk) -> None:
    await opens_direct_chat(talk, "anna")
    await talk.says("anna", "#crisis")
    talk.clock.advance(timedelta(hours=11))
    await talk.says("anna", "#crisis again")
    assert len(talk.town.sent) == 1
    talk.clock.advance(timedelta(hours=2))
    await talk.says("anna", "#crisis still")
    assert len(talk.town.sent) == 2


async def test_a_joined_message_is_known_and_its_edit_is_not_a_further_one(talk: GroupTalk) -> None:
    await talk.says("anna", "#crisis")
    second = await talk.says("anna", "#crisis again")
    await talk.says("anna", "#crisis agian", id=second, edited=True)
    [flag] = await talk.flags()
    assert flag.times == 2
    async with talk.store.work() as work:
        known = await work.flags.of_message(talk.group, second)
    assert known
    assert known.id == flag.id


async def test_several_cries_at_once_get_one_flag_and_one_button(talk: GroupTalk) -> None:
    await asyncio.gather(*(talk.says("anna", f"#crisis {number}") for number in range(5)))
    [flag] = await talk.flags()
    assert flag.times == 5
    assert len(talk.in_group()) == 1


async def test_behind_one_name_each_cry_is_heard(talk: GroupTalk) -> None:
    admins = replace(builders.person("group"), shared=True)
    await talk.says("", "#crisis", person=admins)
    await talk.says("", "#crisis too", person=admins)
    assert len(await talk.flags()) == 2
    assert len(talk.in_group()) == 2


async def test_what_somebody_said_who_opted_out_is_not_read_with_the_answer_to_it(talk: GroupTalk) -> None:
    ben = builders.person("ben")
    async with talk.store.work() as work:
        await work.people.opt_out(ben, talk.clock.now())
        await work.commit()
    await talk.says("anna", "are you all right?", answers=message("#crisis my private text", ben))
    assert talk.triage.contexts[-1].answered == ""


async def test_the_card_quotes_the_message_that_says_most(talk: GroupTalk) -> None:
    await talk.says("anna", "#crisis I cannot go on")
    await talk.says("anna", "#crisis? hm")
    assert (await talk.flags())[0].quote == "#crisis I cannot go on"


async def test_without_the_database_danger_is_pointed_to_help_and_recorded_later(talk: GroupTalk) -> None:
    with talk.without_database():
        await talk.says("anna", "#crisis")
    [reply] = talk.in_group()
    assert [button.label.key for button in buttons_of(reply)] == ["button.reach"]
    assert await talk.flags() == []
    await talk.features.hearing.catch_up()
    assert len(await talk.flags()) == 1


async def test_a_search_for_an_answer_that_fails_keeps_nothing_back(talk: GroupTalk) -> None:
    await talk.decides(Label.MEDICAL_QUESTION, mode=Mode.ON)
    talk.restart(search_over=_broken)
    await talk.says("anna", "#medical_question")
    assert len(talk.in_group()) == 1
    assert (await talk.flags())[0].answered is Answered.BUTTON


def _broken(_entries: object) -> NamedWords:
    raise RuntimeError("no index")


async def test_a_notice_that_could_not_be_posted_is_tried_again(store: Store) -> None:
    talk = GroupTalk(store, GUIDED)
    talk.town.fails[talk.group.id] = Unreachable("down")
    await talk.says("anna", "good morning")
    talk.town.fails.clear()
    talk.clock.advance(timedelta(minutes=2))
    await talk.says("anna", "anybody there?")
    talk.clock.advance(timedelta(minutes=2))
    await talk.says("anna", "hello")
    assert [line.key for reply in talk.in_group() for line in reply.lines] == ["heard.notice"]


async def test_another_danger_within_a_minute_gets_its_own_words(talk: GroupTalk) -> None:
    await talk.says("anna", "#crisis")
    await talk.says("anna", "#urgent")
    assert len(talk.in_group()) == 2


async def test_a_second_ordinary_message_within_a_minute_asks_the_database_nothing(talk: GroupTalk) -> None:
    await talk.says("anna", "hello everybody")
    with talk.without_database(), capture_logs() as logs:
        await talk.says("anna", "lovely weather")
    assert logs == []
