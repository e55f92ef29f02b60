from datetime import timedelta

import pytest

import builders
from bot.chat.events import Pressed
from bot.chat.people import Person, Place, PlaceKind
from bot.faq.forwarding import MOST_OPEN
from bot.faq.lately import MOST_KEPT, Lately
from bot.faq.ports import KEPT_FOR
from bot.faq.revision import Asked
from storage.store import Store
from unit.faq.asker import TEAM, Asker, FaqTalk, entry, talk_at_home, talk_over
from unit.journey.talk import FORMS, GUIDED

NOW = builders.NOW
WORDS = "does the moon matter"
LOST = "Please send /faq and your question once more."


@pytest.fixture
async def talk(store: Store) -> FaqTalk:
    return await talk_at_home(store)


async def sends(voice: Asker, words: str) -> None:
    """Ask something to which there is no answer, and send it to the moderators."""
    await voice.asks(words)
    await voice.presses("Ask the moderators")
    await voice.presses("Ask, without my name")


async def test_nothing_is_sent_nor_stored_before_the_tap(talk: FaqTalk, capfd: pytest.CaptureFixture[str]) -> None:
    await talk.has(entry())
    anna = talk.person()
    await anna.asks(WORDS)
    await anna.presses("Ask the moderators")
    assert anna.sees(f"Your words: “{WORDS}”", "for 30 days, without your name")
    assert anna.labels == ["Ask, without my name", "Ask, and send me the answer", "No"]
    assert await talk.questions(TEAM) == []
    await anna.presses("No")
    assert anna.sees("I sent nothing")
    assert anna.labels == ["All subjects"]
    assert await talk.questions(TEAM) == []
    assert not await anna.is_kept()
    shown = capfd.readouterr()
    assert WORDS not in shown.out + shown.err


@pytest.mark.parametrize("can", [GUIDED, FORMS], ids=["guided", "forms"])
async def test_a_question_is_sent_without_who_asked(store: Store, can: object) -> None:
    talk = await talk_at_home(store, can)
    anna = talk.person()
    await anna.asks(WORDS)
    await anna.presses("Ask the moderators")
    await anna.presses("Ask, without my name")
    assert anna.sees("Sent.", "without your name", "/help has the numbers")
    assert anna.labels == ["All subjects"]
    assert await talk.questions(TEAM) == [(WORDS, None)]


async def test_who_wants_the_answer_is_kept_without_a_name(talk: FaqTalk) -> None:
    anna = talk.person()
    await anna.asks(WORDS)
    await anna.presses("Ask the moderators")
    await anna.presses("Ask, and send me the answer")
    assert anna.sees("Sent.", "I send you the answer in our private chat")
    assert await talk.questions(TEAM) == [(WORDS, Person("telegram", "id-of-anna", "", "en-GB"))]


async def test_a_second_press_sends_nothing_more(talk: FaqTalk) -> None:
    anna = talk.person()
    await anna.asks(WORDS)
    await anna.presses("Ask the moderators")
    key = anna.button("Ask, without my name")
    await anna.presses_old(key)
    await anna.presses_old(key)
    assert anna.sees("Sent.")
    assert len(await talk.questions(TEAM)) == 1


async def test_after_an_hour_the_words_are_asked_for_again(talk: FaqTalk) -> None:
    anna = talk.person()
    await anna.asks(WORDS)
    no_answer = anna.button("Ask the moderators")
    await anna.presses_old(no_answer)
    send = anna.button("Ask, without my name")
    talk.clock.advance(timedelta(hours=1, seconds=1))
    await anna.presses_old(send)
    assert anna.sees(LOST)
    await anna.presses_old(no_answer)
    assert anna.sees(LOST)
    assert anna.labels == ["All subjects"]
    assert await talk.questions(TEAM) == []


