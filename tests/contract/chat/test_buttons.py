"""What a button or a form brings back, on any platform."""

import pytest

from contract.chat.harness import Chat, Member
from contract.chat.probe import (
    ASKED_ALL,
    BUTTONS,
    CHOICE_LABEL,
    DEFAULT_LABEL,
    POINTED,
    REFUSED,
    SECRET,
    TEXT_LABEL,
    Core,
    Heard,
)


def data_of(member: Member, label: str) -> str:
    """What the newest button of this label carries."""
    return next(data for seen in reversed(member.messages) for shown, data in reversed(seen.buttons) if shown == label)


async def test_every_button_is_shown_in_order(anna: Member) -> None:
    await anna.says("/settings")

    assert anna.newest.labels == [
        *("Yes", "Später ✓", "No", "Read more", "Longest", "Sixth in a row"),
        *("Anew", "To all", "Refused", "Broken"),
    ]


@pytest.mark.parametrize("in_group", [False, True], ids=["direct", "group"])
@pytest.mark.parametrize("label", BUTTONS)
async def test_a_button_brings_its_action_with_its_arguments(
    core: Core, anna: Member, label: str, in_group: bool
) -> None:
    await anna.says("/settings", in_group=in_group)

    await anna.presses(label)

    assert core.heard == [BUTTONS[label]]


@pytest.mark.parametrize("label", BUTTONS)
async def test_a_button_works_after_a_restart(chat: Chat, core: Core, anna: Member, label: str) -> None:
    await anna.says("/settings")
    await chat.restart()

    await anna.presses(label)

    assert core.heard == [BUTTONS[label]]


@pytest.mark.parametrize("in_group", [False, True], ids=["direct", "group"])
async def test_a_pressed_message_becomes_the_answer(chat: Chat, anna: Member, in_group: bool) -> None:
    await anna.says("/settings", in_group=in_group)
    before = len(anna.messages)

    await anna.presses("Yes")

    assert len(anna.messages) == before
    assert (anna.newest.text, anna.newest.labels) == (f"tapped {SECRET}", ["Again"])
    assert not anna.sees("choose")
    assert chat.group.sees_nothing()


async def test_a_button_of_a_replaced_message_works_again(core: Core, anna: Member) -> None:
    await anna.says("/settings")
    await anna.presses("Yes")

    await anna.presses("Again")

    assert core.heard == [BUTTONS["Yes"], BUTTONS["Yes"]]


@pytest.mark.parametrize(("label", "text"), [("Anew", "a new one"), ("Refused", REFUSED)], ids=["fresh", "refusal"])
async def test_a_fresh_answer_leaves_the_pressed_message_alone(anna: Member, label: str, text: str) -> None:
    await anna.says("/settings")
    before = len(anna.messages)

    await anna.presses(label)

    assert len(anna.messages) == before + 1
    assert text in anna.newest.text
    assert anna.sees("choose")


async def test_a_press_that_fails_is_answered(anna: Member) -> None:
    await anna.says("/settings")
    before = len(anna.messages)

    await anna.presses("Broken")

    assert len(anna.messages) == before + 1


async def test_somebody_elses_button_is_refused(chat: Chat, core: Core, anna: Member, ben: Member) -> None:
    await anna.says("/forget", in_group=True)
    before = len(anna.messages), len(ben.messages)

    await ben.presses("Again")

    assert core.heard == []
    assert (len(anna.messages), len(ben.messages)) == (before[0], before[1] + 1)
    assert ben.newest.alone
    assert [seen.text for seen in chat.group.messages] == ["who comes?"]


async def test_a_button_for_anyone_answers_whoever_presses_it_alone(
    chat: Chat, core: Core, anna: Member, ben: Member
) -> None:
    await anna.says(ASKED_ALL, in_group=True)
    before = len(anna.messages), len(ben.messages)

    await ben.presses("Show me")

    assert core.heard == [Heard("show", ("day",))]
    assert ben.sees(f"tapped {SECRET}")
    # A platform that answers in the direct chat may say so in a notice.
    assert all(seen.alone for seen in ben.messages[before[1] :])
    assert len(anna.messages) == before[0]
    await anna.presses("Show me")
    assert core.heard == [Heard("show", ("day",))] * 2
    assert anna.sees(f"tapped {SECRET}")
    assert [seen.text for seen in chat.group.messages] == [POINTED]
    assert chat.group.newest.labels == ["Show me", "Enough"]


async def test_a_button_for_anyone_works_after_a_restart(chat: Chat, core: Core, anna: Member, ben: Member) -> None:
    await anna.says(ASKED_ALL, in_group=True)
    await chat.restart()

    await ben.presses("Show me")

    assert core.heard == [Heard("show", ("day",))]


async def test_beside_a_button_for_anyone_one_for_its_person_stays_theirs(
    chat: Chat, core: Core, anna: Member, ben: Member
) -> None:
    await anna.says(ASKED_ALL, in_group=True)
    before = len(anna.messages), len(ben.messages)

    await ben.presses("Enough")

    assert core.heard == []
    assert (len(anna.messages), len(ben.messages)) == (before[0], before[1] + 1)
    assert ben.newest.alone
    assert [seen.text for seen in chat.group.messages] == [POINTED]


async def test_a_button_that_was_carried_off_does_nothing(core: Core, anna: Member, ben: Member) -> None:
    await anna.says("/settings")
    await ben.says("/settings")
    before = len(ben.messages)

    await ben.forges(data_of(anna, "Yes"))

    assert core.heard == []
    assert len(ben.messages) == before + 1


@pytest.mark.parametrize(
    "data",
    [
        "x",
        "tap",
        "tap:1",
        "tap:1.",
        ".",
        ":::",
        "tap:2026-04-14:7.AAAAAAAA",
        "tap.ÄÄÄÄÄÄÄÄ",
        "f:form.AAAAAAAA",
        "9" * 64,
    ],
    ids=lambda data: data[:12],
)
async def test_forged_data_is_refused_kindly(core: Core, anna: Member, data: str) -> None:
    await anna.says("/settings")
    before = len(anna.messages)

    await anna.forges(data)

    assert core.heard == []
    assert len(anna.messages) == before + 1
    assert anna.newest.alone
    await anna.presses("No")
    assert core.heard == [BUTTONS["No"]]


async def test_a_changed_argument_is_refused(core: Core, anna: Member) -> None:
    await anna.says("/settings")

    await anna.forges(data_of(anna, "Yes").replace("2026", "2027"))

    assert core.heard == []


ANSWERS = {CHOICE_LABEL: "Second", TEXT_LABEL: "5 Dec <b>2016</b>", DEFAULT_LABEL: "3"}


@pytest.mark.parametrize("in_group", [False, True], ids=["direct", "group"])
async def test_a_form_brings_its_answers(chat: Chat, core: Core, anna: Member, in_group: bool) -> None:
    await anna.says("/round", in_group=in_group)

    await anna.fills(ANSWERS)

    assert core.heard == [Heard("form", ("3",), {"which": "2", "day": "5 Dec <b>2016</b>", "days": "3"})]
    assert anna.newest.text == "filled"
    assert anna.newest.alone
    assert chat.group.sees_nothing()


async def test_a_form_survives_a_restart(chat: Chat, core: Core, anna: Member) -> None:
    await anna.says("/round")
    await chat.restart()

    await anna.fills(ANSWERS)

    assert [heard.action for heard in core.heard] == ["form"]
