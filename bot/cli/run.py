"""``python -m bot run``: the platforms whose tokens are set, in one process; without any, the console stage."""

import argparse
import asyncio
import sys
import tempfile
from datetime import UTC, datetime

from bot import logs
from bot.errors import SettingsError, StorageError, WrongKeyError
from bot.settings import Settings, load_settings, near_misses
from bot.wiring import open_store, run_platforms

__all__ = ["add_arguments", "main"]

_HOW = "put TELEGRAM_TOKEN or DISCORD_TOKEN into the file .env (README, “Create the bots”)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments: none."""


def main(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - every command has this form
    """Run until ended; 0 after a signal or the end of input, 1 where it could not start, with one plain line."""
    try:
        settings = load_settings()
        logs.configure(settings.log_level)
        for line in near_misses():
            sys.stderr.write(f"run: {line}\n")
        if settings.platforms:
            return asyncio.run(_platforms(settings))
        if not sys.stdin.isatty():
            sys.stderr.write(f"run: No token is set and there is no terminal to show the console stage on: {_HOW}.\n")
            return 1
        sys.stdout.write(f"No token is set, so this is the console stage. To run on a platform, {_HOW}.\n")
        return asyncio.run(_console())
    except WrongKeyError:
        sys.stderr.write("run: The key does not open what is stored. Put the right key back (KEY_FILE or DATA_KEY).\n")
        return 1
    except StorageError as error:
        sys.stderr.write(f"run: The database cannot be used: {error}. `python -m bot doctor` tells more.\n")
        return 1
    except SettingsError as error:
        sys.stderr.write(f"run: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0


async def _platforms(settings: Settings) -> int:
    store = await open_store(settings)
    try:
        return await run_platforms(settings, store)
    finally:
        await store.close()


async def _console() -> int:
    """Play on a database of its own: who travels in time there must not leave real reminders sent or missed."""
    from adapters.console.prompt import talk
    from bot.cli.try_script import stage_build, stage_settings

    with tempfile.TemporaryDirectory() as folder:
        build = stage_build(stage_settings(folder))
        await talk(build, datetime.now(UTC), typed=sys.stdin.fileno(), out=sys.stdout)
    return 0
