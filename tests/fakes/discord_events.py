"""What the fake Discord's gateway tells its sessions when something happens."""

from typing import Any

from fakes.discord_payloads import channel_json, interaction_json, member_json, message_json, user_json
from fakes.discord_sessions import GUILDS, MEMBERS, Session
from fakes.discord_state import Channel, Guild, Interaction, Json, Message, User
from fakes.discord_world import World

GUILD_MESSAGES, GUILD_REACTIONS, DIRECT_MESSAGES, DIRECT_REACTIONS = 1 << 9, 1 << 10, 1 << 12, 1 << 13
MESSAGE_CONTENT = 1 << 15


class Events:
    """Writes each change of the world as events, for the sessions whose shard and intents they are for."""

    def __init__(self, world: World, sessions: dict[str, Session]) -> None:
        self.world = world
        self.sessions = sessions
        self.cdn = ""
        world.listeners.append(self.hear)

    def hear(self, event: str, subject: Any) -> None:  # noqa: ANN401 -- each event has a subject of its own kind
        """Turn a change in the world into the events that each session asked for by its intents."""
        write = {
            "message_created": self._message_created,
            "message_changed": self._message_changed,
            "message_deleted": self._message_deleted,
            "reaction": self._reaction,
            "interaction": self._interaction,
            "channel_created": self._channel_created,
            "thread_created": self._thread_created,
            "channel_deleted": self._channel_deleted,
            "guild_created": self._guild_created,
            "member_joined": self._member_joined,
            "member_left": self._member_left,
        }.get(event)
        if write is not None:
            write(subject)

    def _dispatch(self, event: str, data: Json, guild: Guild | None, intent: int = 0) -> None:
        for session in self.sessions.values():
            if session.serves(guild) and session.intents & intent == intent:
                session.dispatch(event, data)

    def _message_created(self, message: Message) -> None:
        self._send_message("MESSAGE_CREATE", message)

    def _message_changed(self, message: Message) -> None:
        self._send_message("MESSAGE_UPDATE", message)

    def _send_message(self, event: str, message: Message) -> None:
        guild = message.channel.guild
        if message.ephemeral or not message.channel.open_to(self.world.bot):
            return
        body = message_json(message, self.cdn)
        if guild is not None:
            body["guild_id"] = str(guild.id)
            member = guild.members.get(message.author.id)
            if member is not None and message.interaction is None:
                body["member"] = {key: part for key, part in member_json(member).items() if key != "user"}
        # Direct messages, the bot's own and those that mention it carry their content without the intent.
        privy = guild is None or message.author is self.world.bot or self.world.bot in message.mentions
        bare = {**body, "content": "", "embeds": [], "attachments": [], "components": []}
        bare.pop("message_snapshots", None)
        for session in self.sessions.values():
            if session.serves(guild) and session.intents & (GUILD_MESSAGES if guild else DIRECT_MESSAGES):
                session.dispatch(event, body if privy or session.intents & MESSAGE_CONTENT else bare)

    def _message_deleted(self, message: Message) -> None:
        guild = message.channel.guild
        if not message.ephemeral:
            data = {"id": str(message.id), "channel_id": str(message.channel.id), **_in(guild)}
            self._dispatch("MESSAGE_DELETE", data, guild, GUILD_MESSAGES if guild else DIRECT_MESSAGES)

    def _reaction(self, change: tuple[Message, User, str, bool]) -> None:
        message, user, emoji, added = change
        guild = message.channel.guild
        data: Json = {
            "user_id": str(user.id),
            "channel_id": str(message.channel.id),
            "message_id": str(message.id),
            "emoji": {"id": None, "name": emoji},
            "burst": False,
            "type": 0,
            **_in(guild),
        }
        if added and guild:
            data["member"] = member_json(guild.members[user.id])
        event = "MESSAGE_REACTION_ADD" if added else "MESSAGE_REACTION_REMOVE"
        self._dispatch(event, data, guild, GUILD_REACTIONS if guild else DIRECT_REACTIONS)

    def _interaction(self, interaction: Interaction) -> None:
        body = interaction_json(interaction, self.world, self.cdn)
        self._dispatch("INTERACTION_CREATE", body, interaction.channel.guild)

    def _channel_created(self, channel: Channel) -> None:
        self._dispatch("CHANNEL_CREATE", channel_json(channel), channel.guild, GUILDS if channel.guild else 0)

    def _thread_created(self, thread: Channel) -> None:
        self._dispatch("THREAD_CREATE", {**channel_json(thread), "newly_created": True}, thread.guild, GUILDS)

    def _channel_deleted(self, channel: Channel) -> None:
        self._dispatch("CHANNEL_DELETE", channel_json(channel), channel.guild, GUILDS)

    def _guild_created(self, guild: Guild) -> None:
        for session in self.sessions.values():
            if session.serves(guild):
                session.introduce(guild)

    def _member_joined(self, change: tuple[Guild, User]) -> None:
        guild, user = change
        if user is self.world.bot:
            self._guild_created(guild)
        else:
            data = {**member_json(guild.members[user.id]), **_in(guild)}
            self._dispatch("GUILD_MEMBER_ADD", data, guild, MEMBERS)

    def _member_left(self, change: tuple[Guild, User]) -> None:
        guild, user = change
        if user is self.world.bot:
            self._dispatch("GUILD_DELETE", {"id": str(guild.id)}, guild, GUILDS)
        else:
            self._dispatch("GUILD_MEMBER_REMOVE", {"user": user_json(user), **_in(guild)}, guild, MEMBERS)


def _in(guild: Guild | None) -> Json:
    return {"guild_id": str(guild.id)} if guild else {}
