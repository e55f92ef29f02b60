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

from bot.chat.people import Person, Place
from bot.chat.ports import Messenger
from bot.chat.replies import Reply
from contract.chat.probe import Core


@dataclass(frozen=True, slots=True)
class Seen:
    """One message of the bot's as somebody sees it now.

    ``text`` is as read: markup and escapes resolved, all of it if the platform shows one message in several parts.
    ``alone`` says that nobody else can see it, ``direct`` that it stands in the direct chat. ``buttons`` are label and
    data, in order; one that opens an address carries none. ``pings`` says that it notifies somebody it is not for, and
    ``calls`` are the names of those whom it notifies. ``answers`` is the text that it stands under, as a reply to it.
    ``opens`` are the addresses in its text that the platform makes links of.
    """

    text: str
    alone: bool
    direct: bool
    buttons: Sequence[tuple[str, str]] = ()
    files: Sequence[str] = ()
    pings: bool = False
    calls: Sequence[str] = ()
    answers: str = ""
    opens: Sequence[str] = ()

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

    @property
    @abstractmethod
    def person(self) -> Person:
        """Who they are to the core."""

    @abstractmethod
    async def says(self, text: str, *, in_group: bool = False) -> None:
        """Write to the bot alone, or in the group; "/labdone 1 May" is the command with its first argument."""

    @abstractmethod
    async def says_in_topic(self, text: str) -> None:
        """Write where the group speaks of one thing alone: in a topic, a thread; in the group where there are none."""

    @abstractmethod
    async def replies(self, text: str, to: "Member") -> None:
        """Answer the newest message of somebody's in the group."""

    @abstractmethod
    async def forwards(self, text: str) -> None:
        """Pass somebody else's words on to the group."""

    @abstractmethod
    async def edits(self, text: str) -> None:
        """Change their own newest message in the group."""

    @abstractmethod
    async def deletes(self) -> None:
        """Take their own newest message in the group away."""

    @abstractmethod
    async def flags(self, other: "Member") -> None:
        """Use the command "flag" on the newest message of somebody's in the group."""

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
    """A platform with the bot on it, one group, and the chat of its moderators, which nobody else can read."""

    group: Group
    topic: Group
    desk: Group

    @property
    def place(self) -> Place:
        """The group, as the core knows it."""
        ...

    @property
    def desk_place(self) -> Place:
        """The moderators' chat, as the core knows it."""
        ...

    @property
    def messenger(self) -> Messenger:
        """The adapter's way to reach people unasked."""
        ...

    def member(self, name: str) -> Member:
        """A person who is in the group and has opened a direct chat; the name is one lower-case word."""
        ...

    def moderator(self, name: str) -> Member:
        """As ``member``, who also looks after the group and is in the moderators' chat."""
        ...

    def moment(self, at: datetime) -> str:
        """How a message's text shows an aware moment to a reader in UTC who reads English."""
        ...

    async def restart(self) -> None:
        """Stop the adapter and the core, and start new ones (``Core.dispatcher``) over the same database and key."""
        ...

    async def settle(self) -> None:
        """Let what was said through the messenger be seen."""
        ...

    async def reminds(self, member: Member, reply: Reply) -> None:
        """Send somebody a reply unasked, through the adapter's messenger."""
        ...


Factory = Callable[[Core], AbstractAsyncContextManager[Chat]]
