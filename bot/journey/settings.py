"""``/settings``: every choice of a member, each a tap or two away."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import time

from bot.care.wallclock import zone_exists
from bot.chat.replies import Button, Choice, Field, Form, Reply, Text, rows, say
from bot.errors import MemberError
from bot.journey import choosing, standing, topics
from bot.journey.saving import number_from, save_settings
from bot.journey.times import read_span, read_time, time_from
from bot.members.calls import Action, Argument, Call, Command
from bot.members.member import Settings, Wording
from bot.places.countries import country, country_name, find_country
from bot.places.zones import default_zone, zones_of
from bot.reminders.planning import in_quiet_hours
from bot.reminders.ports import ReminderWork

QUIET, LEAD, WORDING, ASK = "qf", "l", "wd", "va"

SETTINGS_NAMES = ("country", "zone", "hour", "day", "quiet", "lead", "reminders", "wording")
_LEAD_DAYS = (0, 1, 2, 3, 5, 7, 10, 14)
_MOST_LEAD_DAYS = 21
_LAST_DAY_OF_MONTH = 31

QUIET_FORM = Form(QUIET, say("form.quiet.title"), (Field("quiet", say("form.quiet.label"), say("form.quiet.hint")),))


async def settings(call: Call, work: ReminderWork) -> Reply:
    """Show all choices, ask for one, or set one that was typed."""
    name, value = call.arguments.get("setting", "").lower(), call.arguments.get("value", "")
    if not name:
        return _overview(call, call.who.settings)
    if name not in SETTINGS_NAMES:
        raise MemberError("settings.unknown", text=name[:40])
    return await _typed(call, work, name, value) if value else _ask(call, name)


async def ask(call: Call, work: ReminderWork) -> Reply:  # noqa: ARG001 - every use case has this form
    """Ask for the setting whose tap was pressed."""
    return _ask(call, call.taps[0])


async def set_country(call: Call, work: ReminderWork) -> Reply:
    """Take the country, and the zone with it where it has only one."""
    code, there = call.taps
    if country(code) is None:
        raise MemberError("button.gone")
    zones = zones_of(code)
    kept = call.who.settings
    # Later on a country changes no zone by itself: somebody may live across the border from their centre.
    zone = default_zone(code) or kept.zone if there == choosing.IN_SETUP and kept.zone not in zones else kept.zone
    changed = replace(kept, country=code, zone=zone)
    # Country and zone chosen without the set-up's questions are a set-up of their own.
    chosen = there != choosing.IN_SETUP and not choosing.zone_is_open(changed)
    await save_settings(call, work, replace(changed, set_up=kept.set_up or chosen))
    taken = say("settings.country_set", country=country_name(code, call.language) or code)
    if there == choosing.IN_SETUP:
        if len(zones) == 1:
            zone_taken = say("choose.zone_taken", zone=choosing.zone_text(call, zone))
            return choosing.ask_hour(in_setup=True).before(taken, zone_taken)
        return choosing.ask_zone(call, code, in_setup=True).before(taken)
    return choosing.ask_zone(call, code, in_setup=False).before(taken)


async def other_country(call: Call, work: ReminderWork) -> Reply:
    """Ask for a country by name, or offer those that a typed name may mean."""
    there = call.taps[0]
    text = call.arguments.get("country", "")
    if not text:
        return Reply(form=replace(choosing.COUNTRY_FORM, arguments=(there,)))
    codes = find_country(text, call.person.language)
    if not codes:
        raise MemberError("choose.country_not_found", text=text[:40])
    if len(codes) == 1:
        return await set_country(replace(call, taps=(codes[0], there)), work)
    taps = [choosing.country_button(code, call.language, there) for code in codes[:8]]
    return Reply((say("choose.country_which"),), buttons=rows(*taps))


async def set_zone(call: Call, work: ReminderWork) -> Reply:
    """Take the time zone."""
    zone, there = call.taps
    if not zone_exists(zone):
        raise MemberError("button.gone")
    kept = call.who.settings
    chosen = there != choosing.IN_SETUP and kept.country is not None
    await save_settings(call, work, replace(kept, zone=zone, set_up=kept.set_up or chosen))
    taken = say("choose.zone_taken", zone=choosing.zone_text(call, zone))
    if there == choosing.IN_SETUP:
        return choosing.ask_hour(in_setup=True).before(taken)
    return await _back(call, work, taken)


async def find_zone(call: Call, work: ReminderWork) -> Reply:  # noqa: ARG001 - every use case has this form
    """Ask for a city, or offer the places that a typed one may mean."""
    there = call.taps[0]
    text = call.arguments.get("city", "")
    if not text:
        return Reply(form=replace(choosing.ZONE_FORM, arguments=(there,)))
    return await choosing.offer_places(call, text, there)


async def set_hour(call: Call, work: ReminderWork) -> Reply:
    """Take the hour of reminders."""
    at, there = time_from(call.taps[0]), call.taps[1]
    return await _take_hour(call, work, at, there)


async def other_hour(call: Call, work: ReminderWork) -> Reply:
    """Ask for an hour, or take the typed one."""
    there = call.taps[0]
    text = call.arguments.get("hour", "")
    if not text:
        return Reply(form=replace(choosing.HOUR_FORM, arguments=(there,)))
    return await _take_hour(call, work, read_time(text), there)


async def set_day(call: Call, work: ReminderWork) -> Reply:
    """Take the day of the month for checks; 0 stands for that of the first infusion day."""
    return await _take_day(call, work, number_from(call.taps[0]), call.taps[1])


async def other_day(call: Call, work: ReminderWork) -> Reply:
    """Ask for a day of the month, or take the typed one."""
    there = call.taps[0]
    text = call.arguments.get("day", "")
    if not text:
        return Reply(form=replace(choosing.DAY_FORM, arguments=(there,)))
    return await _take_day(call, work, _day_of_month(text), there)


async def ask_day(call: Call, work: ReminderWork) -> Reply:  # noqa: ARG001 - every use case has this form
    """Ask for the day of the month."""
    return choosing.ask_day(in_setup=False)


async def set_quiet(call: Call, work: ReminderWork) -> Reply:
    """Ask for the quiet hours, or take the typed ones."""
    typed = call.arguments.get("quiet", "")
    return await _take_quiet(call, work, read_span(typed)) if typed else Reply(form=QUIET_FORM)


async def set_lead(call: Call, work: ReminderWork) -> Reply:
    """Take how many days before a check it is named."""
    return await _take_lead(call, work, number_from(call.taps[0]))


async def set_wording(call: Call, work: ReminderWork) -> Reply:
    """Take how reminders are worded."""
    wording = Wording(call.taps[0]) if call.taps[0] in {each.value for each in Wording} else None
    await save_settings(call, work, replace(call.who.settings, wording=wording))
    return await _back(call, work, say("settings.saved"))


async def seek(call: Call, work: ReminderWork, argument: str, text: str) -> Sequence[Choice]:  # noqa: ARG001 - every command's has this form
    """Offer values for a setting while it is typed."""
    if argument != "value" or call.member is None:
        return ()
    match call.arguments.get("setting"):
        case "zone":
            return await choosing.seek_zone(call, text)
        case "country":
            return choosing.seek_country(call, text)
        case "hour":
            return [
                Choice(f"{hour:02d}:00", f"{hour:02d}:00") for hour in range(24) if f"{hour:02d}".startswith(text[:2])
            ]
        case "wording":
            return [Choice(each.value, say(f"settings.wording_{each.value}")) for each in Wording]
        case _:
            return ()


def read_settings(text: str) -> Mapping[str, str]:
    """Read "zone Boston" as the setting and its value."""
    return dict(zip(("setting", "value"), text.split(maxsplit=1), strict=False))


async def _typed(call: Call, work: ReminderWork, name: str, value: str) -> Reply:
    there = choosing.mark(in_setup=False)
    match name:
        case "country":
            return await other_country(replace(call, taps=(there,), arguments={"country": value}), work)
        case "zone":
            if zone_exists(value):
                return await set_zone(replace(call, taps=(value, there)), work)
            return await choosing.offer_places(call, value, there)
        case "hour":
            return await _take_hour(call, work, read_time(value), there)
        case "day":
            return await _take_day(call, work, _day_of_month(value), there)
        case "lead":
            return await _take_lead(call, work, _whole_number(value, "settings.lead_range"))
        case "wording" if value.lower() in {each.value for each in Wording}:
            return await set_wording(replace(call, taps=(value.lower(),)), work)
        case "quiet":
            return await _take_quiet(call, work, read_span(value))
        case _:
            return _ask(call, name)


def _ask(call: Call, name: str) -> Reply:
    match name:
        case "country":
            return choosing.ask_country(call.language, in_setup=False)
        case "zone":
            return choosing.ask_zone(call, call.who.settings.country, in_setup=False)
        case "hour":
            return choosing.ask_hour(in_setup=False)
        case "day":
            return choosing.ask_day(in_setup=False)
        case "quiet":
            return Reply(form=QUIET_FORM)
        case "lead":
            taps = [
                Button(say("button.lead", count=days) if days else say("button.no_lead"), LEAD, (str(days),))
                for days in _LEAD_DAYS
            ]
            return Reply((say("choose.lead"),), buttons=rows(*taps))
        case "reminders":
            return topics.overview(call, call.who.settings)
        case "wording":
            taps = [Button(say(f"settings.wording_{each.value}"), WORDING, (each.value,)) for each in Wording]
            return Reply((say("choose.wording"),), buttons=rows(*taps))
        case _:
            raise MemberError("button.gone")


def _overview(call: Call, kept: Settings) -> Reply:
    named = country_name(kept.country, call.language) if kept.country else None
    lines = (
        say("settings.country", country=named or say("settings.no_country")),
        say("settings.zone", zone=choosing.zone_text(call, kept.zone)),
        say("settings.hour", hour=kept.hour),
        say("settings.day", day=kept.anchor_day) if kept.anchor_day else say("settings.same_day"),
        say("settings.quiet", start=kept.quiet[0], end=kept.quiet[1])
        if kept.quiet[0] != kept.quiet[1]
        else say("settings.no_quiet"),
        say("settings.lead", count=kept.lead_days) if kept.lead_days else say("settings.no_lead"),
        _wording_line(call, kept),
        say("settings.on_off", state=say("settings.active" if call.who.active else "settings.stopped")),
    )
    taps = [Button(say(f"button.set_{name}"), ASK, (name,)) for name in SETTINGS_NAMES if name != "reminders"]
    taps.append(Button(say("button.set_reminders"), topics.SHOW))
    return Reply(lines, title=say("settings.title"), buttons=rows(*taps))


def _wording_line(call: Call, kept: Settings) -> Text:
    wording = kept.wording or (Wording.DISCREET if call.capabilities.discreet_unasked else Wording.PLAIN)
    return say("settings.wording", wording=say(f"settings.wording_{wording.value}"))


async def _take_hour(call: Call, work: ReminderWork, at: time, there: str) -> Reply:
    kept = call.who.settings
    await save_settings(call, work, replace(kept, hour=at, hour_chosen=True))
    quiet = topics.quiet_lines(at, kept)
    if there == choosing.IN_SETUP:
        return choosing.ask_day(in_setup=True).before(*quiet)
    return await _back(call, work, say("settings.hour_set", hour=at), *quiet)


async def _take_day(call: Call, work: ReminderWork, day: int, there: str) -> Reply:
    if not 0 <= day <= _LAST_DAY_OF_MONTH:
        raise MemberError("settings.day_range")
    kept = call.who.settings
    # In the set-up this is the last question.
    changed = replace(kept, anchor_day=day or None, set_up=kept.set_up or there == choosing.IN_SETUP)
    await save_settings(call, work, changed)
    call = replace(call, member=replace(call.who, settings=changed))
    course = await work.courses.load(call.who.id)
    lines = (_day_line(day), *standing.after_a_change(call, course))
    if there == choosing.IN_SETUP:
        return choosing.set_up(call, changed, course).before(*lines)
    return await _back(call, work, *lines)


async def _take_quiet(call: Call, work: ReminderWork, span: tuple[time, time]) -> Reply:
    changed = replace(call.who.settings, quiet=span)
    await save_settings(call, work, changed)
    chosen = {changed.hour} if changed.hour_chosen else set[time]()
    inside = sorted(hour for hour in {*chosen, *changed.hours.values()} if in_quiet_hours(hour, span))
    lines = [say("settings.quiet_over_hour", hour=hour) for hour in inside]
    return await _back(call, work, say("settings.saved"), *lines)


async def _take_lead(call: Call, work: ReminderWork, days: int) -> Reply:
    if not 0 <= days <= _MOST_LEAD_DAYS:
        raise MemberError("settings.lead_range")
    await save_settings(call, work, replace(call.who.settings, lead_days=days))
    return await _back(call, work, say("settings.saved"))


async def _back(call: Call, work: ReminderWork, *lines: Text) -> Reply:
    member = await work.members.get(call.who.id)
    return _overview(replace(call, member=member), member.settings if member else Settings()).before(*lines)


def _day_line(day: int) -> Text:
    return say("settings.day", day=day) if day else say("settings.same_day")


def _day_of_month(text: str) -> int:
    day = _whole_number(re.sub(r"(?:st|nd|rd|th|\.)$", "", text.strip().lower()), "settings.day_range")
    if not day:
        # Only the tap for it carries 0, which stands for the day of the first infusion.
        raise MemberError("settings.day_range")
    return day


def _whole_number(text: str, problem: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 4):  # noqa: PLR2004 - no setting has more than two digits
        raise MemberError(problem)
    return int(text)


COMMANDS = (
    Command[ReminderWork](
        "settings",
        settings,
        arguments=(Argument("setting", choices=SETTINGS_NAMES), Argument("value", seeks=True)),
        read=read_settings,
        seek=seek,
        linkable=True,
    ),
)
ACTIONS = (
    Action[ReminderWork](choosing.SETTINGS, settings),
    Action[ReminderWork](ASK, ask),
    Action[ReminderWork](choosing.COUNTRY, set_country),
    Action[ReminderWork](choosing.OTHER_COUNTRY, other_country),
    Action[ReminderWork](choosing.ZONE, set_zone),
    Action[ReminderWork](choosing.FIND_ZONE, find_zone),
    Action[ReminderWork](choosing.HOUR, set_hour),
    Action[ReminderWork](choosing.OTHER_HOUR, other_hour),
    Action[ReminderWork](choosing.DAY, set_day),
    Action[ReminderWork](choosing.OTHER_DAY, other_day),
    Action[ReminderWork](choosing.ASK_DAY, ask_day),
    Action[ReminderWork](QUIET, set_quiet),
    Action[ReminderWork](LEAD, set_lead),
    Action[ReminderWork](WORDING, set_wording),
)
FORMS = (*choosing.FORMS, QUIET_FORM)
