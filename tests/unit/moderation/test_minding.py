import pytest

import builders
from bot.chat.events import Filled, Pressed, Said, Used
from bot.chat.people import Place, Reader
from bot.chat.replies import Reply
from bot.moderation.flag import Origin
from bot.triage.assessment import Label
from bot.words.presenting import Screen
from storage.store import Store
from unit.journey.talk import FORMS, GUIDED
from unit.moderation.hearer import GroupTalk, text_of

FIRST = "I am sorry that it is this hard right now."
URGENT = "Signs like those you write of can need help at once."


@pytest.fixture
def talk(store: Store) -> GroupTalk:
    return GroupTalk(store, GUIDED)


async def writes(talk: GroupTalk, text: str, place: Place | None = None, **more: object) -> Reply:
    person = builders.person("anna")
    said = Said(person, place or builders.direct(person), text, **more)  # type: ignore[arg-type]  # fields of Said
    answer = await talk.core.dispatcher.handle(said, talk.capabilities)
    return answer.reply if answer else Reply()


async def uses(talk: GroupTalk, command: str, text: str = "", place: Place | None = None) -> Reply:
    person = builders.person("anna")
    answer = await talk.core.dispatcher.handle(
        Used(person, place or builders.direct(person), command, text), talk.capabilities
    )
    return answer.reply if answer else Reply()


async def presses(talk: GroupTalk, reply: Reply, label: str) -> Reply:
    person = builders.person("anna")
    screen: Screen = talk.presenter.show(reply, person, Reader())
    data = next(key.data for row in screen.keys for key in row if key.label == label)
    answer = await talk.core.dispatcher.handle(Pressed(person, builders.direct(person), data), talk.capabilities)
    assert answer
    return answer.reply


async def test_a_cry_in_the_direct_chat_is_answered_before_all_else(talk: GroupTalk) -> None:
    reply = await writes(talk, "#crisis")
    assert text_of(reply).startswith(FIRST)
    assert "988" in text_of(reply)
    assert "116 123" in text_of(reply)
    assert "Nobody else has been told" in text_of(reply)
    assert talk.town.posted == []


@pytest.mark.parametrize("command", ["faq", "start", "nextlab", "nosuchcommand", "help"])
async def test_whatever_command_it_stands_behind_the_words_come_first_and_the_answer_after(
    talk: GroupTalk, command: str
) -> None:
    plain = await uses(talk, command, "something")
    reply = await uses(talk, command, "#urgent")
    assert text_of(reply).startswith(URGENT)
    assert len(reply.notice) > len(plain.notice)
    assert reply.private
    assert reply.fresh


async def test_a_failing_command_still_brings_the_words(talk: GroupTalk) -> None:
    reply = await uses(talk, "round", "#crisis")
    assert text_of(reply).startswith(FIRST)
    assert "/start" in text_of(reply)


async def test_what_goes_on_to_people_is_answered_with_numbers_alone(store: Store) -> None:
    talk = GroupTalk(store, FORMS)
    person = builders.person("anna", platform="discord")
    data = talk.core.tokens.make("nosuch", (), person)
    filled = Filled(person, builders.direct(person), data, {"why": "#crisis"})
    answer = await talk.core.dispatcher.handle(filled, talk.capabilities)
    assert answer
    assert text_of(answer.reply).startswith("In case somebody is in danger now")
    assert "Nobody else has been told" not in text_of(answer.reply)


async def test_an_edit_and_what_somebody_else_wrote_is_heard_in_the_direct_chat_too(talk: GroupTalk) -> None:
    assert text_of(await writes(talk, "#urgent", edited=True)).startswith(URGENT)
    assert await writes(talk, "fine", edited=True) == Reply()
    assert FIRST in text_of(await writes(talk, "#crisis", forwarded=True))


async def test_a_question_in_the_direct_chat_is_pointed_to_the_doctor(talk: GroupTalk) -> None:
    assert "ask your doctor or your MS nurse" in text_of(await writes(talk, "#medical_question"))
    assert "a lot to carry" in text_of(await writes(talk, "#distress"))
    assert text_of(await writes(talk, "#promotion")) == text_of(await writes(talk, "hello there"))


async def test_the_long_words_are_not_repeated_word_for_word(talk: GroupTalk) -> None:
    await writes(talk, "#crisis")
    again = text_of(await writes(talk, "#crisis still"))
    assert FIRST not in again
    assert "988" in again


async def test_the_moderators_are_told_only_by_the_persons_own_tap(store: Store) -> None:
    talk = await with_desk(store)
    reply = await writes(talk, "#crisis I cannot go on")
    assert talk.at_desk() == []
    assert "the moderators of your group see it now" in text_of(await presses(talk, reply, "Tell the moderators"))
    [flag] = await talk.flags()
    assert (flag.origin, flag.label, flag.quote) == (Origin.ASKED, Label.CRISIS, "#crisis I cannot go on")
    assert "I cannot go on" in text_of(talk.at_desk()[0])
    assert "were told already" in text_of(await presses(talk, reply, "Tell the moderators"))
    assert len(await talk.flags()) == 1


