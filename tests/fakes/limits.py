"""How many calls a platform takes in a time, counted as strictly as its documentation reads."""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

BURST = 3
"""Messages that pass at once to one person on Telegram; "short bursts" is all that its FAQ says."""


@dataclass
class Window:
    """At most ``most`` calls in any ``seconds``, wherever these begin; one that is refused does not count."""

    most: int
    seconds: float
    taken: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        """The seconds until one more call would be taken, 0 for at once."""
        while self.taken and now - self.taken[0] >= self.seconds:
            self.taken.popleft()
        return 0.0 if len(self.taken) < self.most else self.taken[0] + self.seconds - now


@dataclass
class Bucket:
    """A call each ``seconds`` and ``burst`` of them at once: what is left fills up as time goes by."""

    burst: int
    seconds: float
    left: float = 0.0
    seen: float = -math.inf

    def wait(self, now: float) -> float:
        """The seconds until one more call would be taken, 0 for at once."""
        self.left = min(self.burst, self.left + (now - self.seen) / self.seconds)
        self.seen = now
        return 0.0 if self.left >= 1 else (1 - self.left) * self.seconds


@dataclass
class TelegramLimits:
    """30 messages a second in all, one a second to a person with short bursts, 20 a minute to a group (its FAQ).

    ``taken`` is when each message was taken, ``refused`` how many were not; ``now`` counts seconds.
    """

    now: Callable[[], float] = time.monotonic
    overall: Window = field(default_factory=lambda: Window(30, 1.0))
    people: dict[int, Bucket] = field(default_factory=dict)
    groups: dict[int, Window] = field(default_factory=dict)
    taken: list[float] = field(default_factory=list)
    refused: int = 0

    def take(self, chat_id: int) -> float:
        """Take a message to a chat and return 0, or return the seconds after which it would be taken."""
        now = self.now()
        person = self.people.setdefault(chat_id, Bucket(BURST, 1.0)) if chat_id > 0 else None
        group = self.groups.setdefault(chat_id, Window(20, 60.0)) if person is None else None
        chat = person or group or self.overall
        wait = max(self.overall.wait(now), chat.wait(now))
        if wait:
            self.refused += 1
            return wait
        self.overall.taken.append(now)
        self.taken.append(now)
        if person:
            person.left -= 1
        if group:
            group.taken.append(now)
        return 0.0


@dataclass
class DiscordLimits:
    """50 requests a second in all (its documentation, topics/rate limits); as ``TelegramLimits`` in the rest."""

    now: Callable[[], float] = time.monotonic
    overall: Window = field(default_factory=lambda: Window(50, 1.0))
    taken: list[float] = field(default_factory=list)
    refused: int = 0

    def take(self) -> float:
        """Take a request and return 0, or return the seconds after which it would be taken."""
        now = self.now()
        if wait := self.overall.wait(now):
            self.refused += 1
            return wait
        self.overall.taken.append(now)
        self.taken.append(now)
        return 0.0
