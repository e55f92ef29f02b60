"""What people write to the bot itself: danger in it is answered first, whatever else they asked for.

Nobody is told of it unless they wish: a direct chat is nobody else's. Their words are kept in memory for an hour, in
case they press the button that tells the moderators; pressed later, it tells without the words.
"""

import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot.chat.people import Person
from bot.chat.replies import Button, Reply, Tone, rows, say
from bot.errors import StorageError
from bot.faq.lately import Lately
from bot.faq.offering import Offering
from bot.members.calls import Action, Audience, Call, Written
from bot.members.helplines import danger
from bot.moderation.flag import Deed, Flag, Origin
from bot.moderation.hearing import MOST_CHARACTERS, MOST_TOGETHER, TOGETHER_WITHIN, Assessing, assessed
from bot.moderation.policy import CRISIS_PAUSE
from bot.moderation.ports import ModerationWork
from bot.moderation.posting import Posting
from bot.moderation.recording import LOOK_AGAIN, quoted
from bot.moderation.speaking import TELL, Saying, in_language, words_for
from bot.reading.language import language_of
from bot.triage.assessment import ALONE, Assessment, Context, Do, Label

log = structlog.get_logger()

OpenWork = Callable[[], AbstractAsyncContextManager[ModerationWork]]

_MOST_TEXTS = 25


_LABELS = {"c": Label.CRISIS, "u": Label.URGENT, "d": Label.DISTRESS}
"""The labels of which moderators can be told, by what the button carries."""


@dataclass(frozen=True, slots=True)
class _Written:
    """What somebody wrote to the bot; ``mark`` is what the button carries."""

    mark: str
    text: str
    assessment: Assessment


