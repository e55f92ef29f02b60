import time as clock
import tomllib
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dates.days import EARLIEST, LATEST
from bot.dates.reading import Prefer, Problem, Reading, is_iso, read_date

HERE = Path(__file__).parent
PHRASES = tomllib.loads((HERE / "phrases.toml").read_text("utf-8"))
SECOND_LIST = tomllib.loads((HERE / "second_list.toml").read_text("utf-8"))["phrases"]
SATURDAY = date(2026, 3, 7)
LANGUAGES = ("en", "es", "de", "fr", "it", "pt", "nl", "pl")
DAYS = st.dates(EARLIEST, LATEST)
# The first example of a run loads the words and the locales, which a busy machine may do slowly.
unhurried = settings(deadline=None)


def read(
    text: str,
    locale: str | None = "en",
    *,
    today: date = SATURDAY,
    now: time | None = None,
    country: str | None = None,
    prefer: Prefer = Prefer.FUTURE,
) -> Reading:
    return read_date(text, today=today, now=now, locale=locale, country=country, prefer=prefer)


def ids(rows: list[list[object]]) -> list[str]:
    return [f"{row[1]} {str(row[0]).encode('ascii', 'backslashreplace').decode()}" for row in rows]


def asked(*days: str) -> Reading:
    return Reading(None, None, tuple(map(date.fromisoformat, days)), Problem.AMBIGUOUS)


INVALID = Reading(None, None, (), Problem.INVALID)


@pytest.mark.parametrize(("text", "locale", "day", "at"), PHRASES["read"], ids=ids(PHRASES["read"]))
def test_a_plain_phrase_is_read(text: str, locale: str, day: str, at: str) -> None:
    assert read(text, locale) == Reading(date.fromisoformat(day), time.fromisoformat(at) if at else None, (), None)


@pytest.mark.parametrize(("text", "locale", "days"), PHRASES["asked"], ids=ids(PHRASES["asked"]))
def test_a_contested_phrase_is_asked_about(text: str, locale: str, days: list[str]) -> None:
    assert read(text, locale) == asked(*days)


@pytest.mark.parametrize(("text", "locale"), PHRASES["refused"], ids=ids(PHRASES["refused"]))
def test_what_names_no_day_is_refused(text: str, locale: str) -> None:
    assert read(text, locale) == INVALID
    assert read(text, None).day is None


@pytest.mark.parametrize(("text", "locale"), [("7 ago", "en"), ("Dez Dez", "de")])
def test_a_language_that_knows_every_word_leaves_nothing_to_the_others(text: str, locale: str) -> None:
    assert read(text, locale) == INVALID


@pytest.mark.parametrize(("text", "locale", "day"), SECOND_LIST, ids=ids(SECOND_LIST))
def test_no_phrase_of_the_second_list_gives_a_wrong_day(text: str, locale: str, day: str) -> None:
    reading = read(text, locale)
    assert reading.day is None or reading.day.isoformat() == day


def test_the_second_list_is_read_as_well_as_the_readme_says() -> None:
    right = [read(text, locale).day == (date.fromisoformat(day) if day else None) for text, locale, day in SECOND_LIST]
    assert (sum(right), len(right)) == (58, 60)


@pytest.mark.parametrize(
    ("text", "prefer", "expected"),
    [
        ("5 dec", Prefer.PAST, Reading(date(2025, 12, 5), None, (), None)),
        ("7 mar", Prefer.PAST, Reading(SATURDAY, None, (), None)),
        ("7 mar", Prefer.EITHER, Reading(SATURDAY, None, (), None)),
        ("5 feb", Prefer.EITHER, asked("2026-02-05", "2027-02-05")),
        ("5 dec", Prefer.EITHER, asked("2025-12-05", "2026-12-05")),
        ("5 sep", Prefer.EITHER, asked("2025-09-05", "2026-09-05")),
        ("friday", Prefer.PAST, Reading(date(2026, 3, 6), None, (), None)),
        ("friday", Prefer.EITHER, asked("2026-03-06", "2026-03-13")),
        ("this friday", Prefer.PAST, asked("2026-03-06", "2026-03-13")),
        ("saturday", Prefer.PAST, asked("2026-02-28", "2026-03-07")),
        ("the 5th", Prefer.PAST, asked("2026-02-05", "2026-03-05")),
        ("the 5th", Prefer.EITHER, asked("2026-03-05", "2026-04-05")),
        ("in 3 weeks", Prefer.PAST, Reading(date(2026, 3, 28), None, (), None)),
    ],
    ids=str,
)
def test_the_preference_says_where_a_day_without_a_year_lies(text: str, prefer: Prefer, expected: Reading) -> None:
    assert read(text, prefer=prefer) == expected


@pytest.mark.parametrize(
    ("locale", "country", "expected"),
    [
        ("en", "GB", Reading(date(2026, 12, 5), None, (), None)),
        ("en", "US", Reading(date(2026, 5, 12), None, (), None)),
        ("en", "PH", Reading(date(2026, 5, 12), None, (), None)),
        ("en", "DE", Reading(date(2026, 12, 5), None, (), None)),
        (None, "GB", Reading(date(2026, 12, 5), None, (), None)),
        ("en", "CA", asked("2026-05-12", "2026-12-05")),
        ("en-US", "GB", asked("2026-05-12", "2026-12-05")),
        (None, None, asked("2026-05-12", "2026-12-05")),
        ("??", "??", asked("2026-05-12", "2026-12-05")),
    ],
)
def test_country_and_locale_together_say_which_figure_is_the_day(
    locale: str | None, country: str | None, expected: Reading
) -> None:
    assert read("05/12/2026", locale, country=country) == expected


