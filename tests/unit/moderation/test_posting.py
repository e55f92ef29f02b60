"""Cards at the desk: what they say, where they stand, and that they never flood."""

import asyncio
from datetime import timedelta

import pytest

import builders
from bot.errors import Gone, Unreachable
from bot.moderation.flag import Answered, Card, Note, Report, State
from bot.moderation.policy import Duty
from bot.triage.assessment import Label
from storage.store import Store
from unit.journey.talk import FORMS, GUIDED
from unit.moderation.desk_talk import DeskTalk, desk_over


@pytest.fixture(params=[GUIDED, FORMS], ids=["guided", "forms"])
async def talk(store: Store, request: pytest.FixtureRequest) -> DeskTalk:
    return await desk_over(store, request.param).watches()


async def test_a_card_says_what_was_found_and_what_can_be_done(talk: DeskTalk) -> None:
    flag = await talk.flags(answered=Answered.PRIVATELY, times=3, disputed=True)
    card = await talk.card(flag.id)
    said = await talk.says(flag.id)
    for part in (
        "Medical question · normal priority",
        "Rules and model do not agree",
        "asks whether to stop",
        "“Should I stop?”",
        "3 messages joined",
        "https://example.org/1",
        "it arrived",
        "By Anna.",
    ):
        assert part in said
    labels = [key.label for row in card.keys for key in row]
    assert labels == ["Claim", "Resolved", "False alarm", "Escalate", "Note", "Answer in private"]
    assert not card.private


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({"shadow": True}, "shadow: the person heard nothing"),
        ({"answered": Answered.NOBODY}, "NOBODY WAS REACHED"),
        ({"answered": Answered.BUTTON}, "has not pressed it yet"),
        ({"contested": True}, "asks that a second moderator looks at it too"),
        ({"contested": True, "closed_by": builders.person("mona")}, "not the one who closed it before"),
        ({"reports": (Report(builders.person("ben"), "spam"),)}, "Reported by 1 member: advertising."),
        ({"notes": (Note(builders.person("mona"), "known to us", builders.NOW),)}, "Note by Mona: known to us"),
        ({"quote": "x" * 300}, "x" * 199 + "…"),
        ({"quote": "||hidden|| words"}, "“hidden words”"),
    ],
    ids=["shadow", "nobody", "button", "contested", "contested-closed", "reports", "notes", "long", "spoiler"],
)
async def test_a_card_tells(talk: DeskTalk, changed: dict[str, object], shown: str) -> None:
    flag = await talk.flags(**changed)
    assert shown in await talk.says(flag.id)


async def test_no_reporter_is_named_on_a_card(talk: DeskTalk) -> None:
    flag = await talk.flags(reports=(Report(builders.person("ben"), "a reason of my own"),))
    said = await talk.says(flag.id)
    assert "a reason of my own" in said
    assert "Ben" not in said


async def test_a_chat_can_switch_quotations_off(store: Store) -> None:
    talk = await desk_over(store).watches(quotes=False)
    assert "Should I stop?" not in await talk.says((await talk.flags()).id)


async def test_a_closed_card_quotes_and_names_nobody(talk: DeskTalk) -> None:
    flag = await talk.flags(
        notes=(Note(builders.person("mona"), "known to us", builders.NOW),),
        reports=(Report(builders.person("ben"), "she told me so"),),
    )
    await talk.moderator().taps(flag, "Resolved")
    said = await talk.says(flag.id)
    assert "resolved: Mona" in said
    assert "1 note by moderators" in said
    assert "Reported by 1 member." in said
    for gone in ("Should I stop?", "Anna", "known to us", "she told me so", "asks whether to stop", "example.org"):
        assert gone not in said


@pytest.mark.parametrize(
    ("label", "counted"), [(Label.PROMOTION, True), (Label.CRISIS, False), (Label.DISTRESS, False)]
)
async def test_earlier_flags_are_counted_but_never_beside_need(talk: DeskTalk, label: Label, *, counted: bool) -> None:
    await talk.flags(Label.PROMOTION, shown=False)
    talk.clock.advance(timedelta(minutes=1))
    flag = await talk.flags(label)
    assert ("1 earlier flag" in await talk.says(flag.id)) is counted


async def test_a_card_changes_where_it_stands(talk: DeskTalk) -> None:
    flag = await talk.flags(answered=Answered.PENDING)
    await talk.changes(flag.id, answered=Answered.READ)
    await talk.posting.show(flag.id)
    assert len(talk.at(talk.desk)) == 1
    assert "opened what the bot had" in await talk.says(flag.id)


async def test_a_card_that_is_gone_is_posted_anew(talk: DeskTalk) -> None:
    flag = await talk.flags()
    talk.town.stands.clear()
    await talk.posting.show(flag.id)
    assert len(talk.at(talk.desk)) == 2
    assert "Should I stop?" in await talk.says(flag.id)


