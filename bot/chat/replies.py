"""What the core answers: word keys and raw values, never finished strings.

A reply is made once and shown by every adapter, so it holds dates as dates and people's words as they typed them;
the presenter turns it into text for a language and a markup.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from bot.chat.people import Person


@dataclass(frozen=True, slots=True)
class Text:
    """A message of the catalogue with its values.

    Values may be ``date`` (spelled out with its weekday), aware ``datetime`` (a moment, in the reader's zone),
    ``time``, ``int``, ``str`` (shown as typed, escaped), another ``Text``, or a tuple of these (joined as a list).
    ``count`` chooses the plural form. ``language`` is set where a message is written in another language than the rest,
    because that is how the person wrote.
    """

    key: str
    values: Mapping[str, object] = field(default_factory=dict[str, object])
    language: str = ""

    @property
    def count(self) -> int | None:
        """The number that chooses the plural form, None where the message has one form."""
        count = self.values.get("count")
        return count if isinstance(count, int) else None


def say(key: str, **values: object) -> Text:
    """Name a message of the catalogue, with its values."""
    return Text(key, values)


class Tone(Enum):
    """What a button does, for platforms that colour them."""

    PLAIN = "plain"
    YES = "yes"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """A tap. ``action`` names what happens, ``arguments`` are short texts that travel with the button.

    Both go over the platform's wires, so an action's name and its arguments hold no health word.
    A button with ``url`` opens that address instead. One for ``anyone`` works for everybody who sees it; its action
    must allow that. Where the platform has links into the direct chat with the bot, a button with a ``link`` opens
    that chat with ``/start <link>`` (64 characters of A-Z a-z 0-9 _ -) in place of being pressed.
    """

    label: Text
    action: str = ""
    arguments: tuple[str, ...] = ()
    tone: Tone = Tone.PLAIN
    url: str | None = None
    anyone: bool = False
    link: str = ""


class FieldKind(Enum):
    """What a form's field takes."""

    TEXT = "text"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several answers: the value that the core gets and the label that a person reads."""

    value: str
    label: Text | str


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form. ``default`` is taken where the person leaves it empty; None makes it required.

    ``filled`` stands in the field to be changed, where the platform can do so. A ``long`` field takes several lines.
    """

    name: str
    label: Text
    hint: Text | None = None
    kind: FieldKind = FieldKind.TEXT
    choices: tuple[Choice, ...] = ()
    default: str | None = None
    most_characters: int = 200
    filled: str = ""
    long: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """Several questions at once: a modal where the platform has them, else asked one by one.

    ``name`` and ``arguments`` come back with the answers; they go over the wires and hold no health word.
    """

    name: str
    title: Text
    fields: tuple[Field, ...]
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a reply."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    A ``private`` reply is for the person alone: where a group reads along it is shown hidden, or sent directly, or
    replaced by a neutral nudge, never by a public message. ``direct`` asks for the direct chat even where a hidden
    answer is possible, because the person has to type there next. ``share`` is what the person asked to be posted in
    the group, line by line. ``notice`` stands in front of the title. ``fresh`` is sent as a new message even where
    the pressed button's message could be replaced. ``calls`` are the people whom a message to a group is to call: each
    is named in a line of its own in front, so that their device rings; nobody else is ever called.
    """

    lines: tuple[Text, ...] = ()
    title: Text | None = None
    notice: tuple[Text, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    form: Form | None = None
    private: bool = True
    direct: bool = False
    share: tuple[Text, ...] = ()
    fresh: bool = False
    files: tuple[Attachment, ...] = ()
    calls: tuple[Person, ...] = ()

    def before(self, *lines: Text) -> "Reply":
        """Put lines in front of everything that the reply says."""
        return replace(self, notice=(*lines, *self.notice))


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that a person may post in any chat: how it is listed, and what is posted."""

    id: str
    title: str
    summary: str
    reply: Reply


def rows(*buttons: Button, width: int = 2) -> tuple[tuple[Button, ...], ...]:
    """Lay buttons out in rows of at most ``width``; two a row stay large enough for an unsteady hand."""
    return tuple(buttons[start : start + width] for start in range(0, len(buttons), width))
