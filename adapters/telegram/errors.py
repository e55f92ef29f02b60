"""What python-telegram-bot raises, as the core's own errors.

The library wraps what its HTTP client raised, so ``__cause__`` tells whether a request can have left the machine. Of an
answer it tells the text alone, so ``adapters.telegram.requests`` raises ``ServerFailed`` by the status instead.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import timedelta

import httpx
from telegram import error as library

from bot.errors import Blocked, DeliveryError, Gone, RateLimited, Refused, Unknown, Unreachable

__all__ = [
    "MAPPING",
    "NOT_MODIFIED",
    "NO_ANSWERED",
    "ServerFailed",
    "StoodStill",
    "delivery_error",
    "known_as_group",
    "translated",
]

NOT_MODIFIED = "not_modified"
"""The reason of an edit that would change nothing."""

NO_ANSWERED = "no_answered"
"""The reason of a reply to a message that is no longer there."""

# An address that cannot be called (UnsupportedProtocol) sends nothing either.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

_NOT_TAKEN = frozenset({*range(400, 501), 502, 503})
"""The server failed, or refused, before it took the call. With any other 5xx, such as 504, it may have taken it."""

_FORBIDDEN = {"initiate": "never_started", "blocked": "blocked", "deactivated": "deactivated"}
_GONE = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated")

# Telegram documents no wording of its errors; these are what its servers say (November 2026), in lower case.
_CLOSED = {
    "message to edit not found": "message_gone",
    "message can't be edited": "message_gone",
    "message_id_invalid": "message_gone",
    "there is no text in the message to edit": "message_gone",
    "message thread not found": "topic_gone",
    "topic_deleted": "topic_gone",
    "topic_closed": "topic_closed",
    "kicked from the": "kicked",
    "not a member of the": "not_a_member",
    "group chat was deleted": "group_gone",
    "group chat was deactivated": "group_gone",
    "not enough rights": "no_rights",
    "have no rights": "no_rights",
    "need administrator rights": "no_rights",
    "chat_write_forbidden": "no_rights",
    "chat_send_plain_forbidden": "no_rights",
    "chat_restricted": "no_rights",
    "chat_admin_required": "no_rights",
    "channel_private": "no_rights",
}
"""Parts of what Telegram says where a group, or a message of ours there, is closed to us."""


class StoodStill(library.NetworkError):
    """This process stood still while a message waited for its turn, so that another may have sent it; it was not."""

    def __init__(self) -> None:
        super().__init__("stood still")


class ServerFailed(library.NetworkError):
    """A server answered with a status of 500 or above, in whatever form, or one that is not Telegram's refused."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


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


@contextmanager
def known_as_group() -> Generator[None]:
    """Let a refusal by a group be known as such: where it does not want us, it is gone."""
    try:
        yield
    except Gone:
        raise
    except Blocked as error:
        raise Gone(error.reason) from error


def _closed(error: library.TelegramError) -> Gone | None:
    text = error.message.lower()
    reason = next((reason for part, reason in _CLOSED.items() if part in text), None)
    return Gone(reason) if reason else None


def _forbidden(error: library.TelegramError) -> DeliveryError:
    if closed := _closed(error):
        return closed
    text = error.message.lower()
    return Blocked(next((reason for part, reason in _FORBIDDEN.items() if part in text), "forbidden"))


def _refused(error: library.TelegramError) -> DeliveryError:
    if closed := _closed(error):
        return closed
    text = error.message.lower()
    if any(part in text for part in _GONE):
        return Blocked("gone")
    reasons = {"not modified": NOT_MODIFIED, "message to be replied not found": NO_ANSWERED}
    return Unreachable(next((reason for part, reason in reasons.items() if part in text), "refused"))


def _limited(error: library.TelegramError) -> DeliveryError:
    wait = error.retry_after if isinstance(error, library.RetryAfter) else timedelta()
    return RateLimited("rate_limited", wait if isinstance(wait, timedelta) else timedelta(seconds=wait))


def _network(error: library.TelegramError) -> DeliveryError:
    if isinstance(error, ServerFailed):
        reason = f"http_{error.status}"
        return Unreachable(reason) if error.status in _NOT_TAKEN else Unknown(reason)
    if isinstance(error, StoodStill):
        return Unreachable("stood_still")
    if isinstance(error.__cause__, RuntimeError):
        # The client is closed: its platform has ended in this process, so that no other message would go out either.
        return Refused("closed")
    return Unreachable("no_connection") if isinstance(error.__cause__, _NEVER_SENT) else Unknown("no_answer")


def _because(reason: str) -> Callable[[library.TelegramError], DeliveryError]:
    return lambda _error: Unreachable(reason)


MAPPING: Mapping[type, Callable[[library.TelegramError], DeliveryError]] = {
    library.TelegramError: lambda _error: Unknown("unreadable_answer"),
    library.Forbidden: _forbidden,
    library.InvalidToken: lambda _error: Refused("token_refused"),
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
