"""Several moderators at once: who wins, who decides, and what is kept of it."""

import asyncio
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

import builders
from bot.chat.events import Pressed
from bot.chat.people import Person, Place, Reader
from bot.chat.replies import Reply
from bot.errors import Unreachable
from bot.faq.revision import EVERYWHERE, Kind, Revision, State
from storage.store import Store
from unit.faq.asker import entry
from unit.faq.keeper import ANSWER, OTHER, Board, Crier, Keeper, KeeperTalk, keeping_over
from unit.journey.talk import FORMS, GUIDED

THIRD = "The centre says how long it takes on the phone, some days before the first day."


@pytest.fixture(params=[GUIDED, FORMS], ids=["guided", "forms"])
async def talk(store: Store, request: pytest.FixtureRequest) -> KeeperTalk:
    talk = keeping_over(store, request.param)
    await talk.has(entry())
    return talk


async def both_change(talk: KeeperTalk) -> tuple[Keeper, Keeper]:
    """Two open the same form; the second to save sees what happened."""
    mona, nora = talk.moderator("mona"), talk.moderator("nora")
    await mona.opens("answer")
    await nora.opens("answer")
    await mona.types(ANSWER)
    await nora.types(OTHER)
    return mona, nora


async def answer_of(talk: KeeperTalk) -> str | None:
    made = await talk.holds()
    return made.answer if made else None


async def proposes(talk: KeeperTalk, text: str = ANSWER) -> Keeper:
    """Ask for a second moderator, and change the answer."""
    mona = talk.moderator("mona")
    await mona.admin("settings")
    if "Ask for a second moderator" in mona.labels:
        await mona.presses("Ask for a second moderator")
    return await mona.changes("answer", text)


# Two at once.


async def test_the_second_is_told_and_both_texts_are_kept(talk: KeeperTalk) -> None:
    mona, nora = await both_change(talk)
    assert mona.sees("Saved.")
    assert nora.sees("Somebody else was faster: Mona", "Nothing was overwritten.")
    assert nora.labels == ["Show both", "Use mine", "Keep theirs"]
    assert await answer_of(talk) == ANSWER
    second, first = await talk.history()
    assert (first.state, first.entry.answer) == (State.APPROVED, ANSWER)
    assert (second.state, second.entry.answer) == (State.PROPOSED, OTHER)
    await nora.presses("Show both")
    assert nora.sees("NOW:", ANSWER, "PROPOSED:", OTHER, "They differ in: answer.", "It was written before the text")


async def test_the_second_may_use_theirs_all_the_same(talk: KeeperTalk) -> None:
    _, nora = await both_change(talk)
    await nora.presses("Use mine")
    assert nora.sees("Saved.")
    assert await answer_of(talk) == OTHER
    assert {each.entry.answer: each.state for each in await talk.history()} == {
        ANSWER: State.APPROVED,
        OTHER: State.APPROVED,
    }


async def test_the_second_may_leave_it_at_the_first(talk: KeeperTalk) -> None:
    _, nora = await both_change(talk)
    key = nora.button("Keep theirs")
    await nora.presses_old(key)
    assert nora.sees("Rejected. The text that is shown stays.")
    assert await answer_of(talk) == ANSWER
    assert [each.state for each in await talk.history()] == [State.REJECTED, State.APPROVED]
    await nora.presses_old(key)
    assert nora.sees("Somebody else has decided already.")


async def test_a_third_change_is_shown_before_the_second_is_used(talk: KeeperTalk) -> None:
    mona, nora = await both_change(talk)
    use_mine = nora.button("Use mine")
    await mona.changes("answer", THIRD)
    await nora.presses_old(use_mine)
    assert nora.sees("This was changed since you looked.", THIRD, OTHER)
    assert await answer_of(talk) == THIRD
    await nora.presses("Approve")
    assert await answer_of(talk) == OTHER


async def test_the_first_change_of_a_team_is_not_taken_for_the_text_of_the_program(talk: KeeperTalk) -> None:
    # Both are number 1 of their kind: the program's, and the team's.
    _, nora = await both_change(talk)
    assert [each.number for each in await talk.history()] == [2, 1]
    assert nora.sees("Nothing was overwritten.")


