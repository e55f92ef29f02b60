"""What is said arrives whole and as it was meant, on any platform."""

import pytest

from bot.errors import Blocked
from contract.chat.harness import Chat, Member
from contract.chat.probe import (
    LONG,
    REMINDED,
    REMINDER,
    TRICKY,
    Core,
    Heard,
)

# Invisible characters that an adapter may put in so that nothing is taken for a mention; they change nothing as read.
_JOINERS = dict.fromkeys(map(ord, "\u200b\u2060"))


@pytest.mark.parametrize("in_group", [False, True], ids=["direct", "group"])
async def test_nothing_of_a_long_text_is_lost(chat: Chat, core: Core, anna: Member, in_group: bool) -> None:
    before = len(anna.messages)

    await anna.says("/labs", in_group=in_group)

    parts = anna.messages[before:]
    assert " ".join(part.text for part in parts).split() == LONG
    assert all(part.alone for part in parts)
    assert [part.labels for part in parts] == [[]] * (len(parts) - 1) + [["Again"]]
    assert chat.group.sees_nothing()
    await anna.presses("Again")
    assert core.heard == [Heard("tap", ("long",))]


async def test_what_people_typed_is_shown_as_it_is(anna: Member) -> None:
    await anna.says("/privacy")

    assert anna.newest.text.translate(_JOINERS) == f"{TRICKY}\nsafe text"
    assert not anna.newest.pings


async def test_plain_talk_in_the_direct_chat_is_answered_there(chat: Chat, anna: Member) -> None:
    before = len(anna.messages)

    await anna.says("good morning")

    assert len(anna.messages) == before + 1
    assert anna.newest.direct
    assert chat.group.sees_nothing()


async def test_a_reminder_arrives_in_the_direct_chat_with_buttons_that_work(
    chat: Chat, core: Core, anna: Member, ben: Member
) -> None:
    await chat.reminds(anna, REMINDER)

    assert (anna.newest.text, anna.newest.direct) == (REMINDED, True)
    assert not ben.sees(REMINDED)
    assert chat.group.sees_nothing()
    await chat.restart()
    await anna.presses("Done")
    assert core.heard == [Heard("tap", ("2026-04-14",))]


async def test_a_reminder_to_somebody_who_blocked_the_bot_is_known_as_undelivered(chat: Chat, anna: Member) -> None:
    await anna.blocks()

    with pytest.raises(Blocked):
        await chat.reminds(anna, REMINDER)

    assert not anna.sees(REMINDED)
    assert chat.group.sees_nothing()
