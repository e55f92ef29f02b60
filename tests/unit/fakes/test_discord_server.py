"""The fake Discord against the real discord.py: a small bot over real sockets, and people who talk to it."""

import asyncio
import contextlib
import io
import json
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands, ui
from discord.gateway import DiscordWebSocket
from discord.http import Route

from fakes import discord_faults as faults
from fakes.discord_commands import named
from fakes.discord_people import Person
from fakes.discord_server import FakeDiscord
from fakes.discord_state import Guild

SHARED = Path(__file__).parents[4] / "shared"


class Done(ui.DynamicItem[ui.Button[ui.View]], template=r"done:(?P<day>\d+)"):
    def __init__(self, day: int) -> None:
        self.day = day
        super().__init__(ui.Button(label="Done", custom_id=f"done:{day}"))

    @classmethod
    async def from_custom_id(cls, _: discord.Interaction, __: ui.Item[ui.View], match: re.Match[str]) -> Self:
        return cls(int(match["day"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.edit_message(content=f"Day {self.day} is done", view=None)


class Country(ui.Select[ui.View]):
    def __init__(self) -> None:
        options = [discord.SelectOption(label="Germany", value="de"), discord.SelectOption(label="Peru", value="pe")]
        super().__init__(custom_id="country", options=options)

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"You chose {self.values}", ephemeral=True)


class Entry(ui.Modal, title="New entry"):
    day = ui.Label(text="Day", component=ui.TextInput(custom_id="day", max_length=10))
    kind = ui.Label(
        text="Kind",
        component=ui.Select(custom_id="kind", options=[discord.SelectOption(label="Blood", value="b")]),
    )
    how = ui.Label(
        text="How",
        component=ui.RadioGroup(
            custom_id="how",
            options=[
                discord.RadioGroupOption(label="Well", value="w"),
                discord.RadioGroupOption(label="Badly", value="x"),
            ],
        ),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        said = (self.day.component.value, self.kind.component.values, self.how.component.value)
        await interaction.response.send_message(f"Noted {said}", ephemeral=True)


class OldEntry(ui.Modal, title="Old entry"):
    note = ui.TextInput(label="Note", required=False)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"Noted {self.note.value!r}")


class Bot(discord.Client):
    def __init__(self, intents: discord.Intents) -> None:
        super().__init__(intents=intents, chunk_guilds_at_startup=False)
        self.heard: list[str] = []
        self.events: list[str] = []
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Done)
        self.tree.add_command(app_commands.Command(name="hello", description="Greet", callback=hello))
        self.tree.add_command(app_commands.Command(name="slow", description="Defer", callback=slow))
        self.tree.add_command(app_commands.Command(name="late", description="Too late", callback=late))
        self.tree.add_command(app_commands.Command(name="form", description="Ask", callback=form))
        self.tree.add_command(app_commands.Command(name="menu", description="Choose", callback=menu))
        self.tree.add_command(app_commands.Command(name="file", description="Read", callback=read_file))
        self.tree.add_command(app_commands.ContextMenu(name="Flag message", callback=flag))
        labs = app_commands.Group(name="labs", description="Lab checks")
        labs.add_command(app_commands.Command(name="add", description="Add one", callback=add_lab))
        self.tree.add_command(labs)
        admin = app_commands.Command(name="admin", description="For moderators", callback=slow)
        admin.default_permissions = discord.Permissions(manage_guild=True)
        admin.guild_only = True
        self.tree.add_command(admin)
        await self.tree.sync()

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user:
            self.heard.append(message.content)

    def dispatch(self, event: str, /, *args: object, **kwargs: object) -> None:
        self.events.append(event)
        super().dispatch(event, *args, **kwargs)


async def complete_name(_: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    names = ["Ann", "Anton", "Bea"]
    return [app_commands.Choice(name=name, value=name.lower()) for name in names if name.startswith(typed)]


@app_commands.autocomplete(name=complete_name)
async def hello(interaction: discord.Interaction, name: str, times: app_commands.Range[int, 1, 3] = 1) -> None:
    view = ui.View(timeout=None)
    view.add_item(Done(7))
    await interaction.response.send_message(" ".join([f"Hello {name}"] * times), view=view, ephemeral=True)


async def slow(interaction: discord.Interaction) -> None:
    await interaction.response.defer(ephemeral=True, thinking=True)
    await interaction.followup.send("First")
    await interaction.followup.send("Second", ephemeral=True)
    await interaction.edit_original_response(content="First, edited")


async def late(interaction: discord.Interaction) -> None:
    try:
        await interaction.response.send_message("Here I am")
    except discord.NotFound as error:
        assert isinstance(interaction.client, Bot)
        interaction.client.heard.append(f"code {error.code}")


async def form(interaction: discord.Interaction, *, old: bool = False) -> None:
    await interaction.response.send_modal(OldEntry() if old else Entry())


async def menu(interaction: discord.Interaction) -> None:
    view = ui.View(timeout=None)
    view.add_item(Country())
    await interaction.response.send_message("Where?", view=view)


async def read_file(interaction: discord.Interaction, file: discord.Attachment) -> None:
    await interaction.response.send_message((await file.read()).decode(), ephemeral=True)


async def add_lab(interaction: discord.Interaction, who: discord.User, kind: Literal["blood", "urine"]) -> None:
    layout = ui.LayoutView(timeout=None)
    layout.add_item(ui.Container(ui.TextDisplay(f"{kind} of {who.name}"), ui.ActionRow(ui.Button(label="Fine"))))
    await interaction.response.send_message(view=layout)


async def flag(interaction: discord.Interaction, message: discord.Message) -> None:
    await interaction.response.send_message(f"Flagged {message.content!r} by {message.author.name}", ephemeral=True)


@contextlib.contextmanager
def pointed_at(server: FakeDiscord) -> Iterator[None]:
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = server.base_url, yarl.URL(server.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@contextlib.asynccontextmanager
async def running(server: FakeDiscord, intents: discord.Intents | None = None) -> AsyncIterator[Bot]:
    wanted = intents or discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)
    with pointed_at(server):
        async with Bot(wanted) as bot:
            task = asyncio.create_task(bot.start(server.token))
            try:
                await server.bot_is_ready()
                yield bot
            finally:
                await bot.close()
                await task


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord(record_to=tmp_path / "wire.jsonl") as fake:
        yield fake


@pytest.fixture
def guild(server: FakeDiscord) -> Guild:
    return server.guild("Group", "general", "moderators")


@pytest.fixture
def ann(server: FakeDiscord, guild: Guild) -> Person:
    person = server.user("ann", locale="de")
    guild.add(person)
    return person


@pytest.fixture
def bea(server: FakeDiscord, guild: Guild) -> Person:
    person = server.user("bea")
    guild.add(person)
    return person


@pytest.fixture
async def bot(server: FakeDiscord, ann: Person) -> AsyncIterator[Bot]:
    assert ann.world is server.world
    async with running(server) as client:
        yield client


@pytest.mark.usefixtures("bot")
async def test_an_ephemeral_answer_is_seen_by_the_one_who_asked(ann: Person, bea: Person, guild: Guild) -> None:
    general = guild.channel("general")
    await ann.uses("/hello", in_=general, name="Ann", times=2)
    answer = await ann.waits_for("Hello Ann Hello Ann")
    assert answer.ephemeral
    assert [button.label for button in answer.buttons] == ["Done"]
    assert bea.sees == []
    assert general.public_text() == ""


@pytest.mark.usefixtures("bot")
async def test_a_dynamic_button_edits_its_message(ann: Person) -> None:
    await ann.uses("/hello", name="Ann")
    pressed = await ann.presses("Done")
    edited = await ann.waits_for("Day 7 is done")
    assert pressed.answer is edited
    assert edited.edited
    assert not edited.buttons


@pytest.mark.usefixtures("bot")
async def test_a_forged_press_reaches_the_bot(ann: Person, bea: Person, guild: Guild) -> None:
    used = await ann.uses("/hello", in_=guild.channel("general"), name="Ann")
    assert used.answer is not None
    with pytest.raises(AssertionError, match="no button 'Done'"):
        await bea.presses("Done")
    forged = await bea.press_custom_id(used.answer, "done:7")
    assert forged.answered


async def test_who_has_left_can_do_nothing_there(server: FakeDiscord, ann: Person, guild: Guild) -> None:
    general = guild.channel("general")
    message = await ann.says("bye", in_=general)
    ann.leaves(guild)
    assert ann.sees == []
    assert server.world.find_message(general, message.id) is message
    with pytest.raises(AssertionError, match="ann is not in general"):
        await ann.says("one more thing", in_=general)
    with pytest.raises(AssertionError, match="ann is not in general"):
        await ann.press_custom_id(message, "done:7")


@pytest.mark.usefixtures("bot")
async def test_an_option_completes(ann: Person) -> None:
    choices = await ann.completes("/hello", "name", "An")
    assert choices == [("Ann", "ann"), ("Anton", "anton")]


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(
    ("command", "options", "complaint"),
    [
        ("/nope", {}, "is offered no /nope"),
        ("/hello", {}, "needs the option 'name'"),
        ("/hello", {"name": "Ann", "age": 3}, "no option 'age'"),
        ("/hello", {"name": 3}, "does not take 3"),
        ("/hello", {"name": "Ann", "times": 4}, "takes 1 to 3"),
        ("/hello", {"name": "Ann", "times": True}, "does not take True"),
    ],
    ids=["unknown command", "missing option", "unknown option", "wrong type", "out of range", "bool for int"],
)
async def test_what_a_client_would_not_send_fails(
    ann: Person, command: str, options: dict[str, object], complaint: str
) -> None:
    with pytest.raises(AssertionError, match=complaint):
        await ann.uses(command, **options)


@pytest.mark.usefixtures("bot")
async def test_a_command_for_moderators_is_hidden_from_members(server: FakeDiscord, ann: Person, guild: Guild) -> None:
    head = server.user("head")
    guild.add(head, "manage_guild")
    with pytest.raises(AssertionError, match="is offered no /admin"):
        await ann.uses("/admin", in_=guild.channel("general"))
    with pytest.raises(AssertionError, match="is offered no /admin"):
        await head.uses("/admin")
    await head.uses("/admin", in_=guild.channel("general"))
    await head.waits_for("First")


@pytest.mark.usefixtures("bot")
async def test_a_follow_up_takes_the_place_of_a_deferred_answer(ann: Person) -> None:
    used = await ann.uses("/slow")
    second = await ann.waits_for("Second")
    first = await ann.waits_for("First, edited")
    assert used.answer is first
    assert first.id < second.id
    assert (first.ephemeral, first.loading) == (True, False)
    assert len(ann.sees) == 2


async def test_a_late_answer_finds_no_interaction(server: FakeDiscord, bot: Bot, ann: Person) -> None:
    server.fail_next("POST /interactions/*", 1, faults.slow(0.3))
    server.answers.deadline = timedelta(seconds=0.1)
    used = await ann.uses("/late")
    assert not used.answered
    await _heard(bot, "code 10062")
    assert bot.heard == ["code 10062"]
    assert "the bot has not answered" in ann.transcript


@pytest.mark.usefixtures("bot")
async def test_a_form_is_filled_by_its_labels(ann: Person) -> None:
    await ann.uses("/form")
    assert ann.open_modal is not None
    assert list(ann.open_modal.fields) == ["Day", "Kind", "How"]
    with pytest.raises(AssertionError, match="must be filled in"):
        await ann.fills({"Kind": "Blood", "How": "Well"})
    with pytest.raises(AssertionError, match="has no line 'Urine'"):
        await ann.fills({"Day": "1", "Kind": "Urine", "How": "Well"})
    await ann.fills({"Day": "2026-03-01", "kind": "Blood", "How": "Badly"})
    await ann.waits_for("Noted ('2026-03-01', ['b'], 'x')")
    assert ann.open_modal is None


@pytest.mark.usefixtures("bot")
@pytest.mark.filterwarnings("ignore:.*label.*:DeprecationWarning")
async def test_a_form_of_the_older_kind_is_filled_too(ann: Person) -> None:
    await ann.uses("/form", old=True)
    await ann.fills({"Note": "hm"})
    await ann.waits_for("Noted 'hm'")


@pytest.mark.usefixtures("bot")
async def test_a_menu_line_is_chosen_by_its_label(ann: Person) -> None:
    await ann.uses("/menu")
    await ann.chooses("Peru")
    await ann.waits_for("You chose ['pe']")
    with pytest.raises(AssertionError, match="no menu with"):
        await ann.chooses("Chile")


@pytest.mark.usefixtures("bot")
async def test_a_file_is_handed_to_a_command(server: FakeDiscord, ann: Person) -> None:
    await ann.uses("/file", file=server.file("a.txt", b"in the file"))
    await ann.waits_for("in the file")


@pytest.mark.usefixtures("bot")
async def test_a_subcommand_answers_with_a_layout(ann: Person, bea: Person) -> None:
    with pytest.raises(AssertionError, match="labs needs a subcommand"):
        await ann.uses("/labs")
    with pytest.raises(AssertionError, match="has no choice 'hair'"):
        await ann.uses("/labs add", who=bea, kind="hair")
    await ann.uses("/labs add", who=bea, kind="blood")
    answer = await ann.waits_for("blood of bea")
    assert [button.label for button in answer.buttons] == ["Fine"]
    assert answer.channel.public_text() == "blood of bea\nFine"


async def test_a_command_is_found_by_its_name_in_the_users_language(server: FakeDiscord, ann: Person) -> None:
    server.commands.create(None, {"name": "hi", "description": "x", "name_localizations": {"de": "hallo"}})
    offered = server.commands.offered(ann, ann.dm, kind=1)
    assert named(offered, "hallo", ann) == named(offered, "hi", ann) == offered[0]
    assert named(offered, "hallo", server.user("eve")) is None


async def test_what_people_do_reaches_the_bot(server: FakeDiscord, ann: Person, bea: Person, guild: Guild) -> None:
    intents = discord.Intents(guilds=True, members=True, messages=True, reactions=True, message_content=True)
    async with running(server, intents) as bot:
        message = await ann.says("one", in_=guild.channel("general"))
        await ann.edits(message, "two")
        await bea.reacts(message, "👍")
        await ann.deletes(message)
        bea.leaves(guild)
        guild.remove_channel(guild.channel("moderators"))
        wanted = ["raw_message_edit", "raw_reaction_add", "raw_message_delete", "member_remove"]
        await _soon(lambda: "guild_channel_delete" in bot.events)
        assert [event for event in bot.events if event in wanted] == wanted
        assert guild.channel("general").public_text() == "one\ntwo"
        members = await bot.guilds[0].query_members("an")
        assert [member.id for member in members] == [ann.id]


@pytest.mark.usefixtures("bot")
async def test_a_message_is_flagged_from_its_menu(ann: Person, bea: Person, guild: Guild) -> None:
    message = await ann.says("I feel unwell", in_=guild.channel("general"))
    await bea.uses_on_message("Flag message", message)
    await bea.waits_for("Flagged 'I feel unwell' by ann")
    assert len(ann.sees) == 1


async def test_a_message_to_somebody_who_blocked_the_bot_is_refused(bot: Bot, ann: Person, guild: Guild) -> None:
    user = await bot.fetch_user(ann.id)
    await user.send("Hello")
    await ann.waits_for("Hello")
    ann.blocks_bot()
    with pytest.raises(discord.Forbidden) as blocked:
        await user.send("Hello again")
    assert blocked.value.code == 50007
    ann.unblocks_bot()
    ann.leaves(guild)
    with pytest.raises(discord.Forbidden) as gone:
        await user.send("Hello again")
    assert gone.value.code == 50278
    assert len(ann.dm.messages) == 1


async def test_without_the_intent_only_some_messages_have_content(
    server: FakeDiscord, ann: Person, guild: Guild
) -> None:
    server.allow_intents(message_content=False)
    intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
    async with running(server, intents) as bot:
        general, mention = guild.channel("general"), f"<@{server.world.bot.id}> help"
        await ann.says("not for you", in_=general)
        await ann.says(mention, in_=general)
        await ann.says("direct")
        await _heard(bot, "direct")
        assert bot.heard == ["", mention, "direct"]


async def test_asking_for_a_denied_intent_is_closed_with_4014(server: FakeDiscord) -> None:
    server.allow_intents(message_content=False)
    with pointed_at(server):
        async with Bot(discord.Intents(guilds=True, message_content=True)) as client:
            with pytest.raises(discord.PrivilegedIntentsRequired):
                await client.start("fake-token")


async def test_a_wrong_token_is_refused(server: FakeDiscord) -> None:
    with pointed_at(server):
        async with Bot(discord.Intents.none()) as client:
            with pytest.raises(discord.LoginFailure):
                await client.start("wrong")


@pytest.mark.parametrize("how", ["user", "global"])
async def test_a_rate_limit_is_waited_out(server: FakeDiscord, bot: Bot, ann: Person, how: str) -> None:
    user = await bot.fetch_user(ann.id)
    await user.create_dm()
    server.fail_next("POST /channels/*/messages", 2, faults.rate_limited(0.1, global_=how == "global"))
    await user.send("patience")
    assert len(server.asked("POST /channels/*/messages")) == 3
    assert [message.text for message in ann.dm.messages] == ["patience"]


async def test_a_full_bucket_is_waited_out(server: FakeDiscord, bot: Bot, ann: Person) -> None:
    server.limit("POST /channels/*/messages", 2, 0.2)
    user = await bot.fetch_user(ann.id)
    await asyncio.gather(*(user.send(str(number)) for number in range(5)))
    assert sorted(message.text for message in ann.dm.messages) == ["0", "1", "2", "3", "4"]


async def test_a_message_dropped_after_delivery_is_not_doubled_by_its_nonce(
    server: FakeDiscord, bot: Bot, ann: Person
) -> None:
    user = await bot.fetch_user(ann.id)
    server.fail_next("POST /channels/*/messages", 1, faults.dropped_after)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await user.send("once", nonce="r-1")
    again = await user.send("once", nonce="r-1")
    assert [message.id for message in ann.dm.messages] == [again.id]
    server.skip(timedelta(minutes=10))
    await user.send("once", nonce="r-1")
    assert len(ann.dm.messages) == 2


async def test_a_request_dropped_before_delivery_has_no_effect(server: FakeDiscord, bot: Bot, ann: Person) -> None:
    user = await bot.fetch_user(ann.id)
    server.fail_next("POST /channels/*/messages", 1, faults.dropped_before)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await user.send("never")
    assert ann.dm.messages == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.server_error(503), discord.DiscordServerError),
        (faults.server_error(503, html=True), discord.DiscordServerError),
        (faults.forbidden(50013), discord.Forbidden),
        (faults.unauthorized, discord.HTTPException),
    ],
    ids=["503", "503 page", "forbidden", "unauthorized"],
)
async def test_a_planned_fault_reaches_the_client(
    server: FakeDiscord, bot: Bot, ann: Person, fault: faults.Fault, error: type[Exception]
) -> None:
    user = await bot.fetch_user(ann.id)
    server.fail_next("POST /channels/*/messages", 1, fault)
    with pytest.raises(error):
        await user.send("hm")


