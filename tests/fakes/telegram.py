"""A Telegram Bot API server on 127.0.0.1 for tests, and the people who talk to the bot through it.

::

    async with FakeTelegram() as telegram:          # the bot polls telegram.base_url with telegram.token
        anna = telegram.user(1, "Anna")
        group = telegram.group(-1001, "Round table", anna)
        await anna.says("/nextlab")
        reply = await anna.waits_for("next lab check")
        press = await anna.presses("Done")
        assert await anna.waits_for_toast(press) == "Noted"
        assert not group.public_text()

What a real server refuses, this one refuses too, in its words as far as they are known: the wording of errors around
ephemeral messages (Bot API 10.2 and 10.3) is our own. No rate limit holds by itself: `FakeTelegram.limits` takes the
real ones, and `FakeTelegram.fail_next` sets one for a call.
"""

import asyncio
import json
import math
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from fakes.limits import TelegramLimits
from fakes.telegram_account import ACCOUNT_METHODS, poll
from fakes.telegram_call import Call
from fakes.telegram_faults import (
    ApiError,
    Fault,
    blocked,
    dropped_after_delivery,
    dropped_before_delivery,
    hangs,
    migrated,
    rate_limited,
    server_error,
    unauthorized,
)
from fakes.telegram_messages import MESSAGE_METHODS
from fakes.telegram_people import Group, User
from fakes.telegram_webhook import Courier
from fakes.telegram_world import BOT_ID, BOT_NAME, Chat, Message, Person, Press, Wire, World

__all__ = [
    "BOT_ID",
    "BOT_NAME",
    "TOKEN",
    "Chat",
    "FakeTelegram",
    "Fault",
    "Group",
    "Message",
    "Press",
    "User",
    "blocked",
    "dropped_after_delivery",
    "dropped_before_delivery",
    "hangs",
    "migrated",
    "rate_limited",
    "server_error",
    "unauthorized",
]

TOKEN = f"{BOT_ID}:{'A' * 35}"
_UPLOAD_BYTES = 50 * 1024 * 1024
_METHODS = {name.lower(): method for name, method in {**ACCOUNT_METHODS, **MESSAGE_METHODS}.items()}


