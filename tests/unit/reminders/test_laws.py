"""What holds after any order of edits, sweeps and passing days."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

import builders
from bot.care.labs import Check
from bot.care.rounds import Round
from bot.errors import Blocked, RateLimited, Unknown, Unreachable
from bot.members.member import Topic
from bot.reminders.planning import occurrences
from bot.reminders.reminder import Occurrence, Status
from bot.reminders.sweep import Sweep
from builders import ANNA, NOW, SettableClock
from storage.store import Store, open_engine
from storage.vault import Vault
from unit.reminders.rig import RecordingMessenger, Rig

ENDED = frozenset(Status) - {Status.PENDING, Status.CLAIMED, Status.CANCELLED, Status.MISSED}
SAID = {Status.SENDING, Status.SENT, Status.IN_DOUBT}
FAILURES: dict[str, Callable[[], Exception]] = {
    "blocked": lambda: Blocked("blocked"),
    "limited": lambda: RateLimited("slow down", timedelta(minutes=3)),
    "unreachable": lambda: Unreachable("down"),
    "unknown": lambda: Unknown("timeout"),
}
days = st.integers(-10, 40)


class Reminding(RuleBasedStateMachine):
    """One member, edited in every way, and a sweep that is rung now and then."""

    def __init__(self, template: Path) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        database = shutil.copy(template, Path(self.folder.name) / "laws.db")
        store = Store(open_engine(f"sqlite:///{database}"), Vault(builders.KEY))
        clock = SettableClock()
        messenger = RecordingMessenger(clock)
        self.rig = Rig(store, clock, messenger, Sweep(store.work, {builders.PLATFORM: messenger}, clock))
        self.runner = asyncio.Runner()
        self.member = builders.member(topics=frozenset(Topic))
        self.course = builders.course()
        self.run(self.rig.join(self.member, self.course))
        self.sent = {key: one for key, (one, status) in self.rows().items() if status is Status.SENT}
        self.known: dict[str, Status] = {}

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever the work gives
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.rig.store.close())
        self.runner.close()
        self.folder.cleanup()

    def edit(self) -> None:
        self.run(self.rig.change(self.member, self.course))

    @property
    def today(self) -> date:
        return self.rig.clock.at.date()

    @rule(first=days, length=st.integers(1, 5))
    def add_or_move_the_second_round(self, first: int, length: int) -> None:
        day = max(self.today + timedelta(days=first), date(2026, 2, 1))
        self.course = self.course.with_round(Round(2, day, length))
        self.edit()

    @rule()
    def remove_the_second_round(self) -> None:
        self.course = self.course.without_round(2)
        self.edit()

    @rule(ago=st.integers(0, 20))
    def record_a_check(self, ago: int) -> None:
        self.course = self.course.with_check(Check(self.today - timedelta(days=ago)))
        self.edit()

    @precondition(lambda self: self.course.checks)
    @rule()
    def undo_a_check(self) -> None:
        self.course = self.course.without_check(self.course.checks[-1].day)
        self.edit()

    @rule(month=st.integers(3, 7), days=st.none() | st.integers(1, 9))
    def skip_or_put_off(self, month: int, days: int | None) -> None:
        due = date(2026, month, 12)
        if days is None:
            self.course = replace(self.course, skipped=self.course.skipped ^ {due})
        else:
            put_off = {**self.course.put_off, due: self.today + timedelta(days=days)}
            self.course = replace(self.course, put_off=put_off)
        self.edit()

    @rule(zone=st.sampled_from(["Pacific/Auckland", "America/Los_Angeles", "Europe/London"]), hour=st.integers(0, 23))
    def travel_and_choose_an_hour(self, zone: str, hour: int) -> None:
        chosen = replace(self.member.settings, zone=zone, hour=time(hour), hour_chosen=hour % 2 == 0)
        self.member = replace(self.member, settings=chosen)
        self.edit()

    @rule()
    def stop_or_start(self) -> None:
        self.member = replace(self.member, active=not self.member.active)
        self.edit()

    @rule(hours=st.integers(1, 24 * 12))
    def time_passes(self, hours: int) -> None:
        self.rig.clock.at += timedelta(hours=hours)
        self.run(self.rig.sweep.upkeep())

    @rule(failure=st.sampled_from([None, None, *FAILURES]))
    def sweep(self, failure: str | None) -> None:
        before, messages = self.rows(), len(self.rig.messenger.sent)
        self.rig.messenger.fails = [FAILURES[failure]()] if failure else []
        self.run(self.rig.sweep.run())
        now = self.rig.clock.at
        new = {
            key: one for key, (one, status) in self.rows().items()
            if status is Status.SENT and before[key][1] is not Status.SENT
        }  # fmt: skip
        assert all(one.due_at <= now < one.expires_at for one in new.values())
        assert (len(self.rig.messenger.sent) > messages) is bool(new)
        assert not (new and not self.member.active)
        assert not new.keys() & self.sent.keys()
        self.sent |= new

    @rule()
    def let_the_bot_in_again(self) -> None:
        async def unblock() -> None:
            async with self.rig.store.work() as work:
                (account,) = await work.members.accounts(ANNA)
                await work.members.save_account(ANNA, type(account)(account.person), self.rig.clock.at)
                await work.commit()

        self.run(unblock())

    def rows(self) -> dict[str, tuple[Occurrence, Status]]:
        found = self.run(self.rig.rows(since=NOW - timedelta(days=1)))
        assert len({row.occurrence.key for row in found}) == len(found), "one row an occurrence"
        return {row.occurrence.key: (row.occurrence, row.status) for row in found}

    @invariant()
    def what_is_pending_is_what_is_wanted_and_what_was_sent_stays_sent(self) -> None:
        now, rows = self.rig.clock.at, self.rows()
        wanted = {one.key: one for one in occurrences(self.member, self.course, now)}
        ended = {key for key, (_one, status) in rows.items() if status in ENDED}
        pending = {key: one for key, (one, status) in rows.items() if status is Status.PENDING}
        ahead = {key: one for key, one in wanted.items() if one.due_at > now and key not in ended}
        assert {key: one for key, one in pending.items() if one.due_at > now} == ahead
        for key, one in pending.items():
            assert one == replace(wanted[key], due_at=one.due_at)
            assert wanted[key].due_at <= one.due_at, "nothing comes early"
        unplanned = {Status.CANCELLED, Status.MISSED}
        new = [one for key, one in pending.items() if self.known.get(key, Status.CANCELLED) in unplanned]
        assert all(one.due_at > now or (one.due_at == now and one.kind.caught_up) for one in new), "nothing starts late"
        said = {one.message for one, status in rows.values() if status in SAID}
        for key, one in wanted.items():
            if one.kind.caught_up and one.due_at <= now < one.expires_at and one.message not in said:
                assert key in rows, "no edit loses what is of use"
                assert rows[key][1] is not Status.CANCELLED
        self.known = {key: status for key, (_one, status) in rows.items()}
        assert {key for key, (_one, status) in rows.items() if status is Status.SENT} == self.sent.keys()


def test_any_order_of_edits_and_sweeps_keeps_the_plan(sqlite_template: Path) -> None:
    run_state_machine_as_test(
        lambda: Reminding(sqlite_template),
        settings=settings(
            max_examples=10, stateful_step_count=18, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
