"""How entries change: every change is a revision, and none is ever overwritten."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from bot.chat.people import Person, Place
from bot.faq.entry import Entry

EVERYWHERE = ""
"""The team of the entries that hold for all: those that come with the program, and the operator's."""


class Kind(Enum):
    """What a revision did."""

    FILE = "file"  # came with the program
    IMPORT = "import"  # the operator's or a team's own files
    ADD = "add"
    EDIT = "edit"
    RETIRE = "retire"
    RESTORE = "restore"


class State(Enum):
    """Whether a revision holds."""

    APPROVED = "approved"
    PROPOSED = "proposed"  # waits for a second moderator, or lost a race with another change
    REJECTED = "rejected"
    HELD = "held"  # a newer file of the program beside a text that somebody changed


@dataclass(frozen=True, slots=True)
class Revision:
    """One change of one entry.

    ``team`` is whose change it is (``EVERYWHERE`` for the operator's), ``number`` counts up within team and entry.
    ``shown`` is False where the revision takes the entry away. ``author`` is None for files and the operator;
    ``based_on`` is the number of the revision that its author saw. ``digest`` names the file's content where
    ``kind`` is ``FILE``. ``id`` is given when it is stored and stays whatever becomes of number and team.
    """

    team: str
    number: int
    kind: Kind
    state: State
    entry: Entry
    at: datetime
    shown: bool = True
    author: Person | None = None
    decided_by: Person | None = None
    decided_at: datetime | None = None
    based_on: int = 0
    digest: str = ""
    id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Chat:
    """A group, a server or a moderators' chat, and whose entries hold there.

    ``id`` is our own, eight characters that buttons carry. ``place`` is where notices for its moderators go if
    ``notices``. ``offers`` lets the bot offer an entry under a plain question; ``two_approve`` asks for a second
    moderator before a change is shown; ``lifted_by`` is who would have one be enough, until another agrees.
    """

    id: str
    team: str
    place: Place
    offers: bool = False
    two_approve: bool = False
    notices: bool = False
    lifted_by: Person | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that members asked the moderators. ``asker`` is None unless they want the answer."""

    id: str
    team: str
    text: str
    at: datetime
    asker: Person | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer that stood in a group, so that it can be corrected there."""

    entry_id: str
    place: Place
    at: datetime
