"""How reminders reach the people on the stage, and notices the group."""

from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.console.ports import CAPABILITIES
from bot.chat.capabilities import Capabilities
from bot.chat.people import Person, Place, Reader
from bot.chat.replies import Reply
from bot.errors import Blocked, Gone


@dataclass(frozen=True, slots=True)
class Delivery:
    """A reminder on its way."""

    person: Person
    reply: Reply
    reader: Reader


@dataclass(frozen=True, slots=True)
class Notice:
    """What the program says to a group of its own accord, on its way.

    ``id`` is the same for what it said first and for each change of that. ``answering`` is what it stands under.
    """

    id: str
    place: Place
    reply: Reply
    reader: Reader
    answering: str = ""


def _nobody() -> tuple[Person, ...]:
    return ()


@dataclass(slots=True)
class Outbox:
    """Fulfils ``Messenger``: keeps what is sent until the stage shows it. ``blocked`` are the ids that refuse messages.

    A sweep sends to several people at once, in an order that chance decides; the stage shows them by name. ``posted``
    are the places of what was said to groups, by id, and ``staff`` tells who looks after the group.
    """

    blocked: set[str] = field(default_factory=set[str])
    waiting: list[Delivery] = field(default_factory=list[Delivery])
    notices: list[Notice] = field(default_factory=list[Notice])
    posted: dict[str, Place] = field(default_factory=dict[str, Place])
    staff: Callable[[], tuple[Person, ...]] = _nobody

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

    async def post(self, place: Place, reply: Reply, reader: Reader, *, answering: str = "") -> str:
        """See the port."""
        notice = Notice(f"bot{len(self.posted) + 1}", place, reply, reader, answering)
        self.posted[notice.id] = place
        self.notices.append(notice)
        return notice.id

    async def edit(self, place: Place, message_id: str, reply: Reply, reader: Reader) -> None:
        """See the port."""
        if self.posted.get(message_id) != place:
            raise Gone("message_gone")
        self.notices.append(Notice(message_id, place, reply, reader))

    async def moderators(self, place: Place) -> tuple[Person, ...]:
        """See the port."""
        return () if place.direct else self.staff()

    def take_notices(self) -> list[Notice]:
        """Hand out what is for a group, in order, and forget it."""
        taken, self.notices = self.notices, []
        return taken

    def take(self) -> list[Delivery]:
        """Hand out what is waiting, by person, and forget it."""
        taken, self.waiting = sorted(self.waiting, key=lambda each: each.person.id), []
        return taken
