"""How the fake Discord writes its records down: the JSON objects of API version 10."""

from datetime import timedelta
from itertools import count

from fakes.discord_state import (
    EVERYONE,
    PERMISSIONS,
    Attachment,
    Channel,
    Guild,
    Interaction,
    Json,
    Member,
    Message,
    User,
    permission_bits,
)
from fakes.discord_world import World


def user_json(user: User) -> Json:
    """Write a user, as everyone sees them."""
    return {
        "id": str(user.id),
        "username": user.name,
        "discriminator": "0",
        "global_name": None if user.bot else user.name,
        "avatar": None,
        "bot": user.bot,
        "system": False,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }


def member_json(member: Member) -> Json:
    """Write a member with their user."""
    return {
        "user": user_json(member.user),
        "nick": None,
        "avatar": None,
        "roles": [],
        "joined_at": member.joined_at.isoformat(),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
        "communication_disabled_until": None,
    }


def channel_json(channel: Channel) -> Json:
    """Write a channel; a private one denies everyone the view and allows each reader."""
    last = channel.messages[-1].id if channel.messages else None
    common: Json = {"id": str(channel.id), "last_message_id": str(last) if last else None, "flags": 0}
    if channel.guild is not None and channel.parent is not None:
        return {**common, **_thread_json(channel.guild, channel, channel.parent)}
    if channel.guild is None:
        recipients = [user_json(channel.recipient)] if channel.recipient else []
        return {**common, "type": 1, "recipients": recipients}
    view = str(PERMISSIONS["view_channel"])
    overwrites: list[Json] = []
    if channel.seen_by is not None:
        overwrites = [{"id": str(channel.guild.id), "type": 0, "allow": "0", "deny": view}]
        readers = {channel.world.bot, *channel.seen_by}
        overwrites += [{"id": str(user.id), "type": 1, "allow": view, "deny": "0"} for user in readers]
    return {
        **common,
        "type": 0,
        "guild_id": str(channel.guild.id),
        "name": channel.name,
        "position": channel.guild.channels.index(channel) if channel in channel.guild.channels else 0,
        "permission_overwrites": overwrites,
        "nsfw": False,
        "topic": None,
        "parent_id": None,
        "rate_limit_per_user": 0,
    }


def _thread_json(guild: Guild, thread: Channel, parent: Channel) -> Json:
    return {
        "type": 11,
        "guild_id": str(guild.id),
        "parent_id": str(parent.id),
        "owner_id": str(guild.world.bot.id),
        "name": thread.name,
        "message_count": len(thread.messages),
        "member_count": 1,
        "rate_limit_per_user": 0,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": 1440,
            "archive_timestamp": guild.world.now().isoformat(),
            "locked": False,
        },
    }


def role_json(role_id: int, name: str, permissions: int, *, managed: bool) -> Json:
    """Write a role."""
    return {
        "id": str(role_id),
        "name": name,
        "permissions": str(permissions),
        "position": int(managed),
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": managed,
        "mentionable": False,
        "flags": 0,
    }


def guild_json(guild: Guild) -> Json:
    """Write a guild as REST gives it."""
    bot = guild.members.get(guild.world.bot.id)
    roles = [role_json(guild.id, "@everyone", permission_bits(*EVERYONE), managed=False)]
    if bot is not None:
        # The bot's rights stand in a role of their own, whose id must differ from the guild's.
        roles.append(role_json(guild.id + 1, guild.world.bot.name, bot.permissions, managed=True))
    owner = next((member.user for member in guild.members.values() if not member.user.bot), guild.world.bot)
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "owner_id": str(owner.id),
        "preferred_locale": guild.locale,
        "features": [],
        "roles": roles,
        "emojis": [],
        "stickers": [],
        "verification_level": 0,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "afk_timeout": 300,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "system_channel_flags": 0,
    }


