"""APScheduler as a bell: it rings for the core's sweep and upkeep, and holds no schedule of its own."""

from collections.abc import Callable

from apscheduler.schedulers.asyncio import (  # pyright: ignore[reportMissingTypeStubs] - APScheduler 3 ships no types
    AsyncIOScheduler,
)

UPKEEP_HOUR, UPKEEP_MINUTE = 3, 17
"""UTC time of day of the upkeep: off the full hour, when most reminders fall due."""


class Bell:
    """Rings every few seconds, and once a night.

    What it calls only notes the ring and returns: APScheduler cancels what is under way when it is shut down.
    """

    def __init__(self, sweep: Callable[[], None], upkeep: Callable[[], None], every_seconds: float) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )
        self._scheduler.add_job(_ring, args=[sweep], trigger="interval", seconds=every_seconds)  # pyright: ignore[reportUnknownMemberType] - as above
        self._scheduler.add_job(_ring, args=[upkeep], trigger="cron", hour=UPKEEP_HOUR, minute=UPKEEP_MINUTE)  # pyright: ignore[reportUnknownMemberType] - as above

    def start(self) -> None:
        """Begin to ring, on the running event loop."""
        self._scheduler.start()  # pyright: ignore[reportUnknownMemberType] - as above

    def stop(self) -> None:
        """Stop ringing; what was rung for goes on."""
        self._scheduler.shutdown(wait=False)  # pyright: ignore[reportUnknownMemberType] - as above


async def _ring(note: Callable[[], None]) -> None:
    # A coroutine, since APScheduler calls plain functions in a thread, which must not touch the event loop.
    note()
