"""Who is on duty, and when: moderators join and leave by a tap."""

import asyncio
import re
from dataclasses import replace
from datetime import time

from bot.chat.replies import Field, Form, Reply, Text, Tone, rows, say
from bot.errors import MemberError
from bot.faq.desk import tap
from bot.members.calls import Call
from bot.moderation.desk import PANEL, Desk, actions_of, desk_of, without_locale
from bot.moderation.duty import same
from bot.moderation.policy import Duty
from bot.moderation.ports import ModerationWork
from bot.places.zones import search_zones

DUTY, JOIN, HOURS, HOURED, ALWAYS = "dd", "db", "ds", "dv", "dy"
"""(chat id): who is on duty · (chat id, in or out): join or leave · (chat id): ask for hours · as typed · (chat id):
at any hour."""

MOST_ON_DUTY = 20

_IN, _OUT = "1", "0"
_HOURS = re.compile(r"([01]?[0-9]|2[0-3])[:.h]([0-5][0-9])\s*(?:-|–|to|until)\s*([01]?[0-9]|2[0-3])[:.h]([0-5][0-9])")  # noqa: RUF001 - people's keyboards write that dash
_BETWEEN, _ZONE = "hours", "zone"


def hours_words(duty: Duty) -> Text:
    """When those on duty are called."""
    if duty.begins is None or duty.ends is None:
        return say("setup.hours_always")
    return say("setup.hours", begins=duty.begins, ends=duty.ends, zone=duty.zone)


class Staffing:
    """Changes who is on duty."""

    def __init__(self) -> None:
        self.actions = actions_of(
            {
                DUTY: self.duty,
                JOIN: self.join,
                HOURS: self.ask_hours,
                HOURED: self.hours,
                ALWAYS: self.always,
            }
        )
        self.forms = (_hours_form(),)

    async def duty(self, call: Call, work: ModerationWork) -> Reply:
        """Show who is on duty, in the order in which they are called."""
        return _shown(await desk_of(call, work))

    async def join(self, call: Call, work: ModerationWork) -> Reply:
        """Put whoever presses on duty, at the end of the order, or take them off."""
        desk = await desk_of(call, work)
        duty, person = desk.watched.duty, call.person
        here = () if call.place.direct else (call.place.id,)
        if person.id in (desk.watched.place.id, *here):
            # An anonymous moderator writes as the group itself, which nobody can call. (A direct chat may well have the
            # same id as its person.)
            raise MemberError("setup.anonymous")
        others = tuple(each for each in duty.people if not same(each, person))
        if tap(call, 1) == _IN:
            if len(others) >= MOST_ON_DUTY:
                raise MemberError("setup.duty_full", count=MOST_ON_DUTY)
            people = duty.people if len(others) < len(duty.people) else (*others, without_locale(person))
        else:
            people = others
        desk = await desk.change(duty=replace(duty, people=people))
        await desk.note("duty_joined" if tap(call, 1) == _IN else "duty_left")
        return _shown(desk)

    async def ask_hours(self, call: Call, work: ModerationWork) -> Reply:
        """Ask for the hours of duty."""
        desk = await desk_of(call, work)
        return Reply(form=_hours_form((desk.chat_id,), desk.watched.duty))

    async def hours(self, call: Call, work: ModerationWork) -> Reply:
        """Set the hours of duty."""
        found = _HOURS.fullmatch(call.arguments.get(_BETWEEN, "").strip().lower())
        if found is None:
            raise MemberError("setup.hours_form")
        # Before the database is asked: the first search of all takes seconds.
        places = await asyncio.to_thread(search_zones, call.arguments.get(_ZONE, ""))
        if not places:
            raise MemberError("setup.zone_unknown")
        desk = await desk_of(call, work)
        hours = [int(part) for part in found.groups()]
        begins, ends = time(hours[0], hours[1]), time(hours[2], hours[3])
        if begins == ends:
            raise MemberError("setup.hours_form")
        desk = await desk.change(duty=replace(desk.watched.duty, begins=begins, ends=ends, zone=places[0].zone))
        await desk.note("hours", detail=f"{begins:%H:%M}-{ends:%H:%M} {places[0].zone}")
        return _shown(desk)

    async def always(self, call: Call, work: ModerationWork) -> Reply:
        """Be on duty at any hour."""
        desk = await desk_of(call, work)
        desk = await desk.change(duty=replace(desk.watched.duty, begins=None, ends=None))
        await desk.note("hours")
        return _shown(desk)


def _shown(desk: Desk) -> Reply:
    duty = desk.watched.duty
    lines = [
        hours_words(duty),
        *(
            say("setup.on_duty", number=number, name=each.name or "–")  # noqa: RUF001 - stands for a name
            for number, each in enumerate(duty.people, start=1)
        ),
    ]
    if not duty.people:
        lines.append(say("setup.nobody_on_duty"))
    is_in = any(same(each, desk.call.person) for each in duty.people)
    taps = [
        desk.button(say("button.setup_leave"), JOIN, _OUT)
        if is_in
        else desk.button(say("button.setup_join"), JOIN, _IN, tone=Tone.YES),
        desk.button(say("button.setup_hours"), HOURS),
    ]
    if duty.begins is not None:
        taps.append(desk.button(say("button.setup_always"), ALWAYS))
    taps.append(desk.button(say("button.back"), PANEL))
    return Reply(tuple(lines), title=say("setup.duty_title"), buttons=rows(*taps))


def _hours_form(arguments: tuple[str, ...] = (), duty: Duty | None = None) -> Form:
    filled = f"{duty.begins:%H:%M}-{duty.ends:%H:%M}" if duty and duty.begins and duty.ends else ""
    fields = (
        Field(_BETWEEN, say("setup.ask_hours"), say("setup.hint_hours"), most_characters=20, filled=filled),
        Field(_ZONE, say("setup.ask_zone"), say("setup.hint_zone"), most_characters=60),
    )
    return Form(HOURED, say("button.setup_hours"), fields, arguments)
