"""The delivery contract, whatever fails, stops, stands still, is edited or jumps, in whatever order.

Its six points, as the assertions number them: 1 one row that ends and never vanishes; 2 no call without a committed
sending, and only the holder of a claim ends a row; 3 repeats; 4 not early, not after goodbye, late ones say so; 5 what
a platform's failures do; 6 an edit wins.
"""

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

import builders
from bot.care.course import Course
from bot.care.labs import Check
from bot.care.rounds import Round
from bot.errors import StorageError
from bot.members.member import Account, Member, Topic
from bot.reminders.planning import make_plan, replan
from bot.reminders.reminder import Reminder, Status
from builders import ANNA, BEN, SettableClock
from fakes.postgres import PostgresServer
from storage.store import Store, open_engine
from storage.vault import Vault
from unit.reminders.faults import OUTCOMES, OUTSIDE, Crash, Process, World

LAB_AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
DUE = LAB_AT.date()
UNENDED = {Status.PENDING, Status.CLAIMED, Status.SENDING}
TAKEN_UP_AGAIN = {Status.CANCELLED, Status.SETTLED, Status.MISSED}
CAROL = "c" * 32
NAMES = {ANNA: "a", BEN: "b", CAROL: "c"}

# A course that is nearly over has few rows; on the day of its last check three reminders of different kinds are due.
NEARLY_OVER = builders.course(
    Round(1, date(2022, 3, 9), 5), checks=(date(2026, 2, 20),), ask_again={date(2026, 2, 20): DUE}
)

