from dataclasses import replace

import pytest

from bot.members.member import DEFAULT_QUIET, DEFAULT_TOPICS
from offered import COMMANDS
from storage.store import Store
from unit.journey.talk import FORMS, GUIDED, OFF, Talk, Voice


async def test_nothing_is_stored_before_consent(talk: Talk) -> None:
    anna = talk.person()
    for text in ("/start", "/nextlab", "/round 1 2025-12-05", "/settings", "/labdone", "/forget", "/help", "/privacy",
                 "/stop", "hello", "/banana", "/countdown"):  # fmt: skip
        await anna.says(text)
    await anna.says("/start")
    assert anna.sees("I am a bot", "Do you agree?")
    assert not any((await talk.rows()).values())


async def test_declining_stores_nothing(talk: Talk) -> None:
    anna = talk.person()
    await anna.says("/start")
    await anna.presses("No, thank you")
    assert anna.sees("I keep nothing about you")
    assert not any((await talk.rows()).values())


async def test_agreeing_stores_the_least_and_asks_a_few_short_questions(talk: Talk) -> None:
    anna = talk.person()
    await anna.says("/start")
    await anna.presses("I agree")
    assert anna.sees("A few short questions", "Which country")
    assert await talk.rows() == {
        "members": 1, "accounts": 1, "consents": 1, "courses": 0, "drafts": 0, "reminders": 0
    }  # fmt: skip
    await anna.presses("United Kingdom")
    assert anna.sees("London (UTC)", "At what time")
    await anna.presses("08:00")
    await anna.presses("15")
    assert anna.sees("Monthly day: 15")
    assert anna.sees("I will remind you at 08:00. Your time zone: London (UTC).", "/round")
    kept = (await anna.kept()).settings
    assert (kept.country, kept.zone, f"{kept.hour:%H:%M}", kept.anchor_day) == ("GB", "Europe/London", "08:00", 15)
    assert (kept.quiet, kept.lead_days, kept.topics, kept.wording) == (DEFAULT_QUIET, 3, DEFAULT_TOPICS, None)


async def test_a_second_tap_on_agree_asks_the_same_question_again(talk: Talk) -> None:
    anna = talk.person()
    await anna.says("/start")
    agree = anna.button("I agree")
    await anna.presses_old(agree)
    await anna.presses_old(agree)
    assert anna.sees("Which country")
    assert (await talk.rows())["members"] == 1


async def test_a_country_with_several_zones_asks_which(talk: Talk) -> None:
    anna = talk.person()
    await anna.says("/start")
    await anna.presses("I agree")
    await anna.presses("United States")
    assert anna.sees("Which time zone")
    assert len(anna.keys) > 4
    await anna.presses("Chicago")
    assert anna.sees("Chicago", "At what time")
    assert (await anna.kept()).settings.zone == "America/Chicago"


@pytest.mark.parametrize(
    ("typed", "country"), [("Portugal", "PT"), ("españa", "ES"), ("UK", "GB"), ("Sweeden", "SE")], ids=str
)
async def test_any_other_country_can_be_typed(either: Talk, typed: str, country: str) -> None:
    anna = either.person()
    await anna.says("/start")
    await anna.presses("I agree")
    await anna.presses("Another country")
    await anna.answers({"country": typed})
    assert (await anna.kept()).settings.country == country


async def test_an_unknown_country_is_refused_kindly_and_the_question_stays_open(talk: Talk) -> None:
    anna = talk.person()
    await anna.says("/start")
    await anna.presses("I agree")
    await anna.presses("Another country")
    await anna.says("Atlantis")
    assert anna.sees("I know no country called “Atlantis”")
    await anna.says("Norway")
    assert (await anna.kept()).settings.country == "NO"


async def test_several_countries_that_fit_become_taps(talk: Talk) -> None:
    anna = talk.person()
    await anna.says("/start")
    await anna.presses("I agree")
    await anna.presses("Another country")
    await anna.says("united")
    assert anna.sees("Which of these do you mean?")
    assert "United States" in anna.labels


async def test_the_zone_can_be_found_by_a_city_even_across_the_border(talk: Talk) -> None:
    anna = await talk.person().joins("Germany")
    await anna.says("/settings zone Paris")
    await anna.presses("Paris, France")
    assert (await anna.kept()).settings.zone == "Europe/Paris"


