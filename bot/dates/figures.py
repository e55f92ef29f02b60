"""Dates in figures alone, in the orders that the person who typed them may use."""

import re
from collections.abc import Sequence
from datetime import date

from bot.dates.days import Context, Found, day_of, found, on_weekday, yearly
from bot.dates.order import Order
from bot.dates.vocabulary import Atom

_CENTURY = 2000
# No figure of a date is longer than a year; anything longer counts as this many digits and fits no pattern.
_TOO_LONG = 5


def in_figures(atom: Atom, weekday: int | None, context: Context) -> Found | None:
    """Read 05/12/2026, 5.12.2026, 2026-12-05, 5/12 or 5.12. (an atom of kind q) and hold it against a weekday."""
    lengths = "".join(str(min(len(figure), _TOO_LONG)) for figure in atom.figures)
    if re.fullmatch(r"[12][12]", lengths):
        return _day_and_month(atom, weekday, context)
    if re.fullmatch(r"4[12][12]", lengths):
        return on_weekday(found([_by_order(atom.figures, Order.YEAR_FIRST)]), weekday)
    if re.fullmatch(r"[12][12][24]", lengths):
        return _day_month_year(atom, weekday, context, year_may_be_first=lengths == "222")
    return None


def _day_month_year(atom: Atom, weekday: int | None, context: Context, *, year_may_be_first: bool) -> Found | None:
    if atom.mark == ".":
        return on_weekday(found([_by_order(atom.figures, Order.DAY_FIRST)]), weekday)
    known = context.orders - {Order.YEAR_FIRST}
    # Where the year may come first, or figures stand as in ISO, 26-12-05 can be 2026 as well as 2005.
    if year_may_be_first and (Order.YEAR_FIRST in context.orders or atom.mark == "-"):
        known |= {Order.YEAR_FIRST}
    days = [_by_order(atom.figures, order) for order in known]
    if any(days):
        return on_weekday(found(days), weekday)
    # 13/5/2026 from a month-first country: the only day it can be, but somebody slipped, so it is asked about.
    return found([_by_order(atom.figures, order) for order in (Order.DAY_FIRST, Order.MONTH_FIRST)], sure=False)


def _day_and_month(atom: Atom, weekday: int | None, context: Context) -> Found | None:
    if atom.mark == "." and not atom.value:
        # "5.12" without its last point may as well be a time or a price.
        return None
    first, second = map(int, atom.figures)
    both = {Order.DAY_FIRST: (second, first), Order.MONTH_FIRST: (first, second)}
    known = [Order.DAY_FIRST] if atom.mark == "." else [order for order in both if order in context.orders]
    results = [
        result
        for month, day in (both[order] for order in known)
        if (result := yearly(context, lambda year, month=month, day=day: day_of(year, month, day), weekday))
    ]
    # A weekday that one order fits and the other does not says which of them is meant.
    results = [result for result in results if result.sure and weekday is not None] or results
    # "5-12" may be a range of days.
    sure = atom.mark != "-" and all(result.sure for result in results)
    return found([day for result in results for day in result.days], sure=sure)


def _by_order(figures: Sequence[str], order: Order) -> date | None:
    placed = dict(zip(order.value, figures, strict=True))
    century = _CENTURY if len(placed["Y"]) < len(str(_CENTURY)) else 0
    return day_of(century + int(placed["Y"]), int(placed["M"]), int(placed["D"]))
