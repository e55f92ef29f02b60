"""Entries into the database: those that come with the program at each start, and an operator's own."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from bot.faq.entry import Entry
from bot.faq.files import digest
from bot.faq.ports import FaqWork
from bot.faq.revision import EVERYWHERE, Kind, Revision, State

log = structlog.get_logger()


async def seed(work: FaqWork, entries: Sequence[Entry], now: datetime) -> None:
    """Bring the program's entries into the database.

    A file that is newer than its row wins, unless somebody changed the row: then both are kept, and the newer text
    waits for the operator (``faq diff``) or, where a team made the change, for its moderators (``/faqadmin review``).
    An entry that the program no longer brings, and that nobody changed, is taken away.
    """
    digests = await asyncio.to_thread(_digests, entries)
    # Teams come first: what the program brought before is looked up among the entries that hold for all.
    for team in (*await _teams(work), EVERYWHERE):
        rows = {each.entry.id: each for each in await work.entries.current(team)}
        for entry in entries:
            row = rows.get(entry.id)
            if row is None and team != EVERYWHERE:
                continue
            await _bring(work, Revision(team, 0, Kind.FILE, State.APPROVED, entry, now, digest=digests[entry.id]), row)
        brought = {entry.id for entry in entries}
        for row in rows.values():
            if row.kind is Kind.FILE and row.shown and row.entry.id not in brought:
                await work.entries.add(replace(row, at=now, shown=False, based_on=row.number, digest=""))


async def take_in(work: FaqWork, entries: Sequence[Entry], now: datetime) -> int:
    """Take an operator's entries in, for every group; how many were new or changed. None is taken away.

    Beside a text that a team changed the operator's waits for that team's moderators.
    """
    await work.entries.hold()
    for team in await _teams(work):
        for row in await work.entries.current(team):
            newer = next((entry for entry in entries if entry.id == row.entry.id and entry != row.entry), None)
            if newer:
                await _hold_beside(work, Revision(team, 0, Kind.IMPORT, State.HELD, newer, now, based_on=row.number))
    rows = {each.entry.id: each for each in await work.entries.current(EVERYWHERE)}
    changed = 0
    for entry in entries:
        row = rows.get(entry.id)
        if row is not None and row.shown and row.entry == entry:
            continue
        based_on = row.number if row else 0
        await work.entries.add(Revision(EVERYWHERE, 0, Kind.IMPORT, State.APPROVED, entry, now, based_on=based_on))
        changed += 1
    return changed


async def withdraw(work: FaqWork, entry_id: str, now: datetime, *, shown: bool) -> bool:
    """Take an entry away for every group, teams that changed it among them, or bring it back; False if there is none.

    What is brought back holds for all but the teams, whose moderators bring back their own.
    """
    await work.entries.hold()
    found = False
    teams = () if shown else await _teams(work)
    for team in (EVERYWHERE, *teams):
        for row in await work.entries.current(team):
            if row.entry.id == entry_id and row.shown is not shown:
                kind = Kind.RESTORE if shown else Kind.RETIRE
                revision = Revision(team, 0, kind, State.APPROVED, row.entry, now, shown, based_on=row.number)
                await work.entries.add(revision)
                found = True
    return found


async def held(work: FaqWork) -> Sequence[tuple[Revision, Revision]]:
    """The operator's entries beside which the program brings a newer text: each with that text."""
    rows = {each.entry.id: each for each in await work.entries.current(EVERYWHERE)}
    waiting = await work.entries.waiting(EVERYWHERE)
    return [(rows[each.entry.id], each) for each in waiting if each.state is State.HELD and each.entry.id in rows]


async def take_held(work: FaqWork, entry_id: str, now: datetime) -> bool:
    """Let the program's newest waiting text of an entry hold; False where none waits."""
    await work.entries.hold()
    waiting = [theirs for _, theirs in await held(work) if theirs.entry.id == entry_id]
    if not waiting:
        return False
    for older in waiting[:-1]:
        await work.entries.decide(replace(older, decided_at=now), State.REJECTED)
    return await work.entries.decide(replace(waiting[-1], decided_at=now), State.APPROVED)


def _digests(entries: Sequence[Entry]) -> Mapping[str, str]:
    return {entry.id: digest(entry) for entry in entries}


async def _bring(work: FaqWork, brought: Revision, row: Revision | None) -> None:
    """Bring the program's text beside the row that holds in its team."""
    if row is not None and row.digest == brought.digest:
        return
    untouched = row is None or row.kind is Kind.FILE
    if not untouched and await _last_brought(work, brought.team, brought.entry.id) == brought.digest:
        return
    revision = replace(brought, based_on=row.number if row else 0)
    if untouched:
        await work.entries.add(revision)
    else:
        await _hold_beside(work, replace(revision, state=State.HELD))


async def _hold_beside(work: FaqWork, revision: Revision) -> None:
    """Let a newer text wait beside one that somebody changed; an older one that waits there is of no use any more."""
    for older in await work.entries.waiting(revision.team):
        if older.state is State.HELD and older.entry.id == revision.entry.id:
            await work.entries.decide(replace(older, decided_at=revision.at), State.REJECTED)
    await work.entries.add(revision)
    log.info("entry_held_beside_a_change", entry=revision.entry.id, operators=revision.team == EVERYWHERE)


async def _teams(work: FaqWork) -> Sequence[str]:
    return sorted({chat.team for chat in await work.chats.all()})


async def _last_brought(work: FaqWork, team: str, entry_id: str) -> str:
    """The digest of the newest text that the program brought for an entry, for this team or for all."""
    for whose in dict.fromkeys((team, EVERYWHERE)):
        for revision in await work.entries.history(whose, entry_id):
            if revision.kind is Kind.FILE:
                return revision.digest
    return ""
