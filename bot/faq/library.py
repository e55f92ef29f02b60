"""What a team's members can find now: the entries that hold for them, and the search over them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.faq.entry import Category, Entry, code_of
from bot.faq.found import Found, Searching
from bot.faq.ports import FaqWork
from bot.faq.revision import EVERYWHERE, Revision

_MOST_SHELVES = 64
"""Teams whose shelf is kept ready; the one that was asked for longest ago goes first."""


SearchOver = Callable[[Sequence[Entry]], Searching]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The entries that hold for one team, by id. Where a team has changed an entry, its text stands for all else."""

    team: str
    entries: Mapping[str, Entry]
    revisions: Mapping[str, Revision]
    search: Searching
    codes: Mapping[str, str] = field(default_factory=dict[str, str])

    def by_code(self, code: str) -> Entry | None:
        """The entry whose code a button carries; None where it is not shown any more."""
        return self.entries.get(self.codes.get(code, ""))

    def of(self, category: Category) -> Sequence[Entry]:
        """The entries of a category, in the order of their questions."""
        found = (entry for entry in self.entries.values() if entry.category is category)
        return sorted(found, key=lambda entry: entry.question)

    async def find(self, query: str) -> Found:
        """Search, in a thread: the vectors of a long query take their time."""
        return await asyncio.to_thread(self.search.find, query)


class Library:
    """Keeps each team's shelf until an entry changes; holds nothing that is not in the database.

    ``search_over`` prepares the search over a shelf, in a thread.
    """

    def __init__(self, search_over: SearchOver | None = None) -> None:
        self._search_over = search_over or _search_over
        self._shelves: dict[str, tuple[int, Shelf]] = {}

    async def shelf(self, work: FaqWork, team: str) -> Shelf:
        """The entries that hold for a team now; where they are laid out anew, what happened so far is committed."""
        version = await work.entries.version()
        kept = self._shelves.pop(team, None)
        if kept is None or kept[0] != version:
            kept = (version, await self._lay_out(work, team))
        self._shelves[team] = kept  # the newest stands last
        while len(self._shelves) > _MOST_SHELVES:
            del self._shelves[next(iter(self._shelves))]
        return kept[1]

    async def _lay_out(self, work: FaqWork, team: str) -> Shelf:
        revisions = {each.entry.id: each for each in await work.entries.current(EVERYWHERE)}
        if team != EVERYWHERE:
            revisions |= {each.entry.id: each for each in await work.entries.current(team)}
        entries = {key: each.entry for key, each in revisions.items() if each.shown}
        # New phrasings by the hundred take their time: nothing is locked meanwhile.
        await work.commit()
        search = await asyncio.to_thread(self._search_over, tuple(entries.values()))
        return Shelf(team, entries, revisions, search, {code_of(key): key for key in entries})


def _search_over(entries: Sequence[Entry]) -> Searching:
    """Prepare a search; its libraries are loaded only now, since they would cost every start a fifth of a second."""
    from bot.faq.search import Search

    return Search.over(entries)
