import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, update

import builders
from bot.errors import StorageError, WrongKeyError
from bot.moderation.flag import CLAIMED_FOR, Flag, Origin, Report, State
from bot.moderation.policy import Duty, Watched
from bot.moderation.ports import Tally
from bot.triage.assessment import Label
from builders import NOW
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
    OTHER_CHAT,
    add,
    deed,
    flag,
    watched,
    whole_flag,
    whole_watched,
)
from storage import tables
from storage.store import SqlWork, Store

# Communities


@pytest.mark.parametrize("one", [watched(), whole_watched()], ids=["as it begins", "every choice made"])
async def test_a_community_comes_back_as_stored(store: Store, one: Watched) -> None:
    async with store.work() as work:
        await work.watches.save(one)
        await work.commit()
    async with store.work() as work:
        found = await work.watches.get(CHAT)
        assert found == one
        assert found.desk is one.desk is None or found.desk.topic == one.desk.topic
        assert await work.watches.find(replace(GROUP, topic="5")) == one
        assert await work.watches.find(LARGER) is None
        assert await work.watches.find(replace(GROUP, platform="discord")) is None
        assert await work.watches.get(OTHER_CHAT) is None


def test_every_setting_of_a_community_is_chosen_somewhere() -> None:
    plain, chosen = watched(), whole_watched()
    same = [each.name for each in fields(Watched) if getattr(plain, each.name) == getattr(chosen, each.name)]
    assert same == ["chat_id", "place", "since"]


async def test_a_changed_community_comes_back_changed(store: Store) -> None:
    async with store.work() as work:
        for one in (whole_watched(), watched()):
            await work.watches.save(one)
            assert await work.watches.all() == (one,)
        assert await work.watches.of_desk(DESK) == ()


async def test_a_desk_knows_its_communities_oldest_first(store: Store) -> None:
    newer = watched("c1", LARGER, desk=DESK, since=NOW + DAY)
    older = watched("c2", GROUP, desk=DESK)
    elsewhere = watched("c3", replace(GROUP, id="third"), desk=replace(DESK, id="other"), since=NOW + 2 * DAY)
    async with store.work() as work:
        for one in (newer, elsewhere, older):
            await work.watches.save(one)
        assert await work.watches.of_desk(replace(DESK, topic="3")) == (older, newer)
        assert await work.watches.of_desk(GROUP) == ()
        assert await work.watches.all() == (older, newer, elsewhere)


async def test_one_community_is_watched_once(store: Store) -> None:
    async with store.work() as work:
        await work.watches.save(watched())
        await work.commit()
    with pytest.raises(StorageError):
        async with store.work() as work:
            await work.watches.save(watched(OTHER_CHAT))


async def test_of_many_who_join_the_duty_at_once_none_is_lost(store: Store) -> None:
    people = [builders.person(f"moderator{number}") for number in range(6)]
    async with store.work() as work:
        await work.watches.save(watched())
        await work.commit()

    async def join(one: int) -> None:
        async with store.work() as work:
            known = await work.watches.get(CHAT)
            assert known
            await work.watches.save(replace(known, duty=Duty((*known.duty.people, people[one]))))
            await work.commit()

    await asyncio.gather(*map(join, range(6)))
    async with store.work() as work:
        [known] = await work.watches.all()
        assert sorted(one.id for one in known.duty.people) == [one.id for one in people]


# Flags


@pytest.mark.parametrize(
    "one",
    [
        flag(author=None, message_id=""),
        whole_flag(),
        flag(origin=Origin.ASKED, place=builders.direct(ANNA), message_id=""),
    ],
    ids=["least", "every field chosen", "asked for"],
)
async def test_a_flag_comes_back_as_stored(store: Store, one: Flag) -> None:
    async with store.work() as work:
        await add(work, one)
        await work.commit()
    async with store.work() as work:
        found = await work.flags.get(one.id)
        assert found == one
        assert found.place.topic == one.place.topic
        assert await work.flags.get("f00d0000ffff") is None


