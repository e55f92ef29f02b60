from datetime import UTC, datetime

import pytest

from unit.journey.talk import Talk, Voice


async def test_before_between_during_and_after_rounds(talk: Talk, anna: Voice) -> None:
    await anna.has_round("1 2025-12-05")
    await anna.says("/countdown")
    assert anna.sees("91 days since your last infusion day", "No further round is entered")
    await anna.has_round("2 2026-03-11")
    await anna.says("/countdown")
    assert anna.sees("1 day to go until round 2: Wednesday, 11 March 2026.", "91 days since")
    talk.clock.at = datetime(2026, 3, 12, 9, tzinfo=UTC)
    await anna.says("/countdown")
    assert anna.sees("Today is infusion day 2 of 3 (round 2).")
    assert "since your last" not in anna.text
    talk.clock.at = datetime(2026, 3, 14, 9, tzinfo=UTC)
    await anna.says("/countdown")
    assert anna.sees("1 day since your last infusion day.")


async def test_sharing_posts_the_number_of_days_and_nothing_else(anna: Voice) -> None:
    await anna.has_round("1 2026-03-11")
    await anna.says("/countdown share", in_group=True)
    assert anna.screen
    assert anna.screen.share == "Anna: 1 day to go!"
    assert anna.sees("I posted only the number of days")
    assert anna.screen.private


async def test_without_share_nothing_is_for_the_group(anna: Voice) -> None:
    await anna.has_round("1 2026-03-11")
    await anna.says("/countdown", in_group=True)
    assert anna.screen
    assert anna.screen.private
    assert anna.screen.share is None


@pytest.mark.parametrize(
    ("typed", "in_group", "answer"),
    [
        ("/countdown share", False, "in the group where you want it"),
        ("/countdown shout", True, "I do not know “shout” here"),
        ("/countdown SHARE", True, "I posted only the number"),
    ],
    ids=["in private", "another word", "in capitals"],
)
async def test_what_stands_behind_countdown(anna: Voice, typed: str, in_group: bool, answer: str) -> None:
    await anna.has_round("1 2026-03-11")
    await anna.says(typed, in_group=in_group)
    assert anna.sees(answer)


async def test_nothing_ahead_means_nothing_is_shared(anna: Voice) -> None:
    await anna.has_round("1 2025-12-05")
    await anna.says("/countdown share", in_group=True)
    assert anna.sees("There is no date ahead to share")
    assert anna.screen
    assert anna.screen.share is None


async def test_after_stop_nothing_is_shared(anna: Voice) -> None:
    await anna.has_round("1 2026-03-11")
    await anna.says("/stop")
    await anna.says("/countdown share", in_group=True)
    assert anna.sees("Your reminders are stopped")
    assert anna.screen
    assert anna.screen.share is None
