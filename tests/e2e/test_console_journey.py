"""The whole journey on the console: `python -m bot run` in a terminal, with time travel."""

import asyncio
import os
import pty
import re
import sys
from pathlib import Path

import pytest

from e2e.program import Program

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


class Terminal:
    """A terminal with the program in it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.shown = ""
        self.process: asyncio.subprocess.Process | None = None

    async def opens(self) -> None:
        self.main, inner = pty.openpty()
        environment = {**self.program.environment(), "NO_COLOR": "1", "TERM": "dumb"}
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", cwd=self.program.folder, env=environment,
            stdin=inner, stdout=inner, stderr=inner,
        )  # fmt: skip
        os.close(inner)
        os.set_blocking(self.main, False)
        self.shown = ""
        await self.waits_for("console stage")

    async def types(self, line: str) -> None:
        self.shown = ""
        os.write(self.main, (line + "\n").encode())

    async def waits_for(self, text: str, within: float = 30) -> None:
        async with asyncio.timeout(within):
            while text not in re.sub(r"\s+", " ", self.shown):
                await asyncio.sleep(0.02)
                try:
                    self.shown += os.read(self.main, 65536).decode(errors="replace")
                except BlockingIOError:
                    continue

    async def closes(self) -> int:
        assert self.process
        await self.types(":quit")
        status = await asyncio.wait_for(self.process.wait(), 20)
        os.close(self.main)
        return status


async def test_a_member_gets_through_the_whole_journey_in_a_terminal(tmp_path: Path) -> None:
    terminal = Terminal(Program(tmp_path, {}))
    await terminal.opens()
    for line, answer in (
        (":clock 2026-03-10 08:00 Europe/London", "08:00"),
        ("anna in dm: /start", "Do you agree?"),
        ("[I agree]", "Which country"),
        ("[United Kingdom]", "At what time"),
        ("[09:00]", "On which day"),
        ("[Day of the first infusion]", "All set"),
        ("anna in dm: /round 1, first day 12 January 2026", "Monday, 12 January 2026"),
        ("[Yes, save]", "Saved."),
        ("anna in dm: /nextlab", "in 2 days"),
        (":advance 3 days", "due today, Thursday, 12 March 2026"),
        ("[Done]", "Recorded: samples taken on Friday, 13 March 2026"),
        ("anna in dm: /faq how long does each infusion day take", "Checked against its sources on"),
        ("[Helpful]", "Your tap was counted"),
        ("anna in dm: /countdown", "days since your last infusion day"),
    ):
        await terminal.types(line)
        await terminal.waits_for(answer)

    # Built anew over its database: she is still known, and an old button still works.
    await terminal.types(":restart")
    await terminal.types("anna in dm: /labs")
    await terminal.waits_for("1 of")
    await terminal.types("anna in dm: /forget")
    await terminal.waits_for("Yes, erase everything")
    await terminal.types("[Yes, erase everything]")
    await terminal.waits_for("Everything is erased")
    assert await terminal.closes() == 0
    assert not (tmp_path / "data").exists()  # what is played in other times leaves no real reminder sent or missed


async def test_no_token_and_no_terminal_is_said_in_plain_words(tmp_path: Path) -> None:
    program = Program(tmp_path, {"TELEGRAM_TOKN": "1:abc"})
    await program.start()
    assert program.process
    assert await asyncio.wait_for(program.process.wait(), 30) == 2
    assert "Did you mean TELEGRAM_TOKEN?" in program.said()
    assert "No token is set" in program.said()
    assert "Traceback" not in program.said()
    assert not (tmp_path / "data").exists()
