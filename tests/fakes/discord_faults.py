"""What can go wrong between the bot and the fake Discord, and the rate limits that always hold.

A fault is a coroutine function that is given the delivery of the request and decides what becomes of it.
"""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from fakes.discord_rules import ApiError


class ConnectionCutError(Exception):
    """The connection ends here, without an answer."""


@dataclass
class Answer:
    """An answer to a REST request; a body of None is 204's empty one."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    html: bool = False

    @property
    def payload(self) -> bytes:
        """The body as bytes."""
        if self.html:
            return str(self.body).encode()
        return b"" if self.body is None else json.dumps(self.body).encode()


Deliver = Callable[[], Awaitable[Answer]]
Fault = Callable[[Deliver], Awaitable[Answer]]


def rate_limited(retry_after: float = 0.1, *, global_: bool = False) -> Fault:
    """Answer 429 and ask for `retry_after` seconds of silence, on this route or everywhere."""

    async def fault(_: Deliver) -> Answer:
        return too_many(retry_after, "global" if global_ else "user")

    return fault


def too_many(retry_after: float, scope: str) -> Answer:
    """Write a 429; without the Via header a client takes it for a ban and does not wait."""
    headers = {"Via": "1.1 google", "Retry-After": str(int(retry_after) + 1), "X-RateLimit-Scope": scope}
    if scope == "global":
        headers["X-RateLimit-Global"] = "true"
    body = {
        "message": "You are being rate limited.",
        "retry_after": retry_after,
        "global": scope == "global",
        "code": 0,
    }
    return Answer(429, body, headers)


def server_error(status: int = 500, *, html: bool = False) -> Fault:
    """Answer with a 5xx, in JSON or as the page that a proxy shows."""

    async def fault(_: Deliver) -> Answer:
        if html:
            return Answer(status, f"<html><body><h1>{status}</h1></body></html>", html=True)
        return Answer(status, {"message": f"{status}: Server Error", "code": 0})

    return fault


async def dropped_before(_: Deliver) -> Answer:
    """Cut the connection before the request has had any effect."""
    raise ConnectionCutError


async def dropped_after(deliver: Deliver) -> Answer:
    """Carry the request out, then cut the connection instead of answering."""
    await deliver()
    raise ConnectionCutError


def hang(seconds: float = 3600) -> Fault:
    """Say nothing for so long, then cut the connection; the request has no effect."""

    async def fault(_: Deliver) -> Answer:
        await asyncio.sleep(seconds)
        raise ConnectionCutError

    return fault


def slow(seconds: float) -> Fault:
    """Carry the request out only after a while."""

    async def fault(deliver: Deliver) -> Answer:
        await asyncio.sleep(seconds)
        return await deliver()

    return fault


def forbidden(code: int = 50013, message: str = "Missing Permissions") -> Fault:
    """Answer 403 with one of Discord's codes."""

    async def fault(_: Deliver) -> Answer:
        raise ApiError(403, code, message)

    return fault


async def unauthorized(_: Deliver) -> Answer:
    """Answer 401, as after a token was reset."""
    raise ApiError(401, 0, "401: Unauthorized")


@dataclass
class Plan:
    """The faults still to come, in order; a pattern is matched against `METHOD /path` with `*` for anything."""

    waiting: list[tuple[str, Fault]] = field(default_factory=list)

    def take(self, method: str, path: str) -> Fault | None:
        """Take the next fault meant for this request."""
        for index, (pattern, fault) in enumerate(self.waiting):
            if fnmatchcase(f"{method} {path}", pattern):
                del self.waiting[index]
                return fault
        return None


MAJOR = re.compile(r"/(channels|guilds)/(\d+)|/webhooks/(\d+/[^/]+)")
IDS = re.compile(r"/\d+(?=/|$)|(?<=/webhooks/)\d+/[^/]+|(?<=/interactions/)\d+/[^/]+")


@dataclass
class Buckets:
    """Rate limits by route and by channel, guild or webhook: so many requests in so many seconds each.

    Discord does not publish its figures; 50 in a second is wide enough to stay out of a test's way.
    """

    limits: list[tuple[str, int, float]] = field(default_factory=list)
    used: dict[str, tuple[float, int]] = field(default_factory=dict)

    def take(self, method: str, path: str) -> tuple[dict[str, str], float | None]:
        """Count a request; the headers to answer with, and the seconds to wait where it is one too many."""
        route = f"{method} {IDS.sub('/id', path)}"
        limit, window = next(
            ((n, s) for pattern, n, s in self.limits if fnmatchcase(f"{method} {path}", pattern)), (50, 1.0)
        )
        major = MAJOR.search(path)
        key = f"{route} {major.group(0) if major else ''}"
        now = time.monotonic()
        started, count = self.used.get(key, (now, 0))
        if now - started >= window:
            started, count = now, 0
        reset_after = started + window - now
        too_late = count >= limit
        self.used[key] = (started, count if too_late else count + 1)
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(limit - count - 1, 0)),
            "X-RateLimit-Reset": f"{time.time() + reset_after:.3f}",
            "X-RateLimit-Reset-After": f"{reset_after:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(route.encode()).hexdigest()[:32],
        }
        return headers, reset_after if too_late else None
