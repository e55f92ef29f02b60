"""The calls that put messages into chats, change and delete them; nothing but the core's errors leaves them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import structlog
from telegram import InputFile, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import ChatMigrated

from adapters.telegram.errors import NO_ANSWERED, NOT_MODIFIED, known_as_group, translated
from adapters.telegram.render import Post
from adapters.telegram.translate import TelegramBot, ephemeral_id_of
from bot.errors import DeliveryError, Gone, RateLimited, Unknown, Unreachable

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Route:
    """Where a message goes: a chat, and a topic in it.

    ``only_for`` is the one member of the group who sees it. Telegram wants to know what such a message answers: a
    press (``query_id``) or a command that is hidden itself (``ephemeral_id``), either within 15 seconds (Bot API 10.3,
    24 August 2026). ``reply_to`` is a message for all to which it replies, if that still stands. A ``silent`` message
    makes no sound. For what is ``unasked`` nobody waits, so it may wait for what a group takes in a minute, and does
    not go out where another process may have sent it meanwhile.
    """

    chat_id: int
    thread_id: int | None = None
    only_for: int | None = None
    query_id: str | None = None
    ephemeral_id: int | None = None
    reply_to: int | None = None
    silent: bool = False
    unasked: bool = False

    @property
    def direct(self) -> bool:
        """Whether it is a chat with one person; groups have negative ids."""
        return self.chat_id > 0

    def _hiding(self) -> dict[str, Any]:
        """The parameters that Bot API 10.3 has and the library, which knows 10.0, has not."""
        if self.only_for is None:
            return {}
        shown_to: dict[str, Any] = {"receiver_user_id": self.only_for}
        if self.query_id is not None:
            return {"ephemeral_message_parameters": {**shown_to, "callback_query_id": self.query_id}}
        reply = {"ephemeral_message_id": self.ephemeral_id}
        return {"ephemeral_message_parameters": shown_to, "reply_parameters": reply}

    def parameters(self) -> dict[str, Any]:
        """What every sending method takes of it."""
        reply = ReplyParameters(self.reply_to, allow_sending_without_reply=True) if self.reply_to is not None else None
        return {
            "chat_id": self.chat_id,
            "message_thread_id": self.thread_id,
            "reply_parameters": reply,
            "disable_notification": True if self.silent else None,
            "api_kwargs": self._hiding(),
            "rate_limit_args": self.unasked,
        }


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends. Where Telegram asks to wait no longer than ``patience``, the call is made once more after that.

    ``note_moved`` is told the old and the new id of a group that Telegram says has moved.
    """

    bot: TelegramBot
    note_moved: Callable[[int, int], None]
    patience: timedelta = timedelta()

    @property
    def bot_name(self) -> str:
        """What people call the bot by on Telegram, empty as long as it has not connected."""
        try:
            return self.bot.username
        except RuntimeError:
            return ""

    def name_for(self, route: Route) -> str:
        """The name with which ``posts`` makes links on this route: none in the direct chat, where all is pressed."""
        return "" if route.direct else self.bot_name

    async def post(self, route: Route, posts: Sequence[Post]) -> str:
        """Send messages in order and return the id of the first, empty where there is none.

        Raises:
            DeliveryError: as ``Messenger.send``; a failure after the first message is ``Unknown``, unless it is final.
        """
        first = ""
        for post in posts:
            try:
                message = await self._patiently(lambda post=post: self._post(route, post))
            except (RateLimited, Unreachable) as error:
                if not first:
                    raise
                raise Unknown("partly_delivered") from error
            first = first or str(message.message_id)
        return first

    async def edit(self, route: Route, message_id: int, post: Post) -> bool:
        """Change a message; False where that cannot be done, or is not known to be done."""
        return await self._try("edit_failed", lambda: self._edit(route, message_id, post))

    async def change(self, route: Route, message_id: int, post: Post) -> None:
        """Change a message of ours in a group; one that already reads so is left as it is.

        Raises:
            Gone: the message or the group is no more, or closed to us.
            DeliveryError: as ``Messenger.edit``.
        """

        async def changing() -> None:
            with known_as_group(), translated():
                try:
                    await self._edit(route, message_id, post)
                except ChatMigrated as moved:
                    self.note_moved(route.chat_id, moved.new_chat_id)
                    # What stands under the same id in the new group is another message.
                    raise Gone("group_moved") from moved

        try:
            await self._patiently(changing)
        except Unreachable as error:
            if error.reason != NOT_MODIFIED:
                raise

    async def delete(self, chat_id: int, message_id: int) -> bool:
        """Delete a message; False where the bot may not, or it is gone."""
        return await self._try("delete_failed", lambda: self.bot.delete_message(chat_id, message_id))

    async def acknowledge(self, query_id: str, notice: str = "") -> bool:
        """Answer a press, with a notice of at most 200 characters that they close; False where it is too late."""
        shown = notice or None
        return await self._try(
            "acknowledge_failed",
            lambda: self.bot.answer_callback_query(query_id, shown, show_alert=bool(notice)),
        )

    async def _try(self, failure: str, call: Callable[[], Awaitable[object]]) -> bool:
        async def translating() -> None:
            with translated():
                await call()

        try:
            await self._patiently(translating)
        except DeliveryError as error:
            if error.reason == NOT_MODIFIED:
                return True
            log.info(failure, reason=error.reason)
            return False
        return True

    async def _patiently(self, call: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - whatever the call returns
        try:
            return await call()
        except RateLimited as error:
            if error.retry_after > self.patience:
                raise
            await asyncio.sleep(error.retry_after.total_seconds())
            return await call()

    async def _post(self, route: Route, post: Post) -> Message:
        try:
            with translated():
                message = await self._send_after_moves(route, post)
        except Unreachable as error:
            if error.reason != NO_ANSWERED or route.reply_to is None:
                raise
            # Telegram is not asked to overlook that in every case, such as a message in another topic.
            return await self._post(replace(route, reply_to=None), post)
        if route.only_for is not None and ephemeral_id_of(message) is None:
            # A server that does not know how to hide a message has shown it to all.
            await self.delete(message.chat_id, message.message_id)
            raise Unreachable("not_hidden")
        return message

    async def _send_after_moves(self, route: Route, post: Post) -> Message:
        try:
            return await self._send(route, post)
        except ChatMigrated as moved:
            if route.direct:
                raise  # what is for one person never goes on to a group
            self.note_moved(route.chat_id, moved.new_chat_id)
            # Messages and topics have other ids in the new group, so a reply would quote somebody else.
            return await self._send(replace(route, chat_id=moved.new_chat_id, thread_id=None, reply_to=None), post)

    async def _send(self, route: Route, post: Post) -> Message:
        where = route.parameters()
        if post.file is None:
            return await self.bot.send_message(
                text=post.text,
                parse_mode=ParseMode.HTML,
                link_preview_options=_NO_PREVIEW,
                reply_markup=post.keyboard,
                **where,
            )
        file = InputFile(post.file.content, filename=post.file.name)
        shown: dict[str, Any] = {
            "caption": post.text or None,
            "parse_mode": ParseMode.HTML,
            "reply_markup": post.keyboard,
            **where,
        }
        if post.file.media_type.startswith("image/"):
            return await self.bot.send_photo(photo=file, **shown)
        return await self.bot.send_document(document=file, **shown)

    async def _edit(self, route: Route, message_id: int, post: Post) -> object:
        shown: dict[str, Any] = {
            "chat_id": route.chat_id,
            "text": post.text,
            "parse_mode": ParseMode.HTML,
            "link_preview_options": _NO_PREVIEW,
            "reply_markup": post.keyboard,
        }
        if route.only_for is None:
            return await self.bot.edit_message_text(message_id=message_id, **shown)
        hidden = {"receiver_user_id": route.only_for, "ephemeral_message_id": message_id}
        return await self.bot.do_api_request(
            "editEphemeralMessageText",
            {name: value for name, value in {**shown, **hidden}.items() if value is not None},
        )
