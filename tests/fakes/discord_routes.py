"""The REST routes of the fake Discord beside interactions: the bot itself, users, guilds, channels, commands."""

import re
from collections.abc import Callable
from urllib.parse import unquote

from fakes.discord_answers import Answers
from fakes.discord_commands import CommandBook
from fakes.discord_faults import Answer
from fakes.discord_gateway import Gateway
from fakes.discord_messages import Call, alter, require_access, send
from fakes.discord_payloads import channel_json, guild_json, member_json, message_json, role_json, user_json
from fakes.discord_rules import ApiError
from fakes.discord_state import EVERYONE, Channel, Guild, Message, User, permission_bits
from fakes.discord_world import World

Route = tuple[str, re.Pattern[str], Callable[..., Answer]]
NUMBER, WORD, MESSAGE_ID = r"(\d+)", r"([^/]+)", r"(\d+|@original)"


class Routes:
    """Finds the route of a request and carries it out on the world."""

    def __init__(self, world: World, gateway: Gateway, answers: Answers) -> None:
        self.world = world
        self.gateway = gateway
        self.answers = answers
        self.commands = CommandBook(world)
        self.cdn = ""
        self.table = [
            (method, re.compile(path.format(n=NUMBER, w=WORD, m=MESSAGE_ID)), serve)
            for method, path, serve in self._all()
        ]

    def _all(self) -> list[tuple[str, str, Callable[..., Answer]]]:
        answers = self.answers
        command_routes = [
            (method, f"/applications/{{n}}{guild}/commands{one}", serve)
            for guild in ("", "/guilds/{n}")
            for method, one, serve in (
                ("GET", "", self.list_commands),
                ("PUT", "", self.replace_commands),
                ("POST", "", self.create_command),
                ("GET", "/{n}", self.read_command),
                ("PATCH", "/{n}", self.change_command),
                ("DELETE", "/{n}", self.remove_command),
            )
        ]
        return [
            *command_routes,
            ("GET", "/users/@me", self.read_bot),
            ("GET", "/oauth2/applications/@me", self.read_application),
            ("GET", "/applications/@me", self.read_application),
            ("GET", "/gateway", self.read_gateway),
            ("GET", "/gateway/bot", self.read_gateway),
            ("POST", "/interactions/{n}/{w}/callback", answers.callback),
            ("POST", "/webhooks/{n}/{w}", answers.follow_up),
            ("GET", "/webhooks/{n}/{w}/messages/{m}", answers.read),
            ("PATCH", "/webhooks/{n}/{w}/messages/{m}", answers.change),
            ("DELETE", "/webhooks/{n}/{w}/messages/{m}", answers.remove),
            ("POST", "/users/@me/channels", self.open_dm),
            ("GET", "/users/{n}", self.read_user),
            ("GET", "/guilds/{n}", self.read_guild),
            ("GET", "/guilds/{n}/channels", self.list_channels),
            ("GET", "/guilds/{n}/roles", self.list_roles),
            ("GET", "/guilds/{n}/members/{n}", self.read_member),
            ("DELETE", "/users/@me/guilds/{n}", self.leave_guild),
            ("GET", "/channels/{n}", self.read_channel),
            ("POST", "/channels/{n}/typing", self.type),
            ("GET", "/channels/{n}/messages", self.list_messages),
            ("POST", "/channels/{n}/messages", self.send_message),
            ("GET", "/channels/{n}/messages/{n}", self.read_message),
            ("PATCH", "/channels/{n}/messages/{n}", self.change_message),
            ("DELETE", "/channels/{n}/messages/{n}", self.remove_message),
            ("PUT", "/channels/{n}/messages/{n}/reactions/{w}/@me", self.add_reaction),
            ("DELETE", "/channels/{n}/messages/{n}/reactions/{w}/(@me|\\d+)", self.remove_reaction),
        ]

    def find(self, method: str, path: str) -> Callable[[Call], Answer] | None:
        """Find what serves a request; None where this server has no such route."""
        for wanted, pattern, serve in self.table:
            match = pattern.fullmatch(path)
            if wanted == method and match:
                words = [unquote(word) for word in match.groups()]
                return lambda call: serve(call, *words)
        return None

    def read_bot(self, _: Call) -> Answer:
        """Describe the bot's own account."""
        return Answer(200, {**user_json(self.world.bot), "verified": True, "mfa_enabled": False, "locale": "en-US"})

    def read_application(self, _: Call) -> Answer:
        """Describe the application."""
        body = {
            "id": str(self.world.application_id),
            "name": self.world.bot.name,
            "icon": None,
            "description": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "owner": user_json(self.world.bot),
            "team": None,
            "flags": self.gateway.application_flags,
            "flags_new": str(self.gateway.application_flags),
            "bot": user_json(self.world.bot),
            "type": None,
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "approximate_guild_count": len(self.world.guilds),
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0,
            "eligible_oauth2_scopes": [],
        }
        return Answer(200, body)

    def read_gateway(self, call: Call) -> Answer:
        """Tell where the web socket is, and how many may still be started."""
        body: dict[str, object] = {"url": self.gateway.url}
        if call.path.endswith("bot"):
            limit = {"total": 1000, "remaining": 1000 - self.gateway.identified, "reset_after": 0, "max_concurrency": 1}
            body |= {"shards": 1, "session_start_limit": limit}
        return Answer(200, body)

    def open_dm(self, call: Call) -> Answer:
        """Find or open the direct channel with a user; whether anything can be sent there shows only later."""
        user = self.world.users.get(int(call.body.get("recipient_id") or 0))
        if user is None or user.bot:
            raise ApiError(400, 50033, "Invalid Recipient(s)")
        return Answer(200, channel_json(self.world.dm(user)))

    def read_user(self, _: Call, user_id: str) -> Answer:
        """Describe a user."""
        return Answer(200, user_json(self._user(user_id)))

    def read_guild(self, call: Call, guild_id: str) -> Answer:
        """Describe a guild that the bot is in."""
        guild = self._guild(guild_id)
        counts = {"approximate_member_count": len(guild.members), "approximate_presence_count": len(guild.members)}
        return Answer(200, {**guild_json(guild), **(counts if call.query.get("with_counts") else {})})

    def list_channels(self, _: Call, guild_id: str) -> Answer:
        """List a guild's channels."""
        return Answer(200, [channel_json(channel) for channel in self._guild(guild_id).channels])

    def list_roles(self, _: Call, guild_id: str) -> Answer:
        """List a guild's roles, of which there is one."""
        guild = self._guild(guild_id)
        return Answer(200, [role_json(guild.id, "@everyone", permission_bits(*EVERYONE), managed=False)])

    def read_member(self, _: Call, guild_id: str, user_id: str) -> Answer:
        """Describe a member; 10007 for somebody who is not in the guild."""
        member = self._guild(guild_id).members.get(self._user(user_id).id)
        if member is None:
            raise ApiError(404, 10007, "Unknown Member")
        return Answer(200, member_json(member))

    def leave_guild(self, _: Call, guild_id: str) -> Answer:
        """Take the bot out of a guild."""
        self._guild(guild_id).remove(self.world.bot)
        return Answer(204)

    def read_channel(self, _: Call, channel_id: str) -> Answer:
        """Describe a channel."""
        return Answer(200, channel_json(self._channel(channel_id)))

    def type(self, _: Call, channel_id: str) -> Answer:
        """Show that the bot is typing."""
        require_access(self.world, self._channel(channel_id))
        return Answer(204)

    def list_messages(self, call: Call, channel_id: str) -> Answer:
        """List messages, the newest first; `before`, `after` and `limit` as Discord has them."""
        before, after = int(call.query.get("before", 2**63)), int(call.query.get("after", 0))
        limit = int(call.query.get("limit", 50))
        all_here = self._channel(channel_id).messages
        found = [each for each in all_here if each.public and not each.deleted and after < each.id < before]
        chosen = found[:limit] if "after" in call.query else found[-limit:]
        return Answer(200, [message_json(message, self.cdn) for message in reversed(chosen)])

    def send_message(self, call: Call, channel_id: str) -> Answer:
        """Post a message."""
        return Answer(200, message_json(send(self.world, call, self._channel(channel_id)), self.cdn))

    def read_message(self, _: Call, channel_id: str, message_id: str) -> Answer:
        """Give back a message."""
        return Answer(200, message_json(self._message(channel_id, message_id), self.cdn))

    def change_message(self, call: Call, channel_id: str, message_id: str) -> Answer:
        """Change a message of the bot's own."""
        message = self._message(channel_id, message_id)
        if message.author is not self.world.bot:
            raise ApiError(403, 50005, "Cannot edit a message authored by another user")
        return Answer(200, message_json(alter(self.world, call, call.body, message), self.cdn))

    def remove_message(self, _: Call, channel_id: str, message_id: str) -> Answer:
        """Take a message away: the bot's own, or where it may manage messages another's."""
        message = self._message(channel_id, message_id)
        guild = message.channel.guild
        if message.author is not self.world.bot and guild is None:
            raise ApiError(403, 50003, "Cannot execute action on a DM channel")
        may_manage = guild and guild.members[self.world.bot.id].may(permission_bits("manage_messages"))
        if message.author is not self.world.bot and not may_manage:
            raise ApiError(403, 50013, "Missing Permissions")
        self.world.delete(message)
        return Answer(204)

    def add_reaction(self, _: Call, channel_id: str, message_id: str, emoji: str) -> Answer:
        """Put the bot's reaction under a message."""
        message = self._message(channel_id, message_id)
        message.reactions.setdefault(emoji, set()).add(self.world.bot.id)
        self.world.tell("reaction", (message, self.world.bot, emoji, True))
        return Answer(204)

    def remove_reaction(self, _: Call, channel_id: str, message_id: str, emoji: str, who: str) -> Answer:
        """Take a reaction away."""
        message = self._message(channel_id, message_id)
        user = self.world.bot if who == "@me" else self._user(who)
        message.reactions.get(emoji, set()).discard(user.id)
        message.reactions = {each: fans for each, fans in message.reactions.items() if fans}
        self.world.tell("reaction", (message, user, emoji, False))
        return Answer(204)

    def list_commands(self, _: Call, *where: str) -> Answer:
        """List the registered commands."""
        return Answer(200, self.commands.of(_guild_id(where)))

    def replace_commands(self, call: Call, *where: str) -> Answer:
        """Register a whole list of commands."""
        if not isinstance(call.json, list):
            raise ApiError(400, 50109, "The request body contains invalid JSON.")
        return Answer(200, self.commands.replace(_guild_id(where), call.json))

    def create_command(self, call: Call, *where: str) -> Answer:
        """Register one command."""
        return Answer(201, self.commands.create(_guild_id(where), call.body))

    def read_command(self, _: Call, *where: str) -> Answer:
        """Describe one command."""
        return Answer(200, self.commands.find(_guild_id(where[:-1]), int(where[-1])))

    def change_command(self, call: Call, *where: str) -> Answer:
        """Change one command."""
        old = self.commands.find(_guild_id(where[:-1]), int(where[-1]))
        return Answer(200, self.commands.change(old, call.body))

    def remove_command(self, _: Call, *where: str) -> Answer:
        """Take one command away."""
        del self.world.commands[int(self.commands.find(_guild_id(where[:-1]), int(where[-1]))["id"])]
        return Answer(204)

    def _user(self, user_id: str) -> User:
        if int(user_id) not in self.world.users:
            raise ApiError(404, 10013, "Unknown User")
        return self.world.users[int(user_id)]

    def _guild(self, guild_id: str) -> Guild:
        guild = self.world.guilds.get(int(guild_id))
        if guild is None or self.world.bot.id not in guild.members:
            raise ApiError(404, 10004, "Unknown Guild")
        return guild

    def _channel(self, channel_id: str) -> Channel:
        if int(channel_id) not in self.world.channels:
            raise ApiError(404, 10003, "Unknown Channel")
        return self.world.channels[int(channel_id)]

    def _message(self, channel_id: str, message_id: str) -> Message:
        channel = self._channel(channel_id)
        if not channel.open_to(self.world.bot):
            raise ApiError(403, 50001, "Missing Access")
        message = self.world.find_message(channel, int(message_id))
        # An ephemeral message is reached by its interaction's token alone.
        if message is None or not message.public:
            raise ApiError(404, 10008, "Unknown Message")
        return message


def _guild_id(where: tuple[str, ...]) -> int | None:
    """The guild among the path's numbers, which are the application and then perhaps the guild."""
    return int(where[1]) if len(where) > 1 else None
