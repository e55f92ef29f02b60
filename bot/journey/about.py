"""``/help``, ``/privacy``, ``/stop`` and ``/forget``."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Protocol

from bot.chat.replies import Button, Reply, Tone, rows, say
from bot.errors import MemberError
from bot.journey import choosing
from bot.journey.saving import save_member
from bot.members.calls import Action, Argument, Audience, Call, Command, Run
from bot.members.helplines import danger
from bot.members.ports import Strangers
from bot.reminders.ports import ReminderWork

ERASE, KEEP, FORGET, STOP = "xx", "xk", "x", "xs"


class HelpWork(ReminderWork, Protocol):
    """A unit of work that can be let go of while a platform is asked."""

    async def commit(self) -> None:
        """Make what happened so far last."""
        ...


class ForgettingWork(ReminderWork, Protocol):
    """A unit of work in which also somebody who is no member can be forgotten."""

    @property
    def people(self) -> Strangers:
        """What is kept of people who need not be members."""
        ...


def help_for(commands: Callable[[], Iterable[Command[Any]]]) -> Run[HelpWork]:
    """Make the use case of ``/help``, which tells of these commands; it is one of them, so they are asked for late."""

    async def help_(call: Call, work: HelpWork) -> Reply:
        offered = [each for each in commands() if call.capabilities.personal or not each.personal]
        discreet = call.capabilities.discreet
        wanted = call.arguments.get("command", "").lstrip("/").lower()
        if wanted:
            found = next((each for each in offered if wanted in (each.name, each.discreet_name)), None)
            if found is None:
                raise MemberError("help.unknown", text=wanted[:32])
            name = found.shown_name(discreet=discreet)
            key = f"command.{found.name}"
            return Reply(
                (say(f"{key}.help"), say("help.example", example=say(f"{key}.example"))),
                title=say("help.of", name=name),
            )
        lines = [say("help.intro")]
        moderates = await _moderates_here(call, work, offered)
        for each in offered:
            if _may_use(each, call, moderates=moderates):
                name = each.shown_name(discreet=discreet)
                lines.append(say("help.line", name=name, help=say(f"command.{each.name}.help")))
        if call.member is None and call.capabilities.personal:
            lines.append(say("help.start_first"))
        lines += [say("help.more"), *danger(call)]
        return Reply(tuple(lines), title=say("help.title"))

    return help_


def unread(call: Call) -> Reply:
    """Answer plain text that no question asked for: somebody in danger may have written it."""
    return Reply((say("error.plain_text"), *danger(call)))


async def _moderates_here(call: Call, work: HelpWork, offered: Iterable[Command[Any]]) -> bool:
    """Ask the platform once, where something is offered to moderators; nothing is locked while it takes its time."""
    if call.place.direct or not any(each.audience is Audience.MODERATOR for each in offered):
        return False
    await work.commit()
    return await call.moderates(call.place)


def _may_use(command: Command[Any], call: Call, *, moderates: bool) -> bool:
    if command.audience is Audience.MODERATOR:
        return moderates
    return command.audience is Audience.ANYONE or call.member is not None


async def privacy(call: Call, work: ReminderWork) -> Reply:  # noqa: ARG001 - every use case has this form
    """Say what is kept and why."""
    lines = [say(f"privacy.{part}") for part in ("kept", "why", "not_kept", "sealed", "seen_by", "rights")]
    lines += [say("privacy.groups"), say("privacy.flags"), say("privacy.optout")]
    if call.capabilities.discreet_unasked:
        lines.append(say("start.platform_rule"))
    buttons = rows(Button(say("button.stop"), STOP), Button(say("button.forget"), FORGET)) if call.member else ()
    return Reply(tuple(lines), title=say("privacy.title"), buttons=buttons)


async def stop(call: Call, work: ReminderWork) -> Reply:
    """Stop all reminders at once; somebody of whom nothing is kept is told so."""
    if call.member is None:
        return Reply((say("forget.nothing"),))
    await work.members.withdraw(call.who.id, call.now)
    await work.drafts.drop(call.person)
    await save_member(call, work, replace(call.who, active=False))
    again = Button(say("button.start_again"), choosing.START)
    return Reply((say("stop.done"),), buttons=rows(again, Button(say("button.forget"), FORGET)))


async def forget(call: Call, work: ForgettingWork) -> Reply:
    """Ask once before everything is erased; somebody of whom nothing is kept is told so."""
    if call.member is None and not await work.people.holds(call.person):
        # That their direct chat is open was noted as they wrote this; then it is true.
        await work.people.forget(call.person, call.now)
        return Reply((say("forget.nothing"),))
    lines = [say("forget.ask")]
    if await work.people.opted_out(call.person):
        lines.append(say("forget.optout"))
    yes = Button(say("button.erase"), ERASE, tone=Tone.DANGER)
    return Reply(tuple(lines), buttons=rows(yes, Button(say("button.keep"), KEEP)))


async def erase(call: Call, work: ForgettingWork) -> Reply:
    """Erase everything kept about the member, or about somebody who never was one."""
    if call.member is None:
        held = await work.people.holds(call.person)
        await work.people.forget(call.person, call.now)
        return Reply((say("forget.done") if held else say("forget.nothing"),))
    await work.members.erase(call.member.id, call.now)
    return Reply((say("forget.done"),))


async def keep(call: Call, work: ReminderWork) -> Reply:  # noqa: ARG001 - every use case has this form
    """Leave everything as it is."""
    return Reply((say("forget.kept"),))


COMMANDS = (
    Command[ReminderWork]("privacy", privacy, audience=Audience.ANYONE, personal=False, linkable=True),
    Command[ReminderWork]("stop", stop, audience=Audience.ANYONE, personal=False),
    Command[ForgettingWork]("forget", forget, audience=Audience.ANYONE, personal=False),
)
HELP_ARGUMENTS = (Argument("command"),)
ACTIONS = (
    Action[ReminderWork](STOP, stop, audience=Audience.ANYONE, personal=False),
    Action[ForgettingWork](FORGET, forget, audience=Audience.ANYONE, personal=False),
    Action[ForgettingWork](ERASE, erase, audience=Audience.ANYONE, personal=False),
    Action[ReminderWork](KEEP, keep, audience=Audience.ANYONE, personal=False),
)
