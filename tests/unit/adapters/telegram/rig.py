"""The adapter at work on the fake Telegram, over a core whose commands show each kind of answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from adapters.telegram.client import TelegramAdapter
from bot.chat.events import Moved, Said
from bot.chat.people import Message as Standing
from bot.chat.people import Person, Place
from bot.chat.replies import Attachment, Button, Field, Form, Reply, Text, Tone, say
from bot.chat.tokens import Tokens
from bot.dispatcher import Dispatcher, Offer
from bot.errors import MemberError, SettingsError
from bot.members.calls import Action, Argument, Audience, Call, Command
from bot.members.guide import Guide
from bot.members.member import Draft
from fakes.telegram import FakeTelegram, Group, Message, User

SECRET = "lymphocytes"


def plain(text: str) -> Text:
    return say("form.as_is", text=text)


@dataclass
class Memory:
    """A unit of work that keeps open questions, and what the core heard."""

    drafts_by_person: dict[str, Draft] = field(default_factory=dict)
    open_chats: dict[str, bool] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    reachable: list[bool] = field(default_factory=list)
    slow: asyncio.Event = field(default_factory=asyncio.Event)
    listening: "Listening" = field(default_factory=lambda: Listening())  # noqa: PLW0108 - the class stands below
    abouts: list[Standing | None] = field(default_factory=list)
    shelf: "Shelf" = field(default_factory=lambda: Shelf())  # noqa: PLW0108 - the class stands below

    @property
    def members(self) -> "Memory":
        return self

    @property
    def drafts(self) -> "Memory":
        return self

    @property
    def people(self) -> "Memory":
        return self

    async def note_open(self, person: Person, _now: datetime, *, is_open: bool) -> None:
        self.open_chats[person.id] = is_open

    async def find(self, person: Person) -> None:
        """See ``Members``: nobody has joined."""

    async def save(self, person: Person, draft: Draft) -> None:
        self.drafts_by_person[person.id] = draft

    async def load(self, person: Person, _now: datetime) -> Draft | None:
        return self.drafts_by_person.get(person.id)

    async def drop(self, person: Person) -> None:
        self.drafts_by_person.pop(person.id, None)

    async def commit(self) -> None:
        """See ``Work``."""


class NoonClock:
    def now(self) -> datetime:
        return datetime(2026, 9, 1, 12, tzinfo=UTC)


AGAIN = ((Button(plain("Again"), "again", tone=Tone.YES),),)
FORM = Form("form", plain("One question"), (Field("day", plain("Which day?")),))
FILE = Attachment("dates.ics", "text/calendar", b"BEGIN:VCALENDAR")
PICTURE = Attachment("line.png", "image/png", b"\x89PNG")

ANSWERS = {
    "start": Reply((plain("Welcome"),)),
    "nextlab": Reply((plain(f"Your {SECRET}"),), title=plain("Next"), buttons=AGAIN),
    "round": Reply(form=FORM),
    "countdown": Reply((plain(f"Your {SECRET}"),), share=(plain("12 days to go"),)),
    "labs": Reply((plain("x " * 3000), plain(SECRET)), buttons=AGAIN, files=(FILE, PICTURE)),
    "forget": Reply((plain("Who comes?"),), private=False, buttons=AGAIN),
}
TAPS = {
    "again": Reply((plain(f"Once more {SECRET}"),), buttons=AGAIN),
    "form": Reply((plain("Noted"),)),
    "ask": Reply(form=FORM),
    "share": ANSWERS["countdown"],
    "anew": Reply((plain("Anew"),), buttons=AGAIN, fresh=True),
}


VOTE = Button(plain("Helpful"), "vote", anyone=True)
READ_ON = Button(plain("Read on"), "read", anyone=True, link="help-day-length")
"""A button that opens the direct chat, and is pressed there."""


class Listening:
    """Fulfils ``Overhear``: answers questions. ``heard_said`` is what reached it, ``moves`` which groups moved."""

    def __init__(self) -> None:
        self.heard_said: list[Said] = []
        self.moves: list[Moved] = []
        self.commands: list[Said] = []
        self.takes_up = False

    async def danger_in(self, _call: Call, said: Said) -> bool:
        self.commands.append(said)
        return self.takes_up

    async def begin(self, _call: Call) -> None:
        """Nothing has to be told here."""

    async def heard(self, _call: Call, said: Said) -> Reply | None:
        self.heard_said.append(said)
        if said.text == "broken?":
            raise RuntimeError(SECRET)
        if said.edited or said.forwarded or not said.text.endswith("?"):
            return None
        calls = (said.person,) if said.text == "me?" else ()
        private = said.text == "mine?"
        return Reply((plain("There is an answer"),), private=private, buttons=((VOTE, READ_ON),), calls=calls)

    async def moved(self, event: Moved) -> None:
        self.moves.append(event)


class Shelf:
    """Fulfils ``Browse``; ``looked_up`` is what was asked of it, and where."""

    def __init__(self) -> None:
        self.looked_up: list[tuple[str, Place]] = []

    async def offers(self, call: Call, text: str, _work: object) -> tuple[Offer, ...]:
        self.looked_up.append((text, call.place))
        if text == "broken":
            raise RuntimeError(SECRET)
        more = Button(plain("More"), url="https://example.org/more")
        day = Reply((plain("Some <hours>, see https://example.org"),), buttons=((VOTE, READ_ON), (more,)))
        long = Reply((plain("x " * 3000),))
        if text == "unshowable":
            return (Offer("3", SECRET, "", Reply(buttons=((Button(plain("Go"), "x" * 65),),))),)
        found = (Offer("1", "A day", "How long it takes", day), Offer("2", "Long", "", long))
        return found if text.startswith("d") else ()


def dispatcher(memory: Memory) -> Dispatcher:
    async def refuse(_call: Call, _work: object) -> Reply:
        raise MemberError("form.as_is", text=f"No such day {SECRET}")

    async def echo(call: Call, _work: object) -> Reply:
        text = call.arguments.get("text", "")
        if text == "slow":
            await memory.slow.wait()
        memory.said.append(text)
        memory.abouts.append(call.about)
        return Reply((plain(text or "nothing"),))

    async def moderate(call: Call, _work: object) -> Reply:
        if not await call.moderates(call.place):
            raise MemberError("form.as_is", text="Only for moderators")
        return Reply((plain(f"Set by {call.person.id}"),), private=call.arguments.get("text") == "alone")

    async def tell_name(call: Call, _work: object) -> Reply:
        return Reply((plain(f"Thank you, {call.person.name}"),), fresh=call.place.direct)

    def answering(reply: Reply) -> Callable[[Call, object], Awaitable[Reply]]:
        async def run(_call: Call, _work: object) -> Reply:
            return reply

        return run

    @asynccontextmanager
    async def open_work() -> AsyncIterator[Memory]:
        yield memory

    shown = [
        Command(name, answering(reply), audience=Audience.ANYONE, personal=name not in {"start", "forget"})
        for name, reply in ANSWERS.items()
    ]
    own = [
        Command("labdone", refuse, audience=Audience.ANYONE),
        Command("help", echo, audience=Audience.ANYONE, arguments=(Argument("text"),), linkable=True, on_message=True),
        Command("settings", moderate, audience=Audience.MODERATOR, personal=False, arguments=(Argument("text"),)),
    ]
    actions = [
        *(Action(name, answering(reply), audience=Audience.ANYONE) for name, reply in TAPS.items()),
        Action("bad", refuse, audience=Audience.ANYONE),
        Action("vote", tell_name, audience=Audience.ANYONE, anyone=True),
        Action("read", tell_name, audience=Audience.ANYONE, anyone=True),
    ]
    return Dispatcher(
        {command.name: command for command in (*shown, *own)},
        {action.name: action for action in actions},
        Guide({FORM.name: FORM}),
        open_work,
        NoonClock(),
        Tokens(bytes(32)),
        memory.listening,
        memory.shelf,
    )


@dataclass
class Rig:
    """The adapter at work on the fake server; ``taken_up``: whatever comes in was answered to all before."""

    server: FakeTelegram
    taken_up: bool = False
    answered_within: timedelta = timedelta(seconds=10)
    memory: Memory = field(default_factory=Memory)

    def __post_init__(self) -> None:
        self.dispatcher = dispatcher(self.memory)
        self.memory.listening.takes_up = self.taken_up
        self.adapter = TelegramAdapter(
            self.server.token,
            self.server.base_url.removesuffix("/bot"),
            self.dispatcher,
            long_poll=timedelta(seconds=2),
            answered_within=self.answered_within,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Rig"]:
        self.task = asyncio.create_task(self.adapter.run())
        polled = self.server.world.polls
        await self.server.world.until(lambda: self.server.world.polls > polled or self.task.done() or None, 10)
        try:
            yield self
        finally:
            self.task.cancel()
            with suppress(asyncio.CancelledError, SettingsError):
                await self.task

    def token(self, action: str, user: User) -> str:
        """What a button of this person's carries."""
        return self.dispatcher.tokens.make(action, (), Person("telegram", str(user.id), user.person.first_name))

    def shows(self, user: User, action: str, group: Group | None = None, *, seen_by: int | None = None) -> Message:
        """Let a message with a button stand there from earlier."""
        keyboard = [[{"text": "Go", "callback_data": self.token(action, user)}]]
        chat = group.chat if group else user.chat
        world = self.server.world
        return world.post(chat, world.bot, seen_by=seen_by, text="Earlier", keyboard=keyboard)

    async def settle(self) -> None:
        """Wait until everything that was received is answered; the next poll confirms what came."""
        assert await self.server.world.until(lambda: not self.server.world.updates or None, 10)
        await self.adapter.lanes.idle()
