"""The whole journey over Telegram: the real program as a process against a fake server on loopback."""

from pathlib import Path

import pytest

from e2e.program import Program, Soon, fresh_record
from fakes.telegram import FakeTelegram

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


async def test_a_member_gets_through_the_whole_journey(tmp_path: Path) -> None:
    record = fresh_record("telegram")
    soon = Soon.make()
    async with FakeTelegram(record_to=record) as telegram:
        program = Program(
            tmp_path, {"TELEGRAM_TOKEN": telegram.token, "TELEGRAM_API_BASE": telegram.base_url.removesuffix("/bot")}
        )
        async with program:
            await _journey(telegram, program, soon)
        said = program.said()
    assert "Anna" not in said
    assert telegram.token not in said


async def _journey(telegram: FakeTelegram, program: Program, soon: Soon) -> None:  # noqa: PLR0915 - one dialogue, in its order
    anna = telegram.user(1001, "Anna", language_code="en")
    ben = telegram.user(1002, "Ben", language_code="en")
    group = telegram.group(-1001000, "Peers", anna, ben, bot_is_admin=False)

    # In the group, before she ever spoke with the bot: nothing but a neutral nudge.
    await anna.says("/nextlab@RoundtableTestBot", to=group)
    await anna.waits_for("private", timeout=30)

    await anna.says("/start")
    await anna.waits_for("Do you agree", timeout=20)
    await anna.presses("I agree")
    await anna.waits_for("Which country")
    await anna.presses("United Kingdom")
    await anna.waits_for("At what time")
    await anna.presses("09:00")
    await anna.waits_for("On which day")
    await anna.presses("Another day")
    await anna.waits_for("1 to 31")
    await anna.says(str(soon.day_of_month))
    await anna.waits_for("All set")
    await anna.says(f"/settings zone {soon.zone}")
    await anna.waits_for("Your settings")
    await anna.says(f"/settings hour {soon.at}")
    await anna.waits_for(f"Time of day: {soon.at}")

    await anna.says(f"/round 1, first day {soon.two_months_ago}, 5 days")
    await anna.waits_for("Saved.")
    await anna.says("/round 2, first day 3 March 2099")
    await anna.waits_for("Tuesday, 3 March 2099")
    await anna.presses("Yes, save")
    await anna.waits_for("Saved.")
    await anna.says("/countdown")
    await anna.waits_for("days to go until round 2")
    await anna.says("/nextlab")
    await anna.waits_for("That is today.")

    reminder = await anna.waits_for("due today", timeout=soon.wait + 60)
    await anna.presses("Done", message=reminder)
    await anna.waits_for("Recorded: samples taken on")

    # Killed, started anew: a button from before still works.
    recorded = next(message for message in reversed(anna.sees) if "Recorded" in message.text)
    await program.kill()
    await program.start()
    await anna.presses("Undo", message=recorded)
    await anna.waits_for("Taken back", timeout=30)

    # A personal command in the group: the answer comes in private, and nothing of it is in the group.
    await anna.says("/nextlab@RoundtableTestBot", to=group)
    await anna.waits_for("Your next monthly test", timeout=20)
    await anna.says("/countdown@RoundtableTestBot share", to=group)
    await ben.waits_for("days to go!", after=ben.sees[-1] if ben.sees else None, timeout=20)
    public = group.public_text()
    for word in ("test", "round 2", "blood", "2099", soon.two_months_ago):
        assert word not in public.replace("Test Bot", "").lower(), public

    await anna.says("/forget")
    await anna.waits_for("Erase everything")
    await anna.presses("Yes, erase")
    await anna.waits_for("Everything is erased")
    await anna.says("/nextlab")
    await anna.waits_for("Please use /start first")
