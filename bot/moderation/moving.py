"""A group that the platform gave another id: everything that is set for it goes along."""

import structlog

from bot.chat.events import Moved
from bot.faq.ports import FaqWork

log = structlog.get_logger()


async def moved(work: FaqWork, event: Moved) -> None:
    """Have a group's settings, desk, policy and flags go over to its new id."""
    await work.chats.moved(event.place, event.to)
    log.info("chat_moved", platform=event.place.platform)
