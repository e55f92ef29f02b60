"""What the operator is told of the port for monitoring."""

import asyncio
import socket

import pytest

from adapters.findings import Finding
from adapters.web.check import check
from adapters.web.server import WebServer
from bot.meter import Health


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def look(health: Health, host: str = "127.0.0.1") -> Finding:
    async def tell() -> Health:
        return health

    async def nothing() -> bytes:
        return b""

    web = WebServer("127.0.0.1", 0, tell, nothing, None)
    await web.start()
    try:
        return await check(host, web.address[1])
    finally:
        await web.stop()


async def test_a_port_that_nobody_has_is_free() -> None:
    port = free_port()
    found = await check("127.0.0.1", port)
    assert (found.ok, f"port {port} is free" in found.text) == (True, True)


async def test_an_address_of_another_machine_is_no_host() -> None:
    found = await check("192.0.2.1.invalid", free_port())
    assert (found.ok, "HTTP_HOST" in found.text) == (False, True)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])  # noqa: S104 - as an operator sets it
async def test_a_process_that_is_well_is_found(host: str) -> None:
    found = await look(Health(database=True, sweeps=True, swept_seconds_ago=1, platforms={"telegram": True}), host)
    assert (found.ok, "is well" in found.text) == (True, True)


@pytest.mark.parametrize(
    ("health", "told"),
    [
        (Health(database=False, sweeps=False), "the database does not answer"),
        (Health(database=True, sweeps=True), "no sweep has ended"),
        (
            Health(database=True, sweeps=False, platforms={"discord": False, "telegram": True}),
            "discord is not connected",
        ),
    ],
    ids=["database", "sweep", "platform"],
)
async def test_what_ails_a_process_is_named(health: Health, told: str) -> None:
    found = await look(health)
    assert (found.ok, told in found.text, "telegram" in found.text) == (False, True, False)


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", b"SSH-2.0-banner\r\n"])
async def test_another_program_at_the_port_is_found(answer: bytes) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    found = await check("127.0.0.1", server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()
    assert (found.ok, "another program" in found.text) == (False, True)
