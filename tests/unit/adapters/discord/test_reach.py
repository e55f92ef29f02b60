"""A process that only writes, whether Discord lets the bot in, and what it is told to wait for."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import RateLimited, Refused, SettingsError
from contract.delivery.rig import until
from fakes import discord_faults as faults
from fakes.discord_people import Person
from fakes.discord_server import FakeDiscord
from fakes.limits import DiscordLimits
from unit.adapters.discord.rig import Rig
from unit.adapters.discord.test_faults import POSTS, reminds

ME = "GET /users/@me"


def reaching(server: FakeDiscord) -> Rig:
    rig = Rig(server)
    rig.timing = replace(rig.timing, asked_every=timedelta(seconds=0.01), refused_pause=timedelta(seconds=0.2))
    rig.make()
    return rig


async def test_who_reaches_writes_and_receives_nothing(server: FakeDiscord, anna: Person) -> None:
    rig = reaching(server)
    assert not rig.adapter.connected
    task = asyncio.create_task(rig.adapter.reach())
    await until(lambda: rig.adapter.connected)
    await reminds(rig, anna)
    assert len(anna.dm.messages) == 1
    assert server.gateway.identified == 0
    assert not server.asked("* /applications/*/commands")
    server.fail_next(ME, 1, faults.server_error(502, html=True))
    await until(lambda: not rig.adapter.connected)
    await until(lambda: rig.adapter.connected)
    await reminds(rig, anna)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert not rig.adapter.connected


async def test_a_token_that_is_refused_at_once_ends_it(server: FakeDiscord) -> None:
    server.fail_next(ME, 1, faults.unauthorized)
    with pytest.raises(SettingsError, match="DISCORD_TOKEN"):
        await asyncio.wait_for(reaching(server).adapter.reach(), 20)


async def test_a_token_that_is_refused_later_is_tried_again(server: FakeDiscord, anna: Person) -> None:
    rig = reaching(server)
    task = asyncio.create_task(rig.adapter.reach())
    await until(lambda: rig.adapter.connected)
    server.fail_next(ME, 2, faults.unauthorized)
    await until(lambda: not rig.adapter.connected)
    with pytest.raises(Refused):
        await reminds(rig, anna)
    await until(lambda: rig.adapter.connected)
    await reminds(rig, anna)
    task.cancel()
    await asyncio.wait({task})


async def test_connected_means_that_the_gateway_is(server: FakeDiscord, rig: Rig) -> None:
    await until(lambda: rig.adapter.connected)
    server.close_gateway()
    await server.drop_gateway(None)
    await until(lambda: not rig.adapter.connected)
    server.close_gateway(closed=False)
    await until(lambda: rig.adapter.connected)


async def test_a_limit_of_everything_is_told_at_once_and_one_of_a_chat_is_waited_out(
    server: FakeDiscord, rig: Rig, anna: Person
) -> None:
    server.fail_next(POSTS, 1, faults.rate_limited(0.05, global_=True))
    with pytest.raises(RateLimited, match="http_429"):
        await reminds(rig, anna)
    assert anna.dm.messages == []
    server.fail_next(POSTS, 1, faults.rate_limited(0.05))
    await reminds(rig, anna)
    assert len(anna.dm.messages) == 1


async def test_answers_to_interactions_need_no_turn(server: FakeDiscord, rig: Rig, anna: Person) -> None:
    server.limits = DiscordLimits()
    server.limits.overall.most = 0
    await anna.uses("/nextlab")
    await rig.settle()
    assert server.limits.refused == 0
    assert len(anna.sees) == 1
