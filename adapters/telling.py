"""Telling the operator of something that only they can put right, and that lasts."""

import time

import structlog

__all__ = ["Hourly"]

_AGAIN_AFTER_SECONDS = 3600.0

log = structlog.get_logger()


class Hourly:
    """Tells of each thing at once, and while it lasts or comes again once an hour."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], float] = {}

    def tell(self, event: str, what_to_do: str) -> None:
        """Log it as an error with one plain sentence, unless that was done within the hour."""
        told, now = self._told.get((event, what_to_do)), time.monotonic()
        if told is None or now - told >= _AGAIN_AFTER_SECONDS:
            self._told[event, what_to_do] = now
            log.error(event, what_to_do=what_to_do)
