"""What the curated answers need from storage."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.chat.people import Place
from bot.faq.revision import Asked, Chat, Revision, Shown, State
from bot.members.ports import MemberWork

KEPT_FOR = timedelta(days=30)
"""How long a question to the moderators, and where an answer stood in a group, are kept."""


class Entries(Protocol):
    """Entries by revisions. A revision once stored is never changed but for its state and who decided."""

    async def version(self) -> int:
        """A number that grows with every change of any entry, so that what was built from them can be kept.

        Ask for it before the entries: then what is kept is never older than its number says.
        """
        ...

    async def current(self, team: str) -> Sequence[Revision]:
        """The approved revision of each entry with the highest number, of this team alone; also those not shown."""
        ...

    async def history(self, team: str, entry_id: str) -> Sequence[Revision]:
        """All revisions of an entry in a team, newest first."""
        ...

    async def waiting(self, team: str) -> Sequence[Revision]:
        """The team's revisions that are proposed or held, oldest first."""
        ...

    async def add(self, revision: Revision) -> Revision:
        """Store a revision under the next number of its team and entry, and return it with that number.

        Two at once get different numbers; neither is lost.
        """
        ...

    async def hold(self) -> None:
        """Let nobody else change an entry until this unit of work ends.

        Ask for it before looking at what holds, where a change depends on that.
        """
        ...

    async def decide(self, revision: Revision, state: State) -> bool:
        """Set the state, ``decided_by`` and ``decided_at`` of a waiting revision; False if it no longer waits.

        One that is approved gets the next number of its entry, so that it holds from now on.
        """
        ...


class Chats(Protocol):
    """The chats that moderators have set up."""

    async def find(self, place: Place) -> Chat | None:
        """The chat of a place, by its community; None where nothing was set up."""
        ...

    async def get(self, chat_id: str) -> Chat | None:
        """A chat by our own id."""
        ...

    async def add(self, chat: Chat) -> bool:
        """Store a new chat; False, and nothing changed, where its place has one."""
        ...

    async def save(self, chat: Chat) -> None:
        """Store a new or a changed chat."""
        ...

    async def of_team(self, team: str) -> Sequence[Chat]:
        """The chats of a team, oldest first."""
        ...

    async def all(self) -> Sequence[Chat]:
        """Every chat, oldest first."""
        ...

    async def moved(self, place: Place, to: Place) -> None:
        """A group goes on under another id; its settings go over.

        Nothing where it was not set up; where the new one was set up meanwhile, the old one's settings win.
        """
        ...

    async def move_team(self, team: str, into: str, now: datetime) -> None:
        """Make one team of two: chats, questions, counts and revisions go over.

        Where both changed the same entry, or a chat of either asks for a second moderator, the moved revision waits
        as a proposal, and what held in the moved team before it is rejected. Neither may be ``EVERYWHERE``.
        """
        ...


class Questions(Protocol):
    """Questions to the moderators, kept for ``KEPT_FOR``."""

    async def add(self, question: Asked) -> None:
        """Store a question."""
        ...

    async def open(self, team: str, now: datetime) -> Sequence[Asked]:
        """The questions to this team alone that are not older than ``KEPT_FOR``, oldest first."""
        ...

    async def has(self, question_id: str) -> bool:
        """Whether a question of that id is kept."""
        ...

    async def count(self, team: str) -> int:
        """How many questions to this team are kept; none is opened for that."""
        ...

    async def take(self, ids: Sequence[str]) -> Sequence[Asked]:
        """Erase questions and return those that were still there, oldest first.

        Of two who take the same one gets it: take, commit, answer, and ``add`` what has to be answered later.
        """
        ...

    async def drop(self, ids: Sequence[str]) -> None:
        """Erase questions that are answered or set aside."""
        ...

    async def purge(self, now: datetime) -> None:
        """Erase what has become too old, here and of where answers stood."""
        ...


class Figures(Protocol):
    """What is counted, without who."""

    async def vote(self, team: str, entry_id: str, *, helpful: bool) -> None:
        """Count one tap."""
        ...

    async def votes(self, team: str) -> dict[str, tuple[int, int]]:
        """Taps by entry: helpful, not helpful."""
        ...

    async def stood(self, shown: Shown) -> None:
        """Remember that an answer stands in a group."""
        ...

    async def where_stood(self, team: str, entry_id: str, since: datetime) -> Sequence[Shown]:
        """Where an answer stands in the team's groups, each place once with its latest moment, oldest first.

        For ``EVERYWHERE`` these are all groups.
        """
        ...

    async def claim_offer(self, place: Place, entry_id: str, now: datetime, pause: timedelta) -> bool:
        """Take the right to offer an entry in a chat; False where that was done less than ``pause`` ago.

        ``pause`` is at most a day.
        """
        ...

    async def claim_notice(self, chat_id: str, what: str) -> bool:
        """Take the right to tell a chat of something (an entry and its due date); False where it was told before."""
        ...


class FaqWork(MemberWork, Protocol):
    """One unit of work over the curated answers."""

    @property
    def entries(self) -> Entries:
        """Entries and their revisions."""
        ...

    @property
    def chats(self) -> Chats:
        """Chats and their settings."""
        ...

    @property
    def questions(self) -> Questions:
        """Questions to the moderators."""
        ...

    @property
    def figures(self) -> Figures:
        """Counts, and where answers stood."""
        ...

    async def commit(self) -> None:
        """Make what happened so far last, and hold nothing while something is sent."""
        ...
