"""Telegram's side of a webhook: it brings each update to the address that was set until it is answered with 200."""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp

from fakes.telegram_call import Call
from fakes.telegram_faults import bad_request
from fakes.telegram_world import Wire, World

__all__ = ["Brought", "Courier", "delete_webhook", "set_webhook", "webhook_info"]

# Bot API 10.3 (24 August 2026), setWebhook.
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_CONNECTIONS = range(1, 101)
_PORTS = re.compile(r"https://[^/:]+(:(443|80|88|8443))?(/.*)?")
_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Brought:
    """An update that was brought, and the status that it was answered with; 0: nobody was there."""

    update_id: int
    status: int


@dataclass
class Courier:
    """Brings updates to ``door``, which is where the public address leads; None: nowhere.

    ``twice`` makes it bring each update once more, as Telegram does where an answer came too late for it.
    """

    world: World
    door: str | None = None
    twice: bool = False
    brought: list[Brought] = field(default_factory=list)

    async def run(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            while True:
                await self.world.until(lambda: (self.world.webhook and self.world.updates) or None, 3600)
                update = next(iter(self.world.ready_updates(None, 1)), None)
                if update is None or not await self._bring(session, update):
                    await asyncio.sleep(_PAUSE_SECONDS)

    async def _bring(self, session: aiohttp.ClientSession, update: Wire) -> bool:
        status = 0
        for _ in range(2 if self.twice else 1):
            status = await self._knock(session, update)
            self.brought.append(Brought(update["update_id"], status))
        taken = status == 200
        if taken:
            # Nobody confirms it by asking for the next one.
            with suppress(ValueError):
                self.world.updates.remove(update)
            self.world.webhook_trouble = ""
        else:
            self.world.webhook_trouble = (
                f"Wrong response from the webhook: {status}" if status else "Connection refused"
            )
        self.world.happened()
        return taken

    async def _knock(self, session: aiohttp.ClientSession, update: Wire) -> int:
        if self.door is None:
            return 0
        headers = {_HEADER: self.world.webhook_set["secret_token"]} if "secret_token" in self.world.webhook_set else {}
        try:
            async with session.post(self.door, json=update, headers=headers) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0


def set_webhook(world: World, call: Call) -> bool:
    url = call.text("url")
    if url and not url.startswith("https://"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if url and not _PORTS.fullmatch(url):
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    secret = call.text("secret_token")
    if secret and not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    if (most := call.integer("max_connections")) is not None and most not in _CONNECTIONS:
        raise bad_request("max_connections is invalid")
    if "allowed_updates" in call.params:
        world.allowed_updates = [str(name) for name in call.items("allowed_updates")]
    world.webhook, world.webhook_set, world.webhook_trouble = url, dict(call.params), ""
    _drop_pending(world, call)
    world.happened()
    return True


def delete_webhook(world: World, call: Call) -> bool:
    world.webhook, world.webhook_set, world.webhook_trouble = "", {}, ""
    _drop_pending(world, call)
    return True


def webhook_info(world: World, _call: Call) -> Wire:
    found: Wire = {"url": world.webhook, "has_custom_certificate": False, "pending_update_count": len(world.updates)}
    if world.webhook_trouble:
        found |= {"last_error_date": int(world.clock().timestamp()), "last_error_message": world.webhook_trouble}
    return found


def _drop_pending(world: World, call: Call) -> None:
    if call.flag("drop_pending_updates"):
        world.updates.clear()
