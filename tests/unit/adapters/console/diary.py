"""A schedule of texts, in place of the reminders of a database."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from adapters.console.ports import PLATFORM
from adapters.console.translate import GROUP
from bot.chat.people import Person, Reader
from bot.chat.ports import Clock, Messenger
from bot.chat.replies import Reply
from bot.errors import Blocked
from contract.chat.probe import plain


@dataclass
class Diary:
    """Fulfils ``Bell``: says a text to some people, or to "group", at each of its moments, the last person first."""

    due: list[tuple[datetime, str, tuple[str, ...]]] = field(default_factory=list)
    stuck: bool = False
    messenger: Messenger | None = None
    clock: Clock | None = None

    def at(self, moment: str, text: str, *names: str) -> None:
        self.due.append((datetime.fromisoformat(moment).replace(tzinfo=UTC), text, names))
        self.due.sort()

    async def next_due(self) -> datetime | None:
        return self.due[0][0] if self.due else None

    async def run(self) -> int:
        assert self.clock
        assert self.messenger
        ready = [one for one in self.due if one[0] <= self.clock.now()]
        for _moment, text, names in [] if self.stuck else ready:
            for name in sorted(names, reverse=True):
                await self._say(Person(PLATFORM, name, ""), text)
            self.due.pop(0)
        return len(ready)

    async def _say(self, person: Person, text: str) -> None:
        assert self.messenger
        if person.id == GROUP.id:
            await self.messenger.post(GROUP, Reply((plain(text),)), Reader())
            return
        try:
            await self.messenger.send(person, Reply((plain(text),)), Reader(), once=text)
        except Blocked:
            return
