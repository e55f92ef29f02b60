"""Codes that link one chat with another: shown in the one, typed in the other by the same person, not long after."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.chat.people import Person
from bot.chat.tokens import Tokens
from bot.errors import MemberError

WORKS_FOR = timedelta(minutes=15)

_CODE = re.compile(r"([0-9a-f]{8})-([0-9a-f]{8})-([A-Za-z0-9_-]{8})")


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was made for who typed it; ``old`` where it works no more."""

    chat_id: str
    old: bool


@dataclass(frozen=True, slots=True)
class Codes:
    """Makes and reads the codes of one purpose, which names what they are tokens of; no button carries it."""

    tokens: Tokens
    purpose: str

    def make(self, chat_id: str, person: Person, now: datetime) -> str:
        """The code that links a chat; it works for this person alone."""
        made = f"{int(now.timestamp()):08x}"
        proof = self.tokens.make(self.purpose, (chat_id, made), person).rpartition(".")[2]
        return f"{chat_id}-{made}-{proof}"

    def read(self, text: str, person: Person, now: datetime) -> Code | None:
        """The code that somebody typed; None where it was not made for them."""
        found = _CODE.fullmatch(text.strip())
        if found is None:
            return None
        try:
            self.tokens.read(f"{self.purpose}:{found[1]}:{found[2]}.{found[3]}", person)
        except MemberError:
            return None
        return Code(found[1], now - datetime.fromtimestamp(int(found[2], 16), UTC) > WORKS_FOR)
