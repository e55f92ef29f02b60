"""The fake Discord's gateway: the talk over the web socket from HELLO to its end.

Opcodes, close codes and intents are from Discord's documentation as of 2026-08-06 (events/gateway, topics/opcodes).
"""

import asyncio
import json
import secrets
from typing import Any

from aiohttp import WSMsgType, web

from fakes.discord_events import MESSAGE_CONTENT, Events
from fakes.discord_payloads import member_json, user_json
from fakes.discord_sessions import MEMBERS, Connection, Session
from fakes.discord_state import Json
from fakes.discord_world import World

HEARTBEAT, IDENTIFY, RESUME, RECONNECT, REQUEST_MEMBERS, INVALID, HELLO, ACK = 1, 2, 6, 7, 8, 9, 10, 11
IGNORED = (3, 4, 31)
UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, BAD_TOKEN, ALREADY_AUTHENTICATED = 4001, 4002, 4003, 4004, 4005
DISALLOWED_INTENTS = 4014
ENDS_SESSION = (1000, 1001)
MAX_PAYLOAD = 4096
PRESENCES = 1 << 8
# The application's flags that say which privileged intents a small application may use.
LIMITED_FLAGS = {PRESENCES: 1 << 13, MEMBERS: 1 << 15, MESSAGE_CONTENT: 1 << 19}


class Gateway:
    """All connections and sessions, and the rules by which events reach them."""

    def __init__(self, world: World, token: str) -> None:
        self.world = world
        self.token = token
        self.url = ""
        self.allowed_intents = MESSAGE_CONTENT | MEMBERS
        self.heartbeat_interval_ms = 41_250
        self.closed_to_all = False
        self.sessions: dict[str, Session] = {}
        self.events = Events(world, self.sessions)
        self.connections: list[Connection] = []
        self.identified = 0
        self.resumed = 0

    @property
    def application_flags(self) -> int:
        """The privileged intents that are switched on, as a small application's flags."""
        return sum(flag for intent, flag in LIMITED_FLAGS.items() if self.allowed_intents & intent)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Hold one web socket from HELLO to its end."""
        if self.closed_to_all:
            return web.Response(status=503)
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        connection = Connection(request, socket, compressed=request.query.get("compress") == "zlib-stream")
        self.connections.append(connection)
        pump = asyncio.create_task(connection.pump())
        connection.send({"op": HELLO, "d": {"heartbeat_interval": self.heartbeat_interval_ms, "_trace": []}})
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    await self._receive(connection, frame.data)
        finally:
            pump.cancel()
            self.connections.remove(connection)
            self._part(connection)
            self.world.tell("gateway_lost", connection)
        return socket

    def _part(self, connection: Connection) -> None:
        session = connection.session
        if session is None or session.connection is not connection:
            return
        session.connection = None
        # A client that closes so has no wish to resume; what this side closes can be resumed.
        if not connection.ended_here and connection.socket.close_code in ENDS_SESSION:
            self.sessions.pop(session.id, None)

    async def _receive(self, connection: Connection, text: str) -> None:
        frame: Json = json.loads(text)
        op: int = frame["op"]
        data: Any = frame.get("d")
        if len(text.encode()) > MAX_PAYLOAD:
            await connection.close(DECODE_ERROR, "Error while decoding payload.")
        elif op == HEARTBEAT:
            connection.send({"op": ACK})
        elif op == IDENTIFY:
            await self._identify(connection, data)
        elif op == RESUME:
            await self._resume(connection, data)
        elif connection.session is None:
            await connection.close(NOT_AUTHENTICATED, "Not authenticated.")
        elif op == REQUEST_MEMBERS:
            self._send_members(connection.session, data)
        elif op not in IGNORED:
            await connection.close(UNKNOWN_OPCODE, "Unknown opcode.")

    async def _identify(self, connection: Connection, data: Json) -> None:
        privileged = data["intents"] & (PRESENCES | MEMBERS | MESSAGE_CONTENT)
        if connection.session is not None:
            await connection.close(ALREADY_AUTHENTICATED, "Already authenticated.")
        elif data["token"] != self.token:
            await connection.close(BAD_TOKEN, "Authentication failed.")
        elif privileged & ~self.allowed_intents:
            await connection.close(DISALLOWED_INTENTS, "Disallowed intent(s).")
        else:
            number, total = data.get("shard") or (0, 1)
            session = Session(secrets.token_hex(16), data["intents"], (number, total), connection)
            connection.session = session
            for old in [each for each in self.sessions.values() if each.shard == session.shard]:
                del self.sessions[old.id]
            self.sessions[session.id] = session
            self._welcome(session)

    def _welcome(self, session: Session) -> None:
        guilds = [
            guild
            for guild in self.world.guilds.values()
            if self.world.bot.id in guild.members and session.serves(guild)
        ]
        ready = {
            "v": 10,
            "user": {**user_json(self.world.bot), "verified": True, "mfa_enabled": False},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "shard": list(session.shard),
            "application": {"id": str(self.world.application_id), "flags": self.application_flags},
        }
        session.dispatch("READY", ready)
        for guild in guilds:
            session.introduce(guild)
        self.identified += 1
        self.world.tell("gateway_ready", session)

    async def _resume(self, connection: Connection, data: Json) -> None:
        session = self.sessions.get(data["session_id"])
        if data["token"] != self.token:
            await connection.close(BAD_TOKEN, "Authentication failed.")
        elif session is None or data["seq"] > len(session.history):
            connection.send({"op": INVALID, "d": False})
        else:
            connection.session, session.connection = session, connection
            for frame in session.history[data["seq"] :]:
                connection.send(frame)
            session.dispatch("RESUMED", {"_trace": []})
            self.resumed += 1
            self.world.tell("gateway_ready", session)

    def _send_members(self, session: Session, data: Json) -> None:
        guild = self.world.guilds[int(data["guild_id"])]
        wanted = {int(each) for each in data.get("user_ids") or []}
        prefix = (data.get("query") or "").lower()
        found = [
            member_json(member)
            for member in guild.members.values()
            if (not wanted or member.user.id in wanted) and member.user.name.lower().startswith(prefix)
        ]
        chunk = {"guild_id": str(guild.id), "members": found, "chunk_index": 0, "chunk_count": 1, "not_found": []}
        session.dispatch("GUILD_MEMBERS_CHUNK", {**chunk, **({"nonce": data["nonce"]} if data.get("nonce") else {})})

    async def drop(self, code: int | None, *, forget: bool) -> None:
        """Close every connection with `code`, or cut it without a word for None; `forget` ends the sessions too."""
        if forget:
            self.sessions.clear()
        for connection in list(self.connections):
            if code is None:
                connection.cut()
            else:
                await connection.close(code)

    def tell_all(self, op: int, data: object) -> None:
        """Send a frame that is no event to every connection."""
        for connection in self.connections:
            connection.send({"op": op, "d": data})
