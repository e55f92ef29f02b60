"""What people do on Discord, from the library's events to the core and back."""

import asyncio
import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import discord
import structlog

from adapters.discord import commands, translate
from adapters.discord.answering import Exchange
from adapters.discord.errors import EXPECTED, PATIENCE, meaning
from adapters.discord.platform import PLATFORM
from adapters.discord.render import OPEN_FORM
from adapters.discord.roles import InteractionRoles
from adapters.discord.sending import Outbox, laid_out
from bot.chat.capabilities import Capabilities
from bot.chat.events import Filled, Pressed, Said, Used
from bot.chat.replies import Reply, say
from bot.dispatcher import Answer, Dispatcher, reader_for
from bot.errors import DeliveryError, MemberError
from bot.words.presenting import Presenter

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient the adapter is; tests shorten it.

    Discord gives 3 s for the first answer to an interaction; ``defer_after`` is when the adapter asks for more time,
    and ``offer_within`` how long values for an option may take. ``patience`` is for one attempt to send a message,
    ``first_pause`` between two starts, ``farewell`` for what is being answered when the program ends; a process that
    only writes asks each ``asked_every`` whether Discord still lets it in. A token that is refused, having been good
    before, is tried again after ``refused_pause``.
    """

    defer_after: timedelta = timedelta(seconds=1.5)
    offer_within: timedelta = timedelta(seconds=2)
    patience: timedelta = PATIENCE
    first_pause: timedelta = timedelta(seconds=5)
    farewell: timedelta = timedelta(seconds=5)
    asked_every: timedelta = timedelta(seconds=20)
    refused_pause: timedelta = timedelta(minutes=5)


@dataclass(slots=True)
class Listener:
    """Takes the library's events, each in a task of its own.

    ``menus`` are the commands by what they are called in a message's menu. ``hears_groups`` is as in ``Capabilities``.
    ``working`` are the events that are not answered yet.
    """

    dispatcher: Dispatcher
    presenter: Presenter
    outbox: Outbox
    timing: Timing
    menus: Mapping[str, str]
    hears_groups: bool = True
    working: set[asyncio.Task[object]] = field(default_factory=set["asyncio.Task[object]"])

    @property
    def capabilities(self) -> Capabilities:
        """What Discord can do here."""
        return replace(self.presenter.capabilities, hears_groups=self.hears_groups)

    def attach(self, client: discord.Client) -> None:
        """Listen to a client."""
        for event in (self.on_interaction, self.on_message, self.on_raw_message_edit, self.on_error):
            client.event(event)

    async def idle(self, within: timedelta | None = None) -> None:
        """Wait until everything that people have done so far is answered, or the time is over."""
        if self.working:
            await asyncio.wait(self.working, timeout=within.total_seconds() if within else None)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Pass on a command, a button, a form or an option that is being typed."""
        with self._at_work():
            if interaction.type is discord.InteractionType.autocomplete:
                await self._complete(interaction)
            elif event := translate.interacted(interaction, self.menus):
                try:
                    await self._interact(interaction, event)
                except (*EXPECTED, DeliveryError) as error:
                    reason = error.reason if isinstance(error, DeliveryError) else meaning(error).reason
                    log.warning("discord_answer_lost", reason=reason)

    async def on_message(self, message: discord.Message) -> None:
        """Pass on what a person wrote."""
        await self._hear(message, edited=False)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Pass on a message that a person has changed; Discord itself changes messages too, without an editing time."""
        if payload.message.edited_at is not None:
            await self._hear(payload.message, edited=True)

    async def on_error(self, event: str, *_: object, **__: object) -> None:
        """Log that an event was lost, without what people wrote in it."""
        log.error("discord_event_failed", at=event)

    @contextmanager
    def _at_work(self) -> Generator[None]:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("events are handled in tasks")
        self.working.add(task)
        try:
            yield
        finally:
            self.working.discard(task)

    async def _interact(self, interaction: discord.Interaction, event: Used | Pressed | Filled) -> None:
        for_anyone = isinstance(event, Pressed) and self.dispatcher.tokens.is_for_anyone(event.data, PLATFORM)
        exchange = Exchange(interaction, event.person, event.place, self.presenter, self.outbox, for_anyone)
        if isinstance(event, Pressed) and event.data.startswith(OPEN_FORM):
            shown = self._reopened(event)
        else:
            roles = InteractionRoles(interaction)
            handling = asyncio.create_task(self.dispatcher.handle(event, self.capabilities, roles))
            done, _ = await asyncio.wait({handling}, timeout=self.timing.defer_after.total_seconds())
            if not done:
                await exchange.defer()
            shown = await handling
        if shown is None:
            shown = Answer(Reply(), reader_for(None, event.person))
        await exchange.show(self.presenter.show(shown.reply, event.person, shown.reader), shown.reader)
        await self.dispatcher.shown(shown)

    def _reopened(self, event: Pressed) -> Answer:
        """The form that a button stands for, which is all in the button and the core's list of forms."""
        reader = reader_for(None, event.person)
        try:
            name, taps = self.presenter.tokens.read(event.data.removeprefix(OPEN_FORM), event.person)
        except MemberError as error:
            return Answer(Reply((say(error.key, **error.values),), fresh=True), reader)
        form = self.dispatcher.guide.forms.get(name)
        if form is None:
            return Answer(Reply((say("button.gone"),), fresh=True), reader)
        return Answer(Reply(form=replace(form, arguments=taps)), reader)

    async def _complete(self, interaction: discord.Interaction) -> None:
        data, user, where = translate.payload(interaction), translate.who(interaction), translate.place_of(interaction)
        typing = translate.typing(data, user, where)
        choices: list[discord.app_commands.Choice[str]] = []
        if typing is not None:
            asking = self.dispatcher.complete(typing.used, self.capabilities, typing.argument, typing.text)
            try:
                found, reader = await asyncio.wait_for(asking, self.timing.offer_within.total_seconds())
                choices = commands.offered(found, self.presenter, reader)
            except TimeoutError:
                log.info("discord_offers_late")
        try:
            await interaction.response.autocomplete(choices)
        except EXPECTED as error:
            log.info("discord_offers_lost", reason=meaning(error).reason)

    async def _hear(self, message: discord.Message, *, edited: bool) -> None:
        if message.author.bot or message.webhook_id is not None:
            return
        with self._at_work():
            # What answers a later version is another message than what answered the first.
            once = secrets.token_hex(12) if edited else f"m{message.id}"
            await self._reply(translate.wrote(message, edited=edited), message.id, once)

    async def _reply(self, event: Used | Said, message_id: int, once: str) -> None:
        """Answer a written message. It cannot be answered by a modal or hidden, so the core asks forms step by step."""
        answer = await self.dispatcher.handle(event, replace(self.capabilities, forms=False))
        # Nobody spoke to the bot in a group: what is not for all there is for nobody.
        if answer is None or (answer.reply.private and not event.place.direct):
            return
        screen = self.presenter.show(answer.reply, event.person, answer.reader)
        messages = laid_out(screen, self.presenter, answer.reader)
        try:
            replying_to = None if event.place.direct else message_id
            channel_id = int(event.place.id)
            await self.outbox.to_channel(channel_id, messages, once, replying_to=replying_to)
        except DeliveryError as error:
            log.warning("discord_answer_lost", reason=error.reason)
        else:
            await self.dispatcher.shown(answer)
