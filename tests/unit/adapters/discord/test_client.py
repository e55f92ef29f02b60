"""Logging in, staying connected, and keeping the commands registered."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from adapters.discord.check import check
from adapters.discord.client import TOKEN_REFUSED, DiscordAdapter
from adapters.discord.platform import capabilities
from bot.errors import Refused, SettingsError
from bot.settings import DiscordPersonal
from contract.delivery.rig import until
from fakes import discord_faults as faults
from fakes.discord_commands import CHAT_INPUT, named
from fakes.discord_people import Person
from fakes.discord_server import FakeDiscord
from fakes.discord_state import Channel, Guild
from offered import FORMS
from unit.adapters.discord.rig import SECRET, Rig

CREATES = "PUT /applications/*/commands"


async def test_commands_are_registered_once(server: FakeDiscord, rig: Rig) -> None:
    await rig.stop()
    await rig.start()
    await server.until(lambda: len(server.asked("GET /applications/*/commands")) > 1)
    assert len(server.asked(CREATES)) == 1


async def test_a_changed_command_is_registered_anew(server: FakeDiscord, rig: Rig) -> None:
    await rig.stop()
    next(iter(server.world.commands.values()))["description"] = "Something else"
    await rig.start()
    assert await server.until(lambda: len(server.asked(CREATES)) > 1)


async def test_registering_is_tried_until_it_works(server: FakeDiscord, anna: Person) -> None:
    server.fail_next(CREATES, 2, faults.server_error(503))
    async with Rig(server).running():
        assert len(server.asked(CREATES)) == 3
        assert anna.world.commands


MENU = "Flag this message"


@pytest.mark.parametrize(
    ("personal", "names"),
    [
        (
            DiscordPersonal.FULL,
            {"start", "stop", "nextlab", "round", "countdown", "labs", "forget", "settings", "labdone", "privacy"},
        ),
        (
            DiscordPersonal.NEUTRAL,
            {"start", "stop", "next", "round", "countdown", "labs", "forget", "settings", "labdone", "privacy"},
        ),
        (DiscordPersonal.OFF, {"start", "stop", "forget", "privacy"}),
    ],
    ids=lambda each: each.value if isinstance(each, DiscordPersonal) else "",
)
async def test_the_commands_are_those_that_the_operator_allows(
    server: FakeDiscord, personal: DiscordPersonal, names: set[str]
) -> None:
    async with Rig(server, personal).running():
        commands = list(server.world.commands.values())
    assert {command["name"] for command in commands} == {*names, "flag", MENU}
    for_all = [command for command in commands if command["name"] not in ("privacy", MENU)]
    assert all(command["contexts"] == [0, 1] for command in for_all)
    assert all(command["default_member_permissions"] is None for command in for_all)


async def test_a_command_for_moderators_is_offered_to_them_alone_and_only_on_their_server(
    server: FakeDiscord, rig: Rig, anna: Person, guild: Guild, general: Channel
) -> None:
    assert rig.task
    moderator = server.user("mona")
    guild.add(moderator, "manage_messages")
    (command,) = [each for each in server.world.commands.values() if each["name"] == "privacy"]
    assert (command["contexts"], command["default_member_permissions"]) == ([0], str(1 << 13))
    assert named(server.commands.offered(moderator, general, CHAT_INPUT), "privacy", moderator)
    for person, channel in ((anna, general), (moderator, moderator.dm)):
        assert named(server.commands.offered(person, channel, CHAT_INPUT), "privacy", person) is None


async def test_a_command_that_is_for_moderators_now_is_registered_anew(server: FakeDiscord, rig: Rig) -> None:
    await rig.stop()
    for command in server.world.commands.values():
        command["default_member_permissions"] = None
    await rig.start()
    assert await server.until(lambda: len(server.asked(CREATES)) > 1)


async def test_a_discreet_command_is_found_by_its_discreet_name(server: FakeDiscord, anna: Person) -> None:
    async with Rig(server, DiscordPersonal.NEUTRAL).running() as rig:
        await anna.uses("/next")
        await rig.settle()
    assert SECRET in anna.sees[-1].content


async def test_a_refused_token_is_told_in_plain_words(server: FakeDiscord) -> None:
    rig = Rig(server)
    adapter = DiscordAdapter("wrong", server.base_url, rig.personal, rig.dispatcher(), rig.timing)
    with pytest.raises(SettingsError, match="DISCORD_TOKEN"):
        await adapter.run()


async def test_a_token_that_is_reset_while_it_runs_is_told_and_tried_again(server: FakeDiscord, anna: Person) -> None:
    rig = Rig(server)
    rig.timing = replace(rig.timing, refused_pause=timedelta(seconds=0.05))
    good = server.token
    with capture_logs() as logs:
        async with rig.running():
            server.token = server.gateway.token = "another"
            await server.drop_gateway(4004)
            await until(lambda: any("DISCORD_TOKEN" in each.get("what_to_do", "") for each in logs))
            with pytest.raises(Refused, match="token_refused"):
                rig.adapter.live()
            server.token = server.gateway.token = good
            await until(lambda: rig.adapter.connected)
            await anna.says("/nextlab")
            await rig.settle()
    assert SECRET in anna.sees[-1].content
    assert len([each for each in logs if each["event"] == "discord_token_refused"]) == 1


async def test_what_is_sent_after_a_refused_start_waits_for_the_operator(server: FakeDiscord) -> None:
    rig = Rig(server)
    adapter = DiscordAdapter("wrong", server.base_url, rig.personal, rig.dispatcher(), rig.timing)
    with pytest.raises(SettingsError):
        await adapter.run()
    with pytest.raises(Refused):
        adapter.live()


async def test_without_the_message_content_intent_it_runs_all_the_same(server: FakeDiscord, anna: Person) -> None:
    server.allow_intents(message_content=False)
    async with Rig(server).running() as rig:
        await anna.says("/nextlab")
        await rig.settle()
        assert rig.adapter.capabilities.hears_groups is False
        assert rig.memory.calls[-1].capabilities.hears_groups is False
    assert SECRET in anna.sees[-1].content


async def test_with_it_groups_are_heard(rig: Rig) -> None:
    assert rig.adapter.capabilities.hears_groups is True


@pytest.mark.parametrize("personal", DiscordPersonal, ids=lambda each: each.value)
def test_only_where_the_operator_allows_all_health_words_are_sent(personal: DiscordPersonal) -> None:
    assert capabilities(personal).discreet == (personal is not DiscordPersonal.FULL)


async def test_it_starts_when_discord_comes_back(server: FakeDiscord, anna: Person) -> None:
    server.fail_next("GET /users/@me", 2, faults.server_error(503))
    async with Rig(server).running() as rig:
        await anna.uses("/nextlab")
        await rig.settle()
    assert SECRET in anna.sees[-1].content


async def test_what_is_being_answered_when_it_ends_is_answered(
    server: FakeDiscord, anna: Person, general: Channel
) -> None:
    async with Rig(server).running() as rig:
        await anna.uses("/nextlab", general, pace="slow")
        stopping = asyncio.create_task(rig.stop())
        await asyncio.sleep(0.05)
        rig.memory.gate.set()
        await stopping
        assert [message.loading for message in anna.sees] == [False]


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_the_core_fits_into_a_modal(name: str) -> None:
    form = FORMS[name]
    assert len(form.fields) <= 5
    assert all(len(field.choices) <= 25 for field in form.fields)
    assert all(field.kind.value == "choice" or not field.choices for field in form.fields)


@pytest.mark.parametrize("intent", [True, False], ids=["intent on", "intent off"])
async def test_the_check_tells_what_an_operator_should_know(server: FakeDiscord, intent: bool) -> None:
    server.allow_intents(message_content=intent)
    found = await check(server.token, server.base_url, DiscordPersonal.NEUTRAL)
    assert [finding.ok for finding in found] == [True, intent, True, True]
    texts = [finding.text for finding in found]
    assert texts[0] == "Discord knows the bot as roundtable."
    assert "applications.commands" in texts[2]
    assert "DISCORD_PERSONAL is neutral" in texts[3]


@pytest.mark.parametrize(
    ("token", "status", "text"),
    [("wrong", None, TOKEN_REFUSED), ("fake-token", 503, "Discord cannot be reached")],
    ids=["refused", "away"],
)
async def test_the_check_tells_what_is_wrong(server: FakeDiscord, token: str, status: int | None, text: str) -> None:
    if status:
        server.fail_next("GET /users/@me", 1, faults.server_error(status))
    (found,) = await check(token, server.base_url, DiscordPersonal.FULL)
    assert not found.ok
    assert found.text.startswith(text)
