from dataclasses import replace
from datetime import date, timedelta

import pytest

import builders
from bot.chat.events import Pressed, Used
from bot.chat.people import Place, PlaceKind
from bot.faq.entry import Category, code_of
from storage.store import Store
from unit.faq.asker import CHAT, TEAM, Asker, FaqTalk, entry, talk_at_home, talk_over
from unit.journey.talk import FORMS, GUIDED, NEUTRAL, NEUTRAL_GUIDED, OFF
from unit.words.test_messages import HEALTH

NO_ANSWER = "I have no answer with a source for this, and I do not guess."
POINTER = "Only your doctor or MS nurse can answer for your own case."
UNREVIEWED = "No clinician has reviewed this text yet."
ALL_PLATFORMS = pytest.mark.parametrize("can", [GUIDED, FORMS, NEUTRAL, OFF], ids=["guided", "forms", "neutral", "off"])


@pytest.fixture
def talk(store: Store) -> FaqTalk:
    return talk_over(store)


# What is found.


@ALL_PLATFORMS
async def test_words_that_are_sure_show_the_whole_answer_with_sources_and_marks(store: Store, can: object) -> None:
    talk = await talk_over(store, can).has(entry(), entry("fever"))
    anna = talk.person()
    screen = await anna.asks("the length of a day?")
    assert screen
    assert screen.private
    assert anna.text == (
        "What of day length?\n"
        "The first part of day-length.\n"
        "The second part.\n"
        "Sources:\n"
        "· A study (2021-04-06)\n"
        "· A leaflet (no date given)\n"
        "No clinician has reviewed this text yet.\n"
        "Checked against its sources on Sunday, 1 March 2026; next review Monday, 1 March 2027."
    )
    assert anna.labels == ["Helpful", "Not helpful", "More on this subject"]


async def test_what_a_clinician_reviewed_names_them(talk: FaqTalk) -> None:
    await talk.has(entry(reviewed_by="Dr Ada Lane"))
    anna = talk.person()
    await anna.asks("day length")
    assert anna.sees("Reviewed by Dr Ada Lane on Sunday, 1 March 2026.")
    assert UNREVIEWED not in anna.text


async def test_when_unsure_up_to_three_are_offered_and_one_is_chosen(talk: FaqTalk) -> None:
    await talk.has(*(entry(each) for each in ("travel", "fever", "rash", "alcohol")))
    anna = talk.person()
    await anna.asks("fever or rash or alcohol or travel")
    assert anna.sees("Which of these comes nearest to your question?")
    assert len(anna.labels) == 4
    assert anna.labels[-1] == "None of these"
    chosen = anna.labels[0]
    await anna.presses(chosen)
    assert anna.text.startswith(chosen)
    assert anna.sees("Sources:")


async def test_none_of_those_offered_leads_to_people(store: Store) -> None:
    talk = await (await talk_at_home(store)).has(entry("fever"), entry("rash"))
    anna = talk.person()
    await anna.asks("fever rash")
    await anna.presses("None of these")
    assert anna.sees(NO_ANSWER, "In danger, call your local emergency number now.")
    assert anna.labels == ["Ask the moderators", "All subjects"]
    assert POINTER not in anna.text


async def test_whoever_chose_one_of_several_can_still_ask_the_moderators(store: Store) -> None:
    talk = await (await talk_at_home(store)).has(entry("fever"), entry("rash"))
    anna = talk.person()
    await anna.asks("fever rash")
    await anna.presses("What of rash?")
    assert anna.labels == ["Helpful", "Not helpful", "Ask the moderators", "More on this subject"]
    await anna.presses("Ask the moderators")
    assert anna.sees("Your words: “fever rash”")


@pytest.mark.parametrize("label", ["None of these", "What of rash?"])
async def test_the_way_to_the_physician_is_not_lost_on_the_way(talk: FaqTalk, label: str) -> None:
    await talk.has(entry("fever"), entry("rash"))
    anna = talk.person()
    await anna.asks("my fever my rash")
    await anna.presses(label)
    assert anna.text.startswith(POINTER)


async def test_without_an_answer_the_numbers_of_the_members_country_are_shown(talk: FaqTalk) -> None:
    await talk.has(entry())
    anna = await talk.person().joined()
    await anna.asks("the meaning of life")
    assert anna.sees(NO_ANSWER, "In danger, call 112 now.", "In a crisis, people listen:")
    assert "day-length" not in anna.text


