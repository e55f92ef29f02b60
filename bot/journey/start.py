"""``/start``: who the bot is, consent before anything is kept, and the few choices that reminders rest on."""

import secrets
from dataclasses import replace

from bot.care.wallclock import today
from bot.chat.replies import Button, Reply, Tone, rows, say
from bot.journey import choosing
from bot.journey.saving import save_member
from bot.members.calls import Action, Audience, Call, Command
from bot.members.member import CONSENT_VERSION, Member, Settings
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
        return Reply((say("start.resumed"), say("start.what_next")), buttons=choosing.what_next())
    course = await work.courses.load(call.member.id)
    line = say("start.what_next") if course.rounds else say("start.add_round")
    return Reply((say("start.welcome_back"), line), buttons=choosing.what_next())


async def agree(call: Call, work: ReminderWork) -> Reply:
    """Keep the person as a member from here on, and ask for their country first."""
    if call.member and not call.member.active:
        return await start(call, work)
    if call.member is None:
        settings = Settings()
        member = Member(
            id=secrets.token_hex(16),
            settings=settings,
            joined=today(call.now, settings.zone),
            created_at=call.now,
            locale=call.person.locale or "en",
        )
        await work.members.add(member, call.person, CONSENT_VERSION)
    return choosing.ask_country(call.language, in_setup=True).before(say("start.agreed"))


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
