"""Who someone is to us: the least that reminders need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import Enum

from bot.chat.people import Person

CONSENT_VERSION = "1"
"""The version of the consent text ``start.consent``; raised when the text changes in what it asks for."""

DEFAULT_HOUR = time(9)
DEFAULT_EVENING_HOUR = time(18)
DEFAULT_QUIET = (time(21), time(8))
DEFAULT_LEAD_DAYS = 3


class Topic(Enum):
    """What a member may be reminded of; each can be switched off."""

    LAB = "lab"  # the day of a check and, while it is open, 2 and 5 days after
    LEAD = "lead"  # some days before a check, to book it
    RESULT = "result"  # a week after a check: has the team seen the result?
    ROUND = "round"  # 30, 14, 7 and 1 days before a round
    EVENING = "evening"  # the evening before each infusion day
    MILESTONE = "milestone"  # 3, 6, 9 and 12 months after a round


DEFAULT_TOPICS = frozenset({Topic.LAB, Topic.LEAD, Topic.ROUND, Topic.EVENING})


class Wording(Enum):
    """How a reminder is worded: plainly, or so that a glance at the screen tells nobody anything."""

    PLAIN = "plain"
    DISCREET = "discreet"


@dataclass(frozen=True, slots=True)
class Settings:
    """A member's choices.

    ``country`` is an ISO 3166 code, None before it was chosen. ``hour`` is wall-clock time in ``zone``; ``hours`` are
    those that the member set for a topic of their own. ``quiet`` runs from its first to its second time, over
    midnight where the first is later; both equal means no quiet hours. ``anchor_day`` is the day of the month for
    checks, None for that of the first infusion day. ``wording`` None means what the platform's default is. ``set_up``
    is False until the questions after ``/start`` are answered: until then zone and hour may be nobody's choice.
    """

    country: str | None = None
    zone: str = "UTC"
    hour: time = DEFAULT_HOUR
    hour_chosen: bool = False
    hours: Mapping[Topic, time] = field(default_factory=dict[Topic, time])
    quiet: tuple[time, time] = DEFAULT_QUIET
    lead_days: int = DEFAULT_LEAD_DAYS
    topics: frozenset[Topic] = DEFAULT_TOPICS
    wording: Wording | None = None
    anchor_day: int | None = None
    set_up: bool = False

    def hour_of(self, topic: Topic) -> tuple[time, bool]:
        """The hour for a topic, and whether the member chose it (a chosen hour beats quiet hours)."""
        if topic in self.hours:
            return self.hours[topic], True
        if topic is Topic.EVENING:
            return DEFAULT_EVENING_HOUR, False
        return self.hour, self.hour_chosen


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who has given consent.

    ``joined`` is the date, in their zone, since which Roundtable counts. ``active`` is False after ``/stop``.
    ``locale`` is the language and, where known, the country that words and dates are written for.
    """

    id: str
    settings: Settings
    joined: date
    created_at: datetime
    active: bool = True
    locale: str = "en"

    @property
    def dates_locale(self) -> str:
        """The locale in which this member reads and writes dates, for example "en-GB"."""
        language = self.locale.replace("_", "-").split("-")[0] or "en"
        if "-" in self.locale.replace("_", "-"):
            return self.locale
        return f"{language}-{self.settings.country}" if self.settings.country else language


class Reach(Enum):
    """Whether an account can be written to."""

    OK = "ok"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Account:
    """One platform account of a member.

    ``reason`` is the platform's code for why it cannot be reached. ``since`` is when ``reach`` was last found out, None
    for an account that was not loaded.
    """

    person: Person
    reach: Reach = Reach.OK
    reason: str | None = None
    since: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """A half-filled form, asked one field at a time: the answers so far, by field name."""

    form: str
    arguments: tuple[str, ...]
    values: Mapping[str, str]
    expires_at: datetime
