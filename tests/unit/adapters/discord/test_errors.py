"""Every error of the library and the network has its meaning for the core."""

import inspect
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest

from adapters.discord.errors import MEANINGS, meaning, meaning_in_group
from bot.errors import Blocked, DeliveryError, Gone, RateLimited, Refused, Unknown, Unreachable


def refusal(kind: type[discord.HTTPException], status: int, code: int) -> discord.HTTPException:
    response: Any = SimpleNamespace(status=status, reason="")
    return kind(response, {"code": code, "message": "x"})


def test_no_error_class_of_the_library_is_forgotten() -> None:
    found = {each for _, each in inspect.getmembers(discord.errors, inspect.isclass) if issubclass(each, Exception)}
    assert found <= set(MEANINGS)


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        pytest.param(refusal(discord.Forbidden, 403, 50007), Blocked, "50007", id="blocked"),
        pytest.param(refusal(discord.Forbidden, 403, 50278), Blocked, "50278", id="no mutual server"),
        pytest.param(refusal(discord.Forbidden, 403, 50001), Blocked, "50001", id="another refusal"),
        pytest.param(refusal(discord.HTTPException, 400, 50007), Blocked, "50007", id="refused when opening"),
        pytest.param(refusal(discord.HTTPException, 400, 50033), Blocked, "50033", id="no recipient"),
        pytest.param(refusal(discord.NotFound, 404, 10013), Blocked, "10013", id="no such person"),
        pytest.param(refusal(discord.NotFound, 404, 10003), Unreachable, "http_404_10003", id="no such channel"),
        pytest.param(refusal(discord.Forbidden, 403, 0), Unreachable, "http_403_0", id="a gate before Discord"),
        pytest.param(refusal(discord.Forbidden, 403, 20026), Unreachable, "http_403_20026", id="bot flagged"),
        pytest.param(
            refusal(discord.Forbidden, 403, 40003), Unreachable, "too_many_new_chats", id="too many new chats"
        ),
        pytest.param(refusal(discord.HTTPException, 429, 0), RateLimited, "http_429_0", id="429 by hand"),
        pytest.param(refusal(discord.HTTPException, 401, 0), Refused, "token_refused", id="token"),
        pytest.param(refusal(discord.HTTPException, 400, 50035), Unreachable, "http_400_50035", id="broken form"),
        *(
            pytest.param(refusal(discord.DiscordServerError, status, 0), kind, f"http_{status}", id=f"status {status}")
            for status, kind in (
                (500, Unreachable),
                (502, Unreachable),
                (503, Unreachable),
                (504, Unknown),
                (520, Unknown),
                (524, Unknown),
            )
        ),
        pytest.param(discord.InvalidData(), Unknown, "InvalidData", id="unreadable answer"),
        pytest.param(discord.LoginFailure(), Refused, "token_refused", id="login"),
        pytest.param(aiohttp.ServerDisconnectedError(), Unknown, "ServerDisconnectedError", id="dropped"),
        pytest.param(ConnectionResetError(), Unknown, "ConnectionResetError", id="reset"),
        pytest.param(TimeoutError(), Unknown, "TimeoutError", id="time-out"),
    ],
)
def test_an_error_means_what_may_be_done_next(error: Exception, kind: type[DeliveryError], reason: str) -> None:
    assert (type(meaning(error)), meaning(error).reason) == (kind, reason)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        pytest.param(discord.NotFound, 404, 10003, id="no such channel"),
        pytest.param(discord.NotFound, 404, 10008, id="no such message"),
        pytest.param(discord.Forbidden, 403, 50001, id="no access"),
        pytest.param(discord.Forbidden, 403, 50013, id="no permission"),
        pytest.param(discord.Forbidden, 403, 50005, id="somebody else's message"),
        pytest.param(discord.HTTPException, 400, 50083, id="archived thread"),
        pytest.param(discord.Forbidden, 403, 99999, id="a new refusal"),
    ],
)
def test_a_group_that_refuses_is_gone(kind: type[discord.HTTPException], status: int, code: int) -> None:
    meant = meaning_in_group(refusal(kind, status, code))
    assert (type(meant), meant.reason) == (Gone, str(code))


@pytest.mark.parametrize(
    "error",
    [refusal(discord.HTTPException, 429, 0), refusal(discord.DiscordServerError, 503, 0), TimeoutError()],
    ids=["limited", "server error", "time-out"],
)
def test_a_passing_trouble_leaves_a_group_where_it_is(error: Exception) -> None:
    assert type(meaning_in_group(error)) is type(meaning(error))
    assert not isinstance(meaning_in_group(error), Gone)


def test_a_rate_limit_says_how_long() -> None:
    meant = meaning(discord.RateLimited(90.5))
    assert isinstance(meant, RateLimited)
    assert meant.retry_after == timedelta(seconds=90.5)


async def test_a_connection_that_was_never_made_delivers_nothing(unused_tcp_port_factory: Callable[[], int]) -> None:
    async with aiohttp.ClientSession() as web:
        with pytest.raises(aiohttp.ClientConnectorError) as raised:
            await web.get(f"http://127.0.0.1:{unused_tcp_port_factory()}")
    assert isinstance(meaning(raised.value), Unreachable)
