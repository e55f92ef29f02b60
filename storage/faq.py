"""Curated answers, chats, questions and figures on SQL. The contracts are in ``bot.faq.ports``."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, Table, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.people import Person, Place
from bot.faq.entry import Entry
from bot.faq.ports import KEPT_FOR
from bot.faq.revision import EVERYWHERE, Asked, Chat, Kind, Revision, Shown, State
from storage import tables
from storage.documents import StoredAsker, StoredModerator, open_record, read_record, seal_record, write_record
from storage.vault import Vault

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

OFFERS_KEPT_FOR = timedelta(days=1)
"""How long it is kept that an entry was offered in a chat; no pause between two offers can be longer."""

_WAITING = (State.PROPOSED.value, State.HELD.value)
_revisions = tables.revisions


@dataclass(frozen=True, slots=True)
class SqlEntries:
    """Fulfils ``Entries``. Persons come back without their locale, which is not kept."""

    connection: AsyncConnection
    vault: Vault

    async def version(self) -> int:
        """See the port."""
        table = tables.counters
        found = await self.connection.execute(select(table.c.value).where(table.c.name == "entries"))
        return found.scalar_one_or_none() or 0

    async def current(self, team: str) -> Sequence[Revision]:
        """See the port; by entry id."""
        newest = (
            select(_revisions.c.entry_id, func.max(_revisions.c.number).label("number"))
            .where(_revisions.c.team == team, _revisions.c.state == State.APPROVED.value)
            .group_by(_revisions.c.entry_id)
            .subquery()
        )
        holds = and_(_revisions.c.entry_id == newest.c.entry_id, _revisions.c.number == newest.c.number)
        found = await self.connection.execute(
            select(_revisions).join(newest, holds).where(_revisions.c.team == team).order_by(_revisions.c.entry_id)
        )
        return tuple(self._revision(row) for row in found)

    async def history(self, team: str, entry_id: str) -> Sequence[Revision]:
        """See the port."""
        found = await self.connection.execute(
            select(_revisions).where(_of_entry(team, entry_id)).order_by(_revisions.c.number.desc())
        )
        return tuple(self._revision(row) for row in found)

    async def waiting(self, team: str) -> Sequence[Revision]:
        """See the port."""
        found = await self.connection.execute(
            select(_revisions)
            .where(_revisions.c.team == team, _revisions.c.state.in_(_WAITING))
            .order_by(_revisions.c.at, _revisions.c.entry_id, _revisions.c.number)
        )
        return tuple(self._revision(row) for row in found)

    async def add(self, revision: Revision) -> Revision:
        """See the port."""
        await _count_change(self.connection)
        number = await _next_number(self.connection, revision.team, revision.entry.id)
        row_id = secrets.token_hex(16)
        await self.connection.execute(
            insert(_revisions).values(
                id=row_id,
                team=revision.team,
                entry_id=revision.entry.id,
                number=number,
                kind=revision.kind.value,
                state=revision.state.value,
                shown=revision.shown,
                based_on=revision.based_on,
                at=revision.at,
                digest=revision.digest,
                document=write_record(revision.entry),
                author=self._seal(revision.author, row_id, "author"),
                decided_by=self._seal(revision.decided_by, row_id, "decided_by"),
                decided_at=revision.decided_at,
            )
        )
        return replace(revision, number=number, id=row_id)

    async def hold(self) -> None:
        """See the port."""
        await _count_change(self.connection)

    async def decide(self, revision: Revision, state: State) -> bool:
        """See the port."""
        await _count_change(self.connection)
        team, entry_id = revision.team, revision.entry.id
        found = await self.connection.execute(
            select(_revisions.c.id).where(
                _of_entry(team, entry_id),
                _revisions.c.number == revision.number,
                _revisions.c.state.in_(_WAITING),
            )
        )
        row_id = found.scalar_one_or_none()
        if row_id is None:
            return False
        approved = state is State.APPROVED
        number = await _next_number(self.connection, team, entry_id) if approved else revision.number
        await self.connection.execute(
            update(_revisions)
            .where(_revisions.c.id == row_id)
            .values(
                number=number,
                state=state.value,
                decided_by=self._seal(revision.decided_by, row_id, "decided_by"),
                decided_at=revision.decided_at,
            )
        )
        return True

    def _revision(self, row: Row[Any]) -> Revision:
        return Revision(
            row.team,
            row.number,
            Kind(row.kind),
            State(row.state),
            read_record(Entry, row.document),
            row.at,
            row.shown,
            self._open(row.author, row.id, "author"),
            self._open(row.decided_by, row.id, "decided_by"),
            row.decided_at,
            row.based_on,
            row.digest,
            row.id,
        )

    def _seal(self, person: Person | None, row_id: str, role: str) -> bytes | None:
        return _seal_moderator(self.vault, person, f"revisions/{row_id}/{role}")

    def _open(self, sealed: bytes | None, row_id: str, role: str) -> Person | None:
        return _open_moderator(self.vault, sealed, f"revisions/{row_id}/{role}")


@dataclass(frozen=True, slots=True)
class SqlChats:
    """Fulfils ``Chats``."""

    connection: AsyncConnection
    vault: Vault

    async def find(self, place: Place) -> Chat | None:
        """See the port."""
        return await self._one(tables.chats.c.digest == _community(self.vault, place))

    async def get(self, chat_id: str) -> Chat | None:
        """See the port."""
        return await self._one(tables.chats.c.id == chat_id)

    async def save(self, chat: Chat) -> None:
        """See the port.

        Raises:
            StorageError: another chat has the same community; the database refuses a second.
        """
        table = tables.chats
        values = {
            "team": chat.team,
            "digest": _community(self.vault, chat.place),
            "offers": chat.offers,
            "two_approve": chat.two_approve,
            "notices": chat.notices,
            "sealed": seal_record(self.vault, chat.place, f"chats/{chat.id}"),
            "lifted_by": _seal_moderator(self.vault, chat.lifted_by, f"chats/{chat.id}/lifted_by"),
        }
        changed = await self.connection.execute(update(table).where(table.c.id == chat.id).values(values))
        if changed.rowcount == 0:
            await self.connection.execute(insert(table).values(id=chat.id, **values))

    async def of_team(self, team: str) -> Sequence[Chat]:
        """See the port."""
        return await self._several(tables.chats.c.team == team)

    async def all(self) -> Sequence[Chat]:
        """See the port."""
        return await self._several()

    async def move_team(self, team: str, into: str, now: datetime) -> None:
        """See the port. Where answers stood goes over by itself, since it is found by the chats.

        Raises:
            ValueError: one of the two is ``EVERYWHERE``, which is no team to be moved.
        """
        if EVERYWHERE in (team, into):
            raise ValueError("the entries that hold for all are no team's")
        if team == into:
            return
        await _count_change(self.connection)
        # Whoever moves a team must not get past a second moderator by that, whichever of the two asks for one.
        chats = tables.chats
        asks = select(chats.c.id).where(chats.c.team.in_((team, into)), chats.c.two_approve).limit(1)
        needs_two = (await self.connection.execute(asks)).scalar_one_or_none() is not None
        for table in (tables.chats, tables.questions):
            await self.connection.execute(update(table).where(table.c.team == team).values(team=into))
        await self._move_votes(team, into)
        found = await self.connection.execute(
            select(_revisions.c.entry_id).where(_revisions.c.team == team).distinct().order_by(_revisions.c.entry_id)
        )
        for entry_id in found.scalars().all():
            await self._move_entry(team, into, entry_id, now, needs_two=needs_two)

    async def _move_votes(self, team: str, into: str) -> None:
        table = tables.votes
        found = await self.connection.execute(delete(table).where(table.c.team == team).returning(table))
        for row in found.all():
            await _add_votes(self.connection, into, row.entry_id, row.helpful, row.unhelpful)

    async def _move_entry(self, team: str, into: str, entry_id: str, now: datetime, *, needs_two: bool) -> None:
        waits = needs_two or await _approved(self.connection, into, entry_id) is not None
        holds = await _approved(self.connection, team, entry_id)
        # All numbers go up by the same, so that what each was based on can still be told.
        offset = await _next_number(self.connection, into, entry_id) - 1
        found = await self.connection.execute(
            select(_revisions.c.id, _revisions.c.number, _revisions.c.state, _revisions.c.based_on).where(
                _of_entry(team, entry_id)
            )
        )
        for row in found.all():
            values: dict[str, Any] = {"team": into, "number": row.number + offset}
            if row.based_on:
                values["based_on"] = row.based_on + offset
            if waits and row.state == State.APPROVED.value:
                latest = row.number == holds
                values["state"] = (State.PROPOSED if latest else State.REJECTED).value
                values |= {"decided_by": None, "decided_at": None if latest else now}
            await self.connection.execute(update(_revisions).where(_revisions.c.id == row.id).values(values))

    async def _one(self, which: ColumnElement[bool]) -> Chat | None:
        return next(iter(await self._several(which)), None)

    async def _several(self, *which: ColumnElement[bool]) -> Sequence[Chat]:
        table = tables.chats
        found = await self.connection.execute(select(table).where(*which).order_by(table.c.number))
        return tuple(
            Chat(
                row.id,
                row.team,
                open_record(self.vault, Place, row.sealed, f"chats/{row.id}"),
                row.offers,
                row.two_approve,
                row.notices,
                _open_moderator(self.vault, row.lifted_by, f"chats/{row.id}/lifted_by"),
            )
            for row in found
        )


@dataclass(frozen=True, slots=True)
class SqlQuestions:
    """Fulfils ``Questions``. An asker comes back without their name, which is not kept."""

    connection: AsyncConnection
    vault: Vault

    async def add(self, question: Asked) -> None:
        """See the port."""
        bound, asker = f"questions/{question.id}", question.asker
        kept = asker and StoredAsker(asker.platform, asker.id, asker.locale)
        await self.connection.execute(
            insert(tables.questions).values(
                id=question.id,
                team=question.team,
                at=question.at,
                sealed=self.vault.seal(question.text.encode(), bound),
                asker=seal_record(self.vault, kept, f"{bound}/asker") if kept else None,
                asker_digest=self.vault.digest("account", asker.platform, asker.id) if asker else None,
            )
        )

    async def open(self, team: str, now: datetime) -> Sequence[Asked]:
        """See the port."""
        table = tables.questions
        found = await self.connection.execute(
            select(table).where(table.c.team == team, table.c.at >= now - KEPT_FOR).order_by(table.c.at, table.c.id)
        )
        return tuple(self._asked(row) for row in found)

    async def has(self, question_id: str) -> bool:
        """See the port."""
        table = tables.questions
        found = await self.connection.execute(select(table.c.id).where(table.c.id == question_id))
        return found.scalar_one_or_none() is not None

    async def count(self, team: str) -> int:
        """See the port."""
        table = tables.questions
        found = await self.connection.execute(select(func.count()).select_from(table).where(table.c.team == team))
        return found.scalar_one()

    async def take(self, ids: Sequence[str]) -> Sequence[Asked]:
        """See the port."""
        table = tables.questions
        found = await self.connection.execute(delete(table).where(table.c.id.in_(ids)).returning(table))
        return tuple(sorted((self._asked(row) for row in found.all()), key=lambda asked: (asked.at, asked.id)))

    async def drop(self, ids: Sequence[str]) -> None:
        """See the port."""
        await self.connection.execute(delete(tables.questions).where(tables.questions.c.id.in_(ids)))

    async def purge(self, now: datetime) -> None:
        """See the port. That an entry was offered is kept for ``OFFERS_KEPT_FOR``."""
        ends = ((tables.questions, KEPT_FOR), (tables.shown, KEPT_FOR), (tables.offers, OFFERS_KEPT_FOR))
        for table, kept_for in ends:
            await self.connection.execute(delete(table).where(table.c.at < now - kept_for))

    def _asked(self, row: Row[Any]) -> Asked:
        text = self.vault.open(row.sealed, f"questions/{row.id}").decode()
        return Asked(row.id, row.team, text, row.at, self._asker(row.asker, row.id))

    def _asker(self, sealed: bytes | None, question_id: str) -> Person | None:
        if sealed is None:
            return None
        kept = open_record(self.vault, StoredAsker, sealed, f"questions/{question_id}/asker")
        return Person(kept.platform, kept.id, "", kept.locale)


@dataclass(frozen=True, slots=True)
class SqlFigures:
    """Fulfils ``Figures``."""

    connection: AsyncConnection
    vault: Vault

    async def vote(self, team: str, entry_id: str, *, helpful: bool) -> None:
        """See the port."""
        await _add_votes(self.connection, team, entry_id, int(helpful), int(not helpful))

    async def votes(self, team: str) -> dict[str, tuple[int, int]]:
        """See the port."""
        table = tables.votes
        found = await self.connection.execute(select(table).where(table.c.team == team).order_by(table.c.entry_id))
        return {row.entry_id: (row.helpful, row.unhelpful) for row in found}

    async def stood(self, shown: Shown) -> None:
        """See the port."""
        table, digest = tables.shown, self._digest(shown.place)
        row = _upsert(self.connection, table).values(
            digest=digest,
            entry_id=shown.entry_id,
            community=_community(self.vault, shown.place),
            at=shown.at,
            sealed=seal_record(self.vault, shown.place, _bound_shown(digest, shown.entry_id)),
        )
        await self.connection.execute(
            row.on_conflict_do_update(
                index_elements=[table.c.digest, table.c.entry_id],
                set_={"community": row.excluded.community, "at": row.excluded.at, "sealed": row.excluded.sealed},
                where=table.c.at < row.excluded.at,
            )
        )

    async def where_stood(self, team: str, entry_id: str, since: datetime) -> Sequence[Shown]:
        """See the port."""
        table, chats = tables.shown, tables.chats
        rows = select(table).where(table.c.entry_id == entry_id, table.c.at >= since)
        if team != EVERYWHERE:
            rows = rows.join(chats, chats.c.digest == table.c.community).where(chats.c.team == team)
        found = await self.connection.execute(rows.order_by(table.c.at, table.c.digest))
        return tuple(
            Shown(
                row.entry_id,
                open_record(self.vault, Place, row.sealed, _bound_shown(bytes(row.digest), row.entry_id)),
                row.at,
            )
            for row in found
        )

    async def claim_offer(self, place: Place, entry_id: str, now: datetime, pause: timedelta) -> bool:
        """See the port."""
        table = tables.offers
        row = _upsert(self.connection, table).values(digest=self._digest(place), entry_id=entry_id, at=now)
        taken = await self.connection.execute(
            row.on_conflict_do_update(
                index_elements=[table.c.digest, table.c.entry_id],
                set_={"at": row.excluded.at},
                where=table.c.at <= now - pause,
            ).returning(table.c.entry_id)
        )
        return taken.one_or_none() is not None

    async def claim_notice(self, chat_id: str, what: str) -> bool:
        """See the port."""
        table = tables.notices
        row = _upsert(self.connection, table).values(chat_id=chat_id, what=what)
        taken = await self.connection.execute(row.on_conflict_do_nothing().returning(table.c.chat_id))
        return taken.one_or_none() is not None

    def _digest(self, place: Place) -> bytes:
        return self.vault.digest("place", place.platform, place.id)


def _seal_moderator(vault: Vault, person: Person | None, bound_to: str) -> bytes | None:
    return person and seal_record(vault, StoredModerator(person.platform, person.id, person.name), bound_to)


def _open_moderator(vault: Vault, sealed: bytes | None, bound_to: str) -> Person | None:
    if sealed is None:
        return None
    kept = open_record(vault, StoredModerator, sealed, bound_to)
    return Person(kept.platform, kept.id, kept.name)


def _community(vault: Vault, place: Place) -> bytes:
    return vault.digest("community", place.platform, place.community)


def _bound_shown(digest: bytes, entry_id: str) -> str:
    return f"shown/{digest.hex()}/{entry_id}"


def _of_entry(team: str, entry_id: str) -> ColumnElement[bool]:
    return and_(_revisions.c.team == team, _revisions.c.entry_id == entry_id)


def _upsert(connection: AsyncConnection, table: Table) -> "postgresql.Insert | sqlite.Insert":
    # Only the dialect in use is imported: each costs every start some hundredths of a second.
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


async def _count_change(connection: AsyncConnection) -> None:
    """Count a change of entries.

    The counter's row is held until the unit of work ends, so changes happen one after the other, and a number that is
    read after this is nobody else's.
    """
    table = tables.counters
    row = _upsert(connection, table).values(name="entries", value=1)
    await connection.execute(
        row.on_conflict_do_update(index_elements=[table.c.name], set_={"value": table.c.value + 1})
    )


async def _next_number(connection: AsyncConnection, team: str, entry_id: str) -> int:
    found = await connection.execute(select(func.max(_revisions.c.number)).where(_of_entry(team, entry_id)))
    return (found.scalar_one() or 0) + 1


async def _approved(connection: AsyncConnection, team: str, entry_id: str) -> int | None:
    """The number of the revision that holds."""
    found = await connection.execute(
        select(func.max(_revisions.c.number)).where(
            _of_entry(team, entry_id), _revisions.c.state == State.APPROVED.value
        )
    )
    return found.scalar_one()


async def _add_votes(connection: AsyncConnection, team: str, entry_id: str, helpful: int, unhelpful: int) -> None:
    table = tables.votes
    row = _upsert(connection, table).values(team=team, entry_id=entry_id, helpful=helpful, unhelpful=unhelpful)
    await connection.execute(
        row.on_conflict_do_update(
            index_elements=[table.c.team, table.c.entry_id],
            set_={"helpful": table.c.helpful + helpful, "unhelpful": table.c.unhelpful + unhelpful},
        )
    )
