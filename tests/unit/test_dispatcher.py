from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

import builders
from bot.chat.capabilities import Capabilities
from bot.chat.events import Filled, Pressed, Reachable, Said, Used
from bot.dispatcher import Answer, Dispatcher
from bot.errors import StorageError
from bot.members.calls import Audience, Call
from bot.members.guide import ANSWER
from bot.members.member import Reach
from bot.places.zones import search_zones
from bot.ports import Work
from offered import ACTIONS, COMMANDS
from offered import FORMS as ALL_FORMS
from storage.store import Store
from unit.journey.talk import FORMS, GUIDED, NEUTRAL, Talk, Voice

SECRET = "my platelets are low"


@pytest.fixture
async def anna(store: Store) -> Voice:
    return await Talk(store, GUIDED).person().joined()


def breaking(talk: Talk, error: Exception) -> None:
    """Make ``/nextlab`` store something and then fail with what was typed in its error."""

    async def fail(call: Call, work: Work) -> None:
        await work.members.save(replace(call.who, locale="xx"))
        raise error

    command = replace(COMMANDS["nextlab"], run=fail)
    talk.core = replace(talk.core, dispatcher=replace(talk.core.dispatcher, commands={**COMMANDS, "nextlab": command}))


@pytest.mark.parametrize(
    "error", [RuntimeError(SECRET), StorageError(SECRET), KeyError(SECRET)], ids=lambda e: type(e).__name__
)
async def test_a_failure_gives_one_apology_whose_reference_is_in_the_log(anna: Voice, error: Exception) -> None:
    breaking(anna.talk, error)
    with capture_logs() as logs:
        await anna.says(f"/nextlab {SECRET}")
    assert anna.sees("Something went wrong on our side", "Nothing was changed")
    [entry] = logs
    assert entry["reference"] in anna.text
    assert entry["error"] == type(error).__name__
    assert SECRET not in repr(logs)
    assert anna.person.id not in repr(logs)
    assert (await anna.kept()).locale == "en-GB"


async def test_a_database_that_is_gone_gives_the_apology_too(tmp_path: Path) -> None:
    async with builders.open_store(f"sqlite:///{tmp_path}/empty.db") as empty:
        ben = Talk(empty, GUIDED).person("ben")
        with capture_logs() as logs:
            await ben.says("/start")
    assert ben.sees("Something went wrong on our side")
    assert [entry["error"] for entry in logs] == ["StorageError"]


async def test_nothing_that_goes_well_or_is_refused_is_logged(anna: Voice) -> None:
    with capture_logs() as logs:
        for text in ("/nextlab", "/round banana", "/banana", SECRET, "/labdone 2999-01-01"):
            await anna.says(text)
    assert logs == []


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("/nxtlab", "Did you mean /nextlab?"),
        ("/SETTING", "Did you mean /settings?"),
        ("/qqqq", "/help shows what I can do"),
    ],
    ids=str,
)
async def test_an_unknown_command_names_the_nearest(anna: Voice, typed: str, answer: str) -> None:
    await anna.says(typed)
    assert anna.sees("I do not know that command", answer)


async def test_on_a_discreet_platform_the_nearest_is_named_discreetly(store: Store) -> None:
    anna = Talk(store, NEUTRAL).person()
    await anna.says("/histori")
    assert anna.sees("Did you mean /history?")


@pytest.mark.parametrize("name", ["NEXTLAB", "NextLab", "next", "mydates", "done", "history"], ids=str)
async def test_a_command_is_found_in_any_case_and_by_either_name(anna: Voice, name: str) -> None:
    await anna.says(f"/{name}")
    assert "I do not know that command" not in anna.text


async def test_in_a_group_only_our_own_commands_are_answered(anna: Voice) -> None:
    for text in ("hello everybody", "/roll 6", "/nxtlab", SECRET):
        await anna.says(text, in_group=True)
        assert anna.sees_nothing()
    await anna.says("/nextlab", in_group=True)
    assert anna.screen
    assert anna.screen.private


async def test_an_open_question_is_not_answered_by_what_is_said_in_a_group(anna: Voice) -> None:
    await anna.says("/round add 1")
    await anna.says("2025-12-05", in_group=True)
    assert anna.sees_nothing()
    await anna.says("2025-12-05")
    assert anna.sees("Saved.")


