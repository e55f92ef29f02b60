"""``/flag``: members show a message to the moderators. Its author never learns who did, and the group sees nothing.

The report is stored with the command itself, so that nothing is lost where nobody presses a button afterwards.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot.chat.people import Message, Person, Place
from bot.chat.replies import Button, Form, Reply, Text, Tone, rows, say
from bot.errors import MemberError
from bot.faq.lately import KEPT_FOR, Lately
from bot.members.calls import Action, Argument, Audience, Call, Command
from bot.members.helplines import danger
from bot.moderation.duty import same
from bot.moderation.flag import Deed, Flag, Origin, Report, State
from bot.moderation.policy import Watched
from bot.moderation.ports import ModerationWork
from bot.moderation.posting import Posting, Shown
from bot.moderation.recording import LOOK_AGAIN, quoted
from bot.triage.assessment import Label

REASON, HEAR, TAKE_BACK, WORRY = "mr", "mw", "mk", "mv"
"""(flag id, code of a reason): why · (flag id, yes or no): hear what comes of it · (flag id): it was a slip ·
(message id): worry about the author of a message that was too many to be reported."""

MOST_AN_HOUR = 10
"""Messages that one person may report within an hour."""

MOST_TYPED = 200
"""Characters of a reason that is typed."""

_YES, _NO = "1", "0"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a message is reported: ``kept`` is what the report keeps, ``words`` begin what people type for it."""

    code: str
    kept: str
    label: Label
    button: Text
    words: tuple[str, ...] = ()


WORRIED = Reason(
    "w", "worried", Label.CRISIS, say("button.report_worried"), ("worr", "concerned", "suicid", "self-harm", "crisis")
)
OTHER = Reason("o", "other", Label.NONE, say("button.report_other"))
REASONS = (
    WORRIED,
    Reason("a", "advice", Label.MEDICAL_ADVICE, say("button.report_advice"), ("medical", "advice", "advising")),
    Reason("s", "spam", Label.PROMOTION, say("button.report_spam"), ("spam", "scam", "advert", "promot", "sell")),
    Reason(
        "u", "unkind", Label.NONE, say("button.report_unkind"), ("unkind", "rude", "insult", "bull", "abus", "harass")
    ),
    OTHER,
)
"""Worry about a person comes first: a text that also says something else is about them all the same."""

log = structlog.get_logger()


