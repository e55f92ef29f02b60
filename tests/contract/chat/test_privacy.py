"""What is for one person reaches nobody else, on any platform."""

import pytest

from contract.chat.harness import Chat, Member
from contract.chat.probe import (
    ASKED_ALL,
    ASKED_ALONE,
    CHOICE_LABEL,
    MOMENT,
    POINTED,
    SECRET,
    SHARED,
    Core,
    Heard,
)


async def test_an_answer_in_the_direct_chat_is_shown_there_with_its_date_and_moment(chat: Chat, anna: Member) -> None:
    await anna.says("/nextlab")

    assert anna.newest.text.splitlines() == [SECRET, "Tuesday, April 14, 2026", chat.moment(MOMENT)]
    assert anna.newest.alone
    assert anna.newest.direct
    assert chat.group.sees_nothing()


async def test_a_private_answer_to_a_command_in_the_group_reaches_its_person_alone(
    chat: Chat, anna: Member, ben: Member
) -> None:
    await anna.says("/nextlab", in_group=True)

    assert SECRET in anna.newest.text
    assert anna.newest.alone
    assert not ben.sees(SECRET)
    assert chat.group.sees_nothing()


@pytest.mark.parametrize("command", ["/labdone 31 February", "/stop"], ids=["refusal", "failure"])
async def test_an_error_in_the_group_is_told_to_its_person_alone(
    chat: Chat, anna: Member, ben: Member, command: str
) -> None:
    before = len(anna.messages), len(ben.messages)

    await anna.says(command, in_group=True)

    assert (len(anna.messages), len(ben.messages)) == (before[0] + 1, before[1])
    assert anna.newest.alone
    assert chat.group.sees_nothing()


async def test_what_went_wrong_inside_is_never_shown(anna: Member) -> None:
    await anna.says("/stop")

    assert not anna.sees(SECRET)


async def test_somebody_who_has_not_joined_is_told_so_alone(chat: Chat) -> None:
    newcomer = chat.member("carla")

    await newcomer.says("/nextlab", in_group=True)

    assert newcomer.newest.alone
    assert not newcomer.sees(SECRET)
    assert chat.group.sees_nothing()


async def test_an_answer_for_the_direct_chat_goes_there_with_its_file_and_buttons(
    chat: Chat, core: Core, anna: Member
) -> None:
    await anna.says("/help", in_group=True)

    assert (anna.newest.direct, anna.newest.labels, list(anna.newest.files)) == (True, ["Again"], ["dates.ics"])
    assert chat.group.sees_nothing()
    await anna.presses("Again")
    assert core.heard == [Heard("tap", ("here",))]
    assert chat.group.sees_nothing()


async def test_what_is_shared_is_all_that_the_group_sees(chat: Chat, anna: Member) -> None:
    await anna.says("/countdown", in_group=True)

    assert [seen.text for seen in chat.group.messages] == [SHARED]
    assert anna.sees(f"posted {SECRET}")


async def test_plain_talk_in_the_group_is_not_answered(chat: Chat, anna: Member) -> None:
    before = len(anna.messages)

    await anna.says("hello everybody", in_group=True)

    assert len(anna.messages) == before
    assert chat.group.sees_nothing()


async def test_an_answer_for_all_to_something_overheard_is_seen_by_the_group(
    chat: Chat, anna: Member, ben: Member
) -> None:
    await anna.says(ASKED_ALL, in_group=True)

    assert [seen.text for seen in chat.group.messages] == [POINTED]
    assert ben.sees(POINTED)
    assert not chat.group.newest.pings


async def test_a_private_answer_to_something_overheard_is_seen_by_nobody(chat: Chat, anna: Member, ben: Member) -> None:
    before = len(anna.messages), len(ben.messages)

    await anna.says(ASKED_ALONE, in_group=True)

    assert (len(anna.messages), len(ben.messages)) == before
    assert chat.group.sees_nothing()


async def test_an_answer_for_all_is_seen_by_all(chat: Chat, anna: Member, ben: Member) -> None:
    await anna.says("/forget", in_group=True)

    assert chat.group.sees("who comes?")
    assert ben.sees("who comes?")


async def test_a_press_under_a_message_for_one_never_answers_to_all(chat: Chat, anna: Member) -> None:
    await anna.says("/settings", in_group=True)
    for label in ("Yes", "Anew", "To all", "Refused", "Broken"):
        if label not in anna.newest.labels:
            await anna.says("/settings", in_group=True)
        await anna.presses(label)

    assert chat.group.sees_nothing()


async def test_a_private_answer_to_a_press_under_a_message_for_all_stays_private(
    chat: Chat, core: Core, anna: Member, ben: Member
) -> None:
    await anna.says("/forget", in_group=True)

    await anna.presses("Again")

    assert core.heard == [Heard("tap", ("me",))]
    assert anna.sees(f"tapped {SECRET}")
    assert not ben.sees(SECRET)
    assert not chat.group.sees(SECRET)


@pytest.mark.parametrize("command", ["/nextlab", "/help", "/round"], ids=["hidden", "direct", "form"])
async def test_what_cannot_be_delivered_privately_is_not_delivered_publicly(
    chat: Chat, anna: Member, ben: Member, command: str
) -> None:
    await anna.blocks()

    await anna.says(command, in_group=True)

    # A nudge without any of it may stand in the group where the platform has no hidden messages.
    assert not chat.group.sees(SECRET)
    assert not chat.group.sees(CHOICE_LABEL)
    assert not ben.sees(SECRET)
    assert not any(seen.direct and (SECRET in seen.text or CHOICE_LABEL in seen.text) for seen in anna.messages)
