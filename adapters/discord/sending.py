"""Messages to a person's direct chat or to a channel, each at most once."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import discord
from discord.http import Route

from adapters.discord.errors import PATIENCE, deliver
from adapters.discord.platform import PLATFORM
from adapters.discord.render import Part, parts
from bot.chat.capabilities import Capabilities
from bot.chat.people import Person, Place, Reader
from bot.chat.replies import Reply, say
from bot.chat.tokens import ANYONE
from bot.errors import DeliveryError, Unknown, Unreachable
from bot.words.presenting import Presenter, Screen

NOBODY = discord.AllowedMentions.none()
"""No message of ours notifies anybody but the one it is for."""

_MAY_NOT_READ_HISTORY = 160002
"""Discord's code where the bot may write in a channel but not read its history, and so not reply (November 2026)."""

LiveClient = Callable[[], discord.Client]
"""The logged-in client; raises Unreachable while there is none."""


@dataclass(slots=True)
class Outbox:
    """Posts messages over REST, whether or not the gateway is connected. ``channels`` are direct chats by person id."""

    live: LiveClient
    patience: timedelta = PATIENCE
    channels: dict[str, int] = field(default_factory=dict[str, int])

    async def to_person(self, person_id: str, messages: Sequence[Part], once: str) -> str:
        """Post to a direct chat, which is opened where it has to be; the id of the last message.

        Raises:
            DeliveryError: as in ``Messenger.send``.
        """
        if person_id not in self.channels:
            try:
                self.channels[person_id] = await deliver(partial(self._open, person_id), self.patience)
            except Unknown as error:
                raise Unreachable(error.reason) from error  # opening a chat says nothing to anybody yet
        return await self.to_channel(self.channels[person_id], messages, once)

    async def to_channel(
        self, channel_id: int, messages: Sequence[Part], once: str, *, replying_to: int | None = None
    ) -> str:
        """Post to a channel; the id of the last message. A message of the same ``once`` is not posted again.

        The first one stands as a reply to ``replying_to``, a message in that channel; then none makes a sound.

        Raises:
            DeliveryError: as in ``Messenger.send``; Unknown where only a part has gone through.
        """
        sent = ""
        for number, message in enumerate(messages):
            given: dict[str, Any] = {"nonce": _name(once, number), "silent": replying_to is not None}
            post = partial(self._post, channel_id, message, given)
            if replying_to is not None and number == 0:
                post = partial(self._reply, channel_id, message, given, replying_to)
            try:
                sent = await deliver(post, self.patience)
            except DeliveryError as error:
                raise (Unknown(f"partly_{error.reason}") if sent else error) from error
        return sent

    async def _open(self, person_id: str) -> int:
        # The library's own call sends the id as a number, where Discord's specification has text.
        route = Route("POST", "/users/@me/channels")
        opened: dict[str, Any] = await self.live().http.request(route, json={"recipient_id": person_id})
        return int(opened["id"])

    async def _post(self, channel_id: int, message: Part, given: Mapping[str, Any]) -> str:
        channel = self.live().get_partial_messageable(channel_id)
        posted = await channel.send(suppress_embeds=True, **content(message), **given)
        return str(posted.id)

    async def _reply(self, channel_id: int, message: Part, given: Mapping[str, Any], to: int) -> str:
        reference = _Reference(message_id=to, channel_id=channel_id)
        try:
            return await self._post(channel_id, message, {**given, "reference": reference, "mention_author": False})
        except discord.Forbidden as error:
            if error.code != _MAY_NOT_READ_HISTORY:
                raise
            return await self._post(channel_id, message, given)


@dataclass(frozen=True, slots=True)
class DiscordMessenger:
    """Fulfils ``Messenger``, also while the gateway is away: reminders go to the direct chat, notices to a channel."""

    presenter: Presenter
    outbox: Outbox

    @property
    def capabilities(self) -> Capabilities:
        """See ``Messenger``."""
        return self.presenter.capabilities

    async def send(self, person: Person, reply: Reply, reader: Reader, *, once: str) -> str:
        """See ``Messenger``."""
        screen = self.presenter.show(reply, person, reader)
        return await self.outbox.to_person(person.id, laid_out(screen, self.presenter, reader), once)

    async def post(self, place: Place, reply: Reply, reader: Reader) -> None:
        """See ``Messenger``."""
        screen = self.presenter.show(reply, Person(PLATFORM, ANYONE, ""), reader)
        messages = laid_out(screen, self.presenter, reader)
        # A name of its own for each post: a repeat after a fault of the network is no second message.
        await self.outbox.to_channel(int(place.id), messages, secrets.token_hex(12))


def laid_out(screen: Screen, presenter: Presenter, reader: Reader) -> tuple[Part, ...]:
    """The messages of a screen, with what stands above buttons that are left over in the reader's words."""
    return parts(screen, presenter.label(say("adapter.discord.more_buttons"), reader))


def content(message: Part) -> dict[str, Any]:
    """What the library's sending calls take for a new message, as they name it."""
    given: dict[str, Any] = {"content": message.text or None, "allowed_mentions": NOBODY}
    if view := message.view():
        given["view"] = view
    if message.files:
        given["files"] = message.uploads()
    return given


class _Reference(discord.MessageReference):
    """A message to reply to as long as it is there, with its ids as text, where the library writes numbers."""

    def to_message_reference_dict(self) -> Any:  # noqa: ANN401 - the library does not publish the type
        return {"message_id": str(self.message_id), "channel_id": str(self.channel_id), "fail_if_not_exists": False}


def _name(once: str, number: int) -> str:
    """The name of a delivery's n-th message, within Discord's 25 characters."""
    return hashlib.blake2s(f"{once}:{number}".encode(), digest_size=12).hexdigest() if number else once
