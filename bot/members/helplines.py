"""Whom to turn to in danger: emergency numbers and lines on which people listen."""

from bot.chat.replies import Text, say
from bot.members.calls import Call
from bot.places.countries import Country, Line, country, finders


def danger(call: Call) -> tuple[Text, ...]:
    """Whom to turn to in danger: the numbers of the member's country, where they are confirmed."""
    emergency = emergency_number(call)
    first = say("help.emergency", number=emergency) if emergency else say("help.emergency_local")
    return (first, *crisis(call))


def emergency_number(call: Call) -> str | None:
    """The emergency number of the member's country; None where the country or its number is not known."""
    found = _country(call)
    return found.emergency if found else None


def crisis(call: Call) -> tuple[Text, ...]:
    """The lines of the member's country on which people listen; directories of them where none is confirmed."""
    found = _country(call)
    if found and found.crisis:
        return tuple(_line(line) for line in found.crisis)
    return tuple(say("help.finder", name=line.name, url=line.url or "") for line in finders())


def _country(call: Call) -> Country | None:
    code = call.member.settings.country if call.member else None
    return country(code) if code else None


def _line(line: Line) -> Text:
    number = " / ".join(line.numbers)
    if line.name not in line.numbers:
        return say("help.crisis", name=line.name, number=number)
    return say("help.crisis_call_or_text" if "text" in line.channels else "help.crisis_call", number=number)
