"""What happens while nobody presses anything."""

from datetime import time, timedelta

import pytest

import builders
from bot.errors import Unreachable
from bot.moderation.flag import Answered, State
from bot.moderation.policy import Duty, Mode
from bot.triage.assessment import Label
from storage.store import Store
from unit.moderation.desk_talk import DeskTalk, desk_over

MONA, NORA, OLGA = (builders.person(name) for name in ("mona", "nora", "olga"))


@pytest.fixture
async def talk(store: Store) -> DeskTalk:
    talk = await desk_over(store).watches(duty=Duty((MONA, NORA)))
    talk.town.known = (MONA, NORA, OLGA)
    return talk


async def test_a_crisis_that_nobody_claims_calls_on_until_all_were_called(talk: DeskTalk) -> None:
    flag = await talk.flags(Label.CRISIS)
    said = []
    for _ in range(6):
        said.append((await talk.says(flag.id)).splitlines()[-1])
        await talk.after(minutes=10)
    assert talk.called() == [["Mona"], ["Mona"], ["Nora"], ["Mona", "Nora", "Olga"]]
    assert said[:4] == [
        "Called: the first on duty.",
        "Nobody claimed it, so the first on duty was called again.",
        "Still nobody claimed it, so the next on duty was called.",
        "All moderators were called, since nobody else was on duty or claimed it.",
    ]
    assert (await talk.flag(flag.id)).look_at is None
    assert [deed.detail for deed in await talk.deeds() if deed.what == "called"] == ["4", "3", "2", "1"]


async def test_nobody_is_called_before_ten_minutes_are_over(talk: DeskTalk) -> None:
    await talk.flags(Label.CRISIS)
    await talk.after(minutes=9, seconds=59)
    assert talk.called() == [["Mona"]]


async def test_a_further_message_does_not_put_off_who_is_called_next(talk: DeskTalk) -> None:
    flag = await talk.flags(Label.CRISIS)
    for _ in range(3):
        talk.clock.advance(timedelta(minutes=3))
        await talk.posting.show(flag.id, calling=True)
    await talk.after(minutes=1)
    assert (await talk.flag(flag.id)).calls == 2


async def test_once_claimed_nobody_else_is_called(talk: DeskTalk) -> None:
    flag = await talk.flags(Label.CRISIS)
    await talk.moderator().taps(flag, "Claim")
    await talk.after(minutes=20)
    assert talk.called() == [["Mona"]]
    await talk.posting.show(flag.id, calling=True)
    assert talk.called() == [["Mona"], ["Mona"]]


async def test_a_crisis_whose_claim_lapsed_calls_again(talk: DeskTalk) -> None:
    flag = await talk.flags(Label.CRISIS)
    await talk.moderator("olga").taps(flag, "Claim")
    await talk.after(minutes=30)
    assert (await talk.flag(flag.id)).state is State.OPEN
    assert talk.called() == [["Mona"], ["Mona"]]
    assert "did not close it in time" in await talk.says(flag.id)
    assert [deed.what for deed in await talk.deeds()][:2] == ["called", "lapsed"]


async def test_outside_the_hours_of_duty_all_are_called_at_once(store: Store) -> None:
    night = Duty((MONA,), time(22), time(6), "Europe/London")
    talk = await desk_over(store).watches(duty=night)
    talk.town.known = (MONA, NORA)
    await talk.flags(Label.CRISIS)
    assert talk.called() == [["Mona", "Nora"]]


async def test_a_crisis_in_shadow_calls_nobody(talk: DeskTalk) -> None:
    await talk.flags(Label.CRISIS, shown=False, shadow=True)
    await talk.after(minutes=1)
    await talk.after(minutes=10)
    assert talk.called() == []
    assert len(talk.at(talk.desk)) == 1


async def test_what_a_crash_left_without_words_and_card_gets_both(talk: DeskTalk) -> None:
    flag = await talk.flags(Label.CRISIS, shown=False, answered=Answered.PENDING)
    talk.restart()
    await talk.after(seconds=20)
    assert talk.finished == [flag.id]
    assert talk.called() == [["Mona"]]


