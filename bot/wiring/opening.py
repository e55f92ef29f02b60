"""Opening the database with its key."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from bot.faq.files import FOLDER as ENTRIES
from bot.faq.files import read_folder
from bot.faq.seeding import seed
from bot.settings import Settings, load_settings
from bot.wiring.building import SystemClock
from storage.store import AsyncEngine, Store, has_key, migrate, open_engine, preparing
from storage.vault import Vault, load_vault


async def open_store(settings: Settings) -> Store:
    """Open the database, bring its schema up to date and make sure that the key is the right one.

    Raises:
        SettingsError: the address or the key cannot be used.
        StorageError: the database cannot be reached, or its values do not open with this key.
    """
    engine = open_engine(settings.database_url)
    try:
        # Of processes that start together, one makes the tables and the others find them made.
        async with preparing(engine):
            return await _prepare(engine, settings)
    except BaseException:
        await engine.dispose()
        raise


async def _prepare(engine: AsyncEngine, settings: Settings) -> Store:
    await migrate(engine)
    fresh = not await has_key(engine)
    vault = load_vault(settings.data_key.get_secret_value(), settings.key_file, may_make=fresh)
    store = Store(engine, vault)
    await store.check_key()
    entries = await asyncio.to_thread(read_folder, ENTRIES)
    async with store.work() as work:
        await seed(work, entries, SystemClock().now())
        await work.commit()
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


def open_vault(settings: Settings) -> Vault:
    """The vault alone, for a check that must not make a key.

    Raises:
        SettingsError: there is no usable key.
    """
    return load_vault(settings.data_key.get_secret_value(), settings.key_file, may_make=False)
