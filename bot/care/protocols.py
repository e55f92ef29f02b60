"""Which checks a region's product information asks for, and how often: ``protocols.toml``, read once."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NotRequired, TypedDict, cast

__all__ = ["REGIONS", "Panel", "Protocol", "When", "protocol_for"]

When = Literal["monthly", "quarterly", "team", "yearly", "once"]
"""How often; ``team`` means that the sources name no interval, so the member's team says when."""

REGIONS = ("US", "UK", "EU", "other")
"""The regions with a plan of their own; ``CH`` is understood too and follows ``EU``."""

_EVERY_MONTHS: dict[When, int] = {"monthly": 1, "quarterly": 3, "yearly": 12}
_FOLLOWS = {"CH": "EU"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One kind of check; ``sources`` name where its interval was read, with their dates."""

    id: str
    when: When
    sources: tuple[str, ...]

    @property
    def every_months(self) -> int | None:
        """The interval in calendar months; None where there is none."""
        return _EVERY_MONTHS.get(self.when)

    @property
    def words(self) -> str:
        """The word key of the panel's name."""
        return f"panel.{self.id}"


@dataclass(frozen=True, slots=True)
class Protocol:
    """The plan of one region.

    ``sources`` name everything it rests on, the 48 months included. ``centre_decides`` marks the plan for a region
    whose own product information was not read: it is shown together with the word that the member's centre decides.
    """

    region: str
    panels: tuple[Panel, ...]
    sources: tuple[str, ...]
    centre_decides: bool

    @property
    def team_panels(self) -> tuple[str, ...]:
        """The panels that are done when the member's team says so; never in ``panels_due``."""
        return tuple(panel.id for panel in self.panels if panel.when == "team")

    def panels_due(self, month: int) -> tuple[str, ...]:
        """Return the panels of month ``month`` (1 and up, month 0 being the first infusion day), in the plan's order.

        The three-monthly ones are due in months 3, 6, 9 and so on.
        """
        whens = ("monthly", "quarterly") if month % _EVERY_MONTHS["quarterly"] == 0 else ("monthly",)
        return tuple(panel.id for panel in self.panels if panel.when in whens)


def protocol_for(region: str) -> Protocol:
    """Return the plan for one of ``REGIONS`` or for ``CH``.

    Raises:
        ValueError: there is no such region.
    """
    try:
        return _protocols()[_FOLLOWS.get(region, region)]
    except KeyError:
        raise ValueError(f"no such region: {region!r}") from None


class _PanelRow(TypedDict):
    id: str
    when: When
    sources: list[str]


class _RegionRow(TypedDict):
    until: list[str]
    panels: list[_PanelRow]
    centre_decides: NotRequired[bool]


@cache
def _protocols() -> dict[str, Protocol]:
    data = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    titles = cast("dict[str, str]", data["sources"])
    return {region: _protocol(region, cast("_RegionRow", data[region]), titles) for region in REGIONS}


def _protocol(region: str, row: _RegionRow, titles: dict[str, str]) -> Protocol:
    panels = tuple(
        Panel(panel["id"], panel["when"], tuple(titles[name] for name in panel["sources"])) for panel in row["panels"]
    )
    names = dict.fromkeys([*row["until"], *(name for panel in row["panels"] for name in panel["sources"])])
    return Protocol(region, panels, tuple(titles[name] for name in names), row.get("centre_decides", False))
