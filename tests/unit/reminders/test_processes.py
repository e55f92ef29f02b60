"""Several processes, restarts, and what a platform asked for: what outlives the one that heard of it."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

import builders
from bot.care.course import Course
from bot.care.labs import Schedule
from bot.care.rounds import Round
from bot.chat.people import Person, Reader
from bot.chat.replies import Reply
from bot.errors import RateLimited, Refused, StorageError, Unknown, Unreachable
from bot.reminders import sweep, taking
from bot.reminders.delivery import CALL_WITHIN, LEASE
from bot.reminders.holding import REFUSED_PAUSE
from bot.reminders.reminder import Kind, Reminder, Status
from bot.reminders.sweep import IN_FLIGHT, Sweep
from builders import BEN
from storage import tables
from storage.store import SqlWork
from unit.reminders.rig import RecordingMessenger, Rig

LAB_AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Process:
    """Fulfils ``Crewing``: one of those that live."""

    id: str
    living: set[str]

    async def alive(self, _work: object) -> Collection[str]:
        return set(self.living)


@dataclass(slots=True)
class Counting:
    """Fulfils ``Meter``."""

    sends: list[tuple[str, timedelta]] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)

    def sent(self, platform: str, lateness: timedelta) -> None:
        self.sends.append((platform, lateness))

    def failed(self, platform: str, error: str) -> None:
        self.failures.append((platform, error))

    def reviewed(self, took: timedelta) -> None:
        raise NotImplementedError


def _sweep(rig: Rig, **chosen: object) -> Sweep:
    return Sweep(rig.store.work, rig.sweep.messengers, rig.clock, record_pauses=(0,), **chosen)


@pytest.mark.parametrize(
    ("failure", "pause"),
    [(RateLimited("slow down", 10 * MINUTE), 10 * MINUTE), (Refused("unauthorized"), REFUSED_PAUSE)],
    ids=["429", "refused"],
)
async def test_a_platform_that_is_to_be_left_alone_is_so_by_every_process(
    rig: Rig, failure: Exception, pause: timedelta
) -> None:
    await rig.join()
    await rig.join(builders.member(BEN), name="ben")
    rig.clock.at = LAB_AT
    rig.messenger.fails = [failure] * IN_FLIGHT
    await rig.sweep.run()
    tried = rig.messenger.tried
    rig.messenger.fails.clear()
    await rig.change(builders.member(hour=LAB_AT.time().replace(minute=1)))
    rig.clock.at += pause - SECOND
    await _sweep(rig).run()
    assert rig.messenger.tried == tried
    assert {(await rig.row(Kind.LAB)).attempts} == {0}
    rig.clock.at += SECOND
    await _sweep(rig).run()
    assert len(rig.messenger.sent) == 2


async def test_a_hold_that_was_made_while_the_clock_was_ahead_ends_when_it_is_put_right(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT + 3 * HOUR
    rig.messenger.fails = [RateLimited("slow down", MINUTE)]
    await rig.sweep.run()
    assert rig.messenger.sent == []
    rig.clock.at = LAB_AT + MINUTE
    async with rig.store.work() as work:
        table = tables.reminders
        await work.connection.execute(update(table).values(next_attempt_at=LAB_AT))
        await work.commit()
    await rig.sweep.run()
    assert len(rig.messenger.sent) == 1


async def test_a_hold_that_a_wrong_clock_made_is_not_kept(rig: Rig) -> None:
    await rig.join()
    async with rig.store.work() as work:
        await work.holds.hold(builders.PLATFORM, LAB_AT + timedelta(days=300), LAB_AT)
        await work.commit()
    rig.clock.at = LAB_AT
    await rig.sweep.run()
    assert len(rig.messenger.sent) == 1


async def test_a_withdrawn_token_is_told_to_the_operator_once_an_hour(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    rig.messenger.fails = [Refused("unauthorized")] * 50
    with capture_logs() as logs:
        while rig.clock.at < LAB_AT + 2 * HOUR:
            await rig.sweep.run()
            rig.clock.at += REFUSED_PAUSE
    assert [each["log_level"] for each in logs if each["event"] == "platform_refuses"] == ["error", "error"]
    assert (await rig.row(Kind.LAB)).status is Status.PENDING


async def test_what_a_dead_process_held_is_taken_back_at_once_and_what_a_living_one_holds_is_not(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    living = {"11111111", "22222222"}
    calling = asyncio.Event()

    async def hang() -> None:
        calling.set()
        await asyncio.Event().wait()

    rig.messenger.meanwhile = hang
    crashing = asyncio.create_task(_sweep(rig, crew=Process("11111111", living)).run())
    await calling.wait()
    crashing.cancel()
    await asyncio.wait({crashing})
    rig.messenger.meanwhile = None
    other = _sweep(rig, crew=Process("22222222", living))
    await other.run()
    assert rig.messenger.sent == []
    living.remove("11111111")
    await other.run()
    assert [sent.keys[0] for sent in rig.messenger.sent] == ["reminder.repeat"]


async def test_what_is_under_way_is_not_taken_back_when_the_clock_jumps_ahead(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "_RECOVER_SECONDS", 0)
    monkeypatch.setattr(sweep, "_LOOK_SECONDS", 0.01)
    await rig.join()
    rig.clock.at = LAB_AT
    asked = asyncio.Semaphore(0)

    @dataclass(frozen=True, slots=True)
    class Asked(Process):
        async def alive(self, _work: object) -> Collection[str]:
            asked.release()
            return set(self.living)

    async def jump() -> None:
        rig.clock.at += LEASE + MINUTE
        for _again in range(4):
            await asked.acquire()

    rig.messenger.meanwhile = jump
    await _sweep(rig, crew=Asked("11111111", {"11111111"})).run()
    assert rig.messenger.tried == 1
    assert (await rig.row(Kind.LAB)).status is Status.SENT


async def test_a_process_that_joins_while_the_dead_are_looked_for_is_not_taken_for_one_of_them(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT

    @dataclass(frozen=True, slots=True)
    class Overtaken(Process):
        async def alive(self, work: SqlWork) -> Collection[str]:
            # PostgreSQL shows a unit of work what others committed meanwhile.
            await work.reminders.claim(LAB_AT, 20, LEASE, "22222222")
            return set(self.living)

    await _sweep(rig, crew=Overtaken("11111111", {"11111111"})).run()
    assert (await rig.row(Kind.LAB)).status is Status.CLAIMED


async def test_an_outcome_whose_claim_was_taken_back_says_so(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT

    async def take_back() -> None:
        async with rig.store.work() as work:
            assert await work.reminders.recover(LAB_AT, LEASE, {"11111111"}) == 1
            await work.commit()
        rig.messenger.meanwhile = None

    rig.messenger.meanwhile = take_back
    with capture_logs() as logs:
        await _sweep(rig, crew=Process("11111111", {"11111111"})).run()
    lost = [each for each in logs if each["event"] == "claim_was_lost"]
    assert [(each["outcome"], each["reminders"]) for each in lost] == [("sent", 1)]


async def test_what_was_sent_and_could_not_be_recorded_is_recorded_later_and_not_sent_again(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    gone = False

    @asynccontextmanager
    async def work_while_it_is_there() -> AsyncIterator[SqlWork]:
        if gone:
            raise StorageError("gone")
        async with rig.store.work() as work:
            yield work

    async def fail() -> None:
        nonlocal gone
        gone = True

    rig.messenger.meanwhile = fail
    sweep = Sweep(
        work_while_it_is_there, rig.sweep.messengers, rig.clock, record_pauses=(0,), crew=Process("1" * 8, {"1" * 8})
    )
    for _ in range(2):
        with pytest.raises(StorageError):
            await sweep.run()
    gone, rig.messenger.meanwhile = False, None
    await sweep.run()
    assert len(rig.messenger.sent) == 1
    row = await rig.row(Kind.LAB)
    assert (row.status, row.repeat) == (Status.SENT, False)


async def test_a_process_that_stood_still_before_its_call_does_not_make_it(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    still = [CALL_WITHIN + SECOND]

    @asynccontextmanager
    async def work_that_ends_late() -> AsyncIterator[SqlWork]:
        async with rig.store.work() as work:
            yield work
        if still and (await rig.row(Kind.LAB)).status is Status.SENDING:
            rig.clock.at += still.pop()

    sweep = Sweep(work_that_ends_late, rig.sweep.messengers, rig.clock)
    await sweep.run()
    assert rig.messenger.tried == 0
    rig.clock.at += SECOND
    await sweep.run()
    assert (rig.messenger.tried, (await rig.row(Kind.LAB)).attempts) == (1, 1)


async def test_one_that_cannot_be_worded_waits_and_holds_up_none_beside_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rig.join(has=builders.course(Round(1, date(2026, 1, 12), 5), Round(2, date(2026, 4, 11), 3)))
    rig.clock.at = LAB_AT
    worded = taking.message

    def stumble(reminders: Sequence[Reminder], schedule: Schedule, course: Course, *, late: int) -> Reply:
        if any(each.occurrence.kind is Kind.LAB for each in reminders):
            raise KeyError("a word that is missing")
        return worded(reminders, schedule, course, late=late)

    monkeypatch.setattr(taking, "message", stumble)
    await rig.sweep.run()
    assert [sent.keys for sent in rig.messenger.sent] == [["reminder.round"]]
    assert (await rig.row(Kind.LAB)).status is Status.PENDING


async def test_the_meter_hears_of_each_send_and_of_each_failure_by_its_class(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    meter = Counting()
    sweep = _sweep(rig, meter=meter)
    rig.messenger.fails = [Unreachable("http_502"), KeyError("a bug"), Unknown("timeout")]
    for _ in range(4):
        await sweep.run()
        rig.clock.at += 20 * MINUTE
    assert meter.failures == [(builders.PLATFORM, name) for name in ("Unreachable", "Unknown", "Unknown")]
    assert meter.sends == [(builders.PLATFORM, 60 * MINUTE)]


@dataclass(slots=True)
class HangingForAnna(RecordingMessenger):
    """Answers Anna only once it is let to, and notes when Ben's message of a moment has arrived."""

    answered: asyncio.Event = field(default_factory=asyncio.Event)
    bens: asyncio.Queue[datetime] = field(default_factory=asyncio.Queue)

    async def send(self, person: Person, _reply: Reply, _reader: Reader, *, once: str) -> str:
        assert once not in self.names
        self.names.append(person.id)
        if person.id == "id-of-anna":
            await self.answered.wait()
        else:
            self.bens.put_nowait(self.clock.now())
        return "1"