async def test_above_an_answer_to_somebodys_own_case_stands_the_way_to_the_physician(talk: FaqTalk) -> None:
    await talk.has(entry("fever"))
    anna = talk.person()
    await anna.asks("my fever")
    assert anna.text.startswith(POINTER)
    assert anna.sees("What of fever?", "The second part.")
    await anna.presses("Helpful")
    assert anna.text.startswith(POINTER)


async def test_the_way_to_the_physician_stays_when_one_is_chosen(talk: FaqTalk) -> None:
    await talk.has(entry("fever"), entry("rash"))
    anna = talk.person()
    await anna.asks("my fever my rash")
    assert anna.text.startswith(POINTER)
    await anna.presses("What of rash?")
    assert anna.text.startswith(POINTER)
    assert anna.sees("The first part of rash.")


async def test_the_way_to_the_physician_stands_above_no_answer_too(talk: FaqTalk) -> None:
    await talk.has(entry("fever"))
    anna = talk.person()
    await anna.asks("my platelets are 90")
    assert anna.text.startswith(POINTER)
    assert anna.sees(NO_ANSWER)


@pytest.mark.parametrize("words", ["day-length", "DAY-LENGTH", "  day-length "])
async def test_the_id_of_an_entry_is_that_entry(talk: FaqTalk, words: str) -> None:
    await talk.has(entry())
    anna = talk.person()
    await anna.asks(words)
    assert anna.sees("What of day length?")


async def test_a_link_shows_an_entry_to_somebody_of_whom_nothing_is_kept(talk: FaqTalk) -> None:
    await talk.has(entry())
    anna = talk.person()
    await anna.says("/start faq-day-length")
    assert anna.sees("What of day length?", "Sources:")
    assert not await anna.is_kept()


@pytest.mark.parametrize("named", ["day-length", "fever", f"{code_of('day-length')}-{CHAT}", "ffffffff-ffffffff"])
async def test_a_link_to_an_entry_that_is_not_shown_says_so_and_searches_for_nothing(talk: FaqTalk, named: str) -> None:
    await talk.has(entry("day"), entry("length"))
    await talk.has(entry("fever"), shown=False)
    anna = talk.person()
    await anna.says(f"/start faq-{named}")
    assert anna.sees("This answer is no longer shown.")
    assert anna.labels == ["All subjects"]
    await anna.presses("All subjects")
    assert anna.sees("Choose a subject.")


async def test_a_link_that_names_a_chat_shows_the_text_of_its_team(talk: FaqTalk) -> None:
    await talk.has(entry())
    await talk.has(entry(answer="Our own text."), team=TEAM)
    await talk.has_chat()
    anna = talk.person()
    link = talk.core.tokens.sign_link(f"faq-{entry().code}-{CHAT}", anna.person.platform)
    await anna.says(f"/start {link}")
    assert anna.sees("Our own text.")
    await anna.presses("Not helpful")
    assert "Ask the moderators" in anna.labels
    assert await talk.votes(TEAM) == {"day-length": (0, 1)}
    await anna.says("/start faq-day-length")
    assert anna.sees("The second part.")


async def test_a_link_that_names_an_unknown_chat_shows_the_text_for_all(store: Store) -> None:
    talk = await (await talk_at_home(store)).has(entry())
    await talk.has(entry(answer="Our own text."), team=TEAM)
    anna = talk.person()
    await anna.says("/start " + talk.core.tokens.sign_link(f"faq-{entry().code}-deadbeef", anna.person.platform))
    assert anna.sees("The second part.")
    assert "Ask the moderators" not in anna.labels


async def test_a_link_that_a_stranger_wrote_shows_the_text_for_all(talk: FaqTalk) -> None:
    await talk.has(entry())
    await talk.has(entry(answer="Our own text."), team=TEAM)
    await talk.has_chat()
    anna = talk.person()
    forged = talk.core.tokens.sign_link(f"faq-{entry().code}-{CHAT}", "another platform")
    for link in (f"faq-{entry().code}-{CHAT}", forged):
        await anna.says(f"/start {link}")
        assert "Our own text." not in anna.text
    await anna.says(f"/start faq-{entry().code}-{CHAT}")
    assert anna.sees("The second part.")


