"""What a search finds, and what a search does; ``search.py`` does it, at the cost of loading its libraries."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that fits. ``score`` is between 0 and 1."""

    entry_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: at most five hits, best first.

    ``sure``: the first may be shown outright. ``offered``: how many may be offered to choose from, 0 where nothing
    fits. ``personal``: the query holds facts of somebody's own case, so the pointer to the physician stands above.
    """

    hits: tuple[Hit, ...]
    sure: bool
    offered: int
    personal: bool


class Searching(Protocol):
    """A search over entries that is ready to be used."""

    def find(self, query: str) -> Found:
        """Find what a query asks for. The same query always finds the same."""
        ...
