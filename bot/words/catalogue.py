"""The words that people read, and how a message of the catalogue becomes text.

The catalogues are gettext files (``<language>.po``) whose message ids are keys such as ``nextlab.next``. A message with
the context ``discreet`` stands in where health words must not appear. Placeholders are ``{name}``. What people in
danger read stands in ``safety/<language>.po``, in more languages than all the rest.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Protocol
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time
from babel.lists import format_list
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from bot.chat.people import Reader
from bot.chat.replies import Text

FOLDER = Path(__file__).parent
SAFETY = FOLDER / "safety"
DISCREET = "discreet"
ADDRESS = "url"
"""The placeholder of our own addresses. Nothing else opens anything: a name or a quoted message could lead anywhere."""

_FALLBACK = "en"
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class Markup(Protocol):
    """How a platform writes text that is not its own syntax, and a moment that every reader sees in their own zone."""

    def escape(self, text: str) -> str:
        """Write a text so that it shows as it is: no syntax, no mention, no link."""
        ...

    def address(self, url: str) -> str:
        """Write one of our own addresses, so that it opens where the platform has links in texts."""
        ...

    def moment(self, at: datetime, shown: str) -> str:
        """Write an aware moment; ``shown`` is how it reads in the member's zone."""
        ...

    def bold(self, text: str) -> str:
        """Make an already written text stand out."""
        ...

    def call(self, person_id: str, shown: str) -> str:
        """Name somebody of this platform so that their device rings; ``shown`` is their name, already written."""
        ...


class PlainMarkup:
    """No markup at all: the console, pictures and notes."""

    def escape(self, text: str) -> str:
        """See ``Markup``."""
        return text

    def address(self, url: str) -> str:
        """See ``Markup``."""
        return url

    def moment(self, at: datetime, shown: str) -> str:  # noqa: ARG002 - plain text shows the member's zone only
        """See ``Markup``."""
        return shown

    def bold(self, text: str) -> str:
        """See ``Markup``."""
        return text

    def call(self, person_id: str, shown: str) -> str:  # noqa: ARG002 - plain text rings nowhere
        """See ``Markup``."""
        return f"@{shown}"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a catalogue; ``forms`` has one text, or one for each plural form of the language."""

    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The messages of one language, by (key, discreet)."""

    language: str
    messages: Mapping[tuple[str, bool], Message]
    plural_form: Callable[[int], int]

    def find(self, key: str, *, discreet: bool) -> Message | None:
        """The message of a key; its discreet form where that is asked for and there is one."""
        return (self.messages.get((key, True)) if discreet else None) or self.messages.get((key, False))


# Bidirectional controls and other invisible characters could reorder or hide what stands beside a person's words.
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """A person's words without control and invisible characters, on one line."""
    return " ".join(_UNSEEN.sub("", text).split())


@lru_cache(maxsize=64)
def load_catalogue(language: str, folder: Path = FOLDER) -> Catalogue | None:
    """Read a language's catalogue, or with ``SAFETY`` its words for people in danger; None where there are none."""
    path = folder / f"{language}.po"
    if not _LANGUAGE.fullmatch(language) or not path.is_file():
        return None
    with path.open("rb") as file:
        source = read_po(file, locale=language)
    messages: dict[tuple[str, bool], Message] = {}
    for message in source:
        if message.id and message.string:
            key = message.id if isinstance(message.id, str) else message.id[0]
            forms = (message.string,) if isinstance(message.string, str) else tuple(message.string)
            messages[key, message.context == DISCREET] = Message(forms)
    return Catalogue(language, messages, _plural_rule(language))


def _plural_rule(language: str) -> Callable[[int], int]:
    rule = Locale(language).plural_form
    order = sorted(rule.tags | {"other"}, key=("zero", "one", "two", "few", "many", "other").index)
    return lambda count: order.index(rule(count))


