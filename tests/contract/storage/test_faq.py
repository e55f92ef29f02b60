import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, update

import builders
from bot.chat.people import Person, Place, PlaceKind
from bot.errors import StorageError, WrongKeyError
from bot.faq.entry import Category, Entry, Phrasing, Source
from bot.faq.ports import KEPT_FOR
from bot.faq.revision import EVERYWHERE, Asked, Chat, Kind, Revision, Shown, State
from builders import ANNA, BEN, NOW
from storage import tables
from storage.faq import OFFERS_KEPT_FOR
from storage.store import SqlWork, Store

DAY = timedelta(days=1)
TEAM, OTHER = "team-one", "team-two"
MARA, NOEL = Person("discord", "id-of-mara", "Mara"), Person("telegram", "id-of-noel", "Noël")
FULL_ENTRY = Entry(
    id="day-length",
    category=Category.INFUSION_DAYS,
    question='How long is a "day"?',
    answerable=False,
    sources=(Source("Guide: part 2", "2024-03"), Source("Column", "undated")),
    reviewed_by="Dr Ö",
    reviewed_on=date(2026, 1, 2),
    review_due=date(2026, 7, 2),
    answer="About four hours.\n\nAsk your team. 💧",
    danger=True,
    crisis=True,
    phrasings=(Phrasing("how long"), Phrasing("wie lange", "de", "w7")),
)


def entry(entry_id: str = "day-length", answer: str = "About four hours.") -> Entry:
    return Entry(
        entry_id, Category.LABS, "How long?", True, (), "nobody", date(2026, 1, 2), date(2026, 7, 2), answer
    )  # fmt: skip


def revision(of: Entry | None = None, state: State = State.APPROVED, **chosen: object) -> Revision:
    plain = Revision(TEAM, 0, Kind.EDIT, state, of or entry(), NOW)
    return replace(plain, **chosen)


def channel(name: str = "channel", server: str | None = "server", platform: str = "discord") -> Place:
    return Place(platform, name, PlaceKind.GROUP, server)


def chat(chat_id: str = "c0ffee00", place: Place | None = None, team: str = TEAM, **chosen: bool) -> Chat:
    return Chat(chat_id, team, place or channel(), **chosen)


def asked(question_id: str = "q1", **chosen: object) -> Asked:
    return replace(Asked(question_id, TEAM, "Is it loud there?", NOW), **chosen)


async def _add(work: SqlWork, *revisions: Revision) -> list[Revision]:
    return [await work.entries.add(each) for each in revisions]


async def _add_alone(store: Store, one: Revision) -> int:
    async with store.work() as work:
        stored = await work.entries.add(one)
        await work.commit()
    return stored.number


def _numbers(found: Sequence[Revision]) -> list[tuple[str, int, State]]:
    return [(each.entry.id, each.number, each.state) for each in found]


@pytest.mark.parametrize(
    "one",
    [
        revision(),
        revision(FULL_ENTRY, author=MARA),
        revision(
            FULL_ENTRY,
            State.REJECTED,
            kind=Kind.RETIRE,
            shown=False,
            author=NOEL,
            decided_by=MARA,
            decided_at=NOW + DAY,
            based_on=7,
        ),
        revision(team=EVERYWHERE, kind=Kind.FILE, digest="f" * 128),
    ],
    ids=["least", "whole entry", "decided", "file"],
)
async def test_a_revision_comes_back_as_stored_with_its_number(store: Store, one: Revision) -> None:
    async with store.work() as work:
        assert await work.entries.add(one) == replace(one, number=1)
        await work.commit()
    async with store.work() as work:
        assert await work.entries.history(one.team, one.entry.id) == (replace(one, number=1),)


async def test_the_locale_of_a_moderator_is_not_kept(store: Store) -> None:
    async with store.work() as work:
        await _add(work, revision(author=replace(MARA, locale="en-GB")))
        [kept] = await work.entries.history(TEAM, "day-length")
        assert kept.author == MARA


