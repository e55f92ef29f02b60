"""Receiving updates by long polling until cancelled."""

import asyncio
from collections.abc import Callable, Generator
from datetime import timedelta

import structlog
from telegram import Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from adapters.telegram.translate import TelegramBot
from adapters.telling import Hourly
from bot.errors import SettingsError

__all__ = ["REFUSED_PAUSE", "TOKEN_REFUSED", "WANTED", "Polling", "Reaching", "connect", "refused"]

WANTED = (
    Update.MESSAGE,
    Update.EDITED_MESSAGE,
    Update.CALLBACK_QUERY,
    Update.INLINE_QUERY,
    Update.MY_CHAT_MEMBER,
)

TOKEN_REFUSED = "Telegram refuses the bot's token: copy it again from BotFather into TELEGRAM_TOKEN."  # noqa: S105 - a sentence
_CONFLICT = "Somebody else receives this bot's messages: stop the other program that runs with the same Telegram token."
_WEBHOOK = (
    "A webhook is set for this bot, so its messages go there: end the program that uses it (ours removes its own at a "
    "clean end), remove it with Telegram's method deleteWebhook, or set TELEGRAM_WEBHOOK_URL to go on with it."
)
_ASKED_EVERY = timedelta(seconds=20)
_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(minutes=1)

REFUSED_PAUSE = timedelta(minutes=5)
"""Between two tries with a token that was good before: it may be so again, and no restart is needed then."""

log = structlog.get_logger()


async def connect(bot: TelegramBot) -> None:
    """Open the connection; while the network is down, try again with growing pauses.

    Raises:
        SettingsError: Telegram refuses the token.
    """
    pauses = _pauses()
    while True:
        try:
            await bot.initialize()
        except InvalidToken:
            # The library's text holds the token, so its error must not hang on ours.
            raise SettingsError(TOKEN_REFUSED) from None
        except TelegramError as error:
            await _wait("telegram_not_reached", error, pauses)
        else:
            return


class Polling:
    """One long poll after another; ``wait`` is how long Telegram holds a poll when there is nothing new.

    What Telegram refuses after it has let the bot in is told, and tried again: a token after ``refused_pause``.
    ``connected`` says whether the last poll went through; before the first one has, that Telegram let the bot in.
    """

    def __init__(self, bot: TelegramBot, wait: timedelta, refused_pause: timedelta = REFUSED_PAUSE) -> None:
        self._bot = bot
        self._wait = wait
        self._refused_pause = refused_pause
        self._hourly = Hourly()
        self._next: int | None = None
        self.connected = False

    async def run(self, receive: Callable[[Update], None]) -> None:
        """Hand over updates as they come, in order; when cancelled, tell Telegram which ones were."""
        self.connected = True
        try:
            await self._poll(receive)
        except asyncio.CancelledError:
            await self._confirm()
            raise
        finally:
            self.connected = False

    async def _poll(self, receive: Callable[[Update], None]) -> None:
        pauses = _pauses()
        while True:
            try:
                updates = await self._bot.get_updates(self._next, timeout=self._wait, allowed_updates=WANTED)
            except InvalidToken:
                self.connected = False
                await refused(self._hourly, self._refused_pause)
                continue
            except TelegramError as error:
                self.connected = False
                if isinstance(error, Conflict):
                    # Often it passes by itself: the last poll of a program that has just ended is still held.
                    self._hourly.tell("telegram_received_elsewhere", await self._why())
                await _wait("polling_failed", error, pauses)
                continue
            self.connected = True
            pauses = _pauses()
            for update in updates:
                self._next = update.update_id + 1
                receive(update)

    async def _why(self) -> str:
        """What stands in the way of asking for updates."""
        try:
            webhook = (await self._bot.get_webhook_info()).url
        except TelegramError:
            return _CONFLICT
        return _WEBHOOK if webhook else _CONFLICT

    async def _confirm(self) -> None:
        """Let Telegram forget what was received, so that the next start does not hear it again."""
        if self._next is None:
            return
        try:
            await self._bot.get_updates(self._next, limit=1, timeout=timedelta(), allowed_updates=WANTED)
        except TelegramError as error:
            log.warning("confirming_failed", error=type(error).__name__)


class Reaching:
    """The connection of a process that only writes: it asks now and then whether Telegram still lets the bot in.

    ``connected`` says whether it did when last asked. ``every`` is the time between two questions, ``refused_pause``
    the one after the token was refused.
    """

    def __init__(
        self, bot: TelegramBot, every: timedelta = _ASKED_EVERY, refused_pause: timedelta = REFUSED_PAUSE
    ) -> None:
        self._bot = bot
        self._every = every
        self._refused_pause = refused_pause
        self._hourly = Hourly()
        self.connected = False

    async def run(self) -> None:
        """Ask until cancelled."""
        self.connected = True
        pauses = _pauses()
        try:
            while True:
                await asyncio.sleep(self._every.total_seconds())
                try:
                    await self._bot.get_me()
                except InvalidToken:
                    self.connected = False
                    await refused(self._hourly, self._refused_pause)
                except TelegramError as error:
                    self.connected = False
                    await _wait("telegram_not_reached", error, pauses)
                else:
                    self.connected = True
                    pauses = _pauses()
        finally:
            self.connected = False


async def refused(hourly: Hourly, pause: timedelta) -> None:
    """Tell that a token is refused that was good before, and wait."""
    hourly.tell("telegram_token_refused", TOKEN_REFUSED)
    await asyncio.sleep(pause.total_seconds())


def _pauses() -> Generator[timedelta]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _wait(failure: str, error: TelegramError, pauses: Generator[timedelta]) -> None:
    pause = next(pauses)
    if isinstance(error, RetryAfter) and isinstance(error.retry_after, timedelta):
        pause = max(pause, error.retry_after)
    log.warning(failure, error=type(error).__name__, pause_seconds=pause.total_seconds())
    await asyncio.sleep(pause.total_seconds())