async def test_after_a_restart_the_words_are_asked_for_again(store: Store) -> None:
    anna = (await talk_at_home(store)).person()
    await anna.asks(WORDS)
    key = anna.button("Ask the moderators")
    again = (await talk_at_home(store)).person()
    await again.presses_old(key)
    assert again.sees(LOST)


async def test_what_is_sent_is_what_stood_above_the_button(talk: FaqTalk) -> None:
    anna = talk.person()
    await anna.asks(WORDS)
    await anna.presses("Ask the moderators")
    key = anna.button("Ask, without my name")
    await anna.asks("something that is nobody's business")
    await anna.presses_old(key)
    assert anna.sees(LOST)
    assert await talk.questions(TEAM) == []


async def test_somebody_elses_words_are_never_sent(talk: FaqTalk) -> None:
    anna, ben = talk.person("anna"), talk.person("ben")
    await anna.asks(WORDS)
    await ben.asks("another question")
    await ben.presses("Ask the moderators")
    assert ben.sees("another question")
    assert WORDS not in ben.text


async def test_not_helpful_leads_to_the_moderators_with_the_words_that_found_it(talk: FaqTalk) -> None:
    await talk.has(entry())
    anna = talk.person()
    await anna.asks("day length of a bad day")
    await anna.presses("Not helpful")
    await anna.presses("Ask the moderators")
    await anna.presses("Ask, without my name")
    assert await talk.questions(TEAM) == [("day length of a bad day", None)]


async def test_without_words_the_way_to_the_moderators_asks_for_some(talk: FaqTalk) -> None:
    await talk.has(entry())
    anna = talk.person()
    await anna.asks()
    await anna.presses("Infusion days")
    await anna.presses("What of day length?")
    await anna.presses("Not helpful")
    await anna.presses("Ask the moderators")
    assert anna.sees(LOST)


async def test_a_question_that_was_chosen_while_typing_counts_as_the_words(talk: FaqTalk) -> None:
    await talk.has(entry())
    anna = talk.person()
    await anna.asks("day-length")
    await anna.presses("Not helpful")
    await anna.presses("Ask the moderators")
    assert anna.sees("Your words: “What of day length?”")


async def test_only_the_first_500_characters_are_sent(talk: FaqTalk) -> None:
    anna = talk.person()
    await anna.asks("why " * 200)
    await anna.presses("Ask the moderators")
    await anna.presses("Ask, without my name")
    [(text, _)] = await talk.questions(TEAM)
    assert text == ("why " * 125)


async def test_halves_of_characters_and_what_cannot_be_seen_are_not_sent(talk: FaqTalk) -> None:
    anna = talk.person()
    await anna.asks("why\ud800 \u202eis \x00it so")
    await anna.presses("Ask the moderators")
    await anna.presses("Ask, without my name")
    assert await talk.questions(TEAM) == [("why? is it so", None)]


OTHER = Place("telegram", "other-group", PlaceKind.GROUP)


async def test_a_question_goes_to_the_team_of_the_group_it_was_asked_in(talk: FaqTalk) -> None:
    await talk.has_chat("deadbeef", "team0002", OTHER)
    anna = talk.person().in_group(OTHER)
    await anna.asks(WORDS)
    key = anna.button("Ask the moderators")
    at_home = talk.person()
    await at_home.presses_old(key)
    await at_home.presses("Ask, without my name")
    assert await talk.questions("team0002") == [(WORDS, None)]
    assert await talk.questions(TEAM) == []


async def test_from_a_direct_chat_a_question_goes_to_the_home_chat(talk: FaqTalk) -> None:
    await talk.has_chat("deadbeef", "team0002", OTHER)
    await sends(talk.person(), WORDS)
    assert await talk.questions(TEAM) == [(WORDS, None)]
    assert await talk.questions("team0002") == []


