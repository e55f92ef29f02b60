"""Telling the operator of calls that fail, without a line for each of them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.errors import DeliveryError

_AGAIN_AFTER = timedelta(minutes=10)
_MOST_KNOWN = 100

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Complaints:
    """What has been said of which platform: each kind of trouble once in ten minutes."""

    _said: dict[tuple[str, str], datetime] = field(default_factory=dict[tuple[str, str], datetime], init=False)

    def say(self, platform: str, error: DeliveryError, now: datetime) -> None:
        """Say that a call failed, unless that was said just before."""
        said = self._said.get((platform, error.reason))
        if said is not None and said <= now < said + _AGAIN_AFTER:
            return
        if len(self._said) >= _MOST_KNOWN:
            self._said.clear()
        self._said[platform, error.reason] = now
        log.warning("reminders_fail", platform=platform, error=type(error).__name__, reason=error.reason)
