"""The bot on Telegram: connects, receives, answers, and reaches people unasked."""

import logging
import traceback
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

import structlog
from telegram import Update
from telegram.error import InvalidToken
from telegram.ext import ExtBot

from adapters.telegram.answering import Answering
from adapters.telegram.commands import publish
from adapters.telegram.inline import Browsing
from adapters.telegram.lanes import Lanes
from adapters.telegram.messenger import CAPABILITIES, TelegramMessenger
from adapters.telegram.pacing import Pacing
from adapters.telegram.polling import TOKEN_REFUSED, Polling, Reaching, connect
from adapters.telegram.render import HtmlMarkup
from adapters.telegram.requests import Requests
from adapters.telegram.roles import TelegramRoles
from adapters.telegram.sending import Sender
from adapters.telegram.translate import Origin, Received, TelegramBot, added_to, moved, received
from adapters.telegram.webhook import Arrivals, Webhook
from bot.chat.capabilities import Capabilities
from bot.chat.events import Moved, Used
from bot.chat.people import Reader
from bot.chat.ports import Messenger
from bot.chat.replies import say
from bot.dispatcher import Answer, Dispatcher
from bot.errors import DeliveryError, SettingsError
from bot.members.calls import Audience
from bot.words.presenting import Presenter

ANSWER_PATIENCE = timedelta(seconds=5)
"""How long an answer waits where Telegram asks to; a reminder is put back by the sweep instead."""

_MOST_MOVED = 1000
_LAST_WORDS = timedelta(seconds=5)
_LONG_POLL = timedelta(seconds=25)
_ANSWERED_WITHIN = timedelta(seconds=10)

log = structlog.get_logger()


