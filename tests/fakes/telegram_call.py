"""One request to the fake Bot API, its parameters read as the server reads them."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, TypeGuard, cast

from aiohttp import web

from fakes.telegram_faults import bad_request
from fakes.telegram_html import MarkupError, parse_html, utf16_length
from fakes.telegram_world import Wire

__all__ = ["Call", "Formatted", "Upload"]

# Bot API 10.3 (24 August 2026), InlineKeyboardButton: exactly one of these.
_ACTIONS = {
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
    "disabled",
}
_NOT_EPHEMERAL = {"login_url", "switch_inline_query_chosen_chat"}
_CALLBACK_BYTES = 64
_ROW_LENGTH = 8
_BUTTONS = 100
_LINK = re.compile(r"(https?://[^\s/]+\.[^\s]+|tg://\S+)", re.IGNORECASE)


@dataclass(frozen=True)
class Upload:
    """A file that came as a part of the request."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True)
class Formatted:
    """Text after its markup was parsed; ``html`` is the markup as sent."""

    text: str
    entities: list[Wire]
    html: str


@dataclass(frozen=True)
class Call:
    """A method call: ``params`` as they were sent, ``files`` by the name of their part."""

    method: str
    params: Wire
    files: dict[str, Upload] = field(default_factory=dict)

    @classmethod
    async def read(cls, request: web.Request) -> "Call":
        """Read the parameters from the query, a form, multipart parts or a JSON body."""
        params: Wire = dict(request.query)
        files: dict[str, Upload] = {}
        if request.content_type == "application/json":
            params |= await request.json() if request.can_read_body else {}
        else:
            for name, value in (await request.post()).items():
                if isinstance(value, web.FileField):
                    files[name] = Upload(value.filename, value.content_type, value.file.read())
                else:
                    params[name] = value
        return cls(request.match_info["method"], params, files)

    def recorded(self) -> Wire:
        """Return the call as a recording keeps it."""
        return {"platform": "telegram", "method": self.method, "params": self.params, "files": list(self.files)}

    def text(self, name: str) -> str:
        """Return a text parameter, empty where it is missing."""
        return str(self.params.get(name) or "")

    def integer(self, name: str) -> int | None:
        """Return a whole number, None where it is missing."""
        value = self.params.get(name)
        if value is None or value == "":
            return None
        try:
            return int(value)
        except (TypeError, ValueError) as error:
            raise bad_request(f"invalid {name} specified") from error

    def flag(self, name: str) -> bool:
        """Return a Boolean, False where it is missing."""
        return str(self.params.get(name, "")).lower() in {"true", "1"}

    def structure(self, name: str) -> Wire:
        """Return a JSON object, empty where it is missing."""
        value = self._json(name, {})
        if not isinstance(value, dict):
            raise bad_request(f"object expected as {name}")
        return cast("Wire", value)

    def items(self, name: str) -> list[Wire]:
        """Return a JSON array, empty where it is missing."""
        value = self._json(name, [])
        if not isinstance(value, list):
            raise bad_request(f"array expected as {name}")
        return cast("list[Wire]", value)

    def _json(self, name: str, missing: object) -> object:
        value: Any = self.params.get(name)
        if value is None or value == "":
            return missing
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as error:
            raise bad_request(f"can't parse {name} JSON object") from error

    def formatted(self, name: str, longest: int, marks: str = "entities") -> Formatted:
        """Parse a text's markup and hold its length, in UTF-16 code units, against the limit."""
        raw, mode = self.text(name), self.text("parse_mode")
        if mode.lower() not in {"", "html"}:
            # Markdown exists on Telegram; this program writes HTML only, so anything else is a slip.
            raise bad_request("unsupported parse_mode")
        if mode:
            try:
                text, entities = parse_html(raw)
            except MarkupError as error:
                raise bad_request(f"can't parse entities: {error}") from error
        else:
            text, entities = raw.strip(), self.items(marks)
        if utf16_length(text) > longest:
            raise bad_request("message is too long" if name == "text" else f"message {name} is too long")
        return Formatted(text, entities, raw)

    def inline_keyboard(self, *, private: bool, ephemeral: bool = False) -> list[list[Wire]]:
        """Return the rows of an inline keyboard, every button checked."""
        markup = self.structure("reply_markup")
        rows: object = markup.get("inline_keyboard", [])
        if not _is_keyboard(rows):
            raise bad_request("can't parse inline keyboard: an array of arrays of buttons is due")
        if any(len(row) > _ROW_LENGTH for row in rows) or sum(map(len, rows)) > _BUTTONS:
            raise bad_request("reply markup is too long")
        for button in (button for row in rows for button in row):
            _check_button(button, private=private, ephemeral=ephemeral)
        return [row for row in rows if row]

    def reply_keyboard(self) -> Wire:
        """Return the keyboard under the text field, empty where the call sets none."""
        markup = self.structure("reply_markup")
        if markup and not {"inline_keyboard", "keyboard", "remove_keyboard", "force_reply"} & markup.keys():
            raise bad_request("object expected as reply markup")
        return {} if "inline_keyboard" in markup else markup


def _is_keyboard(rows: object) -> TypeGuard[list[list[Wire]]]:
    found: Any = rows
    return isinstance(found, list) and all(
        isinstance(row, list) and all(isinstance(button, dict) for button in cast("list[object]", row))
        for row in cast("list[object]", found)
    )


def _check_button(button: Wire, *, private: bool, ephemeral: bool) -> None:
    if not str(button.get("text") or "").strip():
        raise bad_request("can't parse inline keyboard button: text is empty")
    actions = _ACTIONS & button.keys()
    if len(actions) != 1:
        raise bad_request("can't parse inline keyboard button: exactly one action is due")
    if "callback_data" in actions and not 1 <= len(str(button["callback_data"]).encode()) <= _CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in actions and not _LINK.fullmatch(str(button["url"])):
        raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    if ("web_app" in actions and not private) or (ephemeral and actions & _NOT_EPHEMERAL):
        raise bad_request("BUTTON_TYPE_INVALID")
