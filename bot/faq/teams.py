"""Whose curated answers hold where somebody asks."""

from dataclasses import dataclass

from bot.faq.ports import FaqWork
from bot.faq.revision import EVERYWHERE
from bot.members.calls import Call

NO_CHAT = "-"
"""What buttons carry from a group that was not set up: in a direct chat, too, no team's answers hold for them."""


@dataclass(frozen=True, slots=True)
class Home:
    """The team whose answers hold, and what buttons carry so that they hold on in a direct chat.

    ``chat_id`` is our own id of the chat from which somebody came: ``NO_CHAT`` where none was set up there, empty where
    they came from no group.
    """

    team: str
    chat_id: str = ""
    offers: bool = False

    @property
    def can_be_asked(self) -> bool:
        """Whether there is a team that takes questions from here."""
        return self.team != EVERYWHERE


async def home_of(call: Call, work: FaqWork, chat_id: str = "", *, home_chat: str = "") -> Home:
    """Find whose answers hold here, and who is asked from here.

    In a group its own team; in a direct chat that of ``chat_id``, which the pressed button or the link carried.
    Who came from no group belongs to ``home_chat``, which the operator named. Nothing else is taken for somebody's
    team: anybody can set up a group of their own.
    """
    chat = None if call.place.direct else await work.chats.find(call.place)
    if chat is None and chat_id:
        chat = await work.chats.get(chat_id)
    if chat:
        return Home(chat.team, chat.id, chat.offers)
    if not call.place.direct or chat_id:
        return Home(EVERYWHERE, NO_CHAT)
    home = await work.chats.get(home_chat) if home_chat else None
    # Its id is not carried on, so that buttons follow when the operator names another.
    return Home(home.team) if home else Home(EVERYWHERE)