async def test_a_changed_flag_comes_back_changed(store: Store) -> None:
    async with store.work() as work:
        await add(work, flag(label=Label.URGENT))
        for changed in (whole_flag(), flag(label=Label.URGENT), whole_flag()):
            await work.flags.save(changed)
            assert await work.flags.get(changed.id) == changed
        assert await work.flags.concerning(CARL) == (whole_flag(),)


def test_every_field_of_a_flag_is_chosen_somewhere() -> None:
    """What a new field forgets to store would come back as its default."""
    plain, chosen = flag(author=None, message_id=""), whole_flag()
    same = [each.name for each in fields(Flag) if getattr(plain, each.name) == getattr(chosen, each.name)]
    # A place's topic does not count in comparing it.
    assert same == ["id", "chat_id", "place", "at"]


async def test_one_message_has_one_flag(store: Store) -> None:
    async with store.work() as work:
        await add(work, flag())
        again = flag("f00d00000002", message_id=flag().message_id, author=CARL)
        assert await work.flags.add(again) is None
        assert await work.flags.get(again.id) is None
        assert await work.flags.concerning(CARL) == ()
        assert await work.flags.of_message(replace(GROUP, topic="5"), flag().message_id) == flag()
        assert await work.flags.of_message(LARGER, flag().message_id) is None
        assert await work.flags.of_message(GROUP, "another") is None
        await add(work, replace(again, place=LARGER))


async def test_flags_without_a_message_never_meet(store: Store) -> None:
    asked = [flag(f"f00d0000000{number}", origin=Origin.ASKED, message_id="") for number in range(3)]
    async with store.work() as work:
        await add(work, *asked)
        assert await work.flags.of_message(GROUP, "") is None
        assert await work.flags.waiting([CHAT]) == tuple(asked)


async def test_a_flag_that_is_there_is_not_added_again(store: Store) -> None:
    async with store.work() as work:
        await add(work, flag(message_id=""))
        assert await work.flags.add(flag(message_id="", author=CARL)) is None
        assert await work.flags.get(flag().id) == flag(message_id="")


async def test_of_many_who_flag_a_message_at_once_one_makes_the_flag(store: Store) -> None:
    async def report(number: int) -> bool:
        async with store.work() as work:
            added = await work.flags.add(flag(f"f00d0000000{number}", message_id="m1"))
            there = await work.flags.of_message(GROUP, "m1")
            assert there
            await work.flags.save(replace(there, times=there.times + 1))
            await work.commit()
            return added is not None

    assert sum(await asyncio.gather(*map(report, range(6)))) == 1
    async with store.work() as work:
        [one] = await work.flags.waiting([CHAT])
        assert one.times == 7


async def test_of_two_moderators_who_claim_at_once_one_wins(store: Store) -> None:
    async with store.work() as work:
        await add(work, flag())
        await work.commit()
    got, begun = asyncio.Event(), asyncio.Event()

    async def first() -> bool:
        async with store.work() as work:
            found = await work.flags.get(flag().id)
            got.set()
            await begun.wait()
            # Long enough for the other to come to the same row and wait there.
            await asyncio.sleep(0.2)
            return await _claim(work, found, MARA.id)

    async def second() -> bool:
        await got.wait()
        begun.set()
        async with store.work() as work:
            return await _claim(work, await work.flags.get(flag().id), NOEL.id)

    async def _claim(work: SqlWork, found: Flag | None, who: str) -> bool:
        assert found
        if found.claimed_by:
            return False
        moderator = MARA if who == MARA.id else NOEL
        await work.flags.save(
            replace(found, state=State.CLAIMED, claimed_by=moderator, claimed_until=NOW + CLAIMED_FOR)
        )
        await work.commit()
        return True

    assert await asyncio.gather(first(), second()) == [True, False]
    async with store.work() as work:
        found = await work.flags.get(flag().id)
        assert found
        assert found.claimed_by == MARA


