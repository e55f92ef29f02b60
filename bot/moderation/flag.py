"""A flag: one message that moderators are to look at, and everything that has become of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from bot.chat.people import Person, Place
from bot.triage.assessment import Label

CLAIMED_FOR = timedelta(minutes=30)
"""How long a moderator who claims a flag has it before it goes back to all."""

CALL_AGAIN_AFTER = timedelta(minutes=10)
"""When a crisis that nobody has claimed calls the next on duty, and after them all moderators."""


FORGOTTEN = Person("", "", "")
"""Stands for a moderator who asked to be forgotten: what they did stays, without who."""


class Origin(Enum):
    """How a message became a flag."""

    HEARD = "heard"  # triage found it
    REPORTED = "reported"  # members did
    ASKED = "asked"  # the person themselves asked for a moderator, in their direct chat


class State(Enum):
    """Where the moderators' work on a flag stands."""

    OPEN = "open"
    CLAIMED = "claimed"
    RESOLVED = "resolved"
    FALSE_ALARM = "false_alarm"


class Answered(Enum):
    """Whether the bot's words have reached the person: only what a platform confirmed counts."""

    NOT_MEANT = "not_meant"  # nothing was to be said
    PENDING = "pending"  # about to be said; after a crash it is tried once more
    PRIVATELY = "privately"  # in their direct chat
    BUTTON = "button"  # a public reply without a label, with a button that opens the words
    READ = "read"  # that button was pressed
    NOBODY = "nobody"  # neither could be sent
    PAUSED = "paused"  # the same words were sent not long ago


@dataclass(frozen=True, slots=True)
class Report:
    """What a member said in reporting a message. ``hear``: they wish to hear what comes of it; ``told``: they heard."""

    reporter: Person
    reason: str
    hear: bool = False
    told: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """What a moderator wrote on a flag.

    ``arrived`` is None for a note to the others; for words that the bot passed on to the person concerned it says
    whether they arrived.
    """

    author: Person
    text: str
    at: datetime
    arrived: bool | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """Where a flag's card stands."""

    place: Place
    message_id: str


@dataclass(frozen=True, slots=True)
class Flag:
    """One message with what was found and done.

    ``id`` is 12 hexadecimal digits, which buttons carry. ``chat_id`` is whose flag it is. ``place``, ``message_id`` and
    ``link`` say where the message stands. ``rules`` are the names of the rules behind it, ``reasons`` the same in
    words. ``shadow``: nothing was to be said. ``quote``, ``author``, ``reports``, ``notes`` and what else quotes
    them or leads to them (``reasons``, ``link``, ``message_id``) are erased ``QUOTES_KEPT_FOR`` after it came, the
    quotation also from the card when it is closed. ``times`` counts the messages joined in it.
    ``calls`` counts how often moderators were called, ``look_at`` is when the bot is to look at it again (None: never).
    ``seen_at`` is when a moderator first acted on it. ``escalated_by`` asked for a second pair of eyes.
    ``contested``: the person concerned asked a second moderator to look.
    ``language`` is that of the message, empty where it does not show. ``author_told``: its author heard that a
    moderator has read it.
    """

    id: str
    chat_id: str
    origin: Origin
    label: Label
    place: Place
    at: datetime
    message_id: str = ""
    link: str = ""
    score: float = 0.0
    disputed: bool = False
    shadow: bool = False
    rules: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    version: str = ""
    quote: str = ""
    author: Person | None = None
    reports: tuple[Report, ...] = ()
    answered: Answered = Answered.NOT_MEANT
    state: State = State.OPEN
    times: int = 1
    card: Card | None = None
    claimed_by: Person | None = None
    claimed_until: datetime | None = None
    closed_by: Person | None = None
    closed_at: datetime | None = None
    seen_at: datetime | None = None
    notes: tuple[Note, ...] = ()
    escalated_by: Person | None = None
    contested: bool = False
    calls: int = 0
    look_at: datetime | None = None
    language: str = ""
    author_told: bool = False

    @property
    def closed(self) -> bool:
        """Whether moderators are done with it."""
        return self.state in (State.RESOLVED, State.FALSE_ALARM)


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of the record of who did what; ``what`` is a word such as "claimed". ``by`` None is the bot itself.

    ``detail`` neither names nor quotes anybody, since it stays when they are forgotten.
    """

    chat_id: str
    flag_id: str
    what: str
    at: datetime
    by: Person | None = None
    detail: str = ""
