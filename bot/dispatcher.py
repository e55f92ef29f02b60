"""The one door in: commands, buttons, forms and plain text come here, and only here an error becomes a reply."""

import secrets
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

import structlog

from bot.alarm import QUIET, Alarm, Raised
from bot.chat.capabilities import Capabilities
from bot.chat.events import Event, Filled, Moved, Pressed, Reachable, Said, Used
from bot.chat.people import Person, Place, Reader
from bot.chat.ports import Clock, Roles
from bot.chat.replies import Choice, Offer, Reply, say
from bot.chat.tokens import Tokens
from bot.errors import MemberError
from bot.journey.about import unread
from bot.members.calls import Action, Audience, Call, Command, Run
from bot.members.guide import ANSWER, Guide, Step
from bot.members.member import Member, Wording
from bot.ports import Browse, Minder, OpenWork, Overhear, Work
from bot.reminders.contact import note_reachable, tell_missed

MOST_TYPED = 1000
"""Characters of one text that are looked at; the longest that the bot asks for, a curated answer, has up to 900."""

START = "start"
FAQ, HELPLINES = "faq", "helplines"
RESUME = "resume"
"""What a deep link carries behind ``/start`` to go on with an open question in the direct chat."""

_MOST_OFFERED = 25
_MOST_BROWSED = 10

log = structlog.get_logger()


_Asked = Used | Pressed | Filled | Said


@dataclass(frozen=True, slots=True)
class Answer:
    """What to show, and for whom it is written; ``keep``: the message that is answered must stay where it stands.

    ``tells`` are the reminders that it says did not arrive: see ``Dispatcher.shown``.
    """

    reply: Reply
    reader: Reader
    keep: bool = False
    tells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Met:
    """What came in: an event, what its platform can do, who knows who moderates, and what was done before all else."""

    event: Event
    capabilities: Capabilities
    roles: Roles | None = None
    raised: Raised = QUIET


@dataclass(frozen=True, slots=True)
class Browsed:
    """What can be posted anywhere, and what leads on where that is nothing: the name of a command."""

    offers: Sequence[Offer]
    reader: Reader
    way_on: str = FAQ