@pytest.mark.parametrize("how", ["get", "of_message", "open_of", "concerning", "due"])
async def test_a_flag_that_was_got_is_held(store: Store, how: str) -> None:
    """Six who each count one up, by whichever way they came to the flag."""
    async with store.work() as work:
        await add(work, flag(look_at=NOW, times=0))
        await work.commit()

    async def found(work: SqlWork) -> Flag | None:
        ways: dict[str, Callable[[], Awaitable[object]]] = {
            "get": lambda: work.flags.get(flag().id),
            "of_message": lambda: work.flags.of_message(GROUP, flag().message_id),
            "open_of": lambda: work.flags.open_of(ANNA, CHAT, Label.CRISIS),
            "concerning": lambda: work.flags.concerning(ANNA),
            "due": lambda: work.flags.due(NOW, 5),
        }
        got = await ways[how]()
        if isinstance(got, tuple):
            return got[0] if got else None
        assert isinstance(got, Flag)
        return got

    async def count_up() -> None:
        async with store.work() as work:
            # Of what is due, one that somebody else holds is skipped, so whoever wants it comes again.
            while (one := await found(work)) is None:
                await work.commit()
                await asyncio.sleep(0.01)
            await work.flags.save(replace(one, times=one.times + 1))
            await work.commit()

    await asyncio.gather(*(count_up() for _one in range(6)))
    async with store.work() as work:
        one = await work.flags.get(flag().id)
        assert one
        assert one.times == 6


async def test_the_newest_open_flag_on_somebody_with_a_label_is_found(store: Store) -> None:
    async with store.work() as work:
        await add(
            work,
            flag("f1", at=NOW),
            flag("f2", at=NOW + MINUTE, state=State.CLAIMED),
            flag("f3", at=NOW + DAY, state=State.RESOLVED),
            flag("f4", at=NOW + DAY, state=State.FALSE_ALARM),
            flag("f5", at=NOW + DAY, label=Label.URGENT),
            flag("f6", at=NOW + DAY, chat_id=OTHER_CHAT),
            flag("f7", at=NOW + DAY, author=CARL, reports=(Report(ANNA, ""),)),
            flag("f8", at=NOW + DAY, author=None),
        )
        found = await work.flags.open_of(replace(ANNA, name="Ann", locale="de"), CHAT, Label.CRISIS)
        assert found
        assert found.id == "f2"
        assert await work.flags.open_of(CARL, CHAT, Label.DISTRESS) is None
        assert await work.flags.open_of(replace(ANNA, platform="discord"), CHAT, Label.CRISIS) is None


async def test_waiting_are_crisis_then_urgent_then_the_oldest(store: Store) -> None:
    async with store.work() as work:
        await add(
            work,
            flag("f1", Label.DISTRESS, at=NOW),
            flag("f2", Label.PROMOTION, at=NOW - DAY),
            flag("f3", Label.URGENT, at=NOW + MINUTE),
            flag("f4", Label.CRISIS, at=NOW + DAY),
            flag("f5", Label.CRISIS, at=NOW, chat_id=OTHER_CHAT, state=State.CLAIMED),
            flag("f6", Label.CRISIS, at=NOW, state=State.RESOLVED),
            flag("f7", Label.CRISIS, at=NOW, chat_id="a third"),
        )
        assert _ids(await work.flags.waiting([CHAT, OTHER_CHAT])) == ["f5", "f4", "f3", "f2", "f1"]
        assert _ids(await work.flags.waiting([CHAT])) == ["f4", "f3", "f2", "f1"]
        assert await work.flags.waiting([]) == ()