async def test_one_that_fails_stops_no_other(talk: DeskTalk) -> None:
    talk.town.fails[talk.desk.id] = Unreachable("down")
    flags = [await talk.flags() for _ in range(3)]
    del talk.town.fails[talk.desk.id]
    await talk.after(minutes=1)
    assert all([(await talk.flag(flag.id)).card for flag in flags])


async def test_quotations_are_erased_after_thirty_days_and_leave_the_card(talk: DeskTalk) -> None:
    flag = await talk.flags()
    talk.clock.advance(timedelta(days=30, seconds=1))
    await talk.sweeping.upkeep(talk.clock.now())
    said = await talk.says(flag.id)
    assert "Should I stop?" not in said
    assert "Anna" not in said
    assert (await talk.flag(flag.id)).author is None


@pytest.fixture
async def bare(store: Store) -> DeskTalk:
    talk = await desk_over(store).watches(desk=None)
    talk.town.known = (NORA,)
    return talk


async def test_without_a_desk_the_group_is_told_then_after_a_day_then_weekly(bare: DeskTalk) -> None:
    await bare.flags()
    days = []
    for day in range(24):
        before = len(bare.town.posted)
        await bare.sweeping.upkeep(bare.clock.now())
        if len(bare.town.posted) > before:
            days.append(day)
        bare.clock.advance(timedelta(days=1))
    assert days == [0, 1, 8, 15, 22]
    for text in bare.at(bare.group):
        assert "1 thing waits for you in /flags" in text
        assert "stop" not in text
    assert bare.called()[0] == ["Nora"]


async def test_without_flags_it_is_said_once(bare: DeskTalk) -> None:
    for _ in range(10):
        await bare.sweeping.upkeep(bare.clock.now())
        bare.clock.advance(timedelta(days=1))
    (told,) = bare.at(bare.group)
    assert "I have no moderators' chat yet" in told
    assert bare.called() == []


async def test_danger_without_a_desk_is_told_of_within_seconds(bare: DeskTalk) -> None:
    await bare.flags(Label.CRISIS)
    await bare.after(seconds=20)
    assert bare.called() == [["Nora"]]
    await bare.flags(Label.CRISIS)
    await bare.after(seconds=20)
    assert len(bare.town.posted) == 1
    for text in bare.at(bare.group):
        assert "danger" not in text


async def test_the_first_weeks_figures_come_with_buttons_that_switch_on(talk: DeskTalk) -> None:
    await talk.flags(shown=False, shadow=True)
    talk.clock.advance(timedelta(days=6, hours=23))
    await talk.sweeping.upkeep(talk.clock.now())
    assert talk.at(talk.desk) == []
    talk.clock.advance(timedelta(hours=1))
    await talk.sweeping.upkeep(talk.clock.now())
    await talk.sweeping.upkeep(talk.clock.now())
    (_, reply, _) = talk.town.posted[-1]
    assert len(talk.at(talk.desk)) == 1
    assert "The first week" in talk.text(reply)
    key = next(key for row in talk.screen(reply).keys for key in row if key.label == "Switch on: Medical question")
    otto, mona = talk.stranger(), talk.moderator()
    await otto.presses_old(key)
    assert otto.sees("Only moderators")
    await mona.presses_old(key)
    assert mona.sees("Medical question: on from now.")
    assert (await talk.watched()).handling[Label.MEDICAL_QUESTION].mode is Mode.ON


async def test_figures_that_could_not_be_posted_are_posted_later(talk: DeskTalk) -> None:
    talk.clock.advance(timedelta(days=7))
    talk.town.fails[talk.desk.id] = Unreachable("down")
    await talk.sweeping.upkeep(talk.clock.now())
    del talk.town.fails[talk.desk.id]
    await talk.sweeping.upkeep(talk.clock.now())
    assert len(talk.at(talk.desk)) == 1
