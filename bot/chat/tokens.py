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

ANYONE = "*"
"""The id of the owner whose tokens work for everybody on the platform."""

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

    def make_for_anyone(self, action: str, arguments: tuple[str, ...], platform: str) -> str:
        """Write a token that works for everybody on a platform.

        Raises:
            ValueError: as ``make``.
        """
        return self.make(action, arguments, Person(platform, ANYONE, ""))

    def read(self, token: str, presser: Person) -> tuple[str, tuple[str, ...]]:
        """Read a token that somebody pressed: the action and its arguments.

        Raises:
            MemberError: it was not made by us for this person, nor for anyone.
        """
        body, _, proof = token.rpartition(".")
        own = hmac.compare_digest(proof.encode(), self._proof(body, presser).encode())
        if not own and not self.is_for_anyone(token, presser.platform):
            raise MemberError("button.not_yours")
        action, *arguments = body.split(":")
        return action, tuple(arguments)

    def sign_link(self, link: str, platform: str) -> str:
        """Add our proof to what a link into the direct chat brings: anybody can write a link."""
        return f"{link}-{self._link_proof(link, platform)}"

    def read_link(self, text: str, platform: str) -> tuple[str, bool]:
        """What a link brings without our proof, and whether the link was made by us."""
        link, _, proof = text.rpartition("-")
        ours = bool(link) and hmac.compare_digest(proof.encode(), self._link_proof(link, platform).encode())
        return (link, True) if ours else (text, False)

    def _link_proof(self, link: str, platform: str) -> str:
        message = f"link\0{platform}\0{link}".encode()
        return hmac.new(self.key, message, hashlib.sha256).hexdigest()[: 2 * _PROOF_BYTES]

    def is_for_anyone(self, token: str, platform: str) -> bool:
        """Whether we made a token for everybody on a platform."""
        body, _, proof = token.rpartition(".")
        expected = self._proof(body, Person(platform, ANYONE, ""))
        return hmac.compare_digest(proof.encode(), expected.encode())

    def _proof(self, body: str, owner: Person) -> str:
        message = f"{owner.platform}\0{owner.id}\0{body}".encode()
        digest = hmac.new(self.key, message, hashlib.sha256).digest()[:_PROOF_BYTES]
        return base64.urlsafe_b64encode(digest).decode()
