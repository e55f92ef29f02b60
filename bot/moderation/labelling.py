"""What the bot does for each label: how far it goes, from which score on, how often, and in which words."""

import re
from dataclasses import replace
from datetime import timedelta

from bot.chat.replies import Button, Field, Form, Reply, Text, Tone, rows, say
from bot.errors import MemberError
from bot.faq.check import advice_in
from bot.faq.desk import tap
from bot.faq.typed import typed
from bot.members.calls import Call
from bot.moderation.cards import LABELS
from bot.moderation.desk import LABEL_CODES, PANEL, SWITCH_ON, Desk, actions_of, desk_of, label_of
from bot.moderation.figures import duration
from bot.moderation.policy import MOST_OWN_WORDS, Handling, Mode
from bot.moderation.ports import ModerationWork
from bot.triage.assessment import Label

LABEL, MODE, LIMITS, PAUSE = "d5", "d6", "d7", "d9"
"""(chat id, code of a label): its settings · (the same, mode, yes): how far the bot goes · (the same, preset): from
which score on · (the same, minutes): how often."""

NUMBERS, NUMBERED, WORDS, WORDED = "dg", "di", "dk", "dq"
"""(chat id, code of a label): ask for numbers · as typed · ask for words · as typed."""

LEAST_PERCENT, MOST_PERCENT = 50, 99

_MODES = {"o": Mode.OFF, "s": Mode.SHADOW, "n": Mode.ON}
_PRESETS: dict[str, tuple[float | None, float | None]] = {"t": (None, None), "h": (0.9, 0.8), "m": (0.6, 0.5)}
"""Triage's own limits, higher ones and lower ones: for acting and for a card."""

_PAUSES = (0, 60, 12 * 60, 24 * 60)
_YES = "1"
_PERCENT = re.compile(r"([0-9]{2})\s*%?")
_ACT, _CARD, _TEXT = "act", "card", "text"


def mode_words(mode: Mode) -> Text:
    """How far the bot goes, in words."""
    return {Mode.OFF: say("setup.mode_off"), Mode.SHADOW: say("setup.mode_shadow"), Mode.ON: say("setup.mode_on")}[mode]


class Labelling:
    """Changes the handling of a label."""

    def __init__(self) -> None:
        self.actions = (
            *actions_of(
                {
                    LABEL: self.label,
                    MODE: self.mode,
                    LIMITS: self.limits,
                    PAUSE: self.pause,
                    NUMBERS: self.ask_numbers,
                    NUMBERED: self.numbers,
                    WORDS: self.ask_words,
                    WORDED: self.words,
                }
            ),
            *actions_of({SWITCH_ON: self.switch_on}, anyone=True),
        )
        self.forms = (_numbers_form(), _words_form())

    async def label(self, call: Call, work: ModerationWork) -> Reply:
        """Show what is set for a label."""
        return _shown(await desk_of(call, work), label_of(tap(call, 1)))

    async def mode(self, call: Call, work: ModerationWork) -> Reply:
        """Set how far the bot goes; not to hear danger any more takes a second tap."""
        desk, label = await desk_of(call, work), label_of(tap(call, 1))
        mode = _MODES.get(tap(call, 2))
        if mode is None:
            raise MemberError("button.gone")
        if label.alerts and mode is Mode.OFF and tap(call, 3) != _YES:
            code = LABEL_CODES[label]
            yes = desk.button(say("button.setup_off"), MODE, code, tap(call, 2), _YES, tone=Tone.DANGER)
            stay = desk.button(say("button.back"), LABEL, code)
            return Reply((say("setup.danger_off", label=LABELS[label]),), buttons=rows(yes, stay))
        return await self._changed(desk, label, "mode", mode=mode)

    async def switch_on(self, call: Call, work: ModerationWork) -> Reply:
        """Switch a label on from under the first week's figures."""
        desk, label = await desk_of(call, work), label_of(tap(call, 1))
        await self._changed(desk, label, "mode", mode=Mode.ON)
        return Reply((say("setup.switched_on", label=LABELS[label]),))

    async def limits(self, call: Call, work: ModerationWork) -> Reply:
        """Set from which score on the bot acts, by a preset."""
        desk, label = await desk_of(call, work), label_of(tap(call, 1))
        preset = _PRESETS.get(tap(call, 2))
        if preset is None:
            raise MemberError("button.gone")
        return await self._changed(desk, label, "limits", act=preset[0], card=preset[1])

    async def pause(self, call: Call, work: ModerationWork) -> Reply:
        """Set within which time the same person gets the words once."""
        desk, label = await desk_of(call, work), label_of(tap(call, 1))
        minutes = next((each for each in _PAUSES if str(each) == tap(call, 2)), None)
        if minutes is None:
            raise MemberError("button.gone")
        return await self._changed(desk, label, "pause", pause=timedelta(minutes=minutes))

    async def ask_numbers(self, call: Call, work: ModerationWork) -> Reply:
        """Ask for limits in numbers."""
        desk, label = await desk_of(call, work), label_of(tap(call, 1))
        return Reply(form=_numbers_form((desk.chat_id, LABEL_CODES[label])))

    async def numbers(self, call: Call, work: ModerationWork) -> Reply:
        """Set limits in numbers."""
        desk, label = await desk_of(call, work), label_of(tap(call, 1))
        act, card = (_percent(call.arguments.get(name, "")) for name in (_ACT, _CARD))
        if card > act:
            raise MemberError("setup.card_above_act")
        return await self._changed(desk, label, "limits", act=act, card=card)

    async def ask_words(self, call: Call, work: ModerationWork) -> Reply:
        """Ask for the community's own words."""
        desk, label = await desk_of(call, work), label_of(tap(call, 1))
        filled = desk.watched.handling[label].own_words
        return Reply(form=_words_form((desk.chat_id, LABEL_CODES[label]), filled))

    async def words(self, call: Call, work: ModerationWork) -> Reply:
        """Set the community's own words, or none."""
        desk, label = await desk_of(call, work), label_of(tap(call, 1))
        words = typed(call.arguments.get(_TEXT, ""))
        words = "" if words == "-" else words
        if len(words) > MOST_OWN_WORDS:
            raise MemberError("form.too_long", count=MOST_OWN_WORDS)
        if advice := advice_in(words):
            raise MemberError("faqadmin.advice", phrase=advice)
        return await self._changed(desk, label, "own_words", own_words=words)

    async def _changed(self, desk: Desk, label: Label, what: str, **changed: object) -> Reply:
        handling = replace(desk.watched.handling[label], **changed)  # type: ignore[arg-type]  # fields of Handling
        desk = await desk.change(handling={**desk.watched.handling, label: handling})
        value = f" {handling.mode.value}" if what == "mode" else ""
        await desk.note(what, detail=f"{label.value}{value}")
        return _shown(desk, label)