async def test_an_id_that_looks_like_a_code_and_a_chat_is_found_too(talk: FaqTalk) -> None:
    await talk.has(entry("deadbeef-c0ffee00"))
    anna = talk.person()
    await anna.says("/start faq-deadbeef-c0ffee00")
    assert anna.sees("The first part of deadbeef-c0ffee00.")


async def test_what_a_link_names_is_not_taken_for_what_was_typed_before(store: Store) -> None:
    talk = await (await talk_at_home(store)).has(entry())
    anna = talk.person()
    await anna.offered_while_typing("day length of a bad day")
    await anna.says("/start faq-day-length")
    await anna.presses("Not helpful")
    await anna.presses("Ask the moderators")
    assert anna.sees("Your words: “What of day length?”")


# How far an answer may be trusted.


async def test_what_is_not_answerable_points_to_people_and_shows_the_red_flag_line(talk: FaqTalk) -> None:
    await talk.has(entry("labs-result", answerable=False, danger=True, answer="Ask the team that ordered it."))
    anna, ben = await talk.person("anna").joined(), talk.person("ben")
    await anna.asks("labs result")
    assert anna.sees("Ask the team that ordered it.", "If this is happening to you now: call the emergency number 112")
    assert "people listen" not in anna.text
    await ben.asks("labs result")
    assert ben.sees("If this is happening to you now: call your emergency number or your MS team now.")


async def test_an_entry_about_a_crisis_shows_who_listens(talk: FaqTalk) -> None:
    await talk.has(entry("low-mood", answerable=False, danger=True, crisis=True))
    anna = await talk.person().joined()
    await anna.asks("low mood")
    assert anna.sees("call the emergency number 112", "In a crisis, people listen: ")


async def test_past_its_review_date_an_answer_says_so(talk: FaqTalk) -> None:
    await talk.has(entry(review_due=date(2026, 3, 9)))
    anna = talk.person()
    await anna.asks("day length")
    assert anna.sees("The second part.", "Its review date has passed (Monday, 9 March 2026)", UNREVIEWED)


async def test_on_its_review_date_an_answer_is_still_current(talk: FaqTalk) -> None:
    await talk.has(entry(review_due=date(2026, 3, 10)))
    anna = talk.person()
    await anna.asks("day length")
    assert anna.sees("next review Tuesday, 10 March 2026.")


@pytest.mark.parametrize(("days", "withheld"), [(90, False), (91, True)])
async def test_ninety_days_past_its_review_date_an_answer_is_withheld(store: Store, days: int, withheld: bool) -> None:
    talk = await talk_at_home(store)
    await talk.has(entry(review_due=builders.NOW.date() - timedelta(days=days), danger=True))
    anna = talk.person()
    await anna.asks("day length")
    assert ("The second part." in anna.text) is not withheld
    assert ("so I do not show it. Please ask your MS team." in anna.text.replace("\n", " ")) is withheld
    assert anna.sees("· A study (2021-04-06)", "If this is happening to you now")
    assert ("Helpful" in anna.labels) is not withheld
    assert ("Ask the moderators" in anna.labels) is withheld


async def test_what_was_written_in_an_entry_is_shown_as_it_is(talk: FaqTalk) -> None:
    await talk.has(entry(answer="<b>@everyone</b> {name} \u202eevil [x](y)"))
    anna = talk.person()
    await anna.asks("day length")
    assert anna.sees("<b>@everyone</b> {name} evil [x](y)")


# Looking around.


@ALL_PLATFORMS
async def test_without_words_the_subjects_are_looked_through(store: Store, can: object) -> None:
    talk = await talk_over(store, can).has(entry(), entry("travel", category=Category.LOGISTICS))
    anna = talk.person()
    await anna.asks()
    assert len(anna.labels) == 2
    await anna.presses("Practical matters")
    assert anna.labels == ["What of travel?", "All subjects"]
    await anna.presses("What of travel?")
    assert anna.sees("The first part of travel.")
    await anna.presses("More on this subject")
    await anna.presses("All subjects")
    assert anna.sees("Questions and answers")