async def test_without_a_home_chat_nothing_is_sent_from_a_direct_chat_even_to_the_only_team(store: Store) -> None:
    talk = talk_over(store)
    await talk.has_chat()
    anna = talk.person()
    await anna.asks(WORDS)
    assert anna.labels == ["All subjects"]
    assert anna.sees("use /faq in that group")
    # Buttons from a time at which there was a home chat.
    for action, carried in (("qa", ("",)), ("qa", ("gone",))):
        token = talk.core.tokens.make(action, carried, anna.person)
        await anna.does(Pressed(anna.person, anna.direct, token))
        assert "Your words" not in anna.text
        assert anna.labels == ["All subjects"]
    assert (await talk.questions(TEAM), await talk.questions()) == ([], [])


async def test_a_question_that_lost_its_team_meanwhile_is_not_sent(store: Store) -> None:
    talk = await talk_at_home(store)
    anna = talk.person()
    await anna.asks(WORDS)
    await anna.presses("Ask the moderators")
    mark = anna.button("Ask, without my name").data.split(":")[2].split(".")[0]
    token = talk.core.tokens.make("qm", ("deadbeef", mark), anna.person)
    await anna.does(Pressed(anna.person, anna.direct, token))
    assert anna.sees("You can ask them yourself.")
    assert (await talk.questions(TEAM), await talk.questions()) == ([], [])


async def test_the_sixth_question_within_an_hour_is_not_sent(talk: FaqTalk) -> None:
    anna = talk.person()
    for number in range(5):
        await sends(anna, f"{WORDS} {number}")
        assert anna.sees("Sent.")
        talk.clock.advance(timedelta(minutes=10))
    await sends(anna, WORDS)
    assert anna.sees("You have sent several questions within an hour", "/help has the numbers")
    assert anna.labels == ["All subjects"]
    assert len(await talk.questions(TEAM)) == 5
    await sends(talk.person("ben"), WORDS)
    assert len(await talk.questions(TEAM)) == 6
    # An hour after the first of them there is room for one more, and not for two.
    talk.clock.advance(timedelta(minutes=10))
    await sends(anna, WORDS)
    assert anna.sees("Sent.")
    await sends(anna, "and one more")
    assert anna.sees("You have sent several questions within an hour")


async def test_a_second_press_does_not_count_as_a_second_question(talk: FaqTalk) -> None:
    anna = talk.person()
    for number in range(5):
        await anna.asks(f"{WORDS} {number}")
        await anna.presses("Ask the moderators")
        key = anna.button("Ask, without my name")
        await anna.presses_old(key)
        await anna.presses_old(key)
        assert anna.sees("Sent.")
    assert len(await talk.questions(TEAM)) == 5


async def test_a_full_list_takes_no_more_and_points_to_the_group(talk: FaqTalk) -> None:
    async with talk.store.work() as work:
        for number in range(MOST_OPEN):
            await work.questions.add(Asked(f"{number:016x}", TEAM, "why", talk.clock.now()))
        await work.commit()
    anna = talk.person()
    await sends(anna, WORDS)
    assert anna.sees("The moderators have a full list of questions", "You can ask in your group.", "/help")
    assert anna.labels == ["All subjects"]
    async with talk.store.work() as work:
        assert await work.questions.count(TEAM) == MOST_OPEN


# What was typed while answers were offered.


async def chooses(voice: Asker, typed: str) -> None:
    """Choose the first of what is offered for a text, and ask the moderators as to it."""
    [(value, _), *_] = await voice.offered_while_typing(typed)
    await voice.asks(value)
    await voice.presses("Not helpful")
    await voice.presses("Ask the moderators")


@pytest.mark.parametrize("typed", ["day length of a bad day", "my day length"])
async def test_what_was_typed_is_sent_and_not_what_was_chosen_for_it(talk: FaqTalk, typed: str) -> None:
    await talk.has(entry())
    anna = talk.person()
    await anna.offered_while_typing("day length")
    await chooses(anna, typed)
    assert anna.sees(f"Your words: “{typed}”")


