"""The figures of delivery at scale, for ``make bench``: how fast reminders are claimed and marked, what growth costs.

PostgreSQL writes to the disk here as it does for operators. By itself, with a smaller size:
``PYTHONPATH=.:tests python tests/bench_delivery.py 100000``.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from shutil import copyfile

from bench_rows import fill

import builders
from bot.reminders.reminder import Status
from builders import NOW
from fakes.postgres import PostgresServer
from storage.store import Store

SMALL, LARGE = 10_000, 1_000_000
WORKERS = 4
BATCH = 100
RUNS = 100
_MOST_SECONDS = 300  # before a worker counts as failed
_LEASE = timedelta(minutes=5)
_SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "128MB",
    "max_wal_size": "4GB",
}


@dataclass(frozen=True)
class Taken:
    """What one worker did, from one moment of the machine's clock to another; it ``worked`` so many seconds of them."""

    ids: Sequence[str]
    start: float
    end: float
    worked: float


def print_figures(large: int = LARGE) -> None:
    """Fill two sizes on both databases, and print what each costs."""
    server = PostgresServer(settings=_SETTINGS)
    with tempfile.TemporaryDirectory() as folder:
        try:
            server.start()
            sqlite, postgres = _filled(server, Path(folder), large)
            for name, urls in (("SQLite", sqlite), ("PostgreSQL", postgres)):
                asyncio.run(_print_costs(name, urls, large))
                _print_memory(name, urls, large)
            print(f"claim + start + finish in batches of {BATCH}, three commits a batch:")
            for size, url in zip((SMALL, large), sqlite, strict=True):
                _print_rate(f"SQLite, 1 process, {size:,} rows", url, 1)
            for size, url in zip((SMALL, large), postgres, strict=True):
                _print_rate(f"PostgreSQL, {WORKERS} processes, {size:,} rows", url, WORKERS)
        finally:
            server.close()


