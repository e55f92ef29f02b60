"""The questions behind a member's settings, each with taps; asked in the set-up and again in ``/settings``.

In the set-up a tap carries ``1`` as its last argument and leads to the next question; else it leads back to the
settings.
"""

import asyncio
from collections.abc import Sequence
from datetime import time

from bot.care.course import Course
from bot.chat.replies import Button, Choice, Field, Form, Reply, Text, Tone, rows, say
from bot.members.calls import Call
from bot.members.member import Settings
from bot.places.countries import common_countries, country_name, find_country
from bot.places.zones import Place, default_zone, describe_zone, search_zones, zones_of

# Action names that more than one of the journey's files puts under a button.
START, ADD_ROUND, NEXT_LAB, SETTINGS = "b", "ra", "ln", "v"
COUNTRY, OTHER_COUNTRY = "c", "cf"
ZONE, FIND_ZONE = "z", "zf"
HOUR, OTHER_HOUR = "h", "hf"
DAY, OTHER_DAY, ASK_DAY = "y", "yf", "ya"

IN_SETUP = "1"
_OWN_SETTINGS = "0"

NEXT_CHECK = Button(say("button.next_check"), NEXT_LAB)

_HOURS = (time(7), time(8), time(9), time(12), time(18), time(20))
_MOST_PLACES, _MOST_ELSEWHERE = 5, 2
_DAYS = (1, 5, 10, 15, 20, 25)

COUNTRY_FORM = Form(
    OTHER_COUNTRY, say("form.country.title"), (Field("country", say("form.country.label"), say("form.country.hint")),)
)
ZONE_FORM = Form(FIND_ZONE, say("form.zone.title"), (Field("city", say("form.zone.label"), say("form.zone.hint")),))
HOUR_FORM = Form(OTHER_HOUR, say("form.hour.title"), (Field("hour", say("form.hour.label"), say("form.hour.hint")),))
DAY_FORM = Form(OTHER_DAY, say("form.day.title"), (Field("day", say("form.day.label"), say("form.day.hint")),))
FORMS = (COUNTRY_FORM, ZONE_FORM, HOUR_FORM, DAY_FORM)


def mark(*, in_setup: bool) -> str:
    """What a tap carries to say where it belongs."""
    return IN_SETUP if in_setup else _OWN_SETTINGS


def ask_country(language: str, *, in_setup: bool) -> Reply:
    """Which country: the plan of checks and the helplines follow from it."""
    there = mark(in_setup=in_setup)
    taps = [country_button(code, language, there) for code in common_countries()]
    taps.append(Button(say("button.other_country"), OTHER_COUNTRY, (there,)))
    return Reply((say("choose.country"),), buttons=rows(*taps))


def country_button(code: str, language: str, there: str) -> Button:
    """The tap for one country."""
    return Button(say("form.as_is", text=country_name(code, language) or code), COUNTRY, (code, there))


def ask_zone(call: Call, country: str | None, *, in_setup: bool) -> Reply:
    """Which time zone: those of the country, or a search by city."""
    there = mark(in_setup=in_setup)
    zones = zones_of(country) if country else ()
    taps = [zone_button(call, zone, there) for zone in zones[:7]]
    taps.append(Button(say("button.find_city"), FIND_ZONE, (there,)))
    return Reply((say("choose.zone"),), buttons=rows(*taps, width=1))


def zone_button(call: Call, zone: str, there: str) -> Button:
    """The tap for one time zone."""
    return Button(zone_text(call, zone), ZONE, (zone, there))


def zone_text(call: Call, zone: str) -> Text:
    """How a time zone reads."""
    return say("form.as_is", text=describe_zone(zone, call.now, call.language))


async def find_places(text: str, country: str | None) -> Sequence[Place]:
    """Search cities, those of the country first; in a thread, since the first search builds an index.

    Some live across the border from their centre, so a country never hides the rest of the world.
    """
    near = await asyncio.to_thread(search_zones, text, country) if country else ()
    anywhere = await asyncio.to_thread(search_zones, text, limit=_MOST_ELSEWHERE if near else _MOST_PLACES)
    return tuple(dict.fromkeys((*near, *anywhere)))[:_MOST_PLACES]


