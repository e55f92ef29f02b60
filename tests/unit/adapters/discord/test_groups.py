"""What the bot says to a whole channel, whom its buttons answer there, and who moderates."""

from dataclasses import replace

import pytest

from adapters.discord.roles import InteractionRoles
from adapters.discord.translate import place
from bot.chat.people import Person as Reached
from bot.chat.people import Reader
from bot.chat.replies import Reply
from bot.errors import Blocked, Gone
from fakes import discord_faults as faults
from fakes.discord_people import Person
from fakes.discord_server import FakeDiscord
from fakes.discord_state import EVERYONE, Channel, Guild, Member, Message, permission_bits
from unit.adapters.discord.rig import ANEW, BROKEN, EDITED, KEPT, NOTICE, OVERHEARD, SECRET, Rig, plain

SILENT = 1 << 12
"""Discord's flag for a message without a notification (API documentation, 2026-08-06)."""

ANSWER = "There is an answer."


def answers(person: Person) -> list[Message]:
    return [message for message in person.sees if message.author.bot]


def public(channel: Channel) -> list[str]:
    return [message.content for message in channel.messages if message.public and message.author.bot]


async def posts(rig: Rig, channel: Channel, reply: Reply = NOTICE) -> None:
    where = place(channel.id, channel.guild.id if channel.guild else None, direct=False)
    await rig.adapter.messenger.post(where, reply, Reader())


async def moderates(rig: Rig, channel: Channel, person: Person) -> bool:
    """Whether, in the newest call, the core finds that a person moderates the server of a channel."""
    call = rig.memory.calls[-1]
    assert isinstance(call.roles, InteractionRoles)
    where = place(channel.id, channel.guild.id if channel.guild else None, direct=channel.guild is None)
    return await call.roles.moderates(Reached("discord", str(person.id), person.name), where)


async def test_something_overheard_is_answered_below_it_to_all_without_a_sound(
    rig: Rig, anna: Person, ben: Person, general: Channel
) -> None:
    asked = await anna.says(OVERHEARD, general)
    await rig.settle()
    (shown,) = answers(ben)
    assert (shown.content, shown.reference, shown.mentions) == (ANSWER, asked, [])
    assert shown.flags & SILENT
    assert [button.label for button in shown.buttons] == [
        "Open",
        "Open slowly",
        "Shout",
        "Ask",
        "Tell all",
        "Only mine",
    ]


@pytest.mark.parametrize("text", [KEPT, BROKEN, "how?", "hello"], ids=["private", "failure", "nothing", "talk"])
async def test_what_is_overheard_and_not_for_all_is_answered_to_nobody(
    rig: Rig, anna: Person, general: Channel, text: str
) -> None:
    await anna.says(text, general)
    await rig.settle()
    assert answers(anna) == []
    assert public(general) == []


async def test_a_later_version_is_heard_as_such_and_gets_an_answer_of_its_own(
    rig: Rig, anna: Person, general: Channel
) -> None:
    message = await anna.says(OVERHEARD, general)
    await rig.settle()
    await anna.edits(message, ANEW)
    await rig.settle()
    assert [(said.text, said.edited, said.id) for said in rig.memory.said] == [
        (OVERHEARD, False, str(message.id)),
        (ANEW, True, str(message.id)),
    ]
    assert public(general) == [ANSWER, "There is another answer."]


async def test_a_thread_is_a_place_of_its_own_on_the_same_server(
    rig: Rig, anna: Person, guild: Guild, general: Channel
) -> None:
    thread = guild.add_thread("Infusion days", general)
    await anna.says(OVERHEARD, thread)
    await rig.settle()
    (said,) = rig.memory.said
    assert (said.place.id, said.place.whole, said.place.topic) == (str(thread.id), str(guild.id), "")
    assert said.link == f"https://discord.com/channels/{guild.id}/{thread.id}/{said.id}"
    assert (public(thread), public(general)) == ([ANSWER], [])


async def test_the_copy_in_a_forwarded_message_is_what_it_says(rig: Rig, anna: Person, general: Channel) -> None:
    original = await anna.says(OVERHEARD, general)
    await rig.settle()
    await anna.forwards(original, general)
    await rig.settle()
    assert [(said.text, said.forwarded, said.answers) for said in rig.memory.said] == [
        (OVERHEARD, False, None),
        (OVERHEARD, True, None),
    ]


async def test_an_answer_to_a_message_that_is_gone_answers_nothing(rig: Rig, anna: Person, general: Channel) -> None:
    asked = await anna.says("hello", general)
    await anna.deletes(asked)
    await anna.says("so", general, reply_to=asked)
    await rig.settle()
    assert [said.answers for said in rig.memory.said] == [None, None]