# What can be done to Anna's course and settings at any moment; Ben is never touched, and nobody can plan for Carol.
EDITS: dict[str, Callable[[Member, Course], tuple[Member, Course]]] = {
    "done": lambda who, has: (who, has.with_check(Check(DUE))),
    "undone": lambda who, has: (who, replace(has.without_check(DUE), skipped=frozenset())),
    "skipped": lambda who, has: (who, replace(has, skipped=frozenset({DUE}))),
    "put off": lambda who, has: (who, replace(has, put_off={DUE: DUE + timedelta(days=1)})),
    "no round": lambda who, has: (who, has.without_round(2)),
    "a round": lambda who, has: (who, has.with_round(Round(2, date(2026, 3, 14), 3))),
    "later hour": lambda who, has: (replace(who, settings=replace(who.settings, hour=time(15))), has),
    "zone": lambda who, has: (replace(who, settings=replace(who.settings, zone="America/Los_Angeles")), has),
    "quiet": lambda who, has: (replace(who, settings=replace(who.settings, quiet=(time(6), time(23)))), has),
    "no quiet": lambda who, has: (replace(who, settings=replace(who.settings, quiet=(time(0), time(0)))), has),
    "stop": lambda who, has: (replace(who, active=False), has),
    "start": lambda who, has: (replace(who, active=True), has),
}
minutes = st.sampled_from([0, 0, 1, 4, 6, 20, 60, 9 * 60, 24 * 60, 50 * 60])
FAULTS = ("crash", "stall", "gone", "another", "erase", *EDITS)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an example keeps its database."""

    url: str
    clean: Callable[[], None]


class Delivering(RuleBasedStateMachine):
    """Two processes over one database, a platform that fails in every way, and somebody who edits meanwhile."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.runner = asyncio.Runner()
        self.clock = SettableClock(LAB_AT)
        store = Store(open_engine(place.url), Vault(builders.KEY))
        self.world = World(store, self.clock, self.wanted)
        self.has = dict.fromkeys(NAMES, NEARLY_OVER)
        self.who = {who: builders.member(who, topics=frozenset(Topic), anchor_day=DUE.day) for who in NAMES}
        self.processes = [self.start(), self.start()]
        self.known: dict[str, Reminder] = {}
        self.run(self.join())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever the work gives
        return self.runner.run(work)

    def start(self) -> Process:
        return Process(self.world, secrets.token_hex(4))

    def wanted(self, member_id: str) -> Collection[str]:
        if member_id not in self.who:
            return ()
        return {one.key for one in make_plan(self.who[member_id], self.has[member_id], self.clock.at).wanted}

    async def join(self) -> None:
        async with self.world.store.work() as work:
            for member_id, name in NAMES.items():
                await builders.join(work, self.who[member_id], builders.person(name), self.has[member_id])
            await work.members.save(builders.member(CAROL, zone="Atlantis/Capital"))
            await work.commit()

    async def edit(self, name: str) -> None:
        """Change Anna's course or settings, as a use case does; what was being sent then may still go out."""
        if ANNA not in self.who:
            return
        async with self.world.store.work() as work:
            await work.members.get(ANNA)
            rows = await work.reminders.of(ANNA)
            self.world.exempt |= {each.id for each in rows if each.status is Status.SENDING}
            if name == "erase":
                await work.members.erase(ANNA, self.clock.at)
                del self.who[ANNA]
                self.known = {id_: each for id_, each in self.known.items() if each.member_id != ANNA}
            else:
                self.who[ANNA], self.has[ANNA] = EDITS[name](self.who[ANNA], self.has[ANNA])
                await work.members.save(self.who[ANNA])
                await work.courses.save(ANNA, self.has[ANNA])
                await replan(work, self.who[ANNA], self.clock.at)
            await work.commit()

    async def happen(self, fault: str, process: Process) -> None:
        """Let something happen to a process that is in the middle of its sweep."""
        other = next(each for each in self.processes if each is not process)
        if fault == "crash":
            process.dead = True
            self.world.alive.discard(process.id)
            raise Crash
        if fault == "gone":
            process.gone = 3
        elif fault == "stall":
            # Long enough to be taken for dead; then it goes on as if nothing had been.
            self.world.alive.discard(process.id)
            self.clock.at += timedelta(seconds=30)
            await other.sweep.run()
            self.world.alive.add(process.id)
        elif fault == "another":
            await other.sweep.run()
        else:
            await self.edit(fault)

    async def sweep_with(self, index: int, fault: str | None, at: int) -> None:
        process = self.processes[index]
        process.at, process.happened, process.what = at, False, None
        if fault is not None:
            process.points = (
                ("open", "commit", "committed", "call", "called") if fault in ("crash", "gone") else OUTSIDE
            )
            process.what = lambda one: self.happen(fault, one)
        try:
            await process.sweep.run()
        except (Crash, StorageError):
            assert process.happened, "5: no sweep ends before its time without a cause"
        process.what, process.gone = None, 0
        for each in self.processes:
            if each.asked_until is not None and not (process.happened and fault in ("crash", "gone", "stall")):
                self.world.held_until = max(each.asked_until, self.world.held_until or each.asked_until)
            each.asked_until = None
        if process.dead:
            self.processes[index] = self.start()

    @rule(
        minutes=minutes,
        index=st.sampled_from([0, 1]),
        outcomes=st.lists(st.sampled_from(["ok", *OUTCOMES]), min_size=1, max_size=3),
        fault=st.none() | st.sampled_from(["crash", "stall", "gone"]) | st.sampled_from(FAULTS),
        at=st.integers(0, 9),
    )
    def time_passes_and_one_sweeps(
        self, minutes: int, index: int, outcomes: list[str], fault: str | None, at: int
    ) -> None:
        self.clock.at += timedelta(minutes=minutes)
        self.world.outcomes = outcomes
        self.run(self.sweep_with(index, fault, at))
        self.world.outcomes = []

    @rule(minutes=minutes, outcomes=st.lists(st.sampled_from(["ok", *OUTCOMES]), max_size=4))
    def time_passes_and_both_sweep_at_once(self, minutes: int, outcomes: list[str]) -> None:
        async def both() -> None:
            await asyncio.gather(self.sweep_with(0, None, 0), self.sweep_with(1, None, 0))

        self.clock.at += timedelta(minutes=minutes)
        self.world.outcomes = outcomes
        self.run(both())
        self.world.outcomes = []

    @rule(hours=st.integers(1, 8))
    def the_clock_is_set_back(self, hours: int) -> None:
        self.clock.at -= timedelta(hours=hours)
        # What a platform asked for while the clock was ahead does not count: it would for hours.
        self.world.held_until = None

    @rule(name=st.sampled_from([*EDITS, "erase"]))
    def somebody_edits(self, name: str) -> None:
        self.run(self.edit(name))

    @rule()
    def anna_lets_the_bot_in_again(self) -> None:
        async def unblock() -> None:
            async with self.world.store.work() as work:
                for account in await work.members.accounts(ANNA):
                    await work.members.save_account(ANNA, Account(account.person), self.clock.at)
                await work.commit()

        self.run(unblock())

    async def all_rows(self) -> dict[str, Reminder]:
        return {id_: each for who in self.who for id_, (each, _token) in (await self.world.rows(who)).items()}

    @invariant()
    def no_row_vanishes_or_changes_its_end(self) -> None:
        assert self.world.broken == []
        rows = self.run(self.all_rows())
        assert self.known.keys() <= rows.keys(), "1: no row vanishes"
        for id_, before in self.known.items():
            if before.status not in UNENDED | TAKEN_UP_AGAIN:
                assert rows[id_].status is before.status, "2: an end is an end"
        assert len({(each.member_id, each.occurrence.key) for each in rows.values()}) == len(rows), "1: one row each"
        arrived = {id_ for call in self.world.calls for id_ in call.rows if call.outcome == "ok"}
        sent = {id_ for id_, each in rows.items() if each.status is Status.SENT and each.occurrence.due_at >= LAB_AT}
        assert sent <= arrived | self.world.exempt, "1: what is called sent was sent"
        self.known = rows

    def teardown(self) -> None:
        try:
            self.run(self.settle())
        finally:
            self.run(self.world.store.close())
            self.runner.close()
            self.place.clean()

    async def settle(self) -> None:
        """All goes well from here on: whatever is due then ends, and who was never touched has heard of everything."""
        self.world.alive = set()
        process = self.start()
        self.clock.at = max(self.clock.at, LAB_AT)
        await self.edit("no quiet")
        for _ in range(4):
            # At noon, when it is quiet for nobody; the first time nobody waits any more for a lease or a platform.
            self.clock.at = (self.clock.at + timedelta(days=2)).replace(hour=12)
            await process.sweep.run()
        assert self.world.broken == []
        for each in (await self.all_rows()).values():
            # Those of somebody who cannot be planned for wait for an edit until they expire.
            ends = each.occurrence.expires_at if each.member_id == CAROL else each.occurrence.due_at
            assert each.status not in UNENDED or ends > self.clock.at, "1: every row ends"
            if each.member_id == CAROL and each.occurrence.due_at >= LAB_AT:
                assert each.status not in (Status.SENT, Status.IN_DOUBT), "5: nothing goes to who cannot be planned for"


def _check(place: Callable[[], Place], examples: int, steps: int) -> None:
    run_state_machine_as_test(
        lambda: Delivering(place()),
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def _sqlite(template: Path) -> Place:
    folder = tempfile.TemporaryDirectory()
    database = shutil.copy(template, Path(folder.name) / "laws.db")
    return Place(f"sqlite:///{database}", folder.cleanup)


def test_the_delivery_contract_holds_whatever_happens(sqlite_template: Path) -> None:
    _check(lambda: _sqlite(sqlite_template), 6, 10)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_the_delivery_contract_holds_in_many_orders(sqlite_template: Path) -> None:
    _check(lambda: _sqlite(sqlite_template), 150, 20)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_the_delivery_contract_holds_on_postgresql(postgres: PostgresServer, postgres_template: str) -> None:
    def place() -> Place:
        return Place(postgres.url(postgres.create_database(postgres_template)), lambda: None)

    _check(place, 60, 20)
