from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

import builders
from bot.chat.events import Reachable
from bot.chat.people import Person
from bot.chat.replies import Reply, Text, say
from bot.errors import Blocked, Unknown
from bot.members.member import Reach
from bot.reminders.contact import note_reachable, tell_missed
from bot.reminders.reminder import Kind, Status
from builders import ANNA
from storage import tables
from unit.reminders.rig import Rig

LAB_AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
ANSWER = Reply((say("nextlab.none"),))


async def _speak(rig: Rig, person: Person | None = None, *, is_shown: bool = True) -> tuple[Text, ...]:
    """What stands in front of the answer when a member speaks with the bot; the answer may fail to come to them."""
    async with rig.store.work() as work:
        member = await work.members.get(ANNA)
        assert member
        reply, tells = await tell_missed(work, member, person or builders.person(), ANSWER, rig.clock.now())
        if is_shown:
            await work.reminders.told(tells)
        await work.commit()
    assert reply.lines == ANSWER.lines
    return reply.notice


async def _reach(rig: Rig) -> Reach:
    async with rig.store.work() as work:
        (account,) = await work.members.accounts(ANNA)
        return account.reach


async def test_who_missed_nothing_hears_nothing(rig: Rig) -> None:
    await rig.join()
    assert await _speak(rig) == ()


async def test_months_of_silence_are_told_shortly_once_and_latest_last(rig: Rig) -> None:
    await rig.join()
    rig.messenger.fails = [Blocked("blocked")] * 50
    while rig.clock.at < LAB_AT + timedelta(days=187):
        async with rig.store.work() as work:
            rig.clock.at = await work.reminders.next_due()
        await rig.sweep.run()
    assert rig.messenger.tried == 7, "one try at each check"
    notice = await _speak(rig)
    assert [line.key for line in notice] == [
        "contact.missed",
        "contact.could_not_reach",
        *["contact.not_sent"] * 5,
        "contact.more",
        "contact.end",
    ]
    about = [line.values["about"] for line in notice[2:-2]]
    assert about == [say("contact.about_lab_again", day=date(2026, month, 12)) for month in (5, 6, 7, 8, 9)]
    assert notice[-2].count == 2
    assert await _reach(rig) is Reach.OK
    assert await _speak(rig) == ()


async def test_what_was_told_in_an_answer_that_was_lost_is_told_again(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT + timedelta(days=30)
    await rig.sweep.run()
    lost = await _speak(rig, is_shown=False)
    assert "contact.not_sent" in [line.key for line in lost]
    assert await _speak(rig) == lost
    assert await _speak(rig) == ()


async def test_what_can_no_longer_be_read_is_told_in_general_words(rig: Rig) -> None:
    await rig.join()
    async with rig.store.work() as work:
        table = tables.reminders
        await work.connection.execute(update(table).where(table.c.due_at == LAB_AT).values(sealed=b"\x01spoiled"))
        await work.commit()
    rig.clock.at = LAB_AT
    await rig.sweep.run()
    assert [line.key for line in await _speak(rig)] == ["contact.missed", "contact.unreadable", "contact.end"]
    assert await _speak(rig) == ()


async def test_contact_lets_reminders_flow_again(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    rig.messenger.fails = [Blocked("blocked")]
    await rig.sweep.run()
    await _speak(rig)
    rig.clock.at = LAB_AT + timedelta(days=2)
    await rig.sweep.run()
    assert [sent.keys[0] for sent in rig.messenger.sent] == ["reminder.lab_again"]


@pytest.mark.parametrize("repeat", [False, True], ids=["in doubt", "a repeat that failed"])
async def test_what_may_have_arrived_is_not_called_unsent(rig: Rig, *, repeat: bool) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    rig.messenger.fails = [Unknown("timeout"), *([Blocked("blocked")] if repeat else [Unknown("timeout")] * 3)]
    for _ in range(4):
        await rig.sweep.run()
        rig.clock.at += timedelta(minutes=6)
    assert (await rig.row(Kind.LAB)).status is (Status.UNDELIVERABLE if repeat else Status.IN_DOUBT)
    assert "contact.in_doubt" in [line.key for line in await _speak(rig)]


async def test_the_platforms_word_of_a_block_and_of_its_end_is_kept(rig: Rig) -> None:
    await rig.join()
    for reachable, reach in ((False, Reach.BLOCKED), (True, Reach.OK)):
        async with rig.store.work() as work:
            member = await work.members.get(ANNA)
            await note_reachable(work, member, Reachable(builders.person(), reachable), rig.clock.now())
            await work.commit()
        assert await _reach(rig) is reach


async def test_word_about_a_stranger_changes_nothing(rig: Rig) -> None:
    await rig.join()
    async with rig.store.work() as work:
        await note_reachable(work, None, Reachable(builders.person("ben"), reachable=False), rig.clock.now())
        member = await work.members.get(ANNA)
        await note_reachable(work, member, Reachable(builders.person("ben"), reachable=False), rig.clock.now())
        await work.commit()
    assert await _reach(rig) is Reach.OK


async def test_speaking_through_another_account_does_not_unblock_this_one(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    rig.messenger.fails = [Blocked("blocked")]
    await rig.sweep.run()
    assert [line.key for line in await _speak(rig, builders.person(platform="discord"))] == [
        "contact.missed",
        "contact.not_sent",
        "contact.end",
    ]
    assert await _reach(rig) is Reach.BLOCKED
