"""What the fake Discord remembers: people, guilds, channels, messages, interactions, all in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from fakes.discord_world import World

Json = dict[str, Any]

EPHEMERAL = 1 << 6
LOADING = 1 << 7
COMPONENTS_V2 = 1 << 15

# Discord's documentation, "Permissions", as of 2026-08-06; only those that a peer-support bot meets.
PERMISSIONS = {
    "kick_members": 1 << 1,
    "ban_members": 1 << 2,
    "administrator": 1 << 3,
    "manage_channels": 1 << 4,
    "manage_guild": 1 << 5,
    "add_reactions": 1 << 6,
    "view_channel": 1 << 10,
    "send_messages": 1 << 11,
    "manage_messages": 1 << 13,
    "embed_links": 1 << 14,
    "attach_files": 1 << 15,
    "read_message_history": 1 << 16,
    "use_application_commands": 1 << 31,
    "moderate_members": 1 << 40,
}
EVERYONE = ("view_channel", "send_messages", "embed_links", "attach_files", "read_message_history", "add_reactions")


def permission_bits(*names: str) -> int:
    """Add up permissions by name; an unknown name is a KeyError."""
    return sum({PERMISSIONS[name] for name in names})


@dataclass(eq=False)
class User:
    """Somebody with an account; `locale` is their client's language."""

    id: int
    name: str
    locale: str = "en-US"
    bot: bool = False
    blocked_bot: bool = False
    closed_dms: bool = False
    open_modal: Modal | None = field(default=None, repr=False)


@dataclass(eq=False)
class Member:
    """A user's place in one guild."""

    user: User
    permissions: int
    joined_at: datetime

    def may(self, needed: int) -> bool:
        """Say whether every bit of `needed` is held; an administrator holds them all."""
        return bool(self.permissions & PERMISSIONS["administrator"]) or self.permissions & needed == needed


@dataclass(eq=False, repr=False)
class Channel:
    """A guild's text channel, or a direct channel between the bot and `recipient`.

    `seen_by` is None where every member of the guild reads along. A thread has a `parent`.
    """

    world: World
    id: int
    name: str = ""
    guild: Guild | None = None
    recipient: User | None = None
    seen_by: set[User] | None = None
    messages: list[Message] = field(default_factory=list)
    parent: Channel | None = None

    def open_to(self, user: User) -> bool:
        """Say whether `user` can read here now."""
        if self.guild is None:
            return user is self.recipient or user.bot
        if user.id not in self.guild.members:
            return False
        return self.seen_by is None or user.bot or user in self.seen_by

    def public_text(self) -> str:
        """Everything that anybody here could ever read, earlier versions and deleted messages included."""
        return "\n".join(text for message in self.messages if message.public for text in message.versions)


@dataclass(eq=False, repr=False)
class Guild:
    """A server, its channels and its members; the bot is a member from the start."""

    world: World
    id: int
    name: str
    locale: str = "en-US"
    channels: list[Channel] = field(default_factory=list)
    members: dict[int, Member] = field(default_factory=dict)

    def channel(self, name: str) -> Channel:
        """Find a channel by its name."""
        return next(channel for channel in self.channels if channel.name == name)

    def add_channel(self, name: str, seen_by: list[User] | None = None) -> Channel:
        """Open a text channel, readable by all or only by `seen_by` (and the bot)."""
        channel = Channel(self.world, self.world.snowflake(), name, self, seen_by=set(seen_by) if seen_by else None)
        self.channels.append(channel)
        self.world.channels[channel.id] = channel
        self.world.tell("channel_created", channel)
        return channel

    def add_thread(self, name: str, parent: Channel) -> Channel:
        """Open a thread in a channel."""
        thread = Channel(self.world, self.world.snowflake(), name, self, seen_by=parent.seen_by, parent=parent)
        self.world.channels[thread.id] = thread
        self.world.tell("thread_created", thread)
        return thread

    def remove_channel(self, channel: Channel) -> None:
        """Delete a channel, as a moderator would."""
        self.channels.remove(channel)
        del self.world.channels[channel.id]
        self.world.tell("channel_deleted", channel)

    def add(self, user: User, *permissions: str, admin: bool = False) -> None:
        """Let `user` in, with what everyone may and the named permissions besides."""
        names = (*EVERYONE, "use_application_commands", *permissions, *(("administrator",) if admin else ()))
        self.members[user.id] = Member(user, permission_bits(*names), self.world.now())
        self.world.tell("member_joined", (self, user))

    def remove(self, user: User) -> None:
        """Let `user` go."""
        del self.members[user.id]
        self.world.tell("member_left", (self, user))


