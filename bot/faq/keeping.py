"""``/faqadmin``: the moderators' side of the curated answers."""

from collections.abc import Mapping, Sequence

from bot.chat.ports import Herald
from bot.chat.replies import Button, Choice, Field, Form, Reply, rows, say
from bot.chat.tokens import Tokens
from bot.errors import MemberError
from bot.faq.adding import Adding
from bot.faq.changing import Correcting
from bot.faq.desk import (
    ADD,
    EDIT,
    HISTORY,
    OPEN,
    PAGE,
    PANEL,
    RESTORE,
    RETIRE,
    REVIEW,
    Desk,
    actions_of,
    desk_here,
    desk_of,
    moderates,
    page_of,
    pages,
    tap,
)
from bot.faq.editing import Editing
from bot.faq.entry import Entry, Standing
from bot.faq.library import Library, Shelf
from bot.faq.ports import FaqWork
from bot.faq.reviewing import Reviewing, due_within
from bot.faq.revision import Chat, Revision
from bot.faq.settling import SETTINGS, STATS, Settling
from bot.faq.teams import home_of
from bot.faq.typed import typed
from bot.faq.unanswered import UNANSWERED, Unanswered
from bot.members.calls import Argument, Audience, Call, Command

COMMAND = "faqadmin"

FIND, FOUND = "k2", "kf"
"""(chat id, letter of what, page): find an entry to do that with · (chat id, letter): the words typed."""

_LETTERS = {"edit": EDIT, "retire": RETIRE, "restore": RESTORE, "history": HISTORY}
_MOST_SOUGHT = 25


