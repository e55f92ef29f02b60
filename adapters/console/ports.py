"""What the stage needs from the program that it shows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.chat.capabilities import Capabilities
from bot.chat.ports import Clock, Messenger
from bot.dispatcher import Dispatcher
from bot.words.presenting import Presenter

PLATFORM = "console"

CAPABILITIES = Capabilities(
    platform=PLATFORM,
    most_characters=4000,
    most_buttons=4,
    most_rows=20,
    data_bytes=64,
    hidden_in_group=True,
    forms=False,
)


class StageError(Exception):
    """What was typed cannot be performed; the text is one plain sentence for whoever typed it."""


class Bell(Protocol):
    """What sends the reminders that are due."""

    async def run(self) -> int:
        """Send everything that is due now and return how many reminders were looked at."""
        ...


@dataclass(frozen=True, slots=True)
class Program:
    """The program's objects over one open database.

    ``next_due`` tells when the next reminder wants to be tried, None if none is planned. ``close`` lets go of the
    database and leaves it as it is, ``settle`` waits for what the program does on its own after an answer.
    """

    dispatcher: Dispatcher
    presenter: Presenter
    sweep: Bell
    next_due: Callable[[], Awaitable[datetime | None]]
    close: Callable[[], Awaitable[None]]
    settle: Callable[[], Awaitable[None]]


class Build(Protocol):
    """Makes the program, each time anew over the same database and key."""

    async def __call__(self, messenger: Messenger, clock: Clock) -> Program:
        """Build it with the stage's messenger (for the platform "console") and clock."""
        ...