class TelegramAdapter:
    """The bot on Telegram.

    ``api_base`` is the server's address without a path, ``long_poll`` how long a poll is held and ``answered_within``
    how long any other call may take. With a ``webhook`` Telegram brings updates, which then come in by ``receive``.
    ``lanes`` are the answers at work.

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
        webhook: Webhook | None = None,
    ) -> None:
        self._pacing = Pacing()
        self._bot = build_bot(token, api_base, answered_within, self._pacing)
        self._dispatcher = dispatcher
        self._presenter = Presenter(CAPABILITIES, HtmlMarkup(), dispatcher.tokens)
        sender = Sender(self._bot, self._note_moved, patience=ANSWER_PATIENCE)
        self._answering = Answering(self._presenter, sender)
        self._browsing = Browsing(dispatcher, CAPABILITIES, self._presenter, sender)
        self._roles = TelegramRoles(self._bot)
        self._messenger = TelegramMessenger(self._presenter, Sender(self._bot, self._note_moved), self._roles)
        self._arrivals = Arrivals(self._bot, webhook) if webhook else None
        self._updates = self._arrivals or Polling(self._bot, long_poll)
        self._reaching = Reaching(self._bot)
        self._moved: dict[Moved, None] = {}
        self._hears_all = True
        self.lanes = Lanes()

    @property
    def capabilities(self) -> Capabilities:
        """What Telegram can do. With the bot's privacy mode on, groups are heard only by a bot that is their admin."""
        return replace(CAPABILITIES, hears_groups=True if self._hears_all else None)

    @property
    def messenger(self) -> Messenger:
        """How reminders go out; ready before ``run``, not after it."""
        return self._messenger

    @property
    def connected(self) -> bool:
        """Whether Telegram has let the bot in and its last call for that went through."""
        return self._updates.connected or self._reaching.connected

    def take_share(self, share: float) -> None:
        """Send no more than this part of what Telegram takes from the bot."""
        self._pacing.overall.take_share(share)

    async def reach(self) -> None:
        """Be able to write, and receive nothing, until cancelled.

        Raises:
            SettingsError: Telegram refuses the token.
        """
        try:
            await connect(self._bot)
            log.info("telegram_reached")
            await self._reaching.run()
        finally:
            await self.lanes.finish(_LAST_WORDS)
            await self._bot.shutdown()

    async def run(self) -> None:
        """Receive and answer until cancelled.

        What Telegram refuses once it has let the bot in is told to the operator, and tried again.

        Raises:
            SettingsError: Telegram refuses the token, or the address of the webhook.
        """
        try:
            await connect(self._bot)
            self._hears_all = bool(self._bot.bot.can_read_all_group_messages)
            await self._publish()
            log.info("telegram_connected")
            await self._updates.run(self._receive)
        finally:
            await self.lanes.finish(_LAST_WORDS)
            await self._bot.shutdown()

    async def receive(self, body: bytes, secret: str) -> int:
        """Take what was brought to the webhook, and return the HTTP status to answer with."""
        return await self._arrivals.take(body, secret) if self._arrivals else HTTPStatus.NOT_FOUND

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
        heard = received(update, self._bot.username, self._knows)
        if heard is None:
            if update.callback_query:
                await self._answering.sender.acknowledge(update.callback_query.id)
        elif isinstance(heard.event, Moved):
            await self._follow(heard.event)
        else:
            answer = await self._dispatcher.handle(heard.event, self._capabilities_at(heard.origin), self._roles)
            if heard.origin.anonymous and isinstance(heard.event, Used) and not self._is_for_moderators(heard.event):
                await self._turn_away(heard, answer)
            elif await self._answering.show(heard, answer) and answer is not None:
                await self._dispatcher.shown(answer)

    async def _follow(self, event: Moved) -> None:
        """Tell the core once of a group that goes on elsewhere: Telegram says so in both, or in one of the two."""
        if event in self._moved:
            return
        if len(self._moved) >= _MOST_MOVED:
            del self._moved[next(iter(self._moved))]
        self._moved[event] = None
        # Nobody is answered for a move, so that an answer tells of a fault: the next word of it is passed on again.
        if await self._dispatcher.handle(event, CAPABILITIES) is not None:
            self._moved.pop(event, None)

    def _note_moved(self, old_id: int, new_id: int) -> None:
        """Tell the core of a group whose new id Telegram gave in place of taking a message.

        In a task of its own: whoever posts may hold the database until the message is out.
        """
        self.lanes.add(("moved", old_id), lambda: self._follow(moved(old_id, new_id)))

    def _knows(self, command: str) -> bool:
        return self._dispatcher.find_command(command, CAPABILITIES) is not None

    def _capabilities_at(self, origin: Origin) -> Capabilities:
        """What can be done where something came from: what cannot be hidden there goes to the direct chat."""
        return replace(self.capabilities, hidden_in_group=origin.can_hide)

    def _is_for_moderators(self, event: Used) -> bool:
        """Whether it takes a moderator to use a command: of who writes as the group, nothing else is known."""
        command = self._dispatcher.find_command(event.command, CAPABILITIES)
        return command is not None and command.audience is Audience.MODERATOR

    async def _greet(self, group_id: int) -> None:
        origin = Origin(group_id, person_id=0, direct=False)
        await self._answering.say_publicly(origin, say("adapter.telegram.hello"), Reader())

    async def _turn_away(self, heard: Received, answer: Answer | None) -> None:
        """Say in place of an answer, whose buttons would be nobody's, that it is given only to an account of one's own.

        What was answered to all already needs no word more.
        """
        if answer is None or not answer.keep:
            await self._answering.turn_away(heard.origin, answer.reader if answer else Reader())


def build_bot(
    token: str, api_base: str, answered_within: timedelta = _ANSWERED_WITHIN, pacing: Pacing | None = None
) -> TelegramBot:
    """Make the library's client; nothing is connected yet.

    Raises:
        SettingsError: there is no token.
    """
    # Their records hold addresses with the token in them, and what people write.
    for library in ("telegram", "httpx", "httpcore"):
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    base = api_base.rstrip("/")
    try:
        return ExtBot(
            token.strip(),
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=Requests(read_timeout=answered_within.total_seconds()),
            get_updates_request=Requests(connection_pool_size=1, read_timeout=answered_within.total_seconds()),
            rate_limiter=pacing or Pacing(),
        )
    except InvalidToken:
        raise SettingsError(TOKEN_REFUSED) from None
