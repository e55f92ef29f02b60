"""How commands, buttons and forms are answered, over the real library."""

import pytest

from fakes.discord_people import Person
from fakes.discord_server import FakeDiscord
from fakes.discord_state import Channel, Guild, Message
from unit.adapters.discord.rig import SECRET, SHARED, SLOW, Rig

WRITTEN = "I have written to you in our direct messages."


def answers(person: Person) -> list[Message]:
    return [message for message in person.sees if message.author.bot]


async def test_a_command_in_a_group_is_answered_to_its_person_alone(rig: Rig, anna: Person, general: Channel) -> None:
    await anna.uses("/nextlab", general)
    await rig.settle()
    (shown,) = answers(anna)
    assert (shown.content, shown.ephemeral) == (f"**Next**\nYour {SECRET}", True)
    assert [button.label for button in shown.buttons] == ["Again", "Slowly"]
    assert general.public_text() == ""


async def test_a_command_in_the_direct_chat_is_answered_plainly(rig: Rig, anna: Person) -> None:
    await anna.uses("/nextlab")
    await rig.settle()
    assert [message.ephemeral for message in answers(anna)] == [False]


async def test_what_the_core_hears_names_person_place_and_arguments(rig: Rig, anna: Person, general: Channel) -> None:
    await anna.uses("/countdown", general, pace="now", share="share")
    await rig.settle()
    (call,) = rig.memory.calls
    assert (call.person.id, call.person.name, call.person.locale) == (str(anna.id), "anna", "en-GB")
    assert (call.place.id, call.place.direct) == (str(general.id), False)
    assert call.arguments == {"pace": "now", "share": "share"}


async def test_what_is_shared_is_posted_after_the_answer_and_alone(rig: Rig, anna: Person, general: Channel) -> None:
    await anna.uses("/countdown", general)
    await rig.settle()
    assert general.public_text() == SHARED
    assert [message.ephemeral for message in answers(anna)] == [True, False]


async def test_long_answers_and_many_buttons_go_over_several_messages(rig: Rig, anna: Person, general: Channel) -> None:
    await anna.uses("/labs", general)
    await rig.settle()
    shown = answers(anna)
    labels = [[button.label for button in message.buttons] for message in shown]
    assert labels == [[], [f"Day {n}" for n in range(25)], [f"Day {n}" for n in range(25, 30)]]
    assert [len(message.attachments) for message in shown] == [0, 1, 0]
    assert all(message.ephemeral for message in shown)
    await anna.presses("Day 29")
    await rig.settle()
    assert rig.memory.calls[-1].taps == ("29",)


async def test_a_direct_answer_is_sent_to_the_direct_chat_and_said_so_here(
    rig: Rig, anna: Person, general: Channel
) -> None:
    await anna.uses("/stop", general)
    await rig.settle()
    here, there = answers(anna)
    assert (here.content, here.ephemeral, here.channel) == (WRITTEN, True, general)
    assert (there.content, len(there.attachments), there.channel) == (f"Alone {SECRET}", 1, anna.dm)
    assert general.public_text() == ""


async def test_a_direct_answer_is_shown_alone_where_the_direct_chat_is_closed(
    rig: Rig, anna: Person, general: Channel
) -> None:
    anna.blocks_bot()
    await anna.uses("/stop", general)
    await rig.settle()
    (shown,) = answers(anna)
    assert (shown.content, shown.ephemeral, len(shown.attachments)) == (f"Alone {SECRET}", True, 1)
    assert general.public_text() == ""


async def test_a_form_is_a_modal_and_its_empty_choice_is_empty(rig: Rig, anna: Person, general: Channel) -> None:
    await anna.uses("/round", general)
    assert anna.open_modal is not None
    assert anna.open_modal.title == "Two questions"
    await anna.fills({"How many?": "The usual", "Which day?": "5 Dec"})
    await rig.settle()
    assert rig.memory.calls[-1].arguments.get("days", "") == ""
    assert rig.memory.calls[-1].arguments["day"] == "5 Dec"
    assert rig.memory.calls[-1].taps == ("1",)
    assert answers(anna)[-1].ephemeral


async def test_a_field_with_a_default_can_be_left_alone(rig: Rig, anna: Person) -> None:
    await anna.uses("/round")
    await anna.fills({"Which day?": "5 Dec"})
    await rig.settle()
    assert rig.memory.calls[-1].arguments.get("days", "") == ""
    assert rig.memory.calls[-1].arguments["day"] == "5 Dec"


async def test_what_is_said_before_a_form_stands_in_it(rig: Rig, anna: Person, general: Channel) -> None:
    await anna.uses("/settings", general)
    assert rig.task
    assert anna.open_modal is not None
    assert anna.open_modal.payload["components"][0]["content"] == f"Before {SECRET}"
    assert answers(anna) == []


@pytest.mark.parametrize("command", ["/round", "/settings"], ids=["bare", "with words"])
async def test_a_form_that_comes_late_waits_behind_a_button(
    rig: Rig, anna: Person, general: Channel, command: str
) -> None:
    await anna.uses(command, general, pace=SLOW)
    rig.memory.gate.set()
    await rig.settle()
    (waiting,) = answers(anna)
    assert waiting.ephemeral
    assert [button.label for button in waiting.buttons] == ["Continue"]
    await rig.stop()
    await rig.start()
    await anna.presses("Continue")
    await anna.fills({"Which day?": "5 Dec"})
    await rig.settle()
    assert rig.memory.calls[-1].arguments["day"] == "5 Dec"
    assert [message.content for message in answers(anna)] == [f"Noted {SECRET}"]
    assert general.public_text() == ""


