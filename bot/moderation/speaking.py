"""What the bot says about what it heard: fixed words, the same for everybody, in the language of the message."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.chat.replies import Button, Reply, Text, rows, say
from bot.faq.entry import Entry
from bot.faq.showing import entry_button
from bot.members.calls import Call
from bot.members.helplines import country_of, danger, emergency_number, several
from bot.moderation.policy import Watched
from bot.triage.assessment import Label

HELP_NOW, NOT_MEANT, TELL = "mh", "mn", "mt"
"""(flag id): open the words · (flag id): I was misread · (mark): tell the moderators what I wrote."""

HELPLINES = "helplines"
HELP_LINK = "h"
"""What the link of the button tells to everybody who looks at it closely: nothing."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What is to be said of one message.

    ``language`` is that of the message, empty for the reader's own. ``passed_on``: the moderators are shown it, None
    where nobody asked that. ``own_words`` are the chat's. ``entry`` fits a medical question, in the chat ``chat_id``.
    ``again``: the person was told all of it not long ago.
    """

    label: Label
    language: str = ""
    passed_on: bool | None = None
    own_words: str = ""
    flag_id: str = ""
    entry: Entry | None = None
    chat_id: str = ""
    again: bool = False


def passed_on(watched: Watched) -> bool | None:
    """Whether the moderators are shown what was said in their group; without a desk there is nothing true to tell.

    Everybody in the group could read it, and it waits in ``/flags``, but nobody is called.
    """
    return True if watched.desk else None


def words_for(saying: Saying, call: Call) -> Reply:
    """The words of a label for one person; whose country is known by their own setting alone.

    They never tell that a human has seen the message: nobody knows that yet.
    """
    with_entry = (say("question.entry"),) if saying.entry else ()
    match saying.label:
        case Label.CRISIS:
            lines = _crisis(saying, call)
        case Label.URGENT:
            lines = _urgent(saying, call)
        case Label.MEDICAL_QUESTION:
            lines = (say("question.heard"), say("question.soon"), *with_entry)
        case Label.DISTRESS:
            lines = (say("distress.heard"), *_lines_of(call, saying.language), say("distress.team"))
        case _:
            lines = (say("advice.heard"),)
    if saying.own_words:
        own = say("form.as_is", text=saying.own_words)
        # What was reviewed for danger is never left out; a chat's own words stand under it.
        lines = (*lines, own) if saying.label.alerts else (own, *with_entry)
    return Reply(in_language(lines, saying.language), buttons=_buttons(saying))


def public_reply(name: str, flag_id: str, language: str) -> Reply:
    """What stands in the group when the words cannot be sent directly: it tells nobody what they are about."""
    button = Button(
        replace(say("button.reach"), language=language),
        HELP_NOW,
        (flag_id,),
        anyone=True,
        link=f"{HELP_LINK}-{flag_id}",
    )
    return Reply(in_language((say("reach.public", name=name),), language), buttons=rows(button), private=False)


def reminder_to_all(saying: Saying) -> Reply:
    """The kind line under medical advice: it is for all who read the advice, and names nobody."""
    line = say("form.as_is", text=saying.own_words) if saying.own_words else say("advice.heard")
    return Reply(in_language((line,), saying.language), private=False)


def in_language(lines: Sequence[Text], language: str) -> tuple[Text, ...]:
    """Lines written in a language, where they exist in it."""
    return tuple(replace(line, language=language) for line in lines)


def _crisis(saying: Saying, call: Call) -> tuple[Text, ...]:
    passed_on = (
        () if saying.passed_on is None else (say("crisis.passed_on" if saying.passed_on else "crisis.not_passed_on"),)
    )
    if saying.again:
        return (say("crisis.again"), *_lines_of(call, saying.language), *passed_on)
    return (
        say("crisis.heard"),
        say("crisis.bot"),
        *_lines_of(call, saying.language),
        say("crisis.tell"),
        *passed_on,
        say("safety.unreviewed"),
    )


def _urgent(saying: Saying, call: Call) -> tuple[Text, ...]:
    number = emergency_number(call)
    call_now = say("urgent.call", number=number) if number else say("urgent.call_local")
    passed_on = (say("urgent.passed_on"),) if saying.passed_on else ()
    return (say("urgent.heard"), call_now, say("urgent.team"), *passed_on, say("safety.unreviewed"))


def _lines_of(call: Call, language: str) -> tuple[Text, ...]:
    """The lines of the person's country; several and the directories where it is not known."""
    if country_of(call) is None:
        return (*several(language), say("crisis.other_country"))
    return danger(call)


def _buttons(saying: Saying) -> tuple[tuple[Button, ...], ...]:
    taps: list[Button] = []
    if saying.entry:
        taps.append(entry_button(saying.entry, say("faq.text", text=saying.entry.question), saying.chat_id))
    if saying.flag_id and not saying.label.alerts:
        taps.append(Button(say("button.misread"), NOT_MEANT, (saying.flag_id,)))
    return rows(*taps, width=1)
