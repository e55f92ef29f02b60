from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

import builders
from bot.chat.capabilities import Capabilities
from bot.chat.replies import Choice, Field, FieldKind, Form, Reply, say
from bot.errors import MemberError
from bot.members.calls import Call
from bot.members.guide import ANSWER, OPEN_FOR, Completed, Guide
from builders import NOW
from storage.store import SqlWork, Store

FIRST_DAY, DAYS, PLACE = say("form.round.first_day"), say("form.round.days"), say("form.settings.zone")
FORM = Form(
    "round",
    say("round.title"),
    (
        Field("first_day", FIRST_DAY, hint=say("form.example"), most_characters=20),
        Field("days", DAYS, kind=FieldKind.CHOICE, choices=(Choice("3", "3"), Choice("5", say("form.usual")))),
        Field("place", PLACE, default="home"),
    ),
    arguments=("1",),
)
GUIDE = Guide({FORM.name: FORM})
ASKING = Reply(form=FORM)
ANNA = builders.person()


def _call(*, hours: float = 0, capabilities: Capabilities | None = None, set_up: bool = True) -> Call:
    now = NOW + timedelta(hours=hours)
    who = builders.member(set_up=set_up)
    return Call(ANNA, builders.direct(ANNA), now, who, capabilities or builders.capabilities())


@pytest.fixture
async def work(store: Store) -> AsyncIterator[SqlWork]:
    async with store.work() as work:
        await builders.join(work, builders.member())
        yield work


async def _answer(work: SqlWork, *texts: str) -> Reply | Completed | None:
    step = None
    for text in texts:
        step = await GUIDE.said(work, _call(), text)
    return step


async def test_a_form_is_asked_one_question_at_a_time_until_it_is_complete(work: SqlWork) -> None:
    first = await GUIDE.begin(work, _call(), ASKING)
    assert (first.lines, first.title, first.direct) == ((FIRST_DAY, say("form.example")), FORM.title, True)
    second = await _answer(work, " 5 Dec 2026 ")
    assert isinstance(second, Reply)
    assert second.lines == (DAYS,)
    third = await _answer(work, "3")
    assert isinstance(third, Reply)
    assert third.lines == (PLACE,)
    assert await _answer(work, "away") == Completed(
        "round", ("1",), {"first_day": "5 Dec 2026", "days": "3", "place": "away"}
    )
    assert await GUIDE.said(work, _call(), "anything") is None


async def test_every_question_can_be_stopped(work: SqlWork) -> None:
    question = await GUIDE.begin(work, _call(), ASKING)
    stop = question.buttons[-1][0]
    assert (stop.action, stop.arguments) == (ANSWER, ("round",))
    assert await GUIDE.tapped(work, _call(), stop.arguments) == Reply((say("form.stopped"),))
    assert await GUIDE.said(work, _call(), "5 Dec") is None


async def test_a_question_that_is_stopped_in_the_set_up_says_how_to_go_on(work: SqlWork) -> None:
    question = await GUIDE.begin(work, _call(), ASKING)
    stopped = await GUIDE.tapped(work, _call(set_up=False), question.buttons[-1][0].arguments)
    assert stopped == Reply((say("form.stopped_set_up"),))


async def test_choices_and_defaults_can_be_tapped(work: SqlWork) -> None:
    await GUIDE.begin(work, _call(), ASKING)
    question = await _answer(work, "5 Dec")
    assert isinstance(question, Reply)
    assert [button.arguments for button in question.buttons[0]] == [("round", "days", "3"), ("round", "days", "5")]
    question = await GUIDE.tapped(work, _call(), ("round", "days", "5"))
    assert isinstance(question, Reply)
    assert question.buttons[0][0].label == say("form.skip")
    done = await GUIDE.tapped(work, _call(), question.buttons[0][0].arguments)
    assert isinstance(done, Completed)
    assert done.values == {"first_day": "5 Dec", "days": "5", "place": "home"}


@pytest.mark.parametrize(
    ("answers", "key"),
    [
        (["  "], "form.empty"),
        (["x" * 21], "form.too_long"),
        (["5 Dec", "four"], "form.no_such_choice"),
    ],
    ids=["nothing", "too long", "not one of the choices"],
)
async def test_an_answer_that_does_not_fit_leaves_the_question_open(
    work: SqlWork, answers: list[str], key: str
) -> None:
    await GUIDE.begin(work, _call(), ASKING)
    open_question = await _answer(work, *answers[:-1]) or await GUIDE.resume(work, _call())
    with pytest.raises(MemberError) as caught:
        await _answer(work, answers[-1])
    assert caught.value.key == key
    assert await GUIDE.resume(work, _call()) == open_question


@pytest.mark.parametrize(
    "taps",
    [(), ("other",), ("other", "first_day", "x"), ("round", "days", "3"), ("round", "nothing", "3")],
    ids=["nothing", "another form", "its answer", "a later question", "no question of it"],
)
async def test_a_button_of_another_question_is_closed(work: SqlWork, taps: tuple[str, ...]) -> None:
    await GUIDE.begin(work, _call(), ASKING)
    with pytest.raises(MemberError, match=r"form\.closed"):
        await GUIDE.tapped(work, _call(), taps)


async def test_a_button_without_an_open_form_is_closed(work: SqlWork) -> None:
    with pytest.raises(MemberError, match=r"form\.closed"):
        await GUIDE.tapped(work, _call(), ("round",))


async def test_a_question_stays_open_for_a_day_from_the_last_answer(work: SqlWork) -> None:
    await GUIDE.begin(work, _call(), ASKING)
    assert await GUIDE.said(work, _call(hours=23), "5 Dec") is not None
    assert await GUIDE.resume(work, _call(hours=46)) is not None
    assert await GUIDE.resume(work, _call(hours=23 + OPEN_FOR / timedelta(hours=1))) is None
    assert await GUIDE.said(work, _call(hours=48), "3") is None


async def test_a_platform_with_forms_gets_the_form_itself(work: SqlWork) -> None:
    call = _call(capabilities=replace(builders.capabilities(), forms=True))
    assert await GUIDE.begin(work, call, ASKING) is ASKING
    assert await GUIDE.resume(work, call) is None


async def test_a_reply_without_a_form_is_left_alone(work: SqlWork) -> None:
    reply = Reply((say("form.stopped"),))
    assert await GUIDE.begin(work, _call(), reply) is reply


async def test_a_form_that_is_no_longer_asked_is_forgotten_kindly(work: SqlWork) -> None:
    await GUIDE.begin(work, _call(), ASKING)
    later = Guide({})
    assert await later.resume(work, _call()) is None
    assert await later.said(work, _call(), "5 Dec") is None
    with pytest.raises(MemberError, match=r"form\.closed"):
        await later.tapped(work, _call(), ("round", "first_day", "5 Dec"))
