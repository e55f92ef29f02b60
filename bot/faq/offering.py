"""Curated answers where nobody asked the bot: under a plain question in a group, and wherever its name is typed."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.chat.people import Reader
from bot.chat.replies import Offer, Reply, Text, say
from bot.faq.entry import Entry, Standing
from bot.faq.library import Library
from bot.faq.ports import FaqWork
from bot.faq.showing import button_for_anyone, shown_to_all, standing
from bot.faq.teams import home_of
from bot.faq.typed import typed
from bot.members.calls import Call
from bot.words.catalogue import PlainMarkup, Writer

UNASKED = 0.95
"""From which probability an entry is offered to people who did not ask the bot: more than for those who did."""

PAUSE = timedelta(hours=1)
"""How long an entry that was offered in a chat is not offered there again."""

_SHORTEST, _LONGEST = 8, 300
_SUMMARY = 90
# A question mark, also that of full width, at the end of a sentence, with or without closing signs behind it.
_MARKED = re.compile("[?\uff1f]+[\\s\"'\u201d\u2019\u00bb)!.\u2026]*(\\s|$)")
_WORD = re.compile(r"[^\W\d_]+")
_LINK = re.compile(r"://|\bwww\.|\b(t\.me|discord\.gg)/", re.IGNORECASE)
_QUOTED = re.compile(r"^\s*>", re.MULTILINE)

# Words with which statements begin as well ("come", "que", "do", "have") need their question mark.
_FIRST_BY_LANGUAGE = {
    "en": "how what when where which who whom whose why can could does did should anyone anybody",
    "es": "qué cómo cuándo cuánto cuánta cuántos cuántas dónde cuál cuáles quién quiénes alguien",
    "de": "wie was wann wo warum wieso weshalb wer wem wen welche welcher welches wofür woher wohin wozu",
    "fr": "comment pourquoi combien quel quelle quels quelles quelqu",
    "it": "perché quanto quanta quanti quante quale quali qualcuno",
}
_FIRST = frozenset(word for words in _FIRST_BY_LANGUAGE.values() for word in words.split())


class Offering:
    """Fulfils ``Overhear`` and ``Browse`` over a library; ``home_chat`` as in ``home_of``."""

    def __init__(self, library: Library, home_chat: str = "") -> None:
        self._library = library
        self._home_chat = home_chat

    def listens_to(self, text: str) -> bool:
        """Whether a text is short and plainly a question, without a link or a quotation."""
        if text.startswith("/") or not _SHORTEST <= len(text) <= _LONGEST or _LINK.search(text) or _QUOTED.search(text):
            return False
        first = _WORD.search(text)
        return bool(_MARKED.search(text)) or (first is not None and first[0].casefold() in _FIRST)

    async def heard(self, call: Call, text: str, work: FaqWork) -> Reply | None:
        """Offer the one entry that answers a question, where the group's moderators want that."""
        home = await home_of(call, work)
        if not home.offers:
            return None
        shelf = await self._library.shelf(work, home.team)
        found = await shelf.find(typed(text))
        if not found.sure or found.personal or found.hits[0].score < UNASKED:
            return None
        entry = shelf.entries[found.hits[0].entry_id]
        if not _may_be_offered(entry, call):
            return None
        if not await work.figures.claim_offer(call.place, entry.id, call.now, PAUSE):
            return None
        button = button_for_anyone(entry, say("button.show_me"), home.chat_id)
        return Reply((say("faq.offer", question=entry.question),), buttons=((button,),), private=False)

    async def sure_entry(self, call: Call, work: FaqWork, text: str) -> tuple[Entry, str] | None:
        """The entry that answers a text for sure, for one person, with the id of the chat whose it is."""
        home = await home_of(call, work, home_chat=self._home_chat)
        shelf = await self._library.shelf(work, home.team)
        found = await shelf.find(typed(text))
        return (shelf.entries[found.hits[0].entry_id], home.chat_id) if found.sure else None

    async def offers(self, call: Call, text: str, work: FaqWork) -> Sequence[Offer]:
        """Offer the entries that fit a text; for somebody's own case with the way to their team, first and on each."""
        words = typed(text)
        if not words:
            return ()
        home = await home_of(call, work, home_chat=self._home_chat)
        shelf = await self._library.shelf(work, home.team)
        found = await shelf.find(words)
        entries = [shelf.entries[hit.entry_id] for hit in found.hits[: max(found.offered, int(found.sure))]]
        offers = [_offer(entry, call) for entry in entries if standing(entry, call) is not Standing.EXPIRED]
        if not found.personal:
            return offers
        # What is posted stands alone, wherever its first line is needed.
        return [_pointer(call), *(replace(each, reply=each.reply.before(say("faq.personal"))) for each in offers)]


def _may_be_offered(entry: Entry, call: Call) -> bool:
    """Whether an entry may be offered to a whole group that did not ask for it."""
    calm = entry.answerable and not entry.danger and not entry.crisis
    return calm and standing(entry, call) is not Standing.EXPIRED


def _offer(entry: Entry, call: Call) -> Offer:
    summary = " ".join(entry.paragraphs)
    if len(summary) > _SUMMARY:
        summary = summary[: _SUMMARY - 1].rstrip() + "…"
    return Offer(entry.code, entry.question, summary, shown_to_all(entry, call))


def _pointer(call: Call) -> Offer:
    words = say("faq.personal")
    return Offer(
        "own", _written(call, say("faq.personal_title")), _written(call, words), Reply((words,), private=False)
    )


def _written(call: Call, text: Text) -> str:
    reader = Reader(call.person.locale or "en", discreet=call.capabilities.discreet)
    return Writer(reader, PlainMarkup()).write(text)
