"""Killed at random moments, the real program loses no reminder, and repeats no more than it had under way."""

import asyncio
import itertools
import os
import random
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

import builders
from bot.reminders.sweep import IN_FLIGHT
from e2e.many import REPEATS, SETTINGS, Crowd, Figures, Ledger, gather_crowd, platforms
from e2e.program import Program, until
from fakes.discord_server import FakeDiscord
from fakes.telegram import FakeTelegram, hangs

pytestmark = [pytest.mark.e2e]

_LOOK = 0.02
"""Seconds between two looks at how many messages are out."""

_START_SECONDS = 3.0
"""About what a start takes: so long after one a process may be killed that has sent nothing yet."""

_PATIENCE = 240
"""Seconds without any message after which a run has come to a halt."""


@dataclass(frozen=True)
class Size:
    """How much a run does: so many members, and so many times that processes are killed."""

    members: int
    rounds: int


SHORT = Size(members=180, rounds=5)
LONG = Size(members=4445, rounds=200)
"""With two reminders for every eighth member, 5,000 reminders."""


def _sizes(short_seconds: int, long_seconds: int) -> Sequence[object]:
    return (
        pytest.param(SHORT, id="short", marks=pytest.mark.timeout(short_seconds)),
        pytest.param(LONG, id="long", marks=(pytest.mark.soak, pytest.mark.timeout(long_seconds))),
    )


@contextmanager
def seeded() -> Iterator[tuple[int, random.Random]]:
    """Chance that can be had again: KILL_SEED, or else a new seed, which a failure names."""
    seed = int(os.environ.get("KILL_SEED") or secrets.randbits(32))
    chance = random.Random(seed)  # noqa: S311 - when to kill guards no secret
    try:
        yield seed, chance
    except BaseException as error:
        error.add_note(f"Again with KILL_SEED={seed}; what the processes do meanwhile is up to the machine.")
        raise


@asynccontextmanager
async def crowd_on(url: str, members: int) -> AsyncIterator[Crowd]:
    """Members who are all due, on both platforms."""
    async with FakeTelegram() as telegram, FakeDiscord() as discord, builders.open_store(url) as store:
        yield await gather_crowd(store, telegram, discord, members)


