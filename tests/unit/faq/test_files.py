"""Entries as files: they go round to the same bytes, and whatever else lies there is a fault with its line."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.faq import files
from bot.faq.entry import UNDATED, Category, Entry, Phrasing, Source
from bot.faq.files import (
    FOLDER,
    MOST_BYTES,
    Fault,
    FileFaultError,
    digest,
    read_date_of_source,
    read_entry,
    read_folder,
    read_phrasings,
    wrapped,
    write_entry,
    write_folder,
    write_phrasings,
)

TEXT = """---
id: day-length
category: infusion days
question: How long is a day?
answerable: yes
danger: no
sources:
  - title: A leaflet
    date: 2021-04-06
reviewed_by: nobody
reviewed_on: 2026-11-22
review_due: 2027-11-12
---
Four hours or so.

The leaflet says it.
"""


def faults_of(text: str, path: str = "day-length.md") -> tuple[Fault, ...]:
    with pytest.raises(FileFaultError) as caught:
        read_entry(text, path)
    return caught.value.faults


def faults_in(folder: Path) -> tuple[Fault, ...]:
    with pytest.raises(FileFaultError) as caught:
        read_folder(folder)
    return caught.value.faults


def swapped(old: str, new: str) -> str:
    assert TEXT.count(old) == 1
    return TEXT.replace(old, new)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "day-length.md").write_text(TEXT)
    return tmp_path


def test_a_file_is_read_into_its_entry() -> None:
    found = read_entry(TEXT, "day-length.md", "# writer: one\nhow long\n[de] wie lange\n")

    assert (found.id, found.category, found.answerable, found.danger) == (
        "day-length",
        Category.INFUSION_DAYS,
        True,
        False,
    )
    assert found.sources == (Source("A leaflet", "2021-04-06"),)
    assert found.paragraphs == ("Four hours or so.", "The leaflet says it.")
    assert found.phrasings == (Phrasing("how long", "en", "one"), Phrasing("wie lange", "de", "one"))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.stem)
def test_every_shipped_entry_is_written_as_it_was_read(path: Path) -> None:
    beside = path.with_suffix(".phrasings.txt")
    found = read_entry(path.read_bytes().decode(), str(path), beside.read_bytes().decode())

    assert write_entry(found).encode() == path.read_bytes()
    assert write_phrasings(found.phrasings).encode() == beside.read_bytes()


def test_a_folder_goes_round_to_the_same_files(tmp_path: Path) -> None:
    write_folder(tmp_path / "one", read_folder(FOLDER))
    write_folder(tmp_path / "two", read_folder(tmp_path / "one"))

    shipped = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()} == shipped


def test_an_entry_without_phrasings_leaves_none_behind(tmp_path: Path) -> None:
    one = read_entry(TEXT, "day-length.md", "how long\n")
    write_folder(tmp_path, [one])
    write_folder(tmp_path, [replace(one, phrasings=())])

    assert [path.name for path in tmp_path.iterdir()] == ["day-length.md"]


def test_files_of_other_names_stay(folder: Path) -> None:
    (folder / "README").write_text("keep me")
    write_folder(folder, read_folder(folder))

    assert (folder / "README").read_text() == "keep me"


def test_line_ends_of_windows_are_read(folder: Path) -> None:
    (folder / "day-length.md").write_bytes(TEXT.replace("\n", "\r\n").encode())

    assert write_entry(read_folder(folder)[0]) == TEXT


one_line = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1, max_size=60).map(
    str.strip
)
some_words = one_line.filter(bool)
days = st.dates()
entries = st.builds(
    Entry,
    id=st.just("day-length"),
    category=st.sampled_from(Category),
    question=some_words,
    answerable=st.booleans(),
    sources=st.lists(
        st.builds(Source, some_words, st.just(UNDATED) | days.map(str) | days.map(lambda day: str(day)[:7])), min_size=1
    ).map(tuple),
    reviewed_by=some_words,
    reviewed_on=days,
    review_due=days,
    answer=st.lists(some_words, min_size=1, max_size=5).map("\n\n".join),
    danger=st.booleans(),
    crisis=st.booleans(),
    phrasings=st.lists(
        st.builds(
            Phrasing,
            some_words | some_words.map("[de] {}".format) | some_words.map("# writer: {}".format),
            st.sampled_from(["en", "de", "fr"]),
            st.just("") | some_words,
        )
    ).map(tuple),
)


@given(entries)
def test_whatever_an_entry_holds_it_goes_round(entry: Entry) -> None:
    assert read_entry(write_entry(entry), "day-length.md", write_phrasings(entry.phrasings)) == entry


@given(entries)
def test_the_digest_follows_the_content(entry: Entry) -> None:
    again = read_entry(write_entry(entry), "day-length.md", write_phrasings(entry.phrasings))

    assert digest(again) == digest(entry)
    assert digest(replace(entry, question=f"{entry.question}x")) != digest(entry)
    assert digest(replace(entry, phrasings=(*entry.phrasings, Phrasing("one more")))) != digest(entry)


@pytest.mark.parametrize("line", TEXT.split("\n")[1:12], ids=lambda line: line.strip().partition(":")[0])
def test_each_key_is_asked_for_where_it_is_missing(line: str) -> None:
    key = line.strip(" -").partition(":")[0]
    expected = {"title": "no line of a head", "date": "a source has no date", "danger": ""}.get(
        key, f"{key} is missing"
    )
    text = TEXT.replace(f"{line}\n", "", 1)
    if not expected:
        assert not read_entry(text, "day-length.md").danger
        return
    assert any(expected in fault.text for fault in faults_of(text))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("", 1, "three hyphens", id="nothing at all"),
        pytest.param("just text\n", 1, "three hyphens", id="no head"),
        pytest.param("---\nid: day-length\n", 1, "three hyphens", id="a head without an end"),
        pytest.param("\ufeff" + TEXT, 1, "three hyphens", id="a byte order mark"),
        pytest.param(swapped("danger: no", "danger: no\ndanger: yes"), 7, "twice", id="a key twice"),
        pytest.param(swapped("danger: no", "danger no"), 6, "no line of a head", id="no colon"),
        pytest.param(swapped("danger: no", "colour: red"), 6, "no line of a head", id="an unknown key"),
        pytest.param(swapped("danger: no", "danger: maybe"), 6, "yes or no", id="neither yes nor no"),
        pytest.param(swapped("yes", "true"), 5, "yes or no", id="another word for yes"),
        pytest.param(swapped("2026-11-22", "yesterday"), 11, "a day such as", id="no date"),
        pytest.param(swapped("2026-11-22", "2026-02-30"), 11, "a day such as", id="a day that never comes"),
        pytest.param(swapped("2026-11-22", "20261122"), 11, "a day such as", id="a date without hyphens"),
        pytest.param(swapped("2026-11-22", "2026-W47-1"), 11, "a day such as", id="a week's date"),
        pytest.param(swapped("2027-11-12", ""), 12, "a day such as", id="an empty date"),
        pytest.param(swapped("2021-04-06", "last year"), 9, "a source's date", id="no date of a source"),
        pytest.param(swapped("2021-04-06", "2021-13"), 9, "a source's date", id="a thirteenth month"),
        pytest.param(swapped("  - title: A leaflet\n    date: 2021-04-06\n", ""), 7, "needs a source", id="no source"),
        pytest.param(swapped("    date: 2021-04-06\n", ""), 8, "no date", id="a source without a date"),
        pytest.param(
            swapped("  - title: A leaflet\n", "  - title: Lost\n  - title: A leaflet\n"),
            8,
            "no date",
            id="two titles with one date",
        ),
        pytest.param(swapped("A leaflet", ""), 8, "nothing stands behind", id="a source without a title"),
        pytest.param(swapped("infusion days", "gossip"), 3, "a category is one of", id="an unknown category"),
        pytest.param(swapped("day-length", "other-name"), 2, "the file of this entry is", id="another file's id"),
        pytest.param(swapped("day-length", "Day_Length"), 2, "an id is at most", id="capitals in an id"),
        pytest.param(swapped("day-length", "../day-length"), 2, "an id is at most", id="a path for an id"),
        pytest.param(swapped("day-length", "a" * 41), 2, "an id is at most", id="an endless id"),
        pytest.param(swapped("How long is a day?", ""), 4, "nothing stands behind", id="an empty question"),
        pytest.param(swapped("nobody", ""), 10, "nothing stands behind", id="an empty reviewer"),
        pytest.param(TEXT.partition("Four")[0], 14, "the answer is empty", id="no answer"),
        pytest.param(TEXT.partition("Four")[0] + " \n\t\n", 14, "the answer is empty", id="an answer of blanks"),
    ],
)
def test_a_fault_names_its_line(text: str, line: int, words: str) -> None:
    fault = next(each for each in faults_of(text) if words in each.text)

    assert str(fault).startswith(f"day-length.md:{line}: ")


def test_all_faults_of_all_files_are_told(folder: Path) -> None:
    (folder / "day-length.md").write_text(swapped("danger: no", "danger: perhaps").replace("nobody", ""))
    (folder / "fever.md").write_text("no head")

    found = sorted((Path(each.path).name, each.line) for each in faults_in(folder))
    assert found == [("day-length.md", 6), ("day-length.md", 10), ("fever.md", 1)]


def link(path: Path) -> None:
    path.symlink_to(path.parent / "day-length.md")


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        pytest.param("fever.md", link, "no plain file", id="a link"),
        pytest.param("fever.md", lambda path: path.symlink_to("/nowhere"), "no plain file", id="a link to nothing"),
        pytest.param("fever.md", Path.mkdir, "no plain file", id="a folder"),
        pytest.param("fever.md", lambda path: path.write_bytes(b"---\xff"), "no UTF-8", id="no text"),
        pytest.param("fever.md", lambda path: path.write_bytes(b"x" * (MOST_BYTES + 1)), "longer than", id="too long"),
        pytest.param("fever.phrasings.txt", lambda path: path.write_text("hot"), "no entry of this name", id="alone"),
        pytest.param("day-length.phrasings.txt", Path.mkdir, "no plain file", id="phrasings that are a folder"),
        pytest.param("day-length.phrasings.txt", link, "no plain file", id="phrasings that are a link"),
        pytest.param(
            "day-length.phrasings.txt",
            lambda path: path.write_bytes(b"\xfe\xff"),
            "no UTF-8",
            id="phrasings without text",
        ),
        pytest.param(
            "day-length.phrasings.txt",
            lambda path: path.write_bytes(b"x" * (MOST_BYTES + 1)),
            "longer than",
            id="too long phrasings",
        ),
    ],
)
def test_what_is_no_plain_file_is_named(folder: Path, name: str, make: Callable[[Path], object], words: str) -> None:
    make(folder / name)
    (fault,) = faults_in(folder)

    assert (Path(fault.path).name, fault.line) == (name, 1)
    assert words in fault.text


@pytest.mark.parametrize("name", ["day-length.phrasings.txt", "fever.md"])
def test_a_link_out_of_the_folder_is_never_followed(folder: Path, name: str) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".md") as outside:
        outside.write("secret")
        outside.flush()
        (folder / name).symlink_to(outside.name)
        assert "secret" not in str(faults_in(folder))


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_what_is_no_folder_is_said_to_be_none(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("x")

    assert [each.text for each in faults_in(tmp_path / place)] == ["is no folder that can be read"]


def test_a_folder_without_entries_is_a_fault(tmp_path: Path) -> None:
    assert [each.text for each in faults_in(tmp_path)] == ["holds no entry"]


def test_a_folder_with_too_many_files_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_FILES", 1)
    (folder / "fever.md").write_text("x")

    assert [each.text for each in faults_in(folder)] == ["holds more than 1 files"]


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object/apply:os.system ['false']",
        "!!binary aGVsbG8=",
        "&anchor text",
        "*anchor",
        "[a, b]",
        "{a: b}",
        "|",
        "null",
        "'quoted'",
        "text # no remark",
        "a: b: c",
    ],
)
def test_what_means_something_to_yaml_is_plain_text_here(value: str) -> None:
    assert read_entry(swapped("How long is a day?", value), "day-length.md").question == value


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("<<: *base", id="a merge"),
        pytest.param("? id\n: x", id="a complex key"),
        pytest.param("%YAML 1.2", id="a directive"),
        pytest.param("- one\n- two", id="a list"),
        pytest.param("{id: other}", id="a mapping in braces"),
        pytest.param("!!set\nid2: x", id="a tag"),
        pytest.param("  text that goes on", id="a folded line"),
        pytest.param("...", id="the end of a document"),
        pytest.param(
            "\n".join([
                "a0: &a0 [ha, ha]",
                *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)),
            ]),
            id="a billion laughs",
        ),
    ],
)  # fmt: skip
def test_what_only_yaml_understands_is_no_line_of_a_head(lines: str) -> None:
    found = faults_of(swapped("danger: no\n", f"danger: no\n{lines}\n"))

    assert (found[0].line, found[0].text.partition(":")[0]) == (7, "no line of a head")


def test_a_second_document_is_the_answer_s_text() -> None:
    found = read_entry(TEXT + "---\nid: other\n", "day-length.md")

    assert found.id == "day-length"
    assert found.answer.endswith("---\nid: other")


head_lines = st.sampled_from(TEXT.split("\n"))
near_files = st.lists(
    head_lines | st.text(max_size=30) | head_lines.flatmap(lambda a: st.text(max_size=9).map(a.__add__))
)


def read_or_faults(read: Callable[[], Entry]) -> tuple[str, ...] | tuple[Fault, ...]:
    """The id of what was read, or its faults; no other error is let through by the tests."""
    try:
        return (read().id,)
    except FileFaultError as error:
        return error.faults


@given(st.text() | near_files.map("\n".join) | near_files.map(lambda lines: "\n".join(["---", *lines, "---", "x"])))
def test_any_text_is_an_entry_or_a_fault_within_it(text: str) -> None:
    found = read_or_faults(lambda: read_entry(text, "day-length.md", text))

    assert found == ("day-length",) or {each.line for each in found} <= set(range(1, text.count("\n") + 3))


@given(st.binary() | st.text().map(lambda text: (TEXT + text).encode("utf-8", "surrogatepass")))
def test_any_bytes_are_an_entry_or_a_fault(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "day-length.md").write_bytes(content)
        (Path(name) / "day-length.phrasings.txt").write_bytes(content)
        found = read_or_faults(lambda: read_folder(Path(name))[0])

    assert found
    assert found == ("day-length",) or all(isinstance(each, Fault) for each in found)


@given(st.text())
def test_any_text_is_read_as_phrasings(text: str) -> None:
    assert all(each.text.strip() for each in read_phrasings(text) if each.language == "en")


@pytest.mark.parametrize("text", ["2021-04-06", "2016-10", "2014", "undated", " 2014 "])
def test_a_source_s_date_is_a_day_a_month_a_year_or_undated(text: str) -> None:
    assert read_date_of_source(text) == text.strip()


@pytest.mark.parametrize(
    "text", ["", "2014-13", "2014-02-30", "0000", "14", "2014-1", "2014-01-", "May 2014", "\u0662014"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    assert read_date_of_source(text) is None


def test_a_typed_answer_is_wrapped_and_keeps_its_paragraphs() -> None:
    typed = f"{'word ' * 40}\r\nmore\r\n \r\n\r\nlast  part"
    found = wrapped(typed)

    assert max(map(len, found.split("\n"))) <= 100
    assert [part.split() for part in found.split("\n\n")] == [["word"] * 40 + ["more"], ["last", "part"]]


@given(st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=150), min_size=1))
def test_wrapping_changes_no_word(words: list[str]) -> None:
    assert wrapped(" ".join(words)).split() == words
