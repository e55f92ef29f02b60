"""What the doctor says of clocks that differ."""

from datetime import timedelta

import pytest

from bot.cli.doctor import clock_finding


@pytest.mark.parametrize(
    ("seconds", "ok", "told"),
    [
        (0.04, True, "0.0 seconds apart"),
        (-5, True, "5.0 seconds apart"),
        (5.1, False, "5 seconds ahead of"),
        (-90, False, "90 seconds behind"),
    ],
)
def test_clocks_more_than_five_seconds_apart_are_a_fault(seconds: float, told: str, *, ok: bool) -> None:
    found = clock_finding(timedelta(seconds=seconds))
    assert (found.ok, told in found.text) == (ok, True), found.text