@dataclass
class Run:
    """Processes over one database that are killed and started again until everything is sent."""

    ledger: Ledger
    programs: Sequence[Program]
    chance: random.Random

    async def rounds(self, count: int) -> None:
        """Kill so many times, as far as there is anything left to send; in the end all processes run."""
        for program in self.programs:
            await program.start()
        for left in range(count, 0, -1):
            waiting = await self.ledger.crowd.unfinished()
            if not waiting:
                return
            if self.chance.random() < 0.2:
                await asyncio.sleep(self.chance.uniform(0, _START_SECONDS))
            else:
                await self._until_sent(self.chance.randint(0, max(2 * waiting // left, 1)))
                await asyncio.sleep(self.chance.uniform(0, 0.05))
            victims = self._victims()
            await self.ledger.kill(*victims, others_run=len(victims) < len(self.programs))
            for program in victims:
                await program.start()

    async def finishes(self) -> None:
        """Wait until nothing is left to send, then end the processes in order."""
        since, before = time.monotonic(), -1
        while (unfinished := await self.ledger.crowd.unfinished()) > 0:
            if unfinished != before:
                since, before = time.monotonic(), unfinished
            assert time.monotonic() - since < _PATIENCE, f"{unfinished} are never sent"
            assert all(program.runs for program in self.programs), "a process has ended by itself"
            await asyncio.sleep(0.2)
        # One that has just been started does not yet know how to end in order.
        for program in self.programs:
            await until(partial(self._has_joined, program))
        assert [await program.end() for program in self.programs] == [0] * len(self.programs)

    async def _until_sent(self, more: int) -> None:
        """Wait until so many more messages are out, or nothing is left to send."""
        wanted = self._sent() + more
        async with asyncio.timeout(_PATIENCE):
            for look in itertools.count():
                assert all(program.runs for program in self.programs), "a process has ended by itself"
                if self._sent() >= wanted or (look % 25 == 0 and not await self.ledger.crowd.unfinished()):
                    return
                await asyncio.sleep(_LOOK)

    async def _has_joined(self, program: Program) -> bool:
        return await self.ledger.crowd.holder_of(program) != ""

    def _sent(self) -> int:
        return sum(map(len, self.ledger.crowd.texts().values()))

    def _victims(self) -> Sequence[Program]:
        """One process, mostly; of several sometimes all."""
        if len(self.programs) == 1 or self.chance.random() < 0.15:
            return self.programs
        return [self.chance.choice(self.programs)]


@pytest.mark.parametrize("size", _sizes(300, 3600))
async def test_on_sqlite_nothing_is_lost_and_no_more_repeated_than_was_under_way(
    sqlite_url: str, tmp_path: Path, size: Size
) -> None:
    with seeded() as (seed, chance):
        async with crowd_on(sqlite_url, size.members) as crowd:
            settings = {**SETTINGS, **platforms(crowd.telegram, crowd.discord), "DATABASE_URL": sqlite_url}
            figures = await _run(crowd, [Program(tmp_path, settings)], size, chance)
        figures.seed = seed
        figures.record(f"kill-sqlite-{size.members}")


@pytest.mark.postgres
@pytest.mark.parametrize("size", _sizes(300, 3600))
async def test_on_postgres_no_two_workers_send_the_same(postgres_url: str, tmp_path: Path, size: Size) -> None:
    with seeded() as (seed, chance):
        async with crowd_on(postgres_url, size.members) as crowd:
            settings = {**SETTINGS, **platforms(crowd.telegram, crowd.discord), "DATABASE_URL": postgres_url}
            workers = 4 if size is LONG else 2
            programs = [Program(tmp_path, settings, "worker", f"worker{number}") for number in range(workers)]
            programs.append(Program(tmp_path, settings, "adapter", "adapter"))
            figures = await _run(crowd, programs, size, chance)
        figures.seed = seed
        figures.record(f"kill-postgres-{size.members}")


async def _run(crowd: Crowd, programs: Sequence[Program], size: Size, chance: random.Random) -> Figures:
    run = Run(Ledger(crowd), programs, chance)
    began = time.monotonic()
    try:
        await run.rounds(size.rounds)
        await run.finishes()
    except BaseException as error:
        for program in programs:
            error.add_note(f"The log of {program.name}:\n{program.said()[-4000:]}")
            if program.runs:
                await program.kill()
        raise
    figures = await run.ledger.settles()
    figures.seconds = round(time.monotonic() - began, 1)
    return figures


@pytest.mark.soak
async def test_what_was_under_way_is_taken_back_as_soon_as_the_program_runs_again(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with crowd_on(sqlite_url, 16) as crowd:
        # Telegram takes the first calls and answers none of them.
        crowd.telegram.fail_next("sendMessage", IN_FLIGHT, kind=hangs(3600))
        settings = {**SETTINGS, **platforms(crowd.telegram, crowd.discord), "DATABASE_URL": sqlite_url}
        ledger = Ledger(crowd)
        async with Program(tmp_path, settings) as program:
            await until(lambda: len(crowd.telegram.sent("sendMessage")) == IN_FLIGHT)
            await ledger.kill(program, others_run=False)
            (under_way,) = ledger.kills
            await program.start()
            await until(crowd.is_finished)
            assert datetime.now(UTC) < min(row.lease_until for row in under_way if row.lease_until)
        figures, texts = await ledger.settles(), crowd.texts()
    # Nothing of what hung had arrived; what is not sent again is told instead.
    hung = [row for row in under_way if crowd.people[row.member_id].platform == "telegram"]
    assert all(REPEATS in texts[row.member_id][0] for row in hung if row.repeated)
    assert figures.in_doubt == sum(not row.repeated for row in under_way)
