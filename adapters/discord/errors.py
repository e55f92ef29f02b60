"""What the library's and the network's errors mean to the core, for a message to one person."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

import aiohttp
import discord

from bot.errors import Blocked, DeliveryError, Gone, RateLimited, Refused, Unknown, Unreachable

EXPECTED = (discord.DiscordException, aiohttp.ClientError, OSError)
"""Everything that a call of the library may raise when the network or Discord is not well; a time-out is an OSError."""

PATIENCE = timedelta(seconds=40)
"""How long one attempt may take; more than the 30 s that the library waits out a rate limit by itself."""

ALREADY_ANSWERED = 40060
"""Discord's code for a second first answer to an interaction."""

TOO_MANY_NEW_CHATS = "too_many_new_chats"
"""The reason where Discord lets the bot open no further direct chat for a time."""

_PERSON_IS_CLOSED = frozenset({10013, 50007, 50033, 50278})
"""This person cannot be written to: an unknown user, closed or blocking, no recipient, no server shared.

Discord's developer documentation, topics/opcodes-and-status-codes, 2026-08-06.
"""
_GROUP_IS_CLOSED = frozenset({10003, 10004, 10008, 50001, 50005, 50008, 50013, 50024, 50083, 160005})
"""A channel or a message is not there for us: an unknown channel, server or message, no access, another's message, no
channel for text, no permission, not in such a channel, an archived or a locked thread. Source as above.
"""
_TOO_MANY_NEW_CHATS = 40003
_BOT_IS_FLAGGED = 20026
_ABOUT_NOBODY = frozenset({0, _BOT_IS_FLAGGED, _TOO_MANY_NEW_CHATS})
"""Codes of a refusal that says nothing of this person; 0 is one that comes from a gate before Discord."""
_UNKNOWN_PAUSE = timedelta(minutes=1)
_NOT_LET_IN, _TOO_MANY_REQUESTS = 401, 429

_NOT_TAKEN = frozenset({500, 502, 503})
"""Discord failed before it took the message. With any other 5xx, such as 504, it may have taken it."""

_PAUSES = (0.5, 1.5)
"""Seconds before the second and the third attempt."""

_AGAIN_WITHIN_SECONDS = 10.0
"""How long after the first attempt another is made: later, another process may have begun to send the same."""

_T = TypeVar("_T")


def meaning(error: Exception) -> DeliveryError:
    """What an error of ``EXPECTED`` means for a message that was being sent."""
    found = next((MEANINGS[kind] for kind in type(error).__mro__ if kind in MEANINGS), None)
    return found(error) if found else Unknown(type(error).__name__)


def meaning_in_group(error: Exception) -> DeliveryError:
    """What an error of ``EXPECTED`` means for a message to a group, which is gone where it does not want us."""
    if isinstance(error, discord.HTTPException) and error.code in _GROUP_IS_CLOSED:
        return Gone(str(error.code))
    meant = meaning(error)
    return Gone(meant.reason) if isinstance(meant, Blocked) else meant


async def deliver(
    send: Callable[[], Awaitable[_T]],
    patience: timedelta = PATIENCE,
    read: Callable[[Exception], DeliveryError] = meaning,
    *,
    waits: timedelta = timedelta(),
) -> _T:
    """Send something that a repeat cannot double, trying again for a few seconds where the network is at fault.

    ``read`` tells what an error means. Where Discord asks to wait no longer than ``waits``, that is done.

    Raises:
        DeliveryError: as in ``Messenger.send``; once an attempt may have gone through, only ``Blocked`` or ``Unknown``.
    """
    in_doubt: Unknown | None = None
    began, began_by_wall = time.monotonic(), time.time()
    for pause in (*_PAUSES, None):
        try:
            return await asyncio.wait_for(send(), patience.total_seconds())
        except EXPECTED as error:
            meant = read(error)
            in_doubt = meant if isinstance(meant, Unknown) else in_doubt
            if isinstance(meant, Blocked):
                raise meant from error
            welcome = isinstance(meant, RateLimited) and meant.retry_after <= waits
            passed = max(time.monotonic() - began, time.time() - began_by_wall)
            worth = (welcome or _worth_another(error)) and passed < _AGAIN_WITHIN_SECONDS
            if pause is None or not worth:
                raise in_doubt or meant from error
            await asyncio.sleep(meant.retry_after.total_seconds() if isinstance(meant, RateLimited) else pause)
    raise AssertionError("the last attempt returns or raises")


async def insist(send: Callable[[], Awaitable[object]]) -> None:
    """Send an answer to an interaction, once more where the network or Discord was at fault.

    Of first answers Discord takes only one; a further message to one person may come twice, which is better than not.

    Raises:
        discord.DiscordException: Discord refused.
        OSError: the network failed twice.
    """
    try:
        await send()
    except (discord.DiscordServerError, aiohttp.ClientError, OSError):
        try:
            await send()
        except discord.HTTPException as error:
            if error.code != ALREADY_ANSWERED:
                raise


def _worth_another(error: Exception) -> bool:
    return isinstance(error, discord.DiscordServerError | aiohttp.ClientError | OSError)


def _refused(error: discord.HTTPException) -> DeliveryError:
    reason = f"http_{error.status}_{error.code}"
    if error.code in _PERSON_IS_CLOSED:
        return Blocked(str(error.code))
    if error.status == _NOT_LET_IN:
        return Refused("token_refused")
    if error.code == _TOO_MANY_NEW_CHATS:
        # Chats that are open are not limited, so that only this person has to wait.
        return Unreachable(TOO_MANY_NEW_CHATS)
    if error.status == _TOO_MANY_REQUESTS:
        return RateLimited(reason, _UNKNOWN_PAUSE)
    return Unreachable(reason)


def _forbidden(error: discord.Forbidden) -> DeliveryError:
    """A refusal with a code is about this person; without one it comes from a gate before Discord and means all."""
    meant = _refused(error)
    if isinstance(meant, Unreachable) and error.code not in _ABOUT_NOBODY:
        return Blocked(str(error.code))
    return meant


def _in_doubt(error: Exception) -> DeliveryError:
    return Unknown(type(error).__name__)


def _not_taken(error: Exception) -> DeliveryError:
    return Unreachable(type(error).__name__)


def _wait(error: discord.RateLimited) -> DeliveryError:
    return RateLimited("http_429", timedelta(seconds=error.retry_after))


def _server_error(error: discord.DiscordServerError) -> DeliveryError:
    reason = f"http_{error.status}"
    return Unreachable(reason) if error.status in _NOT_TAKEN else Unknown(reason)


MEANINGS: Mapping[type[Exception], Callable[[Any], DeliveryError]] = {
    discord.DiscordException: _in_doubt,
    discord.ClientException: _not_taken,
    discord.GatewayNotFound: _not_taken,
    discord.HTTPException: _refused,
    discord.RateLimited: _wait,
    discord.Forbidden: _forbidden,
    discord.NotFound: _refused,
    discord.DiscordServerError: _server_error,
    discord.InvalidData: _in_doubt,
    discord.LoginFailure: lambda _error: Refused("token_refused"),
    discord.ConnectionClosed: _not_taken,
    discord.PrivilegedIntentsRequired: _not_taken,
    discord.InteractionResponded: _not_taken,
    discord.MissingApplicationID: _not_taken,
    discord.errors.FFmpegProcessError: _not_taken,
    aiohttp.ClientConnectorError: _not_taken,
    aiohttp.ClientError: _in_doubt,
    TimeoutError: _in_doubt,
    OSError: _in_doubt,
}