def _shown(desk: Desk, label: Label) -> Reply:
    handling, code = desk.watched.handling[label], LABEL_CODES[label]
    lines = [say("setup.mode", mode=mode_words(handling.mode)), _limits_line(handling)]
    if handling.pause:
        lines.append(say("setup.pause", length=duration(handling.pause)))
    if handling.own_words:
        lines.append(say("setup.own_words", text=handling.own_words))
    if label.alerts:
        lines.append(say("setup.fixed_words"))
    buttons = (*rows(*_mode_taps(desk, handling, code), width=3), *rows(*_other_taps(desk, label, handling, code)))
    return Reply(tuple(lines), title=say("form.as_is", text=LABELS[label]), buttons=buttons)


def _mode_taps(desk: Desk, handling: Handling, code: str) -> list[Button]:
    words = {"o": say("button.setup_off"), "s": say("button.setup_shadow"), "n": say("button.setup_on")}
    return [desk.button(words[letter], MODE, code, letter) for letter, mode in _MODES.items() if mode != handling.mode]


def _other_taps(desk: Desk, label: Label, handling: Handling, code: str) -> list[Button]:
    words = {"t": say("button.setup_own"), "h": say("button.setup_stricter"), "m": say("button.setup_laxer")}
    taps = [
        desk.button(words[letter], LIMITS, code, letter)
        for letter, preset in _PRESETS.items()
        if preset != (handling.act, handling.card)
    ]
    taps.append(desk.button(say("button.setup_numbers"), NUMBERS, code))
    if label is not Label.PROMOTION:
        # Nothing is ever said about that, so there is nothing to repeat and nothing to word.
        taps += [
            desk.button(
                say("button.setup_pause", length=duration(timedelta(minutes=minutes)))
                if minutes
                else say("button.setup_no_pause"),
                PAUSE,
                code,
                str(minutes),
            )
            for minutes in _PAUSES
            if timedelta(minutes=minutes) != handling.pause
        ]
        taps.append(desk.button(say("button.setup_words"), WORDS, code))
    return [*taps, desk.button(say("button.back"), PANEL)]


def _limits_line(handling: Handling) -> Text:
    if handling.act is None or handling.card is None:
        return say("setup.limits_own")
    return say("setup.limits", act=round(100 * handling.act), card=round(100 * handling.card))


def _percent(text: str) -> float:
    found = _PERCENT.fullmatch(text.strip())
    if found is None or not LEAST_PERCENT <= int(found[1]) <= MOST_PERCENT:
        raise MemberError("setup.not_percent", least=LEAST_PERCENT, most=MOST_PERCENT)
    return int(found[1]) / 100


def _numbers_form(arguments: tuple[str, ...] = ()) -> Form:
    hint = say("setup.hint_percent", least=LEAST_PERCENT, most=MOST_PERCENT)
    fields = (
        Field(_ACT, say("setup.ask_act"), hint, most_characters=4),
        Field(_CARD, say("setup.ask_card"), hint, most_characters=4),
    )
    return Form(NUMBERED, say("button.setup_numbers"), fields, arguments)


def _words_form(arguments: tuple[str, ...] = (), filled: str = "") -> Form:
    field = Field(
        _TEXT,
        say("setup.ask_words"),
        say("setup.hint_words"),
        default="-",
        most_characters=MOST_OWN_WORDS,
        filled=filled,
        long=True,
    )
    return Form(WORDED, say("button.setup_words"), (field,), arguments)
