"""`python -m bot doctor`, `migrate` and `run` as processes: what they find, say and return."""

import asyncio
import sqlite3
import sys
from pathlib import Path

import pytest

from e2e.program import Program
from fakes.discord_server import FakeDiscord
from fakes.telegram import FakeTelegram

pytestmark = pytest.mark.e2e


async def runs(program: Program, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, cwd=program.folder, env=program.environment(),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    text = output.decode()
    assert "Traceback" not in text
    assert process.returncode is not None
    return process.returncode, text


def telegram_settings(telegram: FakeTelegram) -> dict[str, str]:
    return {"TELEGRAM_TOKEN": telegram.token, "TELEGRAM_API_BASE": telegram.base_url.removesuffix("/bot")}


def database(program: Program) -> Path:
    return program.folder / "data" / "roundtable.db"


async def test_a_fresh_checkout_is_healthy(tmp_path: Path) -> None:
    status, text = await runs(Program(tmp_path, {}), "doctor")
    assert status == 0
    assert "no token is set" in text
    assert "FAULT" not in text


async def test_a_used_database_is_healthy_and_its_key_is_mode_600(tmp_path: Path) -> None:
    program = Program(tmp_path, {})
    assert (await runs(program, "migrate"))[0] == 0
    status, text = await runs(program, "migrate")
    assert (status, "as before" in text) == (0, True)
    async with FakeTelegram() as telegram:
        program.settings |= telegram_settings(telegram)
        await program.start()
        anna = telegram.user(7, "Anna")
        await anna.says("/start")
        await anna.waits_for("Do you agree", timeout=30)
        assert await program.end() == 0
        assert (tmp_path / "keys" / "key").stat().st_mode & 0o777 == 0o600
        status, text = await runs(program, "doctor")
    assert status == 0, text
    assert "key: it opens what is stored" in text
    assert telegram.token not in text
    (tmp_path / "keys" / "key").unlink()
    status, text = await runs(program, "doctor")
    assert (status, "Put the key file back" in text) == (1, True)


async def test_each_fault_is_named_with_what_to_do(tmp_path: Path) -> None:
    program = Program(tmp_path, {"DATA_KEY": "abc"})
    status, text = await runs(program, "doctor")
    assert (status, "64 hexadecimal digits" in text) == (1, True)

    program.settings = {"LOG_LEVEL": "INFO", "SWEEP_SECONDS": "often", "DISCORD_PERSONAL": "maybe"}
    status, text = await runs(program, "doctor")
    assert (status, "DISCORD_PERSONAL (Input should be" in text, "SWEEP_SECONDS" in text) == (1, True, True)
    assert "maybe" not in text

    program.settings = {"DATABASE_URL": "mysql://root:secret@localhost/x"}
    status, text = await runs(program, "doctor")
    assert (status, "SQLite file or a PostgreSQL database" in text, "secret" in text) == (1, True, False)

    for address in ("postgresql://u:secret@localhost:notaport/x", "sqlite:///:memory:", "sqlite://"):
        program.settings = {"DATABASE_URL": address}
        for words in (("doctor",), ("migrate",)):
            status, text = await runs(program, *words)
            assert (status, "DATABASE_URL" in text, "secret" in text) == (1, True, False), text

    program.settings = {"KEY_FILE": str(tmp_path)}
    status, text = await runs(program, "doctor")
    assert (status, "is a folder" in text, "chmod" in text) == (1, True, False), text

    program.settings = {"DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:9/none"}
    status, text = await runs(program, "doctor")
    assert (status, "it cannot be used" in text, "secret" in text) == (1, True, False)


async def test_a_newer_schema_is_refused_by_all(tmp_path: Path) -> None:
    program = Program(tmp_path, {"DATA_KEY": "ab" * 32})
    await runs(program, "migrate")
    with sqlite3.connect(database(program)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for words in (("doctor",), ("migrate",)):
        status, text = await runs(program, *words)
        assert status == 1, text
        assert "9999" in text or "newer version" in text


async def test_another_key_is_an_error_and_not_garbage(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram:
        program = Program(tmp_path, {"DATA_KEY": "ab" * 32, **telegram_settings(telegram)})
        await program.start()
        anna = telegram.user(7, "Anna")
        await anna.says("/start")
        await anna.waits_for("Do you agree", timeout=30)
        await program.end()
        program.settings["DATA_KEY"] = "cd" * 32
        status, text = await runs(program, "doctor")
        assert (status, "does not open what is stored" in text) == (1, True)
        await program.start()
        assert program.process
        assert await asyncio.wait_for(program.process.wait(), 30) == 2
        assert "key" in program.said()


async def test_a_refused_token_is_named_by_the_doctor_and_ends_the_run(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram, FakeDiscord() as discord:
        program = Program(
            tmp_path,
            {
                "TELEGRAM_TOKEN": "123:wrong",
                "TELEGRAM_API_BASE": telegram.base_url.removesuffix("/bot"),
                "DISCORD_TOKEN": "wrong",
                "DISCORD_API_BASE": discord.base_url,
            },
        )
        status, text = await runs(program, "doctor")
        assert status == 1
        assert "123:wrong" not in text
        faults = [line for line in text.splitlines() if line.startswith("FAULT")]
        assert any("Telegram" in line for line in faults), text
        assert any("Discord" in line for line in faults), text
        await program.start()
        assert program.process
        assert await asyncio.wait_for(program.process.wait(), 60) == 1
        assert program.said().count("part_ended") == 2
        assert "123:wrong" not in program.said()