def reader_for(member: Member | None, person: Person) -> Reader:
    """How to write for somebody: a member's own locale and zone, else what the platform tells."""
    if member is None:
        return Reader(locale=person.locale or "en")
    return Reader(locale=member.dates_locale, zone=member.settings.zone)


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Runs use cases. ``commands`` and ``actions`` are by name; both are declared beside their use cases.

    ``overhear`` looks at what is said in groups, ``browsed`` is what can be looked through from any chat, ``minder``
    looks for danger in what is written to the bot.
    """

    commands: Mapping[str, Command[Work]]
    actions: Mapping[str, Action[Work]]
    guide: Guide
    open_work: OpenWork
    clock: Clock
    tokens: Tokens
    overhear: Overhear | None = None
    browsed: Browse | None = None
    minder: Minder | None = None

    async def handle(self, event: Event, capabilities: Capabilities, roles: Roles | None = None) -> Answer | None:
        """Answer an event; None where nothing is to be said. Never raises but for cancellation.

        ``roles`` tells who moderates; without it nobody does.
        """
        met = _Met(event, capabilities, roles)
        try:
            command = self.find_command(event.command, capabilities) if isinstance(event, Used) else None
            met = replace(met, raised=await self._alarm.raised(event, capabilities, command))
        except Exception as error:  # noqa: BLE001 - what was asked for is answered all the same
            _report("minding_failed", error)
        try:
            answer = await self._handle(met)
        except Exception as error:  # noqa: BLE001 - the one place where any error becomes a reply
            reply = Reply((say("error.ours", reference=_report("use_case_failed", error)),), fresh=True)
            answer = Answer(reply, reader_for(None, event.person))
        reply = met.raised.first(answer.reply if answer else None)
        if reply is None and not met.raised.taken_up:
            return None
        reader = answer.reader if answer else reader_for(None, event.person)
        return Answer(reply or Reply(), reader, keep=met.raised.taken_up, tells=answer.tells if answer else ())

    async def shown(self, answer: Answer) -> None:
        """Record that an answer has come to its person: whoever shows answers calls this once the platform took it.

        Without it, what did not arrive is told again with the next answer. Never raises but for cancellation.
        """
        if not answer.tells:
            return
        try:
            async with self.open_work() as work:
                await work.reminders.told(answer.tells)
                await work.commit()
        except Exception as error:  # noqa: BLE001 - the answer was shown, and telling twice is better than never
            _report("telling_not_recorded", error)

    async def complete(
        self, typed: Used, capabilities: Capabilities, argument: str, text: str
    ) -> tuple[Sequence[Choice], Reader]:
        """Offer values for an argument while it is typed: at most 25, none on any trouble."""
        reader = reader_for(None, typed.person)
        command = self.find_command(typed.command, capabilities)
        if command is None or command.seek is None or len(text) > MOST_TYPED:
            return (), reader
        try:
            async with self.open_work() as work:
                member = await work.members.find(typed.person)
                reader = reader_for(member, typed.person)
                now = self.clock.now()
                call = Call(typed.person, typed.place, now, member, capabilities, arguments=dict(typed.options))
                return tuple(await command.seek(call, work, argument, text))[:_MOST_OFFERED], reader
        except MemberError:
            return (), reader
        except Exception as error:  # noqa: BLE001 - what cannot be offered can still be typed
            _report("autocomplete_failed", error)
            return (), reader

    async def browse(self, person: Person, place: Place, capabilities: Capabilities, text: str) -> Browsed:
        """Offer what a person may post in any chat: at most 10, none on any trouble, nor where they are in danger."""
        reader = reader_for(None, person)
        if self.browsed is None or len(text) > MOST_TYPED:
            return Browsed((), reader)
        try:
            call = Call(person, place, self.clock.now(), None, capabilities)
            if text and (await self._alarm.raised(Used(person, place, "", text), capabilities, None)).words:
                return Browsed((), reader, way_on=HELPLINES)
            async with self.open_work() as work:
                return Browsed(tuple(await self.browsed.offers(call, text, work))[:_MOST_BROWSED], reader)
        except Exception as error:  # noqa: BLE001 - whoever finds nothing can still ask the bot itself
            _report("browse_failed", error)
            return Browsed((), reader)

    @property
    def _alarm(self) -> Alarm:
        return Alarm(self.clock, self.minder, self.overhear)

    def menu(self, capabilities: Capabilities) -> tuple[Command[Work], ...]:
        """The commands that a platform offers."""
        return tuple(command for command in self.commands.values() if capabilities.personal or not command.personal)

    def find_command(self, name: str, capabilities: Capabilities) -> Command[Work] | None:
        """The command of a name, or of a discreet name; None where the platform does not offer it."""
        name = name.lower()
        return next((c for c in self.menu(capabilities) if name in (c.name, c.discreet_name)), None)

    def _linked(self, name: str, capabilities: Capabilities) -> Command[Work] | None:
        """The command that a link names."""
        by_link = next((each for each in self.menu(capabilities) if each.link_name and each.link_name == name), None)
        return by_link or self.find_command(name, capabilities)

    async def _handle(self, met: _Met) -> Answer | None:
        event, reader = met.event, reader_for(None, met.event.person)
        if isinstance(event, Moved):
            if self.overhear:
                await self.overhear.moved(event)
            return None
        if isinstance(event, Said) and not event.place.direct:
            return await self._overhear(event, met)
        if isinstance(event, Said) and event.edited:
            return None
        try:
            async with self.open_work() as work:
                reader = _reader(await work.members.find(event.person), event)
                answer = await self._answer(event, met, work)
                await work.commit()
                return answer
        except MemberError as error:
            if self._leaves_question(event):
                # What was refused has not happened, but the question that was open is left all the same.
                async with self.open_work() as work:
                    await work.drafts.drop(event.person)
                    await work.commit()
            return Answer(Reply((say(error.key, **error.values),), fresh=True), reader)

    def _leaves_question(self, event: Event) -> bool:
        """Whether somebody goes on with something else than the question that may be open."""
        if isinstance(event, Pressed):
            try:
                return self.tokens.read(event.data, event.person)[0] != ANSWER
            except MemberError:
                return False
        return isinstance(event, Used)

    async def _overhear(self, event: Said, met: _Met) -> Answer | None:
        """Look at what people say to each other; most of it costs no look into the database."""
        if self.overhear is None:
            return None
        call = Call(event.person, event.place, self.clock.now(), None, met.capabilities)
        reply = await self.overhear.heard(call, event)
        return Answer(reply, reader_for(None, event.person)) if reply else None

    async def _answer(self, event: _Asked | Reachable, met: _Met, work: Work) -> Answer | None:
        now = self.clock.now()
        member = await work.members.find(event.person)
        if isinstance(event, Reachable):
            await work.people.note_open(event.person, now, is_open=event.reachable)
            await note_reachable(work, member, event, now)
            return None
        if event.place.direct:
            await work.people.note_open(event.person, now, is_open=True)
        call = Call(event.person, event.place, now, member, met.capabilities, roles=met.roles)
        reply = await self._run(event, call, work, met.raised)
        if reply is None:
            return None
        # The use case may have changed who the person is to us and in which zone they read.
        member = await work.members.find(event.person)
        if member and reply.private and reply.form is None and _is_sure_to_be_seen(event):
            reply, tells = await tell_missed(work, member, event.person, reply, now)
            return Answer(reply, _reader(member, event), tells=tuple(tells))
        return Answer(reply, _reader(member, event))

    async def _run(self, event: _Asked, call: Call, work: Work, raised: Raised) -> Reply | None:
        match event:
            case Used():
                return await self._use(event, call, work)
            case Pressed():
                name, taps = self.tokens.read(event.data, event.person)
                action = self.actions.get(name)
                for_anyone = self.tokens.is_for_anyone(event.data, event.person.platform)
                if for_anyone and not (action and action.anyone):
                    raise MemberError("button.not_yours")
                if name == ANSWER:
                    return await self._stepped(await self.guide.tapped(work, call, taps), call, work)
                # Whoever goes on with another button no longer answers the question that was open.
                await work.drafts.drop(event.person)
                return await self._act(name, replace(call, taps=taps), work)
            case Filled():
                name, taps = self.tokens.read(event.data, event.person)
                reply = await self._act(name, replace(call, taps=taps, arguments=_short(event.values)), work)
                if reply.form:
                    # An empty answer: no platform shows a form in answer to a form.
                    raise MemberError("form.empty")
                return reply
            case Said():
                return await self._hear(event, call, work, raised)

    async def _use(self, event: Used, call: Call, work: Work) -> Reply | None:
        command = self.find_command(event.command, call.capabilities)
        if command is None:
            return self._no_such_command(event, call)
        if event.person.shared and command.audience is not Audience.MODERATOR:
            return None  # several people may be meant, and none of them can be answered alone
        if command.name == START and event.text.strip():
            # A deep link: "/start resume" goes on with an open question, "/start nextlab" with that command.
            if event.text.strip() == RESUME and (step := await self.guide.resume(work, call)):
                return await self._stepped(step, call, work)
            await work.drafts.drop(event.person)
            text, ours = self.tokens.read_link(event.text.strip()[:MOST_TYPED], event.person.platform)
            name, _, rest = text.partition("-")
            linked = self._linked(name, call.capabilities)
            if linked and linked.linkable and (call.member or linked.audience is Audience.ANYONE):
                command = linked
                given = {linked.arguments[0].name: rest} if rest and linked.arguments else {}
                call = replace(call, arguments=_short(given), linked=True, vouched=ours)
            return await self._guarded(command.audience, command.run, call, work)
        await work.drafts.drop(event.person)
        given = event.options or command.arguments_from(event.text[:MOST_TYPED])
        return await self._guarded(
            command.audience, command.run, replace(call, arguments=_short(given), about=event.about), work
        )

    def _no_such_command(self, event: Used, call: Call) -> Reply | None:
        if not event.place.direct and not event.hidden:
            return None  # in a group it may be another bot's command
        names = [command.shown_name(discreet=call.capabilities.discreet) for command in self.menu(call.capabilities)]
        near = get_close_matches(event.command.lower()[:40], names, n=1)
        return Reply((say("error.command_near", near=near[0]) if near else say("error.command"),))

    async def _act(self, name: str, call: Call, work: Work) -> Reply:
        action = self.actions.get(name)
        if action is None or (action.personal and not call.capabilities.personal):
            raise MemberError("button.gone")
        return await self._guarded(action.audience, action.run, call, work)

    async def _guarded(self, audience: Audience, run: Run[Work], call: Call, work: Work) -> Reply:
        if audience is Audience.MEMBER and call.member is None:
            raise MemberError("start.first")
        return await self.guide.begin(work, call, await run(call, work))

    async def _hear(self, event: Said, call: Call, work: Work, raised: Raised) -> Reply | None:
        step = await self.guide.said(work, call, event.text[:MOST_TYPED])
        if step is None:
            if raised.words:
                return raised.end
            found = await self.minder.answer(call, event.text, work) if self.minder else None
            return found or unread(call)
        return await self._stepped(step, call, work)

    async def _stepped(self, step: Step, call: Call, work: Work) -> Reply:
        if isinstance(step, Reply):
            return step
        return await self._act(step.form, replace(call, taps=step.arguments, arguments=_short(step.values)), work)


def _reader(member: Member | None, event: Event) -> Reader:
    """How to write an answer: one to a press stands where a reminder stood, so it keeps the wording of those."""
    discreet = isinstance(event, Pressed) and member is not None and member.settings.wording is Wording.DISCREET
    return replace(reader_for(member, event.person), discreet=discreet)


def _short(given: Mapping[str, str]) -> dict[str, str]:
    """What was really given, cut to a length that is looked at."""
    short = {name: text[:MOST_TYPED].strip() for name, text in given.items()}
    return {name: text for name, text in short.items() if text}


def _is_sure_to_be_seen(event: _Asked) -> bool:
    """Whether the answer reaches the person for sure, so that what it tells may be counted as told.

    A command that stands visibly in a group is answered in the direct chat, which may be closed.
    """
    return event.place.direct or not isinstance(event, Used) or event.hidden


def _report(event: str, error: Exception) -> str:
    """Log where an error arose and return its reference; its text stays out, since it may quote what a person typed."""
    reference = secrets.token_hex(4)
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    log.error(event, reference=reference, error=type(error).__name__, at=frames)
    return reference
