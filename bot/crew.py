"""The processes that share one database: each shows that it lives, and some things are done by one of them alone.

A process beats every few seconds. One that has not for ``LEASE`` counts as dead; one whose process id is gone from this
machine counts as dead at once, so that a restart after a crash waits for nothing.
"""

import asyncio
import os
import secrets
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Protocol

import structlog

from bot.chat.ports import Clock
from bot.errors import SettingsError, StorageError

LEASE = timedelta(seconds=20)
"""How long a process counts as alive after its last beat; the clocks of the machines may differ by half of it."""

BEAT = timedelta(seconds=5)
"""How long between two beats."""

_PROCESS = "process/"
_POLL = timedelta(milliseconds=500)

log = structlog.get_logger()


class Role(Enum):
    """What a process does."""

    ALL = "all"
    ADAPTER = "adapter"  # receives and answers, and looks after flags
    WORKER = "worker"  # sends reminders


@dataclass(frozen=True, slots=True)
class Lease:
    """A name that one process holds until a moment (aware UTC).

    ``holder`` is the process, eight hexadecimal digits; ``host`` and ``pid`` say where it runs.
    """

    name: str
    holder: str
    host: str
    pid: int
    until: datetime


class Leases(Protocol):
    """Names that are held by one process at a time, whatever happens to it."""

    async def take(self, lease: Lease, now: datetime) -> Lease | None:
        """Hold a name, or go on holding it; the lease that stands in the way where another holds it beyond ``now``."""
        ...

    async def drop(self, holder: str) -> None:
        """Give back every name that a process holds."""
        ...

    async def all(self) -> Sequence[Lease]:
        """Every lease, also those that have run out."""
        ...


class CrewWork(Protocol):
    """A unit of work over the leases."""

    @property
    def leases(self) -> Leases:
        """The leases."""
        ...

    async def commit(self) -> None:
        """Make what happened so far last."""
        ...


def this_host() -> str:
    """Where a process id means something: this machine since it was started, and the container; empty if not known.

    Names are no help: two machines may share one, and number their containers alike.
    """
    try:
        started = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        return ""
    return f"{started} {space}"


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


@dataclass(slots=True)
class Crew:
    """This process among those that share the database.

    ``alone`` are the names of what only one process at a time may do, as ``{name: what to tell the operator}``.
    ``role`` is what it tells the others of itself.
    """

    open_work: Callable[[], AbstractAsyncContextManager[CrewWork]]
    clock: Clock
    role: Role
    alone: dict[str, str] = field(default_factory=dict[str, str])
    id: str = field(default_factory=lambda: secrets.token_hex(4))
    host: str = field(default_factory=this_host)
    pid: int = field(default_factory=os.getpid)
    is_gone: Callable[[int], bool] = _is_gone
    _beaten_at: datetime | None = field(default=None, init=False)
    _lenient_until: datetime | None = field(default=None, init=False)

    async def join(self) -> None:
        """Take one's names; where a process holds one that may be dead, wait until that is known.

        Raises:
            SettingsError: another process that lives does what only one may do.
            StorageError: the database cannot be used.
        """
        # One whose lease has run out may be cut off from the database as we were, or be about to beat.
        self._lenient_until = self.clock.now() + 2 * BEAT
        seen: dict[str, datetime] = {}
        while (blocking := await self._first_beat()) is not None:
            if blocking.holder not in seen:
                log.info("waiting_for_lease", name=blocking.name)
            # Whoever beats again while we wait is alive.
            if blocking.until > seen.setdefault(blocking.holder, blocking.until):
                raise SettingsError(self.alone[blocking.name])
            await asyncio.sleep(_POLL.total_seconds())

    async def _first_beat(self) -> Lease | None:
        try:
            return await self._beat()
        except StorageError:
            # Of several that start together and clear up after the dead, the database may turn one away.
            await asyncio.sleep(_POLL.total_seconds())
            return await self._beat()

    async def run(self) -> None:
        """Beat until cancelled.

        Raises:
            SettingsError: another process has taken over what only one may do, since this one stood still too long.
        """
        while True:
            await asyncio.sleep(BEAT.total_seconds())
            try:
                blocking = await self._beat()
            except StorageError as error:
                # Without the database nobody can take over, and nothing can be claimed.
                log.warning("beat_failed", error=type(error).__name__)
                continue
            if blocking is not None:
                raise SettingsError(self.alone[blocking.name])

    async def leave(self) -> None:
        """Give back everything; what cannot be given back runs out."""
        try:
            async with self.open_work() as work:
                await work.leases.drop(self.id)
                await work.commit()
        except StorageError as error:
            log.warning("leases_not_given_back", error=type(error).__name__)

    async def alive(self, work: CrewWork) -> Collection[str]:
        """The ids of the processes that live, this one included, as one unit of work sees them."""
        return {self.id, *(each.holder for each in await self._living(work))}

    async def working(self, *roles: Role) -> tuple[str, ...]:
        """The ids of the processes of these roles that live, in an order that all of them see alike.

        Raises:
            StorageError: the database cannot be used.
        """
        async with self.open_work() as work:
            living = await self._living(work)
        begins = tuple(f"{_PROCESS}{role.value}/" for role in roles)
        return tuple(sorted(each.holder for each in living if each.name.startswith(begins)))

    async def _living(self, work: CrewWork) -> Sequence[Lease]:
        now = self.clock.now()
        return [each for each in await work.leases.all() if not self._is_dead(each, now)]

    def _is_dead(self, lease: Lease, now: datetime) -> bool:
        if lease.holder == self.id:
            return False
        # A process of the same id on this machine that is not this one cannot be running beside it.
        here = bool(self.host) and lease.host == self.host
        if here and (self.is_gone(lease.pid) or lease.pid == self.pid):
            return True
        return lease.until > now + 2 * LEASE or (lease.until <= now and not self._is_lenient(now))

    def _is_lenient(self, now: datetime) -> bool:
        """Whether too little is known to take a lease that has run out for a sign of death.

        While the database is away nobody's lease is renewed, so after that everybody gets the time to do so.
        """
        behind = self._beaten_at is not None and now - self._beaten_at >= LEASE
        return behind or (self._lenient_until is not None and now < self._lenient_until)

    async def _beat(self) -> Lease | None:
        """Take or renew every name; the first that another holds who is not known to be dead."""
        now = self.clock.now()
        async with self.open_work() as work:
            living: dict[str, Lease] = {}
            for lease in await work.leases.all():
                if self._is_dead(lease, now):
                    await work.leases.drop(lease.holder)
                elif lease.holder != self.id:
                    living[lease.name] = lease
            for name in (*self.alone, f"{_PROCESS}{self.role.value}/{self.id}"):
                blocking = living.get(name) or await work.leases.take(self._lease(name, now), now)
                if blocking is not None:
                    return blocking
            await work.commit()
        if self._beaten_at is not None and now - self._beaten_at >= LEASE:
            self._lenient_until = now + LEASE
        self._beaten_at = now
        return None

    def _lease(self, name: str, now: datetime) -> Lease:
        return Lease(name, self.id, self.host, self.pid, now + LEASE)
