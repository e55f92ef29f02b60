"""``python -m bot try``: plays a dialogue file on the console stage, with a temporary database and key.

The file's lines that start with ``> `` are typed, the rest is what came of it: a file is both a script and its expected
transcript.
"""

import argparse
import asyncio
import difflib
import secrets
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, cast

import structlog
from pydantic import SecretStr

from adapters.console.play import play as play_on_stage
from adapters.console.ports import CAPABILITIES, PLATFORM, Build, Program
from bot.chat.ports import Clock, Messenger
from bot.moderation.sweeping import FIRST_FIGURES_AFTER
from bot.reminders.sweep import Sweep
from bot.settings import Settings
from bot.wiring import Core, build_core, open_store
from bot.words.catalogue import PlainMarkup
from bot.words.presenting import Presenter

__all__ = ["add_arguments", "difference", "main", "play", "stage_build", "stage_settings"]


_PLAYED_KEY = "0" * 64
"""The key of plays, always the same, so that a code which is shown in one can be typed in the same one."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--script", metavar="FILE", required=True, help="the dialogue file to play")
    parser.add_argument("--check", action="store_true", help="print only how the transcript differs from the file")


class _Given(Protocol):
    """The arguments as typed by the person."""

    script: str
    check: bool


def main(arguments: argparse.Namespace) -> int:
    """Play a file and print its transcript.

    Returns 0, 1 where the transcript was to be checked and differs from the file, or 2 after one line on standard error
    that says what cannot be played.
    """
    given = cast("_Given", arguments)
    try:
        text = Path(given.script).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return _refuse(f"{given.script} cannot be read as a text file")
    with _unlogged():
        transcript = play(text)
    if transcript == "\n":
        return _refuse(f'{given.script} has no line that starts with "> "')
    printed = difference(text, transcript, given.script) if given.check else transcript
    sys.stdout.write(printed)
    return 1 if given.check and printed else 0


def play(text: str) -> str:
    """Play a script over an empty temporary database and return its transcript, the same each time."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(play_on_stage(text, stage_build(stage_settings(folder, _PLAYED_KEY))))


def stage_settings(folder: str, key: str = "") -> Settings:
    """A database and a key that live as long as a temporary folder."""
    # Constructed, not read: the operator's own settings have no part in a play.
    return Settings.model_construct(
        database_url=f"sqlite:///{folder}/stage.db", data_key=SecretStr(key or secrets.token_hex(32))
    )


def stage_build(settings: Settings) -> Build:
    """How the stage builds the program over the database and key of these settings."""

    async def build(messenger: Messenger, clock: Clock) -> Program:
        store = await open_store(settings)
        core = build_core(store, clock)

        async def next_due() -> datetime | None:
            async with store.work() as work:
                watched = await work.watches.all()
                waiting = await work.flags.waiting([each.chat_id for each in watched])
                figures = (each.since + FIRST_FIGURES_AFTER for each in watched if each.desk and not each.reported)
                times = (await work.reminders.next_due(), *figures, *(flag.look_at for flag in waiting))
                return min(filter(None, times), default=None)

        presenter = Presenter(CAPABILITIES, PlainMarkup(), core.tokens)
        return Program(
            core.dispatcher,
            presenter,
            _Ringing(core, core.sweep({PLATFORM: messenger})),
            next_due,
            store.close,
            core.helping.settle,
        )

    return build


@contextmanager
def _unlogged() -> Generator[None]:
    """Keep the log out of what a play prints."""
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    try:
        yield
    finally:
        structlog.configure(**before)


@dataclass(frozen=True, slots=True)
class _Ringing:
    """Fulfils ``Bell`` for all that falls due on the stage: reminders, flags, and what moderators are told of."""

    core: Core
    reminders: Sweep

    async def run(self) -> int:
        """See the port."""
        looked_at = await self.reminders.run()
        await self.core.sweep_flags()
        await self.core.keep_flags()
        return looked_at


def difference(text: str, transcript: str, name: str) -> str:
    """What a script's file says and its transcript does not, as a unified diff; empty where they are the same."""
    expected = text.rstrip().splitlines()
    lines = difflib.unified_diff(expected, transcript.rstrip().splitlines(), name, "as played", lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _refuse(reason: str) -> int:
    sys.stderr.write(f"try: {reason}\n")
    return 2
