"""``/helplines``: whom to turn to, for anybody and at any time; and the words that a "Help now" button opens."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.chat.replies import Button, Choice, Form, Reply, Text, rows, say
from bot.faq.offering import Offering
from bot.members.calls import Action, Argument, Audience, Call, Command
from bot.members.helplines import checked, country_of, lines_in, several
from bot.moderation.decide import ANSWERED
from bot.moderation.duty import same
from bot.moderation.flag import Answered, Flag
from bot.moderation.ports import ModerationWork
from bot.moderation.posting import Posting
from bot.moderation.speaking import HELP_LINK, HELP_NOW, HELPLINES, Saying, passed_on, words_for
from bot.places.countries import common_countries, country, country_name, find_country
from bot.triage.assessment import Label
from bot.words.catalogue import safety_language_found

COUNTRY = "mc"
"""(country code): its lines."""

_CARD_AFTER_SECONDS = 0.2
_FLAG = re.compile(r"[0-9a-f]{12}")
_MOST_TYPED = 60
_MOST_OFFERED = 25
_MOST_MEANT = 6
_UNREAD = (Answered.BUTTON, Answered.PENDING, Answered.NOBODY)


class Helping:
    """Shows where people find help; ``posting`` keeps the cards of those who have read it."""

    def __init__(self, posting: Posting, offering: Offering) -> None:
        self._posting = posting
        self._offering = offering
        self._showing: set[asyncio.Task[object]] = set()
        self.commands = (
            Command[ModerationWork](
                HELPLINES,
                self.helplines,
                audience=Audience.ANYONE,
                personal=False,
                arguments=(Argument("country", seeks=True),),
                seek=self.seek,
                linkable=True,
                link_name=HELP_LINK,
            ),
        )
        self.actions = (
            Action[ModerationWork](HELP_NOW, self.help_now, audience=Audience.ANYONE, personal=False, anyone=True),
            Action[ModerationWork](COUNTRY, self.of_country, audience=Audience.ANYONE, personal=False),
        )
        self.forms: tuple[Form, ...] = ()

    async def _show_soon(self, flag_id: str) -> None:
        """Change a card once the person has their answer: that comes first."""
        await asyncio.sleep(_CARD_AFTER_SECONDS)
        await self._posting.show(flag_id)

    async def settle(self) -> None:
        """Wait until the cards say what has been read."""
        await asyncio.gather(*self._showing, return_exceptions=True)

    async def helplines(self, call: Call, work: ModerationWork) -> Reply:
        """Show the lines of a country, of the member's own where none is named, else of several."""
        text = call.arguments.get("country", "")[:_MOST_TYPED]
        # Anybody can write a link: only one of ours leads to what was said to somebody.
        if call.linked and call.vouched and _FLAG.fullmatch(text):
            return await self._opened(call, work, text)
        if not text or (call.linked and _FLAG.match(text)):
            return _own(call)
        codes = find_country(text, call.person.language)
        if not codes:
            # Whoever looks for help is never sent away for a slip of the hand.
            return _own(call).before(say("helplines.not_found", text=text))
        if len(codes) == 1:
            return _of(call, codes[0])
        return Reply((say("helplines.which"),), buttons=_taps(call, codes[:_MOST_MEANT]))

    async def of_country(self, call: Call, work: ModerationWork) -> Reply:  # noqa: ARG002 - every use case has this form
        """Show the lines of the country that was tapped."""
        return _of(call, call.taps[0] if call.taps else "")

    async def help_now(self, call: Call, work: ModerationWork) -> Reply:
        """Open the words of a flag for whoever pressed the button under the public reply."""
        return await self._opened(call, work, call.taps[0] if call.taps else "")

    async def seek(self, call: Call, work: ModerationWork, argument: str, text: str) -> Sequence[Choice]:  # noqa: ARG002 - every seek has this form
        """Offer countries while one is typed."""
        if argument != "country":
            return ()
        codes = find_country(text, call.person.language) if text.strip() else common_countries()
        return [Choice(code, _name(call, code)) for code in codes[:_MOST_OFFERED]]

    async def _opened(self, call: Call, work: ModerationWork, flag_id: str) -> Reply:
        flag = await work.flags.get(flag_id)
        watched = await work.watches.get(flag.chat_id) if flag else None
        if flag is None or watched is None or flag.label not in ANSWERED:
            return _own(call)
        if not same(flag.author, call.person):
            # Whoever else presses finds help too, but not what was found in the author's message.
            return _own(call)
        handling = watched.handling.get(flag.label)
        own_words = handling.own_words if handling else ""
        saying = Saying(flag.label, flag.language, passed_on(watched), own_words, flag.id)
        if flag.label is Label.MEDICAL_QUESTION and flag.quote:
            # It was asked in a group, whose answers hold; the quotation is what is left of the question.
            asked = replace(call, place=flag.place)
            if entry := await self._offering.sure_entry(asked, work, flag.quote):
                saying = replace(saying, entry=entry[0], chat_id=entry[1])
        await self._note_read(call, work, flag, handling.pause if handling else None)
        words = words_for(saying, call)
        # Nothing is said of a moderator who has read it before one has claimed it.
        return replace(words, lines=(*words.lines, say("flags.read_by_moderator"))) if _is_read(flag) else words

    async def _note_read(self, call: Call, work: ModerationWork, flag: Flag, pause: timedelta | None) -> None:
        """Keep that the words have reached their reader; the card says so without that the reader waits for it."""
        if flag.answered not in _UNREAD:
            return
        await work.flags.save(replace(flag, answered=Answered.READ))
        if pause:
            # From now on they count as told.
            await work.people.claim(call.person, flag.chat_id, flag.label.value, call.now, pause)
        await work.commit()
        task = asyncio.create_task(self._show_soon(flag.id))
        self._showing.add(task)
        task.add_done_callback(self._showing.discard)


def _is_read(flag: Flag) -> bool:
    return flag.label.alerts and flag.claimed_by is not None


def _own(call: Call) -> Reply:
    """The lines of the member's own country; where it is not known, of several."""
    own = country_of(call)
    if own:
        return _of(call, own.code)
    # Those lines are words about danger, of which more languages have some.
    language = safety_language_found((call.member.locale if call.member else call.person.locale) or "en")
    lines = (*several(language), say("helplines.checked", day=checked()), say("helplines.elsewhere"))
    return Reply(lines, title=say("helplines.title"), buttons=_taps(call, common_countries()))


def _of(call: Call, code: str) -> Reply:
    found = country(code)
    if found is None:
        return _own(call)
    title = say("helplines.title_of", country=_name(call, found.code))
    return Reply((*lines_in(found, call.language), say("helplines.elsewhere")), title=title)


def _taps(call: Call, codes: Sequence[str]) -> tuple[tuple[Button, ...], ...]:
    return rows(*(Button(_label(call, code), COUNTRY, (code,)) for code in codes))


def _label(call: Call, code: str) -> Text:
    return say("form.as_is", text=_name(call, code))


def _name(call: Call, code: str) -> str:
    return country_name(code, call.language) or code
