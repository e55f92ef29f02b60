"""Receiving updates by long polling until cancelled."""

import asyncio
from collections.abc import Callable, Generator
from datetime import timedelta

import structlog
from telegram import Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from adapters.telegram.translate import TelegramBot
from bot.errors import SettingsError

__all__ = ["Polling", "connect"]

WANTED = (
    Update.MESSAGE,
    Update.EDITED_MESSAGE,
    Update.CALLBACK_QUERY,
    Update.INLINE_QUERY,
    Update.MY_CHAT_MEMBER,
)

TOKEN_REFUSED = "Telegram refuses the bot's token: copy it again from BotFather into TELEGRAM_TOKEN."  # noqa: S105 - a sentence
_CONFLICT = (
    "Somebody else receives this bot's messages: stop the other program that runs with the same Telegram token, "
    "or remove its webhook."
)
_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(minutes=1)

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
    """One long poll after another; ``wait`` is how long Telegram holds a poll when there is nothing new."""

    def __init__(self, bot: TelegramBot, wait: timedelta) -> None:
        self._bot = bot
        self._wait = wait
        self._next: int | None = None

    async def run(self, receive: Callable[[Update], None]) -> None:
        """Hand over updates as they come, in order; when cancelled, tell Telegram which ones were.

        Raises:
            SettingsError: the token was withdrawn, or another program receives the updates.
        """
        try:
            await self._poll(receive)
        except asyncio.CancelledError:
            await self._confirm()
            raise

    async def _poll(self, receive: Callable[[Update], None]) -> None:
        pauses = _pauses()
        while True:
            try:
                updates = await self._bot.get_updates(self._next, timeout=self._wait, allowed_updates=WANTED)
            except InvalidToken:
                raise SettingsError(TOKEN_REFUSED) from None
            except Conflict:
                raise SettingsError(_CONFLICT) from None
            except TelegramError as error:
                await _wait("polling_failed", error, pauses)
                continue
            pauses = _pauses()
            for update in updates:
                self._next = update.update_id + 1
                receive(update)

    async def _confirm(self) -> None:
        """Let Telegram forget what was received, so that the next start does not hear it again."""
        if self._next is None:
            return
        try:
            await self._bot.get_updates(self._next, limit=1, timeout=timedelta(), allowed_updates=WANTED)
        except TelegramError as error:
            log.warning("confirming_failed", error=type(error).__name__)


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
