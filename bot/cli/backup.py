"""``python -m bot backup FILE``: a consistent copy of the database in one file, while the bot runs."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot import logs
from bot.cli.stopping import told_to_stop
from bot.errors import SettingsError, StorageError
from bot.settings import Settings, load_settings
from storage.backup import BackupError, FileError, Saved, save
from storage.store import open_engine

__all__ = ["add_arguments", "main"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, help="the file to write, which must not be there yet")


def main(arguments: argparse.Namespace) -> int:
    """Write the file; 0 where that is done, 1 where something is at fault, 2 where the file cannot be used."""
    logs.configure("WARNING")
    try:
        settings = load_settings()
        saved = asyncio.run(_save(settings, arguments.file))
    except BackupError as error:
        return _refuse(str(error), 2 if isinstance(error, FileError) else 1)
    except StorageError as error:
        return _refuse(f"The database cannot be read: {error}. `python -m bot doctor` tells more.")
    except SettingsError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        return _refuse("Stopped. Nothing was written.")
    key = "DATA_KEY" if settings.data_key.get_secret_value() else f"the key file {settings.key_file}"
    sys.stdout.write(
        f"{saved.rows} rows of schema {saved.schema} are in {str(arguments.file)!r} ({_size(saved)}). It does not hold "
        f"the key, without which nobody can use it: keep {key} as well, in another place.\n"
    )
    return 0


def _refuse(text: str, status: int = 1) -> int:
    sys.stderr.write(f"backup: {text}\n")
    return status


async def _save(settings: Settings, file: Path) -> Saved:
    engine = open_engine(settings.database_url)
    try:
        return await save(engine, file, datetime.now(UTC), told_to_stop())
    finally:
        await engine.dispose()


def _size(saved: Saved) -> str:
    return f"{saved.size / (1 << 20):.1f} MiB" if saved.size >= 1 << 20 else f"{saved.size / (1 << 10):.1f} KiB"
