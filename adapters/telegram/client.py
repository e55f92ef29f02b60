"""The bot on Telegram: connects, receives, answers, and reaches people unasked."""

import logging
import traceback
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from telegram import Update
from telegram.error import InvalidToken
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from adapters.telegram.answering import Answering
from adapters.telegram.commands import publish
from adapters.telegram.inline import Browsing
from adapters.telegram.lanes import Lanes
from adapters.telegram.polling import TOKEN_REFUSED, Polling, connect
from adapters.telegram.render import HtmlMarkup, posts
from adapters.telegram.roles import TelegramRoles
from adapters.telegram.sending import Route, Sender
from adapters.telegram.translate import PLATFORM, Origin, TelegramBot, added_to, received
from bot.chat.capabilities import Capabilities
from bot.chat.events import Used
from bot.chat.people import Person, Place, Reader
from bot.chat.ports import Messenger
from bot.chat.replies import Reply, say
from bot.chat.tokens import ANYONE
from bot.dispatcher import Dispatcher
from bot.errors import Blocked, DeliveryError, SettingsError
from bot.members.calls import Audience
from bot.words.presenting import Presenter

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

ANSWER_PATIENCE = timedelta(seconds=5)
"""How long an answer waits where Telegram asks to; a reminder is put back by the sweep instead."""

_LAST_WORDS = timedelta(seconds=5)
_LONG_POLL = timedelta(seconds=25)
# Telegram allows about 30 messages a second (its FAQ for bots); one at a time, evenly, stays below that.
_EVERY = 1 / 28
_ANSWERED_WITHIN = timedelta(seconds=10)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TelegramMessenger:
    """Fulfils ``Messenger``: writes to a person's direct chat, and to groups."""

    presenter: Presenter
    sender: Sender

    @property
    def capabilities(self) -> Capabilities:
        """See the port."""
        return CAPABILITIES

    async def send(self, person: Person, reply: Reply, reader: Reader, *, once: str) -> str:  # noqa: ARG002 - Telegram refuses no repetition
        """See the port."""
        route = Route(int(person.id))
        if not route.direct:
            # Somebody who wrote as a group has its id, and what is for one person is not for that group.
            raise Blocked("anonymous")
        return await self.sender.post(route, posts(self.presenter.show(reply, person, reader)))

    async def post(self, place: Place, reply: Reply, reader: Reader) -> None:
        """See the port."""
        route = Route(int(place.id))
        screen = self.presenter.show(reply, Person(PLATFORM, ANYONE, ""), reader)
        await self.sender.post(route, posts(screen, self.sender.name_for(route)))


