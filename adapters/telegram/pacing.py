"""Telegram's limits, kept before it has to remind us of them (its FAQ for bots: "My bot is hitting limits").

It takes about 30 messages a second from a bot, one a second to a person, of which short bursts pass, and 20 a minute to
a group. Whoever waits for a chat does so before the turn among all, so that one chat holds up no other.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from adapters.pacing import Pace
from adapters.telegram.errors import StoodStill

__all__ = ["Pacing"]

_PER_SECOND = 30
_SPARE = 0.4

_BURST = 3
# A little slower than one a second: messages may travel at different speeds.
_EACH_SECONDS = 1.1
_MOST_CHATS = 256

# Longer than a minute, by what a message may take from here to Telegram.
_GROUP_MINUTE_SECONDS = 62.0
_UNASKED_A_MINUTE = 17
"""Of the 20 that a group takes, the others are left to answers, which people wait for."""

_LONGEST_WAIT_SECONDS = 2.0
"""How long something unasked waits for its group; whoever posts it may hold the database meanwhile."""

_Sent = bool | dict[str, Any] | list[dict[str, Any]]


@dataclass(slots=True)
class _Person:
    """One person's chat. ``full_until`` is when no message of the last burst counts any more, in the loop's seconds."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    full_until: float = 0.0


class Pacing(BaseRateLimiter[bool]):
    """Lets each call through when it may go; ``rate_limit_args`` is True for what nobody waits for.

    Such a message does not leave if the process stood still while it waited: another one may have sent it meanwhile.

    Where Telegram asks to wait all the same, that is for the caller, who knows what can wait: no other call is held.
    """

    def __init__(self) -> None:
        self.overall = Pace(_PER_SECOND, _SPARE)
        self._people: dict[int, _Person] = {}
        self._groups: dict[int, deque[float]] = {}

    async def initialize(self) -> None:
        """Nothing has to be opened."""

    async def shutdown(self) -> None:
        """Nothing has to be closed."""

    async def process_request(  # noqa: PLR0917 - as the library calls it
        self,
        callback: Callable[..., Coroutine[Any, Any, _Sent]],
        args: Any,  # noqa: ANN401 - as the library has it
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: bool | None,  # noqa: FBT001 - as the library calls it
    ) -> _Sent:
        """Call Telegram when it is this call's turn.

        Raises:
            StoodStill: the process did, and this may have been sent by another.
        """
        stood_still = self.overall.stood_still
        chat_id = data.get("chat_id")
        if isinstance(chat_id, int):
            if not endpoint.startswith("send"):
                await self.overall.turn()
            elif chat_id > 0:
                await self._wait_for_person(chat_id, unasked=bool(rate_limit_args))
            else:
                await self._wait_for_group(chat_id, unasked=bool(rate_limit_args))
        if rate_limit_args and self.overall.stood_still != stood_still:
            raise StoodStill
        return await callback(*args, **kwargs)

    async def _wait_for_person(self, chat_id: int, *, unasked: bool) -> None:
        """Wait for a turn. The next message to the same person waits until this one has had it.

        Otherwise those that came one after the other would wait for their turn among all together, and go out at once.
        An answer only counts: nobody asks so often that Telegram would mind for long.
        """
        clock = asyncio.get_running_loop().time
        person = self._person(chat_id, clock())
        if not unasked:
            await self.overall.turn()
            # However many there were, what is unasked waits for one more message: it holds a turn that others wait for.
            most = clock() + _BURST * _EACH_SECONDS
            person.full_until = min(max(person.full_until, clock()) + _EACH_SECONDS, most)
            return
        async with person.turn:
            await self.overall.sleep(person.full_until - (_BURST - 1) * _EACH_SECONDS - clock())
            await self.overall.turn()
            person.full_until = max(person.full_until, clock()) + _EACH_SECONDS

    def _person(self, chat_id: int, now: float) -> _Person:
        if chat_id not in self._people:
            if len(self._people) >= _MOST_CHATS:
                busy = {each: one for each, one in self._people.items() if one.turn.locked() or one.full_until > now}
                self._people = busy
            self._people[chat_id] = _Person()
        return self._people[chat_id]

    async def _wait_for_group(self, chat_id: int, *, unasked: bool) -> None:
        clock = asyncio.get_running_loop().time
        while wait := self._wait_of_group(chat_id, clock(), unasked=unasked):
            if wait > _LONGEST_WAIT_SECONDS:
                raise RetryAfter(timedelta(seconds=wait))
            await self.overall.sleep(wait)
        await self.overall.turn()

    def _wait_of_group(self, chat_id: int, now: float, *, unasked: bool) -> float:
        """The seconds until something may go to a group; where that is now, it is counted. Answers never wait."""
        if chat_id not in self._groups and len(self._groups) >= _MOST_CHATS:
            self._groups = {each: sent for each, sent in self._groups.items() if now - sent[-1] < _GROUP_MINUTE_SECONDS}
        sent = self._groups.setdefault(chat_id, deque())
        while sent and now - sent[0] >= _GROUP_MINUTE_SECONDS:
            sent.popleft()
        if unasked and len(sent) >= _UNASKED_A_MINUTE:
            return sent[len(sent) - _UNASKED_A_MINUTE] + _GROUP_MINUTE_SECONDS - now
        sent.append(now)
        return 0
