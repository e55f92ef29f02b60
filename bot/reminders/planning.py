"""From a member's rounds, checks and settings to what they are reminded of, and when."""

from collections.abc import Iterator
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
from bot.reminders.reminder import Kind, Occurrence

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


def occurrences(member: Member, course: Course, now: datetime) -> tuple[Occurrence, ...]:
    """Everything the member is to be reminded of from here on, in the order of its moment.

    Pure: the same member, course and day give the same answer. Nothing is planned for somebody who said stop.
    """
    if not member.active:
        return ()
    day = today(now, member.settings.zone)
    plan = _Plan(member.settings, day)
    found = [*plan.labs(course, schedule_of(member, course, day)), *plan.rounds(course), *plan.milestones(course)]
    wanted = [one for one in found if one.kind.topic in member.settings.topics]
    return tuple(sorted(wanted, key=lambda one: (one.due_at, one.key)))


async def replan(work: ReminderWork, member: Member, now: datetime) -> None:
    """Make the member's reminders match their rounds, checks and settings, in the same transaction as the change."""
    course = await work.courses.load(member.id)
    await work.reminders.sync(member.id, occurrences(member, course, now), now)


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
class _Plan:
    settings: Settings
    day: date

    def labs(self, course: Course, schedule: Schedule) -> Iterator[Occurrence]:
        # Past dates that are still open stay planned: what was not sent in time must end as missed, not as cancelled.
        for due in (*schedule.open_earlier, *schedule.upcoming):
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
                    yield self._make(Kind.RESULT, done, 0, ask_on, lasts=7)
        if schedule.ends and not schedule.provisional:
            yield self._make(Kind.END, schedule.ends, 0, schedule.ends, lasts=60)

    def _open(self, due: date, shown_on: date) -> Iterator[Occurrence]:
        again = [shown_on + timedelta(days=days) for days in AGAIN_AFTER]
        yield self._make(Kind.LAB, due, 0, shown_on, until=again[0])
        yield self._make(Kind.LAB_AGAIN, due, AGAIN_AFTER[0], again[0], until=again[1])
        yield self._make(Kind.LAB_AGAIN, due, AGAIN_AFTER[1], again[1], lasts=7)

    def rounds(self, course: Course) -> Iterator[Occurrence]:
        for one in course.rounds:
            for days in ROUND_AHEAD:
                ahead = one.first_day - timedelta(days=days)
                yield self._make(Kind.ROUND, one.first_day, days, ahead, until=one.first_day, round_number=one.number)
            for number, infusion_day in enumerate(one.infusion_days, start=1):
                yield self._make(
                    Kind.EVENING, infusion_day, number, infusion_day - _DAY, until=infusion_day, round_number=one.number
                )

    def milestones(self, course: Course) -> Iterator[Occurrence]:
        for one in milestones(course.rounds):
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
