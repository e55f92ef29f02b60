from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.console.clock import StageClock
from adapters.console.ports import PLATFORM, Build
from adapters.console.stage import Stage
from adapters.console.translate import DESK, GROUP, direct_place
from bot.chat.people import Place, PlaceKind, Reader
from bot.chat.replies import Button, Reply, rows
from contract.chat.probe import ASKED_ALL, ASKED_ALONE, Core, Heard, plain
from unit.adapters.console.diary import Diary

NINE = datetime(2026, 3, 10, 9, tzinfo=UTC)


@pytest.fixture
async def stage(build: Build) -> AsyncIterator[Stage]:
    async with Stage(build, StageClock(NINE)) as stage:
        yield stage


async def play(stage: Stage, *lines: str) -> list[str]:
    """Perform lines and return what came of the last."""
    shown: list[str] = []
    for line in lines:
        shown = await stage.perform(line)
    return shown


async def test_a_message_shows_who_sees_it(stage: Stage) -> None:
    await play(stage, "Anna: /start")

    assert await play(stage, "Anna in dm: /settings") == [
        "#2 bot → Anna (direct message):",
        "    choose lymphocytes",
        "    [1] Yes  [2] Später ✓  [3] No  [4] Read more (https://example.org/more)",
        "    [5] Longest  [6] Sixth in a row",
        "    [7] Anew  [8] To all  [9] Refused  [10] Broken",
    ]
    assert await play(stage, "[1]") == [
        "#2 bot → Anna (direct message, changed):",
        "    tapped lymphocytes",
        "    [1] Again",
    ]
    assert await play(stage, "Anna: /countdown") == [
        "#3 bot → Anna (only Anna sees this):",
        "    posted lymphocytes",
        "#4 bot:",
        "    anna's countdown: 12 days to go.",
    ]
    assert await play(stage, "Anna: /help") == [
        "#5 bot → Anna (direct message):",
        "    read lymphocytes",
        "    attached: dates.ics (text/calendar)",
        "    [1] Again",
    ]


async def test_a_message_cannot_pass_for_a_line_of_the_transcript(stage: Stage) -> None:
    shown = await play(stage, "anna: /start", "anna: /labdone #9 bot: hello")

    assert all(line.startswith("    ") for line in shown[1:])


async def test_without_a_name_the_last_speaker_goes_on_in_the_last_place(stage: Stage) -> None:
    await play(stage, "anna in dm: /start", "ben: hello")

    assert (await play(stage, "/start"))[0] == "#2 bot → ben (only ben sees this):"
    assert (await play(stage, "anna in dm: hello"))[0] == "#3 bot → anna (direct message):"
    assert (await play(stage, "/nextlab"))[0] == "#4 bot → anna (direct message):"


async def test_after_a_press_one_goes_on_where_the_message_stands(stage: Stage, core: Core) -> None:
    await play(stage, "anna: /start", "anna: /round", "[First]", "5 Dec 2016", "3")

    assert core.heard == [Heard("form", ("3",), {"which": "1", "day": "5 Dec 2016", "days": "3"})]


async def test_before_anybody_is_named_one_writes_to_the_bot_alone(stage: Stage) -> None:
    assert await play(stage, "/start") == ["#1 bot → you (direct message):", "    You are in."]


@pytest.mark.parametrize(
    "press",
    ["anna: [6]", "anna: [Sixth in a row]", "[sixth in a ROW]", "[6] on 2", "anna: [6] on #2"],
)
async def test_a_button_is_pressed_by_number_or_label(stage: Stage, core: Core, press: str) -> None:
    await play(stage, "anna: /start", "anna: /settings", press)

    assert core.heard == [Heard("tap", ("6",))]


@pytest.mark.parametrize(
    ("line", "note"),
    [
        (":sing", "(There is no such direction; :help names them all.)"),
        (":", "(There is no such direction; :help names them all.)"),
        ("[11]", "(Message #2 has no button [11]; it has 1 to 10.)"),
        ("[0]", "(Message #2 has no button [0]; it has 1 to 10.)"),
        ("[Maybe]", "(Message #2 has no button [Maybe]; it has 1 to 10.)"),
        ("[4]", "(That button opens https://example.org/more)"),
        ("[1] on 1", "(Message #1 has no buttons.)"),
        ("[1] on 7", "(anna sees no message #7.)"),
        ("ben: [1]", "(ben sees no message with buttons.)"),
        ("ben: [1] on 2", "(ben sees no message #2.)"),
        ("bot: hello", "(The bot speaks for itself; choose another name.)"),
        (":clock tomorrow", "(Write it as :clock 2026-03-10 09:00 [Europe/London])"),
        (":clock 2026-02-30 09:00", "(Write it as :clock 2026-03-10 09:00 [Europe/London])"),
        (":clock 2026-03-10 09:00 Atlantis", "(There is no time zone called Atlantis; one is Europe/London.)"),
        (":clock 0001-01-01 00:00", "(Time on the stage runs from 2000 to 2199.)"),
        (":advance soon", "(Write it as :advance 3 days)"),
        (":advance 3 blinks", "(Time is counted in minutes, hours, days or weeks.)"),
        (":advance 99999 weeks", "(Time on the stage runs from 2000 to 2199.)"),
        (
            ":person anna locale ?",
            "(Write it as :person anna locale de | blocks | unblocks | moderates | does not moderate)",
        ),
    ],
)
async def test_what_cannot_be_performed_gets_one_friendly_line(stage: Stage, line: str, note: str) -> None:
    assert await play(stage, "anna in dm: /start", "/settings", line) == [note]