def guild_create_json(guild: Guild, *, with_members: bool) -> Json:
    """Write a guild as GUILD_CREATE carries it, with everyone in it or the bot alone."""
    bot = guild.members.get(guild.world.bot.id)
    bot_members = [{**member_json(bot), "roles": [str(guild.id + 1)]}] if bot else []
    others = [member_json(each) for each in guild.members.values() if with_members and each is not bot]
    return {
        **guild_json(guild),
        "unavailable": False,
        "large": False,
        "joined_at": bot.joined_at.isoformat() if bot else None,
        "member_count": len(guild.members),
        "members": [*bot_members, *others],
        "channels": [channel_json(channel) for channel in guild.channels],
        "threads": [
            channel_json(each) for each in guild.world.channels.values() if each.guild is guild and each.parent
        ],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def attachment_json(attachment: Attachment, cdn: str) -> Json:
    """Write an attachment, to be fetched under `cdn`."""
    url = f"{cdn}/{attachment.id}/{attachment.filename}"
    return {
        "id": str(attachment.id),
        "filename": attachment.filename,
        "size": len(attachment.content),
        "content_type": attachment.content_type,
        "url": url,
        "proxy_url": url,
        **({"description": attachment.description} if attachment.description else {}),
    }


def numbered(components: list[Json], numbers: count | None = None) -> list[Json]:
    """Give every component an id, as Discord does where the bot gave none."""
    numbers = numbers or count(1)
    found: list[Json] = []
    for component in components:
        out = {"id": next(numbers), **component}
        if "components" in out:
            out["components"] = numbered(out["components"], numbers)
        for key in ("component", "accessory"):
            if out.get(key):
                out[key] = numbered([out[key]], numbers)[0]
        found.append(out)
    return found


def message_json(message: Message, cdn: str) -> Json:
    """Write a message with everything in it."""
    body: Json = {
        "id": str(message.id),
        "type": 19 if message.reference else 0,
        "channel_id": str(message.channel.id),
        "author": user_json(message.author),
        "content": message.content,
        "timestamp": message.created_at.isoformat(),
        "edited_timestamp": message.edited_at.isoformat() if message.edited_at else None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [user_json(user) for user in message.mentions],
        "mention_roles": [],
        "attachments": [attachment_json(each, cdn) for each in message.attachments],
        "embeds": [{"type": "rich", **embed} for embed in message.embeds],
        "components": numbered(message.components),
        "pinned": False,
        "flags": message.flags,
    }
    if message.nonce is not None:
        body["nonce"] = message.nonce
    if message.author.bot:
        body["application_id"] = str(message.author.id)
    if message.reactions:
        body["reactions"] = [reaction_json(message, emoji) for emoji in message.reactions]
    if message.reference is not None:
        body["message_reference"] = {
            "type": 0,
            "message_id": str(message.reference.id),
            "channel_id": str(message.reference.channel.id),
        }
        body["referenced_message"] = None if message.reference.deleted else message_json(message.reference, cdn)
    if message.forwarded is not None:
        original = message.forwarded
        body["message_reference"] = {
            "type": 1,
            "message_id": str(original.id),
            "channel_id": str(original.channel.id),
        }
        copied = message_json(original, cdn)
        kept = ("type", "content", "embeds", "attachments", "timestamp", "edited_timestamp", "flags", "components")
        body["message_snapshots"] = [{"message": {key: copied[key] for key in (*kept, "mentions", "mention_roles")}}]
    if message.poll:
        body["poll"] = poll_json(message)
    if message.interaction is not None:
        body["webhook_id"] = body["application_id"]
        body["interaction_metadata"] = interaction_metadata(message.interaction)
    return body


def poll_json(message: Message) -> Json:
    """Write a poll in which nobody has voted yet."""
    question, *answers = message.poll
    return {
        "question": {"text": question},
        "answers": [
            {"answer_id": number, "poll_media": {"text": answer}} for number, answer in enumerate(answers, start=1)
        ],
        "expiry": (message.created_at + timedelta(days=1)).isoformat(),
        "allow_multiselect": False,
        "layout_type": 1,
    }


def reaction_json(message: Message, emoji: str) -> Json:
    """Write how often an emoji stands under a message."""
    fans = message.reactions[emoji]
    return {
        "emoji": {"id": None, "name": emoji},
        "count": len(fans),
        "count_details": {"normal": len(fans), "burst": 0},
        "me": message.channel.world.bot.id in fans,
        "me_burst": False,
        "burst_colors": [],
    }


def owners(interaction: Interaction) -> dict[str, str]:
    """Write who installed the application where this happens: the guild, or nobody for a direct message."""
    guild = interaction.channel.guild
    return {"0": str(guild.id) if guild else "0"}


def interaction_metadata(interaction: Interaction) -> Json:
    """Write where a message came from."""
    body: Json = {
        "id": str(interaction.id),
        "type": interaction.kind,
        "user": user_json(interaction.user),
        "authorizing_integration_owners": owners(interaction),
    }
    if interaction.kind == 3 and interaction.message:
        body["interacted_message_id"] = str(interaction.message.id)
    if interaction.kind == 5 and interaction.origin:
        body["triggering_interaction_metadata"] = interaction_metadata(interaction.origin)
    return body


def interaction_json(interaction: Interaction, world: World, cdn: str) -> Json:
    """Write an interaction as INTERACTION_CREATE carries it: a member in a guild, a user in a direct channel."""
    channel, guild = interaction.channel, interaction.channel.guild
    bot = guild.members.get(world.bot.id) if guild else None
    body: Json = {
        "id": str(interaction.id),
        "application_id": str(world.application_id),
        "type": interaction.kind,
        "data": interaction.data,
        "token": interaction.token,
        "version": 1,
        "channel": channel_json(channel),
        "channel_id": str(channel.id),
        "locale": interaction.user.locale,
        "app_permissions": str(bot.permissions if bot else permission_bits(*EVERYONE)),
        "entitlements": [],
        "authorizing_integration_owners": owners(interaction),
        "context": 0 if guild else 1,
        "attachment_size_limit": 10_485_760,
    }
    if guild is None:
        body["user"] = user_json(interaction.user)
    else:
        member = guild.members[interaction.user.id]
        body["guild_id"] = str(guild.id)
        body["guild_locale"] = guild.locale
        body["guild"] = {"id": str(guild.id), "locale": guild.locale, "features": []}
        body["member"] = {**member_json(member), "permissions": str(member.permissions)}
    if interaction.message is not None:
        body["message"] = message_json(interaction.message, cdn)
    return body
