"""What the core needs from outside to reach people."""

from datetime import datetime
from typing import Protocol

from bot.chat.capabilities import Capabilities
from bot.chat.people import Person, Place, Reader
from bot.chat.replies import Reply


class Clock(Protocol):
    """Reads the time, at the door only."""

    def now(self) -> datetime:
        """The present moment, aware UTC."""
        ...


class Messenger(Protocol):
    """One platform's way to reach a person unasked."""

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can do."""
        ...

    async def send(self, person: Person, reply: Reply, reader: Reader, *, once: str) -> str:
        """Send to the person's direct chat and return the platform's id of the message.

        ``reader`` is for whom it is written. ``once`` names this delivery (25 characters at most): a platform
        that can, refuses a second message of the same name within its window.

        Raises:
            Blocked: the person cannot be reached until they come back; do not try again.
            RateLimited: nothing was delivered; wait.
            Unreachable: nothing was delivered; try again later.
            Unknown: it may have been delivered.
        """
        ...

    async def post(self, place: Place, reply: Reply, reader: Reader) -> None:
        """Say something to everybody in a group; its buttons are for anyone.

        Raises:
            DeliveryError: as ``send``.
        """
        ...


class Roles(Protocol):
    """One platform's knowledge of who looks after a group."""

    async def moderates(self, person: Person, place: Place) -> bool:
        """Whether a person may moderate a group; False in a direct chat, and where that cannot be found out."""
        ...
