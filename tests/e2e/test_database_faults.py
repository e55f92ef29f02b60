"""The database goes away, is locked or has no room left: nothing is lost, nobody is told twice, and all goes on after.

The processes run on throughout; nobody starts them anew.
"""

import asyncio
import re
import resource
import socket
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

import builders
from bot.crew import Crew, Role
from bot.errors import StorageError
from bot.reminders.reminder import Status
from bot.reminders.sweep import Sweep
from bot.settings import Settings
from bot.wiring.building import SystemClock, build_core
from bot.wiring.platforms import build_platforms
from e2e.many import SETTINGS, Crowd, Ledger, gather_crowd, platforms
from e2e.program import Program, until
from fakes.discord_faults import Answer, Deliver
from fakes.discord_server import FakeDiscord
from fakes.postgres import PostgresServer
from fakes.telegram import FakeTelegram
from storage.store import BUSY_SECONDS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(500)]

_PATIENCE = 420
"""Seconds: what cannot be recorded in the first seconds after an outage waits for its lease of five minutes at most."""

_ROOM_FOR_A_LOG = 16 * 1024
"""Bytes that fit into a file of a full disk: enough for the log of a minute, too few for any database."""

_BUSY = 1.0
"""Seconds that a writer waits for another one here: more than those of one process wait for each other."""

_OURS = "Something went wrong on our side"


@asynccontextmanager
async def crowd_on(url: str, members: int) -> AsyncIterator[Crowd]:
    """Members who are all due, on both platforms."""
    async with FakeTelegram() as telegram, FakeDiscord() as discord, builders.open_store(url) as store:
        yield await gather_crowd(store, telegram, discord, members)


def sent(crowd: Crowd) -> int:
    """How many messages all members have got together."""
    return sum(map(len, crowd.texts().values()))


def errors_in(*programs: Program) -> set[str]:
    """The errors that their logs name."""
    return {name for program in programs for name in re.findall(r"\berror=(\w+)", program.said())}


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server that no other test uses."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.mark.postgres
async def test_postgres_that_crashes_under_load_costs_no_reminder(own_postgres: PostgresServer, tmp_path: Path) -> None:
    url = own_postgres.url(own_postgres.create_database())
    await asyncio.to_thread(builders.make_tables, url)
    port = _free_port()
    async with crowd_on(url, 120) as crowd, AsyncExitStack() as running:
        settings = {**SETTINGS, **platforms(crowd.telegram, crowd.discord), "DATABASE_URL": url}
        adapter = Program(tmp_path, {**settings, "HTTP_PORT": str(port)}, "adapter", "adapter")
        programs = [adapter, *(Program(tmp_path, settings, "worker", f"worker{number}") for number in range(2))]
        for program in programs:
            await running.enter_async_context(program)
        ledger = Ledger(crowd)
        for _crash in range(2):
            wanted = sent(crowd) + 20
            await until(lambda wanted=wanted: sent(crowd) >= wanted, _PATIENCE)
            own_postgres.kill()
            await until(lambda: _is_well(port, False), _PATIENCE)
            # While they stand still, nobody takes back what was being sent before it is noted.
            for program in programs:
                program.stand_still()
            await asyncio.to_thread(own_postgres.start)
            ledger.kills.append(await crowd.rows(Status.SENDING))
            for program in programs:
                program.go_on()
            await until(lambda: _is_well(port, True), _PATIENCE)
        await until(crowd.is_finished, _PATIENCE)
        await ledger.settles()
        assert all(program.runs for program in programs)
    assert errors_in(*programs) <= {"StorageError"}
    assert not any("Traceback" in program.said() for program in programs)


async def _is_well(port: int, well: bool) -> bool:
    """Whether the program says of the database that it can, or cannot, be reached."""
    try:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as answer:
            told = await answer.json()
    except aiohttp.ClientError:
        return False
    return told.get("database", False) is well and (well or answer.status == 503)


