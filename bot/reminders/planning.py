"""From a member's rounds, checks and settings to what they are reminded of, and when."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.care.countdown import milestones
from bot.care.course import Course
from bot.care.labs import LabStatus, Schedule, lay_out
from bot.care.protocols import protocol_for
from bot.care.wallclock import moment, today
from bot.members.member import Member, Settings, Topic
from bot.places.countries import country
from bot.reminders.ports import ReminderWork
from bot.reminders.reminder import Kind, Matter, Occurrence

AGAIN_AFTER = (2, 5)
"""Days after a due date on which an open check is named again; then silence."""

ROUND_AHEAD = (30, 14, 7, 1)
"""Days before a round's first day on which it is named."""

RESULT_AFTER = 7
"""Days after a recorded check at which the bot asks whether the team has seen the result."""

_DAY = timedelta(days=1)


def region_of(member: Member) -> str:
    """Whose plan of checks applies; "other" before a country was chosen."""
    found = country(member.settings.country) if member.settings.country else None
    return found.region if found else "other"


def schedule_of(member: Member, course: Course, day: date) -> Schedule:
    """The member's lab checks as they stand on a local day."""
    return lay_out(
        course.rounds,
        course.checks,
        course.skipped,
        protocol_for(region_of(member)),
        anchor_day=member.settings.anchor_day,
        joined=member.joined,
        today=day,
        extended_until=course.extended_until,
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """What a member is to be reminded of as things stand.

    ``wanted`` is in the order of its moment; ``settled`` is what they did or set aside, so that nothing is to be said
    about it any more. ``schedule`` is None for somebody who said stop: nothing is planned for them.
    """

    wanted: tuple[Occurrence, ...] = ()
    settled: frozenset[Matter] = frozenset()
    schedule: Schedule | None = None


def make_plan(member: Member, course: Course, now: datetime, about: Collection[date] | None = None) -> Plan:
    """Plan everything from here on; or only what is ``about`` some days, which is far less work.

    Pure: the same member, course and day give the same answer.
    """
    if not member.active:
        return Plan()
    day = today(now, member.settings.zone)
    schedule = schedule_of(member, course, day)
    planning = _Planning(member.settings, day, about)
    found = [*planning.labs(course, schedule), *planning.rounds(course), *planning.milestones(course)]
    wanted = [one for one in found if one.kind.topic in member.settings.topics]
    wanted.sort(key=lambda one: (one.due_at, one.key))
    return Plan(tuple(wanted), frozenset(_settled(course, schedule)), schedule)


def occurrences(member: Member, course: Course, now: datetime) -> tuple[Occurrence, ...]:
    """Everything the member is to be reminded of from here on, in the order of its moment; see ``make_plan``."""
    return make_plan(member, course, now).wanted


async def replan(work: ReminderWork, member: Member, now: datetime) -> None:
    """Make the member's reminders match their rounds, checks and settings, in the same transaction as the change."""
    plan = make_plan(member, await work.courses.load(member.id), now)
    await work.reminders.sync(member.id, plan.wanted, now, plan.settled)


def _settled(course: Course, schedule: Schedule) -> Iterator[Matter]:
    for due in schedule.dates:
        if due.status in (LabStatus.DONE, LabStatus.SKIPPED):
            yield from ((kind, due.day) for kind in (Kind.LEAD, Kind.LAB, Kind.LAB_AGAIN))
    yield from ((Kind.RESULT, day) for day in course.seen)


def in_quiet_hours(at: time, quiet: tuple[time, time]) -> bool:
    """Whether a wall-clock time lies in the quiet hours, their first moment included, their last not."""
    start, end = quiet
    if start <= end:
        return start <= at < end
    return at >= start or at < end


def quiet_until(settings: Settings, now: datetime) -> datetime | None:
    """When the quiet hours that run at ``now`` end, later than ``now``, as aware UTC; None outside of them."""
    zone = ZoneInfo(settings.zone)
    local = now.astimezone(zone)
    start, end = settings.quiet
    if not in_quiet_hours(local.time(), (start, end)):
        return None
    ends_on = local.date() + timedelta(days=1 if local.time() >= end else 0)
    ends = moment(ends_on, end, settings.zone)
    # Where the clocks show the end twice and have shown it once already, the second time is meant.
    return ends if ends > now else datetime.combine(ends_on, end, zone).replace(fold=1).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class _Planning:
    settings: Settings
    day: date
    about: Collection[date] | None

    def _asked(self, day: date) -> bool:
        return self.about is None or day in self.about

    def labs(self, course: Course, schedule: Schedule) -> Iterator[Occurrence]:
        # Past dates that are still open stay planned: what was not sent in time must end as missed, not as cancelled.
        for due in filter(lambda due: self._asked(due.day), (*schedule.open_earlier, *schedule.upcoming)):
            put_off = course.put_off.get(due.day, due.day)
            lead = due.day - timedelta(days=self.settings.lead_days)
            if put_off < due.day:
                # Put off from a lead notice to a day that still lies before the check: the check's own day stays.
                yield self._make(Kind.LEAD, due.day, 0, put_off, until=due.day)
            elif self.settings.lead_days and put_off == due.day:
                yield self._make(Kind.LEAD, due.day, self.settings.lead_days, lead, until=due.day)
            yield from self._open(due.day, max(put_off, due.day))
        if Topic.RESULT in self.settings.topics:
            for due in schedule.dates:
                if due.status is LabStatus.DONE and due.checks[0].day not in course.seen:
                    done = due.checks[0].day
                    ask_on = course.ask_again.get(done, done + timedelta(days=RESULT_AFTER))
                    if self._asked(done):
                        yield self._make(Kind.RESULT, done, 0, ask_on, lasts=7)
        if schedule.ends and not schedule.provisional and self._asked(schedule.ends):
            yield self._make(Kind.END, schedule.ends, 0, schedule.ends, lasts=60)

    def _open(self, due: date, shown_on: date) -> Iterator[Occurrence]:
        again = [shown_on + timedelta(days=days) for days in AGAIN_AFTER]
        yield self._make(Kind.LAB, due, 0, shown_on, until=again[0])
        yield self._make(Kind.LAB_AGAIN, due, AGAIN_AFTER[0], again[0], until=again[1])
        yield self._make(Kind.LAB_AGAIN, due, AGAIN_AFTER[1], again[1], lasts=7)

    def rounds(self, course: Course) -> Iterator[Occurrence]:
        for one in course.rounds:
            for days in ROUND_AHEAD if self._asked(one.first_day) else ():
                ahead = one.first_day - timedelta(days=days)
                yield self._make(Kind.ROUND, one.first_day, days, ahead, until=one.first_day, round_number=one.number)
            for number, day in enumerate(one.infusion_days, start=1):
                if self._asked(day):
                    yield self._make(Kind.EVENING, day, number, day - _DAY, until=day, round_number=one.number)

    def milestones(self, course: Course) -> Iterator[Occurrence]:
        for one in filter(lambda one: self._asked(one.day), milestones(course.rounds)):
            yield self._make(Kind.MILESTONE, one.day, one.months, one.day, lasts=14, round_number=one.round_number)

    def _make(
        self,
        kind: Kind,
        day: date,
        number: int,
        shown_on: date,
        *,
        until: date | None = None,
        lasts: int = 0,
        round_number: int = 0,
    ) -> Occurrence:
        """Make an occurrence that is of use ``until`` noon of a day, or for some days."""
        hour, chosen = self.settings.hour_of(kind.topic)
        if not chosen and in_quiet_hours(hour, self.settings.quiet):
            # The evening before goes in front of the quiet hours, so that it stays before the day that it names.
            hour = _before(self.settings.quiet) if kind is Kind.EVENING else self.settings.quiet[1]
        ends = until or shown_on + timedelta(days=lasts)
        return Occurrence(
            kind,
            day,
            number,
            shown_on,
            due_at=moment(shown_on, hour, self.settings.zone),
            expires_at=moment(ends, time(12), self.settings.zone),
            round_number=round_number,
        )


def _before(quiet: tuple[time, time]) -> time:
    """An hour before the quiet hours, or their end where that is not on the same day or is quiet as well."""
    start, end = quiet
    earlier = start.replace(hour=max(start.hour - 1, 0))
    return end if in_quiet_hours(earlier, quiet) else earlier
