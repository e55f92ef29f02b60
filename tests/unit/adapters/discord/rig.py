"""The adapter over the fake Discord, with commands that show each kind of answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.chat.events import Moved, Said
from bot.chat.people import Person
from bot.chat.replies import Attachment, Button, Choice, Field, FieldKind, Form, Reply, Text, Tone, rows, say
from bot.chat.tokens import Tokens
from bot.dispatcher import Dispatcher
from bot.errors import MemberError
from bot.members.calls import Action, Argument, Audience, Call, Command
from bot.members.guide import Guide
from bot.members.member import Draft
from bot.settings import DiscordPersonal
from contract.chat.discord_harness import TIMING, Running
from fakes.discord_server import FakeDiscord

SECRET, SHARED = "lymphocytes", "12 days to go"
SLOW = "slow"
"""An argument, or a tap, that keeps the core busy until the rig's gate opens."""


HELP_TEXTS = (
    *(f"command.{name}.pace" for name in ("nextlab", "round", "countdown", "labs", "forget", "settings")),
    "command.countdown.zone",
)
"""Keys of the rig's own arguments."""


def plain(text: str) -> Text:
    return say("form.as_is", text=text)


@dataclass
class Memory:
    """A unit of work that keeps open questions. ``gate`` holds slow use cases up."""

    drafts_by_person: dict[str, Draft] = field(default_factory=dict)
    open_chats: dict[str, bool] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

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


FORM = Form(
    "form",
    plain("Two questions"),
    (
        Field("days", plain("How many?"), kind=FieldKind.CHOICE,
              choices=(Choice("", plain("The usual")), Choice("3", plain("Three"))), default=""),
        Field("day", plain("Which day?"), hint=plain("Any way you write it.")),
    ),
)  # fmt: skip
TELL = Form("told", plain("For all"), (Field("what", plain("What?")),))
AGAIN = rows(Button(plain("Again"), "again", tone=Tone.YES), Button(plain("Slowly"), "again", (SLOW,)))
MANY = rows(*(Button(plain(f"Day {number}"), "again", (str(number),)) for number in range(30)))
FILE = Attachment("dates.ics", "text/calendar", b"BEGIN:VCALENDAR")

ANSWERS = {
    "start": Reply((plain("Welcome"),)),
    "nextlab": Reply((plain(f"Your {SECRET}"),), title=plain("Next"), buttons=AGAIN),
    "round": Reply(form=replace(FORM, arguments=("1",))),
    "countdown": Reply((plain(f"Your {SECRET}"),), share=(plain(SHARED),)),
    "labs": Reply((plain("x " * 1500), plain(SECRET)), buttons=MANY, files=(FILE,)),
    "forget": Reply((plain("Who comes?"),), private=False, buttons=AGAIN),
    "stop": Reply((plain(f"Alone {SECRET}"),), direct=True, files=(FILE,)),
    "settings": Reply((plain(f"Before {SECRET}"),), form=FORM),
}
TAPS = {
    "again": Reply((plain(f"Once more {SECRET}"),), buttons=AGAIN),
    "form": Reply((plain(f"Noted {SECRET}"),)),
    "anew": Reply((plain("Anew"),), fresh=True),
    "told": Reply((plain("Told to all"),), private=False),
}
TAPS_OF_ANYONE = {
    "open": Reply((plain(f"Opened {SECRET}"),)),
    "shout": Reply((plain(f"Shouted {SECRET}"),), private=False),
    "ask": Reply(form=FORM),
    "tell": Reply(form=TELL),
}

EDITED = "First line\nSecond line"
EDIT = Form("form", plain("Change it"), (Field("day", plain("Which day?"), filled=EDITED, long=True),))
"""What only moderators are shown, with the command ``/privacy``."""

FOR_ANYONE = rows(
    Button(plain("Open"), "open", anyone=True),
    Button(plain("Open slowly"), "open", (SLOW,), anyone=True),
    Button(plain("Shout"), "shout", anyone=True),
    Button(plain("Ask"), "ask", anyone=True, link="ask"),
    Button(plain("Tell all"), "tell", anyone=True),
    Button(plain("Only mine"), "again"),
)
NOTICE = Reply((plain("Something is due."),), buttons=(*FOR_ANYONE, *rows(Button(plain("Look"), "open", ("look",)))))
OVERHEARD, KEPT, BROKEN = "how long?", "how am I?", "how come?"
"""What is said in a channel and answered there to all, to nobody, and not at all since the core fails."""

