"""Who looks after a group on Telegram: its owner and its administrators, asked for when it matters."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import structlog
from telegram import ChatMember
from telegram.constants import ChatMemberStatus
from telegram.error import ChatMigrated

from adapters.telegram.errors import translated
from adapters.telegram.translate import PLATFORM, TelegramBot, person_of
from bot.chat.people import Person, Place
from bot.errors import DeliveryError

__all__ = ["KNOWN_FOR", "TelegramRoles"]

KNOWN_FOR = timedelta(seconds=30)
"""How long an answer holds; who was an administrator may be none by then."""

_MOST_KNOWN = 1000
_PATIENCE = timedelta(seconds=3)
_MODERATORS = {ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR}

_Key = TypeVar("_Key")
_Found = TypeVar("_Found")

log = structlog.get_logger()


class TelegramRoles:
    """Fulfils ``Roles``, and lists who moderates.

    ``seconds`` is a clock that never goes back; at most ``most`` answers of each kind are kept.

    Telegram answers for sure only where the bot is an administrator itself (Bot API 10.3, 24 August 2026,
    getChatMember). Who writes as the group is that group for us and needs no question: Telegram lets only
    administrators do so.
    """

    def __init__(
        self, bot: TelegramBot, seconds: Callable[[], float] = time.monotonic, *, most: int = _MOST_KNOWN
    ) -> None:
        self._bot = bot
        self._seconds = seconds
        self._most = most
        self._known: dict[tuple[str, str], tuple[float, bool]] = {}
        self._listed: dict[str, tuple[float, tuple[Person, ...]]] = {}

    async def moderates(self, person: Person, place: Place) -> bool:
        """See the port."""
        if place.direct or {person.platform, place.platform} != {PLATFORM}:
            return False
        if person.id == place.id:
            return True
        if person.shared or not person.id.isdecimal():
            return False  # who writes as a channel may be anybody
        asked = (place.id, person.id)
        until, moderates = self._known.get(asked, (0.0, False))
        if self._seconds() < until:
            return moderates
        try:
            with translated():
                moderates = await self._ask(int(place.id), int(person.id)) in _MODERATORS
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the answer, nobody moderates by it
            reason = error.reason if isinstance(error, DeliveryError) else "unreadable_answer"
            log.warning("role_unknown", reason=reason)
            return False
        self._keep(self._known, asked, moderates)
        return moderates

    async def moderators(self, place: Place) -> tuple[Person, ...]:
        """See ``Messenger``: the owner and the administrators, also those who are anonymous in the group."""
        if place.direct or place.platform != PLATFORM:
            return ()
        until, found = self._listed.get(place.id, (0.0, ()))
        if self._seconds() < until:
            return found
        try:
            with translated():
                members = await self._list(int(place.id))
            found = tuple(person_of(member.user) for member in members if not member.user.is_bot)
        except Exception as error:  # noqa: BLE001 - as above
            reason = error.reason if isinstance(error, DeliveryError) else "unreadable_answer"
            log.warning("moderators_unknown", reason=reason)
            return ()
        self._keep(self._listed, place.id, found)
        return found

    async def _list(self, chat_id: int) -> Sequence[ChatMember]:
        patience = _PATIENCE.total_seconds()
        try:
            return await self._bot.get_chat_administrators(chat_id, read_timeout=patience)
        except ChatMigrated as moved:
            return await self._bot.get_chat_administrators(moved.new_chat_id, read_timeout=patience)

    async def _ask(self, chat_id: int, person_id: int) -> str:
        patience = _PATIENCE.total_seconds()
        try:
            return (await self._bot.get_chat_member(chat_id, person_id, read_timeout=patience)).status
        except ChatMigrated as moved:
            return (await self._bot.get_chat_member(moved.new_chat_id, person_id, read_timeout=patience)).status

    def _keep(self, known: dict[_Key, tuple[float, _Found]], asked: _Key, found: _Found) -> None:
        known.pop(asked, None)
        if len(known) >= self._most:
            del known[next(iter(known))]
        known[asked] = (self._seconds() + KNOWN_FOR.total_seconds(), found)
