"""The stage: a group and direct chats with several people, played line by line."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Self

from adapters.console import directions
from adapters.console.clock import StageClock
from adapters.console.messenger import Notice, Outbox
from adapters.console.ports import CAPABILITIES, PLATFORM, Build, Program, StageError
from adapters.console.render import Message, transcript
from adapters.console.translate import DESK, GROUP, Direction, Press, Speech, direct_place, heard, read_line, standing
from bot.chat.events import Event, Filled, Moved, Pressed, Reachable, Said, Used
from bot.chat.people import Message as Standing
from bot.chat.people import Person, Place
from bot.chat.tokens import ANYONE
from bot.words.presenting import Screen

BOT = "bot"
FIRST_SPEAKER = "you"
"""Who says a line before anybody was named; they speak to the bot alone."""

_NUMBER = re.compile(r"[0-9]{1,3}")


@dataclass(slots=True)
class Stage:
    """Performs typed lines. ``people`` are by id. ``shown`` holds the bot's messages, one that changed in each state.

    ``moderators`` are the ids of those who look after the group; the stage fulfils ``Roles`` with them. ``said``
    is what people said and still stands, by id.
    Used as an async context manager: entering builds the program, leaving closes it.
    """

    build: Build
    clock: StageClock
    people: dict[str, Person] = field(default_factory=dict[str, Person])
    shown: list[Message] = field(default_factory=list[Message])
    over: bool = False
    outbox: Outbox = field(default_factory=Outbox)
    moderators: set[str] = field(default_factory=set[str])
    said: dict[str, Said] = field(default_factory=dict[str, Said])
    _spoken: int = 0
    _built: Program | None = None
    _speaker: str = FIRST_SPEAKER
    _direct: bool = True
    _at_desk: bool = False
    _printed: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.outbox.staff = lambda: tuple(each for each in self.people.values() if each.id in self.moderators)

    async def __aenter__(self) -> Self:
        self._built = await self.build(self.outbox, self.clock)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.program.close()

    @property
    def program(self) -> Program:
        """The program as it is built now."""
        if self._built is None:
            raise RuntimeError("the stage is entered before anything is performed on it")
        return self._built

    @property
    def messages(self) -> list[Message]:
        """The bot's messages as they stand now, by number."""
        return list({message.number: message for message in self.shown}.values())

    async def perform(self, line: str) -> list[str]:
        """Perform one typed line and return what the transcript shows for it, line by line."""
        try:
            match read_line(line):
                case Direction(name, words):
                    await directions.follow(self, name, words)
                case Speech() as speech:
                    await self._say(speech)
                case Press(name, button, number):
                    await self._press(name, button, number)
                case None:
                    pass
        except StageError as error:
            self.note(str(error))
        self.deliver()
        await self.ring_if_due()
        return self.printed()

    def printed(self) -> list[str]:
        """What was shown since this was last asked."""
        lines, self._printed = self._printed, []
        return lines

    def note(self, text: str) -> None:
        """Show a word of the stage's own, which nobody in the play sees."""
        self._printed.append(f"({text})")

    def person(self, name: str) -> Person:
        """Somebody by name; they spring up when first named.

        Raises:
            StageError: nobody can have that name.
        """
        person_id = name.casefold()
        if person_id == BOT:
            raise StageError("The bot speaks for itself; choose another name.")
        return self.people.setdefault(person_id, Person(PLATFORM, person_id, name))

    async def tell(self, event: Event, pressed: Message | None = None) -> None:
        """Let the core hear of an event and show its answer; ``pressed`` is the message whose button was pressed."""
        answer = await self.program.dispatcher.handle(event, CAPABILITIES, self)
        if answer is None or isinstance(event, Reachable | Moved):
            return
        screen = self.program.presenter.show(answer.reply, event.person, answer.reader)
        if isinstance(event, Said) and not event.place.direct and screen.private:
            return  # nobody spoke to the bot, so what is not for all is for nobody
        self._show(screen, event, pressed)
        await self.program.dispatcher.shown(answer)
        await self.program.settle()

    async def moderates(self, person: Person, place: Place) -> bool:
        """See ``Roles``."""
        here = (place.platform, place.community) == (PLATFORM, GROUP.community) and not place.direct
        return (here or place == DESK) and person.id in self.moderators

    async def restart(self) -> None:
        """Throw the program's objects away and build them anew from the database."""
        await self.program.close()
        self._built = await self.build(self.outbox, self.clock)

    async def travel(self, to: datetime) -> None:
        """Set the clock to an aware moment; what falls due on the way is sent at its own moment, in order."""
        last: datetime | None = None
        while (due := await self.program.next_due()) is not None and due <= to:
            if last is not None and due <= last:
                break  # it could not be sent at that moment, and would not be at the same moment again
            last = due
            self.clock.move_to(max(due, self.clock.now()))
            await self.ring()
        self.clock.move_to(to)

    async def ring_if_due(self) -> None:
        """Send what has fallen due while time ran on."""
        due = await self.program.next_due()
        if due is not None and due <= self.clock.now():
            await self.ring()

    async def ring(self) -> None:
        """Send what is due now."""
        await self.program.sweep.run()
        if self.outbox.waiting or self.outbox.notices:
            self.note(self.clock.shown())
        self.deliver()

    def deliver(self) -> None:
        """Show what the program sent of its own accord."""
        for each in self.outbox.take():
            person = self.people.setdefault(each.person.id, replace(each.person, name=each.person.id))
            screen = self.program.presenter.show(each.reply, person, each.reader)
            self._post(direct_place(person), person.id, screen)
        for notice in self.outbox.take_notices():
            self._tell_all(notice)

    async def edit(self, name: str, text: str) -> None:
        """Let somebody change the newest message of theirs.

        Raises:
            StageError: they have said nothing that stands.
        """
        said = replace(self._newest_of(name), text=text, edited=True)
        self.said[said.id] = said
        await self.tell(said)

    def delete(self, name: str) -> None:
        """Let somebody take back the newest message of theirs, of which the core hears nothing.

        Raises:
            StageError: they have said nothing that stands.
        """
        del self.said[self._newest_of(name).id]

    def _newest_of(self, name: str, place: Place | None = None) -> Said:
        person = self.person(name)
        theirs = [each for each in self.said.values() if each.person.id == person.id and place in (None, each.place)]
        if not theirs:
            raise StageError(f"{person.name} has said nothing that stands here.")
        return theirs[-1]

    def _answered(self, what: str, person: Person, place: Place) -> Standing:
        if not what.startswith("#"):
            return standing(self._newest_of(what, place))
        message = next((each for each in self.messages if f"#{each.number}" == what and self._sees(person, each)), None)
        if message is None:
            raise StageError(f"{person.name} sees no message {what}.")
        return Standing(message.id or what, None, message.text)

    def _tell_all(self, notice: Notice) -> None:
        presenter, anybody = self.program.presenter, Person(PLATFORM, ANYONE, "")
        earlier = next((message for message in self.messages if message.id == notice.id), None)
        if earlier is not None:
            now = replace(earlier, changed=True).showing(presenter.show_in_one(notice.reply, anybody, notice.reader))
            if replace(now, changed=earlier.changed) != earlier:
                self._print(now)
            return
        asked = self.said.get(notice.answering)
        message = Message(
            self._next_number(), notice.place, None, "", id=notice.id, answers=asked.person.name if asked else ""
        )
        self._print(message.showing(presenter.show(notice.reply, anybody, notice.reader)))

    async def _say(self, speech: Speech) -> None:
        if speech.name is not None:
            self._speaker, self._direct = self.person(speech.name).id, speech.direct
            self._at_desk = speech.at_desk
        person = self.person(self._speaker)
        if self._direct and person.id in self.outbox.blocked:
            raise StageError(f"{person.name} has blocked the bot and cannot write to it.")
        if self._at_desk and person.id not in self.moderators:
            raise StageError(f"{person.name} is not in the moderators' chat; :person {person.name} moderates")
        place = direct_place(person) if self._direct else DESK if self._at_desk else GROUP
        answers = self._answered(speech.answered, person, place) if speech.answered else None
        self._spoken += 1
        said = Said(person, place, speech.text, id=str(self._spoken), answers=answers, forwarded=speech.forwarded)
        self.said[said.id] = said
        await self.tell(heard(said))

    async def _press(self, name: str | None, button: str, number: int | None) -> None:
        person = self.person(name or self._speaker)
        message = self._with_buttons(person, number)
        self._speaker, self._direct, self._at_desk = person.id, message.place.direct, message.place == DESK
        keys = message.keys
        named = dict(enumerate(keys, start=1)).get(int(button)) if _NUMBER.fullmatch(button) else None
        key = named or next((key for key in keys if key.label.casefold() == button.casefold()), None)
        if key is None:
            raise StageError(f"Message #{message.number} has no button [{button}]; it has 1 to {len(keys)}.")
        if key.url:
            raise StageError(f"That button opens {key.url}")
        await self.tell(Pressed(person, message.place, key.data), message)

    def _with_buttons(self, person: Person, number: int | None) -> Message:
        seen = [message for message in self.messages if self._sees(person, message)]
        if number is None:
            message = next((message for message in reversed(seen) if message.keys), None)
        else:
            message = next((message for message in seen if message.number == number), None)
        if message is None:
            what = "no message with buttons" if number is None else f"no message #{number}"
            raise StageError(f"{person.name} sees {what}.")
        if not message.keys:
            raise StageError(f"Message #{number} has no buttons.")
        return message

    def _sees(self, person: Person, message: Message) -> bool:
        """Whether somebody sees a message: one in the moderators' chat only who is in there."""
        return message.seen_by(person.id) and (message.place != DESK or person.id in self.moderators)

    def _show(self, screen: Screen, event: Used | Pressed | Filled | Said, pressed: Message | None) -> None:
        person, place = event.person, event.place
        for_one = pressed is not None and pressed.only is not None
        # Whoever presses a button for anyone gets an answer of their own.
        for_anyone = isinstance(event, Pressed) and self.program.presenter.tokens.is_for_anyone(event.data, PLATFORM)
        alone = place.direct or screen.private or screen.direct or for_one or for_anyone
        where = direct_place(person) if screen.direct else place
        only = person.id if alone else None
        if screen.pages or screen.keys or screen.files:
            if pressed and not screen.fresh and (pressed.place, pressed.only) == (where, only):
                self._print(replace(pressed, changed=True).showing(screen))
            else:
                self._post(where, only, screen)
        if screen.share and not place.direct:
            self._print(Message(self._next_number(), GROUP, None, screen.share))

    def _post(self, place: Place, only: str | None, screen: Screen) -> None:
        if place.direct and only in self.outbox.blocked:
            self.note("A direct message was refused: its reader has blocked the bot.")
            return
        self._print(Message(self._next_number(), place, only, "").showing(screen))

    def _next_number(self) -> int:
        return len(self.messages) + 1

    def _print(self, message: Message) -> None:
        self.shown.append(message)
        name = self.people[message.only].name if message.only is not None else ""
        self._printed += transcript(message, name)
