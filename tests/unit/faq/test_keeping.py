import pytest

from bot.chat.events import Pressed, Used
from bot.faq.entry import NOBODY, Category, Phrasing, Source
from bot.faq.files import FOLDER, read_folder
from bot.faq.model import load_model, phrasing_number
from bot.faq.revision import EVERYWHERE, Kind, Revision, State
from bot.members.calls import Call
from storage.store import Store
from unit.faq.asker import entry
from unit.faq.keeper import ANSWER, OTHER, KeeperTalk, keeping_over
from unit.journey.talk import FORMS, GUIDED, NEUTRAL
from unit.words.test_messages import HEALTH

NOT_YOURS = "Only moderators of that group can do this."


@pytest.fixture
async def talk(store: Store) -> KeeperTalk:
    talk = keeping_over(store)
    await talk.has(entry(), entry("fever"))
    return talk


@pytest.fixture(params=[GUIDED, FORMS], ids=["guided", "forms"])
async def either(store: Store, request: pytest.FixtureRequest) -> KeeperTalk:
    talk = keeping_over(store, request.param)
    await talk.has(entry(), entry("fever"))
    return talk


# Who may.


@pytest.mark.parametrize(
    "text", ["", "add", "edit day-length", "retire day-length", "settings", "unanswered", "link x"]
)
async def test_who_does_not_moderate_is_refused(talk: KeeperTalk, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    ben = await talk.keeper("ben").admin(text)
    assert ben.text == NOT_YOURS
    assert ben.labels == []
    async with talk.store.work() as work:
        assert not await work.chats.all()
    logged = capfd.readouterr().out
    assert "moderator_refused" in logged
    assert "Ben" not in logged


async def test_without_knowledge_of_roles_nobody_moderates(talk: KeeperTalk) -> None:
    answer = await talk.core.dispatcher.handle(Used(talk.moderator().person, talk.group, "faqadmin"), GUIDED)
    assert answer
    assert answer.reply.lines[0].key == "faqadmin.not_moderator"


async def test_in_a_direct_chat_it_says_where_to_use_it(talk: KeeperTalk) -> None:
    mona = talk.moderator()
    await mona.says("/faqadmin review")
    assert mona.sees("Please use /faqadmin in the group that you moderate.")


async def test_who_lost_the_right_is_refused_at_the_next_tap(either: KeeperTalk) -> None:
    mona = await either.moderator().opens("question")
    either.board.moderators.clear()
    await mona.types("How many hours is it?")
    assert mona.text == NOT_YOURS
    assert await either.history() == []


async def test_every_button_and_form_asks_anew_who_moderates(either: KeeperTalk) -> None:
    mona = await either.moderator().admin()
    keys = list(mona.keys)
    for text in ("edit day-length", "retire day-length", "history day-length", "settings"):
        keys += (await mona.admin(text)).keys
    either.board.moderators.clear()
    for key in keys:
        await mona.does(Pressed(mona.person, mona.direct, key.data))
        assert mona.text == NOT_YOURS, key.label
    assert await either.history() == []


async def test_a_button_of_a_moderator_does_nothing_for_somebody_else(talk: KeeperTalk) -> None:
    mona, ben = await talk.moderator().admin("retire day-length"), talk.moderator("ben")
    await ben.presses_as(mona, "Take it away")
    assert await talk.history() == []


async def test_the_first_use_sets_a_group_up_and_the_next_ones_find_it(talk: KeeperTalk) -> None:
    await talk.moderator().admin()
    first = await talk.chat()
    await talk.moderator("ben").admin()
    assert await talk.chat() == first
    assert (first.team, first.place, first.offers, first.two_approve, first.notices) == (
        first.id,
        talk.group,
        False,
        False,
        False,
    )


# The panel.


async def test_the_panel_shows_what_there_is_to_do(store: Store) -> None:
    talk = keeping_over(store)
    await talk.has(
        entry(),
        entry("late", review_due=talk.clock.now().date().replace(month=2)),
        entry("withheld", review_due=talk.clock.now().date().replace(year=2025, month=11)),
    )
    mona = await talk.moderator().admin()
    await talk.was_asked("does the moon matter?")
    await mona.admin()
    assert mona.screen
    assert mona.screen.private
    assert mona.sees(
        "Answers shown: 3. Review due: 1. Withheld: 1. Changes waiting: 0. Questions without an answer: 1."
    )
    for label in mona.labels:
        await mona.admin()
        await mona.presses(label)
        assert mona.text, label
        await mona.admin()
    assert len(mona.labels) == 9


async def test_no_wire_and_no_name_of_a_field_holds_a_health_word(either: KeeperTalk) -> None:
    mona = either.moderator()
    seen = []
    for text in ("", "add", "edit day-length", "retire day-length", "history day-length", "settings", "review"):
        await mona.admin(text)
        seen += [key.data for key in mona.keys]
        seen += [mona.screen.form.data] if mona.screen and mona.screen.form else []
    for data in seen:
        assert len(data.encode()) <= 64
        assert not HEALTH.search(data.replace(":", " "))
        assert "day-length" not in data
    for form in either.forms.values():
        for asked in form.fields:
            assert not HEALTH.search(" ".join([form.name, asked.name, *(each.value for each in asked.choices)]))


async def test_an_unknown_word_is_refused(talk: KeeperTalk) -> None:
    assert (await talk.moderator().admin("erase everything")).sees("I do not know that word.")


async def test_entries_are_offered_while_typing(talk: KeeperTalk) -> None:
    mona = talk.moderator()
    assert await mona.offered("") == ["day-length", "fever"]
    assert await mona.offered("FEV") == ["fever"]
    assert await mona.offered("fev", what="restore") == []
    await mona.admin("retire fever")
    await mona.presses("Take it away")
    # Where it is not known who moderates, nobody is told what was taken away.
    assert await mona.offered("", what="restore") == []
    assert await mona.offered("") == ["day-length"]


@pytest.mark.parametrize(("name", "offered"), [("mona", ["fever"]), ("ben", [])])
async def test_what_was_taken_away_is_offered_to_moderators_alone(
    talk: KeeperTalk, name: str, offered: list[str]
) -> None:
    mona = await talk.moderator().admin("retire fever")
    await mona.presses("Take it away")
    command = talk.core.dispatcher.commands["faqadmin"]
    assert command.seek
    person, now = talk.keeper(name).person, talk.clock.now()
    call = Call(person, talk.group, now, None, GUIDED, {"what": "restore"}, roles=talk.board)
    async with talk.store.work() as work:
        assert [each.value for each in await command.seek(call, work, "entry", "")] == offered


async def test_an_entry_is_found_by_words(either: KeeperTalk) -> None:
    mona = await either.moderator().admin("edit the fever")
    await mona.presses("What of fever?")
    assert mona.sees("The first part of fever.")
    await mona.presses("Overview")
    await mona.presses("History")
    await mona.answers({"words": "the length of a day"})
    await mona.presses("What of day length?")
    assert mona.sees("came with the program, approved")


async def test_where_nothing_is_found_other_words_can_be_tried(talk: KeeperTalk) -> None:
    mona = await talk.moderator().admin("edit something else")
    assert mona.sees("I found no answer for these words.")
    assert mona.labels == ["Other words", "Overview"]


@pytest.mark.parametrize(
    "words", ["\0", "\ud800", "\u202e", "<b>", "x" * 10_000_000, "day-length\0"], ids=lambda words: ascii(words)[:12]
)
async def test_hostile_words_find_nothing_or_what_they_name(talk: KeeperTalk, words: str) -> None:
    mona = await talk.moderator().admin(f"history {words}")
    assert mona.text
    assert "Something went wrong" not in mona.text


# A new entry.


async def test_a_new_entry_is_shown_at_once(either: KeeperTalk) -> None:
    mona = await either.moderator().admin("add")
    await mona.adds("Où est-ce que l'on gare la voiture?")
    assert mona.sees("Saved. It is shown from now on.")
    made = await either.holds("ou-est-ce-que-lon-gare-la-voiture")
    today = either.clock.now().date()
    assert made
    assert (made.answer, made.sources, made.answerable) == (ANSWER, (Source("A leaflet", "2021-04"),), True)
    assert (made.reviewed_by, made.reviewed_on, (made.review_due - today).days) == (NOBODY, today, 365)
    assert made.phrasings == (Phrasing("Où est-ce que l'on gare la voiture?", writer="moderators"),)


@pytest.mark.parametrize(
    ("question", "ids"),
    [
        ("Day length?", ["day-length-2", "day-length-3"]),
        ("Сколько это длится?", ["entry", "entry-2"]),
        ("a" * 60, ["a" * 40, "a" * 38 + "-2"]),
        ("one " * 20, ["one-one-one-one-one-one-one-one-one-one", "one-one-one-one-one-one-one-one-one-on-2"]),
    ],
    ids=["taken", "no ASCII", "one word", "long"],
)
async def test_each_entry_gets_an_id_of_its_own(talk: KeeperTalk, question: str, ids: list[str]) -> None:
    mona = talk.moderator()
    for entry_id in ids:
        await mona.admin("add")
        await mona.adds(question)
        assert await talk.holds(entry_id), entry_id


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"question": "Why"}, "A question has 5 to 150 characters."),
        ({"question": "See https://example.org now?"}, "Plain text only"),
        ({"answer": "Too short."}, "An answer has 20 to 900 characters."),
        ({"answer": f"{ANSWER} You should take it early."}, "without “You should take”"),
        ({"answer": f"{ANSWER} See https://example.org"}, "Plain text only"),
        ({"source": "A leaflet"}, "I could not read this line: “A leaflet”"),
        ({"source": "A leaflet; soon"}, "I could not read this line: “A leaflet; soon”"),
        ({"source": "; 2021"}, "I could not read this line: “; 2021”"),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_what_is_refused_is_not_lost(either: KeeperTalk, wrong: dict[str, str], said: str) -> None:
    good = {"question": "Where is the car?", "answer": ANSWER, "source": "A leaflet; 2021-04"}
    mona = await either.moderator().admin("add")
    await mona.adds(**{**good, **wrong})
    assert mona.sees(said)
    if either.capabilities.forms:
        # The form is closed, so everything that was typed stands there to be copied, and the form opens again.
        assert mona.sees(*({**good, **wrong}.values()))
        await mona.presses("Write again")
        await mona.adds(**good)
    else:
        # The one question is open again; all other answers are kept.
        (field,) = wrong
        await mona.says(good[field])
    made = await either.holds("where-is-the-car")
    assert made
    assert made.answer == ANSWER


