"""The parts of an entry as moderators type them: how each is read, and what is refused."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.chat.replies import Field, Form, Text, say
from bot.errors import MemberError
from bot.faq.check import (
    LONGEST_ANSWER,
    LONGEST_QUESTION,
    LONGEST_TITLE,
    MOST_PHRASINGS,
    MOST_SOURCES,
    SHORTEST_ANSWER,
    SHORTEST_QUESTION,
    advice_in,
    check_entry,
)
from bot.faq.entry import NOBODY, Entry, Phrasing, Source
from bot.faq.files import MOST_ID, read_date_of_source, wrapped
from bot.faq.typed import typed

REVIEWED_FOR = timedelta(days=365)
"""How long after a check the next one is due."""

WRITER = "moderators"
"""The batch in which phrasings that moderators type come."""

MOST_LINES = 900
"""Characters of sources or phrasings in one go: what the door looks at is little more."""

MOST_ANSWER_TYPED = LONGEST_ANSWER + 40
"""An answer as it is typed: an empty line parts its paragraphs, which are counted with one character between."""

MOST_PHRASING = 200
_LEAST_NAME, _MOST_NAME = 2, 100
_LANGUAGE = re.compile(r"\[([a-z]{2})\]\s*(.*)")


def read_question(text: str) -> str:
    """A question, on one line.

    Raises:
        MemberError: it is too short or too long, or it tells people what to do.
    """
    question = typed(text)
    if not SHORTEST_QUESTION <= len(question) <= LONGEST_QUESTION:
        raise MemberError("faqadmin.question_length", least=SHORTEST_QUESTION, most=LONGEST_QUESTION)
    if advice := advice_in(question):
        raise MemberError("faqadmin.advice", phrase=advice)
    return question


def read_answer(text: str) -> str:
    """An answer, in the form in which files hold it.

    Raises:
        MemberError: it is too short or too long, or it tells people what to do.
    """
    paragraphs = [typed(part) for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n"))]
    answer = "\n\n".join(part for part in paragraphs if part)
    if not SHORTEST_ANSWER <= len(answer.replace("\n\n", "\n")) <= LONGEST_ANSWER:
        raise MemberError("faqadmin.answer_length", least=SHORTEST_ANSWER, most=LONGEST_ANSWER)
    if advice := advice_in(answer):
        raise MemberError("faqadmin.advice", phrase=advice)
    return wrapped(answer)


def read_sources(text: str) -> tuple[Source, ...]:
    """Sources, a line each: ``title; date``.

    Raises:
        MemberError: there is none, or a line is not of this form.
    """
    lines = _lines(text)
    if not lines:
        raise MemberError("faqadmin.no_source")
    if len(lines) > MOST_SOURCES:
        raise MemberError("faqadmin.many_sources", most=MOST_SOURCES)
    sources: list[Source] = []
    for line in lines:
        title, semicolon, day = line.rpartition(";")
        shown = read_date_of_source(day)
        if not (semicolon and title.strip() and shown):
            raise MemberError("faqadmin.source_form", line=line)
        if len(title.strip()) > LONGEST_TITLE:
            raise MemberError("faqadmin.title_length", line=line, most=LONGEST_TITLE)
        sources.append(Source(title.strip(), shown))
    if len("\n".join(_source_lines(sources))) > MOST_LINES:
        # They could not be put into the field again to be changed.
        raise MemberError("faqadmin.lines_length", most=MOST_LINES)
    return tuple(sources)


def read_phrasings(
    text: str, so_far: Iterable[Phrasing], is_learned: Callable[[str], bool] = lambda _: False
) -> tuple[Phrasing, ...]:
    """The phrasings after a change: a line each is added, and one with a hyphen in front is taken away.

    ``is_learned`` tells which the search has learned, so that it would find them all the same.

    Raises:
        MemberError: a line is too long, or none is as the one to be taken away, or that has been learned.
    """
    kept = list(so_far)
    for line in _lines(text):
        if line.startswith("-"):
            gone = line.lstrip("- ").casefold()
            left = [each for each in kept if each.text.casefold() != gone]
            if len(left) == len(kept):
                raise MemberError("faqadmin.no_such_phrasing", line=line)
            if any(is_learned(each.text) for each in kept if each not in left):
                raise MemberError("faqadmin.learned_phrasing", line=line)
            kept = left
            continue
        named = _LANGUAGE.fullmatch(line)
        language, said = (named[1], named[2]) if named else ("en", line)
        # In an entry's file a line that begins so would say something about the lines below it.
        said = said.lstrip("#[ ")
        if not 1 < len(said) <= MOST_PHRASING:
            raise MemberError("faqadmin.phrasing_length", line=line, most=MOST_PHRASING)
        if all(each.text.casefold() != said.casefold() for each in kept):
            kept.append(Phrasing(said, language, WRITER))
    if len(kept) > MOST_PHRASINGS:
        raise MemberError("faqadmin.many_phrasings", most=MOST_PHRASINGS)
    return tuple(kept)


def read_reviewer(text: str) -> str:
    """A clinician's name.

    Raises:
        MemberError: it is too short or too long.
    """
    name = typed(text)
    if not _LEAST_NAME <= len(name) <= _MOST_NAME:
        raise MemberError("faqadmin.name_length", least=_LEAST_NAME, most=_MOST_NAME)
    return NOBODY if name.casefold() == NOBODY else name


def sound(entry: Entry, today: date, before: Entry | None = None) -> Entry:
    """The entry as it is, if nothing that every entry is checked for speaks against what is new in it.

    Raises:
        MemberError: something does; the first is named.
    """
    known = check_entry(before, today) if before else ()
    if problem := next((each for each in check_entry(entry, today) if each not in known), None):
        raise MemberError("faqadmin.problem", problem=problem[:1].upper() + problem[1:])
    return entry


def checked(entry: Entry, today: date) -> Entry:
    """The entry as held against its sources today."""
    return replace(entry, reviewed_on=today, review_due=today + REVIEWED_FOR)


def slug(question: str) -> str:
    """An id made of a question; the caller sees to it that it is unique."""
    plain = unicodedata.normalize("NFKD", question).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    made = ""
    for word in words:
        longer = f"{made}-{word}" if made else word[:MOST_ID]
        if len(longer) > MOST_ID:
            break
        made = longer
    return made or "entry"


def numbered(base: str, number: int) -> str:
    """The id that is tried next where the one before it is taken."""
    ending = f"-{number}"
    return base[: MOST_ID - len(ending)].rstrip("-") + ending


def _lines(text: str) -> list[str]:
    if len(text) > MOST_LINES:
        raise MemberError("faqadmin.lines_length", most=MOST_LINES)
    return [line for line in map(typed, text.split("\n")) if line]


FIELD = "text"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an entry that can be changed by itself: how its form asks, and what is done with the answer.

    ``shown`` is what stands there so far, paragraph by paragraph; ``refill`` puts it into the field to be changed,
    with ``joint`` between.
    """

    form: str
    button: Text
    label: Text
    hint: Text
    most_characters: int
    shown: Callable[[Entry], tuple[str, ...]]
    change: Callable[[Entry, str, date], Entry]
    long: bool = False
    refill: bool = True
    joint: str = "\n\n"

    def ask(self, arguments: tuple[str, ...] = (), hint: Text | None = None, filled: str = "") -> Form:
        """The part's form."""
        field = Field(
            FIELD,
            self.label,
            hint or self.hint,
            most_characters=self.most_characters,
            filled=filled,
            long=self.long,
        )
        return Form(self.form, self.button, (field,), arguments)

    def filled(self, entry: Entry) -> str:
        """What stands in the field when it opens; nothing where it would not fit."""
        so_far = self.joint.join(self.shown(entry)) if self.refill else ""
        return so_far if len(so_far) <= self.most_characters else ""


