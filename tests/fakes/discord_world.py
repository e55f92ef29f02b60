"""The fake Discord's world: every record, the clock, the ids, and the one place that tells what has changed.

Ids are snowflakes that only ever grow, so their order is the order of events, and the creation time that a client
reads from one is right. The clock is the machine's plus what a test has skipped (`World.skip`).
"""

import asyncio
import mimetypes
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from fakes.discord_state import LOADING, Attachment, Channel, Guild, Interaction, Json, Message, User

DISCORD_EPOCH_MS = 1_420_070_400_000


class World:
    """Everything there is, and the one place that tells listeners when it changes."""

    def __init__(self) -> None:
        self.skipped = timedelta()
        self.last_snowflake = 0
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.direct: dict[int, Channel] = {}
        self.nonces: dict[str, Message] = {}
        self.commands: dict[int, Json] = {}
        self.interactions: dict[str, Interaction] = {}
        self.attachments: dict[int, Attachment] = {}
        self.listeners: list[Callable[[str, Any], None]] = []
        self.changed = asyncio.Event()
        self.bot = User(self.snowflake(), "roundtable", bot=True)
        self.application_id = self.bot.id
        self.users[self.bot.id] = self.bot

    def now(self) -> datetime:
        """Tell the time, in aware UTC, with what was skipped."""
        return datetime.now(UTC) + self.skipped

    def skip(self, span: timedelta) -> None:
        """Move this server's clock on; the bot's own clock does not move with it."""
        self.skipped += span

    def snowflake(self) -> int:
        """Make the next id."""
        milliseconds = int((time.time() + self.skipped.total_seconds()) * 1000) - DISCORD_EPOCH_MS
        self.last_snowflake = max(self.last_snowflake + 1, milliseconds << 22)
        return self.last_snowflake

    def tell(self, event: str, subject: Any) -> None:  # noqa: ANN401 -- each event has a subject of its own kind
        """Pass an event on to the gateway and wake whoever waits for a change."""
        for listener in self.listeners:
            listener(event, subject)
        self.changed.set()
        self.changed = asyncio.Event()

    def dm(self, user: User) -> Channel:
        """Find or open the direct channel between the bot and `user`."""
        if user.id in self.direct:
            return self.direct[user.id]
        channel = Channel(self, self.snowflake(), recipient=user)
        self.channels[channel.id] = self.direct[user.id] = channel
        self.tell("channel_created", channel)
        return channel

    def upload(self, filename: str, content: bytes, description: str | None = None) -> Attachment:
        """Keep a file; its type is told by its name, as Discord does."""
        guessed = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        attachment = Attachment(self.snowflake(), filename, content, guessed, description)
        self.attachments[attachment.id] = attachment
        return attachment

    def share_a_guild(self, user: User) -> bool:
        """Say whether the bot and `user` are together in any guild."""
        return any(user.id in guild.members and self.bot.id in guild.members for guild in self.guilds.values())

    def find_message(self, channel: Channel, message_id: int) -> Message | None:
        """Find a message that is still there."""
        return next((each for each in channel.messages if each.id == message_id and not each.deleted), None)

    def post(self, message: Message) -> Message:
        """Put a new message into its channel."""
        message.keep_version()
        message.channel.messages.append(message)
        self.tell("message_created", message)
        return message

    def revise(self, message: Message) -> None:
        """Say that a message has changed; the answer that a bot was thinking about does not count as edited."""
        if message.loading:
            message.flags &= ~LOADING
        else:
            message.edited_at = self.now()
        message.keep_version()
        self.tell("message_changed", message)

    def delete(self, message: Message) -> None:
        """Take a message away."""
        message.deleted = True
        self.tell("message_deleted", message)

    def interact(
        self,
        user: User,
        channel: Channel,
        kind: int,
        data: Json,
        *,
        message: Message | None = None,
        origin: Interaction | None = None,
    ) -> Interaction:
        """Start an interaction and send it to the bot."""
        token = secrets.token_urlsafe(64)
        interaction = Interaction(
            self.snowflake(), token, kind, user, channel, data, self.now(), message=message, origin=origin
        )
        self.interactions[token] = interaction
        self.tell("interaction", interaction)
        return interaction

    async def until(self, check: Callable[[], Any], within: float) -> Any:  # noqa: ANN401 -- whatever the check finds
        """Wait until `check` finds something and return it; None after `within` seconds."""
        deadline = asyncio.get_running_loop().time() + within
        while not (found := check()):
            left = deadline - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(self.changed.wait(), timeout=left)
            except TimeoutError:
                return check() or None
        return found
