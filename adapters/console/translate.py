"""From a typed line to what it means on the stage, and to what the core hears. Pure functions."""

import re
from dataclasses import dataclass, replace

from adapters.console.ports import PLATFORM
from bot.chat.events import Said, Used
from bot.chat.people import Message, Person, Place, PlaceKind

GROUP = Place(PLATFORM, "group", PlaceKind.GROUP)
DESK = Place(PLATFORM, "desk", PlaceKind.GROUP)
"""The chat that only the group's moderators read."""

NAME = r"[^\W\d_][\w'-]*"
"""What a person can be called, as a regular expression."""

# A colon belongs to a name only with a space, or nothing, behind it, so that "9:00" is something that is said.
_NAMED = re.compile(
    rf"(?P<name>{NAME})(?:\s+in\s+(?P<place>dm|group|desk))?"
    rf"(?:\s+answers\s+(?P<answered>#[0-9]{{1,6}}|{NAME})|\s+(?P<forwards>forwards))?"
    r":(?:\s+(?P<text>.*))?"
)
_PRESSED = re.compile(r"\[(?P<button>.+)\](?:\s+on\s+#?(?P<number>[0-9]{1,6}))?")


@dataclass(frozen=True, slots=True)
class Direction:
    """A stage direction: ``:advance 3 days`` is named "advance" and has two words."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Speech:
    """Something said. ``name`` None is the last speaker in the last place; ``direct`` says it is for the bot alone.

    ``at_desk`` says that it is said in the moderators' chat. ``answered`` is whose newest message it replies to, or the
    number of a message of the bot's such as "#3". What is ``forwarded`` are somebody else's words.
    """

    name: str | None
    direct: bool
    text: str
    answered: str = ""
    forwarded: bool = False
    at_desk: bool = False


@dataclass(frozen=True, slots=True)
class Press:
    """A button pressed, by its number or label. ``message`` None is the newest one with buttons that they see."""

    name: str | None
    button: str
    message: int | None


def read_line(line: str) -> Direction | Speech | Press | None:
    """Read a typed line; None where nothing stands on it."""
    line = line.strip()
    if not line:
        return None
    if line.startswith(":"):
        name, *words = line[1:].split() or [""]
        return Direction(name.lower(), tuple(words))
    named = _NAMED.fullmatch(line)
    name = named["name"] if named else None
    said = (named["text"] or "").strip() if named else line
    pressed = _PRESSED.fullmatch(said)
    if pressed:
        return Press(name, pressed["button"].strip(), int(pressed["number"]) if pressed["number"] else None)
    if not said:
        return None
    if named is None:
        return Speech(None, direct=False, text=said)
    place, forwarded = named["place"], named["forwards"] is not None
    return Speech(name, place == "dm", said, named["answered"] or "", forwarded, at_desk=place == "desk")


def direct_place(person: Person) -> Place:
    """The direct chat between a person and the bot."""
    return Place(PLATFORM, person.id, PlaceKind.DIRECT)


def heard(said: Said) -> Used | Said:
    """What the core hears when somebody says something; a command that is only forwarded, or edited, is none."""
    if not said.text.startswith("/") or said.forwarded or said.edited:
        return said
    command, *rest = said.text[1:].split(maxsplit=1) or [""]
    text, used = rest[0] if rest else "", Used(said.person, said.place, command, about=said.answers)
    if said.place.direct:
        return replace(used, text=text)
    return replace(used, text=text, hidden=False, id=said.id, link=said.link)


def standing(said: Said) -> Message:
    """What somebody said, as it stands in the chat."""
    return Message(said.id, said.person, said.text, said.link)