async def test_numbers_count_within_team_and_entry(store: Store) -> None:
    wanted = [
        revision(),
        revision(state=State.PROPOSED),
        revision(entry("rash")),
        revision(team=OTHER),
        revision(team=EVERYWHERE),
        revision(),
    ]
    async with store.work() as work:
        assert [each.number for each in await _add(work, *wanted)] == [1, 2, 1, 1, 1, 3]
        assert [each.number for each in await work.entries.history(TEAM, "day-length")] == [3, 2, 1]


async def test_what_holds_is_the_approved_revision_with_the_highest_number(store: Store) -> None:
    async with store.work() as work:
        await _add(
            work,
            revision(entry(answer="First.")),
            revision(entry(answer="Second.")),
            revision(entry(answer="Not yet."), State.PROPOSED),
            revision(entry(answer="Newer file."), State.HELD),
            revision(entry(answer="No."), State.REJECTED),
            revision(entry("rash")),
            revision(entry("rash"), kind=Kind.RETIRE, shown=False),
            revision(entry("fever"), State.PROPOSED),
            revision(entry("alcohol"), team=OTHER),
            revision(entry("alcohol"), team=EVERYWHERE),
        )
        current = await work.entries.current(TEAM)
        assert _numbers(current) == [("day-length", 2, State.APPROVED), ("rash", 2, State.APPROVED)]
        assert [(each.entry.answer, each.shown) for each in current] == [
            ("Second.", True),
            ("About four hours.", False),
        ]
        assert [each.entry.id for each in await work.entries.current(EVERYWHERE)] == ["alcohol"]
        assert await work.entries.current("no such team") == ()


async def test_a_thousand_entries_are_one_query(store: Store) -> None:
    async with store.work() as work:
        for number in range(1_000):
            await work.entries.add(revision(entry(f"entry-{number:04}")))
        await work.commit()
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    async with store.work() as work:
        await work.entries.version()
        event.listen(work.connection.sync_connection, "before_cursor_execute", note)
        current = await work.entries.current(TEAM)
        event.remove(work.connection.sync_connection, "before_cursor_execute", note)
    assert len(current) == 1_000
    assert len(statements) == 1


async def test_waiting_are_the_proposed_and_the_held_oldest_first(store: Store) -> None:
    async with store.work() as work:
        await _add(
            work,
            revision(state=State.PROPOSED, at=NOW + DAY),
            revision(entry("rash"), State.HELD),
            revision(),
            revision(state=State.REJECTED),
            revision(state=State.PROPOSED, team=OTHER),
        )
        assert _numbers(await work.entries.waiting(TEAM)) == [
            ("rash", 1, State.HELD),
            ("day-length", 1, State.PROPOSED),
        ]


@pytest.mark.parametrize("waits_as", [State.PROPOSED, State.HELD])
async def test_an_approved_revision_holds_from_now_on(store: Store, waits_as: State) -> None:
    async with store.work() as work:
        [waiting, _newer] = await _add(work, revision(entry(answer="Mine."), waits_as, author=NOEL), revision())
        decided = replace(waiting, decided_by=MARA, decided_at=NOW + DAY)
        assert await work.entries.decide(decided, State.APPROVED)
        holds = replace(decided, number=3, state=State.APPROVED)
        assert await work.entries.current(TEAM) == (holds,)
        assert await work.entries.waiting(TEAM) == ()
        assert [each.number for each in await work.entries.history(TEAM, "day-length")] == [3, 2]


async def test_a_rejected_revision_keeps_its_number(store: Store) -> None:
    async with store.work() as work:
        [waiting] = await _add(work, revision(state=State.PROPOSED))
        decided = replace(waiting, decided_by=MARA, decided_at=NOW)
        assert await work.entries.decide(decided, State.REJECTED)
        assert await work.entries.history(TEAM, "day-length") == (replace(decided, state=State.REJECTED),)


