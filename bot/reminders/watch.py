"""Answering the bell: what sweeps, what is done beside it and what keeps the plans, each begun at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from bot.reminders.sweep import Sweep

_LEAST_SECONDS = 0.25
_MOST_SECONDS = 30.0

log = structlog.get_logger()


def _rung() -> asyncio.Event:
    bell = asyncio.Event()
    bell.set()
    return bell


@dataclass(frozen=True, slots=True)
class Watch:
    """Runs a sweep and the upkeep, each whenever it was rung for, and never twice at the same time.

    ``sweep`` is None where this process sends no reminders. Between two rings it sweeps by itself when the next
    reminder falls due. ``upkeeps`` are what the upkeep does, ``beside`` what is done whenever a sweep is rung for, one
    after the other; one that fails holds up no other, and none waits for a long sweep.

    A ring while the last one is still being answered is answered after it.
    """

    sweep: Sweep | None
    upkeeps: Sequence[Callable[[], Awaitable[object]]]
    beside: Sequence[Callable[[], Awaitable[object]]] = ()
    _sweep_rung: asyncio.Event = field(default_factory=_rung, init=False)
    _beside_rung: asyncio.Event = field(default_factory=_rung, init=False)
    _upkeep_rung: asyncio.Event = field(default_factory=_rung, init=False)
    _stopped: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def ring_sweep(self) -> None:
        """Ask for a sweep, and for what is done beside it."""
        self._sweep_rung.set()
        self._beside_rung.set()

    def ring_upkeep(self) -> None:
        """Ask for the upkeep."""
        self._upkeep_rung.set()

    def stop(self) -> None:
        """Begin nothing more; ``run`` returns once what is under way has ended."""
        self._stopped.set()
        if self.sweep is not None:
            self.sweep.stop()
        self.ring_sweep()
        self.ring_upkeep()

    async def run(self) -> None:
        """Sweep and keep the plans, at once and whenever rung for, until stopped. Neither waits for the other."""
        sweep, answers = self.sweep, [self._answer("beside", self._beside_rung, self.beside)]
        if sweep is not None:
            answers.append(self._answer("sweep", self._sweep_rung, [sweep.run], lambda: seconds_until_due(sweep)))
        await asyncio.gather(*answers, self._answer("upkeep", self._upkeep_rung, self.upkeeps))

    async def _answer(
        self,
        name: str,
        rung: asyncio.Event,
        rings: Sequence[Callable[[], Awaitable[object]]],
        sleep: Callable[[], Awaitable[float | None]] | None = None,
    ) -> None:
        """Answer each ring, and where ``sleep`` tells for how many seconds there is nothing to do, go on after them."""
        seconds: float | None = None
        while True:
            try:
                async with asyncio.timeout(seconds):
                    await rung.wait()
            except TimeoutError:
                pass  # something is due by now
            rung.clear()
            if self._stopped.is_set():
                return
            failed = False
            for ring in rings:
                try:
                    await ring()
                except Exception as error:  # noqa: BLE001 - whatever it is, the next ring tries again
                    log.error("ring_failed", ring=name, error=type(error).__name__)  # noqa: TRY400 - a traceback could hold values
                    failed = True
            # What failed would fail again at once: the bell comes soon enough.
            seconds = await sleep() if sleep and not failed else None


async def seconds_until_due(sweep: Sweep) -> float | None:
    """How long to sleep until the next reminder is due; None where only the bell can tell.

    It is bounded on both sides, whatever the clock on the wall does: what is due already and cannot be claimed (another
    process holds it) is not asked for without a pause, and a clock that was set on is noticed.
    """
    try:
        due = await sweep.next_due()
    except Exception as error:  # noqa: BLE001 - whatever it is, the next ring tries again
        log.warning("next_due_unknown", error=type(error).__name__)
        return None
    ahead = _MOST_SECONDS if due is None else (due - sweep.clock.now()).total_seconds()
    return min(max(ahead, _LEAST_SECONDS), _MOST_SECONDS)
