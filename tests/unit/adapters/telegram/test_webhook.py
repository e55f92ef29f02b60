"""Updates that Telegram brings: over real sockets, from the fake Telegram through the program's own HTTP server."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

from adapters.telegram.client import TelegramAdapter, build_bot
from adapters.telegram.polling import WANTED
from adapters.telegram.webhook import Arrivals, Webhook
from adapters.web.server import WebServer
from bot.errors import SettingsError
from bot.meter import Health
from fakes.telegram import FakeTelegram, Fault, User, rate_limited, server_error, unauthorized
from unit.adapters.telegram.rig import Rig

URL = "https://bot.example.org/telegram"
SECRET = "s" * 43
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
LOOK = timedelta(milliseconds=50)
UNRESOLVED = '{"ok": false, "error_code": 400, "description": "Bad Request: bad webhook: Failed to resolve host"}'


class Hooked(Rig):
    """The adapter behind the program's HTTP server; the fake Telegram's courier knows the way there."""

    def __post_init__(self) -> None:
        super().__post_init__()
        api_base = self.server.base_url.removesuffix("/bot")
        self.adapter = TelegramAdapter(self.server.token, api_base, self.dispatcher, webhook=Webhook(URL, SECRET))

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Hooked"]:
        async def well() -> Health:
            return Health(database=True, sweeps=False)

        async def nothing() -> bytes:
            return b""

        web = WebServer("127.0.0.1", 0, well, nothing, self.adapter.receive)
        await web.start()
        self.door = self.server.courier.door = f"http://127.0.0.1:{web.address[1]}/telegram"
        self.task = asyncio.create_task(self.adapter.run())
        assert await self.server.world.until(lambda: self.server.world.webhook or self.task.done() or None, 10)
        try:
            yield self
        finally:
            self.task.cancel()
            with suppress(asyncio.CancelledError, SettingsError):
                await self.task
            await web.stop()


@pytest.fixture
async def hooked(telegram: FakeTelegram) -> AsyncIterator[Hooked]:
    async with Hooked(telegram).running() as rig:
        yield rig


async def knocks(door: str, body: bytes, secret: str | None) -> int:
    headers = {} if secret is None else {SECRET_HEADER: secret}
    async with aiohttp.ClientSession() as session, session.post(door, data=body, headers=headers) as answer:
        assert await answer.read() == b""
        return answer.status


def forged(number: int = 1) -> bytes:
    person = {"id": 11, "is_bot": False, "first_name": "Anna"}
    chat = {"id": 11, "type": "private", "first_name": "Anna"}
    command = {"type": "bot_command", "offset": 0, "length": 5}
    message = {"message_id": 1, "date": 1, "chat": chat, "from": person, "text": "/help me", "entities": [command]}
    return json.dumps({"update_id": number, "message": message}).encode()


@asynccontextmanager
async def looking(
    telegram: FakeTelegram, heard: list[int] | None = None
) -> AsyncIterator[tuple[Arrivals, asyncio.Task[None]]]:
    """The webhook alone, looked at often."""
    bot = build_bot(telegram.token, telegram.base_url.removesuffix("/bot"))
    arrivals = Arrivals(bot, Webhook(URL, SECRET), LOOK, LOOK)
    async with bot:
        found: list[int] = [] if heard is None else heard
        task = asyncio.create_task(arrivals.run(lambda update: found.append(update.update_id)))
        assert await telegram.world.until(lambda: telegram.world.webhook or None, 10)
        try:
            yield arrivals, task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, SettingsError):
                await task


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not look():  # noqa: ASYNC110 - nothing rings for what is looked at
            await asyncio.sleep(0.01)


async def test_the_webhook_is_set_as_telegram_takes_it_and_nothing_is_asked_for(hooked: Hooked) -> None:
    (asked,) = hooked.server.sent("setWebhook")
    assert asked["url"] == URL
    assert asked["secret_token"] == SECRET
    assert json.loads(asked["allowed_updates"]) == list(WANTED)
    assert 1 <= int(asked["max_connections"]) <= 10
    assert asked.get("drop_pending_updates", "False").lower() == "false"
    assert not hooked.server.sent("getUpdates")


async def test_a_secret_that_is_no_text_is_refused_as_any_other(hooked: Hooked) -> None:
    host, port = hooked.door.removeprefix("http://").removesuffix("/telegram").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    with capture_logs() as logs:
        writer.write(
            b"POST /telegram HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n"
            + SECRET_HEADER.encode()
            + b": \xff\xfe\r\n\r\n{}"
        )
        assert b" 403 " in await asyncio.wait_for(reader.readline(), 20)
    writer.close()
    assert logs == []


async def test_what_is_brought_is_answered(hooked: Hooked, anna: User) -> None:
    await anna.says("/help hello")
    await anna.waits_for("hello")
    assert [each.status for each in hooked.server.courier.brought] == [200]


async def test_what_was_said_before_the_start_is_brought_after_it(telegram: FakeTelegram, anna: User) -> None:
    await anna.says("/help early")
    async with Hooked(telegram).running():
        await anna.waits_for("early")


async def test_what_is_brought_twice_is_answered_once(hooked: Hooked, anna: User) -> None:
    hooked.server.courier.twice = True
    await anna.says("/help one")
    await anna.says("/help two")
    await anna.waits_for("two")
    await hooked.adapter.lanes.idle()
    assert [each.status for each in hooked.server.courier.brought] == [200] * 4
    assert hooked.memory.said == ["one", "two"]


async def test_whoever_does_not_know_the_secret_is_refused_without_a_word(hooked: Hooked) -> None:
    for secret in (None, "", "wrong", SECRET[:-1], SECRET + "s", "ü" * 43):
        assert await knocks(hooked.door, forged(), secret) == 403
        assert await knocks(hooked.door, b"no JSON", secret) == 403
    await hooked.adapter.lanes.idle()
    assert hooked.memory.said == []


async def test_what_is_no_update_is_refused_and_the_next_one_taken(hooked: Hooked) -> None:
    for body in (
        *(b"", b"no JSON", b"\xff", b"[]", b"null", b"{}", b"[" * 100_000),
        *(b'{"update_id": "1"}', b'{"update_id": 1, "message": 5}'),
    ):
        assert await knocks(hooked.door, body, SECRET) == 400, body[:30]
    assert await knocks(hooked.door, forged(), SECRET) == 200
    await hooked.adapter.lanes.idle()
    assert hooked.memory.said == ["me"]


async def test_of_repeats_only_a_bounded_number_is_remembered(telegram: FakeTelegram) -> None:
    heard: list[int] = []
    async with looking(telegram, heard) as (arrivals, _):
        for number in (*range(5000), *range(4000, 5000)):
            assert await arrivals.take(b'{"update_id": %d}' % number, SECRET) == 200
        assert heard == list(range(5000))
        assert len(arrivals._known) <= 2000  # noqa: SLF001 - what must not grow


async def test_a_clean_end_leaves_what_comes_to_the_next_start_with_or_without_a_webhook(
    telegram: FakeTelegram, anna: User
) -> None:
    async with Hooked(telegram).running() as hooked:
        pass
    assert telegram.world.webhook == ""
    assert await knocks_late(hooked) == 503
    await anna.says("/help later")
    async with Rig(telegram).running():
        await anna.waits_for("later")


async def knocks_late(hooked: Hooked) -> int:
    return await hooked.adapter.receive(forged(), SECRET)


async def test_too_early_it_is_brought_again(telegram: FakeTelegram) -> None:
    hooked = Hooked(telegram)
    assert await hooked.adapter.receive(forged(), SECRET) == 503
    assert await hooked.adapter.receive(forged(), "wrong") == 403
    assert await Rig(telegram).adapter.receive(forged(), SECRET) == 404


async def test_an_address_that_telegram_refuses_ends_it_with_what_to_do(telegram: FakeTelegram) -> None:
    hooked = Hooked(telegram)
    webhook = Webhook("https://bot.example.org:9000/telegram", SECRET)
    api_base = telegram.base_url.removesuffix("/bot")
    hooked.adapter = TelegramAdapter(telegram.token, api_base, hooked.dispatcher, webhook=webhook)
    with pytest.raises(SettingsError, match=r"TELEGRAM_WEBHOOK_URL \(.*only on ports 80") as caught:
        await hooked.adapter.run()
    assert SECRET not in str(caught.value)


async def test_a_name_that_cannot_be_looked_up_is_waited_for(telegram: FakeTelegram) -> None:
    telegram.fail_next("setWebhook", kind=Fault(400, UNRESOLVED))
    with capture_logs() as logs:
        async with looking(telegram) as (arrivals, _):
            await until(lambda: arrivals.connected)
    (told,) = [each for each in logs if each["log_level"] == "error"]
    assert "TELEGRAM_WEBHOOK_URL" in told["what_to_do"]


async def test_polling_says_that_a_webhook_stands_in_the_way_until_it_is_gone(
    telegram: FakeTelegram, anna: User
) -> None:
    telegram.world.webhook = "https://else.example.org/"
    with capture_logs() as logs:
        task = asyncio.create_task(Rig(telegram).adapter.run())
        await until(lambda: any(each["log_level"] == "error" for each in logs))
        assert telegram.world.webhook == "https://else.example.org/"
        telegram.world.webhook = ""
        await anna.says("/start")
        assert await anna.waits_for("Welcome")
        task.cancel()
        await asyncio.wait({task})
    (told,) = [each["what_to_do"] for each in logs if each["log_level"] == "error"]
    assert "deleteWebhook, or set TELEGRAM_WEBHOOK_URL" in told
    assert "else.example.org" not in str(logs)


async def test_a_webhook_that_was_removed_is_set_again(telegram: FakeTelegram) -> None:
    async with looking(telegram) as (arrivals, _):
        await until(lambda: arrivals.connected)
        telegram.world.webhook = ""
        await until(lambda: telegram.world.webhook == URL)
        await until(lambda: arrivals.connected)
    assert not arrivals.connected


async def test_an_address_that_was_good_before_is_tried_again(telegram: FakeTelegram) -> None:
    async with looking(telegram) as (arrivals, _):
        await until(lambda: arrivals.connected)
        telegram.fail_next("setWebhook", kind=Fault(400, UNRESOLVED))
        telegram.world.webhook = ""
        await until(lambda: telegram.world.webhook == URL)
        assert len(telegram.sent("setWebhook")) == 3


async def test_another_program_s_webhook_is_told_and_left_alone_until_it_is_gone(telegram: FakeTelegram) -> None:
    with capture_logs() as logs:
        async with looking(telegram) as (arrivals, _):
            await until(lambda: arrivals.connected)
            telegram.world.webhook = "https://else.example.org/"
            await until(lambda: any(each["event"] == "webhook_taken_away" for each in logs))
            await until(lambda: not arrivals.connected)
            assert len(telegram.sent("setWebhook")) == 1
            telegram.world.webhook = ""
            await until(lambda: arrivals.connected)
            telegram.world.webhook = "https://else.example.org/"
            await until(lambda: not arrivals.connected)
    assert telegram.world.webhook == "https://else.example.org/"
    assert len([each for each in logs if each["event"] == "webhook_taken_away"]) == 1


async def test_a_withdrawn_token_is_tried_again(telegram: FakeTelegram) -> None:
    with capture_logs() as logs:
        async with looking(telegram) as (arrivals, task):
            await until(lambda: arrivals.connected)
            telegram.fail_next("getWebhookInfo", kind=unauthorized())
            await until(lambda: any("TELEGRAM_TOKEN" in each.get("what_to_do", "") for each in logs))
            await until(lambda: arrivals.connected)
            assert not task.done()


@pytest.mark.parametrize("fault", [server_error(502, html=True), rate_limited(1)], ids=["gateway", "limited"])
async def test_a_failure_at_the_start_is_waited_out(telegram: FakeTelegram, fault: object) -> None:
    telegram.fail_next("setWebhook", kind=fault)  # type: ignore[arg-type]  # a fault of the table
    async with looking(telegram):
        assert len(telegram.sent("setWebhook")) == 2


async def test_what_telegram_meets_at_the_address_is_told_without_who_wrote(telegram: FakeTelegram, anna: User) -> None:
    with capture_logs() as lines:
        async with looking(telegram):
            await anna.says("/help lymphocytes")
            await until(lambda: any(line["event"] == "webhook_fails" for line in lines))
    line = next(line for line in lines if line["event"] == "webhook_fails")
    assert (line["waiting"], line["telegram_says"]) == (1, "Connection refused")
    assert not any(word in repr(lines) for word in ("lymphocytes", "Anna", SECRET))


async def test_those_who_knock_without_the_secret_are_counted_and_not_listed(telegram: FakeTelegram) -> None:
    with capture_logs() as lines:
        async with looking(telegram) as (arrivals, _):
            for _knock in range(3):
                assert await arrivals.take(forged(), "wrong") == 403
            await until(lambda: any(line["event"] == "webhook_refused_others" for line in lines))
    counted = [line for line in lines if line["event"] == "webhook_refused_others"]
    assert sum(line["times"] for line in counted) == 3


async def test_what_is_sent_to_set_it_conforms(hooked: Hooked, tmp_path: Path) -> None:
    assert hooked.server.unknown == []
    recording = (tmp_path / "telegram.jsonl").read_text()
    assert '"method": "setWebhook"' in recording
