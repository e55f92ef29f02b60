"""Entries as files: ``<id>.md`` holds an entry, ``<id>.phrasings.txt`` beside it how people ask for it.

The head of an entry looks like YAML and is valid YAML, but is read by rules of its own: plain values, a line each, and
the list of sources. So a file that a stranger sends can hold no tag, no anchor and no second document, and every fault
has its line. What is written is what was read: ``export`` and ``import`` go round to the same files.
"""

import hashlib
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.faq.entry import UNDATED, Category, Entry, Phrasing, Source

FOLDER = Path(__file__).parent / "entries"
"""The entries that come with the program."""

MOST_BYTES = 200_000
"""The longest file that is read; the longest of ours has some fifteen thousand."""

MOST_FILES = 5_000
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MOST_ID = 40

_PHRASINGS = ".phrasings.txt"
_ENTRY = ".md"
_WIDTH = 100
_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
_LANGUAGE = re.compile(r"\[([a-z]{2})\] (.*)")
_WRITER = "# writer: "
_KEYS = ("id", "category", "question", "answerable", "danger", "crisis", "sources", "reviewed_by", "reviewed_on",
         "review_due")  # fmt: skip
_MAY_LACK = {"danger", "crisis"}
_YES = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a file, and where; ``line`` counts from 1."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


class FileFaultError(ValueError):
    """A file does not have the form of an entry."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = tuple(faults)


def read_folder(folder: Path) -> tuple[Entry, ...]:
    """Read every entry of a folder, in the order of their ids.

    Raises:
        FileFaultError: some files do not have the form; all faults of all files are in it.
    """
    entries: list[Entry] = []
    faults: list[Fault] = []
    try:
        paths = sorted(path for path in folder.iterdir() if path.name.endswith((_ENTRY, _PHRASINGS)))
    except OSError as error:
        raise FileFaultError([Fault(str(folder), 1, "is no folder that can be read")]) from error
    if len(paths) > MOST_FILES:
        raise FileFaultError([Fault(str(folder), 1, f"holds more than {MOST_FILES} files")])
    ids = {path.name.removesuffix(_ENTRY) for path in paths if path.name.endswith(_ENTRY)}
    for path in paths:
        try:
            if path.name.endswith(_ENTRY):
                beside = folder / (path.name.removesuffix(_ENTRY) + _PHRASINGS)
                entries.append(read_entry(_text_of(path), str(path), _text_of(beside) if beside.exists() else ""))
            elif path.name.removesuffix(_PHRASINGS) not in ids:
                faults.append(Fault(str(path), 1, "no entry of this name stands beside these phrasings"))
        except FileFaultError as error:
            faults += error.faults
    if not entries and not faults:
        faults.append(Fault(str(folder), 1, "holds no entry"))
    if faults:
        raise FileFaultError(faults)
    return tuple(entries)


def read_entry(text: str, path: str, phrasings: str = "") -> Entry:
    """Read an entry from the text of its file and that of its phrasings.

    Raises:
        FileFaultError: the text does not have the form.
    """
    lines = text.split("\n")
    end = next((number for number, line in enumerate(lines) if number and line == "---"), None)
    if lines[0] != "---" or end is None:
        raise FileFaultError([Fault(path, 1, "the head stands between two lines of three hyphens")])
    head = _Head(path)
    head.read(lines[1:end])
    name = Path(path).name.removesuffix(_ENTRY)
    entry_id = head.text("id")
    if entry_id and (not ID.fullmatch(entry_id) or len(entry_id) > MOST_ID):
        head.fault("id", f"an id is at most {MOST_ID} lower-case letters, digits and hyphens")
    elif entry_id and path.endswith(_ENTRY) and entry_id != name:
        head.fault("id", f"the file of this entry is {entry_id}{_ENTRY}")
    answer = "\n".join(lines[end + 1 :]).strip("\n")
    if not answer.strip():
        head.faults.append(Fault(path, end + 2, "the answer is empty"))
    category = next((each for each in Category if each.value == head.text("category")), None)
    if category is None:
        head.fault("category", f"a category is one of: {', '.join(each.value for each in Category)}")
    entry = Entry(
        id=entry_id,
        category=category or Category.LOGISTICS,
        question=head.text("question"),
        answerable=head.yes("answerable"),
        danger=head.yes("danger"),
        crisis=head.yes("crisis"),
        sources=tuple(head.sources),
        reviewed_by=head.text("reviewed_by"),
        reviewed_on=head.day("reviewed_on"),
        review_due=head.day("review_due"),
        answer=answer,
        phrasings=read_phrasings(phrasings),
    )
    if head.faults:
        raise FileFaultError(head.faults)
    return entry


def write_entry(entry: Entry) -> str:
    """Write an entry's file."""
    head = [
        f"id: {entry.id}",
        f"category: {entry.category.value}",
        f"question: {entry.question}",
        f"answerable: {_no_or_yes(yes=entry.answerable)}",
        f"danger: {_no_or_yes(yes=entry.danger)}",
        *(["crisis: yes"] if entry.crisis else []),
        "sources:",
        *(line for source in entry.sources for line in (f"  - title: {source.title}", f"    date: {source.date}")),
        f"reviewed_by: {entry.reviewed_by}",
        f"reviewed_on: {entry.reviewed_on}",
        f"review_due: {entry.review_due}",
    ]
    return "\n".join(["---", *head, "---", entry.answer, ""])


