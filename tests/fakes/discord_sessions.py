"""The fake Discord's gateway connections and the sessions that outlive them."""

import asyncio
import contextlib
import json
import zlib
from dataclasses import dataclass, field

from aiohttp import web

from fakes.discord_payloads import guild_create_json
from fakes.discord_state import Guild, Json

DISPATCH = 0
GUILDS, MEMBERS = 1 << 0, 1 << 1


class Connection:
    """One web socket: frames go out in order, compressed as the client asked for in the address."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, *, compressed: bool) -> None:
        self.request = request
        self.socket = socket
        self.session: Session | None = None
        self.ended_here = False
        self._frames: asyncio.Queue[Json | None] = asyncio.Queue()
        self._compressor = zlib.compressobj() if compressed else None

    def send(self, frame: Json) -> None:
        """Put a frame behind those that wait."""
        self._frames.put_nowait(frame)

    async def close(self, code: int, reason: str = "") -> None:
        """End it with a close frame."""
        self.ended_here = True
        await self.socket.close(code=code, message=reason.encode())

    def cut(self) -> None:
        """End it as a cut cable would, without a close frame."""
        self.ended_here = True
        if self.request.transport is not None:
            self.request.transport.abort()

    async def pump(self) -> None:
        """Send what waits, until cancelled or the other side is gone."""
        with contextlib.suppress(ConnectionError):
            while (frame := await self._frames.get()) is not None:
                text = json.dumps(frame)
                if self._compressor is None:
                    await self.socket.send_str(text)
                else:
                    data = self._compressor.compress(text.encode()) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
                    await self.socket.send_bytes(data)


@dataclass(eq=False)
class Session:
    """One identified client; it keeps its events, so that a new connection can be given what the old one missed."""

    id: str
    intents: int
    shard: tuple[int, int]
    connection: Connection | None
    history: list[Json] = field(default_factory=list)

    def dispatch(self, event: str, data: Json) -> None:
        """Number an event, keep it, and send it if somebody is connected."""
        frame = {"op": DISPATCH, "t": event, "s": len(self.history) + 1, "d": data}
        self.history.append(frame)
        if self.connection is not None:
            self.connection.send(frame)

    def serves(self, guild: Guild | None) -> bool:
        """Say whether this session's shard is the guild's; direct messages go to shard 0."""
        number, total = self.shard
        return (guild.id >> 22) % total == number if guild else number == 0

    def introduce(self, guild: Guild) -> None:
        """Send a guild with its channels and, where the session asked for members, everyone in it."""
        if self.intents & GUILDS:
            self.dispatch("GUILD_CREATE", guild_create_json(guild, with_members=bool(self.intents & MEMBERS)))