def test_a_month_from_the_last_day_of_january_is_the_last_day_of_february() -> None:
    assert read("in 1 month", today=date(2026, 1, 31)).day == date(2026, 2, 28)
    assert read("in 2 months", today=date(2026, 1, 31)).day == date(2026, 3, 31)


def test_a_time_of_today_that_has_passed_is_asked_about() -> None:
    assert read("today at 8", now=time(9, 30)) == asked("2026-03-07")
    assert read("today at 10", now=time(9, 30)).at == time(10)
    assert read("today at 8", now=time(9, 30), prefer=Prefer.PAST).at == time(8)


@pytest.mark.parametrize(
    "text",
    [
        "5 " * 5000,
        "9" * 10_000,
        "in " * 20,
        "mar " * 15,
        "morgen " * 8,
        "\u0661" * 60,
        "a̴" * 30,
        "5/" * 30,
        "sept " * 12,
    ],
    ids=lambda text: text[:6].encode("ascii", "backslashreplace").decode(),
)
@pytest.mark.parametrize("locale", ["en", "de", None])
def test_garbage_is_refused_quickly(text: str, locale: str | None) -> None:
    read("5 dec 2026", locale)
    began = clock.process_time()
    assert read(text, locale) == INVALID
    assert clock.process_time() - began < 0.05


@pytest.mark.parametrize(
    ("text", "is_it"),
    [
        ("2026-12-05", True),
        ("2026-12-05T09:00", True),
        ("2026-02-30", False),
        ("2026-12-05 09:00", False),
        ("2026-12-05T09:00Z", False),
        ("20261205", False),
        ("2026-W10-6", False),
        ("5 dec", False),
        ("", False),
    ],
)
def test_only_a_whole_iso_day_is_iso(text: str, is_it: bool) -> None:
    assert is_iso(text) is is_it


# The words of all phrases in new orders come nearer to the grammar than letters at random.
SNIPPETS = st.sampled_from(sorted({word for rows in PHRASES.values() for row in rows for word in row[0].split()}))


@unhurried
@given(
    text=st.text(max_size=80) | st.lists(SNIPPETS, max_size=8).map(" ".join),
    today=DAYS,
    locale=st.none() | st.sampled_from([*LANGUAGES, "en-GB", "en-US", "zz", "de_AT.UTF-8"]) | st.text(max_size=6),
    country=st.none() | st.sampled_from(["GB", "US", "CA", "ZZ", "?"]),
    prefer=st.sampled_from(Prefer),
)
def test_any_text_gives_a_day_in_the_window_or_a_problem(
    text: str, today: date, locale: str | None, country: str | None, prefer: Prefer
) -> None:
    reading = read_date(text, today=today, locale=locale, country=country, prefer=prefer)
    assert (reading.day is None) == (reading.problem is not None)
    assert bool(reading.choices) == (reading.problem is Problem.AMBIGUOUS)
    assert list(reading.choices) == sorted(set(reading.choices))
    assert len(reading.choices) <= 4
    assert all(EARLIEST <= day <= LATEST for day in [reading.day, *reading.choices] if day)


@unhurried
@given(day=DAYS, today=DAYS, locale=st.none() | st.sampled_from(LANGUAGES))
def test_an_iso_day_reads_back_as_itself_for_everybody(day: date, today: date, locale: str | None) -> None:
    assert read(day.isoformat(), locale, today=today).day == day


@pytest.mark.parametrize("style", ["full", "long", "medium"])
@pytest.mark.parametrize("language", LANGUAGES)
@unhurried
@given(day=DAYS)
def test_a_day_as_its_language_writes_it_reads_back_as_itself(language: str, style: str, day: date) -> None:
    reading = read(format_date(day, style, locale=language), language)
    assert reading.day == day or (style == "medium" and day in reading.choices)


@pytest.mark.parametrize(("locale", "pattern"), [("en-GB", "dd/MM/y"), ("en-US", "M/d/y"), ("de-DE", "d.M.y")])
@unhurried
@given(day=DAYS)
def test_a_day_in_figures_reads_back_as_itself_in_its_country(locale: str, pattern: str, day: date) -> None:
    assert read(format_date(day, pattern, locale=locale.replace("-", "_")), locale).day == day


@pytest.mark.parametrize("prefer", Prefer)
@unhurried
@given(today=DAYS, away=st.integers(-300, 300))
def test_a_day_without_a_year_is_never_on_the_side_not_preferred(prefer: Prefer, today: date, away: int) -> None:
    day = today + timedelta(days=away)
    reading = read(format_date(day, "d MMMM", locale="en"), today=today, prefer=prefer)
    offered = [reading.day] if reading.day else reading.choices
    if prefer is Prefer.FUTURE:
        assert all(one >= today for one in offered)
    if prefer is Prefer.PAST:
        assert all(one <= today for one in offered)
    assert all((one.month, one.day) == (day.month, day.day) for one in offered)
