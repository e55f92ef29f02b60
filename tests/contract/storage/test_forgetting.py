from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy import Table, func, select

import builders
from bot.chat.people import Person, Place, PlaceKind
from bot.faq.revision import Asked
from bot.moderation.flag import FORGOTTEN, Flag, Note, Origin, Report, State
from bot.moderation.policy import Duty
from builders import BEN, NOW
from contract.storage.moderated import (
    ANNA,
    CARL,
    CHAT,
    DAY,
    DESK,
    GROUP,
    LARGER,
    MARA,
    MINUTE,
    NOEL,
    add,
    deed,
    flag,
    watched,
    whole_flag,
)
from storage import tables
from storage.store import SqlWork, Store

ANNA_ON_DISCORD = builders.person(platform="discord")
ABOUT_PEOPLE = (tables.opt_outs, tables.open_chats, tables.pauses, tables.flag_people, tables.drafts)


async def _forget(work: SqlWork, person: Person) -> None:
    await work.people.forget(person, NOW + DAY)


async def _erase(work: SqlWork, person: Person) -> None:
    """The same for a member, by the way that members go."""
    await builders.join(work, builders.member(), person)
    await work.members.erase(builders.ANNA, NOW + DAY)


_WAYS = pytest.mark.parametrize("forget", [_forget, _erase], ids=["of moderation", "of a member"])
Forgetting = Callable[[SqlWork, Person], Awaitable[None]]


@asynccontextmanager
async def _having(store: Store, *flags: Flag) -> AsyncIterator[SqlWork]:
    async with store.work() as work:
        await add(work, *flags)
        yield work


async def _digests(work: SqlWork, table: Table) -> int:
    return (await work.connection.execute(select(func.count()).select_from(table))).scalar_one()


@_WAYS
async def test_who_is_forgotten_leaves_nothing_of_theirs_in_flags(store: Store, forget: Forgetting) -> None:
    one = replace(whole_flag(), reports=(Report(CARL, "she needs help", hear=True),))
    async with _having(store, one) as work:
        await forget(work, ANNA)
        assert await work.flags.get(one.id) == replace(
            one,
            author=None,
            quote="",
            reasons=(),
            notes=(),
            link="",
            message_id="",
            reports=(Report(CARL, "", hear=True),),
            look_at=NOW + DAY,
        )
        assert await work.flags.concerning(ANNA) == ()
        assert await work.flags.open_of(ANNA, CHAT, one.label) is None
        assert await work.flags.of_message(one.place, one.message_id) is None


@_WAYS
async def test_who_is_forgotten_takes_their_reports_along(store: Store, forget: Forgetting) -> None:
    one = flag(author=NOEL, reports=(Report(ANNA, "rude"), Report(CARL, "worried")), quote="Go away")
    async with _having(store, one) as work:
        await forget(work, ANNA)
        assert await work.flags.get(one.id) == replace(one, reports=(Report(CARL, "worried"),), look_at=NOW + DAY)
        assert await work.flags.concerning(ANNA) == ()


@_WAYS
async def test_a_moderator_who_is_forgotten_leaves_what_they_did_without_a_name(
    store: Store, forget: Forgetting
) -> None:
    mine, theirs = Note(ANNA, "called", NOW), Note(MARA, "agreed", NOW)
    one = flag(
        author=NOEL, claimed_by=ANNA, closed_by=ANNA, escalated_by=ANNA, notes=(mine, theirs), state=State.RESOLVED
    )
    other = flag("f00d00000002", author=NOEL, claimed_by=MARA, closed_by=CARL)
    async with _having(store, one, other) as work:
        await work.deeds.add(deed("claimed", by=ANNA, detail="again"))
        await work.deeds.add(deed("resolved", by=MARA, at=NOW + MINUTE))
        await forget(work, ANNA)
        assert await work.flags.get(one.id) == replace(
            one,
            claimed_by=FORGOTTEN,
            closed_by=FORGOTTEN,
            escalated_by=FORGOTTEN,
            notes=(replace(mine, author=FORGOTTEN), theirs),
            look_at=NOW + DAY,
        )
        assert await work.flags.get(other.id) == other
        assert await work.deeds.of(CHAT, 5) == (
            deed("resolved", by=MARA, at=NOW + MINUTE),
            deed("claimed", by=FORGOTTEN, detail="again"),
        )


@_WAYS
async def test_who_is_forgotten_is_on_duty_no_more(store: Store, forget: Forgetting) -> None:
    one = watched(duty=Duty((MARA, ANNA, NOEL)), desk=DESK)
    other = watched("c2", LARGER, duty=Duty((MARA,)))
    async with _having(store) as work:
        await work.watches.save(one)
        await work.watches.save(other)
        await forget(work, ANNA)
        assert await work.watches.all() == (replace(one, duty=Duty((MARA, NOEL))), other)


@_WAYS
async def test_who_is_forgotten_is_nobody_anywhere_and_all_others_stay(store: Store, forget: Forgetting) -> None:
    async with _having(store, flag("f1"), flag("f2", author=CARL)) as work:
        for person in (ANNA, CARL):
            await work.people.opt_out(person, NOW)
            await work.people.note_open(person, NOW, is_open=True)
            await work.people.claim(person, CHAT, "crisis", NOW, DAY)
            await work.drafts.save(person, builders.draft(reason="rude"))
            await work.questions.add(Asked(f"q{person.id}", "team", "Is it loud?", NOW, person))
        await forget(work, ANNA)
        assert not await work.people.opted_out(ANNA)
        assert not await work.people.is_open(ANNA)
        assert await work.people.opted_out(CARL)
        assert await work.people.is_open(CARL)
        assert await work.drafts.load(ANNA, NOW) is None
        assert [await _digests(work, table) for table in ABOUT_PEOPLE] == [1] * len(ABOUT_PEOPLE)
        assert await work.people.claim(ANNA, CHAT, "crisis", NOW, DAY)
        assert not await work.people.claim(CARL, CHAT, "crisis", NOW, DAY)
        askers = {each.id: each.asker and each.asker.id for each in await work.questions.open("team", NOW)}
        assert askers == {f"q{ANNA.id}": None, f"q{CARL.id}": CARL.id}


