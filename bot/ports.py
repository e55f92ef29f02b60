"""What the dispatcher asks of the features that listen, look through and look ahead."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from bot.chat.events import Moved, Said
from bot.chat.replies import Offer, Reply
from bot.members.calls import Call, Written
from bot.moderation.ports import ModerationWork
from bot.reminders.ports import ReminderWork


class Work(ReminderWork, ModerationWork, Protocol):
    """One unit of work: everything that a use case may need from storage."""

    async def commit(self) -> None:
        """Make what happened so far last."""
        ...


OpenWork = Callable[[], AbstractAsyncContextManager[Work]]


class Overhear(Protocol):
    """What listens to what people say to each other in a group."""

    async def heard(self, call: Call, said: Said) -> Reply | None:
        """Answer to everybody in the group; None where nothing is to be said, which is nearly always."""
        ...

    async def danger_in(self, call: Call, said: Said) -> bool:
        """Look for danger in a command that stands in a group for all to see; whether it was taken up there."""
        ...

    async def begin(self, call: Call) -> None:
        """See to it that a group is listened to, before something in it is reported."""
        ...

    async def moved(self, event: Moved) -> None:
        """Follow a group that goes on under another id."""
        ...


class Minder(Protocol):
    """What looks at every text that people write to the bot itself, before anything else is done with it."""

    async def danger_in(self, call: Call, texts: Sequence[str], written: Written) -> Reply | None:
        """The words that come before any other answer; None where the texts tell of no danger."""
        ...

    async def answer(self, call: Call, text: str, work: Work) -> Reply | None:
        """The answer to a text that nothing had asked for; None where there is nothing to be said about it."""
        ...


class Browse(Protocol):
    """What can be looked through from any chat."""

    async def offers(self, call: Call, text: str, work: Work) -> Sequence[Offer]:
        """What fits a text, best first."""
        ...
