"""What a platform's fault does to a reminder: its row, what the person sees, what is tried next, what is told later."""

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.members.member import Reach, Topic
from bot.reminders.reminder import Kind, Status
from builders import ANNA, BEN
from contract.delivery.rig import LAB_AT, MILESTONE_AT, Rig, until
from fakes import discord_faults as discord
from fakes import telegram
from fakes.telegram_faults import server_error as telegram_error

MOMENT, SOON, LATER = timedelta(seconds=10), timedelta(minutes=3), timedelta(minutes=20)
POSTS = "POST /channels/*/messages"
REPEAT = "This is a repeat"
TRIES = 3
"""How often Discord is tried within seconds."""

TOO_LONG = 1.5
"""Seconds for which nobody waits who is in a hurry."""


@dataclass(frozen=True)
class Case:
    """A fault, and what is left of it.

    ``told`` is the account's reason, or the row's. ``doubt``: it may have arrived, so that the next message says so.
    ``held``: the platform is left alone and no try was used up. ``hurried``: the adapter does not wait for long.
    ``seen`` are the messages that the person has got after the fault, ``then`` after the next message.
    """

    fault: object
    told: str
    doubt: bool = False
    held: bool = False
    hurried: bool = False
    seen: int = 0
    then: int = 1


def named(name: str, *args: object, **chosen: object) -> object:
    return pytest.param(Case(*args, **chosen), id=name)  # type: ignore[arg-type]  # a row of a table


UNREADABLE = telegram.Fault(200, "<html>All is well</html>", "text/html")

ON_TELEGRAM = [
    named("429", telegram.rate_limited(60), "rate_limited", held=True),
    named("500", telegram_error(500), "http_500"),
    named("502 as a page", telegram_error(502, html=True), "http_502"),
    named("503", telegram_error(503), "http_503"),
    named("504", telegram_error(504, html=True), "http_504", doubt=True),
    named("unreadable", UNREADABLE, "unreadable_answer", doubt=True),
    named("dropped before", telegram.dropped_before_delivery(), "no_answer", doubt=True),
    named("dropped after", telegram.dropped_after_delivery(), "no_answer", doubt=True, seen=1, then=2),
    named("hangs", telegram.hangs(TOO_LONG), "no_answer", doubt=True, hurried=True, then=2),
    named("token revoked", telegram.unauthorized(), "token_refused", held=True),
]


async def an_unreadable_page(_: discord.Deliver) -> discord.Answer:
    return discord.Answer(200, "<html>All is well</html>", html=True)


ON_DISCORD = [
    named("429", discord.rate_limited(60), "http_429", held=True),
    named("429 everywhere", discord.rate_limited(60, global_=True), "http_429", held=True),
    named("500", discord.server_error(500), "http_500"),
    named("502 as a page", discord.server_error(502, html=True), "http_502"),
    named("503", discord.server_error(503), "http_503"),
    named("504", discord.server_error(504), "http_504", doubt=True),
    named("unreadable", an_unreadable_page, "InvalidData", doubt=True),
    named("dropped before", discord.dropped_before, "ServerDisconnectedError", doubt=True),
    # Discord knows the repeat by its name, and shows the first message alone.
    named("dropped after", discord.dropped_after, "ServerDisconnectedError", doubt=True, seen=1),
    named("hangs", discord.hang(), "TimeoutError", doubt=True, hurried=True),
    named("token revoked", discord.unauthorized, "token_refused", held=True),
]


def in_hurry(rig: Rig, platform: str, case: Case) -> AbstractAsyncContextManager[None]:
    return rig.impatient(platform) if case.hurried else nullcontext()


def seen_on_telegram(rig: Rig) -> list[str]:
    return [message.text for message in rig.anna.sees if message.is_from_bot]


def seen_on_discord(rig: Rig) -> list[str]:
    return [message.content for message in rig.ben.dm.messages]


