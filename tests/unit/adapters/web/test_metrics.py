"""The figures: what they count, and that nothing but closed sets of words can be part of them."""

import asyncio
import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from adapters.web.lag import watch_lag
from adapters.web.metrics import Metrics
from bot import errors
from bot.errors import StorageError
from bot.meter import Counts
from bot.reminders.reminder import TO_TELL, Kind
from bot.triage.assessment import Label

HEALTH_WORDS = (
    *(label.value for label in Label if label is not Label.NONE),
    *("crisis", "medical", "distress", "urgent", "lab", "round", "infusion", "alemtuzumab", "blood", "drug", "test"),
)
LABELS = {
    "platform": {"telegram", "discord", "console", "other"},
    "error": {*errors.__all__, "other"},
    "status": {*(status.value for status in TO_TELL), "other"},
    "priority": {"high", "ordinary", "other"},
    "le": None,
}


async def none() -> Counts:
    return Counts()


async def shown(metrics: Metrics) -> dict[str, float]:
    """Every sample by its name and labels."""
    text = (await metrics.expose()).decode()
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


async def test_what_stands_in_the_database_is_told() -> None:
    async def counts() -> Counts:
        return Counts(
            due=7,
            waiting_seconds=12.5,
            untold={"in_doubt": 2, "missed": 1},
            flags_open={"crisis": 1, "urgent": 2, "promotion": 4, "medical_question": 3},
        )

    found = await shown(Metrics(counts))
    assert found["roundtable_database_up"] == 1
    assert found["roundtable_reminders_due"] == 7
    assert found["roundtable_reminders_waiting_seconds"] == 12.5
    untold = {status.value: found[f"roundtable_reminders_untold{{status={status.value}}}"] for status in TO_TELL}
    assert untold == {"missed": 1, "undeliverable": 0, "in_doubt": 2, "dead": 0}
    assert found["roundtable_flags_open{priority=high}"] == 3
    assert found["roundtable_flags_open{priority=ordinary}"] == 7


async def test_what_happens_is_counted() -> None:
    metrics = Metrics(none)
    before = await shown(metrics)
    assert before["roundtable_reminders_sent_total{platform=telegram}"] == 0
    metrics.sent("telegram", timedelta(seconds=3))
    metrics.sent("telegram", timedelta(days=2))
    metrics.sent("discord", timedelta(seconds=-1))
    metrics.failed("discord", "RateLimited")
    metrics.reviewed(timedelta(minutes=10))
    metrics.lagged(timedelta(milliseconds=20))
    metrics.lagged(timedelta(milliseconds=10))
    found = await shown(metrics)
    assert found["roundtable_reminders_sent_total{platform=telegram}"] == 2
    assert found["roundtable_reminders_sent_total{platform=discord}"] == 1
    assert found["roundtable_reminder_lateness_seconds_bucket{le=1.0}"] == 1
    assert found["roundtable_reminder_lateness_seconds_bucket{le=5.0}"] == 2
    assert found["roundtable_reminder_lateness_seconds_bucket{le=259200.0}"] == 3
    assert found["roundtable_delivery_failures_total{error=RateLimited,platform=discord}"] == 1
    assert found["roundtable_flag_review_seconds_count"] == 1
    assert found["roundtable_flag_review_seconds_sum"] == 600
    assert found["roundtable_loop_lag_seconds_count"] == 2
    assert found["roundtable_loop_lag_worst_seconds"] == pytest.approx(0.02)
    assert found["process_resident_memory_bytes"] > 0


async def test_without_the_database_no_old_figure_is_told_for_a_new_one() -> None:
    answers: list[Counts | Exception] = [Counts(due=7), StorageError("gone"), Counts(due=1)]

    async def counts() -> Counts:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    metrics = Metrics(counts)
    metrics.sent("telegram", timedelta())
    found = [await shown(metrics) for _ in range(3)]
    assert [each["roundtable_database_up"] for each in found] == [1, 0, 1]
    assert [each["roundtable_database_late"] for each in found] == [0, 0, 0]
    assert [each.get("roundtable_reminders_due") for each in found] == [7, None, 1]
    assert [each["roundtable_reminders_sent_total{platform=telegram}"] for each in found] == [1, 1, 1]


async def test_a_database_that_does_not_answer_holds_no_figure_up() -> None:
    async def hang() -> Counts:
        await asyncio.Event().wait()
        raise AssertionError

    found = await shown(Metrics(hang, patience=timedelta(milliseconds=20)))
    assert found["roundtable_database_late"] == 1
    assert "roundtable_reminders_due" not in found
    # It may only be slow to count: that is not the same as being down.
    assert "roundtable_database_up" not in found


async def test_two_meters_share_nothing() -> None:
    one, other = Metrics(none), Metrics(none)
    one.failed("telegram", "Blocked")
    assert "roundtable_delivery_failures_total{error=Blocked,platform=telegram}" not in await shown(other)


@settings(max_examples=40, deadline=None)
@given(
    anything=st.lists(
        st.one_of(
            st.text(),
            st.integers(10**6, 10**18).map(str),
            st.sampled_from([*HEALTH_WORDS, *(kind.value for kind in Kind), 'x"} 1\nmember{id="11', "-1001234567890"]),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_it_is_given_only_words_of_closed_sets_are_told(anything: list[str]) -> None:
    async def counts() -> Counts:
        figures = dict.fromkeys(anything, 1)
        return Counts(due=1, untold=figures, flags_open=figures)

    async def told() -> str:
        metrics = Metrics(counts)
        for word in anything:
            metrics.sent(word, timedelta(seconds=1))
            metrics.failed(word, word)
        return (await metrics.expose()).decode()

    text = asyncio.run(told())
    names = set()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            names.add(sample.name)
            for label, value in sample.labels.items():
                allowed = LABELS[label]
                assert re.fullmatch(r"[0-9.+eInf]+", value) if allowed is None else value in allowed, value
    for name in names:
        assert name.startswith(("roundtable_", "process_")), name
        assert not set(name.removeprefix("roundtable_").split("_")) & set(HEALTH_WORDS), name


async def test_how_late_the_loop_wakes_up_is_measured() -> None:
    late: list[timedelta] = []
    slept = asyncio.Event()

    class Noted:
        def lagged(self, by: timedelta) -> None:
            late.append(by)
            if len(late) == 3:
                slept.set()

    async def oversleep(seconds: float) -> None:
        await asyncio.sleep(seconds + 0.02)

    watching = asyncio.create_task(watch_lag(Noted(), timedelta(milliseconds=1), oversleep))
    await asyncio.wait_for(slept.wait(), 60)
    watching.cancel()
    assert min(late) >= timedelta(milliseconds=15)
