"""What moderators do for members: their questions, the figures, the settings, and the notices to moderators."""

import asyncio
from datetime import timedelta

import pytest

import builders
from bot.chat.events import Pressed
from bot.chat.people import Place, PlaceKind, Reader
from bot.errors import Blocked, Unreachable
from bot.faq.notices import notices_due, tell_moderators
from bot.faq.revision import EVERYWHERE, State
from storage.store import Store
from unit.faq.asker import entry
from unit.faq.keeper import ANSWER, KeeperTalk, keeping_over
from unit.journey.talk import FORMS, GUIDED


@pytest.fixture(params=[GUIDED, FORMS], ids=["guided", "forms"])
async def talk(store: Store, request: pytest.FixtureRequest) -> KeeperTalk:
    talk = keeping_over(store, request.param)
    await talk.has(entry(), entry("fever"))
    await talk.moderator().admin()
    return talk


async def open_questions(talk: KeeperTalk) -> list[str]:
    async with talk.store.work() as work:
        return [each.text for each in await work.questions.open((await talk.chat()).team, talk.clock.now())]


# Questions.


async def test_questions_that_are_alike_stand_together_the_most_first(talk: KeeperTalk) -> None:
    await talk.was_asked("what of parking", "How long is the day?", "how LONG is a day", "Is the day how long??")
    await talk.was_asked("where is the car")
    await talk.was_asked("who are you all", team=EVERYWHERE)
    mona = await talk.moderator().admin("unanswered")
    assert mona.text.splitlines()[1:] == [
        "“How long is the day?” and others like it, 3 in all",
        "“what of parking”",
        "“where is the car”",
    ]
    await mona.presses("How long is the day?")
    assert mona.sees("“how LONG is a day”", "“Is the day how long??”", "0 of them want the answer.")


async def test_many_questions_come_in_pages(talk: KeeperTalk) -> None:
    words = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta")
    await talk.was_asked(*words)
    mona = await talk.moderator().admin("unanswered")
    assert len(mona.text.splitlines()) == 6
    await mona.presses("More")
    assert mona.text.splitlines()[1:] == ["“zeta”", "“eta”"]


async def test_an_answer_goes_to_those_who_wanted_it(talk: KeeperTalk) -> None:
    rita = builders.person("rita", platform=talk.capabilities.platform)
    await talk.was_asked("how long is the day", asker=rita)
    await talk.was_asked("how long is a day")
    mona = await talk.moderator().admin("unanswered")
    await mona.presses("how long is the day")
    assert mona.sees("One of them wants the answer.")
    assert "rita" not in mona.text.lower()
    await mona.presses("Answer with an entry")
    await mona.answers({"words": "day length"})
    await mona.presses("What of day length?")
    assert mona.sees("The answer was sent to one person.")
    ((person, reply),) = talk.crier.sent
    assert (person.id, person.name, reply.private) == (rita.id, "", True)
    page = "\n".join(talk.presenter.show(reply, person, Reader("en-GB")).pages)
    assert page.startswith("You asked: “how long is the day” The moderators answer with this:\nWhat of day length?\n")
    assert "Sources:" in page
    assert await open_questions(talk) == []


async def test_a_question_that_came_since_is_not_answered_unseen(talk: KeeperTalk) -> None:
    await talk.was_asked("how long is the day")
    mona = await talk.moderator().admin("unanswered")
    await mona.presses("how long is the day")
    await talk.was_asked("how long is a day")
    await mona.presses("Set aside")
    assert mona.sees("One question is set aside.")
    assert await open_questions(talk) == ["how long is a day"]


async def test_what_is_dealt_with_is_dealt_with_once(talk: KeeperTalk) -> None:
    await talk.was_asked("how long is the day")
    mona = await talk.moderator().admin("unanswered")
    await mona.presses("how long is the day")
    key = mona.button("Set aside")
    await mona.presses_old(key)
    await mona.presses_old(key)
    assert mona.sees("Other questions have come or gone since.")