async def test_a_command_stands_in_the_menu_of_a_message_and_is_answered_to_its_person_alone(
    rig: Rig, anna: Person, ben: Person, general: Channel
) -> None:
    written = await anna.says("buy this cure", general)
    await ben.uses_on_message("Flag this message", written)
    await rig.settle()
    about = rig.memory.calls[-1].about
    assert about is not None
    assert about.author is not None
    assert (about.id, about.text, about.author.id) == (str(written.id), "buy this cure", str(anna.id))
    assert (answers(ben)[-1].content, answers(ben)[-1].ephemeral) == (f"Flagged {SECRET}", True)
    assert public(general) == []
    await ben.uses("/flag", general)
    await rig.settle()
    assert rig.memory.calls[-1].about is None


async def test_no_other_command_stands_in_a_menu(server: FakeDiscord, rig: Rig) -> None:
    await rig.settle()
    menus = [command for command in server.world.commands.values() if command["type"] == 3]
    assert [(command["name"], command["contexts"]) for command in menus] == [("Flag this message", [0])]


async def test_a_restart_registers_nothing_anew(server: FakeDiscord, rig: Rig) -> None:
    versions = {command["version"] for command in server.world.commands.values()}
    await rig.stop()
    await rig.start()
    assert {command["version"] for command in server.world.commands.values()} == versions


async def test_what_calls_somebody_rings_and_what_calls_nobody_does_not(
    rig: Rig, anna: Person, general: Channel
) -> None:
    where = place(general.id, general.guild.id if general.guild else None, direct=False)
    asked = await anna.says("hello", general)
    person = Reached("discord", str(anna.id), "anna")
    card = Reply((plain("Look at this."),), private=False)
    for reply in (card, replace(card, calls=(person,))):
        await rig.adapter.messenger.post(where, reply, Reader(), answering=str(asked.id))
    quiet, loud = answers(anna)
    assert (bool(quiet.flags & SILENT), quiet.mentions) == (True, [])
    assert (bool(loud.flags & SILENT), loud.mentions, loud.content) == (False, [anna], f"<@{anna.id}>\nLook at this.")


async def test_with_the_first_message_of_a_thread_its_name_is_heard(
    server: FakeDiscord, rig: Rig, anna: Person, guild: Guild, general: Channel
) -> None:
    thread = guild.add_thread("I cannot go on", general)
    server.world.post(Message(thread.id, thread, anna, server.world.now(), content="see above"))
    await anna.says("well", thread)
    await rig.settle()
    assert [said.text for said in rig.memory.said] == ["I cannot go on\nsee above", "well"]


async def test_what_a_poll_asks_is_heard(server: FakeDiscord, rig: Rig, anna: Person, general: Channel) -> None:
    message = Message(server.world.snowflake(), general, anna, server.world.now(), poll=("Shall I?", "yes", "no"))
    server.world.post(message)
    await rig.settle()
    assert [said.text for said in rig.memory.said] == ["Shall I?\nyes\nno"]


@pytest.mark.parametrize("lost", ["message", "channel", "server"])
async def test_a_card_that_cannot_be_reached_any_more_is_gone(
    server: FakeDiscord, rig: Rig, guild: Guild, general: Channel, lost: str
) -> None:
    where = place(general.id, guild.id, direct=False)
    posted = await rig.adapter.messenger.post(where, NOTICE, Reader())
    if lost == "message":
        server.world.delete(general.messages[-1])
    elif lost == "channel":
        guild.remove_channel(general)
    else:
        guild.remove(server.world.bot)
    with pytest.raises(Gone):
        await rig.adapter.messenger.edit(where, posted, NOTICE, Reader())
    if lost != "message":
        with pytest.raises(Gone):
            await rig.adapter.messenger.post(where, NOTICE, Reader())


async def test_the_owner_is_known_to_moderate(rig: Rig, anna: Person, guild: Guild, general: Channel) -> None:
    where = place(general.id, guild.id, direct=False)
    assert await rig.adapter.messenger.moderators(where) == (Reached("discord", str(anna.id), "anna"),)
    assert await rig.adapter.messenger.moderators(place(general.id, direct=True)) == ()