async def test_a_hanging_request_ends_with_the_clients_patience(server: FakeDiscord, bot: Bot, ann: Person) -> None:
    server.fail_next("GET /users/*", 1, faults.hang())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bot.fetch_user(ann.id), timeout=0.1)


@pytest.mark.parametrize("code", [4000, None], ids=["closed", "cut"])
async def test_a_resumed_session_is_given_what_it_missed(
    server: FakeDiscord, bot: Bot, ann: Person, code: int | None
) -> None:
    server.close_gateway()
    await server.drop_gateway(code)
    await ann.says("while you were away")
    server.close_gateway(closed=False)
    await server.bot_is_ready(resumed=1)
    await _heard(bot, "while you were away")
    assert server.gateway.identified == 1


async def test_an_invalid_session_is_started_anew(server: FakeDiscord, bot: Bot, ann: Person) -> None:
    server.invalidate_session()
    await server.bot_is_ready(identified=2)
    await ann.says("still there?")
    await _heard(bot, "still there?")


async def test_a_request_to_reconnect_is_followed(server: FakeDiscord, bot: Bot, ann: Person) -> None:
    server.ask_to_reconnect()
    await server.bot_is_ready(resumed=1)
    await ann.says("hello")
    await _heard(bot, "hello")


async def _heard(bot: Bot, text: str) -> None:
    await _soon(lambda: text in bot.heard)