async def is_left(rig: Rig, member_id: str, case: Case) -> None:
    """Check the row after the fault."""
    row = await rig.row(member_id, Kind.LAB)
    assert (row.status, row.repeat, row.reason) == (Status.PENDING, case.doubt, case.told)
    assert row.attempts == (0 if case.held else 1)


@pytest.mark.parametrize("case", ON_TELEGRAM)
async def test_a_fault_of_telegram(rig: Rig, case: Case) -> None:
    await rig.join()
    rig.telegram.fail_next("sendMessage", kind=case.fault)  # type: ignore[arg-type]  # a fault of the table
    async with in_hurry(rig, "telegram", case):
        await rig.sweep_at(LAB_AT)
    await is_left(rig, ANNA, case)
    assert len(seen_on_telegram(rig)) == case.seen or case.hurried
    assert len(seen_on_discord(rig)) == 1
    await rig.sweep_at(LAB_AT + MOMENT)
    assert len(rig.telegram.sent("sendMessage")) == 1
    # What hung comes through in the end.
    await until(lambda: len(seen_on_telegram(rig)) == case.then - 1)
    await rig.sweep_at(LAB_AT + LATER)
    assert (await rig.row(ANNA, Kind.LAB)).status is Status.SENT
    shown = seen_on_telegram(rig)
    assert (len(shown), REPEAT in shown[-1]) == (case.then, case.doubt)
    assert await rig.hears(ANNA) == []


@pytest.mark.parametrize("case", ON_DISCORD)
async def test_a_fault_of_discord(rig: Rig, case: Case) -> None:
    await rig.join()
    rig.discord.fail_next(POSTS, TRIES, case.fault)  # type: ignore[arg-type]  # a fault of the table
    async with in_hurry(rig, "discord", case):
        await rig.sweep_at(LAB_AT)
    tried = len(rig.discord.asked(POSTS))
    await is_left(rig, BEN, case)
    assert len(seen_on_discord(rig)) == case.seen
    assert len(seen_on_telegram(rig)) == 1
    rig.discord.faults.waiting.clear()
    await rig.sweep_at(LAB_AT + MOMENT)
    assert len(rig.discord.asked(POSTS)) == tried
    await rig.sweep_at(LAB_AT + LATER)
    assert (await rig.row(BEN, Kind.LAB)).status is Status.SENT
    shown = seen_on_discord(rig)
    assert (len(shown), REPEAT in shown[-1]) == (case.then, case.doubt and not case.seen)
    assert len({asked["json"]["nonce"] for asked in rig.discord.asked(POSTS)}) == 1
    assert await rig.hears(BEN) == []


@pytest.mark.parametrize("case", [each for each in ON_TELEGRAM if each.values[0].doubt])  # type: ignore[attr-defined]
async def test_what_is_not_repeated_is_told_of_later_on_telegram(rig: Rig, case: Case) -> None:
    await rig.join(Topic.MILESTONE)
    rig.telegram.fail_next("sendMessage", kind=case.fault)  # type: ignore[arg-type]  # a fault of the table
    for wait in (timedelta(), LATER):
        async with in_hurry(rig, "telegram", case):
            await rig.sweep_at(MILESTONE_AT + wait)
        row = await rig.row(ANNA, Kind.MILESTONE)
        assert (row.status, row.reason) == (Status.IN_DOUBT, case.told)
    assert len(rig.telegram.sent("sendMessage")) == 1
    assert await rig.hears(ANNA) == ["contact.in_doubt"]
    assert await rig.hears(ANNA) == []


@pytest.mark.parametrize("case", [each for each in ON_DISCORD if each.values[0].doubt])  # type: ignore[attr-defined]
async def test_what_is_not_repeated_is_told_of_later_on_discord(rig: Rig, case: Case) -> None:
    await rig.join(Topic.MILESTONE)
    rig.discord.fail_next(POSTS, TRIES, case.fault)  # type: ignore[arg-type]  # a fault of the table
    async with in_hurry(rig, "discord", case):
        await rig.sweep_at(MILESTONE_AT)
    tried = len(rig.discord.asked(POSTS))
    rig.discord.faults.waiting.clear()
    await rig.sweep_at(MILESTONE_AT + LATER)
    row = await rig.row(BEN, Kind.MILESTONE)
    assert (row.status, row.reason) == (Status.IN_DOUBT, case.told)
    assert len(rig.discord.asked(POSTS)) == tried
    assert await rig.hears(BEN) == ["contact.in_doubt"]


