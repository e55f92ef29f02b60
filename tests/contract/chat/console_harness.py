"""The console for the suite."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from adapters.console.clock import StageClock
from adapters.console.ports import CAPABILITIES, PLATFORM, Program
from adapters.console.render import Message
from adapters.console.stage import Stage
from adapters.console.translate import GROUP
from bot.chat.events import Pressed
from bot.chat.people import Person, Place, PlaceKind, Reader
from bot.chat.ports import Clock, Messenger
from bot.chat.replies import Reply
from bot.words.catalogue import PlainMarkup
from bot.words.presenting import Presenter
from contract.chat.harness import Chat, Group, Member, Seen
from contract.chat.probe import Core

DESK = Place(PLATFORM, "desk", PlaceKind.GROUP)
"""Where the stage's moderators are told things; the stage knows who may press what there."""


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
        calls=message.calls,
        answers=message.answers,
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

    @property
    def person(self) -> Person:
        return self.stage.person(self.name)

    async def says_in_topic(self, text: str) -> None:
        await self.says(text, in_group=True)

    async def replies(self, text: str, to: Member) -> None:
        await self.stage.perform(f"{self.name} answers {to.person.name}: {text}")

    async def forwards(self, text: str) -> None:
        await self.stage.perform(f"{self.name} forwards: {text}")

    async def edits(self, text: str) -> None:
        await self.stage.perform(f":edit {self.name} {text}")

    async def deletes(self) -> None:
        await self.stage.perform(f":delete {self.name}")

    async def flags(self, other: Member) -> None:
        await self.replies("/flag", other)

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
        places = (GROUP.id, self.name, *([DESK.id] if self.name in self.stage.moderators else []))
        seen = (message for message in self.stage.messages if message.seen_by(self.name))
        return [message for message in seen if message.place.id in places]


@dataclass
class ConsoleGroup(Group):
    stage: Stage
    place: Place = GROUP

    @property
    def messages(self) -> Sequence[Seen]:
        return [_seen(message) for message in self.stage.shown if message.only is None and message.place == self.place]


@dataclass
class ConsoleChat(Chat):
    stage: Stage
    group: Group
    desk: Group
    place: Place = GROUP
    desk_place: Place = DESK

    @property
    def topic(self) -> Group:
        return self.group

    @property
    def messenger(self) -> Messenger:
        return self.stage.outbox

    async def settle(self) -> None:
        self.stage.deliver()

    def member(self, name: str) -> ConsoleMember:
        return ConsoleMember(self.stage, name)

    def moderator(self, name: str) -> ConsoleMember:
        self.stage.moderators.add(self.stage.person(name).id)
        return self.member(name)

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
        return Program(core.dispatcher(), presenter, _Silent(), _nothing_due, _stays_open, _stays_open)

    async with Stage(build, StageClock(core.clock.now())) as stage:
        yield ConsoleChat(stage, ConsoleGroup(stage), ConsoleGroup(stage, DESK))
