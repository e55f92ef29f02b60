"""One process's life: what it does by its role, and how it ends."""

import asyncio
import signal
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING

import structlog

from bot.crew import BEAT, Crew, Role
from bot.errors import SettingsError, StorageError
from bot.meter import Health
from bot.reminders.watch import Watch
from bot.settings import Settings
from bot.wiring.building import SystemClock, build_core
from bot.wiring.platforms import Adapter, build_platforms
from bot.wiring.warming import load_words, warm_up
from storage.store import Store

if TYPE_CHECKING:
    from adapters.web.metrics import Metrics
    from adapters.web.server import WebServer

_LAST_SECONDS = 10.0
"""How long reminders under way, and after them the platforms, may take when the program is told to end."""

_ALONE = {
    "receiver": "Another process already receives messages for this database: stop it first, or start this one with "
    "--role worker on PostgreSQL."
}
"""What one process at a time may do: whoever hears people also looks after their flags, on every platform."""

_SENDING = (Role.ALL, Role.WORKER)
_FOR_ANSWERS = 0.3
_LONELY_BEATS = 12
"""Beats between two warnings that nobody sends reminders: a minute."""

log = structlog.get_logger()


async def run_process(settings: Settings, store: Store, role: Role) -> int:
    """Do what the role asks until a signal ends the program; return the process's exit status.

    A platform that ends by itself (its token was refused) leaves the others running.

    Raises:
        SettingsError: another process does what only one may do, or the port for monitoring cannot be opened.
        StorageError: the database cannot be used.
    """
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    receives = role is not Role.WORKER
    crew = Crew(store.work, SystemClock(), role, _ALONE if receives else {})
    joining = asyncio.create_task(crew.join())
    try:
        if not await _until(joining, stopped):
            return 0
        return await _Life(settings, store, role, crew, stopped).live()
    finally:
        await crew.leave()


