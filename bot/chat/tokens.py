"""What buttons and forms carry: an action, short arguments, and proof that we made them for this very person.

A token is ``action:argument:argument.proof``, at most 64 bytes (Telegram's limit for callback data; Discord takes 100).
The proof is a keyed hash over the owner and the rest, so a token works after a restart and for ever, cannot be made up
by a modified app, and does nothing in anybody else's hands. 48 bits of proof stand against guessing over the network.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from bot.chat.people import Person
from bot.errors import MemberError

MOST_BYTES = 64
_PROOF_BYTES = 6
_FORBIDDEN = frozenset(":.")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes and checks tokens with a secret key of 32 bytes."""

    key: bytes

    def make(self, action: str, arguments: tuple[str, ...], owner: Person) -> str:
        """Write a token for its owner.

        Raises:
            ValueError: a part holds ``:`` or ``.``, or the whole is longer than 64 bytes. Both are our own mistakes.
        """
        parts = (action, *arguments)
        if any(_FORBIDDEN & set(part) for part in parts):
            raise ValueError(f"a token's parts hold no colon and no full stop: {action}")
        body = ":".join(parts)
        token = f"{body}.{self._proof(body, owner)}"
        if len(token.encode()) > MOST_BYTES:
            raise ValueError(f"a token of {len(token.encode())} bytes: {action}")
        return token

    def read(self, token: str, presser: Person) -> tuple[str, tuple[str, ...]]:
        """Read a token that somebody pressed: the action and its arguments.

        Raises:
            MemberError: it was not made by us for this person.
        """
        body, _, proof = token.rpartition(".")
        expected = self._proof(body, presser)
        if not hmac.compare_digest(proof.encode(), expected.encode()):
            raise MemberError("button.not_yours")
        action, *arguments = body.split(":")
        return action, tuple(arguments)

    def _proof(self, body: str, owner: Person) -> str:
        message = f"{owner.platform}\0{owner.id}\0{body}".encode()
        digest = hmac.new(self.key, message, hashlib.sha256).digest()[:_PROOF_BYTES]
        return base64.urlsafe_b64encode(digest).decode()
