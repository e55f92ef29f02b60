"""The whole journey where no health word may appear: ``unit.words.test_messages`` says which words, and why."""

from datetime import UTC, datetime

import pytest

from bot.chat.capabilities import Capabilities
from bot.chat.people import Reader
from bot.chat.replies import say
from bot.words.presenting import Screen
from offered import ACTIONS, COMMANDS, FORMS
from storage.store import Store
from unit.journey.talk import GUIDED, NEUTRAL, NEUTRAL_GUIDED, Talk, Voice
from unit.words.test_messages import HEALTH

USED = (
    "/countdown", "/next", "/history", "/mydates", "/done", "/mydates 1, first day 5 Dec 2025", "/mydates 1 2025-12-05",
    "/mydates 2 2026-04-01", "/mydates 3 2026-04-02", "/mydates 3 2020-04-02", "/mydates", "/mydates 1", "/mydates 9",
    "/mydates move", "/mydates move 2", "/mydates end 1", "/mydates end 2", "/mydates remove 2",
    "/mydates 99 2026-01-01", "/mydates 3 2027-01-01 11 days", "/mydates x", "/mydates add",
    "/mydates 1 5 Dec 2025 4 days", "/countdown", "/countdown share", "/countdown x", "/next", "/done 2026-03-05",
    "/done", "/done yesterday", "/done tomorrow", "/done 2024-01-01", "/history", "/settings", "/settings reminders",
    "/settings day", "/settings lead", "/settings wording", "/settings zone", "/settings country Japan",
    "/settings quiet", "/settings x", "/help", "/privacy", "/forget", "/stop", "/next", "/start",
)  # fmt: skip
TAPPED = (
    ("/next", "Later", "Not this month", "Undo"),
    ("/next", "Done"),
    ("/next", "Change day", "10"),
    ("/mydates 2", "Move or postpone"),
    ("/mydates 1", "It ended early", "After day 1", "Undo"),
    ("/mydates 2", "Remove", "Yes, remove it", "Undo"),
    ("/history", "Later dates"),
    ("/settings reminders", "Turn on: a week after"),
    ("/settings reminders", "Turn on: milestones"),
    ("/settings reminders", "dates ahead"),
)


def shown_by(screen: Screen) -> list[str]:
    """Everything of a screen that is read or goes over the wires, but for the proofs in tokens."""
    texts = [*screen.pages, screen.share or ""]
    for key in (key for row in screen.keys for key in row):
        texts += [key.label, key.data.rpartition(".")[0]]
    if screen.form:
        texts += [screen.form.title, screen.form.data.rpartition(".")[0]]
        for field in screen.form.fields:
            texts += [field.name, field.label, field.hint, *(part for choice in field.choices for part in choice)]
    return texts


@pytest.mark.parametrize("capabilities", [NEUTRAL, NEUTRAL_GUIDED], ids=["forms", "guided"])
async def test_no_health_word_is_shown_anywhere_in_the_journey(store: Store, capabilities: Capabilities) -> None:
    talk = Talk(store, capabilities)
    anna = talk.person()
    for text in ("/help", "/privacy", "/start", "/next", "/nxt", "hello"):
        await anna.says(text)
    await anna.joins()
    for text in (*USED, *(f"/help {name}" for name in COMMANDS)):
        await anna.says(text)
    await anna.says("/countdown share", in_group=True)
    for command, *labels in TAPPED:
        await anna.says(command)
        for label in labels:
            await anna.presses(label)
    await hear_reminders(anna)
    talk.clock.at = datetime(2030, 6, 1, 9, tzinfo=UTC)
    await talk.sweep()
    for text in ("/next", "/countdown", "/history"):
        await anna.says(text)
    assert len(talk.shown) > len(USED)
    found = {text: HEALTH.findall(text) for screen in talk.shown for text in shown_by(screen) if HEALTH.search(text)}
    assert found == {}


async def hear_reminders(anna: Voice) -> None:
    """Let the next reminders come, and press the first button of each row under them."""
    for _ in range(8):
        anna.talk.clock.at = (await _next_due(anna.talk)) or anna.talk.clock.at
        for screen in (await anna.talk.sweep()).screens[:1]:
            for row in screen.keys:
                await anna.presses_old(row[0])


async def _next_due(talk: Talk) -> datetime | None:
    async with talk.store.work() as work:
        return await work.reminders.next_due()


def test_no_health_word_stands_in_what_a_menu_shows() -> None:
    for command in COMMANDS.values():
        assert not HEALTH.search(command.shown_name(discreet=True))
        for argument in command.arguments:
            assert not HEALTH.search(argument.name)
            assert not any(HEALTH.search(choice) for choice in argument.choices)


async def test_no_health_word_stands_in_the_help_of_commands_and_arguments(store: Store) -> None:
    talk = Talk(store, NEUTRAL)
    for name, command in COMMANDS.items():
        keys = [f"command.{name}.help", f"command.{name}.example"]
        keys += [f"command.{name}.{argument.name}" for argument in command.arguments]
        for key in keys:
            assert not HEALTH.search(talk.presenter.label(say(key), Reader("en-GB")))


def test_what_goes_over_the_wires_names_nothing() -> None:
    for name in (*ACTIONS, *FORMS, *(field.name for form in FORMS.values() for field in form.fields)):
        assert not HEALTH.search(name)


@pytest.mark.parametrize("name", ["nextlab", "labdone", "labs", "round"], ids=str)
def test_a_command_named_after_health_has_another_name(name: str) -> None:
    assert COMMANDS[name].discreet_name
    assert COMMANDS[name].shown_name(discreet=False) == name


async def test_the_answer_to_a_press_is_discreet_where_the_member_chose_so(store: Store) -> None:
    anna = await Talk(store, GUIDED).person().joins()
    await anna.has_round()
    await anna.says("/settings wording discreet")
    await anna.says("/nextlab")
    assert anna.sees("Your next monthly test")
    await anna.presses("Done")
    assert anna.sees("Recorded: done on Tuesday, 10 March 2026.")
    assert not HEALTH.search(anna.text)
