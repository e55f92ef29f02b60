"""The whole program beside fake servers, in one event loop with a probe on it; ``test_loop.py`` runs it as a process.

A process of its own: so what is loaded at its first use is loaded here for the first time, and the garbage collector
finds what it finds in the program.
"""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import aiohttp
from pydantic import SecretStr

import builders
from bot import logs
from bot.care.course import Course
from bot.care.rounds import Round
from bot.chat import people
from bot.crew import Role
from bot.members.member import CONSENT_VERSION
from bot.settings import Settings
from bot.wiring import open_store
from bot.wiring.running import run_process
from e2e.many import gather_crowd
from e2e.program import until
from fakes.discord_people import Person
from fakes.discord_server import FakeDiscord
from fakes.discord_state import Channel
from fakes.loop_probe import LoopProbe
from fakes.telegram import FakeTelegram, Group, User
from offered import COMMANDS
from storage.store import Store

PATIENCE = 200.0
"""Seconds: nothing here is about how soon an answer comes."""

AT_ONCE = 8
"""People who say something at the same moment."""

ANY = " "
"""In every text that the bot writes; Discord shows an empty one while an answer is still to come."""

DAYS = (
    "12 January 2026", "12. Januar 2026", "le 12 janvier 2026", "el 12 de enero de 2026", "12 gennaio 2026",
    "12 de janeiro de 2026", "12 januari 2026", "12 stycznia 2026", "three weeks ago", "the day after tomorrow or so",
)  # fmt: skip
LONG = "why oh why does it take so long? " * 300
DANGER, CRISIS = "I have been coughing up blood since this morning", "I want to kill myself"
MEDICAL, PLAIN = "Should I stop taking the aciclovir?", "will my hair fall out?"
MODERATORS = ("setup", "flags", "flagstats", "audit", "faqadmin")
LAST = ("stop", "forget")
ORDINARY = tuple(name for name in COMMANDS if name not in (*MODERATORS, *LAST, "start"))
SAID = (
    *(f"/{name}" for name in ORDINARY),
    *(f"/faq {words}" for words in ("how long is the drip", "can i drink coffee", LONG)),
    *(f"/settings zone {place}" for place in ("paris", "Nouakchott", "Sprinfield")),
    *(f"/helplines {country}" for country in ("germany", "Frankreich", "xyz" * 30)),
    *(f"/labdone {day}" for day in DAYS),
    *("hello there", LONG, "/labdone " + "1 " * 4000),
)
SET_UP = (
    ("I agree", "Which country"),
    ("United Kingdom", "At what time"),
    ("09:00", "On which day"),
    ("Day of the first infusion", "All set"),
)


def main() -> None:
    """Take a folder, the limit in seconds and how many members are due; print what was over the limit as JSON."""
    folder, limit, members = sys.argv[1:]
    logs.configure("ERROR")
    probe = LoopProbe(float(limit), apart=start.__name__)
    asyncio.run(_journey(probe, Path(folder), int(members)))
    told = {
        "faults": [str(each) for each in probe.faults],
        "at_start": [str(each) for each in probe.held if each.callback == probe.apart],
        "longest": str(probe.longest),
    }
    sys.stdout.write(json.dumps(told, indent=1) + "\n")


async def start(settings: Settings) -> int:
    """Run the program; what this does itself happens before anybody is connected, and after all are gone."""
    store = await open_store(settings)
    try:
        return await run_process(settings, store, Role.ALL)
    finally:
        await store.close()


