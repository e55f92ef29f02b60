import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import builders
from bot.care.rounds import Round
from bot.errors import SettingsError, StorageError, WrongKeyError
from bot.faq.revision import Asked, Chat, Shown
from builders import NOW
from contract.storage.moderated import add, flag
from contract.storage.schemas import alembic_config, turn
from fakes.postgres import PostgresServer
from storage import tables
from storage.store import HEAD, Store, migrate, open_engine, revision


async def _ids(store: Store) -> tuple[str, ...]:
    async with store.work() as work:
        return await work.members.ids()


def test_the_newest_migration_is_the_one_that_the_store_expects() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


async def test_a_new_database_is_migrated_once(empty_url: str) -> None:
    engine = open_engine(empty_url)
    assert await revision(engine) is None
    assert [await migrate(engine), await migrate(engine)] == [True, False]
    assert await revision(engine) == HEAD
    await engine.dispose()


async def test_migrations_make_the_tables_that_the_code_declares(store: Store) -> None:
    async with store.work() as work:
        differences = await work.connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts={"compare_type": True, "compare_server_default": True}),
                tables.metadata,
            )
        )
    assert differences == []


async def test_what_the_first_schema_held_is_there_after_the_newest(empty_url: str) -> None:
    anna, ben, who = builders.person(), builders.person("ben"), builders.member()
    kept, has = builders.draft(first_day="5 Dec"), builders.course()
    async with builders.open_store(empty_url) as store:
        await turn(store, command.upgrade, "0001")
        async with store.work() as work:
            await builders.join(work, who, anna, has)
            await work.drafts.save(anna, kept)
            planned = await work.reminders.of(who.id)
            await work.commit()
        assert await migrate(store.engine)
        async with store.work() as work:
            assert await work.members.find(anna) == who
            assert await work.courses.load(who.id) == has
            assert await work.reminders.of(who.id) == planned
            assert await work.drafts.load(anna, NOW) == kept
            await work.drafts.save(ben, kept)
            await work.members.erase(who.id, NOW)
            assert await work.drafts.load(anna, NOW) is None
            assert await work.drafts.load(ben, NOW) == kept


async def test_what_the_second_schema_held_is_there_after_the_newest(empty_url: str) -> None:
    anna, who = builders.person(), builders.member()
    chat = Chat("c0ffee00", "team", builders.group(), offers=True)
    asked, shown = Asked("q1", "team", "Is it loud?", NOW, anna), Shown("rash", builders.group(), NOW)
    one = flag(author=anna)
    async with builders.open_store(empty_url) as store:
        await turn(store, command.upgrade, "0002")
        async with store.work() as work:
            await builders.join(work, who, anna)
            await work.chats.save(chat)
            await work.questions.add(asked)
            await work.figures.stood(shown)
            await work.commit()
        assert await migrate(store.engine)
        async with store.work() as work:
            assert await work.members.find(anna) == who
            assert await work.chats.all() == (chat,)
            assert await work.figures.where_stood("team", "rash", NOW) == (shown,)
            assert await work.watches.find(chat.place) is None
            await add(work, one)
            await work.members.erase(who.id, NOW)
            assert await work.questions.open("team", NOW) == (replace(asked, asker=None),)
            assert await work.flags.get(one.id) == replace(one, author=None, message_id="", look_at=NOW)


async def test_the_second_schema_can_be_had_again_without_flags(empty_url: str) -> None:
    async with builders.open_store(empty_url) as store:
        await migrate(store.engine)
        async with store.work() as work:
            await builders.join(work, builders.member())
            await add(work, flag())
            await work.commit()
        await turn(store, command.downgrade, "0002")
        assert await migrate(store.engine)
        async with store.work() as work:
            assert await work.members.ids() == (builders.ANNA,)
            assert await work.flags.get(flag().id) is None


async def test_the_first_schema_can_be_had_again_without_what_only_the_second_knows(empty_url: str) -> None:
    anna, ben, kept = builders.person(), builders.person("ben"), builders.draft()
    async with builders.open_store(empty_url) as store:
        await migrate(store.engine)
        async with store.work() as work:
            await builders.join(work, builders.member(), anna)
            for account in (anna, ben):
                await work.drafts.save(account, kept)
            await work.commit()
        await turn(store, command.downgrade, "0001")
        assert await migrate(store.engine)
        async with store.work() as work:
            assert await work.drafts.load(anna, NOW) == kept
            assert await work.drafts.load(ben, NOW) is None