async def test_a_misspelled_city_offers_the_places_it_may_mean(either: Talk) -> None:
    anna = either.person()
    await anna.says("/start")
    await anna.presses("I agree")
    await anna.presses("United States")
    await anna.presses("Search by city")
    await anna.answers({"city": "bosotn"})
    assert anna.sees("Which of these is yours?")
    await anna.presses("Boston, United States")
    assert (await anna.kept()).settings.zone == "America/New_York"


async def test_an_unknown_city_can_be_tried_again(talk: Talk) -> None:
    anna = await talk.person().joins()
    await anna.says("/settings zone qqqqqqqq")
    assert anna.sees("I found no place called “qqqqqqqq”")
    await anna.presses("Search by city")
    await anna.says("Leeds")
    await anna.presses("Leeds")
    assert (await anna.kept()).settings.zone == "Europe/London"


@pytest.mark.parametrize(("typed", "hour"), [("6:30 pm", "18:30"), ("0930", "09:30"), ("21h", "21:00")], ids=str)
async def test_another_hour_can_be_typed_in_the_set_up(either: Talk, typed: str, hour: str) -> None:
    anna = either.person()
    await anna.says("/start")
    for tap in ("I agree", "Ireland", "Another time"):
        await anna.presses(tap)
    await anna.answers({"hour": typed})
    assert anna.sees("On which day of the month")
    assert f"{(await anna.kept()).settings.hour:%H:%M}" == hour


async def test_another_day_of_the_month_can_be_typed_in_the_set_up(either: Talk) -> None:
    anna = either.person()
    await anna.says("/start")
    for tap in ("I agree", "Ireland", "09:00", "Another day"):
        await anna.presses(tap)
    await anna.answers({"day": "31"})
    assert (await anna.kept()).settings.anchor_day == 31


async def test_stop_silences_and_start_brings_reminders_back(talk: Talk, anna: Voice) -> None:
    await anna.has_round()
    planned = len(await anna.reminders())
    assert planned
    await anna.says("/stop")
    assert anna.sees("All reminders are off", "/forget")
    assert not await anna.reminders()
    assert not (await anna.kept()).active
    await anna.says("/start")
    assert anna.sees("Your reminders are on again")
    assert len(await anna.reminders()) == planned
    assert (await talk.rows())["consents"] == 2


async def test_an_old_agree_button_resumes_after_stop(talk: Talk) -> None:
    anna = talk.person()
    await anna.says("/start")
    agree = anna.button("I agree")
    await anna.presses_old(agree)
    await anna.says("/stop")
    await anna.presses_old(agree)
    assert anna.sees("Your reminders are on again")
    assert (await anna.kept()).active


async def test_an_old_decline_button_does_not_tell_a_member_that_nothing_is_kept(talk: Talk) -> None:
    anna = talk.person()
    await anna.says("/start")
    decline = anna.button("No, thank you")
    await anna.presses("I agree")
    await anna.presses_old(decline)
    assert anna.sees("You are set up already", "/stop", "/forget")
    assert await anna.is_kept()


async def test_start_again_says_what_there_is_to_do(anna: Voice) -> None:
    await anna.says("/start")
    assert anna.sees("already set up", "add your first round")
    await anna.has_round()
    await anna.says("/start")
    assert anna.sees("already set up", "What would you like to do?")


async def test_consent_names_the_rule_of_a_platform_that_has_one(store: Store) -> None:
    on_discord, on_telegram = Talk(store, FORMS).person(), Talk(store, GUIDED).person()
    await on_discord.says("/start")
    await on_telegram.says("/start")
    assert on_discord.sees("This platform's rules limit what health data")
    assert "platform's rules" not in on_telegram.text
    await on_discord.says("/privacy")
    assert on_discord.sees("This platform's rules limit what health data")


async def test_a_platform_without_personal_dates_says_so_and_keeps_nothing(store: Store) -> None:
    talk = Talk(store, OFF)
    anna = talk.person()
    await anna.says("/start")
    assert anna.sees("Personal dates are not offered on this platform")
    assert not anna.keys
    for text in ("/nextlab", "/round 1 2025-12-05", "/labdone", "/settings", "/countdown"):
        await anna.says(text)
        assert anna.sees("I do not know that command")
    await anna.says("/help")
    assert "/nextlab" not in anna.text
    assert anna.sees("/privacy", "/forget")
    assert not any((await talk.rows()).values())


