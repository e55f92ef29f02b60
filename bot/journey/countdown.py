"""``/countdown``: how long until the next infusion day.

For the person alone; or, when they ask for it, as a bare number of days for the group.
"""

from collections.abc import Mapping

from bot.care.countdown import countdown, time_since_last
from bot.chat.replies import Button, Reply, Text, Tone, rows, say
from bot.errors import MemberError
from bot.journey import choosing, rounds
from bot.journey.saving import check_consent, local_day
from bot.members.calls import Argument, Call, Command
from bot.reminders.ports import ReminderWork

SHARE = "share"


async def show(call: Call, work: ReminderWork) -> Reply:
    """Show the countdown privately; with ``share``, post the number of days, and nothing else, to the group."""
    wanted = call.arguments.get("share", "").lower()
    if wanted and wanted != SHARE:
        raise MemberError("countdown.unknown", text=wanted[:20])
    course = await work.courses.load(call.who.id)
    day = local_day(call)
    now = countdown(course.rounds, day)
    if wanted:
        return _shared(call, None if now is None else now.days_until)
    since = time_since_last(course.rounds, day)
    lines: list[Text] = []
    if now and now.infusion_day:
        lines.append(say("countdown.today", number=now.infusion_day, days=now.days, round=now.round_number))
    elif now:
        lines.append(say("countdown.until", count=now.days_until, round=now.round_number, day=now.first_day))
    if since is not None and not (now and now.infusion_day):
        lines.append(say("countdown.since", count=since))
    if not course.rounds:
        return rounds.overview(course)
    if now is None:
        lines.append(say("countdown.none_planned"))
    taps = rows(
        Button(say("button.next_check"), choosing.NEXT_LAB, tone=Tone.YES), Button(say("button.rounds"), rounds.LIST)
    )
    return Reply(tuple(lines), title=say("countdown.title"), buttons=taps)


def _shared(call: Call, days_until: int | None) -> Reply:
    if call.place.direct:
        raise MemberError("countdown.share_in_group")
    check_consent(call)
    if days_until is None:
        raise MemberError("countdown.nothing_to_share")
    return Reply(
        (say("countdown.shared"),), share=(say("countdown.group", name=call.person.name[:60], count=days_until),)
    )


def read_share(text: str) -> Mapping[str, str]:
    """Read what stood behind the command."""
    return {"share": text.split(maxsplit=1)[0]}


COMMANDS = (
    Command[ReminderWork](
        "countdown", show, arguments=(Argument("share", choices=(SHARE,)),), read=read_share, linkable=True
    ),
)
