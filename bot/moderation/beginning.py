"""How the bot begins to listen in a group: its members are told first what is read there, and why."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import structlog

from bot.chat.ports import Herald
from bot.chat.replies import Reply, say
from bot.errors import DeliveryError
from bot.faq.desk import chat_id_of
from bot.members.calls import Call
from bot.moderation.flag import Deed
from bot.moderation.policy import Watched
from bot.moderation.ports import ModerationWork

OpenWork = Callable[[], AbstractAsyncContextManager[ModerationWork]]

log = structlog.get_logger()


async def begun(call: Call, look: OpenWork, open_work: OpenWork, herald: Herald) -> bool:
    """See to it that a group is watched: a new one gets the first policy, and a notice to all.

    False for a moderators' chat: what they say there about members is not to become flags of its own.
    """
    async with look() as work:
        if await work.watches.of_desk(call.place):
            return False
        watched = await work.watches.find(call.place)
    if watched is None:
        watched = await _begin(call, open_work)
    if watched and not watched.introduced:
        await _introduce(call, watched, open_work, herald)
    return True


async def _begin(call: Call, open_work: OpenWork) -> Watched | None:
    """Watch a new group; None where another message of it did so in this very moment."""
    async with open_work() as work:
        chat = await work.chats.find(call.place)
        # Where moderators have set nothing up there is no chat yet; when there is one, it has this very id.
        chat_id = chat.id if chat else chat_id_of(call.place)
        watched = Watched(chat_id, call.place, call.now, introduced=False)
        if not await work.watches.add(watched):
            return None
        await work.deeds.add(Deed(watched.chat_id, "", "begun", call.now))
        await work.commit()
    log.info("chat_watched", chat=watched.chat_id)
    return watched


async def _introduce(call: Call, watched: Watched, open_work: OpenWork, herald: Herald) -> None:
    """Tell all what is read here and why; where that fails, with the next message a minute later."""
    try:
        await herald.post(call.place, Reply((say("heard.notice"),), private=False))
    except DeliveryError as error:
        log.warning("notice_not_posted", chat=watched.chat_id, reason=error.reason)
        return
    async with open_work() as work:
        latest = await work.watches.get(watched.chat_id)
        if latest:
            await work.watches.save(replace(latest, introduced=True))
        await work.commit()
