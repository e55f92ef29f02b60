"""Bringing words to a person whom the bot overheard, so that nobody else learns what they are about."""

import structlog

from bot.chat.people import Person
from bot.chat.ports import Herald
from bot.chat.replies import Reply
from bot.errors import DeliveryError, RateLimited, Unreachable
from bot.moderation.flag import Answered, Flag
from bot.moderation.speaking import public_reply

log = structlog.get_logger()


async def reach(herald: Herald, flag: Flag, words: Reply, person: Person, language: str, *, is_open: bool) -> Answered:
    """Send words to somebody's direct chat if it is open, else offer them in the group by a button; say what arrived.

    Only what the platform confirmed counts: where it is not known whether a direct message arrived, the button
    follows, since a second way to help does less harm than none. Still ``PENDING`` where the platform asks to wait.
    """
    if is_open and not person.shared and await _sent(herald, person, words):
        return Answered.PRIVATELY
    return await said_publicly(herald, flag, public_reply(person.name, flag.id, language), Answered.BUTTON)


async def said_publicly(herald: Herald, flag: Flag, reply: Reply, done: Answered) -> Answered:
    """Say something to all under a flag's message: ``done`` where it stands, ``PENDING`` where that can still be."""
    try:
        await herald.post(flag.place, reply, answering=flag.message_id)
    except (RateLimited, Unreachable) as error:
        log.warning("public_reply_delayed", reason=error.reason)
        return Answered.PENDING
    except DeliveryError as error:
        log.warning("public_reply_failed", reason=error.reason)
        return Answered.NOBODY
    return done


async def _sent(herald: Herald, person: Person, words: Reply) -> bool:
    try:
        await herald.send(person, words)
    except DeliveryError as error:
        log.info("direct_words_failed", reason=error.reason)
        return False
    return True
