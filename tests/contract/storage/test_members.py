import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, insert, select, update

import builders
from bot.care.course import Course
from bot.care.labs import Check
from bot.care.rounds import Round
from bot.chat.people import Person
from bot.errors import StorageError, WrongKeyError
from bot.members.member import Account, Draft, Member, Reach, Settings, Topic, Wording
from bot.reminders.planning import replan
from builders import ANNA, BEN, NOW
from storage import tables
from storage.store import SqlWork, Store

FULL_SETTINGS = Settings(
    country="CH",
    zone="Europe/Zurich",
    hour=time(7, 30),
    hour_chosen=True,
    hours={Topic.EVENING: time(20), Topic.LAB: time(6)},
    quiet=(time(22), time(6, 45)),
    lead_days=5,
    topics=frozenset(Topic),
    wording=Wording.DISCREET,
    anchor_day=31,
)
FULL_COURSE = Course(
    rounds=(Round(1, date(2025, 1, 6), 5), Round(2, date(2026, 1, 12), 3)),
    checks=(Check(date(2026, 2, 3)), Check(date(2026, 2, 20), counts_for=date(2026, 3, 6))),
    skipped=frozenset({date(2025, 7, 6)}),
    put_off={date(2026, 3, 6): date(2026, 3, 9)},
    seen=frozenset({date(2026, 2, 3)}),
    ask_again={date(2026, 2, 20): date(2026, 3, 1)},
    extended_until=date(2031, 1, 1),
)
TABLES_OF_NOBODY = {
    *("facts", "counters", "revisions", "chats", "questions", "votes", "shown", "offers", "notices"),
    *("watches", "flags", "flag_messages", "flag_people", "deeds", "opt_outs", "open_chats", "pauses"),
    *("leases", "holds"),
}
TABLES_OF_MEMBERS = tuple(table for table in tables.metadata.sorted_tables if table.name not in TABLES_OF_NOBODY)


async def _stored(store: Store, who: Member, account: Person | None = None, has: Course | None = None) -> None:
    async with store.work() as work:
        await builders.join(work, who, account, has)
        await work.commit()


async def _count(work: SqlWork, name: str) -> int:
    return (await work.connection.execute(select(func.count()).select_from(tables.metadata.tables[name]))).scalar_one()


@pytest.mark.parametrize(
    "who",
    [
        builders.member(),
        replace(builders.member(active=False), settings=FULL_SETTINGS, locale="de-CH"),
        replace(builders.member(), settings=Settings()),
    ],
    ids=["usual", "every choice made", "no choice made"],
)
async def test_a_member_comes_back_as_stored(store: Store, who: Member) -> None:
    await _stored(store, who)
    async with store.work() as work:
        assert await work.members.find(builders.person()) == who
        assert await work.members.get(who.id) == who


async def test_a_changed_member_comes_back_changed(store: Store) -> None:
    who = builders.member()
    await _stored(store, who)
    changed = replace(who, settings=FULL_SETTINGS, active=False, locale="fr")
    async with store.work() as work:
        await work.members.save(changed)
        await work.commit()
    async with store.work() as work:
        assert await work.members.get(who.id) == changed


@pytest.mark.parametrize(
    "stranger",
    [builders.person("ben"), builders.person(platform="discord")],
    ids=["other id", "same id on another platform"],
)
async def test_a_stranger_is_nobody(store: Store, stranger: Person) -> None:
    await _stored(store, builders.member())
    async with store.work() as work:
        assert await work.members.find(stranger) is None
        assert await work.members.get(BEN) is None


async def test_what_was_not_committed_has_not_happened(store: Store) -> None:
    async with store.work() as work:
        await builders.join(work, builders.member())
    async with store.work() as work:
        assert await work.members.ids() == ()


async def test_members_are_walked_over_page_by_page(store: Store) -> None:
    ids = [f"{number:032x}" for number in range(7)]
    for each in reversed(ids):
        await _stored(store, builders.member(each), builders.person(each))
    pages: list[tuple[str, ...]] = []
    async with store.look() as work:
        while page := await work.members.ids(pages[-1][-1] if pages else "", 3):
            pages.append(page)
        assert pages == [tuple(ids[:3]), tuple(ids[3:6]), tuple(ids[6:])]
        assert await work.members.ids() == tuple(ids)
        assert await work.members.ids(ids[2] + "0", 1) == (ids[3],), "one who left since is no hindrance"


async def test_one_account_belongs_to_one_member(store: Store) -> None:
    await _stored(store, builders.member())
    with pytest.raises(StorageError):
        await _stored(store, builders.member(BEN))
    async with store.work() as work:
        assert await work.members.ids() == (ANNA,)


