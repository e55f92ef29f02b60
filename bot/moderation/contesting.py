"""What the person concerned can say to a flag on them: that they were misread, or that another moderator is to look."""

from dataclasses import replace

import structlog

from bot.chat.replies import Button, Form, Reply, Text, rows, say
from bot.errors import MemberError
from bot.members.calls import Action, Audience, Call, Command
from bot.moderation.duty import same
from bot.moderation.flag import Deed, Flag, State
from bot.moderation.policy import QUOTES_KEPT_FOR
from bot.moderation.ports import ModerationWork
from bot.moderation.posting import Posting
from bot.moderation.recording import LOOK_AGAIN
from bot.moderation.speaking import NOT_MEANT
from bot.moderation.telling import SECOND_LOOK, second_look_button
from bot.triage.assessment import Label

MOST_LISTED = 10
"""Closed flags of which their author is shown the newest."""

MISREAD = frozenset({Label.MEDICAL_QUESTION, Label.MEDICAL_ADVICE, Label.DISTRESS})
"""The labels of which the writer knows better than anybody. Of danger and of complaints moderators decide."""

log = structlog.get_logger()


class Contesting:
    """The author's side of a flag; ``posting`` keeps the cards."""

    def __init__(self, posting: Posting) -> None:
        self._posting = posting
        self.commands = (Command[ModerationWork]("appeal", self.appeal, audience=Audience.ANYONE, personal=False),)
        self.actions = tuple(
            Action[ModerationWork](name, run, audience=Audience.ANYONE, personal=False)
            for name, run in ((NOT_MEANT, self.misread), (SECOND_LOOK, self.second_look))
        )
        self.forms: tuple[Form, ...] = ()

    async def appeal(self, call: Call, work: ModerationWork) -> Reply:
        """Show what moderators have closed of somebody's own messages, with a button to ask for a second look."""
        closed = [each for each in await work.flags.concerning(call.person) if _may_be_contested(each, call)]
        closed.sort(key=lambda each: each.closed_at or each.at, reverse=True)
        if not closed:
            return Reply((say("contest.none"),))
        lines: list[Text] = []
        taps: list[Button] = []
        for number, flag in enumerate(closed[:MOST_LISTED], start=1):
            lines.append(
                say("contest.line_link", number=number, at=flag.at, url=flag.link)
                if flag.link
                else say("contest.line", number=number, at=flag.at)
            )
            taps.append(Button(say("button.second_look_number", number=number), SECOND_LOOK, (flag.id,)))
        return Reply((say("contest.choose"), *lines), buttons=rows(*taps, width=1))

    async def misread(self, call: Call, work: ModerationWork) -> Reply:
        """Take the author's word that the bot misread them: a false alarm, unless moderators have a say in it."""
        flag = await _own(call, work)
        if flag.state is State.FALSE_ALARM:
            return Reply((say("contest.thanks"),))
        await work.deeds.add(Deed(flag.chat_id, flag.id, "contested_by_author", call.now, detail=flag.label.value))
        theirs = flag.label not in MISREAD or bool(flag.reports) or flag.closed
        if not theirs:
            flag = replace(
                flag, state=State.FALSE_ALARM, closed_by=None, closed_at=call.now, claimed_by=None, claimed_until=None,
                look_at=None,
            )  # fmt: skip
            await work.flags.save(flag)
        await work.commit()
        log.info("contested", flag=flag.id, label=flag.label.value, closed=flag.closed)
        if not theirs:
            await self._posting.show(flag.id)
            return Reply((say("contest.thanks"),))
        return Reply((say("contest.moderators_decide"),), buttons=rows(second_look_button(flag.id)))

    async def second_look(self, call: Call, work: ModerationWork) -> Reply:
        """Have another moderator look: a flag that was closed is open again, for anybody but who closed it."""
        flag = await _own(call, work)
        if not await work.people.claim(call.person, flag.chat_id, f"second {flag.id}", call.now, QUOTES_KEPT_FOR):
            return Reply((say("contest.asked_already"),))
        asked = replace(flag, contested=True)
        if flag.closed:
            # Who closed it stays on the flag, since they are the one who may not decide again.
            asked = replace(asked, state=State.OPEN, closed_at=None, look_at=call.now + LOOK_AGAIN)
        await work.flags.save(asked)
        await work.deeds.add(Deed(flag.chat_id, flag.id, "second_look_asked", call.now))
        await work.commit()
        log.info("second_look_asked", flag=flag.id, label=flag.label.value)
        await self._posting.show(flag.id, calling=False)
        return Reply((say("contest.asked"),))


def _may_be_contested(flag: Flag, call: Call) -> bool:
    """Whether it is on who asks alone, and moderators closed it within the time for which it is kept."""
    lately = flag.closed_at is not None and call.now - flag.closed_at <= QUOTES_KEPT_FOR
    return same(flag.author, call.person) and not call.person.shared and flag.closed_by is not None and lately


async def _own(call: Call, work: ModerationWork) -> Flag:
    """The flag of a button, which is on the person who pressed it.

    Raises:
        MemberError: it is on somebody else, or whom it is on is kept no longer.
    """
    flag = await work.flags.get(call.taps[0] if call.taps else "")
    if flag is None or not same(flag.author, call.person):
        raise MemberError("contest.gone")
    return flag