async def test_who_blocks_the_bot_on_telegram_hears_of_it_when_they_are_back(rig_on_each: Rig) -> None:
    rig = rig_on_each
    await rig.join()
    rig.anna.person.blocked = True
    for wait in (timedelta(), LATER):
        await rig.sweep_at(LAB_AT + wait)
        assert (await rig.row(ANNA, Kind.LAB)).status is Status.UNDELIVERABLE
    assert await rig.reach(ANNA) == (Reach.BLOCKED, "blocked")
    assert len(rig.telegram.sent("sendMessage")) == 1
    assert await rig.hears(ANNA) == ["contact.could_not_reach", "contact.not_sent"]
    assert await rig.reach(ANNA) == (Reach.OK, None)
    assert await rig.hears(ANNA) == []


@pytest.mark.parametrize("code", ["50007", "50278"])
async def test_who_cannot_be_written_to_on_discord_hears_of_it_when_they_are_back(rig: Rig, code: str) -> None:
    await rig.join()
    if code == "50007":
        rig.ben.blocks_bot()
    else:
        (guild,) = rig.discord.world.guilds.values()
        rig.ben.leaves(guild)
    for wait in (timedelta(), LATER):
        await rig.sweep_at(LAB_AT + wait)
        row = await rig.row(BEN, Kind.LAB)
        assert (row.status, row.reason) == (Status.UNDELIVERABLE, code)
    assert await rig.reach(BEN) == (Reach.BLOCKED, code)
    assert len(rig.discord.asked(POSTS)) == 1
    assert await rig.hears(BEN) == ["contact.could_not_reach", "contact.not_sent"]


async def test_a_limit_holds_over_a_restart_and_for_its_platform_alone(rig_on_each: Rig) -> None:
    rig = rig_on_each
    await rig.join()
    rig.telegram.fail_next("sendMessage", kind=telegram.rate_limited(300))
    await rig.sweep_at(LAB_AT)
    for wait in (MOMENT, SOON):
        await rig.sweep_at(LAB_AT + wait)
        assert len(rig.telegram.sent("sendMessage")) == 1
    assert len(seen_on_discord(rig)) == 1
    await rig.sweep_at(LAB_AT + LATER)
    row = await rig.row(ANNA, Kind.LAB)
    assert (row.status, row.attempts, len(seen_on_telegram(rig))) == (Status.SENT, 1, 1)


async def test_a_fault_that_passes_within_seconds_is_seen_by_nobody(rig: Rig) -> None:
    await rig.join()
    rig.discord.fail_next(POSTS, 1, discord.server_error(503))
    rig.discord.fail_next(POSTS, 1, discord.dropped_after)
    await rig.sweep_at(LAB_AT)
    row = await rig.row(BEN, Kind.LAB)
    assert (row.status, row.repeat, len(seen_on_discord(rig))) == (Status.SENT, False, 1)
    assert len(rig.discord.asked(POSTS)) == TRIES
    assert len({asked["json"]["nonce"] for asked in rig.discord.asked(POSTS)}) == 1


async def test_once_an_attempt_may_have_gone_through_it_stays_in_doubt(rig: Rig) -> None:
    await rig.join()
    rig.discord.fail_next(POSTS, 1, discord.server_error(504))
    rig.discord.fail_next(POSTS, 2, discord.server_error(503))
    await rig.sweep_at(LAB_AT)
    row = await rig.row(BEN, Kind.LAB)
    assert (row.status, row.repeat, row.reason) == (Status.PENDING, True, "http_504")
