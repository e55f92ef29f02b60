"""One adapter and its workers as processes of their own over one PostgreSQL: who does what, and who may run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

import builders
from bot.cli.run import WRONG_SETTING
from bot.crew import LEASE
from bot.reminders.reminder import Status
from bot.reminders.sweep import IN_FLIGHT
from e2e.many import SETTINGS, Crowd, Ledger, Row, gather_crowd, platforms
from e2e.program import Program, Soon, until
from fakes.discord_people import Person
from fakes.discord_server import FakeDiscord
from fakes.discord_state import Channel
from fakes.telegram import FakeTelegram, User, hangs
from storage import tables

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

_TAKEN = "Another process already receives messages for this database: stop it first"


@dataclass
class Town:
    """Both platforms, and the processes that run over one database; ``crowd`` are its members."""

    telegram: FakeTelegram
    discord: FakeDiscord
    folder: Path
    settings: dict[str, str]
    crowd: Crowd

    def program(self, role: str, name: str) -> Program:
        """A process that does not run yet."""
        return Program(self.folder, self.settings, role, name)

    async def receives(self, *, identified: int = 1) -> None:
        """Wait until somebody receives from both platforms."""
        await until(lambda: self.telegram.world.polls > 0)
        await self.discord.bot_is_ready(60, identified=identified)

    async def ages(self, holder: str) -> None:
        """Let a process not have shown for so long that it counts as dead."""
        async with self.crowd.store.work() as work:
            past = datetime.now(UTC) - timedelta(seconds=1)
            await work.connection.execute(
                update(tables.leases).values(until=past).where(tables.leases.c.holder == holder)
            )
            await work.commit()


@asynccontextmanager
async def town_over(url: str, folder: Path, members: int = 0) -> AsyncIterator[Town]:
    """A town in which nobody runs yet, with so many members who are due."""
    async with FakeTelegram() as telegram, FakeDiscord() as discord, builders.open_store(url) as store:
        settings = {**SETTINGS, **platforms(telegram, discord), "DATABASE_URL": url, "LOG_LEVEL": "INFO"}
        yield Town(telegram, discord, folder, settings, await gather_crowd(store, telegram, discord, members))


@pytest.mark.postgres
async def test_who_joins_through_the_adapter_is_reminded_by_the_worker(postgres_url: str, tmp_path: Path) -> None:
    soon = Soon.make()
    async with town_over(postgres_url, tmp_path) as town:
        anna, ben = town.telegram.user(1001, "Anna"), town.discord.user("Ben", locale="en-GB")
        (guild,) = town.discord.world.guilds.values()
        guild.add(ben)
        async with town.program("adapter", "adapter"):
            await town.receives()
            await town.discord.bot_has_commands("start", "settings", "round")
            await _joins_on_telegram(anna, soon)
            await _joins_on_discord(ben, guild.channel("talk"), soon)
            # Both are due by now, and only wait for somebody who sends.
            assert [row.status for row in await _due(town)] == [Status.PENDING, Status.PENDING]
            async with town.program("worker", "worker"):
                to_anna = await anna.waits_for("due today", timeout=60)
                to_ben = await ben.waits_for("Your monthly date is today", timeout=60)
                await anna.presses("Done", message=to_anna)
                await anna.waits_for("Recorded: samples taken on")
                await ben.presses("Done", message=to_ben)
                await ben.waits_for("Recorded: samples taken on")
        assert [row.status for row in await _due(town)] == [Status.SENT, Status.SENT]


async def _due(town: Town) -> list[Row]:
    async with town.crowd.store.look() as work:
        found = await work.connection.execute(
            select(tables.reminders.c.id).where(tables.reminders.c.due_at <= datetime.now(UTC))
        )
        town.crowd.due = frozenset(found.scalars())
    return list(await town.crowd.rows())


async def _joins_on_telegram(anna: User, soon: Soon) -> None:
    await anna.says("/start")
    await anna.waits_for("Do you agree", timeout=30)
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
    # It is around noon there, so that the test of today is due.
    await anna.says(f"/settings zone {soon.zone}")
    await anna.waits_for("Your settings")
    await anna.says(f"/round 1, first day {soon.two_months_ago}, 5 days")
    await anna.waits_for("Saved.")


async def _joins_on_discord(ben: Person, talk: Channel, soon: Soon) -> None:
    await ben.uses("/start", in_=talk)
    await ben.waits_for("This platform's rules")
    await ben.presses("I agree")
    await ben.waits_for("Which country")
    await ben.presses("United Kingdom")
    await ben.waits_for("At what time")
    await ben.presses("09:00")
    await ben.waits_for("On which day")
    await ben.presses("Another day")
    await ben.fills({"Which day of the month, 1 to 31?": str(soon.day_of_month)})
    await ben.waits_for("All set")
    await ben.uses("/settings", in_=talk, setting="zone", value=soon.zone)
    await ben.waits_for("Your settings")
    await ben.uses("/round", in_=talk, action="add", number=1, first_day=soon.two_months_ago)
    await ben.waits_for("Saved.")


@pytest.mark.postgres
async def test_a_second_adapter_is_refused_and_one_that_was_killed_waits_for_nothing(
    postgres_url: str, tmp_path: Path
) -> None:
    async with town_over(postgres_url, tmp_path) as town:
        anna = town.telegram.user(1001, "Anna")
        async with town.program("adapter", "first") as first:
            await town.receives()
            second = town.program("adapter", "second")
            await second.start()
            assert await second.ends(within=120) == 1
            assert second.said().splitlines()[-1].startswith(f"run: {_TAKEN}")
            await anna.says("/start")
            await anna.waits_for("Do you agree", timeout=30)

            await first.kill()
            await first.start()
            await town.receives(identified=2)
            await anna.says("/help")
            await anna.waits_for("What I can do", timeout=30)
            assert "waiting_for_lease" not in first.said()
            assert first.runs


@pytest.mark.parametrize("role", ["adapter", "worker"])
async def test_sqlite_serves_one_process(sqlite_url: str, tmp_path: Path, role: str) -> None:
    program = Program(tmp_path, {"TELEGRAM_TOKEN": "1:A", "DATABASE_URL": sqlite_url}, role)
    await program.start()
    assert await program.ends(within=120) == WRONG_SETTING
    assert program.said() == (
        f"run: --role {role} needs PostgreSQL: SQLite serves one process, which is --role all. Set DATABASE_URL.\n"
    )


@pytest.mark.postgres
@pytest.mark.soak
@pytest.mark.parametrize(
    "really",
    [False, pytest.param(True, marks=pytest.mark.timeout(400))],
    ids=["as good as", "for longer than a lease"],
)
async def test_a_worker_that_stood_still_does_nothing_twice_and_goes_on(
    postgres_url: str, tmp_path: Path, really: bool
) -> None:
    async with town_over(postgres_url, tmp_path, members=24) as town, AsyncExitStack() as running:
        crowd, ledger = town.crowd, Ledger(town.crowd)
        # Both workers have calls under way that take their time.
        town.telegram.fail_next("sendMessage", 2 * IN_FLIGHT, kind=hangs(3))
        still = await running.enter_async_context(town.program("worker", "still"))
        await until(lambda: bool(crowd.discord.asked("POST /channels/*/messages")))
        await _stands_still_between_transactions(crowd, still)
        holder = await crowd.holder_of(still)
        ledger.kills.append([row for row in await crowd.rows(Status.SENDING) if row.is_of(holder)])
        other = await running.enter_async_context(town.program("worker", "other"))
        if really:
            await asyncio.sleep(LEASE.total_seconds() + 1)
        else:
            await town.ages(holder)
        await until(crowd.is_finished, 120)
        assert await crowd.holder_of(still) == ""
        still.go_on()
        await until(lambda: _is_back(crowd, still))
        await ledger.settles()
        assert still.runs
        assert other.runs


async def _stands_still_between_transactions(crowd: Crowd, program: Program) -> None:
    """Let the only process that runs stand still where it locks nothing: the database would wait for it to go on."""
    begun = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
    )
    while True:
        program.stand_still()
        await asyncio.sleep(0.05)
        async with crowd.store.look() as work:
            if (await work.connection.execute(begun)).scalar_one() == 0:
                return
        program.go_on()
        await asyncio.sleep(0.05)


async def _is_back(crowd: Crowd, program: Program) -> bool:
    return await crowd.holder_of(program) != ""


@pytest.mark.postgres
@pytest.mark.soak
async def test_an_adapter_that_stood_still_and_was_replaced_ends_by_itself(postgres_url: str, tmp_path: Path) -> None:
    async with town_over(postgres_url, tmp_path) as town, AsyncExitStack() as running:
        anna = town.telegram.user(1001, "Anna")
        still = town.program("adapter", "still")
        await still.start()
        await town.receives()
        still.stand_still()
        await town.ages(await town.crowd.holder_of(still))
        await running.enter_async_context(town.program("adapter", "other"))
        await town.receives(identified=2)
        still.go_on()
        assert await still.ends(within=60) == 1
        assert _TAKEN in still.said()
        await anna.says("/start")
        await anna.waits_for("Do you agree", timeout=30)