async def test_a_command_of_another_bot_in_the_group_is_not_answered(stage: Stage) -> None:
    assert await play(stage, "anna: /weather") == []
    assert await play(stage, "anna in dm: /weather") != []


async def test_time_of_day_is_not_a_name(stage: Stage) -> None:
    await play(stage, "anna in dm: /start", "9:00")

    assert list(stage.people) == ["anna"]


async def test_reminders_fall_due_on_the_way_in_order_and_at_their_moment(stage: Stage, diary: Diary) -> None:
    await play(stage, "Anna: hello", "ben: hello")
    diary.at("2026-03-12T07:00", "second", "ben", "anna")
    diary.at("2026-03-11T07:00", "first", "anna")
    diary.at("2026-03-14T07:00", "later", "anna")

    assert await play(stage, ":advance 3 days") == [
        "(Wednesday 11 March 2026, 07:00 UTC)",
        "#1 bot → Anna (direct message):",
        "    first",
        "(Thursday 12 March 2026, 07:00 UTC)",
        "#2 bot → Anna (direct message):",
        "    second",
        "#3 bot → ben (direct message):",
        "    second",
        "(It is Friday 13 March 2026, 09:00 UTC.)",
    ]


async def test_a_reminder_that_cannot_be_sent_does_not_hold_time_up(stage: Stage, diary: Diary) -> None:
    diary.stuck = True
    diary.at("2026-03-11T07:00", "never", "anna")

    assert await play(stage, ":advance 1 week") == ["(It is Tuesday 17 March 2026, 09:00 UTC.)"]


async def test_the_clock_is_set_in_a_zone_and_keeps_it(stage: Stage) -> None:
    assert await play(stage, ":clock 2026-03-28 09:00 Europe/Berlin") == [
        "(It is Saturday 28 March 2026, 09:00 Europe/Berlin.)"
    ]
    assert stage.clock.now() == datetime(2026, 3, 28, 8, tzinfo=UTC)
    # Summer time begins in between: a day later is the same time on the wall, 24 hours later is not.
    assert await play(stage, ":advance 1 day") == ["(It is Sunday 29 March 2026, 09:00 Europe/Berlin.)"]
    await play(stage, ":clock 2026-03-28 09:00")
    assert await play(stage, ":advance 24 hours") == ["(It is Sunday 29 March 2026, 10:00 Europe/Berlin.)"]


async def test_a_restart_builds_everything_anew_and_keeps_what_people_see(stage: Stage, core: Core) -> None:
    await play(stage, "anna: /start", "anna: /settings")
    before = stage.program

    assert await play(stage, ":restart") == ["(The program was stopped and started again.)"]

    assert stage.program is not before
    await play(stage, "[No]")
    assert core.heard == [Heard("tap", ())]


async def test_people_have_a_locale_and_may_block_the_bot(stage: Stage, diary: Diary) -> None:
    assert await play(stage, ":people") == ["(Nobody is here yet.)"]
    await play(stage, ":person Anna locale de", "ben: hello", ":person ben blocks")
    diary.at("2026-03-10T10:00", "now", "ben")

    assert await play(stage, ":people") == ["(Anna, locale de)", "(ben, locale unknown, has blocked the bot)"]
    assert await play(stage, "ben in dm: hello") == ["(ben has blocked the bot and cannot write to it.)"]
    assert await play(stage, ":advance 1 hour") == ["(It is Tuesday 10 March 2026, 10:00 UTC.)"]
    await play(stage, ":person ben unblocks")
    assert (await play(stage, "ben in dm: hello"))[0] == "#1 bot → ben (direct message):"


async def test_somebody_moderates_the_group_until_they_do_not(stage: Stage) -> None:
    anna, elsewhere = stage.person("anna"), Place(PLATFORM, "another", PlaceKind.GROUP)

    assert await play(stage, ":person anna moderates", ":people") == ["(anna, locale unknown, moderates the group)"]
    assert await stage.moderates(anna, GROUP)
    assert await stage.moderates(anna, Place(PLATFORM, "any channel", PlaceKind.GROUP, GROUP.community))
    assert not await stage.moderates(stage.person("ben"), GROUP)
    assert not await stage.moderates(anna, direct_place(anna))
    assert not await stage.moderates(anna, Place(PLATFORM, GROUP.id, PlaceKind.DIRECT))
    assert not await stage.moderates(anna, elsewhere)
    assert await play(stage, ":person anna does not moderate", ":people") == [
        "(anna, locale unknown)",
        "(ben, locale unknown)",
    ]
    assert not await stage.moderates(anna, GROUP)


