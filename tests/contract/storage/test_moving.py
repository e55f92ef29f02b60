from dataclasses import replace

import pytest

from bot.chat.people import Place, PlaceKind
from bot.faq.revision import EVERYWHERE, Asked, Chat, Shown
from bot.moderation.flag import Card
from builders import NOW
from contract.storage.moderated import (
    CHAT,
    DAY,
    DESK,
    GROUP,
    LARGER,
    MARA,
    MINUTE,
    OTHER_CHAT,
    add,
    deed,
    flag,
    watched,
    whole_watched,
)
from storage.store import SqlWork, Store

THIRD = Place("telegram", "third-4714", PlaceKind.GROUP)
OLD = Chat(CHAT, "team-one", GROUP, offers=True, two_approve=True, notices=True, lifted_by=MARA)
NEW = Chat(OTHER_CHAT, "team-two", LARGER)


async def test_a_group_that_goes_on_under_another_id_keeps_its_settings(store: Store) -> None:
    kept = whole_watched()
    async with store.work() as work:
        await work.chats.save(OLD)
        await work.watches.save(kept)
        await work.chats.moved(GROUP, LARGER)
        await work.commit()
    async with store.work() as work:
        assert await work.chats.all() == (replace(OLD, place=LARGER),)
        assert await work.chats.find(GROUP) is None
        assert await work.chats.find(LARGER) == await work.chats.get(CHAT)
        assert await work.watches.all() == (replace(kept, place=LARGER),)
        assert await work.watches.find(LARGER) == await work.watches.get(CHAT)


async def test_moving_twice_is_moving_once(store: Store) -> None:
    async with store.work() as work:
        await work.chats.save(OLD)
        for _twice in range(2):
            await work.chats.moved(GROUP, LARGER)
        await work.chats.moved(LARGER, LARGER)
        assert await work.chats.all() == (replace(OLD, place=LARGER),)


async def test_a_group_that_was_not_set_up_changes_nothing(store: Store) -> None:
    async with store.work() as work:
        await work.chats.save(NEW)
        await work.watches.save(watched(OTHER_CHAT, LARGER))
        await work.chats.moved(GROUP, LARGER)
        await work.chats.moved(replace(LARGER, platform="discord"), THIRD)
        assert await work.chats.all() == (NEW,)
        assert await work.watches.all() == (watched(OTHER_CHAT, LARGER),)


async def _set_up_both(work: SqlWork) -> None:
    """The larger group was set up before we heard that it is the old one."""
    await work.chats.save(OLD)
    await work.chats.save(NEW)
    await work.watches.save(watched(OTHER_CHAT, LARGER, since=NOW + DAY))
    await add(work, flag("f1", chat_id=OTHER_CHAT, place=LARGER), flag("f2"))
    await work.deeds.add(deed("begun", chat_id=OTHER_CHAT))
    await work.questions.add(Asked("q1", NEW.team, "Is it loud?", NOW))


async def test_the_settings_of_the_old_one_win_and_nothing_that_came_is_lost(store: Store) -> None:
    async with store.work() as work:
        await _set_up_both(work)
        await work.watches.save(whole_watched())
        await work.chats.moved(GROUP, LARGER)
        assert await work.chats.all() == (replace(OLD, place=LARGER),)
        assert await work.watches.all() == (replace(whole_watched(), place=LARGER),)
        assert {one.id for one in await work.flags.waiting([CHAT])} == {"f1", "f2"}
        assert await work.flags.waiting([OTHER_CHAT]) == ()
        assert await work.deeds.of(CHAT, 5) == (deed("begun"),)
        assert [each.id for each in await work.questions.open(OLD.team, NOW)] == ["q1"]


async def test_what_only_the_new_one_has_set_up_is_kept(store: Store) -> None:
    async with store.work() as work:
        await _set_up_both(work)
        await work.chats.moved(GROUP, LARGER)
        assert await work.watches.all() == (watched(CHAT, LARGER, since=NOW + DAY),)


async def test_questions_stay_with_the_other_chats_of_their_team(store: Store) -> None:
    async with store.work() as work:
        await _set_up_both(work)
        await work.chats.save(Chat("c3", NEW.team, THIRD))
        await work.chats.moved(GROUP, LARGER)
        assert [each.id for each in await work.questions.open(NEW.team, NOW)] == ["q1"]


async def test_a_moderators_chat_that_moves_is_still_the_desk_of_its_communities(store: Store) -> None:
    async with store.work() as work:
        for chat_id, place in ((CHAT, GROUP), (OTHER_CHAT, THIRD)):
            lost = watched(chat_id, place, desk=DESK, desk_lost_at=NOW, more=Card(DESK, "9"))
            await work.watches.save(lost)
        await work.watches.save(watched("own", DESK, desk=DESK))
        await work.chats.moved(DESK, LARGER)
        assert await work.watches.of_desk(DESK) == ()
        assert {one.chat_id for one in await work.watches.of_desk(LARGER)} == {CHAT, OTHER_CHAT, "own"}
        assert await work.watches.find(LARGER) == watched("own", LARGER, desk=LARGER)
        assert await work.watches.find(GROUP) == watched(desk=LARGER)


async def test_flags_go_over_without_the_ids_of_their_messages_which_are_others_there(store: Store) -> None:
    one = flag("f1", message_id="57", link="https://t.me/c/4711/57", card=Card(DESK, "9"))
    elsewhere = flag("f2", place=THIRD)
    async with store.work() as work:
        await add(work, one, elsewhere)
        assert await work.flags.join(one, GROUP, "58")
        assert await work.flags.join(elsewhere, THIRD, "58")
        await work.chats.moved(GROUP, LARGER)
        assert await work.flags.get("f1") == replace(one, place=LARGER, message_id="", link="")
        assert await work.flags.get("f2") == elsewhere
        # Another message with that id in the larger group is still heard.
        await add(work, flag("f3", place=LARGER, message_id="57"))
        assert [await work.flags.of_message(place, "58") for place in (GROUP, LARGER)] == [None, None]
        assert await work.flags.of_message(THIRD, "58") == elsewhere


@pytest.mark.parametrize("later", [NOW - DAY, NOW + MINUTE], ids=["here earlier", "here later"])
async def test_where_answers_stood_and_were_offered_goes_over(store: Store, later: object) -> None:
    async with store.work() as work:
        await work.chats.save(OLD)
        await work.figures.stood(Shown("rash", GROUP, NOW))
        await work.figures.stood(Shown("fever", GROUP, NOW))
        await work.figures.stood(replace(Shown("rash", LARGER, NOW), at=later))
        await work.figures.claim_offer(GROUP, "rash", NOW, DAY)
        await work.figures.claim_offer(GROUP, "fever", NOW, DAY)
        await work.figures.claim_offer(LARGER, "fever", NOW - DAY, DAY)
        await work.chats.moved(GROUP, LARGER)
        latest = max(NOW, replace(Shown("rash", LARGER, NOW), at=later).at)
        assert await work.figures.where_stood(OLD.team, "rash", NOW - DAY) == (Shown("rash", LARGER, latest),)
        assert await work.figures.where_stood(EVERYWHERE, "fever", NOW - DAY) == (Shown("fever", LARGER, NOW),)
        for entry_id in ("rash", "fever"):
            assert not await work.figures.claim_offer(LARGER, entry_id, NOW + MINUTE, DAY)
            assert await work.figures.claim_offer(GROUP, entry_id, NOW + MINUTE, DAY)