async def _journey(probe: LoopProbe, folder: Path, members: int) -> None:
    async with FakeTelegram() as telegram, FakeDiscord() as discord:
        settings = Settings(
            _env_file=None,
            telegram_token=SecretStr(telegram.token),
            telegram_api_base=telegram.base_url.removesuffix("/bot"),
            discord_token=SecretStr(discord.token),
            discord_api_base=discord.base_url,
            database_url=f"sqlite:///{folder}/data/roundtable.db",
            data_key=SecretStr(builders.KEY.hex()),
            sweep_seconds=0.5,
            http_port=_free_port(),
        )
        store = await open_store(settings)
        crowd = await gather_crowd(store, telegram, discord, members)
        talkers = await _talkers(store, telegram)
        with probe.watching():
            running = asyncio.create_task(start(settings))
            talking = asyncio.gather(
                _on_telegram(telegram, talkers), _on_discord(discord), until(crowd.is_finished, within=500)
            )
            watching = asyncio.create_task(_monitoring(settings.http_port))
            await asyncio.wait({running, talking}, return_when=asyncio.FIRST_COMPLETED)
            watching.cancel()
            os.kill(os.getpid(), signal.SIGTERM)
            assert await running == 0
            await talking
        await store.close()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def _monitoring(port: int) -> None:
    """Ask how it is, far more often than anybody does."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        while True:
            for path in ("/healthz", "/metrics"):
                with contextlib.suppress(aiohttp.ClientConnectionError):  # it opens its port soon
                    await (await session.get(path)).read()
            await asyncio.sleep(0.5)


async def _talkers(store: Store, telegram: FakeTelegram) -> list[User]:
    """Members who are in the midst of their treatment and get no reminders, one for each text: see ``SAID``."""
    course = Course((Round(1, date(2022, 1, 12), 5), Round(2, date(2023, 1, 18), 3)))
    users = [telegram.user(1000 + number, "Ben", started=True) for number in range(len(SAID))]
    async with store.work() as work:
        for user in users:
            member = builders.member(secrets.token_hex(16), topics=frozenset(), set_up=True)
            await work.members.add(member, people.Person("telegram", str(user.id), "Ben", "en-GB"), CONSENT_VERSION)
            await work.courses.save(member.id, course)
        await work.commit()
    return users


async def _on_telegram(telegram: FakeTelegram, talkers: Sequence[User]) -> None:
    anna, mona = telegram.user(1, "Anna", started=True), telegram.user(2, "Mona", started=True)
    group = telegram.group(-1001000, "Peers", mona, bot_is_admin=True)
    group.add(mona, status="administrator")
    few = asyncio.Semaphore(AT_ONCE)

    async def says(talker: User, text: str) -> None:
        async with few:
            await _says(talker, text)

    await asyncio.gather(
        _telegram_member(anna),
        _in_telegrams_group(mona, group),
        *(says(talker, text) for talker, text in zip(talkers, SAID, strict=True)),
    )


async def _telegram_member(anna: User) -> None:
    await anna.says("/start")
    await anna.waits_for("Do you agree", timeout=PATIENCE)
    for label, then in SET_UP:
        await _pressed(anna, label, then)
    await _says(anna, "/round 1, first day 12 January 2022")
    await _pressed(anna, "Yes, save", "Saved.")
    for name in LAST:
        await _says(anna, f"/{name}")
    await anna.waits_for("Erase everything", timeout=PATIENCE)
    await _pressed(anna, "Yes, erase everything", "Everything is erased")


async def _in_telegrams_group(mona: User, group: Group) -> None:
    await mona.says("good morning all", to=group)
    await mona.waits_for("From now on I read along here", timeout=PATIENCE)
    for text in (CRISIS, DANGER, MEDICAL, PLAIN, LONG):
        await mona.says(text, to=group)
    await mona.waits_for("Only you will see it", timeout=PATIENCE)
    for name in MODERATORS:
        await _says(mona, f"/{name}", group)


async def _says(person: User, text: str, to: Group | None = None) -> None:
    await person.says(text, to=to)
    await person.waits_for(ANY, timeout=PATIENCE)


async def _pressed(person: User, label: str, then: str) -> None:
    await person.presses(label)
    await person.waits_for(then, timeout=PATIENCE)


async def _on_discord(discord: FakeDiscord) -> None:
    guild = next(iter(discord.world.guilds.values()))
    talk = guild.channel("talk")
    anna, mona = (discord.user(name, locale="en-GB") for name in ("Anna", "Mona"))
    guild.add(anna)
    guild.add(mona, "manage_messages")
    await discord.bot_is_ready(PATIENCE)
    await discord.bot_has_commands("start", "nextlab", "round")
    await asyncio.gather(_discord_member(anna), _in_discords_channel(mona, talk))


async def _discord_member(anna: Person) -> None:
    await anna.uses("/start")
    await anna.waits_for("Do you agree", timeout=PATIENCE)
    for label, then in SET_UP:
        await anna.presses(label)
        await anna.waits_for(then, timeout=PATIENCE)
    for number, day in ((1, "12 January 2022"), (2, "18 January 2023")):
        await anna.uses("/round", action="add", number=number, first_day=day)
        await anna.waits_for("Did I understand", timeout=PATIENCE)
        await anna.presses("Yes, save")
        await anna.waits_for("Saved.", timeout=PATIENCE)
    for word in ("bost", "Sprinfield"):
        await anna.completes("/settings", "value", word, setting="zone")
    await anna.completes("/faq", "words", "how long is the dr")
    for name in (*ORDINARY, *LAST):
        if name != "flag":
            await _uses(anna, name)
    await anna.waits_for("Erase everything", timeout=PATIENCE)
    await anna.presses("Yes, erase everything")
    await anna.waits_for("Everything is erased", timeout=PATIENCE)


async def _in_discords_channel(mona: Person, talk: Channel) -> None:
    for text in (CRISIS, DANGER, MEDICAL, PLAIN, LONG[:1900]):
        await mona.says(text, talk)
    await mona.waits_for("Only you will see it", timeout=PATIENCE)
    for name in MODERATORS:
        await mona.uses(f"/{name}", in_=talk)


async def _uses(person: Person, name: str) -> None:
    last = person.sees[-1]
    await person.uses(f"/{name}")
    await person.waits_for(ANY, timeout=PATIENCE, after=last)


if __name__ == "__main__":
    main()
