"""``python -m bot doctor``: check everything that the program rests on; one plain line each, with what to do."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from importlib.metadata import version
from zoneinfo import available_timezones

from adapters.findings import Finding
from bot.errors import SettingsError, StorageError, WrongKeyError
from bot.settings import Settings, load_settings, near_misses
from bot.wiring import open_vault
from storage.clock import clock_ahead
from storage.store import HEAD, Store, has_key, open_engine, revision

__all__ = ["add_arguments", "clock_finding", "main"]

_FEWEST_ZONES = 400
_MOST_APART = timedelta(seconds=5)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments: none."""


def main(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - every command has this form
    """Print the findings; 1 where one of them is a fault, else 0."""
    try:
        settings = load_settings()
        near_misses()
    except SettingsError as error:
        return _print(Finding(ok=False, text=f"settings: {error}"))
    return asyncio.run(_examine(settings))


async def _examine(settings: Settings) -> int:
    status = 0
    async for finding in _findings(settings):
        status |= _print(finding)
    return status


def _print(finding: Finding) -> int:
    sys.stdout.write(f"{'ok   ' if finding.ok else 'FAULT'} {finding.text}\n")
    sys.stdout.flush()
    return 0 if finding.ok else 1


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    for line in near_misses():
        yield Finding(ok=False, text=f"settings: {line}")
    yield _platforms(settings)
    yield _zones()
    yield _answers()
    yield _triage()
    async for finding in _database(settings):
        yield finding
    yield await _monitoring(settings)
    if "telegram" in settings.platforms:
        from adapters.telegram.check import check as check_telegram

        token, webhook_url = settings.telegram_token.get_secret_value(), settings.telegram_webhook_url
        for finding in await check_telegram(token, settings.telegram_api_base, webhook_url):
            yield finding
    if "discord" in settings.platforms:
        from adapters.discord.check import check as check_discord

        token = settings.discord_token.get_secret_value()
        for finding in await check_discord(token, settings.discord_api_base, settings.discord_personal):
            yield finding


def _platforms(settings: Settings) -> Finding:
    if settings.platforms:
        return Finding(ok=True, text=f"settings: tokens are set for {' and '.join(settings.platforms)}")
    return Finding(
        ok=True, text="settings: no token is set, so `make run` opens the console stage; tokens go into the file .env"
    )


def _zones() -> Finding:
    zones = len(available_timezones())
    if zones < _FEWEST_ZONES:
        return Finding(ok=False, text=f"time zones: only {zones} are known here; run `make install` again")
    return Finding(ok=True, text=f"time zones: {zones} known, rules of {version('tzdata')}")


def _answers() -> Finding:
    """Whether the curated answers, and what finds them, are whole."""
    from bot.faq.files import FOLDER, FileFaultError, read_folder
    from bot.faq.model import load_model
    from bot.reading import vectors

    try:
        count = len(read_folder(FOLDER))
        load_model()
    except FileFaultError as error:
        return Finding(ok=False, text=f"answers: {error.faults[0]}")
    except (OSError, ValueError, KeyError) as error:
        return Finding(ok=False, text=f"answers: what finds them cannot be read ({type(error).__name__}); get it again")
    if vectors.installed():
        return Finding(ok=True, text=f"answers: {count}, found by words and sentence vectors")
    return Finding(
        ok=True,
        text=f"answers: {count}, found by words alone, since the sentence vectors are not installed; languages other"
        " than English are found less often",
    )


def _triage() -> Finding:
    """Whether what hears danger is whole; without its files the bot would hear nothing, and nobody would know."""
    try:
        from bot.triage.triage import load_triage, triage_parts

        missing = [part for part, there in triage_parts().items() if not there]
        version_ = load_triage().version
    except (OSError, ValueError, KeyError) as error:
        return Finding(ok=False, text=f"triage: its files cannot be read ({type(error).__name__}); get them again")
    if missing:
        return Finding(ok=True, text=f"triage: {version_}, without the {' and the '.join(missing)}; it hears less")
    return Finding(ok=True, text=f"triage: {version_}")


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    try:
        engine = open_engine(settings.database_url)
    except SettingsError as error:
        yield Finding(ok=False, text=f"database: {error}")
        return
    try:
        found = await revision(engine)
        if found is None:
            yield Finding(ok=True, text="database: reachable and empty; the first start fills it")
            yield _key_for_an_empty_database(settings)
            return
        if found != HEAD:
            yield Finding(ok=False, text=f"database: its schema is {found}, this program needs {HEAD}; run migrate")
            return
        yield Finding(ok=True, text=f"database: reachable, schema {found}")
        ahead = await clock_ahead(engine)
        if ahead is not None:
            yield clock_finding(ahead)
        if not await has_key(engine):
            yield _key_for_an_empty_database(settings)
            return
        vault = open_vault(settings)
        await Store(engine, vault).check_key()
        yield Finding(ok=True, text="key: it opens what is stored")
    except WrongKeyError:
        yield Finding(
            ok=False, text="key: it does not open what is stored; put the right key back (KEY_FILE, DATA_KEY)"
        )
    except SettingsError as error:
        yield Finding(ok=False, text=f"key: {error}")
    except StorageError as error:
        yield Finding(ok=False, text=f"database: it cannot be used ({error}); check DATABASE_URL and that it runs")
    finally:
        await engine.dispose()


def clock_finding(ahead: timedelta) -> Finding:
    """Whether PostgreSQL's clock agrees with ours: where they differ, so do those of several machines."""
    seconds = ahead.total_seconds()
    if abs(ahead) > _MOST_APART:
        way = "ahead of" if seconds > 0 else "behind"
        return Finding(
            ok=False,
            text=f"clock: PostgreSQL's is {abs(seconds):.0f} seconds {way} this machine's; reminders come by the clock,"
            " so set both by NTP",
        )
    return Finding(ok=True, text=f"clock: PostgreSQL's and this machine's are {abs(seconds):.1f} seconds apart")


async def _monitoring(settings: Settings) -> Finding:
    if not settings.http_port:
        return Finding(ok=True, text="monitoring: HTTP_PORT is not set, so nobody can ask the program how it is")
    from adapters.web.check import check

    return await check(settings.http_host, settings.http_port)


def _key_for_an_empty_database(settings: Settings) -> Finding:
    if settings.data_key.get_secret_value() or settings.key_file.exists():
        try:
            open_vault(settings)
        except SettingsError as error:
            return Finding(ok=False, text=f"key: {error}")
        return Finding(ok=True, text="key: found")
    return Finding(ok=True, text=f"key: none yet; the first start makes {settings.key_file}")
