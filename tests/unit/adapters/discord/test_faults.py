"""What the adapter makes of a network, a Discord or a person that will not have it."""

import importlib.util
import itertools
import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.discord.errors import deliver
from adapters.discord.translate import place
from bot.chat.people import Person as Reached
from bot.chat.people import Reader
from bot.chat.replies import Reply
from bot.errors import Blocked, RateLimited, Refused, Unknown, Unreachable
from fakes import discord_faults as faults
from fakes.discord_people import Person
from fakes.discord_server import FakeDiscord
from fakes.discord_state import Channel, Guild
from unit.adapters.discord.rig import NOTICE, OVERHEARD, REMINDER, SECRET, SHARED, Rig, plain

POSTS, CHATS = "POST /channels/*/messages", "POST /users/@me/channels"
CONFORMANCE = Path(__file__).parents[5] / "shared" / "conformance"


async def reminds(rig: Rig, person: Person, reply: Reply = REMINDER, once: str = "r-1.0") -> str:
    reached = Reached("discord", str(person.id), person.name)
    return await rig.adapter.messenger.send(reached, reply, Reader(), once=once)


async def test_a_reminder_names_its_message_and_its_buttons_work_after_a_restart(rig: Rig, anna: Person) -> None:
    sent = await reminds(rig, anna)
    (shown,) = anna.dm.messages
    assert (sent, shown.content) == (str(shown.id), f"Due: {SECRET}")
    await rig.stop()
    await rig.start()
    await anna.presses("Again")
    await rig.settle()
    assert [message.content for message in anna.dm.messages] == [f"Once more {SECRET}"]


@pytest.mark.parametrize(
    "fault",
    [faults.dropped_before, faults.dropped_after, faults.server_error(503), faults.rate_limited(0.05)],
    ids=["dropped before", "dropped after", "server error", "rate limit"],
)
@pytest.mark.parametrize("where", [POSTS, CHATS], ids=["posting", "opening"])
async def test_a_passing_fault_ends_in_exactly_one_message(
    server: FakeDiscord, rig: Rig, anna: Person, fault: faults.Fault, where: str
) -> None:
    server.fail_next(where, 1, fault)
    await reminds(rig, anna)
    assert len(anna.dm.messages) == 1


async def test_a_reminder_of_the_same_name_arrives_once(rig: Rig, anna: Person) -> None:
    first = await reminds(rig, anna)
    assert await reminds(rig, anna) == first
    assert len(anna.dm.messages) == 1


async def test_where_no_new_chats_may_be_opened_those_that_are_open_go_on(
    server: FakeDiscord, rig: Rig, anna: Person, guild: Guild
) -> None:
    await reminds(rig, anna)
    ben, cleo = server.user("ben"), server.user("cleo")
    guild.add(ben)
    guild.add(cleo)
    asked = len(server.asked(CHATS))
    server.fail_next(CHATS, 1, faults.forbidden(40003, "You are opening direct messages too fast."))
    for person in (ben, cleo):
        with pytest.raises(Unreachable, match="too_many_new_chats"):
            await reminds(rig, person)
    # Discord is not asked again for a while.
    assert len(server.asked(CHATS)) == asked + 1
    await reminds(rig, anna, once="r-2.0")
    assert len(anna.dm.messages) == 2
    rig.adapter.outbox.opens_at = 0
    await reminds(rig, ben, once="r-3.0")
    assert len(ben.dm.messages) == 1


async def test_no_further_attempt_is_made_after_the_process_stood_still(monkeypatch: pytest.MonkeyPatch) -> None:
    now, attempts = [0.0], 0
    monkeypatch.setattr("adapters.discord.errors.time.time", lambda: now[0])

    async def send() -> str:
        nonlocal attempts
        attempts += 1
        now[0] += 11
        raise ConnectionResetError

    with pytest.raises(Unknown, match="ConnectionResetError"):
        await deliver(send)
    assert attempts == 1


