"""Messages to a person's direct chat or to a channel, each at most once."""

import hashlib
import secrets
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

import discord
from discord.http import Route

from adapters.discord.errors import PATIENCE, TOO_MANY_NEW_CHATS, deliver, meaning, meaning_in_group
from adapters.discord.platform import PLATFORM
from adapters.discord.render import Part, parts
from adapters.discord.roles import KnownModerators
from bot.chat.capabilities import Capabilities
from bot.chat.people import Person, Place, Reader
from bot.chat.replies import Reply, say
from bot.chat.tokens import ANYONE
from bot.errors import DeliveryError, Unknown, Unreachable
from bot.words.presenting import Presenter, Screen

NOBODY = discord.AllowedMentions.none()
"""No message of ours notifies anybody but the one it is for, and those whom it is to call."""

_MAY_NOT_READ_HISTORY = 160002
"""Discord's code where the bot may write in a channel but not read its history, and so not reply (November 2026)."""

_MOST_CALLED = 100
"""Discord's limit of allowed mentions (its specification of 2026-08-06)."""

_WAITS = timedelta(seconds=5)
"""How long what is posted for people to read at once waits where Discord asks to."""

_NEW_CHATS_PAUSE = timedelta(minutes=10)
"""How long no further chats are opened; Discord gives no time for 40003, so this is our own choice."""

_MOST_CHANNELS = 20_000
"""Direct chats that are remembered; one that is not is opened anew, which changes nothing."""

_ANYBODY = Person(PLATFORM, ANYONE, "")

LiveClient = Callable[[], discord.Client]
"""The logged-in client; raises Unreachable while there is none, and Refused where there will be none by itself."""


@dataclass(slots=True)
class Outbox:
    """Posts messages over REST, whether or not the gateway is connected. ``channels`` are direct chats by person id.

    Where Discord lets the bot open no further chats, none is tried to be opened until ``opens_at``, in the seconds of
    ``time.monotonic``.
    """

    live: LiveClient
    patience: timedelta = PATIENCE
    channels: dict[str, int] = field(default_factory=dict[str, int])
    opens_at: float = 0.0

    async def to_person(self, person_id: str, messages: Sequence[Part], once: str) -> str:
        """Post to a direct chat, which is opened where it has to be; the id of the last message.

        Raises:
            DeliveryError: as in ``Messenger.send``.
        """
        if person_id not in self.channels:
            opened = await self._opened(person_id)
            if len(self.channels) >= _MOST_CHANNELS:
                del self.channels[next(iter(self.channels))]
            self.channels[person_id] = opened
        sent = await self._deliver(self.channels[person_id], messages, once, read=meaning)
        return sent[-1] if sent else ""

    async def _opened(self, person_id: str) -> int:
        if time.monotonic() < self.opens_at:
            raise Unreachable(TOO_MANY_NEW_CHATS)
        try:
            return await deliver(partial(self._open, person_id), self.patience)
        except Unknown as error:
            raise Unreachable(error.reason) from error  # opening a chat says nothing to anybody yet
        except Unreachable as error:
            if error.reason == TOO_MANY_NEW_CHATS:
                self.opens_at = time.monotonic() + _NEW_CHATS_PAUSE.total_seconds()
            raise

    async def to_channel(
        self, channel_id: int, messages: Sequence[Part], once: str, *, replying_to: int | None = None
    ) -> str:
        """Post to a channel; the id of the first message. A message of the same ``once`` is not posted again.

        The first one stands as a reply to ``replying_to``, a message in that channel; then none makes a sound but one
        that calls somebody.

        Raises:
            Gone: the channel is no more, or closed to us.
            DeliveryError: as in ``Messenger.send``; Unknown where only a part has gone through.
        """
        sent = await self._deliver(
            channel_id, messages, once, replying_to=replying_to, read=meaning_in_group, waits=_WAITS
        )
        return sent[0] if sent else ""

    async def change(self, channel_id: int, message_id: int, message: Part) -> None:
        """Change a message of ours in a channel.

        Raises:
            Gone: the message or its channel is no more, or closed to us.
            DeliveryError: as in ``Messenger.edit``.
        """

        async def edit() -> None:
            channel = self.live().get_partial_messageable(channel_id)
            await channel.get_partial_message(message_id).edit(
                content=message.text or None, view=message.view(), allowed_mentions=allowed(message)
            )

        await deliver(edit, self.patience, meaning_in_group, waits=_WAITS)

    async def _deliver(
        self,
        channel_id: int,
        messages: Sequence[Part],
        once: str,
        *,
        read: Callable[[Exception], DeliveryError],
        replying_to: int | None = None,
        waits: timedelta = timedelta(),
    ) -> list[str]:
        sent: list[str] = []
        for number, message in enumerate(messages):
            silent = replying_to is not None and not message.calls
            given: dict[str, Any] = {"nonce": _name(once, number), "silent": silent}
            post = partial(self._post, channel_id, message, given)
            if replying_to is not None and number == 0:
                post = partial(self._reply, channel_id, message, given, replying_to)
            try:
                sent.append(await deliver(post, self.patience, read, waits=waits))
            except DeliveryError as error:
                raise (Unknown(f"partly_{error.reason}") if sent else error) from error
        return sent

    async def _open(self, person_id: str) -> int:
        # The library's own call sends the id as a number, where Discord's specification has text.
        route = Route("POST", "/users/@me/channels")
        with _readable():
            opened: dict[str, Any] = await self.live().http.request(route, json={"recipient_id": person_id})
            return int(opened["id"])

    async def _post(self, channel_id: int, message: Part, given: Mapping[str, Any]) -> str:
        channel = self.live().get_partial_messageable(channel_id)
        given = {**content(message), **given}
        with _readable():
            posted = await channel.send(suppress_embeds=True, **given)
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
    known: KnownModerators

    @property
    def capabilities(self) -> Capabilities:
        """See ``Messenger``."""
        return self.presenter.capabilities

    async def send(self, person: Person, reply: Reply, reader: Reader, *, once: str) -> str:
        """See ``Messenger``."""
        screen = self.presenter.show(reply, person, reader)
        return await self.outbox.to_person(person.id, laid_out(screen, self.presenter, reader), once)

    async def post(self, place: Place, reply: Reply, reader: Reader, *, answering: str = "") -> str:
        """See ``Messenger``; an answer makes no sound for the group, unless it calls somebody."""
        screen = self.presenter.show(reply, _ANYBODY, reader)
        messages = laid_out(screen, self.presenter, reader)
        replying_to = int(answering) if answering else None
        # A name of its own for each post: a repeat after a fault of the network is no second message.
        return await self.outbox.to_channel(int(place.id), messages, secrets.token_hex(12), replying_to=replying_to)

    async def edit(self, place: Place, message_id: str, reply: Reply, reader: Reader) -> None:
        """See ``Messenger``. Discord rings nobody for an edit; files and buttons beyond one message are left out."""
        screen = self.presenter.show_in_one(reply, _ANYBODY, reader)
        first, *_ = laid_out(replace(screen, files=()), self.presenter, reader)
        await self.outbox.change(int(place.id), int(message_id), first)

    async def moderators(self, place: Place) -> tuple[Person, ...]:
        """See ``Messenger``."""
        return await self.known.of(place)