async def test_a_newer_text_of_the_program_is_not_overwritten_unseen(talk: KeeperTalk) -> None:
    mona = await talk.moderator().opens("answer")
    await talk.has(entry(answer=THIRD))
    await mona.types(ANSWER)
    assert mona.sees("Somebody else was faster: the program", "Nothing was overwritten.")
    assert await answer_of(talk) == THIRD


async def test_two_parts_at_once_do_not_undo_each_other(talk: KeeperTalk) -> None:
    mona, nora = talk.moderator("mona"), talk.moderator("nora")
    await mona.opens("answer")
    await nora.opens("question")
    await mona.types(ANSWER)
    await nora.types("How many hours is it?")
    assert nora.sees("Nothing was overwritten.")
    made = await talk.holds()
    assert made
    assert (made.answer, made.question) == (ANSWER, "What of day length?")


async def test_taking_away_what_was_changed_meanwhile_waits(talk: KeeperTalk) -> None:
    mona, nora = talk.moderator("mona"), talk.moderator("nora")
    await nora.admin("retire day-length")
    await mona.changes("answer", ANSWER)
    await nora.presses("Take it away")
    assert nora.sees("Nothing was overwritten.")
    assert await answer_of(talk) == ANSWER


async def test_a_form_that_was_opened_before_teams_were_linked_means_the_same_text(talk: KeeperTalk) -> None:
    mona, desk = talk.moderator("mona"), talk.place("desk")
    await talk.moderator("mona", desk).admin()
    await mona.changes("answer", ANSWER)
    await mona.changes("question", "How many hours is it?")
    key = (await mona.admin("edit day-length")).button("answer")
    group, at_desk = (await talk.chat()).team, (await talk.chat(desk)).team
    async with talk.store.work() as work:
        for number in range(3):
            # At the desk the same entry has numbers of its own already, so those of the group shift.
            there = Revision(at_desk, 0, Kind.EDIT, State.REJECTED, entry(), talk.clock.now())
            await work.entries.add(replace(there, based_on=number))
        await work.chats.move_team(group, at_desk, talk.clock.now())
        await work.commit()
    await mona.presses_old(key)
    await mona.types(OTHER)
    assert mona.sees("Saved.")
    made = await talk.holds()
    assert made
    assert (made.answer, made.question) == (OTHER, "How many hours is it?")
    newest = (await talk.history())[0]
    assert (newest.number, newest.based_on) == (6, 5)


async def test_an_old_button_does_not_decide_over_a_text_that_nobody_saw(talk: KeeperTalk) -> None:
    await held(talk)
    nora = await talk.moderator("nora").admin("review")
    await nora.presses("What of day length?")
    take, keep = nora.button("Take it"), nora.button("Keep ours")
    await talk.moderator("mona").changes("answer", THIRD)
    for key in (take, keep):
        await nora.presses_old(key)
        assert nora.sees("This was changed since you looked.", THIRD, OTHER)
    assert await answer_of(talk) == THIRD
    await nora.presses("Keep ours")
    assert nora.sees("Rejected.")


# What the platform is asked meanwhile.


@dataclass
class WritingBoard(Board):
    """Writes while it is asked: where something were locked, that would wait in vain."""

    store: Store | None = None

    async def moderates(self, person: Person, place: Place) -> bool:
        assert self.store
        async with self.store.work() as work:
            await work.entries.hold()
            await work.commit()
        return await super().moderates(person, place)


@dataclass
class WritingCrier(Crier):
    """As ``WritingBoard``, while something is posted or sent."""

    store: Store | None = None

    async def post(self, place: Place, reply: Reply) -> None:
        assert self.store
        async with self.store.work() as work:
            await work.entries.hold()
            await work.commit()
        await super().post(place, reply)


