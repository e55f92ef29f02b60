"""Questions that members passed on: those that are alike together, to be answered with an entry or set aside."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.chat.ports import Herald
from bot.chat.replies import Field, Form, Reply, Tone, rows, say
from bot.errors import Blocked, DeliveryError, MemberError
from bot.faq.desk import ADD, PAGE, Desk, actions_of, desk_of, page_of, pages, tap
from bot.faq.entry import Entry, Standing
from bot.faq.library import Library
from bot.faq.ports import FaqWork
from bot.faq.revision import Asked
from bot.faq.showing import shown, standing
from bot.members.calls import Call
from bot.reading.text import normal, words_of

UNANSWERED, GROUP, ANSWER_WITH, WORDS, SEND, SET_ASIDE = "ku", "kg", "kx", "kz", "kj", "kk"
"""(chat id, page): all questions · (chat id, mark): those alike · (the same): ask for words · (the same): the words
typed · (chat id, mark, entry code): answer with this entry · (chat id, mark): set aside."""

ALIKE = 0.5
"""The share of words that two questions have in common, of all that are in either, from which they are alike."""

_MOST_SHOWN = 10

log = structlog.get_logger()


def grouped(questions: Sequence[Asked]) -> list[list[Asked]]:
    """Put questions that are alike together, the largest group first; each joins the first group that it is like.

    Groups begin with their oldest question, and the same questions always make the same groups.
    """
    groups: list[tuple[frozenset[str], list[Asked]]] = []
    for asked in questions:
        words = frozenset(words_of(normal(asked.text)))
        alike = next((group for first, group in groups if _alike(first, words)), None)
        if alike is None:
            groups.append((words, [asked]))
        else:
            alike.append(asked)
    return sorted((group for _, group in groups), key=lambda group: (-len(group), group[0].at, group[0].id))


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return one == other or (bool(one & other) and len(one & other) / len(one | other) >= ALIKE)


def mark(asked: Sequence[Asked]) -> str:
    """Name the questions that a moderator saw, so that none that joins them later is answered unseen."""
    return hashlib.blake2s("\n".join(each.id for each in asked).encode(), digest_size=4).hexdigest()


async def _grouped(desk: Desk) -> list[list[Asked]]:
    """The open questions, those alike together: each is compared with all others, in a thread."""
    return await asyncio.to_thread(grouped, await desk.work.questions.open(desk.team, desk.call.now))


async def asked_with(desk: Desk, seen: str) -> Sequence[Asked]:
    """The questions of a mark, oldest first.

    Raises:
        MemberError: some of them are answered or set aside by now.
    """
    for group in await _grouped(desk):
        for count in range(len(group), 0, -1):
            if mark(group[:count]) == seen:
                return group[:count]
    raise MemberError("faqadmin.questions_changed")


class Unanswered:
    """What is done with questions that no entry answered."""

    def __init__(self, library: Library, herald: Herald) -> None:
        self._library = library
        self._herald = herald
        self.actions = actions_of(
            {
                UNANSWERED: self.list,
                GROUP: self.group,
                ANSWER_WITH: self.answer_with,
                WORDS: self.choose,
                SEND: self.send,
                SET_ASIDE: self.set_aside,
            }
        )
        self.forms = (_words_form(),)

    async def list(self, call: Call, work: FaqWork) -> Reply:
        """Show the questions, those alike as one."""
        return await self.show(await desk_of(call, work, self._library), tap(call, 1))

    async def show(self, desk: Desk, number: str = "") -> Reply:
        """Show a page of questions."""
        groups = await _grouped(desk)
        page = page_of(number, len(groups))
        here = groups[page * PAGE :][:PAGE]
        lines = [say("faqadmin.question", text=group[0].text, count=len(group)) for group in here]
        taps = [desk.button(say("faq.text", text=group[0].text), GROUP, mark(group)) for group in here]
        ways = [*pages(desk, UNANSWERED, page, len(groups)), desk.back]
        return Reply(
            tuple(lines) or (say("faqadmin.no_questions"),),
            title=say("faqadmin.unanswered"),
            buttons=(*rows(*taps, width=1), *rows(*ways)),
        )

    async def group(self, call: Call, work: FaqWork) -> Reply:
        """Show the questions that are alike, and what can be done with them."""
        desk = await desk_of(call, work, self._library)
        seen = tap(call, 1)
        asked = await asked_with(desk, seen)
        lines = [say("faqadmin.words_of_member", text=each.text, day=each.at.date()) for each in asked[:_MOST_SHOWN]]
        if len(asked) > _MOST_SHOWN:
            lines.append(say("faqadmin.more_questions", count=len(asked) - _MOST_SHOWN))
        lines.append(say("faqadmin.askers", count=sum(each.asker is not None for each in asked)))
        taps = rows(
            desk.button(say("button.kept_answer_with"), ANSWER_WITH, seen),
            desk.button(say("button.kept_make_entry"), ADD, seen),
            desk.button(say("button.kept_set_aside"), SET_ASIDE, seen, tone=Tone.DANGER),
            desk.button(say("button.back"), UNANSWERED, "0"),
            width=1,
        )
        return Reply(tuple(lines), buttons=taps)

    async def answer_with(self, call: Call, work: FaqWork) -> Reply:
        """Ask for words by which to find the entry that answers."""
        desk = await desk_of(call, work, self._library)
        return Reply(form=_words_form((desk.chat.id, tap(call, 1))))

    async def choose(self, call: Call, work: FaqWork) -> Reply:
        """Show the entries that fit the words."""
        desk = await desk_of(call, work, self._library)
        seen = tap(call, 1)
        hits = (await desk.shelf.find(call.arguments.get("words", ""))).hits
        entries = [desk.shelf.entries[hit.entry_id] for hit in hits]
        taps = [desk.button(say("faq.text", text=each.question), SEND, seen, each.code) for each in entries]
        ways = (
            desk.button(say("button.kept_other_words"), ANSWER_WITH, seen),
            desk.button(say("button.back"), GROUP, seen),
        )
        line = say("faqadmin.choose_to_send") if entries else say("faqadmin.nothing_found")
        return Reply((line,), buttons=(*rows(*taps, width=1), *rows(*ways)))

    async def send(self, call: Call, work: FaqWork) -> Reply:
        """Send an entry to those who wanted an answer, and drop the questions that are answered with it."""
        desk = await desk_of(call, work, self._library)
        asked = await asked_with(desk, tap(call, 1))
        entry = desk.shelf.by_code(tap(call, 2))
        if entry is None:
            raise MemberError("faqadmin.gone")
        if standing(entry, call) is Standing.EXPIRED:
            raise MemberError("faqadmin.withheld")
        await _take(desk, asked)
        sent, kept = await self._send(desk, entry, asked)
        log.info("questions_answered", chat=desk.chat.id, count=len(asked), sent=sent, kept=kept)
        lines = [say("faqadmin.sent", count=sent)]
        if kept:
            lines.append(say("faqadmin.not_sent", count=kept))
        return Reply(tuple(lines), buttons=rows(desk.button(say("button.kept_questions"), UNANSWERED, "0"), desk.back))

    async def set_aside(self, call: Call, work: FaqWork) -> Reply:
        """Drop questions without an answer."""
        desk = await desk_of(call, work, self._library)
        asked = await asked_with(desk, tap(call, 1))
        await _take(desk, asked)
        log.info("questions_set_aside", chat=desk.chat.id, count=len(asked))
        back = desk.button(say("button.kept_questions"), UNANSWERED, "0")
        return Reply((say("faqadmin.set_aside", count=len(asked)),), buttons=rows(back, desk.back))

    async def _send(self, desk: Desk, entry: Entry, asked: Sequence[Asked]) -> tuple[int, int]:
        """Send an answer to those who wanted it; how many got it, and how many could not be reached just now."""
        waiting, sent, kept = [each for each in asked if each.asker], 0, list[Asked]()
        try:
            while waiting:
                try:
                    await self._answer(desk, entry, waiting[0])
                except DeliveryError as error:
                    log.warning("answer_not_sent", chat=desk.chat.id, reason=error.reason)
                    if not isinstance(error, Blocked):
                        kept.append(waiting[0])
                else:
                    sent += 1
                del waiting[0]
        finally:
            # Also where the program is told to end amid this: whoever got nothing is asked for again.
            for each in (*kept, *waiting):
                await desk.work.questions.add(each)
            await desk.work.commit()
        return sent, len(kept)

    async def _answer(self, desk: Desk, entry: Entry, asked: Asked) -> None:
        if asked.asker is None:
            return
        # The numbers to call are those of no country: where the moderator lives is nobody's business.
        answer = shown(entry, replace(desk.call, person=asked.asker, member=None))
        await self._herald.send(asked.asker, answer.before(say("faqadmin.answered", question=asked.text)))


async def _take(desk: Desk, asked: Sequence[Asked]) -> None:
    """Take questions for good, so that no second moderator answers them; held by nobody while messages go out."""
    if len(await desk.work.questions.take([each.id for each in asked])) < len(asked):
        raise MemberError("faqadmin.questions_changed")
    await desk.work.commit()


def _words_form(arguments: tuple[str, ...] = ()) -> Form:
    return Form(WORDS, say("faqadmin.find_title"), (Field("words", say("faqadmin.ask_words")),), arguments)