async def test_only_what_waits_is_decided_and_only_once(store: Store) -> None:
    async with store.work() as work:
        [waiting, approved, rejected] = await _add(
            work, revision(state=State.PROPOSED), revision(), revision(state=State.REJECTED)
        )
        unknown = replace(waiting, number=99)
        for one in (approved, rejected, unknown, replace(waiting, team=OTHER)):
            assert not await work.entries.decide(one, State.APPROVED)
        assert await work.entries.decide(waiting, State.APPROVED)
        # The same button pressed again still names the old number.
        assert not await work.entries.decide(waiting, State.REJECTED)
        assert _numbers(await work.entries.current(TEAM)) == [("day-length", 4, State.APPROVED)]


async def test_two_who_decide_at_once_do_not_both_decide(store: Store) -> None:
    await _add_alone(store, revision(state=State.PROPOSED))

    async def decide(by: Person, state: State) -> bool:
        async with store.work() as work:
            [waiting] = await work.entries.history(TEAM, "day-length")
            done = await work.entries.decide(replace(waiting, decided_by=by, decided_at=NOW), state)
            await work.commit()
            return done

    done = await asyncio.gather(decide(MARA, State.APPROVED), decide(NOEL, State.REJECTED))
    assert sorted(done) == [False, True]
    async with store.work() as work:
        [kept] = await work.entries.history(TEAM, "day-length")
        expected = (MARA, State.APPROVED) if done[0] else (NOEL, State.REJECTED)
        assert (kept.decided_by, kept.state) == expected


async def test_one_who_adds_while_another_has_not_committed_waits_and_gets_the_next_number(store: Store) -> None:
    async with store.work() as work:
        first = await work.entries.add(revision())
        second = asyncio.create_task(_add_alone(store, revision()))
        done, _waits = await asyncio.wait({second}, timeout=0.3)
        assert not done
        await work.commit()
    assert [first.number, await second] == [1, 2]


async def test_one_who_gives_up_leaves_the_number_to_the_other(store: Store) -> None:
    async with store.work() as work:
        await work.entries.add(revision())
        second = asyncio.create_task(_add_alone(store, revision()))
        await asyncio.sleep(0.1)
    assert await second == 1


async def test_many_at_once_each_get_their_own_number(store: Store) -> None:
    numbers = await asyncio.gather(*(_add_alone(store, revision()) for _one in range(12)))
    assert sorted(numbers) == list(range(1, 13))
    async with store.work() as work:
        assert len(await work.entries.history(TEAM, "day-length")) == 12
        assert await work.entries.version() == 12


async def test_the_version_grows_with_every_change_and_with_nothing_else(store: Store) -> None:
    async with store.work() as work:
        versions = [await work.entries.version()]
        [waiting] = await _add(work, revision(state=State.PROPOSED))
        versions.append(await work.entries.version())
        await work.entries.decide(waiting, State.APPROVED)
        versions.append(await work.entries.version())
        await work.chats.move_team(TEAM, OTHER, NOW)
        versions.append(await work.entries.version())
        await work.commit()
    assert versions == sorted(set(versions))
    async with store.work() as work:
        await work.chats.save(chat())
        await work.questions.add(asked())
        await work.figures.vote(TEAM, "rash", helpful=True)
        await work.entries.current(OTHER)
        await work.chats.move_team(TEAM, TEAM, NOW)
        assert await work.entries.version() == versions[-1]


async def test_a_change_that_was_not_committed_does_not_count(store: Store) -> None:
    async with store.work() as work:
        await work.entries.add(revision())
    async with store.work() as work:
        assert await work.entries.version() == 0
        assert await work.entries.history(TEAM, "day-length") == ()


async def test_a_revision_keeps_its_id_whatever_becomes_of_it(store: Store) -> None:
    async with store.work() as work:
        [first, waits] = await _add(work, revision(), revision(state=State.PROPOSED))
        await _add(work, revision(team=OTHER))
        assert len({first.id, waits.id, ""}) == 3
        assert await work.entries.decide(replace(waits, decided_by=MARA, decided_at=NOW), State.APPROVED)
        await work.chats.move_team(TEAM, OTHER, NOW)
        kept = {each.id: each.number for each in await work.entries.history(OTHER, "day-length")}
        assert (kept[first.id], kept[waits.id]) == (2, 4)


