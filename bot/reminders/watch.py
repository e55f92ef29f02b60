"""Answering the bell: one task that sweeps and one that keeps the plans, each begun at once and rung after that."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from bot.reminders.sweep import Sweep

log = structlog.get_logger()


def _rung() -> asyncio.Event:
    bell = asyncio.Event()
    bell.set()
    return bell


@dataclass(frozen=True, slots=True)
class Watch:
    """Runs a sweep and the upkeep, each whenever it was rung for, and never twice at the same time.

    ``upkeeps`` are what the upkeep does, ``beside`` what is done before each sweep, one after the other; one that fails
    holds up no other.

    A ring while the last one is still being answered is answered after it.
    """

    sweep: Sweep
    upkeeps: Sequence[Callable[[], Awaitable[object]]]
    beside: Sequence[Callable[[], Awaitable[object]]] = ()
    _sweep_rung: asyncio.Event = field(default_factory=_rung, init=False)
    _upkeep_rung: asyncio.Event = field(default_factory=_rung, init=False)
    _stopped: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def ring_sweep(self) -> None:
        """Ask for a sweep."""
        self._sweep_rung.set()

    def ring_upkeep(self) -> None:
        """Ask for the upkeep."""
        self._upkeep_rung.set()

    def stop(self) -> None:
        """Begin nothing more; ``run`` returns once what is under way has ended."""
        self._stopped.set()
        self.sweep.stop()
        self._sweep_rung.set()
        self._upkeep_rung.set()

    async def run(self) -> None:
        """Sweep and keep the plans, at once and whenever rung for, until stopped. Neither waits for the other."""
        await asyncio.gather(
            self._answer("sweep", self._sweep_rung, *self.beside, self.sweep.run),
            self._answer("upkeep", self._upkeep_rung, *self.upkeeps),
        )

    async def _answer(self, name: str, rung: asyncio.Event, *rings: Callable[[], Awaitable[object]]) -> None:
        while True:
            await rung.wait()
            rung.clear()
            if self._stopped.is_set():
                return
            for ring in rings:
                try:
                    await ring()
                except Exception as error:  # noqa: BLE001 - whatever it is, the next ring tries again
                    log.error("ring_failed", ring=name, error=type(error).__name__)  # noqa: TRY400 - a traceback could hold values
