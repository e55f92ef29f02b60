"""A flag's card: what moderators see of it, the same for all of them, and the buttons with which they handle it."""

from collections import Counter
from collections.abc import Iterator

from bot.chat.replies import Button, Reply, Text, Tone, rows, say
from bot.moderation.flag import Answered, Flag, Note, Origin, State
from bot.moderation.policy import Watched
from bot.triage.assessment import Label

CLAIM, RELEASE, RESOLVE, FALSE_ALARM, ESCALATE, NOTE, ANSWER, REOPEN = "dc", "du", "dr", "df", "de", "dn", "da", "dp"
"""(flag id, and a mark where it was opened by one moderator alone): what is done with a flag."""

ALONE = "p"
"""The mark of a button on a card that one moderator opened privately."""

MOST_QUOTED = 200
MOST_NOTES = 3
MOST_REASONS = 5

LABELS = {
    Label.CRISIS: say("card.label_crisis"),
    Label.URGENT: say("card.label_urgent"),
    Label.MEDICAL_QUESTION: say("card.label_medical_question"),
    Label.MEDICAL_ADVICE: say("card.label_medical_advice"),
    Label.PROMOTION: say("card.label_promotion"),
    Label.DISTRESS: say("card.label_distress"),
    Label.NONE: say("card.label_none"),
}
"""Each label in the moderators' words."""

_PRIORITIES = {
    Label.CRISIS: say("card.priority_top"),
    Label.URGENT: say("card.priority_high"),
    Label.DISTRESS: say("card.priority_low"),
}

_ANSWERED = {
    Answered.NOT_MEANT: say("card.answered_not_meant"),
    Answered.PENDING: say("card.answered_pending"),
    Answered.PRIVATELY: say("card.answered_privately"),
    Answered.BUTTON: say("card.answered_button"),
    Answered.READ: say("card.answered_read"),
    Answered.NOBODY: say("card.answered_nobody"),
    Answered.PAUSED: say("card.answered_paused"),
}

_CALLED = (
    say("card.called_first"),
    say("card.called_again"),
    say("card.called_next"),
    say("card.called_all"),
)
"""What the card says once moderators were called so often."""

REASONS = {
    "spam": say("card.report_spam"),
    "advice": say("card.report_advice"),
    "worried": say("card.report_worried"),
    "unkind": say("card.report_unkind"),
    "other": say("card.report_other"),
}
"""The reasons that members choose by a tap, by what is kept of them; all else was typed."""

_NO_COUNT = (Label.CRISIS, Label.DISTRESS)
"""Labels on whose cards nobody's earlier flags are counted: need is no offence."""


def card_of(
    flag: Flag,
    watched: Watched,
    *,
    earlier: int = 0,
    alone: bool = False,
    returned: bool = False,
    uncalled: bool = False,
    twice: bool = False,
) -> Reply:
    """A flag's card, for everybody at the desk, or for one moderator ``alone`` who opened it.

    ``earlier`` counts earlier flags on its author. ``returned`` says that a claim lapsed just now, ``uncalled`` that
    there was nobody to call, ``twice`` that another card of it may stand above. A closed card tells its label, how it
    ended, and counts: nothing that members wrote, nobody of them, and no way to what they wrote.
    """
    if flag.closed:
        return Reply(
            (*_counts(flag), _end(flag)), title=_title(flag), buttons=_buttons(flag, alone=alone), private=alone
        )
    lines = (
        *_what(flag, watched),
        *_people(flag, earlier),
        *([say("card.returned")] if returned and flag.state is State.OPEN else ()),
        *_standing(flag),
        *([say("card.uncalled")] if uncalled else ()),
        *([say("card.twice")] if twice and not alone else ()),
        *([say("card.desk_was_lost", since=watched.desk_lost_at)] if watched.desk_lost_at and not alone else ()),
    )
    return Reply(lines, title=_title(flag), buttons=_buttons(flag, alone=alone), private=alone)


def title_of(flag: Flag) -> Text:
    """A flag in one line, for lists."""
    return say("flags.line", label=LABELS[flag.label], at=flag.at, state=state_of(flag))


def state_of(flag: Flag) -> Text:
    """How far the work on a flag is, in words."""
    if flag.state is State.CLAIMED and flag.claimed_by and flag.claimed_by.name:
        return say("flags.state_claimed", name=flag.claimed_by.name)
    return {
        State.OPEN: say("flags.state_open"),
        State.CLAIMED: say("flags.state_open"),
        State.RESOLVED: say("flags.state_resolved"),
        State.FALSE_ALARM: say("flags.state_false_alarm"),
    }[flag.state]