async def test_a_document_that_is_no_entry_is_refused_without_its_words(store: Store) -> None:
    async with store.work() as work:
        await work.entries.add(revision())
        await work.connection.execute(update(tables.revisions).values(document='{"id": "anna-secret"}'))
        with pytest.raises(StorageError) as caught:
            await work.entries.current(TEAM)
    assert "anna-secret" not in str(caught.value)
    assert caught.value.__suppress_context__


# Chats


async def test_a_chat_is_found_by_its_community_and_comes_back_as_saved(store: Store) -> None:
    server = replace(chat(two_approve=True), lifted_by=MARA)
    group = chat("deadbeef", Place("telegram", "server", PlaceKind.GROUP), OTHER, offers=True, notices=True)
    async with store.work() as work:
        assert await work.chats.find(server.place) is None
        for one in (server, group):
            await work.chats.save(one)
        assert await work.chats.find(channel("another channel")) == server
        assert await work.chats.find(group.place) == group
        assert await work.chats.find(channel("channel", "another server")) is None
        assert await work.chats.get("deadbeef") == group
        assert await work.chats.get("00000000") is None


async def test_a_changed_chat_takes_the_place_of_what_was_saved(store: Store) -> None:
    moved = chat(place=channel("quiet", "new server"), team=OTHER, offers=True, two_approve=True, notices=True)
    async with store.work() as work:
        await work.chats.save(chat())
        await work.chats.save(moved)
        assert await work.chats.all() == (moved,)
        assert await work.chats.find(channel()) is None
        assert await work.chats.find(moved.place) == moved


async def test_chats_come_oldest_first(store: Store) -> None:
    made = [chat(f"{9 - number}", channel(server=f"s{number}"), (TEAM, OTHER)[number % 2]) for number in range(4)]
    async with store.work() as work:
        for one in made:
            await work.chats.save(one)
        await work.chats.save(made[0])
        assert await work.chats.all() == tuple(made)
        assert await work.chats.of_team(TEAM) == (made[0], made[2])


async def test_a_community_has_one_chat(store: Store) -> None:
    async with store.work() as work:
        await work.chats.save(chat())
        await work.commit()
    with pytest.raises(StorageError):
        async with store.work() as work:
            await work.chats.save(chat("deadbeef", channel("another channel")))


# Two teams become one


async def test_all_that_a_team_has_goes_over(store: Store) -> None:
    place = channel()
    async with store.work() as work:
        await work.chats.save(chat())
        await work.chats.save(chat("deadbeef", channel(server="other"), OTHER))
        await work.questions.add(asked())
        for entry_id, helpful in (("rash", True), ("rash", False), ("fever", True)):
            await work.figures.vote(TEAM, entry_id, helpful=helpful)
        await work.figures.vote(OTHER, "rash", helpful=True)
        await work.figures.stood(Shown("rash", place, NOW))
        await work.chats.move_team(TEAM, OTHER, NOW)
        assert [each.id for each in await work.chats.of_team(OTHER)] == ["c0ffee00", "deadbeef"]
        assert [each.id for each in await work.questions.open(OTHER, NOW)] == ["q1"]
        assert await work.figures.votes(OTHER) == {"fever": (1, 0), "rash": (2, 1)}
        assert await work.figures.where_stood(OTHER, "rash", NOW) == (Shown("rash", place, NOW),)
        assert await work.chats.of_team(TEAM) == await work.questions.open(TEAM, NOW) == ()
        assert await work.figures.votes(TEAM) == {}


