"""The real limits of both platforms hold, and a crowd is due: see ``bench_ceilings`` for the figures."""

import bench_ceilings
import pytest

FEW = 4
"""Calls that a machine which stands still while they are under way may bring together at the platform."""


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("platform", bench_ceilings.CEILINGS)
async def test_a_crowd_trips_no_limit(platform: str) -> None:
    held = await bench_ceilings.hold(platform, 120)
    assert len(held.taken) > 100
    assert held.refused <= FEW
