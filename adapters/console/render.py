"""How a message looks in the transcript."""

from dataclasses import dataclass, replace

from adapters.console.translate import DESK
from bot.chat.people import Place
from bot.words.presenting import Key, Screen

_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the bot's. ``only`` is the id of the one person who sees it, None where the group does.

    ``id`` is what the program knows it by, where it can change it. ``answers`` is the name of whose message it stands
    under, ``calls`` are the ids of those whose devices it rings.
    """

    number: int
    place: Place
    only: str | None
    text: str
    rows: tuple[tuple[Key, ...], ...] = ()
    files: tuple[str, ...] = ()
    changed: bool = False
    id: str = ""
    answers: str = ""
    calls: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[Key, ...]:
        """Its buttons in the order of their numbers, which start at 1."""
        return tuple(key for row in self.rows for key in row)

    def seen_by(self, person_id: str) -> bool:
        """Whether a person sees it."""
        return self.only in (None, person_id)

    def showing(self, screen: Screen) -> "Message":
        """The same message with what a screen holds."""
        files = tuple(f"{file.name} ({file.media_type})" for file in screen.files)
        return replace(self, text="\n".join(screen.pages), rows=screen.keys, files=files, calls=screen.calls)


def transcript(message: Message, name: str) -> list[str]:
    """Write a message as lines; ``name`` is what the one person is called who sees it, if it is for one."""
    notes = [] if message.only is None else ["direct message" if message.place.direct else f"only {name} sees this"]
    notes += ["moderators' chat"] if message.place == DESK and message.only is None else []
    notes += [f"answers {message.answers}"] if message.answers else []
    notes += ["changed"] if message.changed else []
    head = f"#{message.number} bot" + (f" → {name}" if message.only is not None else "")
    lines = [f"{head} ({', '.join(notes)}):" if notes else f"{head}:"]
    # Indented, so that nothing that a message says can pass for a line of the transcript itself.
    lines += [f"{_INDENT}{line}".rstrip() for line in message.text.splitlines()]
    lines += [f"{_INDENT}attached: {file}" for file in message.files]
    number = 0
    for row in message.rows:
        shown: list[str] = []
        for key in row:
            number += 1
            shown.append(f"[{number}] {key.label}" + (f" ({key.url})" if key.url else ""))
        lines.append(_INDENT + "  ".join(shown))
    return lines
