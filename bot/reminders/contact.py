"""What a member hears at the next contact: reminders that did not surely arrive, and that messages were refused."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime

from bot.chat.events import Reachable
from bot.chat.people import Person
from bot.chat.replies import Reply, Text, say
from bot.members.member import Account, Member, Reach, Topic
from bot.reminders.planning import replan
from bot.reminders.ports import ReminderWork
from bot.reminders.reminder import Reminder, Status

_MOST_NAMED = 5


async def note_reachable(work: ReminderWork, member: Member | None, event: Reachable, now: datetime) -> None:
    """Keep what the platform told: a person blocked the bot, or let it back in."""
    if member is None:
        return
    for account in await work.members.accounts(member.id):
        if (account.person.platform, account.person.id) == (event.person.platform, event.person.id):
            reach = Reach.OK if event.reachable else Reach.BLOCKED
            reason = None if event.reachable else "blocked"
            await work.members.save_account(member.id, replace(account, reach=reach, reason=reason), now)
    if event.reachable:
        await replan(work, member, now)


async def tell_missed(
    work: ReminderWork, member: Member, person: Person, reply: Reply, now: datetime
) -> tuple[Reply, Collection[str]]:
    """Put in front of a reply what the member has not heard yet; speaking to us also shows that they can be reached.

    Returns with it the reminders that have been told once the reply was shown.
    """
    lines: list[Text] = []
    for account in await work.members.accounts(member.id):
        if _same(account, person) and account.reach is Reach.BLOCKED:
            await work.members.save_account(member.id, replace(account, reach=Reach.OK, reason=None), now)
            lines.append(say("contact.could_not_reach"))
    missed = await work.reminders.to_tell(member.id)
    about = {_subject(each): each for each in missed}
    # After months away the latest ones are those that still matter.
    lines += [_line(each) for each in list(about.values())[-_MOST_NAMED:]]
    if len(about) > _MOST_NAMED:
        lines.append(say("contact.more", count=len(about) - _MOST_NAMED))
    unreadable = await work.reminders.unreadable(member.id)
    if unreadable:
        lines.append(say("contact.unreadable", count=len(unreadable)))
    told = [*(each.id for each in missed), *unreadable]
    return (reply.before(say("contact.missed"), *lines, say("contact.end")) if lines else reply), told


def _same(account: Account, person: Person) -> bool:
    return (account.person.platform, account.person.id) == (person.platform, person.id)


def _subject(reminder: Reminder) -> tuple[Topic, date]:
    topic = reminder.occurrence.kind.topic
    # The notice of a check and the check itself are one thing to have missed.
    return Topic.LAB if topic is Topic.LEAD else topic, reminder.occurrence.day


def _line(reminder: Reminder) -> Text:
    occurrence = reminder.occurrence
    # A repeat that failed may still have arrived the first time.
    doubt = "in_doubt" if reminder.status is Status.IN_DOUBT or reminder.repeat else "not_sent"
    about = say(f"contact.about_{occurrence.kind.value}", day=occurrence.day)
    return say(f"contact.{doubt}", about=about)
