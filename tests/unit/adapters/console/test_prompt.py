import asyncio
import os
import pty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from adapters.console.ports import Build
from adapters.console.prompt import paint, talk, wants_colour
from unit.adapters.console.diary import Diary

NINE = datetime(2026, 3, 10, 9, tzinfo=UTC)


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@asynccontextmanager
async def talking(build: Build, out: StringIO, typed: int) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(talk(build, NINE, typed=typed, out=out, environment={}))
    yield task
    await asyncio.wait_for(task, 10)


async def test_lines_are_performed_until_the_input_ends(build: Build) -> None:
    reads, writes = os.pipe()
    out = StringIO()
    async with talking(build, out, reads):
        os.write(writes, "anna in dm: /start\nÄnne: hello\n\xff".encode())
        os.close(writes)
    os.close(reads)

    assert out.getvalue().startswith("#1 bot → anna (direct message):\n    You are in.\n")


async def test_quit_leaves_while_the_input_is_still_open(build: Build) -> None:
    terminal, typed = pty.openpty()
    out = Terminal()
    async with talking(build, out, typed):
        os.write(terminal, b"anna in dm: /start\n:quit\n")

    assert "\033[33m#1 bot → anna (direct message):\033[0m\n    You are in.\n> " in out.getvalue()
    os.close(terminal)


async def test_a_reminder_that_falls_due_meanwhile_is_shown(build: Build, diary: Diary) -> None:
    reads, writes = os.pipe()
    out = StringIO()
    diary.at((NINE + timedelta(seconds=1)).replace(tzinfo=None).isoformat(), "now", "anna")
    async with talking(build, out, reads):
        async with asyncio.timeout(10):
            while "now" not in out.getvalue():  # noqa: ASYNC110 - the output has no event to wait for
                await asyncio.sleep(0.05)
        os.close(writes)
    os.close(reads)

    assert "#1 bot → anna (direct message):\n    now\n" in out.getvalue()


@pytest.mark.parametrize(
    ("out", "environment", "wanted"),
    [(Terminal(), {}, True), (Terminal(), {"NO_COLOR": "1"}, False), (StringIO(), {}, False)],
    ids=["terminal", "no colour asked", "file"],
)
def test_colour_is_for_terminals_unless_refused(out: StringIO, environment: dict[str, str], wanted: bool) -> None:
    assert wants_colour(out, environment) is wanted


@pytest.mark.parametrize(
    ("line", "painted"),
    [
        ("#1 bot:", "\033[32m#1 bot:\033[0m"),
        ("#1 bot → anna (only anna sees this):", "\033[33m#1 bot → anna (only anna sees this):\033[0m"),
        ("(a note)", "\033[2m(a note)\033[0m"),
        ("    [1] Done  [2] In a week", "    \033[1m[1] Done\033[0m  \033[1m[2] In a week\033[0m"),
        ("    plain words", "    plain words"),
    ],
    ids=["group", "alone", "note", "buttons", "text"],
)
def test_a_line_is_painted_by_what_it_is(line: str, painted: str) -> None:
    assert paint(line) == painted
