"""From Telegram's updates to events of the core and to where an answer goes. Pure functions."""

import re
from dataclasses import dataclass

from telegram import CallbackQuery, Chat, ChatMemberUpdated, Message, Update, User
from telegram.constants import ChatMemberStatus, ChatType
from telegram.ext import ExtBot

from bot.chat.events import Event, Pressed, Reachable, Said, Used
from bot.chat.people import Person, Place, PlaceKind

__all__ = ["PLATFORM", "Origin", "Received", "TelegramBot", "added_to", "ephemeral_id_of", "person_of", "received"]

PLATFORM = "telegram"

TelegramBot = ExtBot[int]

# Telegram itself marks as a command what starts with a slash and has at most 32 of these characters.
_COMMAND = re.compile(r"/(?P<name>[A-Za-z0-9_]{1,32})(?:@(?P<bot>\w+))?(?:\s+(?P<text>.*))?", re.DOTALL)
_OUTSIDE = {ChatMemberStatus.LEFT, ChatMemberStatus.BANNED}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event came from, as far as its answer needs to know.

    ``direct`` is the chat with the person alone; ``thread_id`` is a topic. ``command`` and ``command_id`` are the
    command and its message where others can see it, ``pressed_id`` is the message under which a button was pressed
    and ``query_id`` that press. ``ephemeral_id`` is the command, or the pressed message, that only the person sees.
    ``overheard_id`` is a message that people wrote to each other in a group. ``anonymous`` is an administrator who
    writes as the group, to whom nobody can write in private. ``asked`` says that the person wants an answer from the
    bot.
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


def received(update: Update, bot_name: str) -> Received | None:
    """Translate an update; None where it is nothing for this bot, which Telegram knows as ``bot_name``."""
    if update.callback_query:
        return _pressed(update.callback_query)
    if update.my_chat_member:
        return _reachable(update.my_chat_member)
    message = update.message or update.edited_message
    return _wrote(message, bot_name, edited=update.message is None) if message else None


def added_to(update: Update) -> int | None:
    """The id of a group that has just taken the bot in, None for any other update."""
    change = update.my_chat_member
    if change is None or _kind(change.chat) is not PlaceKind.GROUP:
        return None
    came = change.old_chat_member.status in _OUTSIDE and change.new_chat_member.status not in _OUTSIDE
    return change.chat.id if came else None


def ephemeral_id_of(message: object) -> int | None:
    """The id of a message that one person alone sees, which the library (Bot API 10.0) keeps beside its own fields."""
    found: object = getattr(message, "api_kwargs", {}).get("ephemeral_message_id")
    return found if isinstance(found, int) else None


def person_of(user: User) -> Person:
    """Somebody with an account."""
    return Person(PLATFORM, str(user.id), user.full_name, user.language_code)


def _as_group(chat: Chat) -> Person:
    """Whoever writes as the group: Telegram tells that they look after it, and nothing else of them.

    They have the group's own id, which no account has, since Telegram shows one account for them in all groups.
    """
    return Person(PLATFORM, str(chat.id), chat.effective_name or "")


def _kind(chat: Chat) -> PlaceKind | None:
    if chat.type == ChatType.PRIVATE:
        return PlaceKind.DIRECT
    return PlaceKind.GROUP if chat.type in (ChatType.GROUP, ChatType.SUPERGROUP) else None


def _thread_id(message: object) -> int | None:
    # Replies in ordinary groups have a thread id too, but nothing can be sent into such a thread.
    return message.message_thread_id if isinstance(message, Message) and message.is_topic_message else None


def _pressed(query: CallbackQuery) -> Received | None:
    message = query.message
    kind = _kind(message.chat) if message else None
    if message is None or kind is None or query.data is None:
        return None
    ephemeral_id = ephemeral_id_of(message)
    origin = Origin(
        chat_id=message.chat.id,
        person_id=query.from_user.id,
        direct=kind is PlaceKind.DIRECT,
        thread_id=_thread_id(message),
        # A message that Telegram no longer shows us cannot be edited either.
        pressed_id=message.message_id if message.is_accessible and ephemeral_id is None else None,
        query_id=query.id,
        ephemeral_id=ephemeral_id,
    )
    return Received(
        Pressed(person_of(query.from_user), Place(PLATFORM, str(message.chat.id), kind), query.data), origin
    )


def _reachable(change: ChatMemberUpdated) -> Received | None:
    if _kind(change.chat) is not PlaceKind.DIRECT:
        return None
    event = Reachable(person_of(change.from_user), change.new_chat_member.status not in _OUTSIDE)
    return Received(event, Origin(change.chat.id, change.from_user.id, direct=True, asked=False))


def _wrote(message: Message, bot_name: str, *, edited: bool) -> Received | None:
    kind, user, text = _kind(message.chat), message.from_user, (message.text or message.caption or "").strip()
    anonymous = message.sender_chat is not None and message.sender_chat.id == message.chat.id
    from_machine = message.via_bot or (not anonymous and (message.sender_chat or (user and user.is_bot)))
    if kind is None or user is None or not text or from_machine:
        return None
    person = _as_group(message.chat) if anonymous else person_of(user)
    place, direct = Place(PLATFORM, str(message.chat.id), kind), kind is PlaceKind.DIRECT
    thread_id, ephemeral_id = _thread_id(message), ephemeral_id_of(message)
    command = _COMMAND.fullmatch(text)
    # What somebody forwards is not what they say: in a group it is left alone, and a forwarded command is not run.
    if message.forward_origin:
        command = None
        if not direct:
            return None
    if command is None:
        # An answer for all to what only the bot has read would tell what that was.
        if ephemeral_id is not None:
            return None
        overheard_id = None if direct else message.message_id
        origin = Origin(
            message.chat.id, user.id, direct, direct, thread_id, overheard_id=overheard_id, anonymous=anonymous
        )
        return Received(Said(person, place, text, edited=edited), origin)
    if edited or (command["bot"] and command["bot"].casefold() != bot_name.casefold()):
        return None
    visible = not direct and ephemeral_id is None
    origin = Origin(
        chat_id=message.chat.id,
        person_id=user.id,
        direct=direct,
        thread_id=thread_id,
        command=command["name"].lower() if visible else "",
        command_id=message.message_id if visible else None,
        ephemeral_id=ephemeral_id,
        anonymous=anonymous,
    )
    return Received(Used(person, place, command["name"], command["text"] or "", hidden=not visible), origin)
