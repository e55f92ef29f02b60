"""From a reply to what one person sees: the same for every platform, so that adapters cannot drift apart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.chat.capabilities import Capabilities
from bot.chat.people import Person, Reader
from bot.chat.replies import Attachment, Button, Field, Form, Reply, Text, Tone, say
from bot.chat.tokens import Tokens
from bot.words.catalogue import Markup, PlainMarkup, Writer, visible

_MORE = "\n…"


@dataclass(frozen=True, slots=True)
class Key:
    """A button as shown: its label, and the data it carries, the address it opens, or what its link is to bring."""

    label: str
    data: str = ""
    url: str | None = None
    link: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class ShownField:
    """A form's field as shown; choices are (value, label)."""

    name: str
    label: str
    hint: str
    choices: tuple[tuple[str, str], ...]
    required: bool
    most_characters: int
    filled: str = ""
    long: bool = False


@dataclass(frozen=True, slots=True)
class ShownForm:
    """A form as shown; ``data`` comes back with the answers."""

    data: str
    title: str
    fields: tuple[ShownField, ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """One answer as shown.

    ``pages`` are the text in the platform's markup, each within its limit; ``keys`` go under the last page. ``calls``
    are the ids of those whom the text calls: nobody else may be.
    """

    pages: tuple[str, ...]
    keys: tuple[tuple[Key, ...], ...]
    form: ShownForm | None
    share: str | None
    files: tuple[Attachment, ...]
    private: bool
    direct: bool
    fresh: bool
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Presenter:
    """Shows replies on one platform."""

    capabilities: Capabilities
    markup: Markup
    tokens: Tokens

    def show(self, reply: Reply, person: Person, reader: Reader) -> Screen:
        """Write a reply for one person; its buttons will work for them alone."""
        if self.capabilities.discreet:
            reader = replace(reader, discreet=True)
        writer = Writer(reader, self.markup)
        called = tuple(person for person in reply.calls if person.platform == self.capabilities.platform)
        lines = [self.markup.call(each.id, writer.write(_name(each))) for each in called]
        lines += [writer.write(line) for line in reply.notice]
        if reply.title:
            lines.append(self.markup.bold(writer.write(reply.title)))
        lines += [writer.write(line) for line in reply.lines]
        return Screen(
            pages=split(lines, self.capabilities.most_characters),
            keys=self._keys(self._fitted(reply.buttons), person, reader),
            form=self._form(reply.form, person, reader) if reply.form else None,
            share="\n".join(writer.write(line) for line in reply.share) or None,
            files=reply.files,
            private=reply.private,
            direct=reply.direct,
            fresh=reply.fresh,
            calls=tuple(person.id for person in called),
        )

    def show_in_one(self, reply: Reply, person: Person, reader: Reader) -> Screen:
        """As ``show``, on one page: what that cannot hold is cut off at the end of a line, and an ellipsis says so."""
        screen = self.show(reply, person, reader)
        if len(screen.pages) <= 1:
            return screen
        room = self.capabilities.most_characters - len(_MORE)
        lines = screen.pages[0].split("\n")
        while len(lines) > 1 and len("\n".join(lines)) > room:
            lines.pop()
        return replace(screen, pages=(split(["\n".join(lines)], room)[0] + _MORE,))

    def label(self, text: Text, reader: Reader) -> str:
        """Write a message where markup is not shown (button labels, menus, hints)."""
        return Writer(replace(reader, discreet=reader.discreet or self.capabilities.discreet), PlainMarkup()).write(
            text
        )

    def _fitted(self, buttons: Sequence[Sequence[Button]]) -> Sequence[Sequence[Button]]:
        """Lay the buttons out closer where the platform has fewer rows than the reply asks for; none is dropped."""
        width, rows = self.capabilities.most_buttons, self.capabilities.most_rows
        if sum(-(-len(row) // width) for row in buttons) <= rows:
            return buttons
        flat = [button for row in buttons for button in row]
        width = min(max(-(-len(flat) // rows), 1), width)
        return [flat[start : start + width] for start in range(0, len(flat), width)]

    def _keys(self, buttons: Sequence[Sequence[Button]], person: Person, reader: Reader) -> tuple[tuple[Key, ...], ...]:
        return tuple(
            tuple(self._key(button, person, reader) for button in row[start : start + self.capabilities.most_buttons])
            for row in buttons
            for start in range(0, len(row), self.capabilities.most_buttons)
        )

    def _key(self, button: Button, person: Person, reader: Reader) -> Key:
        label = self.label(button.label, reader)
        if button.url:
            return Key(label, url=button.url)
        if button.anyone:
            data = self.tokens.make_for_anyone(button.action, button.arguments, self.capabilities.platform)
        else:
            data = self.tokens.make(button.action, button.arguments, person)
        link = self.tokens.sign_link(button.link, self.capabilities.platform) if button.link else ""
        return Key(label, data, tone=button.tone, link=link)

    def _form(self, form: Form, person: Person, reader: Reader) -> ShownForm:
        return ShownForm(
            data=self.tokens.make(form.name, form.arguments, person),
            title=self.label(form.title, reader),
            fields=tuple(self._field(field, reader) for field in form.fields),
        )

    def _field(self, field: Field, reader: Reader) -> ShownField:
        return ShownField(
            name=field.name,
            label=self.label(field.label, reader),
            hint=self.label(field.hint, reader) if field.hint else "",
            choices=tuple(
                (choice.value, choice.label if isinstance(choice.label, str) else self.label(choice.label, reader))
                for choice in field.choices
            ),
            required=field.default is None,
            most_characters=field.most_characters,
            filled=field.filled,
            long=field.long,
        )


def _name(person: Person) -> Text:
    return say("form.as_is", text=visible(person.name) or person.id)


def split(lines: Sequence[str], most_characters: int) -> tuple[str, ...]:
    """Put lines on as few pages as the limit allows, breaking between lines; a longer line is broken between words.

    A line is never dropped: what a page cannot hold stands on the next.
    """
    pages: list[str] = []
    page = ""
    for line in lines:
        for piece in _pieces(line, most_characters):
            joined = f"{page}\n{piece}" if page else piece
            if len(joined) > most_characters:
                pages.append(page)
                page = piece
            else:
                page = joined
    return (*pages, page) if page else tuple(pages)


def _pieces(line: str, most_characters: int) -> list[str]:
    pieces: list[str] = []
    while len(line) > most_characters:
        cut = line.rfind(" ", 1, most_characters + 1)
        cut = cut if cut > 0 else most_characters
        pieces.append(line[:cut])
        line = line[cut:].lstrip(" ")
    return [*pieces, line]
