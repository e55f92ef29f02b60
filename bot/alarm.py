"""Danger comes first: what reaches the bot is looked at for it before anything else is done with it."""

from dataclasses import dataclass, replace

from bot.chat.capabilities import Capabilities
from bot.chat.events import Event, Filled, Said, Used
from bot.chat.ports import Clock
from bot.chat.replies import Reply, say
from bot.members.calls import Audience, Call, Command, Written
from bot.ports import Minder, Overhear, Work

MOST_OPTIONS = 25
"""Texts of one event that are looked at: no platform's command or form has more."""


@dataclass(frozen=True, slots=True)
class Raised:
    """What was done about danger before anything else.

    ``words`` come before any answer. ``taken_up``: the command stands in a group and was answered there as what it
    says, so it stays.
    """

    words: Reply | None = None
    taken_up: bool = False

    def first(self, reply: Reply | None) -> Reply | None:
        """Put the words in front of an answer; no platform shows them above a form, so they take its place."""
        if self.words is None:
            return reply
        if reply is None or reply.form:
            return replace(self.words, fresh=True)
        buttons = (*self.words.buttons, *reply.buttons)
        return replace(reply, buttons=buttons, private=True, fresh=True).before(*self.words.lines)

    @property
    def end(self) -> Reply:
        """What stands below the words where nothing else was asked for: whom they were told to."""
        language = self.words.lines[0].language if self.words and self.words.lines else ""
        return Reply((replace(say("crisis.not_passed_on"), language=language),))


QUIET = Raised()


@dataclass(frozen=True, slots=True)
class Alarm:
    """Looks at what reaches the bot. ``minder`` sees what is written to it, ``overhear`` what stands in groups."""

    clock: Clock
    minder: Minder | None
    overhear: Overhear | None

    async def raised(self, event: Event, capabilities: Capabilities, command: Command[Work] | None) -> Raised:
        """What has to be done about an event before it is answered. ``command`` is the one that it uses, if any."""
        if not isinstance(event, Used | Filled | Said):
            return QUIET
        call = Call(event.person, event.place, self.clock.now(), None, capabilities)
        visible = isinstance(event, Used) and not event.hidden and not event.place.direct and not _for_others(command)
        # What the group does not take up (who writes has opted out, its policy is off) was still written to the bot.
        if isinstance(event, Used) and visible and await self._in_group(call, event, command):
            return Raised(taken_up=True)
        if isinstance(event, Used) and not event.place.direct and self.overhear and command and command.on_message:
            await self.overhear.begin(call)
        texts = _texts(event, command)
        if self.minder is None or not texts:
            return QUIET
        return Raised(await self.minder.danger_in(call, texts, _written(event, command)))

    async def _in_group(self, call: Call, event: Used, command: Command[Work] | None) -> bool:
        """Hear a command that all can see as what it says, since a private answer may never reach the person."""
        text = "\n".join(_texts(event, command))
        if self.overhear is None or not text:
            return False
        return await self.overhear.danger_in(
            call, Said(event.person, event.place, text, id=event.id, link=event.link, answers=event.about)
        )


def _for_others(command: Command[Work] | None) -> bool:
    """Whether what stands behind a command goes on to people."""
    return command is not None and (command.on_message or command.audience is Audience.MODERATOR)


def _written(event: Used | Filled | Said, command: Command[Work] | None) -> Written:
    if isinstance(event, Said):
        return Written.ALONE
    return Written.FOR_OTHERS if isinstance(event, Filled) or _for_others(command) else Written.COMMAND


def _texts(event: Used | Filled | Said, command: Command[Work] | None) -> tuple[str, ...]:
    """What somebody wrote to the bot in their own words; nothing of what people say to each other."""
    match event:
        case Used():
            # A command that is none may itself be the cry.
            whole = event.text if command else f"{event.command} {event.text}".strip()
            texts = (whole, *event.options.values())
        case Filled():
            texts = tuple(event.values.values())
        case Said():
            texts = (event.text,) if event.place.direct else ()
    return tuple(text for text in texts if text)[:MOST_OPTIONS]