async def test_closed_are_the_newest_first_up_to_a_limit(store: Store) -> None:
    async with store.work() as work:
        await add(
            work,
            flag("f1", at=NOW, state=State.RESOLVED, closed_at=NOW + DAY),
            flag("f2", at=NOW + MINUTE, state=State.FALSE_ALARM, closed_at=NOW + DAY),
            flag("f3", at=NOW + DAY),
            flag("f4", at=NOW + 2 * MINUTE, chat_id=OTHER_CHAT, state=State.RESOLVED),
        )
        assert _ids(await work.flags.closed([CHAT, OTHER_CHAT], 5)) == ["f4", "f2", "f1"]
        assert _ids(await work.flags.closed([CHAT], 1)) == ["f2"]


async def test_due_is_what_is_to_be_looked_at_longest_due_first(store: Store) -> None:
    async with store.work() as work:
        await add(
            work,
            flag("f1", look_at=NOW),
            flag("f2", look_at=NOW - MINUTE),
            flag("f3", look_at=NOW + timedelta(seconds=1)),
            flag("f4"),
            flag("f5", look_at=NOW - 2 * MINUTE),
        )
        assert _ids(await work.flags.due(NOW, 10)) == ["f5", "f2", "f1"]
        assert _ids(await work.flags.due(NOW, 2)) == ["f5", "f2"]


@pytest.mark.postgres
async def test_what_somebody_holds_is_not_waited_for_by_those_who_look_at_what_is_due(postgres_url: str) -> None:
    async with builders.open_store(postgres_url) as store:
        async with store.work() as work:
            await add(work, flag("f1", look_at=NOW - MINUTE), flag("f2", look_at=NOW))
            await work.commit()
        async with store.work() as one, store.work() as other:
            assert _ids(await one.flags.due(NOW, 1)) == ["f1"]
            assert _ids(await other.flags.due(NOW, 5)) == ["f2"]
            assert await other.flags.purge(NOW + DAY) == 1


async def test_earlier_flags_are_counted_without_danger_of_their_own_and_false_alarms(store: Store) -> None:
    async with store.work() as work:
        await add(
            work,
            flag("f1", Label.PROMOTION, at=NOW - MINUTE),
            flag("f2", Label.URGENT, at=NOW - DAY, state=State.RESOLVED),
            flag("f3", Label.CRISIS, at=NOW - DAY),
            flag("f4", Label.DISTRESS, at=NOW - DAY),
            flag("f5", Label.PROMOTION, at=NOW - DAY, state=State.FALSE_ALARM),
            flag("f6", Label.PROMOTION, at=NOW),
            flag("f7", Label.PROMOTION, at=NOW - DAY, author=CARL, reports=(Report(ANNA, ""),)),
            flag("f8", Label.PROMOTION, at=NOW - DAY, chat_id=OTHER_CHAT),
        )
        assert await work.flags.earlier(ANNA, CHAT, NOW) == 2
        assert await work.flags.earlier(MARA, CHAT, NOW) == 0


async def test_the_figures_count_every_flag_since_a_moment(store: Store) -> None:
    whole = whole_flag()
    async with store.work() as work:
        await add(work, replace(whole, id="f2", message_id="", at=NOW + MINUTE), flag("f1"), flag("f0", at=NOW - DAY))
        await add(work, flag("f3", chat_id=OTHER_CHAT))
        assert await work.flags.tallies(CHAT, NOW) == (
            Tally(Label.CRISIS, "open", (), NOW, None, shadow=False, id="f1"),
            Tally(Label.URGENT, "resolved", whole.rules, NOW + MINUTE, whole.seen_at, shadow=True, id="f2"),
        )
        await work.flags.purge(NOW + DAY)
        assert len(await work.flags.tallies(CHAT, NOW - DAY)) == 3


async def test_flags_that_somebody_wrote_or_reported_concern_them(store: Store) -> None:
    reported = flag("f2", author=CARL, reports=(Report(NOEL, "rude"), Report(ANNA, "worried", hear=True)))
    async with store.work() as work:
        await add(work, flag("f1"), reported, flag("f3", author=CARL, claimed_by=ANNA))
        assert await work.flags.concerning(ANNA) == (flag("f1"), reported)
        assert await work.flags.concerning(replace(ANNA, platform="discord")) == ()