class Keeping:
    """Everything that moderators do with the curated answers. ``herald`` carries corrections and answers."""

    def __init__(self, library: Library, tokens: Tokens, herald: Herald) -> None:
        self._library = library
        self._adding = Adding(library)
        self._editing = Editing(library)
        self._reviewing = Reviewing(library)
        self._unanswered = Unanswered(library, herald)
        self._settling = Settling(library, tokens, herald)
        correcting = Correcting(library, herald)
        words = ("add", *_LETTERS, "review", "unanswered", "stats", "settings", "link")
        self.commands = (
            Command[FaqWork](
                COMMAND,
                self.use,
                audience=Audience.MODERATOR,
                personal=False,
                arguments=(Argument("what", choices=words), Argument("entry", seeks=True)),
                read=_read,
                seek=self.seek,
            ),
        )
        self.actions = (
            *actions_of({PANEL: self.panel, FIND: self.find, FOUND: self.found, OPEN: self.open}),
            *self._adding.actions,
            *self._editing.actions,
            *self._reviewing.actions,
            *self._unanswered.actions,
            *self._settling.actions,
            *correcting.actions,
        )
        self.forms = (_find_form(), *self._adding.forms, *self._editing.forms, *self._unanswered.forms)

    async def use(self, call: Call, work: FaqWork) -> Reply:
        """Do what was typed behind the command, or show what there is to do."""
        desk = await desk_here(call, work, self._library)
        what, words = call.arguments.get("what", "").lower(), typed(call.arguments.get("entry", ""))
        match what:
            case "":
                return await self._panel(desk)
            case "add":
                return await self._adding.begin(desk)
            case "review":
                return await self._reviewing.show_queue(desk)
            case "unanswered":
                return await self._unanswered.show(desk)
            case "stats":
                return await self._settling.show_stats(desk)
            case "settings":
                return await self._settling.show_settings(desk)
            case "link":
                return await self._settling.link(desk, words)
            case _ if what in _LETTERS:
                return await self._with_entry(desk, _LETTERS[what], words)
            case _:
                raise MemberError("faqadmin.what")

    async def seek(self, call: Call, work: FaqWork, argument: str, text: str) -> Sequence[Choice]:
        """Offer the entries whose question or id holds the text; those taken away where one is to be brought back.

        Where the platform does not tell who moderates, only what ``/faq`` shows to everybody is offered.
        """
        if argument != "entry" or call.place.direct:
            return ()
        if call.roles is not None and not await moderates(call, work, Chat("", "", call.place)):
            return ()
        shelf = await self._library.shelf(work, (await home_of(call, work)).team)
        wanted = typed(text).casefold()
        brings_back = call.arguments.get("what") == "restore"
        found = shelf.revisions.values() if call.roles is not None else _shown_to_all(shelf)
        entries = sorted(
            (each.entry for each in found if not (brings_back and each.shown)), key=lambda entry: entry.question
        )
        fitting = (each for each in entries if wanted in each.question.casefold() or wanted in each.id)
        return [Choice(each.id, each.question) for each in fitting][:_MOST_SOUGHT]

    async def panel(self, call: Call, work: FaqWork) -> Reply:
        """Show what there is to do."""
        return await self._panel(await desk_of(call, work, self._library))

    async def find(self, call: Call, work: FaqWork) -> Reply:
        """Ask which entry is meant."""
        desk = await desk_of(call, work, self._library)
        return await self._ask_which(desk, tap(call, 1), tap(call, 2))

    async def found(self, call: Call, work: FaqWork) -> Reply:
        """Show the entries that fit the words."""
        desk = await desk_of(call, work, self._library)
        return await self._fitting(desk, tap(call, 1), call.arguments.get("words", ""))

    async def open(self, call: Call, work: FaqWork) -> Reply:
        """Go on with the entry that a button names."""
        desk = await desk_of(call, work, self._library)
        return await self._go_on(desk, tap(call, 2), await desk.of_code(tap(call, 1)))

    async def _panel(self, desk: Desk) -> Reply:
        today = desk.call.now.date()
        near = [standing for standing, _ in due_within(desk, today)]
        figures = say(
            "faqadmin.figures",
            entries=len(desk.shelf.entries),
            due=near.count(Standing.DUE),
            expired=near.count(Standing.EXPIRED),
            waiting=len(await desk.work.entries.waiting(desk.team)),
            unanswered=await desk.work.questions.count(desk.team),
        )
        taps = (
            desk.button(say("button.kept_add"), ADD, ""),
            desk.button(say("button.kept_edit"), FIND, EDIT),
            desk.button(say("button.kept_take_away"), FIND, RETIRE),
            desk.button(say("button.kept_bring_back"), FIND, RESTORE),
            desk.button(say("button.kept_history"), FIND, HISTORY),
            desk.button(say("button.kept_review"), REVIEW, "0"),
            desk.button(say("button.kept_questions"), UNANSWERED, "0"),
            desk.button(say("button.kept_stats"), STATS),
            desk.button(say("button.kept_settings"), SETTINGS),
        )
        return Reply((figures,), title=say("faqadmin.title"), buttons=rows(*taps))

    async def _with_entry(self, desk: Desk, letter: str, words: str) -> Reply:
        if not words:
            return await self._ask_which(desk, letter)
        revision = await desk.holding(words.lower())
        return await (self._go_on(desk, letter, revision) if revision else self._fitting(desk, letter, words))

    async def _ask_which(self, desk: Desk, letter: str, number: str = "") -> Reply:
        if letter not in _LETTERS.values():
            raise MemberError("button.gone")
        if letter != RESTORE:
            return Reply(form=_find_form((desk.chat.id, letter)))
        # What is not shown is found by no search, so it is listed.
        away = sorted(
            (each.entry for each in desk.shelf.revisions.values() if not each.shown), key=lambda entry: entry.question
        )
        page = page_of(number, len(away))
        taps = _open(desk, letter, away[page * PAGE :][:PAGE])
        ways = [*pages(desk, FIND, page, len(away), letter), desk.back]
        line = say("faqadmin.choose") if away else say("faqadmin.none_away")
        return Reply((line,), buttons=(*rows(*taps, width=1), *rows(*ways)))

    async def _fitting(self, desk: Desk, letter: str, words: str) -> Reply:
        hits = (await desk.shelf.find(words)).hits
        entries = [desk.shelf.entries[hit.entry_id] for hit in hits]
        taps = _open(desk, letter, entries)
        ways = (desk.button(say("button.kept_other_words"), FIND, letter), desk.back)
        line = say("faqadmin.choose") if taps else say("faqadmin.nothing_found")
        return Reply((line,), buttons=(*rows(*taps, width=1), *rows(*ways)))

    async def _go_on(self, desk: Desk, letter: str, revision: Revision) -> Reply:
        if letter in (RETIRE, RESTORE):
            return await self._editing.confirm(desk, revision, shown=letter == RESTORE)
        if letter == HISTORY:
            return await self._reviewing.history(desk, revision)
        return await self._editing.show(desk, revision)


def _shown_to_all(shelf: Shelf) -> Sequence[Revision]:
    return [each for each in shelf.revisions.values() if each.shown]


def _open(desk: Desk, letter: str, entries: Sequence[Entry]) -> list[Button]:
    return [desk.button(say("faq.text", text=each.question), OPEN, each.code, letter) for each in entries]


def _read(text: str) -> Mapping[str, str]:
    """``edit day-length``: what is to be done, and with which entry."""
    what, _, entry = text.partition(" ")
    return {"what": what, "entry": entry.strip()}


def _find_form(arguments: tuple[str, ...] = ()) -> Form:
    return Form(FOUND, say("faqadmin.find_title"), (Field("words", say("faqadmin.ask_words")),), arguments)
