"""How the bot's requests become messages on the fake Discord, or change them."""

import re
from dataclasses import dataclass, field
from datetime import timedelta

from fakes.discord_rules import ApiError, check_message
from fakes.discord_state import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    Attachment,
    Channel,
    Interaction,
    Json,
    Message,
    User,
    permission_bits,
)
from fakes.discord_world import World

NONCE_LIFETIME = timedelta(minutes=5)
MENTION = re.compile(r"<@!?(\d+)>")


@dataclass
class Call:
    """One REST request as the routes see it."""

    method: str
    path: str
    query: dict[str, str]
    json: object
    multipart: bool
    files: dict[int, tuple[str, bytes]] = field(default_factory=dict)

    @property
    def body(self) -> Json:
        """The JSON body where an object is wanted.

        Raises:
            ApiError: 50109 for anything else.
        """
        if self.json is None:
            return {}
        if not isinstance(self.json, dict):
            raise ApiError(400, 50109, "The request body contains invalid JSON.")
        return self.json


def mentioned(world: World, content: str, allowed: Json | None, replied: User | None = None) -> list[User]:
    """Find who is pinged by a text; `allowed` is None where everything is."""
    ids = [int(each) for each in MENTION.findall(content)]
    users = list(dict.fromkeys(world.users[each] for each in ids if each in world.users))
    if allowed is not None and "users" not in (allowed.get("parse") or []):
        users = [user for user in users if str(user.id) in {str(each) for each in allowed.get("users") or []}]
    if replied is not None and (allowed is None or allowed.get("replied_user")) and replied not in users:
        users.append(replied)
    return users


def require_access(world: World, channel: Channel) -> None:
    """Refuse the bot a channel where it may not write, as Discord words it in each case.

    Raises:
        ApiError: 50001 or 50013 in a guild; 50278 or 50007 in a direct channel.
    """
    if channel.guild is not None:
        member = channel.guild.members.get(world.bot.id)
        if member is None or not member.may(permission_bits("view_channel")):
            raise ApiError(403, 50001, "Missing Access")
        if not member.may(permission_bits("send_messages")):
            raise ApiError(403, 50013, "Missing Permissions")
        return
    user = channel.recipient
    if user is None or not world.share_a_guild(user):
        raise ApiError(403, 50278, "Cannot send messages to this user due to having no mutual guilds")
    if user.blocked_bot or user.closed_dms:
        raise ApiError(403, 50007, "Cannot send messages to this user")


def send(world: World, call: Call, channel: Channel) -> Message:
    """Post the bot's message; the same nonce within a few minutes finds the first message again.

    Raises:
        ApiError: no access, a broken form, an answer to a message that is not there or that the bot may not reply to.
    """
    require_access(world, channel)
    body = call.body
    check_message(body, files=len(call.files))
    if body.get("enforce_nonce") and body.get("nonce") is not None:
        twin = _twin(world, body["nonce"])
        if twin is not None:
            return twin
    reference = _referenced(world, channel, body.get("message_reference"))
    message = compose(world, call, body, channel)
    message.reference = reference
    replied = reference.author if reference else None
    message.mentions = mentioned(world, message.content, body.get("allowed_mentions"), replied)
    if message.nonce is not None:
        world.nonces[str(message.nonce)] = message
    return world.post(message)


def _twin(world: World, nonce: str | int) -> Message | None:
    found = world.nonces.get(str(nonce))
    return found if found and found.created_at >= world.now() - NONCE_LIFETIME else None


def _referenced(world: World, channel: Channel, reference: Json | None) -> Message | None:
    if reference is None:
        return None
    bot = channel.guild.members[world.bot.id] if channel.guild else None
    if bot is not None and not bot.may(permission_bits("read_message_history")):
        raise ApiError(403, 160002, "Cannot reply without permission to read message history")
    found = world.find_message(channel, int(reference["message_id"]))
    if found is None and reference.get("fail_if_not_exists", True):
        errors = {"message_reference": {"_errors": [{"code": "REPLIES_UNKNOWN_MESSAGE", "message": "Unknown message"}]}}
        raise ApiError(400, 50035, "Invalid Form Body", errors)
    return found


def compose(world: World, call: Call, body: Json, channel: Channel, interaction: Interaction | None = None) -> Message:
    """Make the bot's message from a checked body, without posting it."""
    message = Message(world.snowflake(), channel, world.bot, world.now(), interaction=interaction)
    message.content = body.get("content") or ""
    message.embeds = body.get("embeds") or []
    message.components = body.get("components") or []
    message.attachments = _uploaded(world, call, body)
    message.nonce = body.get("nonce")
    message.flags = body.get("flags") or 0
    message.mentions = mentioned(world, message.content, body.get("allowed_mentions"))
    if message.flags & EPHEMERAL and interaction is not None:
        message.seen_only_by = interaction.user
    elif message.flags & EPHEMERAL:
        # Only the answer to an interaction can be ephemeral; elsewhere Discord ignores the flag.
        message.flags &= ~EPHEMERAL
    return message


def _uploaded(world: World, call: Call, body: Json) -> list[Attachment]:
    notes = {int(each["id"]): each for each in body.get("attachments") or [] if int(each["id"]) in call.files}
    return [
        world.upload(notes.get(number, {}).get("filename") or name, content, notes.get(number, {}).get("description"))
        for number, (name, content) in call.files.items()
    ]


def alter(world: World, call: Call, body: Json, message: Message, at: str = "") -> Message:
    """Change what `body` names of a message and leave the rest; an absent key changes nothing.

    Raises:
        ApiError: a broken form, or nothing left to show.
    """
    check_message(body, at, files=len(call.files), new=False, flags=message.flags & COMPONENTS_V2)
    if "content" in body:
        message.content = body["content"] or ""
        message.mentions = mentioned(world, message.content, body.get("allowed_mentions"))
    if "embeds" in body:
        message.embeds = body["embeds"] or []
    if "components" in body:
        message.components = body["components"] or []
    if body.get("attachments") is not None:
        kept = {int(each["id"]) for each in body["attachments"]}
        message.attachments = [each for each in message.attachments if each.id in kept]
    message.attachments = [*message.attachments, *_uploaded(world, call, body)]
    # An edit may add the components-v2 flag, and can neither take it away nor change who sees the message.
    message.flags |= (body.get("flags") or 0) & ~(EPHEMERAL | LOADING)
    world.revise(message)
    return message