async def test_an_account_keeps_how_it_can_be_reached_and_no_name(store: Store) -> None:
    await _stored(store, builders.member())
    anna = replace(builders.person(), name="")
    async with store.work() as work:
        assert await work.members.accounts(ANNA) == (Account(anna),)
        await work.members.save_account(ANNA, Account(builders.person(), Reach.BLOCKED, "blocked"), NOW)
        assert await work.members.accounts(ANNA) == (Account(anna, Reach.BLOCKED, "blocked"),)
        assert await work.members.accounts(BEN) == ()


async def test_consent_is_kept_with_its_version_and_its_withdrawal(store: Store) -> None:
    await _stored(store, builders.member())
    later = NOW + timedelta(days=1)
    async with store.work() as work:
        await work.members.withdraw(ANNA, later)
        await work.members.consent(ANNA, "2", later)
        table = tables.consents
        found = await work.connection.execute(
            select(table.c.version, table.c.given_at, table.c.withdrawn_at).order_by(table.c.version)
        )
        assert [tuple(row) for row in found] == [("1", NOW, later), ("2", later, None)]


@pytest.mark.parametrize("has", [Course(), builders.course(), FULL_COURSE], ids=["empty", "usual", "full"])
async def test_a_course_comes_back_as_stored(store: Store, has: Course) -> None:
    await _stored(store, builders.member())
    async with store.work() as work:
        assert await work.courses.load(ANNA) == Course()
        await work.courses.save(ANNA, FULL_COURSE)
        await work.courses.save(ANNA, has)
        assert await work.courses.load(ANNA) == has


async def test_a_draft_is_open_until_it_expires(store: Store) -> None:
    await _stored(store, builders.member())
    kept = builders.draft(first_day="5 Dec")
    async with store.work() as work:
        await work.drafts.save(builders.person(), kept)
        assert await work.drafts.load(builders.person(), kept.expires_at - timedelta(seconds=1)) == kept
        assert await work.drafts.load(builders.person(), kept.expires_at) is None
        assert await work.drafts.load(builders.person("ben"), NOW) is None


async def test_expired_drafts_are_purged(store: Store) -> None:
    await _stored(store, builders.member())
    kept = builders.draft(first_day="5 Dec")
    async with store.work() as work:
        await work.drafts.save(builders.person(), kept)
        await work.drafts.purge(kept.expires_at - timedelta(seconds=1))
        assert await work.drafts.load(builders.person(), NOW) == kept
        await work.drafts.purge(kept.expires_at)
        assert await work.drafts.load(builders.person(), NOW) is None


async def test_a_draft_takes_the_place_of_an_earlier_one_until_it_is_dropped(store: Store) -> None:
    await _stored(store, builders.member())
    later: Draft = builders.draft(days="3")
    async with store.work() as work:
        await work.drafts.save(builders.person(), builders.draft(first_day="5 Dec"))
        await work.drafts.save(builders.person(), later)
        assert await work.drafts.load(builders.person(), NOW) == later
        await work.drafts.drop(builders.person())
        assert await work.drafts.load(builders.person(), NOW) is None


async def test_a_draft_of_somebody_who_is_no_member_is_kept_until_it_expires(store: Store) -> None:
    kept = builders.draft(question="How long")
    async with store.work() as work:
        await work.drafts.save(builders.person(), builders.draft())
        await work.drafts.save(builders.person(), kept)
        assert await work.drafts.load(builders.person(), NOW) == kept
        assert await _count(work, "drafts") == 1
        await work.drafts.purge(kept.expires_at)
        assert await _count(work, "drafts") == 0


async def test_a_draft_begun_before_joining_goes_with_the_member(store: Store) -> None:
    async with store.work() as work:
        await work.drafts.save(builders.person(), builders.draft())
        await work.drafts.save(builders.person("ben"), builders.draft())
        await builders.join(work, builders.member())
        await work.members.erase(ANNA, NOW)
        assert await work.drafts.load(builders.person(), NOW) is None
        assert await work.drafts.load(builders.person("ben"), NOW) == builders.draft()


async def test_erasing_leaves_nothing_of_the_member_and_everything_of_others(store: Store) -> None:
    ben = builders.person("ben")
    for who, account in ((builders.member(), builders.person()), (builders.member(BEN), ben)):
        async with store.work() as work:
            await builders.join(work, who, account, builders.course())
            await work.drafts.save(account, builders.draft())
            await work.commit()
    async with store.work() as work:
        before = {table.name: await _count(work, table.name) for table in TABLES_OF_MEMBERS}
        await work.members.erase(ANNA, NOW)
        await work.commit()
    async with store.work() as work:
        after = {table.name: await _count(work, table.name) for table in TABLES_OF_MEMBERS}
        assert before == {name: 2 * rows for name, rows in after.items()}
        assert all(after.values())
        for table in TABLES_OF_MEMBERS:
            column = table.c.id if table is tables.members else table.c.member_id
            assert (await work.connection.execute(select(column).distinct())).scalars().all() == [BEN]


