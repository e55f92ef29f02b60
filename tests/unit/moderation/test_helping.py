from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

import builders
from bot.chat.events import Used
from bot.moderation.flag import Answered
from bot.moderation.policy import Mode
from bot.places.countries import all_countries, common_countries, country_name
from bot.triage.assessment import Label
from storage.store import Store
from unit.journey.talk import GUIDED, NEUTRAL
from unit.moderation.hearer import text_of
from unit.moderation.member import MemberTalk
from unit.words.test_messages import HEALTH


@pytest.fixture
async def talk(store: Store) -> MemberTalk:
    talk = MemberTalk(store, GUIDED)
    await talk.begin()
    await talk.has_desk()
    return talk


async def test_anybody_sees_the_lines_of_several_countries_without_any_set_up(talk: MemberTalk) -> None:
    ben = talk.member()
    await ben.says("/helplines")
    assert ben.sees("United States and Canada: 988 Lifeline, 988", "United Kingdom and Ireland: Samaritans, 116 123")
    assert ben.sees("112", "https://findahelpline.com", "https://befrienders.org", "22 November 2026")
    assert ben.labels == [country_name(code, "en") for code in common_countries()]
    await ben.presses("Germany")
    assert ben.sees("People who listen: Germany", "In danger, call 112 now.", "0800 111 0 111", "free of charge")


async def test_somebody_who_reads_german_sees_the_lines_of_several_countries_in_german(talk: MemberTalk) -> None:
    ben = talk.member(locale="de-DE")
    await ben.says("/helplines")
    assert ben.sees("Bei Gefahr", "Europäische Union, Notruf: 112", "Vereinigte Staaten und Kanada: 988 Lifeline, 988")


@pytest.mark.parametrize("name", ["Ireland", "ireland", "IE", "Éire"])
async def test_a_country_is_found_by_any_of_its_names(talk: MemberTalk, name: str) -> None:
    ben = talk.member()
    await ben.says(f"/helplines {name}")
    assert ben.sees("People who listen: Ireland", "112", "Samaritans: call 116 123 (day and night and checked on")


async def test_what_is_known_of_a_line_is_told_with_the_day_on_which_it_was_read(talk: MemberTalk) -> None:
    ben = talk.member()
    await ben.says("/helplines Canada")
    assert ben.sees(
        "In a crisis: call or text 988 (day and night, in English and French and checked on Sunday, 22 November 2026)."
    )
    await ben.says("/helplines USA")
    assert ben.sees("Crisis Text Line: text 741741 (checked on", "free of charge, https://988lifeline.org")


async def test_the_member_s_own_country_is_shown_where_none_is_named(talk: MemberTalk) -> None:
    ben = talk.member()
    await ben.joined()
    await ben.says("/helplines")
    assert ben.sees("People who listen: United Kingdom", "your local emergency number", "Samaritans")
    await ben.says("/helplines Spain")
    assert ben.sees("024")


async def test_a_country_without_a_confirmed_line_gets_its_emergency_number_and_the_directories(
    talk: MemberTalk,
) -> None:
    ben = talk.member()
    await ben.says("/helplines Italy")
    assert ben.sees(
        "In danger, call 112 now.", "no confirmed crisis line", "Find A Helpline: https://findahelpline.com"
    )


async def test_a_name_that_fits_several_countries_is_asked_and_one_that_fits_none_gets_help_all_the_same(
    talk: MemberTalk,
) -> None:
    ben = talk.member()
    await ben.says("/helplines united")
    assert ben.sees("Which country do you mean?")
    await ben.presses("United States")
    assert ben.sees("988")
    await ben.says("/helplines Narnia")
    assert ben.sees("I found no country called “Narnia”", "988")


async def test_every_country_has_an_answer(talk: MemberTalk) -> None:
    ben = talk.member()
    for code in sorted(all_countries()):
        await ben.presses_action("mc", code)
        assert ben.sees("People who listen: ", "In danger, call", "checked on")
    await ben.presses_action("mc", "??")
    assert ben.sees("People who listen", "988")


async def test_countries_are_offered_while_one_is_typed(talk: MemberTalk) -> None:
    async def offered(text: str) -> Sequence[str]:
        person = builders.person("ben")
        typed = Used(person, builders.direct(person), "helplines")
        found, _ = await talk.core.dispatcher.complete(typed, talk.capabilities, "country", text)
        return [choice.value for choice in found]

    assert tuple(await offered("")) == common_countries()
    assert await offered("irel") == ["IE"]
    assert len(await offered("s")) == 25