class FakeTelegram:
    """The server; ``clock`` returns aware UTC and may be replaced while it runs.

    ``courier`` brings updates where a webhook is set; its ``door`` is where the public address leads.
    ``limits`` are the rate limits that hold, None for none.
    ``requests`` holds every call as it went over the wire (equal getUpdates once), ``record_to`` the same as JSON
    lines. ``answers`` holds what was answered, ``unknown`` the methods that nobody models and which got 404.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        clock: Callable[[], datetime] | None = None,
        can_read_all_group_messages: bool = False,
        record_to: Path | None = None,
    ) -> None:
        self.token = token
        self.requests: list[Wire] = []
        self.answers: list[Wire] = []
        self.unknown: list[str] = []
        self.world = World(clock, can_read_all_group_messages=can_read_all_group_messages)
        self.courier = Courier(self.world)
        self.limits: TelegramLimits | None = None
        self._bringing: asyncio.Task[None] | None = None
        self._record_to = record_to
        self._polls_seen: set[str] = set()
        self._faults: dict[str, deque[Fault]] = {}
        self._runner: web.AppRunner | None = None
        self._address = ""

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_UPLOAD_BYTES)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._address = f"http://{host}:{port}"
        self._bringing = asyncio.create_task(self.courier.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bringing:
            self._bringing.cancel()
            await asyncio.wait({self._bringing})
        if self._runner:
            await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        """What python-telegram-bot calls ``base_url``; the token follows it."""
        return f"{self._address}/bot"

    @property
    def base_file_url(self) -> str:
        """What python-telegram-bot calls ``base_file_url``; every download there answers 404."""
        return f"{self._address}/file/bot"

    @property
    def clock(self) -> Callable[[], datetime]:
        """What the server takes for now, aware UTC."""
        return self.world.clock

    @clock.setter
    def clock(self, clock: Callable[[], datetime]) -> None:
        self.world.clock = clock

    @property
    def allowed_updates(self) -> list[str] | None:
        """The update kinds that the bot last asked for, None while it has named none."""
        return self.world.allowed_updates

    @property
    def profile(self) -> dict[tuple[str, str], str]:
        """The bot's name, description and short_description by field and language."""
        return self.world.profile

    @property
    def actions(self) -> list[tuple[int, str]]:
        """The chat actions shown, each with its chat id."""
        return self.world.actions

    def commands(self, scope: str = "default", language: str = "") -> list[Wire]:
        """Return a command list; a scope reads "all_group_chats", "chat:-1001" or "chat_member:-1001:7"."""
        return self.world.commands.get((scope, language), [])

    def user(
        self,
        id_: int,
        first_name: str,
        *,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str | None = "en",
        started: bool = False,
    ) -> User:
        """Add a person; ``started`` spares them the first private message."""
        person = Person(id_, first_name, last_name, username, language_code, started)
        self.world.people[id_] = person
        self.world.chats[id_] = Chat(id_, "private", person=person)
        return User(self.world, person)

    def group(self, id_: int, title: str, *members: User, bot_is_admin: bool = False, forum: bool = False) -> Group:
        """Add a group in which the bot and ``members`` are; ids are negative, -100… for a supergroup or forum."""
        kind = "supergroup" if str(id_).startswith("-100") else "group"
        status = "administrator" if bot_is_admin else "member"
        chat = Chat(id_, kind, title, is_forum=forum, bot_status=status)
        self.world.chats[id_] = chat
        group = Group(self.world, chat)
        group.add(*members)
        return group

    def push(self, kind: str, payload: Wire) -> None:
        """Send the bot an update that nobody here does by themselves."""
        self.world.push(kind, payload)

    def fail_next(self, method: str, n: int = 1, *, kind: Fault) -> None:
        """Let the next ``n`` calls of a method fail, after those that already will."""
        self._faults.setdefault(method.lower(), deque()).extend([kind] * n)

    def sent(self, method: str) -> list[Wire]:
        """Return the parameters of every call of a method, oldest first."""
        return [call["params"] for call in self.requests if call["method"].lower() == method.lower()]

    async def _serve(self, request: web.Request) -> web.Response:
        call = await Call.read(request)
        self._record(call)
        fault = self._next_fault(call.method)
        await asyncio.sleep(fault.seconds)
        if fault.drop == "before":
            return _hang_up(request)
        if fault.status:
            self._note(call.method, fault.body)
            return web.Response(status=fault.status, text=fault.body, content_type=fault.content_type)
        answer = await self._answer(call, request.match_info["token"])
        return _hang_up(request) if fault.drop == "after" else answer

    def _next_fault(self, method: str) -> Fault:
        waiting = self._faults.get(method.lower())
        return waiting.popleft() if waiting else Fault()

    async def _answer(self, call: Call, token: str) -> web.Response:
        try:
            result = await self._result(call, token)
        except ApiError as refused:
            self._note(call.method, refused.description)
            return web.json_response(refused.wire(), status=refused.status)
        if result != []:
            self.answers.append({"method": call.method, "result": result})
        return web.json_response({"ok": True, "result": result})

    async def _result(self, call: Call, token: str) -> object:
        if token != self.token:
            raise ApiError(401, "Unauthorized")
        name = call.method.lower()
        if name == "getupdates":
            return await poll(self.world, call)
        if self.limits and name.startswith("send") and (wait := self.limits.take(int(call.text("chat_id") or 0))):
            seconds = math.ceil(wait)
            raise ApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
        if name not in _METHODS:
            self.unknown.append(call.method)
            raise ApiError(404, "Not Found")
        return _METHODS[name](self.world, call)

    def _note(self, method: str, refusal: str) -> None:
        self.answers.append({"method": method, "error": refusal})
        self.world.refusals.append(f"{method}: {refusal}")

    def _record(self, call: Call) -> None:
        recorded = call.recorded()
        line = json.dumps(recorded, ensure_ascii=False)
        if call.method.lower() == "getupdates":
            # A poll repeats itself for ever; one of each kind keeps the recording small.
            if line in self._polls_seen:
                return
            self._polls_seen.add(line)
        self.requests.append(recorded)
        if self._record_to:
            with self._record_to.open("a", encoding="utf-8") as recording:
                recording.write(line + "\n")


def _hang_up(request: web.Request) -> web.Response:
    if request.transport:
        request.transport.close()
    return web.Response()
