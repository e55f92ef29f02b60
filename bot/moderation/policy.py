"""What the bot does about what it hears, as data that each chat can change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import Enum

from bot.chat.people import Person, Place
from bot.moderation.flag import Card
from bot.triage.assessment import Label


class Mode(Enum):
    """How far the bot goes for a label."""

    OFF = "off"  # nothing
    SHADOW = "shadow"  # a card for the moderators, marked as such; the writer hears nothing
    ON = "on"  # a card and an answer


@dataclass(frozen=True, slots=True)
class Handling:
    """What happens with one label.

    ``act`` and ``card`` are limits for the score from 0 to 1, None for triage's own. Within ``pause`` the same person
    gets the words once. ``own_words`` stand under the fixed words of crisis and urgent, and in place of all others.
    """

    mode: Mode
    pause: timedelta = timedelta()
    act: float | None = None
    card: float | None = None
    own_words: str = ""


MOST_OWN_WORDS = 300
"""Characters of a chat's own words for a label."""

QUOTES_KEPT_FOR = timedelta(days=30)
"""How long a flag's quotation, author and reporters are kept."""

CRISIS_PAUSE = timedelta(hours=12)
"""How long the crisis words are not repeated to the same person; every further message still calls the moderators."""


def first_policy() -> Mapping[Label, Handling]:
    """What holds in a chat whose moderators have not decided yet: danger is answered, all else only shown to them."""
    return {
        Label.CRISIS: Handling(Mode.ON, CRISIS_PAUSE),
        Label.URGENT: Handling(Mode.ON),
        Label.MEDICAL_QUESTION: Handling(Mode.SHADOW, timedelta(hours=1)),
        Label.MEDICAL_ADVICE: Handling(Mode.SHADOW, timedelta(hours=1)),
        Label.PROMOTION: Handling(Mode.SHADOW),
        Label.DISTRESS: Handling(Mode.SHADOW, timedelta(hours=12)),
    }


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is called for a crisis, and when: ``people`` in the order in which they are, from ``begins`` to ``ends``.

    The hours are wall-clock times in ``zone`` and may go over midnight; None where they are always on duty.
    """

    people: tuple[Person, ...] = ()
    begins: time | None = None
    ends: time | None = None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Watched:
    """A community in which the bot listens.

    ``chat_id`` is the id of its ``Chat``, or the one that this will have. ``place`` is where its members were told what
    is read. ``desk`` is the moderators' chat or channel, where cards go; None where there is none yet. ``quotes`` puts
    a short quotation on cards. ``reminded_at`` is when its moderators were last told that no desk is set up,
    ``danger_told_at`` when they were told so for danger, ``reported`` whether they were shown the first week's figures.
    ``desk_lost_at`` is since when cards cannot be posted at the desk, ``more`` where the message stands that says how
    many flags wait without a card. ``introduced``: the notice of what is read stands there.
    """

    chat_id: str
    place: Place
    since: datetime
    handling: Mapping[Label, Handling] = field(default_factory=first_policy)
    desk: Place | None = None
    quotes: bool = True
    duty: Duty = Duty()
    reminded_at: datetime | None = None
    reported: bool = False
    desk_lost_at: datetime | None = None
    more: Card | None = None
    danger_told_at: datetime | None = None
    introduced: bool = True
