"""What a reminder is, from the plan to its end."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from bot.members.member import Topic

MOST_REPEATS = 3
"""How often at most a reminder goes out again because nobody knows whether it arrived."""


class Kind(Enum):
    """What a reminder is about. The value is stored, sealed."""

    LEAD = "lead"  # a check is some days away: time to book it
    LAB = "lab"  # a check is due today
    LAB_AGAIN = "lab_again"  # the same check is still open
    RESULT = "result"  # has the team seen the result?
    ROUND = "round"  # a round starts in 30, 14, 7 or 1 days
    EVENING = "evening"  # tomorrow is an infusion day
    MILESTONE = "milestone"  # 3, 6, 9 or 12 months after a round
    END = "end"  # monitoring ends: going on is asked, not assumed

    @property
    def topic(self) -> Topic:
        """The switch that turns it on and off."""
        return _TOPICS[self]

    @property
    def repeated(self) -> bool:
        """Whether it is sent again, marked as a repeat, when nobody knows if it went out."""
        return self in (Kind.LAB, Kind.LAB_AGAIN, Kind.EVENING)

    @property
    def caught_up(self) -> bool:
        """Whether an edit that makes it due in the past has it sent now, while it is still of use."""
        return self in (Kind.LEAD, Kind.LAB, Kind.LAB_AGAIN, Kind.EVENING)

    @property
    def probes(self) -> bool:
        """Whether it is worth one try a day at somebody who blocked the bot."""
        return self in (Kind.LAB, Kind.EVENING)


_TOPICS = {
    Kind.LEAD: Topic.LEAD,
    Kind.LAB: Topic.LAB,
    Kind.LAB_AGAIN: Topic.LAB,
    Kind.RESULT: Topic.RESULT,
    Kind.ROUND: Topic.ROUND,
    Kind.EVENING: Topic.EVENING,
    Kind.MILESTONE: Topic.MILESTONE,
    Kind.END: Topic.LAB,
}


class Status(Enum):
    """Where a reminder is. It never vanishes: every path ends in a state that can be shown."""

    PENDING = "pending"
    CLAIMED = "claimed"  # a worker holds it and has not called the platform yet
    SENDING = "sending"  # the platform is being called; after a crash nobody knows whether it arrived
    SENT = "sent"
    SETTLED = "settled"  # what it would have named was done or skipped before it was sent
    CANCELLED = "cancelled"  # switched off or re-planned before it was sent
    MISSED = "missed"  # too late to be of use; told at the next contact
    UNDELIVERABLE = "undeliverable"  # the person cannot be reached; told at the next contact
    IN_DOUBT = "in_doubt"  # may or may not have arrived; told at the next contact
    DEAD = "dead"  # given up after bounded tries; told at the next contact


Matter = tuple[Kind, date]
"""What a reminder is about: a kind, and the ``day`` of its occurrence."""

QUIET = "quiet hours"
"""The reason of a reminder that is kept until its member's quiet hours are over."""

TO_TELL = (Status.MISSED, Status.UNDELIVERABLE, Status.IN_DOUBT, Status.DEAD)
"""The ends that a person hears of when they next speak with the bot."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One thing to remind of at one moment.

    ``day`` is the local date that it is about (a due date, a first infusion day, an infusion day). ``number`` tells
    apart what shares a day: days ahead of a round, the day of a round, months of a milestone, days since a due date.
    ``shown_on`` is the local date of the reminder itself. ``due_at`` and ``expires_at`` (after which it is of no more
    use) are aware UTC.
    """

    kind: Kind
    day: date
    number: int
    shown_on: date
    due_at: datetime
    expires_at: datetime
    round_number: int = 0

    @property
    def key(self) -> str:
        """What makes it one and the same occurrence over all re-planning; moving its hour does not change it."""
        return f"{self.kind.value}/{self.day.isoformat()}/{self.number}/{self.round_number}/{self.shown_on.isoformat()}"

    @property
    def message(self) -> tuple[Kind, date, int]:
        """What it tells, on whichever day and however counted: nobody needs to catch up on what they were told."""
        return self.kind, self.day, self.number if self.kind is Kind.LAB_AGAIN else 0


@dataclass(frozen=True, slots=True)
class Reminder:
    """A stored occurrence.

    ``repeat`` marks one that may have been sent already. ``attempts`` counts the tries at sending it; once it is a
    repeat, only those that may have arrived.
    """

    id: str
    member_id: str
    occurrence: Occurrence
    status: Status
    attempts: int
    repeat: bool = False
    reason: str | None = None

    @property
    def may_repeat(self) -> bool:
        """Whether it goes out again if the try that is made now may have arrived."""
        return self.occurrence.kind.repeated and (not self.repeat or self.attempts < MOST_REPEATS)
