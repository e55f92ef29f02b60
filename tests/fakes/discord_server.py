"""A Discord that lives on 127.0.0.1: REST and gateway for the bot, people and servers for the test.

A client is pointed at it by `discord.http.Route.BASE = server.base_url` and, before it connects,
`discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(server.gateway_url)`; a sharded client asks
`GET /gateway/bot` by itself. Reconnects follow the `resume_gateway_url` of READY.

    async with FakeDiscord() as discord:
        guild = discord.guild("Group", "general", "moderators")
        ann = discord.user("ann")
        guild.add(ann)
        ...  # start the bot
        await discord.bot_is_ready()
        await ann.uses("/nextlab", in_=guild.channel("general"))
        await ann.waits_for("Your next lab check")
"""

import json
from collections.abc import Callable
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import BodyPartReader, web

from fakes.discord_answers import Answers
from fakes.discord_faults import Answer, Buckets, ConnectionCutError, Fault, Plan, too_many
from fakes.discord_gateway import INVALID, MEMBERS, MESSAGE_CONTENT, RECONNECT, Gateway
from fakes.discord_messages import Call
from fakes.discord_people import Person
from fakes.discord_routes import Routes
from fakes.discord_rules import ApiError
from fakes.discord_state import EVERYONE, Attachment, Guild, Json, Member, permission_bits
from fakes.discord_world import World
from fakes.limits import DiscordLimits

API = "/api/v10"
FAKE_TOKEN = "fake-token"
# These are reached by a token in the path instead of the bot's own.
OPEN_PATHS = ("/interactions/", "/webhooks/", "/gateway")
# And these no overall limit binds.
UNBOUND_PATHS = ("/interactions/", "/webhooks/")
BOT_RIGHTS = (*EVERYONE, "use_application_commands", "manage_messages")
MAX_BODY = 32 * 1024 * 1024


