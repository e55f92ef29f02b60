from dataclasses import replace
from datetime import timedelta

import pytest

import builders
from bot.chat.events import Used
from bot.chat.people import Message
from bot.errors import Unreachable
from bot.moderation.flag import Answered, Origin, State
from bot.moderation.reporting import MOST_AN_HOUR, REASONS, reason_of
from bot.triage.assessment import Label
from storage.store import Store
from unit.journey.talk import FORMS, GUIDED
from unit.moderation.hearer import text_of
from unit.moderation.member import MemberTalk
from unit.words.test_messages import HEALTH


@pytest.fixture
async def talk(store: Store) -> MemberTalk:
    talk = MemberTalk(store, GUIDED)
    await talk.begin()
    await talk.has_desk()
    return talk


async def test_a_reported_message_is_before_the_moderators_at_once_and_the_group_sees_nothing(talk: MemberTalk) -> None:
    ben = talk.member()
    await ben.flags_anna()
    assert ben.sees("The moderators can see this message now", "does not learn that it was you", "What is it about?")
    assert ben.screen
    assert ben.screen.private
    assert ben.screen.share is None
    assert talk.in_group() == []
    [card] = talk.at_desk()
    assert "buy my drops" in text_of(card)
    assert "Ben" not in text_of(card)
    flag = await talk.flag()
    assert (flag.origin, flag.label, flag.answered) == (Origin.REPORTED, Label.NONE, Answered.NOT_MEANT)
    assert (flag.message_id, flag.link, flag.place) == ("m1", "https://example.org/m1", talk.group)
    assert flag.author == replace(builders.person("anna"), locale=None)


@pytest.mark.parametrize(
    ("button", "label", "kept"),
    [
        ("Spam or selling", Label.PROMOTION, "spam"),
        ("Medical advice", Label.MEDICAL_ADVICE, "advice"),
        ("I am worried about this person", Label.CRISIS, "worried"),
        ("Unkind", Label.NONE, "unkind"),
        ("Something else", Label.NONE, "other"),
    ],
)
async def test_each_reason_can_be_tapped(talk: MemberTalk, button: str, label: Label, kept: str) -> None:
    ben = talk.member()
    await ben.flags_anna()
    await ben.presses(button)
    flag = await talk.flag()
    assert (flag.label, [each.reason for each in flag.reports]) == (label, [kept])
    assert ben.sees("Do you want to hear what comes of it?")
    assert ("do not wait for the moderators" in ben.text) is (label is Label.CRISIS)


async def test_the_buttons_outlive_a_restart(talk: MemberTalk) -> None:
    ben = talk.member()
    await ben.flags_anna()
    talk.restart()
    await ben.presses("Unkind")
    talk.restart()
    await ben.presses("Yes, tell me")
    assert ben.sees("You will hear from me")
    [report] = (await talk.flag()).reports
    assert (report.reason, report.hear) == ("unkind", True)
    await ben.presses_action("mw", (await talk.flag()).id, "0")
    assert not (await talk.flag()).reports[0].hear


@pytest.mark.parametrize(
    ("typed", "label", "kept"),
    [
        ("spam", Label.PROMOTION, "spam"),
        ("SELLING pills again", Label.PROMOTION, "SELLING pills again"),
        ("medical advice", Label.MEDICAL_ADVICE, "medical advice"),
        ("I worry about her, rude or not", Label.CRISIS, "I worry about her, rude or not"),
        ("rude", Label.NONE, "unkind"),
        ("off topic", Label.NONE, "off topic"),
    ],
)
async def test_a_typed_reason_is_understood_and_not_asked_for(
    talk: MemberTalk, typed: str, label: Label, kept: str
) -> None:
    ben = talk.member()
    await ben.flags_anna(typed)
    flag = await talk.flag()
    assert (flag.label, flag.reports[0].reason) == (label, kept)
    assert "What is it about?" not in ben.text
    assert ben.sees("Do you want to hear")


def test_each_reason_is_understood_from_what_is_kept_of_it() -> None:
    assert all(reason_of(each.kept) is each for each in REASONS)


