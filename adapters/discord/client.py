"""The bot on Discord: logs in, stays connected, and keeps its commands registered."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord import commands
from adapters.discord.errors import EXPECTED, meaning
from adapters.discord.listening import Listener, Timing
from adapters.discord.pacing import Pacing
from adapters.discord.platform import DEFAULT_BASE, capabilities
from adapters.discord.render import DiscordMarkup
from adapters.discord.roles import KnownModerators
from adapters.discord.sending import DiscordMessenger, Outbox
from adapters.telling import Hourly
from bot.chat.capabilities import Capabilities
from bot.dispatcher import Dispatcher
from bot.errors import Refused, SettingsError, Unreachable
from bot.settings import DiscordPersonal
from bot.words.presenting import Presenter

TOKEN_REFUSED = "Discord refuses DISCORD_TOKEN: copy the bot's token from Discord's developer portal once more."  # noqa: S105 - words for the operator, no token

_BAD_TOKEN = 4004
"""The close code of a token that is no longer valid (Discord's documentation, 2026-08-06)."""

_LONGEST_PAUSE = timedelta(minutes=10)
"""Between two starts. A token that identifies over 1000 times a day is taken away; these make 150 at most."""

_HEALTHY = timedelta(minutes=10)
"""A connection that lasted so long was a good one: the next pause is short again."""

_RATE_LIMIT_WAIT = 30.0
"""Seconds for which the library waits before a call that one channel would not take yet, its least."""

log = structlog.get_logger()


@dataclass(slots=True)
class DiscordAdapter:
    """Discord for the core: ``run`` or ``reach`` until it is cancelled. ``messenger`` reaches people unasked."""

    token: str
    base: str
    personal: DiscordPersonal
    dispatcher: Dispatcher
    timing: Timing = field(default_factory=Timing)
    presenter: Presenter = field(init=False)
    outbox: Outbox = field(init=False)
    listener: Listener = field(init=False)
    known: KnownModerators = field(init=False)
    pacing: Pacing = field(init=False, default_factory=Pacing)
    _client: discord.AutoShardedClient | None = field(init=False, default=None)
    _reached: bool = field(init=False, default=False)
    _was_let_in: bool = field(init=False, default=False)
    _refused: bool = field(init=False, default=False)
    _hourly: Hourly = field(init=False, default_factory=Hourly)

    def __post_init__(self) -> None:
        self.presenter = Presenter(capabilities(self.personal), DiscordMarkup(), self.dispatcher.tokens)
        self.outbox = Outbox(self.live, self.timing.patience)
        self.known = KnownModerators(self.live)
        menus = commands.menus(self.dispatcher.menu(self.presenter.capabilities), self.presenter)
        self.listener = Listener(self.dispatcher, self.presenter, self.outbox, self.timing, menus)

    @property
    def capabilities(self) -> Capabilities:
        """What Discord can do here."""
        return self.listener.capabilities

    @property
    def messenger(self) -> DiscordMessenger:
        """How to reach a person unasked."""
        return DiscordMessenger(self.presenter, self.outbox, self.known)

    @property
    def connected(self) -> bool:
        """Whether Discord brings what people do, or where this only writes, let it in when last asked."""
        client = self._client
        if client is None or client.is_closed():
            return False
        shards = client.shards.values()
        brings = client.is_ready() and bool(shards) and not any(shard.is_closed() for shard in shards)
        return self._reached or brings

    def take_share(self, share: float) -> None:
        """Use no more than this part of the requests that Discord takes."""
        self.pacing.overall.take_share(share)

    def live(self) -> discord.AutoShardedClient:
        """The client that is logged in.

        Raises:
            Refused: Discord has refused the token, or this has ended.
            Unreachable: there is none now.
        """
        if self._refused:
            raise Refused("token_refused")
        if self._client is None or self._client.is_closed():
            raise Unreachable("not_logged_in")
        return self._client

    async def run(self) -> None:
        """Serve until cancelled, starting again with longer and longer pauses where the connection fails for good.

        A token that is refused after Discord has let the bot in is told to the operator, and tried again.

        Raises:
            SettingsError: Discord refuses the token.
        """
        wanted = commands.native(self.dispatcher.menu(self.capabilities), self.presenter)
        await self._keep(lambda: self._serve(wanted))

    async def reach(self) -> None:
        """Be able to write, and receive nothing, until cancelled.

        Raises:
            SettingsError: Discord refuses the token.
        """
        await self._keep(self._stay)

    async def _keep(self, serve: Callable[[], Awaitable[None]]) -> None:
        pause = self.timing.first_pause
        while True:
            began = time.monotonic()
            refused = False
            try:
                await serve()
            except discord.LoginFailure as error:
                refused = self._refused = True
                if not self._was_let_in:
                    raise SettingsError(TOKEN_REFUSED) from error
            except discord.PrivilegedIntentsRequired:
                # Direct messages, commands and buttons need no intent; only what is said in groups stays unread.
                log.warning("discord_message_content_off", meaning="what is said in groups cannot be read")
                if self.listener.hears_groups:
                    self.listener.hears_groups = False
                    continue
            except discord.ConnectionClosed as error:
                refused = self._refused = error.code == _BAD_TOKEN
                log.warning("discord_connection_closed", code=error.code)
            except Exception as error:  # noqa: BLE001 - a payload that the library cannot read must not end the program
                log.error("discord_connection_failed", error=type(error).__name__)  # noqa: TRY400 - the text may quote people
            if refused:
                self._hourly.tell("discord_token_refused", TOKEN_REFUSED)
                await asyncio.sleep(self.timing.refused_pause.total_seconds())
                continue
            if time.monotonic() - began > _HEALTHY.total_seconds():
                pause = self.timing.first_pause
            await asyncio.sleep(pause.total_seconds())
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _serve(self, wanted: Sequence[commands.Json]) -> None:
        client = self._made(
            discord.Intents(guilds=True, messages=True, message_content=self.listener.hears_groups),
        )
        self.listener.attach(client)
        async with client:
            await self._log_in(client)
            self._client = client
            registering = asyncio.create_task(self._register(client, wanted))
            try:
                await client.connect()
            finally:
                registering.cancel()
                await self.listener.idle(self.timing.farewell)
                self._client = None

    async def _stay(self) -> None:
        """Be logged in, and ask now and then whether that still holds.

        Raises:
            discord.LoginFailure: the token was withdrawn.
        """
        client = self._made(discord.Intents(guilds=True))
        async with client:
            await self._log_in(client)
            self._client, self._reached = client, True
            log.info("discord_reached")
            try:
                while True:
                    await asyncio.sleep(self.timing.asked_every.total_seconds())
                    self._reached = await _is_let_in(client)
            except discord.LoginFailure:
                # Known before the client closes, so that what is sent meanwhile spends no try.
                self._refused = True
                raise
            finally:
                self._client, self._reached = None, False

    def _made(self, intents: discord.Intents) -> discord.AutoShardedClient:
        return discord.AutoShardedClient(
            intents=intents,
            max_messages=None,  # nothing that people wrote is kept in memory
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=_RATE_LIMIT_WAIT,
            http_trace=self.pacing.trace,
        )

    async def _log_in(self, client: discord.Client) -> None:
        """Log in to the server that the settings name; the library knows one server for the whole process."""
        Route.BASE = self.base.rstrip("/")
        await client.login(self.token)
        self._was_let_in, self._refused = True, False
        if Route.BASE != DEFAULT_BASE:
            found = await client.http.request(Route("GET", "/gateway"))
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(found["url"])

    async def _register(self, client: discord.Client, wanted: Sequence[commands.Json]) -> None:
        """Register the commands, if need be again and again: what people use meanwhile are those of the last time."""
        pause = self.timing.first_pause
        while True:
            try:
                changed = await commands.register(client, wanted)
            except EXPECTED as error:
                log.warning("discord_commands_not_registered", reason=meaning(error).reason)
            else:
                log.info("discord_commands_registered", changed=changed, count=len(wanted))
                return
            await asyncio.sleep(pause.total_seconds())
            pause = min(pause * 2, _LONGEST_PAUSE)


async def _is_let_in(client: discord.Client) -> bool:
    """Whether Discord answers.

    Raises:
        discord.LoginFailure: it does, and refuses the token.
    """
    try:
        await client.http.request(Route("GET", "/users/@me"))
    except EXPECTED as error:
        meant = meaning(error)
        if isinstance(meant, Refused):
            raise discord.LoginFailure(meant.reason) from error
        log.warning("discord_not_reached", reason=meant.reason)
        return False
    return True
