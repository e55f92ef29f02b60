import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

import builders
from bot.care.rounds import Round
from bot.errors import Blocked, RateLimited, StorageError, Unknown, Unreachable
from bot.members.member import Reach, Topic, Wording
from bot.reminders.delivery import LEASE, MOST_TRIES, NOT_RUN_PAUSE, PROBE_AFTER, SHORTEST_PAUSE
from bot.reminders.reminder import MOST_REPEATS, Kind, Status
from bot.reminders.sweep import IN_FLIGHT, Sweep
from bot.reminders.watch import Watch
from builders import ANNA, BEN, NOW
from storage import tables
from storage.store import SqlWork
from unit.reminders.rig import RecordingMessenger, Rig

LEAD_AT = datetime(2026, 3, 9, 9, tzinfo=UTC)
LAB_AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FINISHED = tuple(status for status in Status if status is not Status.PENDING)


async def test_what_is_due_is_sent_once_and_nothing_before(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT - MINUTE
    assert await rig.sweep.run() == 0
    rig.clock.at = LAB_AT
    assert [await rig.sweep.run(), await rig.sweep.run()] == [1, 0]
    (sent,) = rig.messenger.sent
    assert (sent.person.id, sent.keys) == ("id-of-anna", ["reminder.lab", "reminder.panels"])
    assert (sent.reader.locale, sent.reader.zone, sent.reply.private) == ("en-GB", "Europe/London", True)
    assert len(sent.once) <= 25
    assert await rig.states(*FINISHED) == [(Kind.LAB, Status.SENT)]


async def test_several_for_one_member_come_in_one_message(rig: Rig) -> None:
    await rig.join(has=builders.course(Round(1, date(2026, 1, 12), 5), Round(2, date(2026, 4, 11), 3)))
    rig.clock.at = LAB_AT
    assert await rig.sweep.run() == 2
    (sent,) = rig.messenger.sent
    assert set(sent.keys) == {"reminder.lab", "reminder.panels", "reminder.round"}
    assert set(await rig.states(*FINISHED)) == {(Kind.LAB, Status.SENT), (Kind.ROUND, Status.SENT)}


async def test_every_member_gets_their_own(rig: Rig) -> None:
    names = [f"member-{number}" for number in range(24)]
    for number, name in enumerate(names):
        await rig.join(builders.member(f"{number:032}"), name=name)
    rig.clock.at = LAB_AT
    assert await rig.sweep.run() == 24
    assert {sent.person.id for sent in rig.messenger.sent} == {f"id-of-{name}" for name in names}
    assert len(rig.messenger.sent) == 24


@pytest.mark.parametrize(
    ("platform_discreet", "chosen", "discreet"),
    [
        (False, None, False),
        (True, None, True),
        (True, Wording.PLAIN, False),
        (True, Wording.DISCREET, True),
        (False, Wording.DISCREET, True),
    ],
)
async def test_wording_is_the_members_choice_else_the_platforms(
    rig: Rig, chosen: Wording | None, *, platform_discreet: bool, discreet: bool
) -> None:
    rig.messenger.capabilities = builders.capabilities(discreet_unasked=platform_discreet)
    await rig.join(builders.member(wording=chosen))
    rig.clock.at = LAB_AT
    await rig.sweep.run()
    assert rig.messenger.sent[0].reader.discreet is discreet


async def test_who_blocked_the_bot_is_not_tried_again_until_they_come_back(rig: Rig) -> None:
    await rig.join()
    rig.messenger.fails = [Blocked("blocked by user")]
    for at in (LAB_AT, LAB_AT + 2 * DAY, LAB_AT + 5 * DAY):
        rig.clock.at = at
        await rig.sweep.run()
    assert rig.messenger.tried == 1
    assert await rig.states(*FINISHED) == [
        (Kind.LAB, Status.UNDELIVERABLE),
        (Kind.LAB_AGAIN, Status.UNDELIVERABLE),
        (Kind.LAB_AGAIN, Status.UNDELIVERABLE),
    ]
    async with rig.store.work() as work:
        (account,) = await work.members.accounts(ANNA)
    assert (account.reach, account.reason) == (Reach.BLOCKED, "blocked by user")


async def test_without_a_messenger_for_the_platform_it_waits_and_is_missed_in_the_end(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    not_run = Sweep(rig.store.work, {}, rig.clock)
    await not_run.run()
    assert await rig.states(*FINISHED) == []
    rig.clock.at += NOT_RUN_PAUSE
    await rig.sweep.run()
    assert await rig.states(*FINISHED) == [(Kind.LAB, Status.SENT)]


async def test_a_platform_that_is_never_run_again_ends_its_reminders_as_missed(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT + timedelta(days=3)
    await Sweep(rig.store.work, {}, rig.clock).run()
    assert (Kind.LAB, Status.MISSED) in await rig.states(*FINISHED)


async def test_a_platform_that_asks_to_wait_is_left_alone_and_no_attempt_is_counted(rig: Rig) -> None:
    await rig.join()
    await rig.join(builders.member(BEN), name="ben")
    rig.clock.at = LAB_AT
    rig.messenger.fails = [RateLimited("slow down", 10 * MINUTE)] * 4
    await rig.sweep.run()
    tried = rig.messenger.tried
    rig.messenger.fails.clear()
    rig.clock.at += 9 * MINUTE
    await rig.sweep.run()
    assert rig.messenger.tried == tried
    assert (await rig.row(Kind.LAB)).attempts == 0
    rig.clock.at += MINUTE
    await rig.sweep.run()
    assert len(rig.messenger.sent) == 2


async def test_a_platform_that_asks_to_wait_no_time_at_all_is_not_called_in_a_tight_loop(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    rig.messenger.fails = [RateLimited("slow down", timedelta(0))] * 50
    await rig.sweep.run()
    assert rig.messenger.tried == 1


async def test_an_outage_costs_no_reminder_until_it_expires(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    rig.messenger.fails = [Unreachable("down")] * 500
    pauses: list[timedelta] = []
    while (lab := await rig.row(Kind.LAB)).status is Status.PENDING and rig.clock.at < LAB_AT + 3 * HOUR:
        await rig.sweep.run()
        async with rig.store.work() as work:
            due = await work.reminders.next_due()
        pauses.append(due - rig.clock.at)
        rig.clock.at = due
    assert lab.status is Status.PENDING
    for pause, minutes in zip(pauses, (1, 2, 4, 8, *[15] * len(pauses)), strict=False):
        assert 0.8 * minutes * MINUTE <= pause <= 1.2 * minutes * MINUTE
    rig.messenger.fails.clear()
    await rig.sweep.run()
    assert [sent.keys[:2] for sent in rig.messenger.sent] == [["reminder.late", "reminder.lab"]]


async def test_an_outage_that_outlasts_a_reminder_has_it_missed(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    rig.messenger.fails = [Unreachable("down")] * 5
    await rig.sweep.run()
    rig.clock.at = (await rig.row(Kind.LAB)).occurrence.expires_at
    await rig.sweep.run()
    assert (await rig.row(Kind.LAB)).status is Status.MISSED


async def test_a_young_reminder_is_not_given_up_with_an_old_one(rig: Rig) -> None:
    await rig.join()
    async with rig.store.work() as work:
        table = tables.reminders
        await work.connection.execute(update(table).where(table.c.due_at == LAB_AT).values(attempts=MOST_TRIES - 1))
        await work.commit()
    rig.clock.at = LAB_AT + 2 * DAY
    rig.messenger.fails = [Unreachable("down")]
    await rig.sweep.run()
    young = await rig.row(Kind.LAB_AGAIN)
    assert (await rig.row(Kind.LAB)).status is Status.DEAD
    assert (young.status, young.attempts) == (Status.PENDING, 1)


@pytest.mark.parametrize("failure", [Unknown("timeout"), KeyError("an adapter that broke")], ids=["unknown", "a bug"])
async def test_what_may_have_arrived_is_repeated_once_and_says_so(rig: Rig, failure: Exception) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    rig.messenger.fails = [failure]
    await rig.sweep.run()
    assert (await rig.row(Kind.LAB)).repeat
    rig.clock.at += 2 * MINUTE
    await rig.sweep.run()
    assert rig.messenger.sent[0].keys == ["reminder.repeat", "reminder.lab", "reminder.panels"]
    assert (await rig.row(Kind.LAB)).status is Status.SENT


async def test_a_repeat_is_bounded_and_keeps_the_name_of_the_first_try(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    rig.messenger.fails = [Unknown("timeout"), *[Unreachable("down")] * 2, *[Unknown("timeout")] * MOST_REPEATS]
    for tries in range(1 + 2 + MOST_REPEATS):
        assert (await rig.row(Kind.LAB)).status is Status.PENDING, tries
        await rig.sweep.run()
        rig.clock.at += 20 * MINUTE
    assert (await rig.row(Kind.LAB)).status is Status.IN_DOUBT
    assert len(set(rig.messenger.names)) == 1
    assert rig.messenger.tried == 1 + 2 + MOST_REPEATS


async def test_a_repeat_goes_alone(rig: Rig) -> None:
    await rig.join(has=builders.course(Round(1, date(2026, 1, 12), 5), Round(2, date(2026, 3, 13), 3)))
    rig.clock.at = LAB_AT
    rig.messenger.fails = [Unknown("timeout")]
    await rig.sweep.run()
    rig.clock.at = LAB_AT.replace(hour=18)
    await rig.sweep.run()
    assert len(rig.messenger.sent) == 1, "a chat takes one message a second"
    rig.clock.at += SHORTEST_PAUSE
    await rig.sweep.run()
    first, second = [sent.keys for sent in rig.messenger.sent]
    assert "reminder.repeat" in first
    assert second == ["reminder.evening_first"]


async def test_what_is_not_repeated_is_in_doubt_at_once(rig: Rig) -> None:
    await rig.join(has=builders.course(checks=(date(2026, 3, 10),)))
    rig.clock.at = datetime(2026, 4, 9, 8, tzinfo=UTC)
    rig.messenger.fails = [Unknown("timeout")]
    await rig.sweep.run()
    assert await rig.states(Status.IN_DOUBT) == [(Kind.LEAD, Status.IN_DOUBT)]


async def test_what_is_of_no_more_use_is_missed_and_not_sent(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT + 30 * DAY
    await rig.sweep.run()
    missed = await rig.states(Status.MISSED)
    assert missed == [(Kind.LAB, Status.MISSED), *[(Kind.LAB_AGAIN, Status.MISSED)] * 2]
    assert [sent.keys[1] for sent in rig.messenger.sent] == ["reminder.lead"]


@pytest.mark.parametrize(("delay", "late"), [(timedelta(0), False), (HOUR, False), (HOUR + MINUTE, True)])
async def test_a_late_one_says_so(rig: Rig, delay: timedelta, *, late: bool) -> None:
    await rig.join()
    rig.clock.at = LAB_AT + delay
    await rig.sweep.run()
    assert ("reminder.late" in rig.messenger.sent[0].keys) is late


async def test_a_late_one_waits_for_the_end_of_quiet_hours(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT.replace(hour=23)
    await rig.sweep.run()
    assert rig.messenger.tried == 0
    rig.clock.at = LAB_AT.replace(hour=8) + DAY
    await rig.sweep.run()
    assert rig.messenger.sent[0].keys == ["reminder.late", "reminder.lab_again", "reminder.panels"]


async def test_a_late_one_that_would_expire_in_quiet_hours_is_sent_now(rig: Rig) -> None:
    await rig.join(builders.member(quiet=(time(21), time(12))))
    rig.clock.at = LAB_AT.replace(hour=23) + DAY
    await rig.sweep.run()
    assert [sent.keys[0] for sent in rig.messenger.sent] == ["reminder.late"]


async def test_who_blocked_the_bot_is_tried_once_a_day_for_a_check_and_is_back_when_it_arrives(rig: Rig) -> None:
    await rig.join()
    for at, reach in ((LAB_AT - PROBE_AFTER + MINUTE, Status.UNDELIVERABLE), (LAB_AT - PROBE_AFTER, Status.SENT)):
        async with rig.store.work() as work:
            (account,) = await work.members.accounts(ANNA)
            await work.members.save_account(ANNA, replace(account, reach=Reach.BLOCKED, reason="blocked"), at)
            await work.connection.execute(update(tables.reminders).values(status="pending"))
            await work.commit()
        rig.clock.at = LAB_AT
        await rig.sweep.run()
        assert (await rig.row(Kind.LAB)).status is reach
    async with rig.store.work() as work:
        (account,) = await work.members.accounts(ANNA)
    assert (account.reach, account.reason, account.since) == (Reach.OK, None, LAB_AT)


async def test_a_zone_that_is_no_more_stops_no_other_and_waits_to_be_mended(rig: Rig) -> None:
    await rig.join()
    await rig.join(builders.member(BEN), name="ben")
    async with rig.store.work() as work:
        await work.members.save(builders.member(zone="Atlantis/Capital"))
        await work.commit()
    rig.clock.at = LAB_AT
    await rig.sweep.run()
    await rig.sweep.upkeep()
    assert [sent.person.id for sent in rig.messenger.sent] == ["id-of-ben"]
    async with rig.store.work() as work:
        await work.members.save(builders.member())
        await work.commit()
    rig.clock.at += NOT_RUN_PAUSE
    await rig.sweep.run()
    assert len(rig.messenger.sent) == 2


async def test_a_platform_that_hangs_starves_no_other(rig: Rig) -> None:
    later = LAB_AT + timedelta(minutes=1)
    for number in range(4 * IN_FLIGHT):
        hour = LAB_AT.time() if number < IN_FLIGHT else later.time()
        await rig.join(builders.member(f"{number:032}", hour=hour), name=f"member-{number}")
    other = RecordingMessenger(rig.clock)
    async with rig.store.work() as work:
        ben = builders.member(BEN, hour=later.time())
        await builders.join(work, ben, builders.person("ben", platform="discord"), builders.course())
        await work.commit()
    answered = asyncio.Event()
    rig.messenger.meanwhile = answered.wait
    rig.clock.at = LAB_AT
    sweep = Sweep(rig.store.work, {builders.PLATFORM: rig.messenger, "discord": other}, rig.clock)
    with capture_logs() as logs:
        sweeping = asyncio.create_task(sweep.run())
        try:
            await _until(lambda: rig.messenger.tried == IN_FLIGHT)
            # All that may be under way hangs; who comes now waits in vain.
            sweep.gate_seconds, rig.clock.at = 0.05, later
            await _until(lambda: [each["event"] for each in logs].count("platform_is_slow") == 2 * IN_FLIGHT)
            await _until(lambda: other.sent and other.sent[-1].at == later)
            assert rig.messenger.sent == []
            assert rig.messenger.tried == IN_FLIGHT
        finally:
            answered.set()
            await sweeping
    # What hung was answered in the end; whoever waited for its turn waits for the next sweep.
    assert len(rig.messenger.sent) == IN_FLIGHT


async def _until(true: Callable[[], object]) -> None:
    """Wait for something that no event tells of."""
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 - as the docstring says
            await asyncio.sleep(0.005)


async def test_stopping_waits_for_what_is_being_sent_and_begins_no_more(rig: Rig) -> None:
    for number in range(3 * IN_FLIGHT):
        await rig.join(builders.member(f"{number:032}"), name=f"member-{number}")
    rig.clock.at = LAB_AT
    calling, answered = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        calling.set()
        await answered.wait()

    rig.messenger.meanwhile = hang
    watch = Watch(rig.sweep, (rig.sweep.upkeep,))
    watching = asyncio.create_task(watch.run())
    await calling.wait()
    watch.stop()
    answered.set()
    await watching
    assert 1 <= len(rig.messenger.sent) <= IN_FLIGHT
    async with rig.store.work() as work:
        kept = await work.connection.execute(
            select(tables.reminders.c.status).where(tables.reminders.c.due_at == LAB_AT)
        )
    states = list(kept.scalars())
    assert (states.count("sent"), set(states)) == (len(rig.messenger.sent), {"sent", "pending"})


async def test_one_that_is_on_time_does_not_wait_with_a_late_one(rig: Rig) -> None:
    has = builders.course(Round(1, date(2026, 1, 12), 5), Round(2, date(2026, 3, 13), 3))
    await rig.join(builders.member(hours={Topic.EVENING: time(22)}), has)
    rig.clock.at = LAB_AT.replace(hour=22)
    await rig.sweep.run()
    assert [sent.keys for sent in rig.messenger.sent] == [["reminder.evening_first"]]
    rig.clock.at = LAB_AT.replace(hour=8) + DAY
    await rig.sweep.run()
    assert rig.messenger.sent[1].keys[0] == "reminder.late"


@pytest.mark.parametrize("step", ["claimed", "being sent"])
async def test_an_edit_wins_over_what_is_under_way(rig: Rig, step: str) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    done = builders.course(checks=(LAB_AT.date(),))
    if step == "claimed":
        async with rig.store.work() as work:
            token, claimed = await work.reminders.claim(LAB_AT, 20, LEASE)
            await work.commit()
        await rig.change(has=done)
        async with rig.store.work() as work:
            assert await work.reminders.held(token, [each.id for each in claimed]) == []
    else:
        rig.messenger.meanwhile = lambda: rig.change(has=done)
        rig.messenger.fails = [Unreachable("down")]
        await rig.sweep.run()
        rig.messenger.meanwhile = None
    for _ in range(5):
        rig.clock.at += 2 * MINUTE
        await rig.sweep.run()
    assert rig.messenger.sent == []
    assert (await rig.row(Kind.LAB)).status is Status.SETTLED


@pytest.mark.parametrize("erased", [False, True], ids=["stopped", "erased"])
async def test_nothing_is_sent_after_goodbye_even_when_it_was_being_sent(rig: Rig, *, erased: bool) -> None:
    await rig.join()
    rig.clock.at = LAB_AT

    async def leave() -> None:
        if not erased:
            await rig.change(builders.member(active=False))
            return
        async with rig.store.work() as work:
            await work.members.erase(ANNA, NOW)
            await work.commit()

    rig.messenger.meanwhile, rig.messenger.fails = leave, [Unknown("timeout")]
    await rig.sweep.run()
    rig.messenger.meanwhile = None
    rig.clock.at += 2 * MINUTE
    await rig.sweep.run()
    rig.clock.at += 40 * DAY
    await rig.sweep.run()
    assert (rig.messenger.tried, rig.messenger.sent) == (1, [])
    assert {each.status for each in await rig.rows()} == (set() if erased else {Status.CANCELLED})


async def test_a_crash_before_the_call_sends_it_later_and_once(rig: Rig) -> None:
    await rig.join()
    async with rig.store.work() as work:
        await work.reminders.claim(LAB_AT, 20, LEASE)
        await work.commit()
    rig.clock.at = LAB_AT + LEASE
    await rig.sweep.run()
    assert rig.messenger.tried == 0
    rig.clock.at += MINUTE
    await rig.sweep.run()
    assert [sent.keys for sent in rig.messenger.sent] == [["reminder.lab", "reminder.panels"]]


async def test_a_crash_during_the_call_repeats_a_few_times_and_is_then_in_doubt(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    for repeat in (False, *[True] * MOST_REPEATS):
        calling = asyncio.Event()

        async def hang(calling: asyncio.Event = calling) -> None:
            calling.set()
            await asyncio.Event().wait()

        rig.messenger.meanwhile = hang
        crashing = asyncio.create_task(rig.sweep.run())
        await calling.wait()
        crashing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await crashing
        found = await rig.row(Kind.LAB)
        assert (found.status, found.repeat) == (Status.SENDING, repeat)
        rig.messenger.meanwhile = None
        rig.clock.at += LEASE + MINUTE
    await rig.sweep.run()
    assert rig.messenger.sent == []
    assert (await rig.row(Kind.LAB)).status is Status.IN_DOUBT


@pytest.mark.parametrize("table", ["members", "courses", "accounts"])
async def test_a_member_who_cannot_be_read_stops_no_other(rig: Rig, table: str) -> None:
    await rig.join()
    await rig.join(builders.member(BEN), name="ben")
    spoiled = tables.metadata.tables[table]
    owner = spoiled.c.id if table == "members" else spoiled.c.member_id
    async with rig.store.work() as work:
        await work.connection.execute(update(spoiled).where(owner == ANNA).values(sealed=b"\x01spoiled"))
        await work.commit()
    rig.clock.at = LAB_AT
    await rig.sweep.run()
    await rig.sweep.upkeep()
    assert [sent.person.id for sent in rig.messenger.sent] == ["id-of-ben"]
    assert await rig.states(*FINISHED) == [(Kind.LAB, Status.DEAD)]


async def test_a_database_that_is_gone_while_recording_leaves_the_row_to_a_later_sweep(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT

    @asynccontextmanager
    async def work_until_sent() -> AsyncIterator[SqlWork]:
        if rig.messenger.sent:
            raise StorageError("gone")
        async with rig.store.work() as work:
            yield work

    with pytest.raises(StorageError):
        await Sweep(work_until_sent, rig.sweep.messengers, rig.clock, record_pauses=(0, 0)).run()
    assert (await rig.row(Kind.LAB)).status is Status.SENDING
    rig.clock.at += LEASE + MINUTE
    await rig.sweep.run()
    assert [sent.keys[0] for sent in rig.messenger.sent] == ["reminder.lab", "reminder.repeat"]


async def test_a_database_that_is_gone_for_a_moment_while_recording_sends_nothing_twice(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    gone = [StorageError("gone")]

    @asynccontextmanager
    async def work_with_a_gap() -> AsyncIterator[SqlWork]:
        if rig.messenger.sent and gone:
            raise gone.pop()
        async with rig.store.work() as work:
            yield work

    await Sweep(work_with_a_gap, rig.sweep.messengers, rig.clock, record_pauses=(0, 0)).run()
    assert (await rig.row(Kind.LAB)).status is Status.SENT


async def test_upkeep_gives_back_what_is_missing(rig: Rig) -> None:
    await rig.join()
    planned = [each.occurrence for each in await rig.rows()]
    async with rig.store.work() as work:
        await work.connection.execute(tables.reminders.delete())
        await work.commit()
    await rig.sweep.upkeep()
    assert [each.occurrence for each in await rig.rows()] == planned


async def test_a_changed_hour_does_not_send_the_same_check_twice(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    await rig.sweep.run()
    await rig.change(replace(builders.member(hour=time(15)), joined=NOW.date()))
    rig.clock.at = LAB_AT.replace(hour=16)
    await rig.sweep.run()
    assert len(rig.messenger.sent) == 1
