"""``python -m bot run``: the platforms whose tokens are set; without any, the console stage."""

import argparse
import asyncio
import sys
import tempfile
from datetime import UTC, datetime

from bot import logs
from bot.crew import Role
from bot.errors import SettingsError, StorageError, WrongKeyError
from bot.settings import Settings, load_settings, near_misses
from bot.wiring import open_store
from bot.wiring.running import run_process

__all__ = ["WRONG_SETTING", "add_arguments", "main"]

WRONG_SETTING = 2
"""The exit status where a setting has to be changed first, as for an argument that is none: no restart helps."""

_HOW = "put TELEGRAM_TOKEN or DISCORD_TOKEN into the file .env (README, “Create the bots”)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--role",
        choices=[role.value for role in Role],
        default=Role.ALL.value,
        help="all (everything in one process), adapter (receives and answers) or worker (sends reminders); the latter "
        "two need PostgreSQL",
    )


def main(arguments: argparse.Namespace) -> int:
    """Run until ended; 0 after a signal or the end of input, else with one plain line.

    ``WRONG_SETTING`` where only the operator can put it right; 1 where another start may do: the database is gone,
    somebody else receives or has the port, no platform lets the bot in.
    """
    try:
        return _run(arguments)
    except WrongKeyError:
        sys.stderr.write("run: The key does not open what is stored. Put the right key back (KEY_FILE or DATA_KEY).\n")
        return WRONG_SETTING
    except StorageError as error:
        sys.stderr.write(f"run: The database cannot be used: {error}. `python -m bot doctor` tells more.\n")
        return 1
    except SettingsError as error:
        sys.stderr.write(f"run: {error}\n")
        return WRONG_SETTING
    except KeyboardInterrupt:
        return 0


def _run(arguments: argparse.Namespace) -> int:
    settings = load_settings()
    logs.configure(settings.log_level)
    for line in near_misses():
        sys.stderr.write(f"run: {line}\n")
    role = Role(arguments.role)
    _check_role(role, settings)
    if settings.platforms:
        return asyncio.run(_platforms(settings, role))
    if not sys.stdin.isatty():
        raise SettingsError(f"No token is set and there is no terminal to show the console stage on: {_HOW}.")
    sys.stdout.write(f"No token is set, so this is the console stage. To run on a platform, {_HOW}.\n")
    return asyncio.run(_console())


def _check_role(role: Role, settings: Settings) -> None:
    if role is Role.ALL:
        return
    if not settings.database_url.startswith("postgresql"):
        raise SettingsError(
            f"--role {role.value} needs PostgreSQL: SQLite serves one process, which is --role all. Set DATABASE_URL."
        )
    if not settings.platforms:
        raise SettingsError(f"--role {role.value} needs a token: {_HOW}.")


async def _platforms(settings: Settings, role: Role) -> int:
    store = await open_store(settings)
    try:
        return await run_process(settings, store, role)
    except SettingsError as error:
        # The settings were fine: another process is in the way, and may end.
        sys.stderr.write(f"run: {error}\n")
        return 1
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
