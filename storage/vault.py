"""Sealing of what is stored: AES-GCM with a random nonce, bound to its row, and keyed hashes to find rows by.

A sealed value starts with the key's version byte. What it is bound to (table and row) is checked on opening, so a value
moved to another row does not open there. The key is 32 bytes from the environment or from a file that is made at the
first start, readable for its owner only, and kept apart from the data.
"""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from bot.errors import SettingsError, WrongKeyError

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens values, and makes keyed hashes, with keys derived from one secret."""

    key: bytes

    def seal(self, value: bytes, bound_to: str) -> bytes:
        """Encrypt a value for one row: version byte, nonce, ciphertext."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher().encrypt(nonce, value, _VERSION + bound_to.encode())

    def open(self, sealed: bytes, bound_to: str) -> bytes:
        """Decrypt a value of that row.

        Raises:
            WrongKeyError: the key is another one, or the value was sealed for another row or changed since.
        """
        version, nonce, body = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            if version != _VERSION:
                raise WrongKeyError("a stored value was sealed with a key version that is not known here")
            return self._cipher().decrypt(nonce, body, version + bound_to.encode())
        except (InvalidTag, ValueError) as error:
            raise WrongKeyError("a stored value does not open with this key") from error

    def digest(self, *parts: str) -> bytes:
        """A keyed hash of 16 bytes, to find a row without storing what it is found by."""
        return hmac.new(self.derive("digest"), "\0".join(parts).encode(), hashlib.sha256).digest()[:16]

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose."""
        return _derive(self.key, purpose)

    def _cipher(self) -> AESGCM:
        return AESGCM(self.derive("seal"))


@lru_cache(maxsize=16)
def _derive(key: bytes, purpose: str) -> bytes:
    # Kept, since every value of a page of rows asks for the same one.
    return HKDFExpand(SHA256(), KEY_BYTES, b"roundtable " + purpose.encode()).derive(key)


def load_vault(data_key: str, key_file: Path, *, may_make: bool) -> Vault:
    """Open the vault with the key of the environment, or else of the key file.

    ``may_make`` lets a missing key file be made: only while nothing has been stored yet.

    Raises:
        SettingsError: there is no usable key; the text says what to do.
    """
    if data_key:
        return Vault(_read_key(data_key, "DATA_KEY"))
    if key_file.is_dir():
        raise SettingsError(f"KEY_FILE must name a file, and {key_file} is a folder.")
    if not key_file.exists():
        if not may_make:
            raise SettingsError(
                f"The key file {key_file} is missing, and the database already holds values that only its key opens. "
                "Put the key file back, or set KEY_FILE or DATA_KEY."
            )
        _make_key(key_file)
    try:
        if os.name == "posix" and key_file.stat().st_mode & 0o077:
            raise SettingsError(f"The key file {key_file} can be read by others. Run: chmod 600 {key_file}")
        return Vault(_read_key(key_file.read_text(encoding="ascii"), f"the key file {key_file}"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The key file {key_file} cannot be read.") from error


def _make_key(key_file: Path) -> None:
    try:
        key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        return  # another process of ours was a moment faster
    except OSError as error:
        raise SettingsError(f"The key file {key_file} cannot be made: check the folder's rights.") from error


def _read_key(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{where} must hold {2 * KEY_BYTES} hexadecimal digits.")
    return key
