"""The composition root: the only file of the core that knows adapters and storage."""

import asyncio
import secrets
import signal
import threading
import traceback
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import structlog

from bot.chat.capabilities import Capabilities
from bot.chat.people import Person, Place, Reader
from bot.chat.ports import Clock, Messenger
from bot.chat.replies import Reply
from bot.chat.tokens import Tokens
from bot.dispatcher import Dispatcher, reader_for
from bot.errors import SettingsError, Unreachable
from bot.faq.files import FOLDER as ENTRIES
from bot.faq.files import read_folder
from bot.faq.library import Library
from bot.faq.notices import tell_moderators
from bot.faq.revision import EVERYWHERE
from bot.faq.seeding import seed
from bot.features import Means, dispatcher_over, gather
from bot.moderation.hearing import Hearing
from bot.moderation.helping import Helping
from bot.moderation.sweeping import Sweeping
from bot.places.zones import search_zones
from bot.reminders.sweep import Sweep
from bot.reminders.watch import Watch
from bot.settings import Settings, load_settings
from bot.triage.assessment import ALONE, Assessment, Context
from storage.store import Store, has_key, migrate, open_engine
from storage.vault import Vault, load_vault

_LAST_SECONDS = 10.0
"""How long reminders under way, and after them the platforms, may take when the program is told to end."""

_WARM_UP_AFTER_SECONDS = 5.0
_LOADING = threading.Lock()
"""Held while the model is read, so that two messages at once do not read it twice."""

log = structlog.get_logger()


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """See ``Clock``."""
        return datetime.now(UTC)


class LateTriage:
    """Fulfils ``Assessing``; the model is read when the first message comes, or as the program warms up."""

    def assess(self, text: str, context: Context) -> Assessment:
        """See the port."""
        with _LOADING:
            from bot.triage.triage import load_triage

            triage = load_triage()
        return triage.assess(text, context)


@dataclass(frozen=True, slots=True)
class Core:
    """The core over a database: what every platform speaks to."""

    store: Store
    dispatcher: Dispatcher
    tokens: Tokens
    clock: Clock
    library: Library
    heralds: "Heralds"
    hearing: Hearing
    helping: Helping
    sweeping: Sweeping

    def sweep(self, messengers: Mapping[str, Messenger]) -> Sweep:
        """What sends reminders through these messengers, by platform name; corrections and notices go there too."""
        self.heralds.messengers.update(messengers)
        return Sweep(self.store.work, messengers, self.clock)

    async def upkeep(self) -> None:
        """Tell moderators of the reviews that come near, and erase what was kept for a time."""
        async with self.store.work() as work:
            await tell_moderators(work, self.library, self.heralds, self.clock.now())

    async def sweep_flags(self) -> None:
        """Take up the flags that are to be looked at by now."""
        await self.hearing.catch_up()
        await self.sweeping.sweep(self.clock.now())

    async def keep_flags(self) -> None:
        """Erase what flags keep for a time alone, and tell moderators what waits."""
        await self.sweeping.upkeep(self.clock.now())


@dataclass(frozen=True, slots=True)
class Heralds:
    """Fulfils ``Herald`` over the platforms that run; they come to be after the core that speaks through them."""

    messengers: dict[str, Messenger] = field(default_factory=dict[str, Messenger])

    async def post(self, place: Place, reply: Reply, *, answering: str = "") -> str:
        """See the port."""
        return await self._of(place.platform).post(place, reply, Reader(), answering=answering)

    async def edit(self, place: Place, message_id: str, reply: Reply) -> None:
        """See the port."""
        await self._of(place.platform).edit(place, message_id, reply, Reader())

    async def send(self, person: Person, reply: Reply) -> str:
        """See the port."""
        reader = reader_for(None, person)
        return await self._of(person.platform).send(person, reply, reader, once=secrets.token_hex(8))

    def capabilities(self, platform: str) -> Capabilities:
        """See the port."""
        return self._of(platform).capabilities

    async def moderators(self, place: Place) -> tuple[Person, ...]:
        """See the port."""
        return await self._of(place.platform).moderators(place)

    def _of(self, platform: str) -> Messenger:
        if platform not in self.messengers:
            raise Unreachable("platform_not_running")
        return self.messengers[platform]


async def open_store(settings: Settings) -> Store:
    """Open the database, bring its schema up to date and make sure that the key is the right one.

    Raises:
        SettingsError: the address or the key cannot be used.
        StorageError: the database cannot be reached, or its values do not open with this key.
    """
    engine = open_engine(settings.database_url)
    try:
        await migrate(engine)
        fresh = not await has_key(engine)
        vault = load_vault(settings.data_key.get_secret_value(), settings.key_file, may_make=fresh)
        store = Store(engine, vault)
        await store.check_key()
        async with store.work() as work:
            await seed(work, read_folder(ENTRIES), SystemClock().now())
            await work.commit()
    except BaseException:
        await engine.dispose()
        raise
    return store


@asynccontextmanager
async def opened_store() -> AsyncGenerator[Store]:
    """The store of the settings, for a command that works on it and ends.

    Raises:
        SettingsError: the settings cannot be used.
        StorageError: as ``open_store``.
    """
    store = await open_store(load_settings())
    try:
        yield store
    finally:
        await store.close()


