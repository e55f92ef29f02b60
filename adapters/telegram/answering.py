"""Where an answer may stand. What is private is shown to the person alone or, failing that, not at all."""

from dataclasses import dataclass, replace

import structlog

from adapters.telegram.render import HtmlMarkup, Post, chat_address, keyboard, posts
from adapters.telegram.sending import Route, Sender
from adapters.telegram.translate import Origin, Received
from bot.chat.people import Reader
from bot.chat.replies import Reply, Text, say
from bot.dispatcher import RESUME, Answer
from bot.errors import DeliveryError, Unknown
from bot.words.presenting import Key, Presenter, Screen

_MOST_NOTICE = 200  # characters; Bot API 10.3 (24 August 2026), answerCallbackQuery

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Nudge:
    """A hint without any health word: the answer is in the direct chat, or that chat has to be opened first.

    ``notice`` says the same where a press ends with it, since no link stands there. ``payload`` stands behind
    ``/start`` when its link is followed, ``reply_to`` is a command that all can see. Where not ``public``, it is only
    for the notice that ends a press.
    """

    text: Text
    notice: Text | None = None
    payload: str = ""
    reply_to: int | None = None
    public: bool = True


@dataclass(frozen=True, slots=True)
class Answering:
    """Shows answers where they belong; a delivery that fails is logged, never raised."""

    presenter: Presenter
    sender: Sender

    async def show(self, received: Received, answer: Answer | None) -> bool:
        """Show an answer, and end the wait of a person who pressed a button whatever happens.

        Returns whether the answer is known to have come to the person.
        """
        origin = received.origin
        notice = self._notice(answer) if answer and origin.query_id else ""
        if origin.query_id and notice and await self.sender.acknowledge(origin.query_id, notice):
            return True
        nudge, told, reached = None, False, False
        reader = answer.reader if answer else Reader()
        try:
            if answer:
                screen = self.presenter.show(answer.reply, received.event.person, reader)
                reached, nudge = await self._place(origin, screen, reader, keep=answer.keep)
        finally:
            if origin.query_id:
                text = self.presenter.label(nudge.notice or nudge.text, reader) if nudge else ""
                told = await self.sender.acknowledge(origin.query_id, text)
        if nudge and nudge.public and not told:
            await self._post_nudge(origin, nudge, reader)
        return reached

    async def say_publicly(self, origin: Origin, text: Text, reader: Reader) -> None:
        """Say something of our own, with a link to the direct chat, to everybody in a group."""
        await self._post_nudge(origin, _Nudge(text, reply_to=origin.command_id), reader)

    async def turn_away(self, origin: Origin, reader: Reader) -> None:
        """Tell somebody who writes as a group or as a channel where to ask, since their own chat is not known."""
        await self.say_publicly(origin, _not_in_private(origin), reader)

    def _notice(self, answer: Answer) -> str:
        """A refusal of a press, as a notice for the presser alone: the message may be somebody else's."""
        reply = answer.reply
        refusal = reply.fresh and reply == Reply(reply.lines, private=reply.private, fresh=True)
        if not refusal or len(reply.lines) != 1:
            return ""
        text = self.presenter.label(reply.lines[0], answer.reader)
        return text if len(text) <= _MOST_NOTICE else ""

    async def _place(self, origin: Origin, screen: Screen, reader: Reader, *, keep: bool) -> tuple[bool, _Nudge | None]:
        """Show it where it belongs: whether it came there, and what is left to be hinted at in the group."""
        if origin.direct:
            route = Route(origin.chat_id, origin.thread_id)
            return await self._posted("answer_failed", route, origin, screen), None
        if origin.overheard_id is not None:
            await self._interject(origin, screen)
            return False, None
        if screen.share:
            screen = await self._shared(origin, screen, reader)
        if origin.anonymous and (screen.private or screen.direct):
            return False, None if keep else _Nudge(_not_in_private(origin), reply_to=origin.command_id)
        # What stands under a message for one is for that one, whatever it is.
        under_hidden = origin.query_id is not None and origin.ephemeral_id is not None
        if screen.private or screen.direct or under_hidden:
            return await self._privately(origin, screen, reader, keep=keep)
        route = Route(origin.chat_id, origin.thread_id, reply_to=origin.command_id)
        return await self._posted("answer_failed", route, origin, screen), None

    async def _interject(self, origin: Origin, screen: Screen) -> None:
        """Answer to all what nobody asked the bot, with a sound only for whom it calls.

        What is not for all is not said at all.
        """
        if screen.private or screen.direct:
            return
        route = Route(origin.chat_id, origin.thread_id, reply_to=origin.overheard_id, silent=not screen.calls)
        await self._posted("interjection_failed", route, origin, screen)

    async def _shared(self, origin: Origin, screen: Screen, reader: Reader) -> Screen:
        """Post what the person asked to share; they are told where that surely failed."""
        try:
            await self.sender.post(Route(origin.chat_id, origin.thread_id), [Post(screen.share or "")])
        except Unknown as error:
            log.warning("share_in_doubt", reason=error.reason)
        except DeliveryError as error:
            log.warning("share_failed", reason=error.reason)
            failed = HtmlMarkup().escape(self.presenter.label(say("adapter.telegram.not_shared"), reader))
            return replace(screen, pages=(failed, *screen.pages))
        return screen

    async def _privately(
        self, origin: Origin, screen: Screen, reader: Reader, *, keep: bool
    ) -> tuple[bool, _Nudge | None]:
        """Show something to the person alone; whether it came there, and what is left to be hinted at in the group.

        A command to ``keep`` has been answered to all already: it stays, and nothing more is said under it.
        """
        hidden = False
        if origin.can_hide:
            shown = self._pointer(reader) if screen.direct else screen
            hidden = await self._posted("hidden_answer_failed", _hidden(origin), origin, shown)
            if hidden and not screen.direct:
                return True, None
        # Also a command that gets its answer elsewhere can say much: "/labdone 3 May" is nobody else's business.
        command_id = origin.command_id
        if command_id is not None and not keep and await self.sender.delete(origin.chat_id, command_id):
            command_id = None
        reached = await self._posted("private_answer_failed", Route(origin.person_id), origin, screen)
        if hidden or not origin.asked or (keep and command_id is not None):
            return reached, None
        if reached:
            # A hint to all would tell the group of a command that they have not seen, or see no more.
            text = say("adapter.telegram.answered_privately")
            return True, _Nudge(text, reply_to=command_id, public=command_id is not None)
        # A link tells which command it runs, so it names only one that still stands there for all to see.
        payload = RESUME if screen.direct or command_id is None else origin.command
        text, notice = say("adapter.telegram.open_first"), say("adapter.telegram.open_first_notice")
        return False, _Nudge(text, notice, payload, command_id)

    def _pointer(self, reader: Reader) -> Screen:
        """What stands in the group, for the person alone, while they go on in the direct chat."""
        text = HtmlMarkup().escape(self.presenter.label(say("adapter.telegram.go_on_privately"), reader))
        return Screen((text,), self._link(RESUME, reader), None, None, (), private=True, direct=False, fresh=False)

    def _link(self, payload: str, reader: Reader) -> tuple[tuple[Key, ...], ...]:
        address = chat_address(self.sender.bot_name, payload)
        return ((Key(self.presenter.label(say("adapter.telegram.open_chat"), reader), url=address),),)

    async def _post_nudge(self, origin: Origin, nudge: _Nudge, reader: Reader) -> None:
        text = HtmlMarkup().escape(self.presenter.label(nudge.text, reader))
        route = Route(origin.chat_id, origin.thread_id, reply_to=nudge.reply_to)
        try:
            await self.sender.post(route, [Post(text, keyboard(self._link(nudge.payload, reader)))])
        except DeliveryError as error:
            log.warning("nudge_failed", reason=error.reason)

    async def _posted(self, failure: str, route: Route, origin: Origin, screen: Screen) -> bool:
        """Put a screen in the place of the pressed message where that stands there, else send it."""
        messages = posts(screen, self.sender.name_for(route))
        pressed = origin.pressed_id if route.only_for is None else origin.ephemeral_id
        same_place = origin.query_id is not None and route.chat_id == origin.chat_id
        try:
            replaces = same_place and not screen.fresh and messages and not messages[0].file
            if replaces and pressed is not None and await self.sender.edit(route, pressed, messages[0]):
                messages = messages[1:]
            await self.sender.post(route, messages)
        except DeliveryError as error:
            log.warning(failure, reason=error.reason)
            return False
        return True


def _not_in_private(origin: Origin) -> Text:
    return say("adapter.telegram.as_channel" if origin.as_channel else "adapter.telegram.anonymous")


def _hidden(origin: Origin) -> Route:
    return Route(
        origin.chat_id,
        origin.thread_id,
        only_for=origin.person_id,
        query_id=origin.query_id,
        ephemeral_id=origin.ephemeral_id,
    )
