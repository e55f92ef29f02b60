"""How reminders reach the people on the stage, and notices the group."""

from dataclasses import dataclass, field

from adapters.console.ports import CAPABILITIES
from bot.chat.capabilities import Capabilities
from bot.chat.people import Person, Place, Reader
from bot.chat.replies import Reply
from bot.errors import Blocked


@dataclass(frozen=True, slots=True)
class Delivery:
    """A reminder on its way."""

    person: Person
    reply: Reply
    reader: Reader


@dataclass(frozen=True, slots=True)
class Notice:
    """What the program says to a group of its own accord, on its way."""

    place: Place
    reply: Reply
    reader: Reader


@dataclass(slots=True)
class Outbox:
    """Fulfils ``Messenger``: keeps what is sent until the stage shows it. ``blocked`` are the ids that refuse messages.

    A sweep sends to several people at once, in an order that chance decides; the stage shows them by name.
    """

    blocked: set[str] = field(default_factory=set[str])
    waiting: list[Delivery] = field(default_factory=list[Delivery])
    notices: list[Notice] = field(default_factory=list[Notice])

    @property
    def capabilities(self) -> Capabilities:
        """See the port."""
        return CAPABILITIES

    async def send(self, person: Person, reply: Reply, reader: Reader, *, once: str) -> str:
        """See the port."""
        if person.id in self.blocked:
            raise Blocked("blocked")
        self.waiting.append(Delivery(person, reply, reader))
        return once

    async def post(self, place: Place, reply: Reply, reader: Reader) -> None:
        """See the port."""
        self.notices.append(Notice(place, reply, reader))

    def take_notices(self) -> list[Notice]:
        """Hand out what is for a group, in order, and forget it."""
        taken, self.notices = self.notices, []
        return taken

    def take(self) -> list[Delivery]:
        """Hand out what is waiting, by person, and forget it."""
        taken, self.waiting = sorted(self.waiting, key=lambda each: each.person.id), []
        return taken