async def test_a_newer_database_is_refused(store: Store) -> None:
    async with store.work() as work:
        await work.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await work.commit()
    with pytest.raises(StorageError, match="newer version"):
        await migrate(store.engine)


async def test_the_key_of_the_first_start_is_the_only_one_that_fits(store: Store, url: str) -> None:
    await store.check_key()
    await store.check_key()
    async with builders.open_store(url, key=bytes(32)) as other:
        with pytest.raises(WrongKeyError):
            await other.check_key()


async def test_a_wrong_key_opens_nothing(store: Store, url: str) -> None:
    async with store.work() as work:
        await builders.join(work, builders.member(), has=builders.course())
        await work.commit()
    async with builders.open_store(url, key=bytes(32)) as other, other.work() as work:
        assert await work.members.find(builders.person()) is None
        with pytest.raises(WrongKeyError):
            await work.members.get(builders.ANNA)


async def test_the_database_holds_nothing_readable_about_a_person_but_when_to_write(sqlite_url: str) -> None:
    anna = builders.person("annabella")
    past, check = date(2025, 11, 24), date(2026, 3, 2)
    async with builders.open_store(sqlite_url) as store:
        who = builders.member(zone="Pacific/Chatham")
        async with store.work() as work:
            has = builders.course(Round(1, past, 5), Round(2, date(2026, 11, 30), 3), checks=(check,))
            await builders.join(work, who, anna, has)
            await work.drafts.save(anna, builders.draft(first_day="30 November"))
            await work.commit()
        files = list(Path(sqlite_url.removeprefix("sqlite:///")).parent.glob("roundtable.db*"))
        kept = b"".join(file.read_bytes() for file in files).lower()
    assert any(file.name.endswith("-wal") for file in files)
    assert who.id.encode() in kept
    secrets = ("annabella", str(past), str(check), "30 november", "chatham", "evening", "milestone", "en-gb")
    assert [word for word in secrets if word.encode() in kept] == []


async def test_a_locked_database_is_a_storage_error_after_the_wait(sqlite_url: str) -> None:
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with builders.open_store(sqlite_url, busy_seconds=0.05) as store:
        with pytest.raises(StorageError):
            await _ids(store)
        other.execute("ROLLBACK")
        assert await _ids(store) == ()
    other.close()


@pytest.mark.postgres
@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_server_that_is_gone_is_a_storage_error_until_it_is_back(
    how: str, postgres: PostgresServer, postgres_url: str
) -> None:
    async with builders.open_store(postgres_url) as store:
        async with store.work() as work:
            await builders.join(work, builders.member())
            await work.commit()
        getattr(postgres, how)()
        try:
            for _again in range(2):
                with pytest.raises(StorageError):
                    await _ids(store)
            with pytest.raises(StorageError):
                await revision(store.engine)
        finally:
            postgres.start()
        assert await _ids(store) == (builders.ANNA,)


@pytest.mark.postgres
async def test_a_database_that_does_not_exist_is_a_storage_error(postgres: PostgresServer) -> None:
    async with builders.open_store(postgres.url("nowhere")) as store:
        with pytest.raises(StorageError):
            await _ids(store)
        with pytest.raises(StorageError):
            await migrate(store.engine)


async def test_an_error_tells_its_kind_and_no_value(store: Store) -> None:
    async with store.work() as work:
        await builders.join(work, builders.member())
        await work.commit()
    with pytest.raises(StorageError) as caught:
        async with store.work() as work:
            await builders.join(work, builders.member())
    assert str(caught.value) == "IntegrityError"


@pytest.mark.parametrize(
    "url",
    ["", "no address", "mysql://user:word@host/x", "sqlite:////proc/nowhere/x.db", "frog://x"],
    ids=["empty", "no address", "other database", "folder cannot be made", "unknown"],
)
def test_an_address_that_cannot_be_used_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL") as caught:
        open_engine(url)
    assert "word" not in str(caught.value)


async def test_moments_come_back_in_utc(store: Store) -> None:
    async with store.work() as work:
        await builders.join(work, builders.member())
        found = await work.members.get(builders.ANNA)
    assert found
    assert found.created_at == NOW
    assert str(found.created_at.tzinfo) == "UTC"