# The record


async def test_deeds_come_back_newest_first(store: Store) -> None:
    deeds = [deed("begun", by=None, flag_id=""), deed(detail="for 30 minutes"), deed("resolved", at=NOW + DAY)]
    async with store.work() as work:
        for one in (*deeds, deed(chat_id=OTHER_CHAT)):
            await work.deeds.add(one)
        assert await work.deeds.of(CHAT, 10) == tuple(reversed(deeds))
        assert await work.deeds.of(CHAT, 1) == (deeds[-1],)
        assert await work.deeds.of("a third", 10) == ()


# People who need not be members


async def test_who_asked_not_to_be_assessed_is_known_until_they_ask_again(store: Store) -> None:
    async with store.work() as work:
        assert not await work.people.opted_out(ANNA)
        for _twice in range(2):
            await work.people.opt_out(ANNA, NOW)
        assert await work.people.opted_out(replace(ANNA, name="Ann", locale=None))
        assert not await work.people.opted_out(CARL)
        assert not await work.people.opted_out(replace(ANNA, platform="discord"))
        await work.people.opt_in(ANNA)
        assert not await work.people.opted_out(ANNA)


async def test_whether_a_direct_chat_is_open_is_written_only_when_it_changes(store: Store) -> None:
    written: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "BEGIN")):
            written.append(statement)

    async with store.work() as work:
        event.listen(work.connection.sync_connection, "before_cursor_execute", note)
        seen: list[tuple[bool, int]] = []
        for is_open in (False, True, True, False, False, True):
            await work.people.note_open(ANNA, NOW, is_open=is_open)
            seen.append((await work.people.is_open(ANNA), len(written)))
        event.remove(work.connection.sync_connection, "before_cursor_execute", note)
        assert seen == [(False, 0), (True, 1), (True, 1), (False, 2), (False, 2), (True, 3)]
        assert not await work.people.is_open(CARL)


async def test_something_is_said_to_somebody_once_in_a_pause(store: Store) -> None:
    pause, second = timedelta(hours=12), timedelta(seconds=1)
    async with store.work() as work:

        async def claim(after: timedelta, chat_id: str = CHAT, what: str = "crisis", lasts: timedelta = pause) -> bool:
            return await work.people.claim(ANNA, chat_id, what, NOW + after, lasts)

        assert [await claim(timedelta()), await claim(second), await claim(pause - second)] == [True, False, False]
        assert [await claim(pause), await claim(pause + second)] == [True, False]
        assert await claim(pause + second, OTHER_CHAT)
        assert await claim(pause + second, what="distress")
        assert await claim(pause + second, lasts=timedelta())
        assert await work.people.claim(CARL, CHAT, "crisis", NOW, pause)
        await work.people.release(CARL, CHAT, "crisis")
        assert not await claim(pause + 2 * second)
        assert await work.people.claim(CARL, CHAT, "crisis", NOW, pause)


async def test_of_many_who_would_say_something_at_once_one_may(store: Store) -> None:
    async def claim(at: timedelta) -> bool:
        async with store.work() as work:
            taken = await work.people.claim(ANNA, CHAT, "crisis", NOW + at, DAY)
            await work.commit()
            return taken

    for at in (timedelta(), DAY):
        assert sum(await asyncio.gather(*(claim(at) for _one in range(8)))) == 1


async def test_pauses_that_are_over_are_purged(store: Store) -> None:
    async with store.work() as work:
        await work.people.claim(ANNA, CHAT, "urgent", NOW, MINUTE)
        await work.people.claim(ANNA, CHAT, "crisis", NOW, DAY)
        await work.people.purge(NOW + MINUTE)
        table = tables.pauses
        assert (await work.connection.execute(select(table.c.what))).scalars().all() == ["crisis"]
        assert not await work.people.claim(ANNA, CHAT, "crisis", NOW + MINUTE, DAY)
        await work.people.purge(NOW + DAY)
        assert await work.connection.scalar(select(func.count()).select_from(table)) == 0


