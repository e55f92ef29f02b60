"""Real sweeps over a real database, through both real adapters to both fake platforms over sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import builders
from adapters.discord.client import DiscordAdapter
from adapters.discord.listening import Timing
from adapters.telegram.client import TelegramAdapter
from bot.chat.events import Used
from bot.chat.people import Person
from bot.members.member import Reach, Topic
from bot.reminders.reminder import Kind, Reminder
from bot.reminders.sweep import Sweep
from bot.settings import DiscordPersonal
from bot.wiring.building import Core, build_core
from bot.wiring.platforms import Adapter
from builders import ANNA, BEN, SettableClock
from contract.chat.discord_harness import library_unchanged
from fakes.discord_people import Person as DiscordUser
from fakes.discord_server import FakeDiscord
from fakes.telegram import FakeTelegram, User
from storage.store import Store

LAB_AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
"""When the check of both is due: a reminder that is repeated where nobody knows whether it arrived."""

MILESTONE_AT = datetime(2026, 4, 16, 8, tzinfo=UTC)
"""When a round is three months ago: a reminder that is not repeated."""

_PATIENCE, _NO_PATIENCE = timedelta(seconds=20), timedelta(seconds=0.3)
"""How long the adapters wait for an answer: no machine is so slow, or no answer is to come."""


@dataclass
class Rig:
    """Anna is on Telegram, Ben on Discord; each is due the same at the same moment."""

    store: Store
    clock: SettableClock
    core: Core
    telegram: FakeTelegram
    discord: FakeDiscord
    anna: User
    ben: DiscordUser
    adapters: dict[str, Adapter]

    async def join(self, topic: Topic = Topic.LAB) -> None:
        """Have both join, with one thing to be reminded of."""
        people = {ANNA: Person("telegram", str(self.anna.id), "Anna"), BEN: Person("discord", str(self.ben.id), "Ben")}
        async with self.store.work() as work:
            for member_id, person in people.items():
                member = builders.member(member_id, topics=frozenset({topic}))
                await builders.join(work, member, person, builders.course())
            await work.commit()

    @asynccontextmanager
    async def impatient(self, platform: str) -> AsyncIterator[None]:
        """Let another adapter reach a platform meanwhile, one that does not wait for long."""
        patient = self.adapters[platform]
        adapter = _adapters(self.core, self.telegram, self.discord, _NO_PATIENCE)[platform]
        async with _reached(adapter):
            self.adapters[platform] = adapter
            yield
            self.adapters[platform] = patient

    def sweep(self) -> Sweep:
        """A sweep that knows nothing but what the database holds, as after a restart."""
        messengers = {name: adapter.messenger for name, adapter in self.adapters.items()}
        return Sweep(self.store.work, messengers, self.clock, record_pauses=(0,))

    async def sweep_at(self, at: datetime) -> None:
        """Sweep at a moment."""
        self.clock.at = at
        await self.sweep().run()

    async def row(self, member_id: str, kind: Kind) -> Reminder:
        """What became of a member's first reminder of a kind."""
        async with self.store.work() as work:
            rows = await work.reminders.of(member_id)
        return next(each for each in rows if each.occurrence.kind is kind and each.occurrence.due_at >= LAB_AT)

    async def reach(self, member_id: str) -> tuple[Reach, str | None]:
        """Whether a member can be written to, and why not."""
        async with self.store.work() as work:
            (account,) = await work.members.accounts(member_id)
        return account.reach, account.reason

    async def hears(self, member_id: str) -> list[str]:
        """What a member is told before the answer when they next speak with the bot, by its word keys."""
        async with self.store.work() as work:
            (account,) = await work.members.accounts(member_id)
        adapter = self.adapters[account.person.platform]
        event = Used(account.person, builders.direct(account.person), "nextlab")
        answer = await self.core.dispatcher.handle(event, adapter.capabilities)
        assert answer is not None
        await self.core.dispatcher.shown(answer)
        return [line.key for line in answer.reply.notice if line.key not in {"contact.missed", "contact.end"}]


async def until(true: Callable[[], object]) -> None:
    """Wait for something that no event tells of."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - as the docstring says
            await asyncio.sleep(0.005)


@asynccontextmanager
async def rig(store: Store) -> AsyncIterator[Rig]:
    """Both platforms, and the adapters that reach them and receive nothing."""
    clock = SettableClock()
    core = build_core(store, clock)
    async with FakeTelegram() as telegram, FakeDiscord() as discord:
        anna, ben = telegram.user(11, "Anna", started=True), discord.user("ben")
        discord.guild("Round table").add(ben)
        adapters = _adapters(core, telegram, discord, _PATIENCE)
        with library_unchanged():
            async with _reached(*adapters.values()):
                yield Rig(store, clock, core, telegram, discord, anna, ben, adapters)


def _adapters(core: Core, telegram: FakeTelegram, discord: FakeDiscord, patience: timedelta) -> dict[str, Adapter]:
    address = telegram.base_url.removesuffix("/bot")
    timing = Timing(patience=patience, first_pause=timedelta(seconds=0.05))
    return {
        "telegram": TelegramAdapter(telegram.token, address, core.dispatcher, answered_within=patience),
        "discord": DiscordAdapter(discord.token, discord.base_url, DiscordPersonal.FULL, core.dispatcher, timing),
    }


@asynccontextmanager
async def _reached(*adapters: Adapter) -> AsyncIterator[None]:
    reaching = [asyncio.create_task(adapter.reach()) for adapter in adapters]
    try:
        await until(lambda: all(adapter.connected for adapter in adapters))
        yield
    finally:
        for task in reaching:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*reaching)