async def test_two_at_once_make_one_card(talk: DeskTalk) -> None:
    flag = await talk.flags(shown=False)
    await asyncio.gather(*(talk.posting.show(flag.id) for _ in range(3)))
    assert len(talk.at(talk.desk)) == 1


async def test_without_a_desk_nothing_is_posted(store: Store) -> None:
    talk = await desk_over(store).watches(desk=None)
    flag = await talk.flags()
    assert talk.town.posted == []
    assert flag.state is State.OPEN


async def test_a_lost_desk_is_told_of_in_the_group_once_and_on_the_next_card(talk: DeskTalk) -> None:
    talk.town.known = (builders.person("mona"),)
    talk.town.fails[talk.desk.id] = Gone("kicked")
    flag, _ = await talk.flags(), await talk.flags()
    (told,) = talk.at(talk.group)
    assert "I cannot write in your moderators' chat any more" in told
    assert "stop" not in told
    assert talk.called() == [["Mona"]]
    del talk.town.fails[talk.desk.id]
    await talk.after(minutes=10)
    assert "I could not write here" in await talk.says(flag.id)
    assert (await talk.watched()).desk_lost_at is None


async def test_what_could_not_be_posted_is_posted_later(talk: DeskTalk) -> None:
    talk.town.fails[talk.desk.id] = Unreachable("down")
    flag = await talk.flags(Label.CRISIS)
    assert flag.card is None
    assert flag.calls == 0
    del talk.town.fails[talk.desk.id]
    talk.town.known = (builders.person("mona"),)
    await talk.after(minutes=1)
    assert (await talk.flag(flag.id)).card
    assert talk.called() == [["Mona"]]
    assert talk.at(talk.group) == []


async def test_a_crisis_rings_the_first_on_duty_and_says_so(store: Store) -> None:
    duty = Duty((builders.person("mona"), builders.person("nora")))
    talk = await desk_over(store).watches(duty=duty)
    flag = await talk.flags(Label.CRISIS)
    assert talk.called() == [["Mona"]]
    assert "Called: the first on duty." in await talk.says(flag.id)
    await talk.posting.show(flag.id, calling=True)
    assert talk.called() == [["Mona"], ["Mona"]]
    assert talk.town.posted[-1][2] == flag.card.message_id if flag.card else False


async def test_what_is_in_shadow_rings_nobody(store: Store) -> None:
    talk = await desk_over(store).watches(duty=Duty((builders.person("mona"),)))
    await talk.flags(Label.CRISIS, shadow=True)
    assert talk.called() == []
    assert len(talk.at(talk.desk)) == 1


async def test_nobody_is_called_to_a_flag_on_themselves(store: Store) -> None:
    talk = await desk_over(store).watches(duty=Duty((builders.person("anna"),)))
    talk.town.known = (builders.person("anna"),)
    await talk.flags(Label.CRISIS)
    assert talk.called() == []


@pytest.mark.soak
async def test_a_hundred_flags_in_a_minute_flood_nobody_and_none_is_lost(talk: DeskTalk) -> None:
    flags = [await talk.flags() for _ in range(100)]
    posted = talk.at(talk.desk)
    assert len(posted) == 7
    talk.clock.advance(timedelta(seconds=15))
    await talk.sweeping.sweep(talk.clock.now())
    more = (await talk.watched()).more
    assert more
    assert talk.text(talk.town.stands[more.message_id][1]) == "94 more wait: /flags"
    for _ in range(36):
        before = len(talk.town.posted)
        await talk.after(seconds=30)
        assert len(talk.town.posted) - before <= 6
    assert all([(await talk.flag(flag.id)).card for flag in flags])
    assert len(talk.at(talk.desk)) == 101
    assert "No more flags wait" in talk.text(talk.town.stands[more.message_id][1])


async def test_danger_has_room_of_its_own_when_a_desk_is_full(talk: DeskTalk) -> None:
    for _ in range(10):
        await talk.flags()
    urgent = [await talk.flags(Label.URGENT) for _ in range(21)]
    assert [bool((await talk.flag(flag.id)).card) for flag in urgent] == [True] * 20 + [False]


async def test_after_a_restart_cards_change_where_they_stand(talk: DeskTalk) -> None:
    flag = await talk.flags()
    talk.restart()
    await talk.moderator().taps(flag, "Claim")
    assert "Mona has it until" in await talk.says(flag.id)
    assert len(talk.at(talk.desk)) == 1


async def test_an_unknown_flag_is_no_trouble(talk: DeskTalk) -> None:
    await talk.posting.show("f" * 12)
    assert talk.town.posted == []


async def test_a_card_of_another_place_stays_there(talk: DeskTalk) -> None:
    flag = await talk.flags()
    assert flag.card == Card(talk.desk, "100")
