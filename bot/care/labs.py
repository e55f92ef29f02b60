"""The lab checks of a whole course: which dates are due, what the member has recorded, what comes next.

Everything is a local date in the member's zone and stays that date when the member travels. Month 0 is the first
infusion day of the first round and never a due date; month 1 is the first anchor day at least 15 days after it; month n
is n - 1 calendar months after month 1, counted from the anchor. Recording or setting aside never shifts these dates.

That the months count from the first infusion and end 48 months after the last one is in the US Important Safety
Information (after 2022) and the EU product information; the full list of sources is in ``protocols.toml``. The 15 days
and the windows are choices of this program, made so that a check lands on one due date; no source read names any.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import count, pairwise

from bot.care.months import months_after
from bot.care.protocols import Protocol
from bot.care.rounds import Round

__all__ = ["MONITORING_MONTHS", "Check", "LabDate", "LabStatus", "Schedule", "lay_out"]

MONITORING_MONTHS = 48
"""Calendar months from the last infusion day to the end of monitoring, that day included.

Sources: ``protocols.toml``, under ``until`` of each region.
"""

_FIRST_GAP = timedelta(days=15)
_WINDOW_LEAD = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Check:
    """A check that the member recorded as done on ``day``.

    ``counts_for`` is the member's word that an extra check counts for the due date after its own. It has no effect
    while the check is the only one in its window, nor when it names any other date.
    """

    day: date
    counts_for: date | None = None


class LabStatus(StrEnum):
    """Where a due date stands.

    A recorded check settles any date (DONE). Otherwise it lies before the member joined (BEFORE), was set aside by the
    member (SKIPPED), has passed (OPEN), or is today or later (AHEAD).
    """

    DONE = "done"
    BEFORE = "before"
    SKIPPED = "skipped"
    OPEN = "open"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class LabDate:
    """One due date.

    Its window runs from ``opens`` up to but not including ``closes``; ``checks`` are the recorded ones that belong to
    it, the settling one first.
    """

    month: int
    day: date
    opens: date
    closes: date
    status: LabStatus
    panels: tuple[str, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A member's lab checks as they stand ``today``.

    ``dates`` in order of time; ``ends`` the last day of monitoring, None without rounds; ``provisional`` while the
    latest round is not completed, since the end then rests on a plan; ``baseline`` the checks before the first window;
    ``extras`` the checks that settle no date, in order of time.
    """

    today: date
    dates: tuple[LabDate, ...]
    ends: date | None
    provisional: bool
    baseline: tuple[Check, ...]
    extras: tuple[Check, ...]

    @property
    def next(self) -> LabDate | None:
        """The first date, today or later, that is neither done nor set aside."""
        return next((each for each in self.dates if each.status is LabStatus.AHEAD), None)

    @property
    def open_earlier(self) -> tuple[LabDate, ...]:
        """The dates before today, since the member joined, that are neither done nor set aside; oldest first."""
        return self._having(LabStatus.OPEN)

    @property
    def upcoming(self) -> tuple[LabDate, ...]:
        """The dates from today to the end that are neither done nor set aside."""
        return self._having(LabStatus.AHEAD)

    @property
    def finished(self) -> bool:
        """Whether the last day of monitoring has passed."""
        return self.ends is not None and self.today > self.ends

    @property
    def done_count(self) -> int:
        """How many dates a check has settled."""
        return len(self._having(LabStatus.DONE))

    @property
    def total_count(self) -> int:
        """How many dates count: all but those before the member joined that no check has settled."""
        return len(self.dates) - len(self._having(LabStatus.BEFORE))

    def month_of(self, day: date) -> int | None:
        """Return the month whose due date is ``day``; None if nothing is due then."""
        found = self._on(day)
        return found.month if found else None

    def window(self, day: date) -> tuple[date, date] | None:
        """Return the window of the due date ``day``, its end not included; None if nothing is due then."""
        found = self._on(day)
        return (found.opens, found.closes) if found else None

    def _on(self, day: date) -> LabDate | None:
        return next((each for each in self.dates if each.day == day), None)

    def _having(self, status: LabStatus) -> tuple[LabDate, ...]:
        return tuple(each for each in self.dates if each.status is status)