ANEW = "and how long?"
"""What is said in a later version, and answered to all."""

REMINDER = Reply((plain(f"Due: {SECRET}"),), buttons=AGAIN)


@dataclass
class Listening:
    """Fulfils ``Overhear``; ``memory`` keeps what reached it."""

    memory: Memory

    async def danger_in(self, _call: Call, said: Said) -> bool:
        raise AssertionError(f"no command stands in a channel: {said}")

    async def begin(self, _call: Call) -> None:
        """Nothing has to be told here."""

    async def heard(self, _call: Call, said: Said) -> Reply | None:
        self.memory.said.append(said)
        if said.text == BROKEN:
            raise RuntimeError(SECRET)
        if said.forwarded:
            return None
        answers = {
            OVERHEARD: Reply((plain("There is an answer."),), private=False, buttons=FOR_ANYONE),
            ANEW: Reply((plain("There is another answer."),), private=False),
            KEPT: Reply((plain(SECRET),)),
        }
        return answers.get(said.text)

    async def moved(self, event: Moved) -> None:
        raise AssertionError(f"no channel of Discord's moves: {event}")


def dispatcher(memory: Memory) -> Dispatcher:
    def answering(reply: Reply) -> Callable[[Call, object], Awaitable[Reply]]:
        async def run(call: Call, _work: object) -> Reply:
            memory.calls.append(call)
            if SLOW in (*call.taps, *call.arguments.values()):
                await memory.gate.wait()
            return reply

        return run

    async def refuse(_call: Call, _work: object) -> Reply:
        raise MemberError("form.as_is", text=f"No such day {SECRET}")

    async def seek(_call: Call, _work: object, argument: str, text: str) -> Sequence[Choice]:
        if text == SLOW:
            await memory.gate.wait()
        if text == "how":
            return [Choice("day-length", "How long? ".ljust(100, "x")), Choice("y" * 100, "How? ".ljust(150, "x"))]
        return [Choice(f"{argument}-{text}", plain("As typed")), Choice("x" * 101, "Too long")]

    @asynccontextmanager
    async def open_work() -> AsyncIterator[Memory]:
        yield memory

    arguments = (Argument("pace"), Argument("share", choices=("share",)), Argument("zone", seeks=True))
    flag = Command(
        "flag",
        answering(Reply((plain(f"Flagged {SECRET}"),))),
        audience=Audience.ANYONE,
        personal=False,
        on_message=True,
        arguments=(Argument("reason"),),
    )
    commands = [
        Command(
            name,
            answering(reply),
            discreet_name="next" if name == "nextlab" else None,
            audience=Audience.ANYONE,
            personal=name not in {"start", "forget"},
            arguments=arguments if name == "countdown" else arguments[:1],
            seek=seek,
        )
        for name, reply in ANSWERS.items()
        if name not in {"start", "stop"}
    ]
    bare = [
        Command(name, answering(ANSWERS[name]), audience=Audience.ANYONE, personal=False) for name in ("start", "stop")
    ]
    refused = Command("labdone", refuse, audience=Audience.ANYONE)
    moderated = Command("privacy", answering(Reply(form=EDIT)), audience=Audience.MODERATOR, personal=False)
    actions = [
        *(Action(name, answering(reply), audience=Audience.ANYONE) for name, reply in TAPS.items()),
        *(
            Action(name, answering(reply), audience=Audience.ANYONE, anyone=True)
            for name, reply in TAPS_OF_ANYONE.items()
        ),
    ]
    return Dispatcher(
        {command.name: command for command in (*bare, *commands, refused, moderated, flag)},
        {action.name: action for action in actions},
        Guide({FORM.name: FORM}),
        open_work,
        NoonClock(),
        Tokens(bytes(32)),
        Listening(memory),
    )


class Rig(Running):
    """The adapter at work on the fake server, over a memory that outlives restarts."""

    def __init__(self, server: FakeDiscord, personal: DiscordPersonal = DiscordPersonal.FULL) -> None:
        self.memory = Memory()
        timing = replace(
            TIMING,
            patience=timedelta(seconds=0.3),
            defer_after=timedelta(seconds=0.1),
            offer_within=timedelta(seconds=0.1),
        )
        super().__init__(server, lambda: dispatcher(self.memory), personal, timing)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Rig"]:
        await self.start()
        try:
            yield self
        finally:
            self.memory.gate.set()
            await self.stop()
