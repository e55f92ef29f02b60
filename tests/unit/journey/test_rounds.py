from datetime import UTC, date, datetime, timedelta

import pytest

from bot.care.rounds import Round
from unit.journey.talk import Talk, Voice


async def rounds_of(voice: Voice) -> tuple[Round, ...]:
    return (await voice.course()).rounds  # type: ignore[attr-defined]  # a Course


async def test_without_rounds_every_command_leads_to_the_first_one(anna: Voice) -> None:
    for command in ("/round", "/countdown", "/nextlab", "/labs"):
        await anna.says(command)
        assert anna.sees("You have not entered a round yet")
        assert anna.labels == ["Add a round"]


async def test_an_iso_date_is_saved_at_once_and_spelled_out(anna: Voice) -> None:
    await anna.says("/round 1, first day 2025-12-05")
    assert anna.sees(
        "Saved.",
        "Round 1: Friday, 5 December 2025, 5 infusion days, until Tuesday, 9 December 2025",
        "Your next test date: Sunday, 5 April 2026.",
        "until Sunday, 9 December 2029",
        "12 months after your last infusion day is Wednesday, 9 December 2026",
        "Only your centre sets the date",
    )
    assert await rounds_of(anna) == (Round(1, date(2025, 12, 5), 5),)


@pytest.mark.parametrize(
    ("typed", "first_day"),
    [
        ("1, first day 5 Dec 2025", date(2025, 12, 5)),
        ("5 dec 2025", date(2025, 12, 5)),
        ("1 december 2026", date(2026, 12, 1)),
        ("5/12/2026", date(2026, 12, 5)),
        ("3 weeks from now", date(2026, 3, 31)),
        ("in 3 days", date(2026, 3, 13)),
        ("1, 5 décembre 2025", date(2025, 12, 5)),
        ("tomorrow", date(2026, 3, 11)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_every_other_date_is_spelled_out_and_asked_before_it_is_kept(
    anna: Voice, typed: str, first_day: date
) -> None:
    await anna.says(f"/round {typed}")
    assert anna.sees("Did I understand this right?", f"{first_day:%A}, {first_day.day} {first_day:%B} {first_day.year}")
    assert await rounds_of(anna) == ()
    await anna.presses("Yes, save")
    assert await rounds_of(anna) == (Round(1, first_day, 5),)


async def test_a_date_that_can_mean_two_days_becomes_two_taps(talk: Talk) -> None:
    zoe = talk.person("zoe", locale="en")
    await zoe.says("/start")
    for tap in ("I agree", "Canada", "Toronto", "09:00", "Day of the first infusion"):
        await zoe.presses(tap)
    await zoe.says("/round 05/12/2025")
    assert zoe.sees("can mean more than one day")
    assert len(zoe.keys) == 3
    assert await rounds_of(zoe) == ()
    await zoe.presses("December 5, 2025")
    assert await rounds_of(zoe) == (Round(1, date(2025, 12, 5), 5),)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("banana", "could not read “banana” as a date"),
        ("12 2026", "could not read “12 2026” as a date"),
        ("2 days", "could not read “2 days” as a date"),
        ("1 31/31/2026", "could not read"),
        ("13 2026-12-05", "from 1 to 12"),
        ("13 5 dec 2026", "from 1 to 12"),
        ("0 2026-12-05", "from 1 to 12"),
        ("1 2026-12-05 11 days", "A round has 1 to 10 infusion days"),
        ("1 2026-12-05 0 days", "A round has 1 to 10 infusion days"),
        ("1 1999-12-05", "could not read"),
        ("1 2101-01-01", "could not read"),
        ("move 2", "There is no round 2"),
        ("move", "You have not entered a round yet"),
        ("7", "There is no round 7"),
    ],
    ids=lambda value: value,
)
async def test_what_cannot_be_kept_is_refused_in_words_and_nothing_is_stored(
    anna: Voice, typed: str, answer: str
) -> None:
    await anna.says(f"/round {typed}")
    assert anna.sees(answer)
    assert await rounds_of(anna) == ()


async def test_rounds_that_overlap_or_change_places_are_refused_before_the_question(anna: Voice) -> None:
    await anna.has_round("1 2025-12-05")
    await anna.says("/round 2, 7 Dec 2025")
    assert anna.sees("would overlap round 1", "7 December 2025")
    await anna.says("/round 2, 7 Dec 2024")
    assert anna.sees("Round 2", "would lie before round 1")
    await anna.says("/round 2 2024-12-07")
    assert anna.sees("would lie before round 1")
    assert len(await rounds_of(anna)) == 1


async def test_a_round_can_be_added_by_answering_questions(either: Talk) -> None:
    anna = await either.person().joined()
    await anna.says("/round add")
    if either.capabilities.forms:
        assert anna.screen
        assert anna.screen.form
        await anna.fills(number="1", days="", first_day="5 December 2025")
    else:
        await anna.presses("Round 1")
        await anna.presses("The usual number")
        assert anna.sees("What is the first infusion day?")
        await anna.says("bananas")
        assert anna.sees("could not read “bananas”")
        await anna.says("5 December 2025")
    assert anna.sees("5 infusion days")
    await anna.presses("Yes, save")
    assert await rounds_of(anna) == (Round(1, date(2025, 12, 5), 5),)


async def test_what_a_form_cannot_check_is_refused_in_words(discord: Talk) -> None:
    anna = await discord.person().joined()
    for values, answer in [
        ({"number": "banana", "days": "", "first_day": "2025-12-05"}, "A round's number goes from 1 to 12"),
        ({"number": "1", "days": "lots", "first_day": "2025-12-05"}, "A round has 1 to 10"),
        ({"number": "1", "days": "", "first_day": "soon"}, "could not read “soon”"),
        ({"number": " ", "days": " ", "first_day": " "}, "I still need an answer"),
    ]:
        await anna.says("/round add")
        await anna.fills(**values)
        assert anna.sees(answer)
    await anna.uses("round", action="add", number="two", first_day="2025-12-05")
    assert anna.sees("from 1 to 12")
    await anna.uses("round", action="explode")
    assert anna.sees("I do not know “explode” here")


async def test_a_number_that_was_typed_is_not_asked_for_again(anna: Voice) -> None:
    await anna.says("/round add 2")
    assert anna.sees("What is the first infusion day?")
    await anna.says("2026-12-05")
    assert await rounds_of(anna) == (Round(2, date(2026, 12, 5), 3),)


async def test_a_round_can_be_moved_by_a_tap_and_moved_back(anna: Voice) -> None:
    await anna.has_round("1 2026-06-01")
    await anna.says("/round move")
    assert anna.sees("Move it to which first day?")
    week_later = anna.button("8 June 2026")
    await anna.presses_old(week_later)
    assert anna.sees("Saved.", "It was Monday, 1 June 2026 before")
    assert (await rounds_of(anna))[0].first_day == date(2026, 6, 8)
    undo = anna.button("Undo")
    await anna.presses_old(week_later)
    assert anna.sees("This date was moved after that button was made")
    assert (await rounds_of(anna))[0].first_day == date(2026, 6, 8)
    await anna.presses_old(undo)
    assert (await rounds_of(anna))[0].first_day == date(2026, 6, 1)


@pytest.mark.parametrize(("days", "label"), [(7, "8 June"), (14, "15 June"), (28, "29 June")], ids=["7", "14", "28"])
async def test_each_way_to_postpone_counts_from_the_present_first_day(anna: Voice, days: int, label: str) -> None:
    await anna.has_round("1 2026-06-01 4 days")
    await anna.says("/round 1")
    await anna.presses("Move or postpone")
    await anna.presses(label)
    assert await rounds_of(anna) == (Round(1, date(2026, 6, 1) + timedelta(days=days), 4),)


async def test_a_round_can_be_moved_to_a_typed_date_and_keeps_its_days(either: Talk) -> None:
    anna = await either.person().joined()
    await anna.has_round("1 2026-06-01 4 days")
    await anna.says("/round 1")
    await anna.presses("Move or postpone")
    await anna.presses("Another date")
    await anna.answers({"first_day": "3 July 2026"})
    assert anna.sees("Friday, 3 July 2026, 4 infusion days", "It takes the place of Monday, 1 June 2026")
    await anna.presses("Yes, save")
    assert await rounds_of(anna) == (Round(1, date(2026, 7, 3), 4),)


async def test_another_date_asks_again_before_a_round_is_kept(anna: Voice) -> None:
    await anna.says("/round 1, 5 Dec 2025")
    await anna.presses("Another date")
    await anna.says("2025-12-06")
    assert await rounds_of(anna) == (Round(1, date(2025, 12, 6), 5),)


async def test_a_round_that_ended_early_keeps_the_days_that_were_given(anna: Voice) -> None:
    await anna.has_round("1 2026-03-08")
    await anna.says("/round end")
    assert [label for label in anna.labels if "After day" in label] == [
        "After day 1 · Sunday, 8 March 2026",
        "After day 2 · Monday, 9 March 2026",
        "After day 3 · Tuesday, 10 March 2026",
    ]
    await anna.presses("After day 2")
    assert await rounds_of(anna) == (Round(1, date(2026, 3, 8), 2),)
    await anna.presses("Undo")
    assert await rounds_of(anna) == (Round(1, date(2026, 3, 8), 5),)


async def test_a_round_ahead_cannot_have_ended(anna: Voice) -> None:
    await anna.has_round("1 2026-06-01")
    await anna.says("/round end 1")
    assert anna.sees("Round 1 has not begun", "Monday, 1 June 2026")


async def test_removing_is_asked_first_and_can_be_undone(anna: Voice) -> None:
    await anna.has_round("1 2025-12-05 4 days")
    await anna.says("/round remove 1")
    assert anna.sees("Remove this round and its reminders?")
    await anna.presses("No, keep it")
    assert len(await rounds_of(anna)) == 1
    await anna.says("/round 1")
    await anna.presses("Remove")
    await anna.presses("Yes, remove it")
    assert anna.sees("Round 1 is removed")
    assert await rounds_of(anna) == ()
    assert not await anna.reminders()
    await anna.presses("Undo")
    assert await rounds_of(anna) == (Round(1, date(2025, 12, 5), 4),)


async def test_an_old_button_of_a_round_that_is_gone_says_so(anna: Voice) -> None:
    await anna.has_round()
    await anna.says("/round 1")
    move = anna.button("Move or postpone")
    await anna.says("/round remove 1")
    await anna.presses("Yes, remove it")
    await anna.presses_old(move)
    assert anna.sees("There is no round 1 in your list")


async def test_with_several_rounds_the_number_is_asked_for(anna: Voice) -> None:
    await anna.has_round("1 2024-12-05")
    await anna.has_round("2 2025-12-05")
    for text in ("/round move", "/round end", "/round remove the second"):
        await anna.says(text)
        assert anna.sees("Which round do you mean?")
    await anna.says("/round")
    assert anna.sees("Round 1: Thursday, 5 December 2024", "Round 2: Friday, 5 December 2025")
    assert anna.labels == ["Round 1", "Round 2", "Add a round"]


async def test_words_behind_remove_are_never_taken_for_a_round(anna: Voice) -> None:
    await anna.has_round()
    await anna.says("/round remove the second one")
    assert anna.sees("Which round do you mean?")
    assert not anna.keys


async def test_a_round_without_a_number_is_the_next_one(anna: Voice) -> None:
    await anna.has_round("1 2024-12-05")
    await anna.says("/round 2026-04-01")
    assert await rounds_of(anna) == (Round(1, date(2024, 12, 5), 5), Round(2, date(2026, 4, 1), 3))
    assert anna.sees("if this round takes place as planned")
    await anna.presses("Undo")
    assert len(await rounds_of(anna)) == 1


async def test_a_number_with_no_round_leads_to_the_rounds(anna: Voice) -> None:
    await anna.has_round()
    await anna.says("/round 2")
    assert anna.sees("There is no round 2", "Round 1: Friday, 5 December 2025")
    assert "Add a round" in anna.labels


async def test_after_stop_no_round_is_taken(anna: Voice) -> None:
    await anna.says("/stop")
    for text in ("/round 1 2025-12-05", "/round 1, 5 Dec 2025"):
        await anna.says(text)
        assert anna.sees("Your reminders are stopped and your consent is withdrawn")
    assert await rounds_of(anna) == ()


async def test_an_end_tapped_after_the_round_has_moved_asks_again(anna: Voice) -> None:
    await anna.has_round("1 2026-03-08")
    await anna.says("/round end")
    after = anna.button("After day 1")
    await anna.says("/round move 1 2026-03-09")
    await anna.presses_old(after)
    assert anna.sees("This date was moved after that button was made", "After which infusion day")
    assert await rounds_of(anna) == (Round(1, date(2026, 3, 9), 5),)


async def test_an_old_undo_or_remove_never_removes_a_round_that_has_moved(anna: Voice) -> None:
    await anna.has_round("1 2026-06-01")
    undo = anna.button("Undo")
    await anna.says("/round remove 1")
    remove = anna.button("Yes, remove it")
    await anna.says("/round move 1 2026-06-08")
    for old in (undo, remove):
        await anna.presses_old(old)
        assert anna.sees("This date was moved after that button was made", "Remove this round")
        assert await rounds_of(anna) == (Round(1, date(2026, 6, 8), 5),)
    await anna.presses("Yes, remove it")
    assert await rounds_of(anna) == ()


async def test_moving_a_round_names_a_date_that_is_left_open(talk: Talk, anna: Voice) -> None:
    await anna.has_round("1 2026-03-11")
    talk.clock.at = datetime(2026, 4, 20, 9, tzinfo=UTC)
    await anna.says("/round move 1 2026-03-16")
    assert anna.sees("Your next test date: Saturday, 16 May 2026.", "Still open: Thursday, 16 April 2026.")


async def test_a_month_and_a_figure_can_be_the_only_date_with_the_number_in_front(anna: Voice) -> None:
    await anna.has_round("1 2025-12-05")
    await anna.says("/round move 1 to Dec 28")
    assert "2028" not in anna.text
    assert all("2025" in label or "2026" in label or label == "Another date" for label in anna.labels)
