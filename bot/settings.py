"""What the operator sets, read once from the environment and the file ``.env``; ``.env.example`` shows each."""

import os
from difflib import get_close_matches
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError


class DiscordPersonal(Enum):
    """How much of a member's own dates may travel over Discord (its developer policy limits health data)."""

    FULL = "full"  # answers that a member asked for, after a consent that names the rule
    NEUTRAL = "neutral"  # the same, without any drug, round or test word
    OFF = "off"  # no personal commands at all


class Settings(BaseSettings):
    """The operator's settings.

    An empty token means that the platform is not run. ``database_url`` is an SQLAlchemy address; the default is a file
    in ``data/``. The key that opens stored values comes from ``data_key`` (64 hexadecimal digits) or else from
    ``key_file``, which is made at the first start and must lie outside the data folder.
    """

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

    telegram_token: SecretStr = SecretStr("")
    telegram_api_base: str = "https://api.telegram.org"
    discord_token: SecretStr = SecretStr("")
    discord_api_base: str = "https://discord.com/api/v10"
    discord_personal: DiscordPersonal = DiscordPersonal.FULL
    database_url: str = "sqlite+aiosqlite:///data/roundtable.db"
    data_key: SecretStr = SecretStr("")
    key_file: Path = Path("keys/roundtable.key")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    sweep_seconds: float = Field(default=5.0, gt=0, le=60)

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
        wrong = sorted({str(part).upper() for found in error.errors() for part in found["loc"]})
        raise SettingsError(f"These settings have a value that cannot be used: {', '.join(wrong)}.") from None


def near_misses(env_file: Path = Path(".env")) -> tuple[str, ...]:
    """Names in the environment or the file that look like a mistyped setting, each as a sentence; values stay out."""
    known = {name.upper() for name in Settings.model_fields}
    names = {name for name in os.environ if name.upper().startswith(("TELEGRAM", "DISCORD"))}
    if env_file.is_file():
        names |= set(dotenv_values(env_file))
    wrong = sorted(name for name in names if name.upper() not in known)
    found = ((name, get_close_matches(name.upper(), known, n=1, cutoff=0.75)) for name in wrong)
    return tuple(f"{name} is no setting. Did you mean {near[0]}?" for name, near in found if near)
