"""What is private is never shown to a group, whatever fails on the way."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from fakes.telegram import (
    BOT_NAME,
    FakeTelegram,
    Fault,
    Group,
    Message,
    User,
    blocked,
    dropped_after_delivery,
    rate_limited,
    server_error,
)
from unit.adapters.telegram.rig import Rig

SECRET, QUESTION, SHARED = "lymphocytes", "Which day?", "12 days to go"
ANSWERED, OPEN_FIRST = "I have answered you in private.", "I answer only in private."
COMMANDS = {"private": "nextlab", "direct": "round", "refused": "labdone", "shared": "countdown"}
TAPS = {"private": "again", "direct": "ask", "refused": "bad", "shared": "share"}
DIRECT_CHAT = {"open": None, "blocked": blocked(), "in doubt": dropped_after_delivery(), "busy": rate_limited(60)}


@dataclass(frozen=True)
class Case:
    """``way`` is how the person asks, ``kind`` what they get; the rest is what Telegram lets the bot do."""

    way: str
    kind: str
    hiding_works: bool
    direct_chat: str
    may_delete: bool

    @property
    def pressed(self) -> bool:
        return self.way in {"press on hidden", "press on public"}

    @property
    def is_notice(self) -> bool:
        return self.pressed and self.kind == "refused" and self.hiding_works

    @property
    def shown_in_group(self) -> bool:
        hidden = self.way in {"ephemeral", "press on hidden"} and self.hiding_works and self.kind != "direct"
        return self.is_notice or hidden


def cases(way: str, kind: str) -> Iterator[Case]:
    works = [False] if way == "visible" or (way == "press on public" and kind != "refused") else [True, False]
    for hiding_works, direct_chat, may_delete in itertools.product(works, DIRECT_CHAT, [True, False]):
        yield Case(way, kind, hiding_works, direct_chat, may_delete)


def prepare(telegram: FakeTelegram, group: Group, user: User, case: Case) -> None:
    """Let fail what is to fail, on exactly the call that it is about."""
    group.chat.bot_status = "administrator" if case.may_delete else "member"
    earlier = int(case.kind == "shared")
    if not case.hiding_works:
        group.remove(user)  # so that Telegram knows no receiver of that name
        if case.pressed and case.kind == "refused":
            telegram.fail_next("answerCallbackQuery", kind=server_error())
        elif case.way == "press on hidden":
            telegram.fail_next("editEphemeralMessageText", kind=server_error())
    # One try to show it hidden comes first, but a press on a hidden message is answered in the place of that message.
    if case.way == "ephemeral" or (case.way == "press on hidden" and not case.hiding_works):
        earlier += 1
    fault = DIRECT_CHAT[case.direct_chat]
    if fault and not case.shown_in_group:
        telegram.fail_next("sendMessage", earlier, kind=Fault())
        telegram.fail_next("sendMessage", kind=fault)


async def ask(rig: Rig, group: Group, user: User, case: Case) -> Message:
    if case.pressed:
        hidden_from_others = user.id if case.way == "press on hidden" else None
        message = rig.shows(user, TAPS[case.kind], group, seen_by=hidden_from_others)
        prepare(rig.server, group, user, case)
        await user.presses("Go", message)
        return message
    text = f"/{COMMANDS[case.kind]}"
    message = await (user.says_ephemeral(text, group) if case.way == "ephemeral" else user.says(text, group))
    prepare(rig.server, group, user, case)
    return message


@pytest.mark.parametrize("kind", COMMANDS)
@pytest.mark.parametrize("way", ["ephemeral", "visible", "press on hidden", "press on public"])
async def test_nothing_private_is_ever_public(rig: Rig, telegram: FakeTelegram, ben: User, way: str, kind: str) -> None:
    for number, case in enumerate(cases(way, kind)):
        user = telegram.user(100 + number, "Anna", started=True)
        group = telegram.group(-100_100 - number, "Round table", user, ben)
        asked = await ask(rig, group, user, case)
        await rig.settle()
        public = [message for message in group.messages if message.is_from_bot and message is not asked]
        assert_neutral(group, public, asked, case)
        assert not [m for m in ben.sees if SECRET in m.text or QUESTION in m.text], case
        assert_told(user, group, case)


def assert_neutral(group: Group, public: list[Message], asked: Message, case: Case) -> None:
    assert SECRET not in group.public_text(), case
    assert QUESTION not in group.public_text(), case
    hints = [message for message in public if message.text != SHARED]
    in_view = case.way == "visible" and asked.stands
    # Who has their answer needs no hint that would tell the group of a command which it does not see.
    assert len(hints) <= (in_view or case.direct_chat != "open"), case
    assert len(public) - len(hints) == (case.kind == "shared"), case
    for hint in hints:
        assert hint.text == ANSWERED or hint.text.startswith(OPEN_FIRST), case
        ((_label, link),) = hint.buttons[0]
        named = link.removeprefix(f"https://t.me/{BOT_NAME}").removeprefix("?start=")
        allowed = {"", "resume"}
        if in_view:
            allowed.add(COMMANDS[case.kind])
        assert named in allowed, case


def assert_told(user: User, group: Group, case: Case) -> None:
    answer = QUESTION if case.kind == "direct" else SECRET
    group.add(user)
    alone = [m for m in user.sees if m.is_from_bot and (m.is_ephemeral or m.chat.person)]
    answered = any(answer in message.text for message in alone) or any(answer in toast for toast in user.toasts)
    assert answered == (case.shown_in_group or case.direct_chat in {"open", "in doubt"}), case
    for press in user.presses_made:
        assert press.text is not None, case


async def test_a_server_that_shows_all_what_it_should_hide_is_noticed(
    rig: Rig, telegram: FakeTelegram, anna: User, ben: User, group: Group
) -> None:
    leaked = telegram.world.post(group.chat, telegram.world.bot, text="shown to all")
    telegram.fail_next("sendMessage", kind=Fault(200, json.dumps({"ok": True, "result": leaked.wire()})))
    await anna.says_ephemeral("/nextlab", group)
    assert (await anna.waits_for(SECRET)).chat is anna.chat
    await rig.settle()
    assert leaked.deleted
    assert not ben.sees


async def test_an_answer_that_moves_to_the_direct_chat_changes_nothing_there(
    rig: Rig, anna: User, group: Group
) -> None:
    public = rig.shows(anna, "again", group)
    unrelated = rig.shows(anna, "again")
    assert public.message_id == unrelated.message_id
    await anna.presses("Go", public)
    assert (await anna.waits_for(SECRET)).chat is anna.chat
    assert (public.text, unrelated.text) == ("Earlier", "Earlier")
