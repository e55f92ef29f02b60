"""How late the event loop wakes up: whatever blocks it makes every member wait."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol

__all__ = ["watch_lag"]

_EVERY = timedelta(milliseconds=250)


class LagMeter(Protocol):
    """What is told of each look."""

    def lagged(self, by: timedelta) -> None:
        """The loop woke up so much later than it was asked to."""
        ...


async def watch_lag(
    meter: LagMeter, every: timedelta = _EVERY, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Look until cancelled, once every so often."""
    loop = asyncio.get_running_loop()
    while True:
        wanted = loop.time() + every.total_seconds()
        await sleep(every.total_seconds())
        meter.lagged(timedelta(seconds=max(loop.time() - wanted, 0.0)))
