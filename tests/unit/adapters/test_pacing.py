"""A pace that stays below what a platform takes, and close to it."""

import asyncio
import random

import pytest

from adapters.pacing import Pace
from fakes.late_loop import run_late

CEILINGS = [(30, 0.4), (50, 0.8)]
SECONDS = 60


def turns(pace: Pace, seconds: float, late: float) -> list[float]:
    """When turns are given to many who always want the next; every timer comes up to so many seconds late."""
    chance = random.Random(7)  # noqa: S311 - it guards no secret

    async def take() -> list[float]:
        loop = asyncio.get_running_loop()
        taken: list[float] = []

        async def one() -> None:
            while loop.time() < seconds:
                await pace.turn()
                taken.append(loop.time())

        await asyncio.gather(*(one() for _ in range(4)))
        return [each for each in taken if each < seconds]

    return run_late(take, lambda: chance.uniform(0, late))


def most_within_a_second(taken: list[float], travel: float = 0) -> int:
    """The most turns in any second, where a call may take that much longer on its way than another."""
    return max(
        sum(first <= each <= first + 1 + travel for each in taken[at : at + 80]) for at, first in enumerate(taken)
    )


@pytest.mark.parametrize(("ceiling", "spare"), CEILINGS)
@pytest.mark.parametrize("late", [0.0, 0.01], ids=["in time", "late"])
def test_nearly_all_of_the_ceiling_is_used_and_never_more(ceiling: int, spare: float, late: float) -> None:
    taken = turns(Pace(ceiling, spare), SECONDS, late)
    assert len(taken) / SECONDS >= 0.95 * ceiling
    assert most_within_a_second(taken, travel=0.012) <= ceiling


@pytest.mark.parametrize(("ceiling", "spare"), CEILINGS)
def test_a_loop_that_stands_still_now_and_then_does_not_burst_afterwards(ceiling: int, spare: float) -> None:
    taken = turns(Pace(ceiling, spare), SECONDS, late=0.3)
    assert most_within_a_second(taken) <= ceiling


@pytest.mark.parametrize("processes", [2, 3, 4, 5, 8, 16])
@pytest.mark.parametrize(("ceiling", "spare"), CEILINGS)
def test_processes_that_share_a_ceiling_use_nine_tenths_of_it(ceiling: int, spare: float, processes: int) -> None:
    chance = random.Random(3)  # noqa: S311 - it guards no secret
    together: list[float] = []
    for _ in range(processes):
        pace = Pace(ceiling, spare)
        pace.take_share(1 / processes)
        began = chance.uniform(0, 1)
        together += [began + each for each in turns(pace, SECONDS / 2, late=0.0)]
    taken = sorted(each for each in together if 1 <= each < SECONDS / 2)
    assert len(taken) / (SECONDS / 2 - 1) >= 0.89 * ceiling
    assert most_within_a_second(taken) <= ceiling


@pytest.mark.parametrize("processes", [2, 3, 4, 8, 40])
@pytest.mark.parametrize(("ceiling", "spare"), CEILINGS)
def test_at_their_worst_each_of_them_is_one_turn_above_it(ceiling: int, spare: float, processes: int) -> None:
    pace = Pace(ceiling, spare)
    pace.take_share(1 / processes)
    # They all begin at the same moment, so that what one gives in a second they all do.
    each = most_within_a_second(turns(pace, 10, late=0.0))
    assert processes * each <= ceiling + processes


def test_a_share_that_changes_holds_from_then_on() -> None:
    pace = Pace(30, 0.4)
    whole = pace.rate
    pace.take_share(0.5)
    assert len(turns(pace, 10, late=0.0)) <= 0.5 * 30 * 10 + 1
    pace.take_share(1)
    assert pace.rate == whole


@pytest.mark.parametrize("shares", [(1.0,), (0.5, 1.0), (1.0, 0.7, 0.35)], ids=["the same", "two", "three"])
def test_a_share_that_is_taken_again_and_again_lets_no_burst_through(shares: tuple[float, ...]) -> None:
    pace = Pace(30, 0.4)
    pace.take_share(shares[0])

    async def take_shares() -> list[float]:
        loop = asyncio.get_running_loop()
        taken: list[float] = []

        async def one() -> None:
            while loop.time() < 10:
                await pace.turn()
                taken.append(loop.time())

        async def share() -> None:
            number = 0
            while loop.time() < 10:
                await asyncio.sleep(0.21)
                number += 1
                pace.take_share(shares[number % len(shares)])

        await asyncio.gather(*(one() for _ in range(12)), share())
        return taken

    taken = run_late(take_shares)
    assert len(taken) > 10 * 30 * min(shares) * 0.9
    assert most_within_a_second(taken) <= 30


def test_who_waits_has_the_turn_at_the_new_pace() -> None:
    pace = Pace(30, 0.4)

    async def slow_down() -> list[float]:
        loop = asyncio.get_running_loop()
        taken: list[float] = []

        async def one() -> None:
            await pace.turn()
            taken.append(loop.time())

        waiting = [asyncio.create_task(one()) for _ in range(31)]
        await asyncio.sleep(0)
        pace.take_share(0.1)
        await asyncio.gather(*waiting)
        return taken

    assert most_within_a_second(run_late(slow_down)) <= 4


def test_a_process_that_stood_still_while_something_waited_is_noticed() -> None:
    pace, late = Pace(30, 0.4), [0.0]

    async def wait() -> list[int]:
        found: list[int] = []
        for late[0] in (0.0, 9.0, 11.0):
            for _ in range(3):
                await pace.turn()
            found.append(pace.stood_still)
        return found

    before, after_nine, after_eleven = run_late(wait, lambda: late[0])
    assert (before, after_nine) == (0, 0)
    assert after_eleven > 0
