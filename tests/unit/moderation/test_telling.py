"""What authors and reporters hear once moderators act: once, and after a crash as well."""

from datetime import timedelta

import pytest

import builders
from bot.errors import Unreachable
from bot.moderation.flag import Answered, Origin, Report
from bot.triage.assessment import Label
from storage.store import Store
from unit.journey.talk import GUIDED
from unit.moderation.desk_talk import DeskTalk, desk_over

BEN = builders.person("ben")
SPAM = (Report(BEN, "spam", hear=True),)


@pytest.fixture
async def talk(store: Store) -> DeskTalk:
    return await desk_over(store, GUIDED).watches()


async def opens(talk: DeskTalk, name: str) -> None:
    async with talk.store.work() as work:
        await work.people.note_open(builders.person(name), talk.clock.now(), is_open=True)
        await work.commit()


async def test_who_asked_for_a_moderator_hears_of_the_claim(talk: DeskTalk) -> None:
    mona, flag = talk.moderator(), await talk.flags(Label.CRISIS, origin=Origin.ASKED)
    await mona.taps(flag, "Claim")
    assert len(talk.told("anna")) == 1
    assert (await talk.flag(flag.id)).author_told


async def test_what_could_not_be_told_is_told_later_and_once(talk: DeskTalk) -> None:
    mona, flag = talk.moderator(), await talk.flags(Label.MEDICAL_ADVICE, reports=SPAM)
    talk.town.fails["id-of-ben"] = Unreachable("down")
    await mona.taps(flag, "Resolved")
    assert (await talk.flag(flag.id)).look_at
    talk.town.fails.clear()
    talk.restart()
    await talk.after(minutes=1)
    assert len(talk.told("ben")) == 1
    kept = await talk.flag(flag.id)
    assert (kept.look_at, kept.reports[0].told) == (None, True)


async def test_closing_opening_and_closing_tells_once(talk: DeskTalk) -> None:
    mona, flag = talk.moderator(), await talk.flags(Label.MEDICAL_ADVICE, reports=SPAM)
    for label in ("Resolved", "Open again", "Resolved"):
        await mona.taps(flag, label)
    assert len(talk.told("ben")) == 1


async def test_a_crash_after_the_claim_loses_no_word_to_who_is_in_danger(talk: DeskTalk) -> None:
    mona, flag = talk.moderator(), await talk.flags(Label.CRISIS, answered=Answered.PRIVATELY)
    talk.town.fails["id-of-anna"] = Unreachable("down")
    await mona.taps(flag, "Claim")
    talk.town.fails.clear()
    talk.restart()
    await talk.after(minutes=1)
    assert len(talk.told("anna")) == 1
    assert (await talk.flag(flag.id)).look_at == builders.NOW + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("label", "closing", "told"),
    [
        (Label.MEDICAL_ADVICE, "Resolved", True),
        (Label.MEDICAL_ADVICE, "False alarm", False),
        (Label.CRISIS, "Resolved", False),
        (Label.DISTRESS, "Resolved", False),
    ],
)
async def test_whose_reported_message_was_acted_on_can_ask_for_a_second_moderator(
    talk: DeskTalk, label: Label, closing: str, *, told: bool
) -> None:
    await opens(talk, "anna")
    mona, flag = talk.moderator(), await talk.flags(label, reports=SPAM)
    await mona.taps(flag, closing)
    letters = [text for text in talk.told("anna") if text.startswith("A message of yours was looked at")]
    assert len(letters) == int(told)
    for text in letters:
        assert "Ben" not in text
    await mona.taps(flag, "Open again")
    await mona.taps(flag, closing)
    assert len([text for text in talk.told("anna") if text.startswith("A message of yours")]) == int(told)


async def test_whose_direct_chat_is_not_open_is_not_written_to(talk: DeskTalk) -> None:
    mona, flag = talk.moderator(), await talk.flags(Label.MEDICAL_ADVICE, reports=SPAM)
    await mona.taps(flag, "Resolved")
    assert talk.told("anna") == []