def _free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Let another program write to a SQLite database all the time."""
    with closing(
        sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@asynccontextmanager
async def sweep_over(crowd: Crowd, url: str) -> AsyncIterator[Sweep]:
    """What sends reminders, over the real adapters, with less patience for other writers than the program has."""
    names = {name.lower(): value for name, value in platforms(crowd.telegram, crowd.discord).items()}
    async with builders.open_store(url, busy_seconds=_BUSY) as store, AsyncExitStack() as ending:
        core = build_core(store, SystemClock())
        adapters = build_platforms(Settings.model_validate(names), core, receives=False).adapters
        for adapter in adapters.values():
            reaching = asyncio.create_task(adapter.reach())
            ending.push_async_callback(asyncio.wait, {reaching})
            ending.callback(reaching.cancel)
        await until(lambda: all(adapter.connected for adapter in adapters.values()))
        messengers = {name: adapter.messenger for name, adapter in adapters.items()}
        yield core.sweep(messengers, Crew(store.work, SystemClock(), Role.ALL))


async def _sweep_all(sweep: Sweep, crowd: Crowd) -> None:
    """Sweep again and again until nothing is left, as the program does."""
    while not await crowd.is_finished():
        with suppress(StorageError):
            await sweep.run()
        await asyncio.sleep(0.1)


async def test_nothing_is_sent_while_sqlite_is_locked_and_all_of_it_once_after(sqlite_url: str) -> None:
    async with crowd_on(sqlite_url, 16) as crowd, sweep_over(crowd, sqlite_url) as sweep:
        with locked(sqlite_url), pytest.raises(StorageError):
            await sweep.run()
        assert sent(crowd) == 0
        assert {row.status for row in await crowd.rows()} == {Status.PENDING}
        await _sweep_all(sweep, crowd)
        figures = await Ledger(crowd).settles()
    assert (figures.messages, figures.repeats, figures.in_doubt) == (16, 0, 0)


@pytest.mark.parametrize(
    "seconds", [2.0, pytest.param(9.0, marks=pytest.mark.soak)], ids=["within the tries to record", "beyond them"]
)
async def test_what_went_out_while_sqlite_was_locked_is_recorded_and_does_not_go_out_again(
    sqlite_url: str, seconds: float
) -> None:
    async with crowd_on(sqlite_url, 24) as crowd, sweep_over(crowd, sqlite_url) as sweep:
        lock = locked(sqlite_url)

        async def delivered_then_locked(deliver: Deliver) -> Answer:
            answer = await deliver()
            await asyncio.to_thread(lock.__enter__)
            asyncio.get_running_loop().call_later(seconds, lock.__exit__, None, None, None)
            return answer

        crowd.discord.fail_next("POST /channels/*/messages", 1, delivered_then_locked)
        with capture_logs() as logs:
            await _sweep_all(sweep, crowd)
        figures = await Ledger(crowd).settles()
    assert "outcome_not_recorded" in [line["event"] for line in logs]
    assert (figures.messages, figures.repeats, figures.in_doubt) == (24, 0, 0)


@pytest.mark.soak
@pytest.mark.timeout(400)
async def test_a_lock_that_outlasts_the_programs_patience_costs_no_reminder(sqlite_url: str, tmp_path: Path) -> None:
    async with crowd_on(sqlite_url, 120) as crowd:
        anna = crowd.telegram.user(1001, "Anna")
        settings = {**SETTINGS, **platforms(crowd.telegram, crowd.discord), "DATABASE_URL": sqlite_url}
        async with Program(tmp_path, settings) as program:
            await until(lambda: sent(crowd) >= 20, _PATIENCE)
            with locked(sqlite_url):
                await anna.says("/start")
                await anna.waits_for(_OURS, timeout=2 * BUSY_SECONDS)
            await until(crowd.is_finished, _PATIENCE)
            await anna.says("/start")
            await anna.waits_for("Do you agree", timeout=60)
            assert program.runs
            figures = await Ledger(crowd).settles()
    assert (figures.messages, figures.repeats, figures.in_doubt) == (120, 0, 0)
    assert errors_in(program) <= {"StorageError"}


@pytest.mark.parametrize(
    "room",
    [_ROOM_FOR_A_LOG, pytest.param(0, marks=pytest.mark.soak)],
    ids=["for the database", "for the log as well"],
)
async def test_a_full_disk_costs_no_reminder_and_members_are_told_to_try_again(
    sqlite_url: str, tmp_path: Path, room: int
) -> None:
    async with crowd_on(sqlite_url, 90) as crowd:
        anna = crowd.telegram.user(1001, "Anna")
        settings = {**SETTINGS, **platforms(crowd.telegram, crowd.discord), "DATABASE_URL": sqlite_url}
        async with Program(tmp_path, settings) as program:
            await anna.says("/start")
            await anna.waits_for("Do you agree", timeout=60)
            await until(lambda: sent(crowd) >= 10, _PATIENCE)
            resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
            await anna.presses("I agree")
            await until(lambda: any(_OURS in text for text in (*anna.toasts, *(each.text for each in anna.sees))))
            resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            await anna.presses("I agree")
            await anna.waits_for("Which country", timeout=60)
            await until(crowd.is_finished, _PATIENCE)
            assert program.runs
            figures = await Ledger(crowd).settles()
    assert (figures.messages, figures.repeats, figures.in_doubt) == (90, 0, 0)
    assert errors_in(program) <= {"StorageError"}
    assert "Traceback" not in program.said()
