"""Entries into the database: the program's at each start, and an operator's own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

import builders
from bot.faq.entry import Category, Entry, Phrasing, Source
from bot.faq.files import FOLDER, digest, read_folder
from bot.faq.revision import EVERYWHERE, Chat, Kind, Revision, State
from bot.faq.seeding import held, seed, take_held, take_in, withdraw
from storage.store import Store

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
TEAM = "team-a"
FIRST = Entry(
    id="day-length",
    category=Category.INFUSION_DAYS,
    question="How long does one infusion day take?",
    answerable=True,
    sources=(Source("A leaflet", "undated"),),
    reviewed_by="nobody",
    reviewed_on=date(2026, 11, 22),
    review_due=date(2027, 11, 12),
    answer="The drip runs for about four hours.",
    phrasings=(Phrasing("how many hours"),),
)
SECOND = replace(FIRST, answer="The drip runs for about four hours, and you stay for two more.")
THIRD = replace(FIRST, answer="It is a whole day.")
OTHER = replace(FIRST, id="what-to-bring", question="What do people bring?", phrasings=())
OURS = replace(FIRST, answer="With us it is from nine to five.")


class Base:
    """A database that sees starts of the program, and changes by people."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.at = NOW

    async def starts_with(self, *entries: Entry) -> None:
        self.at += timedelta(days=1)
        async with self.store.work() as work:
            await seed(work, entries, self.at)
            await work.commit()

    async def takes_in(self, *entries: Entry) -> int:
        self.at += timedelta(days=1)
        async with self.store.work() as work:
            changed = await take_in(work, entries, self.at)
            await work.commit()
        return changed

    async def takes_held(self, entry_id: str) -> bool:
        async with self.store.work() as work:
            taken = await take_held(work, entry_id, self.at)
            await work.commit()
        return taken

    async def withdraws(self, entry_id: str, *, shown: bool = False) -> bool:
        async with self.store.work() as work:
            found = await withdraw(work, entry_id, self.at, shown=shown)
            await work.commit()
        return found

    async def has_group(self) -> None:
        async with self.store.work() as work:
            await work.chats.save(Chat("abcdefgh", TEAM, builders.group()))
            await work.commit()

    async def team_changes(self, entry: Entry, kind: Kind = Kind.EDIT, *, shown: bool = True) -> None:
        async with self.store.work() as work:
            await work.entries.add(Revision(TEAM, 0, kind, State.APPROVED, entry, self.at, shown=shown))
            await work.commit()

    async def shows(self, team: str = EVERYWHERE) -> dict[str, Entry]:
        async with self.store.work() as work:
            return {each.entry.id: each.entry for each in await work.entries.current(team) if each.shown}

    async def waits(self, team: str = EVERYWHERE) -> list[tuple[Entry, State]]:
        async with self.store.work() as work:
            return [(each.entry, each.state) for each in await work.entries.waiting(team)]

    async def all(self) -> Sequence[Revision]:
        async with self.store.work() as work:
            ids = (FIRST.id, OTHER.id)
            return [
                each for team in (EVERYWHERE, TEAM) for key in ids for each in await work.entries.history(team, key)
            ]


@pytest.fixture
def base(store: Store) -> Base:
    return Base(store)


async def test_the_first_start_brings_every_entry(base: Base) -> None:
    entries = read_folder(FOLDER)
    await base.starts_with(*entries)

    assert await base.shows() == {entry.id: entry for entry in entries}


async def test_what_comes_with_the_program_carries_its_digest(base: Base) -> None:
    await base.starts_with(FIRST)
    (row,) = await base.all()

    assert (row.kind, row.state, row.number, row.digest) == (Kind.FILE, State.APPROVED, 1, digest(FIRST))