async def test_nothing_is_locked_while_a_platform_is_asked(talk: KeeperTalk) -> None:
    board = WritingBoard(talk.board.moderators, store=talk.store)
    talk.board = board
    near = talk.place("near")
    mona, at_near = talk.moderator("mona"), talk.moderator("mona", near)
    await mona.admin("settings")
    await mona.presses("Link a moderators' chat")
    await at_near.admin(mona.text.splitlines()[-1].removeprefix("/faqadmin "))
    assert at_near.sees("Linked.")
    await mona.changes("answer", ANSWER)
    assert mona.sees("Saved.")


async def test_nothing_is_locked_while_corrections_are_posted(store: Store) -> None:
    crier = WritingCrier(store=store)
    talk = KeeperTalk(store, FORMS, crier=crier)
    await talk.has(entry())
    mona, near = await talk.moderator("mona").admin(), talk.place("near")
    await talk.moderator("mona", near).admin()
    group, at_near = (await talk.chat()).team, (await talk.chat(near)).team
    async with store.work() as work:
        await work.chats.move_team(at_near, group, talk.clock.now())
        await work.commit()
    for days, place in enumerate((talk.group, near), start=1):
        await talk.stands(place, days_ago=days)
    await mona.changes("answer", ANSWER)
    await mona.presses("Post a correction there (2 chats)")
    assert len(crier.posted) == 2


@pytest.mark.postgres
async def test_of_two_in_the_same_moment_one_waits(postgres_url: str) -> None:
    async with builders.open_store(postgres_url) as store:
        talk = keeping_over(store, FORMS)
        await talk.has(entry())
        voices = [talk.moderator(f"m{number}") for number in range(6)]
        for voice in voices:
            await voice.opens("answer")
        await asyncio.gather(*(voice.types(f"{ANSWER} {number}.") for number, voice in enumerate(voices)))
        states = [each.state for each in await talk.history()]
        assert sorted(state.value for state in states) == ["approved"] + ["proposed"] * 5
        assert sorted("Saved." in voice.text for voice in voices) == [False] * 5 + [True]


# A second moderator.


async def test_a_change_waits_for_another_moderator(talk: KeeperTalk) -> None:
    mona = await proposes(talk)
    assert mona.sees("It waits until another moderator approves it.")
    assert await talk.holds() == entry()
    nora = await talk.moderator("nora").admin("review")
    await nora.presses("What of day length?")
    assert nora.sees("NOW:", "The first part of day-length.", "PROPOSED:", ANSWER)
    await nora.presses("Approve")
    assert nora.sees("Saved.")
    assert await answer_of(talk) == ANSWER
    (revision,) = await talk.history()
    assert revision.author
    assert revision.decided_by
    assert (revision.author.name, revision.decided_by.name, revision.decided_at) == ("Mona", "Nora", talk.clock.now())


async def test_the_author_cannot_approve_but_may_take_it_back(talk: KeeperTalk) -> None:
    mona = await proposes(talk)
    await mona.presses("Look at it")
    await mona.presses("Approve")
    assert mona.sees("Another moderator has to approve what you wrote.")
    assert await talk.holds() == entry()
    await mona.admin("review")
    await mona.presses("What of day length?")
    await mona.presses("Reject")
    assert [each.state for each in await talk.history()] == [State.REJECTED]


async def test_the_rule_is_lifted_by_two(talk: KeeperTalk) -> None:
    mona, nora = talk.moderator("mona"), talk.moderator("nora")
    await mona.admin("settings")
    await mona.presses("Ask for a second moderator")
    before = await nora.admin("settings")
    unseen = before.button("One moderator is enough")
    await mona.presses("One moderator is enough")
    assert mona.sees("Mona asks that one moderator be enough")
    assert not any("Agree" in label for label in mona.labels)
    # Who did not see that it was asked has not agreed by pressing the same.
    await nora.presses_old(unseen)
    assert nora.sees("Mona asks that one moderator be enough")
    assert (await talk.chat()).two_approve
    agree = nora.button("Agree: one moderator is enough")
    data = talk.core.tokens.make("km", ((await talk.chat()).id, "t", "2"), mona.person)
    await mona.does(Pressed(mona.person, mona.direct, data))
    assert mona.sees("Another moderator has to approve")
    await mona.admin("settings")
    await mona.presses("Leave it at two moderators")
    await nora.presses_old(agree)
    assert nora.sees("This has changed meanwhile")
    assert (await talk.chat()).two_approve
    await mona.presses("One moderator is enough")
    await nora.admin("settings")
    await nora.presses("Agree: one moderator is enough")
    assert not (await talk.chat()).two_approve
    assert (await talk.chat()).lifted_by is None


