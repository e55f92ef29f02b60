"""The stage by hand: lines are read from the terminal, the transcript is written to it."""

import asyncio
import contextlib
import os
import re
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TextIO

from adapters.console.clock import StageClock
from adapters.console.ports import Build
from adapters.console.stage import Stage

LOOK_EVERY_SECONDS = 1.0
"""How often reminders that fall due while nobody types are looked for."""

_PROMPT = "> "
_HEAD = re.compile(r"#[0-9]+ bot(?P<alone> →)?.*:$")
_BUTTON = re.compile(r"\[[0-9]+\] [^\[]*[^\[ ]")
_DIM, _BOLD, _GREEN, _YELLOW, _PLAIN = "\033[2m", "\033[1m", "\033[32m", "\033[33m", "\033[0m"


async def talk(
    build: Build, now: datetime, *, typed: int, out: TextIO, environment: Mapping[str, str] = os.environ
) -> None:
    """Play by hand until the input ends or ``:quit``.

    ``now`` is the present, aware. ``typed`` is the file descriptor to read from.
    """
    lines = _read_lines(typed)
    coloured = wants_colour(out, environment)
    at_terminal = out.isatty()
    async with Stage(build, StageClock.running(now)) as stage:
        _write(out, await stage.perform(":help") if at_terminal else [], coloured=coloured, prompt=at_terminal)
        while not stage.over:
            try:
                line = await asyncio.wait_for(lines.get(), LOOK_EVERY_SECONDS)
            except TimeoutError:
                await stage.ring_if_due()
                if shown := stage.printed():
                    _write(out, ["", *shown], coloured=coloured, prompt=at_terminal)
                continue
            if line is None:
                break
            _write(out, await stage.perform(line), coloured=coloured, prompt=at_terminal)


def wants_colour(out: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to colour what is written: on a terminal, unless NO_COLOR is set to anything (no-color.org)."""
    return out.isatty() and not environment.get("NO_COLOR")


def paint(line: str) -> str:
    """Colour one line of a transcript: who sees it, the buttons, the stage's own words."""
    if head := _HEAD.fullmatch(line):
        return f"{_YELLOW if head['alone'] else _GREEN}{line}{_PLAIN}"
    if line.startswith("("):
        return f"{_DIM}{line}{_PLAIN}"
    return _BUTTON.sub(lambda button: f"{_BOLD}{button[0]}{_PLAIN}", line)


def _write(out: TextIO, lines: Sequence[str], *, coloured: bool, prompt: bool) -> None:
    out.writelines((paint(line) if coloured else line) + "\n" for line in lines)
    out.write(_PROMPT if prompt else "")
    out.flush()


def _read_lines(descriptor: int) -> asyncio.Queue[str | None]:
    """Read lines in a thread of its own, None at the end.

    A thread works for terminals, pipes and files alike. It reads the descriptor and not ``sys.stdin``, whose lock would
    make the interpreter's end wait, or fail, while the thread sits in a read.
    """
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def pass_on(line: str | None) -> None:
        try:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        except RuntimeError:
            sys.exit()  # the loop is closed: ends this thread only

    def read() -> None:
        # A terminal that is gone (OSError) ends the input as much as its end does.
        with (
            contextlib.suppress(OSError),
            open(descriptor, encoding="utf-8", errors="replace", closefd=False) as source,
        ):
            for line in source:
                pass_on(line)
        pass_on(None)

    threading.Thread(target=read, daemon=True, name="typed lines").start()
    return lines
