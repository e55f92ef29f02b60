"""The whole journey over Discord: the real program as a process against a fake REST server and gateway on loopback."""

import asyncio
from pathlib import Path

import pytest

from e2e.program import Program, Soon, fresh_record
from fakes.discord_people import Person
from fakes.discord_server import FakeDiscord
from fakes.discord_state import Channel

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


async def test_a_member_gets_through_the_whole_journey(tmp_path: Path) -> None:
    record = fresh_record("discord")
    async with FakeDiscord(record_to=record) as discord:
        program = Program(tmp_path, {"DISCORD_TOKEN": discord.token, "DISCORD_API_BASE": discord.base_url})
        async with program:
            await _journey(discord, program, Soon.make())
        said = program.said()
    assert "Anna" not in said
    assert discord.token not in said


async def _offers_boston(anna: Person, talk: Channel) -> None:
    """The index of cities is built soon after the start; what comes too late for Discord is offered the next time."""
    async with asyncio.timeout(30):
        while True:
            choices = await anna.completes("/settings", "value", "bost", in_=talk, setting="zone")
            if any("Boston" in choice.name for choice in choices):
                return
            await asyncio.sleep(0.5)


async def _journey(discord: FakeDiscord, program: Program, soon: Soon) -> None:  # noqa: PLR0915 - one dialogue, in its order
    guild = discord.guild("Peers", "talk")
    talk = guild.channel("talk")
    anna, ben = discord.user("Anna", locale="en-GB"), discord.user("Ben", locale="en-US")
    guild.add(anna)
    guild.add(ben)
    await discord.bot_is_ready(60)
    await discord.bot_has_commands("start", "nextlab", "round")

    await anna.uses("/start", in_=talk)
    await anna.waits_for("This platform's rules")
    await anna.presses("I agree")
    await anna.waits_for("Which country")
    await anna.presses("United Kingdom")
    await anna.waits_for("At what time")
    await anna.presses("09:00")
    await anna.waits_for("On which day")
    await anna.presses("Another day")
    await anna.fills({"Which day of the month, 1 to 31?": str(soon.day_of_month)})
    await anna.waits_for("All set")
    await _offers_boston(anna, talk)
    await anna.uses("/settings", in_=talk, setting="zone", value=soon.zone)
    await anna.waits_for("Your settings")
    await anna.uses("/settings", in_=talk, setting="hour", value=soon.at)
    await anna.waits_for(f"Time of day: {soon.at}")

    await anna.uses("/round", in_=talk, action="add", number=1, first_day=soon.two_months_ago)
    await anna.waits_for("Saved.")
    await anna.uses("/round", in_=talk)
    await anna.waits_for("Your rounds")
    await anna.presses("Add a round")
    await anna.fills({"Which round is it?": "Round 2", "What is the first infusion day?": "3 March 2099"})
    await anna.waits_for("Tuesday, 3 March 2099")
    await anna.presses("Yes, save")
    await anna.waits_for("Saved.")
    await anna.uses("/countdown", in_=talk)
    await anna.waits_for("days to go until round 2")
    await anna.uses("/nextlab", in_=talk)
    await anna.waits_for("That is today.")

    # Unasked, Discord gets no health word.
    reminder = await anna.waits_for("Your monthly date is today", timeout=soon.wait + 60)
    assert reminder.channel is anna.dm
    assert not {"test", "blood", "urine", "lab"} & set(reminder.content.lower().split())
    await anna.presses("Done", message=reminder)
    await anna.waits_for("Recorded: samples taken on")

    # Killed, started anew: a button from before still works, and the commands are not registered again.
    recorded = next(message for message in reversed(anna.sees) if "Recorded" in message.content)
    registered = len(discord.asked("PUT /applications/*/commands"))
    await program.kill()
    await program.start()
    await discord.bot_is_ready(60, identified=2)
    await anna.presses("Undo", message=recorded)
    await anna.waits_for("Taken back", timeout=30)
    assert len(discord.asked("PUT /applications/*/commands")) == registered

    await anna.uses("/countdown", in_=talk, share="share")
    await ben.waits_for("days to go!", timeout=20)
    public = talk.public_text()
    for word in ("test", "round", "blood", "2099", "privacy", soon.two_months_ago):
        assert word not in public.lower(), public

    await anna.uses("/forget", in_=talk)
    await anna.waits_for("Erase everything")
    await anna.presses("Yes, erase everything")
    await anna.waits_for("Everything is erased")
    await anna.uses("/nextlab", in_=talk)
    await anna.waits_for("Please use /start first")