async def test_an_entry_that_only_one_team_changed_holds_after_the_move(store: Store) -> None:
    async with store.work() as work:
        await _add(
            work,
            revision(entry(answer="Old."), author=MARA),
            revision(entry(answer="Mine."), author=MARA, based_on=1),
            revision(entry("rash"), team=OTHER),
            revision(entry("fever")),
            revision(entry("fever", "Theirs."), State.PROPOSED, team=OTHER),
        )
        before = await work.entries.history(TEAM, "day-length")
        await work.chats.move_team(TEAM, OTHER, NOW)
        assert await work.entries.history(OTHER, "day-length") == tuple(replace(each, team=OTHER) for each in before)
        assert _numbers(await work.entries.current(OTHER)) == [
            ("day-length", 2, State.APPROVED),
            ("fever", 2, State.APPROVED),
            ("rash", 1, State.APPROVED),
        ]
        assert _numbers(await work.entries.waiting(OTHER)) == [("fever", 1, State.PROPOSED)]
        assert await work.entries.current(TEAM) == await work.entries.history(TEAM, "fever") == ()


async def test_where_both_changed_an_entry_the_moved_one_waits_beside_the_others(store: Store) -> None:
    later = NOW + DAY
    async with store.work() as work:
        await _add(
            work,
            revision(entry(answer="Mine, old."), author=MARA, decided_by=NOEL, decided_at=NOW),
            revision(entry(answer="Mine."), author=MARA, based_on=1, decided_by=NOEL, decided_at=NOW),
            revision(entry(answer="Mine, soon."), State.PROPOSED, author=NOEL, based_on=2),
            revision(entry(answer="Mine, never."), State.REJECTED, decided_by=NOEL, decided_at=NOW),
            revision(entry(answer="Theirs."), team=OTHER, author=NOEL),
        )
        [theirs] = await work.entries.current(OTHER)
        never, soon, mine, old = await work.entries.history(TEAM, "day-length")
        await work.chats.move_team(TEAM, OTHER, later)
        mine = replace(mine, team=OTHER, number=3, state=State.PROPOSED, based_on=2, decided_by=None, decided_at=None)
        soon = replace(soon, team=OTHER, number=4, based_on=3)
        old = replace(old, team=OTHER, number=2, state=State.REJECTED, decided_by=None, decided_at=later)
        never = replace(never, team=OTHER, number=5)
        assert await work.entries.history(OTHER, "day-length") == (never, soon, mine, old, theirs)
        assert await work.entries.current(OTHER) == (theirs,)
        assert await work.entries.waiting(OTHER) == (mine, soon)
        assert await work.entries.decide(replace(mine, decided_by=NOEL, decided_at=later), State.APPROVED)
        assert [each.entry.answer for each in await work.entries.current(OTHER)] == ["Mine."]


@pytest.mark.parametrize("asks", [TEAM, OTHER])
async def test_where_one_asks_for_a_second_moderator_what_moves_waits_for_one(store: Store, asks: str) -> None:
    async with store.work() as work:
        await work.chats.save(chat(two_approve=asks == TEAM))
        await work.chats.save(chat("deadbeef", channel(server="other"), OTHER, two_approve=asks == OTHER))
        await _add(work, revision(entry(answer="Old.")), revision(author=MARA), revision(entry("rash"), team=OTHER))
        await work.chats.move_team(TEAM, OTHER, NOW)
        assert _numbers(await work.entries.current(OTHER)) == [("rash", 1, State.APPROVED)]
        assert _numbers(await work.entries.history(OTHER, "day-length")) == [
            ("day-length", 2, State.PROPOSED),
            ("day-length", 1, State.REJECTED),
        ]


@pytest.mark.parametrize(("team", "into"), [(EVERYWHERE, TEAM), (TEAM, EVERYWHERE)])
async def test_what_holds_for_all_is_no_team(store: Store, team: str, into: str) -> None:
    async with store.work() as work:
        with pytest.raises(ValueError, match="hold for all"):
            await work.chats.move_team(team, into, NOW)


# Questions