# What the database shows


_LATER = {
    "watches": {"danger_told_at": None, "introduced": True},
    "flags": {"language": "", "author_told": False},
}


@pytest.mark.parametrize("table", _LATER)
async def test_what_was_kept_before_it_had_all_its_fields_opens_as_if_they_were_not_chosen(
    store: Store, table: str
) -> None:
    target = tables.metadata.tables[table]
    async with store.work() as work:
        await work.watches.save(whole_watched())
        await add(work, whole_flag())
        [row] = await work.connection.execute(select(target))
        bound = f"{table}/{CHAT if table == 'watches' else whole_flag().id}"
        kept = json.loads(store.vault.open(row.sealed, bound))
        for name in _LATER[table]:
            del kept[name]
        for report in kept.get("reports", ()):
            del report["told"]
        await work.connection.execute(update(target).values(sealed=store.vault.seal(json.dumps(kept).encode(), bound)))
        if table == "watches":
            assert await work.watches.get(CHAT) == replace(whole_watched(), **_LATER[table])
        else:
            reports = tuple(replace(report, told=False) for report in whole_flag().reports)
            assert await work.flags.get(whole_flag().id) == replace(whole_flag(), reports=reports, **_LATER[table])


@pytest.mark.parametrize("table", ["watches", "flags", "deeds"])
async def test_a_value_moved_to_another_row_does_not_open(store: Store, table: str) -> None:
    target = tables.metadata.tables[table]
    async with store.work() as work:
        for chat_id, place in ((CHAT, GROUP), (OTHER_CHAT, LARGER)):
            await work.watches.save(watched(chat_id, place))
            await add(work, flag(chat_id, chat_id=chat_id))
            await work.deeds.add(deed(chat_id=chat_id))
        sealed = await work.connection.scalar(select(target.c.sealed).where(target.c.chat_id == CHAT))
        await work.connection.execute(update(target).where(target.c.chat_id == OTHER_CHAT).values(sealed=sealed))
        reading: dict[str, Callable[[], Awaitable[object]]] = {
            "watches": lambda: work.watches.get(OTHER_CHAT),
            "flags": lambda: work.flags.get(OTHER_CHAT),
            "deeds": lambda: work.deeds.of(OTHER_CHAT, 1),
        }
        with pytest.raises(WrongKeyError):
            await reading[table]()


async def test_the_database_holds_nothing_readable_about_who_was_flagged_where_and_what_they_wrote(
    sqlite_url: str,
) -> None:
    async with builders.open_store(sqlite_url) as store:
        async with store.work() as work:
            await work.watches.save(whole_watched())
            await add(work, replace(whole_flag(), author=builders.person("annabella")))
            assert await work.flags.join(whole_flag(), GROUP, "further-4720")
            await work.deeds.add(deed(detail="limits 80"))
            await work.people.opt_out(builders.person("dora"), NOW)
            await work.people.note_open(builders.person("dora"), NOW, is_open=True)
            await work.people.claim(builders.person("dora"), CHAT, "crisis", NOW, DAY)
            await work.commit()
        files = list(Path(sqlite_url.removeprefix("sqlite:///")).parent.glob("roundtable.db*"))
        kept = b"".join(file.read_bytes() for file in files).lower()
    assert b"bleeding" in kept  # the name of the rule, which the figures count
    assert whole_flag().id.encode() in kept
    secrets = (
        "annabella",
        "carl",
        "mara",
        "noël",
        "dora",
        "4711",
        "4712",
        "4720",
        "coughing",
        "sister",
        "needs help",
        "card-1",
    )
    assert [word for word in (*secrets, "chatham", "limits 80", "mf00d") if word.encode() in kept] == []


def _ids(found: object) -> list[str]:
    assert isinstance(found, tuple)
    return [one.id for one in found]
