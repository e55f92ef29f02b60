"""Telegram's HTML: text and entities out of markup, as strict as the server's own parser."""

import re
from dataclasses import dataclass, field
from typing import Any

__all__ = ["MarkupError", "commands_and_mentions", "parse_html", "utf16_length"]

Wire = dict[str, Any]

_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)(?P<rest>(?:\s[^<>]*)?)>")
_ATTRIBUTE = re.compile(r"""\s*([a-zA-Z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=]+)))?""")
_REFERENCE = re.compile(r"&(?:#(\d+)|#x([0-9a-fA-F]+)|(lt|gt|amp|quot));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_SIMPLE = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
}
_MOMENT_FORMAT = re.compile(r"r|w?[dD]?[tT]?")
_CALLED = re.compile(r"tg://user\?id=(\d+)")
_COMMAND = re.compile(r"(?<![\w/])/[a-zA-Z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])")
_MENTION = re.compile(r"(?<!\w)(?<!/)@\w{4,32}")


class MarkupError(ValueError):
    """The markup that Telegram would refuse; the text is what follows "can't parse entities: "."""


@dataclass
class _Open:
    name: str
    entity: Wire
    start: int


@dataclass
class _Reading:
    text: str = ""
    entities: list[Wire] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)


def utf16_length(text: str) -> int:
    """Count UTF-16 code units, in which Telegram gives offsets and lengths."""
    return len(text.encode("utf-16-le")) // 2


def commands_and_mentions(text: str) -> list[Wire]:
    """Find the entities that Telegram marks by itself in what people write: commands and mentions."""
    found = [("bot_command", match) for match in _COMMAND.finditer(text)]
    found += [("mention", match) for match in _MENTION.finditer(text) if not text[: match.start()].endswith("/")]
    spans = [(kind, match.start(), match.group()) for kind, match in found]
    inside = [(start, start + len(part)) for kind, start, part in spans if kind == "bot_command"]
    return [
        {"type": kind, "offset": utf16_length(text[:start]), "length": utf16_length(part)}
        for kind, start, part in sorted(spans, key=lambda span: span[1])
        if kind == "bot_command" or not any(low < start < high for low, high in inside)
    ]


def parse_html(markup: str) -> tuple[str, list[Wire]]:
    """Return the plain text and its entities, outer before inner, white space around the text removed.

    Raises:
        MarkupError: a tag that Telegram does not know, a bare "<", a tag left open or closed out of order.
    """
    reading = _Reading()
    at = 0
    while at < len(markup):
        if markup[at] == "<":
            at = _read_tag(markup, at, reading)
        elif match := _REFERENCE.match(markup, at):
            reading.text += _referenced(match)
            at = match.end()
        else:
            reading.text += markup[at]
            at += 1
    if reading.open:
        raise MarkupError(f'Can\'t find end tag corresponding to start tag "{reading.open[-1].name}"')
    return _stripped(reading.text, reading.entities)


def _referenced(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name:
        return _NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if 0 < code < 0x110000 else match.group()


def _read_tag(markup: str, at: int, reading: _Reading) -> int:
    offset = len(markup[:at].encode())
    match = _TAG.match(markup, at)
    if not match:
        raise MarkupError(f'Unsupported start tag "{markup[at + 1 : at + 12]}" at byte offset {offset}')
    name = match["name"].lower()
    if match["end"]:
        _close(name, offset, reading)
    else:
        entity = _entity(name, _attributes(match["rest"], offset), offset, reading.open)
        reading.open.append(_Open(name, entity, utf16_length(reading.text)))
    return match.end()


def _attributes(rest: str, offset: int) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    rest = rest.rstrip()
    while at < len(rest):
        match = _ATTRIBUTE.match(rest, at)
        if not match:
            raise MarkupError(f"Can't parse the attributes of the tag at byte offset {offset}")
        value = next((part for part in match.groups()[1:] if part is not None), "")
        found[match[1].lower()] = _REFERENCE.sub(_referenced, value)
        at = match.end()
    return found


def _entity(name: str, attributes: dict[str, str], offset: int, around: list[_Open]) -> Wire:
    if name in _SIMPLE:
        language = attributes.get("class", "").removeprefix("language-")
        if name == "code" and around and around[-1].name == "pre" and language:
            around[-1].entity["language"] = language
        return {"type": _SIMPLE[name]}
    if name == "span" and attributes.get("class") == "tg-spoiler":
        return {"type": "spoiler"}
    if name == "span":
        raise MarkupError(f'Tag "span" must have class "tg-spoiler" at byte offset {offset}')
    if name == "blockquote":
        return {"type": "expandable_blockquote" if "expandable" in attributes else "blockquote"}
    if name == "a" and (called := _CALLED.fullmatch(attributes.get("href", ""))):
        return {"type": "text_mention", "user": {"id": int(called[1])}}
    if name == "a":
        return {"type": "text_link", "url": attributes.get("href", "")}
    if name == "tg-emoji":
        return {"type": "custom_emoji", "custom_emoji_id": attributes.get("emoji-id", "")}
    if name == "tg-time":
        return _moment(attributes, offset)
    raise MarkupError(f'Unsupported start tag "{name}" at byte offset {offset}')


def _moment(attributes: dict[str, str], offset: int) -> Wire:
    unix, shape = attributes.get("unix", ""), attributes.get("format", "")
    if not unix.isdecimal():
        raise MarkupError(f'Tag "tg-time" must have a valid attribute "unix" at byte offset {offset}')
    if not _MOMENT_FORMAT.fullmatch(shape):
        raise MarkupError(f'Tag "tg-time" has an invalid attribute "format" at byte offset {offset}')
    return {"type": "date_time", "unix_time": int(unix), "date_time_format": shape}


def _close(name: str, offset: int, reading: _Reading) -> None:
    if not reading.open:
        raise MarkupError(f"Unexpected end tag at byte offset {offset}")
    opened = reading.open.pop()
    if opened.name != name:
        expected, found = f'"</{opened.name}>"', f'"</{name}>"'
        raise MarkupError(f"Unmatched end tag at byte offset {offset}, expected {expected}, found {found}")
    length = utf16_length(reading.text) - opened.start
    kept = opened.entity.get("url", "http").startswith(("http", "tg:", "mailto:"))
    nested_code = name == "code" and bool(reading.open) and reading.open[-1].name == "pre"
    if length and kept and not nested_code:
        reading.entities.append({**opened.entity, "offset": opened.start, "length": length})


def _stripped(text: str, entities: list[Wire]) -> tuple[str, list[Wire]]:
    lead = utf16_length(text) - utf16_length(text.lstrip())
    text = text.strip()
    end = utf16_length(text)
    kept: list[Wire] = []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        stop = min(entity["offset"] - lead + entity["length"], end)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return text, sorted(kept, key=lambda entity: (entity["offset"], -entity["length"]))
