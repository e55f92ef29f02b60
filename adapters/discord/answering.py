"""How one interaction is answered: within three seconds, in its own place, and never to more people than it may be.

Discord takes one first answer to each interaction. It is one of these, and further messages follow it:

* a modal, for a form;
* a change of the message whose button was pressed;
* a new message, shown to the person alone in a group unless the reply is for all;
* a deferral, where the core takes long; what it stands for is filled in later.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import discord
import structlog

from adapters.discord.errors import EXPECTED, insist, meaning
from adapters.discord.render import Part, form_button, modal
from adapters.discord.sending import Outbox, allowed, content, laid_out
from bot.chat.people import Person, Place, Reader
from bot.chat.replies import say
from bot.errors import DeliveryError, Unknown
from bot.words.presenting import Presenter, Screen, split

log = structlog.get_logger()


@dataclass(slots=True)
class Exchange:
    """One interaction and what has been answered so far. Nothing is kept beyond it.

    ``for_anyone``: the button that was pressed is for everybody who sees it; each gets an answer of their own.
    """

    interaction: discord.Interaction
    person: Person
    place: Place
    presenter: Presenter
    outbox: Outbox
    for_anyone: bool = False
    deferred: bool = False

    async def defer(self) -> None:
        """Win time: the pressed message stays as it is, a command shows that the bot is thinking, to its person alone.

        Where even that fails, the answer itself is still tried as the first one.
        """
        try:
            if self._pressed:
                await insist(self.interaction.response.defer)
            else:
                await insist(partial(self.interaction.response.defer, ephemeral=not self.place.direct, thinking=True))
        except EXPECTED as error:
            log.warning("discord_not_deferred", reason=meaning(error).reason)
        else:
            self.deferred = True

    async def show(self, screen: Screen, reader: Reader) -> None:
        """Show a screen, or the private part of it and then what the person asked to share.

        Raises:
            discord.DiscordException: Discord refused; nothing private has been shown to others.
            OSError: the network failed; likewise.
        """
        if screen.form and await self._opens(screen):
            return
        if screen.form:
            screen = form_button(screen, self._word("open_form", reader), self._word("form_waits", reader))
        if screen.direct and not self.place.direct:
            screen = await self._sent_directly(screen, reader)
        messages = laid_out(screen, self.presenter, reader) or (Part(self._word("done", reader)),)
        await self._post(messages, hidden=self._hidden(screen), replacing=self._replaces(screen))
        if screen.share and not self.place.direct:
            await self._share(screen.share, reader)

    @property
    def _pressed(self) -> discord.Message | None:
        """The message whose button was pressed, or whose button opened the modal that was sent."""
        return self.interaction.message

    def _hidden(self, screen: Screen) -> bool:
        """Whether an answer in a group is for the person alone; under a message for one it always is."""
        alone = self._pressed is not None and self._pressed.flags.ephemeral
        return not self.place.direct and (screen.private or screen.direct or alone or self.for_anyone)

    def _replaces(self, screen: Screen) -> bool:
        """Whether the pressed message becomes the answer; one that all can read takes no private answer.

        Nor does it become the answer to a form, which anybody may have opened from it.
        """
        if self._pressed is None or screen.fresh:
            return False
        if self.place.direct or self._pressed.flags.ephemeral:
            return True
        return not self._hidden(screen) and self.interaction.type is discord.InteractionType.component

    async def _opens(self, screen: Screen) -> bool:
        """Show the form as a modal, which can only be the first answer, and none to another modal."""
        if screen.form is None or self.deferred or self.interaction.type is discord.InteractionType.modal_submit:
            return False
        shown = modal(screen.form, screen.pages)
        if shown is None:
            return False
        await insist(partial(self.interaction.response.send_modal, shown))
        return True

    async def _sent_directly(self, screen: Screen, reader: Reader) -> Screen:
        """Send to the direct chat and say so here, or show it here to the person alone where that chat is closed."""
        if not self.deferred:
            await self.defer()
        try:
            messages = laid_out(screen, self.presenter, reader)
            await self.outbox.to_person(self.person.id, messages, f"i{self.interaction.id}")
        except DeliveryError as error:
            log.warning("discord_direct_chat_closed", reason=error.reason)
            return screen
        return replace(screen, pages=(self._word("sent_directly", reader),), keys=(), files=(), fresh=True)

    async def _post(self, messages: Sequence[Part], *, hidden: bool, replacing: bool) -> None:
        first, *rest = messages
        if not (replacing and await self._replaced(first)):
            await self._begin(first, hidden=hidden)
        for message in rest:
            await self._follow(message, hidden=hidden)

    async def _replaced(self, message: Part) -> bool:
        """Change the pressed message; False where it is no longer there to be changed."""
        changed: dict[str, Any] = {
            "content": message.text,
            "view": message.view(),
            "allowed_mentions": allowed(message),
        }

        async def change() -> None:
            attachments = message.uploads()
            if self.deferred:
                await self.interaction.edit_original_response(attachments=attachments, **changed)
            else:
                response = self.interaction.response
                await response.edit_message(attachments=attachments, suppress_embeds=True, **changed)

        try:
            await insist(change)
        except (discord.NotFound, discord.Forbidden) as error:
            log.info("discord_message_not_changed", code=error.code)
            return False
        return True

    async def _begin(self, message: Part, *, hidden: bool) -> None:
        """Send the first new message: as the first answer, or in the place of a deferral."""
        if not self.deferred:
            await insist(lambda: self._first(message, hidden=hidden))
        else:
            if self._pressed is None and not hidden and not self.place.direct:
                # A deferral that one person sees cannot become a message for all: it goes, and a new one comes.
                await self.interaction.delete_original_response()
            await self._follow(message, hidden=hidden)

    async def _first(self, message: Part, *, hidden: bool) -> None:
        await self.interaction.response.send_message(ephemeral=hidden, suppress_embeds=True, **content(message))

    async def _follow(self, message: Part, *, hidden: bool) -> None:
        if hidden or self.place.direct:
            await insist(lambda: self._further(message, hidden=hidden))
        else:
            await self._further(message, hidden=False)

    async def _further(self, message: Part, *, hidden: bool) -> None:
        await self.interaction.followup.send(ephemeral=hidden, suppress_embeds=True, wait=True, **content(message))

    async def _share(self, text: str, reader: Reader) -> None:
        """Post what the person asked to be posted; they are told alone if that fails.

        It is a message of the bot's own: Discord writes above every answer to an interaction who asked for it.
        """
        pages = [Part(page) for page in split(text.splitlines(), self.presenter.capabilities.most_characters)]
        try:
            await self.outbox.to_channel(self.interaction.channel_id or 0, pages, f"s{self.interaction.id}")
        except DeliveryError as meant:
            log.warning("discord_not_shared", reason=meant.reason)
            word = "share_in_doubt" if isinstance(meant, Unknown) else "not_shared"
            await self._follow(Part(self._word(word, reader)), hidden=True)

    def _word(self, name: str, reader: Reader) -> str:
        return self.presenter.label(say(f"adapter.discord.{name}"), reader)