def _filled(server: PostgresServer, folder: Path, large: int) -> tuple[list[str], list[str]]:
    """The addresses of the small and the large database of either kind."""
    empty, template = folder / "empty.db", server.create_database()
    builders.make_tables(f"sqlite:///{empty}")
    builders.make_tables(server.url(template))
    sqlite: list[str] = []
    postgres: list[str] = []
    for size in (SMALL, large):
        began = time.perf_counter()
        path, url = folder / f"{size}.db", server.url(server.create_database(template))
        copyfile(empty, path)
        asyncio.run(fill(str(path), url, size, due=min(size // 2, 40_000)))
        sqlite.append(f"sqlite:///{path}")
        postgres.append(url)
        took = time.perf_counter() - began
        print(f"{size:,} members with a reminder each: filled in {took:.0f} s, SQLite {path.stat().st_size >> 20} MB")
    return sqlite, postgres


async def _print_costs(name: str, urls: Sequence[str], large: int) -> None:
    """What does not depend on how much is due, at both sizes in turn."""
    stores = [Store(builders.open_engine(url), builders.Vault(builders.KEY)) for url in urls]
    for what, measured in (
        ("a claim with nothing due", _claim_nothing),
        (f"a claim of {BATCH} of those due", _claim_some),
        ("the next due moment", _next_due),
        ("taking back what was left", _recover),
    ):
        taken: tuple[list[float], list[float]] = ([], [])
        for _run in range(RUNS):
            for store, times in zip(stores, taken, strict=True):
                began = time.perf_counter()
                await measured(store)
                times.append(time.perf_counter() - began)
        small, big = (statistics.median(times) * 1000 for times in taken)
        print(f"{name}, {what}: {small:.2f} ms at {SMALL:,}, {big:.2f} ms at {large:,}, ratio {big / small:.2f}")
    for store in stores:
        await store.close()


async def _claim_nothing(store: Store) -> None:
    async with store.work() as work:
        await work.reminders.claim(NOW - _LEASE, BATCH, _LEASE)


async def _claim_some(store: Store) -> None:
    async with store.work() as work:
        await work.reminders.claim(NOW, BATCH, _LEASE)


async def _next_due(store: Store) -> None:
    async with store.look() as work:
        await work.reminders.next_due()


async def _recover(store: Store) -> None:
    async with store.work() as work:
        await work.reminders.recover(NOW, _LEASE, set(await work.reminders.holders()) - {"0a0a0a0a"})


async def _work_off(url: str, process: str, begin: Callable[[], object]) -> Taken:
    async with builders.open_store(url) as store:
        await _claim_nothing(store)
        begin()
        start, worked, ids = time.monotonic(), time.process_time(), list[str]()
        while taken := await _batch(store, process):
            ids += taken
        return Taken(ids, start, time.monotonic(), time.process_time() - worked)


async def _batch(store: Store, process: str) -> list[str]:
    async with store.work() as work:
        token, found = await work.reminders.claim(NOW, BATCH, _LEASE, process)
        await work.commit()
    ids = [each.id for each in found]
    if ids:
        async with store.work() as work:
            await work.reminders.start(token, ids, NOW + _LEASE)
            await work.commit()
        async with store.work() as work:
            await work.reminders.finish(token, ids, Status.SENT, NOW)
            await work.commit()
    return ids


def _worker(url: str, number: int, barrier: Barrier, results: "Queue[Taken]") -> None:
    results.put(asyncio.run(_work_off(url, f"{number:08x}", barrier.wait)))


def _print_rate(name: str, url: str, workers: int) -> None:
    context = get_context("spawn")
    barrier, results = context.Barrier(workers, timeout=_MOST_SECONDS), context.Queue()
    crew: list[BaseProcess] = [
        context.Process(target=_worker, args=(url, number, barrier, results), daemon=True) for number in range(workers)
    ]
    for each in crew:
        each.start()
    taken: list[Taken] = [results.get(timeout=_MOST_SECONDS) for _each in crew]
    for each in crew:
        each.join()
    ids = [row for each in taken for row in each.ids]
    took = max(each.end for each in taken) - min(each.start for each in taken)
    # On a machine that does other things as well, only the second figure says something about the program.
    own = sum(each.worked for each in taken) / len(ids) * 1_000_000
    twice = len(ids) - len(set(ids))
    print(f"{name}: {len(ids) / took:,.0f} rows/s, {own:.0f} us of the workers' own a row; {len(ids):,}, {twice} twice")


def _print_memory(name: str, urls: Sequence[str], large: int) -> None:
    context = get_context("spawn")
    peaks: list[tuple[float, float]] = []
    for url in urls:
        results = context.Queue()
        child = context.Process(target=_measure_memory, args=(url, results), daemon=True)
        child.start()
        peaks.append(results.get(timeout=_MOST_SECONDS))
        child.join()
    for what, small, big in zip(("sweeping", "walking over all members as well"), *peaks, strict=True):
        print(
            f"{name}, memory of a process {what}: {small:.0f} MB at {SMALL:,}, {big:.0f} MB at {large:,}, "
            f"{big - small:+.1f} MB"
        )


def _measure_memory(url: str, results: "Queue[tuple[float, float]]") -> None:
    results.put(asyncio.run(_peaks(url)))


async def _peaks(url: str) -> tuple[float, float]:
    async with builders.open_store(url) as store:
        one_sweep: tuple[Callable[[Store], Awaitable[object]], ...] = (_recover, _claim_some, _next_due)
        for _run in range(20):
            for each in one_sweep:
                await each(store)
            await store.counts(NOW)
        swept, last = _peak(), ""
        while True:
            async with store.look() as work:
                page = await work.members.ids(last)
            if not page:
                return swept, _peak()
            last = page[-1]


def _peak() -> float:
    """The most memory of this process so far, in MB; ``getrusage`` would count what its parent used."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    print_figures(int(sys.argv[1]) if len(sys.argv) > 1 else LARGE)
