"""Figures for Prometheus. Labels come from closed sets, so that nothing about a member can become part of one."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot import errors
from bot.errors import StorageError
from bot.meter import Counts
from bot.reminders.reminder import TO_TELL
from bot.triage.assessment import Label

__all__ = ["OTHER", "Metrics"]

OTHER = "other"
"""What stands in place of a value that is not known beforehand."""

_PLATFORMS = frozenset({"telegram", "discord", "console"})
_ERRORS = frozenset(errors.__all__)
_STATUSES = frozenset(status.value for status in TO_TELL)

# What a flag is about is a health word, and in a small community a count of those tells on somebody.
_PRIORITIES = {label.value: "high" if label.alerts else "ordinary" for label in Label}

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_LATENESS = (1, 2, 5, 10, 30, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 3 * _HOUR, 12 * _HOUR, _DAY, 3 * _DAY)
_REVIEW = (
    *(_MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, _DAY, 3 * _DAY, 7 * _DAY),
)
_LAG = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

_PATIENCE = timedelta(seconds=5)


class Metrics:
    """Fulfils ``Meter``; ``counts`` asks the database what stands there, once for each ``expose``."""

    def __init__(self, counts: Callable[[], Awaitable[Counts]], patience: timedelta = _PATIENCE) -> None:
        self._counts = counts
        self._patience = patience
        registry = self._registry = CollectorRegistry()
        self._sent = Counter(
            "roundtable_reminders_sent", "Reminders sent by this process.", ["platform"], registry=registry
        )
        self._lateness = Histogram(
            "roundtable_reminder_lateness_seconds",
            "How long after their moment reminders were sent.",
            buckets=_LATENESS,
            registry=registry,
        )
        self._failures = Counter(
            "roundtable_delivery_failures",
            "Calls for reminders that failed, by the kind of error.",
            ["platform", "error"],
            registry=registry,
        )
        self._review = Histogram(
            "roundtable_flag_review_seconds",
            "How long flags waited for a moderator to take them up.",
            buckets=_REVIEW,
            registry=registry,
        )
        self._lag = Histogram(
            "roundtable_loop_lag_seconds",
            "How late the event loop woke up.",
            buckets=_LAG,
            registry=registry,
        )
        self._worst_lag = Gauge(
            "roundtable_loop_lag_worst_seconds", "The latest that the event loop woke up so far.", registry=registry
        )
        self._worst = 0.0
        self._standing = _Standing()
        registry.register(self._standing)
        ProcessCollector(registry=registry)
        for platform in _PLATFORMS - {"console"}:
            # A count that begins at nothing lets a rule see the first one.
            self._sent.labels(platform)

    def sent(self, platform: str, lateness: timedelta) -> None:
        """See ``Meter``."""
        self._sent.labels(_known(platform, _PLATFORMS)).inc()
        self._lateness.observe(max(lateness.total_seconds(), 0.0))

    def failed(self, platform: str, error: str) -> None:
        """See ``Meter``."""
        self._failures.labels(_known(platform, _PLATFORMS), _known(error, _ERRORS)).inc()

    def reviewed(self, took: timedelta) -> None:
        """See ``Meter``."""
        self._review.observe(max(took.total_seconds(), 0.0))

    def lagged(self, by: timedelta) -> None:
        """The event loop woke up so much later than it was asked to."""
        seconds = by.total_seconds()
        self._lag.observe(seconds)
        if seconds > self._worst:
            self._worst = seconds
            self._worst_lag.set(seconds)

    async def expose(self) -> bytes:
        """Everything in Prometheus's text format; without the database, what this process knows by itself."""
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                self._standing.counts = await self._counts()
            self._standing.late = False
        except StorageError:
            self._standing.counts, self._standing.late = None, False
        except TimeoutError:
            self._standing.counts, self._standing.late = None, True
        # Reading /proc and writing the text take milliseconds, in which nobody would be answered.
        return await asyncio.to_thread(generate_latest, self._registry)


class _Standing(Collector):
    """What stood in the database when it was last asked; None where it did not answer, or was ``late``."""

    def __init__(self) -> None:
        self.counts: Counts | None = None
        self.late = False

    def collect(self) -> Iterator[Metric]:
        counts = self.counts
        yield _gauge("roundtable_database_late", "Whether the database took too long to answer.", float(self.late))
        if not self.late:
            # Whether it is down is not known where it has not answered yet.
            yield _gauge("roundtable_database_up", "Whether the database answered.", float(counts is not None))
        if counts is None:
            # Old figures would pass for new ones.
            return
        yield _gauge(
            "roundtable_reminders_due",
            "Reminders whose moment has come, quiet hours apart, and that are of use still.",
            counts.due,
        )
        yield _gauge(
            "roundtable_reminders_waiting_seconds", "How long ago the oldest of those was due.", counts.waiting_seconds
        )
        yield _labelled(
            "roundtable_reminders_untold",
            "Reminders that ended in the last day without surely arriving, and that their members have not heard of.",
            "status",
            dict.fromkeys(_STATUSES, 0) | _summed(counts.untold, {status: status for status in _STATUSES}),
        )
        yield _labelled(
            "roundtable_flags_open",
            "Flags that no moderator has closed.",
            "priority",
            dict.fromkeys(_PRIORITIES.values(), 0) | _summed(counts.flags_open, _PRIORITIES),
        )


def _known(value: str, among: Iterable[str]) -> str:
    return value if value in among else OTHER


def _summed(figures: Mapping[str, int], names: Mapping[str, str]) -> dict[str, int]:
    """The figures under the names that they are shown by."""
    found: dict[str, int] = {}
    for key, figure in figures.items():
        name = names.get(key, OTHER)
        found[name] = found.get(name, 0) + figure
    return found


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=value)


def _labelled(name: str, about: str, label: str, figures: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=[label])
    for value, figure in sorted(figures.items()):
        family.add_metric([value], figure)
    return family
