"""Telegram's limits are kept, and nobody waits for somebody else's chat."""

import asyncio
import random
from datetime import timedelta

import pytest
from telegram.error import RetryAfter

from adapters.telegram.errors import StoodStill
from adapters.telegram.pacing import Pacing
from fakes.late_loop import run_late
from fakes.limits import TelegramLimits


class Telegram:
    """Calls that go through the pacing to a server that counts strictly; ``got`` is when each chat got something."""

    def __init__(self) -> None:
        self.pacing = Pacing()
        self.limits = TelegramLimits(asyncio.get_running_loop().time)
        self.got: dict[int, list[float]] = {}
        self.chance = random.Random(7)  # noqa: S311 - it guards no secret

    async def send(self, chat_id: int, *, unasked: bool | None = None, method: str = "sendMessage") -> None:
        data = {"chat_id": chat_id}
        await self.pacing.process_request(self._call, (chat_id,), {}, method, data, unasked)

    async def _call(self, chat_id: int) -> bool:
        await asyncio.sleep(self.chance.uniform(0.05, 0.07))
        assert self.limits.take(chat_id) == 0, "this was one too many"
        self.got.setdefault(chat_id, []).append(self.limits.now())
        return True


def test_a_crowd_gets_its_messages_at_nearly_the_full_rate_while_one_person_has_many() -> None:
    crowd = range(1000, 1600)

    async def send() -> tuple[float, float, int]:
        telegram = Telegram()
        many = (telegram.send(7, unasked=True) for _ in range(40))
        await asyncio.gather(*many, *(telegram.send(each, unasked=True) for each in crowd))
        last = max(telegram.got[each][0] for each in crowd)
        return last, telegram.got[7][-1], sum(each <= last for each in telegram.limits.taken)

    crowd_took, person_took, taken = run_late(send)
    assert taken / crowd_took >= 0.95 * 30
    assert person_took >= 40


def test_a_few_messages_to_one_person_go_at_once() -> None:
    async def send() -> list[float]:
        telegram = Telegram()
        await asyncio.gather(*(telegram.send(7, unasked=True) for _ in range(4)))
        return telegram.got[7]

    *at_once, last = run_late(send)
    assert max(at_once) < 0.3
    assert last > 1


def test_an_answer_waits_for_no_person_and_what_is_unasked_waits_behind_it() -> None:
    async def send() -> list[float]:
        telegram, loop = Telegram(), asyncio.get_running_loop()
        went: list[float] = []

        async def call(_chat_id: int) -> bool:
            went.append(loop.time())
            return True

        for unasked in (*[None] * 40, True):
            data = {"chat_id": 7}
            await telegram.pacing.process_request(call, (7,), {}, "sendMessage", data, unasked)
        return went

    *answers, reminder = run_late(send)
    assert answers[-1] < 40 / 25, "only the turn among all"
    assert 1 < reminder - answers[-1] < 2


def test_a_group_gets_no_more_than_it_takes_and_answers_do_not_wait_behind_cards() -> None:
    async def send() -> tuple[float, float]:
        telegram, loop = Telegram(), asyncio.get_running_loop()
        for _ in range(17):
            await telegram.send(-5, unasked=True)
        with pytest.raises(RetryAfter) as refusal:
            await telegram.send(-5, unasked=True)
        before = loop.time()
        await telegram.send(-5)
        await telegram.send(-6, unasked=True)
        answered = loop.time() - before
        wait = refusal.value.retry_after
        assert isinstance(wait, timedelta)
        await asyncio.sleep(wait.total_seconds())
        await telegram.send(-5, unasked=True)
        return answered, wait.total_seconds()

    answered, wait = run_late(send)
    assert answered < 0.3
    assert 50 < wait < 63


def test_a_short_wait_for_a_group_is_waited() -> None:
    async def send() -> int:
        telegram = Telegram()
        await telegram.send(-5, unasked=True)
        await asyncio.sleep(61)
        for _ in range(17):
            await telegram.send(-5, unasked=True)
        return len(telegram.got[-5])

    assert run_late(send) == 18


def test_what_puts_no_message_into_a_chat_waits_for_no_chat() -> None:
    async def send() -> float:
        telegram, loop = Telegram(), asyncio.get_running_loop()
        calls: list[int] = []

        async def call(chat_id: int) -> bool:
            calls.append(chat_id)
            return True

        for _ in range(20):
            await telegram.pacing.process_request(call, (7,), {}, "editMessageText", {"chat_id": 7}, None)
            await telegram.pacing.process_request(call, (7,), {}, "answerCallbackQuery", {}, None)
        assert len(calls) == 40
        return loop.time()

    assert run_late(send) < 1


def test_chats_that_are_quiet_are_forgotten() -> None:
    async def send() -> int:
        telegram = Telegram()
        for chat_id in range(1, 1500):
            await telegram.send(chat_id)
            await telegram.send(-chat_id)
        await asyncio.sleep(120)
        await telegram.send(7)
        await telegram.send(-7)
        return len(telegram.pacing._people) + len(telegram.pacing._groups)  # noqa: SLF001 - nothing else shows it

    assert run_late(send) < 10 + 2 * 256


@pytest.mark.parametrize("stands", [0.0, 11.0], ids=["goes on", "stands still"])
def test_what_nobody_waits_for_does_not_leave_after_the_process_stood_still(stands: float) -> None:
    late = [0.0]

    async def send() -> list[str]:
        pacing, left = Pacing(), list[str]()

        async def one(name: str, chat_id: int, *, unasked: bool) -> None:
            async def call() -> bool:
                left.append(name)
                return True

            await pacing.process_request(call, (), {}, "sendMessage", {"chat_id": chat_id}, unasked)

        for number in range(2):
            await one("before", 1 + number, unasked=True)
        late[0] = stands
        sends = [one("reminder", 7, unasked=True), one("reminder", 8, unasked=True), one("answer", 9, unasked=False)]
        ended = await asyncio.gather(*sends, return_exceptions=True)
        late[0] = 0.0
        assert [type(each) for each in ended if each] == [StoodStill] * (2 if stands else 0)
        await one("after", 7, unasked=True)
        return left

    left = run_late(send, lambda: late[0])
    assert left.count("reminder") == (0 if stands else 2)
    assert (left.count("answer"), left[-1]) == (1, "after")
