"""How a command is declared: once, beside its use case; adapters make their native commands from the same list."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Generic, TypeVar

from bot.chat.capabilities import Capabilities
from bot.chat.people import Message, Person, Place
from bot.chat.ports import Roles
from bot.chat.replies import Choice, Reply
from bot.errors import MemberError
from bot.members.member import Member
from bot.words.catalogue import language_found

WorkT_contra = TypeVar("WorkT_contra", contravariant=True)  # the repositories that a use case needs


class Audience(Enum):
    """Who may use something."""

    ANYONE = "anyone"
    MEMBER = "member"  # somebody who has given consent
    MODERATOR = "moderator"  # who looks after a chat; the use case asks for the chat on which it acts


class Written(Enum):
    """How a text reached the bot."""

    ALONE = "alone"  # a plain message in the direct chat
    COMMAND = "command"  # the words behind a command
    FOR_OTHERS = "for_others"  # what goes on to people: a report, a note, an answer


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a command, a button or a form, read once at the door.

    ``now`` is aware UTC. ``member`` is None before consent. ``arguments`` hold only what was given, by name;
    ``taps`` are the arguments that a button or a form carried, in order. ``linked`` is whether a link was followed:
    then the arguments were not typed by the person. ``vouched`` says that we made that link. ``about`` is the message
    for which a command was used.
    """

    person: Person
    place: Place
    now: datetime
    member: Member | None
    capabilities: Capabilities
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    taps: tuple[str, ...] = ()
    roles: Roles | None = None
    linked: bool = False
    vouched: bool = False
    about: Message | None = None

    async def moderates(self, place: Place) -> bool:
        """Whether the person may moderate a group now."""
        return self.roles is not None and await self.roles.moderates(self.person, place)

    @property
    def language(self) -> str:
        """The language in which the person reads here: that of the words found for them."""
        return language_found((self.member.locale if self.member else self.person.locale) or "en")

    @property
    def who(self) -> Member:
        """The member; only for use cases whose audience is members."""
        if self.member is None:
            raise MemberError("start.first")
        return self.member


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a command.

    ``choices`` are the only values; with ``seeks`` values are offered while typing; ``whole`` asks for a whole number
    from its first to its second.

    Its help is the message ``command.<command>.<name>``.
    """

    name: str
    choices: tuple[str, ...] = ()
    seeks: bool = False
    whole: tuple[int, int] | None = None


Run = Callable[[Call, WorkT_contra], Awaitable[Reply]]
Seek = Callable[[Call, WorkT_contra, str, str], Awaitable[Sequence[Choice]]]


@dataclass(frozen=True)  # slots and Generic do not go together on Python 3.11
class Command(Generic[WorkT_contra]):
    """A command: its name on every platform and what it does.

    ``discreet_name`` is its name where health words must not appear at all. Help texts are the messages
    ``command.<name>.help`` (one line) and ``command.<name>.example``. ``read`` turns what was typed behind the command
    into arguments by name; without it the whole text is the first argument. ``seek`` offers values for an argument
    while it is typed: it gets the call, the work, the argument's name and the text so far. ``personal`` commands show
    or change what the bot keeps about the person. Only a ``linkable`` command can be reached by a link, which anybody
    can write: one that merely shows something. What follows the name in the link (``faq-day-length``) is its first
    argument; ``link_name`` stands there in place of the name where that would tell too much. ``on_message``: it can be
    used on a message, by answering it or from its menu.
    """

    name: str
    run: Run[WorkT_contra]
    discreet_name: str | None = None
    audience: Audience = Audience.MEMBER
    personal: bool = True
    arguments: tuple[Argument, ...] = ()
    read: Callable[[str], Mapping[str, str]] | None = None
    seek: Seek[WorkT_contra] | None = None
    linkable: bool = False
    link_name: str | None = None
    on_message: bool = False

    def shown_name(self, *, discreet: bool) -> str:
        """The command's name where health words may, or may not, appear."""
        return self.discreet_name or self.name if discreet else self.name

    def arguments_from(self, text: str) -> Mapping[str, str]:
        """Read the text that stood behind the command."""
        text = text.strip()
        if not text or not self.arguments:
            return {}
        return self.read(text) if self.read else {self.arguments[0].name: text}


@dataclass(frozen=True)  # slots and Generic do not go together on Python 3.11
class Action(Generic[WorkT_contra]):
    """What a button, or a filled form, does. ``name`` is short, goes over the wires and holds no health word.

    ``anyone``: its buttons may stand under a message for all, to be pressed by everybody who sees it.
    """

    name: str
    run: Run[WorkT_contra]
    audience: Audience = Audience.MEMBER
    personal: bool = True
    anyone: bool = False
