"""What Discord can do, and its figures (Discord's developer documentation, 2026-08-06)."""

from bot.chat.capabilities import Capabilities
from bot.settings import DiscordPersonal

PLATFORM = "discord"
DEFAULT_BASE = "https://discord.com/api/v10"

MOST_CHARACTERS = 2000
"""Characters of a message."""

ROW, MOST_ROWS = 5, 5
"""Buttons a row, and rows a message."""

MOST_LABEL = 80
"""Characters of a button's label."""

MOST_OPTIONS = 25
"""Lines of a menu, choices of an option, and values offered while typing."""

MOST_OPTION_TEXT = 100
"""Characters of such a line, of a command's or option's description, and of a hint."""


def capabilities(personal: DiscordPersonal) -> Capabilities:
    """What Discord can do for a bot whose operator allows this much of a member's own dates."""
    return Capabilities(
        platform=PLATFORM,
        most_characters=MOST_CHARACTERS,
        most_buttons=ROW,
        most_rows=MOST_ROWS,
        data_bytes=100,
        hidden_in_group=True,
        forms=True,
        discreet=personal is not DiscordPersonal.FULL,
        discreet_unasked=True,
        personal=personal is not DiscordPersonal.OFF,
    )


def cut(text: str, most: int) -> str:
    """A text within its limit; one that was longer ends with an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"
