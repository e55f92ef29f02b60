import pytest

from storage.store import Store
from unit.journey.talk import GUIDED
from unit.moderation.member import MemberTalk


@pytest.fixture
async def talk(store: Store) -> MemberTalk:
    talk = MemberTalk(store, GUIDED)
    await talk.begin()
    return talk


async def test_who_opts_out_is_told_plainly_what_that_means_and_is_not_flagged_any_more(talk: MemberTalk) -> None:
    anna = talk.member("anna")
    await anna.says("/optout")
    assert anna.sees("I also do not notice when you are in danger", "come back with /optout")
    await anna.presses("Do not look at what I write")
    assert anna.sees("Done", "/helplines always works")
    await talk.says("anna", "#crisis")
    assert await talk.flags() == []
    await talk.says("ben", "#crisis")
    assert len(await talk.flags()) == 1


async def test_the_same_command_brings_it_back(talk: MemberTalk) -> None:
    anna = talk.member("anna")
    await anna.says("/optout")
    await anna.presses("Do not look at what I write")
    talk.restart()
    await anna.says("/optout")
    assert anna.sees("You have opted out", "also not when you are in danger")
    await anna.presses("Look at what I write again")
    await talk.says("anna", "#crisis")
    assert len(await talk.flags()) == 1


async def test_leaving_it_changes_nothing(talk: MemberTalk) -> None:
    anna = talk.member("anna")
    for word in ("Do not look at what I write", "Leave it as it is"):
        await anna.says("/optout")
        await anna.presses(word)
    assert anna.sees("Nothing was changed")
    async with talk.store.work() as work:
        assert await work.people.opted_out(anna.person)
        assert await work.members.find(anna.person) is None


async def test_in_a_group_only_the_person_sees_it(talk: MemberTalk) -> None:
    anna = talk.member("anna")
    await anna.says("/optout", in_group=True)
    assert anna.screen
    assert anna.screen.private
    assert talk.in_group() == []