async def test_the_rule_is_not_lifted_to_approve_alone(talk: KeeperTalk) -> None:
    mona = await proposes(talk)
    await mona.admin("settings")
    await mona.presses("One moderator is enough")
    assert mona.sees("One change still waits for a second moderator.")
    assert (await talk.chat()).two_approve


async def test_of_two_who_decide_the_second_is_told(talk: KeeperTalk) -> None:
    await proposes(talk)
    nora, olga = talk.moderator("nora"), talk.moderator("olga")
    for voice in (nora, olga):
        await voice.admin("review")
        await voice.presses("What of day length?")
    await nora.presses("Reject")
    await olga.presses("Approve")
    assert olga.sees("Somebody else has decided already.")
    assert await talk.holds() == entry()


async def test_what_was_based_on_an_older_text_needs_a_second_tap(talk: KeeperTalk) -> None:
    await proposes(talk)
    nora = await talk.moderator("nora").admin("review")
    await nora.presses("What of day length?")
    first = nora.button("Approve")
    await proposes(talk, OTHER)
    olga = await talk.moderator("olga").admin("review")
    other = talk.moderator("olga")
    waiting = [key for key in olga.keys if "day length" in key.label]
    await other.does(Pressed(other.person, other.direct, waiting[1].data))
    await other.presses("Approve")
    assert await answer_of(talk) == OTHER
    await nora.presses_old(first)
    assert nora.sees("This was changed since you looked.", OTHER, ANSWER)
    assert await answer_of(talk) == OTHER
    await nora.presses("Approve")
    assert await answer_of(talk) == ANSWER


@pytest.mark.parametrize(("command", "tap"), [("retire", "Take it away")])
async def test_taking_away_and_a_new_entry_wait_too(talk: KeeperTalk, command: str, tap: str) -> None:
    mona = talk.moderator("mona")
    await mona.admin("settings")
    await mona.presses("Ask for a second moderator")
    await mona.admin(f"{command} day-length")
    await mona.presses(tap)
    assert mona.sees("It waits until another moderator approves it.")
    await mona.admin("add")
    await mona.adds("Where is the car?")
    assert mona.sees("It waits until another moderator approves it.")
    assert await talk.holds() == entry()
    assert await talk.holds("where-is-the-car") is None
    nora = talk.moderator("nora")
    for question in ("What of day length?", "Where is the car?"):
        await nora.admin("review")
        await nora.presses(question)
        await nora.presses("Approve")
    assert await talk.holds() is None
    assert await talk.holds("where-is-the-car")


async def test_under_that_rule_whoever_was_overtaken_cannot_use_theirs_alone(talk: KeeperTalk) -> None:
    mona, nora = talk.moderator("mona"), talk.moderator("nora")
    await nora.opens("answer")
    await mona.changes("answer", ANSWER)
    await mona.admin("settings")
    await mona.presses("Ask for a second moderator")
    await nora.types(OTHER)
    assert nora.labels == ["Show both", "Keep theirs"]


async def test_where_one_chat_of_a_team_asks_for_a_second_all_do(talk: KeeperTalk) -> None:
    desk = talk.place("desk")
    mona = await talk.moderator("mona").admin("settings")
    await mona.presses("Ask for a second moderator")
    await talk.moderator("mona", desk).admin()
    team, there = (await talk.chat()).team, await talk.chat(desk)
    async with talk.store.work() as work:
        await work.chats.save(replace(there, team=team))
        await work.commit()
    at_desk = await talk.moderator("mona", desk).changes("answer", ANSWER)
    assert at_desk.sees("It waits until another moderator approves it.")


# A newer text of the program.


