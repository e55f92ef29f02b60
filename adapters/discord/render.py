"""From a screen to what Discord shows: messages of text and buttons, and modals. Nothing is sent here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO

import discord
from discord import ui

from adapters.discord.platform import MOST_LABEL, MOST_OPTION_TEXT, MOST_OPTIONS, MOST_ROWS, ROW, cut
from bot.chat.replies import Attachment, Tone
from bot.words.presenting import Key, Screen, ShownField, ShownForm

OPEN_FORM = "?"
"""What a button carries before a form's data when it only opens that form; no action's name starts so."""

CHOSEN = "="
"""What stands before each value in a menu, since Discord takes no empty value and a choice may be one."""

_MOST_PARTS, _MOST_TITLE, _MOST_SAID, _MOST_TYPED = 5, 45, 4000, 4000

_ANYWHERE = re.compile(
    r"[\\*_~|`<>\[\]@#]"  # emphasis, spoilers, code, links, mentions and time stamps
    r"|:(?=//|[^\s:]+:)"  # addresses and emoji names
    r"|(?<=\w)/(?=\w)"  # invitations, which Discord finds without a scheme
)
# One of our own addresses, as long as it holds no sign of the markup.
_ADDRESS = re.compile(r"https://[A-Za-z0-9./?=&%:+-]+")
_LINE_START = re.compile(r"^(\s*)([-+])|^(\s*\d+)(\.)", re.MULTILINE)
_EVERYBODY = re.compile(r"(@)(?=everyone|here)")
_NO_WIDTH = "\u200b"

_STYLES = {
    Tone.PLAIN: discord.ButtonStyle.secondary,
    Tone.YES: discord.ButtonStyle.success,
    Tone.DANGER: discord.ButtonStyle.danger,
}


class DiscordMarkup:
    """Discord's markdown, which drops a backslash before any sign that is neither letter nor digit."""

    def escape(self, text: str) -> str:
        """See ``Markup``."""
        text = _EVERYBODY.sub(rf"\1{_NO_WIDTH}", text)
        text = _ANYWHERE.sub(r"\\\g<0>", text)
        return _LINE_START.sub(_escape_start, text)

    def address(self, url: str) -> str:
        """See ``Markup``."""
        return url if _ADDRESS.fullmatch(url) else self.escape(url)

    def moment(self, at: datetime, shown: str) -> str:  # noqa: ARG002 - each reader sees it in their own zone
        """See ``Markup``."""
        return f"{discord.utils.format_dt(at, 'F')} ({discord.utils.format_dt(at, 'R')})"

    def bold(self, text: str) -> str:
        """See ``Markup``."""
        return f"**{text}**"

    def call(self, person_id: str, shown: str) -> str:  # noqa: ARG002 - each reader sees the name that they know
        """See ``Markup``."""
        return f"<@{person_id}>"


@dataclass(frozen=True, slots=True)
class Part:
    """One message of an answer. ``calls`` are the ids of those whom it may notify."""

    text: str
    rows: tuple[tuple[Key, ...], ...] = ()
    files: tuple[Attachment, ...] = ()
    calls: tuple[str, ...] = ()

    def view(self) -> ui.View | None:
        """The buttons as Discord's library takes them, already stopped so that it keeps none of them in memory."""
        if not self.rows:
            return None
        view = ui.View(timeout=None)
        for number, row in enumerate(self.rows):
            for key in row:
                view.add_item(_button(key, number))
        view.stop()
        return view

    def uploads(self) -> list[discord.File]:
        """The files, to be read once."""
        return [discord.File(BytesIO(file.content), filename=file.name) for file in self.files]


def parts(screen: Screen, more: str) -> tuple[Part, ...]:
    """Lay a screen out in messages; ``more`` stands above buttons that the message before has no room for."""
    blocks = _blocks(screen.keys)
    last = Part(screen.pages[-1] if screen.pages else "", blocks[0] if blocks else (), screen.files)
    found = (*(Part(page) for page in screen.pages[:-1]), last, *(Part(more, block) for block in blocks[1:]))
    return tuple(replace(part, calls=screen.calls) for part in found if part.text or part.rows or part.files)


