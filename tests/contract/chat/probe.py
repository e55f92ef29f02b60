"""The bot that the suite speaks with: real storage and dispatcher, and commands that probe an adapter.

They bear the names of real commands, since the words have a help text for each of those and adapters show it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from bot.chat.events import Moved, Said
from bot.chat.people import Message
from bot.chat.ports import Clock
from bot.chat.replies import Attachment, Button, Choice, Field, FieldKind, Form, Reply, Text, Tone, rows, say
from bot.chat.tokens import Tokens
from bot.dispatcher import Dispatcher
from bot.errors import MemberError
from bot.members.calls import Action, Argument, Audience, Call, Command
from bot.members.guide import Guide
from bot.members.member import CONSENT_VERSION, Member, Settings
from bot.ports import Work
from storage.store import Store, migrate, open_engine
from storage.vault import Vault

_KEY = bytes(range(32))

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
DAY = date(2026, 4, 14)
MOMENT = datetime(2026, 4, 14, 7, 30, tzinfo=UTC)
SECRET = "lymphocytes"
"""A word that stands for everything that only one person may read."""

LONG = [f"word{number:04}" for number in range(2500)]
"""Longer than any platform's message, and than several."""

LONGEST = ("2026-04-14", "x" * 38)
"""Arguments that fill a button's 64 bytes."""

TRICKY = (
    "# *a* __b__ ~~c~~ ||d|| `e` <b>f</b> &amp; [g](h) <@1> @everyone @here <#2> <t:0:R> > i - j \\ k {l} 1. m "
    "_n_ ![o](p) ```q```"
)
SHARED = "anna's countdown: 12 days to go."
ASKED_ALL, ASKED_ALONE = "how long does a day take?", "what are my dates?"
"""What is said in the group and overheard: an answer for all there is, and one for nobody but who asked."""

POINTED = "There is an answer to that."
"""The answer for all; under it stand a button for anyone, and one for who asked."""

JOINED, REFUSED, REMINDED = "You are in.", "There is no 31 February.", "A check is due."
CHOICE_LABEL, TEXT_LABEL, DEFAULT_LABEL = "Which one?", "Which day?", "How long?"


