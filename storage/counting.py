"""What stands in the database, for the operator's monitoring."""

from datetime import datetime, timedelta

from sqlalchemy import CompoundSelect, and_, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.meter import Counts
from bot.reminders.reminder import QUIET
from storage import tables

_flags, _reminders = tables.flags, tables.reminders

_UNTOLD_FOR = timedelta(days=1)


async def count(connection: AsyncConnection, now: datetime) -> Counts:
    """See ``Counts``. Only partial indexes are read: what it costs does not grow with what has ended well."""
    number = func.count().label("number")
    waiting = _waiting(now).subquery()
    due = (
        await connection.execute(select(number, func.min(waiting.c.due_at).label("oldest")).select_from(waiting))
    ).one()
    untold = await connection.execute(
        select(_reminders.c.status, number)
        .where(tables.UNTOLD, _reminders.c.finished_at > now - _UNTOLD_FOR)
        .group_by(_reminders.c.status)
    )
    flags_open = await connection.execute(
        select(_flags.c.label, number).where(tables.OPEN_FLAGS).group_by(_flags.c.label)
    )
    return Counts(
        due=due.number,
        waiting_seconds=(now - due.oldest).total_seconds() if due.oldest else 0.0,
        untold={row.status: row.number for row in untold},
        flags_open={row.label: row.number for row in flags_open},
    )


def _waiting(now: datetime) -> CompoundSelect[tuple[datetime]]:
    """Reminders whose moment has come and that are of use still, by an index each: a try in vain hides none of them."""
    columns = _reminders.c
    ready = and_(tables.PENDING, columns.next_attempt_at <= now)
    put_off = and_(tables.PUT_OFF, columns.next_attempt_at > now, columns.reason.is_distinct_from(QUIET))
    still_due = and_(columns.due_at <= now, columns.expires_at > now)
    return union_all(*(select(columns.due_at).where(each, still_due) for each in (ready, put_off, tables.LEASED)))
