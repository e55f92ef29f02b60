"""Discord for the suite: the adapter over the fake server."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord.client import DiscordAdapter
from adapters.discord.listening import Timing
from adapters.discord.translate import place
from bot.chat.people import Person, Place, Reader
from bot.chat.ports import Messenger
from bot.chat.replies import Reply
from bot.dispatcher import Dispatcher
from bot.settings import DiscordPersonal
from contract.chat.harness import Chat, Group, Member, Seen
from contract.chat.probe import Core
from fakes.discord_people import Person as User
from fakes.discord_server import FakeDiscord
from fakes.discord_state import Channel, Guild, Message

_MARKS = re.compile(r"\\([^0-9A-Za-z\s])|\*\*")
_LINK = re.compile(r"https?://[\w./]+")

TOPIC = "Infusion days"

TIMING = Timing(patience=timedelta(seconds=1), first_pause=timedelta(seconds=0.05))


def as_read(text: str) -> str:
    """A text without Discord's markup; a moment stays as it was written."""
    return _MARKS.sub(lambda found: found[1] or "", text)


@contextmanager
def library_unchanged() -> Iterator[None]:
    """Put back the servers that the library is pointed at for the whole process."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@dataclass
class Running:
    """The adapter at work; a restart puts a new one in its place."""

    server: FakeDiscord
    dispatcher: Callable[[], Dispatcher]
    personal: DiscordPersonal = DiscordPersonal.FULL
    timing: Timing = TIMING
    adapter: DiscordAdapter = field(init=False)
    task: asyncio.Task[None] = field(init=False)

    def make(self) -> None:
        """Make a new adapter."""
        self.adapter = DiscordAdapter(
            self.server.token, self.server.base_url, self.personal, self.dispatcher(), self.timing
        )

    async def start(self) -> None:
        """Start a new adapter and wait until it is connected and has its commands."""
        identified = self.server.gateway.identified
        self.make()
        self.task = asyncio.create_task(self.adapter.run())
        await self.server.bot_is_ready(identified=identified + 1)
        await self.server.bot_has_commands()
        await self.settle()

    async def stop(self) -> None:
        """Stop it, as a signal would."""
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task

    async def settle(self) -> None:
        """Wait until the bot has received and answered everything."""
        async with asyncio.timeout(10):
            while not self._received():  # noqa: ASYNC110 - the library offers nothing to wait on
                await asyncio.sleep(0.002)
            # An event's task starts when the loop next comes round.
            for _ in range(3):
                await asyncio.sleep(0)
            await self.adapter.listener.idle()

    def _received(self) -> bool:
        session = next(iter(self.server.gateway.sessions.values()))
        # There is one shard, and the library shows of it no more than whether it is open.
        return self.adapter.live().shards[0]._parent.ws.sequence == len(session.history)  # noqa: SLF001


def _seen(message: Message) -> Seen:
    direct = message.channel.guild is None
    return Seen(
        as_read(message.content),
        alone=direct or message.ephemeral,
        direct=direct,
        buttons=[(button.label, button.custom_id or "") for button in message.buttons],
        files=[file.filename for file in message.attachments],
        pings=bool(message.mentions),
        calls=[user.name for user in message.mentions],
        answers=message.reference.content if message.reference else "",
        opens=_LINK.findall(message.content),
    )


@dataclass
class DiscordMember(Member):
    running: Running
    user: User
    channel: Channel

    @property
    def messages(self) -> Sequence[Seen]:
        return [_seen(message) for message in self._mine]

    async def says(self, text: str, *, in_group: bool = False) -> None:
        where = self.channel if in_group else None
        if text.startswith("/"):
            name, *rest = text.split(maxsplit=1)
            await self.user.uses(name, where, **({self._first_option(name): rest[0]} if rest else {}))
        else:
            await self.user.says(text, where)
        await self.running.settle()

    @property
    def person(self) -> Person:
        return Person("discord", str(self.user.id), self.user.name)

    async def says_in_topic(self, text: str) -> None:
        guild = self.channel.guild
        assert guild is not None
        threads = (each for each in guild.world.channels.values() if each.parent is self.channel)
        await self.user.says(text, next(threads, None) or guild.add_thread(TOPIC, self.channel))
        await self.running.settle()

    async def replies(self, text: str, to: Member) -> None:
        await self.user.says(text, self.channel, reply_to=self._newest_of(to))
        await self.running.settle()

    async def forwards(self, text: str) -> None:
        world = self.running.server.world
        elsewhere = Message(world.snowflake(), self.user.dm, self.user, world.now(), content=text)
        await self.user.forwards(elsewhere, self.channel)
        await self.running.settle()

    async def edits(self, text: str) -> None:
        await self.user.edits(self._newest_of(self), text)
        await self.running.settle()

    async def deletes(self) -> None:
        await self.user.deletes(self._newest_of(self))
        await self.running.settle()

    async def flags(self, other: Member) -> None:
        await self.user.uses_on_message("Flag this message", self._newest_of(other))
        await self.running.settle()

    def _newest_of(self, other: Member) -> Message:
        theirs = (each for each in reversed(self.channel.messages) if str(each.author.id) == other.person.id)
        return next(each for each in theirs if not each.deleted)

    async def presses(self, label: str) -> None:
        await self.user.presses(label)
        await self.running.settle()

    async def forges(self, data: str) -> None:
        message = next(message for message in reversed(self._mine) if message.buttons)
        await self.user.press_custom_id(message, data)
        await self.running.settle()

    async def blocks(self) -> None:
        self.user.blocks_bot()

    async def fills(self, answers: Mapping[str, str]) -> None:
        await self.user.fills(dict(answers))
        await self.running.settle()

    @property
    def _mine(self) -> list[Message]:
        return [message for message in self.user.sees if message.author.bot]

    def _first_option(self, command: str) -> str:
        commands = self.running.server.world.commands.values()
        return next(each["options"][0]["name"] for each in commands if f"/{each['name']}" == command)


@dataclass
class DiscordGroup(Group):
    channel: Channel

    @property
    def messages(self) -> Sequence[Seen]:
        public = [message for message in self.channel.messages if message.public and message.author.bot]
        earlier = [Seen(text, alone=False, direct=False) for message in public for text in message.versions[:-1]]
        return [*earlier, *(_seen(message) for message in public)]


@dataclass
class DiscordTopic(Group):
    """What stands in the thread, once there is one."""

    channel: Channel

    @property
    def messages(self) -> Sequence[Seen]:
        threads = [each for each in self.channel.world.channels.values() if each.parent is self.channel]
        return [_seen(message) for thread in threads for message in thread.messages if message.author.bot]


@dataclass
class DiscordChat(Chat):
    running: Running
    guild: Guild
    group: Group
    topic: Group
    desk: Group

    @property
    def place(self) -> Place:
        return place(self.guild.channel("general").id, self.guild.id, direct=False)

    @property
    def desk_place(self) -> Place:
        return place(self.guild.channel("desk").id, self.guild.id, direct=False)

    @property
    def messenger(self) -> Messenger:
        return self.running.adapter.messenger

    async def settle(self) -> None:
        await self.running.settle()

    def member(self, name: str) -> DiscordMember:
        user = self.running.server.user(name)
        self.guild.add(user)
        return DiscordMember(self.running, user, self.guild.channel("general"))

    def moderator(self, name: str) -> DiscordMember:
        member = self.member(name)
        self.guild.add(member.user, "manage_messages")
        (self.guild.channel("desk").seen_by or set[User]()).add(member.user)
        return member

    def moment(self, at: datetime) -> str:
        return f"<t:{at.timestamp():.0f}:F> (<t:{at.timestamp():.0f}:R>)"

    async def restart(self) -> None:
        await self.running.stop()
        await self.running.start()

    async def reminds(self, member: Member, reply: Reply) -> None:
        assert isinstance(member, DiscordMember)
        person = Person("discord", str(member.user.id), member.user.name)
        await self.running.adapter.messenger.send(person, reply, Reader(), once="reminder")


@asynccontextmanager
async def discord(core: Core) -> AsyncIterator[Chat]:
    async with FakeDiscord() as server:
        guild = server.guild("Round table", "general")
        running = Running(server, core.dispatcher)
        with library_unchanged():
            await running.start()
            try:
                general = guild.channel("general")
                desk = guild.add_channel("desk", seen_by=[server.user("owner")])
                yield DiscordChat(running, guild, DiscordGroup(general), DiscordTopic(general), DiscordGroup(desk))
            finally:
                await running.stop()
        assert not server.unknown_requests