def cut(text: str, most: int = MOST_QUOTED) -> str:
    """The beginning of a text, on one line and with nothing that hides its words."""
    plain = " ".join(text.replace("||", " ").split())
    return plain if len(plain) <= most else plain[: most - 1].rstrip() + "…"


def _title(flag: Flag) -> Text:
    label = LABELS[flag.label]
    if flag.closed:
        return say("card.title_closed", label=label, state=state_of(flag))
    priority = _PRIORITIES.get(flag.label, say("card.priority_normal"))
    if flag.shadow:
        return say("card.title_shadow", label=label, priority=priority)
    return say("card.title", label=label, priority=priority)


def _what(flag: Flag, watched: Watched) -> Iterator[Text]:
    """What was found, where, and what the bot said."""
    if flag.disputed:
        yield say("card.disputed")
    if flag.contested:
        yield say("card.contested") if flag.closed_by else say("card.contested_open")
    if flag.origin is Origin.ASKED:
        yield say("card.asked")
    # Two rules may have the same words for what they found.
    for reason in tuple(dict.fromkeys(flag.reasons))[:MOST_REASONS]:
        yield say("card.reason", text=cut(reason))
    if flag.quote and (watched.quotes or flag.origin is Origin.ASKED):
        yield say("card.quote", text=cut(flag.quote))
    if flag.times > 1:
        yield say("card.times", count=flag.times)
    if flag.link:
        yield say("card.link", url=flag.link)
    yield say("card.at", at=flag.at)
    if not flag.shadow:
        yield _ANSWERED[flag.answered]


def _people(flag: Flag, earlier: int) -> Iterator[Text]:
    """Who it is about, who reported it, and what moderators wrote."""
    if flag.author and flag.author.name:
        yield say("card.author", name=flag.author.name)
    if earlier and flag.label not in _NO_COUNT:
        yield say("card.earlier", count=earlier)
    if flag.reports:
        reasons = Counter(report.reason for report in flag.reports)
        told = tuple(REASONS.get(reason, cut(reason)) for reason, _ in reasons.most_common(MOST_REASONS))
        yield say("card.reports", count=len(flag.reports), reasons=told)
    for note in flag.notes[-MOST_NOTES:]:
        yield note_line(note)


def _counts(flag: Flag) -> Iterator[Text]:
    """What stays of a closed flag beside its label and its end."""
    if flag.times > 1:
        yield say("card.times", count=flag.times)
    if flag.reports:
        yield say("card.reports_count", count=len(flag.reports))
    if flag.notes:
        yield say("card.notes", count=len(flag.notes))


def note_line(note: Note) -> Text:
    """What a moderator wrote, and whether it arrived where it was meant for the author."""
    if note.arrived is None:
        return say("card.note", name=note.author.name, text=cut(note.text))
    if note.arrived:
        return say("card.sent", name=note.author.name, text=cut(note.text))
    return say("card.not_sent", name=note.author.name, text=cut(note.text))


def _standing(flag: Flag) -> Iterator[Text]:
    """Who has it, and who was called."""
    if flag.calls:
        yield _CALLED[min(flag.calls, len(_CALLED)) - 1]
    if flag.escalated_by and flag.escalated_by.name:
        yield say("card.escalated", name=flag.escalated_by.name)
    if flag.state is State.CLAIMED and flag.claimed_by and flag.claimed_by.name:
        yield say("card.claimed", name=flag.claimed_by.name, until=flag.claimed_until)


def _end(flag: Flag) -> Text:
    """How it ended."""
    state = state_of(flag)
    if flag.closed_by and flag.closed_by.name:
        return say("card.closed", state=state, name=flag.closed_by.name, at=flag.closed_at)
    return say("card.closed_itself", state=state, at=flag.closed_at)


def _buttons(flag: Flag, *, alone: bool) -> tuple[tuple[Button, ...], ...]:
    marks = (flag.id, ALONE) if alone else (flag.id,)

    def button(label: Text, action: str, tone: Tone = Tone.PLAIN) -> Button:
        return Button(label, action, marks, tone, anyone=not alone)

    if flag.closed:
        return rows(button(say("button.flag_reopen"), REOPEN))
    hold = (
        button(say("button.flag_release"), RELEASE)
        if flag.state is State.CLAIMED
        else button(say("button.flag_claim"), CLAIM, Tone.YES)
    )
    taps = [
        hold,
        button(say("button.flag_resolved"), RESOLVE, Tone.YES),
        button(say("button.flag_false_alarm"), FALSE_ALARM),
        button(say("button.flag_escalate"), ESCALATE, Tone.DANGER),
        button(say("button.flag_note"), NOTE),
    ]
    if flag.author:
        taps.append(button(say("button.flag_answer"), ANSWER))
    return rows(*taps)