async def test_worry_about_a_person_calls_the_moderators_once_for_each_who_worries(talk: MemberTalk) -> None:
    watched = await talk.watched()
    assert watched
    mona = builders.person("mona")
    async with talk.store.work() as work:
        await work.watches.save(replace(watched, duty=replace(watched.duty, people=(mona,))))
        await work.commit()
    ben = talk.member()
    await ben.flags_anna("worried")
    for button in ("s", "w", "s", "w"):
        await ben.presses_action("mr", (await talk.flag()).id, button)
    assert [len(reply.calls) for reply in talk.at_desk()] == [1]
    await talk.member("cleo").flags_anna("worried")
    assert [len(reply.calls) for reply in talk.at_desk()] == [1, 1]
    flag = await talk.flag()
    assert (flag.label, len(flag.reports)) == (Label.CRISIS, 2)


async def test_several_reports_of_one_message_add_up_and_one_person_counts_once(talk: MemberTalk) -> None:
    await talk.member("ben").flags_anna("spam")
    await talk.member("cleo").flags_anna("unkind")
    await talk.member("ben").flags_anna("medical advice")
    flag = await talk.flag()
    assert [(each.reporter.name, each.reason) for each in flag.reports] == [
        ("Cleo", "unkind"), ("Ben", "medical advice"),
    ]  # fmt: skip
    assert flag.label is Label.MEDICAL_ADVICE
    assert len(talk.at_desk()) == 1
    assert "2" in text_of(talk.town.edited[-1][1])


async def test_a_report_joins_the_flag_of_a_message_that_was_heard(talk: MemberTalk) -> None:
    said = await talk.says("anna", "#medical_question")
    ben = talk.member()
    author = builders.person("anna")
    await ben.flags("spam", Message(said, author, "#medical_question"))
    flag = await talk.flag()
    assert (flag.origin, flag.label, flag.shadow) == (Origin.HEARD, Label.MEDICAL_QUESTION, True)
    await ben.flags("worried", Message(said, author, "#medical_question"))
    flag = await talk.flag()
    assert (flag.label, flag.shadow, len(flag.reports)) == (Label.CRISIS, False, 1)


async def test_somebody_else_s_report_opens_a_closed_flag_again_and_a_new_reason_does_not(talk: MemberTalk) -> None:
    ben = talk.member()
    await ben.flags_anna()
    mona = builders.person("mona")
    flag = await talk.flag()
    closed = replace(flag, state=State.RESOLVED, closed_by=mona, closed_at=builders.NOW)
    await talk.change(closed)
    await ben.presses("Unkind")
    assert (await talk.stored(flag.id)).state is State.RESOLVED
    await ben.presses("Yes, tell me")
    assert ben.sees("have looked at it already")
    await talk.member("cleo").flags_anna("spam")
    assert (await talk.flag()).id == flag.id


async def test_a_slip_is_taken_back_and_what_others_reported_stays(talk: MemberTalk) -> None:
    ben = talk.member()
    await ben.flags_anna()
    back = ben.button("take it back")
    await ben.presses_old(back)
    assert ben.sees("Taken back")
    assert await talk.flags() == []
    await ben.presses_old(back)
    assert ben.sees("I no longer keep that report")
    await talk.member("cleo").flags_anna("spam")
    [report] = (await talk.flag()).reports
    assert report.reporter.name == "Cleo"
    await ben.flags_anna()
    await ben.presses("take it back")
    assert len((await talk.flag()).reports) == 1


async def test_one_s_own_message_can_be_shown_to_ask_for_help(talk: MemberTalk) -> None:
    anna = talk.member("anna")
    await anna.flags_anna()
    assert anna.sees("your message", "ask them for help")
    await anna.presses("I am worried")
    assert anna.sees("In danger, call")
    assert "looking out for somebody" not in anna.text


async def test_without_a_message_it_is_said_how(talk: MemberTalk) -> None:
    ben = talk.member()
    await ben.says("/flag")
    assert ben.sees("Answer the message with /flag", "In danger, call")
    await ben.flags()
    assert ben.sees("Answer the message with /flag")
    await ben.does(
        Used(ben.person, builders.direct(ben.person), "flag", about=Message("d1", None, "a reply of the bot"))
    )
    assert ben.sees("Answer the message with /flag")
    assert await talk.flags() == []