async def test_a_second_start_changes_nothing(base: Base) -> None:
    await base.has_group()
    await base.starts_with(FIRST, OTHER)
    await base.takes_in(OURS)
    await base.team_changes(replace(OTHER, answer="Bring a blanket and a book."))
    await base.starts_with(SECOND, replace(OTHER, answer="A book, a charger and a blanket."))
    before = await base.all()
    async with base.store.work() as work:
        version = await work.entries.version()
    await base.starts_with(SECOND, replace(OTHER, answer="A book, a charger and a blanket."))

    assert await base.all() == before
    async with base.store.work() as work:
        assert await work.entries.version() == version


async def test_a_newer_file_wins_over_a_row_that_nobody_changed(base: Base) -> None:
    await base.starts_with(FIRST)
    await base.starts_with(SECOND)

    assert (await base.shows(), await base.waits()) == ({"day-length": SECOND}, [])
    assert [each.number for each in await base.all()] == [2, 1]


async def test_new_phrasings_alone_are_a_newer_file(base: Base) -> None:
    more = replace(FIRST, phrasings=(*FIRST.phrasings, Phrasing("wie lange", "de")))
    await base.starts_with(FIRST)
    await base.starts_with(more)

    assert await base.shows() == {"day-length": more}


async def test_an_entry_that_the_program_no_longer_brings_is_taken_away(base: Base) -> None:
    await base.starts_with(FIRST, OTHER)
    await base.starts_with(OTHER)
    await base.starts_with(OTHER)
    assert set(await base.shows()) == {"what-to-bring"}
    assert [each.shown for each in await base.all() if each.entry == FIRST] == [False, True]

    await base.starts_with(FIRST, OTHER)
    assert set(await base.shows()) == {"day-length", "what-to-bring"}


async def test_a_changed_entry_that_the_program_no_longer_brings_stays(base: Base) -> None:
    await base.starts_with(FIRST, OTHER)
    await base.takes_in(OURS)
    await base.starts_with(OTHER)
    assert (await base.shows())["day-length"] == OURS


async def test_an_operator_s_text_stays_and_the_newer_file_waits_beside_it(base: Base) -> None:
    await base.starts_with(FIRST)
    assert await base.takes_in(OURS) == 1
    await base.starts_with(FIRST)
    assert await base.waits() == []
    await base.starts_with(SECOND)

    assert (await base.shows(), await base.waits()) == ({"day-length": OURS}, [(SECOND, State.HELD)])
    async with base.store.work() as work:
        ((ours, theirs),) = await held(work)
    assert (ours.entry, theirs.entry, theirs.based_on) == (OURS, SECOND, ours.number)


async def test_a_team_s_text_stays_and_the_newer_file_waits_for_its_moderators(base: Base) -> None:
    await base.has_group()
    await base.starts_with(FIRST)
    await base.team_changes(OURS)
    await base.starts_with(FIRST)
    assert await base.waits(TEAM) == []
    await base.starts_with(SECOND)

    assert await base.shows(TEAM) == {"day-length": OURS}
    assert await base.waits(TEAM) == [(SECOND, State.HELD)]
    assert (await base.shows(), await base.waits()) == ({"day-length": SECOND}, [])


async def test_what_a_team_took_away_does_not_come_back_by_itself(base: Base) -> None:
    await base.has_group()
    await base.starts_with(FIRST)
    await base.team_changes(FIRST, Kind.RETIRE, shown=False)
    await base.starts_with(SECOND)

    assert await base.shows(TEAM) == {}
    assert await base.waits(TEAM) == [(SECOND, State.HELD)]


async def test_a_team_that_changed_a_text_after_the_newer_file_came_hears_nothing_of_it(base: Base) -> None:
    await base.has_group()
    await base.starts_with(FIRST)
    await base.starts_with(SECOND)
    await base.team_changes(OURS)
    await base.starts_with(SECOND)

    assert await base.waits(TEAM) == []


async def test_a_team_without_a_change_has_no_rows_of_its_own(base: Base) -> None:
    await base.has_group()
    await base.starts_with(FIRST)
    await base.starts_with(SECOND)
    async with base.store.work() as work:
        assert await work.entries.current(TEAM) == ()


