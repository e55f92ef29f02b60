"""``python -m bot migrate``: prepare the database, as every start does, and end."""

import argparse
import asyncio
import sys

from bot import logs
from bot.errors import SettingsError, StorageError, WrongKeyError
from bot.settings import Settings, load_settings
from bot.wiring import open_store
from storage.store import HEAD, open_engine, revision

__all__ = ["add_arguments", "main"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments: none."""


def main(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - every command has this form
    """Migrate; 0 when the schema is up to date, 1 with one plain line where that failed."""
    logs.configure("WARNING")
    try:
        settings = load_settings()
        had_key = settings.key_file.exists()
        before = asyncio.run(_prepare(settings))
    except WrongKeyError:
        sys.stderr.write(
            "migrate: The key does not open what is stored. Put the right key back (KEY_FILE or DATA_KEY).\n"
        )
        return 1
    except StorageError as error:
        sys.stderr.write(f"migrate: The database cannot be used: {error}. `python -m bot doctor` tells more.\n")
        return 1
    except SettingsError as error:
        sys.stderr.write(f"migrate: {error}\n")
        return 1
    sys.stdout.write(f"The schema is at revision {HEAD}{', as before' if before == HEAD else ''}.\n")
    if not had_key and settings.key_file.exists():
        sys.stdout.write(
            f"The key was made: {settings.key_file}. Copy it to a safe place; without it nobody can read the data.\n"
        )
    return 0


async def _prepare(settings: Settings) -> str | None:
    """Make the schema, the key and the answers that come with the program; the schema's revision before."""
    engine = open_engine(settings.database_url)
    try:
        before = await revision(engine)
    finally:
        await engine.dispose()
    store = await open_store(settings)
    await store.close()
    return before