class Minding:
    """Looks at every free text that reaches the bot; ``home_chat`` as in ``home_of``, ``look`` as in ``Hearing``."""

    def __init__(
        self, triage: Assessing, offering: Offering, posting: Posting, look: OpenWork, home_chat: str = ""
    ) -> None:
        self._triage = triage
        self._offering = offering
        self._posting = posting
        self._look = look
        self._home_chat = home_chat
        self._written: Lately[_Written] = Lately()
        self._lines: Lately[tuple[tuple[datetime, str], ...]] = Lately(TOGETHER_WITHIN)
        self._told: Lately[bool] = Lately(CRISIS_PAUSE)
        self.actions = (Action[ModerationWork](TELL, self.tell, audience=Audience.ANYONE, personal=False),)

    async def danger_in(self, call: Call, texts: Sequence[str], written: Written) -> Reply | None:
        """The words that come before anything else where texts tell of danger; None where they do not.

        Also where it is in doubt: nobody but the person sees them, and a number too many does no harm.
        """
        context = self._context(call, texts) if written is Written.ALONE else ALONE
        found = await self._found(texts, context)
        if found is None or not found.assessment.label.alerts or found.assessment.do is Do.NONE:
            return None
        return await self._words(call, found, written)

    async def answer(self, call: Call, text: str, work: ModerationWork) -> Reply | None:
        """The words for something that was written to the bot and that nothing had asked for."""
        found = await self._found((text,), ALONE)
        if found is None or found.assessment.do is Do.NONE or found.assessment.label is Label.PROMOTION:
            return None
        label = found.assessment.label
        saying = Saying(label, language_of(found.text))
        if label is Label.MEDICAL_QUESTION and (entry := await self._offering.sure_entry(call, work, text)):
            saying = replace(saying, entry=entry[0], chat_id=entry[1])
        return self._with_button(call, words_for(saying, call), found, await self._teller(call, work))

    def forget(self, person: Person) -> None:
        """Forget what somebody wrote."""
        for kept in (self._written, self._lines, self._told):
            kept.drop(person)

    async def tell(self, call: Call, work: ModerationWork) -> Reply:
        """Put what somebody wrote before the moderators of their group, because they want that."""
        mark, code, chat_id = (*call.taps, "", "", "")[:3]
        watched = await work.watches.get(chat_id)
        if watched is None or watched.desk is None or code not in _LABELS:
            return Reply((say("flag.no_desk"), *danger(call)))
        if await work.flags.get(mark):
            return Reply((say("direct.told_already"),))
        written = self._written.find(call.person, call.now, mark)
        flag = Flag(
            id=mark,
            chat_id=watched.chat_id,
            origin=Origin.ASKED,
            label=_LABELS[code],
            place=watched.place,
            at=call.now,
            score=written.assessment.score if written else 0.0,
            reasons=tuple(reason.text for reason in written.assessment.reasons) if written else (),
            version=written.assessment.version if written else "",
            # They want it to be read, so it is quoted also where the chat wants no quotations of others.
            quote=quoted(written.text, replace(watched, quotes=True)) if written else "",
            author=replace(call.person, locale=None),
            look_at=call.now + LOOK_AGAIN,
            language=language_of(written.text) if written else "",
        )
        await work.flags.add(flag)
        await work.deeds.add(Deed(watched.chat_id, flag.id, "asked", call.now))
        await work.commit()
        log.info("flagged", flag=flag.id, label=flag.label.value, new=True, shadow=False)
        stands = await self._posting.show(flag.id, calling=flag.label.alerts)
        return Reply((say("direct.told") if stands else say("direct.told_later"), *danger(call)))

    def _context(self, call: Call, texts: Sequence[str]) -> Context:
        """What the person wrote just before; it is remembered for what comes next."""
        recent = tuple(
            line for line in self._lines.find(call.person, call.now) or () if call.now - line[0] <= TOGETHER_WITHIN
        )
        lines = (*recent, *((call.now, text[:MOST_CHARACTERS]) for text in texts))
        self._lines.keep(call.person, lines[-MOST_TOGETHER - 1 :], call.now)
        return Context(earlier=tuple(text for _, text in recent[-MOST_TOGETHER:]))

    async def _found(self, texts: Sequence[str], context: Context) -> _Written | None:
        """The text that tells of most, with what it is."""
        worst: _Written | None = None
        for text in texts[:_MOST_TEXTS]:
            if not any(map(str.isalpha, text)):
                continue
            assessment = await assessed(self._triage, text, context)
            if worst is None or _rank(assessment) < _rank(worst.assessment):
                worst = _Written(secrets.token_hex(6), text, assessment)
        return worst

    async def _words(self, call: Call, found: _Written, written: Written) -> Reply:
        label = found.assessment.label
        again = label is Label.CRISIS and bool(self._told.find(call.person, call.now))
        # Behind a command it is said here, since its own answer follows.
        to_nobody = label is Label.CRISIS and written is Written.COMMAND
        saying = Saying(label, language_of(found.text), passed_on=False if to_nobody else None, again=again)
        try:
            async with self._look() as work:
                call = replace(call, member=await work.members.find(call.person))
                teller = await self._teller(call, work)
        except StorageError as error:
            # Without the database their country is not known, and nobody can be told: the words come all the same.
            log.error("danger_without_database", error=str(error))  # noqa: TRY400 - its text names the kind alone
            teller = ""
        if written is Written.FOR_OTHERS:
            # It goes to people already, and tells of somebody else more often than not.
            return Reply(in_language((say("danger.in_case"), *danger(call)), saying.language))
        if label is Label.CRISIS:
            self._told.keep(call.person, value=True, now=call.now)
        return self._with_button(call, words_for(saying, call), found, teller)

    def _with_button(self, call: Call, reply: Reply, found: _Written, teller: str) -> Reply:
        """The words with the button that tells the moderators, where there are some."""
        code = next((code for code, label in _LABELS.items() if label is found.assessment.label), "")
        if not teller or not code:
            return reply
        self._written.keep(call.person, found, call.now, found.mark)
        told = in_language((say("direct.ask_moderators"),), language_of(found.text))
        button = Button(say("button.tell_moderators"), TELL, (found.mark, code, teller), Tone.YES)
        return replace(reply, lines=(*reply.lines, *told), buttons=(*reply.buttons, *rows(button)))

    async def _teller(self, call: Call, work: ModerationWork) -> str:
        """The id of the chat whose moderators would be told; empty where nobody would see it.

        In a group these are its own, in a direct chat those of the home chat.
        """
        if not call.place.direct:
            watched = await work.watches.find(call.place)
        else:
            watched = await work.watches.get(self._home_chat) if self._home_chat else None
        return watched.chat_id if watched and watched.desk else ""


def _rank(assessment: Assessment) -> tuple[int, int]:
    """How urgent an assessment is: lower comes first."""
    return (list(Do).index(assessment.do), list(Label).index(assessment.label))
