"""Calendar months, always counted from an anchor, so that a short month leaves no trace in the months after it."""

from calendar import monthrange
from datetime import date

__all__ = ["months_after"]


def months_after(day: date, months: int, anchor_day: int | None = None) -> date:
    """Return the anchor day in the calendar month that lies ``months`` after that of ``day``.

    ``anchor_day`` (1 to 31) is the wanted day of the month, that of ``day`` if None; a month that is too short for it
    gives its last day.

    Raises:
        ValueError: the month lies outside years 1 to 9999.
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(anchor_day or day.day, monthrange(year, month)[1]))