async def test_an_answer_that_cannot_be_delivered_is_kept_to_be_sent_again(
    talk: KeeperTalk, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("rita", "gone"):
        await talk.was_asked("how long is the day", asker=builders.person(name, platform=talk.capabilities.platform))
    talk.crier.fails = {"id-of-rita": Unreachable("too_busy"), "id-of-gone": Blocked("blocked_us")}
    mona = await talk.moderator().admin("unanswered")
    await mona.presses("how long is the day")
    await mona.presses("Answer with an entry")
    await mona.answers({"words": "day length"})
    await mona.presses("What of day length?")
    assert mona.sees(
        "The answer was sent to 0 people.", "One person could not be reached just now; the question stays."
    )
    assert await open_questions(talk) == ["how long is the day"]
    logged = capfd.readouterr().out
    assert "too_busy" in logged
    assert "how long" not in logged


async def test_two_moderators_do_not_send_an_answer_twice(talk: KeeperTalk) -> None:
    rita = builders.person("rita", platform=talk.capabilities.platform)
    await talk.was_asked("how long is the day", asker=rita)
    voices = [talk.moderator("mona"), talk.moderator("nora")]
    for voice in voices:
        await voice.admin("unanswered")
        await voice.presses("how long is the day")
        await voice.presses("Answer with an entry")
        await voice.answers({"words": "day length"})
    await asyncio.gather(*(voice.presses("What of day length?") for voice in voices))
    assert len(talk.crier.sent) == 1
    assert sorted("Other questions have come or gone" in voice.text for voice in voices) == [False, True]


async def test_a_fault_amid_sending_loses_no_question(talk: KeeperTalk) -> None:
    for name in ("rita", "sara"):
        await talk.was_asked("how long is the day", asker=builders.person(name, platform=talk.capabilities.platform))
    talk.crier.fails = {"id-of-sara": RuntimeError("a fault")}
    mona = await talk.moderator().admin("unanswered")
    await mona.presses("how long is the day")
    await mona.presses("Answer with an entry")
    await mona.answers({"words": "day length"})
    await mona.presses("What of day length?")
    assert mona.sees("Something went wrong")
    assert await open_questions(talk) == ["how long is the day"]


async def test_what_is_withheld_is_not_sent(talk: KeeperTalk) -> None:
    await talk.has(entry("withheld", review_due=talk.clock.now().date() - timedelta(days=91)))
    await talk.was_asked("how long is the day")
    mona = await talk.moderator().admin("unanswered")
    await mona.presses("how long is the day")
    await mona.presses("Answer with an entry")
    await mona.answers({"words": "withheld"})
    await mona.presses("What of withheld?")
    assert mona.sees("This answer is withheld until it is reviewed")
    assert await open_questions(talk) == ["how long is the day"]


async def test_a_question_becomes_an_entry_and_is_answered_with_it(talk: KeeperTalk) -> None:
    rita = builders.person("rita", platform=talk.capabilities.platform)
    await talk.was_asked("where is the car", asker=rita)
    mona = await talk.moderator().admin("unanswered")
    await mona.presses("where is the car")
    await mona.presses("Make an entry of it")
    if talk.capabilities.forms:
        assert mona.screen
        assert mona.screen.form
        assert mona.screen.form.fields[0].filled == "where is the car"
    else:
        assert mona.sees("So it was asked: “where is the car”")
    await mona.adds("Where is the car?")
    await mona.presses("Send it to those who asked")
    assert [person.id for person, _ in talk.crier.sent] == [rita.id]
    assert await open_questions(talk) == []


async def test_another_teams_questions_are_not_seen(talk: KeeperTalk) -> None:
    await talk.was_asked("where is the car")
    zoe = await talk.moderator("zoe", talk.place("elsewhere")).admin("unanswered")
    assert zoe.sees("No question waits.")


async def test_hostile_words_of_a_member_are_shown_as_they_are(talk: KeeperTalk) -> None:
    await talk.was_asked("<b>@everyone</b> \u202e [x](y) `" + "z" * 400, "🙂", "?!", "")
    mona = await talk.moderator().admin("unanswered")
    assert mona.sees("“<b>@everyone</b> [x](y) `zzz", "“🙂”")
    assert "\u202e" not in mona.text


# Figures and settings.


async def test_the_figures_name_first_what_helped_least(talk: KeeperTalk) -> None:
    team = (await talk.chat()).team
    async with talk.store.work() as work:
        for entry_id, helpful in [("fever", False)] * 2 + [("day-length", False)] + [("day-length", True)] * 3:
            await work.figures.vote(team, entry_id, helpful=helpful)
        for number in range(12):
            await work.figures.vote(team, f"old-{number:02}", helpful=True)
        await work.figures.vote("other", "fever", helpful=False)
        await work.commit()
    mona = await talk.moderator().admin("stats")
    lines = mona.text.splitlines()[1:]
    assert lines[:3] == [
        "What of fever?: helpful 0, not helpful 2",
        "What of day length?: helpful 3, not helpful 1",
        "old-00: helpful 1, not helpful 0",
    ]
    assert lines[10:] == ["All together: helpful 15, not helpful 3, for 14 answers."]


@pytest.mark.parametrize(
    ("on", "off", "name"),
    [
        ("Offer answers in the group", "Do not offer answers in the group", "offers"),
        ("Send notices for moderators here", "Send no notices here", "notices"),
    ],
)
async def test_each_setting_is_switched_on_and_off(talk: KeeperTalk, on: str, off: str, name: str) -> None:
    mona = await talk.moderator().admin("settings")
    before = await talk.chat()
    await mona.presses(on)
    assert mona.sees(": on")
    after = await talk.chat()
    assert {key for key in ("offers", "notices") if getattr(after, key)} == {name}
    await mona.presses(off)
    assert await talk.chat() == before


async def test_the_settings_tell_the_id_of_the_chat(talk: KeeperTalk) -> None:
    mona = await talk.moderator().admin("settings")
    assert mona.sees(f"The id of this chat is {(await talk.chat()).id}.", "HOME_CHAT")


async def test_the_figures_of_one_answer_read_well(talk: KeeperTalk) -> None:
    async with talk.store.work() as work:
        await work.figures.vote((await talk.chat()).team, "fever", helpful=True)
        await work.commit()
    mona = await talk.moderator().admin("stats")
    assert mona.sees("helpful 1, not helpful 0, for one answer.")


# Linking a moderators' chat.


async def code_for(talk: KeeperTalk) -> str:
    mona = await talk.moderator().admin("settings")
    await mona.presses("Link a moderators' chat")
    return mona.text.splitlines()[-1].removeprefix("/faqadmin ")


async def test_a_linked_chat_keeps_the_same_answers(talk: KeeperTalk) -> None:
    desk = talk.place("desk")
    code = await code_for(talk)
    await talk.moderator().changes("answer", ANSWER)
    at_desk = talk.moderator("mona", desk)
    await at_desk.admin(code)
    assert at_desk.sees("Linked. Both chats now keep the same answers.")
    here, there = await talk.chat(), await talk.chat(desk)
    assert here.team == there.team == there.id
    kept = await talk.holds(place=desk)
    assert kept
    assert kept.answer == ANSWER
    assert await talk.holds() == kept
    await at_desk.admin(code)
    assert at_desk.sees("These chats belong together already.")


async def test_the_code_of_another_person_does_nothing(talk: KeeperTalk, capfd: pytest.CaptureFixture[str]) -> None:
    code = await code_for(talk)
    talk.moderator("nora")
    nora = await talk.moderator("nora", talk.place("desk")).admin(code)
    assert nora.sees("This code does not work for you here.")
    assert (await talk.chat()).team == (await talk.chat()).id
    assert "link_refused" in capfd.readouterr().out


@pytest.mark.parametrize("code", ["", "x", "00000000-AAAAAAAA", "0000000000000000", "a" * 1000, "k0:1.2", "\0"])
async def test_a_made_up_code_does_nothing(talk: KeeperTalk, code: str) -> None:
    mona = await talk.moderator("mona", talk.place("desk")).admin(f"link {code}")
    assert mona.sees("This code does not work for you here.")


async def test_who_no_longer_moderates_the_group_cannot_link_it(talk: KeeperTalk) -> None:
    code = await code_for(talk)
    talk.board.moderators.clear()
    mona = await talk.moderator("mona", talk.place("desk")).admin(code)
    assert mona.sees("For this you have to be a moderator of every group")
    assert (await talk.chat()).team == (await talk.chat()).id


async def test_groups_of_others_are_not_taken_along(talk: KeeperTalk) -> None:
    # The group and a first moderators' chat are one team already; who moderates the group alone moves neither.
    code = await code_for(talk)
    await talk.moderator("mona", talk.place("desk")).admin(code)
    talk.board.moderators.remove(("id-of-mona", "desk"))
    mona = await talk.moderator("mona", talk.place("own")).admin(code)
    assert mona.sees("For this you have to be a moderator of every group")


async def test_a_code_works_for_a_quarter_of_an_hour(talk: KeeperTalk) -> None:
    code = await code_for(talk)
    talk.clock.advance(timedelta(minutes=15, seconds=1))
    at_desk = await talk.moderator("mona", talk.place("desk")).admin(code)
    assert at_desk.sees("This code is too old.")
    assert (await talk.chat()).team == (await talk.chat()).id
    code = await code_for(talk)
    talk.clock.advance(timedelta(minutes=15))
    assert (await at_desk.admin(code)).sees("Linked.")


async def test_the_moderators_hear_who_linked(talk: KeeperTalk) -> None:
    at_desk = await talk.moderator("mona", talk.place("desk")).admin(await code_for(talk))
    assert at_desk.sees("Linked.")
    ((place, reply),) = talk.crier.posted
    assert (place.id, reply.private) == ("desk", False)
    (page,) = talk.presenter.show(reply, at_desk.person, Reader("en-GB")).pages
    assert page.startswith("Mona has linked another chat to this one.")


async def test_on_a_server_there_is_nothing_to_link(talk: KeeperTalk) -> None:
    server = Place(talk.capabilities.platform, "channel", PlaceKind.GROUP, "server")
    mona = await talk.moderator("mona", server).admin("settings")
    assert "Link a moderators' chat" not in mona.labels
    await mona.admin(await code_for(talk))
    assert mona.sees("On a server every channel keeps the same answers")
    data = talk.core.tokens.make("ko", ((await talk.chat(server)).id,), mona.person)
    await mona.does(Pressed(mona.person, mona.direct, data))
    assert mona.sees("On a server every channel keeps the same answers")


@pytest.mark.parametrize("asks_at", ["group", "desk"])
async def test_a_link_gets_nobody_past_a_second_moderator(talk: KeeperTalk, asks_at: str) -> None:
    desk = talk.place("desk")
    await talk.moderator().changes("answer", ANSWER)
    await talk.moderator("mona", desk).admin()
    asking = await talk.moderator("mona", desk if asks_at == "desk" else talk.group).admin("settings")
    await asking.presses("Ask for a second moderator")
    await talk.moderator("mona", desk).admin(await code_for(talk))
    assert await talk.holds(place=desk) == entry()
    (revision,) = await talk.history()
    assert (revision.state, revision.entry.answer) == (State.PROPOSED, ANSWER)


@pytest.mark.parametrize("name", ["group", "desk"])
async def test_a_linked_chat_can_go_its_own_way_again(talk: KeeperTalk, name: str) -> None:
    desk = talk.place("desk")
    at_desk = await talk.moderator("mona", desk).admin(await code_for(talk))
    await at_desk.changes("answer", ANSWER)
    going, stays = (talk.group, desk) if name == "group" else (desk, talk.group)
    chat, team = await talk.chat(going), (await talk.chat(stays)).team
    mona = await talk.moderator().admin("settings")
    assert mona.sees("These chats keep the same answers:", f"{(await talk.chat()).id} (this one)")
    await mona.presses(f"Unlink {chat.id}")
    assert mona.sees("It begins again with the answers that come with me.")
    assert (await talk.chat(going)).team == team
    key = mona.button(f"Unlink {chat.id}")
    await mona.presses_old(key)
    assert mona.sees(f"Chat {chat.id} goes its own way now")
    assert (await talk.chat(going)).team not in (team, chat.id)
    assert await talk.holds(place=going) == entry()
    kept = await talk.holds(place=stays)
    assert kept
    assert kept.answer == ANSWER
    await mona.presses_old(key)
    assert mona.sees("This has changed meanwhile")


@pytest.mark.parametrize("name", ["group", "desk"])
async def test_parting_gets_nobody_past_a_second_moderator(talk: KeeperTalk, name: str) -> None:
    desk = talk.place("desk")
    await talk.moderator("mona", desk).admin(await code_for(talk))
    mona = await talk.moderator().admin("settings")
    await mona.presses("Ask for a second moderator")
    going = (await talk.chat(talk.group if name == "group" else desk)).id
    for _ in ("ask", "do"):
        await mona.presses(f"Unlink {going}")
    assert [(await talk.chat(place)).two_approve for place in (talk.group, desk)] == [True, True]


async def test_a_stranger_parts_no_chats(talk: KeeperTalk) -> None:
    zoe = await talk.moderator("zoe", talk.place("own")).admin("settings")
    theirs, own = await talk.chat(), await talk.chat(talk.place("own"))
    for taps, said in (
        ((own.id, theirs.id, "1"), "This has changed meanwhile"),
        ((own.id, own.id, "1"), "This has changed meanwhile"),
        ((theirs.id, theirs.id, "1"), "Only moderators of that group"),
    ):
        data = talk.core.tokens.make("k5", taps, zoe.person)
        await zoe.does(Pressed(zoe.person, zoe.direct, data))
        assert zoe.sees(said)
    assert [await talk.chat(), await talk.chat(talk.place("own"))] == [theirs, own]


# Notices.


async def told(talk: KeeperTalk) -> list[str]:
    """What the upkeep of this night posts."""
    talk.crier.posted.clear()
    async with talk.store.work() as work:
        await tell_moderators(work, talk.library, talk.crier, talk.clock.now())
        await work.commit()
    return [
        "\n".join(talk.presenter.show(reply, builders.person(), Reader("en-GB")).pages)
        for _, reply in talk.crier.posted
    ]


@pytest.mark.parametrize(
    ("days", "stage"),
    [(61, None), (60, "60"), (31, "60"), (30, "30"), (1, "30"), (0, "due"), (-90, "due"), (-91, "expired")],
)
def test_each_step_on_the_way_to_a_review_is_a_notice(days: int, stage: str | None) -> None:
    today = builders.NOW.date()
    found = notices_due([entry(review_due=today + timedelta(days=days))], today)
    assert [each.stage for each in found] == ([stage] if stage else [])


async def test_moderators_are_told_once_of_each_step_in_one_message(talk: KeeperTalk) -> None:
    mona = await talk.moderator().admin("settings")
    await mona.presses("Send notices for moderators here")
    today = talk.clock.now().date()
    await talk.has(
        entry("soon", review_due=today + timedelta(days=45)),
        entry("due", review_due=today - timedelta(days=5)),
        entry("withheld", review_due=today - timedelta(days=95)),
    )
    (page,) = await told(talk)
    assert page.splitlines() == [
        "Reviews of answers",
        "What of withheld?: withheld. Its review was due on Friday, 5 December 2025.",
        "What of due?: review due since Thursday, 5 March 2026.",
        "What of soon?: review due on Friday, 24 April 2026.",
        "To check them, use /faqadmin review here.",
    ]
    assert talk.crier.posted[0][0] == talk.group
    assert await told(talk) == []
    await talk.pass_days(15)
    (page,) = await told(talk)
    assert [line for line in page.splitlines() if "What of" in line] == [
        "What of soon?: review due on Friday, 24 April 2026."
    ]
    assert await told(talk) == []


async def test_a_review_that_is_due_today_is_said_to_be(talk: KeeperTalk) -> None:
    mona = await talk.moderator().admin("settings")
    await mona.presses("Send notices for moderators here")
    await talk.has(entry("today", review_due=talk.clock.now().date()))
    (page,) = await told(talk)
    assert page.splitlines()[1] == "What of today?: review due today."


async def test_a_new_review_date_is_told_anew(talk: KeeperTalk) -> None:
    mona = await talk.moderator().admin("settings")
    await mona.presses("Send notices for moderators here")
    await talk.pass_days(360)
    assert len(await told(talk)) == 1
    await mona.admin("edit day-length")
    await mona.presses("Checked today, next review in 12 months")
    await talk.pass_days(366)
    assert any("What of day length?" in page for page in await told(talk))


async def test_nobody_is_told_who_did_not_ask_for_it(talk: KeeperTalk) -> None:
    await talk.has(entry("due", review_due=talk.clock.now().date()))
    assert await told(talk) == []


async def test_a_chat_that_cannot_be_reached_keeps_nobody_else_from_hearing(talk: KeeperTalk) -> None:
    for name in ("mona", "nora"):
        voice = await talk.moderator(name, talk.place(f"of-{name}")).admin("settings")
        await voice.presses("Send notices for moderators here")
    await talk.has(entry("due", review_due=talk.clock.now().date()))
    talk.crier.fails = {"of-mona": Blocked("kicked")}
    assert len(await told(talk)) == 1
    assert talk.crier.posted[0][0].id == "of-nora"


async def test_a_notice_of_very_many_entries_stays_short(store: Store) -> None:
    talk = keeping_over(store)
    await talk.has(*(entry(f"due-{number:03}", review_due=builders.NOW.date()) for number in range(60)))
    mona = await talk.moderator().admin("settings")
    await mona.presses("Send notices for moderators here")
    (page,) = await told(talk)
    assert page.splitlines()[-2:] == ["And 40 more.", "To check them, use /faqadmin review here."]


async def test_the_upkeep_erases_old_questions(talk: KeeperTalk) -> None:
    await talk.was_asked("how long is the day")
    await talk.pass_days(31)
    await told(talk)
    talk.clock.advance(-timedelta(days=31))
    assert await open_questions(talk) == []