async def held(talk: KeeperTalk) -> None:
    await talk.moderator("mona").changes("answer", ANSWER)
    team = (await talk.chat()).team
    async with talk.store.work() as work:
        newer = entry(answer=OTHER)
        await work.entries.add(Revision(team, 0, Kind.FILE, State.HELD, newer, talk.clock.now(), digest="d"))
        await work.commit()


@pytest.mark.parametrize(("tap", "shown"), [("Take it", OTHER), ("Keep ours", ANSWER)])
async def test_a_newer_text_of_the_program_is_taken_or_left(talk: KeeperTalk, tap: str, shown: str) -> None:
    await held(talk)
    nora = await talk.moderator("nora").admin("review")
    await nora.presses("What of day length?")
    assert nora.sees("The program brings a newer text", ANSWER, OTHER)
    await nora.presses(tap)
    assert await answer_of(talk) == shown
    await nora.admin("review")
    assert nora.sees("Nothing waits.")


# What waits, and what was.


async def test_the_queue_is_in_order_and_in_pages(store: Store) -> None:
    talk = keeping_over(store)
    today = talk.clock.now().date()
    for name, due in (("soon", 60), ("later", 61), ("due", -1), ("today", 0), ("gone", -91), ("older", -300)):
        await talk.has(entry(name, review_due=today + timedelta(days=due)))
    await talk.has(entry())
    await proposes(talk)
    mona = await talk.moderator("mona").admin("review")
    found = mona.text.splitlines()[1:]
    await mona.presses("More")
    found += mona.text.splitlines()[1:]
    assert [line.split("?")[0] for line in found] == [
        "What of day length",
        "What of older",
        "What of gone",
        "What of due",
        "What of today",
        "What of soon",
    ]
    assert "withheld" in found[1]
    await mona.presses("Earlier")
    await mona.presses("What of gone?")
    assert mona.sees("The first part of gone.")


async def test_the_history_tells_everything(talk: KeeperTalk) -> None:
    mona = await talk.moderator("mona").changes("answer", ANSWER)
    nora = await talk.moderator("nora").changes("question", "How many hours is it?")
    await nora.admin("retire day-length")
    await nora.presses("Take it away")
    await nora.admin("restore day-length")
    await nora.presses("Bring it back")
    await nora.admin("history day-length")
    when = "Tue 10 Mar, 09:00 (2026)"
    assert nora.text.splitlines() == [
        "How many hours is it?",
        f"No. 4: brought back, approved. Nora, {when}. Changed: shown or not",
        f"No. 3: taken away, approved. Nora, {when}. Changed: shown or not",
        f"No. 2: changed, approved. Nora, {when}. Changed: question",
        f"No. 1: changed, approved. Mona, {when}. Changed: answer",
        f"No. 1: came with the program, approved. the program, {when}",
    ]
    await nora.presses("No. 1, Mona")
    assert nora.sees(ANSWER, "What of day length?")
    await mona.admin("history day-length")
    await mona.presses("No. 1, the program")
    assert mona.sees("The first part of day-length.")


async def test_of_a_long_history_the_newest_ten_are_shown(talk: KeeperTalk) -> None:
    mona = talk.moderator("mona")
    for number in range(11):
        await mona.changes("answer", f"{ANSWER} {number}.")
    await mona.admin("history day-length")
    assert mona.sees("No. 11:", "2 older revisions are kept as well.")
    assert len([line for line in mona.text.splitlines() if line.startswith("No.")]) == 10
    assert len(await talk.history()) == 11


# Correcting what stands in groups.


