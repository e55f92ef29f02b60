"""APScheduler as a bell: it rings the core's sweep and upkeep, and holds no schedule of its own."""

from collections.abc import Awaitable, Callable

from apscheduler.schedulers.asyncio import (  # pyright: ignore[reportMissingTypeStubs] - APScheduler 3 ships no types
    AsyncIOScheduler,
)

UPKEEP_HOUR, UPKEEP_MINUTE = 3, 17
"""UTC time of day of the upkeep: off the full hour, when most reminders fall due."""


class Bell:
    """Rings every few seconds, and once a night."""

    def __init__(
        self, sweep: Callable[[], Awaitable[object]], upkeep: Callable[[], Awaitable[object]], every_seconds: float
    ) -> None:
        # A ring that comes while the last one is still being answered is dropped: the next sweep finds what it meant.
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )
        self._scheduler.add_job(sweep, "interval", seconds=every_seconds)  # pyright: ignore[reportUnknownMemberType] - as above
        self._scheduler.add_job(upkeep, "cron", hour=UPKEEP_HOUR, minute=UPKEEP_MINUTE)  # pyright: ignore[reportUnknownMemberType] - as above

    def start(self) -> None:
        """Begin to ring, on the running event loop."""
        self._scheduler.start()  # pyright: ignore[reportUnknownMemberType] - as above

    def stop(self) -> None:
        """Stop ringing; a sweep under way goes on."""
        self._scheduler.shutdown(wait=False)  # pyright: ignore[reportUnknownMemberType] - as above