# A change.


async def test_what_stands_there_is_shown_to_be_changed(either: KeeperTalk) -> None:
    mona = await either.moderator().admin("edit day-length")
    assert mona.sees("The first part of day-length.", "A study (2021-04-06)", "No clinician has reviewed")
    await mona.presses("answer")
    if either.capabilities.forms:
        assert mona.screen
        assert mona.screen.form
        field = mona.screen.form.fields[0]
        assert (field.filled, field.long) == ("The first part of day-length.\n\nThe second part.", True)
    else:
        assert mona.sees("So far:\nThe first part of day-length.\n\nThe second part.")


@pytest.mark.parametrize(
    ("part", "text", "kept"),
    [
        ("question", "  How many\u202e hours\n is it? ", {"question": "How many hours is it?"}),
        ("answer", f"{ANSWER}\r\n \r\nAnd\nmore.", {"paragraphs": (ANSWER, "And more.")}),
        ("sources", "One; two; 2014\n\nThree; undated", {
            "sources": (Source("One; two", "2014"), Source("Three", "undated")),
        }),
        ("other ways to ask", "how long\n[de] wie lang\n# how LONG", {
            "phrasings": (Phrasing("how long", writer="moderators"), Phrasing("wie lang", "de", "moderators")),
        }),
        ("Reviewed by", "Dr Ada Lane", {"reviewed_by": "Dr Ada Lane"}),
    ],
    ids=["question", "answer", "sources", "phrasings", "reviewer"],
)  # fmt: skip
async def test_each_part_can_be_changed(either: KeeperTalk, part: str, text: str, kept: dict[str, object]) -> None:
    mona = await either.moderator().changes(part, text)
    assert mona.sees("Saved. It is shown from now on.")
    made = await either.holds()
    assert made
    assert {name: getattr(made, name) for name in kept} == kept
    (revision,) = await either.history()
    assert (revision.kind, revision.state, revision.author) == (
        Kind.EDIT,
        State.APPROVED,
        type(mona.person)(mona.person.platform, mona.person.id, "Mona"),
    )
    async with either.store.work() as work:
        (program,) = await work.entries.history(EVERYWHERE, "day-length")
    assert program.entry == entry()