async def offer_places(call: Call, text: str, there: str) -> Reply:
    """The places that a typed city may mean, as taps: a wrong zone must not be taken silently."""
    country = call.who.settings.country
    places = await find_places(text, country)
    if not places:
        retry = rows(Button(say("button.find_city"), FIND_ZONE, (there,)))
        return Reply((say("choose.zone_not_found", text=text[:60]),), buttons=retry)
    taps = [Button(_place_text(call, place), ZONE, (place.zone, there)) for place in places]
    taps.append(Button(say("button.find_city"), FIND_ZONE, (there,)))
    return Reply((say("choose.zone_found"),), buttons=rows(*taps, width=1))


def _place_text(call: Call, place: Place) -> Text:
    country = country_name(place.country, call.language) if place.country else ""
    zone = describe_zone(place.zone, call.now, call.language)
    return say("choose.place", city=place.city, country=country or "", zone=zone)


async def seek_zone(call: Call, text: str) -> Sequence[Choice]:
    """Time zones that fit what is being typed."""
    country = call.member.settings.country if call.member else None
    places = await find_places(text, country) if text.strip() else ()
    # Two cities of one zone are one choice: platforms want the values to differ, and either city does.
    by_zone = {place.zone: place for place in reversed(places)}
    return [Choice(zone, _place_text(call, place)) for zone, place in reversed(by_zone.items())]


def seek_country(call: Call, text: str) -> Sequence[Choice]:
    """Countries that fit what is being typed."""
    codes = find_country(text, call.person.language) if text.strip() else common_countries()
    return [Choice(code, country_name(code, call.language) or code) for code in codes]


def ask_hour(*, in_setup: bool) -> Reply:
    """At which hour to remind."""
    there = mark(in_setup=in_setup)
    taps = [Button(say("button.at_hour", hour=hour), HOUR, (f"{hour:%H%M}", there)) for hour in _HOURS]
    taps.append(Button(say("button.other_hour"), OTHER_HOUR, (there,)))
    return Reply((say("choose.hour"),), buttons=rows(*taps, width=3))


def ask_day(*, in_setup: bool) -> Reply:
    """On which day of the month checks are wanted."""
    there = mark(in_setup=in_setup)
    taps = [Button(say("button.same_day"), DAY, ("0", there))]
    taps += [Button(say("button.day_of_month", day=day), DAY, (str(day), there)) for day in _DAYS]
    taps.append(Button(say("button.other_day"), OTHER_DAY, (there,)))
    return Reply((say("choose.day"),), buttons=rows(taps[0], *taps[1:], width=3))


def next_question(call: Call, kept: Settings) -> Reply:
    """The first question of the set-up that is not answered yet."""
    if kept.country is None:
        return ask_country(call.language, in_setup=True)
    if zone_is_open(kept):
        return ask_zone(call, kept.country, in_setup=True)
    return ask_day(in_setup=True) if kept.hour_chosen else ask_hour(in_setup=True)


def zone_is_open(kept: Settings) -> bool:
    """Whether the zone is nobody's choice yet; somebody who chose a country's usual one is asked once more."""
    usual = default_zone(kept.country) if kept.country and len(zones_of(kept.country)) > 1 else None
    return kept.zone in (Settings().zone, usual)


def set_up(call: Call, kept: Settings, course: Course) -> Reply:
    """What the set-up ends with: when reminders will come, and the next step."""
    done = say("start.done", hour=kept.hour, zone=zone_text(call, kept.zone))
    return Reply((done, say("start.what_next" if course.rounds else "start.add_round")), buttons=what_next())


def what_next() -> tuple[tuple[Button, ...], ...]:
    """The taps for what most people want after ``/start``."""
    return rows(
        Button(say("button.add_round"), ADD_ROUND, tone=Tone.YES),
        NEXT_CHECK,
        Button(say("button.settings"), SETTINGS),
    )
