"""What reaches the core: adapters translate each payload of their platform into one of these."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.chat.people import Person, Place


@dataclass(frozen=True, slots=True)
class Used:
    """A command was used.

    ``text`` is what stood behind the command where the platform has plain text only; ``options`` are the values where
    the platform asks for each argument by name. ``hidden`` says that nobody but the person sees the command itself
    (a direct chat, a slash command, an ephemeral message).
    """

    person: Person
    place: Place
    command: str
    text: str = ""
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    hidden: bool = True


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
    """Plain text, not a command. ``edited`` marks a later version of something already heard."""

    person: Person
    place: Place
    text: str
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Reachable:
    """The platform tells that a person blocked the bot, or let it back in."""

    person: Person
    reachable: bool


Event = Used | Pressed | Filled | Said | Reachable