async def test_who_moderates_a_server_is_asked_for_again_after_trouble(
    server: FakeDiscord, rig: Rig, anna: Person, guild: Guild, general: Channel
) -> None:
    where = place(general.id, guild.id, direct=False)
    server.fail_next("GET /guilds/*/members/*", 1, faults.forbidden(50001, "Missing Access"))
    assert await rig.adapter.messenger.moderators(where) == ()
    assert [each.id for each in await rig.adapter.messenger.moderators(where)] == [str(anna.id)]
    assert await rig.adapter.messenger.moderators(place(general.id, 12345, direct=False)) == ()


async def test_where_the_bot_may_not_reply_it_answers_all_the_same(
    server: FakeDiscord, rig: Rig, anna: Person, guild: Guild, general: Channel
) -> None:
    rights = set(EVERYONE) - {"read_message_history"}
    guild.members[server.world.bot.id] = Member(server.world.bot, permission_bits(*rights), server.world.now())
    await anna.says(OVERHEARD, general)
    await rig.settle()
    (shown,) = answers(anna)
    assert (shown.content, shown.reference) == (ANSWER, None)
    assert shown.flags & SILENT


async def test_where_the_asking_message_is_gone_the_answer_stands_alone(
    server: FakeDiscord, rig: Rig, anna: Person, general: Channel
) -> None:
    server.fail_next("POST /channels/*/messages", 1, faults.slow(0.2))
    asked = await anna.says(OVERHEARD, general)
    await anna.deletes(asked)
    await rig.settle()
    assert [(message.content, message.reference) for message in answers(anna)] == [(ANSWER, None)]


async def test_an_answer_to_something_overheard_that_cannot_be_sent_ends_there(
    server: FakeDiscord, rig: Rig, anna: Person, general: Channel
) -> None:
    server.fail_next("POST /channels/*/messages", 1, faults.forbidden(50013, "Missing Permissions"))
    await anna.says(OVERHEARD, general)
    await rig.settle()
    assert answers(anna) == []
    await anna.uses("/nextlab", general)
    await rig.settle()
    assert SECRET in answers(anna)[-1].content


@pytest.mark.parametrize(
    ("label", "text"), [("Open", "Opened"), ("Shout", "Shouted")], ids=["private answer", "answer for all"]
)
async def test_a_button_for_anyone_answers_its_presser_alone(
    rig: Rig, anna: Person, ben: Person, general: Channel, *, label: str, text: str
) -> None:
    await anna.says(OVERHEARD, general)
    await rig.settle()
    for person in (ben, anna):
        await person.presses(label)
        await rig.settle()
        assert (answers(person)[-1].content, answers(person)[-1].ephemeral) == (f"{text} {SECRET}", True)
    assert len(answers(ben)) == 2
    assert public(general) == [ANSWER]
    assert SECRET not in general.public_text()


async def test_a_slow_answer_to_a_button_for_anyone_is_for_its_presser_alone(
    rig: Rig, anna: Person, ben: Person, general: Channel
) -> None:
    await anna.says(OVERHEARD, general)
    await rig.settle()
    await ben.presses("Open slowly")
    rig.memory.gate.set()
    await rig.settle()
    assert answers(ben)[-1].content == f"Opened {SECRET}"
    assert [message.content for message in answers(anna)] == [ANSWER]
    assert SECRET not in general.public_text()


async def test_a_form_behind_a_button_for_anyone_is_answered_to_its_presser_alone(
    rig: Rig, anna: Person, ben: Person, general: Channel
) -> None:
    await anna.says(OVERHEARD, general)
    await rig.settle()
    await ben.presses("Ask")
    await ben.fills({"Which day?": "5 Dec"})
    await rig.settle()
    assert rig.memory.calls[-1].person.id == str(ben.id)
    assert [message.content for message in answers(ben)] == [ANSWER, f"Noted {SECRET}"]
    assert [message.content for message in answers(anna)] == [ANSWER]
    assert SECRET not in general.public_text()


async def test_a_form_that_is_answered_to_all_leaves_the_message_that_it_was_opened_from(
    rig: Rig, anna: Person, ben: Person, general: Channel
) -> None:
    await anna.says(OVERHEARD, general)
    await rig.settle()
    await ben.presses("Tell all")
    await ben.fills({"What?": "hello"})
    await rig.settle()
    assert public(general) == [ANSWER, "Told to all"]


async def test_a_button_for_one_is_refused_to_another(rig: Rig, anna: Person, ben: Person, general: Channel) -> None:
    await anna.says(OVERHEARD, general)
    await rig.settle()
    await ben.presses("Only mine")
    await rig.settle()
    assert rig.memory.calls == []
    assert answers(ben)[-1].ephemeral
    assert public(general) == [ANSWER]