def write_phrasings(phrasings: Iterable[Phrasing]) -> str:
    """Write the file of an entry's phrasings."""
    lines: list[str] = []
    writer = ""
    for each in phrasings:
        if each.writer != writer:
            writer = each.writer
            lines.append(_WRITER + writer)
        # English words that look like another language's line, or like a writer's, need their own language in front.
        plain = each.language == "en" and not _LANGUAGE.fullmatch(each.text) and not each.text.startswith(_WRITER)
        lines.append(each.text if plain else f"[{each.language}] {each.text}")
    return "\n".join([*lines, ""])


def write_folder(folder: Path, entries: Iterable[Entry]) -> None:
    """Write entries into a folder, which is made; files of other names in it stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry in entries:
        (folder / f"{entry.id}{_ENTRY}").write_text(write_entry(entry), encoding="utf-8", newline="\n")
        beside = folder / f"{entry.id}{_PHRASINGS}"
        if entry.phrasings:
            beside.write_text(write_phrasings(entry.phrasings), encoding="utf-8", newline="\n")
        else:
            beside.unlink(missing_ok=True)


def digest(entry: Entry) -> str:
    """Name an entry's content, phrasings included."""
    text = write_entry(entry) + "\0" + write_phrasings(entry.phrasings)
    return hashlib.blake2s(text.encode(), digest_size=16).hexdigest()


