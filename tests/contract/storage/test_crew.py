"""The processes that share one database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.crew import BEAT, LEASE, Crew, CrewWork, Lease, Role, this_host
from bot.errors import SettingsError, StorageError
from builders import NOW, SettableClock
from storage.store import Store

RECEIVES = {"telegram": "Another process receives Telegram's messages."}


@pytest.fixture
def town(store: Store) -> "Town":
    return Town(store)


@asynccontextmanager
async def no_database() -> AsyncIterator[CrewWork]:
    raise StorageError("gone")
    yield


@dataclass
class Town:
    """A database and the processes around it; ``gone`` are process ids that no longer run on this machine."""

    store: Store
    clock: SettableClock = field(default_factory=SettableClock)
    gone: set[int] = field(default_factory=set)

    def process(self, name: str, role: Role = Role.WORKER, *, host: str = "here", pid: int = 0) -> Crew:
        alone = {} if role is Role.WORKER else RECEIVES
        pid = pid or int(name, 16) % 30_000 + 2
        return Crew(self.store.work, self.clock, role, alone, name, host, pid, is_gone=lambda one: one in self.gone)

    async def alive(self, crew: Crew) -> set[str]:
        async with self.store.work() as work:
            return set(await crew.alive(work))

    async def passes(self, time: timedelta, *beating: Crew) -> None:
        """Time goes by, in which some processes beat."""
        end = self.clock.at + time
        while self.clock.at < end:
            self.clock.at = min(self.clock.at + BEAT, end)
            for each in beating:
                await each._beat()  # noqa: SLF001 - without the pauses

    async def names(self) -> list[str]:
        async with self.store.work() as work:
            return [each.name for each in await work.leases.all()]


async def test_a_process_counts_itself_and_those_that_beat(town: Town) -> None:
    one, other = town.process("aaaaaaaa"), town.process("bbbbbbbb", Role.ALL)
    await one.join()
    await other.join()
    assert await town.alive(one) == {"aaaaaaaa", "bbbbbbbb"}
    assert await one.working(Role.WORKER) == ("aaaaaaaa",)
    assert await one.working(Role.WORKER, Role.ALL) == ("aaaaaaaa", "bbbbbbbb")


async def test_one_that_no_longer_beats_is_dead_once_its_lease_has_run_out(town: Town) -> None:
    one, other = town.process("aaaaaaaa"), town.process("bbbbbbbb", host="elsewhere")
    await one.join()
    await other.join()
    await town.passes(LEASE - timedelta(seconds=1), one)
    assert "bbbbbbbb" in await town.alive(one)
    await town.passes(timedelta(seconds=1), one)
    assert await town.alive(one) == {"aaaaaaaa"}, "one's own pulse is no question"


async def test_after_the_database_was_away_everybody_gets_the_time_to_beat(town: Town) -> None:
    one, other, dead = (
        town.process(name, host=host) for name, host in (("aaaaaaaa", "a"), ("bbbbbbbb", "b"), ("cccccccc", "c"))
    )
    for each in (one, other, dead):
        await each.join()
    town.clock.at += 5 * LEASE
    assert len(await town.alive(one)) == 3, "it has not beaten itself"
    await one._beat()  # noqa: SLF001 - without the pauses
    assert len(await town.alive(one)) == 3
    await town.passes(LEASE, one, other)
    assert await town.alive(one) == {"aaaaaaaa", "bbbbbbbb"}


async def test_where_the_machine_is_not_known_no_process_id_tells_anything(town: Town) -> None:
    one, other = town.process("aaaaaaaa", host=""), town.process("bbbbbbbb", host="")
    await one.join()
    await other.join()
    town.gone.add(other.pid)
    assert await town.alive(one) == {"aaaaaaaa", "bbbbbbbb"}


async def test_one_whose_process_id_is_gone_here_is_dead_at_once(town: Town) -> None:
    one, here, elsewhere = town.process("aaaaaaaa"), town.process("bbbbbbbb"), town.process("cccccccc", host="far")
    for each in (one, here, elsewhere):
        await each.join()
    town.gone |= {here.pid, elsewhere.pid}
    assert await town.alive(one) == {"aaaaaaaa", "cccccccc"}


async def test_a_lease_that_a_wrong_clock_gave_is_no_sign_of_life(town: Town) -> None:
    one, other = town.process("aaaaaaaa"), town.process("bbbbbbbb", host="elsewhere")
    await one.join()
    town.clock.at += timedelta(days=1)
    await other.join()
    town.clock.at = NOW
    assert await town.alive(one) == {"aaaaaaaa"}


async def test_two_may_not_receive_the_same_platform(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = town.process("aaaaaaaa", Role.ALL), town.process("bbbbbbbb", Role.ADAPTER, host="elsewhere")
    await first.join()

    async def first_beats(_seconds: float) -> None:
        town.clock.at += BEAT
        await first.join()

    monkeypatch.setattr(asyncio, "sleep", first_beats)
    with pytest.raises(SettingsError, match="Another process receives Telegram's"):
        await second.join()
    assert await first.working(Role.ALL, Role.ADAPTER) == ("aaaaaaaa",)


async def test_after_a_crash_elsewhere_a_process_waits_until_the_lease_has_run_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.process("aaaaaaaa", Role.ALL, host="elsewhere").join()

    async def time_passes(seconds: float) -> None:
        town.clock.at += timedelta(seconds=seconds)

    monkeypatch.setattr(asyncio, "sleep", time_passes)
    second = town.process("bbbbbbbb", Role.ALL)
    await second.join()
    assert town.clock.at == NOW + LEASE
    assert await town.alive(second) == {"bbbbbbbb"}


@pytest.mark.parametrize("same_pid", [False, True], ids=["another process id", "the same process id, in a container"])
async def test_after_a_crash_here_a_process_begins_at_once(town: Town, same_pid: bool) -> None:
    crashed = town.process("aaaaaaaa", Role.ALL, pid=1)
    await crashed.join()
    if not same_pid:
        town.gone.add(1)
    second = town.process("bbbbbbbb", Role.ALL, pid=1 if same_pid else 2)
    await second.join()
    assert town.clock.at == NOW
    assert await town.names() == ["process/all/bbbbbbbb", "telegram"]


async def test_one_that_stood_still_and_was_replaced_is_told_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = town.process("aaaaaaaa", Role.ALL), town.process("bbbbbbbb", Role.ALL, host="elsewhere")
    await first.join()
    town.clock.at += LEASE

    async def time_passes(seconds: float) -> None:
        town.clock.at += timedelta(seconds=seconds)

    monkeypatch.setattr(asyncio, "sleep", time_passes)
    await second.join()
    assert town.clock.at == NOW + LEASE + 2 * BEAT, "the first one might have beaten"
    with pytest.raises(SettingsError, match="Another process"):
        await first.run()


async def test_who_leaves_gives_back_all_names(town: Town) -> None:
    first = town.process("aaaaaaaa", Role.ALL)
    await first.join()
    await first.leave()
    assert await town.names() == []
    await town.process("bbbbbbbb", Role.ALL, host="elsewhere").join()
    assert town.clock.at == NOW


async def test_of_two_that_begin_at_once_one_is_let_in(town: Town) -> None:
    names = [f"{number:08x}" for number in range(1, 6)]
    beats = [town.process(name, Role.ALL, host=name)._beat() for name in names]  # noqa: SLF001 - one try each
    stood_in_the_way = await asyncio.gather(*beats)
    assert stood_in_the_way.count(None) == 1


async def test_a_lost_connection_ends_no_beating(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    first = town.process("aaaaaaaa", Role.ALL)
    await first.join()
    pauses: list[float] = []

    async def three_times(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", three_times)
    first.open_work = no_database
    with pytest.raises(asyncio.CancelledError):
        await first.run()
    assert pauses == [BEAT.total_seconds()] * 3


def test_the_host_names_the_machine_and_the_container() -> None:
    assert this_host() == this_host()
    assert Lease("telegram", "aaaaaaaa", this_host(), 1, NOW).host
