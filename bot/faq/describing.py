"""How revisions look to moderators: their whole text, what changed in them, and by whom."""

from collections.abc import Iterator
from datetime import date, datetime

from bot.chat.replies import Text, say
from bot.faq.entry import NOBODY, UNDATED, Entry, Standing
from bot.faq.revision import Kind, Revision, State

_KINDS = {
    Kind.FILE: say("faqadmin.kind_file"),
    Kind.IMPORT: say("faqadmin.kind_import"),
    Kind.ADD: say("faqadmin.kind_add"),
    Kind.EDIT: say("faqadmin.kind_edit"),
    Kind.RETIRE: say("faqadmin.kind_retire"),
    Kind.RESTORE: say("faqadmin.kind_restore"),
}
_STATES = {
    State.APPROVED: say("faqadmin.state_approved"),
    State.PROPOSED: say("faqadmin.state_proposed"),
    State.REJECTED: say("faqadmin.state_rejected"),
    State.HELD: say("faqadmin.state_held"),
}


def heading(revision: Revision) -> Text:
    """Which revision it is: number, kind, state, who and when."""
    return say(
        "faqadmin.revision",
        number=revision.number,
        kind=_KINDS[revision.kind],
        state=_STATES[revision.state],
        name=author_of(revision),
        at=moment(revision.at),
    )


def author_of(revision: Revision) -> Text:
    """Who made a revision."""
    if revision.author is None:
        return say("faqadmin.by_operator") if revision.kind is Kind.IMPORT else say("faqadmin.by_program")
    return say("faq.text", text=revision.author.name)


def moment(at: datetime) -> Text:
    """A moment with its year: revisions are kept for years."""
    return say("faqadmin.moment", at=at, year=str(at.year))


def due_line(entry: Entry, today: date) -> Text:
    """Where an entry stands on its way to its review."""
    question, day = entry.question, entry.review_due
    if entry.standing(today) is Standing.EXPIRED:
        return say("faqadmin.line_expired", question=question, day=day)
    if day == today:
        return say("faqadmin.line_today", question=question)
    if day < today:
        return say("faqadmin.line_due", question=question, day=day)
    return say("faqadmin.line_soon", question=question, day=day)


def whole(revision: Revision) -> tuple[Text, ...]:
    """Everything that a revision says, under its heading."""
    return (heading(revision), *_whole(revision.entry), *(() if revision.shown else (say("faqadmin.not_shown"),)))


def compared(now: Revision, proposed: Revision) -> tuple[Text, ...]:
    """What holds now and what is proposed, both whole, and in what they differ."""
    differ = changes(now, proposed)
    return (
        say("faqadmin.holds_now"),
        *whole(now),
        say("faqadmin.proposed"),
        *whole(proposed),
        say("faqadmin.differ", parts=differ) if differ else say("faqadmin.same"),
    )


def changes(before: Revision, after: Revision) -> tuple[Text, ...]:
    """The parts in which two revisions differ."""
    return tuple(_changes(before, after))


def _changes(before: Revision, after: Revision) -> Iterator[Text]:
    old, new = before.entry, after.entry
    if before.shown != after.shown:
        yield say("faqadmin.part_shown")
    if old.question != new.question:
        yield say("faqadmin.part_question")
    if old.paragraphs != new.paragraphs:
        yield say("faqadmin.part_answer")
    if old.sources != new.sources:
        yield say("faqadmin.part_sources")
    if old.phrasings != new.phrasings:
        yield say("faqadmin.part_phrasings")
    if (old.reviewed_by, old.reviewed_on, old.review_due) != (new.reviewed_by, new.reviewed_on, new.review_due):
        yield say("faqadmin.part_review")
    if (old.category, old.answerable, old.danger, old.crisis) != (
        new.category,
        new.answerable,
        new.danger,
        new.crisis,
    ):
        yield say("faqadmin.part_kind")


def _whole(entry: Entry) -> Iterator[Text]:
    category = entry.category
    yield say("faqadmin.entry_question", text=entry.question, category=say(f"faq.category.{category.word}"))
    for paragraph in entry.paragraphs:
        yield say("faq.text", text=paragraph)
    if not entry.answerable:
        yield say("faqadmin.not_answerable")
    if entry.danger:
        yield say("faqadmin.with_danger")
    if entry.crisis:
        yield say("faqadmin.with_crisis")
    yield say("faq.sources")
    for source in entry.sources:
        if source.date == UNDATED:
            yield say("faq.source_undated", title=source.title)
        else:
            yield say("faq.source", title=source.title, date=source.date)
    if entry.reviewed_by == NOBODY:
        yield say("faq.reviewed_by_nobody")
    else:
        yield say("faq.reviewed", name=entry.reviewed_by, day=entry.reviewed_on)
    yield say("faq.checked", day=entry.reviewed_on, due=entry.review_due)
    yield say("faqadmin.phrasings_count", count=len(entry.phrasings))
