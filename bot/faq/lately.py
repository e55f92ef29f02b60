"""What is known of people for a short while, in memory alone: a restart forgets it, and no storage ever holds it."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bot.chat.people import Person

ValueT = TypeVar("ValueT")

KEPT_FOR = timedelta(hours=1)
MOST_KEPT = 1000
"""How many values are kept; the oldest goes first."""


@dataclass  # slots and Generic do not go together on Python 3.11
class Lately(Generic[ValueT]):
    """One value for each person and subject, for an hour or for ``kept_for``."""

    kept_for: timedelta = KEPT_FOR
    _kept: OrderedDict[tuple[str, str, str], tuple[datetime, ValueT]] = field(
        default_factory=OrderedDict[tuple[str, str, str], tuple[datetime, ValueT]]
    )

    def keep(self, person: Person, value: ValueT, now: datetime, about: str = "") -> None:
        """Keep a value in place of an earlier one."""
        key = (person.platform, person.id, about)
        self._kept.pop(key, None)
        self._kept[key] = (now, value)
        self._forget(now)

    def find(self, person: Person, now: datetime, about: str = "") -> ValueT | None:
        """The value; None where none is kept any more."""
        self._forget(now)
        kept = self._kept.get((person.platform, person.id, about))
        return kept[1] if kept else None

    def drop(self, person: Person) -> None:
        """Forget all values of a person."""
        for key in [key for key in self._kept if key[:2] == (person.platform, person.id)]:
            del self._kept[key]

    def _forget(self, now: datetime) -> None:
        while self._kept:
            at, _ = next(iter(self._kept.values()))
            if len(self._kept) <= MOST_KEPT and now - at <= self.kept_for:
                return
            self._kept.popitem(last=False)
