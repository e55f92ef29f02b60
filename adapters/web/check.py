"""What an operator should know about the port for monitoring."""

import asyncio
import json
from http import HTTPStatus
from typing import Any

import aiohttp

from adapters.findings import Finding

__all__ = ["check"]

_WITHIN = aiohttp.ClientTimeout(total=6)
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what listens on all addresses is asked on one


async def check(host: str, port: int) -> Finding:
    """Ask the process at the port how it is; where nobody answers, see whether the port can be opened."""
    address = _ANY.get(host, host)
    url = f"http://[{address}]:{port}/healthz" if ":" in address else f"http://{address}:{port}/healthz"
    try:
        async with aiohttp.ClientSession(timeout=_WITHIN) as session, session.get(url) as answer:
            return _read(port, answer.status, await answer.read())
    except aiohttp.ClientConnectorError:
        return await _try(host, port)
    except (aiohttp.ClientError, TimeoutError):
        return _another(port)


def _read(port: int, status: int, body: bytes) -> Finding:
    try:
        told = json.loads(body)
        well = bool(told["well"])
    except (ValueError, TypeError, KeyError):
        return _another(port)
    if well and status == HTTPStatus.OK:
        return Finding(ok=True, text=f"monitoring: a process runs at port {port} and is well")
    return Finding(ok=False, text=f"monitoring: the process at port {port} is not well: {', '.join(_ails(told))}")


def _ails(told: dict[str, Any]) -> list[str]:
    platforms: dict[str, bool] = told.get("platforms") or {}
    found = [f"{name} is not connected" for name, there in platforms.items() if not there]
    if told.get("database") is False:
        found.append("the database does not answer")
    if told.get("late"):
        found.append("it takes too long to tell")
    if told.get("sweeps") and not found:
        found.append("no sweep has ended for too long")
    return found or ["its log tells more"]


def _another(port: int) -> Finding:
    return Finding(ok=False, text=f"monitoring: another program answers at port {port}; set HTTP_PORT to a free one")


async def _try(host: str, port: int) -> Finding:
    try:
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), host, port)
    except OSError:
        return Finding(
            ok=False, text=f"monitoring: port {port} of {host} cannot be opened; look at HTTP_PORT and HTTP_HOST"
        )
    server.close()
    await server.wait_closed()
    return Finding(ok=True, text=f"monitoring: port {port} is free; the program opens it when it runs")
