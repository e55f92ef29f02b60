"""What the fake Telegram remembers: people, chats, messages and the updates that wait for the bot."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from fakes.telegram_faults import bad_request

__all__ = ["BOT_ID", "BOT_NAME", "FRESH", "Chat", "InlineQuery", "Message", "Person", "Press", "Wire", "World"]

Wire = dict[str, Any]
T = TypeVar("T")

BOT_ID = 4_242_424_242
BOT_NAME = "RoundtableTestBot"
# Bot API 10.3 (24 August 2026), ReplyParameters: an ephemeral message may be replied to within 15 seconds. The same
# is taken for how long a press may be answered, for which Telegram names no figure.
FRESH = timedelta(seconds=15)
# Bot API 10.3 (24 August 2026), getUpdates: sent only where allowed_updates names them.
_ONLY_ON_REQUEST = {"chat_member", "message_reaction", "message_reaction_count"}
_OUTSIDE = {"left", "kicked"}


@dataclass(eq=False)
class Person:
    """Somebody with a Telegram account; ``started`` once they have written to the bot in private."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    started: bool = False
    blocked: bool = False

    def wire(self) -> Wire:
        """Return the person as a User object."""
        optional = {"last_name": self.last_name, "username": self.username, "language_code": self.language_code}
        named = {name: value for name, value in optional.items() if value is not None}
        return {"id": self.id, "is_bot": False, "first_name": self.first_name, **named}


@dataclass(eq=False)
class Chat:
    """A private chat (``person`` is set) or a group; ``members`` maps a person's id to their status there.

    ``topics`` are those in which somebody has written. ``username`` makes a group a public one.
    """

    id: int
    kind: str
    title: str | None = None
    person: Person | None = None
    is_forum: bool = False
    username: str | None = None
    topics: set[int] = field(default_factory=set)
    closed_topics: set[int] = field(default_factory=set)
    bot_may_write: bool = True
    members: dict[int, str] = field(default_factory=dict)
    bot_status: str = "member"
    migrated_to: int | None = None
    messages: list["Message"] = field(default_factory=list, repr=False)
    last_message_id: int = 0
    last_ephemeral_id: int = 0

    @property
    def bot_is_admin(self) -> bool:
        """Whether the bot may read everything and delete what others wrote."""
        return self.bot_status == "administrator"

    @property
    def bot_is_outside(self) -> bool:
        """Whether the bot left the group or was thrown out."""
        return self.bot_status in _OUTSIDE

    def find(self, message_id: int | None) -> "Message | None":
        """Return an ordinary message that still stands."""
        return next((m for m in self.messages if m.message_id == message_id and m.stands and not m.is_ephemeral), None)

    def find_ephemeral(self, ephemeral_id: int | None, person_id: int | None) -> "Message | None":
        """Return an ephemeral message that still stands between the bot and one person."""
        mine = [m for m in self.messages if m.is_ephemeral and m.stands and m.ephemeral_with == person_id]
        return next((m for m in mine if m.ephemeral_id == ephemeral_id), None)

    def wire(self) -> Wire:
        """Return the chat as a Chat object."""
        if self.person:
            person = self.person.wire()
            names = {name: person[name] for name in ("first_name", "last_name", "username") if name in person}
            return {"id": self.id, "type": "private", **names}
        forum = {"is_forum": True} if self.is_forum else {}
        public = {"username": self.username} if self.username else {}
        return {"id": self.id, "type": self.kind, "title": self.title, **public, **forum}


@dataclass(eq=False, repr=False)
class Message:
    """One message as everybody who may see it sees it now.

    ``text`` is the plain text or caption, ``html`` the markup as the bot sent it, ``date`` aware UTC. ``order`` counts
    everything that happens and places the message among it, ``changed`` is its value at the last edit.
    """

    chat: Chat
    message_id: int
    date: datetime
    sender: Wire
    order: int
    changed: int
    text: str = ""
    html: str = ""
    entities: list[Wire] = field(default_factory=list)
    keyboard: list[list[Wire]] = field(default_factory=list)
    media: Wire = field(default_factory=dict)
    file: bytes | None = None
    file_name: str = ""
    reply_to: "Message | None" = None
    thread_id: int | None = None
    ephemeral_with: int | None = None
    ephemeral_id: int | None = None
    extra: Wire = field(default_factory=dict)
    edited_at: datetime | None = None
    deleted: bool = False
    silent: bool = False
    reply_keyboard: Wire = field(default_factory=dict)
    reactions: list[str] = field(default_factory=list)
    hidden_from: set[int] = field(default_factory=set)
    earlier: list[str] = field(default_factory=list)

    @property
    def buttons(self) -> list[list[tuple[str, str]]]:
        """Rows of label and what the button carries: its callback data, its link, or nothing that we model."""
        return [
            [(button["text"], button.get("callback_data") or button.get("url") or "") for button in row]
            for row in self.keyboard
        ]

    @property
    def edited(self) -> bool:
        """Whether the text or the buttons were changed after sending."""
        return self.edited_at is not None

    @property
    def stands(self) -> bool:
        """Whether the message has not been deleted."""
        return not self.deleted

    @property
    def is_ephemeral(self) -> bool:
        """Whether one member of the group alone sees it."""
        return self.ephemeral_with is not None

    @property
    def is_from_bot(self) -> bool:
        """Whether the bot under test wrote it."""
        return self.sender["id"] == BOT_ID

    def __repr__(self) -> str:
        return f"<Message {self.message_id or self.ephemeral_id} in {self.chat.id}: {self.text!r}>"

    def shown(self) -> str:
        """Everything that a reader finds in it: text, file name and button labels."""
        labels = [label for row in self.buttons for label, _ in row]
        return "\n".join(part for part in (self.text, self.file_name, *labels) if part)

    def wire(self, *, with_reply: bool = True) -> Wire:
        """Return the message as a Message object."""
        found: Wire = {
            "message_id": self.message_id,
            "date": int(self.date.timestamp()),
            "chat": self.chat.wire(),
            "from": self.sender,
            **self.media,
            **self.extra,
        }
        words = "caption" if self.media else "text"
        marks = "caption_entities" if self.media else "entities"
        optional: Wire = {
            words: self.text,
            marks: self.entities,
            "ephemeral_message_id": self.ephemeral_id,
            "message_thread_id": self.thread_id,
            "is_topic_message": self.thread_id is not None,
            "edit_date": int(self.edited_at.timestamp()) if self.edited_at else None,
            "reply_to_message": self.reply_to.wire(with_reply=False) if self.reply_to and with_reply else None,
            "reply_markup": {"inline_keyboard": self.keyboard} if self.keyboard else None,
        }
        return found | {name: value for name, value in optional.items() if value}