def wrapped(answer: str) -> str:
    """An answer as typed in a chat, in the form in which files hold it."""
    parts = re.split(r"\n\s*\n", answer.replace("\r\n", "\n").strip())
    # Lines are joined with a space when they are read, so none may end within a word.
    whole = textwrap.TextWrapper(_WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n\n".join(whole.fill(" ".join(part.split())) for part in parts if part.strip())


def read_date_of_source(text: str) -> str | None:
    """A source's date as files write it; None where it is none."""
    text = text.strip()
    if text == UNDATED:
        return text
    if not _DATE.fullmatch(text):
        return None
    try:
        date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        return None
    return text


def _text_of(path: Path) -> str:
    try:
        # A link could lead out of the folder: what is read is what lies in it.
        if path.is_symlink() or not path.is_file():
            raise FileFaultError([Fault(str(path), 1, "is no plain file")])
        if path.stat().st_size > MOST_BYTES:
            raise FileFaultError([Fault(str(path), 1, f"is longer than {MOST_BYTES} bytes")])
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise FileFaultError([Fault(str(path), 1, "is no UTF-8 text")]) from error
    except OSError as error:
        raise FileFaultError([Fault(str(path), 1, "cannot be read")]) from error


def read_phrasings(text: str) -> tuple[Phrasing, ...]:
    """Read phrasings: one a line, with its language in brackets where that is not English, under their writers."""
    return tuple(_phrasings(text))


def _phrasings(text: str) -> Iterator[Phrasing]:
    writer = ""
    for line in text.split("\n"):
        if line.startswith(_WRITER):
            writer = line.removeprefix(_WRITER).strip()
        elif line.strip():
            named = _LANGUAGE.fullmatch(line)
            language, said = (named[1], named[2]) if named else ("en", line)
            yield Phrasing(said, language, writer)


def _no_or_yes(*, yes: bool) -> str:
    return "yes" if yes else "no"


class _Head:
    """The head of a file as it is read: values with their lines, and the faults so far."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self.sources: list[Source] = []
        self._values: dict[str, tuple[int, str]] = {}

    def read(self, lines: Sequence[str]) -> None:
        """Read the lines between the hyphens; the first of them is the file's second."""
        title: tuple[int, str] | None = None
        for number, line in enumerate(lines, start=2):
            value = line.partition(":")[2].strip()
            if line.startswith("    date:") and title is not None:
                self._source(number, title[1], value)
                title = None
            elif line.strip():
                self._without_date(title)
                title = (number, self._whole(number, value)) if line.startswith("  - title:") else None
                if title is None:
                    self._line(number, line)
        self._without_date(title)
        for key in _KEYS:
            if key not in self._values and key not in _MAY_LACK:
                self.faults.append(Fault(self.path, 1, f"{key} is missing"))
        if "sources" in self._values and not self.sources:
            self.fault("sources", "an answer needs a source")

    def _without_date(self, title: tuple[int, str] | None) -> None:
        if title is not None:
            self.faults.append(Fault(self.path, title[0], "a source has no date"))

    def _source(self, number: int, title: str, value: str) -> None:
        shown = read_date_of_source(value)
        if shown is None:
            self.faults.append(Fault(self.path, number, "a source's date is like 2021-04-06, 2016-10 or 2014"))
        self.sources.append(Source(title, shown or UNDATED))

    def _line(self, number: int, line: str) -> None:
        key, colon, value = line.partition(":")
        if not colon or key not in _KEYS:
            self.faults.append(Fault(self.path, number, f"no line of a head: {line[:40].strip()!r}"))
        elif key in self._values:
            self.faults.append(Fault(self.path, number, f"{key} stands here twice"))
        else:
            self._values[key] = (number, value.strip())

    def text(self, key: str) -> str:
        """A value of one line."""
        number, value = self._values.get(key, (1, ""))
        return self._whole(number, value) if key in self._values else ""

    def yes(self, key: str) -> bool:
        """A yes or no; no where the line may be missing."""
        _, value = self._values.get(key, (1, "no"))
        if value not in _YES:
            self.fault(key, f"{key} is yes or no")
        return _YES.get(value, False)

    def day(self, key: str) -> date:
        """A day."""
        _, value = self._values.get(key, (1, ""))
        try:
            found = date.fromisoformat(value)
        except ValueError:
            found = None
        # Other forms of ISO 8601 would be written in another form than they were read.
        if found is not None and found.isoformat() == value:
            return found
        if key in self._values:
            self.fault(key, f"{key} is a day such as 2027-03-15")
        return date.min

    def fault(self, key: str, text: str) -> None:
        """Note a fault at the line of a key."""
        self.faults.append(Fault(self.path, self._values.get(key, (1, ""))[0], text))

    def _whole(self, number: int, value: str) -> str:
        if not value:
            self.faults.append(Fault(self.path, number, "nothing stands behind the colon"))
        return value