def modal(form: ShownForm, said: Sequence[str]) -> ui.Modal | None:
    """The form as a modal, with what is said before it; None where Discord has no room for both."""
    text = "\n".join(said)
    if len(form.fields) + bool(text) > _MOST_PARTS or len(text) > _MOST_SAID:
        return None
    shown = ui.Modal(title=cut(form.title, _MOST_TITLE), custom_id=form.data)
    if text:
        shown.add_item(ui.TextDisplay(text))
    for field in form.fields:
        shown.add_item(_labelled(field))
    # A stopped modal is not kept by the library: its answers are found by what it carries, also after a restart.
    shown.stop()
    return shown


def form_button(screen: Screen, label: str, instead: str) -> Screen:
    """The screen with a button that opens its form, for where a modal cannot be shown at once."""
    if screen.form is None:
        return screen
    key = Key(label, OPEN_FORM + screen.form.data, tone=Tone.YES)
    return replace(screen, pages=screen.pages or (instead,), keys=((key,),), form=None, fresh=True)


def _blocks(rows: tuple[tuple[Key, ...], ...]) -> list[tuple[tuple[Key, ...], ...]]:
    """Share buttons out over messages; the core's own rows are kept where one message has room for them."""
    keys = [key for row in rows for key in row]
    data = [key.data for key in keys if not key.url]
    if not keys or (len(rows) <= MOST_ROWS and all(len(row) <= ROW for row in rows) and len(set(data)) == len(data)):
        return [rows] if keys else []
    blocks: list[list[Key]] = [[]]
    for key in keys:
        # Discord refuses a message in which two buttons carry the same.
        twin = not key.url and any(other.data == key.data for other in blocks[-1])
        if twin or len(blocks[-1]) == ROW * MOST_ROWS:
            blocks.append([])
        blocks[-1].append(key)
    return [tuple(tuple(block[start : start + ROW]) for start in range(0, len(block), ROW)) for block in blocks]


def _button(key: Key, row: int) -> ui.Button[ui.View]:
    label = cut(key.label, MOST_LABEL)
    if key.url:
        return ui.Button(label=label, url=key.url, row=row)
    return ui.Button(label=label, custom_id=key.data, style=_STYLES[key.tone], row=row)


def _labelled(field: ShownField) -> ui.Label[ui.Modal]:
    """A field under its label; a label that is too long stands whole in the description, and its hint in the field."""
    long = len(field.label) > _MOST_TITLE
    above = field.label if long else field.hint
    return ui.Label(
        text=cut(field.label, _MOST_TITLE),
        description=cut(above, MOST_OPTION_TEXT) or None,
        component=_input(field, cut(field.hint, MOST_OPTION_TEXT) if long else ""),
    )


def _input(field: ShownField, hint: str) -> ui.TextInput[ui.Modal] | ui.Select[ui.Modal]:
    if not 0 < len(field.choices) <= MOST_OPTIONS:
        # What stands in the field comes back with the form, so nothing but Discord's own limit cuts it short.
        most = min(max(field.most_characters, len(field.filled)), _MOST_TYPED)
        return ui.TextInput(
            custom_id=field.name,
            style=discord.TextStyle.paragraph if field.long else discord.TextStyle.short,
            placeholder=hint or None,
            default=field.filled[:most] or None,
            required=field.required,
            max_length=most,
        )
    options = [
        discord.SelectOption(
            label=cut(label, MOST_OPTION_TEXT),
            value=CHOSEN + value,
            default=bool(field.filled) and value == field.filled,
        )
        for value, label in field.choices
    ]
    return ui.Select(
        custom_id=field.name,
        placeholder=hint or None,
        options=options,
        required=field.required,
        min_values=int(field.required),
    )


def _escape_start(found: re.Match[str]) -> str:
    before, sign = (found[1], found[2]) if found[2] else (found[3], found[4])
    return f"{before}\\{sign}"
