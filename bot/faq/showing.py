"""How a curated answer looks, at whichever door it is shown."""

from collections.abc import Iterator
from dataclasses import replace

from bot.chat.replies import Button, Reply, Text, say
from bot.faq.entry import NOBODY, UNDATED, Entry, Source, Standing
from bot.members.calls import Call
from bot.members.helplines import crisis, emergency_number

ENTRY, BROWSE = "qe", "qb"
"""(entry code, chat id, PERSONAL and CHOSEN where they hold): show an entry · (chat id): all subjects."""

PERSONAL, CHOSEN = "p", "c"
"""The question was about somebody's own case · the entry was one of several that may be meant."""

COMMAND = "faq"


def shown(entry: Entry, call: Call) -> Reply:
    """Show an entry to one person, without buttons."""
    return Reply(tuple(_lines(entry, call)), title=_question(entry))


def shown_to_all(entry: Entry, call: Call) -> Reply:
    """Show an entry to everybody in a chat, without buttons; where the person lives is not told by its numbers."""
    return replace(shown(entry, replace(call, member=None)), private=False)


def standing(entry: Entry, call: Call) -> Standing:
    """Where an entry stands now; the day is that of UTC, so that it stands the same for all."""
    return entry.standing(call.now.date())


def entry_button(entry: Entry, label: Text, chat_id: str = "", marks: str = "") -> Button:
    """A button that shows an entry to its owner; ``marks`` are of PERSONAL and CHOSEN."""
    return Button(label, ENTRY, (entry.code, chat_id, marks) if marks else (entry.code, chat_id))


def button_for_anyone(entry: Entry, label: Text, chat_id: str = "") -> Button:
    """A button, under a message for all, that shows an entry privately to whoever presses it.

    Its link names the chat under whose message it stands, so that the text of that chat's team is shown.
    """
    named = f"{entry.code}-{chat_id}" if chat_id else entry.id
    return replace(entry_button(entry, label, chat_id), anyone=True, link=f"{COMMAND}-{named}")


def subjects_button(chat_id: str) -> Button:
    """The way on from wherever something ends: all subjects."""
    return Button(say("button.faq_subjects"), BROWSE, (chat_id,))


def _question(entry: Entry) -> Text:
    return say("faq.text", text=entry.question)


def _lines(entry: Entry, call: Call) -> Iterator[Text]:
    now = standing(entry, call)
    if now is Standing.EXPIRED:
        yield say("faq.withheld", day=entry.review_due)
        yield say("faq.withheld_ask")
    else:
        for paragraph in entry.paragraphs:
            yield say("faq.text", text=paragraph)
    if entry.danger:
        number = emergency_number(call)
        yield say("faq.danger", number=number) if number else say("faq.danger_local")
    if entry.crisis:
        yield from crisis(call)
    yield say("faq.sources")
    for source in entry.sources:
        yield _source(source)
    if now is not Standing.EXPIRED:
        yield from _marks(entry, is_due=now is Standing.DUE)


def _source(source: Source) -> Text:
    if source.date == UNDATED:
        return say("faq.source_undated", title=source.title)
    return say("faq.source", title=source.title, date=source.date)


def _marks(entry: Entry, *, is_due: bool) -> Iterator[Text]:
    if entry.reviewed_by == NOBODY:
        yield say("faq.reviewed_by_nobody")
    else:
        yield say("faq.reviewed", name=entry.reviewed_by, day=entry.reviewed_on)
    if is_due:
        yield say("faq.checked_due", day=entry.reviewed_on, due=entry.review_due)
    else:
        yield say("faq.checked", day=entry.reviewed_on, due=entry.review_due)