def laid_out(screen: Screen, presenter: Presenter, reader: Reader) -> tuple[Part, ...]:
    """The messages of a screen, with what stands above buttons that are left over in the reader's words."""
    return parts(screen, presenter.label(say("adapter.discord.more_buttons"), reader))


def content(message: Part) -> dict[str, Any]:
    """What the library's sending calls take for a new message, as they name it."""
    given: dict[str, Any] = {"content": message.text or None, "allowed_mentions": allowed(message)}
    if view := message.view():
        given["view"] = view
    if message.files:
        given["files"] = message.uploads()
    return given


def allowed(message: Part) -> discord.AllowedMentions:
    """Whom a message may notify: those whom it calls, and nobody else whatever it says."""
    if not message.calls:
        return NOBODY
    called: Any = [_Called(person_id) for person_id in dict.fromkeys(message.calls)][:_MOST_CALLED]
    return discord.AllowedMentions(everyone=False, users=called, roles=False, replied_user=False)


@dataclass(frozen=True, slots=True)
class _Called:
    """Somebody to be notified, with their id as text, where the library's own objects have a number."""

    id: str


class _Reference(discord.MessageReference):
    """A message to reply to as long as it is there, with its ids as text, where the library writes numbers."""

    def to_message_reference_dict(self) -> Any:  # noqa: ANN401 - the library does not publish the type
        return {"message_id": str(self.message_id), "channel_id": str(self.channel_id), "fail_if_not_exists": False}


@contextmanager
def _readable() -> Generator[None]:
    """Let an answer that is none of Discord's be known as such, like a gateway's page with the status of success."""
    try:
        yield
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise discord.InvalidData from error


def _name(once: str, number: int) -> str:
    """The name of a delivery's n-th message, within Discord's 25 characters."""
    return hashlib.blake2s(f"{once}:{number}".encode(), digest_size=12).hexdigest() if number else once
