"""What the tests of flags are made of."""

from dataclasses import replace
from datetime import time, timedelta

import builders
from bot.chat.people import Person, Place, PlaceKind
from bot.moderation.flag import Answered, Card, Deed, Flag, Note, Origin, Report, State
from bot.moderation.policy import Duty, Handling, Mode, Watched
from bot.triage.assessment import Label
from builders import NOW
from storage.store import SqlWork

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
CHAT, OTHER_CHAT = "c0ffee00", "deadbeef"
GROUP = Place("telegram", "group-4711", PlaceKind.GROUP)
LARGER = Place("telegram", "larger-4713", PlaceKind.GROUP)
DESK = Place("telegram", "desk-4712", PlaceKind.GROUP)
ANNA, CARL = builders.person(), builders.person("carl")
MARA, NOEL = Person("telegram", "id-of-mara", "Mara"), Person("telegram", "id-of-noel", "Noël", "de")


def flag(flag_id: str = "f00d00000001", label: Label = Label.CRISIS, **chosen: object) -> Flag:
    """A flag on Anna; its message has the flag's own id."""
    plain = Flag(flag_id, CHAT, Origin.HEARD, label, GROUP, NOW, message_id=f"m{flag_id}", author=ANNA)
    return replace(plain, **chosen)


def whole_flag() -> Flag:
    """A flag of which every field was chosen."""
    return flag(
        origin=Origin.REPORTED,
        label=Label.URGENT,
        place=replace(GROUP, topic="17"),
        link="https://t.me/c/4711/99",
        score=0.83,
        disputed=True,
        shadow=True,
        rules=("bleeding", "model"),
        reasons=("says 'coughing up blood', present tense, about the writer",),
        version="rules 1, model 2",
        quote="I am coughing up blood 💧",
        reports=(Report(CARL, "she needs help", hear=True, told=True), Report(NOEL, "")),
        answered=Answered.PRIVATELY,
        state=State.RESOLVED,
        times=3,
        card=Card(DESK, "card-1"),
        claimed_by=MARA,
        claimed_until=NOW + 30 * MINUTE,
        closed_by=NOEL,
        closed_at=NOW + DAY,
        seen_at=NOW + MINUTE,
        notes=(Note(MARA, "called her sister", NOW + 2 * MINUTE),),
        escalated_by=MARA,
        contested=True,
        calls=2,
        look_at=NOW + 10 * MINUTE,
        language="de",
        author_told=True,
    )


def watched(chat_id: str = CHAT, place: Place = GROUP, **chosen: object) -> Watched:
    """A community as it begins."""
    return replace(Watched(chat_id, place, NOW), **chosen)


def whole_watched() -> Watched:
    """A community of which every setting was chosen."""
    return watched(
        handling={
            Label.CRISIS: Handling(Mode.ON, timedelta(hours=12), own_words="Call Mara."),
            Label.DISTRESS: Handling(Mode.OFF, act=0.9, card=0.55),
        },
        desk=replace(DESK, topic="3"),
        quotes=False,
        duty=Duty((MARA, NOEL), time(22), time(6, 30), "Pacific/Chatham"),
        reminded_at=NOW + DAY,
        reported=True,
        desk_lost_at=NOW + MINUTE,
        more=Card(DESK, "more-1"),
        danger_told_at=NOW + 2 * MINUTE,
        introduced=False,
    )


def deed(what: str = "claimed", **chosen: object) -> Deed:
    """Something that Mara did."""
    return replace(Deed(CHAT, "f00d00000001", what, NOW, MARA), **chosen)


async def add(work: SqlWork, *flags: Flag) -> None:
    """Store flags, each of which must be new."""
    for one in flags:
        assert await work.flags.add(one) == one
