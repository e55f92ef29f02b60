"""The plain signs that a question tells of somebody's own case, so that only their physician can answer it.

The trained model finds most of them; these patterns, which people can read, hold whatever the model has learned.
"""

import re
import tomllib
from functools import lru_cache
from pathlib import Path


def names_own_case(text: str) -> bool:
    """Whether an already normal text holds one of the signs of ``personal.toml``."""
    return _signs().search(text) is not None


@lru_cache(maxsize=1)
def _signs() -> re.Pattern[str]:
    kept: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("personal.toml").read_text("utf-8"))
    return re.compile("|".join(f"(?:{pattern})" for pattern in kept["own_case"]))
