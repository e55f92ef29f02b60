"""Further messages of a flag, and what several units of work do at the same moment."""

import asyncio
from dataclasses import replace

import pytest

import builders
from bot.faq.revision import Chat
from bot.moderation.flag import Origin
from bot.triage.assessment import Label
from contract.storage.moderated import (
    ANNA,
    CARL,
    CHAT,
    GROUP,
    LARGER,
    MARA,
    OTHER_CHAT,
    add,
    flag,
    watched,
    whole_watched,
)
from storage.store import Store


async def test_a_further_message_leads_to_its_flag(store: Store) -> None:
    async with store.work() as work:
        await add(work, flag())
        assert await work.flags.join(flag(), replace(GROUP, topic="5"), "further")
        await work.commit()
    async with store.work() as work:
        assert await work.flags.of_message(GROUP, "further") == flag()
        assert await work.flags.of_message(GROUP, flag().message_id) == flag()
        assert await work.flags.of_message(LARGER, "further") is None
        assert await work.flags.of_message(GROUP, "another") is None


async def test_a_message_belongs_to_one_flag(store: Store) -> None:
    other = flag("f00d00000002", author=CARL)
    async with store.work() as work:
        await add(work, flag(), other)
        assert await work.flags.join(flag(), GROUP, "further")
        for one in (flag(), other):
            assert not await work.flags.join(one, GROUP, "further")
            assert not await work.flags.join(one, GROUP, flag().message_id)
        assert await work.flags.of_message(GROUP, "further") == flag()
        assert await work.flags.add(flag("f00d00000003", message_id="further")) is None
        assert await work.flags.get("f00d00000003") is None


async def test_what_has_no_id_joins_no_flag(store: Store) -> None:
    asked = flag("f00d00000002", origin=Origin.ASKED, message_id="")
    async with store.work() as work:
        await add(work, flag(), asked)
        assert not await work.flags.join(flag(), GROUP, "")
        assert await work.flags.of_message(GROUP, "") is None
        assert await work.flags.join(asked, builders.direct(ANNA), "further")
        assert await work.flags.of_message(builders.direct(ANNA), "further") == asked


async def test_a_message_that_joins_twice_at_once_joins_once(store: Store) -> None:
    async with store.work() as work:
        await add(work, flag())
        await work.commit()

    async def join() -> bool:
        async with store.work() as work:
            joined = await work.flags.join(flag(), GROUP, "further")
            await work.commit()
            return joined

    assert sum(await asyncio.gather(*(join() for _one in range(6)))) == 1


async def test_of_six_messages_of_one_person_at_once_one_makes_the_flag_and_five_join_it(store: Store) -> None:
    async def hear(number: int) -> None:
        async with store.work() as work:
            await work.flags.hold(replace(ANNA, name=f"Anna {number}"), CHAT)
            there = await work.flags.open_of(ANNA, CHAT, Label.CRISIS)
            # Long enough for the others to come as far.
            await asyncio.sleep(0.02)
            if there is None:
                await add(work, flag(f"f00d0000000{number}", message_id=f"m{number}"))
            else:
                assert await work.flags.join(there, GROUP, f"m{number}")
                await work.flags.save(replace(there, times=there.times + 1))
            await work.commit()

    await asyncio.gather(*map(hear, range(6)))
    async with store.work() as work:
        [one] = await work.flags.waiting([CHAT])
        assert one.times == 6
        assert [await work.flags.of_message(GROUP, f"m{number}") for number in range(6)] == [one] * 6


@pytest.mark.postgres
async def test_whoever_asks_about_somebody_else_or_elsewhere_is_not_kept_waiting(postgres_url: str) -> None:
    async with builders.open_store(postgres_url) as store, store.work() as one, store.work() as other:
        await one.flags.hold(ANNA, CHAT)
        async with asyncio.timeout(5):
            await other.flags.hold(CARL, CHAT)
            await other.flags.hold(ANNA, OTHER_CHAT)
            await other.flags.hold(replace(ANNA, platform="discord"), CHAT)
        waiting = asyncio.create_task(other.flags.hold(ANNA, CHAT))
        done, _pending = await asyncio.wait([waiting], timeout=0.2)
        assert not done
        await one.commit()
        async with asyncio.timeout(5):
            await waiting


async def test_a_community_that_is_known_is_not_added_again(store: Store) -> None:
    async with store.work() as work:
        assert await work.watches.add(whole_watched())
        for again in (watched(), watched(CHAT, LARGER), watched(OTHER_CHAT)):
            assert not await work.watches.add(again)
        assert await work.watches.all() == (whole_watched(),)
        assert await work.watches.add(watched(OTHER_CHAT, LARGER))


async def test_a_chat_that_is_known_is_not_added_again(store: Store) -> None:
    known = Chat(CHAT, "team", GROUP, offers=True, two_approve=True, notices=True, lifted_by=MARA)
    async with store.work() as work:
        assert await work.chats.add(known)
        for again in (Chat(CHAT, CHAT, GROUP), Chat(OTHER_CHAT, "team", GROUP), Chat(CHAT, "team", LARGER)):
            assert not await work.chats.add(again)
        assert await work.chats.all() == (known,)
        assert await work.chats.add(Chat(OTHER_CHAT, OTHER_CHAT, LARGER))


async def test_of_many_first_messages_at_once_one_begins_and_none_fails(store: Store) -> None:
    async def begin() -> tuple[bool, bool]:
        async with store.work() as work:
            added = await work.chats.add(Chat(CHAT, CHAT, GROUP))
            is_first = await work.watches.add(watched())
            assert await work.chats.find(GROUP) == Chat(CHAT, CHAT, GROUP)
            await work.commit()
            return added, is_first

    outcomes = await asyncio.gather(*(begin() for _one in range(6)))
    assert sorted(outcomes) == [(False, False)] * 5 + [(True, True)]
