"""Passing a question on to the moderators, with the words that somebody last looked for.

Those words are kept in memory alone until their owner, who sees them again, says that they may be sent.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.chat.replies import Button, Reply, Text, Tone, rows, say
from bot.faq.entry import Entry
from bot.faq.lately import KEPT_FOR, Lately
from bot.faq.ports import FaqWork
from bot.faq.revision import Asked
from bot.faq.showing import subjects_button
from bot.faq.teams import NO_CHAT, Home, home_of
from bot.members.calls import Action, Audience, Call

ASK, SEND, SEND_FOR_ANSWER, LEAVE = "qa", "qm", "qr", "qx"
"""(chat id): ask how to send · (chat id, mark of the words): send · (the same) · (chat id): send nothing."""

MOST_CHARACTERS = 500
MOST_AN_HOUR = 5
"""Questions that one person may send within an hour."""

MOST_OPEN = 500
"""Questions that may wait for one team: nobody reads more, and a flood must not fill the database."""

_TYPING = timedelta(minutes=1)
"""How long what somebody types is kept until they choose one of what was offered for it."""


@dataclass(frozen=True, slots=True)
class _Typed:
    """What somebody looked for; ``mark`` tells it from what they look for next, and names the question."""

    text: str
    mark: str


@dataclass(frozen=True, slots=True)
class _Typing:
    """What somebody types just now, and the ids of the entries that were offered for it."""

    text: str
    offered: Collection[str]
    at: datetime


class Forwarding:
    """Remembers what people looked for, and sends it to the moderators when they ask for that."""

    def __init__(self, home_chat: str = "") -> None:
        self._home_chat = home_chat
        self._typed: Lately[_Typed] = Lately()
        self._typing: Lately[_Typing] = Lately(_TYPING)
        self._sent: Lately[tuple[datetime, ...]] = Lately()
        self.actions = tuple(
            Action[FaqWork](name, run, audience=Audience.ANYONE, personal=False)
            for name, run in (
                (ASK, self.ask),
                (SEND, self.send),
                (SEND_FOR_ANSWER, self.send_for_answer),
                (LEAVE, self.leave),
            )
        )

    def remember(self, call: Call, words: str) -> None:
        """Remember what the person looked for, in place of what they looked for before."""
        self._typed.keep(call.person, _Typed(words[:MOST_CHARACTERS], secrets.token_hex(8)), call.now)

    def note_typing(self, call: Call, words: str, offered: Collection[str]) -> None:
        """Note for a minute what the person types, and what is offered for it."""
        noted = self._typing.find(call.person, call.now)
        # Searches for a few letters and for a few more run side by side, and may end in any order.
        if noted is None or noted.at <= call.now:
            self._typing.keep(call.person, _Typing(words, offered, call.now), call.now)

    def remember_chosen(self, call: Call, entry: Entry) -> None:
        """Remember what the person looked for when they chose an entry: what they typed, else what the entry asks."""
        noted = None if call.linked else self._typing.find(call.person, call.now)
        typed = noted.text if noted and entry.id in noted.offered else ""
        self.remember(call, typed or entry.question)

    def buttons(self, home: Home) -> tuple[Button, ...]:
        """The button with which it begins; none where there is no team to ask."""
        return (Button(say("button.ask_moderators"), ASK, (home.chat_id,)),) if home.can_be_asked else ()

    def elsewhere(self, home: Home) -> tuple[Text, ...]:
        """Where moderators can be asked instead, where there is no team to ask."""
        if home.can_be_asked:
            return ()
        return (say("faq.ask_yourself") if home.chat_id == NO_CHAT else say("faq.ask_in_group"),)

    async def ask(self, call: Call, work: FaqWork) -> Reply:
        """Show what would be sent, and ask how."""
        home = await self._home(call, work)
        typed = self._typed.find(call.person, call.now)
        if typed is None:
            return _end(home, say("faq.words_lost"))
        if not home.can_be_asked:
            return _end(home, *self.elsewhere(home))
        taps = rows(
            Button(say("button.ask_without_name"), SEND, (home.chat_id, typed.mark), tone=Tone.YES),
            Button(say("button.ask_for_answer"), SEND_FOR_ANSWER, (home.chat_id, typed.mark)),
            Button(say("button.ask_nobody"), LEAVE, (home.chat_id,)),
            width=1,
        )
        lines = (say("faq.your_words", text=typed.text), say("faq.who_sees"), say("faq.what_is_kept"))
        return Reply(lines, title=say("faq.ask_moderators"), buttons=taps)

    async def send(self, call: Call, work: FaqWork) -> Reply:
        """Send the words, and nothing of who wrote them."""
        return await self._send(call, work, for_answer=False)

    async def send_for_answer(self, call: Call, work: FaqWork) -> Reply:
        """Send the words, and keep to whom the answer is to go."""
        return await self._send(call, work, for_answer=True)

    async def leave(self, call: Call, work: FaqWork) -> Reply:
        """Send nothing."""
        return _end(await self._home(call, work), say("faq.not_asked"))

    async def _send(self, call: Call, work: FaqWork, *, for_answer: bool) -> Reply:
        home = await self._home(call, work)
        mark = call.taps[1] if len(call.taps) > 1 else ""
        typed = self._typed.find(call.person, call.now)
        # What is sent is what stood above the button, not what was looked for since.
        if typed is None or typed.mark != mark:
            return _end(home, say("faq.words_lost"))
        if not home.can_be_asked:
            return _end(home, *self.elsewhere(home))
        # A hand that presses twice asks once.
        if not await work.questions.has(mark):
            if await work.questions.count(home.team) >= MOST_OPEN:
                return _end(home, say("faq.list_full"), say("faq.help_now"))
            if not self._may_send(call):
                return _end(home, say("faq.asked_enough"), say("faq.help_now"))
            asker = replace(call.person, name="") if for_answer else None
            await work.questions.add(Asked(mark, home.team, typed.text, call.now, asker))
        return _end(
            home, say("faq.asked_for_answer") if for_answer else say("faq.asked"), say("faq.not_for_emergencies")
        )

    def _may_send(self, call: Call) -> bool:
        """Count one question of the person's; False where they have sent as many as they may."""
        sent = tuple(at for at in self._sent.find(call.person, call.now) or () if call.now - at < KEPT_FOR)
        if len(sent) >= MOST_AN_HOUR:
            return False
        self._sent.keep(call.person, (*sent, call.now), call.now)
        return True

    async def _home(self, call: Call, work: FaqWork) -> Home:
        return await home_of(call, work, call.taps[0] if call.taps else "", home_chat=self._home_chat)


def _end(home: Home, *lines: Text) -> Reply:
    """What stands where it ends, with a way on."""
    return Reply(lines, buttons=rows(subjects_button(home.chat_id)))
