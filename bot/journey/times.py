"""Times of day as people type them, and as buttons carry them."""

import re
from datetime import time

from bot.errors import MemberError

_TYPED = re.compile(r"(?P<hour>\d{1,2})(?:[:.h ]?(?P<minute>\d{2}))?\s*(?:uhr|h)?\s*(?:(?P<half>[ap])\.?\s*(?:m\.?)?)?")
_TO = re.compile(r"\s*(?:-|\N{EN DASH}|\bto\b|\buntil\b)\s*")
_NONE = frozenset({"off", "none", "no"})
_NOON = 12


def read_time(text: str) -> time:
    """Read "9", "09:30", "9.30", "9 pm", "21h".

    Raises:
        MemberError: no time of day can be read from it.
    """
    found = _TYPED.fullmatch(text.strip().lower()) if len(text) < 20 and text.isascii() else None  # noqa: PLR2004 - far longer than a time
    if found is None:
        raise MemberError("time.invalid", text=text[:20])
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= _NOON:
            raise MemberError("time.invalid", text=text[:20])
        hour = hour % _NOON + (_NOON if found["half"] == "p" else 0)
    try:
        return time(hour, minute)
    except ValueError:
        raise MemberError("time.invalid", text=text[:20]) from None


def read_span(text: str) -> tuple[time, time]:
    """Read "21:00 to 8", "22-7"; "off" gives two equal times, which is no span at all.

    Raises:
        MemberError: no two times of day can be read from it.
    """
    if text.strip().lower() in _NONE:
        return time(0), time(0)
    parts = _TO.split(text.strip().lower())
    if len(parts) != 2:  # noqa: PLR2004 - a start and an end
        raise MemberError("time.invalid_span", text=text[:40])
    return read_time(parts[0]), read_time(parts[1])


def time_from(text: str) -> time:
    """The time that one of our own buttons carried, as "0930".

    Raises:
        MemberError: it carries none.
    """
    if not (text.isascii() and text.isdecimal() and len(text) == 4):  # noqa: PLR2004 - hours and minutes
        raise MemberError("button.gone")
    try:
        return time(int(text[:2]), int(text[2:]))
    except ValueError:
        raise MemberError("button.gone") from None