@pytest.mark.parametrize("typed", ["", "   "])
async def test_where_nothing_was_typed_the_entrys_question_is_sent(talk: FaqTalk, typed: str) -> None:
    await talk.has(entry())
    anna = talk.person()
    await anna.offered_while_typing("day length")
    await chooses(anna, typed)
    assert anna.sees("Your words: “What of day length?”")


async def test_a_search_for_fewer_letters_that_ends_later_replaces_nothing(talk: FaqTalk) -> None:
    await talk.has(entry())
    anna = talk.person()
    await anna.offered_while_typing("day length of a bad day")
    talk.clock.advance(timedelta(seconds=-1))
    await anna.offered_while_typing("day length of a b")
    talk.clock.advance(timedelta(seconds=1))
    await anna.asks("day-length")
    await anna.presses("Not helpful")
    await anna.presses("Ask the moderators")
    assert anna.sees("Your words: “day length of a bad day”")


async def test_what_was_typed_is_forgotten_after_a_minute(talk: FaqTalk) -> None:
    await talk.has(entry())
    anna = talk.person()
    await anna.offered_while_typing("day length of a bad day")
    talk.clock.advance(timedelta(minutes=1, seconds=1))
    await anna.asks("day-length")
    await anna.presses("Not helpful")
    await anna.presses("Ask the moderators")
    assert anna.sees("Your words: “What of day length?”")


async def test_what_was_typed_for_another_entry_or_by_somebody_else_is_not_sent(talk: FaqTalk) -> None:
    await talk.has(entry(), entry("fever"))
    anna, ben = talk.person("anna"), talk.person("ben")
    await anna.offered_while_typing("day length of a bad day")
    for voice, words in ((anna, "fever"), (ben, "day-length")):
        await voice.asks(words)
        await voice.presses("Not helpful")
        await voice.presses("Ask the moderators")
        assert "bad day" not in voice.text


async def test_a_question_is_kept_for_thirty_days(talk: FaqTalk) -> None:
    anna = talk.person()
    await anna.asks(WORDS)
    await anna.presses("Ask the moderators")
    await anna.presses("Ask, without my name")
    talk.clock.advance(KEPT_FOR + timedelta(seconds=1))
    assert await talk.questions(TEAM) == []


def test_only_the_newest_thousand_are_remembered() -> None:
    kept: Lately[int] = Lately()
    people = [Person("telegram", str(number), "") for number in range(MOST_KEPT + 1)]
    for number, person in enumerate(people):
        kept.keep(person, number, NOW)
    assert kept.find(people[0], NOW) is None
    assert kept.find(people[1], NOW) == 1
    assert kept.find(people[-1], NOW) == MOST_KEPT


def test_an_hour_is_counted_from_the_last_time() -> None:
    kept: Lately[int] = Lately()
    person = Person("telegram", "1", "")
    kept.keep(person, 1, NOW)
    kept.keep(person, 2, NOW + timedelta(minutes=40))
    assert kept.find(person, NOW + timedelta(minutes=90)) == 2
    assert kept.find(person, NOW + timedelta(minutes=101)) is None


def test_what_is_remembered_is_told_apart_by_platform_person_and_subject() -> None:
    kept: Lately[int] = Lately()
    kept.keep(Person("telegram", "1", ""), 1, NOW)
    assert kept.find(Person("discord", "1", ""), NOW) is None
    assert kept.find(Person("telegram", "1", ""), NOW, "subject") is None
    assert kept.find(Person("telegram", "1", "Another name"), NOW) == 1


def test_what_is_kept_for_a_minute_is_gone_after_it() -> None:
    kept: Lately[int] = Lately(timedelta(minutes=1))
    person = Person("telegram", "1", "")
    kept.keep(person, 1, NOW)
    assert kept.find(person, NOW + timedelta(minutes=1)) == 1
    assert kept.find(person, NOW + timedelta(minutes=1, seconds=1)) is None