async def test_erasing_a_member_forgets_each_of_their_accounts_and_no_other(store: Store) -> None:
    anna_here, anna_there = flag("f1"), flag("f2", author=ANNA_ON_DISCORD)
    carls = flag("f3", author=CARL, reports=(Report(ANNA_ON_DISCORD, "rude"),))
    async with _having(store, anna_here, anna_there, carls) as work:
        await builders.join(work, builders.member(), ANNA)
        await builders.join(work, builders.member(BEN), ANNA_ON_DISCORD)
        # There is no linking of accounts yet, so the second is given to the first by hand.
        await work.connection.execute(tables.accounts.update().values(member_id=builders.ANNA))
        await work.people.opt_out(ANNA_ON_DISCORD, NOW)
        await work.members.erase(builders.ANNA, NOW)
        await work.commit()
    async with store.work() as work:
        for person in (ANNA, ANNA_ON_DISCORD):
            assert await work.flags.concerning(person) == ()
            assert not await work.people.opted_out(person)
        assert await work.flags.concerning(CARL) == (replace(carls, reports=(), look_at=NOW),)


async def test_a_flag_that_somebody_asked_for_does_not_keep_their_direct_chat(store: Store) -> None:
    asked = flag(origin=Origin.ASKED, place=builders.direct(ANNA), message_id="")
    bare = replace(asked, author=None, place=Place(ANNA.platform, "", PlaceKind.DIRECT))
    async with _having(store, asked) as work:
        assert await work.flags.purge(NOW + DAY) == 1
        assert await work.flags.get(asked.id) == bare
        await work.flags.save(asked)
        await work.people.forget(ANNA, NOW)
        assert await work.flags.get(asked.id) == replace(bare, look_at=NOW)


async def test_what_is_old_loses_its_people_and_words_and_still_counts(store: Store) -> None:
    old, new = whole_flag(), replace(whole_flag(), id="f00d00000002", message_id="m2", at=NOW + MINUTE)
    async with _having(store, old, new) as work:
        before = await work.flags.tallies(CHAT, NOW)
        assert await work.flags.purge(NOW) == 0
        assert await work.flags.purge(NOW + MINUTE) == 1
        assert await work.flags.purge(NOW + MINUTE) == 0
        noel, mara = (replace(each, name="", locale=None) for each in (NOEL, MARA))
        assert await work.flags.get(old.id) == replace(
            old,
            author=None,
            quote="",
            reports=(),
            reasons=(),
            notes=(),
            link="",
            message_id="",
            claimed_by=mara,
            closed_by=noel,
            escalated_by=mara,
        )
        assert await work.flags.get(new.id) == new
        assert await work.flags.tallies(CHAT, NOW) == before
        assert await work.flags.of_message(GROUP, old.message_id) is None
        assert _only(await work.flags.concerning(ANNA)) == new
        assert _only(await work.flags.concerning(CARL)) == new


async def test_a_note_written_on_an_old_flag_is_purged_the_next_time(store: Store) -> None:
    async with _having(store, flag()) as work:
        assert await work.flags.purge(NOW + DAY) == 1
        kept = await work.flags.get(flag().id)
        assert kept
        await work.flags.save(replace(kept, notes=(Note(MARA, "asked after her", NOW + DAY),)))
        assert await work.flags.purge(NOW + DAY) == 1
        assert await work.flags.get(flag().id) == kept


async def test_who_has_an_old_flag_just_then_is_named_until_it_is_let_go(store: Store) -> None:
    claimed = flag(state=State.CLAIMED, claimed_by=MARA)
    async with _having(store, claimed) as work:
        assert await work.flags.purge(NOW + DAY) == 1
        kept = await work.flags.get(claimed.id)
        assert kept
        assert kept.claimed_by == MARA
        await work.flags.save(replace(kept, state=State.RESOLVED))
        assert await work.flags.purge(NOW + DAY) == 1
        kept = await work.flags.get(claimed.id)
        assert kept
        assert kept.claimed_by == replace(MARA, name="")


@_WAYS
async def test_further_messages_of_a_flag_go_with_their_author(store: Store, forget: Forgetting) -> None:
    annas, carls = flag("f1"), flag("f2", author=CARL, reports=(Report(ANNA, "rude"),))
    async with _having(store, annas, carls) as work:
        for number, one in enumerate((annas, annas, carls)):
            assert await work.flags.join(one, GROUP, f"further-{number}")
        await forget(work, ANNA)
        left = [await work.flags.of_message(GROUP, f"further-{number}") for number in range(3)]
        assert [one and one.id for one in left] == [None, None, "f2"]
        assert await _digests(work, tables.flag_messages) == 1


async def test_further_messages_of_an_old_flag_are_purged(store: Store) -> None:
    old, new = flag("f1"), flag("f2", at=NOW + DAY)
    async with _having(store, old, new) as work:
        for one in (old, new):
            assert await work.flags.join(one, GROUP, f"further-{one.id}")
        assert await work.flags.purge(NOW + DAY) == 1
        assert await work.flags.of_message(GROUP, "further-f1") is None
        assert await work.flags.of_message(GROUP, "further-f2") == new
        assert await _digests(work, tables.flag_messages) == 1


def _only(found: Sequence[Flag]) -> Flag:
    [one] = found
    return one