async def test_a_message_does_not_leave_after_the_process_stood_still(
    rig: Rig, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reminds(rig, anna)
    pace = rig.adapter.pacing.overall
    turn = pace.turn

    async def stand_still() -> None:
        await turn()
        now = [0.0, 11.0]
        with monkeypatch.context() as patch:
            patch.setattr("adapters.pacing.time.time", lambda: now.pop(0) if now else 11.0)
            await pace.sleep(0)

    with monkeypatch.context() as patch:
        patch.setattr(pace, "turn", stand_still)
        with pytest.raises(Unreachable, match="StoodStill"):
            await reminds(rig, anna, once="r-2.0")
    assert len(anna.dm.messages) == 1


@pytest.mark.parametrize("how", ["blocked", "closed", "left"])
async def test_who_cannot_be_written_to_is_blocked(rig: Rig, anna: Person, guild: Guild, how: str) -> None:
    {"blocked": anna.blocks_bot, "closed": anna.closes_dms, "left": lambda: anna.leaves(guild)}[how]()
    with pytest.raises(Blocked, match="50278" if how == "left" else "50007"):
        await reminds(rig, anna)
    assert anna.dm.messages == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.server_error(503), Unreachable),
        (faults.server_error(502, html=True), Unreachable),
        (faults.server_error(504), Unknown),
        (faults.dropped_before, Unknown),
        (faults.hang(), Unknown),
        (faults.rate_limited(300), RateLimited),
        (faults.forbidden(20026, "flagged"), Unreachable),
        (faults.forbidden(0, "gate"), Unreachable),
        (faults.unauthorized, Refused),
    ],
    ids=["503", "502 as a page", "504", "dropped", "hang", "rate limit", "flagged", "gate", "token"],
)
async def test_a_lasting_fault_is_known_for_what_it_is(
    server: FakeDiscord, rig: Rig, anna: Person, fault: faults.Fault, error: type[Exception]
) -> None:
    server.fail_next(POSTS, 3, fault)
    with pytest.raises(error) as raised:
        await reminds(rig, anna)
    assert anna.dm.messages == []
    if isinstance(raised.value, RateLimited):
        assert raised.value.retry_after == timedelta(seconds=300)


@pytest.mark.parametrize("fault", [faults.server_error(503), faults.hang()], ids=["server error", "hang"])
async def test_a_chat_that_cannot_be_opened_leaves_nothing_in_doubt(
    server: FakeDiscord, rig: Rig, anna: Person, fault: faults.Fault
) -> None:
    server.fail_next(CHATS, 3, fault)
    with pytest.raises(Unreachable):
        await reminds(rig, anna)


async def test_a_reminder_that_went_out_in_part_is_in_doubt(server: FakeDiscord, rig: Rig, anna: Person) -> None:
    long = Reply((plain("x " * 1500), plain("y " * 500)))
    server.fail_next(POSTS, 0, faults.unauthorized)
    server.faults.waiting = [(POSTS, faults.slow(0)), (POSTS, faults.unauthorized)]
    with pytest.raises(Unknown, match="partly_token_refused"):
        await reminds(rig, anna, long)


async def test_before_the_login_and_after_the_end_nobody_is_reached(rig: Rig, anna: Person) -> None:
    await rig.stop()
    with pytest.raises(Unreachable, match="not_logged_in"):
        await reminds(rig, anna)


async def test_reminders_go_out_while_the_gateway_is_away(server: FakeDiscord, rig: Rig, anna: Person) -> None:
    server.close_gateway()
    await server.drop_gateway(None)
    await reminds(rig, anna)
    assert len(anna.dm.messages) == 1


@pytest.mark.parametrize("code", [4000, None], ids=["closed", "cut"])
async def test_what_people_did_while_the_gateway_was_away_is_answered(
    server: FakeDiscord, rig: Rig, anna: Person, code: int | None
) -> None:
    await server.drop_gateway(code)
    await anna.says("/nextlab")
    await server.bot_is_ready(resumed=1)
    await anna.waits_for(SECRET)
    assert server.gateway.identified == 1
    await rig.settle()


async def test_a_payload_that_the_library_cannot_read_ends_in_a_new_start(
    server: FakeDiscord, rig: Rig, anna: Person
) -> None:
    for session in server.gateway.sessions.values():
        session.dispatch("MESSAGE_CREATE", {"nonsense": True})
    await server.bot_is_ready(identified=2)
    await anna.uses("/nextlab")
    await anna.waits_for(SECRET)
    await rig.settle()


ANSWERS_OF_DISCORD = {
    "well": None,
    "dropped before": faults.dropped_before,
    "dropped after": faults.dropped_after,
    "server error": faults.server_error(503),
    "too late": faults.slow(0.2),
    "forbidden": faults.forbidden(50001, "Missing Access"),
    "rate limit": faults.rate_limited(0.05),
}
PLACES = ("POST /interactions/*", "POST /webhooks/*", "PATCH /webhooks/*", POSTS, CHATS)


