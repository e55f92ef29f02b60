"""Whom to turn to in danger: emergency numbers and lines on which people listen."""

from datetime import date

from babel import Locale

from bot.chat.replies import Text, say
from bot.members.calls import Call
from bot.places.countries import Country, Line, country, country_name, emergency_of_the_eu, finders

_SEVERAL = (("US", "CA"), ("GB", "IE"))
"""The countries whose lines are shown where somebody's own is not known; those of one group share a line."""

_ALWAYS = "24/7"


def danger(call: Call) -> tuple[Text, ...]:
    """Whom to turn to in danger: the numbers of the member's country, where they are confirmed."""
    emergency = emergency_number(call)
    first = say("help.emergency", number=emergency) if emergency else say("help.emergency_local")
    return (first, *crisis(call))


def emergency_number(call: Call) -> str | None:
    """The emergency number of the member's country; None where the country or its number is not known."""
    found = country_of(call)
    return found.emergency if found else None


def crisis(call: Call) -> tuple[Text, ...]:
    """The lines of the member's country on which people listen; directories of them where none is confirmed."""
    found = country_of(call)
    if found and found.crisis:
        return tuple(_line(line) for line in found.crisis)
    return _finders()


def several(language: str = "") -> tuple[Text, ...]:
    """Where somebody can turn whose country is not known: it is never guessed from how they write."""
    lines = [say("help.emergency_local"), say("crisis.eu", number=emergency_of_the_eu())]
    for codes in _SEVERAL:
        names = tuple(country_name(code, language or "en") or code for code in codes)
        found = country(codes[0])
        lines += [_line_of(names, line) for line in (found.crisis[:1] if found else ())]
    return (*lines, *_finders())


def lines_in(found: Country, language: str) -> tuple[Text, ...]:
    """All that is confirmed for a country, with what is known of each line and the day on which that was read."""
    emergency = say("helplines.emergency", number=found.emergency) if found.emergency else say("help.emergency_local")
    lines = [_told(line, language) for line in found.crisis]
    if not lines:
        lines = [say("helplines.none"), *(_told(line, language) for line in finders())]
    return (emergency, *lines)


def checked() -> date:
    """The day on which what ``several`` shows was read; the earliest of them."""
    shown = [line for codes in _SEVERAL if (found := country(codes[0])) for line in found.crisis[:1]]
    return min(line.verified_on for line in (*shown, *finders()))


def country_of(call: Call) -> Country | None:
    """The country that the member has set; None where they have not, or are no member."""
    code = call.member.settings.country if call.member else None
    return country(code) if code else None


def _finders() -> tuple[Text, ...]:
    return tuple(say("help.finder", name=line.name, url=line.url or "") for line in finders())


def _line_of(names: tuple[str, ...], line: Line) -> Text:
    number = " / ".join(line.numbers)
    if line.name in line.numbers:
        return say("crisis.number_of", country=names, number=number)
    return say("crisis.line_of", country=names, name=line.name, number=number)


def _line(line: Line) -> Text:
    number = " / ".join(line.numbers)
    if line.name not in line.numbers:
        return say("help.crisis", name=line.name, number=number)
    return say("help.crisis_call_or_text" if "text" in line.channels else "help.crisis_call", number=number)


def _told(line: Line, language: str) -> Text:
    """One line with how to reach it, when, in which languages, whether it is free, and when that was read."""
    name = line.name if line.name not in line.numbers else say("helplines.nameless")
    number = " / ".join(line.numbers)
    if not line.numbers:
        how = say("helplines.web", url=line.url or "")
    elif "call" not in line.channels:
        how = say("helplines.text", number=number)
    elif "text" in line.channels:
        how = say("helplines.call_or_text", number=number)
    else:
        how = say("helplines.call", number=number)
    facts: list[Text] = []
    if line.hours:
        facts.append(say("helplines.always") if line.hours == _ALWAYS else say("helplines.hours", hours=line.hours))
    if line.free:
        facts.append(say("helplines.free"))
    if line.languages:
        names: dict[str, str] = dict(Locale.parse(language).languages)
        facts.append(say("helplines.languages", languages=tuple(names.get(each, each) for each in line.languages)))
    if line.numbers and line.url:
        facts.append(say("helplines.web", url=line.url))
    facts.append(say("helplines.read_on", day=line.verified_on))
    return say("helplines.line", name=name, how=how, facts=tuple(facts))
