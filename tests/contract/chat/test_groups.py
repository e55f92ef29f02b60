"""What a group says and how the bot speaks in it of its own accord, on any platform."""

import pytest

from bot.chat.people import Person, Reader
from bot.chat.replies import Button, Reply, rows, say
from bot.errors import Gone
from contract.chat.harness import Chat, Member
from contract.chat.probe import ASKED_ALL, HELP_NOW, SECRET, Core, Heard, plain

CARD = Reply((plain("Somebody has flagged this."),), private=False, buttons=rows(Button(plain("Claim"), "tap", ("1",))))
CLAIMED = Reply((plain("Anna has claimed this."),), private=False, buttons=rows(Button(plain("Done"), "tap", ("2",))))
READER = Reader()


async def test_what_is_said_has_an_id_of_its_own_and_says_where_it_stands(chat: Chat, core: Core) -> None:
    anna = chat.member("anna")
    await anna.says("hello", in_group=True)
    await anna.says("hello", in_group=True)

    first, second = core.said
    assert first.id
    assert second.id not in ("", first.id)
    assert (first.person.id, first.place, first.text) == (anna.person.id, chat.place, "hello")
    assert (first.edited, first.forwarded, first.answers) == (False, False, None)


async def test_a_reply_tells_what_it_answers(chat: Chat, core: Core) -> None:
    anna, ben = chat.member("anna"), chat.member("ben")
    await anna.says("I feel odd", in_group=True)
    await ben.replies("call somebody", anna)

    asked, answer = core.said
    assert answer.answers is not None
    assert (answer.answers.id, answer.answers.text, answer.answers.link) == (asked.id, "I feel odd", asked.link)
    assert answer.answers.author is not None
    assert answer.answers.author.id == anna.person.id


async def test_of_what_the_bot_wrote_nobody_is_the_author(chat: Chat, core: Core) -> None:
    anna = chat.member("anna")
    posted = await chat.messenger.post(chat.place, CARD, READER)
    await chat.settle()

    assert chat.group.newest.text == "Somebody has flagged this."
    assert posted
    assert core.said == []
    await anna.says("hello", in_group=True)
    assert [said.text for said in core.said] == ["hello"]


async def test_a_forwarded_message_is_marked(chat: Chat, core: Core) -> None:
    await chat.member("anna").forwards("/flag this miracle")

    (said,) = core.said
    assert (said.text, said.forwarded) == ("/flag this miracle", True)


async def test_an_edit_is_heard_as_an_edit_of_the_same_message(chat: Chat, core: Core) -> None:
    anna = chat.member("anna")
    await anna.says("hello", in_group=True)
    await anna.edits("I cannot go on")

    first, second = core.said
    assert (second.text, second.edited, second.id) == ("I cannot go on", True, first.id)


async def test_an_edited_command_is_heard_and_not_used(chat: Chat, core: Core) -> None:
    anna, ben = chat.member("anna"), chat.member("ben")
    await ben.says("hello", in_group=True)
    await anna.replies("well", ben)
    await anna.edits("/flag I cannot go on")

    assert core.flagged == []
    assert (core.said[-1].text, core.said[-1].edited) == ("/flag I cannot go on", True)


async def test_no_address_in_what_people_write_can_be_opened(chat: Chat) -> None:
    text = "See https://example.org/cure now"
    await chat.messenger.post(chat.place, Reply((plain(text),), private=False), READER)
    await chat.settle()
    assert not chat.group.newest.opens

    await chat.messenger.post(
        chat.place, Reply((say("card.link", url="https://example.org/1"),), private=False), READER
    )
    await chat.settle()
    assert list(chat.group.newest.opens) == ([] if chat.place.platform == "console" else ["https://example.org/1"])


async def test_a_command_can_be_used_on_a_message(chat: Chat, core: Core) -> None:
    anna, ben = chat.member("anna"), chat.member("ben")
    await anna.says("buy this cure", in_group=True)
    await ben.flags(anna)

    (about,) = core.flagged
    assert about is not None
    assert about.author is not None
    assert (about.id, about.text, about.author.id) == (core.said[0].id, "buy this cure", anna.person.id)
    assert about.link == core.said[0].link
    assert ben.sees(f"flagged {SECRET}")
    assert not anna.sees(SECRET)
    assert not chat.group.sees(SECRET)


async def test_it_arrives_also_without_a_message(chat: Chat, core: Core) -> None:
    await chat.member("ben").says("/flag", in_group=True)

    assert core.flagged == [None]