class TelegramAdapter:
    """The bot on Telegram.

    ``api_base`` is the server's address without a path, ``long_poll`` how long a poll is held and ``answered_within``
    how long any other call may take. ``lanes`` are the answers at work.

    Raises:
        SettingsError: there is no token.
    """

    def __init__(
        self,
        token: str,
        api_base: str,
        dispatcher: Dispatcher,
        *,
        long_poll: timedelta = _LONG_POLL,
        answered_within: timedelta = _ANSWERED_WITHIN,
    ) -> None:
        self._bot = build_bot(token, api_base, answered_within)
        self._dispatcher = dispatcher
        self._presenter = Presenter(CAPABILITIES, HtmlMarkup(), dispatcher.tokens)
        sender = Sender(self._bot, ANSWER_PATIENCE)
        self._answering = Answering(self._presenter, sender)
        self._browsing = Browsing(dispatcher, CAPABILITIES, self._presenter, sender)
        self._roles = TelegramRoles(self._bot)
        self._messenger = TelegramMessenger(self._presenter, Sender(self._bot))
        self._polling = Polling(self._bot, long_poll)
        self.lanes = Lanes()

    @property
    def capabilities(self) -> Capabilities:
        """What Telegram can do."""
        return CAPABILITIES

    @property
    def messenger(self) -> Messenger:
        """How reminders go out; ready before ``run``, not after it."""
        return self._messenger

    async def run(self) -> None:
        """Receive and answer until cancelled.

        Raises:
            SettingsError: Telegram refuses the token, or another program receives this bot's messages.
        """
        try:
            await connect(self._bot)
            await self._publish()
            log.info("telegram_connected")
            await self._polling.run(self._receive)
        finally:
            await self.lanes.finish(_LAST_WORDS)
            await self._bot.shutdown()

    async def _publish(self) -> None:
        try:
            await publish(self._bot, self._presenter, self._dispatcher.menu(CAPABILITIES))
        except DeliveryError as error:
            log.warning("menus_not_published", reason=error.reason)

    def _receive(self, update: Update) -> None:
        person = update.effective_user
        # Every letter that somebody types for an inline query is one; nothing else waits for those.
        lane = (person.id if person else None, update.inline_query is not None)
        self.lanes.add(lane, lambda: self._answer(update))

    async def _answer(self, update: Update) -> None:
        try:
            await self._handle(update)
        except Exception as error:  # noqa: BLE001 - one update that cannot be handled must not end all others
            frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
            log.error("update_failed", error=type(error).__name__, at=frames)  # noqa: TRY400 - a traceback could hold words

    async def _handle(self, update: Update) -> None:
        if update.inline_query:
            await self._browsing.answer(update.inline_query)
            return
        group_id = added_to(update)
        if group_id is not None:
            await self._greet(group_id)
            return
        heard = received(update, self._bot.username)
        if heard is None:
            if update.callback_query:
                await self._answering.sender.acknowledge(update.callback_query.id)
        elif heard.origin.anonymous and isinstance(heard.event, Used) and not self._is_for_moderators(heard.event):
            await self._turn_away(heard.origin, heard.event)
        else:
            answer = await self._dispatcher.handle(heard.event, _capabilities_at(heard.origin), self._roles)
            await self._answering.show(heard, answer)

    def _is_for_moderators(self, event: Used) -> bool:
        """Whether it takes a moderator to use a command: of who writes as the group, nothing else is known."""
        command = self._dispatcher.find_command(event.command, CAPABILITIES)
        return command is not None and command.audience is Audience.MODERATOR

    async def _greet(self, group_id: int) -> None:
        origin = Origin(group_id, person_id=0, direct=False)
        await self._answering.say_publicly(origin, say("adapter.telegram.hello"), Reader())

    async def _turn_away(self, origin: Origin, event: Used) -> None:
        """Tell an administrator who writes as the group where to ask, since their own chat is not known."""
        if self._dispatcher.find_command(event.command, CAPABILITIES):
            reader = Reader(event.person.locale or "en")
            await self._answering.say_publicly(origin, say("adapter.telegram.anonymous"), reader)


def _capabilities_at(origin: Origin) -> Capabilities:
    """What can be done where something came from: an answer that cannot be hidden there goes to the direct chat."""
    return replace(CAPABILITIES, hidden_in_group=origin.can_hide)


def build_bot(token: str, api_base: str, answered_within: timedelta = _ANSWERED_WITHIN) -> TelegramBot:
    """Make the library's client; nothing is connected yet.

    Raises:
        SettingsError: there is no token.
    """
    # Their records hold addresses with the token in them, and what people write.
    for library in ("telegram", "httpx", "httpcore"):
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    # No retries in the library: it would hold back every other message for as long as Telegram asks, minutes even.
    # No brake for groups either: a hidden answer that waits longer than 15 seconds is refused.
    limiter = AIORateLimiter(overall_max_rate=1, overall_time_period=_EVERY, group_max_rate=0, max_retries=0)
    base = api_base.rstrip("/")
    try:
        return ExtBot(
            token.strip(),
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=HTTPXRequest(read_timeout=answered_within.total_seconds()),
            get_updates_request=HTTPXRequest(connection_pool_size=1, read_timeout=answered_within.total_seconds()),
            rate_limiter=limiter,
        )
    except InvalidToken:
        raise SettingsError(TOKEN_REFUSED) from None
