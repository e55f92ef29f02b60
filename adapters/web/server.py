"""A small HTTP server: how this process is, its figures, and the door through which Telegram brings messages.

It is meant to stand behind a proxy that ends TLS and lets nobody but the operator reach anything except ``/telegram``.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import timedelta
from http import HTTPStatus
from typing import Generic, TypeVar

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bot.errors import SettingsError
from bot.meter import Health

__all__ = ["MOST_SECONDS", "WebServer"]

MOST_SECONDS = 120.0
"""How long ago a sweep may have ended: twice the longest pause that ``SWEEP_SECONDS`` can ask for."""

_SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
_MOST_BYTES = 1024 * 1024
_MOST_CONNECTIONS = 200
_IDLE = timedelta(seconds=30)
_BODY_WITHIN = timedelta(seconds=10)
_HEALTH_WITHIN = timedelta(seconds=3)
_METRICS_WITHIN = timedelta(seconds=8)
_LAST_SECONDS = 2.0

T = TypeVar("T")

log = structlog.get_logger()


class WebServer:
    """Serves ``GET /healthz``, ``GET /metrics`` and, where there is ``receive``, ``POST /telegram``.

    ``receive`` is given the body and the secret that came with it, and returns the HTTP status to answer with.
    ``port`` 0 takes any free one; ``address`` tells which. ``most_seconds`` is how long ago a sweep may have ended for
    the process to count as well.
    """

    def __init__(
        self,
        host: str,
        port: int,
        health: Callable[[], Awaitable[Health]],
        expose: Callable[[], Awaitable[bytes]],
        receive: Callable[[bytes, str], Awaitable[int]] | None,
        *,
        most_seconds: float = MOST_SECONDS,
        idle: timedelta = _IDLE,
        body_within: timedelta = _BODY_WITHIN,
        health_within: timedelta = _HEALTH_WITHIN,
    ) -> None:
        self._host = host
        self._port = port
        self._health = _Shared(health)
        self._figures = _Shared(expose)
        self._receive = receive
        self._most_seconds = most_seconds
        self._idle = idle
        self._body_within = body_within
        self._health_within = health_within
        self._runner: web.ServerRunner | None = None

    async def start(self) -> None:
        """Begin to serve.

        Raises:
            SettingsError: the port cannot be opened.
        """
        server = _Server(
            self._serve,
            access_log=None,
            keepalive_timeout=self._idle.total_seconds(),
            # What is left of a body that was refused is not waited for.
            lingering_time=0.0,
            # Nobody sends us a packed body, and a small one can unfold to a huge one.
            auto_decompress=False,
        )
        runner = web.ServerRunner(server, shutdown_timeout=_LAST_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            await runner.cleanup()
            raise SettingsError(
                f"Port {self._port} of {self._host} cannot be opened: another program may have it, or HTTP_HOST is no "
                "address of this machine; set HTTP_PORT and HTTP_HOST to what is free."
            ) from error
        self._runner = runner
        log.info("serving_http", port=self.address[1], webhook=self._receive is not None)

    async def stop(self) -> None:
        """Serve nothing more; what is under way may take two seconds."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        self._health.cancel()
        self._figures.cancel()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that it listens on, once started."""
        if self._runner is None or not self._runner.addresses:
            return self._host, self._port
        host, port, *_ = self._runner.addresses[0]
        return str(host), int(port)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            match request.method, request.path:
                case "GET", "/healthz":
                    return await self._tell_health()
                case "GET", "/metrics":
                    return await self._tell_figures()
                case "POST", "/telegram" if self._receive is not None:
                    return await self._take(request, self._receive)
                case _:
                    return _answer(HTTPStatus.NOT_FOUND)
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, its text may quote what somebody wrote
            log.error("http_failed", error=type(error).__name__)  # noqa: TRY400 - as above
            return _answer(HTTPStatus.INTERNAL_SERVER_ERROR)

    async def _tell_health(self) -> web.Response:
        health = await self._health.get(self._health_within)
        if health is None:
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE, _as_json({"well": False, "late": True}), "application/json")
        well = health.is_well(self._most_seconds)
        status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
        told = {**asdict(health), "platforms": dict(health.platforms)}
        return _answer(status, _as_json({"well": well, **told}), "application/json")

    async def _tell_figures(self) -> web.Response:
        figures = await self._figures.get(_METRICS_WITHIN)
        if figures is None:
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE)
        return _answer(HTTPStatus.OK, figures, CONTENT_TYPE_LATEST)

    async def _take(self, request: web.BaseRequest, receive: Callable[[bytes, str], Awaitable[int]]) -> web.Response:
        if (request.content_length or 0) > _MOST_BYTES:
            return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            async with asyncio.timeout(self._body_within.total_seconds()):
                body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except TimeoutError:
            return _refusal(HTTPStatus.REQUEST_TIMEOUT)
        except web.RequestPayloadError:
            return _refusal(HTTPStatus.BAD_REQUEST)
        return _answer(await receive(body, request.headers.get(_SECRET, "")))


class _Shared(Generic[T]):
    """Asks once for all who want to know meanwhile, so that what hangs does not pile up."""

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._asking: asyncio.Task[T] | None = None

    async def get(self, patience: timedelta) -> T | None:
        """What is answered; None where that takes longer than ``patience``."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._answer())
        done, _ = await asyncio.wait({self._asking}, timeout=patience.total_seconds())
        return next(iter(done)).result() if done else None

    def cancel(self) -> None:
        """Wait no more for the answer."""
        if self._asking is not None:
            self._asking.cancel()

    async def _answer(self) -> T:
        return await self._ask()


class _Server(web.Server):
    """The library's server, with a limit to how many connections are open at once."""

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        if len(self.connections) > _MOST_CONNECTIONS:
            transport.abort()

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Connection(web.RequestHandler):
    """One connection; what it refuses by itself is said without a word about the program."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002 - as the library declares it
        status: int = 500,
        exc: BaseException | None = None,  # noqa: ARG002 - as above
        message: str | None = None,  # noqa: ARG002 - as above
    ) -> web.StreamResponse:
        return _refusal(status)

    def log_exception(self, *args: object, **kw: object) -> None:
        """Say nothing: the library quotes the request."""


def _answer(status: int, body: bytes = b"", kind: str = "text/plain; charset=utf-8") -> web.Response:
    # The library would tell its own version, and Python's, as the server's name.
    headers = {"Server": "roundtable", "Content-Type": kind, "Cache-Control": "no-store"}
    return web.Response(status=int(status), body=body, headers=headers)


def _refusal(status: int) -> web.Response:
    """The last answer on a connection."""
    response = _answer(status)
    response.force_close()
    return response


def _as_json(told: object) -> bytes:
    return json.dumps(told).encode()