async def test_what_was_posted_can_be_changed_and_its_buttons_with_it(chat: Chat, core: Core) -> None:
    posted = await chat.messenger.post(chat.place, CARD, READER)
    await chat.messenger.edit(chat.place, posted, CLAIMED, READER)
    await chat.settle()

    assert (chat.group.newest.text, chat.group.newest.labels) == ("Anna has claimed this.", ["Done"])
    assert core.heard == []


async def test_a_change_that_changes_nothing_is_fine(chat: Chat) -> None:
    posted = await chat.messenger.post(chat.place, CARD, READER)
    await chat.messenger.edit(chat.place, posted, CARD, READER)
    await chat.settle()

    assert (chat.group.newest.text, chat.group.newest.labels) == ("Somebody has flagged this.", ["Claim"])


async def test_a_change_that_needs_more_than_one_message_is_cut(chat: Chat) -> None:
    posted = await chat.messenger.post(chat.place, CARD, READER)
    long = Reply(tuple(plain(f"line {number:04}") for number in range(1000)), private=False, buttons=CLAIMED.buttons)
    await chat.messenger.edit(chat.place, posted, long, READER)
    await chat.settle()

    newest = chat.group.newest
    assert newest.text.startswith("line 0000\nline 0001\n")
    assert newest.text.endswith("\n…")
    assert newest.labels == ["Done"]


@pytest.mark.parametrize("message_id", ["99999", "1"], ids=["never there", "somebody else's"])
async def test_what_is_not_there_to_be_changed_is_gone(chat: Chat, message_id: str) -> None:
    await chat.member("anna").says("hello", in_group=True)

    with pytest.raises(Gone):
        await chat.messenger.edit(chat.place, message_id, CLAIMED, READER)


async def test_an_answer_stands_under_its_message(chat: Chat, core: Core) -> None:
    await chat.member("anna").says("hello", in_group=True)
    await chat.messenger.post(chat.place, HELP_NOW, READER, answering=core.said[0].id)
    await chat.settle()

    # The stage says whose message it is.
    assert chat.group.newest.answers in ("hello", "anna")
    assert not chat.group.newest.pings


async def test_an_answer_to_a_message_that_was_deleted_still_stands(chat: Chat, core: Core) -> None:
    anna = chat.member("anna")
    await anna.says("hello", in_group=True)
    await anna.deletes()
    await chat.messenger.post(chat.place, HELP_NOW, READER, answering=core.said[0].id)
    await chat.settle()

    assert (chat.group.newest.text, chat.group.newest.answers) == ("Somebody may need help.", "")


async def test_what_is_said_in_a_topic_is_answered_in_it(chat: Chat, core: Core) -> None:
    anna = chat.member("anna")
    await anna.says("hello", in_group=True)
    await anna.says_in_topic("hello again")
    general, said = core.said
    assert said.place.community == general.place.community
    await chat.messenger.post(said.place, HELP_NOW, READER, answering=said.id)
    await chat.settle()

    assert chat.topic.newest.text == "Somebody may need help."


async def test_what_is_overheard_in_a_topic_is_answered_in_it(chat: Chat) -> None:
    await chat.member("anna").says_in_topic(ASKED_ALL)

    assert chat.topic.newest.labels == ["Show me", "Enough"]


async def test_only_those_are_called_who_are_to_be(chat: Chat) -> None:
    anna, ben = chat.member("anna"), chat.member("ben")
    text = plain(f"@ben <@{ben.person.id}> @everyone tg://user?id={ben.person.id}")
    await chat.messenger.post(chat.place, Reply((text,), private=False, calls=(anna.person,)), READER)
    await chat.settle()

    assert list(chat.group.newest.calls) == ["anna"]
    await chat.messenger.post(chat.place, Reply((text,), private=False), READER)
    await chat.settle()
    assert list(chat.group.newest.calls) == []
    assert not chat.group.newest.pings


async def test_nobody_of_another_platform_is_called(chat: Chat) -> None:
    anna = chat.member("anna")
    stranger = Person("elsewhere", anna.person.id, "Anna")
    await chat.messenger.post(chat.place, Reply((plain("Hello"),), private=False, calls=(stranger,)), READER)
    await chat.settle()

    assert (chat.group.newest.text, list(chat.group.newest.calls)) == ("Hello", [])


async def test_behind_a_button_for_all_each_reads_alone(chat: Chat, core: Core, anna: Member, ben: Member) -> None:
    await chat.messenger.post(chat.place, HELP_NOW, READER)
    await chat.settle()
    before = len(anna.messages)

    await ben.presses("Help now")

    # Where the button opens the direct chat, its link brings what was asked for.
    assert core.heard in ([Heard("show", ("now",))], [])
    assert ben.newest.alone
    assert ben.sees(SECRET)
    assert len(anna.messages) == before
    assert [seen.text for seen in chat.group.messages] == ["Somebody may need help."]
