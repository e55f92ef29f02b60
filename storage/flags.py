"""Flags on SQL. The contract is in ``bot.moderation.ports``."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.people import Person, Place
from bot.moderation.flag import FORGOTTEN, Flag, State
from bot.moderation.ports import Tally
from bot.triage.assessment import Label
from storage import tables
from storage.documents import StoredFlag, open_record, seal_record
from storage.finding import account_digest, holding, place_digest, upsert
from storage.opening import opened
from storage.vault import Vault

_AUTHOR, _REPORTER, _MODERATOR = "author", "reporter", "moderator"
_CLOSED = (State.RESOLVED.value, State.FALSE_ALARM.value)
_NOT_COUNTED = (Label.CRISIS.value, Label.DISTRESS.value)
_LOCK_BYTES = 8  # of the number that PostgreSQL's advisory locks have for a name
_SEALED = tuple(field.name for field in fields(StoredFlag))
_flags, _people, _messages = tables.flags, tables.flag_people, tables.flag_messages


@dataclass(frozen=True, slots=True)
class SqlFlags:
    """Fulfils ``Flags``. On PostgreSQL rows are held by their locks; SQLite has one writer at a time."""

    connection: AsyncConnection
    vault: Vault

    async def add(self, flag: Flag) -> Flag | None:
        """See the port."""
        digest = self._message_digest(flag.place, flag.message_id)
        if digest and await self._joined_to(digest):
            return None
        row = upsert(self.connection, _flags).values(id=flag.id, **self._values(flag))
        added = await self.connection.execute(row.on_conflict_do_nothing().returning(_flags.c.id))
        if added.one_or_none() is None:
            return None
        await self._save_people(flag)
        return flag

    async def get(self, flag_id: str) -> Flag | None:
        """See the port."""
        return await self._first(select(_flags).where(_flags.c.id == flag_id))

    async def of_message(self, place: Place, message_id: str) -> Flag | None:
        """See the port."""
        digest = self._message_digest(place, message_id)
        if digest is None:
            return None
        if own := await self._first(select(_flags).where(_flags.c.message == digest)):
            return own
        flag_id = await self._joined_to(digest)
        return await self.get(flag_id) if flag_id else None

    async def save(self, flag: Flag) -> None:
        """See the port."""
        await self.connection.execute(update(_flags).where(_flags.c.id == flag.id).values(self._values(flag)))
        await self._save_people(flag)

    async def hold(self, author: Person, chat_id: str) -> None:
        """See the port."""
        # SQLite has one writer at a time.
        if self.connection.dialect.name == "postgresql":
            digest = self.vault.digest("hold", author.platform, author.id, chat_id)
            key = int.from_bytes(digest[:_LOCK_BYTES], signed=True)
            await self.connection.execute(select(func.pg_advisory_xact_lock(key)))

    async def join(self, flag: Flag, place: Place, message_id: str) -> bool:
        """See the port."""
        digest = self._message_digest(place, message_id)
        if digest is None:
            return False
        own = await self.connection.execute(select(_flags.c.id).where(_flags.c.message == digest))
        if own.one_or_none():
            return False
        row = upsert(self.connection, _messages).values(digest=digest, flag_id=flag.id, place=self._stands_in(place))
        joined = await self.connection.execute(row.on_conflict_do_nothing().returning(_messages.c.flag_id))
        return joined.one_or_none() is not None

    async def open_of(self, author: Person, chat_id: str, label: Label) -> Flag | None:
        """See the port."""
        # No limit: PostgreSQL would apply it before it waits for a row, and miss an older one where that was closed.
        return await self._first(
            select(_flags)
            .where(self._of(author, chat_id), _flags.c.label == label.value, _flags.c.state.not_in(_CLOSED))
            .order_by(_flags.c.at.desc(), _flags.c.id.desc())
        )

    async def waiting(self, chat_ids: Sequence[str]) -> Sequence[Flag]:
        """See the port."""
        danger = case((_flags.c.label == Label.CRISIS.value, 0), (_flags.c.label == Label.URGENT.value, 1), else_=2)
        found = await self.connection.execute(
            select(_flags)
            .where(_flags.c.chat_id.in_(chat_ids), _flags.c.state.not_in(_CLOSED))
            .order_by(danger, _flags.c.at, _flags.c.id)
        )
        return await opened(found, self._flag)

    async def closed(self, chat_ids: Sequence[str], limit: int) -> Sequence[Flag]:
        """See the port."""
        found = await self.connection.execute(
            select(_flags)
            .where(_flags.c.chat_id.in_(chat_ids), _flags.c.state.in_(_CLOSED))
            .order_by(_flags.c.at.desc(), _flags.c.id.desc())
            .limit(limit)
        )
        return await opened(found, self._flag)

    async def due(self, now: datetime, limit: int) -> Sequence[Flag]:
        """See the port. Those that somebody else holds are left for the next time."""
        due = select(_flags).where(_flags.c.look_at <= now).order_by(_flags.c.look_at, _flags.c.id).limit(limit)
        return await self.hold_rows(due, skip_held=True)

    async def earlier(self, author: Person, chat_id: str, before: datetime) -> int:
        """See the port."""
        found = await self.connection.execute(
            select(func.count())
            .select_from(_flags)
            .where(
                self._of(author, chat_id),
                _flags.c.at < before,
                _flags.c.label.not_in(_NOT_COUNTED),
                _flags.c.state != State.FALSE_ALARM.value,
            )
        )
        return found.scalar_one()

    async def tallies(self, chat_id: str, since: datetime) -> Sequence[Tally]:
        """See the port."""
        plain = (_flags.c.id, _flags.c.label, _flags.c.state, _flags.c.rules, _flags.c.at, _flags.c.seen_at)
        found = await self.connection.execute(
            select(*plain, _flags.c.shadow)
            .where(_flags.c.chat_id == chat_id, _flags.c.at >= since)
            .order_by(_flags.c.at, _flags.c.id)
        )
        return await opened(found, _tally)

    async def concerning(self, person: Person) -> Sequence[Flag]:
        """See the port; by id."""
        theirs = select(_people.c.flag_id).where(
            _people.c.digest == account_digest(self.vault, person), _people.c.role.in_((_AUTHOR, _REPORTER))
        )
        return await self.hold_rows(select(_flags).where(_flags.c.id.in_(theirs)).order_by(_flags.c.id))

    async def purge(self, before: datetime) -> int:
        """See the port. Those that somebody holds are left for the next time."""
        old = select(_flags).where(_flags.c.at < before, ~_flags.c.bare).order_by(_flags.c.id)
        found = await self.hold_rows(old, skip_held=True)
        for flag in found:
            await self.save(_bare(flag))
        await self.part(_messages.c.flag_id.in_([flag.id for flag in found]))
        return len(found)

    async def part(self, which: ColumnElement[bool]) -> None:
        """Forget what further messages belonged to their flags."""
        await self.connection.execute(delete(_messages).where(which))

    async def hold_rows(self, rows: Select[Any], *, skip_held: bool = False) -> Sequence[Flag]:
        """The flags of these rows, held until the unit of work ends."""
        found = await self.connection.execute(holding(self.connection, rows, skip_held=skip_held))
        return await opened(found, self._flag)

    async def _first(self, rows: Select[Any]) -> Flag | None:
        return next(iter(await self.hold_rows(rows)), None)

    async def _joined_to(self, digest: bytes) -> str | None:
        found = await self.connection.execute(select(_messages.c.flag_id).where(_messages.c.digest == digest))
        return found.scalar_one_or_none()

    def _message_digest(self, place: Place, message_id: str) -> bytes | None:
        return self.vault.digest("message", place.platform, place.id, message_id) if message_id else None

    def _stands_in(self, place: Place) -> bytes | None:
        return None if place.direct else place_digest(self.vault, place)

    def _of(self, author: Person, chat_id: str) -> ColumnElement[bool]:
        theirs = select(_people.c.flag_id).where(
            _people.c.digest == account_digest(self.vault, author), _people.c.role == _AUTHOR
        )
        return and_(_flags.c.chat_id == chat_id, _flags.c.id.in_(theirs))

    async def _save_people(self, flag: Flag) -> None:
        wanted = self._roles(flag)
        found = await self.connection.execute(select(_people).where(_people.c.flag_id == flag.id))
        known = {(row.role, bytes(row.digest)) for row in found}
        for role, digest in sorted(known - wanted):
            gone = and_(_people.c.flag_id == flag.id, _people.c.role == role, _people.c.digest == digest)
            await self.connection.execute(delete(_people).where(gone))
        new = [{"flag_id": flag.id, "role": role, "digest": digest} for role, digest in sorted(wanted - known)]
        if new:
            await self.connection.execute(insert(_people), new)

    def _roles(self, flag: Flag) -> set[tuple[str, bytes]]:
        moderators = (flag.claimed_by, flag.closed_by, flag.escalated_by, *(note.author for note in flag.notes))
        people = [(_AUTHOR, flag.author), *((_REPORTER, report.reporter) for report in flag.reports)]
        people += [(_MODERATOR, moderator) for moderator in moderators]
        return {(role, account_digest(self.vault, person)) for role, person in people if person and person.id}

    def _values(self, flag: Flag) -> dict[str, Any]:
        return {
            "chat_id": flag.chat_id,
            "label": flag.label.value,
            "state": flag.state.value,
            "at": flag.at,
            "look_at": flag.look_at,
            "seen_at": flag.seen_at,
            "closed_at": flag.closed_at,
            "rules": json.dumps(flag.rules),
            "shadow": flag.shadow,
            "score": flag.score,
            "message": self._message_digest(flag.place, flag.message_id),
            "place": self._stands_in(flag.place),
            "bare": flag == _bare(flag),
            "sealed": seal_record(
                self.vault, StoredFlag(**{name: getattr(flag, name) for name in _SEALED}), f"flags/{flag.id}"
            ),
        }

    def _flag(self, row: Row[Any]) -> Flag:
        kept = open_record(self.vault, StoredFlag, row.sealed, f"flags/{row.id}")
        return Flag(
            id=row.id,
            chat_id=row.chat_id,
            label=Label(row.label),
            state=State(row.state),
            at=row.at,
            look_at=row.look_at,
            seen_at=row.seen_at,
            closed_at=row.closed_at,
            rules=tuple(json.loads(row.rules)),
            shadow=row.shadow,
            score=row.score,
            **{name: getattr(kept, name) for name in _SEALED},
        )


async def forget_in_flags(connection: AsyncConnection, vault: Vault, digests: Sequence[bytes], now: datetime) -> None:
    """Erase the persons of these accounts from all flags; of moderators what they did stays, without who."""
    flags = SqlFlags(connection, vault)
    theirs = select(_people.c.flag_id).where(_people.c.digest.in_(digests))
    found = await flags.hold_rows(select(_flags).where(_flags.c.id.in_(theirs)).order_by(_flags.c.id))
    for flag in found:
        # Its card shows them still.
        await flags.save(replace(_without(flag, vault, digests), look_at=now))
    written = [flag.id for flag in found if flag.author and account_digest(vault, flag.author) in digests]
    await flags.part(_messages.c.flag_id.in_(written))


async def move_flags(connection: AsyncConnection, vault: Vault, place: Place, to: Place) -> None:
    """Let the flags of a place belong to the one it has become.

    The messages there are counted anew, so an old id would stand for another message: the flags lose theirs.
    """
    flags = SqlFlags(connection, vault)
    there = select(_flags).where(_flags.c.place == place_digest(vault, place)).order_by(_flags.c.id)
    for flag in await flags.hold_rows(there):
        await flags.save(replace(flag, place=to, message_id="", link=""))
    await flags.part(_messages.c.place == place_digest(vault, place))


def _tally(row: Row[Any]) -> Tally:
    return Tally(Label(row.label), row.state, tuple(json.loads(row.rules)), row.at, row.seen_at, row.shadow, row.id)


def _bare(flag: Flag) -> Flag:
    """A flag without what names or quotes people; of those who worked on it the ids stay, for rules and figures."""
    bare = replace(
        _authorless(flag), reports=(), closed_by=_nameless(flag.closed_by), escalated_by=_nameless(flag.escalated_by)
    )
    # A claim ends within minutes; until then the others are told who has it.
    return bare if flag.state is State.CLAIMED else replace(bare, claimed_by=_nameless(flag.claimed_by))


def _authorless(flag: Flag) -> Flag:
    # A direct chat is as good as the person.
    place = replace(flag.place, id="", whole=None) if flag.place.direct else flag.place
    return replace(flag, place=place, message_id="", link="", author=None, quote="", reasons=(), notes=())


def _nameless(person: Person | None) -> Person | None:
    return person and replace(person, name="", locale=None)


def _without(flag: Flag, vault: Vault, digests: Sequence[bytes]) -> Flag:
    def gone(person: Person | None) -> bool:
        return person is not None and account_digest(vault, person) in digests

    def unless_gone(person: Person | None) -> Person | None:
        return FORGOTTEN if gone(person) else person

    reports = tuple(report for report in flag.reports if not gone(report.reporter))
    notes = tuple(replace(note, author=FORGOTTEN) if gone(note.author) else note for note in flag.notes)
    kept = replace(
        flag,
        reports=reports,
        notes=notes,
        claimed_by=unless_gone(flag.claimed_by),
        closed_by=unless_gone(flag.closed_by),
        escalated_by=unless_gone(flag.escalated_by),
    )
    if not gone(flag.author):
        return kept
    # Whoever reported it may still hear what came of it; what they said of the person goes.
    return replace(_authorless(kept), reports=tuple(replace(report, reason="") for report in reports))