async def test_open_are_the_questions_of_the_team_alone_oldest_first(store: Store) -> None:
    anna = Person("telegram", "id-of-anna", "", "de-CH")
    mine = asked(at=NOW + DAY, asker=anna, text="Wie laut ist es? 🎧")
    older = asked("q2")
    async with store.work() as work:
        for one in (mine, older, asked("q3", team=OTHER), asked("q4", team=EVERYWHERE)):
            await work.questions.add(one)
        await work.commit()
    async with store.work() as work:
        assert await work.questions.open(TEAM, NOW) == (older, mine)
        assert [await work.questions.count(team) for team in (TEAM, OTHER, EVERYWHERE, "none")] == [2, 1, 1, 0]
        assert [await work.questions.has(each) for each in ("q1", "q4", "q5", "")] == [True, True, False, False]
        await work.questions.drop(["q2", "no such question"])
        await work.questions.drop([])
        assert await work.questions.open(TEAM, NOW) == (mine,)


async def test_what_is_taken_is_erased_and_may_be_put_back(store: Store) -> None:
    first, second = asked("q2", asker=Person("telegram", "id-of-anna", "", "de-CH")), asked(at=NOW + DAY)
    async with store.work() as work:
        for one in (second, first, asked("q3")):
            await work.questions.add(one)
        assert await work.questions.take([]) == ()
        assert await work.questions.take(["q1", "q2", "no such question"]) == (first, second)
        assert await work.questions.take(["q1", "q2"]) == ()
        await work.questions.add(first)
        assert await work.questions.open(TEAM, NOW) == (first, asked("q3"))


async def test_of_many_who_take_a_question_at_once_one_gets_it(store: Store) -> None:
    async with store.work() as work:
        await work.questions.add(asked())
        await work.commit()

    async def take() -> int:
        async with store.work() as work:
            taken = await work.questions.take(["q1"])
            await work.commit()
            return len(taken)

    assert sum(await asyncio.gather(*(take() for _one in range(8)))) == 1


async def test_the_name_of_an_asker_is_not_kept(store: Store) -> None:
    async with store.work() as work:
        await work.questions.add(asked(asker=builders.person()))
        assert [each.asker for each in await work.questions.open(TEAM, NOW)] == [replace(builders.person(), name="")]


async def test_a_question_is_open_and_kept_for_thirty_days(store: Store) -> None:
    async with store.work() as work:
        await work.questions.add(asked())
        assert await work.questions.open(TEAM, NOW + KEPT_FOR) == (asked(),)
        assert await work.questions.open(TEAM, NOW + KEPT_FOR + timedelta(seconds=1)) == ()
        await work.questions.purge(NOW + KEPT_FOR)
        assert await work.questions.open(TEAM, NOW) == (asked(),)
        await work.questions.purge(NOW + KEPT_FOR + timedelta(seconds=1))
        assert await work.questions.open(TEAM, NOW) == ()


async def test_purging_erases_where_answers_stood_and_offers_as_well_and_nothing_else(store: Store) -> None:
    place = channel()
    async with store.work() as work:
        await _add(work, revision())
        await work.chats.save(chat())
        await work.figures.vote(TEAM, "rash", helpful=True)
        await work.figures.claim_notice("c0ffee00", "rash")
        await work.figures.stood(Shown("rash", place, NOW))
        await work.figures.claim_offer(place, "rash", NOW, DAY)

        async def left() -> list[str]:
            counts = [(t.name, select(func.count()).select_from(t)) for t in tables.metadata.sorted_tables]
            return sorted([name for name, count in counts if await work.connection.scalar(count)])

        stays = ["chats", "counters", "notices", "revisions", "votes"]
        await work.questions.purge(NOW + OFFERS_KEPT_FOR)
        assert await left() == sorted([*stays, "offers", "shown"])
        await work.questions.purge(NOW + OFFERS_KEPT_FOR + timedelta(seconds=1))
        assert await left() == sorted([*stays, "shown"])
        await work.questions.purge(NOW + KEPT_FOR + timedelta(seconds=1))
        assert await left() == stays


