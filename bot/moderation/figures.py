"""``/flagstats``: how soon moderators look, and how often a flag was right, from their own verdicts."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from bot.chat.replies import Attachment, Reply, Text, rows, say
from bot.faq.desk import tap
from bot.members.calls import Call
from bot.moderation.cards import LABELS
from bot.moderation.desk import EXPORT, FIGURES, Desk, actions_of, desk_of
from bot.moderation.flag import Flag, Origin, State
from bot.moderation.ports import ModerationWork
from bot.triage.assessment import Label

LEAST_VERDICTS = 3
"""Verdicts from which on a rule's false alarms are told: one or two say nothing."""

MOST_RULES = 8
MOST_EXPORTED = 50_000

_WEEK, _MONTH = 7, 30


@dataclass(frozen=True, slots=True)
class Count:
    """How flags of one kind ended: all of them, those that were right, and those that were not."""

    flags: int
    right: int
    wrong: int

    @property
    def verdicts(self) -> int:
        """How many were judged."""
        return self.right + self.wrong

    @property
    def right_percent(self) -> int | None:
        """The share of the judged that were right, in percent; None where none was judged."""
        return round(100 * self.right / self.verdicts) if self.verdicts else None


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of some flags. ``median`` and ``worst`` are times to the first look, None where nobody looked yet.

    ``labels``, ``shadow`` and ``rules`` count what triage found, ``members`` what members showed or asked themselves.
    ``unseen`` counts those at which nobody has looked. ``rules`` are those with ``LEAST_VERDICTS``, worst first.
    """

    labels: tuple[tuple[Label, Count], ...]
    shadow: tuple[tuple[Label, Count], ...]
    members: tuple[tuple[Label, Count], ...]
    rules: tuple[tuple[str, Count], ...]
    median: timedelta | None
    worst: timedelta | None
    unseen: int


def summary_of(flags: Iterable[Flag]) -> Summary:
    """Count flags; those in shadow are counted apart, since nobody was answered because of them."""
    everything = list(flags)
    heard = [each for each in everything if each.origin is Origin.HEARD]
    waits = [(each.seen_at - each.at).total_seconds() for each in everything if each.seen_at]
    rules = {rule for each in heard for rule in each.rules}
    by_rule = [(rule, _count([each for each in heard if rule in each.rules])) for rule in rules]
    judged = [(rule, count) for rule, count in by_rule if count.verdicts >= LEAST_VERDICTS]
    return Summary(
        labels=_by_label([each for each in heard if not each.shadow]),
        shadow=_by_label([each for each in heard if each.shadow]),
        members=_by_label([each for each in everything if each.origin is not Origin.HEARD]),
        rules=tuple(sorted(judged, key=lambda each: (each[1].right_percent or 0, each[0]))),
        median=timedelta(seconds=median(waits)) if waits else None,
        worst=timedelta(seconds=max(waits)) if waits else None,
        unseen=sum(each.seen_at is None and each.state is State.OPEN for each in everything),
    )


async def flags_since(work: ModerationWork, chat_id: str, since: datetime) -> tuple[Flag, ...]:
    """All flags of a chat since a moment."""
    everything = (*await work.flags.waiting([chat_id]), *await work.flags.closed([chat_id], MOST_EXPORTED))
    return tuple(flag for flag in everything if flag.at >= since)


def figure_lines(summary: Summary) -> tuple[Text, ...]:
    """Figures in words."""
    if not summary.labels and not summary.shadow and not summary.members:
        return (say("figures.none"),)
    lines: list[Text] = []
    if summary.median is not None and summary.worst is not None:
        lines.append(say("figures.looked", median=duration(summary.median), worst=duration(summary.worst)))
    if summary.unseen:
        lines.append(say("figures.unseen", count=summary.unseen))
    lines += [_label_line(label, count) for label, count in summary.labels]
    if summary.shadow:
        lines.append(say("figures.shadow"))
        lines += [_label_line(label, count) for label, count in summary.shadow]
    if summary.members:
        lines.append(say("figures.members"))
        lines += [_label_line(label, count) for label, count in summary.members]
    if summary.rules:
        lines.append(say("figures.rules"))
        lines += [
            say(
                "figures.rule",
                rule=rule,
                wrong=count.wrong,
                of=count.verdicts,
                percent=100 - (count.right_percent or 0),
            )
            for rule, count in summary.rules[:MOST_RULES]
        ]
    return tuple(lines)


def duration(length: timedelta) -> Text:
    """A length of time in its largest whole unit; less than a minute is one."""
    minutes = max(round(length / timedelta(minutes=1)), 1)
    if minutes < 120:  # noqa: PLR2004 - up to two hours minutes say more
        return say("figures.minutes", count=minutes)
    hours = round(minutes / 60)
    return say("figures.hours", count=hours) if hours < 48 else say("figures.days", count=round(hours / 24))  # noqa: PLR2004 - as above


def exported(flags: Iterable[Flag]) -> bytes:
    """Verdicts as JSON, a line each, without any text and without anybody's name."""
    lines = [
        json.dumps(
            {
                "id": flag.id,
                "origin": flag.origin.value,
                "label": flag.label.value,
                "verdict": flag.state.value,
                "rules": list(flag.rules),
                "score": round(flag.score, 4),
                "version": flag.version,
                "at": flag.at.isoformat(),
            }
        )
        for flag in flags
    ]
    return "".join(f"{line}\n" for line in lines).encode()