@ALL_PLATFORMS
async def test_a_full_subject_is_shown_in_pages_that_fit_the_platform(store: Store, can: object) -> None:
    talk = await talk_over(store, can).has(*(entry(f"entry-{number:02d}") for number in range(40)))
    anna = talk.person()
    await anna.asks()
    screen = await anna.presses(anna.labels[0])
    seen: list[str] = []
    while True:
        assert screen
        assert len(screen.keys) <= talk.capabilities.most_rows
        assert all(len(row) <= talk.capabilities.most_buttons for row in screen.keys)
        seen += [label for label in anna.labels if label.startswith("What of")]
        if "More" not in anna.labels:
            break
        screen = await anna.presses("More")
    assert seen == [f"What of entry {number:02d}?" for number in range(40)]
    if talk.capabilities is not GUIDED:
        await anna.presses("Earlier")
        assert "More" in anna.labels


@pytest.mark.parametrize("carried", ["", "9", "x", "-1", "99999999999999999999"])
async def test_a_page_that_is_not_there_is_the_nearest_that_is(talk: FaqTalk, carried: str) -> None:
    await talk.has(entry())
    anna = talk.person()
    category = code_of(Category.INFUSION_DAYS.value)
    token = talk.core.tokens.make("qc", (category, "", carried), anna.person)
    await anna.does(Pressed(anna.person, anna.direct, token))
    assert anna.labels[0] == "What of day length?"


async def test_a_subject_that_is_no_longer_there_is_refused_kindly(talk: FaqTalk) -> None:
    await talk.has(entry())
    anna = talk.person()
    token = talk.core.tokens.make("qc", ("00000000", "", "0"), anna.person)
    await anna.does(Pressed(anna.person, anna.direct, token))
    assert anna.text
    assert anna.labels == []


async def test_nothing_to_show_is_said(talk: FaqTalk) -> None:
    anna = talk.person()
    await anna.asks()
    assert anna.sees("There is nothing here yet.")


async def test_questions_are_offered_while_typing(talk: FaqTalk) -> None:
    await talk.has(entry(), entry("fever", category=Category.SIDE_EFFECTS), entry("travel-far"))
    anna = talk.person()
    assert [found for found, _ in await anna.offered_while_typing("")] == ["day-length", "fever", "travel-far"]
    assert await anna.offered_while_typing("WHAT OF TR") == [("travel-far", "What of travel far?")]
    assert (await anna.offered_while_typing("fever"))[0] == ("fever", "What of fever?")
    assert await anna.offered_while_typing("zzz") == []


async def test_the_way_to_the_physician_stands_above_what_was_chosen_while_typing_about_an_own_case(
    talk: FaqTalk,
) -> None:
    await talk.has(entry("fever"))
    anna = talk.person()
    [(value, label)] = await anna.offered_while_typing("my fever")
    assert label == "What of fever?"
    await anna.asks(value)
    assert anna.text.startswith(POINTER)
    assert anna.sees("What of fever?", "The second part.")
    await anna.presses("Helpful")
    assert anna.text.startswith(POINTER)
    [(value, _)] = await anna.offered_while_typing("a fever")
    await anna.asks(value)
    assert POINTER not in anna.text


async def test_never_more_than_25_questions_are_offered_while_typing(talk: FaqTalk) -> None:
    await talk.has(*(entry(f"entry-{number:02d}") for number in range(40)))
    assert len(await talk.person().offered_while_typing("what")) == 25


# Votes.


async def test_a_vote_is_counted_once_and_its_buttons_go(talk: FaqTalk) -> None:
    await talk.has(entry())
    anna = talk.person()
    await anna.asks("day length")
    key = anna.button("Helpful")
    screen = await anna.presses_old(key)
    assert screen
    assert not screen.fresh
    assert anna.sees("The second part.", "Your tap was counted")
    assert anna.labels == ["More on this subject"]
    await anna.presses_old(key)
    assert await talk.votes() == {"day-length": (1, 0)}


async def test_everybody_has_a_vote_and_not_helpful_leads_to_the_moderators(store: Store) -> None:
    talk = await (await talk_at_home(store)).has(entry())
    for name, label in (("anna", "Helpful"), ("ben", "Not helpful"), ("cem", "Not helpful")):
        voice = talk.person(name)
        await voice.asks("day length")
        await voice.presses(label)
    assert voice.labels == ["Ask the moderators", "More on this subject"]
    assert voice.sees("Shall the moderators see your question?")
    assert await talk.votes(TEAM) == {"day-length": (1, 2)}


