"""From a decision to the flag that stands for it: what is stored before anything is said."""

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.chat.events import Said
from bot.chat.people import Person
from bot.members.calls import Call
from bot.moderation.decide import Decision
from bot.moderation.flag import Answered, Deed, Flag, Origin, State
from bot.moderation.policy import Watched
from bot.moderation.ports import ModerationWork
from bot.reading.language import language_of
from bot.triage.assessment import Assessment, Label

MOST_QUOTED = 200
"""Characters of a message that a flag quotes."""

BUTTON_PAUSE = timedelta(minutes=1)
"""For how long a "Help now" button stands for the next messages of the same person that say the same as well."""

LOOK_AGAIN = timedelta(seconds=20)
"""When the sweep takes a flag up whose answer and card a crash kept from being sent."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that calls for a flag: what was said, what it was found to be, and what is to be done."""

    call: Call
    said: Said
    assessment: Assessment
    decision: Decision
    watched: Watched

    @property
    def quote(self) -> str:
        """What the flag quotes of it."""
        return quoted(self.said.text, self.watched)


async def recorded(heard: Heard, work: ModerationWork) -> tuple[Flag, bool]:
    """The flag of a message, stored, and whether anything is to be done now.

    One message has one flag; a later version of it that says worse makes it worse, also where it was closed. A further
    crisis of the same person joins the open one.
    """
    call, said, chat_id = heard.call, heard.said, heard.watched.chat_id
    await work.flags.hold(call.person, chat_id)
    known = await work.flags.of_message(call.place, said.id) if said.id else None
    if known:
        return await _again(heard, known, work)
    # Behind one name there may be several people: the cry of each is a flag of its own.
    if heard.decision.label is Label.CRISIS and not call.person.shared:
        joined = await work.flags.open_of(call.person, chat_id, Label.CRISIS)
        if joined:
            return await _joined(heard, joined, work), True
    fresh = await _flag(heard, work)
    if not await work.flags.add(fresh):
        # The same message was flagged by another hand in this very moment.
        return await work.flags.of_message(call.place, said.id) or fresh, False
    await work.deeds.add(Deed(chat_id, fresh.id, "heard", call.now, detail=fresh.label.value))
    return fresh, True


def quoted(text: str, watched: Watched) -> str:
    """The beginning of a text, as a flag keeps it; empty where the chat wants no quotations."""
    if not watched.quotes:
        return ""
    return text if len(text) <= MOST_QUOTED else text[: MOST_QUOTED - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


async def _again(heard: Heard, known: Flag, work: ModerationWork) -> tuple[Flag, bool]:
    """The flag of a message that was changed: worse where it now says worse, or is sure where it was in doubt."""
    label = heard.decision.label
    is_worse = _order(label) < _order(known.label)
    is_surer = label is known.label and heard.decision.speak and known.answered is Answered.NOT_MEANT
    # What moderators have closed stays closed, but for danger that was not there when they did.
    if not (is_worse or is_surer) or (known.closed and not (is_worse and label.alerts)):
        return known, False
    worse = _worse(known, await _flag(heard, work))
    await work.flags.save(worse)
    await work.deeds.add(Deed(known.chat_id, known.id, "worse", heard.call.now, detail=label.value))
    return worse, True


async def _joined(heard: Heard, flag: Flag, work: ModerationWork) -> Flag:
    """The open flag on the same person with one message more; moderators are called anew."""
    await work.flags.join(flag, heard.call.place, heard.said.id)
    score = heard.assessment.scores.get(Label.CRISIS, heard.assessment.score)
    # The card quotes the message that says most.
    quote = heard.quote if heard.quote and score >= flag.score else flag.quote
    joined = replace(
        flag,
        times=flag.times + 1,
        quote=quote,
        score=max(score, flag.score),
        link=heard.said.link or flag.link,
        shadow=flag.shadow and heard.decision.shadow,
        answered=_still(flag, await _to_be_said(heard, work)),
        look_at=heard.call.now + LOOK_AGAIN,
    )
    await work.flags.save(joined)
    await work.deeds.add(Deed(heard.watched.chat_id, flag.id, "again", heard.call.now))
    return joined


def _still(flag: Flag, answered: Answered) -> Answered:
    """What they were told before stays told, also where nothing is said now."""
    return flag.answered if answered in (Answered.PAUSED, Answered.NOT_MEANT) else answered


def _worse(known: Flag, fresh: Flag) -> Flag:
    """A flag on the later version of a message; what moderators have done about the first one stays."""
    changed = replace(
        known,
        label=fresh.label,
        score=fresh.score,
        disputed=fresh.disputed,
        shadow=fresh.shadow,
        rules=fresh.rules,
        reasons=fresh.reasons,
        version=fresh.version,
        quote=fresh.quote,
        author=fresh.author,
        language=fresh.language,
        answered=_still(known, fresh.answered),
        look_at=fresh.look_at,
        calls=0,
    )
    if not known.closed:
        return changed
    return replace(changed, state=State.OPEN, claimed_by=None, claimed_until=None, closed_at=None)


async def _flag(heard: Heard, work: ModerationWork) -> Flag:
    call, said, assessment, label = heard.call, heard.said, heard.assessment, heard.decision.label
    return Flag(
        id=secrets.token_hex(6),
        chat_id=heard.watched.chat_id,
        origin=Origin.HEARD,
        label=label,
        place=call.place,
        at=call.now,
        message_id=said.id,
        link=said.link,
        score=assessment.scores.get(label, assessment.score),
        disputed=assessment.disputed,
        shadow=heard.decision.shadow,
        rules=tuple(dict.fromkeys(reason.rule for reason in assessment.reasons)),
        reasons=tuple(reason.text for reason in assessment.reasons),
        version=assessment.version,
        quote=heard.quote,
        author=replace(call.person, locale=None),
        answered=await _to_be_said(heard, work),
        look_at=call.now + LOOK_AGAIN,
        language=language_of(said.text) or call.person.language,
    )


async def _to_be_said(heard: Heard, work: ModerationWork) -> Answered:
    """Whether the words are to be said now, or were said to this person, or in this thread, not long ago."""
    call, label, chat_id = heard.call, heard.decision.label, heard.watched.chat_id
    if not heard.decision.speak:
        return Answered.NOT_MEANT
    if call.person.shared:
        return Answered.PENDING
    pause, what, thread = heard.watched.handling[label].pause, label.value, thread_of(heard.said, label)
    # Under one message a pointer is read once, by whomever it is that answers; and buttons that nobody has pressed yet
    # do not pile up under one another.
    wanted = [(call.person, what, pause), (thread, what, pause), (call.person, button_of(label), BUTTON_PAUSE)]
    taken: list[tuple[Person, str]] = []
    for person, claimed, length in wanted:
        if person is None or not length:
            continue
        if not await work.people.claim(person, chat_id, claimed, call.now, length):
            # They have heard nothing now, so no pause of theirs begins.
            for each, released in taken:
                await work.people.release(each, chat_id, released)
            return Answered.PAUSED
        taken.append((person, claimed))
    return Answered.PENDING


def button_of(label: Label) -> str:
    """The name of the pause between two buttons that open the words of a label."""
    return f"button {label.value}"


def thread_of(said: Said, label: Label) -> Person | None:
    """What stands for the message that is answered, in place of a person; None for danger, which knows no threads."""
    if said.answers is None or label.alerts:
        return None
    return Person(said.place.platform, f"{said.place.id}/{said.answers.id}", "")


def _order(label: Label) -> int:
    return list(Label).index(label)