class Counting:
    """Shows and exports figures."""

    def __init__(self) -> None:
        self.actions = actions_of({FIGURES: self.show, EXPORT: self.export})

    async def show(self, call: Call, work: ModerationWork) -> Reply:
        """Show the figures of the last days."""
        return await self.figures(await desk_of(call, work), _WEEK if tap(call, 1) == str(_WEEK) else _MONTH)

    async def figures(self, desk: Desk, days: int = _MONTH) -> Reply:
        """The figures of a number of days."""
        flags = await flags_since(desk.work, desk.chat_id, desk.call.now - timedelta(days=days))
        other = _MONTH if days == _WEEK else _WEEK
        taps = rows(
            desk.button(say("button.flag_days", count=other), FIGURES, str(other)),
            desk.button(say("button.flag_export"), EXPORT),
        )
        summary = await asyncio.to_thread(summary_of, flags)  # of thousands it takes its time
        return Reply(figure_lines(summary), title=say("figures.title", count=days), buttons=taps)

    async def export(self, call: Call, work: ModerationWork) -> Reply:
        """Give the verdicts as a file."""
        desk = await desk_of(call, work)
        flags = [flag for flag in await work.flags.closed([desk.chat_id], MOST_EXPORTED) if is_verdict(flag)]
        if not flags:
            return Reply((say("figures.nothing_to_export"),))
        await desk.note("exported", detail=str(len(flags)))
        file = Attachment("verdicts.jsonl", "application/jsonl", await asyncio.to_thread(exported, flags))
        return Reply((say("figures.exported", count=len(flags)),), files=(file,), fresh=True)


def is_verdict(flag: Flag) -> bool:
    """Whether a moderator closed it; what was taken back, or closed by itself, says nothing of whether it was right."""
    return flag.closed and flag.closed_by is not None


def _by_label(flags: Sequence[Flag]) -> tuple[tuple[Label, Count], ...]:
    counts = Counter(each.label for each in flags)
    return tuple((label, _count([each for each in flags if each.label is label])) for label in Label if counts[label])


def _count(flags: Sequence[Flag]) -> Count:
    verdicts = [each.state for each in flags if is_verdict(each)]
    return Count(len(flags), verdicts.count(State.RESOLVED), verdicts.count(State.FALSE_ALARM))


def _label_line(label: Label, count: Count) -> Text:
    percent = count.right_percent
    if percent is None:
        return say("figures.label_unjudged", label=LABELS[label], count=count.flags)
    return say("figures.label", label=LABELS[label], count=count.flags, right=percent, verdicts=count.verdicts)
