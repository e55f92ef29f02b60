"""The console for the suite."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from adapters.console.clock import StageClock
from adapters.console.ports import CAPABILITIES, Program
from adapters.console.render import Message
from adapters.console.stage import Stage
from bot.chat.events import Pressed
from bot.chat.people import Reader
from bot.chat.ports import Clock, Messenger
from bot.chat.replies import Reply
from bot.words.catalogue import PlainMarkup
from bot.words.presenting import Presenter
from contract.chat.harness import Chat, Group, Member, Seen
from contract.chat.probe import Core


@dataclass(frozen=True, slots=True)
class _Silent:
    """Fulfils ``Bell`` where nothing is planned."""

    async def run(self) -> int:
        return 0


async def _nothing_due() -> None:
    return None


async def _stays_open() -> None:
    return None


def _seen(message: Message) -> Seen:
    return Seen(
        message.text,
        alone=message.only is not None,
        direct=message.place.direct,
        buttons=[(key.label, key.data) for key in message.keys],
        files=[file.split()[0] for file in message.files],
    )


@dataclass
class ConsoleMember(Member):
    stage: Stage
    name: str

    @property
    def messages(self) -> Sequence[Seen]:
        return [_seen(message) for message in self._messages]

    async def says(self, text: str, *, in_group: bool = False) -> None:
        await self.stage.perform(f"{self.name}: {text}" if in_group else f"{self.name} in dm: {text}")

    async def presses(self, label: str) -> None:
        message = next(message for message in reversed(self._messages) if label in _seen(message).labels)
        await self.stage.perform(f"{self.name}: [{label}] on {message.number}")

    async def forges(self, data: str) -> None:
        message = next(message for message in reversed(self._messages) if message.keys)
        await self.stage.tell(Pressed(self.stage.person(self.name), message.place, data), message)

    async def blocks(self) -> None:
        await self.stage.perform(f":person {self.name} blocks")

    async def fills(self, answers: Mapping[str, str]) -> None:
        for label, answer in answers.items():
            assert label in self.newest.text
            await (self.presses(answer) if answer in self.newest.labels else self.says(answer))

    @property
    def _messages(self) -> list[Message]:
        return [message for message in self.stage.messages if message.seen_by(self.name)]


@dataclass
class ConsoleGroup(Group):
    stage: Stage

    @property
    def messages(self) -> Sequence[Seen]:
        return [_seen(message) for message in self.stage.shown if message.only is None]


@dataclass
class ConsoleChat(Chat):
    stage: Stage
    group: Group

    def member(self, name: str) -> ConsoleMember:
        return ConsoleMember(self.stage, name)

    def moment(self, at: datetime) -> str:
        return f"{at:%a} {at.day} {at:%b, %H:%M}"

    async def restart(self) -> None:
        await self.stage.perform(":restart")

    async def reminds(self, member: Member, reply: Reply) -> None:
        assert isinstance(member, ConsoleMember)
        person = self.stage.person(member.name)
        await self.stage.outbox.send(person, reply, Reader(), once="reminder")
        self.stage.deliver()


@asynccontextmanager
async def console(core: Core) -> AsyncIterator[Chat]:
    async def build(messenger: Messenger, clock: Clock) -> Program:
        assert messenger.capabilities is CAPABILITIES
        assert clock.now() == core.clock.now()
        presenter = Presenter(CAPABILITIES, PlainMarkup(), core.tokens)
        return Program(core.dispatcher(), presenter, _Silent(), _nothing_due, _stays_open)

    async with Stage(build, StageClock(core.clock.now())) as stage:
        yield ConsoleChat(stage, ConsoleGroup(stage))