class Attachment(NamedTuple):
    """An uploaded file."""

    id: int
    filename: str
    content: bytes
    content_type: str
    description: str | None = None


class Button(NamedTuple):
    """A button as a person sees it."""

    label: str
    custom_id: str | None
    disabled: bool
    url: str | None


class Choice(NamedTuple):
    """One line of an autocomplete list."""

    name: str
    value: str | int | float


@dataclass(eq=False, repr=False)
class Modal:
    """A form on somebody's screen, as the bot sent it."""

    payload: Json
    interaction: Interaction

    @property
    def title(self) -> str:
        """The form's heading."""
        return self.payload["title"]

    @property
    def fields(self) -> dict[str, Json]:
        """The inputs by label, in the order shown; each is the component as sent."""
        found: dict[str, Json] = {}
        for component in self.payload["components"]:
            if component["type"] == 18:
                found[component["label"]] = component["component"]
            for child in component.get("components", []):
                found[child["label"]] = child
        return found


@dataclass(eq=False, repr=False)
class Message:
    """A message and what became of it; `versions` are all its texts, the newest last.

    `reference` is what it replies to, `forwarded` the message that it is a copy of, `poll` a question and its answers.
    """

    id: int
    channel: Channel
    author: User
    created_at: datetime
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: int = 0
    seen_only_by: User | None = None
    mentions: list[User] = field(default_factory=list)
    nonce: str | int | None = None
    reference: Message | None = None
    forwarded: Message | None = None
    poll: tuple[str, ...] = ()
    interaction: Interaction | None = None
    reactions: dict[str, set[int]] = field(default_factory=dict)
    edited_at: datetime | None = None
    deleted: bool = False
    versions: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Message of {self.author.name}: {self.text!r}>"

    @property
    def ephemeral(self) -> bool:
        """Whether only the person who asked sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """Whether it still says that the bot is thinking."""
        return bool(self.flags & LOADING)

    @property
    def edited(self) -> bool:
        """Whether it was changed after it was sent."""
        return self.edited_at is not None

    @property
    def public(self) -> bool:
        """Whether others in the channel could ever read it."""
        return self.seen_only_by is None

    @property
    def text(self) -> str:
        """All the words to read: content, embeds, text displays; without the labels of buttons and menus."""
        words = [self.content]
        for embed in self.embeds:
            words += [embed.get("title"), embed.get("description"), embed.get("footer", {}).get("text")]
            words += [words for line in embed.get("fields", []) for words in (line["name"], line["value"])]
        words += [component.get("content") for component in walk(self.components)]
        return "\n".join(word for word in words if word)

    @property
    def buttons(self) -> list[Button]:
        """The buttons, in reading order."""
        return [
            Button(part.get("label", ""), part.get("custom_id"), part.get("disabled", False), part.get("url"))
            for part in walk(self.components)
            if part["type"] == 2
        ]

    @property
    def selects(self) -> list[Json]:
        """The string menus, as sent."""
        return [part for part in walk(self.components) if part["type"] == 3]

    def visible_to(self, user: User) -> bool:
        """Say whether `user` has it on their screen."""
        mine = self.seen_only_by is None or self.seen_only_by is user
        return mine and not self.deleted and self.channel.open_to(user)

    def keep_version(self) -> None:
        """Remember what can be read now."""
        files = [f"[{file.filename}]" for file in self.attachments]
        labels = [button.label for button in self.buttons]
        self.versions.append("\n".join([self.text, *labels, *files]).strip())


@dataclass(eq=False, repr=False)
class Interaction:
    """One use of a command, button, menu or form, and how the bot has answered it."""

    id: int
    token: str
    kind: int
    user: User
    channel: Channel
    data: Json
    created_at: datetime
    message: Message | None = None
    callback_type: int | None = None
    answer: Message | None = None
    modal: Modal | None = None
    choices: list[Choice] | None = None
    origin: Interaction | None = None

    @property
    def answered(self) -> bool:
        """Whether the bot has said anything to it, be it only that it is thinking."""
        return self.callback_type is not None

    @property
    def name(self) -> str:
        """What was used, in words for a transcript."""
        return self.data.get("name") or self.data.get("custom_id", "")


def walk(components: list[Json]) -> Iterator[Json]:
    """Go through components and all those inside them, in reading order."""
    for component in components:
        yield component
        yield from walk(component.get("components", []))
        yield from walk([component[key] for key in ("component", "accessory") if component.get(key)])