def lay_out(
    rounds: Collection[Round],
    checks: Iterable[Check],
    skipped: Collection[date],
    protocol: Protocol,
    *,
    anchor_day: int | None,
    joined: date,
    today: date,
    extended_until: date | None = None,
) -> Schedule:
    """Lay out every due date of the course and settle it by what the member recorded.

    ``rounds`` have passed ``check_rounds``; they, ``checks`` and ``skipped`` (due dates set aside) come in any order.
    ``anchor_day`` is the member's chosen day of the month, 1 to 31, None for that of month 0. A skipped date that is no
    due date has no effect. A member who goes on after the end, as their team decided, has dates until
    ``extended_until``.
    """
    if not rounds:
        return Schedule(today, (), None, provisional=False, baseline=tuple(sorted(checks, key=_order)), extras=())
    last_day = max(each.last_day for each in rounds)
    ends = max(months_after(last_day, MONITORING_MONTHS), extended_until or date.min)
    days = list(_due_days(min(each.first_day for each in rounds), ends, anchor_day))
    settled = _settle(days, checks)
    dates = tuple(
        LabDate(
            month,
            day,
            day - _WINDOW_LEAD,
            following - _WINDOW_LEAD,
            _status(day, settled.per_date[month - 1], skipped, joined, today),
            protocol.panels_due(month),
            settled.per_date[month - 1],
        )
        for month, (day, following) in enumerate(pairwise(days), start=1)
    )
    return Schedule(today, dates, ends, last_day >= today, settled.baseline, settled.extras)


def _due_days(month_0: date, ends: date, anchor_day: int | None) -> Iterator[date]:
    """Yield the due days up to ``ends``, and one more, which closes the window of the last."""
    anchor_day = anchor_day or month_0.day
    skip = next(months for months in count() if months_after(month_0, months, anchor_day) >= month_0 + _FIRST_GAP)
    for months in count(skip):
        day = months_after(month_0, months, anchor_day)
        yield day
        if day > ends:
            return


@dataclass(frozen=True, slots=True)
class _Settled:
    baseline: tuple[Check, ...]
    per_date: list[tuple[Check, ...]]
    extras: tuple[Check, ...]


def _settle(days: list[date], checks: Iterable[Check]) -> _Settled:
    """Give each check to the date in whose window it lies; ``days`` ends with the day that closes the last window.

    An extra that the member counts for the following date is handed on to it. Sorting first makes the outcome the same
    in whatever order the checks were recorded.
    """
    waiting = sorted(checks, key=_order)
    baseline = _take_before(waiting, days[0] - _WINDOW_LEAD)
    per_date: list[tuple[Check, ...]] = []
    extras: list[Check] = []
    handed_on: list[Check] = []
    for following in days[1:]:
        own = handed_on + _take_before(waiting, following - _WINDOW_LEAD)
        staying = [check for check in own if check.counts_for != following]
        handed_on = [check for check in own if check.counts_for == following]
        if handed_on and not staying:
            # Only an extra may be handed on: the first one settles the date in whose window it lies.
            staying.append(handed_on.pop(0))
        per_date.append(tuple(staying))
        extras.extend(staying[1:])
    return _Settled(tuple(baseline), per_date, tuple(sorted(extras + handed_on + waiting, key=_order)))


def _take_before(waiting: list[Check], end: date) -> list[Check]:
    """Remove from ``waiting``, which is in order of days, the checks before ``end`` and return them."""
    cut = bisect_left(waiting, end, key=lambda check: check.day)
    taken = waiting[:cut]
    del waiting[:cut]
    return taken


def _order(check: Check) -> tuple[date, date]:
    return check.day, check.counts_for or date.min


def _status(day: date, checks: tuple[Check, ...], skipped: Collection[date], joined: date, today: date) -> LabStatus:
    if checks:
        return LabStatus.DONE
    if day < joined:
        return LabStatus.BEFORE
    if day in skipped:
        return LabStatus.SKIPPED
    return LabStatus.OPEN if day < today else LabStatus.AHEAD
