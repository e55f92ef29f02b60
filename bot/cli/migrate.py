"""``python -m bot migrate``: bring the database's schema up to date."""

import argparse
import asyncio
import sys

from bot.errors import SettingsError, StorageError
from bot.settings import load_settings
from storage.store import HEAD, migrate, open_engine

__all__ = ["add_arguments", "main"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments: none."""


def main(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - every command has this form
    """Migrate; 0 when the schema is up to date, 1 with one plain line where that failed."""
    try:
        changed = asyncio.run(_migrate(load_settings().database_url))
    except StorageError as error:
        sys.stderr.write(f"migrate: The database cannot be used: {error}. `python -m bot doctor` tells more.\n")
        return 1
    except SettingsError as error:
        sys.stderr.write(f"migrate: {error}\n")
        return 1
    sys.stdout.write(f"The schema is at revision {HEAD}{'' if changed else ', as before'}.\n")
    return 0


async def _migrate(database_url: str) -> bool:
    engine = open_engine(database_url)
    try:
        return await migrate(engine)
    finally:
        await engine.dispose()