async def test_an_edited_text_is_not_answered_again(anna: Voice) -> None:
    await anna.says("/round add 1")
    await anna.does(Said(anna.person, anna.direct, "2025-12-05", edited=True))
    assert anna.sees_nothing()


async def test_plain_text_without_a_question_points_to_help_and_to_safety(anna: Voice) -> None:
    await anna.says("good evening")
    assert anna.sees("/help", "In danger, call", "In a crisis, people listen")


async def test_a_command_ends_the_open_question(anna: Voice) -> None:
    await anna.says("/round add")
    await anna.says("/countdown")
    await anna.says("1")
    assert anna.sees("I am a bot and cannot read this")


async def test_another_button_ends_the_open_question(anna: Voice) -> None:
    await anna.says("/settings")
    wording = anna.button("Wording")
    await anna.presses("Quiet hours")
    await anna.presses_old(wording)
    await anna.says("22 to 7")
    assert anna.sees("I am a bot and cannot read this")


async def test_another_button_ends_the_open_question_even_where_it_is_refused(anna: Voice) -> None:
    await anna.has_round()
    await anna.says("/round 1")
    move = anna.button("Move or postpone")
    await anna.says("/round remove 1")
    await anna.presses("Yes, remove it")
    await anna.says("/settings")
    await anna.presses("Quiet hours")
    await anna.presses_old(move)
    assert anna.sees("There is no round 1")
    await anna.says("22 to 7")
    assert anna.sees("I am a bot and cannot read this")


async def test_a_button_that_is_not_theirs_leaves_the_open_question_open(anna: Voice) -> None:
    await anna.says("/round add 1")
    await anna.does(Pressed(anna.person, anna.direct, "v.AAAAAAAA"))
    await anna.says("2025-12-05")
    assert anna.sees("Saved.")


async def test_a_question_stays_open_for_a_day_and_no_longer(anna: Voice) -> None:
    await anna.says("/round add 1")
    await anna.talk.pass_days(2)
    await anna.says("2025-12-05")
    assert anna.sees("I am a bot and cannot read this")


async def test_taps_under_a_question_that_is_closed_say_so(anna: Voice) -> None:
    await anna.says("/round add")
    first, stop = anna.button("Round 1"), anna.button("Stop")
    await anna.presses_old(first)
    await anna.presses_old(first)
    assert anna.sees("That question is no longer open")
    await anna.presses_old(stop)
    assert anna.sees("nothing was changed")
    await anna.presses_old(stop)
    assert anna.sees("That question is no longer open")


@pytest.mark.parametrize(
    ("text", "answer"),
    [("", "I still need an answer"), ("   ", "I still need an answer"), ("Round 9", "use one of the buttons")],
    ids=["empty", "spaces", "no such choice"],
)
async def test_an_answer_that_does_not_fit_leaves_the_question_open(anna: Voice, text: str, answer: str) -> None:
    await anna.says("/round add")
    await anna.says(text)
    assert anna.sees(answer)
    await anna.says("2")
    assert anna.sees("How many infusion days?")


async def test_an_answer_that_is_too_long_is_refused(anna: Voice) -> None:
    await anna.says("/round add 1")
    await anna.says("5 " * 60)
    assert anna.sees("That is too long")


@pytest.mark.parametrize("data", ["", "x", "a:b:c.d", "\0", "🙂" * 500, "v.AAAAAAAA"], ids=ascii)
async def test_a_forged_button_is_refused_kindly(anna: Voice, data: str) -> None:
    for event in (Pressed(anna.person, anna.direct, data), Filled(anna.person, anna.direct, data, {"x": "y"})):
        await anna.does(event)
        assert anna.sees("belongs to somebody else, or it is damaged")


async def test_a_button_of_somebody_else_is_refused_kindly(anna: Voice) -> None:
    await anna.says("/settings")
    ben = await anna.talk.person("ben").joins()
    await ben.presses_old(anna.button("Wording"))
    assert ben.sees("belongs to somebody else")


async def test_a_button_whose_action_is_gone_says_so(anna: Voice) -> None:
    data = anna.talk.core.tokens.make("zz", (), anna.person)
    await anna.does(Pressed(anna.person, anna.direct, data))
    assert anna.sees("That button no longer does anything")


