"""The probe finds what it is there to find, and nothing else: otherwise that it finds nothing would mean nothing."""

import asyncio
import gc
import time
from pathlib import Path

import pytest

from bot.chat.people import Reader
from bot.chat.replies import say
from bot.words.catalogue import PlainMarkup, Writer
from fakes.loop_probe import COLLECTING, LIMIT_SECONDS, LoopProbe

FAR_TOO_LONG = 3 * LIMIT_SECONDS


def work(seconds: float = FAR_TOO_LONG) -> None:
    """Use the processor for so long, whatever else it does meanwhile."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


async def test_it_finds_what_computes_in_the_loop_and_says_where() -> None:
    probe = LoopProbe()
    with probe.watching():
        await asyncio.sleep(0)
        work()
        await asyncio.sleep(0)
    assert [held.seconds >= FAR_TOO_LONG for held in probe.held] == [True]
    assert any("test_loop_probe.py" in place and "work" in place for place in probe.held[0].places)


class SlowMarkup(PlainMarkup):
    """Takes its time over every piece of text."""

    def escape(self, text: str) -> str:
        work()
        return text


async def test_it_finds_what_our_own_code_computes() -> None:
    probe = LoopProbe()
    writer = Writer(Reader("en"), SlowMarkup())
    with probe.watching():
        await asyncio.sleep(0)
        writer.write(say("error.command"))
        await asyncio.sleep(0)
    assert len(probe.faults) == 1
    assert any("bot/words/catalogue.py" in place for place in probe.faults[0].places)
    assert probe.longest == probe.faults[0]


@pytest.mark.skipif(not Path("/proc/self/syscall").exists(), reason="only Linux tells in which call a thread sleeps")
async def test_it_finds_what_sleeps_in_the_loop() -> None:
    probe = LoopProbe()
    with probe.watching():
        await asyncio.sleep(0)
        time.sleep(10 * LIMIT_SECONDS)  # noqa: ASYNC251 - that is what is to be found
        await asyncio.sleep(0)
    assert [held.is_of_tests for held in probe.held] == [True]
    assert any("test_loop_probe.py" in place for place in probe.held[0].places)


async def test_what_works_in_a_thread_or_waits_properly_is_no_fault() -> None:
    probe = LoopProbe()
    with probe.watching():
        await asyncio.gather(asyncio.to_thread(work), asyncio.sleep(FAR_TOO_LONG))
    assert probe.held == []


async def test_the_work_of_a_fake_server_is_not_the_programs() -> None:
    probe = LoopProbe()
    with probe.watching():
        await asyncio.sleep(0)
        work()
        await asyncio.sleep(0)
    assert probe.held != []
    assert list(probe.faults) == []


async def test_it_finds_a_collection_of_garbage_in_any_thread() -> None:
    probe = LoopProbe(limit_seconds=0.0)
    with probe.watching():
        await asyncio.to_thread(gc.collect)
        gc.collect()
    assert COLLECTING in [held.callback for held in probe.faults]
    assert [COLLECTING] in [list(held.places) for held in probe.faults]


async def test_the_library_is_put_back() -> None:
    before = asyncio.Handle._run  # noqa: SLF001 - what the probe stands in for
    with LoopProbe().watching():
        assert asyncio.Handle._run is not before  # noqa: SLF001 - as above
    assert asyncio.Handle._run is before  # noqa: SLF001 - as above
