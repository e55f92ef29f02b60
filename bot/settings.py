"""What the operator sets, read once from the environment and the file ``.env``; ``.env.example`` shows each."""

import os
import re
from difflib import get_close_matches
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError

_UNREADABLE = "The file .env cannot be read: save it as plain text (UTF-8)."
_OUR_OWN = "Value error, "  # what pydantic puts in front of a message of ours


class DiscordPersonal(Enum):
    """How much of a member's own dates may travel over Discord (its developer policy limits health data)."""

    FULL = "full"  # answers that a member asked for, after a consent that names the rule
    NEUTRAL = "neutral"  # the same, without any drug, round or test word
    OFF = "off"  # no personal commands at all


def _chat_id(value: str) -> str:
    if value and not re.fullmatch("[0-9a-f]{8}", value):
        raise ValueError("it takes the eight characters of 0-9 and a-f that /faqadmin settings shows in the group")
    return value


def _webhook_url(value: str) -> str:
    if value and not re.fullmatch(r"https://[^\s/?#]+(/[^\s?#]*)?", value):
        raise ValueError("it takes an address that begins with https:// and has no ? or #")
    return value


_LOWER = BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value)
_TRIMMED = BeforeValidator(lambda value: value.strip() if isinstance(value, str) else value)
_UPPER = BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value)


class Settings(BaseSettings):
    """The operator's settings.

    An empty token means that the platform is not run. ``database_url`` is an SQLAlchemy address; the default is a file
    in ``data/``. The key that opens stored values comes from ``data_key`` (64 hexadecimal digits) or else from
    ``key_file``, which is made at the first start and must lie outside the data folder. ``home_chat`` is our own id of
    the chat whose curated answers hold, and whose moderators are asked, in direct chats that come from no group.
    ``in_flight`` is how many reminders at once may be under way to each platform. On ``http_port`` (0: none) of
    ``http_host`` the program tells how it is; ``telegram_webhook_url`` is the public address of that port's path
    ``/telegram``, where Telegram is to bring messages instead of being asked for them.
    """

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    telegram_token: SecretStr = SecretStr("")
    telegram_api_base: str = "https://api.telegram.org"
    discord_token: SecretStr = SecretStr("")
    discord_api_base: str = "https://discord.com/api/v10"
    discord_personal: Annotated[DiscordPersonal, _LOWER] = DiscordPersonal.FULL
    database_url: str = "sqlite:///data/roundtable.db"
    data_key: SecretStr = SecretStr("")
    key_file: Path = Path("keys/roundtable.key")
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], _UPPER] = "INFO"
    sweep_seconds: float = Field(default=5.0, gt=0, le=60)
    in_flight: int = Field(default=4, ge=1, le=32)
    http_host: Annotated[str, _TRIMMED] = "127.0.0.1"
    http_port: int = Field(default=0, ge=0, le=65535)
    telegram_webhook_url: Annotated[str, _TRIMMED, AfterValidator(_webhook_url)] = ""
    home_chat: Annotated[str, _TRIMMED, _LOWER, AfterValidator(_chat_id)] = ""

    @model_validator(mode="after")
    def _key_lies_apart(self) -> Self:
        """Refuse a key file in the folder of the data: whoever takes that folder would have both."""
        file = self.database_url.partition("///")[2]
        if self.database_url.startswith("sqlite") and file and not self.data_key.get_secret_value():
            data = Path(file).resolve().parent
            folder = self.key_file.resolve().parent
            if folder == data or (data != Path.cwd() and folder.is_relative_to(data)):
                raise ValueError("KEY_FILE must lie outside the folder of the database")
        return self

    @model_validator(mode="after")
    def _webhook_has_a_port(self) -> Self:
        if self.telegram_webhook_url and not self.http_port:
            raise ValueError("TELEGRAM_WEBHOOK_URL needs HTTP_PORT, on which the messages arrive")
        return self

    @cached_property
    def platforms(self) -> tuple[str, ...]:
        """The platforms that have a token."""
        tokens = {"telegram": self.telegram_token, "discord": self.discord_token}
        return tuple(name for name, token in tokens.items() if token.get_secret_value().strip())


def load_settings() -> Settings:
    """Read the settings.

    Raises:
        SettingsError: a value is not what its setting takes; the text names the settings, never their values.
    """
    try:
        return Settings()
    except ValidationError as error:
        # What pydantic says of each names what is taken, not the value; the error itself quotes it and is left out.
        wrong = sorted(
            f"{str(found['loc'][0]).upper()} ({found['msg'].removeprefix(_OUR_OWN)})"
            if found["loc"]
            else found["msg"].removeprefix(_OUR_OWN)
            for found in error.errors()
        )
        raise SettingsError(f"These settings have a value that cannot be used: {'; '.join(wrong)}.") from None
    except (UnicodeDecodeError, OSError) as error:
        raise SettingsError(_UNREADABLE) from error


def near_misses(env_file: Path = Path(".env")) -> tuple[str, ...]:
    """Names in the environment or the file that look like a mistyped setting, each as a sentence; values stay out.

    Raises:
        SettingsError: the file cannot be read.
    """
    known = {name.upper() for name in Settings.model_fields}
    names = {name for name in os.environ if name.upper().startswith(("TELEGRAM", "DISCORD"))}
    if env_file.is_file():
        try:
            names |= set(dotenv_values(env_file))
        except (UnicodeDecodeError, OSError) as error:
            raise SettingsError(_UNREADABLE) from error
    wrong = sorted(name for name in names if name.upper() not in known)
    found = ((name, get_close_matches(name.upper(), known, n=1, cutoff=0.75)) for name in wrong)
    return tuple(f"{name} is no setting. Did you mean {near[0]}?" for name, near in found if near)
