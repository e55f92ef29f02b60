"""What people type behind ``/round``: which word is the number, which the days, and which part is the date."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from bot.dates.reading import Prefer, read_date

ACTION_NAMES = ("add", "move", "end", "remove")
_VERBS = {
    "add": "add", "new": "add", "move": "move", "postpone": "move", "change": "move", "reschedule": "move",
    "end": "end", "stop": "end", "remove": "remove", "delete": "remove", "cancel": "remove",
}  # fmt: skip
_VERB = re.compile(
    r"(?P<number>(?:(?:round|series)\s*)?#?\d{1,3}[\s,:;]+)?(?P<verb>" + "|".join(_VERBS) + r")\b", re.IGNORECASE
)
_NUMBER = re.compile(
    r"(?P<name>(?:(?:round|series|number|no\.?|#)\s*)*)(?P<number>\d{1,3})(?P<mark>\.?[\s,:;]+|$)"
    r"(?P<span>(?:to|until|till)\b)?(?P<before>(?:first|start|beg[ai]n))?",
    re.IGNORECASE,
)
_DAYS = re.compile(r"(?:^|(?<=[\s,;(]))(?:for )?(\d{1,3}) ?(?:infusion )?days?\b", re.IGNORECASE)
_BEFORE_DATE = re.compile(
    r"\b(?:(?:round|series|first day|first infusion day|first infusion|start(?:s|ed|ing)?|beg[ai]n(?:s|ning)?|from|on|"
    r"to|until|is|was)\b[\s:,]*)+",
    re.IGNORECASE,
)
_ANY_DAY = date(2026, 1, 1)


def read_round(text: str) -> Mapping[str, str]:
    """Read "1, first day 5 Dec 2016", "2 postpone to 3 March 2027, 3 days", "remove 2" as arguments.

    A figure is the round's number only where what stays without it is a date ("1 5 Dec 2016" against "1 Dec 2016"), or
    where nothing else stays. Where both are dates ("1, Dec 5"), it is the number if a verb, its name, a comma or words
    like "first day" set it apart. What cannot be parted so is left whole, to be refused as a date and quoted as typed.
    """
    rest = text.strip()
    verb = _VERB.match(rest)
    found = {"action": _VERBS[verb["verb"].lower()]} if verb else {}
    if verb:
        rest = f"{verb['number'] or ''}{rest[verb.end() :]}".strip()
    if not rest:
        return found
    number = _NUMBER.match(rest)
    if number and number["span"] and not (verb or number["name"]):
        # "12 to 14 January" are days, and which of them was meant must not be guessed.
        number = None
    partings = list(_partings(rest, number))
    apart = number and (verb or number["name"] or number["before"] or set(number["mark"]) & set(",:;"))
    in_order = sorted(partings, key=lambda each: "number" not in each) if apart else partings
    parted = next((each for each in in_order if _fits(each)), partings[-1] if verb else {"first_day": rest})
    return found | parted


def _partings(text: str, number: re.Match[str] | None) -> Iterator[dict[str, str]]:
    """Every way to part a text into number, days and first day, the ones that take least away first."""
    numbered = [({"number": number["number"]}, text[number.end("mark") :])] if number else []
    for found, after in [({}, text), *numbered]:
        days = _DAYS.search(after)
        lengths: list[tuple[dict[str, str], str]] = [({}, after)]
        if days:
            lengths.append(({"days": days[1]}, f"{after[: days.start()]} {after[days.end() :]}"))
        for length, left in lengths:
            first_day = _BEFORE_DATE.sub("", left.strip(" ,;:()")).strip(" ,;:()")
            yield found | length | ({"first_day": first_day} if first_day else {})


def _fits(parts: Mapping[str, str]) -> bool:
    if "first_day" not in parts:
        return set(parts) == {"number"}
    # Which part of a text is a date hangs neither on the day nor on the person; both count when it is read for good.
    readings = (
        read_date(parts["first_day"], today=_ANY_DAY, locale=locale, prefer=Prefer.EITHER) for locale in ("en", None)
    )
    return any(reading.day is not None or reading.choices for reading in readings)