class Reporting:
    """The members' way to the moderators; ``posting`` keeps the cards."""

    def __init__(self, posting: Posting) -> None:
        self._posting = posting
        self._lately: Lately[tuple[datetime, ...]] = Lately()
        self._refused: Lately[tuple[Place, Message]] = Lately()
        self.commands = (
            Command[ModerationWork](
                "flag",
                self.flag,
                audience=Audience.ANYONE,
                personal=False,
                arguments=(Argument("reason"),),
                on_message=True,
            ),
        )
        self.actions = tuple(
            Action[ModerationWork](name, run, audience=Audience.ANYONE, personal=False)
            for name, run in (
                (REASON, self.choose_reason),
                (HEAR, self.choose_to_hear),
                (TAKE_BACK, self.take_back),
                (WORRY, self.worry),
            )
        )
        self.forms: tuple[Form, ...] = ()

    def forget(self, person: Person) -> None:
        """Forget what somebody reported lately."""
        self._lately.drop(person)
        self._refused.drop(person)

    async def flag(self, call: Call, work: ModerationWork) -> Reply:
        """Show a message to the moderators; ask why where that was not typed."""
        typed = call.arguments.get("reason", "")[:MOST_TYPED]
        about = call.about
        if about is None or not about.id or call.place.direct:
            return Reply((say("flag.how"), *danger(call)), title=say("flag.title"))
        watched = await work.watches.find(call.place)
        if watched is None:
            return Reply((say("flag.no_desk"), *danger(call)))
        flag, reason = await self._flag_of(call, work, watched, about), reason_of(typed)
        # Worry about a person is never too much.
        if reason is not WORRIED and _report_of(flag, call.person) is None and not self._may_report(call):
            self._refused.keep(call.person, (call.place, about), call.now, about.id)
            worry = Button(WORRIED.button, WORRY, (about.id,))
            return Reply((say("flag.enough"), *danger(call)), buttons=rows(worry))
        flag, shown = await self._reported(call, work, flag, _kept(typed, reason), reason)
        if typed:
            return _thanks(call, flag, reason, watched)
        lines = (_reported_line(call, flag, shown), *_desk(watched), say("flag.why"))
        taps = [Button(each.button, REASON, (flag.id, each.code)) for each in REASONS]
        slip = Button(say("button.report_back"), TAKE_BACK, (flag.id,), Tone.DANGER)
        return Reply(lines, title=say("flag.title"), buttons=(*rows(*taps), (slip,)))

    async def worry(self, call: Call, work: ModerationWork) -> Reply:
        """Take the worry about the author of a message that was one too many to be reported for anything else."""
        kept = self._refused.find(call.person, call.now, _tap(call, 0))
        if kept is None:
            raise MemberError("flag.gone")
        place, about = kept
        watched = await work.watches.find(place)
        if watched is None:
            return Reply((say("flag.no_desk"), *danger(call)))
        flag = await self._flag_of(replace(call, place=place), work, watched, about)
        flag, _ = await self._reported(call, work, flag, WORRIED.kept, WORRIED)
        return _thanks(call, flag, WORRIED, watched)

    async def choose_reason(self, call: Call, work: ModerationWork) -> Reply:
        """Take the reason for a report."""
        flag, watched = await _own(call, work)
        reason = next((each for each in REASONS if each.code == _tap(call, 1)), OTHER)
        flag, _ = await self._reported(call, work, flag, reason.kept, reason)
        return _thanks(call, flag, reason, watched)

    async def choose_to_hear(self, call: Call, work: ModerationWork) -> Reply:
        """Keep whether somebody wishes to hear what comes of their report."""
        flag, _ = await _own(call, work)
        hear = _tap(call, 1) == _YES
        # What is closed already is told here and now.
        told = hear and flag.closed
        reports = tuple(
            replace(each, hear=hear, told=each.told or told) if same(each.reporter, call.person) else each
            for each in flag.reports
        )
        await work.flags.save(replace(flag, reports=reports))
        if told:
            return Reply((say("flag.looked_at"),))
        if not hear:
            return Reply((say("flag.will_not_hear"),))
        is_open = await work.people.is_open(call.person)
        return Reply((say("flag.will_hear"), *(() if is_open else (say("flag.hear_open"),))))

    async def take_back(self, call: Call, work: ModerationWork) -> Reply:
        """Take a report back that was a slip; what nobody else reported, and nobody looks at yet, is closed."""
        flag, watched = await _own(call, work)
        reports = tuple(each for each in flag.reports if not same(each.reporter, call.person))
        flag = replace(flag, reports=reports)
        if not reports and flag.origin is not Origin.HEARD and flag.state is State.OPEN and flag.seen_at is None:
            flag = replace(flag, state=State.RESOLVED, closed_at=call.now, look_at=None)
        await work.flags.save(flag)
        await work.deeds.add(Deed(watched.chat_id, flag.id, "report_taken_back", call.now))
        await work.commit()
        await self._posting.show(flag.id)
        return Reply((say("flag.taken_back"),))

    async def _flag_of(self, call: Call, work: ModerationWork, watched: Watched, about: Message) -> Flag:
        """The flag of a message; one that is not stored yet where it has none."""
        known = await work.flags.of_message(call.place, about.id)
        return known or Flag(
            id=secrets.token_hex(6),
            chat_id=watched.chat_id,
            origin=Origin.REPORTED,
            label=Label.NONE,
            place=call.place,
            at=call.now,
            message_id=about.id,
            link=about.link,
            quote=quoted(about.text, watched),
            author=replace(about.author, locale=None) if about.author else None,
        )

    async def _reported(
        self, call: Call, work: ModerationWork, flag: Flag, kept: str, reason: Reason
    ) -> tuple[Flag, Shown]:
        """Store a report, make that last, and show it to the moderators; a worry about a person calls them."""
        # Whom a worry has called already it does not call again, however often the reason is chosen anew.
        calls = reason is WORRIED and (flag.label is not Label.CRISIS or _report_of(flag, call.person) is None)
        flag = await self._stored(call, work, flag, kept)
        # The record tells that it was reported, and why; by whom is nobody's business but the card's, as a count.
        await work.deeds.add(Deed(flag.chat_id, flag.id, "reported", call.now, detail=reason.kept))
        await work.commit()
        log.info("reported", flag=flag.id, label=flag.label.value, count=len(flag.reports))
        return flag, await self._posting.show(flag.id, calling=calls)

    async def _stored(self, call: Call, work: ModerationWork, flag: Flag, kept: str) -> Flag:
        reported = _with(flag, replace(call.person, locale=None), kept, call.now)
        if flag.reports or flag.origin is Origin.HEARD:
            await work.flags.save(reported)
            return reported
        if await work.flags.add(reported):
            return reported
        # The message has a flag: one whose report was taken back, or one that somebody made at the same moment.
        known = await work.flags.of_message(flag.place, flag.message_id) or flag
        reported = _with(known, replace(call.person, locale=None), kept, call.now)
        await work.flags.save(reported)
        return reported

    def _may_report(self, call: Call) -> bool:
        """Count one report of the person's; False where they have made as many as they may."""
        made = tuple(at for at in self._lately.find(call.person, call.now) or () if call.now - at < KEPT_FOR)
        if len(made) >= MOST_AN_HOUR:
            return False
        self._lately.keep(call.person, (*made, call.now), call.now)
        return True