async def test_every_button_of_an_unknown_person_asks_for_start_first(store: Store) -> None:
    talk = Talk(store, GUIDED)
    ben = talk.person("ben")
    for name in {name for name, action in ACTIONS.items() if action.audience is Audience.MEMBER} - {"a", "n"}:
        await ben.does(Pressed(ben.person, ben.direct, talk.core.tokens.make(name, (), ben.person)))
        assert "Something went wrong" not in ben.text, name
        answers = ("Please use /start first", "I keep nothing about you", "Do you agree?")
        assert any(answer in ben.text for answer in answers)
    assert not any((await talk.rows()).values())


async def test_a_platform_that_tells_of_a_block_is_noted_without_an_answer(anna: Voice) -> None:
    await anna.does(Reachable(anna.person, reachable=False))
    assert anna.sees_nothing()
    member = await anna.kept()
    async with anna.talk.store.look() as work:
        [account] = await work.members.accounts(member.id)
    assert account.reach is Reach.BLOCKED
    await anna.says("/countdown")
    assert anna.sees("Before your answer", "refused for a while")
    await anna.says("/countdown")
    assert "refused" not in anna.text
    await anna.talk.person("nobody").does(Reachable(builders.person("nobody"), reachable=True))


async def test_somebody_of_another_language_reads_one_language(store: Store) -> None:
    hans = Talk(store, GUIDED).person("hans", locale="de")
    await hans.says("/start")
    await hans.presses("I agree")
    assert "Germany" in hans.labels
    await hans.presses("Germany")
    for tap in ("09:00", "Day of the first infusion"):
        await hans.presses(tap)
    await hans.says("/round 1, 5. Dezember 2025")
    assert hans.sees("Friday, 5 December 2025")
    await hans.says("/settings country Österreich")
    assert any(label.startswith("Vienna") for label in hans.labels)
    await hans.says("/settings")
    assert hans.sees("Country: Austria", "Berlin")  # a country changes no zone by itself


LONG = ["a" * 10_000, "5 " * 5000, "🙂" * 40]
BROKEN = ["\0", "\u202e5 dec", "שלום", "<b>&amp;</b>", "`*_~|", "'; --", "{0}{x}"]
BEGINNINGS = ["1", "move 2", "zone", "day", "share", "5 dec"]
NASTY = st.one_of(
    st.text(max_size=60),
    st.sampled_from([*LONG, *BROKEN]),
    st.builds("{} {}".format, st.sampled_from(BEGINNINGS), st.text(max_size=20)),
)


@pytest.mark.parametrize("capabilities", [GUIDED, FORMS], ids=["guided", "forms"])
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=NASTY)
async def test_any_text_to_any_command_form_or_question_gets_an_answer(
    store: Store, capabilities: Capabilities, text: str
) -> None:
    # The first search for a city builds an index, which takes seconds once in a process.
    search_zones("London")
    talk = Talk(store, capabilities)
    anna = talk.person()
    if not await anna.is_kept():
        await (await anna.joined()).has_round()
    dispatcher: Dispatcher = talk.core.dispatcher
    events = [Used(anna.person, anna.direct, name, text) for name in COMMANDS]
    events += [
        Used(anna.person, anna.direct, name, options={argument.name: text for argument in command.arguments})
        for name, command in COMMANDS.items()
    ]
    events.append(Used(anna.person, anna.direct, text[:100], text))
    for form in ALL_FORMS.values():
        token = talk.core.tokens.make(form.name, ("1",) if form.name != "tf" else ("a",), anna.person)
        events.append(Filled(anna.person, anna.direct, token, {field.name: text for field in form.fields}))
        events += [Pressed(anna.person, anna.direct, token), Said(anna.person, anna.direct, text)]
    events.append(Pressed(anna.person, anna.direct, talk.core.tokens.make(ANSWER, ("ra", "number", "1"), anna.person)))
    for event in events:
        answer = await dispatcher.handle(event, capabilities)
        assert isinstance(answer, Answer)
        screen = talk.show(answer, anna.person)
        assert screen.pages or screen.form
        assert "Something went wrong" not in "".join(screen.pages), event


async def test_what_was_missed_is_told_only_where_it_is_sure_to_be_seen(anna: Voice) -> None:
    await anna.does(Reachable(anna.person, reachable=False))
    # A visible command in a group is answered in the direct chat, which is closed: nothing counts as told.
    await anna.says("/nextlab", in_group=True)
    assert "refused for a while" not in anna.text
    await anna.says("/nextlab")
    assert anna.sees("My messages to you were refused for a while.")
    await anna.says("/nextlab")
    assert "refused for a while" not in anna.text
