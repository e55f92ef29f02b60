"""Leases and holds on SQL. The contracts are in ``bot.crew`` and ``bot.reminders.ports``."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.crew import Lease
from bot.reminders.ports import CLOCKS_DIFFER, MOST_HOLD
from storage import tables
from storage.finding import upsert

_leases, _holds = tables.leases, tables.holds


@dataclass(frozen=True, slots=True)
class SqlLeases:
    """Fulfils ``Leases``."""

    connection: AsyncConnection

    async def take(self, lease: Lease, now: datetime) -> Lease | None:
        """See the port. One statement decides: of two at once, the second sees what the first did or waits for it."""
        row = upsert(self.connection, _leases).values(asdict(lease))
        taken = await self.connection.execute(
            row.on_conflict_do_update(
                index_elements=[_leases.c.name],
                set_={name: row.excluded[name] for name in ("holder", "host", "pid", "until")},
                where=or_(_leases.c.until <= now, _leases.c.holder == row.excluded.holder),
            ).returning(_leases.c.name)
        )
        if taken.one_or_none():
            return None
        # It cannot be gone by now: PostgreSQL holds a row in conflict also where it was left alone.
        found = await self.connection.execute(select(_leases).where(_leases.c.name == lease.name))
        return _lease(found.one())

    async def drop(self, holder: str) -> None:
        """See the port."""
        await self.connection.execute(delete(_leases).where(_leases.c.holder == holder))

    async def all(self) -> Sequence[Lease]:
        """See the port."""
        found = await self.connection.execute(select(_leases).order_by(_leases.c.name))
        return tuple(_lease(row) for row in found)


@dataclass(frozen=True, slots=True)
class SqlHolds:
    """Fulfils ``Holds``."""

    connection: AsyncConnection

    async def hold(self, platform: str, until: datetime, now: datetime) -> None:
        """See the port."""
        row = upsert(self.connection, _holds).values(platform=platform, until=until, made_at=now)
        by_wrong_clock = or_(_holds.c.made_at > now + CLOCKS_DIFFER, _holds.c.until > now + MOST_HOLD)
        await self.connection.execute(
            row.on_conflict_do_update(
                index_elements=[_holds.c.platform],
                set_={"until": row.excluded.until, "made_at": row.excluded.made_at},
                where=or_(_holds.c.until < row.excluded.until, by_wrong_clock),
            )
        )

    async def until(self, now: datetime) -> Mapping[str, datetime]:
        """See the port."""
        by_right_clock = and_(_holds.c.made_at <= now + CLOCKS_DIFFER, _holds.c.until <= now + MOST_HOLD)
        found = await self.connection.execute(select(_holds).where(_holds.c.until > now, by_right_clock))
        return {row.platform: row.until for row in found}


def _lease(row: Row[Any]) -> Lease:
    return Lease(row.name, row.holder, row.host, row.pid, row.until)
