"""`python -m bot read-date`: read dates as people type them, for trying the reader out and for other programs."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from bot.dates.reading import Prefer, Problem, Reading, read_date

_UNREADABLE = Reading(None, None, (), Problem.INVALID)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "text", nargs="*", help="the words of one date; without them, each line of standard input is one"
    )
    parser.add_argument("--json", action="store_true", help="read and answer JSON objects, one a line")
    parser.add_argument("--locale", default="en", help="the language the words are in, such as en-GB (default: en)")
    parser.add_argument("--country", help="two letters: says whether 05/12 is in May or in December")
    parser.add_argument("--prefer", choices=[side.value for side in Prefer], default=Prefer.FUTURE.value)
    parser.add_argument("--today", type=date.fromisoformat, help="the day to count from (default: today)")


def main(arguments: argparse.Namespace, source: Iterable[bytes] | None = None) -> int:
    """Answer each text with its date, one line each; the exit status is 1 if a text of the command line has none.

    The lines come from the source, by default standard input.
    """
    lines = _decoded(sys.stdin.buffer if source is None else source)
    if arguments.json and (arguments.text or arguments.today):
        sys.stderr.write("read-date: with --json, each line of standard input is one question; give no words\n")
        return 2
    if arguments.json:
        for line in lines:
            print(json.dumps(answer(line)), flush=True)  # noqa: T201 - the answer is this command's output
        return 0
    # The command line is the door where the clock is read; here the machine's own calendar is the person's.
    today = arguments.today or datetime.now().astimezone().date()
    readings: list[Reading] = []
    for text in [" ".join(arguments.text)] if arguments.text else lines:
        reading = read_date(
            text.rstrip("\r\n"),
            today=today,
            locale=arguments.locale,
            country=arguments.country,
            prefer=Prefer(arguments.prefer),
        )
        readings.append(reading)
        print(_plain(reading), flush=True)  # noqa: T201 - the answer is this command's output
    return int(bool(arguments.text) and any(reading.problem for reading in readings))


def answer(line: str) -> dict[str, object]:
    """Answer one JSON line: {"id", "text", "now", "zone", "locale"}, and if given "country" and "prefer".

    "now" is the wall clock in "zone" ("2026-03-07T09:30"); with an offset or "Z" it is a moment, and the zone gives
    its wall clock. A line that is not such an object, or has no text or moment that can be read, is invalid.
    """
    identity: object = None
    reading = _UNREADABLE
    try:
        asked: object = json.loads(line)
        if isinstance(asked, dict):
            fields = cast("dict[str, object]", asked)
            identity = fields.get("id")
            reading = _read(fields)
    # A zone's name may be anything, and names a file: what cannot be opened is as unreadable as what does not parse.
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError):
        reading = _UNREADABLE
    return {
        "id": identity,
        "date": reading.day.isoformat() if reading.day else None,
        "time": reading.at.isoformat("minutes") if reading.at else None,
        "choices": [day.isoformat() for day in reading.choices],
        "problem": reading.problem.value if reading.problem else None,
    }


def _read(fields: dict[str, object]) -> Reading:
    now = datetime.fromisoformat(_text(fields["now"]))
    zone = fields.get("zone")
    here = ZoneInfo(_text(zone)) if zone is not None else None
    if now.tzinfo and here:
        now = now.astimezone(here)
    locale, country, prefer = fields.get("locale"), fields.get("country"), fields.get("prefer")
    return read_date(
        _text(fields["text"]),
        today=now.date(),
        now=now.time(),
        locale=None if locale is None else _text(locale),
        country=None if country is None else _text(country),
        prefer=Prefer.FUTURE if prefer is None else Prefer(_text(prefer)),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    """Give each line as text; bytes that are no UTF-8 make that line unreadable, they do not end the rest."""
    for line in lines:
        yield line.decode("utf-8", errors="replace")


def _plain(reading: Reading) -> str:
    if reading.day:
        return f"{reading.day} {reading.at:%H:%M}" if reading.at else str(reading.day)
    return " or ".join(map(str, reading.choices)) or "not a date"
