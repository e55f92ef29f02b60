"""The HTTP server over real sockets: what it tells, whom it refuses, and what it does not let itself be held up by."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import pytest
from structlog.testing import capture_logs

from adapters.web.server import MOST_SECONDS, WebServer
from bot.errors import SettingsError
from bot.meter import Health

WELL = Health(database=True, sweeps=True, swept_seconds_ago=1.5, platforms={"telegram": True, "discord": True})
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
MOST_BYTES = 1024 * 1024


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]


@dataclass
class Site:
    """A server whose answers a test chooses; ``taken`` is what was brought to it."""

    health: Callable[[], Awaitable[Health]]
    receives: bool = True
    taken: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    async def expose(self) -> bytes:
        return b"roundtable_reminders_due 3.0\n"

    async def receive(self, body: bytes, secret: str) -> int:
        self.taken.append((len(body), secret))
        if secret == "broken":
            raise RuntimeError("lymphocytes")
        return 200 if secret == "right" else 403

    @asynccontextmanager
    async def open(self, **quick: timedelta) -> AsyncIterator["Site"]:
        server = WebServer("127.0.0.1", 0, self.health, self.expose, self.receive if self.receives else None, **quick)
        await server.start()
        self.port = server.address[1]
        try:
            yield self
        finally:
            await server.stop()

    async def asks(self, method: str, path: str, body: bytes | None = None, secret: str | None = None) -> Answer:
        headers = {} if secret is None else {SECRET_HEADER: secret}
        url = f"http://127.0.0.1:{self.port}{path}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, data=body, headers=headers) as answer,
        ):
            return Answer(answer.status, await answer.read(), dict(answer.headers))

    async def sends(self, raw: bytes) -> bytes:
        """What comes back on a connection of one's own until it is closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(raw)
            return await asyncio.wait_for(reader.read(), 60)
        finally:
            writer.close()


def says(health: Health) -> Callable[[], Awaitable[Health]]:
    async def say() -> Health:
        return health

    return say


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site(says(WELL)).open() as opened:
        yield opened


async def test_a_process_that_works_says_so(site: Site) -> None:
    answer = await site.asks("GET", "/healthz")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert json.loads(answer.body) == {
        "well": True,
        "database": True,
        "sweeps": True,
        "swept_seconds_ago": 1.5,
        "platforms": {"telegram": True, "discord": True},
    }


@pytest.mark.parametrize(
    ("health", "status"),
    [
        (Health(database=False, sweeps=False), 503),
        (Health(database=True, sweeps=True), 503),
        (Health(database=True, sweeps=True, swept_seconds_ago=MOST_SECONDS), 200),
        (Health(database=True, sweeps=True, swept_seconds_ago=MOST_SECONDS + 1), 503),
        (Health(database=True, sweeps=False, platforms={"telegram": True, "discord": False}), 503),
        (Health(database=True, sweeps=False, platforms={"telegram": True}), 200),
    ],
    ids=["no database", "never swept", "swept just in time", "swept long ago", "one platform gone", "an adapter"],
)
async def test_what_does_not_work_is_seen(health: Health, status: int) -> None:
    async with Site(says(health)).open() as site:
        answer = await site.asks("GET", "/healthz")
    assert answer.status == status
    assert json.loads(answer.body)["well"] is (status == 200)


async def test_a_database_that_does_not_answer_is_told_and_asked_once_for_all() -> None:
    asked: list[None] = []
    answered = asyncio.Event()

    async def hang() -> Health:
        asked.append(None)
        await answered.wait()
        return WELL

    async with Site(hang).open(health_within=timedelta(milliseconds=50)) as site:
        found = await asyncio.gather(*(site.asks("GET", "/healthz") for _ in range(5)))
        assert [each.status for each in found] == [503] * 5
        assert json.loads(found[0].body) == {"well": False, "late": True}
        assert len(asked) == 1
        answered.set()
        await asyncio.sleep(0)
        later = await site.asks("GET", "/healthz")
    assert later.status == 200


async def test_figures_are_in_prometheus_text_format(site: Site) -> None:
    answer = await site.asks("GET", "/metrics")
    assert (answer.status, answer.body) == (200, b"roundtable_reminders_due 3.0\n")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")


