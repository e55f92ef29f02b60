"""The real program as a process, with a database, a key and settings of its own."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]
WIRE = ROOT / "build" / "wire"
"""Where the requests that the end-to-end tests send are recorded, one file a journey."""


def fresh_record(journey: str) -> Path:
    """Where to record a journey; what stood there from the last time is gone."""
    WIRE.mkdir(parents=True, exist_ok=True)
    record = WIRE / f"{journey}.jsonl"
    record.unlink(missing_ok=True)
    return record


async def until(look: Callable[[], bool | Awaitable[bool]], within: float = 60) -> None:
    """Look again and again until it is so."""
    async with asyncio.timeout(within):
        while True:
            seen = look()
            if seen is True or (not isinstance(seen, bool) and await seen):
                return
            await asyncio.sleep(0.05)


@dataclass
class Program:
    """One process of the program, with a log of its ``name``; several may share a folder and the settings."""

    folder: Path
    settings: dict[str, str]
    role: str = ""
    name: str = "log"
    process: asyncio.subprocess.Process | None = None
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.folder / self.name

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.returncode is None

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return {
            **kept,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "DATABASE_URL": f"sqlite:///{self.folder}/data/roundtable.db",
            "KEY_FILE": str(self.folder / "keys" / "key"),
            "SWEEP_SECONDS": "0.5",
            **self.settings,
        }

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", *(["--role", self.role] if self.role else []),
                cwd=self.folder, env=self.environment(),
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is not None:
            error.add_note(f"The program's log:\n{self.said()}")
            with contextlib.suppress(ProcessLookupError):
                await self.kill()
        else:
            await self.end()

    async def kill(self) -> None:
        """Kill -9: nothing is said, nothing is tidied up."""
        assert self.process
        self.process.kill()
        await self.process.wait()

    async def end(self) -> int:
        """End it as a service manager does, and return its exit status."""
        assert self.process
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await self.ends()

    async def ends(self, within: float = 20) -> int:
        """Wait until it has ended, and return its exit status."""
        assert self.process
        return await asyncio.wait_for(self.process.wait(), within)

    def stand_still(self) -> None:
        """Let it do nothing more, as a machine does that has no time for it."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on from where it stood still."""
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def said(self) -> str:
        return self.log.read_text(errors="replace")


@dataclass(frozen=True)
class Soon:
    """A member's local noon-ish clock, and a minute on it that comes soon: reminders are real, so the test waits."""

    zone: str
    today: str
    two_months_ago: str
    day_of_month: int
    at: str
    wait: float

    @classmethod
    def make(cls, now: datetime | None = None) -> "Soon":
        now = now or datetime.now(UTC)
        # A zone in which it is around noon now keeps the test clear of midnight; the signs of Etc zones are reversed.
        offset = 12 - now.hour
        local = now + timedelta(hours=offset)
        due = (local + timedelta(seconds=80)).replace(second=0, microsecond=0)
        month = (local.month - 3) % 12 + 1
        year = local.year - (1 if local.month <= 2 else 0)
        zone = f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"
        return cls(
            zone=zone,
            today=local.date().isoformat(),
            two_months_ago=f"{year}-{month:02d}-01",
            day_of_month=local.day,
            at=f"{due:%H:%M}",
            wait=(due - local).total_seconds(),
        )
