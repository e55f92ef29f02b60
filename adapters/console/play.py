"""Played scripts: a file is the transcript that it makes.

Lines that start with ``> `` are typed; everything else is what the stage showed. So one and the same file is a
script, the record of its performance, and an example for readers.
"""

from datetime import UTC, datetime

from adapters.console.clock import StageClock
from adapters.console.ports import Build
from adapters.console.stage import Stage

TYPED = "> "
START = datetime(2026, 1, 1, tzinfo=UTC)
"""When every script begins, unless its first line sets the clock."""


async def play(text: str, build: Build) -> str:
    """Play a script's typed lines from the start and return the whole transcript, one newline at its end.

    ``build`` opens an empty database. The clock stands still but for what the script does with it.
    """
    transcript: list[str] = []
    async with Stage(build, StageClock(START)) as stage:
        for line in text.splitlines():
            if not line.startswith(TYPED) or stage.over:
                continue
            shown = await stage.perform(line.removeprefix(TYPED))
            transcript += [line.rstrip(), *shown]
            # A gap after whatever was answered lets a reader see the exchanges; unanswered lines stay together.
            transcript += [""] if shown else []
    return "\n".join(transcript).strip("\n") + "\n"