@dataclass(frozen=True, slots=True)
class Heard:
    """What reached the core: which action, from whom, and with what."""

    action: str
    taps: tuple[str, ...]
    values: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class FixedClock:
    """Fulfils ``Clock``."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass(slots=True)
class Core:
    """What an adapter is built over. ``heard`` holds every action that ran, also over restarts, ``calls`` with whom.

    ``said`` is what people said to each other, ``flagged`` the messages on which a command was used.
    """

    store: Store
    tokens: Tokens
    clock: Clock = field(default_factory=FixedClock)
    heard: list[Heard] = field(default_factory=list[Heard])
    calls: list[Call] = field(default_factory=list[Call])
    said: list[Said] = field(default_factory=list[Said])
    flagged: list[Message | None] = field(default_factory=list["Message | None"])

    def dispatcher(self) -> Dispatcher:
        """A new dispatcher, as after a restart."""
        return Dispatcher(
            commands={command.name: command for command in (*_COMMANDS, self._flag())},
            actions={action.name: action for action in self._actions()},
            guide=Guide({FORM.name: FORM}),
            open_work=self.store.work,
            clock=self.clock,
            tokens=self.tokens,
            overhear=Listening(self.said),
        )

    def _flag(self) -> Command[Work]:
        async def run(call: Call, _work: Work) -> Reply:
            self.flagged.append(call.about)
            return Reply((plain(f"flagged {SECRET}"),))

        return Command("flag", run, audience=Audience.ANYONE, personal=False, on_message=True)

    def _actions(self) -> list[Action[Work]]:
        answers: dict[str, Callable[[Call], Reply]] = {
            "tap": lambda call: Reply((plain(f"tapped {SECRET}"),), buttons=(_tap(*call.taps),)),
            "new": lambda _call: Reply((plain("a new one"),), fresh=True),
            "pub": lambda _call: Reply((plain("for all"),), private=False),
            "bad": _refuse,
            "oops": _break,
            "form": lambda _call: Reply((plain("filled"),)),
        }
        for_anyone = {"show": answers["tap"], "loud": answers["pub"]}
        return [
            *(Action(name, self._noting(name, answer)) for name, answer in answers.items()),
            *(
                Action(name, self._noting(name, answer), audience=Audience.ANYONE, anyone=True)
                for name, answer in for_anyone.items()
            ),
        ]

    def _noting(self, name: str, answer: Callable[[Call], Reply]) -> Callable[[Call, Work], Awaitable[Reply]]:
        async def run(call: Call, _work: Work) -> Reply:
            self.calls.append(call)
            self.heard.append(Heard(name, call.taps, dict(call.arguments)))
            return answer(call)

        return run


@dataclass(frozen=True, slots=True)
class Listening:
    """Fulfils ``Overhear``; what reached it goes into ``said``."""

    said: list[Said]

    async def danger_in(self, _call: Call, _said: Said) -> bool:
        return False

    async def begin(self, _call: Call) -> None:
        """Nothing has to be told here."""

    async def heard(self, _call: Call, said: Said) -> Reply | None:
        self.said.append(said)
        if said.text == ASKED_ALONE:
            return Reply((plain(SECRET),))
        if said.text != ASKED_ALL:
            return None
        buttons = (Button(plain("Show me"), "show", ("day",), anyone=True), Button(plain("Enough"), "tap", ("no",)))
        return Reply((plain(POINTED),), private=False, buttons=(buttons,))

    async def moved(self, event: Moved) -> None:
        raise AssertionError(f"nobody moved a group: {event}")


def make_database(path: Path) -> Path:
    """Make an empty SQLite database of the newest schema, to be copied for each test."""

    async def make() -> None:
        engine = open_engine(f"sqlite:///{path}")
        await migrate(engine)
        await engine.dispose()

    asyncio.run(make())
    return path


@asynccontextmanager
async def open_core(database: Path) -> AsyncIterator[Core]:
    """Open a core over a database of the newest schema."""
    store = Store(open_engine(f"sqlite:///{database}"), Vault(_KEY))
    yield Core(store, Tokens(_KEY))
    await store.close()


def plain(text: str) -> Text:
    """Any words as a message: a key whose whole text is its value."""
    return say("form.as_is", text=text)


FORM = Form(
    "form",
    plain("Three questions"),
    (
        Field(
            "which",
            plain(CHOICE_LABEL),
            kind=FieldKind.CHOICE,
            choices=(Choice("1", plain("First")), Choice("2", plain("Second"))),
        ),
        Field("day", plain(TEXT_LABEL), hint=plain("Any way you write it.")),
        Field("days", plain(DEFAULT_LABEL), default="5"),
    ),
    arguments=("3",),
)

HELP_NOW = Reply(
    (plain("Somebody may need help."),),
    private=False,
    buttons=rows(Button(plain("Help now"), "show", ("now",), anyone=True, link="faq-now")),
)
"""What the bot says of its own accord to all; behind its button stands what each reads alone."""

REMINDER = Reply((plain(REMINDED),), buttons=rows(Button(plain("Done"), "tap", ("2026-04-14",))))

BUTTONS = {
    "Yes": Heard("tap", ("2026-04-14", "7")),
    "Später ✓": Heard("tap", ("later",)),
    "No": Heard("tap", ()),
    "Longest": Heard("tap", LONGEST),
    "Sixth in a row": Heard("tap", ("6",)),
}
"""The buttons of ``/settings`` that do something ordinary, and what each does."""


def _tap(*arguments: str) -> tuple[Button, ...]:
    return (Button(plain("Again"), "tap", arguments),)


async def _join(call: Call, work: Work) -> Reply:
    if call.member is None:
        member = Member(f"member-{call.person.id}", Settings(), NOW.date(), call.now, locale="en")
        await work.members.add(member, call.person, CONSENT_VERSION)
    return Reply((plain(JOINED),))


def _show(reply: Reply) -> Callable[[Call, Work], Awaitable[Reply]]:
    async def run(_call: Call, _work: Work) -> Reply:
        return reply

    return run


def _refuse(_call: Call) -> Reply:
    raise MemberError("form.as_is", text=f"{REFUSED} ({SECRET})")


def _break(_call: Call) -> Reply:
    raise RuntimeError(SECRET)


async def _refuse_command(call: Call, _work: Work) -> Reply:
    return _refuse(call)


async def _break_command(call: Call, _work: Work) -> Reply:
    return _break(call)


_BUTTON_ROWS = (
    (
        Button(plain("Yes"), "tap", ("2026-04-14", "7"), tone=Tone.YES),
        Button(plain("Später ✓"), "tap", ("later",)),
        Button(plain("No"), "tap", tone=Tone.DANGER),
        Button(plain("Read more"), url="https://example.org/more"),
        Button(plain("Longest"), "tap", LONGEST),
        Button(plain("Sixth in a row"), "tap", ("6",)),
    ),
    (
        Button(plain("Anew"), "new"),
        Button(plain("To all"), "pub"),
        Button(plain("Refused"), "bad"),
        Button(plain("Broken"), "oops"),
    ),
)

_COMMANDS: tuple[Command[Work], ...] = (
    Command("start", _join, audience=Audience.ANYONE, personal=False),
    Command(
        "nextlab", _show(Reply((say("form.as_is", text=DAY), say("form.as_is", text=MOMENT)), title=plain(SECRET)))
    ),
    Command("labs", _show(Reply(tuple(plain(" ".join(LONG[at : at + 50])) for at in range(0, len(LONG), 50)),
                                buttons=(_tap("long"),)))),
    Command("settings", _show(Reply((plain(f"choose {SECRET}"),), buttons=_BUTTON_ROWS))),
    Command("round", _show(Reply(form=FORM))),
    Command("countdown", _show(Reply((plain(f"posted {SECRET}"),), share=(plain(SHARED),))),
            arguments=(Argument("share"),)),
    Command("labdone", _refuse_command, arguments=(Argument("date"),)),
    Command("stop", _break_command),
    Command("faq", _show(Reply((plain(f"linked {SECRET}"),))), audience=Audience.ANYONE, personal=False,
            arguments=(Argument("words"),), linkable=True),
    Command("privacy", _show(Reply((plain(TRICKY), plain("safe\u202e\u2066\u200f text"))))),
    Command("forget", _show(Reply((plain("who comes?"),), private=False, buttons=(_tap("me"),)))),
    Command("help", _show(Reply((plain(f"read {SECRET}"),), direct=True, buttons=(_tap("here"),),
                                files=(Attachment("dates.ics", "text/calendar", b"BEGIN:VCALENDAR"),)))),
)  # fmt: skip
