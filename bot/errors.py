"""The error tree of the core.

::

    RoundtableError
    ├── MemberError        the person can put it right: a word key and its values
    ├── DeliveryError      a message did not, or may not have, reached the person
    │   ├── Blocked        the person or the platform refuses further messages from us
    │   │   └── Gone       what was to be changed, or the chat to be written to, is no more, or closed to us
    │   ├── RateLimited    wait ``retry_after``, then the same call is welcome
    │   ├── Unreachable    the platform did not take it; nothing was delivered
    │   │   └── Refused    it takes nothing from us until the operator has put something right
    │   └── Unknown        the platform may have taken it; asking again could repeat it
    ├── StorageError       the database could not do what it was asked
    │   └── WrongKeyError  a stored value does not open with the configured key
    └── SettingsError      the operator can put it right: one plain sentence

Adapters and storage translate their libraries' exceptions into these at the call; only the dispatcher turns an error
into a reply.
"""

from datetime import timedelta

__all__ = [
    "Blocked",
    "DeliveryError",
    "Gone",
    "MemberError",
    "RateLimited",
    "Refused",
    "RoundtableError",
    "SettingsError",
    "StorageError",
    "Unknown",
    "Unreachable",
    "WrongKeyError",
]


class RoundtableError(Exception):
    """Anything that this program raises on purpose."""


class MemberError(RoundtableError):
    """Something the person who asked can put right.

    ``key`` names the words that tell them how, ``values`` fill its placeholders (dates stay dates).
    """

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class DeliveryError(RoundtableError):
    """A message could not be delivered, or it is not known whether it was.

    ``reason`` is a short code for the log and the stored state; it never holds what the message said.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Blocked(DeliveryError):  # noqa: N818 - named for the state the member is in, as in the house plan
    """The person blocked the bot, shares no server with it, or the chat is gone: stop sending until they come back."""


class Gone(Blocked):
    """The message to be changed, or the chat to be written to, is no more, or the bot has lost its rights there."""


class RateLimited(DeliveryError):  # noqa: N818 - as above
    """The platform asks to wait; nothing was delivered, and the attempt does not count as a failure."""

    def __init__(self, reason: str, retry_after: timedelta) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Unreachable(DeliveryError):  # noqa: N818 - as above
    """The platform surely did not take the message; trying again later is safe."""


class Refused(Unreachable):
    """The platform does not let this program in, such as with a token that was withdrawn: all its messages wait."""


class Unknown(DeliveryError):  # noqa: N818 - as above
    """The connection ended after the message was sent: it may have arrived."""


class StorageError(RoundtableError):
    """The database could not do what it was asked."""


class WrongKeyError(StorageError):
    """A stored value does not open with the configured key."""


class SettingsError(RoundtableError):
    """A setting is missing or wrong; the text says in one sentence what the operator can do."""
