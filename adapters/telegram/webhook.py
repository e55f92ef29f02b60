"""Receiving updates that Telegram brings to our own address, in place of asking for them."""

import asyncio
import hmac
import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus

import structlog
from telegram import Update
from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter, TelegramError

from adapters.telegram.polling import REFUSED_PAUSE, WANTED, refused
from adapters.telegram.translate import TelegramBot
from adapters.telling import Hourly
from bot.errors import SettingsError

__all__ = ["Arrivals", "Webhook"]

_TAKEN_AWAY = (
    "Somebody else has set a webhook of their own for this bot: stop the other program that runs with the same "
    "Telegram token."
)

# Telegram keeps what one chat sends in its order over any number of connections; each costs us a task.
_CONNECTIONS = 8
_MOST_KNOWN = 2000
_LOOK_EVERY = timedelta(minutes=1)
_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(minutes=1)
_LAST_WORD = timedelta(seconds=5)

_PASSES = ("resolve", "getaddrinfo", "temporary")
"""Parts of what Telegram says of an address whose name it cannot look up just now (November 2026), in lower case."""

_UNRESOLVED = (
    "Telegram cannot look up the name in TELEGRAM_WEBHOOK_URL: if that does not pass, check the address and its name "
    "server."
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram is to bring updates, and what it proves itself with.

    ``url`` is the public https address. ``secret`` is 1 to 256 characters of A-Z, a-z, 0-9, _ and - (Bot API 10.3,
    setWebhook).
    """

    url: str
    secret: str = field(repr=False)


class Arrivals:
    """The updates that Telegram brings to a webhook.

    ``look_every`` is how long between two looks at whether the webhook still stands. A token that is refused, having
    been good before, is tried again after ``refused_pause``.
    """

    def __init__(
        self,
        bot: TelegramBot,
        webhook: Webhook,
        look_every: timedelta = _LOOK_EVERY,
        refused_pause: timedelta = REFUSED_PAUSE,
    ) -> None:
        self._bot = bot
        self._webhook = webhook
        self._look_every = look_every
        self._refused_pause = refused_pause
        self._hourly = Hourly()
        self._receive: Callable[[Update], None] | None = None
        self._known: OrderedDict[int, None] = OrderedDict()
        self._stands = False
        self._stood = False
        self._taken_away = False
        self._refused = 0

    @property
    def connected(self) -> bool:
        """Whether the webhook stood at the last look, and Telegram could be asked."""
        return self._stands

    async def run(self, receive: Callable[[Update], None]) -> None:
        """Hand over updates as they are brought, each once; when cancelled, have Telegram keep those that come.

        Raises:
            SettingsError: Telegram refuses the address.
        """
        self._receive = receive
        try:
            await self._keep()
        except asyncio.CancelledError:
            self._receive = None
            if not self._taken_away:
                await self._remove()
            raise
        finally:
            self._receive = None
            self._stands = False

    async def take(self, body: bytes, secret: str) -> int:
        """Take what came to the address, and return the HTTP status to answer with.

        Whoever does not know the secret learns nothing from the answer. Telegram brings again what was not answered
        with 200, and sometimes what was.
        """
        # A header may hold any bytes; those that are no text stand in it as lone surrogates.
        if not hmac.compare_digest(secret.encode(errors="surrogateescape"), self._webhook.secret.encode()):
            # Anybody can knock at a public address; a line for each would fill the log.
            self._refused += 1
            return HTTPStatus.FORBIDDEN
        update = self._read(body)
        if update is None:
            log.warning("webhook_unreadable")
            return HTTPStatus.BAD_REQUEST
        if self._receive is None:
            # Too early or too late: nobody could answer. Telegram keeps it and comes back.
            return HTTPStatus.SERVICE_UNAVAILABLE
        if self._is_new(update.update_id):
            self._receive(update)
        return HTTPStatus.OK

    def _read(self, body: bytes) -> Update | None:
        try:
            found = json.loads(body)
            if not isinstance(found, dict) or not isinstance(found.get("update_id"), int):  # pyright: ignore[reportUnknownMemberType] - any JSON
                return None
            return Update.de_json(found, self._bot)  # pyright: ignore[reportUnknownArgumentType] - as above
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def _is_new(self, update_id: int) -> bool:
        if update_id in self._known:
            return False
        self._known[update_id] = None
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return True

    async def _keep(self) -> None:
        """Set the webhook, and set it again where it is gone."""
        pause = _FIRST_PAUSE
        while True:
            try:
                if self._stands:
                    await asyncio.sleep(self._look_every.total_seconds())
                if self._stands or self._taken_away:
                    await self._look()
                if not self._stands:
                    await self._set()
                pause = _FIRST_PAUSE
            except InvalidToken:
                self._stands = False
                await refused(self._hourly, self._refused_pause)
            except TelegramError as error:
                self._stands = False
                asked = error.retry_after if isinstance(error, RetryAfter) else timedelta()
                wait = max(pause, asked if isinstance(asked, timedelta) else timedelta(seconds=asked))
                log.warning("webhook_not_reached", error=type(error).__name__, pause_seconds=wait.total_seconds())
                await asyncio.sleep(wait.total_seconds())
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def _set(self) -> None:
        try:
            await self._bot.set_webhook(
                self._webhook.url,
                max_connections=_CONNECTIONS,
                allowed_updates=WANTED,
                drop_pending_updates=False,
                secret_token=self._webhook.secret,
            )
        except BadRequest as error:
            passes = any(part in error.message.lower() for part in _PASSES)
            if passes:
                self._hourly.tell("webhook_not_resolved", _UNRESOLVED)
            if passes or self._stood:
                # An address that was good before is so again.
                raise
            raise SettingsError(
                f"Telegram refuses the address of TELEGRAM_WEBHOOK_URL ({error.message}): it must be public, with a "
                "valid certificate, on port 443, 80, 88 or 8443."
            ) from None
        log.info("telegram_webhook_set")
        self._stands = self._stood = True

    async def _look(self) -> None:
        """See whether the webhook still stands, and what Telegram met there.

        Raises:
            Conflict: another program set its own, which is left alone as long as it stands.
            TelegramError: Telegram does not say.
        """
        found = await self._bot.get_webhook_info()
        self._taken_away = bool(found.url) and found.url != self._webhook.url
        if self._taken_away:
            self._hourly.tell("webhook_taken_away", _TAKEN_AWAY)
            raise Conflict("another webhook")
        if self._refused:
            log.warning("webhook_refused_others", times=self._refused)
            self._refused = 0
        self._stands = bool(found.url)
        if not found.url:
            log.warning("webhook_was_removed")
        elif found.pending_update_count and found.last_error_message:
            log.warning("webhook_fails", waiting=found.pending_update_count, telegram_says=found.last_error_message)

    async def _remove(self) -> None:
        """Have Telegram keep what comes from now on, for a later start with or without a webhook."""
        try:
            async with asyncio.timeout(_LAST_WORD.total_seconds()):
                await self._bot.delete_webhook(drop_pending_updates=False)
        except (TelegramError, TimeoutError) as error:
            log.warning("webhook_not_removed", error=type(error).__name__)
