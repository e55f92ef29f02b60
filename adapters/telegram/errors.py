"""What python-telegram-bot raises, as the core's own errors.

The library wraps what its HTTP client raised, so ``__cause__`` tells whether a request can have left the machine.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import timedelta

import httpx
from telegram import error as library

from bot.errors import Blocked, DeliveryError, RateLimited, Unknown, Unreachable

__all__ = ["MAPPING", "NOT_MODIFIED", "delivery_error", "translated"]

NOT_MODIFIED = "not_modified"
"""The reason of an edit that would change nothing."""

# A closed client (RuntimeError) and an address that cannot be called (UnsupportedProtocol) send nothing either.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, RuntimeError)

_FORBIDDEN = {"initiate": "never_started", "blocked": "blocked", "deactivated": "deactivated", "kicked": "kicked"}
_GONE = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated")


def delivery_error(error: library.TelegramError) -> DeliveryError:
    """Translate an error of a send; a class that nobody listed counts as its nearest listed parent."""
    listed = next(MAPPING[kind] for kind in type(error).__mro__ if kind in MAPPING)
    return listed(error)


@contextmanager
def translated() -> Generator[None]:
    """Let nothing but the core's errors leave a call to Telegram."""
    try:
        yield
    except library.TelegramError as error:
        raise delivery_error(error) from error


def _forbidden(error: library.TelegramError) -> DeliveryError:
    text = error.message.lower()
    return Blocked(next((reason for part, reason in _FORBIDDEN.items() if part in text), "forbidden"))


def _refused(error: library.TelegramError) -> DeliveryError:
    text = error.message.lower()
    if any(part in text for part in _GONE):
        return Blocked("gone")
    return Unreachable(NOT_MODIFIED if "not modified" in text else "refused")


def _limited(error: library.TelegramError) -> DeliveryError:
    wait = error.retry_after if isinstance(error, library.RetryAfter) else timedelta()
    return RateLimited("rate_limited", wait if isinstance(wait, timedelta) else timedelta(seconds=wait))


def _network(error: library.TelegramError) -> DeliveryError:
    # Without a cause, a server answered with 5xx. That may be a gateway which lost the answer of the server behind it.
    return Unreachable("no_connection") if isinstance(error.__cause__, _NEVER_SENT) else Unknown("no_answer")


def _because(reason: str) -> Callable[[library.TelegramError], DeliveryError]:
    return lambda _error: Unreachable(reason)


MAPPING: Mapping[type, Callable[[library.TelegramError], DeliveryError]] = {
    library.TelegramError: lambda _error: Unknown("unreadable_answer"),
    library.Forbidden: _forbidden,
    library.InvalidToken: _because("token_refused"),
    library.EndPointNotFound: _because("no_such_method"),
    library.NetworkError: _network,
    library.TimedOut: _network,
    library.BadRequest: _refused,
    library.ChatMigrated: _because("chat_moved"),
    library.RetryAfter: _limited,
    library.Conflict: _because("another_poller"),
    library.PassportDecryptionError: _because("passport"),
}
"""How each error class of the library is read; a test holds that none is missing."""
