"""From a screen to what Telegram shows: HTML text, inline keyboards, files. Pure functions."""

import html
import re
from dataclasses import dataclass
from datetime import datetime

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import KeyboardButtonStyle

from bot.chat.replies import Attachment, Tone
from bot.words.presenting import Key, Screen

# Telegram's servers turn names and addresses in a bot's text into mentions and links, which no parameter prevents. An
# invisible word joiner breaks them: general punctuation is no part of an address or a name for Telegram's parser. It
# is put in here and not by the core, since it is a matter of this platform alone.
WORD_JOINER = "\u2060"
_LINKED = re.compile(r"(?<=@)(?=\w)|(?<=:)(?=//)|(?<=\w\.)(?=[^\W\d_])")
_ADDRESS = re.compile(r"https://\S+")

_MOST_CAPTION = 1024  # characters after the markup is read; Bot API 10.3 (24 August 2026), sendDocument

_STYLES = {Tone.YES: KeyboardButtonStyle.SUCCESS, Tone.DANGER: KeyboardButtonStyle.DANGER}


class HtmlMarkup:
    """Fulfils ``Markup`` with Telegram's HTML."""

    def escape(self, text: str) -> str:
        """See ``Markup``; commands such as ``/help`` stay tappable."""
        return html.escape(_LINKED.sub(WORD_JOINER, text), quote=False)

    def address(self, url: str) -> str:
        """See ``Markup``."""
        return html.escape(url, quote=False) if _ADDRESS.fullmatch(url) else self.escape(url)

    def moment(self, at: datetime, shown: str) -> str:
        """See ``Markup``; a long date, since a short one is read differently from country to country."""
        return f'<tg-time unix="{int(at.timestamp())}" format="wDt">{shown}</tg-time>'

    def bold(self, text: str) -> str:
        """See ``Markup``."""
        return f"<b>{text}</b>"

    def call(self, person_id: str, shown: str) -> str:
        """See ``Markup``; who writes as a group has no account that could be called."""
        return f'<a href="tg://user?id={person_id}">{shown}</a>' if person_id.isdecimal() else shown


@dataclass(frozen=True, slots=True)
class Post:
    """One native message: a text in HTML, or a file that may have a text under it."""

    text: str = ""
    keyboard: InlineKeyboardMarkup | None = None
    file: Attachment | None = None


def posts(screen: Screen, bot_name: str = "") -> tuple[Post, ...]:
    """The messages that show a screen, in order: its pages, the keys under the last one, then its files.

    A short text goes under its only file, so that the two stay together. ``bot_name`` is for keys, see ``keyboard``.
    """
    keys = keyboard(screen.keys, bot_name)
    if len(screen.pages) == len(screen.files) == 1 and len(screen.pages[0]) <= _MOST_CAPTION:
        return (Post(screen.pages[0], keys, screen.files[0]),)
    last = len(screen.pages) - 1
    texts = [Post(page, keys if number == last else None) for number, page in enumerate(screen.pages)]
    return (*texts, *(Post(file=file) for file in screen.files))


def keyboard(rows: tuple[tuple[Key, ...], ...], bot_name: str = "") -> InlineKeyboardMarkup | None:
    """An inline keyboard, None where there is no key.

    With ``bot_name``, keys with a link open the chat with that bot; without it, as in that very chat, they are pressed.
    """
    return InlineKeyboardMarkup([[_button(key, bot_name) for key in row] for row in rows if row]) if any(rows) else None


def links_alone(screen: Screen, bot_name: str) -> InlineKeyboardMarkup | None:
    """Those keys of a screen that open something, for a message that is not the bot's own."""
    return keyboard(tuple(tuple(key for key in row if key.url or key.link) for row in screen.keys), bot_name)


def chat_address(bot_name: str, payload: str = "") -> str:
    """Where the chat with the bot opens; ``payload`` then stands behind ``/start``."""
    return f"https://t.me/{bot_name}" + (f"?start={payload}" if payload else "")


def _button(key: Key, bot_name: str) -> InlineKeyboardButton:
    if key.url:
        return InlineKeyboardButton(key.label, url=key.url)
    if key.link and bot_name:
        return InlineKeyboardButton(key.label, url=chat_address(bot_name, key.link))
    return InlineKeyboardButton(key.label, callback_data=key.data, style=_STYLES.get(key.tone))
