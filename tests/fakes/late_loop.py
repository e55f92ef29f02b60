"""An event loop whose time is not the machine's: it goes from one timer to the next, each of them a little late."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_LEAST = 1e-6


class LateLoop(asyncio.SelectorEventLoop):
    """Runs timers at once: its clock moves to them, and on by the seconds of ``late``. Nothing real is waited for."""

    def __init__(self, late: Callable[[], float] = lambda: 0.0) -> None:
        self.at = 0.0
        self._late = late
        super().__init__()

    def time(self) -> float:
        """The seconds since the loop was made."""
        return self.at

    def _run_once(self) -> None:
        ready: object = self._ready  # type: ignore[attr-defined]  # what asyncio does not publish
        timers: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]  # as above
        if not ready and timers:
            # Time always goes on, be it by a little: a timer that is set for now would be set again without end.
            self.at = max(self.at, timers[0].when() + self._late()) + _LEAST
        super()._run_once()  # type: ignore[misc]  # as above


def run_late(work: Callable[[], Coroutine[Any, Any, T]], late: Callable[[], float] = lambda: 0.0) -> T:
    """Run something to its end on such a loop."""
    with asyncio.Runner(loop_factory=lambda: LateLoop(late)) as runner:
        return runner.run(work())