async def test_an_entry_that_was_taken_away_is_not_voted_on(talk: FaqTalk) -> None:
    await talk.has(entry())
    anna = talk.person()
    await anna.asks("day length")
    await talk.has(entry(), shown=False)
    keys = [anna.button(label) for label in ("Helpful", "Not helpful")]
    for key in keys:
        await anna.presses_old(key)
        assert anna.sees("This answer is no longer shown.")
        assert anna.labels == ["All subjects"]
    assert await talk.votes() == {}


async def test_an_entry_that_was_taken_away_is_neither_opened_nor_posted(talk: FaqTalk) -> None:
    await talk.has(entry("fever"), entry("rash"))
    anna = talk.person().in_group()
    await anna.asks("fever rash")
    await anna.presses("What of rash?")
    share = anna.button("Show it to the group")
    await talk.has(entry("rash"), shown=False)
    screen = await anna.presses_old(share)
    assert screen
    assert screen.share is None
    assert anna.sees("This answer is no longer shown.")
    assert anna.labels == ["All subjects"]


# Groups and teams.


async def test_an_answer_in_a_group_is_private_until_its_reader_shows_it(talk: FaqTalk) -> None:
    await talk.has(entry("fever", danger=True))
    anna = (await talk.person().joined()).in_group()
    screen = await anna.asks("my fever")
    assert screen
    assert screen.private
    assert screen.share is None
    assert anna.sees("112", POINTER)
    screen = await anna.presses("Show it to the group")
    assert screen
    assert screen.share
    assert anna.labels == ["All subjects"]
    assert screen.share.startswith("What of fever?\nThe first part of fever.\nThe second part.\n")
    assert UNREVIEWED in screen.share
    assert "call your emergency number or your MS team" in screen.share
    assert "112" not in screen.share
    assert POINTER not in screen.share
    assert "Anna" not in screen.share


async def test_where_an_answer_was_shown_to_a_group_is_remembered(talk: FaqTalk) -> None:
    await talk.has(entry())
    await talk.has_chat()
    anna = talk.person().in_group()
    await anna.asks("day length")
    assert await talk.stood(team=TEAM) == []
    await anna.presses("Show it to the group")
    assert await talk.stood(team=TEAM) == [talk.group]


async def test_an_answer_can_be_shown_to_the_group_after_a_vote_too(talk: FaqTalk) -> None:
    await talk.has(entry())
    await talk.has_chat()
    anna = talk.person().in_group()
    await anna.asks("day length")
    await anna.presses("Not helpful")
    assert anna.labels == ["Ask the moderators", "Show it to the group", "More on this subject"]
    screen = await anna.presses("Show it to the group")
    assert screen
    assert screen.share


async def test_where_no_answer_can_be_hidden_in_a_group_none_is_posted_from_the_direct_chat(store: Store) -> None:
    talk = await talk_over(store, replace(GUIDED, hidden_in_group=False)).has(entry())
    anna = talk.person().in_group()
    await anna.asks("day length")
    assert "Show it to the group" not in anna.labels


async def test_in_a_direct_chat_there_is_nobody_to_show_it_to(talk: FaqTalk) -> None:
    await talk.has(entry())
    anna = talk.person()
    await anna.asks("day length")
    assert "Show it to the group" not in anna.labels
    token = talk.core.tokens.make("qs", (entry().code, ""), anna.person)
    screen = await anna.does(Pressed(anna.person, anna.direct, token))
    assert screen
    assert screen.share is None
    assert anna.sees("In the group, use /faq")
    assert await talk.stood() == []


async def test_an_answer_that_was_withheld_meanwhile_is_not_shown_to_the_group(talk: FaqTalk) -> None:
    await talk.has(entry())
    anna = talk.person().in_group()
    await anna.asks("day length")
    await talk.pass_days(500)
    screen = await anna.presses("Show it to the group")
    assert screen
    assert screen.share is None
    assert anna.sees("so I do not show it")
    assert await talk.stood() == []


async def test_only_its_reader_shows_an_answer_to_the_group(talk: FaqTalk) -> None:
    await talk.has(entry())
    anna, ben = talk.person("anna").in_group(), talk.person("ben").in_group()
    await anna.asks("day length")
    screen = await ben.presses_as_shown_to(anna, "Show it to the group")
    assert screen
    assert screen.share is None
    assert await talk.stood() == []


