"""Telegram, by long polling with python-telegram-bot 22.8."""

import os

# The library reads this whenever it makes a RetryAfter; without it each one warns of durations as bare numbers.
os.environ.setdefault("PTB_TIMEDELTA", "true")