async def test_what_is_brought_is_handed_over_with_its_secret_and_its_status_comes_back(site: Site) -> None:
    for secret, status in (("right", 200), ("wrong", 403), (None, 403)):
        answer = await site.asks("POST", "/telegram", b"{}", secret)
        assert (answer.status, answer.body) == (status, b"")
    assert site.taken == [(2, "right"), (2, "wrong"), (2, "")]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/telegram"),
        ("POST", "/healthz"),
        ("PUT", "/telegram"),
        ("POST", "/telegram/more"),
        ("GET", "/healthz/../metrics/x"),
        ("DELETE", "/metrics"),
        ("OPTIONS", "/telegram"),
    ],
    ids=lambda part: part.strip("/") or "root",
)
async def test_anything_else_is_not_there(site: Site, method: str, path: str) -> None:
    answer = await site.asks(method, path)
    assert (answer.status, answer.body, site.taken) == (404, b"", [])


async def test_without_a_webhook_nothing_can_be_brought() -> None:
    async with Site(says(WELL), receives=False).open() as site:
        assert (await site.asks("POST", "/telegram", b"{}", "right")).status == 404
    assert site.taken == []


async def test_a_body_has_its_limit(site: Site) -> None:
    assert (await site.asks("POST", "/telegram", b"x" * MOST_BYTES, "right")).status == 200
    assert b" 413 " in await site.sends(_head(MOST_BYTES + 1))
    chunk = b"%x\r\n" % MOST_BYTES + b"x" * MOST_BYTES + b"\r\n"
    assert b" 413 " in await site.sends(_head(None) + chunk + b"5\r\nhello\r\n0\r\n\r\n")
    assert site.taken == [(MOST_BYTES, "right")]


def _head(length: int | None) -> bytes:
    kind = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return f"POST /telegram HTTP/1.1\r\nHost: x\r\n{SECRET_HEADER}: right\r\n{kind}\r\n\r\n".encode()


async def test_whoever_is_slow_is_cut_and_holds_up_nobody() -> None:
    quick = timedelta(milliseconds=100)
    async with Site(says(WELL)).open(idle=quick, body_within=quick) as site:
        half_a_body = asyncio.create_task(site.sends(_head(100) + b"x"))
        assert await site.sends(b"") == b""
        assert await site.sends(b"GET /healthz HTTP/1.1\r\nHost:") == b""
        assert b" 408 " in await half_a_body
        assert (await site.asks("GET", "/healthz")).status == 200
    assert site.taken == []


async def test_too_many_connections_at_once_are_turned_away_and_the_rest_goes_on() -> None:
    async with Site(says(WELL)).open() as site:
        held = [await asyncio.open_connection("127.0.0.1", site.port) for _ in range(200)]
        with pytest.raises((ConnectionError, aiohttp.ClientError)):
            await asyncio.wait_for(site.asks("GET", "/healthz"), 60)
        for _, writer in held:
            writer.close()
            await writer.wait_closed()
        for _ in range(100):
            try:
                assert (await site.asks("GET", "/healthz")).status == 200
                break
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
        else:
            pytest.fail("nobody is let in any more")


async def test_nothing_tells_which_program_answers(site: Site) -> None:
    raw = (
        await site.sends(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        await site.sends(b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        await site.sends(b"no HTTP at all\r\n\r\n"),
        await site.sends(b"GET / HTTP/1.1\r\nHost: x\r\nlong: " + b"x" * 20_000 + b"\r\n\r\n"),
    )
    assert [each.split(b" ")[1] for each in raw] == [b"200", b"404", b"400", b"400"]
    for each in raw:
        told = each.lower()
        assert not any(word in told for word in (b"python", b"aiohttp", b"no http", b"xxxx", b"traceback")), each


async def test_what_breaks_is_logged_without_what_was_in_it(
    site: Site, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with capture_logs() as lines:
        answer = await site.asks("POST", "/telegram", b"dear diary", "broken")
        await site.sends(b"POST /telegram dear diary\r\n\r\n")
    assert (answer.status, answer.body) == (500, b"")
    assert lines == [{"event": "http_failed", "error": "RuntimeError", "log_level": "error"}]
    assert caplog.text == ""
    assert "diary" not in "".join(capfd.readouterr())


async def test_a_port_that_is_taken_is_one_plain_sentence(site: Site) -> None:
    async def nothing() -> bytes:
        return b""

    second = WebServer("127.0.0.1", site.port, says(WELL), nothing, None)
    with pytest.raises(SettingsError, match="HTTP_PORT") as caught:
        await second.start()
    assert str(site.port) in str(caught.value)
    assert "\n" not in str(caught.value)
    await second.stop()


async def test_an_address_of_another_machine_is_one_plain_sentence() -> None:
    async def nothing() -> bytes:
        return b""

    with pytest.raises(SettingsError, match="HTTP_HOST"):
        await WebServer("192.0.2.1", 0, says(WELL), nothing, None).start()


async def test_once_stopped_the_port_is_free_again() -> None:
    async with Site(says(WELL)).open() as other:
        port = other.port
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", port)
