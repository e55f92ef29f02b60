import time
from datetime import date, timedelta

import pytest

from bot.chat.events import Said
from bot.chat.people import Place, PlaceKind, Reader
from bot.chat.replies import Offer
from bot.faq.library import Library
from bot.faq.offering import Offering
from storage.store import Store
from unit.faq.asker import CHAT, TEAM, Asker, FaqTalk, entry, talk_at_home, talk_over
from unit.journey.talk import NEUTRAL

QUESTION = "What is the day length?"


@pytest.fixture
def talk(store: Store) -> FaqTalk:
    return talk_over(store)


async def overhears(talk: FaqTalk, text: str, name: str = "anna") -> Asker:
    voice = talk.person(name).in_group()
    await voice.does(Said(voice.person, talk.group, text))
    return voice


# Under a question in a group.


@pytest.mark.parametrize(
    "text",
    [
        "How long does it take?",
        "how long does it take",
        "it takes the whole day, right?",
        "Anyone know how long it takes",
        "It is so long?! (really?)",
        "is that normal ?",
        "¿Cuánto tiempo dura?",
        "cuánto tiempo dura",
        "Wie lange dauert das",
        "Combien de temps ça dure",
        "Quanto tempo dura",
        "Qu'est-ce que c'est ?",
        "how\u2019s that, does it take long\uff1f",
    ],
)
def test_a_plain_question_is_listened_to(text: str) -> None:
    assert Offering(Library()).listens_to(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "how?",
        "It took the whole day.",
        "come on, it takes a day",
        "que bueno que estás aquí",
        "how long " * 40 + "?",
        "how long is this https://example.org/?a=1",
        "what of www.example.org?",
        "who comes to t.me/ourgroup?",
        "> how long does it take?\nabout a day",
        "a day,\n > how long?",
        "?" * 400,
        "see a?b=c there",
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_plain_question_is_not_listened_to(text: str) -> None:
    assert not Offering(Library()).listens_to(text)


@pytest.mark.parametrize("text", ["? " * 150 + "x", "?" * 299 + "x", "\n>" * 150, "…" * 300, "a" * 10_000_000])
def test_looking_at_a_text_takes_no_time(text: str) -> None:
    offering = Offering(Library())
    began = time.perf_counter()
    for _ in range(10):
        offering.listens_to(text)
    assert time.perf_counter() - began < 0.5


async def test_an_entry_is_offered_under_a_question_and_shown_to_whoever_presses(talk: FaqTalk) -> None:
    await talk.has(entry())
    await talk.has_chat(offers=True)
    anna = await overhears(talk, QUESTION)
    assert anna.screen
    assert not anna.screen.private
    assert anna.text == "I have an answer with sources: “What of day length?” Press to read it. Only you will see it."
    assert anna.labels == ["Show me"]
    assert talk.core.tokens.read_link(anna.keys[0].link, anna.person.platform) == (f"faq-{entry().code}-{CHAT}", True)
    ben = talk.person("ben").in_group()
    screen = await ben.presses_as_shown_to(anna, "Show me")
    assert screen
    assert screen.private
    assert ben.sees("The first part of day-length.", "Sources:")


async def test_the_same_entry_is_offered_once_an_hour_in_a_group(talk: FaqTalk) -> None:
    await talk.has(entry(), entry("fever"))
    await talk.has_chat(offers=True)
    assert (await overhears(talk, QUESTION)).screen
    assert (await overhears(talk, QUESTION, "ben")).sees_nothing()
    assert (await overhears(talk, "what of fever?")).screen
    talk.clock.advance(timedelta(hours=1))
    assert (await overhears(talk, QUESTION)).screen


@pytest.mark.parametrize(
    "chosen",
    [{"danger": True}, {"crisis": True}, {"answerable": False}, {"review_due": date(2025, 12, 9)}],
    ids=["danger", "crisis", "not answerable", "expired"],
)
async def test_what_a_group_did_not_ask_for_is_not_offered(talk: FaqTalk, chosen: dict[str, object]) -> None:
    await talk.has(entry(**chosen))
    await talk.has_chat(offers=True)
    assert (await overhears(talk, QUESTION)).sees_nothing()


async def test_an_answer_whose_review_is_due_is_still_offered(talk: FaqTalk) -> None:
    await talk.has(entry(review_due=date(2026, 3, 9)))
    await talk.has_chat(offers=True)
    assert (await overhears(talk, QUESTION)).screen


@pytest.mark.parametrize(
    "text",
    ["What is my day length?", "perhaps the day length?", "day length or fever?", "what else is there?"],
    ids=["own case", "unsure", "two fit", "none fits"],
)
async def test_only_what_is_sure_and_nobodys_own_case_is_offered(talk: FaqTalk, text: str) -> None:
    await talk.has(entry(), entry("fever"))
    await talk.has_chat(offers=True)
    assert (await overhears(talk, text)).sees_nothing()


async def test_nothing_is_offered_where_the_moderators_did_not_ask_for_it(talk: FaqTalk) -> None:
    await talk.has(entry())
    assert (await overhears(talk, QUESTION)).sees_nothing()
    await talk.has_chat(offers=False)
    assert (await overhears(talk, QUESTION)).sees_nothing()
    await talk.has_chat("deadbeef", "team0002", Place("telegram", "other-group", PlaceKind.GROUP), offers=True)
    assert (await overhears(talk, QUESTION)).sees_nothing()


async def test_a_teams_own_entry_is_what_is_offered_and_shown(talk: FaqTalk) -> None:
    await talk.has(entry())
    await talk.has(entry(question="Our own question?", answer="Our own text."), team=TEAM)
    await talk.has_chat(offers=True)
    await talk.has_chat("deadbeef", "team0002", Place("telegram", "other-group", PlaceKind.GROUP))
    anna = await overhears(talk, QUESTION)
    assert anna.sees("Our own question?")
    ben = talk.person("ben")
    await ben.presses_as_shown_to(anna, "Show me")
    assert ben.sees("Our own text.")
    carla = talk.person("carla")
    await carla.says(f"/start {anna.keys[0].link}")
    assert carla.sees("Our own text.")


# Wherever the bot's name is typed.


async def browses(talk: FaqTalk, text: str, name: str = "anna") -> list[Offer]:
    voice = talk.person(name)
    offers = (await talk.core.dispatcher.browse(voice.person, voice.direct, talk.capabilities, text)).offers
    return list(offers)


def posted(talk: FaqTalk, offer: Offer) -> str:
    voice = talk.person()
    screen = talk.presenter.show(offer.reply, voice.person, Reader("en-GB"))
    assert not screen.private
    assert screen.keys == ()
    return "\n".join(screen.pages)


async def test_what_fits_can_be_posted_anywhere_with_its_sources_and_marks(talk: FaqTalk) -> None:
    await talk.has(entry(danger=True), entry("fever"))
    await talk.person().joined()
    [offer] = await browses(talk, "day length")
    assert (offer.id, offer.title) == (entry().code, "What of day length?")
    assert offer.summary == "The first part of day-length. The second part."
    text = posted(talk, offer)
    assert text.startswith("What of day length?\nThe first part")
    assert "Sources:" in text
    assert "No clinician has reviewed this text yet." in text
    assert "112" not in text


async def test_a_long_answer_is_listed_by_its_first_90_characters(talk: FaqTalk) -> None:
    await talk.has(entry(answer="word " * 100))
    [offer] = await browses(talk, "day length")
    assert len(offer.summary) <= 90
    assert offer.summary.endswith("word…")


async def test_several_that_fit_are_all_listed(talk: FaqTalk) -> None:
    await talk.has(entry("fever"), entry("rash"))
    assert {offer.title for offer in await browses(talk, "fever rash")} == {"What of fever?", "What of rash?"}


@pytest.mark.parametrize("text", ["", "   ", "nothing of the kind"])
async def test_where_nothing_fits_nothing_is_listed(talk: FaqTalk, text: str) -> None:
    await talk.has(entry())
    assert await browses(talk, text) == []


async def test_the_way_to_the_physician_comes_first_for_somebodys_own_case(talk: FaqTalk) -> None:
    await talk.has(entry("fever"))
    pointer, answer = await browses(talk, "my fever")
    assert pointer.title == "A question about your own case"
    assert posted(talk, pointer) == (
        "Only your doctor or MS nurse can answer for your own case. Please ask them. What I show is general."
    )
    assert answer.title == "What of fever?"
    # It is posted without the other, so it carries the same line.
    assert posted(talk, answer).startswith(f"{posted(talk, pointer)}\nWhat of fever?\nThe first part")
    [plain] = await browses(talk, "fever")
    assert posted(talk, plain).startswith("What of fever?")
    assert [offer.title for offer in await browses(talk, "my own")] == [pointer.title]


async def test_where_health_words_must_not_appear_the_way_to_the_physician_has_none(store: Store) -> None:
    talk = await talk_over(store, NEUTRAL).has(entry())
    [pointer] = await browses(talk, "my own")
    assert pointer.summary.startswith("Only your own team")


@pytest.mark.parametrize("at_home", [True, False], ids=["home chat", "no home chat"])
async def test_only_a_home_chats_own_text_is_listed(store: Store, *, at_home: bool) -> None:
    talk = await talk_at_home(store) if at_home else talk_over(store)
    await talk.has(entry())
    await talk.has(entry(answer="Our own text."), team=TEAM)
    if not at_home:
        await talk.has_chat()
    [offer] = await browses(talk, "day length")
    assert ("Our own text." in posted(talk, offer)) is at_home


async def test_a_withheld_answer_is_not_listed_and_one_that_is_due_says_so(talk: FaqTalk) -> None:
    await talk.has(entry("fever", review_due=date(2025, 12, 9)), entry("rash", review_due=date(2026, 3, 9)))
    [offer] = await browses(talk, "fever rash")
    assert offer.title == "What of rash?"
    assert "Its review date has passed" in posted(talk, offer)
