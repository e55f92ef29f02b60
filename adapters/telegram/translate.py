"""From Telegram's updates to events of the core and to where an answer goes. Pure functions."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from telegram import CallbackQuery, ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus
from telegram.ext import ExtBot

from adapters.telegram.standing import (
    PLATFORM,
    answered_by,
    is_as_group,
    is_passed_on,
    kind_of,
    link_of,
    person_of,
    place_of,
    text_of,
    topic_of,
    writer_of,
)
from bot.chat.events import Event, Moved, Pressed, Reachable, Said, Used
from bot.chat.people import Person, Place, PlaceKind

__all__ = [
    "PLATFORM",
    "Origin",
    "Received",
    "TelegramBot",
    "added_to",
    "ephemeral_id_of",
    "moved",
    "person_of",
    "received",
]

TelegramBot = ExtBot[bool]

# Telegram itself marks as a command what starts with a slash and has at most 32 of these characters.
_COMMAND = re.compile(r"/(?P<name>[A-Za-z0-9_]{1,32})(?:@(?P<bot>\w+))?(?:\s+(?P<text>.*))?", re.DOTALL)
_OUTSIDE = {ChatMemberStatus.LEFT, ChatMemberStatus.BANNED}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event came from, as far as its answer needs to know.

    ``direct`` is the chat with the person alone; ``thread_id`` is a topic. ``command`` and ``command_id`` are the
    command and its message where others can see it, ``pressed_id`` is the message under which a button was pressed
    and ``query_id`` that press. ``ephemeral_id`` is the command, or the pressed message, that only the person sees.
    ``overheard_id`` is a message that people wrote to each other in a group. ``anonymous`` is somebody who writes as
    the group, or with ``as_channel`` as a channel, to whom nobody can write in private. ``asked`` says that the person
    wants an answer from the bot.
    """

    chat_id: int
    person_id: int
    direct: bool
    asked: bool = True
    thread_id: int | None = None
    command: str = ""
    command_id: int | None = None
    pressed_id: int | None = None
    query_id: str | None = None
    ephemeral_id: int | None = None
    overheard_id: int | None = None
    anonymous: bool = False
    as_channel: bool = False

    @property
    def can_hide(self) -> bool:
        """Whether an answer can be shown to the person alone in the group where they asked.

        Only what is hidden already proves that the server can hide: an older one, which an operator may run, knows
        nothing of the parameter and would show an answer to a press under a message for all to everybody.
        """
        return not self.direct and self.ephemeral_id is not None


@dataclass(frozen=True, slots=True)
class Received:
    """An event and where its answer goes."""

    event: Event
    origin: Origin


Knows = Callable[[str], bool]
"""Whether the bot has a command of a name."""


def _knows_any(_name: str) -> bool:
    return True


def received(update: Update, bot_name: str, knows: Knows = _knows_any) -> Received | None:
    """Translate an update; None where it is nothing for this bot, which Telegram knows as ``bot_name``.

    In a group a command that the bot does not know is somebody else's business, and heard like all that is said there.
    """
    if update.callback_query:
        return _pressed(update.callback_query)
    if update.my_chat_member:
        return _reachable(update.my_chat_member)
    message = update.message or update.edited_message
    if message is None:
        return None
    return _migrated(message) or _wrote(message, bot_name, knows, edited=update.message is None)


def added_to(update: Update) -> int | None:
    """The id of a group that has just taken the bot in, None for any other update."""
    change = update.my_chat_member
    if change is None or kind_of(change.chat) is not PlaceKind.GROUP:
        return None
    came = change.old_chat_member.status in _OUTSIDE and change.new_chat_member.status not in _OUTSIDE
    return change.chat.id if came else None


def moved(old_id: int, new_id: int) -> Moved:
    """The event of a group that goes on under another id."""
    old, new = (Place(PLATFORM, str(chat_id), PlaceKind.GROUP) for chat_id in (old_id, new_id))
    return Moved(Person(PLATFORM, new.id, ""), old, new)


def ephemeral_id_of(message: object) -> int | None:
    """The id of a message that one person alone sees, which the library (Bot API 10.0) keeps beside its own fields."""
    found: object = getattr(message, "api_kwargs", {}).get("ephemeral_message_id")
    return found if isinstance(found, int) else None


