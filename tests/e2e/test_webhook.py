"""The real program with a webhook: Telegram brings messages, monitoring asks, and strangers get nothing."""

import asyncio
import json
import socket
from pathlib import Path

import aiohttp
import pytest

from e2e.program import Program, fresh_record, until
from e2e.test_doctor import runs
from fakes.telegram import FakeTelegram

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

URL = "https://bot.example.org/telegram"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def forged(text: str) -> bytes:
    person = {"id": 7, "is_bot": False, "first_name": "Anna"}
    chat = {"id": 7, "type": "private", "first_name": "Anna"}
    command = {"type": "bot_command", "offset": 0, "length": len(text)}
    message = {"message_id": 900, "date": 1, "chat": chat, "from": person, "text": text, "entities": [command]}
    return json.dumps({"update_id": 1, "message": message}).encode()


async def asks(url: str, body: bytes | None = None, secret: str | None = None) -> tuple[int, str]:
    headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret}
    method = "GET" if body is None else "POST"
    async with aiohttp.ClientSession() as session, session.request(method, url, data=body, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_telegram_brings_messages_and_nobody_else_does(tmp_path: Path) -> None:
    site = f"http://127.0.0.1:{(port := free_port())}"
    async with FakeTelegram(record_to=fresh_record("webhook")) as telegram:
        telegram.courier.door = f"{site}/telegram"
        settings = {
            "TELEGRAM_TOKEN": telegram.token,
            "TELEGRAM_API_BASE": telegram.base_url.removesuffix("/bot"),
            "TELEGRAM_WEBHOOK_URL": URL,
            "HTTP_PORT": str(port),
        }
        anna = telegram.user(7, "Anna")
        async with Program(tmp_path, settings) as program:
            # Said before it runs: Telegram keeps it, and comes back until somebody answers.
            await anna.says("/start")
            await anna.waits_for("Do you agree", timeout=120)
            await _forgeries_are_refused(telegram, site)
            await _it_tells_how_it_is(site)
            assert await program.end() == 0
            said = program.said()
        # What comes from now on stays with Telegram, for a start with or without a webhook.
        assert telegram.world.webhook == ""
        assert not telegram.sent("getUpdates")
        _what_is_logged_is_harmless(said, telegram)


async def _forgeries_are_refused(telegram: FakeTelegram, site: str) -> None:
    before = len(telegram.sent("sendMessage"))
    for secret in (None, "", "0" * 64):
        assert await asks(f"{site}/telegram", forged("/forget"), secret) == (403, "")
    assert await asks(f"{site}/else", forged("/forget")) == (404, "")
    # What had been taken would be answered before this is.
    telegram.push("message", json.loads(forged("/countdown"))["message"])
    await until(lambda: len(telegram.sent("sendMessage")) > before)
    assert len(telegram.sent("sendMessage")) == before + 1


async def _it_tells_how_it_is(site: str) -> None:
    async def is_well() -> bool:
        return (await asks(f"{site}/healthz"))[0] == 200

    await until(is_well)
    told = json.loads((await asks(f"{site}/healthz"))[1])
    assert (told["well"], told["database"], told["sweeps"], told["platforms"]) == (True, True, True, {"telegram": True})
    status, figures = await asks(f"{site}/metrics")
    assert status == 200
    for name in ("roundtable_database_up 1.0", "roundtable_reminders_due 0.0", "roundtable_loop_lag_seconds_count"):
        assert name in figures
    assert "Anna" not in figures


def _what_is_logged_is_harmless(said: str, telegram: FakeTelegram) -> None:
    (asked,) = telegram.sent("setWebhook")
    assert asked["secret_token"] not in said
    assert telegram.token not in said
    assert "Anna" not in said
    assert "forget" not in said


async def test_a_port_that_is_taken_ends_the_start_with_one_line(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with FakeTelegram() as telegram:
        settings = {
            "TELEGRAM_TOKEN": telegram.token,
            "TELEGRAM_API_BASE": telegram.base_url.removesuffix("/bot"),
            "HTTP_PORT": str(port),
        }
        program = Program(tmp_path, settings)
        await program.start()
        assert await program.ends(60) == 1
    server.close()
    assert f"run: Port {port} of 127.0.0.1 cannot be opened" in program.said()
    assert "Traceback" not in program.said()


@pytest.mark.postgres
async def test_the_doctor_compares_clocks_and_tries_the_port(tmp_path: Path, postgres_url: str) -> None:
    program = Program(tmp_path, {"DATABASE_URL": postgres_url, "HTTP_PORT": str(port := free_port())})
    status, text = await runs(program, "doctor")
    assert (status, "clock: PostgreSQL's and this machine's are" in text) == (0, True), text
    assert f"port {port} is free" in text
