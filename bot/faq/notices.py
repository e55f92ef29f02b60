"""Telling moderators of reviews that come near, are due, or are so late that an answer is withheld."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import structlog

from bot.chat.ports import Herald
from bot.chat.replies import Reply, Text, say
from bot.errors import DeliveryError
from bot.faq.describing import due_line
from bot.faq.entry import WARN_BEFORE, Entry, Standing
from bot.faq.library import Library
from bot.faq.ports import FaqWork

log = structlog.get_logger()

_MOST_LINES = 20
"""Entries named in one message; of the rest it says how many there are."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is to be told of one entry. ``stage`` is the step on the way to its review, ``what`` names the notice."""

    entry: Entry
    stage: str

    @property
    def what(self) -> str:
        """Its name: one for each entry, review date and step, and without a word of what the entry is about."""
        return f"{self.entry.code} {self.entry.review_due} {self.stage}"


def notices_due(entries: Iterable[Entry], today: date) -> tuple[Notice, ...]:
    """What has been reached on a day, the most pressing first; of several steps of an entry the last alone."""
    order = ("expired", "due", *(f"{before.days}" for before in reversed(WARN_BEFORE)))
    found = [Notice(entry, stage) for entry in entries if (stage := _stage(entry, today))]
    return tuple(sorted(found, key=lambda each: (order.index(each.stage), each.entry.review_due, each.entry.id)))


async def tell_moderators(work: FaqWork, library: Library, herald: Herald, now: datetime) -> None:
    """Send each chat that wants notices what it has not been told yet, in one message, and erase what is too old."""
    await work.questions.purge(now)
    for chat in await work.chats.all():
        if not chat.notices:
            continue
        shelf = await library.shelf(work, chat.team)
        due = notices_due(shelf.entries.values(), now.date())
        new = [each for each in due if await work.figures.claim_notice(chat.id, each.what)]
        # What was claimed lasts before it is told: a notice less is better than the same one every night.
        await work.commit()
        if not new:
            continue
        try:
            await herald.post(
                chat.place, Reply(_lines(new, now.date()), title=say("faqadmin.notice_title"), private=False)
            )
        except DeliveryError as error:
            log.warning("notice_not_posted", chat=chat.id, reason=error.reason, count=len(new))
        else:
            log.info("notice_posted", chat=chat.id, count=len(new))
    await work.commit()


def _stage(entry: Entry, today: date) -> str:
    match entry.standing(today):
        case Standing.EXPIRED:
            return "expired"
        case Standing.DUE:
            return "due"
        case Standing.CURRENT:
            if today == entry.review_due:
                return "due"
            reached = [before for before in WARN_BEFORE if today >= entry.review_due - before]
            return f"{min(reached).days}" if reached else ""


def _lines(notices: Sequence[Notice], today: date) -> tuple[Text, ...]:
    lines = [due_line(each.entry, today) for each in notices[:_MOST_LINES]]
    if len(notices) > _MOST_LINES:
        lines.append(say("faqadmin.notice_more", count=len(notices) - _MOST_LINES))
    lines.append(say("faqadmin.notice_what_to_do"))
    return tuple(lines)
