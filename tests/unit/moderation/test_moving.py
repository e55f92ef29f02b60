from dataclasses import replace

from bot.chat.events import Moved
from bot.chat.people import Place, PlaceKind
from bot.moderation.moving import moved
from storage.store import Store
from unit.journey.talk import GUIDED
from unit.moderation.member import MemberTalk


async def test_a_group_that_became_a_larger_one_keeps_its_policy_and_its_flags(store: Store) -> None:
    talk = MemberTalk(store, GUIDED)
    await talk.begin()
    await talk.says("anna", "#crisis")
    before, flag = await talk.watched(), await talk.flag()
    assert before
    to = Place(talk.group.platform, "larger", PlaceKind.GROUP)
    async with store.work() as work:
        await moved(work, Moved(replace(flag.author or talk.member().person, id="larger"), talk.group, to))
        await work.commit()
    async with store.work() as work:
        watched = await work.watches.find(to)
        assert await work.watches.find(talk.group) is None
        found = await work.flags.get(flag.id)
    assert watched
    assert watched.chat_id == before.chat_id
    assert found
    assert found.place == to


async def test_a_group_that_was_never_set_up_moves_without_a_trace(store: Store) -> None:
    talk = MemberTalk(store, GUIDED)
    to = Place(talk.group.platform, "larger", PlaceKind.GROUP)
    async with store.work() as work:
        await moved(work, Moved(talk.member().person, talk.group, to))
        await work.commit()
    async with store.work() as work:
        assert await work.watches.find(to) is None
