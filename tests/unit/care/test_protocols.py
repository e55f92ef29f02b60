import tomllib
from pathlib import Path

import pytest

from bot.care import protocols
from bot.care.protocols import REGIONS, protocol_for

MONTHLY = ("cbc", "creatinine", "urinalysis")


@pytest.mark.parametrize(
    ("region", "monthly", "third_month", "team"),
    [
        pytest.param("US", MONTHLY, (*MONTHLY, "tsh"), ("liver",), id="US"),
        pytest.param("UK", (*MONTHLY, "liver"), (*MONTHLY, "tsh", "liver"), (), id="UK"),
        pytest.param("EU", (*MONTHLY, "liver"), (*MONTHLY, "tsh", "liver"), (), id="EU"),
        pytest.param("other", MONTHLY, (*MONTHLY, "tsh"), ("liver",), id="other"),
    ],
)
def test_each_region_has_its_checks(
    region: str, monthly: tuple[str, ...], third_month: tuple[str, ...], team: tuple[str, ...]
) -> None:
    protocol = protocol_for(region)

    for month in range(1, 61):
        assert protocol.panels_due(month) == (monthly if month % 3 else third_month)
    assert protocol.team_panels == team


@pytest.mark.parametrize(
    ("region", "when", "panels"),
    [
        pytest.param("US", "yearly", {"skin", "hpv"}, id="US_yearly"),
        pytest.param(
            "US",
            "once",
            {"urine_protein", "tuberculosis", "varicella", "vaccinations", "hepatitis"},
            id="US_once",
        ),
        pytest.param("UK", "yearly", set(), id="UK_yearly"),
        pytest.param("UK", "once", {"hiv", "hepatitis", "varicella", "tuberculosis"}, id="UK_once"),
        pytest.param("EU", "yearly", set(), id="EU_yearly"),
        pytest.param("EU", "once", {"hiv", "hepatitis", "varicella", "tuberculosis"}, id="EU_once"),
        pytest.param("other", "yearly", set(), id="other_yearly"),
        pytest.param("other", "once", {"varicella", "tuberculosis"}, id="other_once"),
    ],
)
def test_yearly_and_one_off_items_are_listed_and_never_due(region: str, when: str, panels: set[str]) -> None:
    protocol = protocol_for(region)

    assert {panel.id for panel in protocol.panels if panel.when == when} == panels
    assert not panels & {panel for month in range(1, 61) for panel in protocol.panels_due(month)}


def test_intervals_are_calendar_months() -> None:
    every = {panel.when: panel.every_months for panel in protocol_for("US").panels}

    assert every == {"monthly": 1, "quarterly": 3, "yearly": 12, "team": None, "once": None}


def test_switzerland_follows_the_eu() -> None:
    assert protocol_for("CH") == protocol_for("EU")


def test_only_where_no_information_was_read_does_the_centre_decide() -> None:
    assert [region for region in REGIONS if protocol_for(region).centre_decides] == ["other"]


@pytest.mark.parametrize("region", REGIONS)
def test_every_panel_names_its_sources(region: str) -> None:
    protocol = protocol_for(region)

    for panel in protocol.panels:
        assert panel.sources
        assert set(panel.sources) <= set(protocol.sources)
        assert panel.words == f"panel.{panel.id}"
    assert len({panel.id for panel in protocol.panels}) == len(protocol.panels)


def test_every_source_in_the_data_is_cited() -> None:
    data = tomllib.loads(Path(protocols.__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    cited = {source for region in REGIONS for source in protocol_for(region).sources}

    assert cited == set(data["sources"].values())


def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(ValueError, match="no such region: 'FR'"):
        protocol_for("FR")