async def test_buttons_of_before_do_nothing_where_personal_dates_are_switched_off(store: Store) -> None:
    before = await Talk(store, replace(OFF, personal=True)).person().joins()
    await before.says("/settings")
    button = before.button("Time zone")
    now = Talk(store, OFF).person()
    await now.presses_old(button)
    assert now.sees("That button no longer does anything")
    await now.says("/stop")
    assert now.sees("All reminders are off")


async def test_a_link_leads_a_member_to_their_dates_but_never_stops_anything(anna: Voice) -> None:
    await anna.has_round()
    await anna.says("/start nextlab")
    assert anna.sees("Your next monthly test")
    for target in ("stop", "forget", "banana"):
        await anna.says(f"/start {target}")
        assert anna.sees("You are already set up")
    assert (await anna.kept()).active


async def test_a_link_back_to_the_open_question_asks_it_again(anna: Voice) -> None:
    await anna.says("/round add")
    await anna.says("/start resume")
    assert anna.sees("Which round is it?")


async def test_a_button_under_stop_turns_reminders_back_on(anna: Voice) -> None:
    await anna.has_round()
    await anna.says("/stop")
    await anna.presses("Turn reminders back on")
    assert anna.sees("Your reminders are on again")
    assert (await anna.kept()).active


async def test_stop_tells_a_stranger_that_nothing_is_kept(talk: Talk) -> None:
    ben = talk.person("ben")
    await ben.says("/stop")
    assert ben.sees("I keep nothing about you")
    assert not any((await talk.rows()).values())


async def test_start_goes_on_with_the_first_question_that_is_open(talk: Talk) -> None:
    anna = talk.person()
    await anna.says("/start")
    for tap, question in (
        ("I agree", "Which country"),
        ("United States", "Which time zone"),
        ("Chicago", "At what time"),
        ("08:00", "On which day of the month"),
    ):
        await anna.presses(tap)
        await anna.says("/start")
        assert anna.sees("A few questions are still open", question)
        assert not (await anna.kept()).settings.set_up
    await anna.presses("15")
    assert anna.sees("All set")
    await anna.says("/start")
    assert anna.sees("You are already set up")


@pytest.mark.parametrize(
    "typed", [("country Japan", "zone Asia/Tokyo"), ("zone Asia/Tokyo", "country Japan")], ids=["country", "zone"]
)
async def test_country_and_zone_that_were_typed_are_a_set_up(talk: Talk, typed: tuple[str, str]) -> None:
    anna = talk.person()
    await anna.says("/start")
    await anna.presses("I agree")
    for text, done in zip(typed, (False, True), strict=True):
        await anna.says(f"/settings {text}")
        assert (await anna.kept()).settings.set_up is done


async def test_a_round_saved_before_the_set_up_says_when_reminders_come(talk: Talk) -> None:
    anna = talk.person()
    await anna.says("/start")
    await anna.presses("I agree")
    await anna.has_round()
    assert anna.sees("Reminders come at 09:00, UTC", "Is that right? Finish with /start.")
    await anna.says("/start")
    for tap in ("United Kingdom", "09:00", "15"):
        await anna.presses(tap)
    assert anna.sees("All set", "What would you like to do?")
    await anna.says("/round move 1 2025-12-06")
    assert "Finish with" not in anna.text


async def test_a_stopped_question_of_the_set_up_says_how_to_go_on(talk: Talk) -> None:
    anna = talk.person()
    await anna.says("/start")
    for tap in ("I agree", "Another country", "Stop"):
        await anna.presses(tap)
    assert anna.sees("All right. /start goes on from here.")


async def test_the_set_up_repeats_the_country(talk: Talk) -> None:
    anna = talk.person()
    await anna.says("/start")
    for tap in ("I agree", "Germany"):
        await anna.presses(tap)
    assert anna.sees("Country: Germany.", "Time zone: Berlin")


async def test_start_after_stop_names_the_next_date(anna: Voice) -> None:
    await anna.has_round()
    await anna.says("/stop")
    await anna.says("/start")
    assert anna.sees("Your reminders are on again", "Next: Sunday, 5 April 2026.")


async def test_a_link_never_records_anything(anna: Voice) -> None:
    await anna.has_round()
    before = await anna.course()
    await anna.says("/start labdone")
    assert anna.sees("You are already set up")
    assert await anna.course() == before


def test_only_commands_that_merely_show_something_can_be_linked_to() -> None:
    linkable = {name for name, command in COMMANDS.items() if command.linkable}
    assert linkable == {"nextlab", "labs", "countdown", "round", "settings", "faq", "help", "helplines", "privacy"}