async def _until(task: asyncio.Task[None], stopped: asyncio.Event) -> bool:
    """Wait for a task, and cancel it where the program is to end first; whether it came to its end."""
    ending = asyncio.create_task(stopped.wait())
    await asyncio.wait({task, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
        return False
    task.result()
    return True


class _Life:
    """Everything that one process runs, from its start to its end."""

    def __init__(self, settings: Settings, store: Store, role: Role, crew: Crew, stopped: asyncio.Event) -> None:
        self._settings = settings
        self._store = store
        self._role = role
        self._crew = crew
        self._stopped = stopped
        self._clock = SystemClock()
        self._metrics = _metrics(store, self._clock) if settings.http_port else None
        self._core = build_core(store, self._clock, settings.home_chat, self._metrics)
        platforms = build_platforms(settings, self._core, receives=role is not Role.WORKER)
        self._adapters, self._receive = platforms.adapters, platforms.receive
        messengers = {name: adapter.messenger for name, adapter in self._adapters.items()}
        self._sweep = self._core.sweep(messengers, crew, settings.in_flight)
        self._watch = self._make_watch()

    async def live(self) -> int:
        from adapters.scheduler import Bell

        await load_words()
        await _check_home_chat(self._settings, self._store)
        bell = Bell(self._watch.ring_sweep, self._watch.ring_upkeep, self._settings.sweep_seconds)
        web = self._make_web()
        if web is not None:
            await web.start()
        await self._share()
        running: set[asyncio.Task[object]] = {
            asyncio.create_task(_noting(name, self._life_of(one))) for name, one in self._adapters.items()
        }
        beating: asyncio.Task[object] = asyncio.create_task(_noting("beating", self._crew.run))
        watching: asyncio.Task[object] = asyncio.create_task(_noting("watching", self._begin_watch))
        beside = {asyncio.create_task(each) for each in self._beside()}
        ending: asyncio.Task[object] = asyncio.create_task(self._stopped.wait())
        bell.start()
        log.info("started", role=self._role.value, platforms=",".join(self._adapters))
        vital = {ending, beating, watching}
        while running and not any(task.done() for task in vital):
            await asyncio.wait({*running, *vital}, return_when=asyncio.FIRST_COMPLETED)
            running = {task for task in running if not task.done()}
        bell.stop()
        self._watch.stop()
        # The adapters stay open until the reminders under way are sent and recorded, so that none is sent twice.
        await asyncio.wait({watching, asyncio.create_task(self._core.helping.settle())}, timeout=_LAST_SECONDS)
        tasks: set[asyncio.Task[object]] = {*running, *beside, ending, watching, beating}
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=_LAST_SECONDS)
        if web is not None:
            await web.stop()
        log.info("stopped")
        return 0 if self._stopped.is_set() else 1

    def _make_watch(self) -> Watch:
        """Reminders are sent by every process but a mere adapter; flags are looked after where people are heard."""
        core, sends, receives = self._core, self._role is not Role.ADAPTER, self._role is not Role.WORKER
        upkeeps = ((self._keep_plans,) if sends else ()) + ((core.upkeep, core.keep_flags) if receives else ())
        return Watch(self._sweep if sends else None, upkeeps, (core.sweep_flags,) if receives else ())

    async def _begin_watch(self) -> None:
        if await self._has_company():
            # They keep to their old shares of what the platforms take until they have seen this process, and might
            # take back what a process claims of which they do not know yet.
            await asyncio.sleep(2 * BEAT.total_seconds())
        await self._watch.run()

    async def _has_company(self) -> bool:
        try:
            return bool(set(await self._crew.working(*_SENDING)) - {self._crew.id})
        except StorageError:
            return True  # as may be

    async def _keep_plans(self) -> None:
        """Plan every member anew, in one of the processes that send."""
        if (await self._crew.working(*_SENDING))[:1] == (self._crew.id,):
            await self._sweep.upkeep()

    def _life_of(self, adapter: Adapter) -> Callable[[], Awaitable[None]]:
        return adapter.reach if self._role is Role.WORKER else adapter.run

    def _beside(self) -> Sequence[Coroutine[object, object, object]]:
        found: list[Coroutine[object, object, object]] = [self._share_out()]
        if self._role is not Role.WORKER:
            found.append(warm_up(self._core))
        if self._metrics is not None:
            from adapters.web.lag import watch_lag

            found.append(watch_lag(self._metrics))
        return found

    async def _share_out(self) -> None:
        """Leave each process its part of what the platforms take, as processes come and go."""
        lonely = 0
        while True:
            await asyncio.sleep(BEAT.total_seconds())
            try:
                sending = await self._share()
            except StorageError:
                continue
            lonely = 0 if sending else lonely + 1
            if lonely % _LONELY_BEATS == _LONELY_BEATS - 1:
                log.warning("no_worker", what_to_do="Nobody sends reminders: start a process with --role worker.")

    async def _share(self) -> int:
        """Take this process's part of what the platforms take; how many processes send reminders."""
        sending = len(await self._crew.working(*_SENDING))
        for adapter in self._adapters.values():
            adapter.take_share(share_of(self._role, sending))
        return sending

    def _make_web(self) -> "WebServer | None":
        if self._metrics is None:
            return None
        from adapters.web.server import WebServer

        settings = self._settings
        return WebServer(settings.http_host, settings.http_port, self._health, self._metrics.expose, self._receive)

    async def _health(self) -> Health:
        try:
            async with self._store.look() as work:
                await work.leases.all()
            database = True
        except StorageError:
            database = False
        sends, swept = self._role is not Role.ADAPTER, self._sweep.swept_at
        now = self._clock.now()
        # Where the clock was set back, nothing is known before the next sweep.
        ago = (now - swept).total_seconds() if swept and swept <= now else None
        platforms = {name: adapter.connected for name, adapter in self._adapters.items()}
        return Health(database, sends, ago if sends else None, platforms)


def share_of(role: Role, sending: int) -> float:
    """The part of what a platform takes that one process may use where so many send reminders, itself included.

    Of the whole, three tenths are for whoever answers people, and the rest for the reminders.
    """
    answers = 0.0 if role is Role.WORKER else _FOR_ANSWERS
    return answers + (0.0 if role is Role.ADAPTER else (1 - _FOR_ANSWERS) / max(sending, 1))


def _metrics(store: Store, clock: SystemClock) -> "Metrics":
    from adapters.web.metrics import Metrics

    return Metrics(lambda: store.counts(clock.now()))


async def _check_home_chat(settings: Settings, store: Store) -> None:
    """Tell the operator of a home chat that nobody has set up; the bot runs as without one until somebody does."""
    if not settings.home_chat:
        return
    async with store.work() as work:
        known = await work.chats.get(settings.home_chat)
    if known is None:
        log.warning("home_chat_unknown", what_to_do="Set HOME_CHAT to what /faqadmin settings shows in the group.")


async def _noting(what: str, run: Callable[[], Awaitable[None]]) -> None:
    """Let the end of one part of the program be known to the operator, and not silence the others."""
    try:
        await run()
    except SettingsError as error:
        log.error("part_ended", part=what, what_to_do=str(error))  # noqa: TRY400 - its text says it all
    except Exception as error:  # noqa: BLE001 - whatever it is, who waits for this part finds it ended
        frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        log.error("part_failed", part=what, error=type(error).__name__, at=frames)  # noqa: TRY400 - a traceback could hold words
