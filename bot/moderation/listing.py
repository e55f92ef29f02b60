"""``/flags``: what waits, what is mine, what was closed, by label, and by words."""

from collections.abc import Sequence

from bot.chat.replies import Button, Field, Form, Reply, Text, rows, say
from bot.errors import MemberError
from bot.faq.desk import page_of, tap
from bot.faq.lately import Lately
from bot.faq.typed import typed
from bot.members.calls import Call
from bot.moderation.cards import ALONE, LABELS, REASONS, card_of, title_of
from bot.moderation.desk import (
    LABEL_CODES,
    LISTED,
    PAGE,
    SHOWN,
    Desk,
    actions_of,
    case_of,
    desk_of,
    desks_here,
    label_of,
    pages,
)
from bot.moderation.duty import same
from bot.moderation.flag import Flag
from bot.moderation.ports import ModerationWork
from bot.triage.assessment import Label

SEARCH, SEARCHED, BY_LABEL = "dw", "e0", "e1"
"""(chat id): ask for words · as typed · (chat id): choose a label."""

MOST_CLOSED = 200
"""Closed flags that are listed and searched, the newest first."""

MOST_WORDS = 80

_OPEN, _MINE, _CLOSED, _FOUND = "o", "m", "c", "s"
_WORDS = "words"


class Listing:
    """Lists flags. What somebody looked for is known in memory alone, so that the next page can be shown."""

    def __init__(self) -> None:
        self._looked_for: Lately[str] = Lately()
        self.actions = actions_of(
            {
                LISTED: self.list,
                SHOWN: self.open,
                SEARCH: self.ask,
                SEARCHED: self.search,
                BY_LABEL: self.by_label,
            }
        )
        self.forms = (_form(),)

    async def use(self, call: Call, work: ModerationWork) -> Reply:
        """Show what waits where somebody is; with words, the flags that hold them."""
        desks = await desks_here(call, work)
        words = typed(call.arguments.get(_WORDS, ""))
        if len(desks) > 1:
            taps = [desk.button(say("flags.community", id=desk.chat_id), LISTED, _OPEN, "0") for desk in desks]
            return Reply((say("flags.which_community"),), title=say("flags.title"), buttons=rows(*taps, width=1))
        return await (self._found(desks[0], words) if words else self._page(desks[0], _OPEN, ""))

    async def list(self, call: Call, work: ModerationWork) -> Reply:
        """Show a page."""
        return await self._page(await desk_of(call, work), tap(call, 1), tap(call, 2))

    async def open(self, call: Call, work: ModerationWork) -> Reply:
        """Show a flag's card to this moderator alone."""
        case = await case_of(call, work)
        flag = case.flag
        earlier = await work.flags.earlier(flag.author, flag.chat_id, flag.at) if flag.author else 0
        card = card_of(flag, case.watched, earlier=earlier, alone=True)
        back = Button(say("button.flag_list"), LISTED, (flag.chat_id, _OPEN, "0"))
        return Reply(card.lines, title=card.title, buttons=(*card.buttons, (back,)))

    async def ask(self, call: Call, work: ModerationWork) -> Reply:
        """Ask for words."""
        desk = await desk_of(call, work)
        return Reply(form=_form((desk.chat_id,)))

    async def search(self, call: Call, work: ModerationWork) -> Reply:
        """Show the flags that hold the words typed."""
        return await self._found(await desk_of(call, work), typed(call.arguments.get(_WORDS, "")))

    async def by_label(self, call: Call, work: ModerationWork) -> Reply:
        """Ask for a label."""
        desk = await desk_of(call, work)
        waiting = [flag.label for flag in await work.flags.waiting([desk.chat_id])]
        taps = [
            desk.button(
                say("flags.label_count", label=words, count=waiting.count(label)), LISTED, LABEL_CODES[label], "0"
            )
            for label, words in LABELS.items()
            if label in waiting
        ]
        line = say("flags.choose_label") if taps else say("flags.none_open")
        return Reply((line,), title=say("flags.title"), buttons=rows(*taps, _back(desk), width=1))

    async def _found(self, desk: Desk, words: str) -> Reply:
        if not words:
            raise MemberError("form.empty")
        self._looked_for.keep(desk.call.person, words[:MOST_WORDS], desk.call.now, desk.chat_id)
        return await self._page(desk, _FOUND, "")

    async def _page(self, desk: Desk, which: str, number: str) -> Reply:
        # Nobody looks into a flag on themselves, not even into its line.
        flags = [flag for flag in await self._flags(desk, which) if not same(flag.author, desk.call.person)]
        page = page_of(number, len(flags))
        here = flags[page * PAGE :][:PAGE]
        lines: tuple[Text, ...] = tuple(title_of(flag) for flag in here) or (say("flags.none"),)
        taps = [
            Button(
                say("flags.open_number", number=page * PAGE + place, label=LABELS[flag.label]), SHOWN, (flag.id, ALONE)
            )
            for place, flag in enumerate(here, start=1)
        ]
        ways = [
            *pages(desk, LISTED, page, len(flags), which),
            *(
                desk.button(label, LISTED, letter, "0")
                for letter, label in (
                    (_OPEN, say("button.flag_open")),
                    (_MINE, say("button.flag_mine")),
                    (_CLOSED, say("button.flag_closed")),
                )
                if letter != which
            ),
            desk.button(say("button.flag_by_label"), BY_LABEL),
            desk.button(say("button.flag_search"), SEARCH),
        ]
        return Reply(
            (say("flags.count", count=len(flags)), *lines),
            title=say("flags.title"),
            buttons=(*rows(*taps, width=1), *rows(*ways)),
        )

    async def _flags(self, desk: Desk, which: str) -> Sequence[Flag]:
        work, call, ids = desk.work, desk.call, [desk.chat_id]
        if which == _CLOSED:
            return await work.flags.closed(ids, MOST_CLOSED)
        waiting = await work.flags.waiting(ids)
        if which == _OPEN:
            return waiting
        if which == _MINE:
            return [flag for flag in waiting if same(flag.claimed_by, call.person)]
        if which == _FOUND:
            words = self._looked_for.find(call.person, call.now, desk.chat_id)
            if words is None:
                raise MemberError("flags.words_lost")
            everything = [*waiting, *await work.flags.closed(ids, MOST_CLOSED)]
            return [flag for flag in everything if _holds(flag, words)]
        if which == LABEL_CODES[_NONE]:
            return [flag for flag in waiting if flag.label is _NONE]
        return [flag for flag in waiting if flag.label is label_of(which)]


_NONE = Label.NONE


def _holds(flag: Flag, words: str) -> bool:
    """Whether every word stands somewhere in a flag's reasons, reports, notes or quotation."""
    texts = (
        flag.quote,
        flag.label.value,
        *flag.reasons,
        *(note.text for note in flag.notes),
        *(report.reason for report in flag.reports if report.reason not in REASONS),
    )
    text = "\n".join(texts).casefold()
    return all(word in text for word in words.casefold().split())


def _back(desk: Desk) -> Button:
    return desk.button(say("button.back"), LISTED, _OPEN, "0")


def _form(arguments: tuple[str, ...] = ()) -> Form:
    field = Field(_WORDS, say("flags.ask_words"), say("flags.hint_words"), most_characters=MOST_WORDS)
    return Form(SEARCHED, say("button.flag_search"), (field,), arguments)
