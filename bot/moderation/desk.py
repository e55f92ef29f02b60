"""What every step of the moderators' work shares: whose flags they look after, and which flag is meant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from bot.chat.people import Person, Place
from bot.chat.replies import Button, Text, Tone, say
from bot.errors import MemberError
from bot.faq.desk import tap
from bot.members.calls import Action, Audience, Call, Run
from bot.moderation.flag import FORGOTTEN, Deed, Flag
from bot.moderation.policy import Watched
from bot.moderation.ports import ModerationWork
from bot.triage.assessment import Label

PANEL, LISTED, SHOWN, FIGURES, EXPORT, AUDIT = "d0", "dl", "do", "dt", "dj", "dh"
"""(chat id): settings · (chat id, which, page): flags · (flag id, mark): a flag's card · (chat id, days): figures ·
(chat id): verdicts as a file · (chat id, page): who did what."""

SWITCH_ON = "d8"
"""(chat id, code of a label): switch a label on that is in shadow."""

PAGE = 5

LABEL_CODES = {label: str(number) for number, label in enumerate(Label)}
"""What buttons carry of a label, since no health word goes over the wires."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Desk:
    """One step of a moderator's work: the community for which they act."""

    call: Call
    work: ModerationWork
    watched: Watched

    @property
    def chat_id(self) -> str:
        """Whose flags they are."""
        return self.watched.chat_id

    def button(self, label: Text, action: str, *arguments: str, tone: Tone = Tone.PLAIN) -> Button:
        """A button that goes on with the work for this community."""
        return Button(label, action, (self.chat_id, *arguments), tone)

    async def note(self, what: str, *, flag_id: str = "", detail: str = "") -> None:
        """Write a line of the record; ``detail`` neither names nor quotes anybody."""
        who = without_locale(self.call.person)
        await self.work.deeds.add(Deed(self.chat_id, flag_id, what, self.call.now, who, detail))

    async def change(self, **changed: object) -> "Desk":
        """Store the community with something changed."""
        watched = await self.work.watches.get(self.chat_id) or self.watched
        watched = replace(watched, **changed)  # type: ignore[arg-type]  # fields of Watched
        await self.work.watches.save(watched)
        return replace(self, watched=watched)


@dataclass(frozen=True, slots=True)
class Case(Desk):
    """A step of a moderator's work on one flag; it is held until the unit of work ends."""

    flag: Flag

    async def save(self, what: str, flag: Flag, detail: str = "") -> "Case":
        """Store the changed flag with a line of the record, and make both last."""
        flag = replace(flag, seen_at=flag.seen_at or self.call.now)
        await self.work.flags.save(flag)
        await self.note(what, flag_id=flag.id, detail=detail)
        await self.work.commit()
        log.info("flag_handled", flag=flag.id, what=what)
        return replace(self, flag=flag)


def without_locale(person: Person) -> Person:
    """A moderator as flags and the record keep them."""
    return replace(person, locale=None)


def known(person: Person | None) -> Person | None:
    """Who did something; None for nobody, and for somebody who asked to be forgotten."""
    return None if person is None or person == FORGOTTEN else person


async def case_of(call: Call, work: ModerationWork) -> Case:
    """The flag that a button or a form names first; asks anew whether the presser moderates there.

    Raises:
        MemberError: it is gone, they do not moderate there, or it is a flag on themselves.
    """
    flag, watched = await _found(call, work)
    await _check(call, work, watched)
    # Read anew: while the platform was asked, others could change it.
    flag, watched = await _found(call, work)
    if flag.author and (flag.author.platform, flag.author.id) == (call.person.platform, call.person.id):
        log.warning("moderator_refused", flag=flag.id, reason="own")
        raise MemberError("flags.own")
    return Case(call, work, watched, flag)


async def desk_of(call: Call, work: ModerationWork) -> Desk:
    """The desk of the community that a button or a form names first; asks anew who moderates it.

    Raises:
        MemberError: it is gone, or they do not moderate it any more.
    """
    watched = await work.watches.get(tap(call, 0))
    if watched is None:
        raise MemberError("button.gone")
    await _check(call, work, watched)
    return Desk(call, work, await work.watches.get(watched.chat_id) or watched)


async def desks_here(call: Call, work: ModerationWork) -> Sequence[Desk]:
    """The desks of where somebody is: that of the group's community, or those whose moderators' chat it is.

    Raises:
        MemberError: this is no group, or they moderate none of them.
    """
    if call.place.direct:
        raise MemberError("flags.in_group")
    # A moderators' chat is its communities' desk, and no community of its own.
    found = list(await work.watches.of_desk(call.place))
    if not found:
        own = await work.watches.find(call.place)
        found = [own] if own else []
    if not found:
        await work.commit()
        if not await call.moderates(call.place):
            log.warning("moderator_refused")
            raise MemberError("flags.not_moderator")
        raise MemberError("flags.not_watched")
    allowed = [each for each in found if await _may(call, work, each)]
    if not allowed:
        log.warning("moderator_refused", chat=found[0].chat_id)
        raise MemberError("flags.not_moderator")
    return [Desk(call, work, each) for each in allowed]


async def moderates_place(call: Call, work: ModerationWork, place: Place) -> bool:
    """Ask the platform whether somebody moderates a place; nothing is locked while it takes its time."""
    await work.commit()
    return await call.moderates(place)


def label_of(code: str) -> Label:
    """The label that a button names.

    Raises:
        MemberError: there is none.
    """
    found = next((label for label, each in LABEL_CODES.items() if each == code and label is not Label.NONE), None)
    if found is None:
        raise MemberError("button.gone")
    return found


def actions_of(taps: Mapping[str, Run[ModerationWork]], *, anyone: bool = False) -> tuple[Action[ModerationWork], ...]:
    """Declare actions by name; every one of them asks by itself whether who presses may."""
    return tuple(
        Action[ModerationWork](name, run, audience=Audience.ANYONE, personal=False, anyone=anyone)
        for name, run in taps.items()
    )


def pages(desk: Desk, action: str, page: int, count: int, *arguments: str, most: int = PAGE) -> list[Button]:
    """The buttons to the pages before and after, with ``most`` lines each."""
    found: list[Button] = []
    if page:
        found.append(desk.button(say("button.faq_earlier"), action, *arguments, str(page - 1)))
    if (page + 1) * most < count:
        found.append(desk.button(say("button.faq_later"), action, *arguments, str(page + 1)))
    return found


async def _found(call: Call, work: ModerationWork) -> tuple[Flag, Watched]:
    flag = await work.flags.get(tap(call, 0))
    watched = await work.watches.get(flag.chat_id) if flag else None
    if flag is None or watched is None:
        raise MemberError("flags.gone")
    return flag, watched


async def _check(call: Call, work: ModerationWork, watched: Watched) -> None:
    if not await _may(call, work, watched):
        log.warning("moderator_refused", chat=watched.chat_id)
        raise MemberError("flags.not_moderator")


async def _may(call: Call, work: ModerationWork, watched: Watched) -> bool:
    """Whether somebody moderates a community: its group, or the chat in which its moderators are."""
    await work.commit()
    if await call.moderates(watched.place):
        return True
    return watched.desk is not None and await call.moderates(watched.desk)