@dataclass(eq=False)
class Press:
    """A person pressed a button; ``text`` is what the bot's answer showed them, None while it has not answered."""

    id: str
    person: Person
    message: Message
    pressed_at: datetime
    text: str | None = None
    is_alert: bool = False


@dataclass(eq=False)
class InlineQuery:
    """Somebody typed the bot's name and a query; ``results`` is None while the bot has not answered.

    ``button`` stands above the results, ``cache_seconds`` is how long Telegram may answer the same query with them,
    and ``is_personal`` whether to that person alone.
    """

    id: str
    query: str
    results: list[Wire] | None = None
    button: Wire = field(default_factory=dict)
    cache_seconds: int = 300
    is_personal: bool = False

    @property
    def titles(self) -> list[str]:
        """What the results are called, in order."""
        return [result["title"] for result in self.results or []]


class World:
    """All state behind the fake server; nothing in it knows about HTTP."""

    def __init__(self, clock: Callable[[], datetime] | None, *, can_read_all_group_messages: bool) -> None:
        self.clock = clock or (lambda: datetime.now(UTC))
        self.bot: Wire = {"id": BOT_ID, "is_bot": True, "first_name": "Roundtable", "username": BOT_NAME}
        self.can_read_all_group_messages = can_read_all_group_messages
        self.supports_inline_queries = True
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.presses: dict[str, Press] = {}
        self.inline_queries: dict[str, InlineQuery] = {}
        self.commands: dict[tuple[str, str], list[Wire]] = {}
        self.profile: dict[tuple[str, str], str] = {}
        self.actions: list[tuple[int, str]] = []
        self.refusals: list[str] = []
        self.webhook = ""
        self.webhook_set: Wire = {}
        self.webhook_trouble = ""
        self.allowed_updates: list[str] | None = None
        self.updates: list[Wire] = []
        self.polls = 0
        self.step = 0
        self._last_update = 100_000_000
        self._bell = asyncio.Event()

    def happened(self) -> int:
        """Count one more event and wake everybody who waits for one."""
        self.step += 1
        self._bell.set()
        self._bell = asyncio.Event()
        return self.step

    async def until(self, look: Callable[[], T | None], seconds: float) -> T | None:
        """Look again after every event until there is something to return, or None when the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while (found := look()) is None:
                    await self._bell.wait()
                return found
        return None

    def post(self, chat: Chat, sender: Wire, *, seen_by: int | None = None, **content: object) -> Message:
        """Put a message into a chat; ``seen_by`` makes it ephemeral between the bot and that person."""
        if seen_by is None:
            chat.last_message_id += 1
            place: Wire = {"message_id": chat.last_message_id}
        else:
            chat.last_ephemeral_id += 1
            place = {"message_id": 0, "ephemeral_id": chat.last_ephemeral_id, "ephemeral_with": seen_by}
        step = self.happened()
        fields: Wire = {**place, **content}
        message = Message(chat=chat, date=self.clock(), sender=sender, order=step, changed=step, **fields)
        chat.messages.append(message)
        if message.thread_id is not None:
            chat.topics.add(message.thread_id)
        return message

    def push(self, kind: str, payload: Wire) -> None:
        """Queue an update for the bot."""
        self._last_update += 1
        self.updates.append({"update_id": self._last_update, kind: payload})
        self.happened()

    def ready_updates(self, offset: int | None, limit: int) -> list[Wire]:
        """Forget what ``offset`` confirms (a negative one keeps only the newest) and return what is next."""
        if offset is not None and offset < 0:
            self.updates = self.updates[offset:]
        elif offset:
            self.updates = [update for update in self.updates if update["update_id"] >= offset]
        self.updates = [update for update in self.updates if self._is_wanted(update)]
        return self.updates[:limit]

    def _is_wanted(self, update: Wire) -> bool:
        kind = next(name for name in update if name != "update_id")
        return kind in self.allowed_updates if self.allowed_updates else kind not in _ONLY_ON_REQUEST

    def fresh_press(self, query_id: str) -> Press:
        """Return the press that a callback query id names.

        Raises:
            ApiError: the id is unknown or older than Telegram keeps it.
        """
        press = self.presses.get(query_id)
        if press is None or self.clock() - press.pressed_at > FRESH:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        return press

    def visible_to(self, person: Person) -> list[Message]:
        """Return what stands before a person's eyes, oldest first: private chat, groups, ephemeral messages."""
        mine = [chat for chat in self.chats.values() if chat.person is person or person.id in chat.members]
        seen = [
            message
            for chat in mine
            for message in chat.messages
            if message.stands and message.ephemeral_with in {None, person.id} and person.id not in message.hidden_from
        ]
        return sorted(seen, key=lambda message: message.order)
