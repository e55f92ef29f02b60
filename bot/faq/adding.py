"""Writing a new entry."""

from dataclasses import replace

from bot.chat.replies import Choice, Field, FieldKind, Form, Reply, rows, say
from bot.errors import MemberError
from bot.faq.changing import change
from bot.faq.check import LONGEST_QUESTION
from bot.faq.desk import ADD, Desk, actions_of, ask_again, desk_of, tap
from bot.faq.entry import NOBODY, Category, Entry, Phrasing, code_of
from bot.faq.library import Library
from bot.faq.parts import (
    MOST_ANSWER_TYPED,
    MOST_LINES,
    REVIEWED_FOR,
    WRITER,
    numbered,
    read_answer,
    read_question,
    read_sources,
    slug,
    sound,
)
from bot.faq.ports import FaqWork
from bot.faq.revision import EVERYWHERE, Kind
from bot.faq.unanswered import SEND, asked_with
from bot.members.calls import Call

ADDED = "ka"
"""As ``ADD``: the filled form."""

_QUESTION, _ANSWER, _CATEGORY, _SOURCE, _ANSWERABLE = "question", "answer", "subject", "source", "plain"
_KINDS = {"yes": (True, False), "no": (False, False), "yes-now": (True, True), "no-now": (False, True)}
"""Whether an entry answers, and whether it could be an emergency: one question, since a form has room for five."""

_PLAIN = "plain words"  # a question against which nothing speaks


class Adding:
    """The form for a new entry, and what it makes."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.actions = actions_of({ADD: self.ask, ADDED: self.added})
        self.forms = (_form(),)

    async def ask(self, call: Call, work: FaqWork) -> Reply:
        """Ask for a new entry; where it begins with a question that was asked, that stands in the form."""
        return await self.begin(await desk_of(call, work, self._library), tap(call, 1))

    async def begin(self, desk: Desk, mark: str = "") -> Reply:
        """Show the form for a new entry."""
        asked = await asked_with(desk, mark) if mark else ()
        return Reply(form=_form((desk.chat.id, mark), asked[0].text[:LONGEST_QUESTION] if asked else ""))

    async def added(self, call: Call, work: FaqWork) -> Reply:
        """Store the new entry."""
        desk = await desk_of(call, work, self._library)
        mark, given = tap(call, 1), call.arguments
        category = next((each for each in Category if code_of(each.value) == given.get(_CATEGORY)), None)
        kind = _KINDS.get(given.get(_ANSWERABLE, ""))
        if category is None or kind is None:
            raise MemberError("form.no_such_choice")
        await work.entries.hold()
        today, wrong = call.now.date(), _QUESTION
        try:
            question = read_question(given.get(_QUESTION, ""))
            entry = Entry(
                id=await _free_id(desk, question),
                category=category,
                question=question,
                answerable=kind[0],
                sources=(),
                reviewed_by=NOBODY,
                reviewed_on=today,
                review_due=today + REVIEWED_FOR,
                answer="",
                danger=kind[1] or category is Category.SIDE_EFFECTS,
                phrasings=(Phrasing(question.lstrip("#[ "), writer=WRITER),),
            )
            sound(entry, today, replace(entry, question=_PLAIN, phrasings=()))
            wrong, bare = _SOURCE, entry
            entry = sound(replace(entry, sources=read_sources(given.get(_SOURCE, ""))), today, bare)
            wrong = _ANSWER
            entry = sound(replace(entry, answer=read_answer(given.get(_ANSWER, ""))), today)
        except MemberError as error:
            return await ask_again(desk, _form(), wrong, error, desk.button(say("button.kept_reopen"), ADD, mark))
        reply = await change(desk, entry, Kind.ADD, "")
        if entry.danger:
            reply = replace(reply, lines=(*reply.lines, say("faqadmin.with_danger")))
        if mark and await desk.holding(entry.id):
            send = desk.button(say("button.kept_send_new"), SEND, mark, entry.code)
            return Reply(reply.lines, buttons=(*rows(send), *reply.buttons))
        return reply


async def _free_id(desk: Desk, question: str) -> str:
    """An id, with a code of its own, that nothing has ever had in this team or among the entries for all."""
    base = slug(question)
    codes = {code_of(entry_id) for entry_id in desk.shelf.revisions}
    entry_id, number = base, 2
    while code_of(entry_id) in codes or [
        *await desk.work.entries.history(desk.team, entry_id),
        *await desk.work.entries.history(EVERYWHERE, entry_id),
    ]:
        entry_id, number = numbered(base, number), number + 1
    return entry_id


def _form(arguments: tuple[str, ...] = (), question: str = "") -> Form:
    # The names of fields and the values of choices go over the wires, so they tell nothing of what an entry is about.
    subjects = tuple(Choice(code_of(category.value), say(f"faq.category.{category.word}")) for category in Category)
    plain = tuple(
        Choice(value, label)
        for value, label in zip(
            _KINDS,
            (
                say("faqadmin.answerable_yes"),
                say("faqadmin.answerable_no"),
                say("faqadmin.answerable_yes_danger"),
                say("faqadmin.answerable_no_danger"),
            ),
            strict=True,
        )
    )
    hint = say("faqadmin.was_asked", text=question) if question else say("faqadmin.hint_question")
    fields = (
        Field(_QUESTION, say("faqadmin.ask_question"), hint, most_characters=LONGEST_QUESTION, filled=question),
        Field(
            _ANSWER,
            say("faqadmin.ask_answer"),
            say("faqadmin.hint_answer"),
            most_characters=MOST_ANSWER_TYPED,
            long=True,
        ),
        Field(_CATEGORY, say("faqadmin.ask_category"), kind=FieldKind.CHOICE, choices=subjects),
        Field(
            _SOURCE, say("faqadmin.ask_sources"), say("faqadmin.hint_sources"), most_characters=MOST_LINES, long=True
        ),
        Field(_ANSWERABLE, say("faqadmin.ask_answerable"), kind=FieldKind.CHOICE, choices=plain),
    )
    return Form(ADDED, say("faqadmin.add_title"), fields, arguments)
