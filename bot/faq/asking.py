"""``/faq``: the curated answers, searched by words or looked through by subject."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.chat.replies import Button, Choice, Form, Reply, Text, rows, say
from bot.errors import MemberError
from bot.faq.entry import Category, Entry, Standing, code_of
from bot.faq.forwarding import Forwarding
from bot.faq.lately import Lately
from bot.faq.library import Library, Shelf
from bot.faq.ports import FaqWork
from bot.faq.revision import Shown
from bot.faq.showing import (
    BROWSE,
    CHOSEN,
    COMMAND,
    ENTRY,
    PERSONAL,
    entry_button,
    shown,
    shown_to_all,
    standing,
    subjects_button,
)
from bot.faq.teams import Home, home_of
from bot.faq.typed import typed
from bot.members.calls import Action, Argument, Audience, Call, Command
from bot.members.helplines import danger

CATEGORY, NONE, HELPFUL, NOT_HELPFUL, SHARE = "qc", "q0", "qy", "qn", "qs"
"""(category code, chat id, page): a subject · (chat id, PERSONAL where it holds): none of what was offered ·
(entry code, chat id, PERSONAL where it holds): a vote, for and against · (entry code, chat id): post the entry."""

OWN_CASE = "!"
"""What stands behind the id of an entry that was offered while somebody typed a question about their own case."""

MOST_CHOICES = 3
_MOST_SUGGESTED = 25
_LINKED = re.compile(r"([0-9a-f]{8})-([0-9a-f]{8})")  # entry code, chat id


class Asking:
    """The members' side of the curated answers; ``home_chat`` as in ``home_of``."""

    def __init__(self, library: Library, home_chat: str = "") -> None:
        self._library = library
        self._home_chat = home_chat
        self._forwarding = Forwarding(home_chat)
        self._voted: Lately[bool] = Lately()
        self.commands = (
            Command[FaqWork](
                COMMAND,
                self.ask,
                audience=Audience.ANYONE,
                personal=False,
                arguments=(Argument("words", seeks=True),),
                seek=self.seek,
                linkable=True,
            ),
        )
        taps = {
            BROWSE: self.browse,
            CATEGORY: self.category,
            NONE: self.none_of_these,
            HELPFUL: self.helpful,
            NOT_HELPFUL: self.not_helpful,
            SHARE: self.share,
        }
        self.actions = (
            Action[FaqWork](ENTRY, self.entry, audience=Audience.ANYONE, personal=False, anyone=True),
            *(Action[FaqWork](name, run, audience=Audience.ANYONE, personal=False) for name, run in taps.items()),
            *self._forwarding.actions,
        )
        self.forms: tuple[Form, ...] = ()

    async def ask(self, call: Call, work: FaqWork) -> Reply:
        """Answer words: with the entry that fits, with some to choose from, or with the honest word that none does."""
        words = typed(call.arguments.get("words", ""))
        if words and call.linked:
            return await self._linked(call, work, words)
        home, shelf = await self._at_home(call, work)
        if not words:
            return _subjects(shelf, home)
        if named := shelf.entries.get(words.lower().removesuffix(OWN_CASE)):
            self._forwarding.remember_chosen(call, named)
            return self._with_taps(call, home, named, PERSONAL if words.endswith(OWN_CASE) else "")
        self._forwarding.remember(call, words)
        found = await shelf.find(words)
        entries = [shelf.entries[hit.entry_id] for hit in found.hits]
        marks = PERSONAL if found.personal else ""
        if found.sure:
            return self._with_taps(call, home, entries[0], marks)
        if found.offered:
            return _to_choose(call, entries[: min(found.offered, MOST_CHOICES)], home, marks)
        return self._no_answer(call, home, marks)

    async def seek(self, call: Call, work: FaqWork, argument: str, text: str) -> Sequence[Choice]:
        """Offer questions while somebody types: what the search finds, then those that hold the text."""
        if argument != "words":
            return ()
        _, shelf = await self._at_home(call, work)
        mark = ""
        if words := typed(text):
            found = await shelf.find(words)
            mark = OWN_CASE if found.personal else ""
            entries = [shelf.entries[hit.entry_id] for hit in found.hits]
            entries += [each for each in shelf.entries.values() if words.casefold() in each.question.casefold()]
        else:
            subjects = [shelf.of(category) for category in Category]
            longest = max(map(len, subjects), default=0)
            entries = [each[number] for number in range(longest) for each in subjects if number < len(each)]
        offered = list({entry.id: entry for entry in entries}.values())[:_MOST_SUGGESTED]
        self._forwarding.note_typing(call, words, frozenset(entry.id for entry in offered))
        return [Choice(entry.id + mark, entry.question) for entry in offered]

    async def browse(self, call: Call, work: FaqWork) -> Reply:
        """Show the subjects."""
        home, shelf = await self._at_home(call, work, _tap(call, 0))
        return _subjects(shelf, home)

    async def category(self, call: Call, work: FaqWork) -> Reply:
        """Show the entries of a subject, a page at a time."""
        home, shelf = await self._at_home(call, work, _tap(call, 1))
        category = next((each for each in Category if code_of(each.value) == _tap(call, 0)), None)
        if category is None:
            raise MemberError("button.gone")
        entries = shelf.of(category)
        # Two buttons a row stay large enough for an unsteady hand; three more lead to other pages and back.
        size = max(call.capabilities.most_rows * 2 - 3, 1)
        number = _tap(call, 2)
        page = min(int(number) if number.isdecimal() else 0, max(len(entries) - 1, 0) // size)
        taps = [entry_button(each, _question(each), home.chat_id) for each in entries[page * size :][:size]]
        ways: list[Button] = []
        if page:
            ways.append(_category_button(category, say("button.faq_earlier"), home, page - 1))
        if (page + 1) * size < len(entries):
            ways.append(_category_button(category, say("button.faq_later"), home, page + 1))
        ways.append(subjects_button(home.chat_id))
        return Reply(
            () if entries else (say("faq.empty"),),
            title=say(f"faq.category.{category.word}"),
            buttons=(*rows(*taps, width=1), *rows(*ways)),
        )

    async def entry(self, call: Call, work: FaqWork) -> Reply:
        """Show an entry to whoever pressed its button."""
        home, entry = await self._pressed(call, work)
        return self._with_taps(call, home, entry, _tap(call, 2)) if entry else _gone(home)

    async def none_of_these(self, call: Call, work: FaqWork) -> Reply:
        """Say that there is no answer, when none of those offered is one."""
        home, _ = await self._at_home(call, work, _tap(call, 0))
        return self._no_answer(call, home, _tap(call, 1))

    async def helpful(self, call: Call, work: FaqWork) -> Reply:
        """Count that an entry helped."""
        home, entry = await self._vote(call, work, helpful=True)
        return _after_vote(call, home, entry, (say("faq.thanks"),)) if entry else _gone(home)

    async def not_helpful(self, call: Call, work: FaqWork) -> Reply:
        """Count that an entry did not help, and show the way to people."""
        home, entry = await self._vote(call, work, helpful=False)
        if entry is None:
            return _gone(home)
        lines = (say("faq.sorry") if home.can_be_asked else say("faq.thanks"), *self._forwarding.elsewhere(home))
        return _after_vote(call, home, entry, lines, *self._forwarding.buttons(home))

    async def share(self, call: Call, work: FaqWork) -> Reply:
        """Post an entry in the group, and remember that it stands there, so that it can be corrected."""
        if call.place.direct:
            raise MemberError("faq.share_in_group")
        home, entry = await self._pressed(call, work)
        if entry is None:
            return _gone(home)
        if standing(entry, call) is Standing.EXPIRED:
            return self._with_taps(call, home, entry, "")
        public = shown_to_all(entry, call)
        await work.figures.stood(Shown(entry.id, call.place, call.now))
        taps = rows(subjects_button(home.chat_id))
        return Reply((say("faq.shared"),), share=(_question(entry), *public.lines), buttons=taps)

    async def _linked(self, call: Call, work: FaqWork, named: str) -> Reply:
        """Show the entry that a link names; its words are nobody's question, so they are not searched for."""
        link = _LINKED.fullmatch(named)
        # Anybody can write a link: only one of ours says from which group it leads here, and so whose text is shown.
        home, shelf = await self._at_home(call, work, link[2] if link and call.vouched else "")
        entry = (shelf.by_code(link[1]) if link else None) or shelf.entries.get(named.lower())
        if entry is None:
            return _gone(home)
        self._forwarding.remember_chosen(call, entry)
        return self._with_taps(call, home, entry, "")

    def _with_taps(self, call: Call, home: Home, entry: Entry, marks: str) -> Reply:
        reply = shown(entry, call)
        if standing(entry, call) is Standing.EXPIRED:
            reply = replace(reply, lines=(*reply.lines, *self._forwarding.elsewhere(home)))
            taps = [*self._forwarding.buttons(home)]
        else:
            kept = (entry.code, home.chat_id, PERSONAL) if PERSONAL in marks else (entry.code, home.chat_id)
            taps = [
                Button(say("button.helpful"), HELPFUL, kept),
                Button(say("button.not_helpful"), NOT_HELPFUL, kept),
                # Whoever had to choose may find that the choice was not what they meant.
                *(self._forwarding.buttons(home) if CHOSEN in marks else ()),
                *_share_buttons(call, home, entry),
            ]
        taps.append(_more_button(entry, home))
        return _pointed(replace(reply, buttons=rows(*taps)), marks)

    def _no_answer(self, call: Call, home: Home, marks: str) -> Reply:
        lines = (say("faq.no_answer"), say("faq.no_answer_ask"), *self._forwarding.elsewhere(home), *danger(call))
        taps = (*self._forwarding.buttons(home), subjects_button(home.chat_id))
        return _pointed(Reply(lines, buttons=rows(*taps)), marks)

    async def _vote(self, call: Call, work: FaqWork, *, helpful: bool) -> tuple[Home, Entry | None]:
        home, entry = await self._pressed(call, work)
        # A hand that presses twice, before the buttons are gone, has voted once.
        if entry and self._voted.find(call.person, call.now, entry.code) is None:
            self._voted.keep(call.person, helpful, call.now, entry.code)
            await work.figures.vote(home.team, entry.id, helpful=helpful)
        return home, entry

    async def _pressed(self, call: Call, work: FaqWork) -> tuple[Home, Entry | None]:
        home, shelf = await self._at_home(call, work, _tap(call, 1))
        return home, shelf.by_code(_tap(call, 0))

    async def _at_home(self, call: Call, work: FaqWork, chat_id: str = "") -> tuple[Home, Shelf]:
        home = await home_of(call, work, chat_id, home_chat=self._home_chat)
        return home, await self._library.shelf(work, home.team)


def _subjects(shelf: Shelf, home: Home) -> Reply:
    taps = [
        _category_button(category, say(f"faq.category.{category.word}"), home)
        for category in Category
        if shelf.of(category)
    ]
    return Reply((say("faq.browse") if taps else say("faq.empty"),), title=say("faq.title"), buttons=rows(*taps))


def _to_choose(call: Call, entries: Sequence[Entry], home: Home, marks: str) -> Reply:
    taps = [entry_button(each, _question(each), home.chat_id, marks + CHOSEN) for each in entries]
    taps.append(Button(say("button.none_of_these"), NONE, (home.chat_id, marks)))
    # What was not understood for sure may have been a cry for help.
    return _pointed(Reply((say("faq.choose"), *danger(call)), buttons=rows(*taps, width=1)), marks)


def _gone(home: Home) -> Reply:
    return Reply((say("faq.gone"),), buttons=rows(subjects_button(home.chat_id)), fresh=True)


def _pointed(reply: Reply, marks: str) -> Reply:
    """Put the way to the physician above everything else, where somebody asks about their own case."""
    return reply.before(say("faq.personal")) if PERSONAL in marks else reply


def _after_vote(call: Call, home: Home, entry: Entry, lines: tuple[Text, ...], *first: Button) -> Reply:
    """The same answer with other buttons, so that one message is voted on once."""
    reply = shown(entry, call)
    taps = (*first, *_share_buttons(call, home, entry), _more_button(entry, home))
    reply = replace(reply, lines=(*reply.lines, *lines), buttons=rows(*taps))
    return _pointed(reply, _tap(call, 2))


def _question(entry: Entry) -> Text:
    return say("faq.text", text=entry.question)


def _category_button(category: Category, label: Text, home: Home, page: int = 0) -> Button:
    return Button(label, CATEGORY, (code_of(category.value), home.chat_id, str(page)))


def _share_buttons(call: Call, home: Home, entry: Entry) -> tuple[Button, ...]:
    # Where the platform cannot answer one person in a group, the answer stands in the direct chat already.
    if call.place.direct or not call.capabilities.hidden_in_group or standing(entry, call) is Standing.EXPIRED:
        return ()
    return (Button(say("button.show_to_group"), SHARE, (entry.code, home.chat_id)),)


def _more_button(entry: Entry, home: Home) -> Button:
    return _category_button(entry.category, say("button.faq_more"), home)


def _tap(call: Call, number: int) -> str:
    """What a button carried at that position; empty where it carried less."""
    return call.taps[number] if number < len(call.taps) else ""