class FakeDiscord:
    """The server and everything in it; start it with `async with`.

    `requests` are all REST requests in order, in the recording format; `unknown_requests` those for which there is
    no route. With `record_to` each is also appended to that file, one JSON object a line. `limits` is the overall rate
    limit that holds, None for none.
    """

    def __init__(self, token: str = FAKE_TOKEN, record_to: Path | None = None) -> None:
        self.world = World()
        self.token = token
        self.record_to = record_to
        self.requests: list[Json] = []
        self.unknown_requests: list[Json] = []
        self.faults = Plan()
        self.buckets = Buckets()
        self.limits: DiscordLimits | None = None
        self.answers = Answers(self.world)
        self.gateway = Gateway(self.world, token)
        self.routes = Routes(self.world, self.gateway, self.answers)
        self.commands = self.routes.commands
        self.base_url = ""
        self.gateway_url = ""
        self.cdn = ""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_get("/gateway", self.gateway.serve)
        app.router.add_get("/cdn/{id}/{name}", self._serve_file)
        app.router.add_route("*", API + "/{rest:.*}", self._serve)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        self.base_url = f"http://127.0.0.1:{port}{API}"
        self.gateway_url = self.gateway.url = f"ws://127.0.0.1:{port}/gateway"
        self.cdn = self.gateway.events.cdn = self.answers.cdn = self.routes.cdn = f"http://127.0.0.1:{port}/cdn"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.gateway.drop(1001, forget=True)
        if self._runner is not None:
            await self._runner.cleanup()

    def guild(self, name: str, *channels: str, bot_rights: tuple[str, ...] = BOT_RIGHTS) -> Guild:
        """Found a server with text channels (by default `general`), with the bot in it."""
        guild = Guild(self.world, self.world.snowflake(), name)
        # The id after a guild's is that of the bot's role in it.
        self.world.snowflake()
        self.world.guilds[guild.id] = guild
        guild.members[self.world.bot.id] = Member(self.world.bot, permission_bits(*bot_rights), self.world.now())
        self.world.tell("guild_created", guild)
        for channel in channels or ("general",):
            guild.add_channel(channel)
        return guild

    def user(self, name: str, locale: str = "en-US") -> Person:
        """Make a person; they are in no guild yet."""
        person = Person(self, name, locale)
        self.world.users[person.id] = person
        return person

    def file(self, filename: str, content: bytes) -> Attachment:
        """Make a file that a person can give to a command."""
        return self.world.upload(filename, content)

    def fail_next(self, pattern: str, n: int, kind: Fault) -> None:
        """Let the next `n` requests that match `METHOD /path` (`*` for anything) fail in a way of `discord_faults`."""
        self.faults.waiting += [(pattern, kind)] * n

    def limit(self, pattern: str, requests: int, seconds: float) -> None:
        """Hold requests that match `METHOD /path` to so many in so many seconds."""
        self.buckets.limits.insert(0, (pattern, requests, seconds))

    def skip(self, span: timedelta) -> None:
        """Move this server's clock on: interactions, tokens and nonces grow older; the bot's clock does not move."""
        self.world.skip(span)

    def allow_intents(self, *, message_content: bool = True, members: bool = True) -> None:
        """Switch the privileged intents; a bot that asks for one that is off is closed with 4014."""
        self.gateway.allowed_intents = MESSAGE_CONTENT * message_content | MEMBERS * members

    async def drop_gateway(self, code: int | None = 4000, *, forget: bool = False) -> None:
        """Close the web socket with `code`, or cut it for None; after `forget` the session cannot be resumed."""
        await self.gateway.drop(code, forget=forget)

    def invalidate_session(self, *, resumable: bool = False) -> None:
        """Tell the bot that its session is not valid (opcode 9)."""
        if not resumable:
            self.gateway.sessions.clear()
        self.gateway.tell_all(INVALID, resumable)

    def ask_to_reconnect(self) -> None:
        """Tell the bot to reconnect and resume (opcode 7)."""
        self.gateway.tell_all(RECONNECT, None)

    def close_gateway(self, *, closed: bool = True) -> None:
        """Refuse new web sockets with 503, or take them again."""
        self.gateway.closed_to_all = closed

    async def bot_is_ready(self, within: float = 20, *, identified: int = 1, resumed: int = 0) -> None:
        """Wait until the bot has identified (and resumed) at least so often and is connected.

        Raises:
            AssertionError: not within so many seconds.
        """

        def connected() -> bool:
            enough = self.gateway.identified >= identified and self.gateway.resumed >= resumed
            return enough and any(session.connection for session in self.gateway.sessions.values())

        ready = await self.until(connected, within)
        assert ready, f"the bot was not ready within {within} s ({len(self.requests)} requests)"

    async def bot_has_commands(self, *names: str, within: float = 20) -> None:
        """Wait until the bot has registered commands, and among them `names`."""

        def registered() -> bool:
            found = {command["name"] for command in self.world.commands.values()}
            return bool(found) and found >= set(names)

        assert await self.until(registered, within), f"the bot has not registered {names or 'anything'}"

    async def until(self, check: Callable[[], Any], within: float = 10) -> Any:  # noqa: ANN401 -- what the check finds
        """Wait until `check` finds something and return it; None after `within` seconds."""
        return await self.world.until(check, within)

    def asked(self, pattern: str) -> list[Json]:
        """Look up the recorded requests that match `METHOD /path` (`*` for anything)."""
        return [each for each in self.requests if fnmatchcase(f"{each['method']} {each['path']}", pattern)]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        path = request.rel_url.raw_path.removeprefix(API)
        call = await _read(request, path)
        route = self.routes.find(call.method, path)
        self._record(call, known=route is not None)
        try:
            answer = await self._answer(request, call, route)
        except ConnectionCutError:
            if request.transport is not None:
                request.transport.close()
            return web.Response()
        self.world.tell("request", call)
        if answer.body is not None:
            # A content type with a charset keeps discord.py from reading the JSON.
            answer.headers["Content-Type"] = "text/html" if answer.html else "application/json"
        return web.Response(status=answer.status, body=answer.payload, headers=answer.headers)

    async def _answer(self, request: web.Request, call: Call, route: Callable[[Call], Answer] | None) -> Answer:
        headers, retry_after = self.buckets.take(call.method, call.path)

        async def deliver() -> Answer:
            allowed = request.headers.get("Authorization") == f"Bot {self.token}" or call.path.startswith(OPEN_PATHS)
            if not allowed:
                raise ApiError(401, 0, "401: Unauthorized")
            if route is None:
                raise ApiError(404, 0, "404: Not Found")
            bound = self.limits and not call.path.startswith(UNBOUND_PATHS)
            if self.limits and bound and (wait := self.limits.take()):
                return too_many(wait, "global")
            if retry_after is not None:
                return too_many(retry_after, "user")
            return route(call)

        try:
            fault = self.faults.take(call.method, call.path)
            answer = await (fault(deliver) if fault else deliver())
        except ApiError as error:
            answer = Answer(error.status, error.body)
        answer.headers = {**headers, **answer.headers}
        return answer

    def _record(self, call: Call, *, known: bool) -> None:
        entry = {
            "platform": "discord",
            "method": call.method,
            "path": call.path,
            "query": call.query,
            "json": call.json,
            "multipart": call.multipart,
        }
        self.requests.append(entry)
        if not known:
            self.unknown_requests.append(entry)
        if self.record_to is not None:
            with self.record_to.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")

    async def _serve_file(self, request: web.Request) -> web.Response:
        attachment = self.world.attachments.get(int(request.match_info["id"]))
        if attachment is None or attachment.filename != unquote(request.match_info["name"]):
            return web.Response(status=404)
        return web.Response(body=attachment.content, content_type=attachment.content_type)


async def _read(request: web.Request, path: str) -> Call:
    """Read a request: JSON, or a form with `payload_json` and files."""
    call = Call(request.method, path, dict(request.query), None, request.content_type == "multipart/form-data")
    if not call.multipart:
        text = await request.text()
        call.json = json.loads(text) if text else None
        return call
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        if part.name == "payload_json":
            call.json = json.loads(await part.text())
        elif part.name is not None and part.name.startswith("files["):
            number = int(part.name.removeprefix("files[").removesuffix("]"))
            call.files[number] = (part.filename or "file", bytes(await part.read()))
    return call