async def _soon(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not check():  # noqa: ASYNC110 -- the bot's own lists offer nothing to wait on
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/channels/{c}/messages", {"content": "x" * 2001}, "content"),
        ("/channels/{c}/messages", {"content": "x", "nonce": "n" * 26}, "nonce"),
        ("/channels/{c}/messages", {"components": [{"type": 1, "components": []}] * 6}, "components"),
        (
            "/channels/{c}/messages",
            {"components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "x" * 81, "custom_id": "a"}]}]},
            "components",
        ),
        (
            "/channels/{c}/messages",
            {"components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "x", "custom_id": "a"}] * 2}]},
            "components",
        ),
        (
            "/channels/{c}/messages",
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
            "allowed_mentions",
        ),
        ("/applications/{a}/commands", {"name": "Bad Name", "description": "x"}, "name"),
        ("/applications/{a}/commands", {"name": "fine", "description": ""}, "description"),
    ],
    ids=["long", "nonce", "six rows", "label", "same custom id", "mentions", "command name", "no description"],
)
async def test_a_broken_form_is_refused(
    server: FakeDiscord, ann: Person, path: str, body: dict[str, object], where: str
) -> None:
    url = server.base_url + path.format(c=ann.dm.id, a=server.world.application_id)
    headers = {"Authorization": "Bot fake-token"}
    async with aiohttp.ClientSession(headers=headers) as web, web.post(url, json=body) as answer:
        refusal = await answer.json()
    assert (answer.status, refusal["code"]) == (400, 50035)
    assert where in refusal["errors"]


async def test_an_unknown_route_is_recorded_as_such(server: FakeDiscord) -> None:
    async with (
        aiohttp.ClientSession(headers={"Authorization": "Bot fake-token"}) as web,
        web.get(server.base_url + "/nowhere") as answer,
    ):
        assert (answer.status, await answer.json()) == (404, {"message": "404: Not Found", "code": 0})
    assert [entry["path"] for entry in server.unknown_requests] == ["/nowhere"]


async def test_messages_with_files_can_be_sent_changed_and_removed(
    server: FakeDiscord, bot: Bot, ann: Person, guild: Guild
) -> None:
    channel = await bot.fetch_channel(guild.channel("general").id)
    assert isinstance(channel, discord.TextChannel)
    sent = await channel.send("see", file=discord.File(io.BytesIO(b"day;value"), filename="a.csv"))
    seen = await ann.waits_for("see")
    assert [file.filename for file in seen.attachments] == ["a.csv"]
    assert await sent.attachments[0].read() == b"day;value"
    await sent.add_reaction("👍")
    await sent.edit(content="look", attachments=[])
    assert (seen.text, seen.attachments, seen.reactions) == ("look", [], {"👍": {server.world.bot.id}})
    assert [message.id async for message in channel.history()] == [sent.id]
    await sent.delete()
    assert seen.deleted
    assert ann.sees == []
    assert guild.channel("general").public_text() == "see\n[a.csv]\nlook"
    assert server.unknown_requests == []


async def test_a_channel_for_few_is_seen_by_few(server: FakeDiscord, bot: Bot, ann: Person, bea: Person) -> None:
    quiet = server.guild("Other").add_channel("quiet", seen_by=[bea])
    quiet.guild.add(bea)
    quiet.guild.add(ann)
    channel = await bot.fetch_channel(quiet.id)
    await channel.send("for bea")
    assert len(bea.sees) == 1
    assert ann.sees == []


async def test_what_does_not_come_is_reported_with_what_was_seen(server: FakeDiscord, guild: Guild) -> None:
    ann, bea = server.user("ann"), server.user("bea")
    guild.add(ann)
    guild.add(bea)
    await bea.says("something else", in_=guild.channel("general"))
    with pytest.raises(AssertionError, match=r"(?s)'hello' did not come.*#general bea: something else"):
        await ann.waits_for("hello", timeout=0.05)


@pytest.mark.skipif(
    not (SHARED / "conformance").is_dir(), reason="Discord's specification lies outside this repository"
)
async def test_a_recording_fits_discords_specification(
    server: FakeDiscord, bot: Bot, ann: Person, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ann.uses("/hello", in_=guild.channel("general"), name="Ann")
    await ann.presses("Done")
    await ann.uses("/slow")
    await ann.waits_for("First, edited")
    await (await bot.fetch_user(ann.id)).send("hello", nonce="n-1")
    await (await bot.fetch_user(ann.id)).send("file", file=discord.File(io.BytesIO(b"day;value"), filename="a.csv"))
    monkeypatch.syspath_prepend(str(SHARED / "conformance"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    import discord_spec

    assert server.record_to is not None
    entries = [json.loads(line) for line in server.record_to.read_text(encoding="utf-8").splitlines()]
    assert entries == server.requests
    for entry in entries:
        assert entry["platform"] == "discord"
        request = (entry["method"], entry["path"], entry["json"], entry["query"], entry["multipart"])
        where, errors, _ = discord_spec.check_request(*request)
        # discord.py sends these ids as numbers, which Discord takes although its specification says text.
        known = {"recipient_id", "attachments/0/id"}
        assert [error for error in errors if error[0] not in known] == [], where


async def test_a_sharded_client_finds_its_gateway(server: FakeDiscord, ann: Person) -> None:
    with pointed_at(server):
        async with discord.AutoShardedClient(intents=discord.Intents(dm_messages=True), shard_count=2) as client:
            task = asyncio.create_task(client.start(server.token))
            # discord.py waits five seconds between the shards' identifications.
            await server.bot_is_ready(identified=2)
            await (await client.fetch_user(ann.id)).send("from two shards")
            await client.close()
            await task
    assert [message.text for message in ann.sees] == ["from two shards"]
