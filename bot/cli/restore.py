"""``python -m bot restore FILE``: bring a backup back into an empty database, of either kind."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot import logs
from bot.cli.stopping import told_to_stop
from bot.errors import SettingsError, StorageError
from bot.settings import Settings, load_settings
from bot.wiring import open_vault
from storage.backup import BackupError, FileError, Restored, restore
from storage.store import HEAD, open_engine

__all__ = ["add_arguments", "main"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, help="the file that `python -m bot backup` wrote")


def main(arguments: argparse.Namespace) -> int:
    """Restore; 0 where that is done, 1 where something is at fault, 2 where the file cannot be read."""
    logs.configure("WARNING")
    try:
        restored = asyncio.run(_restore(load_settings(), arguments.file))
    except BackupError as error:
        return _refuse(str(error), 2 if isinstance(error, FileError) else 1)
    except StorageError as error:
        return _refuse(
            f"The database cannot be used: {error}. Nothing was restored. `python -m bot doctor` tells more."
        )
    except SettingsError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        return _refuse("Stopped. Nothing was restored.")
    upgraded = "" if restored.schema == HEAD else f", brought from schema {restored.schema} to {HEAD}"
    sys.stdout.write(
        f"{restored.rows} rows are back as they stood at {restored.at:%Y-%m-%d %H:%M} UTC{upgraded}.\n"
        f"{restored.repeated} reminders may have gone out since and will come once more, marked as a repeat; "
        f"{restored.in_doubt} others will be told of when their members next write.\n"
        "What happened since then is not known here. Whoever was erased, left or said stop after that moment is back "
        "as before: tell your groups.\n"
        "Next: `python -m bot doctor`, then `python -m bot run`. Start no other copy of the bot on the old database.\n"
    )
    return 0


def _refuse(text: str, status: int = 1) -> int:
    sys.stderr.write(f"restore: {text}\n")
    return status


async def _restore(settings: Settings, file: Path) -> Restored:
    if not settings.data_key.get_secret_value() and not settings.key_file.exists():
        raise SettingsError(
            f"The key file {settings.key_file} is missing: put the key of the bot that was backed up there, readable "
            "for you alone, or set KEY_FILE or DATA_KEY. A backup does not hold it."
        )
    vault = open_vault(settings)
    engine = open_engine(settings.database_url)
    try:
        return await restore(engine, vault, file, datetime.now(UTC), told_to_stop())
    finally:
        await engine.dispose()