async def test_an_entry_that_a_team_added_before_the_program_did_is_kept(base: Base) -> None:
    await base.has_group()
    await base.team_changes(OURS, Kind.ADD)
    await base.starts_with(FIRST)

    assert (await base.shows(TEAM), await base.waits(TEAM)) == ({"day-length": OURS}, [(FIRST, State.HELD)])


async def test_only_the_newest_text_waits_and_taking_it_lets_it_hold(base: Base) -> None:
    await base.starts_with(FIRST)
    await base.takes_in(OURS)
    await base.starts_with(SECOND)
    await base.starts_with(THIRD)
    assert [entry for entry, _ in await base.waits()] == [THIRD]

    assert await base.takes_held("day-length")
    assert (await base.shows(), await base.waits()) == ({"day-length": THIRD}, [])
    assert {each.state for each in await base.all() if each.entry == SECOND} == {State.REJECTED}
    assert not await base.takes_held("day-length")


async def test_after_it_was_taken_newer_files_win_again(base: Base) -> None:
    await base.starts_with(FIRST)
    await base.takes_in(OURS)
    await base.starts_with(SECOND)
    await base.takes_held("day-length")
    await base.starts_with(THIRD)

    assert (await base.shows(), await base.waits()) == ({"day-length": THIRD}, [])


async def test_of_an_entry_that_nobody_changed_there_is_nothing_to_take(base: Base) -> None:
    await base.starts_with(FIRST)

    assert not await base.takes_held("day-length")
    assert not await base.takes_held("no-such-entry")


async def test_taking_in_counts_what_is_new_or_changed(base: Base) -> None:
    await base.starts_with(FIRST)

    assert await base.takes_in(FIRST) == 0
    assert await base.takes_in(OURS, OTHER) == 2
    assert await base.takes_in(OURS, OTHER) == 0
    assert await base.shows() == {"day-length": OURS, "what-to-bring": OTHER}


async def test_taking_in_takes_nothing_away(base: Base) -> None:
    await base.starts_with(FIRST)
    await base.takes_in(OTHER)

    assert set(await base.shows()) == {"day-length", "what-to-bring"}


async def test_taking_in_brings_a_retired_entry_back(base: Base) -> None:
    await base.starts_with(FIRST)
    async with base.store.work() as work:
        await work.entries.add(Revision(EVERYWHERE, 0, Kind.RETIRE, State.APPROVED, FIRST, NOW, shown=False))
        await work.commit()
    assert await base.shows() == {}

    assert await base.takes_in(FIRST) == 1
    assert await base.shows() == {"day-length": FIRST}


async def test_what_an_operator_takes_in_waits_beside_a_team_s_text(base: Base) -> None:
    await base.has_group()
    await base.starts_with(FIRST)
    await base.team_changes(OURS)
    await base.takes_in(SECOND)
    await base.takes_in(THIRD)

    assert (await base.shows(), await base.shows(TEAM)) == ({"day-length": THIRD}, {"day-length": OURS})
    assert await base.waits(TEAM) == [(THIRD, State.HELD)]


async def test_what_an_operator_takes_away_is_shown_nowhere(base: Base) -> None:
    await base.has_group()
    await base.starts_with(FIRST, OTHER)
    await base.team_changes(OURS)
    assert await base.withdraws("day-length")

    assert (set(await base.shows()), await base.shows(TEAM)) == ({"what-to-bring"}, {})
    assert not await base.withdraws("day-length")
    assert not await base.withdraws("no-such-entry")
    assert await base.withdraws("day-length", shown=True)
    assert (set(await base.shows()), await base.shows(TEAM)) == ({"day-length", "what-to-bring"}, {})


async def test_a_change_is_a_revision_that_knows_what_it_was_based_on(base: Base) -> None:
    await base.starts_with(FIRST)
    await base.takes_in(OURS)
    newest, oldest = await base.all()

    assert (newest.kind, newest.based_on, newest.author, newest.digest) == (Kind.IMPORT, 1, None, "")
    assert (oldest.entry, oldest.state) == (FIRST, State.APPROVED)
