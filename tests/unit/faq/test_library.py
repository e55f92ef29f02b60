"""What a team's members can find now."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from bot.faq import library
from bot.faq.entry import Category, Entry, Phrasing, Source
from bot.faq.library import Library
from bot.faq.revision import EVERYWHERE, Kind, Revision, State
from bot.faq.search import Search
from storage.store import Store

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LENGTH = Entry(
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
BRING = replace(LENGTH, id="what-to-bring", question="What do people bring?", phrasings=())
DOGS = replace(
    LENGTH,
    id="therapy-dogs",
    question="Do therapy dogs visit?",
    category=Category.PEER_EXPERIENCE,
    phrasings=(Phrasing("is there a labrador who visits"),),
)


class CountedSearch:
    """Prepares the real search, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, entries: Sequence[Entry]) -> Search:
        self.times += 1
        return Search.over(entries, with_vectors=False)


async def keep(store: Store, entry: Entry, *, team: str = EVERYWHERE, shown: bool = True) -> None:
    state = State.APPROVED
    async with store.work() as work:
        await work.entries.add(Revision(team, 0, Kind.EDIT, state, entry, NOW, shown=shown))
        await work.commit()


async def test_a_shelf_holds_what_is_shown_to_all(store: Store) -> None:
    await keep(store, LENGTH)
    await keep(store, BRING)
    async with store.work() as work:
        shelf = await Library(CountedSearch()).shelf(work, EVERYWHERE)

    assert shelf.entries == {"day-length": LENGTH, "what-to-bring": BRING}
    assert {key: each.number for key, each in shelf.revisions.items()} == {"day-length": 1, "what-to-bring": 1}


async def test_a_team_s_text_stands_for_all_else_and_only_there(store: Store) -> None:
    theirs = replace(LENGTH, answer="Here it is a whole day, from nine to five.")
    await keep(store, LENGTH)
    await keep(store, theirs, team="team-a")
    books = Library(CountedSearch())
    async with store.work() as work:
        assert (await books.shelf(work, "team-a")).entries["day-length"] == theirs
        assert (await books.shelf(work, "team-b")).entries["day-length"] == LENGTH
        assert (await books.shelf(work, EVERYWHERE)).entries["day-length"] == LENGTH


async def test_what_a_team_took_away_is_gone_there_alone(store: Store) -> None:
    await keep(store, LENGTH)
    await keep(store, LENGTH, team="team-a", shown=False)
    books = Library(CountedSearch())
    async with store.work() as work:
        there, elsewhere = await books.shelf(work, "team-a"), await books.shelf(work, "team-b")
    query = "How long does one infusion day take?"

    assert (there.entries, there.by_code(LENGTH.code), (await there.find(query)).hits) == ({}, None, ())
    assert (await elsewhere.find(query)).hits[0].entry_id == "day-length"


async def test_what_a_team_added_is_found_there_alone(store: Store) -> None:
    await keep(store, LENGTH)
    await keep(store, DOGS, team="team-a")
    books = Library(CountedSearch())
    async with store.work() as work:
        there, elsewhere = await books.shelf(work, "team-a"), await books.shelf(work, "team-b")

    assert (await there.find("does a labrador visit")).hits[0].entry_id == "therapy-dogs"
    assert "therapy-dogs" not in {hit.entry_id for hit in (await elsewhere.find("does a labrador visit")).hits}


async def test_a_proposal_is_not_shown(store: Store) -> None:
    await keep(store, LENGTH)
    async with store.work() as work:
        for state in (State.PROPOSED, State.HELD, State.REJECTED):
            await work.entries.add(Revision(EVERYWHERE, 0, Kind.EDIT, state, replace(LENGTH, answer="Other."), NOW))
        shelf = await Library(CountedSearch()).shelf(work, EVERYWHERE)

    assert shelf.entries["day-length"] == LENGTH


async def test_a_shelf_is_kept_until_an_entry_changes(store: Store) -> None:
    search_over = CountedSearch()
    books = Library(search_over)
    await keep(store, LENGTH)
    async with store.work() as work:
        first = await books.shelf(work, EVERYWHERE)
        assert await books.shelf(work, EVERYWHERE) is first
    await keep(store, BRING)
    async with store.work() as work:
        second = await books.shelf(work, EVERYWHERE)

    assert (set(second.entries), search_over.times) == ({"day-length", "what-to-bring"}, 2)


async def test_the_shelf_that_was_asked_for_longest_ago_goes_first(store: Store) -> None:
    search_over = CountedSearch()
    books = Library(search_over)
    async with store.work() as work:
        first = await books.shelf(work, "team-0")
        for number in range(1, library._MOST_SHELVES):  # noqa: SLF001 - how many is of no interest elsewhere
            await books.shelf(work, f"team-{number}")
        assert await books.shelf(work, "team-0") is first
        await books.shelf(work, "one more")
        assert await books.shelf(work, "team-0") is first
        before = search_over.times
        await books.shelf(work, "team-1")

    assert search_over.times == before + 1


async def test_a_code_leads_to_its_entry(store: Store) -> None:
    await keep(store, LENGTH)
    async with store.work() as work:
        shelf = await Library(CountedSearch()).shelf(work, EVERYWHERE)

    assert shelf.by_code(LENGTH.code) == LENGTH
    assert (shelf.by_code(BRING.code), shelf.by_code("")) == (None, None)


async def test_a_category_lists_its_entries_by_their_questions(store: Store) -> None:
    for entry in (BRING, LENGTH, DOGS):
        await keep(store, entry)
    async with store.work() as work:
        shelf = await Library(CountedSearch()).shelf(work, EVERYWHERE)

    assert shelf.of(Category.INFUSION_DAYS) == [LENGTH, BRING]
    assert shelf.of(Category.PEER_EXPERIENCE) == [DOGS]
    assert shelf.of(Category.LABS) == []


async def test_the_real_search_is_used_unless_another_is_given(store: Store) -> None:
    await keep(store, LENGTH)
    async with store.work() as work:
        shelf = await Library().shelf(work, EVERYWHERE)

    assert isinstance(shelf.search, Search)
    assert (await shelf.find(LENGTH.question)).sure
