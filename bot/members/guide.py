"""Forms where the platform has none: one question at a time, in the direct chat, with the answers so far stored.

A form's last answer runs the form's action. While that action refuses (a date that cannot be read), nothing of the step
is stored, so the same question is still open and the person simply answers again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.chat.replies import Button, Field, FieldKind, Form, Reply, Tone, rows, say
from bot.errors import MemberError
from bot.members.calls import Call
from bot.members.member import Draft
from bot.members.ports import MemberWork

ANSWER = "f"
"""The action of the buttons under a guided question: (form, field, value), or (form,) to stop asking."""

OPEN_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Completed:
    """A form whose every field is answered."""

    form: str
    arguments: tuple[str, ...]
    values: Mapping[str, str]


Step = Reply | Completed


@dataclass(frozen=True, slots=True)
class Guide:
    """Asks forms field by field. ``forms`` are all forms by name."""

    forms: Mapping[str, Form]

    async def begin(self, work: MemberWork, call: Call, reply: Reply) -> Reply:
        """Put a reply's form as questions where the platform cannot show it at once."""
        if reply.form is None or call.capabilities.forms:
            return reply
        draft = Draft(reply.form.name, reply.form.arguments, {}, call.now + OPEN_FOR)
        await work.drafts.save(call.person, draft)
        return _question(reply.form, reply.form.fields[0])

    async def resume(self, work: MemberWork, call: Call) -> Step | None:
        """Ask the open question again; None where none is open."""
        draft = await work.drafts.load(call.person, call.now)
        form = self.forms.get(draft.form) if draft else None
        if draft is None or form is None:
            return None
        return _next(form, draft)

    async def tapped(self, work: MemberWork, call: Call, taps: tuple[str, ...]) -> Step:
        """Take an answer from a button under a question.

        Raises:
            MemberError: that question is no longer open.
        """
        draft = await work.drafts.load(call.person, call.now)
        if draft is None or not taps or taps[0] != draft.form:
            raise MemberError("form.closed")
        if len(taps) == 1:
            await work.drafts.drop(call.person)
            finished = call.member is None or call.member.settings.set_up
            return Reply((say("form.stopped" if finished else "form.stopped_set_up"),))
        form = self.forms.get(draft.form)
        open_field = _open_field(form, draft) if form else None
        if form is None or open_field is None or taps[1] != open_field.name:
            raise MemberError("form.closed")
        return await self._take(work, call, form, draft, taps[2] if len(taps) > 2 else "")  # noqa: PLR2004 - (form, field, value)

    async def said(self, work: MemberWork, call: Call, text: str) -> Step | None:
        """Take an answer from plain text; None where no question is open."""
        draft = await work.drafts.load(call.person, call.now)
        form = self.forms.get(draft.form) if draft else None
        if draft is None or form is None:
            return None
        return await self._take(work, call, form, draft, text.strip())

    async def _take(self, work: MemberWork, call: Call, form: Form, draft: Draft, answer: str) -> Step:
        asked = _open_field(form, draft)
        if asked is None:
            raise MemberError("form.closed")
        value = _read(asked, answer)
        filled = Draft(draft.form, draft.arguments, {**draft.values, asked.name: value}, call.now + OPEN_FOR)
        step = _next(form, filled)
        if isinstance(step, Completed):
            await work.drafts.drop(call.person)
        else:
            await work.drafts.save(call.person, filled)
        return step


def _open_field(form: Form, draft: Draft) -> Field | None:
    return next((field for field in form.fields if field.name not in draft.values), None)


def _next(form: Form, draft: Draft) -> Step:
    asked = _open_field(form, draft)
    return _question(form, asked) if asked else Completed(draft.form, draft.arguments, draft.values)


def _read(asked: Field, answer: str) -> str:
    if not answer:
        if asked.default is None:
            raise MemberError("form.empty")
        return asked.default
    if len(answer) > asked.most_characters:
        raise MemberError("form.too_long", count=asked.most_characters)
    if asked.kind is FieldKind.CHOICE:
        for choice in asked.choices:
            label = choice.label if isinstance(choice.label, str) else choice.value
            if answer.casefold() in (choice.value.casefold(), label.casefold()):
                return choice.value
        raise MemberError("form.no_such_choice")
    return answer


def _question(form: Form, asked: Field) -> Reply:
    taps = [
        Button(choice.label if not isinstance(choice.label, str) else say("form.as_is", text=choice.label), ANSWER,
               (form.name, asked.name, choice.value))
        for choice in asked.choices
    ]  # fmt: skip
    if asked.default is not None and not any(choice.value == asked.default for choice in asked.choices):
        taps.append(Button(say("form.skip"), ANSWER, (form.name, asked.name)))
    lines = (asked.label, asked.hint) if asked.hint else (asked.label,)
    stop = Button(say("form.stop"), ANSWER, (form.name,), tone=Tone.DANGER)
    return Reply(lines, title=form.title, buttons=(*rows(*taps, width=3), (stop,)), direct=True)
