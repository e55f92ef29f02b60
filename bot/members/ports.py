"""What the core needs from storage to know its members."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.care.course import Course
from bot.chat.people import Person
from bot.members.member import Account, Draft, Member, Reach


class Members(Protocol):
    """Members and their platform accounts."""

    async def find(self, person: Person) -> Member | None:
        """The member behind a platform account; holds their row until the unit of work ends."""
        ...

    async def get(self, member_id: str) -> Member | None:
        """A member by our own id; holds their row until the unit of work ends."""
        ...

    async def add(self, member: Member, person: Person, consent_version: str) -> None:
        """Store a new member with their first account and the consent just given (at ``member.created_at``)."""
        ...

    async def save(self, member: Member) -> None:
        """Store a changed member."""
        ...

    async def withdraw(self, member_id: str, now: datetime) -> None:
        """Record that consent was withdrawn (``/stop``)."""
        ...

    async def consent(self, member_id: str, version: str, now: datetime) -> None:
        """Record consent to the text of this version."""
        ...

    async def erase(self, member_id: str, now: datetime) -> None:
        """Erase everything kept about a member, in every table; ``now`` as for those who are no members.

        A question to the moderators stays without who asked it. What they changed as a moderator stays in the
        moderators' record.
        """
        ...

    async def accounts(self, member_id: str) -> tuple[Account, ...]:
        """The member's accounts, oldest first."""
        ...

    async def platforms(self, member_ids: Collection[str]) -> Mapping[str, Sequence[tuple[str, Reach]]]:
        """The platforms of members' accounts, oldest first, and whether each can be written to, by member."""
        ...

    async def save_account(self, member_id: str, account: Account, now: datetime) -> None:
        """Store how an account can be reached."""
        ...

    async def ids(self, after: str = "", most: int = 1000) -> tuple[str, ...]:
        """The next ids of members in their own order, for the nightly upkeep: those that come ``after`` one."""
        ...


class Courses(Protocol):
    """A member's rounds and checks, kept as one sealed document."""

    async def load(self, member_id: str) -> Course:
        """The member's course; an empty one where nothing was entered yet."""
        ...

    async def save(self, member_id: str, course: Course) -> None:
        """Store the member's course."""
        ...


class Drafts(Protocol):
    """Half-filled forms, one for each platform account.

    A member's draft goes with the member. A draft of somebody else holds only what they are typing for the moderators'
    work, and expires.
    """

    async def load(self, person: Person, now: datetime) -> Draft | None:
        """The person's open draft; None where there is none or it has expired."""
        ...

    async def save(self, person: Person, draft: Draft) -> None:
        """Store a draft in place of any earlier one."""
        ...

    async def purge(self, now: datetime) -> None:
        """Erase the drafts that have expired."""
        ...

    async def drop(self, person: Person) -> None:
        """Forget the person's draft, if any."""
        ...


class MemberWork(Protocol):
    """One unit of work over members: what happens in it happens wholly or not at all."""

    @property
    def members(self) -> Members:
        """Members and accounts."""
        ...

    @property
    def courses(self) -> Courses:
        """Rounds and checks."""
        ...

    @property
    def drafts(self) -> Drafts:
        """Half-filled forms."""
        ...


class Strangers(Protocol):
    """People of whom something is kept though they are no members: what they wrote was flagged, or they opted out."""

    async def holds(self, person: Person) -> bool:
        """Whether anything is kept about somebody, but for whether their direct chat is open."""
        ...

    async def opted_out(self, person: Person) -> bool:
        """Whether somebody asked not to be assessed."""
        ...

    async def forget(self, person: Person, now: datetime) -> None:
        """Erase it all; from ``now`` on what was shown of it to moderators is to be shown anew, without them."""
        ...