async def test_where_there_is_no_desk_there_is_no_such_button(talk: GroupTalk) -> None:
    assert "Tell the moderators" not in text_of(await writes(talk, "#crisis"))


async def test_each_button_tells_of_its_own_words_and_an_old_one_without_them(store: Store) -> None:
    talk = await with_desk(store)
    first = await writes(talk, "#crisis one")
    second = await writes(talk, "#crisis two")
    assert "see it now" in text_of(await presses(talk, first, "Tell the moderators"))
    assert [flag.quote for flag in await talk.flags()] == ["#crisis one"]
    talk.restart()
    assert "see it now" in text_of(await presses(talk, second, "Tell the moderators"))
    assert sorted(flag.quote for flag in await talk.flags()) == ["", "#crisis one"]


async def test_what_is_forgotten_is_told_to_nobody(store: Store) -> None:
    talk = await with_desk(store)
    reply = await writes(talk, "#crisis one")
    await uses(talk, "forget")
    await presses(talk, reply, "Tell the moderators")
    assert [flag.quote for flag in await talk.flags()] == [""]


async def test_words_in_a_row_are_read_together(talk: GroupTalk) -> None:
    await writes(talk, "i")
    await writes(talk, "want")
    await writes(talk, "to die")
    assert ("i", "want") in [context.earlier for context in talk.triage.contexts]


async def test_a_doubt_behind_a_command_brings_the_words_too(talk: GroupTalk) -> None:
    assert text_of(await uses(talk, "faq", "#crisis?")).startswith(FIRST)


async def test_a_command_that_is_none_may_be_the_cry(talk: GroupTalk) -> None:
    await uses(talk, "kms", "please")
    assert talk.triage.texts[0] == "kms please"


async def test_without_the_database_the_words_come_all_the_same(talk: GroupTalk) -> None:
    with talk.without_database():
        reply = await writes(talk, "#crisis")
    assert text_of(reply).startswith(FIRST)
    assert "988" in text_of(reply)


async def test_a_command_that_all_can_see_is_heard_in_the_group_and_stays(talk: GroupTalk) -> None:
    await talk.begin()
    person = builders.person("anna")
    used = Used(person, talk.group, "faq", "#crisis", hidden=False, id="5", link="https://example.org/5")
    answer = await talk.core.dispatcher.handle(used, talk.capabilities)
    assert answer
    assert answer.keep
    [flag] = await talk.flags()
    assert (flag.message_id, flag.link) == ("5", "https://example.org/5")
    [reply] = talk.in_group()
    assert text_of(reply) == "Anna, I have something for you. Only you will see it.\nHelp now"


async def test_an_unknown_command_in_a_group_is_heard_as_well(talk: GroupTalk) -> None:
    await talk.begin()
    used = Used(builders.person("anna"), talk.group, "me", "#crisis", hidden=False, id="5")
    answer = await talk.core.dispatcher.handle(used, talk.capabilities)
    assert answer
    assert (answer.reply, answer.keep) == (Reply(), True)
    assert len(await talk.flags()) == 1


async def test_an_ordinary_command_in_a_group_is_no_message_to_look_at(talk: GroupTalk) -> None:
    await talk.begin()
    used = Used(builders.person("anna"), talk.group, "faq", "#medical_question", hidden=False, id="5")
    answer = await talk.core.dispatcher.handle(used, talk.capabilities)
    assert answer
    assert not answer.keep
    assert await talk.flags() == []


async def test_who_opted_out_is_still_answered_when_they_write_to_the_bot_itself(talk: GroupTalk) -> None:
    await talk.begin()
    person = builders.person("anna")
    async with talk.store.work() as work:
        await work.people.opt_out(person, talk.clock.now())
        await work.commit()
    used = Used(person, talk.group, "faq", "#crisis", hidden=False, id="5")
    answer = await talk.core.dispatcher.handle(used, talk.capabilities)
    assert answer
    assert text_of(answer.reply).startswith(FIRST)
    assert answer.reply.private
    assert await talk.flags() == []


async def test_danger_typed_for_any_chat_leads_to_the_helplines(talk: GroupTalk) -> None:
    person = builders.person("anna")
    found = await talk.core.dispatcher.browse(person, builders.direct(person), talk.capabilities, "#crisis")
    assert (found.offers, found.way_on) == ((), "helplines")
    found = await talk.core.dispatcher.browse(person, builders.direct(person), talk.capabilities, "day length")
    assert found.way_on == "faq"


async def with_desk(store: Store) -> GroupTalk:
    """A group with a desk that is everybody's home."""
    talk = GroupTalk(store, GUIDED)
    await talk.begin()
    await talk.has_desk()
    watched = await talk.watched()
    assert watched
    talk.home_chat = watched.chat_id
    talk.restart()
    return talk
