"""``/start``: who the bot is, consent before anything is kept, and the few choices that reminders rest on."""

import secrets
from dataclasses import replace

from bot.care.wallclock import today
from bot.chat.replies import Button, Reply, Tone, rows, say
from bot.journey import choosing
from bot.journey.saving import local_day, save_member
from bot.members.calls import Action, Audience, Call, Command
from bot.members.member import CONSENT_VERSION, Member, Settings
from bot.reminders.planning import schedule_of
from bot.reminders.ports import ReminderWork

AGREE, DECLINE = "a", "n"


async def start(call: Call, work: ReminderWork) -> Reply:
    """Say who the bot is and ask consent; switch reminders back on; or say what there is to do."""
    if call.member is None:
        return _ask_consent(call)
    if not call.member.active:
        member = replace(call.member, active=True)
        await work.members.consent(member.id, CONSENT_VERSION, call.now)
        await save_member(call, work, member)
        return await _resumed(replace(call, member=member), work)
    if not call.member.settings.set_up:
        return choosing.next_question(call, call.member.settings).before(say("start.unfinished"))
    course = await work.courses.load(call.member.id)
    line = say("start.what_next") if course.rounds else say("start.add_round")
    return Reply((say("start.welcome_back"), line), buttons=choosing.what_next())


async def _resumed(call: Call, work: ReminderWork) -> Reply:
    if not call.who.settings.set_up:
        return choosing.next_question(call, call.who.settings).before(say("start.resumed"), say("start.unfinished"))
    course = await work.courses.load(call.who.id)
    due = schedule_of(call.who, course, local_day(call)).next
    following = (say("labdone.next", day=due.day),) if due else ()
    return Reply((say("start.resumed"), *following, say("start.what_next")), buttons=choosing.what_next())


async def agree(call: Call, work: ReminderWork) -> Reply:
    """Keep the person as a member from here on, and ask for their country first."""
    if call.member and (call.member.settings.set_up or not call.member.active):
        return await start(call, work)
    settings = call.member.settings if call.member else Settings()
    if call.member is None:
        member = Member(
            id=secrets.token_hex(16),
            settings=settings,
            joined=today(call.now, settings.zone),
            created_at=call.now,
            locale=call.person.locale or "en",
        )
        await work.members.add(member, call.person, CONSENT_VERSION)
    return choosing.next_question(call, settings).before(say("start.agreed"))


async def decline(call: Call, work: ReminderWork) -> Reply:  # noqa: ARG001 - every use case has this form
    """Say that nothing is kept; an old button in a member's hands changes nothing."""
    return Reply((say("start.declined_later" if call.member else "start.declined"),))


def _ask_consent(call: Call) -> Reply:
    lines = [say("start.who"), say("start.what"), say("start.not_advice")]
    if call.capabilities.personal:
        lines.append(say("start.consent"))
        # Some platforms' own rules limit what health data may pass through them; consent there must name that.
        if call.capabilities.discreet_unasked:
            lines.append(say("start.platform_rule"))
        lines.append(say("start.age"))
        buttons = rows(Button(say("button.agree"), AGREE, tone=Tone.YES), Button(say("button.decline"), DECLINE))
        return Reply(tuple(lines), title=say("start.title"), buttons=buttons)
    return Reply((*lines, say("start.not_personal_here")), title=say("start.title"))


COMMANDS = (Command[ReminderWork]("start", start, audience=Audience.ANYONE, personal=False),)
ACTIONS = (
    Action[ReminderWork](AGREE, agree, audience=Audience.ANYONE),
    Action[ReminderWork](DECLINE, decline, audience=Audience.ANYONE),
    Action[ReminderWork](choosing.START, start, audience=Audience.ANYONE, personal=False),
)