def _pressed(query: CallbackQuery) -> Received | None:
    message = query.message
    kind = kind_of(message.chat) if message else None
    if message is None or kind is None or query.data is None:
        return None
    ephemeral_id = ephemeral_id_of(message)
    origin = Origin(
        chat_id=message.chat.id,
        person_id=query.from_user.id,
        direct=kind is PlaceKind.DIRECT,
        thread_id=topic_of(message),
        # A message that Telegram no longer shows us cannot be edited either.
        pressed_id=message.message_id if message.is_accessible and ephemeral_id is None else None,
        query_id=query.id,
        ephemeral_id=ephemeral_id,
    )
    return Received(Pressed(person_of(query.from_user), place_of(message.chat, kind, message), query.data), origin)


def _reachable(change: ChatMemberUpdated) -> Received | None:
    if kind_of(change.chat) is not PlaceKind.DIRECT:
        return None
    event = Reachable(person_of(change.from_user), change.new_chat_member.status not in _OUTSIDE)
    return Received(event, Origin(change.chat.id, change.from_user.id, direct=True, asked=False))


def _migrated(message: Message) -> Received | None:
    """A group that became a supergroup: Telegram says so in the old one and in the new one."""
    old_id, new_id = message.migrate_from_chat_id or message.chat.id, message.migrate_to_chat_id or message.chat.id
    if old_id == new_id:
        return None
    return Received(moved(old_id, new_id), Origin(new_id, new_id, direct=False, asked=False))


def _wrote(message: Message, bot_name: str, knows: Knows, *, edited: bool) -> Received | None:
    kind, person, text = kind_of(message.chat), writer_of(message), text_of(message)
    if kind is None or message.from_user is None or person is None or not text:
        return None
    ephemeral_id = ephemeral_id_of(message)
    visible = kind is PlaceKind.GROUP and ephemeral_id is None
    command = None if edited else _command(message, text, bot_name)
    if command and (not visible or knows(command["name"])):
        return _used(message, person, kind, command, visible=visible)
    # An answer for all to what only the bot has read would tell what that was.
    return None if ephemeral_id is not None else _said(message, person, kind, text, edited=edited)


def _command(message: Message, text: str, bot_name: str) -> re.Match[str] | None:
    """A command for this bot; None for whatever else is written, and for a command that somebody forwards."""
    if message.forward_origin or not (message.text or message.caption):
        return None
    command = _COMMAND.fullmatch(text)
    for_another = command and command["bot"] and command["bot"].casefold() != bot_name.casefold()
    return None if for_another else command


def _used(message: Message, person: Person, kind: PlaceKind, command: re.Match[str], *, visible: bool) -> Received:
    direct = kind is PlaceKind.DIRECT
    origin = Origin(
        chat_id=message.chat.id,
        person_id=_sender_id(message),
        direct=direct,
        thread_id=topic_of(message),
        command=command["name"].lower() if visible else "",
        command_id=message.message_id if visible else None,
        ephemeral_id=ephemeral_id_of(message),
        anonymous=person.shared,
        as_channel=person.shared and not is_as_group(message),
    )
    event = Used(
        person,
        place_of(message.chat, kind, message),
        command["name"],
        command["text"] or "",
        hidden=not visible,
        about=answered_by(message),
        id=str(message.message_id) if visible else "",
        link=link_of(message) if visible else "",
    )
    return Received(event, origin)


def _said(message: Message, person: Person, kind: PlaceKind, text: str, *, edited: bool) -> Received:
    direct = kind is PlaceKind.DIRECT
    origin = Origin(
        message.chat.id,
        _sender_id(message),
        direct,
        direct,
        topic_of(message),
        overheard_id=None if direct else message.message_id,
        anonymous=person.shared,
        as_channel=person.shared and not is_as_group(message),
    )
    event = Said(
        person,
        place_of(message.chat, kind, message),
        text,
        edited=edited,
        id=str(message.message_id),
        link=link_of(message),
        answers=answered_by(message),
        forwarded=is_passed_on(message),
    )
    return Received(event, origin)


def _sender_id(message: Message) -> int:
    return message.from_user.id if message.from_user else message.chat.id
