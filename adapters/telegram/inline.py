"""Inline mode: somebody types the bot's name and a few words in any chat, and chooses an answer to post there."""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from telegram import (
    InlineQuery,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
)
from telegram.constants import ParseMode

from adapters.telegram.errors import translated
from adapters.telegram.render import links_alone
from adapters.telegram.sending import Sender
from adapters.telegram.translate import PLATFORM, person_of
from bot.chat.capabilities import Capabilities
from bot.chat.people import Person, Place, PlaceKind, Reader
from bot.chat.replies import Offer, say
from bot.dispatcher import Browsed, Dispatcher
from bot.errors import DeliveryError
from bot.words.presenting import Presenter

__all__ = ["Browsing"]

MOST_QUERY = 256
"""Characters of a query (Bot API 10.3, 24 August 2026, InlineQuery)."""

_KEPT_FOR = timedelta(minutes=1)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Browsing:
    """Answers inline queries. What was typed is logged nowhere."""

    dispatcher: Dispatcher
    capabilities: Capabilities
    presenter: Presenter
    sender: Sender

    async def answer(self, query: InlineQuery) -> None:
        """Offer what fits a query; nothing on any trouble."""
        person = person_of(query.from_user)
        # Telegram does not tell where it will be posted, so that is looked up as in the direct chat.
        place = Place(PLATFORM, person.id, PlaceKind.DIRECT)
        try:
            found = await self.dispatcher.browse(person, place, self.capabilities, query.query[:MOST_QUERY])
            articles = [article for offer in found.offers if (article := self._article(offer, person, found.reader))]
        except Exception as error:  # noqa: BLE001 - whoever types must not wait for an answer that never comes
            frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
            log.error("browsing_failed", error=type(error).__name__, at=frames)  # noqa: TRY400 - a traceback could hold words
            await self._show(query, (), None, timedelta())
            return
        await self._show(query, articles, None if articles else self._way_on(found), _KEPT_FOR)

    def _article(self, offer: Offer, person: Person, reader: Reader) -> InlineQueryResultArticle | None:
        """An offer as Telegram lists it; None where its text needs more than the one message that can be posted."""
        screen = self.presenter.show(offer.reply, person, reader)
        if len(screen.pages) != 1:
            log.warning("offer_left_out", pages=len(screen.pages))
            return None
        return InlineQueryResultArticle(
            id=offer.id,
            title=offer.title,
            description=offer.summary or None,
            input_message_content=InputTextMessageContent(
                screen.pages[0], ParseMode.HTML, link_preview_options=LinkPreviewOptions(is_disabled=True)
            ),
            # A press under such a message comes without the chat in which it stands, so only what opens is shown.
            reply_markup=links_alone(screen, self.sender.bot_name),
        )

    def _way_on(self, found: Browsed) -> InlineQueryResultsButton:
        label = self.presenter.label(say("adapter.telegram.ask_directly"), found.reader)
        return InlineQueryResultsButton(label, start_parameter=found.way_on)

    async def _show(
        self,
        query: InlineQuery,
        articles: Sequence[InlineQueryResultArticle],
        button: InlineQueryResultsButton | None,
        kept_for: timedelta,
    ) -> None:
        try:
            with translated():
                await self.sender.bot.answer_inline_query(
                    query.id, articles, cache_time=kept_for, is_personal=True, button=button
                )
        except DeliveryError as error:
            # It is too late as soon as somebody has typed on.
            log.info("offers_not_shown", reason=error.reason)
