"""How the bot reaches people and groups on Telegram unasked, and what Telegram can do."""

from dataclasses import dataclass

from adapters.telegram.errors import known_as_group
from adapters.telegram.render import posts
from adapters.telegram.roles import TelegramRoles
from adapters.telegram.sending import Route, Sender
from adapters.telegram.translate import PLATFORM
from bot.chat.capabilities import Capabilities
from bot.chat.people import Person, Place, Reader
from bot.chat.replies import Reply
from bot.chat.tokens import ANYONE
from bot.errors import Blocked
from bot.words.presenting import Presenter

__all__ = ["CAPABILITIES", "TelegramMessenger"]

# Telegram takes 4096 characters after its markup is read and counts some of them twice, so there is some room left.
# Three buttons a row stay large enough to hit; a keyboard takes 100 (Bot API 10.3, 24 August 2026).
CAPABILITIES = Capabilities(
    platform=PLATFORM,
    most_characters=3900,
    most_buttons=3,
    most_rows=30,
    data_bytes=64,
    hidden_in_group=True,
    forms=False,
)

_ANYBODY = Person(PLATFORM, ANYONE, "")


@dataclass(frozen=True, slots=True)
class TelegramMessenger:
    """Fulfils ``Messenger``: writes to a person's direct chat, and to groups."""

    presenter: Presenter
    sender: Sender
    roles: TelegramRoles

    @property
    def capabilities(self) -> Capabilities:
        """See the port."""
        return CAPABILITIES

    async def send(self, person: Person, reply: Reply, reader: Reader, *, once: str) -> str:  # noqa: ARG002 - Telegram refuses no repetition
        """See the port."""
        route = Route(int(person.id), unasked=True)
        if not route.direct:
            # Somebody who wrote as a group has its id, and what is for one person is not for that group.
            raise Blocked("anonymous")
        return await self.sender.post(route, posts(self.presenter.show(reply, person, reader)))

    async def post(self, place: Place, reply: Reply, reader: Reader, *, answering: str = "") -> str:
        """See the port; an answer makes no sound for the group, unless it calls somebody."""
        screen = self.presenter.show(reply, _ANYBODY, reader)
        route = Route(
            int(place.id),
            _number(place.topic),
            reply_to=_number(answering),
            silent=bool(answering) and not screen.calls,
            unasked=not answering,
        )
        with known_as_group():
            return await self.sender.post(route, posts(screen, self.sender.name_for(route)))

    async def edit(self, place: Place, message_id: str, reply: Reply, reader: Reader) -> None:
        """See the port. Telegram rings nobody for an edit; a file cannot be put in by one."""
        route = Route(int(place.id))
        screen = self.presenter.show_in_one(reply, _ANYBODY, reader)
        first, *_ = posts(screen, self.sender.name_for(route))
        await self.sender.change(route, int(message_id), first)

    async def moderators(self, place: Place) -> tuple[Person, ...]:
        """See the port."""
        return await self.roles.moderators(place)


def _number(written: str) -> int | None:
    return int(written) if written else None