async def test_a_correction_goes_where_the_answer_stood_in_thirty_days(talk: KeeperTalk) -> None:
    mona = talk.moderator("mona")
    await mona.admin()
    near, far = talk.place("near"), talk.place("far")
    team = (await talk.chat()).team
    for place in (near, far):
        await talk.moderator("mona", place).admin()
        chat = await talk.chat(place)
        async with talk.store.work() as work:
            await work.chats.save(replace(chat, team=team))
            await work.commit()
    await talk.moderator("zoe", talk.place("strangers")).admin()
    await talk.stands(talk.group, days_ago=1)
    await talk.stands(near, days_ago=30)
    await talk.stands(far, days_ago=31)
    await talk.stands(talk.place("strangers"), days_ago=1)
    await mona.changes("answer", ANSWER)
    await mona.presses("Post a correction there (2 chats)")
    assert mona.sees("The correction is posted in 2 chats.")
    assert [place.id for place, _ in talk.crier.posted] == ["near", "group"]
    _, reply = talk.crier.posted[1]
    assert not reply.private
    screen = talk.presenter.show(reply, mona.person, Reader("en-GB"))
    (page,) = screen.pages
    assert page == (
        "A correction from the moderators. On Monday, 9 March 2026 an answer to “What of day length?” was shown here. "
        "It was changed since. Press to read it as it is now."
    )
    (key,) = screen.keys[0]
    assert key.label == "Show me"
    link = f"faq-{entry().code}-{(await talk.chat()).id}"
    assert talk.core.tokens.read_link(key.link, mona.person.platform) == (link, True)
    reader = talk.keeper("rita")
    await reader.does(Pressed(reader.person, reader.direct, key.data))
    assert reader.sees(ANSWER)


async def test_a_correction_of_what_was_taken_away_says_so(talk: KeeperTalk) -> None:
    mona = await talk.moderator("mona").admin()
    await talk.stands(talk.group, days_ago=3)
    await mona.admin("retire day-length")
    await mona.presses("Take it away")
    await mona.presses("Post a correction there (1 chat)")
    ((_, reply),) = talk.crier.posted
    assert [line.key for line in reply.lines] == ["faqadmin.correction_withdrawn"]
    assert reply.buttons == ()


async def test_a_second_press_posts_nothing_twice(talk: KeeperTalk) -> None:
    mona = await talk.moderator("mona").admin()
    await talk.stands(talk.group, days_ago=3)
    await mona.changes("answer", ANSWER)
    key = mona.button("Post a correction there (1 chat)")
    await mona.presses_old(key)
    await mona.presses_old(key)
    assert mona.sees("The correction is posted in 0 chats.")
    assert len(talk.crier.posted) == 1


async def test_where_a_correction_could_not_be_posted_it_can_be_tried_again(
    talk: KeeperTalk, capfd: pytest.CaptureFixture[str]
) -> None:
    mona = await talk.moderator("mona").admin()
    await talk.stands(talk.group, days_ago=3)
    talk.crier.fails = {"group": Unreachable("too_busy")}
    await mona.changes("answer", ANSWER)
    await mona.presses("Post a correction there")
    assert mona.sees("The correction is posted in 0 chats.", "One chat could not be reached.")
    assert "too_busy" in capfd.readouterr().out
    talk.crier.fails = {}
    await mona.presses("Try again")
    assert mona.sees("The correction is posted in one chat.")


@pytest.mark.parametrize(("part", "text"), [("question", "How many hours is it?"), ("Reviewed by", "Dr Ada Lane")])
async def test_without_a_new_answer_nothing_is_to_be_corrected(talk: KeeperTalk, part: str, text: str) -> None:
    mona = await talk.moderator("mona").admin()
    await talk.stands(talk.group, days_ago=3)
    await mona.changes(part, text)
    assert not any("correction" in label for label in mona.labels)


async def test_whoever_approves_a_new_answer_can_correct_the_old_one(talk: KeeperTalk) -> None:
    await proposes(talk)
    await talk.stands(talk.group, days_ago=3)
    nora = await talk.moderator("nora").admin("review")
    await nora.presses("What of day length?")
    await nora.presses("Approve")
    await nora.presses("Post a correction there (1 chat)")
    assert len(talk.crier.posted) == 1


async def test_the_operators_entries_are_never_changed_by_a_team(talk: KeeperTalk) -> None:
    await talk.moderator("mona").changes("answer", ANSWER)
    async with talk.store.work() as work:
        (only,) = await work.entries.current(EVERYWHERE)
    assert (only.entry, only.entry.reviewed_on) == (entry(), date(2026, 3, 1))