async def test_a_link_to_a_country_may_be_written_by_anybody(talk: MemberTalk) -> None:
    ben = talk.member()
    await ben.says("/start helplines-DE")
    assert ben.sees("People who listen: Germany")


@pytest.mark.parametrize("way", ["link", "button"])
async def test_the_author_reads_the_words_and_the_card_says_so(talk: MemberTalk, way: str) -> None:
    await talk.says("anna", "#crisis")
    flag = await talk.flag()
    assert flag.answered is Answered.BUTTON
    anna = talk.member("anna")
    await (anna.follows_link(f"h-{flag.id}") if way == "link" else anna.opens_help(flag.id))
    assert anna.sees("I am sorry that it is this hard right now", "988", "moderators of your group")
    assert anna.screen
    assert anna.screen.private
    assert (await talk.flag()).answered is Answered.READ
    before = text_of(talk.at_desk()[0])
    assert text_of(talk.town.edited[-1][1]) != before
    edits = len(talk.town.edited)
    await anna.opens_help(flag.id)
    assert len(talk.town.edited) == edits


async def test_somebody_else_who_presses_finds_help_but_not_what_was_found(talk: MemberTalk) -> None:
    await talk.says("anna", "#crisis")
    flag = await talk.flag()
    ben = talk.member("ben")
    await ben.opens_help(flag.id)
    assert ben.sees("People who listen", "988")
    assert "I am sorry" not in ben.text
    assert "your message" not in ben.text
    assert (await talk.flag()).answered is Answered.BUTTON


async def test_the_words_open_for_ever_and_in_the_language_of_the_message(talk: MemberTalk) -> None:
    await talk.says("anna", "#crisis ich kann nicht mehr und ich will das alles nicht")
    flag = await talk.flag()
    talk.restart()
    talk.clock.advance(timedelta(days=400))
    anna = talk.member("anna")
    await anna.opens_help(flag.id)
    assert anna.sees("Du bist damit nicht allein")


async def test_a_medical_question_opens_its_pointer_with_the_way_to_say_that_it_was_misread(talk: MemberTalk) -> None:
    await talk.decides(Label.MEDICAL_QUESTION, mode=Mode.ON, own_words="Ask the nurse line.")
    await talk.says("anna", "#medical_question")
    flag = await talk.flag()
    anna, ben = talk.member("anna"), talk.member("ben")
    await anna.opens_help(flag.id)
    assert anna.sees("Ask the nurse line.")
    assert anna.labels == ["I was misread"]
    await ben.opens_help(flag.id)
    assert "I was misread" not in ben.labels


@pytest.mark.parametrize("link", ["helplines-0123456789ab", "helplines-{flag}"])
async def test_a_link_that_we_did_not_make_opens_no_flag(talk: MemberTalk, link: str) -> None:
    await talk.says("anna", "#urgent")
    anna = talk.member("anna")
    await anna.says(f"/start {link.format(flag=(await talk.flag()).id)}")
    assert anna.sees("People who listen", "988")
    assert "Signs like those" not in anna.text
    assert "found no country" not in anna.text


async def test_a_flag_that_is_gone_still_leads_to_help(talk: MemberTalk) -> None:
    ben = talk.member()
    await ben.opens_help("0123456789ab")
    assert ben.sees("People who listen", "988")
    await ben.follows_link("helplines-0123456789ab")
    assert ben.sees("People who listen", "988")
    await ben.flags_anna("spam")
    await ben.opens_help((await talk.flag()).id)
    assert ben.sees("People who listen", "988")


async def test_a_typed_flag_id_opens_nothing(talk: MemberTalk) -> None:
    await talk.says("anna", "#urgent")
    anna = talk.member("anna")
    await anna.says(f"/helplines {(await talk.flag()).id}")
    assert anna.sees("I found no country")


async def test_no_health_word_is_shown_where_none_may_be(store: Store) -> None:
    talk = MemberTalk(store, NEUTRAL)
    await talk.begin()
    ben = talk.member()
    for text in ("/helplines", "/helplines Canada", "/helplines Italy", "/optout", "/flag", "/privacy"):
        await ben.says(text)
        assert HEALTH.findall(ben.text) == []
    await ben.flags_anna("worried")
    assert HEALTH.findall(ben.text) == []
    await talk.says("anna", "#crisis")
    flags = await talk.flags()
    anna = talk.member("anna")
    for flag in flags:
        await anna.opens_help(replace(flag).id)
        assert HEALTH.findall(anna.text) == []