async def test_a_member_whose_call_hangs_delays_nobody_and_gets_no_second_message_meanwhile(rig: Rig) -> None:
    await rig.join()
    await rig.join(builders.member(BEN), name="ben")
    rig.clock.at = LAB_AT
    messenger = HangingForAnna(rig.clock)
    sweep = Sweep(rig.store.work, {builders.PLATFORM: messenger}, rig.clock)
    running = asyncio.create_task(sweep.run())
    assert await messenger.bens.get() == LAB_AT
    # While the first call hangs, the next reminder of both falls due; Anna's is not sent beside the one that hangs.
    rig.clock.at = LAB_AT + timedelta(days=2)
    assert await messenger.bens.get() == rig.clock.at
    messenger.answered.set()
    await running
    assert messenger.names.count("id-of-anna") == 1
    assert sweep.swept_at == rig.clock.at
    assert (await rig.row(Kind.LAB_AGAIN)).status is Status.PENDING


async def test_the_upkeep_goes_through_the_members_page_by_page(rig: Rig) -> None:
    numbers = range(5)
    for number in numbers:
        await rig.join(builders.member(f"{number:032}"), name=f"member-{number}")
    pages: list[str] = []

    @asynccontextmanager
    async def work_in_small_pages() -> AsyncIterator[object]:
        async with rig.store.work() as work:
            yield _SmallPages(work, pages)

    async with rig.store.work() as work:
        await work.connection.execute(tables.reminders.delete())
        await work.commit()
    await Sweep(work_in_small_pages, rig.sweep.messengers, rig.clock).upkeep()
    assert len(pages) == 4, "two pages of two, one of one, and the empty one"
    assert all([await rig.rows(f"{number:032}") for number in numbers])


@dataclass(frozen=True, slots=True)
class _SmallPages:
    """A unit of work whose pages of ids hold two members."""

    work: SqlWork
    pages: list[str]

    def __getattr__(self, name: str) -> object:
        return getattr(self.work, name)

    @property
    def members(self) -> "_SmallPages":
        return self

    async def get(self, member_id: str) -> object:
        return await self.work.members.get(member_id)

    async def ids(self, after: str = "") -> tuple[str, ...]:
        self.pages.append(after)
        return await self.work.members.ids(after, 2)