@pytest.mark.usefixtures("guild")
@pytest.mark.parametrize("where", PLACES, ids=["first answer", "further ones", "changes", "posting", "opening"])
@pytest.mark.parametrize("how", ANSWERS_OF_DISCORD)
async def test_nothing_private_is_ever_shown_to_a_group(
    rig: Rig, anna: Person, ben: Person, where: str, how: str
) -> None:
    fault, server, general = (
        ANSWERS_OF_DISCORD[how],
        rig.server,
        next(iter(rig.server.world.guilds.values())).channel("general"),
    )
    await anna.uses("/forget", general)
    await rig.settle()
    asking = general.public_text()
    # The fake waits so long for a first answer that never comes.
    server.answers.deadline = timedelta(seconds=0.1 if how == "too late" else 0.25)
    for command in ("/nextlab", "/countdown", "/stop", "/labdone", "/labs"):
        if fault:
            server.fail_next(where, 1, fault)
        await anna.uses(command, general)
        await rig.settle()
        for button in ("Again", "Day 3"):
            if any(shown.label == button for message in anna.sees for shown in message.buttons):
                if fault:
                    server.fail_next(where, 1, fault)
                await anna.presses(button)
                await rig.settle()
        server.faults.waiting.clear()
    assert SECRET not in general.public_text()
    assert all(SECRET not in message.text for message in ben.sees)
    assert set(general.public_text().removeprefix(asking).split("\n")) <= {"", SHARED}


async def test_an_answer_whose_connection_broke_comes_once(
    server: FakeDiscord, rig: Rig, anna: Person, general: Channel
) -> None:
    for fault in (faults.dropped_before, faults.dropped_after):
        server.fail_next("POST /interactions/*", 1, fault)
        await anna.uses("/nextlab", general)
        await rig.settle()
    assert len(anna.sees) == 2


async def test_what_was_shared_before_the_connection_broke_is_not_posted_twice(
    server: FakeDiscord, rig: Rig, anna: Person, general: Channel
) -> None:
    server.fail_next(POSTS, 1, faults.dropped_after)
    await anna.uses("/countdown", general)
    await rig.settle()
    assert general.public_text() == SHARED


async def test_what_may_have_been_shared_is_told_so(
    server: FakeDiscord, rig: Rig, anna: Person, general: Channel
) -> None:
    server.fail_next(POSTS, 50, faults.dropped_after)
    await anna.uses("/countdown", general)
    await rig.settle()
    assert general.public_text() == SHARED
    assert anna.sees[-1].content == "I am not sure whether that was posted. Please look in this channel."
    assert anna.sees[-1].ephemeral


async def test_what_could_not_be_shared_is_told_to_its_person_alone(
    server: FakeDiscord, rig: Rig, anna: Person, general: Channel
) -> None:
    server.fail_next(POSTS, 1, faults.forbidden(50001, "Missing Access"))
    await anna.uses("/countdown", general)
    await rig.settle()
    assert general.public_text() == ""
    assert anna.sees[-1].content == "I could not post that in this channel. Nobody else has seen it."
    assert anna.sees[-1].ephemeral


async def test_a_pressed_message_that_is_gone_is_answered_by_a_new_one(
    server: FakeDiscord, rig: Rig, anna: Person
) -> None:
    await reminds(rig, anna)
    server.fail_next("POST /interactions/*", 1, faults.forbidden(50083, "Thread is archived"))
    await anna.presses("Again")
    await rig.settle()
    assert [message.content for message in anna.dm.messages] == [f"Due: {SECRET}", f"Once more {SECRET}"]


@pytest.mark.skipif(not CONFORMANCE.is_dir(), reason="Discord's specification lies outside this repository")
async def test_every_request_fits_discords_specification(
    server: FakeDiscord, rig: Rig, anna: Person, general: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    mona = server.user("mona")
    assert general.guild is not None
    general.guild.add(mona, "manage_messages")
    for command, channel in itertools.product(("/nextlab", "/countdown", "/labs", "/forget"), (general, None)):
        await anna.uses(command, channel)
        await rig.settle()
        await anna.presses(
            "Again" if command in {"/nextlab", "/forget"} else "Day 3"
        ) if command != "/countdown" else None
        await rig.settle()
    for command in ("/round", "/settings"):
        await anna.uses(command, general)
        await anna.fills({"Which day?": "5 Dec"})
        await rig.settle()
    await mona.uses("/privacy", general)
    await mona.fills({})
    await anna.says(OVERHEARD, general)
    await rig.settle()
    await rig.adapter.messenger.post(place(general.id, direct=False), NOTICE, Reader())
    await mona.presses("Shout")
    await rig.settle()
    await anna.completes("/countdown", "zone", "Ber")
    await anna.says("/nextlab")
    await rig.settle()
    await reminds(rig, anna)

    monkeypatch.syspath_prepend(str(CONFORMANCE))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    found = importlib.util.spec_from_file_location("wire_check", CONFORMANCE / "wire_check.py")
    assert found is not None
    assert found.loader is not None
    wire_check = importlib.util.module_from_spec(found)
    found.loader.exec_module(wire_check)
    assert server.record_to is not None
    recorded = [json.loads(line) for line in server.record_to.read_text().splitlines()]
    assert {entry["path"].split("/")[1] for entry in recorded} >= {"interactions", "webhooks", "channels", "users"}
    assert wire_check.main([str(server.record_to)]) == 0
    assert server.unknown_requests == []
