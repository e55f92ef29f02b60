"""``/audit``: who did what."""

from bot.chat.replies import Reply, Text, rows, say
from bot.faq.desk import tap
from bot.members.calls import Call
from bot.moderation.desk import AUDIT, Desk, actions_of, desk_of, known, pages
from bot.moderation.flag import Deed
from bot.moderation.ports import ModerationWork

MOST_LOOKED_AT = 2000
PAGE = 10

_MEMBERS = ("asked", "reported", "report_taken_back", "second_look_asked", "contested_by_author")
"""What members do; by whom is not written down."""

_DEEDS = {
    "heard": say("audit.heard"),
    "again": say("audit.again"),
    "worse": say("audit.worse"),
    "begun": say("audit.begun"),
    "reported": say("audit.reported"),
    "asked": say("audit.asked"),
    "report_taken_back": say("audit.report_taken_back"),
    "second_look_asked": say("audit.second_look_asked"),
    "contested_by_author": say("audit.contested_by_author"),
    "called": say("audit.called"),
    "claimed": say("audit.claimed"),
    "released": say("audit.released"),
    "lapsed": say("audit.lapsed"),
    "resolved": say("audit.resolved"),
    "false_alarm": say("audit.false_alarm"),
    "reopened": say("audit.reopened"),
    "escalated": say("audit.escalated"),
    "noted": say("audit.noted"),
    "answered": say("audit.answered"),
    "exported": say("audit.exported"),
    "desk_set": say("audit.desk_set"),
    "desk_unlinked": say("audit.desk_unlinked"),
    "became_desk": say("audit.became_desk"),
    "notices_moved": say("audit.notices_moved"),
    "quotes_on": say("audit.quotes_on"),
    "quotes_off": say("audit.quotes_off"),
    "mode": say("audit.mode"),
    "limits": say("audit.limits"),
    "pause": say("audit.pause"),
    "own_words": say("audit.own_words"),
    "duty_joined": say("audit.duty_joined"),
    "duty_left": say("audit.duty_left"),
    "hours": say("audit.hours"),
}
"""What was done, in words; a deed that is not among them shows its own name."""


class Auditing:
    """Shows the record."""

    def __init__(self) -> None:
        self.actions = actions_of({AUDIT: self.show})

    async def show(self, call: Call, work: ModerationWork) -> Reply:
        """Show a page of the record."""
        return await self.record(await desk_of(call, work), tap(call, 1))

    async def record(self, desk: Desk, number: str = "") -> Reply:
        """A page of the record, the newest lines first."""
        deeds = await desk.work.deeds.of(desk.chat_id, MOST_LOOKED_AT)
        last = max(len(deeds) - 1, 0) // PAGE
        page = min(int(number) if number.isascii() and number.isdigit() else 0, last)
        here = deeds[page * PAGE :][:PAGE]
        lines = tuple(_line(deed) for deed in here) or (say("audit.none"),)
        ways = pages(desk, AUDIT, page, len(deeds), most=PAGE)
        return Reply(lines, title=say("audit.title"), buttons=rows(*ways))


def _line(deed: Deed) -> Text:
    what = _DEEDS.get(deed.what, deed.what.replace("_", " "))
    by = known(deed.by)
    if by and by.name:
        who = by.name
    elif deed.by is None:
        who = say("audit.member") if deed.what in _MEMBERS else say("audit.bot")
    else:
        who = say("audit.somebody")
    about: list[str] = [part for part in (deed.flag_id[:6], deed.detail) if part]
    if about:
        return say("audit.line_about", at=deed.at, who=who, what=what, about=" · ".join(about))
    return say("audit.line", at=deed.at, who=who, what=what)
