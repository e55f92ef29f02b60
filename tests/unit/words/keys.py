"""Which messages the code names, with which values: read from the source, so that no path is missed."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from bot.care.labs import LabStatus
from bot.care.protocols import protocol_for
from bot.faq.entry import Category
from bot.journey.settings import SETTINGS_NAMES
from bot.members.member import Topic, Wording
from bot.reminders.reminder import Kind
from bot.words.catalogue import FOLDER
from offered import COMMANDS

ROOT = Path(__file__).parents[3]

_PANELS = {panel.id for region in ("US", "UK", "EU", "other") for panel in protocol_for(region).panels}
_COMMAND_KEYS = {f"command.{name}" for name in COMMANDS}

EXPANSIONS: dict[str, set[str]] = {
    "f'command.{command.name}.help'": {f"{key}.help" for key in _COMMAND_KEYS},
    "f'command.{each.name}.help'": {f"{key}.help" for key in _COMMAND_KEYS},
    "f'{key}.help'": {f"{key}.help" for key in _COMMAND_KEYS},
    "f'{key}.example'": {f"{key}.example" for key in _COMMAND_KEYS},
    "f'privacy.{part}'": {f"privacy.{part}" for part in ("kept", "why", "not_kept", "sealed", "seen_by", "rights")},
    "f'labs.line_{each.status.value}'": {
        f"labs.line_{status.value}" for status in LabStatus if status not in (LabStatus.DONE, LabStatus.BEFORE)
    },
    "f'labs.{when}'": {"labs.yearly", "labs.once"},
    "f'panel.{panel}'": {f"panel.{panel}" for panel in _PANELS},
    "f'button.set_{name}'": {f"button.set_{name}" for name in SETTINGS_NAMES if name != "reminders"},
    "f'settings.wording_{wording.value}'": {f"settings.wording_{wording.value}" for wording in Wording},
    "f'settings.wording_{each.value}'": {f"settings.wording_{wording.value}" for wording in Wording},
    "f'topic.{topic.value}_short'": {f"topic.{topic.value}_short" for topic in Topic},
    "f'topic.{topic.value}'": {f"topic.{topic.value}" for topic in Topic},
    "f'faq.category.{category.word}'": {f"faq.category.{category.word}" for category in Category},
    "f'contact.about_{occurrence.kind.value}'": {f"contact.about_{kind.value}" for kind in Kind},
    "f'adapter.discord.{command.name}_menu'": {
        f"adapter.discord.{name}_menu" for name, command in COMMANDS.items() if command.on_message
    },
    "f'contact.{doubt}'": {"contact.in_doubt", "contact.not_sent"},
}
"""What each key that is put together at run time can become."""

BY_NAME: dict[tuple[str, str], set[str]] = {
    ("bot/care/rounds.py", "key"): {"round.overlap", "round.order"},
    ("bot/journey/rounds.py", "key"): {"round.ends_provisional", "round.ends"},
    ("bot/reminders/wording.py", "key"): {"reminder.evening_first", "reminder.evening"},
    ("bot/journey/settings.py", "problem"): {"settings.day_range", "settings.lead_range"},
}
"""What each key that is passed on under a name can be."""

_PASSED_ON = {"error.key", "text.key"}

# Adapters ask for the help of a command's argument, which no call in this program names as a whole.
ARGUMENT_KEYS = {
    f"command.{name}.{argument.name}" for name, command in COMMANDS.items() for argument in command.arguments
}


@dataclass(frozen=True)
class Use:
    """One call that names a message: its key as written, the keys it can be, and the values that it gives.

    ``values`` is None where they are spread from a mapping.
    """

    where: str
    written: str
    keys: frozenset[str]
    values: frozenset[str] | None


def uses(*folders: str) -> list[Use]:
    """Every message that the code in these folders names."""
    return [use for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) for use in _uses_in(path)]


def _uses_in(path: Path) -> Iterator[Use]:
    file = path.relative_to(ROOT).as_posix()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and node.args and _name(node.func) in ("say", "MemberError")):
            continue
        written = ast.unparse(node.args[0])
        if written in _PASSED_ON:
            continue
        names = [keyword.arg for keyword in node.keywords]
        values = None if None in names else frozenset(name for name in names if name)
        yield Use(f"{file}:{node.lineno}", written, frozenset(_keys(node.args[0], file)), values)


def _name(called: ast.expr) -> str:
    return called.id if isinstance(called, ast.Name) else ""


def _keys(written: ast.expr, file: str) -> set[str]:
    match written:
        case ast.Constant(value=str(key)):
            return {key}
        case ast.IfExp(body=body, orelse=orelse):
            return _keys(body, file) | _keys(orelse, file)
        case ast.JoinedStr():
            return EXPANSIONS.get(ast.unparse(written), set())
        case ast.Name(id=name):
            return BY_NAME.get((file, name), set())
        case _:
            return set()


def messages() -> list[Message]:
    """Every message of the English catalogue, with what an adapter keeps in a part of its own until it is merged."""
    found: dict[tuple[str, str | None], Message] = {}
    for path in (FOLDER / "en.po", *sorted((FOLDER / "parts").glob("*.po"))):
        with path.open("rb") as file:
            for message in read_po(file, locale="en"):
                if message.id:
                    found.setdefault((key_of(message), message.context), message)
    return list(found.values())


def key_of(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms_of(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)
