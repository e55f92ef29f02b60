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

    async def post(self, place: Place, reply: Reply, reader: Reader, *, answering: str = "") -> str:
        """Say something to everybody in a group, its buttons being for anyone, and return the message's id.

        It stands under the message ``answering`` if that is still there, and in the place's topic.

        Raises:
            Gone: the chat is no more, or the bot may not write there.
            DeliveryError: as ``send``.
        """
        ...

    async def edit(self, place: Place, message_id: str, reply: Reply, reader: Reader) -> None:
        """Change a message that ``post`` made; one that already reads so is left as it is.

        Raises:
            Gone: the message or its chat is no more.
            DeliveryError: as ``send``.
        """
        ...

    async def moderators(self, place: Place) -> tuple[Person, ...]:
        """Who may moderate a group, as far as the platform tells; never a machine. Empty where that is not known."""
        ...


class Roles(Protocol):
    """One platform's knowledge of who looks after a group."""

    async def moderates(self, person: Person, place: Place) -> bool:
        """Whether a person may moderate a group; False in a direct chat, and where that cannot be found out."""
        ...


class Herald(Protocol):
    """Says something where nobody asked just now, on whichever platform that is: a ``Messenger`` for all of them."""

    async def post(self, place: Place, reply: Reply, *, answering: str = "") -> str:
        """As ``Messenger.post``."""
        ...

    async def edit(self, place: Place, message_id: str, reply: Reply) -> None:
        """As ``Messenger.edit``."""
        ...

    def capabilities(self, platform: str) -> Capabilities:
        """What a platform can do.

        Raises:
            Unreachable: it does not run.
        """
        ...

    async def send(self, person: Person, reply: Reply) -> str:
        """As ``Messenger.send``."""
        ...

    async def moderators(self, place: Place) -> tuple[Person, ...]:
        """As ``Messenger.moderators``."""
        ...