async def test_a_phrasing_can_be_taken_away(talk: KeeperTalk) -> None:
    mona = await talk.moderator().changes("other ways to ask", "how long\nhow many sandwiches")
    await mona.changes("other ways to ask", "- How Long")
    made = await talk.holds()
    assert made
    assert [each.text for each in made.phrasings] == ["how many sandwiches"]
    await mona.changes("other ways to ask", "- something")
    assert mona.sees("Nobody has written “- something” here")
    await mona.says("- how many sandwiches")
    made = await talk.holds()
    assert made
    assert made.phrasings == ()


async def test_a_phrasing_that_the_search_has_learned_stays_and_that_is_said(talk: KeeperTalk) -> None:
    model = load_model()
    learned = next(
        each.text
        for shipped in read_folder(FOLDER)
        if shipped.id == "day-length"
        for each in shipped.phrasings
        if phrasing_number("day-length", each.text) in model.trained
    )
    await talk.has(entry(phrasings=(Phrasing(learned),)))
    mona = await talk.moderator().changes("other ways to ask", f"- {learned}")
    assert mona.sees("The search has learned", learned)
    made = await talk.holds()
    assert made
    assert made.phrasings == (Phrasing(learned),)


@pytest.mark.parametrize(
    ("category", "plain", "danger", "answerable"),
    [
        (Category.LOGISTICS, "yes", False, True),
        (Category.LOGISTICS, "no", False, False),
        (Category.LOGISTICS, "yes-now", True, True),
        (Category.LABS, "no-now", True, False),
        (Category.SIDE_EFFECTS, "yes", True, True),
    ],
)
async def test_a_new_entry_may_stand_for_an_emergency(
    either: KeeperTalk, category: Category, plain: str, *, danger: bool, answerable: bool
) -> None:
    mona = await either.moderator().admin("add")
    await mona.adds("Where is the car?", category=category, plain=plain)
    made = await either.holds("where-is-the-car")
    assert made
    assert (made.danger, made.answerable) == (danger, answerable)
    assert ("The line about emergencies stands under it." in mona.text) is danger


