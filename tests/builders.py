"""What tests are made of, with a default for every field, and databases to keep it in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from bot.care.course import Course
from bot.care.labs import Check
from bot.care.rounds import Round
from bot.chat.capabilities import Capabilities
from bot.chat.people import Person, Place, PlaceKind
from bot.members.member import CONSENT_VERSION, Draft, Member, Settings
from bot.reminders.planning import replan
from bot.reminders.reminder import Kind, Occurrence
from storage.store import SqlWork, Store, migrate, open_engine
from storage.vault import Vault

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
"""When tests begin, unless they say otherwise: a Tuesday."""

KEY = bytes(range(32))
PLATFORM = "telegram"
ANNA, BEN = "a" * 32, "b" * 32
"""Member ids."""


@dataclass(slots=True)
class SettableClock:
    """Fulfils ``Clock``: shows what it is set to."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


def person(name: str = "anna", *, platform: str = PLATFORM, locale: str | None = "en-GB") -> Person:
    """Somebody; the platform's id is made of the name."""
    return Person(platform, f"id-of-{name}", name.capitalize(), locale)


def direct(of: Person) -> Place:
    """The direct chat with somebody."""
    return Place(of.platform, of.id, PlaceKind.DIRECT)


def group(platform: str = PLATFORM) -> Place:
    """A group chat."""
    return Place(platform, "group", PlaceKind.GROUP)


def capabilities(platform: str = PLATFORM, **chosen: object) -> Capabilities:
    """A platform that can do nothing special."""
    plain = Capabilities(platform, 4000, 4, 20, 64, hidden_in_group=False, forms=False)
    return replace(plain, **chosen)


def settings(**chosen: object) -> Settings:
    """Settings of somebody in London."""
    return replace(Settings(country="GB", zone="Europe/London"), **chosen)


def member(member_id: str = ANNA, *, joined: date | None = None, active: bool = True, **chosen: object) -> Member:
    """A member; what is left over are their settings."""
    return Member(member_id, settings(**chosen), joined or NOW.date(), NOW, active, "en-GB")


def course(*rounds: Round, checks: tuple[date, ...] = (), **chosen: object) -> Course:
    """A course: by default one round, over since January, with its next check on the 12th of March."""
    plain = Course(rounds or (Round(1, date(2026, 1, 12), 5),), tuple(Check(day) for day in checks))
    return replace(plain, **chosen)


def occurrence(kind: Kind = Kind.LAB, *, due_at: datetime = NOW, lasts: timedelta = timedelta(days=2)) -> Occurrence:
    """Something to remind of, about the day on which it is due."""
    return Occurrence(kind, due_at.date(), 0, due_at.date(), due_at, due_at + lasts)


def draft(*, expires_at: datetime = NOW + timedelta(hours=24), **values: str) -> Draft:
    """A half-filled form."""
    return Draft("round", ("1",), values, expires_at)


@asynccontextmanager
async def open_store(url: str, key: bytes = KEY, busy_seconds: float = 30) -> AsyncIterator[Store]:
    """A store over a database that has its tables already."""
    store = Store(open_engine(url, busy_seconds), Vault(key))
    try:
        yield store
    finally:
        await store.close()


def make_tables(url: str) -> None:
    """Give an empty database the newest schema."""

    async def make() -> None:
        engine = open_engine(url)
        await migrate(engine)
        await engine.dispose()

    asyncio.run(make())


async def join(work: SqlWork, who: Member, account: Person | None = None, has: Course | None = None) -> Member:
    """Store a member with their account and, where given, a course that is planned as of ``NOW``."""
    await work.members.add(who, account or person(), CONSENT_VERSION)
    if has is not None:
        await work.courses.save(who.id, has)
        await replan(work, who, NOW)
    return who