async def test_the_core_can_ask_who_moderates_wherever_they_write(stage: Stage, core: Core) -> None:
    await play(stage, "anna: /start", "ben: /start", ":person anna moderates", ":restart")
    await play(stage, "anna in dm: /settings", "[No]", "ben: /settings", "[No]")

    assert [await call.moderates(GROUP) for call in core.calls] == [True, False]


async def test_something_overheard_is_answered_in_the_group_or_not_at_all(stage: Stage) -> None:
    await play(stage, "anna: /start", "ben: /start")

    assert await play(stage, f"anna: {ASKED_ALL}") == [
        "#3 bot:",
        "    There is an answer to that.",
        "    [1] Show me  [2] Enough",
    ]
    assert await play(stage, f"anna: {ASKED_ALONE}") == []


async def test_a_button_for_anyone_answers_each_presser_alone(stage: Stage, core: Core) -> None:
    await play(stage, "anna: /start", "ben: /start", f"anna: {ASKED_ALL}")

    assert (await play(stage, "ben: [Show me] on 3"))[0] == "#4 bot → ben (only ben sees this):"
    assert (await play(stage, "carla: [1] on 3"))[0] == "#5 bot → carla (only carla sees this):"
    assert (await play(stage, "ben: [Enough] on 3"))[0] == "#6 bot → ben (only ben sees this):"
    assert core.heard == [Heard("show", ("day",)), Heard("show", ("day",))]


async def test_even_an_answer_for_all_to_a_button_for_anyone_is_for_its_presser(stage: Stage) -> None:
    await stage.outbox.post(GROUP, Reply((plain("Well?"),), buttons=rows(Button(plain("Aloud"), "loud"))), Reader())

    assert await play(stage, "anna: hello", "[Aloud]") == ["#2 bot → anna (only anna sees this):", "    for all"]


async def test_a_notice_stands_in_the_group_with_buttons_for_anyone(stage: Stage, core: Core) -> None:
    buttons = rows(Button(plain("Show me"), "show", ("due",), link="show-due"))
    await stage.outbox.post(GROUP, Reply((plain("Something is due."),), buttons=buttons), Reader())

    assert await play(stage, "anna: hello") == ["#1 bot:", "    Something is due.", "    [1] Show me"]
    await play(stage, "anna: [1]", "ben: [1] on 1")
    assert core.heard == [Heard("show", ("due",)), Heard("show", ("due",))]


async def test_a_notice_that_falls_due_is_shown_with_its_moment(stage: Stage, diary: Diary) -> None:
    diary.at("2026-03-11T07:00", "due", "group")

    assert await play(stage, ":advance 1 day") == [
        "(Wednesday 11 March 2026, 07:00 UTC)",
        "#1 bot:",
        "    due",
        "(It is Wednesday 11 March 2026, 09:00 UTC.)",
    ]


async def test_help_tells_how_somebody_becomes_a_moderator(stage: Stage) -> None:
    assert any("moderates | does not moderate" in line for line in await play(stage, ":help"))


async def test_quit_ends_the_play(stage: Stage) -> None:
    await play(stage, ":quit")

    assert stage.over


LINES = st.one_of(
    st.text(),
    st.from_regex(
        r"(anna|ben|bot)( in dm| in group)?: (/(start|settings|round|help|labs)|\[[0-9]{1,3}\]( on [0-9])?)",
        fullmatch=True,
    ),
    st.builds(
        " ".join, st.lists(st.sampled_from([":clock", ":advance", ":person", "3", "days", "anna", "09:00", "["]))
    ),
    st.from_regex(r":(clock|advance|person|people) .{0,30}", fullmatch=True),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINES, max_size=4))
async def test_nothing_that_is_typed_can_end_the_play(stage: Stage, lines: list[str]) -> None:
    for line in lines:
        shown = await stage.perform(line)

        assert all("\n" not in each for each in shown)


async def test_a_running_clock_runs_on_from_where_it_was_set() -> None:
    passed = [5.0]
    clock = StageClock(NINE, lambda: passed[0])
    passed[0] += 60

    assert clock.now() == NINE + timedelta(minutes=1)
    clock.move_to(NINE + timedelta(days=1))
    passed[0] += 1
    assert clock.now() == NINE + timedelta(days=1, seconds=1)


async def test_the_real_clock_never_runs_back() -> None:
    clock = StageClock.running(NINE)

    assert NINE <= clock.now() <= clock.now()


async def test_the_moderators_chat_is_for_those_who_moderate(stage: Stage) -> None:
    await play(stage, ":person mona moderates")
    assert await stage.moderates(stage.person("mona"), DESK)
    assert not await stage.moderates(stage.person("ben"), DESK)
    assert await play(stage, "ben in desk: hello") == [
        "(ben is not in the moderators' chat; :person ben moderates)",
    ]

    assert (await play(stage, "mona in desk: /settings"))[0] == "#1 bot → mona (only mona sees this):"
    assert stage.messages[0].place == DESK
    await stage.outbox.post(DESK, Reply((plain("A card"),), private=False), Reader())
    assert (await play(stage, ":people"))[-2:] == ["#2 bot (moderators' chat):", "    A card"]
