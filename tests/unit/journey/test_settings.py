from datetime import time

import pytest

from bot.chat.events import Used
from bot.journey.settings import SETTINGS_NAMES
from bot.members.member import Topic, Wording
from offered import COMMANDS
from storage.store import Store
from unit.journey.talk import FORMS, Talk, Voice


async def test_the_overview_shows_every_choice_with_its_tap(anna: Voice) -> None:
    await anna.says("/settings")
    assert anna.sees("Country: United Kingdom", "Time zone: London (UTC)", "Reminders at: 09:00", "3 days before")
    assert anna.sees("Quiet hours: 21:00 to 08:00", "Wording: plain", "Reminders: on")
    assert len(anna.keys) == len(SETTINGS_NAMES)
    for label in anna.labels:
        await anna.says("/settings")
        await anna.presses(label)
        assert "no longer does anything" not in anna.text


@pytest.mark.parametrize(
    ("typed", "field", "value", "answer"),
    [
        ("country Portugal", "country", "PT", "Country: Portugal."),
        ("COUNTRY us", "country", "US", "Which time zone"),
        ("zone America/Argentina/Buenos_Aires", "zone", "America/Argentina/Buenos_Aires", "Buenos Aires"),
        ("hour 7.30", "hour", time(7, 30), "Time of day: 07:30."),
        ("hour 9 pm", "hour", time(21), "Time of day: 21:00."),
        ("day 31", "anchor_day", 31, "Monthly day: 31"),
        ("day 1st", "anchor_day", 1, "Monthly day: 1"),
        ("lead 0", "lead_days", 0, "Saved."),
        ("lead 21", "lead_days", 21, "Saved."),
        ("quiet 22-7", "quiet", (time(22), time(7)), "Quiet hours: 22:00 to 07:00"),
        ("quiet 9 pm to 7:30 am", "quiet", (time(21), time(7, 30)), "Quiet hours: 21:00 to 07:30"),
        ("quiet off", "quiet", (time(0), time(0)), "Quiet hours: none"),
        ("wording discreet", "wording", Wording.DISCREET, "Wording: discreet"),
        ("wording  Plain", "wording", Wording.PLAIN, "Wording: plain"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_typed_is_kept(anna: Voice, typed: str, field: str, value: object, answer: str) -> None:
    await anna.says(f"/settings {typed}")
    assert anna.sees(answer)
    assert getattr((await anna.kept()).settings, field) == value


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("colour blue", "I know no setting called “colour”"),
        ("country Atlantis", "I know no country called “Atlantis”"),
        ("zone qqqqqqq", "I found no place called “qqqqqqq”"),
        ("hour 25:00", "could not read “25:00” as a time"),
        ("hour 24:00", "could not read “24:00” as a time"),
        ("hour 9 m", "could not read “9 m” as a time"),
        ("hour 13 pm", "could not read “13 pm” as a time"),
        ("day 0", "a day of the month from 1 to 31"),
        ("day 32", "a day of the month from 1 to 31"),
        ("day banana", "a day of the month from 1 to 31"),
        ("day ①", "a day of the month from 1 to 31"),
        ("lead 22", "a number of days from 0 to 21"),
        ("lead -1", "a number of days from 0 to 21"),
        ("lead x", "a number of days from 0 to 21"),
        ("quiet 22", "could not read “22” as two times"),
        ("quiet 22-", "could not read “” as a time"),
        ("quiet 22-23-24", "as two times"),
        ("quiet at night", "as two times"),
    ],
    ids=str,
)
async def test_what_cannot_be_kept_is_refused_in_words(anna: Voice, typed: str, answer: str) -> None:
    before = await anna.kept()
    await anna.says(f"/settings {typed}")
    assert anna.sees(answer)
    assert await anna.kept() == before


@pytest.mark.parametrize("name", SETTINGS_NAMES, ids=str)
async def test_a_name_alone_asks_for_the_value(either: Talk, name: str) -> None:
    anna = await either.person().joined()
    await anna.says(f"/settings {name}")
    assert anna.screen
    assert anna.keys or anna.screen.form


@pytest.mark.parametrize(
    ("taps", "field", "value"),
    [
        (("Time of day", "20:00"), "hour", time(20)),
        (("Day of the month", "10"), "anchor_day", 10),
        (("Days before", "7 days before"), "lead_days", 7),
        (("Days before", "1 day before"), "lead_days", 1),
        (("Wording", "discreet"), "wording", Wording.DISCREET),
        (("Country", "Germany"), "country", "DE"),
        (("Time zone", "London"), "zone", "Europe/London"),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else "",
)
async def test_each_choice_is_two_taps_away(anna: Voice, taps: tuple[str, ...], field: str, value: object) -> None:
    await anna.says("/settings")
    for tap in taps:
        await anna.presses(tap)
    assert getattr((await anna.kept()).settings, field) == value


async def test_quiet_hours_are_asked_in_one_question_that_stays_open_until_it_is_understood(anna: Voice) -> None:
    await anna.says("/settings")
    await anna.presses("Quiet hours")
    await anna.says("banana")
    assert anna.sees("could not read “banana” as two times")
    await anna.says("22:30 until 6")
    assert anna.sees("Quiet hours: 22:30 to 06:00")


async def test_quiet_hours_are_one_form_where_there_are_forms(discord: Talk) -> None:
    anna = await discord.person().joined()
    await anna.says("/settings quiet")
    await anna.fills(quiet="23 to 5")
    assert (await anna.kept()).settings.quiet == (time(23), time(5))


async def test_the_day_can_go_back_to_that_of_the_first_infusion(anna: Voice) -> None:
    await anna.says("/settings day 12")
    await anna.says("/settings day")
    await anna.presses("Day of the first infusion")
    assert (await anna.kept()).settings.anchor_day is None


@pytest.mark.parametrize("topic", Topic, ids=lambda topic: topic.value)
async def test_each_kind_of_reminder_can_be_switched_and_timed(anna: Voice, topic: Topic) -> None:
    await anna.says("/settings reminders")
    row = list(Topic).index(topic)
    assert anna.screen
    switch, hour = anna.screen.keys[row]
    was_on = topic in (await anna.kept()).settings.topics
    await anna.presses_old(switch)
    assert (topic in (await anna.kept()).settings.topics) is not was_on
    await anna.presses_old(hour)
    await anna.says("half past")
    assert anna.sees("could not read “half past” as a time")
    await anna.says("19:15")
    assert anna.sees("19:15")
    assert (await anna.kept()).settings.hours[topic] == time(19, 15)


async def test_no_reply_has_more_rows_or_keys_than_the_platform_shows(store: Store) -> None:
    talk = Talk(store, FORMS)
    anna = await talk.person().joined()
    for number in range(1, 13):
        await anna.has_round(f"{number} {2010 + number}-05-01")
    for text in ("/round", "/settings", "/settings country", "/settings reminders", "/settings day", "/settings hour",
                 "/labs", "/settings zone", "/settings zone Paris"):  # fmt: skip
        await anna.says(text)
        assert anna.screen
        assert anna.keys
    for screen in talk.shown:
        assert len(screen.keys) <= FORMS.most_rows
        assert all(len(row) <= FORMS.most_buttons for row in screen.keys)


async def test_values_are_offered_while_a_setting_is_typed(discord: Talk) -> None:
    anna = await discord.person().joined()
    complete = discord.core.dispatcher.complete

    async def offered(setting: str, text: str) -> list[str]:
        used = Used(anna.person, anna.direct, "settings", options={"setting": setting})
        choices, _ = await complete(used, discord.capabilities, "value", text)
        return [choice.value for choice in choices]

    assert await offered("country", "portu") == ["PT"]
    assert "Europe/London" in await offered("zone", "london")
    assert await offered("hour", "2") == ["20:00", "21:00", "22:00", "23:00"]
    assert await offered("wording", "") == ["plain", "discreet"]
    assert await offered("lead", "1") == []
    assert await offered("country", "\0" * 2000) == []
    assert not (await complete(Used(anna.person, anna.direct, "round"), discord.capabilities, "number", "1"))[0]


async def test_before_consent_nothing_is_offered(discord: Talk) -> None:
    ben = discord.person("ben")
    used = Used(ben.person, ben.direct, "settings", options={"setting": "country"})
    assert not (await discord.core.dispatcher.complete(used, discord.capabilities, "value", "portu"))[0]


def test_every_setting_is_offered_as_a_choice() -> None:
    assert COMMANDS["settings"].arguments[0].choices == SETTINGS_NAMES


async def test_a_second_press_on_a_switch_changes_nothing(anna: Voice) -> None:
    await anna.says("/settings reminders")
    switch = next(key for key in anna.keys if key.label == "Turn off: to book")
    await anna.presses_old(switch)
    await anna.presses_old(switch)
    assert Topic.LEAD not in (await anna.kept()).settings.topics
    await anna.presses("Turn on: to book")
    assert Topic.LEAD in (await anna.kept()).settings.topics


async def test_another_country_later_on_changes_no_zone_by_itself(anna: Voice) -> None:
    await anna.says("/settings country Germany")
    kept = (await anna.kept()).settings
    assert (kept.country, kept.zone) == ("DE", "Europe/London")
    assert anna.sees("Which time zone")


@pytest.mark.parametrize(
    ("command", "argument", "typed", "offered"),
    [
        ("round", "first_day", "5 dec", ["2025-12-05", "2026-12-05"]),
        ("round", "first_day", "05/12/2026", ["2026-12-05"]),
        ("labdone", "date", "last friday", None),
        ("labdone", "date", "31 feb", []),
        ("labdone", "date", "", []),
    ],
)
async def test_a_date_that_is_being_typed_is_offered_spelled_out(
    discord: Talk, command: str, argument: str, typed: str, offered: list[str] | None
) -> None:
    anna = await discord.person().joined()
    used = Used(anna.person, anna.direct, command)
    choices, _ = await discord.core.dispatcher.complete(used, discord.capabilities, argument, typed)
    values = [choice.value for choice in choices]
    if offered is None:
        assert len(values) > 1  # it can mean two days: both are offered
    else:
        assert values == offered


async def test_an_hour_in_the_quiet_hours_is_kept_and_said_to_beat_them(anna: Voice) -> None:
    for text in ("/settings hour 22:00", "/settings hour 06:30"):
        await anna.says(text)
        assert anna.sees("That is in your quiet hours. It will come all the same.")
    await anna.says("/settings hour 10:00")
    assert "in your quiet hours" not in anna.text
    await anna.says("/settings reminders")
    await anna.presses("Time: to book")
    await anna.says("23:15")
    assert anna.sees("That is in your quiet hours")


async def test_quiet_hours_over_a_chosen_hour_say_that_it_beats_them(anna: Voice) -> None:
    await anna.says("/settings quiet 8 to 10")
    assert anna.sees("Your reminders at 09:00 are in your quiet hours. They will come all the same.")
    await anna.says("/settings quiet off")
    assert "in your quiet hours" not in anna.text


async def test_no_early_notice_is_called_so(anna: Voice) -> None:
    await anna.says("/settings lead")
    await anna.presses("No early notice")
    assert anna.sees("No early notice")
    assert "0 days" not in anna.text
