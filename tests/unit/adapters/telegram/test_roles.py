"""Who may moderate a group, and for how long that is taken for granted."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from adapters.telegram.client import build_bot
from adapters.telegram.roles import KNOWN_FOR, TelegramRoles
from bot.chat.people import Person, Place, PlaceKind
from fakes.telegram import (
    FakeTelegram,
    Fault,
    Group,
    User,
    dropped_before_delivery,
    rate_limited,
    server_error,
    unauthorized,
)


@dataclass
class Watch:
    """Seconds that pass when a test says so."""

    seconds: float = 1000

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Asking:
    """Questions to the roles, and how many of them reached Telegram."""

    telegram: FakeTelegram
    roles: TelegramRoles
    watch: Watch

    async def moderates(self, user: User, group: Group) -> bool:
        return await self.roles.moderates(person(user.id), place(group.id))

    @property
    def reached(self) -> int:
        return len(self.telegram.sent("getChatMember"))


def person(person_id: int) -> Person:
    return Person("telegram", str(person_id), "Anna")


def place(chat_id: int, kind: PlaceKind = PlaceKind.GROUP) -> Place:
    return Place("telegram", str(chat_id), kind)


@pytest.fixture
async def asking(telegram: FakeTelegram) -> AsyncIterator[Asking]:
    bot = build_bot(telegram.token, telegram.base_url.removesuffix("/bot"))
    await bot.initialize()
    watch = Watch()
    yield Asking(telegram, TelegramRoles(bot, watch, most=3), watch)
    await bot.shutdown()


@pytest.mark.parametrize(
    ("status", "moderates"),
    [("creator", True), ("administrator", True), ("member", False), ("left", False), ("kicked", False)],
)
async def test_owners_and_administrators_moderate(
    asking: Asking, anna: User, group: Group, status: str, *, moderates: bool
) -> None:
    group.chat.members[anna.id] = status
    assert await asking.moderates(anna, group) is moderates


async def test_who_writes_as_a_group_moderates_that_one_alone(asking: Asking, group: Group) -> None:
    other = asking.telegram.group(-1002, "Another")
    with capture_logs():
        assert await asking.roles.moderates(person(group.id), place(group.id))
        assert not await asking.roles.moderates(person(group.id), place(other.id))
    assert not asking.reached


async def test_nobody_moderates_a_direct_chat_or_another_platform(asking: Asking, anna: User) -> None:
    assert not await asking.roles.moderates(person(anna.id), place(anna.id, PlaceKind.DIRECT))
    assert not await asking.roles.moderates(person(anna.id), Place("discord", str(anna.id), PlaceKind.GROUP))
    assert not await asking.roles.moderates(Person("discord", "-1001", "Anna"), place(-1001))
    assert not asking.reached


async def test_an_answer_holds_for_half_a_minute(asking: Asking, anna: User, ben: User, group: Group) -> None:
    group.add(anna, status="administrator")
    assert await asking.moderates(anna, group)
    group.add(anna, status="member")
    asking.watch.seconds += KNOWN_FOR.total_seconds() - 1
    assert await asking.moderates(anna, group)
    assert asking.reached == 1
    assert not await asking.moderates(ben, group)
    asking.watch.seconds += 1
    assert not await asking.moderates(anna, group)
    assert asking.reached == 3


async def test_a_refusal_holds_no_longer(asking: Asking, anna: User, group: Group) -> None:
    assert not await asking.moderates(anna, group)
    group.add(anna, status="administrator")
    asking.watch.seconds += KNOWN_FOR.total_seconds()
    assert await asking.moderates(anna, group)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(server_error(), "http_502", id="5xx"),
        pytest.param(rate_limited(60), "rate_limited", id="rate limited"),
        pytest.param(dropped_before_delivery(), "no_answer", id="dropped"),
        pytest.param(unauthorized(), "token_refused", id="token withdrawn"),
        pytest.param(Fault(200, '{"ok": true, "result": "?"}'), "unreadable_answer", id="nonsense"),
    ],
)
async def test_what_cannot_be_found_out_is_a_no_that_is_asked_again(
    asking: Asking, anna: User, group: Group, fault: Fault, reason: str
) -> None:
    group.add(anna, status="administrator")
    asking.telegram.fail_next("getChatMember", kind=fault)
    with capture_logs() as logs:
        assert not await asking.moderates(anna, group)
    assert logs == [{"event": "role_unknown", "reason": reason, "log_level": "warning"}]
    assert await asking.moderates(anna, group)


async def test_a_group_that_the_bot_was_thrown_out_of_has_no_moderators(
    asking: Asking, anna: User, group: Group
) -> None:
    group.add(anna, status="creator")
    group.chat.bot_status = "kicked"
    with capture_logs() as logs:
        assert not await asking.moderates(anna, group)
    assert [line["event"] for line in logs] == ["role_unknown"]


async def test_a_group_that_moved_keeps_its_moderators(asking: Asking, anna: User) -> None:
    old = asking.telegram.group(-5, "Round table")
    old.add(anna, status="administrator")
    await old.migrate(to=-1005)
    assert await asking.roles.moderates(person(anna.id), place(-5))


async def test_no_more_is_kept_than_is_of_use(asking: Asking, anna: User, group: Group) -> None:
    await asking.moderates(anna, group)
    for number in range(3):
        asking.telegram.user(1000 + number, "Somebody")
        await asking.roles.moderates(person(1000 + number), place(group.id))
    reached = asking.reached
    await asking.roles.moderates(person(1002), place(group.id))
    assert asking.reached == reached
    await asking.moderates(anna, group)
    assert asking.reached == reached + 1


async def listed(asking: Asking, group: Group) -> list[str]:
    return sorted(each.id for each in await asking.roles.moderators(place(group.id)))


async def test_the_moderators_of_a_group_are_its_administrators_without_machines(
    asking: Asking, anna: User, ben: User, group: Group
) -> None:
    group.chat.bot_status = "administrator"
    group.add(anna, status="creator")
    assert await listed(asking, group) == [str(anna.id)]
    group.add(ben, status="administrator")
    assert await listed(asking, group) == [str(anna.id)]
    asking.watch.seconds += KNOWN_FOR.total_seconds()
    assert await listed(asking, group) == [str(anna.id), str(ben.id)]
    assert len(asking.telegram.sent("getChatAdministrators")) == 2


async def test_whose_moderators_cannot_be_found_out_has_none_for_now(asking: Asking, anna: User, group: Group) -> None:
    group.add(anna, status="creator")
    asking.telegram.fail_next("getChatAdministrators", kind=server_error())
    with capture_logs() as logs:
        assert await listed(asking, group) == []
    assert [line["event"] for line in logs] == ["moderators_unknown"]
    assert await listed(asking, group) == [str(anna.id)]
    assert await asking.roles.moderators(place(anna.id, PlaceKind.DIRECT)) == ()
