"""The order of work."""

import asyncio
from datetime import timedelta

import pytest

from adapters.telegram.lanes import Lanes


async def test_one_persons_work_is_done_in_order_and_others_do_not_wait() -> None:
    lanes, gate, done = Lanes(), asyncio.Event(), []

    async def work(name: str, *, waits: bool = False) -> None:
        if waits:
            await gate.wait()
        done.append(name)

    lanes.add("anna", lambda: work("anna 1", waits=True))
    lanes.add("anna", lambda: work("anna 2"))
    lanes.add("ben", lambda: work("ben"))
    await asyncio.sleep(0.01)
    assert done == ["ben"]
    gate.set()
    await lanes.idle()
    assert done == ["ben", "anna 1", "anna 2"]


async def test_work_that_fails_does_not_hold_up_what_comes_after() -> None:
    lanes, done = Lanes(), []

    async def work(*, fails: bool) -> None:
        await asyncio.sleep(0)
        if fails:
            raise ZeroDivisionError
        done.append("done")

    failures = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: failures.append(context["exception"]))
    lanes.add("anna", lambda: work(fails=True))
    lanes.add("anna", lambda: work(fails=False))
    await lanes.idle()
    assert done == ["done"]


async def test_what_does_not_end_in_time_is_cancelled() -> None:
    lanes, cancelled = Lanes(), []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append("cancelled")
            raise

    async with asyncio.timeout(5):
        lanes.add("anna", work)
        lanes.add("anna", work)
        await asyncio.sleep(0)
        await lanes.finish(timedelta(seconds=0.01))
        await lanes.finish(timedelta(seconds=0.01))
    assert cancelled == ["cancelled"]


@pytest.mark.parametrize("call", [Lanes.idle, lambda lanes: lanes.finish(timedelta())], ids=["idle", "finish"])
async def test_with_nothing_to_do_nobody_waits(call: object) -> None:
    async with asyncio.timeout(1):
        await call(Lanes())
