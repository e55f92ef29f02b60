"""The composition root: the only file of the core that knows adapters and storage."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.chat.ports import Clock, Messenger
from bot.chat.tokens import Tokens
from bot.dispatcher import Dispatcher
from bot.journey.catalogue import ACTIONS, COMMANDS, FORMS
from bot.members.guide import Guide
from bot.reminders.sweep import Sweep
from bot.settings import Settings
from storage.store import Store, has_key, migrate, open_engine
from storage.vault import Vault, load_vault


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """See ``Clock``."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Core:
    """The core over a database: what every platform speaks to."""

    store: Store
    dispatcher: Dispatcher
    tokens: Tokens
    clock: Clock

    def sweep(self, messengers: Mapping[str, Messenger]) -> Sweep:
        """What sends reminders through these messengers, by platform name."""
        return Sweep(self.store.work, messengers, self.clock)


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
    except BaseException:
        await engine.dispose()
        raise
    return store


def build_core(store: Store, clock: Clock) -> Core:
    """Put the core together over an open store."""
    tokens = Tokens(store.vault.derive("tokens"))
    dispatcher = Dispatcher(COMMANDS, ACTIONS, Guide(FORMS), store.work, clock, tokens)
    return Core(store, dispatcher, tokens, clock)


def open_vault(settings: Settings) -> Vault:
    """The vault alone, for a check that must not make a key.

    Raises:
        SettingsError: there is no usable key.
    """
    return load_vault(settings.data_key.get_secret_value(), settings.key_file, may_make=False)
