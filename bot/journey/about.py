"""``/help``, ``/privacy``, ``/stop`` and ``/forget``."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from bot.chat.replies import Button, Reply, Text, Tone, rows, say
from bot.errors import MemberError
from bot.journey import choosing
from bot.journey.saving import save_member
from bot.members.calls import Action, Argument, Audience, Call, Command, Run
from bot.places.countries import Line, country, finders
from bot.reminders.ports import ReminderWork

ERASE, KEEP, FORGET, STOP = "xx", "xk", "x", "xs"


def help_for(commands: Callable[[], Iterable[Command[ReminderWork]]]) -> Run[ReminderWork]:
    """Make the use case of ``/help``, which tells of these commands; it is one of them, so they are asked for late."""

    async def help_(call: Call, work: ReminderWork) -> Reply:  # noqa: ARG001 - every use case has this form
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
        for each in offered:
            if each.audience is Audience.ANYONE or call.member is not None:
                name = each.shown_name(discreet=discreet)
                lines.append(say("help.line", name=name, help=say(f"command.{each.name}.help")))
        if call.member is None and call.capabilities.personal:
            lines.append(say("help.start_first"))
        lines += [say("help.more"), *danger(call)]
        return Reply(tuple(lines), title=say("help.title"))

    return help_


def danger(call: Call) -> tuple[Text, ...]:
    """Whom to turn to in danger: the numbers of the member's country, where they are confirmed."""
    code = call.member.settings.country if call.member else None
    found = country(code) if code else None
    emergency = found.emergency if found else None
    first = say("help.emergency", number=emergency) if emergency else say("help.emergency_local")
    if found and found.crisis:
        lines = tuple(_crisis(line) for line in found.crisis)
    else:
        lines = tuple(say("help.finder", name=line.name, url=line.url or "") for line in finders())
    return (first, *lines)


def unread(call: Call) -> Reply:
    """Answer plain text that no question asked for: somebody in danger may have written it."""
    return Reply((say("error.plain_text"), *danger(call)))


def _crisis(line: Line) -> Text:
    number = " / ".join(line.numbers)
    if line.name not in line.numbers:
        return say("help.crisis", name=line.name, number=number)
    return say("help.crisis_call_or_text" if "text" in line.channels else "help.crisis_call", number=number)


async def privacy(call: Call, work: ReminderWork) -> Reply:  # noqa: ARG001 - every use case has this form
    """Say what is kept and why."""
    lines = [say(f"privacy.{part}") for part in ("kept", "why", "not_kept", "sealed", "seen_by", "rights")]
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


async def forget(call: Call, work: ReminderWork) -> Reply:  # noqa: ARG001 - every use case has this form
    """Ask once before everything is erased; somebody of whom nothing is kept is told so."""
    if call.member is None:
        return Reply((say("forget.nothing"),))
    yes = Button(say("button.erase"), ERASE, tone=Tone.DANGER)
    return Reply((say("forget.ask"),), buttons=rows(yes, Button(say("button.keep"), KEEP)))


async def erase(call: Call, work: ReminderWork) -> Reply:
    """Erase everything kept about the member."""
    await work.members.erase(call.who.id)
    return Reply((say("forget.done"),))


async def keep(call: Call, work: ReminderWork) -> Reply:  # noqa: ARG001 - every use case has this form
    """Leave everything as it is."""
    return Reply((say("forget.kept"),))


COMMANDS = (
    Command[ReminderWork]("privacy", privacy, audience=Audience.ANYONE, personal=False, linkable=True),
    Command[ReminderWork]("stop", stop, audience=Audience.ANYONE, personal=False),
    Command[ReminderWork]("forget", forget, audience=Audience.ANYONE, personal=False),
)
HELP_ARGUMENTS = (Argument("command"),)
ACTIONS = (
    Action[ReminderWork](STOP, stop, audience=Audience.ANYONE, personal=False),
    Action[ReminderWork](FORGET, forget, personal=False),
    Action[ReminderWork](ERASE, erase, personal=False),
    Action[ReminderWork](KEEP, keep, personal=False),
)