async def test_a_notice_is_posted_to_a_channel_and_anyone_may_press_its_buttons_after_a_restart(
    rig: Rig, anna: Person, ben: Person, general: Channel
) -> None:
    await posts(rig, general)
    assert public(general) == ["Something is due."]
    await rig.stop()
    await rig.start()
    for person in (anna, ben):
        await person.presses("Look")
        await rig.settle()
        assert answers(person)[-1].content == f"Opened {SECRET}"
    await ben.presses("Only mine")
    await rig.settle()
    assert [call.person.name for call in rig.memory.calls] == ["anna", "ben"]
    assert public(general) == ["Something is due."]


@pytest.mark.parametrize(
    "fault", [faults.dropped_after, faults.server_error(503)], ids=["dropped after", "server error"]
)
async def test_a_passing_fault_ends_in_exactly_one_notice(
    server: FakeDiscord, rig: Rig, general: Channel, fault: faults.Fault
) -> None:
    server.fail_next("POST /channels/*/messages", 1, fault)
    await posts(rig, general)
    await posts(rig, general)
    assert public(general) == ["Something is due."] * 2


async def test_a_notice_to_a_server_that_the_bot_has_left_is_blocked(
    server: FakeDiscord, rig: Rig, guild: Guild, general: Channel
) -> None:
    guild.remove(server.world.bot)
    with pytest.raises(Blocked):
        await posts(rig, general)


@pytest.mark.parametrize(
    ("rights", "admin", "does"),
    [
        ((), False, False),
        (("manage_messages",), False, True),
        (("moderate_members",), False, True),
        ((), True, True),
        (("kick_members", "ban_members", "manage_guild"), False, False),
    ],
    ids=["nothing", "messages", "members", "administrator", "other rights"],
)
async def test_who_moderates_is_told_by_the_rights_that_came_with_the_interaction(
    server: FakeDiscord, rig: Rig, general: Channel, *, rights: tuple[str, ...], admin: bool, does: bool
) -> None:
    mona = server.user("mona")
    assert general.guild is not None
    general.guild.add(mona, *rights, admin=admin)
    for use in ("/nextlab", "Again"):
        await (mona.uses(use, general) if use.startswith("/") else mona.presses(use))
        await rig.settle()
        assert await moderates(rig, general, mona) is does
        assert await rig.memory.calls[-1].moderates(rig.memory.calls[-1].place) is does


async def test_rights_that_were_taken_away_no_longer_count(
    server: FakeDiscord, rig: Rig, guild: Guild, general: Channel
) -> None:
    mona = server.user("mona")
    guild.add(mona, "manage_messages")
    await mona.uses("/privacy", general)
    guild.add(mona)
    await mona.fills({})
    await rig.settle()
    assert not await moderates(rig, general, mona)


async def test_who_moderates_one_server_moderates_all_of_it_and_no_other(
    server: FakeDiscord, rig: Rig, anna: Person, guild: Guild, general: Channel
) -> None:
    mona = server.user("mona")
    guild.add(mona, "manage_messages")
    other = server.guild("Another table", "general")
    other.add(mona, "manage_messages")
    await mona.uses("/nextlab", general)
    await rig.settle()
    assert await moderates(rig, guild.add_channel("team"), mona)
    assert not await moderates(rig, other.channel("general"), mona)
    assert not await moderates(rig, general, anna)
    assert not await moderates(rig, mona.dm, mona)


async def test_nobody_moderates_from_the_direct_chat(
    server: FakeDiscord, rig: Rig, guild: Guild, general: Channel
) -> None:
    mona = server.user("mona")
    guild.add(mona, admin=True)
    await mona.uses("/nextlab")
    await rig.settle()
    assert not await moderates(rig, general, mona)
    assert not await moderates(rig, mona.dm, mona)


async def test_the_core_hears_on_which_server_something_happens(
    rig: Rig, anna: Person, guild: Guild, general: Channel
) -> None:
    await anna.uses("/nextlab", general)
    await rig.settle()
    await anna.uses("/nextlab")
    await rig.settle()
    assert [call.place.whole for call in rig.memory.calls] == [str(guild.id), None]


async def test_a_form_that_is_filled_already_comes_back_as_it_stood(
    server: FakeDiscord, rig: Rig, guild: Guild, general: Channel
) -> None:
    mona = server.user("mona")
    guild.add(mona, "manage_messages")
    await mona.uses("/privacy", general)
    await mona.fills({})
    await rig.settle()
    assert rig.memory.calls[-1].arguments == {"day": EDITED}
