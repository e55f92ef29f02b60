"""Members, accounts, courses and drafts on SQL. The contracts are in ``bot.members.ports``."""

import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.care.course import Course
from bot.chat.people import Person
from bot.members.member import Account, Draft, Member, Reach, Settings
from storage import tables
from storage.documents import StoredDraft, StoredPerson, open_record, seal_record
from storage.finding import account_digest, holding
from storage.forgetting import forget_accounts
from storage.vault import Vault


@dataclass(frozen=True, slots=True)
class _StoredMember:
    settings: Settings
    joined: date
    locale: str


def _bound(table: str, row: str) -> str:
    return f"{table}/{row}"


@dataclass(frozen=True, slots=True)
class SqlMembers:
    """Fulfils ``Members``."""

    connection: AsyncConnection
    vault: Vault

    async def find(self, person: Person) -> Member | None:
        """See the port."""
        found = await self.connection.execute(
            select(tables.accounts.c.member_id).where(tables.accounts.c.digest == self._digest(person))
        )
        member_id = found.scalar_one_or_none()
        return await self.get(member_id) if member_id else None

    async def get(self, member_id: str) -> Member | None:
        """See the port."""
        table = tables.members
        found = await self.connection.execute(holding(self.connection, select(table).where(table.c.id == member_id)))
        row = found.one_or_none()
        if row is None:
            return None
        kept = open_record(self.vault, _StoredMember, row.sealed, _bound("members", member_id))
        return Member(member_id, kept.settings, kept.joined, row.created_at, row.active, kept.locale)

    async def add(self, member: Member, person: Person, consent_version: str) -> None:
        """See the port."""
        await self.connection.execute(
            insert(tables.members).values(
                id=member.id, active=member.active, created_at=member.created_at, sealed=self._seal(member)
            )
        )
        account_id = secrets.token_hex(16)
        await self.connection.execute(
            insert(tables.accounts).values(
                id=account_id,
                member_id=member.id,
                platform=person.platform,
                digest=self._digest(person),
                reach=Reach.OK.value,
                reach_since=member.created_at,
                created_at=member.created_at,
                sealed=seal_record(self.vault, StoredPerson(person.id, person.locale), _bound("accounts", account_id)),
            )
        )
        # A draft that they began before they were a member is theirs from now on, and goes with them.
        draft = self.vault.digest("draft", person.platform, person.id)
        await self.connection.execute(
            update(tables.drafts).where(tables.drafts.c.digest == draft).values(member_id=member.id)
        )
        await self.consent(member.id, consent_version, member.created_at)

    async def save(self, member: Member) -> None:
        """See the port."""
        await self.connection.execute(
            update(tables.members)
            .where(tables.members.c.id == member.id)
            .values(active=member.active, sealed=self._seal(member))
        )

    async def consent(self, member_id: str, version: str, now: datetime) -> None:
        """See the port."""
        await self.connection.execute(
            insert(tables.consents).values(id=secrets.token_hex(16), member_id=member_id, version=version, given_at=now)
        )

    async def withdraw(self, member_id: str, now: datetime) -> None:
        """See the port."""
        table = tables.consents
        await self.connection.execute(
            update(table).where(table.c.member_id == member_id, table.c.withdrawn_at.is_(None)).values(withdrawn_at=now)
        )

    async def erase(self, member_id: str, now: datetime) -> None:
        """See the port. Every table of a member's cascades from their row; the others know them by their accounts.

        A question that they asked stays without them. Revisions that they wrote or decided on as a moderator stay with
        their name: they are the moderators' record of who changed an answer.
        """
        accounts = tables.accounts
        found = await self.connection.execute(select(accounts.c.digest).where(accounts.c.member_id == member_id))
        await forget_accounts(self.connection, self.vault, [bytes(digest) for digest in found.scalars()], now)
        await self.connection.execute(delete(tables.members).where(tables.members.c.id == member_id))

    async def accounts(self, member_id: str) -> tuple[Account, ...]:
        """See the port."""
        table = tables.accounts
        found = await self.connection.execute(
            select(table).where(table.c.member_id == member_id).order_by(table.c.created_at, table.c.id)
        )
        accounts: list[Account] = []
        for row in found:
            kept = open_record(self.vault, StoredPerson, row.sealed, _bound("accounts", row.id))
            person = Person(row.platform, kept.id, "", kept.locale)
            accounts.append(Account(person, Reach(row.reach), row.reason, row.reach_since))
        return tuple(accounts)

    async def platforms(self, member_ids: Collection[str]) -> Mapping[str, Sequence[tuple[str, Reach]]]:
        """See the port."""
        table = tables.accounts
        found = await self.connection.execute(
            select(table.c.member_id, table.c.platform, table.c.reach)
            .where(table.c.member_id.in_(member_ids))
            .order_by(table.c.created_at, table.c.id)
        )
        platforms: defaultdict[str, list[tuple[str, Reach]]] = defaultdict(list)
        for row in found:
            platforms[row.member_id].append((row.platform, Reach(row.reach)))
        return platforms

    async def save_account(self, member_id: str, account: Account, now: datetime) -> None:
        """See the port."""
        table = tables.accounts
        await self.connection.execute(
            update(table)
            .where(table.c.member_id == member_id, table.c.digest == self._digest(account.person))
            .values(reach=account.reach.value, reason=account.reason, reach_since=now)
        )

    async def ids(self, after: str = "", most: int = 1000) -> tuple[str, ...]:
        """See the port."""
        table = tables.members
        found = await self.connection.execute(
            select(table.c.id).where(table.c.id > after).order_by(table.c.id).limit(most)
        )
        return tuple(found.scalars())

    def _digest(self, person: Person) -> bytes:
        return account_digest(self.vault, person)

    def _seal(self, member: Member) -> bytes:
        kept = _StoredMember(member.settings, member.joined, member.locale)
        return seal_record(self.vault, kept, _bound("members", member.id))