async def test_a_teams_own_answers_hold_in_its_group_and_travel_with_the_buttons(talk: FaqTalk) -> None:
    await talk.has(entry())
    await talk.has(entry(answer="Our own text."), team=TEAM)
    await talk.has_chat()
    other = Place("telegram", "other-group", PlaceKind.GROUP)
    await talk.has_chat("deadbeef", "team0002", other)
    anna = talk.person().in_group()
    await anna.asks("day length")
    assert anna.sees("Our own text.")
    # The private answer may stand in the direct chat, where nothing else tells of the group.
    key = anna.button("Helpful")
    at_home = talk.person()
    await at_home.presses_old(key)
    assert at_home.sees("Our own text.")
    assert await talk.votes(TEAM) == {"day-length": (1, 0)}
    await at_home.asks("day length")
    assert at_home.sees("The second part.")
    elsewhere = talk.person().in_group(other)
    await elsewhere.asks("day length")
    assert elsewhere.sees("The second part.")


async def test_in_a_direct_chat_nothing_holds_because_it_is_the_only_teams(talk: FaqTalk) -> None:
    await talk.has(entry())
    await talk.has(entry(answer="Our own text."), team=TEAM)
    await talk.has_chat()
    anna = talk.person()
    await anna.asks("day length")
    assert anna.sees("The second part.")


async def test_in_a_direct_chat_the_answers_of_the_home_chat_hold(store: Store) -> None:
    talk = await (await talk_at_home(store)).has(entry())
    await talk.has(entry(answer="Our own text."), team=TEAM)
    await talk.has_chat("deadbeef", "team0002", Place("telegram", "other-group", PlaceKind.GROUP))
    anna = talk.person()
    await anna.asks("day length")
    assert anna.sees("Our own text.")
    await anna.asks()
    await anna.presses("Infusion days")
    await anna.presses("What of day length?")
    assert anna.sees("Our own text.")


async def test_a_home_chat_that_nobody_has_set_up_is_as_none(store: Store) -> None:
    talk = await talk_over(store, home_chat="deadbeef").has(entry())
    await talk.has_chat()
    anna = talk.person()
    await anna.asks("the meaning of life")
    assert anna.sees(NO_ANSWER, "To ask the moderators of your group, use /faq in that group.")
    assert anna.labels == ["All subjects"]


async def asks_in_a_group_that_nobody_set_up(talk: FaqTalk) -> tuple[Asker, Asker]:
    """Somebody there and in their direct chat, where on some platforms the answer stands."""
    there = talk.person().in_group(Place("telegram", "other-group", PlaceKind.GROUP))
    await there.asks("day length")
    return there, talk.person()


async def test_what_was_asked_in_a_group_that_was_not_set_up_never_comes_to_the_home_chat(store: Store) -> None:
    talk = await (await talk_at_home(store)).has(entry())
    await talk.has(entry(answer="Our own text."), team=TEAM)
    there, at_home = await asks_in_a_group_that_nobody_set_up(talk)
    assert there.sees("The second part.")
    await at_home.presses_old(there.button("Not helpful"))
    assert at_home.sees("The second part.", "do not take questions through me yet. You can ask them yourself.")
    assert "Ask the moderators" not in at_home.labels
    await at_home.presses("More on this subject")
    await at_home.presses("What of day length?")
    assert at_home.sees("The second part.")
    assert await talk.votes() == {"day-length": (0, 1)}


async def test_in_a_group_that_was_not_set_up_nobody_is_offered_to_be_asked(talk: FaqTalk) -> None:
    await talk.has(entry())
    anna = talk.person().in_group()
    await anna.asks("the meaning of life")
    assert anna.sees(NO_ANSWER, "The moderators of the group do not take questions through me yet.")
    assert anna.labels == ["All subjects"]


async def test_a_withheld_answer_without_a_team_says_where_to_ask(talk: FaqTalk) -> None:
    await talk.has(entry(review_due=date(2025, 1, 1)))
    anna = talk.person()
    await anna.asks("day length")
    assert anna.sees("Please ask your MS team.", "use /faq in that group.")
    assert anna.labels == ["More on this subject"]


