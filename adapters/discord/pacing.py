"""Discord's overall limit, kept before it has to remind us of it, and what to make of it when it does.

It takes 50 requests a second from a bot; what answers an interaction is not counted (its documentation, topics/rate
limits, 2026-08-06). The limits of single routes and channels, which it tells with every answer, the library keeps.
"""

import json
from http import HTTPStatus
from types import SimpleNamespace

import aiohttp
import discord
from discord.http import Route
from yarl import URL

from adapters.pacing import Pace

__all__ = ["Pacing"]

_PER_SECOND = 50
_SPARE = 0.8
_UNBOUND = ("/interactions/", "/webhooks/")

_LONGEST_WAIT_SECONDS = 5.0
"""How long a call waits where Discord asks one channel to; a reminder that has to wait longer is put back."""


class StoodStill(discord.ClientException):
    """This process stood still while a message waited for its turn, so that another may have sent it; it was not."""


class Pacing:
    """Looks at every request of the library: ``trace`` is what its client takes."""

    def __init__(self) -> None:
        self.overall = Pace(_PER_SECOND, _SPARE)
        self.trace = aiohttp.TraceConfig()
        self.trace.on_request_start.append(self._start)
        self.trace.on_request_end.append(self._end)

    async def _start(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, request: aiohttp.TraceRequestStartParams
    ) -> None:
        """Let a request wait for its turn, each attempt of the library's own too.

        Raises:
            StoodStill: the process did meanwhile, and this is a message that another may have sent.
        """
        if _counts(request.url):
            stood_still = self.overall.stood_still
            await self.overall.turn()
            if request.method == "POST" and self.overall.stood_still != stood_still:
                raise StoodStill

    async def _end(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, request: aiohttp.TraceRequestEndParams
    ) -> None:
        """Say at once what is wrong, where the library would try again by itself for up to half a minute.

        That would hold up whatever else is to be sent, and would hide that an attempt may have gone through.

        Raises:
            discord.DiscordServerError: Discord, or what stands before it, answered with 500 or more.
            discord.RateLimited: Discord wants no request at all for a time, or none of this kind for a long one.
        """
        response = request.response
        if not _counts(request.url):
            return
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise discord.DiscordServerError(response, None)
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            wait, everywhere = _asked_for(await response.text())
            if everywhere or wait > _LONGEST_WAIT_SECONDS:
                raise discord.RateLimited(wait)


def _counts(url: URL) -> bool:
    address = str(url)
    return address.startswith(Route.BASE) and not address.removeprefix(Route.BASE).startswith(_UNBOUND)


def _asked_for(body: str) -> tuple[float, bool]:
    """The seconds to wait, and whether everything has to; nothing where that is not Discord's own answer."""
    try:
        told = json.loads(body)
        return float(told["retry_after"]), bool(told.get("global"))
    except (ValueError, TypeError, KeyError, AttributeError):
        return 0.0, False