def unreviewed(entry: Entry, before: Entry) -> Entry:
    """The entry after a change of what people read: what a clinician reviewed was another text."""
    return before if entry == before else replace(entry, reviewed_by=NOBODY)


def _with_question(entry: Entry, text: str, today: date) -> Entry:  # noqa: ARG001 - every part has this form
    return unreviewed(replace(entry, question=read_question(text)), entry)


def _with_answer(entry: Entry, text: str, today: date) -> Entry:  # noqa: ARG001 - every part has this form
    changed = replace(entry, answer=read_answer(text))
    return entry if changed.paragraphs == entry.paragraphs else unreviewed(changed, entry)


def _with_sources(entry: Entry, text: str, today: date) -> Entry:  # noqa: ARG001 - every part has this form
    return unreviewed(replace(entry, sources=read_sources(text)), entry)


def _with_phrasings(entry: Entry, text: str, today: date) -> Entry:  # noqa: ARG001 - every part has this form
    def is_learned(said: str) -> bool:
        # Its weights and their library are read only where something is to be taken away.
        from bot.faq.model import load_model, phrasing_number

        return phrasing_number(entry.id, said) in load_model().trained

    return replace(entry, phrasings=read_phrasings(text, entry.phrasings, is_learned))


def _with_reviewer(entry: Entry, text: str, today: date) -> Entry:
    return checked(replace(entry, reviewed_by=read_reviewer(text)), today)


def _shown_sources(entry: Entry) -> tuple[str, ...]:
    return _source_lines(entry.sources)


def _source_lines(sources: Iterable[Source]) -> tuple[str, ...]:
    return tuple(f"{source.title}; {source.date}" for source in sources)


def _shown_phrasings(entry: Entry) -> tuple[str, ...]:
    return tuple(each.text for each in entry.phrasings if each.writer == WRITER)


PARTS = (
    Part("kq", say("faqadmin.part_question"), say("faqadmin.ask_question"), say("faqadmin.hint_question"),
         LONGEST_QUESTION, lambda entry: (entry.question,), _with_question),
    Part("kt", say("faqadmin.part_answer"), say("faqadmin.ask_answer"), say("faqadmin.hint_answer"),
         MOST_ANSWER_TYPED, lambda entry: entry.paragraphs, _with_answer, long=True),
    Part("ks", say("faqadmin.part_sources"), say("faqadmin.ask_sources"), say("faqadmin.hint_sources"),
         MOST_LINES, _shown_sources, _with_sources, long=True, joint="\n"),
    Part("kp", say("faqadmin.part_phrasings"), say("faqadmin.ask_phrasings"), say("faqadmin.hint_phrasings"),
         MOST_LINES, _shown_phrasings, _with_phrasings, long=True, refill=False),
    Part("kr", say("button.kept_reviewer"), say("faqadmin.ask_reviewer"), say("faqadmin.hint_reviewer"),
         _MOST_NAME, lambda entry: (entry.reviewed_by,), _with_reviewer, refill=False),
)  # fmt: skip
"""The parts in the order in which they are offered."""
