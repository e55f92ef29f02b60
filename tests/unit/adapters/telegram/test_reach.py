"""A process that only writes, and whether Telegram lets the bot in."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from adapters.telegram.client import build_bot
from adapters.telegram.polling import Polling, Reaching
from bot.chat.people import Person, Reader
from bot.chat.replies import Reply
from bot.errors import SettingsError
from fakes.telegram import FakeTelegram, User, server_error, unauthorized
from unit.adapters.telegram.rig import Rig, plain

A_MOMENT = 0.005


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(A_MOMENT)


async def test_who_reaches_writes_and_receives_nothing(telegram: FakeTelegram, anna: User) -> None:
    adapter = Rig(telegram).adapter
    assert not adapter.connected
    reaching = asyncio.create_task(adapter.reach())
    await until(lambda: adapter.connected)
    await anna.says("/start")
    person = Person("telegram", str(anna.id), "Anna")
    await adapter.messenger.send(person, Reply((plain("A check is due"),)), Reader(), once="r1")
    assert {each["method"] for each in telegram.requests} == {"getMe", "sendMessage"}
    assert len(telegram.world.updates) == 1
    reaching.cancel()
    with suppress(asyncio.CancelledError):
        await reaching
    assert not adapter.connected


async def test_reaching_notices_that_telegram_is_away_and_back(telegram: FakeTelegram) -> None:
    async with Rig(telegram).running() as rig:
        moment = timedelta(seconds=A_MOMENT)
        reaching = Reaching(rig.adapter._bot, moment, moment)  # noqa: SLF001 - the client that is connected already
        task = asyncio.create_task(reaching.run())
        await until(lambda: reaching.connected)
        telegram.fail_next("getMe", kind=server_error())
        await until(lambda: not reaching.connected)
        await until(lambda: reaching.connected)
        with capture_logs() as logs:
            telegram.fail_next("getMe", 2, kind=unauthorized())
            await until(lambda: not reaching.connected)
            await until(lambda: reaching.connected)
        assert ["TELEGRAM_TOKEN" in each["what_to_do"] for each in logs] == [True]
        task.cancel()
        await asyncio.wait({task})
        assert not reaching.connected


async def test_polling_goes_on_with_a_token_that_is_good_again(telegram: FakeTelegram, anna: User) -> None:
    async with build_bot(telegram.token, telegram.base_url.removesuffix("/bot")) as bot:
        polling = Polling(bot, timedelta(seconds=2), timedelta(seconds=A_MOMENT))
        heard: list[int] = []
        telegram.fail_next("getUpdates", 2, kind=unauthorized())
        task = asyncio.create_task(polling.run(lambda update: heard.append(update.update_id)))
        await anna.says("/start")
        await until(lambda: heard and polling.connected)
        task.cancel()
        await asyncio.wait({task})


async def test_polling_says_whether_the_last_poll_went_through(telegram: FakeTelegram, anna: User) -> None:
    async with Rig(telegram).running() as rig:
        assert rig.adapter.connected
        telegram.fail_next("getUpdates", kind=server_error())
        await anna.says("/start")
        await until(lambda: not rig.adapter.connected)
        await until(lambda: rig.adapter.connected)
    assert not rig.adapter.connected


async def test_a_token_that_is_refused_ends_it(telegram: FakeTelegram) -> None:
    telegram.fail_next("getMe", kind=unauthorized())
    with pytest.raises(SettingsError, match="TELEGRAM_TOKEN"):
        await asyncio.wait_for(Rig(telegram).adapter.reach(), 20)