async def test_erasing_a_member_leaves_their_question_without_them(store: Store) -> None:
    ben = builders.person("ben")
    async with store.work() as work:
        await builders.join(work, builders.member())
        await builders.join(work, builders.member(BEN), ben)
        await work.questions.add(asked(asker=builders.person()))
        await work.questions.add(asked("q2", asker=ben))
        await work.members.erase(ANNA, NOW)
        kept = await work.questions.open(TEAM, NOW)
        assert [(each.text, each.asker) for each in kept] == [
            ("Is it loud there?", None),
            ("Is it loud there?", replace(ben, name="")),
        ]
        table = tables.questions
        digests = await work.connection.execute(select(table.c.asker_digest).order_by(table.c.id))
        assert [digest is None for digest in digests.scalars()] == [True, False]


async def test_erasing_a_member_leaves_what_they_changed_as_a_moderator(store: Store) -> None:
    mara = builders.person("mara")
    async with store.work() as work:
        await builders.join(work, builders.member(), mara)
        await _add(work, revision(author=mara, decided_by=mara, decided_at=NOW))
        await work.members.erase(ANNA, NOW)
        [kept] = await work.entries.current(TEAM)
        assert kept.author == kept.decided_by == replace(mara, locale=None)


# Figures


async def test_votes_are_counted_by_team_and_entry(store: Store) -> None:
    async with store.work() as work:
        for team, entry_id, helpful in (
            (TEAM, "rash", True),
            (TEAM, "rash", True),
            (TEAM, "rash", False),
            (TEAM, "fever", False),
            (OTHER, "rash", False),
        ):
            await work.figures.vote(team, entry_id, helpful=helpful)
        assert await work.figures.votes(TEAM) == {"fever": (0, 1), "rash": (2, 1)}
        assert await work.figures.votes(EVERYWHERE) == {}


async def test_no_vote_is_lost_between_tasks(store: Store) -> None:
    async def vote(number: int) -> None:
        async with store.work() as work:
            await work.figures.vote(TEAM, "rash", helpful=number % 3 == 0)
            await work.commit()

    await asyncio.gather(*(vote(number) for number in range(30)))
    async with store.work() as work:
        assert await work.figures.votes(TEAM) == {"rash": (10, 20)}


async def test_each_place_is_told_once_with_its_latest_moment(store: Store) -> None:
    here, there = channel("here"), channel("there")
    async with store.work() as work:
        await work.chats.save(chat())
        for place, days in ((here, 3), (there, 2), (here, 5), (here, 4)):
            await work.figures.stood(Shown("rash", place, NOW + days * DAY))
        await work.figures.stood(Shown("fever", here, NOW + 9 * DAY))
        stood = (Shown("rash", there, NOW + 2 * DAY), Shown("rash", here, NOW + 5 * DAY))
        assert await work.figures.where_stood(TEAM, "rash", NOW) == stood
        assert await work.figures.where_stood(TEAM, "rash", NOW + 5 * DAY) == stood[1:]


async def test_a_team_hears_of_its_own_groups_and_the_operator_of_all(store: Store) -> None:
    mine, theirs, nobodys = (channel(server=server) for server in ("mine", "theirs", "nobodys"))
    places = [replace(place, id=f"in {place.whole}") for place in (mine, theirs, nobodys)]
    async with store.work() as work:
        await work.chats.save(chat(place=mine))
        await work.chats.save(chat("deadbeef", theirs, OTHER))
        for number, place in enumerate(places):
            await work.figures.stood(Shown("rash", place, NOW + number * DAY))

        async def told(team: str) -> list[Place]:
            return [each.place for each in await work.figures.where_stood(team, "rash", NOW)]

        assert [await told(team) for team in (TEAM, OTHER, EVERYWHERE, "no such team")] == [
            places[:1],
            places[1:2],
            places,
            [],
        ]


async def test_an_entry_is_offered_in_a_chat_once_in_a_pause(store: Store) -> None:
    here, pause = channel(), timedelta(hours=6)
    async with store.work() as work:

        async def claim(after: timedelta, place: Place = here, entry_id: str = "rash") -> bool:
            return await work.figures.claim_offer(place, entry_id, NOW + after, pause)

        second = timedelta(seconds=1)
        assert await claim(timedelta())
        assert not await claim(second)
        assert not await claim(pause - second)
        assert await claim(pause)
        assert not await claim(2 * pause - second)
        assert await claim(second, entry_id="fever")
        assert await claim(second, channel("another channel"))
        assert await claim(second, replace(here, platform="telegram"))


