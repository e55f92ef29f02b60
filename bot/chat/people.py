"""Who speaks, and where."""

from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as their platform shows them.

    ``id`` is the platform's own id. ``name`` is what they call themselves: shown, never trusted, and stored only in the
    record of who changed a curated answer, and where moderators must know who it was.
    ``locale`` is what the platform says of their language ("en", "de", "en-GB"), None where it says nothing.
    ``shared``: several people may write as this one, and nobody can write to them.
    """

    platform: str
    id: str
    name: str
    locale: str | None = None
    shared: bool = field(default=False, compare=False)

    @property
    def language(self) -> str:
        """The bare language code, "en" where the platform names none."""
        return (self.locale or "en").replace("_", "-").split("-")[0].lower()


class PlaceKind(Enum):
    """How many can read along."""

    DIRECT = "direct"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Place:
    """A chat: a direct one with the bot, or a group (a Discord channel, a Telegram group).

    ``whole`` is the id of what a group belongs to where that is more than itself: the server of a Discord channel.
    ``topic`` is the part of a group in which something is said, where the platform has such parts: a Telegram topic.
    """

    platform: str
    id: str
    kind: PlaceKind
    whole: str | None = None
    topic: str = field(default="", compare=False)

    @property
    def community(self) -> str:
        """The id of what has one set of moderators and settings."""
        return self.whole or self.id

    @property
    def direct(self) -> bool:
        """Whether only the person and the bot read here."""
        return self.kind is PlaceKind.DIRECT


@dataclass(frozen=True, slots=True)
class Message:
    """A message that stands in a chat.

    ``id`` is the platform's own. ``author`` is None where a machine or nobody known wrote it. ``link`` opens it for
    whoever may read there, empty where the platform has no such link.
    """

    id: str
    author: Person | None
    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom something is written: ``locale`` for language and dates ("en-GB"), an IANA ``zone`` for moments."""

    locale: str = "en"
    zone: str = "UTC"
    discreet: bool = False