def build_core(store: Store, clock: Clock, home_chat: str = "") -> Core:
    """Put the core together over an open store; ``home_chat`` as in ``Settings``."""
    tokens, library, heralds = Tokens(store.vault.derive("tokens")), Library(), Heralds()
    means = Means(store.work, store.look, clock, tokens, library, heralds, LateTriage(), home_chat)
    features = gather(means)
    return Core(
        store,
        dispatcher_over(features, means),
        tokens,
        clock,
        library,
        heralds,
        features.hearing,
        features.helping,
        features.sweeping,
    )


def open_vault(settings: Settings) -> Vault:
    """The vault alone, for a check that must not make a key.

    Raises:
        SettingsError: there is no usable key.
    """
    return load_vault(settings.data_key.get_secret_value(), settings.key_file, may_make=False)


class Adapter(Protocol):
    """One platform's connection."""

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can do."""
        ...

    @property
    def messenger(self) -> Messenger:
        """How reminders go out."""
        ...

    async def run(self) -> None:
        """Receive and answer until cancelled.

        Raises:
            SettingsError: the platform refuses the token; the text says what to do.
        """
        ...


def build_adapters(settings: Settings, core: Core) -> dict[str, Adapter]:
    """The adapters of the platforms that have a token; only their libraries are imported."""
    adapters: dict[str, Adapter] = {}
    if "telegram" in settings.platforms:
        from adapters.telegram.client import TelegramAdapter

        token = settings.telegram_token.get_secret_value().strip()
        adapters["telegram"] = TelegramAdapter(token, settings.telegram_api_base, core.dispatcher)
    if "discord" in settings.platforms:
        from adapters.discord.client import DiscordAdapter

        token = settings.discord_token.get_secret_value().strip()
        adapters["discord"] = DiscordAdapter(
            token, settings.discord_api_base, settings.discord_personal, core.dispatcher
        )
    return adapters


async def run_platforms(settings: Settings, store: Store) -> int:
    """Run every platform that has a token until a signal ends the program; return the process's exit status.

    A platform that ends by itself (its token was refused) leaves the others running.
    """
    from adapters.scheduler import Bell

    core = build_core(store, SystemClock(), settings.home_chat)
    await _check_home_chat(settings, store)
    adapters = build_adapters(settings, core)
    sweep = core.sweep({name: adapter.messenger for name, adapter in adapters.items()})
    watch = Watch(sweep, (sweep.upkeep, core.upkeep, core.keep_flags), (core.sweep_flags,))
    bell = Bell(watch.ring_sweep, watch.ring_upkeep, settings.sweep_seconds)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    running: set[asyncio.Task[object]] = {
        asyncio.create_task(_run_one(name, adapter)) for name, adapter in adapters.items()
    }
    ending: asyncio.Task[object] = asyncio.create_task(stopped.wait())
    watching = asyncio.create_task(watch.run())
    bell.start()
    warming = asyncio.create_task(_warm_up(core))
    log.info("started", platforms=",".join(adapters))
    while running and not ending.done():
        await asyncio.wait({*running, ending}, return_when=asyncio.FIRST_COMPLETED)
        running = {task for task in running if not task.done()}
    bell.stop()
    watch.stop()
    # The adapters stay open until the reminders under way are sent and recorded, so that none is sent twice.
    await asyncio.wait({watching, asyncio.create_task(core.helping.settle())}, timeout=_LAST_SECONDS)
    for task in (*running, ending, warming, watching):
        task.cancel()
    await asyncio.wait({*running, ending, warming, watching}, timeout=_LAST_SECONDS)
    log.info("stopped")
    return 0 if stopped.is_set() else 1


async def _check_home_chat(settings: Settings, store: Store) -> None:
    """Tell the operator of a home chat that nobody has set up; the bot runs as without one until somebody does."""
    if not settings.home_chat:
        return
    async with store.work() as work:
        known = await work.chats.get(settings.home_chat)
    if known is None:
        log.warning("home_chat_unknown", what_to_do="Set HOME_CHAT to what /faqadmin settings shows in the group.")


async def _warm_up(core: Core) -> None:
    """Load what reads messages at once; once the first answers are out, the sentence vectors and the index of cities.

    The first search loads those, and takes longer than a platform waits for what it is to offer while somebody types.
    """
    await asyncio.to_thread(LateTriage().assess, "a quiet day", ALONE)
    await asyncio.sleep(_WARM_UP_AFTER_SECONDS)
    async with core.store.work() as work:
        shelf = await core.library.shelf(work, EVERYWHERE)
    await shelf.find("how long is the drip?")
    await asyncio.to_thread(search_zones, "London")


async def _run_one(name: str, adapter: Adapter) -> None:
    try:
        await adapter.run()
    except SettingsError as error:
        log.error("platform_ended", platform=name, what_to_do=str(error))  # noqa: TRY400 - its text says it all
    except Exception as error:  # noqa: BLE001 - one platform's fault must not silence the others
        frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        log.error("platform_failed", platform=name, error=type(error).__name__, at=frames)  # noqa: TRY400 - a traceback could hold words
