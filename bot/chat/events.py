"""What reaches the core: adapters translate each payload of their platform into one of these."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.chat.people import Message, Person, Place


@dataclass(frozen=True, slots=True)
class Used:
    """A command was used.

    ``text`` is what stood behind the command where the platform has plain text only; ``options`` are the values where
    the platform asks for each argument by name. ``hidden`` says that nobody but the person sees the command itself
    (a direct chat, a slash command, an ephemeral message). ``about`` is the message for which it was used: the one that
    the command answers, or from whose menu it was chosen. ``id`` and ``link`` are those of the command's own message,
    as in ``Message``, where all can see it; empty elsewhere.
    """

    person: Person
    place: Place
    command: str
    text: str = ""
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    hidden: bool = True
    about: Message | None = None
    id: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button was pressed; ``data`` is what the button carried, not yet checked."""

    person: Person
    place: Place
    data: str


@dataclass(frozen=True, slots=True)
class Filled:
    """A form was filled in one go; ``data`` is what the form carried, not yet checked, ``values`` by field name."""

    person: Person
    place: Place
    data: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """Plain text, not a command of ours, or what stands under a picture, in a poll or in the title of a topic.

    ``edited`` marks a later version of something already heard. ``id`` and ``link`` are as in ``Message``; ``answers``
    is the message that it replies to. ``forwarded``: its words are somebody else's.
    """

    person: Person
    place: Place
    text: str
    edited: bool = False
    id: str = ""
    link: str = ""
    answers: Message | None = None
    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Reachable:
    """The platform tells that a person blocked the bot, or let it back in."""

    person: Person
    reachable: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """A group goes on under another id: the platform made it a larger one. Nobody is answered."""

    person: Person
    place: Place
    to: Place


Event = Used | Pressed | Filled | Said | Reachable | Moved
