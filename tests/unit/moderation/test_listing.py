"""``/flags``, ``/flagstats`` and ``/audit``."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

import builders
from bot.moderation.duty import ALL, FIRST, NEXT, called, from_next, on_duty
from bot.moderation.figures import duration, exported, figure_lines, summary_of
from bot.moderation.flag import FORGOTTEN, Deed, Flag, Note, Origin, State
from bot.moderation.policy import Duty
from bot.triage.assessment import Label
from storage.store import Store
from unit.journey.talk import FORMS, GUIDED
from unit.moderation.desk_talk import CHAT, DeskTalk, desk_over

MONA, NORA = builders.person("mona"), builders.person("nora")


@pytest.fixture(params=[GUIDED, FORMS], ids=["guided", "forms"])
async def talk(store: Store, request: pytest.FixtureRequest) -> DeskTalk:
    return await desk_over(store, request.param).watches()


async def test_open_flags_are_listed_danger_first_and_paged(talk: DeskTalk) -> None:
    for _ in range(6):
        await talk.flags(shown=False)
    await talk.flags(Label.CRISIS, shown=False)
    mona = talk.moderator()
    await mona.uses_here("flags")
    assert mona.sees("7 flags.", "Somebody may be in danger")
    assert mona.labels[:5] == [
        "1: Somebody may be in danger",
        *[f"{number}: Medical question" for number in range(2, 6)],
    ]
    await mona.goes("More")
    assert mona.labels[:2] == ["6: Medical question", "7: Medical question"]


async def test_mine_and_closed_and_by_label(talk: DeskTalk) -> None:
    mona = talk.moderator()
    mine, done, _ = await talk.flags(), await talk.flags(Label.PROMOTION), await talk.flags(Label.DISTRESS)
    await mona.taps(mine, "Claim")
    await mona.taps(done, "Resolved")
    await mona.uses_here("flags")
    await mona.goes("Mine")
    assert mona.sees("1 flag.", "Medical question", "claimed by Mona")
    await mona.goes("Closed")
    assert mona.sees("1 flag.", "Advertising", "resolved")
    await mona.goes("By label")
    assert mona.labels[:2] == ["Medical question: 1", "Low mood: 1"]
    await mona.goes("Low mood: 1")
    assert mona.sees("1 flag.", "Low mood")


async def test_words_are_looked_for_in_reasons_notes_and_quotations(talk: DeskTalk) -> None:
    await talk.flags(shown=False, quote="about the Parking place")
    await talk.flags(shown=False, notes=(Note(MONA, "parking again", builders.NOW),))
    await talk.flags(shown=False, reasons=("names a dose",))
    mona = talk.moderator()
    await mona.uses_here("flags", "parking")
    assert mona.sees("2 flags.")
    await mona.goes("Search")
    await mona.types("dose")
    assert mona.sees("1 flag.")
    await mona.uses_here("flags", "nothing like it")
    assert mona.sees("0 flags.", "There is nothing here.")


async def test_after_a_restart_the_words_are_asked_for_again(talk: DeskTalk) -> None:
    for _ in range(6):
        await talk.flags(shown=False)
    mona = talk.moderator()
    await mona.uses_here("flags", "stop")
    talk.restart()
    await mona.goes("More")
    assert mona.sees("Please type them again.")


async def test_nobody_sees_a_flag_on_themselves(talk: DeskTalk) -> None:
    flag = await talk.flags(shown=False)
    anna, mona = talk.moderator("anna"), talk.moderator()
    await anna.uses_here("flags")
    assert anna.sees("0 flags.")
    await mona.uses_here("flags")
    assert mona.sees("1 flag.")
    assert (await talk.flag(flag.id)).state is State.OPEN


async def test_flags_work_without_a_desk(store: Store) -> None:
    talk = await desk_over(store).watches(desk=None)
    flag = await talk.flags()
    mona = talk.moderator("mona", talk.group)
    await mona.uses_here("flags", place=talk.group)
    await mona.goes("1: Medical question", "Resolved")
    assert (await talk.flag(flag.id)).state is State.RESOLVED
    assert talk.town.posted == []


async def test_flags_of_another_community_are_not_listed(talk: DeskTalk) -> None:
    await talk.flags(shown=False)
    await talk.watches(chat_id="c0ffee01", place=talk.place("other"), desk=None)
    nina = talk.moderator("nina", talk.place("other"))
    await nina.uses_here("flags", place=talk.place("other"))
    assert nina.sees("0 flags.")


def flagged(
    label: Label = Label.PROMOTION, state: State = State.RESOLVED, minutes: int | None = 5, **more: object
) -> Flag:
    seen = None if minutes is None else builders.NOW + timedelta(minutes=minutes)
    plain = Flag("0" * 12, CHAT, Origin.HEARD, label, builders.group(), builders.NOW, rules=("a.rule",), state=state)
    plain = replace(plain, seen_at=seen, closed_by=None if state is State.OPEN else MONA)
    return replace(plain, **more)  # type: ignore[arg-type]  # fields of Flag


def test_figures_are_counted_from_verdicts_with_shadow_and_reports_apart() -> None:
    wrong = State.FALSE_ALARM
    summary = summary_of(
        [
            flagged(minutes=2),
            flagged(minutes=4),
            flagged(state=wrong, minutes=60),
            flagged(state=State.OPEN, minutes=None),
            flagged(Label.DISTRESS, wrong, 10, shadow=True, rules=("b.rule",)),
            flagged(origin=Origin.REPORTED, rules=()),
            flagged(origin=Origin.REPORTED, rules=(), closed_by=None),
        ]
    )
    ((label, count),) = summary.labels
    assert (label, count.flags, count.right, count.wrong, count.right_percent) == (Label.PROMOTION, 4, 2, 1, 67)
    assert [(label, count.right_percent) for label, count in summary.shadow] == [(Label.DISTRESS, 0)]
    assert [(label, count.flags, count.verdicts) for label, count in summary.members] == [(Label.PROMOTION, 2, 1)]
    assert [(rule, count.wrong, count.verdicts) for rule, count in summary.rules] == [("a.rule", 1, 3)]
    assert (summary.median, summary.worst, summary.unseen) == (timedelta(minutes=5), timedelta(hours=1), 1)


async def test_what_was_taken_back_is_no_verdict(talk: DeskTalk) -> None:
    await talk.flags(shown=False, state=State.RESOLVED, closed_at=builders.NOW)
    mona = talk.moderator()
    await mona.uses_here("flagstats")
    assert mona.sees("Medical question: 1 flag, not judged yet.")
    await mona.goes("Verdicts as a file")
    assert mona.sees("there are no verdicts")


def test_without_flags_there_are_no_figures() -> None:
    assert [line.key for line in figure_lines(summary_of([]))] == ["figures.none"]


@pytest.mark.parametrize(
    ("length", "key", "count"),
    [
        (timedelta(seconds=20), "figures.minutes", 1),
        (timedelta(minutes=119), "figures.minutes", 119),
        (timedelta(minutes=120), "figures.hours", 2),
        (timedelta(hours=47), "figures.hours", 47),
        (timedelta(hours=48), "figures.days", 2),
    ],
)
def test_a_length_is_told_in_its_largest_unit(length: timedelta, key: str, count: int) -> None:
    told = duration(length)
    assert (told.key, told.count) == (key, count)


async def test_flagstats_show_a_month_or_a_week(talk: DeskTalk) -> None:
    mona = talk.moderator()
    await mona.taps(await talk.flags(Label.PROMOTION), "Resolved")
    talk.clock.advance(timedelta(days=10))
    await mona.uses_here("flagstats")
    assert mona.sees("The last 30 days", "Advertising: 1 flag; of 1 judged, 100 % were right.", "half within 1 minute")
    await mona.goes("Last 7 days")
    assert mona.sees("The last 7 days", "No flags in this time.")


async def test_verdicts_are_exported_without_text_or_names(talk: DeskTalk) -> None:
    mona = talk.moderator()
    flag = await talk.flags(Label.PROMOTION, notes=(Note(MONA, "known to us", builders.NOW),))
    await talk.flags()
    await mona.taps(flag, "False alarm")
    await mona.uses_here("flagstats")
    await mona.goes("Verdicts as a file")
    assert mona.screen
    (file,) = mona.screen.files
    assert [json.loads(line) for line in file.content.splitlines()] == [
        {
            "id": flag.id,
            "origin": "heard",
            "label": "promotion",
            "verdict": "false_alarm",
            "rules": ["dose.ask"],
            "score": 0.75,
            "version": "rules 1",
            "at": "2026-03-10T09:00:00+00:00",
        }
    ]
    assert exported([]) == b""


async def test_the_record_tells_who_did_what(talk: DeskTalk) -> None:
    mona, flag = talk.moderator(), await talk.flags()
    await mona.taps(flag, "Claim")
    async with talk.store.work() as work:
        for what, by in (("lapsed", None), ("reported", None), ("resolved", FORGOTTEN), ("some_new_deed", NORA)):
            await work.deeds.add(Deed(CHAT, flag.id, what, talk.clock.now(), by, "detail" if by else ""))
        await work.commit()
    await mona.uses_here("audit")
    assert mona.sees(
        "Mona: claimed a flag (000000)",
        "The bot: gave a flag back whose time was over (000000)",
        "A member: reported a message (000000)",
        "Somebody whose name is not kept: closed a flag as resolved (000000 · detail)",
        "Nora: some new deed",
    )


async def test_the_record_is_paged(talk: DeskTalk) -> None:
    async with talk.store.work() as work:
        for number in range(12):
            await work.deeds.add(
                Deed(CHAT, "", "mode", talk.clock.now() + timedelta(seconds=number), MONA, f"n{number}")
            )
        await work.commit()
    mona = talk.moderator()
    await mona.uses_here("audit")
    assert mona.sees("(n11)", "(n2)")
    assert "(n1)" not in mona.text
    await mona.goes("More")
    assert mona.sees("(n1)", "(n0)")


# Who is called.


def test_who_is_on_duty_over_midnight() -> None:
    duty = Duty((MONA,), builders.NOW.time().replace(hour=22), builders.NOW.time().replace(hour=6), "UTC")
    assert [bool(on_duty(duty, builders.NOW.replace(hour=hour))) for hour in (21, 22, 0, 5, 6)] == [
        False, True, True, True, False,
    ]  # fmt: skip


def test_where_nobody_is_left_to_call_all_are_called() -> None:
    alone, nobody = Duty((MONA,)), Duty()
    assert called(alone, builders.NOW, NEXT, (NORA, MONA)) == (ALL, (MONA, NORA))
    assert called(nobody, builders.NOW, FIRST, (NORA,)) == (ALL, (NORA,))


def test_after_the_last_on_duty_comes_the_first() -> None:
    duty = Duty((MONA, NORA))
    assert from_next(duty, NORA).people == (MONA,)
    assert from_next(duty, MONA).people == (NORA,)
    assert from_next(Duty((MONA,)), MONA).people == ()
    assert from_next(duty, builders.person("olga")).people == (MONA, NORA)
