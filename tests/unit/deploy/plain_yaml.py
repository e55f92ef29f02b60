"""Reads the part of YAML that the files in ``deploy/`` are written in, and refuses every other part of it.

Maps, lists and scalars by indentation, anchors (``&name``), aliases (``*name``) and merges (``<<``). All scalars are
text; values in braces or brackets, text over several lines and tags are refused.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["read"]

_KEY = re.compile(r"(?P<key>[A-Za-z_<][\w<.-]*):(?: +(?P<rest>\S.*))?")
_ANCHOR = re.compile(r"&(?P<name>\w+)(?: +(?P<rest>\S.*))?")
_SPECIAL = tuple("[{|>!%@`&*?")


def read(file: Path) -> Any:  # noqa: ANN401 - whatever stands there
    """Read a file."""
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        assert "\t" not in line, f"{file}:{number}: a tab"
        text = line.strip()
        if text and not text.startswith("#"):
            lines.append((len(line) - len(line.lstrip()), text))
    reader = _Reader(lines)
    found = reader.block(0)
    assert not reader.lines, f"{file}: {reader.lines[0]}"
    return found


@dataclass
class _Reader:
    lines: list[tuple[int, str]]
    anchors: dict[str, Any] = field(default_factory=dict)

    def block(self, indent: int) -> Any:  # noqa: ANN401 - as above
        assert self.lines, "nothing stands where a value should"
        return self._list(indent) if self.lines[0][1].startswith("- ") else self._map(indent)

    def _list(self, indent: int) -> list[Any]:
        found: list[Any] = []
        while self.lines and self.lines[0][0] == indent and self.lines[0][1].startswith("- "):
            _, text = self.lines.pop(0)
            item = text[2:].strip()
            if _KEY.fullmatch(item):
                # A map begins in the line of its dash, two places further in.
                self.lines.insert(0, (indent + 2, item))
                found.append(self._map(indent + 2))
            else:
                found.append(self._scalar(item))
        return found

    def _map(self, indent: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while self.lines and self.lines[0][0] == indent:
            _, text = self.lines.pop(0)
            match = _KEY.fullmatch(text)
            assert match, text
            key, value = match["key"], self._value(match["rest"], indent)
            assert key not in found, f"{key} twice"
            if key == "<<":
                merged = value
            else:
                found[key] = value
        return {**merged, **found}

    def _value(self, rest: str | None, indent: int) -> Any:  # noqa: ANN401 - as above
        if rest and (anchor := _ANCHOR.fullmatch(rest)):
            value = self.anchors[anchor["name"]] = self._value(anchor["rest"], indent)
            return value
        if rest is None:
            assert self.lines, "nothing stands where a value should"
            assert self.lines[0][0] > indent, self.lines[0]
            return self.block(self.lines[0][0])
        return self._scalar(rest)

    def _scalar(self, text: str) -> Any:  # noqa: ANN401 - as above
        if text.startswith("*"):
            return self.anchors[text[1:]]
        if text == "{}":
            return {}
        if text.startswith('"'):
            assert re.fullmatch(r'"[^"\\]*"', text), text
            return text[1:-1]
        assert not text.startswith(_SPECIAL), text
        assert ": " not in text, text
        assert " #" not in text, text
        return text
