"""What becomes of reminders that may have been sent after the backup was made."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Row, select, update

import builders
from bot.reminders.reminder import MOST_REPEATS, Kind, Status
from builders import ANNA, NOW
from storage import tables
from storage.backup import restore, save
from storage.store import SqlWork, Store

LATER = NOW + timedelta(days=1)
"""When the backup is restored; it was made a day before."""

PAST, AHEAD = LATER - timedelta(minutes=1), LATER + timedelta(minutes=1)


@dataclass(frozen=True)
class Has:
    """How a reminder stands."""

    status: Status
    attempts: int = 0
    repeat: bool = False
    next_attempt_at: datetime = PAST


PENDING, CLAIMED = Has(Status.PENDING), Has(Status.CLAIMED)
SENDING = Has(Status.SENDING, 1)
AGAIN, DOUBT = Has(Status.PENDING, 1, repeat=True), Has(Status.IN_DOUBT)
NEVER_AGAIN = MOST_REPEATS + 1

CHANGED = (
    (Kind.LAB, PENDING, AGAIN),
    (Kind.LAB_AGAIN, PENDING, AGAIN),
    (Kind.EVENING, PENDING, AGAIN),
    (Kind.LAB, replace(PENDING, attempts=7), AGAIN),
    (Kind.LAB, CLAIMED, AGAIN),
    (Kind.LAB, SENDING, AGAIN),
    (Kind.LAB, replace(SENDING, attempts=7), AGAIN),
    (Kind.LAB, replace(SENDING, next_attempt_at=AHEAD), replace(AGAIN, next_attempt_at=AHEAD)),
    (Kind.LAB, replace(PENDING, repeat=True, attempts=1), replace(AGAIN, attempts=2)),
    (Kind.LAB, replace(CLAIMED, repeat=True, attempts=1), replace(AGAIN, attempts=2)),
    (Kind.LAB, replace(SENDING, repeat=True, attempts=2), replace(AGAIN, attempts=2)),
    (
        Kind.LAB,
        replace(PENDING, repeat=True, attempts=MOST_REPEATS),
        replace(DOUBT, repeat=True, attempts=MOST_REPEATS),
    ),
    (Kind.LAB, replace(SENDING, repeat=True, attempts=NEVER_AGAIN), replace(DOUBT, repeat=True, attempts=NEVER_AGAIN)),
    (Kind.ROUND, PENDING, DOUBT),
    (Kind.LEAD, PENDING, DOUBT),
    (Kind.ROUND, CLAIMED, DOUBT),
    (Kind.ROUND, SENDING, replace(DOUBT, attempts=1)),
)
_ENDED = [each for each in Status if each not in (Status.PENDING, Status.CLAIMED, Status.SENDING)]
KEPT = (
    (Kind.LAB, replace(PENDING, next_attempt_at=AHEAD)),
    (Kind.ROUND, replace(PENDING, next_attempt_at=AHEAD)),
    *((kind, Has(status)) for kind in (Kind.LAB, Kind.ROUND) for status in _ENDED),
)


@pytest.fixture
async def source(sqlite_url: str) -> AsyncIterator[Store]:
    async with builders.open_store(sqlite_url) as store:
        await store.check_key()
        yield store


async def _plan(work: SqlWork, given: Sequence[tuple[Kind, Has]]) -> None:
    """Give a member these reminders, in the order of when they were due."""
    wanted = [
        replace(builders.occurrence(kind, due_at=NOW + timedelta(seconds=number)), number=number)
        for number, (kind, _) in enumerate(given, start=1)
    ]
    await builders.join(work, builders.member())
    await work.reminders.sync(ANNA, wanted, NOW)
    for one, (_, has) in zip(wanted, given, strict=True):
        table = tables.reminders
        values = asdict(has) | {"status": has.status.value, "claim_token": "t", "lease_until": AHEAD}
        await work.connection.execute(update(table).where(table.c.due_at == one.due_at).values(values))


async def _rows(store: Store) -> Sequence[Row[tuple[object, ...]]]:
    async with store.work() as work:
        found = await work.connection.execute(select(tables.reminders).order_by(tables.reminders.c.due_at))
        return found.all()


def _has(row: Row[tuple[object, ...]]) -> Has:
    return Has(Status(row.status), row.attempts, row.repeat, row.next_attempt_at)


async def _restored(source: Store, target: Store, path: Path, *given: tuple[Kind, Has]) -> tuple[int, int]:
    async with source.work() as work:
        await _plan(work, given)
        await work.commit()
    await save(source.engine, path, NOW)
    restored = await restore(target.engine, target.vault, path, LATER)
    return restored.repeated, restored.in_doubt


async def test_what_may_have_been_sent_since_is_as_after_a_crash(source: Store, target: Store, path: Path) -> None:
    figures = await _restored(source, target, path, *((kind, had) for kind, had, _ in CHANGED))
    found = await _rows(target)
    assert [_has(row) for row in found] == [then for _, _, then in CHANGED]
    in_doubt = [row.status == Status.IN_DOUBT.value for row in found]
    assert figures == (in_doubt.count(False), in_doubt.count(True))
    assert {(row.claim_token, row.lease_until, row.reason, row.told) for row in found} == {
        (None, None, "restored", False)
    }
    assert [row.finished_at for row in found] == [LATER if each else None for each in in_doubt]


async def test_what_was_not_due_or_had_ended_stays(source: Store, target: Store, path: Path) -> None:
    assert await _restored(source, target, path, *KEPT) == (0, 0)
    assert await _rows(target) == await _rows(source)


async def test_a_member_hears_of_what_is_in_doubt(source: Store, target: Store, path: Path) -> None:
    await _restored(source, target, path, (Kind.ROUND, PENDING), (Kind.LAB, PENDING))
    async with target.work() as work:
        (told,) = await work.reminders.to_tell(ANNA)
        assert (told.occurrence.kind, told.reason) == (Kind.ROUND, "restored")
        _, (again,) = await work.reminders.claim(LATER, 9, timedelta(minutes=5))
        assert (again.occurrence.kind, again.repeat) == (Kind.LAB, True)
