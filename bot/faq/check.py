"""What an entry must be before it is shown, for those who keep entries in files (with file and line) or in chats."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from bot.faq.entry import NOBODY, UNDATED, Entry
from bot.faq.files import Fault, FileFaultError, read_date_of_source, read_folder
from bot.reading.text import normal

SHORTEST_ANSWER, LONGEST_ANSWER = 20, 900
"""Characters of an answer; with its sources and marks it then fits one message on every platform."""

SHORTEST_QUESTION, LONGEST_QUESTION = 5, 150
LONGEST_TITLE = 160
MOST_SOURCES = 8
LONGEST_SOURCES = 900
"""Characters of all sources together: as many as the form has room for in which moderators change them."""

MOST_PHRASINGS = 500
LONGEST_PHRASING = 600
LONGEST_REVIEW = timedelta(days=366)
"""How far ahead the next review may be."""

_ADVICE = re.compile(
    r"\byou (?:should|must|ought to|need to|have to|had better|may safely|can safely|(?:should|must|need)n't|"
    r"(?:don't|do not) (?:need|have) to)(?: not| never| always)? "
    r"(?:take|stop|start|skip|switch|increase|reduce|double|halve|delay|postpone|avoid|use|have|get|change|ignore)\b"
    r"|\byou (?:needn't|(?:don't|do not) (?:need|have) to) (?:see|call|tell|worry)\b"
    r"|\b(?:do not|don't|never|always|please|just) "
    r"(?:take|stop|skip|start|increase|reduce|double|halve|delay|postpone|switch)\b"
    r"|\b(?:stop|skip|double|halve|increase|reduce|restart) (?:your|the|taking|this|that) (?:\w+ )?"
    r"(?:dose|doses|medicine|medicines|medication|tablet|tablets|drug|drugs|treatment|antiviral|steroid|steroids|it)\b"
    r"|\byou (?:can|may) (?:stop|skip|delay|ignore|wait)\b"
    r"|(?:^|[.!?] )(?:avoid|stop|skip) |(?:^|[.!?] )take (?:\d|one |two |half |no more )"
    r"|(?<!\bif )(?<!\bwhether )\b(?:it|this|that)(?: is|'s) (?:perfectly |quite |completely )?"
    r"(?:safe|harmless|nothing to worry about)\b"
    r"|(?<!\bif )(?<!\bonce )(?<!\bwhen )\b(?:you are|you're|you will be|you'll be|you should be) (?:fine|okay|ok)\b"
    r"|\b(?:don't|do not) worry\b|\bno need to (?:worry|call|see|tell)\b"
    r"|\b(?:we|i) (?:recommend|advise|suggest)\b|\b(?:my|our) advice\b|\bi would (?:take|stop)\b",
    re.IGNORECASE,
)
# Characters that nobody sees: those that steer a terminal, and those that turn the direction of writing.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_MARKUP = re.compile(
    rf"https?://|\bwww\.|\[[^\]]*\]\(|[*_`]{{2,}}|<[a-z/!]|@(?:everyone|here)\b|^#+ |{_UNSEEN.pattern}",
    re.IGNORECASE | re.MULTILINE,
)


def advice_in(text: str) -> str | None:
    """The first words of a text that would be advice of our own; None where there are none."""
    found = _ADVICE.search(" ".join(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split()))
    return found[0] if found else None


def check_folder(folder: Path, today: date) -> tuple[tuple[Entry, ...], tuple[Fault, ...]]:
    """Read a folder and check every entry; the entries are empty where a file has not the form of one."""
    try:
        entries = read_folder(folder)
    except FileFaultError as error:
        return (), error.faults
    return entries, tuple(_faults(folder, entries, today))


def check_entry(entry: Entry, today: date) -> tuple[str, ...]:
    """What is wrong with an entry, whatever it came from; empty where nothing is."""
    return tuple(text for _, text in _problems(entry, today))


def _faults(folder: Path, entries: Sequence[Entry], today: date) -> Iterator[Fault]:
    for entry in entries:
        path = folder / f"{entry.id}.md"
        lines = path.read_text("utf-8").splitlines()
        for needle, text in _problems(entry, today):
            yield Fault(str(path), _line_of(lines, needle), text)
    yield from _twice(folder, entries)


def _line_of(lines: Sequence[str], needle: str) -> int:
    """The line where something stands; the words of an answer may be broken over two lines."""
    head = next((number for number, line in enumerate(lines, start=1) if needle in line), None)
    if head is not None:
        return head
    first = needle.split(maxsplit=1)[0] if needle.split() else ""
    pairs = zip(lines, [*lines[1:], ""], strict=True)
    both = (number for number, (line, after) in enumerate(pairs, start=1) if needle in f"{line} {after}")
    return next(both, next((number for number, line in enumerate(lines, start=1) if first in line), 1))


def _problems(entry: Entry, today: date) -> Iterator[tuple[str, str]]:
    """Each problem, after the words at whose line it stands."""
    if not SHORTEST_QUESTION <= len(entry.question) <= LONGEST_QUESTION:
        yield "question:", f"a question has {SHORTEST_QUESTION} to {LONGEST_QUESTION} characters"
    answer = "\n".join(entry.paragraphs)
    if not SHORTEST_ANSWER <= len(answer) <= LONGEST_ANSWER:
        yield "---", f"an answer has {SHORTEST_ANSWER} to {LONGEST_ANSWER} characters, this one {len(answer)}"
    for part in (answer, entry.question):
        if advice := advice_in(part):
            yield advice, f"“{advice}” would be advice of our own: say what the source says, or whom to ask"
    for part in (answer, entry.question, entry.reviewed_by, *(source.title for source in entry.sources)):
        if markup := _MARKUP.search(part):
            yield markup[0], f"plain text only, without links and markup: {markup[0]!r}"
    if any(_UNSEEN.search(each.text) for each in entry.phrasings):
        yield "id:", "phrasings are plain text, without characters that nobody sees"
    yield from _source_problems(entry)
    yield from _review_problems(entry, today)
    if len(entry.phrasings) > MOST_PHRASINGS or any(len(each.text) > LONGEST_PHRASING for each in entry.phrasings):
        yield "id:", f"at most {MOST_PHRASINGS} phrasings of at most {LONGEST_PHRASING} characters"


def _review_problems(entry: Entry, today: date) -> Iterator[tuple[str, str]]:
    if entry.reviewed_on > today:
        yield "reviewed_on:", "reviewed_on lies in the future"
    if entry.review_due < entry.reviewed_on:
        yield "review_due:", "review_due lies before reviewed_on"
    if entry.review_due - entry.reviewed_on > LONGEST_REVIEW:
        yield "review_due:", "review_due is more than a year after reviewed_on"
    if entry.reviewed_by != NOBODY and len(entry.reviewed_by) > LONGEST_TITLE:
        yield "reviewed_by:", f"a name has at most {LONGEST_TITLE} characters"


def _source_problems(entry: Entry) -> Iterator[tuple[str, str]]:
    if not 1 <= len(entry.sources) <= MOST_SOURCES:
        yield "sources:", f"an answer has 1 to {MOST_SOURCES} sources"
    if sum(len(source.title) + len(source.date) + 3 for source in entry.sources) > LONGEST_SOURCES:
        yield "sources:", f"all sources together have at most {LONGEST_SOURCES} characters"
    for source in entry.sources:
        if not 0 < len(source.title) <= LONGEST_TITLE:
            yield source.title[:40], f"a source's title has 1 to {LONGEST_TITLE} characters"
        if read_date_of_source(source.date) is None:
            yield source.title, f"a source's date is like 2021-04-06, 2016-10, 2014 or {UNDATED}"


def _twice(folder: Path, entries: Iterable[Entry]) -> Iterator[Fault]:
    """The same words cannot ask for two entries."""
    asked: dict[str, str] = {}
    for entry in entries:
        for text in (entry.question, *(each.text for each in entry.phrasings)):
            other = asked.setdefault(normal(text), entry.id)
            if other != entry.id:
                yield Fault(str(folder / f"{entry.id}.md"), 1, f"{other} is asked for by the same words: {text[:60]!r}")