async def test_somebody_elses_form_button_opens_nothing(rig: Rig, anna: Person, ben: Person, general: Channel) -> None:
    await anna.uses("/round", general, pace=SLOW)
    rig.memory.gate.set()
    await rig.settle()
    data = answers(anna)[-1].buttons[0].custom_id or ""
    await ben.uses("/nextlab", general)
    await ben.press_custom_id(answers(ben)[-1], data)
    await rig.settle()
    assert ben.open_modal is None
    assert len(answers(ben)) == 2


@pytest.mark.parametrize(
    ("command", "hidden"), [("/nextlab", True), ("/forget", False)], ids=["private answer", "answer for all"]
)
async def test_a_slow_command_is_deferred_and_then_answered(
    rig: Rig, anna: Person, general: Channel, command: str, hidden: bool
) -> None:
    used = await anna.uses(command, general, pace=SLOW)
    assert used.callback_type == 5
    assert used.answer is not None
    assert used.answer.ephemeral
    rig.memory.gate.set()
    await rig.settle()
    (shown,) = answers(anna)
    assert (shown.ephemeral, shown.loading) == (hidden, False)


async def test_a_slow_press_changes_its_message_in_the_end(rig: Rig, anna: Person, general: Channel) -> None:
    await anna.uses("/nextlab", general)
    pressed = await anna.presses("Slowly")
    assert pressed.callback_type == 6
    rig.memory.gate.set()
    await rig.settle()
    assert [message.content for message in answers(anna)] == [f"Once more {SECRET}"]
    assert general.public_text() == ""


async def test_a_slow_private_answer_under_a_message_for_all_stays_private(
    rig: Rig, anna: Person, ben: Person, general: Channel
) -> None:
    await anna.uses("/forget", general)
    await anna.presses("Slowly")
    rig.memory.gate.set()
    await rig.settle()
    assert [message.content for message in answers(ben)] == ["Who comes?"]
    assert answers(anna)[-1].ephemeral
    assert SECRET not in general.public_text()


async def test_values_are_offered_while_an_option_is_typed(rig: Rig, anna: Person, general: Channel) -> None:
    assert rig.task
    offered = await anna.completes("/countdown", "zone", "Ber", general)
    assert offered == [("As typed", "zone-Ber")]


async def test_offered_questions_are_shown_as_far_as_there_is_room_and_carry_their_entry(
    rig: Rig, anna: Person, general: Channel
) -> None:
    assert rig.task
    offered = await anna.completes("/countdown", "zone", "how", general)
    assert offered == [("How long? ".ljust(100, "x"), "day-length"), ("How? ".ljust(99, "x") + "…", "y" * 100)]


async def test_values_that_take_too_long_are_not_offered(rig: Rig, anna: Person) -> None:
    assert rig.task
    assert await anna.completes("/countdown", "zone", SLOW) == []


@pytest.mark.parametrize("text", ["/nextlab", "/NextLab now"], ids=["bare", "with words"])
async def test_a_command_typed_out_in_the_direct_chat_is_answered(rig: Rig, anna: Person, text: str) -> None:
    await anna.says(text)
    await rig.settle()
    assert SECRET in answers(anna)[-1].content


async def test_a_form_asked_for_in_writing_is_asked_step_by_step(rig: Rig, anna: Person) -> None:
    await anna.says("/round")
    await rig.settle()
    assert "How many?" in answers(anna)[-1].content
    await anna.presses("Three")
    await rig.settle()
    await anna.says("5 Dec")
    await rig.settle()
    assert rig.memory.calls[-1].arguments == {"days": "3", "day": "5 Dec"}


async def test_a_command_typed_out_in_a_group_is_not_answered(rig: Rig, anna: Person, general: Channel) -> None:
    await anna.says("/nextlab", general)
    await rig.settle()
    assert answers(anna) == []
    assert rig.memory.calls == []


async def test_an_edited_message_is_no_new_command(rig: Rig, anna: Person) -> None:
    message = await anna.says("/nextlab")
    await rig.settle()
    await anna.edits(message, "/labdone")
    await rig.settle()
    assert len(answers(anna)) == 1


async def test_what_the_core_refuses_leaves_the_pressed_message(
    server: FakeDiscord, rig: Rig, anna: Person, general: Channel
) -> None:
    await anna.uses("/nextlab", general)
    await rig.settle()
    await anna.press_custom_id(answers(anna)[-1], "forged")
    await rig.settle()
    first, second = answers(anna)
    assert SECRET in first.content
    assert second.ephemeral
    assert not server.unknown_requests


async def test_other_bots_are_not_answered(server: FakeDiscord, rig: Rig, guild: Guild) -> None:
    other = server.user("other")
    other.bot = True
    guild.add(other)
    await other.says("/nextlab", guild.channel("general"))
    await rig.settle()
    assert rig.memory.calls == []
    assert answers(other)[:-1] == []


async def test_no_message_notifies_anybody(rig: Rig, anna: Person, general: Channel, server: FakeDiscord) -> None:
    for command in ("/nextlab", "/countdown", "/forget"):
        await anna.uses(command, general)
        await rig.settle()
    bodies = [entry["json"].get("data", entry["json"]) for entry in server.requests if entry["method"] == "POST"]
    sent = [body for body in bodies if body.get("content")]
    assert len(sent) == 4
    assert all(body["allowed_mentions"] == {"parse": []} for body in sent)