def reason_of(text: str) -> Reason:
    """What somebody means who typed a reason."""
    words = text.casefold().split()
    return next((each for each in REASONS if any(word.startswith(each.words) for word in words)), OTHER)


def _kept(typed: str, reason: Reason) -> str:
    """What of a typed reason is kept: all of it where it says more than the reason does."""
    return typed if len(typed.split()) > 1 or (typed and reason is OTHER) else reason.kept


def _with(flag: Flag, reporter: Person, kept: str, now: datetime) -> Flag:
    """A flag with somebody's report: a first one opens it again, a later one only says why."""
    earlier = _report_of(flag, reporter)
    report = replace(earlier, reason=kept) if earlier else Report(reporter, kept)
    others = tuple(each for each in flag.reports if not same(each.reporter, reporter))
    flag = replace(flag, reports=(*others, report), label=_label(flag, (*others, report)), look_at=now + LOOK_AGAIN)
    if flag.closed and earlier is None:
        # What needed another pair of eyes still does; a worry calls anew.
        flag = replace(flag, state=State.OPEN, closed_by=None, closed_at=None, calls=0)
    elif flag.closed:
        flag = replace(flag, look_at=None)
    return replace(flag, shadow=False) if flag.label is Label.CRISIS else flag


def _label(flag: Flag, reports: Sequence[Report]) -> Label:
    """What a flag is under: what the bot found or the first of what members say; danger only moderators take off."""
    worst = min((reason_of(report.reason).label for report in reports), key=list(Label).index)
    if Label.CRISIS in (flag.label, worst):
        return Label.CRISIS
    return flag.label if flag.origin is Origin.HEARD else worst


def _report_of(flag: Flag, person: Person) -> Report | None:
    return next((each for each in flag.reports if same(each.reporter, person)), None)


async def _own(call: Call, work: ModerationWork) -> tuple[Flag, Watched]:
    """The flag of a button that the person themselves reported, and whose it is.

    Raises:
        MemberError: the report is kept no longer.
    """
    flag = await work.flags.get(_tap(call, 0))
    watched = await work.watches.get(flag.chat_id) if flag else None
    if flag is None or watched is None or _report_of(flag, call.person) is None:
        raise MemberError("flag.gone")
    return flag, watched


def _thanks(call: Call, flag: Flag, reason: Reason, watched: Watched) -> Reply:
    """What a reporter reads in the end; who is worried about a person reads first whom to turn to."""
    lines: list[Text] = []
    if reason is WORRIED:
        lines += [say("flag.worried"), *danger(call)] if not same(flag.author, call.person) else danger(call)
    lines += [say("flag.thanks"), *_desk(watched), say("flag.hear")]
    taps = rows(
        Button(say("button.report_hear"), HEAR, (flag.id, _YES), Tone.YES),
        Button(say("button.report_hear_not"), HEAR, (flag.id, _NO)),
    )
    return Reply(tuple(lines), buttons=taps)


def _reported_line(call: Call, flag: Flag, shown: Shown) -> Text:
    """Where the report is by now: before the moderators, or on their list alone."""
    if same(flag.author, call.person):
        return say("flag.own") if shown.stands else say("flag.own_waits")
    return say("flag.reported") if shown.stands else say("flag.reported_waits")


def _desk(watched: Watched) -> tuple[Text, ...]:
    return () if watched.desk else (say("flag.no_desk"),)


def _tap(call: Call, number: int) -> str:
    """What a button carried at that position; empty where it carried less."""
    return call.taps[number] if number < len(call.taps) else ""
