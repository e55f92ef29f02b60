"""Whether a message speaks of our field at all: of the illness, its treatment, tests, symptoms and care."""

import re
from functools import lru_cache
from pathlib import Path

from bot.triage.seen import seen

FILE = Path(__file__).with_name("field.txt")
"""The words, one a line; a star stands for any ending."""


def speaks_of_our_field(folded: str) -> bool:
    """Whether a folded text holds a word of our field."""
    return _words().search(folded) is not None


@lru_cache(maxsize=1)
def _words() -> re.Pattern[str]:
    lines = [line.strip() for line in FILE.read_text("utf-8").splitlines()]
    words = [seen(line.rstrip("*")).folded + ("*" if line.endswith("*") else "") for line in lines if _is_word(line)]
    return re.compile(rf"\b(?:{'|'.join(re.escape(word).replace(chr(92) + '*', r'[a-z]*') for word in words)})\b")


def _is_word(line: str) -> bool:
    return bool(line) and not line.startswith("#")