async def test_what_kind_of_answer_it_is_can_be_changed(either: KeeperTalk) -> None:
    mona = await either.moderator().changes("Reviewed by", "Dr Ada Lane")
    for label, danger, answerable in (
        ("Could be an emergency", True, True),
        ("No emergency", False, True),
        ("It only leads to people", False, False),
        ("It answers the question", False, True),
    ):
        await mona.admin("edit day-length")
        key = mona.button(label)
        await mona.presses_old(key)
        made = await either.holds()
        assert made
        assert (made.danger, made.answerable, made.reviewed_by) == (danger, answerable, NOBODY)
    await mona.presses_old(key)
    assert mona.sees("Nothing was overwritten.")


async def test_whom_a_review_names_stays_true(talk: KeeperTalk) -> None:
    mona = await talk.moderator().admin("edit day-length")
    unnamed = mona.button("Checked today, next review in 12 months")
    assert unnamed
    await mona.changes("Reviewed by", "Dr Ada Lane")
    await mona.admin("edit day-length")
    assert "Checked today, next review in 12 months" not in mona.labels
    chat, (revision, *_) = await talk.chat(), await talk.history()
    data = talk.core.tokens.make("k4", (chat.id, entry().code, revision.id[:10]), mona.person)
    await mona.does(Pressed(mona.person, mona.direct, data))
    assert mona.sees("A clinician's name stands under this answer")
    await mona.changes("sources", "A leaflet; 2021-04")
    made = await talk.holds()
    assert made
    assert made.reviewed_by == NOBODY


