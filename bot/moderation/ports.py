"""What moderation needs from storage."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.chat.people import Person, Place
from bot.faq.ports import FaqWork
from bot.moderation.flag import Deed, Flag
from bot.moderation.policy import Watched
from bot.triage.assessment import Label


class Watches(Protocol):
    """The communities in which the bot listens; those that moderators have set up are in ``work.chats`` too."""

    async def find(self, place: Place) -> Watched | None:
        """The one to which a place belongs; None where the bot has not begun there."""
        ...

    async def get(self, chat_id: str) -> Watched | None:
        """The one of a chat; held, so that of two who change it no change is lost."""
        ...

    async def of_desk(self, place: Place) -> Sequence[Watched]:
        """Those whose moderators' chat this place is."""
        ...

    async def add(self, watched: Watched) -> bool:
        """Store a new one; False, and nothing changed, where its chat has one."""
        ...

    async def save(self, watched: Watched) -> None:
        """Store a new or a changed one."""
        ...

    async def all(self) -> Sequence[Watched]:
        """Every one, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Tally:
    """One flag as the figures need it, without anybody's name or words."""

    label: Label
    state: str
    rules: tuple[str, ...]
    at: datetime
    seen_at: datetime | None
    shadow: bool
    id: str


class Flags(Protocol):
    """Flags. A flag that was got is held until the unit of work ends, so that of two moderators one is first."""

    async def add(self, flag: Flag) -> Flag | None:
        """Store a new flag; None, and nothing stored, where its message has one already."""
        ...

    async def get(self, flag_id: str) -> Flag | None:
        """A flag by its id; held."""
        ...

    async def of_message(self, place: Place, message_id: str) -> Flag | None:
        """The flag to which a message belongs, as its own or a further one; held."""
        ...

    async def save(self, flag: Flag) -> None:
        """Store a changed flag."""
        ...

    async def hold(self, author: Person, chat_id: str) -> None:
        """Until the unit of work ends, or commits, let nobody else who asks for the same go on.

        Ask for it before looking for a flag on somebody that a new message may join: of two messages at once one finds
        the flag of the other.
        """
        ...

    async def join(self, flag: Flag, place: Place, message_id: str) -> bool:
        """Remember that a further message belongs to a flag; False where it belongs to one already, or has no id.

        It is forgotten with what leads to the flag's own message.
        """
        ...

    async def open_of(self, author: Person, chat_id: str, label: Label) -> Flag | None:
        """The newest flag on somebody with this label that is not closed; held."""
        ...

    async def waiting(self, chat_ids: Sequence[str]) -> Sequence[Flag]:
        """The flags of these chats that are not closed: crisis first, then urgent, then oldest first."""
        ...

    async def closed(self, chat_ids: Sequence[str], limit: int) -> Sequence[Flag]:
        """The flags of these chats that are closed, newest first."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[Flag]:
        """Flags whose ``look_at`` has come, longest due first; held."""
        ...

    async def earlier(self, author: Person, chat_id: str, before: datetime) -> int:
        """How many earlier flags on somebody stand there, without those on crisis, distress and false alarms."""
        ...

    async def tallies(self, chat_id: str, since: datetime) -> Sequence[Tally]:
        """All flags of a chat since a moment, oldest first, for figures."""
        ...

    async def concerning(self, person: Person) -> Sequence[Flag]:
        """The flags that somebody wrote or reported; held."""
        ...

    async def purge(self, before: datetime) -> int:
        """Take off the flags that came before a moment what names or quotes people; how many had any.

        That is quotations, authors, reports, notes, reasons, what leads to a message, and the names of moderators, but
        for who holds it just then.
        """
        ...


class Deeds(Protocol):
    """The record of who did what. Nothing in it is ever changed; its people go with ``forget``."""

    async def add(self, deed: Deed) -> None:
        """Write a line."""
        ...

    async def of(self, chat_id: str, limit: int) -> Sequence[Deed]:
        """The newest lines of a chat, newest first."""
        ...


class People(Protocol):
    """What moderation must know of people who need not be members."""

    async def opted_out(self, person: Person) -> bool:
        """Whether somebody asked not to be assessed."""
        ...

    async def opt_out(self, person: Person, now: datetime) -> None:
        """Remember that somebody asks not to be assessed."""
        ...

    async def opt_in(self, person: Person) -> None:
        """Forget that."""
        ...

    async def is_open(self, person: Person) -> bool:
        """Whether their direct chat with the bot is known to be open."""
        ...

    async def note_open(self, person: Person, now: datetime, *, is_open: bool) -> None:
        """Remember whether it is; cheap where that was known."""
        ...

    async def claim(self, person: Person, chat_id: str, what: str, now: datetime, pause: timedelta) -> bool:
        """Take the right to say something to somebody; False where that was done less than ``pause`` ago."""
        ...

    async def release(self, person: Person, chat_id: str, what: str) -> None:
        """Give back what ``claim`` took: nothing was said after all."""
        ...

    async def holds(self, person: Person) -> bool:
        """Whether anything is kept about somebody, but for whether their direct chat is open."""
        ...

    async def forget(self, person: Person, now: datetime) -> None:
        """Erase everything that moderation keeps about somebody: here, and their words, name and reports in flags.

        An opt-out is erased too, and their place among those on duty. A moderator's own deeds and notes stay in the
        record, without the name: ``FORGOTTEN`` stands there. Each flag concerned is to be looked at ``now``, so that
        its card forgets them too.
        """
        ...

    async def purge(self, now: datetime) -> None:
        """Erase pauses that are over."""
        ...


class ModerationWork(FaqWork, Protocol):
    """One unit of work of moderation."""

    @property
    def watches(self) -> Watches:
        """Communities and their policies."""
        ...

    @property
    def flags(self) -> Flags:
        """Flags."""
        ...

    @property
    def deeds(self) -> Deeds:
        """Who did what."""
        ...

    @property
    def people(self) -> People:
        """People who need not be members."""
        ...