async def test_where_nobody_is_called_that_is_said(store: Store) -> None:
    talk = MemberTalk(store, GUIDED)
    ben = talk.member()
    await ben.flags_anna("spam")
    assert ben.sees("No moderators' chat is set up yet", "write to one of the people who run the group")
    await talk.begin()
    await ben.flags_anna("spam")
    assert ben.sees("No moderators' chat is set up yet", "Do you want to hear")
    assert len((await talk.flag()).reports) == 1


async def test_more_than_some_messages_an_hour_are_not_taken(talk: MemberTalk) -> None:
    ben = talk.member()
    for number in range(MOST_AN_HOUR):
        await ben.flags_anna("spam", f"m{number}")
    await ben.flags_anna("spam", "one more")
    assert ben.sees("many messages within an hour", "In danger, call")
    await ben.flags_anna("worried", "m0")
    assert ben.sees("Thank you for looking out")
    await talk.member("cleo").flags_anna("spam", "one more")
    talk.clock.advance(timedelta(hours=1, minutes=1))
    await ben.flags_anna("spam", "yet one more")
    assert len(await talk.flags()) == MOST_AN_HOUR + 2


async def test_nobody_sets_the_reason_or_hears_of_another_s_report(talk: MemberTalk) -> None:
    await talk.member("ben").flags_anna("spam")
    flag = await talk.flag()
    cleo = talk.member("cleo")
    for action, argument in (("mr", "w"), ("mw", "1"), ("mk", "")):
        await cleo.presses_action(action, flag.id, argument)
        assert cleo.sees("I no longer keep that report")
    assert await talk.flag() == flag


async def test_the_record_tells_of_a_report_without_who(talk: MemberTalk) -> None:
    await talk.member("ben").flags_anna("spam, from that same man")
    [deed] = [each for each in await talk.deeds() if each.what == "reported"]
    assert (deed.by, deed.detail) == (None, "spam")


async def test_a_desk_that_cannot_be_reached_keeps_nobody_from_reporting(talk: MemberTalk) -> None:
    talk.town.fails["desk"] = Unreachable("test")
    ben = talk.member()
    await ben.flags_anna("worried")
    assert ben.sees("Thank you for looking out")
    flag = await talk.flag()
    assert flag.look_at
    assert flag.card is None


@pytest.mark.parametrize("capabilities", [GUIDED, FORMS], ids=["guided", "forms"])
async def test_no_button_carries_a_health_word(store: Store, capabilities: object) -> None:
    talk = MemberTalk(store, capabilities)  # type: ignore[arg-type]  # Capabilities
    await talk.begin()
    ben = talk.member()
    await ben.flags_anna()
    assert ben.keys
    assert not [key.data for key in ben.keys if HEALTH.search(key.data.rpartition(".")[0])]


@pytest.mark.parametrize("typed", ["worried", ""], ids=["typed", "tapped"])
async def test_worry_about_a_person_is_never_one_report_too_many(talk: MemberTalk, typed: str) -> None:
    ben = talk.member()
    for number in range(MOST_AN_HOUR):
        await ben.flags_anna("spam", f"n{number}")
    await ben.flags_anna(typed, "m9")
    if not typed:
        assert ben.sees("many messages within an hour")
        await ben.presses("I am worried about this person")
    assert ben.sees("do not wait for the moderators")
    assert [flag.message_id for flag in await talk.flags() if flag.label is Label.CRISIS] == ["m9"]


async def test_what_could_not_be_shown_is_not_said_to_be_seen(talk: MemberTalk) -> None:
    talk.town.fails["desk"] = Unreachable("down")
    ben = talk.member()
    await ben.flags_anna()
    assert ben.sees("This message is on the moderators' list.")
    assert "can see this message now" not in ben.text


async def test_who_may_not_be_written_to_yet_hears_how_that_is_changed(talk: MemberTalk) -> None:
    ben = talk.member()
    await ben.flags_anna("spam")
    await ben.presses("Yes, tell me")
    assert ben.sees("You will hear from me", "/start in a direct chat")