async def test_sources_fit_the_form_that_changes_them(talk: KeeperTalk) -> None:
    # Each line grows by a blank when it is shown again.
    text = "\n".join(f"{'x' * 144};2014" for _ in range(6))
    assert len(text) < 900
    mona = await talk.moderator().changes("sources", text)
    assert mona.sees("That is more than 900 characters.")
    await mona.types("x" * 100 + ";2014")
    assert mona.sees("Saved.")


async def test_what_would_not_fit_a_form_is_not_put_into_it(store: Store) -> None:
    talk = keeping_over(store, FORMS)
    await talk.has(entry(sources=tuple(Source("x" * 150 + str(number), "2014") for number in range(8))))
    mona = await talk.moderator().opens("sources")
    assert mona.screen
    assert mona.screen.form
    (field,) = mona.screen.form.fields
    assert field.filled == ""


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("sources", "A <b>leaflet</b>; 2021"),
        ("sources", "See https://example.org; 2021"),
        ("Reviewed by", "Dr [Ada](https://example.org)"),
    ],
)
async def test_links_and_markup_are_refused_in_names_and_titles(either: KeeperTalk, part: str, text: str) -> None:
    mona = await either.moderator().changes(part, text)
    assert mona.sees("Please write it again.")
    assert await either.history() == []


async def test_the_question_stands_there_once(talk: KeeperTalk) -> None:
    mona = await talk.moderator().admin("edit day-length")
    assert mona.text.count("What of day length?") == 1


async def test_what_the_operator_brought_is_signed_so(talk: KeeperTalk) -> None:
    async with talk.store.work() as work:
        brought = Revision(EVERYWHERE, 0, Kind.IMPORT, State.APPROVED, entry(answer=OTHER), talk.clock.now())
        await work.entries.add(brought)
        await work.commit()
    mona = await talk.moderator().admin("history day-length")
    assert mona.sees("read from files, approved. the operator,", "came with the program, approved. the program,")


async def test_a_check_counts_from_today_for_a_year(talk: KeeperTalk) -> None:
    mona = await talk.moderator().admin("edit day-length")
    await mona.presses("Checked today, next review in 12 months")
    made = await talk.holds()
    today = talk.clock.now().date()
    assert made
    assert (made.reviewed_on, (made.review_due - today).days, made.reviewed_by) == (today, 365, NOBODY)
    await mona.admin("edit day-length")
    await mona.presses("Checked today, next review in 12 months")
    assert mona.sees("I changed nothing.")


async def test_a_changed_answer_is_no_longer_the_one_that_a_clinician_reviewed(talk: KeeperTalk) -> None:
    mona = await talk.moderator().changes("Reviewed by", "Dr Ada Lane")
    await mona.changes("other ways to ask", "how long")
    made = await talk.holds()
    assert made
    assert made.reviewed_by == "Dr Ada Lane"
    await mona.changes("answer", OTHER)
    made = await talk.holds()
    assert made
    assert made.reviewed_by == NOBODY


async def test_nothing_new_makes_no_revision(talk: KeeperTalk) -> None:
    mona = await talk.moderator().changes("answer", "The first part of  day-length.\n\nThe second part.")
    assert mona.sees("I changed nothing.")
    assert await talk.history() == []


@pytest.mark.parametrize("can", [GUIDED, FORMS, NEUTRAL], ids=["guided", "forms", "neutral"])
@pytest.mark.parametrize(
    "text",
    ["", " ", "\u202e" * 30, "x" * 901, "a " * 5_000_000, "🙂" * 10, "\0" * 40, "\ud800" * 5],
    ids=["empty", "blank", "unseen", "long", "10 MB", "emoji", "null", "halves"],
)
async def test_a_hostile_answer_is_refused_and_may_be_written_again(store: Store, can: object, text: str) -> None:
    talk = keeping_over(store, can)  # type: ignore[arg-type]  # capabilities
    await talk.has(entry())
    mona = await talk.moderator().changes("answer", text)
    assert await talk.history() == []
    if talk.capabilities.forms:
        if mona.labels == ["Write again"]:
            await mona.presses("Write again")
        else:
            await mona.opens("answer")
    await mona.types(ANSWER)
    made = await talk.holds()
    assert made
    assert made.answer == ANSWER