@dataclass(frozen=True, slots=True)
class SqlCourses:
    """Fulfils ``Courses``."""

    connection: AsyncConnection
    vault: Vault

    async def load(self, member_id: str) -> Course:
        """See the port."""
        table = tables.courses
        found = await self.connection.execute(select(table.c.sealed).where(table.c.member_id == member_id))
        sealed = found.scalar_one_or_none()
        return open_record(self.vault, Course, sealed, _bound("courses", member_id)) if sealed else Course()

    async def save(self, member_id: str, course: Course) -> None:
        """See the port."""
        table = tables.courses
        sealed = seal_record(self.vault, course, _bound("courses", member_id))
        changed = await self.connection.execute(
            update(table).where(table.c.member_id == member_id).values(sealed=sealed)
        )
        if changed.rowcount == 0:
            await self.connection.execute(insert(table).values(member_id=member_id, sealed=sealed))


@dataclass(frozen=True, slots=True)
class SqlDrafts:
    """Fulfils ``Drafts``. A member's draft cascades from their row; anybody else's ends with its expiry."""

    connection: AsyncConnection
    vault: Vault

    async def load(self, person: Person, now: datetime) -> Draft | None:
        """See the port."""
        digest = self._digest(person)
        found = await self.connection.execute(
            select(tables.drafts).where(tables.drafts.c.digest == digest, tables.drafts.c.expires_at > now)
        )
        row = found.one_or_none()
        if row is None:
            return None
        kept = open_record(self.vault, StoredDraft, row.sealed, _bound("drafts", digest.hex()))
        return Draft(kept.form, kept.arguments, kept.values, row.expires_at)

    async def save(self, person: Person, draft: Draft) -> None:
        """See the port."""
        await self.drop(person)
        digest = self._digest(person)
        account = account_digest(self.vault, person)
        member_id = select(tables.accounts.c.member_id).where(tables.accounts.c.digest == account).scalar_subquery()
        kept = StoredDraft(draft.form, draft.arguments, dict(draft.values))
        await self.connection.execute(
            insert(tables.drafts).values(
                digest=digest,
                member_id=member_id,
                expires_at=draft.expires_at,
                sealed=seal_record(self.vault, kept, _bound("drafts", digest.hex())),
            )
        )

    async def purge(self, now: datetime) -> None:
        """See the port."""
        await self.connection.execute(delete(tables.drafts).where(tables.drafts.c.expires_at <= now))

    async def drop(self, person: Person) -> None:
        """See the port."""
        await self.connection.execute(delete(tables.drafts).where(tables.drafts.c.digest == self._digest(person)))

    def _digest(self, person: Person) -> bytes:
        return self.vault.digest("draft", person.platform, person.id)
