"""Staying below what a platform takes: one turn after another at an even pace."""

import asyncio
import math
import time

__all__ = ["STILL_SECONDS", "Pace"]

STILL_SECONDS = 10.0
"""A process that stood still for longer may be taken for dead by the others, who then do its work."""

_ROOM = 0.7
"""Calls that a second is left free of; see ``Pace``."""

_KEPT = 0.9
"""The part of what a platform takes that processes of any number use together."""

_HARDLY = 1e-9


class Pace:
    """Gives turns evenly: in any second at most ``per_second`` of them, times the share that this process has.

    It is a leaky bucket: in any ``t`` seconds it gives at most ``capacity + rate * t`` turns, and that is a whole
    number. The capacity is one turn and ``spare``, of which a process has its share: a loop that wakes up late by
    ``spare / rate`` seconds at most makes up for it. The rate is chosen so that one second's turns stay ``_ROOM`` below
    the next whole number: calls may be on their way for times that differ by ``_ROOM / rate`` seconds before there is
    one too many of them at the platform.

    Several processes do not know when the others have their turns. Where what each gives in a second, a whole number,
    would leave over a tenth of the ceiling unused, it goes on at nine tenths of its share instead. Turns that fall as
    they may then stay below the ceiling; if all processes give their most in the same second, the worst case, that is
    up to one turn above the ceiling for each of them.
    """

    def __init__(self, per_second: float, spare: float) -> None:
        self._per_second = per_second
        self._spare = spare
        self._turn = asyncio.Lock()
        self._level = 0.0
        self._leaked_at = 0.0
        self._stood = 0
        self._share = 0.0
        self._capacity = self._rate = 1.0
        self._use(1)

    def take_share(self, share: float) -> None:
        """Use this part of what the platform takes (above 0, at most 1), from the next turn on.

        What was given already still counts, and who waits for a turn has it at the new pace.
        """
        if share != self._share:
            self._leak()
            self._use(share)

    async def turn(self) -> None:
        """Wait for one's turn; whoever asked first has it first."""
        async with self._turn:
            while wait := self._wait():
                await self.sleep(wait)
            self._level += 1

    async def sleep(self, seconds: float) -> None:
        """Wait for so long, and notice if the whole process stood still meanwhile."""
        loop = asyncio.get_running_loop()
        # While a machine is suspended one of the two clocks may stand still with it.
        by_loop, by_wall = loop.time(), time.time()
        await asyncio.sleep(seconds)
        if max(loop.time() - by_loop, time.time() - by_wall) - max(seconds, 0) > STILL_SECONDS:
            self._stood += 1

    @property
    def stood_still(self) -> int:
        """How often this process was found to have stood still while something waited."""
        return self._stood

    @property
    def rate(self) -> float:
        """Turns a second that are given where they are always asked for."""
        return self._rate

    def _use(self, share: float) -> None:
        self._share = share
        most = self._per_second * share
        spare = self._spare * share
        self._capacity = 1 + spare
        self._rate = max(math.floor(most + _HARDLY) - _ROOM * share - spare, _KEPT * most)

    def _wait(self) -> float:
        """The seconds until there is room for a turn; 0 where there is now."""
        self._leak()
        over = self._level + 1 - self._capacity
        return over / self._rate if over > _HARDLY else 0.0

    def _leak(self) -> None:
        try:
            now = asyncio.get_running_loop().time()
        except RuntimeError:  # nothing runs yet, so that nothing was given
            return
        self._level = max(0.0, self._level - max(now - self._leaked_at, 0.0) * self._rate)
        self._leaked_at = now
