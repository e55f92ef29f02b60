"""What every step of the moderators' work shares: whose answers they look after, and which of them is meant."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from bot.chat.people import Person, Place
from bot.chat.replies import Button, Form, Reply, Text, Tone, rows, say
from bot.errors import MemberError
from bot.faq.entry import code_of
from bot.faq.library import Library, Shelf
from bot.faq.ports import FaqWork
from bot.faq.revision import EVERYWHERE, Chat, Revision, State
from bot.members.calls import Action, Audience, Call, Run
from bot.members.guide import ANSWER, OPEN_FOR
from bot.members.member import Draft

PANEL, ADD, OPEN, REVIEW, WAITING, CORRECT = "k0", "k1", "k3", "kv", "kw", "k9"
"""(chat id): what there is to do · (chat id, mark of the questions that led here, or none): ask for a new entry ·
(chat id, entry code, letter of what): open an entry · (chat id, page): the review
queue · (chat id, entry code, mark): a revision that waits · (chat id, entry code): correct where it stood."""

EDIT, RETIRE, RESTORE, HISTORY = "e", "r", "b", "h"
"""The letters of what can be done with an entry."""

PAGE = 5

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Desk:
    """One step of a moderator's work: the chat for which they act, and what holds in its team."""

    call: Call
    work: FaqWork
    chat: Chat
    shelf: Shelf

    @property
    def team(self) -> str:
        """Whose answers are changed."""
        return self.chat.team

    async def holding(self, entry_id: str) -> Revision | None:
        """The revision that holds now, shown or not: the team's own, else that for all; None where there is none."""
        for team in (self.team, EVERYWHERE):
            for revision in await self.work.entries.history(team, entry_id):
                if revision.state is State.APPROVED:
                    return revision
        return None

    async def of_code(self, code: str) -> Revision:
        """The revision that holds of the entry that a button names.

        Raises:
            MemberError: there is none.
        """
        entry_id = next((key for key in self.shelf.revisions if code_of(key) == code), None)
        revision = await self.holding(entry_id) if entry_id else None
        if revision is None:
            raise MemberError("faqadmin.gone")
        return revision

    async def seen(self, entry_id: str, mark: str) -> Revision:
        """The revision that somebody had before them.

        Raises:
            MemberError: there is none.
        """
        for team in (self.team, EVERYWHERE):
            for revision in await self.work.entries.history(team, entry_id):
                if mark_of(revision) == mark:
                    return revision
        raise MemberError("faqadmin.gone")

    async def waiting(self) -> Revision:
        """The waiting revision that a button names by the entry's code and its mark.

        Raises:
            MemberError: it no longer waits.
        """
        code, mark = tap(self.call, 1), tap(self.call, 2)
        for revision in await self.work.entries.waiting(self.team):
            if revision.entry.code == code and mark_of(revision) == mark:
                return revision
        raise MemberError("faqadmin.decided")

    async def needs_two(self) -> bool:
        """Whether a change waits for a second moderator: where one chat of a team asks for that, all have it."""
        return any(chat.two_approve for chat in await self.work.chats.of_team(self.team))

    def button(self, label: Text, action: str, *arguments: str, tone: Tone = Tone.PLAIN) -> Button:
        """A button that goes on with the work for this chat."""
        return Button(label, action, (self.chat.id, *arguments), tone)

    @property
    def back(self) -> Button:
        """The way back to what there is to do."""
        return self.button(say("button.kept_panel"), PANEL)


_MARK = 10


def mark_of(revision: Revision | None) -> str:
    """What buttons carry of a revision that was shown, "" for none.

    It is not the number: that changes where teams are linked, and a button would mean another text.
    """
    return revision.id[:_MARK] if revision else ""


def is_same(one: Person | None, other: Person) -> bool:
    """Whether both are one account, whatever it calls itself."""
    return one is not None and (one.platform, one.id) == (other.platform, other.id)


