"""Work of different people goes on side by side, that of one person in order."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import timedelta

__all__ = ["Lanes"]

Work = Callable[[], Awaitable[None]]


class Lanes:
    """Runs work in tasks; a lane is one person's."""

    def __init__(self) -> None:
        self._last: dict[Hashable, asyncio.Task[None]] = {}
        self._running: set[asyncio.Task[None]] = set()

    def add(self, lane: Hashable, work: Work) -> None:
        """Start work as soon as the lane's earlier work has ended, however that ended."""
        task = asyncio.create_task(_after(self._last.get(lane), work))
        self._last[lane] = task
        self._running.add(task)
        task.add_done_callback(lambda done: self._forget(lane, done))

    async def idle(self) -> None:
        """Wait until nothing is left to do."""
        while self._running:
            await asyncio.wait(self._running)

    async def finish(self, patience: timedelta) -> None:
        """Let what runs come to its end, and cancel what has not after ``patience``."""
        if not self._running:
            return
        _done, late = await asyncio.wait(self._running, timeout=patience.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _forget(self, lane: Hashable, done: asyncio.Task[None]) -> None:
        self._running.discard(done)
        if self._last.get(lane) is done:
            del self._last[lane]


async def _after(earlier: asyncio.Task[None] | None, work: Work) -> None:
    if earlier:
        await asyncio.wait([earlier])
    await work()
