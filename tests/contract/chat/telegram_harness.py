"""Telegram for the suite: the adapter over the fake server, once with ephemeral commands and once without."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import fakes.telegram as fake
from adapters.telegram.client import TelegramAdapter
from bot.chat.people import Person, Place, PlaceKind, Reader
from bot.chat.ports import Messenger
from bot.chat.replies import Reply
from contract.chat.harness import Chat, Group, Member, Seen
from contract.chat.probe import Core
from fakes.telegram_html import commands_and_mentions

TOPIC = 7
_DIRECT_CHAT = f"https://t.me/{fake.BOT_NAME}?start="
_LINK = re.compile(r"https?://[\w.]+\.\w+[\w/]*")
_MENTIONS = {"mention", "text_mention"}


def _seen(message: fake.Message) -> Seen:
    marks = [*message.entities, *commands_and_mentions(message.text)]
    return Seen(
        message.text,
        alone=message.is_ephemeral or message.chat.person is not None,
        direct=message.chat.person is not None,
        buttons=[(button["text"], button.get("callback_data", "")) for row in message.keyboard for button in row],
        files=[message.file_name] if message.file_name else [],
        pings=any(mark["type"] in _MENTIONS for mark in marks),
        calls=[mark["user"]["first_name"].lower() for mark in marks if mark["type"] == "text_mention"],
        answers=message.reply_to.text if message.reply_to else "",
        opens=_LINK.findall(message.text),
    )


@dataclass
class _Running:
    """The adapter at work; a restart puts a new one in its place."""

    core: Core
    server: fake.FakeTelegram
    adapter: TelegramAdapter = field(init=False)
    task: asyncio.Task[None] = field(init=False)

    async def start(self) -> None:
        address = self.server.base_url.removesuffix("/bot")
        dispatcher = self.core.dispatcher()
        self.adapter = TelegramAdapter(self.server.token, address, dispatcher, long_poll=timedelta(seconds=2))
        self.task = asyncio.create_task(self.adapter.run())
        polled = self.server.world.polls
        assert await self.server.world.until(lambda: self.server.world.polls > polled or None, 10)

    async def stop(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task

    async def settle(self) -> None:
        """Wait until the bot has received and answered everything: the next poll confirms what came."""
        assert await self.server.world.until(lambda: not self.server.world.updates or None, 10)
        await self.adapter.lanes.idle()


@dataclass
class TelegramMember(Member):
    running: _Running
    user: fake.User
    group: fake.Group
    hidden: bool
    notices: list[tuple[int, Seen]] = field(default_factory=list[tuple[int, Seen]])

    @property
    def messages(self) -> Sequence[Seen]:
        shown = [(message.order, _seen(message)) for message in self.user.sees if message.is_from_bot]
        return [seen for _order, seen in sorted([*shown, *self.notices], key=lambda each: each[0])]

    async def says(self, text: str, *, in_group: bool = False) -> None:
        name = text.split(maxsplit=1)[0].removeprefix("/")
        menu = {command["command"] for command in self._menu() if command.get("is_ephemeral")}
        if in_group and self.hidden and name in menu and text.startswith("/"):
            await self.user.says_ephemeral(text, self.group)
        else:
            await self.user.says(text, self.group if in_group else None)
        await self.running.settle()

    @property
    def person(self) -> Person:
        return Person("telegram", str(self.user.id), self.user.person.first_name)

    async def says_in_topic(self, text: str) -> None:
        await self.user.says(text, self.group, topic=TOPIC)
        await self.running.settle()

    async def replies(self, text: str, to: Member) -> None:
        await self.user.says(text, self.group, reply_to=self._newest_of(to))
        await self.running.settle()

    async def forwards(self, text: str) -> None:
        somebody = {"id": 99, "is_bot": False, "first_name": "Somebody"}
        elsewhere = self.running.server.world.post(fake.Chat(-9, "group", "Elsewhere"), somebody, text=text)
        await self.user.forwards(elsewhere, self.group)
        await self.running.settle()

    async def edits(self, text: str) -> None:
        await self.user.edits(self._newest_of(self), text)
        await self.running.settle()

    async def deletes(self) -> None:
        await self.user.deletes(self._newest_of(self))
        await self.running.settle()

    async def flags(self, other: Member) -> None:
        await self.replies("/flag", other)

    def _newest_of(self, other: Member) -> fake.Message:
        return next(each for each in reversed(self.group.messages) if str(each.sender["id"]) == other.person.id)

    async def presses(self, label: str) -> None:
        message = self._newest_with(label)
        carried = dict(shown for row in message.buttons for shown in row)[label]
        if not carried.startswith(_DIRECT_CHAT):
            await self._pressed(await self.user.presses(label, message))
        else:
            # The button opens the direct chat, where the app writes for whoever follows it.
            await self.says(f"/start {carried.removeprefix(_DIRECT_CHAT)}")

    async def forges(self, data: str) -> None:
        message = next(message for message in reversed(self.user.sees) if message.keyboard)
        await self._pressed(await self.user.press_data(message, data))

    async def blocks(self) -> None:
        await self.user.blocks()
        await self.running.settle()

    async def fills(self, answers: Mapping[str, str]) -> None:
        for label, answer in answers.items():
            # A notice that ends a press may say that the question stands in the direct chat.
            asked = next(message for message in reversed(self.messages) if message.direct)
            assert label in asked.text
            await (self.presses(answer) if answer in asked.labels else self.says(answer))

    def _menu(self) -> list[fake.Wire]:
        return self.running.server.commands("all_group_chats")

    def _newest_with(self, label: str) -> fake.Message:
        return next(message for message in reversed(self.user.sees) if label in _seen(message).labels)

    async def _pressed(self, press: fake.Press) -> None:
        await self.running.settle()
        assert press.text is not None, "the button spins for ever"
        if press.text:
            world = self.running.server.world
            self.notices.append((world.happened(), Seen(press.text, alone=True, direct=False)))


@dataclass
class TelegramGroup(Group):
    group: fake.Group

    @property
    def messages(self) -> Sequence[Seen]:
        # A message that was deleted may have been read.
        public = [each for each in self.group.chat.messages if each.is_from_bot and not each.is_ephemeral]
        earlier = [Seen(text, alone=False, direct=False) for message in public for text in message.earlier]
        return [*earlier, *(_seen(message) for message in public)]


@dataclass
class TelegramTopic(Group):
    """What stands in the one topic beside the general one."""

    group: fake.Group

    @property
    def messages(self) -> Sequence[Seen]:
        return [_seen(each) for each in self.group.messages if each.is_from_bot and each.thread_id == TOPIC]


@dataclass
class TelegramChat(Chat):
    running: _Running
    fake_group: fake.Group
    fake_desk: fake.Group
    group: Group
    topic: Group
    desk: Group
    hidden: bool

    @property
    def place(self) -> Place:
        return Place("telegram", str(self.fake_group.id), PlaceKind.GROUP)

    @property
    def desk_place(self) -> Place:
        return Place("telegram", str(self.fake_desk.id), PlaceKind.GROUP)

    @property
    def messenger(self) -> Messenger:
        return self.running.adapter.messenger

    async def settle(self) -> None:
        await self.running.settle()

    def member(self, name: str) -> TelegramMember:
        number = 101 + len(self.fake_group.chat.members)
        user = self.running.server.user(number, name.capitalize(), started=True)
        self.fake_group.add(user)
        return TelegramMember(self.running, user, self.fake_group, self.hidden)

    def moderator(self, name: str) -> TelegramMember:
        member = self.member(name)
        for group in (self.fake_group, self.fake_desk):
            group.add(member.user, status="administrator")
        return member

    def moment(self, at: datetime) -> str:
        return f"{at:%a} {at.day} {at:%b, %H:%M}"

    async def restart(self) -> None:
        await self.running.stop()
        await self.running.start()

    async def reminds(self, member: Member, reply: Reply) -> None:
        assert isinstance(member, TelegramMember)
        person = Person("telegram", str(member.user.id), member.user.person.first_name)
        await self.running.adapter.messenger.send(person, reply, Reader(), once="reminder")


@asynccontextmanager
async def _telegram(core: Core, *, hidden: bool) -> AsyncIterator[Chat]:
    # Privacy mode is off, so that what people say to each other reaches the bot in both cases.
    async with fake.FakeTelegram(can_read_all_group_messages=True) as server:
        group = server.group(-1001, "Round table", bot_is_admin=not hidden, forum=True)
        running = _Running(core, server)
        await running.start()
        try:
            desk = server.group(-1002, "Desk")
            groups = TelegramGroup(group), TelegramTopic(group), TelegramGroup(desk)
            yield TelegramChat(running, group, desk, *groups, hidden)
        finally:
            await running.stop()
        assert not server.unknown


def telegram(core: Core) -> AbstractAsyncContextManager[Chat]:
    """Members use the menu, so their personal commands are ephemeral."""
    return _telegram(core, hidden=True)


def telegram_of_old(core: Core) -> AbstractAsyncContextManager[Chat]:
    """Members type what all can see, in a group where the bot may delete it."""
    return _telegram(core, hidden=False)