@pytest.mark.parametrize(
    "text",
    [f"<b>bold</b> {ANSWER}", f"@everyone {ANSWER}", f"[here](x) {ANSWER}", f"{ANSWER} https://example.org"],
)
async def test_markup_links_and_calls_to_everybody_are_refused(either: KeeperTalk, text: str) -> None:
    mona = await either.moderator().changes("answer", text)
    assert mona.sees("Plain text only")
    assert await either.history() == []


async def test_an_answer_that_turns_the_reading_order_is_kept_without_that(talk: KeeperTalk) -> None:
    await talk.moderator().changes("answer", f"\u202e{ANSWER}\u2066\u200b")
    made = await talk.holds()
    assert made
    assert made.answer == ANSWER


async def test_the_lines_of_a_long_answer_end_between_words(talk: KeeperTalk) -> None:
    text = " ".join(["follow-up", "peer-to-peer", "x" * 120] * 6)
    await talk.moderator().changes("answer", text)
    made = await talk.holds()
    assert made
    assert made.paragraphs == (text,)
    assert "\n" in made.answer


async def test_a_form_that_was_left_open_is_gone_on_with(talk: KeeperTalk) -> None:
    mona = await talk.moderator().opens("answer")
    await mona.says("/start resume")
    assert mona.sees("The answer")
    await mona.types(ANSWER)
    made = await talk.holds()
    assert made
    assert made.answer == ANSWER


async def test_a_form_can_be_stopped(talk: KeeperTalk) -> None:
    mona = await talk.moderator().admin("add")
    await mona.says("Where is the car?")
    await mona.presses("Stop")
    await mona.says(ANSWER)
    assert await talk.holds("where-is-the-car") is None


async def test_another_team_keeps_its_own_text(either: KeeperTalk) -> None:
    elsewhere = either.place("elsewhere")
    await either.moderator("nora", elsewhere).changes("answer", OTHER)
    await either.moderator().changes("answer", ANSWER)
    here, there = await either.holds(), await either.holds(place=elsewhere)
    assert here
    assert there
    assert (here.answer, there.answer) == (ANSWER, OTHER)
    mona = await either.moderator().admin("retire day-length")
    await mona.presses("Take it away")
    assert await either.holds() is None
    assert await either.holds(place=elsewhere) == there
    assert len(await either.history(place=elsewhere)) == 1


async def _mark(talk: KeeperTalk) -> str:
    async with talk.store.work() as work:
        (revision,) = await work.entries.history(EVERYWHERE, "day-length")
    return revision.id[:10]


async def test_a_moderator_of_one_group_cannot_change_what_another_keeps(talk: KeeperTalk) -> None:
    elsewhere = talk.place("elsewhere")
    await talk.moderator("nora", elsewhere).admin("edit day-length")
    theirs, mine = await talk.chat(elsewhere), talk.moderator()
    await mine.admin("edit day-length")
    # What they were shown, had they made it themselves: the proof holds, the right does not.
    data = talk.core.tokens.make("k4", (theirs.id, entry().code, await _mark(talk)), mine.person)
    await mine.does(Pressed(mine.person, mine.direct, data))
    assert mine.text == NOT_YOURS
    assert await talk.history(place=elsewhere) == []


# Taken away and brought back.


async def test_an_entry_is_taken_away_and_brought_back(either: KeeperTalk) -> None:
    mona = await either.moderator().admin("retire day-length")
    assert mona.sees("Show this answer to nobody any more?")
    await mona.presses("Take it away")
    assert mona.sees("It is not shown to anybody from now on.")
    assert await either.holds() is None
    await mona.admin("retire day-length")
    assert mona.sees("This answer is not shown already.")
    await mona.admin("restore")
    await mona.presses("What of day length?")
    await mona.presses("Bring it back")
    assert await either.holds() == entry()
    await mona.admin("restore")
    assert mona.sees("No answer is taken away.")
    assert [each.kind for each in await either.history()] == [Kind.RESTORE, Kind.RETIRE]


async def test_a_change_of_what_is_taken_away_does_not_bring_it_back(talk: KeeperTalk) -> None:
    mona = await talk.moderator().admin("retire day-length")
    await mona.presses("Take it away")
    await mona.changes("answer", ANSWER)
    assert await talk.holds() is None
    assert [each.shown for each in await talk.history()] == [False, False]