async def test_every_table_about_a_member_goes_with_them() -> None:
    for table in tables.metadata.sorted_tables:
        of_members = table in TABLES_OF_MEMBERS and table is not tables.members
        assert {key.ondelete for key in table.foreign_keys} == ({"CASCADE"} if of_members else set())


async def test_no_update_is_lost_between_tasks(store: Store) -> None:
    tasks, times = 8, 40
    await _stored(store, builders.member(), has=Course())

    async def add_skips(first: int) -> None:
        for one in range(times):
            async with store.work() as work:
                found = await work.members.find(builders.person())
                assert found
                course = await work.courses.load(found.id)
                day = date(2026, 1, 1) + timedelta(days=first * times + one)
                await work.courses.save(found.id, replace(course, skipped=course.skipped | {day}))
                await work.commit()

    await asyncio.gather(*(add_skips(first) for first in range(tasks)))
    async with store.work() as work:
        assert len((await work.courses.load(ANNA)).skipped) == tasks * times


@pytest.mark.parametrize("table", ["members", "accounts", "courses", "drafts", "reminders"])
async def test_a_value_moved_to_another_row_does_not_open(store: Store, table: str) -> None:
    ben = builders.person("ben")
    for who, account in ((builders.member(), builders.person()), (builders.member(BEN), ben)):
        async with store.work() as work:
            await builders.join(work, who, account, builders.course())
            await work.drafts.save(account, builders.draft())
            await work.commit()
    target = tables.metadata.tables[table]
    owner = target.c.id if table == "members" else target.c.member_id
    async with store.work() as work:
        moved = select(target.c.sealed).where(owner == ANNA).limit(1).scalar_subquery()
        sealed = (await work.connection.execute(select(moved))).scalar_one()
        await work.connection.execute(update(target).where(owner == BEN).values(sealed=sealed))
        reading: dict[str, Callable[[], Awaitable[object]]] = {
            "members": lambda: work.members.get(BEN),
            "accounts": lambda: work.members.accounts(BEN),
            "courses": lambda: work.courses.load(BEN),
            "drafts": lambda: work.drafts.load(ben, NOW),
            "reminders": lambda: work.reminders.of(BEN),
        }
        with pytest.raises(WrongKeyError):
            await reading[table]()


async def test_a_value_that_opens_but_is_no_such_record_is_refused_without_its_words(store: Store) -> None:
    await _stored(store, builders.member())
    sealed = store.vault.seal(b'{"rounds": "anna-secret"}', f"courses/{ANNA}")
    async with store.work() as work:
        await work.connection.execute(insert(tables.courses).values(member_id=ANNA, sealed=sealed))
        with pytest.raises(WrongKeyError) as caught:
            await work.courses.load(ANNA)
    assert "anna-secret" not in str(caught.value)
    assert caught.value.__suppress_context__


async def test_a_naive_moment_is_refused(store: Store) -> None:
    with pytest.raises(StorageError):
        async with store.work() as work:
            await builders.join(work, replace(builders.member(), created_at=NOW.replace(tzinfo=None)))


async def test_planning_members_does_not_mix_them_up(store: Store) -> None:
    await _stored(store, builders.member(), has=builders.course())
    await _stored(store, builders.member(BEN, hour=time(10)), builders.person("ben"), builders.course())
    async with store.work() as work:
        await replan(work, builders.member(active=False), NOW)
        assert {each.status.value for each in await work.reminders.of(ANNA)} == {"cancelled"}
        assert {each.status.value for each in await work.reminders.of(BEN)} == {"pending"}


async def test_the_platforms_of_members_are_told_apart_oldest_first(store: Store) -> None:
    await _stored(store, builders.member())
    await _stored(store, builders.member(BEN), builders.person("ben"))
    async with store.work() as work:
        assert await work.members.platforms(()) == {}
        await work.members.save_account(BEN, Account(builders.person("ben"), Reach.BLOCKED, "blocked"), NOW)
        # The same member on a second platform, where they came later.
        table = tables.accounts
        row = (await work.connection.execute(select(table).where(table.c.member_id == ANNA))).one()
        second = {**row._asdict(), "id": "0" * 32, "platform": "discord", "digest": b"second"}
        second["created_at"] += timedelta(minutes=1)
        await work.connection.execute(insert(table).values(second))
        assert await work.members.platforms({ANNA, BEN, "f" * 32}) == {
            ANNA: [(builders.PLATFORM, Reach.OK), ("discord", Reach.OK)],
            BEN: [(builders.PLATFORM, Reach.BLOCKED)],
        }
        assert set(await work.members.platforms([BEN])) == {BEN}
