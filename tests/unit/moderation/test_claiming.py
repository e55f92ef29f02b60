"""What moderators do with a flag: one is first, everybody sees it, and it is on record before anybody is told."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

import builders
from bot.chat.events import Pressed
from bot.errors import Blocked, Unreachable
from bot.moderation.flag import Answered, Report, State
from bot.moderation.policy import Duty
from bot.triage.assessment import Label
from storage.store import Store
from unit.journey.talk import FORMS, GUIDED
from unit.moderation.desk_talk import CHAT, DeskTalk, Moderator, desk_over


@pytest.fixture(params=[GUIDED, FORMS], ids=["guided", "forms"])
async def talk(store: Store, request: pytest.FixtureRequest) -> DeskTalk:
    return await desk_over(store, request.param).watches()


async def test_who_claims_has_it_for_half_an_hour_and_all_see_it(talk: DeskTalk) -> None:
    mona, flag = talk.moderator(), await talk.flags()
    await mona.taps(flag, "Claim")
    assert mona.sees("It is yours until Tue 10 Mar, 09:30.")
    kept = await talk.flag(flag.id)
    assert (kept.state, kept.seen_at) == (State.CLAIMED, builders.NOW)
    assert "Mona has it until" in await talk.says(flag.id)
    assert [deed.what for deed in await talk.deeds()] == ["claimed"]


async def test_of_two_at_once_one_wins_and_the_other_is_told_who(talk: DeskTalk) -> None:
    await both_claim(talk)


@pytest.mark.postgres
async def test_of_two_at_once_one_wins_on_a_server_as_well(postgres_url: str) -> None:
    async with builders.open_store(postgres_url) as store:
        await both_claim(await desk_over(store).watches())


async def both_claim(talk: DeskTalk) -> None:
    """Two press the same button in the same moment."""
    mona, nora, flag = talk.moderator(), talk.moderator("nora"), await talk.flags()
    key = next(key for row in (await talk.card(flag.id)).keys for key in row if key.label == "Claim")
    await asyncio.gather(
        mona.does(Pressed(mona.person, talk.desk, key.data)), nora.does(Pressed(nora.person, talk.desk, key.data))
    )
    won = [each for each in (mona, nora) if "It is yours" in each.text]
    assert len(won) == 1
    loser = nora if won[0] is mona else mona
    assert loser.sees(f"{won[0].person.name} was first and has it until")
    assert [deed.what for deed in await talk.deeds()] == ["claimed"]


async def test_what_somebody_else_has_cannot_be_closed(talk: DeskTalk) -> None:
    mona, nora, flag = talk.moderator(), talk.moderator("nora"), await talk.flags()
    await mona.taps(flag, "Claim")
    await nora.taps(flag, "Resolved")
    assert nora.sees("Mona was first")
    assert (await talk.flag(flag.id)).state is State.CLAIMED


async def test_a_claim_can_be_given_back(talk: DeskTalk) -> None:
    mona, nora, flag = talk.moderator(), talk.moderator("nora"), await talk.flags()
    await mona.taps(flag, "Claim")
    await mona.taps(flag, "Give back")
    assert mona.sees("It waits for somebody again.")
    await nora.taps(flag, "Claim")
    assert nora.sees("It is yours")


async def test_a_claim_that_lapsed_returns_and_the_card_says_so(talk: DeskTalk) -> None:
    mona, nora, flag = talk.moderator(), talk.moderator("nora"), await talk.flags()
    await mona.taps(flag, "Claim")
    await talk.after(minutes=29)
    assert (await talk.flag(flag.id)).state is State.CLAIMED
    await talk.after(minutes=1)
    assert "did not close it in time" in await talk.says(flag.id)
    await nora.taps(flag, "Claim")
    assert nora.sees("It is yours")


async def test_how_long_a_flag_waited_is_measured_once(talk: DeskTalk) -> None:
    mona, nora = talk.moderator(), talk.moderator("nora")
    first, second = await talk.flags(), await talk.flags()
    await talk.after(minutes=10)
    await mona.taps(first, "Claim")
    await nora.taps(first, "Resolved")
    await talk.after(minutes=5)
    await mona.taps(first, "Resolved")
    await nora.taps(second, "Resolved")
    await nora.taps(second, "Open again")
    assert talk.meter.waits == [timedelta(minutes=10), timedelta(minutes=15)]


@pytest.mark.parametrize(
    ("label", "state", "shown"),
    [("Resolved", State.RESOLVED, "resolved: Mona"), ("False alarm", State.FALSE_ALARM, "false alarm: Mona")],
)
async def test_a_flag_is_closed_with_a_verdict(talk: DeskTalk, label: str, state: State, shown: str) -> None:
    mona, flag = talk.moderator(), await talk.flags()
    await mona.taps(flag, label)
    assert mona.sees("Closed as")
    kept = await talk.flag(flag.id)
    assert (kept.state, kept.closed_at, kept.look_at) == (state, builders.NOW, None)
    assert shown in await talk.says(flag.id)
    assert [deed.what for deed in await talk.deeds()] == [state.value]


async def test_what_is_closed_is_not_closed_again_but_can_be_opened(talk: DeskTalk) -> None:
    mona, nora, flag = talk.moderator(), talk.moderator("nora"), await talk.flags()
    old = next(key for row in (await talk.card(flag.id)).keys for key in row if key.label == "False alarm")
    await mona.taps(flag, "Resolved")
    await nora.presses_old(old)
    assert nora.sees("Mona has closed it already.")
    await nora.taps(flag, "Open again")
    assert (await talk.flag(flag.id)).state is State.OPEN
    assert "Should I stop?" in await talk.says(flag.id)


async def test_reporters_who_wish_hear_the_outcome_and_no_judgement(talk: DeskTalk) -> None:
    reports = (
        Report(builders.person("ben"), "spam", hear=True),
        Report(builders.person("cleo"), "spam"),
        Report(builders.person("dora"), "unkind", hear=True),
    )
    flag = await talk.flags(reports=reports)
    talk.town.fails["id-of-ben"] = Blocked("blocked")
    await talk.moderator().taps(flag, "Resolved")
    assert talk.told("dora") == [
        "You reported a message. The moderators have looked at it and dealt with it. Thank you for telling them."
    ]
    assert talk.told("ben") == talk.told("cleo") == []


@pytest.mark.parametrize(
    ("label", "answered", "told"),
    [
        (Label.CRISIS, Answered.PRIVATELY, True),
        (Label.URGENT, Answered.READ, True),
        (Label.CRISIS, Answered.BUTTON, False),
        (Label.CRISIS, Answered.NOBODY, False),
        (Label.MEDICAL_QUESTION, Answered.PRIVATELY, False),
    ],
)
async def test_who_is_in_danger_hears_that_a_moderator_read_it_once_one_has(
    talk: DeskTalk, label: Label, answered: Answered, *, told: bool
) -> None:
    mona, flag = talk.moderator(), await talk.flags(label, answered=answered)
    assert talk.told("anna") == []
    await mona.taps(flag, "Claim")
    assert [text.startswith("A moderator of your group has now read") for text in talk.told("anna")] == [True] * told
    await mona.taps(flag, "Give back")
    await mona.taps(flag, "Claim")
    assert len(talk.told("anna")) == int(told)


async def test_a_flag_on_oneself_is_for_others(talk: DeskTalk) -> None:
    anna, flag = talk.moderator("anna"), await talk.flags()
    for label in ("Claim", "Resolved", "Escalate", "Note"):
        await anna.taps(flag, label)
        assert anna.sees("another moderator has to look at it")
    assert (await talk.flag(flag.id)).state is State.OPEN
    assert await talk.deeds() == []


async def test_who_moderates_nothing_is_refused(talk: DeskTalk) -> None:
    otto, flag = talk.stranger(), await talk.flags()
    for label in ("Claim", "Resolved", "False alarm", "Escalate", "Note", "Answer in private"):
        await otto.taps(flag, label)
        assert otto.sees("Only moderators of that group can do this.")
    assert await talk.deeds() == []


async def test_moderators_of_another_chat_are_refused(talk: DeskTalk) -> None:
    nina, flag = talk.moderator("nina", talk.place("elsewhere")), await talk.flags()
    await nina.taps(flag, "Resolved")
    assert nina.sees("Only moderators of that group can do this.")


async def test_to_moderate_the_desk_is_enough(talk: DeskTalk) -> None:
    dina, flag = talk.moderator("dina", talk.desk), await talk.flags()
    await dina.taps(flag, "Claim")
    assert dina.sees("It is yours")


async def test_an_anonymous_admin_can_act(talk: DeskTalk) -> None:
    flag = await talk.flags()
    anonymous = Moderator(talk, replace(builders.person("x"), id=talk.desk.id, name="Desk"), home=talk.desk)
    anonymous.person = replace(anonymous.person, platform=talk.capabilities.platform)
    talk.board.moderators.add((talk.desk.id, talk.desk.id))
    await anonymous.taps(flag, "Claim")
    assert anonymous.sees("It is yours")
    await anonymous.taps(flag, "Resolved")
    assert (await talk.flag(flag.id)).state is State.RESOLVED


async def test_escalating_calls_the_next_on_duty_and_asks_for_another_pair_of_eyes(store: Store) -> None:
    duty = Duty(tuple(builders.person(name) for name in ("mona", "nora", "olga")))
    talk = await desk_over(store).watches(duty=duty)
    mona, nora, flag = talk.moderator(), talk.moderator("nora"), await talk.flags()
    await mona.taps(flag, "Escalate")
    assert mona.sees("Another moderator is called.")
    assert talk.called() == [["Nora"]]
    assert "Mona asks for another pair of eyes" in await talk.says(flag.id)
    for label in ("Resolved", "Claim"):
        await mona.taps(flag, label)
        assert mona.sees("somebody else has to decide this")
    await nora.taps(flag, "Escalate")
    assert nora.sees("asked for already")
    await nora.taps(flag, "Resolved")
    assert (await talk.flag(flag.id)).state is State.RESOLVED


async def test_escalating_with_nobody_on_duty_calls_all_others(talk: DeskTalk) -> None:
    talk.town.known = tuple(
        builders.person(name, platform=talk.capabilities.platform) for name in ("mona", "nora", "anna")
    )
    mona, flag = talk.moderator(), await talk.flags()
    await mona.taps(flag, "Escalate")
    assert talk.called() == [["Nora"]]


async def test_escalating_without_a_desk_calls_nobody_and_says_so(store: Store) -> None:
    talk = await desk_over(store).watches(desk=None, duty=Duty((builders.person("nora"),)))
    await talk.flags()
    mona = talk.moderator()
    await mona.uses_here("flags", place=talk.group)
    await mona.goes("1: Medical question", "Escalate")
    assert mona.sees("It is marked for another pair of eyes, but I could not call")


async def test_escalating_with_nobody_known_says_so(talk: DeskTalk) -> None:
    mona, flag = talk.moderator(), await talk.flags()
    await mona.taps(flag, "Escalate")
    assert mona.sees("I know of no other moderator whom I could ask, so nothing is changed.")
    assert talk.called() == []
    assert (await talk.flag(flag.id)).escalated_by is None
    await mona.taps(flag, "Resolved")
    assert mona.sees("Closed as resolved.")


async def test_who_closed_it_does_not_look_at_it_again_when_it_is_contested(talk: DeskTalk) -> None:
    mona, nora, flag = talk.moderator(), talk.moderator("nora"), await talk.flags()
    talk.town.known = (mona.person, nora.person)
    await mona.taps(flag, "Resolved")
    await talk.changes(flag.id, state=State.OPEN, closed_at=None, contested=True)
    await talk.posting.show(flag.id)
    for label in ("Claim", "False alarm"):
        await mona.taps(flag, label)
        assert mona.sees("You closed it before")
    await nora.taps(flag, "False alarm")
    kept = await talk.flag(flag.id)
    assert (kept.state, kept.closed_by and kept.closed_by.name) == (State.FALSE_ALARM, "Nora")
    await mona.taps(flag, "Open again")
    await mona.taps(flag, "Resolved")
    assert mona.sees("somebody else has to decide this")
    assert not (await talk.flag(flag.id)).closed


async def test_the_only_moderator_closes_what_is_contested_after_being_told(talk: DeskTalk) -> None:
    mona, flag = talk.moderator(), await talk.flags(contested=True, closed_by=builders.person("mona"))
    await talk.changes(flag.id, closed_by=mona.person)
    await mona.taps(flag, "False alarm")
    assert mona.sees("I know of no other one here.")
    assert not (await talk.flag(flag.id)).closed
    await mona.goes("False alarm")
    assert (await talk.flag(flag.id)).state is State.FALSE_ALARM
    assert ("false_alarm", "alone") in [(deed.what, deed.detail) for deed in await talk.deeds()]


async def test_opening_again_does_not_get_round_an_escalation(store: Store) -> None:
    talk = await desk_over(store).watches(duty=Duty((builders.person("mona"), builders.person("nora"))))
    mona, nora, flag = talk.moderator(), talk.moderator("nora"), await talk.flags(Label.URGENT)
    await mona.taps(flag, "Escalate")
    await nora.taps(flag, "Resolved")
    await mona.taps(flag, "Open again")
    await mona.taps(flag, "False alarm")
    assert mona.sees("somebody else has to decide this")


async def test_after_escalating_a_crisis_the_escalator_is_never_called(store: Store) -> None:
    duty = Duty(tuple(builders.person(name) for name in ("mona", "nora", "olga")))
    talk = await desk_over(store).watches(duty=duty)
    flag = await talk.flags(Label.CRISIS)
    await talk.moderator().taps(flag, "Escalate")
    for _ in range(5):
        await talk.after(minutes=10)
    assert talk.called() == [["Mona"], ["Nora"], ["Nora"], ["Olga"], ["Nora", "Olga"]]


async def test_an_escalation_that_could_not_call_is_called_for_later(store: Store) -> None:
    talk = await desk_over(store).watches(duty=Duty((builders.person("mona"), builders.person("nora"))))
    mona, flag = talk.moderator(), await talk.flags(Label.URGENT)
    card = await talk.card(flag.id)
    talk.town.fails[talk.desk.id] = Unreachable("down")
    await mona.presses_old(next(key for row in card.keys for key in row if key.label == "Escalate"))
    assert mona.sees("It is marked for another pair of eyes, but I could not call")
    assert talk.called() == []
    talk.town.fails.clear()
    await talk.after(minutes=1)
    await talk.after(minutes=30)
    assert talk.called() == [["Nora"]]


@pytest.mark.parametrize("how", ["Give back", "Open again"])
async def test_a_crisis_that_waits_again_calls_anew(store: Store, how: str) -> None:
    talk = await desk_over(store).watches(duty=Duty((builders.person("mona"), builders.person("nora"))))
    mona, flag = talk.moderator(), await talk.flags(Label.CRISIS)
    for _ in range(4):
        await talk.after(minutes=10)
    await mona.taps(flag, "Claim" if how == "Give back" else "Resolved")
    before = len(talk.called())
    await mona.taps(flag, how)
    for _ in range(4):
        await talk.after(minutes=10)
    assert talk.called()[before:] == [["Nora"], ["Mona"], ["Nora"], ["Mona", "Nora"]]


async def test_a_note_is_for_all_moderators(talk: DeskTalk) -> None:
    mona, flag = talk.moderator(), await talk.flags()
    await mona.taps(flag, "Note")
    await mona.types("we know her")
    assert mona.sees("Noted.")
    assert "Note by Mona: we know her" in await talk.says(flag.id)
    assert [(deed.what, deed.detail) for deed in await talk.deeds()] == [("noted", "")]


async def test_an_answer_goes_out_as_the_moderators_words(talk: DeskTalk) -> None:
    mona, flag = talk.moderator(), await talk.flags()
    await mona.taps(flag, "Answer in private")
    await mona.types("How are you today?")
    assert mona.sees("Sent, and it arrived.")
    (told,) = talk.told("anna")
    assert told.startswith("The moderators of your group write to you:\nHow are you today?")
    assert "Mona" not in told
    assert "Mona wrote to the person through the bot, and it arrived: How are you today?" in await talk.says(flag.id)


@pytest.mark.parametrize(
    ("error", "shown"),
    [(Blocked("closed"), "direct chat is closed to me"), (Unreachable("down"), "could not confirm that it arrived")],
    ids=["closed", "down"],
)
async def test_an_answer_that_did_not_arrive_is_said_so(talk: DeskTalk, error: Exception, shown: str) -> None:
    mona, flag = talk.moderator(), await talk.flags()
    talk.town.fails["id-of-anna"] = error
    await mona.taps(flag, "Answer in private")
    await mona.types("How are you today?")
    assert mona.sees(shown)
    assert "but it did not arrive" in await talk.says(flag.id)


async def test_what_is_done_is_on_record_though_the_desk_cannot_be_reached(talk: DeskTalk) -> None:
    mona, flag = talk.moderator(), await talk.flags()
    card = await talk.card(flag.id)
    talk.town.fails[talk.desk.id] = Unreachable("down")
    await mona.presses_old(next(key for row in card.keys for key in row if key.label == "Resolved"))
    assert mona.sees("Closed as resolved.")
    assert (await talk.flag(flag.id)).look_at == builders.NOW + timedelta(minutes=1)
    del talk.town.fails[talk.desk.id]
    await talk.after(minutes=1)
    assert "resolved: Mona" in await talk.says(flag.id)
    assert (await talk.flag(flag.id)).look_at is None


async def test_a_card_opened_alone_shows_what_it_became(talk: DeskTalk) -> None:
    mona, flag = talk.moderator(), await talk.flags()
    await mona.uses_here("flags")
    await mona.goes("1: Medical question")
    assert mona.sees("“Should I stop?”", "asks whether to stop")
    assert mona.screen
    assert mona.screen.private
    await mona.goes("Claim")
    assert mona.sees("It is yours until", "Mona has it until")
    await mona.goes("Resolved")
    assert mona.sees("Closed as resolved.", "resolved: Mona")
    assert "resolved: Mona" in await talk.says(flag.id)


async def test_a_flag_that_is_no_longer_kept_is_said_so(talk: DeskTalk) -> None:
    mona = talk.moderator()
    data = talk.core.tokens.make_for_anyone("dc", ("0" * 12,), talk.capabilities.platform)
    await mona.does(Pressed(mona.person, talk.desk, data))
    assert mona.sees("This flag is no longer kept.")
    assert CHAT not in mona.text