async def test_a_chat_that_is_gone_leaves_the_answers_for_all(talk: FaqTalk) -> None:
    await talk.has(entry())
    anna = talk.person()
    token = talk.core.tokens.make("qe", (entry().code, CHAT), anna.person)
    await anna.does(Pressed(anna.person, anna.direct, token))
    assert anna.sees("The second part.")


async def test_what_a_team_took_away_is_not_found_there(talk: FaqTalk) -> None:
    await talk.has(entry())
    await talk.has(entry(), team=TEAM, shown=False)
    await talk.has_chat()
    anna = talk.person().in_group()
    await anna.asks("day length")
    assert anna.sees(NO_ANSWER)


# What anybody may type.

HOSTILE = {
    "huge": "a" * 10_000_000,
    "huge in words": "day length " * 100_000,
    "zalgo": "d\u0351\u0324\u035ca\u0310\u0321y\u0352" * 200,
    "markup": "<b>*_`[x](tg://user?id=1)</b> &lt; {0} {name} %s",
    "mentions": "@everyone <@123> <#1> <@&2>",
    "emoji": "🙂🙃😶‍🌫️" * 50,
    "bidi": "\u202e\u2066abc\u2069",
    "control": "\x00\x07\x1b[31m",
    "database": "'; drop table members; --",
    "lone surrogate": "\ud800",
    "another's button": "qe:00000000:.AAAAAAAA",
}


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("can", [GUIDED, NEUTRAL], ids=["guided", "neutral"])
async def test_whatever_is_typed_gets_an_answer_of_ours(
    store: Store, can: object, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    talk = await talk_over(store, can).has(entry())
    anna = talk.person()
    for event in (
        Used(anna.person, anna.direct, "faq", text=words),
        Used(anna.person, anna.direct, "faq", options={"words": words}),
    ):
        screen = await anna.does(event)
        assert screen
        assert all(0 < len(page) <= talk.capabilities.most_characters for page in screen.pages)
        assert anna.text.startswith((NO_ANSWER, "What of day length?", "Questions and answers"))
        assert "\u202e" not in anna.text
    shown = capfd.readouterr()
    assert shown.out + shown.err == ""


@pytest.mark.parametrize("words", ["", "   ", "\u200b\u200f", "\n"])
async def test_nothing_typed_means_looking_around(talk: FaqTalk, words: str) -> None:
    await talk.has(entry())
    anna = talk.person()
    await anna.does(Used(anna.person, anna.direct, "faq", text=words, options={"words": words}))
    assert anna.sees("Questions and answers")


@pytest.mark.parametrize("can", [NEUTRAL, NEUTRAL_GUIDED], ids=["modal", "guided"])
async def test_where_health_words_must_not_appear_only_the_entries_own_words_may_hold_them(
    store: Store, can: object
) -> None:
    talk = await talk_at_home(store, can)
    for category in Category:
        await talk.has(entry(f"{category.word.replace('_', '-')}-x", category=category, question="Q?", answer="A."))
    await talk.has(entry("zz-danger", danger=True, crisis=True, question="Q?", answer="A."))
    await talk.has(entry("zz-old", danger=True, review_due=date(2025, 1, 1), question="Q?", answer="A."))
    anna = talk.person().in_group()
    for words in ("", "my zz danger", "zz danger", "my zz old", "zz old", "my own", "nothing"):
        await anna.asks(words)
        shown = [anna.text, *anna.labels]
        for label in ("Not helpful", "Ask the moderators"):
            if any(key.label == label for key in anna.keys):
                await anna.presses(label)
                shown += [anna.text, *anna.labels]
        assert not HEALTH.search("\n".join(shown))
        for key in anna.keys:
            assert not HEALTH.search(key.data)


async def test_no_button_is_longer_than_the_platforms_allow_nor_names_an_entry(talk: FaqTalk) -> None:
    await talk.has(entry("kidney-signs"), entry("thyroid"))
    await talk.has_chat()
    anna = talk.person().in_group()
    for words in ("", "my kidney signs my thyroid", "my kidney signs", "nothing"):
        await anna.asks(words)
        for key in anna.keys:
            assert len(key.data.encode()) <= 64
            assert "kidney" not in key.data
            assert "thyroid" not in key.data
            assert "labs" not in key.data
