"""Which reminders a member gets, and at what time of day each kind comes."""

from dataclasses import replace
from datetime import time

from bot.chat.replies import Button, Field, Form, Reply, Text, Tone, rows, say
from bot.errors import MemberError
from bot.journey import choosing
from bot.journey.saving import save_settings
from bot.journey.times import read_time
from bot.members.calls import Action, Call
from bot.members.member import Settings, Topic
from bot.reminders import taps
from bot.reminders.planning import in_quiet_hours
from bot.reminders.ports import ReminderWork

SHOW, SWITCH, HOUR = "ts", "t", "tf"
_ON, _OFF = "1", "0"

# What a tap carries for each kind of reminder: their own names would tell too much.
_CODES = {
    Topic.LAB: "a", Topic.LEAD: "b", Topic.RESULT: "c", Topic.ROUND: "d", Topic.EVENING: "e", Topic.MILESTONE: "f",
}  # fmt: skip

HOUR_FORM = Form(HOUR, say("form.hour.title"), (Field("hour", say("form.topic_hour.label"), say("form.hour.hint")),))


async def show(call: Call, work: ReminderWork) -> Reply:  # noqa: ARG001 - every use case has this form
    """Show which reminders are on."""
    return overview(call, call.who.settings)


async def toggle(call: Call, work: ReminderWork) -> Reply:
    """Switch one kind of reminder on or off, as the tap said; a second press of an unsteady hand changes nothing."""
    topic, on = _topic(call.taps[0]), call.taps[1:] == (_ON,)
    kept = call.who.settings
    changed = replace(kept, topics=kept.topics | {topic} if on else kept.topics - {topic})
    await save_settings(call, work, changed)
    return overview(call, changed)


async def topic_hour(call: Call, work: ReminderWork) -> Reply:
    """Ask for a kind's own hour, or take the typed one; it beats quiet hours."""
    topic = _topic(call.taps[0])
    text = call.arguments.get("hour", "")
    if not text:
        return Reply(form=replace(HOUR_FORM, arguments=(_CODES[topic],)))
    kept = call.who.settings
    changed = replace(kept, hours={**kept.hours, topic: read_time(text)})
    await save_settings(call, work, changed)
    hour = changed.hours[topic]
    return overview(call, changed).before(say("settings.hour_set", hour=hour), *quiet_lines(hour, changed))


def quiet_lines(hour: time, kept: Settings) -> tuple[Text, ...]:
    """Say that a chosen hour lies in the quiet hours, which it beats."""
    return (say("settings.in_quiet_hours"),) if in_quiet_hours(hour, kept.quiet) else ()


async def switch_off(call: Call, work: ReminderWork) -> Reply:
    """Send no more of one kind of reminder."""
    kept = call.who.settings
    topics = frozenset(topic for topic in kept.topics if topic.value != call.taps[0])
    await save_settings(call, work, replace(kept, topics=topics))
    return Reply((say("settings.switched_off"),))


def overview(call: Call, kept: Settings) -> Reply:
    """Which reminders are on, and at what time each comes, with a tap for each change."""
    lines: list[Text] = []
    buttons: list[tuple[Button, ...]] = []
    for topic in Topic:
        on, code = topic in kept.topics, _CODES[topic]
        hour, _ = kept.hour_of(topic)
        state = say("settings.topic_on", hour=hour) if on else say("settings.topic_off")
        lines.append(say("settings.topic", topic=say(f"topic.{topic.value}"), state=state))
        tone = Tone.PLAIN if on else Tone.YES
        label = say("button.turn_off" if on else "button.turn_on", topic=say(f"topic.{topic.value}_short"))
        hour_label = say("button.topic_hour", topic=say(f"topic.{topic.value}_short"))
        buttons.append(
            (Button(label, SWITCH, (code, _OFF if on else _ON), tone=tone), Button(hour_label, HOUR, (code,)))
        )
    # Two buttons for each kind are more rows than some platforms show; there, hours are set by /settings alone.
    if len(buttons) > call.capabilities.most_rows - 1:
        buttons = list(rows(*(row[0] for row in buttons)))
    back = Button(say("button.settings"), choosing.SETTINGS)
    return Reply(tuple(lines), title=say("settings.topics_title"), buttons=(*buttons, (back,)))


def _topic(text: str) -> Topic:
    found = next((topic for topic, code in _CODES.items() if code == text), None)
    if found is None:
        raise MemberError("button.gone")
    return found


ACTIONS = (
    Action[ReminderWork](SHOW, show),
    Action[ReminderWork](SWITCH, toggle),
    Action[ReminderWork](HOUR, topic_hour),
    Action[ReminderWork](taps.SWITCH_OFF, switch_off),
)
FORMS = (HOUR_FORM,)