def language_found(locale: str) -> str:
    """The language in which somebody of this locale reads: their own where it has a catalogue, else English."""
    own = _language(locale)
    return own if load_catalogue(own) else _FALLBACK


def safety_language_found(locale: str) -> str:
    """The language in which somebody of this locale reads about danger; more languages have words for that."""
    own = _language(locale)
    return own if load_catalogue(own) or load_catalogue(own, SAFETY) else _FALLBACK


def _language(locale: str) -> str:
    return locale.replace("_", "-").split("-")[0].lower()


@lru_cache(maxsize=64)
def _locale(name: str, language: str) -> Locale:
    """How to write dates and numbers among words of a language, for a reader of the locale ``name``.

    Where the words are not in the reader's own language, a date in theirs would be two languages in one line; what
    stays of their locale is the country, for the order: "de-DE" among English words is English with the day first.
    """
    country = name.replace("_", "-").split("-")[-1] if "-" in name.replace("_", "-") else ""
    own = name if _language(name) == language else f"{language}-{country}" if country else language
    # CLDR knows English in some hundred countries; for the others it has the world's English, with the day first.
    for candidate in (own, f"{language}-001" if country else language, language):
        try:
            return Locale.parse(candidate.replace("-", "_"))
        except (ValueError, UnknownLocaleError):
            continue
    return Locale(_FALLBACK)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes messages for one reader in one markup."""

    reader: Reader
    markup: Markup

    def write(self, text: Text) -> str:
        """Write a message with its values.

        Raises:
            KeyError: no catalogue has the key, or a placeholder got no value; the tests hold that neither happens.
        """
        if text.language:
            return Writer(replace(self.reader, locale=text.language), self.markup).write(replace(text, language=""))
        catalogue, message = _find(self.reader, text.key)
        count = text.count
        single = len(message.forms) == 1 or count is None
        template = message.forms[0 if single else catalogue.plural_form(count or 0)]
        locale = _locale(self.reader.locale, catalogue.language)
        return "".join(self._parts(template, text.values, locale))

    def _parts(self, template: str, values: Mapping[str, object], locale: Locale) -> list[str]:
        parts: list[str] = []
        for literal, name, _spec, _conversion in Formatter().parse(template):
            parts.append(self.markup.escape(literal))
            if name is not None:
                parts.append(self._address(values) if name == ADDRESS else self._value(values[name], locale))
        return parts

    def _address(self, values: Mapping[str, object]) -> str:
        return self.markup.address(visible(str(values[ADDRESS])))

    def _value(self, value: object, locale: Locale) -> str:
        match value:
            case Text():
                return self.write(value)
            case str():
                return self.markup.escape(visible(value))
            case bool():
                raise TypeError("a yes or no needs words of its own")
            case int():
                return self.markup.escape(format_decimal(value, locale=locale))
            case datetime():
                shown = format_datetime(value, "EEE d MMM, HH:mm", tzinfo=ZoneInfo(self.reader.zone), locale=locale)
                return self.markup.moment(value, self.markup.escape(shown))
            case date():
                return self.markup.escape(format_date(value, "full", locale=locale))
            case time():
                return self.markup.escape(format_time(value, "HH:mm", locale=locale))
            case tuple():
                items: tuple[object, ...] = value  # pyright: ignore[reportUnknownVariableType] - elements are checked one by one
                return format_list([self._value(item, locale) for item in items], locale=locale) if items else ""
            case _:
                raise TypeError(f"no way to show a {type(value).__name__}")


def _find(reader: Reader, key: str) -> tuple[Catalogue, Message]:
    own = _language(reader.locale)
    # Whoever is in danger understands their own language best, also where all the rest is in English.
    for language, folder in ((own, FOLDER), (own, SAFETY), (_FALLBACK, FOLDER)):
        catalogue = load_catalogue(language, folder)
        message = catalogue.find(key, discreet=reader.discreet) if catalogue else None
        if catalogue and message:
            return catalogue, message
    raise KeyError(key)
