"""What people are owed once moderators act on a flag: that somebody has read it, and what has come of it.

What was told is kept in the flag itself, so that neither a crash nor a flag that is opened again tells it twice.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.chat.people import Person
from bot.chat.ports import Herald
from bot.chat.replies import Button, Reply, Text, rows, say
from bot.errors import Blocked, DeliveryError, Unknown
from bot.moderation.duty import same
from bot.moderation.flag import Answered, Flag, Origin, Report, State
from bot.moderation.policy import QUOTES_KEPT_FOR
from bot.moderation.ports import ModerationWork
from bot.triage.assessment import Label

SECOND_LOOK = "ma"
"""(flag id): another moderator is to look."""

TOLD_AGAIN_AFTER = timedelta(minutes=1)
"""When what could not be told is tried again; for ``TRIED_FOR`` after the flag was closed or claimed."""

TRIED_FOR = timedelta(days=1)

_NO_APPEAL = (Label.CRISIS, Label.URGENT, Label.DISTRESS)
"""Labels of whose end the author is not written to: who may be unwell is not told that they were reported."""

log = structlog.get_logger()


class Telling:
    """Tells authors and reporters what they are owed."""

    def __init__(self, herald: Herald) -> None:
        self._herald = herald

    async def tell(self, work: ModerationWork, flag_id: str, now: datetime) -> None:
        """Tell what is owed for a flag, in a unit of work that holds nothing; what fails is left to the sweep."""
        flag = await work.flags.get(flag_id)
        await work.commit()
        if flag is None or not (owes(flag) or may_appeal(flag)):
            return
        if owes_author(flag) and flag.author and await self._done(flag, flag.author, say("flags.read_by_moderator")):
            await _note_author(work, flag_id)
        told = say("flags.outcome_resolved") if flag.state is State.RESOLVED else say("flags.outcome_false_alarm")
        for report in flag.reports:
            given_up = flag.closed_at is not None and now - flag.closed_at > TRIED_FOR
            if _is_owed(flag, report) and (given_up or await self._done(flag, report.reporter, told)):
                await _note_reporter(work, flag_id, report.reporter)
        await self._offer_appeal(work, flag, now)
        await _settle(work, flag_id, now)

    async def _offer_appeal(self, work: ModerationWork, flag: Flag, now: datetime) -> None:
        """Tell an author whose message moderators acted on; once, and only where their direct chat is open."""
        author = flag.author
        if author is None or not may_appeal(flag):
            return
        is_open = await work.people.is_open(author)
        first = is_open and await work.people.claim(author, flag.chat_id, f"closed {flag.id}", now, QUOTES_KEPT_FOR)
        await work.commit()
        if first:
            await self._done(flag, author, say("contest.closed"), second_look_button(flag.id))

    async def _done(self, flag: Flag, person: Person, line: Text, *taps: Button) -> bool:
        """Send one line; False where it surely did not arrive and is worth another try."""
        try:
            await self._herald.send(person, Reply((line,), buttons=rows(*taps)))
        except (Blocked, Unknown) as error:
            # The one never arrives, the other may have: neither is said again.
            log.info("outcome_not_told", flag=flag.id, reason=error.reason)
        except DeliveryError as error:
            log.warning("outcome_not_told", flag=flag.id, reason=error.reason)
            return False
        return True


def second_look_button(flag_id: str) -> Button:
    """The button with which the person concerned asks another moderator to look."""
    return Button(say("button.second_look"), SECOND_LOOK, (flag_id,))


def owes(flag: Flag) -> bool:
    """Whether anybody has still to be told what became of a flag."""
    return owes_author(flag) or any(_is_owed(flag, report) for report in flag.reports)


def owes_author(flag: Flag) -> bool:
    """Whether somebody in danger is to hear that a moderator has read it: once one has, and only whom the bot reached.

    Who asked for a moderator themselves reached the bot.
    """
    reached = flag.answered in (Answered.PRIVATELY, Answered.READ) or flag.origin is Origin.ASKED
    claimed = flag.state is State.CLAIMED and not flag.author_told
    return claimed and flag.label.alerts and flag.author is not None and reached


def may_appeal(flag: Flag) -> bool:
    """Whether moderators acted on a reported message in a way that its author may ask another of them about."""
    acted = flag.state is State.RESOLVED and flag.closed_by is not None and bool(flag.reports)
    heard_already = flag.contested or flag.label in _NO_APPEAL
    return acted and not heard_already and flag.author is not None and not flag.author.shared


def _is_owed(flag: Flag, report: Report) -> bool:
    return flag.closed and report.hear and not report.told


async def _note_author(work: ModerationWork, flag_id: str) -> None:
    flag = await work.flags.get(flag_id)
    if flag:
        await work.flags.save(replace(flag, author_told=True))
    await work.commit()


async def _note_reporter(work: ModerationWork, flag_id: str, reporter: Person) -> None:
    flag = await work.flags.get(flag_id)
    if flag:
        told = tuple(replace(each, told=True) if same(each.reporter, reporter) else each for each in flag.reports)
        await work.flags.save(replace(flag, reports=told))
    await work.commit()


async def _settle(work: ModerationWork, flag_id: str, now: datetime) -> None:
    """Have the sweep come back for what is still owed, and no more for a closed flag of which all is told."""
    flag = await work.flags.get(flag_id)
    if flag and owes(flag):
        again = now + TOLD_AGAIN_AFTER
        await work.flags.save(replace(flag, look_at=min(flag.look_at or again, again)))
    elif flag and flag.closed:
        await work.flags.save(replace(flag, look_at=None))
    await work.commit()