async def desk_here(call: Call, work: FaqWork, library: Library) -> Desk:
    """The desk of the group in which somebody is; at the first use the group is set up.

    Raises:
        MemberError: this is no group, or they do not moderate it.
    """
    if call.place.direct:
        raise MemberError("faqadmin.in_group")
    await _check(call, work, Chat("", "", call.place))
    chat = await work.chats.find(call.place)
    if chat is None:
        chat_id = chat_id_of(call.place)
        chat = Chat(chat_id, chat_id, call.place)
        await work.chats.save(chat)
    return Desk(call, work, chat, await library.shelf(work, chat.team))


def chat_id_of(place: Place) -> str:
    """Our own id of a group: always the same, so that the operator's setting outlives a database that is begun anew."""
    return hashlib.blake2s(f"{place.platform}\0{place.community}".encode(), digest_size=4).hexdigest()


async def desk_of(call: Call, work: FaqWork, library: Library) -> Desk:
    """The desk of the chat that a button or a form names first; asks anew who moderates it.

    Raises:
        MemberError: the chat is gone, or they do not moderate it any more.
    """
    chat = await work.chats.get(tap(call, 0))
    if chat is None:
        raise MemberError("button.gone")
    await _check(call, work, chat)
    # Read anew: while the platform was asked, others could change it.
    chat = await work.chats.get(chat.id) or chat
    return Desk(call, work, chat, await library.shelf(work, chat.team))


async def moderates(call: Call, work: FaqWork, chat: Chat) -> bool:
    """Ask the platform whether somebody moderates a chat; nothing is locked while it takes its time."""
    await work.commit()
    return await call.moderates(chat.place)


async def _check(call: Call, work: FaqWork, chat: Chat) -> None:
    if not await moderates(call, work, chat):
        log.warning("moderator_refused", chat=chat.id)
        raise MemberError("faqadmin.not_moderator")


def tap(call: Call, number: int) -> str:
    """What a button or a form carried at that position; empty where it carried less."""
    return call.taps[number] if number < len(call.taps) else ""


def actions_of(taps: Mapping[str, Run[FaqWork]]) -> tuple[Action[FaqWork], ...]:
    """Declare the actions of moderators by name."""
    return tuple(Action[FaqWork](name, run, audience=Audience.MODERATOR, personal=False) for name, run in taps.items())


def page_of(number: str, count: int) -> int:
    """The page that a button asks for, counted from 0; the last one where there are fewer by now."""
    asked = int(number) if re.fullmatch(r"[0-9]{1,4}", number) else 0
    return min(asked, max(count - 1, 0) // PAGE)


def pages(desk: Desk, action: str, page: int, count: int, *arguments: str) -> list[Button]:
    """The buttons to the pages before and after."""
    found: list[Button] = []
    if page:
        found.append(desk.button(say("button.faq_earlier"), action, *arguments, str(page - 1)))
    if (page + 1) * PAGE < count:
        found.append(desk.button(say("button.faq_later"), action, *arguments, str(page + 1)))
    return found


async def ask_again(desk: Desk, form: Form, wrong: str, error: MemberError, reopen: Button) -> Reply:
    """Say what is wrong with one answer of a form, and lose nothing of what was typed.

    Where a form is asked question by question, that question is open again and the other answers stay. Elsewhere the
    form is closed, so what was typed stands in the answer, to be copied, above the button that opens it again.
    """
    call = desk.call
    log.info("moderator_text_refused", chat=desk.chat.id, reason=error.key)
    refused = say(error.key, **error.values)
    if call.capabilities.forms:
        typed = [
            say("faq.text", text=line)
            for field in form.fields
            if not field.choices
            for line in call.arguments.get(field.name, "").split("\n")
            if line.strip()
        ]
        return Reply((refused, say("faqadmin.typed"), *typed), buttons=rows(reopen), fresh=True)
    kept = {name: text for name, text in call.arguments.items() if name != wrong}
    await desk.work.drafts.save(call.person, Draft(form.name, call.taps, kept, call.now + OPEN_FOR))
    asked = next(field for field in form.fields if field.name == wrong)
    stop = Button(say("form.stop"), ANSWER, (form.name,), tone=Tone.DANGER)
    return Reply((refused, asked.label), title=form.title, buttons=((stop,),), direct=True)
