"""Whom a flag calls: who can look at it, never whom it is on, and never without anybody knowing that nobody came."""

from dataclasses import replace
from datetime import timedelta

import pytest

import builders
from bot.errors import Blocked, RateLimited, Unknown, Unreachable
from bot.moderation.flag import Answered, Report
from bot.moderation.policy import Duty
from bot.triage.assessment import Label
from storage.store import Store
from unit.moderation.desk_talk import DeskTalk, desk_over

MONA, NORA = builders.person("mona"), builders.person("nora")


@pytest.fixture
async def talk(store: Store) -> DeskTalk:
    return await desk_over(store).watches(duty=Duty((MONA, NORA)))


async def test_the_author_is_taken_out_before_anybody_is_chosen(talk: DeskTalk) -> None:
    await talk.flags(Label.CRISIS, author=MONA)
    assert talk.called() == [["Nora"]]


async def test_who_moderates_no_more_is_not_called(talk: DeskTalk) -> None:
    talk.town.known = (NORA,)
    await talk.flags(Label.CRISIS)
    assert talk.called() == [["Nora"]]


async def test_where_nobody_can_be_called_the_card_says_so_and_it_is_tried_again(store: Store) -> None:
    talk = await desk_over(store).watches()
    flag = await talk.flags(Label.CRISIS)
    assert "Nobody could be called" in await talk.says(flag.id)
    kept = await talk.flag(flag.id)
    assert (kept.calls, kept.look_at) == (0, builders.NOW + timedelta(minutes=1))
    assert [deed.what for deed in await talk.deeds()] == []
    talk.town.known = (NORA,)
    await talk.after(minutes=1)
    assert talk.called() == [["Nora"]]
    assert "Nobody could be called" not in await talk.says(flag.id)


async def test_a_call_does_not_wait_for_room_at_the_desk(talk: DeskTalk) -> None:
    flag = await talk.flags(Label.CRISIS)
    talk.clock.advance(timedelta(minutes=10))
    for number in range(20):
        await talk.flags(Label.URGENT, author=builders.person(f"u{number}"))
    await talk.sweeping.sweep(talk.clock.now())
    assert talk.called() == [["Mona"], ["Mona"]]
    assert (await talk.flag(flag.id)).calls == 2


async def test_a_call_that_could_not_be_sent_is_not_on_record(talk: DeskTalk) -> None:
    flag = await talk.flags(Label.CRISIS)
    talk.town.fails[talk.desk.id] = Unreachable("down")
    await talk.after(minutes=10)
    assert (await talk.flag(flag.id)).calls == 1
    talk.town.fails.clear()
    await talk.after(minutes=1)
    assert (await talk.flag(flag.id)).calls == 2


async def test_a_claim_that_comes_while_the_sweep_works_ends_the_calls(talk: DeskTalk) -> None:
    flag = await talk.flags(Label.CRISIS)
    await talk.moderator().taps(flag, "Claim")
    await talk.posting.show(flag.id)
    talk.clock.advance(timedelta(minutes=11))
    async with talk.store.work() as work:
        await talk.posting.show_with(work, flag.id, due=True)
    assert talk.called() == [["Mona"]]
    kept = await talk.flag(flag.id)
    assert kept.look_at == kept.claimed_until


async def test_what_is_about_to_be_answered_is_looked_at_soon_and_calls_nobody_too_early(talk: DeskTalk) -> None:
    ordinary = await talk.flags(answered=Answered.PENDING)
    crisis = await talk.flags(Label.CRISIS, answered=Answered.PENDING)
    for flag in (ordinary, crisis):
        assert flag.look_at == builders.NOW + timedelta(seconds=20)
    for _ in range(28):
        await talk.after(seconds=21)
    assert talk.called() == [["Mona"]]
    await talk.after(seconds=21)
    assert talk.called() == [["Mona"], ["Mona"]]


async def test_a_crisis_at_a_lost_desk_is_told_of_in_the_group_once_an_hour(talk: DeskTalk) -> None:
    talk.town.known = (MONA, NORA)
    talk.town.fails[talk.desk.id] = Blocked("kicked")
    await talk.flags()
    assert len(talk.at(talk.group)) == 1
    talk.clock.advance(timedelta(hours=12))
    await talk.flags(Label.CRISIS)
    assert len(talk.at(talk.group)) == 2
    for _ in range(6):
        await talk.after(minutes=10)
    assert len(talk.at(talk.group)) == 3
    assert talk.called() == [["Mona", "Nora"]] * 3
    for text in talk.at(talk.group):
        assert "danger" not in text


@pytest.mark.parametrize("error", [Unknown("lost"), Unreachable("down"), RateLimited("slow", timedelta(seconds=5))])
async def test_a_crisis_at_a_desk_that_fails_for_minutes_is_told_of_in_the_group(
    talk: DeskTalk, error: Exception
) -> None:
    talk.town.fails[talk.desk.id] = error
    await talk.flags(Label.CRISIS)
    await talk.after(minutes=1)
    assert talk.at(talk.group) == []
    for _ in range(3):
        await talk.after(minutes=1)
    (told,) = talk.at(talk.group)
    assert "I cannot write in your moderators' chat just now" in told


async def test_danger_within_an_hour_of_the_reminder_is_told_at_once_and_within_an_hour_of_danger_at_its_end(
    store: Store,
) -> None:
    talk = await desk_over(store).watches(desk=None)
    talk.town.known = (NORA,)
    await talk.sweeping.upkeep(talk.clock.now())
    await talk.flags(Label.CRISIS)
    await talk.after(seconds=20)
    assert len(talk.at(talk.group)) == 2
    talk.clock.advance(timedelta(minutes=10))
    await talk.flags(Label.CRISIS)
    await talk.after(seconds=20)
    assert len(talk.at(talk.group)) == 2
    await talk.after(minutes=50)
    assert len(talk.at(talk.group)) == 3


async def test_a_crash_while_a_card_is_posted_is_said_on_the_next_card(talk: DeskTalk) -> None:
    talk.town.fails[talk.desk.id] = Unknown("lost")
    flag = await talk.flags()
    talk.town.fails.clear()
    await talk.after(minutes=1)
    assert "please delete that one" in await talk.says(flag.id)


async def test_a_closed_card_leaves_the_names_it_had_when_they_are_erased(talk: DeskTalk) -> None:
    flag = await talk.flags(Label.URGENT, reports=(Report(builders.person("ben"), "she told me"),))
    await talk.moderator().taps(flag, "Resolved")
    talk.clock.advance(timedelta(days=31))
    before = talk.town.edits
    await talk.sweeping.upkeep(talk.clock.now())
    assert talk.town.edits == before + 1
    assert "Reported by" not in await talk.says(flag.id)


async def test_who_shows_a_flag_hears_whether_it_stands_and_whether_it_called(talk: DeskTalk) -> None:
    flag = await talk.flags(Label.CRISIS, shown=False)
    shown = await talk.posting.show(flag.id, calling=True)
    assert (shown.stands, shown.called) == (True, True)
    talk.town.fails[talk.desk.id] = Unreachable("down")
    shown = await talk.posting.show(flag.id, calling=True)
    assert (shown.stands, shown.called, bool(shown)) == (False, False, False)


async def test_a_changed_name_is_still_the_same_account(talk: DeskTalk) -> None:
    await talk.flags(Label.CRISIS, author=replace(MONA, name="Somebody"))
    assert talk.called() == [["Nora"]]
