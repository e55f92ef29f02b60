"""What the operator is told of the bot's account."""

import pytest

from adapters.telegram.check import check
from fakes.telegram import FakeTelegram

URL = "https://bot.example.org/telegram"


async def look(telegram: FakeTelegram, token: str | None = None, webhook_url: str = "") -> list[tuple[bool, str]]:
    token = telegram.token if token is None else token
    found = await check(token, telegram.base_url.removesuffix("/bot"), webhook_url)
    return [(finding.ok, finding.text) for finding in found]


async def test_an_account_in_order_is_said_to_be(telegram: FakeTelegram) -> None:
    found = await look(telegram)
    assert [ok for ok, _text in found] == [True, True, True, True]
    assert "@RoundtableTestBot" in found[0][1]
    assert "Privacy mode is on" in found[1][1]
    assert "only where the bot is an administrator" in found[1][1]


async def test_privacy_mode_that_is_off_is_explained() -> None:
    async with FakeTelegram(can_read_all_group_messages=True) as telegram:
        found = await look(telegram)
    assert "Privacy mode is off" in found[1][1]


@pytest.mark.parametrize(("supported", "told"), [(True, "mode is on"), (False, "/setinline")], ids=["on", "off"])
async def test_whether_answers_can_be_looked_up_in_other_chats_is_told(
    telegram: FakeTelegram, told: str, *, supported: bool
) -> None:
    telegram.world.supports_inline_queries = supported
    ok, text = (await look(telegram))[2]
    assert (ok, text.startswith("Inline mode"), told in text) == (True, True, True)


async def test_a_webhook_that_takes_the_messages_is_found(telegram: FakeTelegram) -> None:
    telegram.world.webhook = "https://bot.example.org/hook"
    *_, (ok, text) = await look(telegram)
    assert not ok
    assert "webhook" in text
    assert "example.org" not in text


@pytest.mark.parametrize(
    ("there", "trouble", "ok", "told"),
    [
        ("", "", True, "not set yet"),
        (URL, "", True, "brings what people write"),
        (URL, "Connection refused", False, "1 updates wait, since Telegram met this there: Connection refused"),
        ("https://else.example.org/", "", False, "Another webhook"),
    ],
    ids=["not yet", "in order", "in trouble", "another"],
)
async def test_of_a_webhook_that_is_wanted_it_is_told_whether_it_works(
    telegram: FakeTelegram, there: str, trouble: str, told: str, *, ok: bool
) -> None:
    if trouble:
        telegram.push("message", {})
    telegram.world.webhook, telegram.world.webhook_trouble = there, trouble
    *_, (found, text) = await look(telegram, webhook_url=URL)
    assert (found, told in text) == (ok, True), text
    assert "example.org" not in text


async def test_a_refused_token_is_said_to_be_refused(telegram: FakeTelegram) -> None:
    for token in ("", "4242424242:WRONG"):
        ((ok, text),) = await look(telegram, token)
        assert (ok, "TELEGRAM_TOKEN" in text) == (False, True)


async def test_a_server_that_is_not_there_is_not_called_a_refusal(telegram: FakeTelegram) -> None:
    await telegram.__aexit__(None, None, None)
    ((ok, text),) = await look(telegram)
    assert (ok, "cannot be reached" in text) == (False, True)
