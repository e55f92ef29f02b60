"""What the operator's log looks like: one line an event, no message text, no health word, no member's name or id."""

import io
import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog


def configure(level: str) -> None:
    """Write structured lines to standard error from ``level`` on (a name of the standard library's levels)."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
            if sys.stderr.isatty()
            else structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", _StandardError())),
        cache_logger_on_first_use=False,
    )
    # The libraries' own lines can hold addresses with a token in them, so only their warnings come through, and only
    # where they arose.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Shortened())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # httpx tells of every request, APScheduler of each ring that came while the last one was being answered, discord.py
    # at each start that it was installed without voice and, when it must wait, of addresses that hold tokens.
    for name in ("httpx", "apscheduler", "discord"):
        logging.getLogger(name).setLevel(logging.ERROR)


class _StandardError(io.TextIOBase):
    """Standard error where no line can fail: on a full disk lines are lost, and what was to be done is done."""

    def write(self, text: str, /) -> int:
        with suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


class _Shortened(logging.Formatter):
    """A library's line without its text and its traceback, which may quote what somebody typed."""

    def format(self, record: logging.LogRecord) -> str:
        error = f" error={record.exc_info[0].__name__}" if record.exc_info and record.exc_info[0] else ""
        place = f"logger={record.name} at={record.funcName}:{record.lineno}"
        return f"level={record.levelname.lower()} event=library {place}{error}"