async def test_a_chat_is_told_of_something_once(store: Store) -> None:
    async with store.work() as work:
        claims = (("c1", "rash 2026-07-02"), ("c1", "rash 2026-07-02"), ("c2", "rash 2026-07-02"), ("c1", "fever"))
        assert [await work.figures.claim_notice(*claim) for claim in claims] == [True, False, True, True]


async def test_of_many_who_claim_at_once_one_has_the_right(store: Store) -> None:
    async def claim(what: Callable[[SqlWork], Awaitable[bool]]) -> bool:
        async with store.work() as work:
            taken = await what(work)
            await work.commit()
            return taken

    for what in (
        lambda work: work.figures.claim_notice("c1", "rash"),
        lambda work: work.figures.claim_offer(channel(), "rash", NOW, DAY),
        lambda work: work.figures.claim_offer(channel(), "rash", NOW + DAY, DAY),
    ):
        assert sum(await asyncio.gather(*(claim(what) for _one in range(8)))) == 1


# What the database shows


@pytest.mark.parametrize(
    ("table", "column", "key"),
    [
        ("revisions", "author", "number"),
        ("revisions", "decided_by", "number"),
        ("chats", "sealed", "id"),
        ("chats", "lifted_by", "id"),
        ("questions", "sealed", "id"),
        ("questions", "asker", "id"),
        ("shown", "sealed", "entry_id"),
    ],
)
async def test_a_value_moved_to_another_row_does_not_open(store: Store, table: str, column: str, key: str) -> None:
    rows = {"revisions": (1, 2), "shown": ("fever", "rash")}.get(table, ("c1", "c2"))
    async with store.work() as work:
        for number, entry_id in enumerate(("fever", "rash"), 1):
            await _add(work, revision(author=MARA, decided_by=NOEL, decided_at=NOW))
            await work.chats.save(replace(chat(f"c{number}", channel(server=f"s{number}")), lifted_by=NOEL))
            await work.questions.add(asked(f"c{number}", asker=builders.person()))
            await work.figures.stood(Shown(entry_id, channel(), NOW))
        target = tables.metadata.tables[table]
        moved = await work.connection.scalar(select(target.c[column]).where(target.c[key] == rows[0]))
        await work.connection.execute(update(target).where(target.c[key] == rows[1]).values({column: moved}))
        reading: dict[str, Callable[[], Awaitable[object]]] = {
            "revisions": lambda: work.entries.history(TEAM, "day-length"),
            "chats": lambda: work.chats.get("c2"),
            "questions": lambda: work.questions.open(TEAM, NOW),
            "shown": lambda: work.figures.where_stood(EVERYWHERE, "rash", NOW),
        }
        with pytest.raises(WrongKeyError):
            await reading[table]()


async def test_the_database_holds_nothing_readable_about_who_asked_where_or_what(sqlite_url: str) -> None:
    place = Place("discord", "channel-4711", PlaceKind.GROUP, "server-4712")
    async with builders.open_store(sqlite_url) as store:
        async with store.work() as work:
            await _add(work, revision(author=MARA, decided_by=NOEL, decided_at=NOW))
            await work.chats.save(replace(chat(place=place), lifted_by=NOEL))
            await work.questions.add(asked(asker=builders.person("annabella")))
            await work.figures.stood(Shown("rash", place, NOW))
            await work.figures.claim_offer(place, "rash", NOW, DAY)
            await work.commit()
        files = list(Path(sqlite_url.removeprefix("sqlite:///")).parent.glob("roundtable.db*"))
        kept = b"".join(file.read_bytes() for file in files).lower()
    assert b"about four hours" in kept
    secrets = ("mara", "noël", "annabella", "4711", "4712", "loud", "en-gb")
    assert [word for word in secrets if word.encode() in kept] == []
