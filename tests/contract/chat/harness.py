"""How the suite speaks with a bot on any platform.

An adapter takes part with one ``Factory``: an async context manager over a ``Core`` that starts the adapter and its
platform (a fake server, in the same event loop) and yields a ``Chat``. Every verb returns once the bot has done all
that it does about it, so that ``assert group.sees_nothing()`` means something; a harness whose platform works in the
background waits for its queue to be empty first.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.chat.replies import Reply
from contract.chat.probe import Core


@dataclass(frozen=True, slots=True)
class Seen:
    """One message of the bot's as somebody sees it now.

    ``text`` is as read: markup and escapes resolved, all of it if the platform shows one message in several parts.
    ``alone`` says that nobody else can see it, ``direct`` that it stands in the direct chat. ``buttons`` are label and
    data, in order; one that opens an address carries none. ``pings`` says that it notifies somebody it is not for.
    """

    text: str
    alone: bool
    direct: bool
    buttons: Sequence[tuple[str, str]] = ()
    files: Sequence[str] = ()
    pings: bool = False

    @property
    def labels(self) -> list[str]:
        """What its buttons say."""
        return [label for label, _data in self.buttons]


class Onlooker(ABC):
    """Whoever sees messages of the bot's."""

    @property
    @abstractmethod
    def messages(self) -> Sequence[Seen]:
        """What they see, the newest last."""

    @property
    def newest(self) -> Seen:
        """The newest message."""
        assert self.messages, "the bot has written nothing that is seen here"
        return self.messages[-1]

    def sees(self, part: str) -> bool:
        """Whether a message holds this text."""
        return any(part in message.text for message in self.messages)

    def sees_nothing(self) -> bool:
        """Whether the bot has written nothing that is seen here."""
        return not self.messages


class Member(Onlooker):
    """Somebody in the group who can also write to the bot alone; ``messages`` are as they stand now."""

    @abstractmethod
    async def says(self, text: str, *, in_group: bool = False) -> None:
        """Write to the bot alone, or in the group; "/labdone 1 May" is the command with its first argument."""

    @abstractmethod
    async def presses(self, label: str) -> None:
        """Press the newest button of that label that they see."""

    @abstractmethod
    async def forges(self, data: str) -> None:
        """Press a button with any data, as a modified app could, on the newest message of theirs that has buttons."""

    @abstractmethod
    async def blocks(self) -> None:
        """Refuse every direct message of the bot's from here on."""

    @abstractmethod
    async def fills(self, answers: Mapping[str, str]) -> None:
        """Answer the form just asked, at once or question by question: by label, what is typed or the label chosen."""


class Group(Onlooker):
    """Everybody in the group; ``messages`` are what all of them can see or ever could, an edited one in each state."""


class Chat(Protocol):
    """A platform with the bot on it and one group."""

    group: Group

    def member(self, name: str) -> Member:
        """A person who is in the group and has opened a direct chat; the name is one lower-case word."""
        ...

    def moment(self, at: datetime) -> str:
        """How a message's text shows an aware moment to a reader in UTC who reads English."""
        ...

    async def restart(self) -> None:
        """Stop the adapter and the core, and start new ones (``Core.dispatcher``) over the same database and key."""
        ...

    async def reminds(self, member: Member, reply: Reply) -> None:
        """Send somebody a reply unasked, through the adapter's messenger."""
        ...


Factory = Callable[[Core], AbstractAsyncContextManager[Chat]]
