"""How much of what the platforms take is used, for ``make bench``: a crowd is due at once, and the real limits hold.

The sweep, the database and the adapters are the real ones, the platforms the fakes with their limits on, in a process
of their own. By itself, and shorter: ``PYTHONPATH=.:tests python tests/bench_ceilings.py 10``.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import builders
from adapters.discord.client import DiscordAdapter
from adapters.telegram.client import TelegramAdapter
from bot.care.course import Course
from bot.care.rounds import Round
from bot.chat.people import Person, Reader
from bot.chat.replies import Reply, say
from bot.errors import RateLimited
from bot.members.member import Topic
from bot.reminders.sweep import Sweep
from bot.settings import DiscordPersonal
from bot.wiring.building import build_core
from fakes.discord_server import FakeDiscord
from fakes.limits import DiscordLimits, TelegramLimits
from fakes.telegram import FakeTelegram
from storage.store import Store

CEILINGS = {"telegram": 30, "discord": 50}
"""Messages a second to Telegram, requests a second to Discord."""

QUEUE = 40
"""Messages to one person that are all to go at once, beside the crowd."""

_LAB_AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
_PAGE = 200


@dataclass(frozen=True)
class Held:
    """What one platform took: the seconds of each message or request since the first, and how many it refused.

    ``waits`` are the seconds between two messages to the crowd. ``busy`` is the part of one core that the sender used.
    """

    taken: list[float]
    refused: int
    waits: list[float]
    busy: float

    def rate(self, seconds: float) -> float:
        """How many a second it took, over so many seconds from the first."""
        return sum(each < seconds for each in self.taken) / seconds


@dataclass
class _RunningClock:
    """Fulfils ``Clock``: begins when everybody is due."""

    started: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return _LAB_AT + timedelta(seconds=time.monotonic() - self.started)


def print_figures(seconds: float = 120) -> None:
    """Hold each ceiling for so long, and print how near it was."""
    for platform, ceiling in CEILINGS.items():
        held = asyncio.run(hold(platform, seconds))
        rate = held.rate(seconds)
        print(
            f"{platform}: {rate:.2f} a second held for {seconds:.0f} s, {rate / ceiling:.1%} of its {ceiling}; "
            f"{held.refused} times 429; longest time without a message to the crowd {max(held.waits) * 1000:.0f} ms "
            f"while {QUEUE} waited for one person; {held.busy:.0%} of a core"
        )


async def hold(platform: str, seconds: float) -> Held:
    """Have a crowd due at once that keeps a platform busy for longer than that, and end after so many seconds."""
    crowd = int(CEILINGS[platform] * seconds * 1.1) // (1 if platform == "telegram" else 2) + 2 * QUEUE
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(platform, crowd, theirs))
    server.start()
    try:
        address, token, ids = await asyncio.to_thread(ours.recv)
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder) / 'bench.db'}"
            await asyncio.to_thread(builders.make_tables, url)
            async with builders.open_store(url) as store:
                await _join(store, platform, ids[1:])
                busy = await _send(store, platform, (address, token), ids[0], seconds)
        ours.send("end")
        taken, refused, to_crowd = await asyncio.to_thread(ours.recv)
    finally:
        server.join(10)
        server.kill()
    first = taken[0]
    waits = [later - earlier for earlier, later in pairwise(to_crowd)]
    return Held([each - first for each in taken], refused, waits, busy)


async def _join(store: Store, platform: str, ids: list[str]) -> None:
    # A course near its end: what is planned for years ahead costs nothing until then.
    course = Course((Round(1, builders.NOW.date() - timedelta(days=57), 5),))
    for start in range(0, len(ids), _PAGE):
        async with store.work() as work:
            for number, user_id in enumerate(ids[start : start + _PAGE], start):
                member = builders.member(f"{number:032x}", topics=frozenset({Topic.LAB}))
                await builders.join(work, member, Person(platform, user_id, "Anna"), course)
            await work.commit()


async def _send(store: Store, platform: str, where: tuple[str, str], queued: str, seconds: float) -> float:
    clock = _RunningClock()
    core = build_core(store, clock)
    async with _reached(_adapter(platform, where, core.dispatcher)) as adapter:
        clock.started = time.monotonic()
        sweep = Sweep(store.work, {platform: adapter.messenger}, clock)
        used = time.process_time()
        sweeping = asyncio.create_task(_sweep(sweep))
        queue = asyncio.create_task(_queue(adapter, Person(platform, queued, "Ben")))
        await asyncio.sleep(seconds + 1)
        used = time.process_time() - used
        sweep.stop()
        sweeping.cancel()
        queue.cancel()
        await asyncio.gather(sweeping, queue, return_exceptions=True)
    return used / (seconds + 1)


async def _sweep(sweep: Sweep) -> None:
    while True:
        await sweep.run()
        await asyncio.sleep(0.1)


async def _queue(adapter: TelegramAdapter | DiscordAdapter, person: Person) -> None:
    """Send many messages to one person at once."""

    async def send(number: int) -> None:
        reply = Reply((say("form.as_is", text=f"Number {number}"),))
        with suppress(RateLimited):
            await adapter.messenger.send(person, reply, Reader(), once=f"q{number}")

    await asyncio.gather(*(send(number) for number in range(QUEUE)))


def _adapter(platform: str, where: tuple[str, str], dispatcher: object) -> TelegramAdapter | DiscordAdapter:
    address, token = where
    if platform == "telegram":
        return TelegramAdapter(token, address, dispatcher)  # type: ignore[arg-type]  # the core's
    return DiscordAdapter(token, address, DiscordPersonal.FULL, dispatcher)  # type: ignore[arg-type]  # as above


@asynccontextmanager
async def _reached(
    adapter: TelegramAdapter | DiscordAdapter,
) -> AsyncIterator[TelegramAdapter | DiscordAdapter]:
    reaching = asyncio.create_task(adapter.reach())
    while not adapter.connected:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0.01)
    try:
        yield adapter
    finally:
        reaching.cancel()
        with suppress(asyncio.CancelledError):
            await reaching


def _serve(platform: str, crowd: int, pipe: Connection) -> None:
    asyncio.run(_serve_telegram(crowd, pipe) if platform == "telegram" else _serve_discord(crowd, pipe))


async def _serve_telegram(crowd: int, pipe: Connection) -> None:
    async with FakeTelegram() as server:
        server.limits = limits = TelegramLimits()
        users = [server.user(number, "Anna", started=True) for number in range(1, crowd + 1)]
        pipe.send((server.base_url.removesuffix("/bot"), server.token, [str(user.id) for user in users]))
        await asyncio.to_thread(pipe.recv)
        to_crowd = sorted(message.date.timestamp() for user in users[1:] for message in user.chat.messages)
        pipe.send((limits.taken, limits.refused, to_crowd))


async def _serve_discord(crowd: int, pipe: Connection) -> None:
    async with FakeDiscord() as server:
        guild = server.guild("Round table")
        users = [server.user(f"anna{number}") for number in range(crowd)]
        for user in users:
            guild.add(user)
        pipe.send((server.base_url, server.token, [str(user.id) for user in users]))
        # Logging in is over by the time that messages go out.
        server.limits = limits = DiscordLimits()
        await asyncio.to_thread(pipe.recv)
        channels = [server.world.direct[user.id] for user in users[1:] if user.id in server.world.direct]
        to_crowd = sorted(message.created_at.timestamp() for channel in channels for message in channel.messages)
        pipe.send((limits.taken[2:], limits.refused, to_crowd))


if __name__ == "__main__":
    print_figures(*(float(each) for each in sys.argv[1:]))
