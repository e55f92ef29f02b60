"""Figures, printed: `make bench`. Times are of one run on one machine: compare them with each other, not across runs.

Nothing here is asserted: a slow machine is not a fault of the program.
"""

import asyncio
import contextlib
import math
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import bench_ceilings
import bench_delivery
import bench_triage
from pydantic import SecretStr

from bot.care.labs import Check, lay_out
from bot.care.protocols import protocol_for
from bot.care.rounds import Round
from bot.chat.capabilities import Capabilities
from bot.chat.events import Used
from bot.chat.people import Person, Place, PlaceKind
from bot.faq.entry import Entry, Phrasing
from bot.faq.files import FOLDER, read_folder
from bot.faq.fitting import Query, read_queries
from bot.faq.found import Found
from bot.faq.search import Search
from bot.settings import Settings
from bot.wiring import build_core, open_store
from e2e.program import ROOT, Program
from fakes.discord_server import FakeDiscord
from fakes.telegram import FakeTelegram

CORE = "import bot.dispatcher, bot.features, bot.reminders.sweep, bot.settings"
QUERIES = ROOT / "tests/data/faq"
CONSOLE = Capabilities("console", 4000, 4, 20, 64, hidden_in_group=True, forms=False)


def main() -> None:
    print("== start-up")
    bare = _seconds("pass")
    for name, code in (
        ("the core (bot/ without storage and adapters)", CORE),
        ("the core with its storage", "import bot.wiring"),
        ("SQLAlchemy and aiosqlite alone, to compare with", "import sqlalchemy.ext.asyncio, aiosqlite"),
        ("the command line's `plan`", "import bot.cli.plan"),
    ):
        took = _seconds(code)
        print(f"import of {name}: {took - bare:.3f} s beside {bare:.3f} s of bare Python")
    asyncio.run(_program())
    print("== the core")
    _pure()
    asyncio.run(_use_cases())
    print("== the search over the curated answers")
    _search()
    print("== triage")
    bench_triage.print_figures()
    print("== reminders: the database")
    bench_delivery.print_figures()
    print("== reminders: the platforms' ceilings")
    bench_ceilings.print_figures()


def _seconds(code: str, times: int = 7) -> float:
    """The best of some runs: what else the machine does only ever adds."""
    taken: list[float] = []
    # Compiled files are written by the first run, as they are on a server.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=environment)
        taken.append(time.perf_counter() - start)
    return min(taken)


async def _program() -> None:
    """Start to first answer, on an empty database and again; memory with both platforms connected."""
    async with FakeTelegram() as telegram, FakeDiscord() as discord:
        anna = telegram.user(1001, "Anna", language_code="en")
        with tempfile.TemporaryDirectory() as folder:
            program = Program(
                Path(folder),
                {
                    "TELEGRAM_TOKEN": telegram.token,
                    "TELEGRAM_API_BASE": telegram.base_url.removesuffix("/bot"),
                    "DISCORD_TOKEN": discord.token,
                    "DISCORD_API_BASE": discord.base_url,
                },
            )
            for which in ("first start, with an empty database", "start"):
                start = time.perf_counter()
                await program.start()
                await anna.says("/help")
                await anna.waits_for("What I can do", timeout=60)
                print(f"{which} to first answer, both platforms: {time.perf_counter() - start:.2f} s")
                if which == "start":
                    await asyncio.sleep(3)
                    print(f"memory with both platforms connected: {_resident(program):.0f} MiB resident")
                    await asyncio.sleep(12)
                    print(f"memory with the index of cities and the vectors: {_resident(program):.0f} MiB resident")
                await program.end()


def _resident(program: Program) -> float:
    assert program.process
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{program.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return float("nan")


def _pure() -> None:
    rounds = (Round(1, date(2025, 1, 13), 5), Round(2, date(2026, 1, 19), 3))
    checks = [Check(date(2025, 2, 10) + timedelta(days=30 * n)) for n in range(20)]
    protocol = protocol_for("UK")

    def plan() -> None:
        lay_out(rounds, checks, (), protocol, anchor_day=None, joined=date(2025, 1, 1), today=date(2026, 11, 22))

    print(f"lay out a whole course, 20 checks recorded: {_microseconds(plan):.0f} µs")


def _microseconds(code: Callable[[], None], times: int = 500) -> float:
    start = time.perf_counter()
    for _ in range(times):
        code()
    return (time.perf_counter() - start) / times * 1e6


def _search() -> None:
    """Quality on queries that were written apart from all that the search learned from; intervals of 95 % (Wilson)."""
    entries = read_folder(FOLDER)
    queries = [query for path in sorted(QUERIES.glob("test*.jsonl")) for query in read_queries(path)]
    for name, with_vectors in (("with sentence vectors", True), ("by words alone", False)):
        search = Search.over(entries, with_vectors=with_vectors)
        found = {query.id: search.find(query.query) for query in queries}
        print(f"-- {name}: {len(queries)} queries written apart")
        for language, chosen in (
            ("English", [query for query in queries if query.language == "en"]),
            ("es, de, fr, it", [query for query in queries if query.language != "en"]),
        ):
            inside = [query for query in chosen if query.entry]
            outside = [query for query in chosen if not query.entry]
            sure = [query for query in inside if found[query.id].sure]
            first = sum(found[query.id].hits[0].entry_id == query.entry for query in inside)
            three = sum(query.entry in {hit.entry_id for hit in found[query.id].hits[:3]} for query in inside)
            right = sum(found[query.id].hits[0].entry_id == query.entry for query in sure)
            print(f"{language}: on top {_share(first, len(inside))}, in the top three {_share(three, len(inside))}")
            print(f"{language}: shown outright {_share(len(sure), len(inside))}, right {_share(right, len(sure))}")
            wrongly, offered = (sum(found[q.id].sure for q in outside), sum(found[q.id].offered > 0 for q in outside))
            print(f"{language}: out of scope shown outright {_share(wrongly, len(outside))},"
                  f" offered to choose from {_share(offered, len(outside))}")  # fmt: skip
        pointed = [query for query in queries if found[query.id].personal]
        own = [query for query in queries if query.personal]
        print(f"own case noticed {_share(sum(q.personal for q in pointed), len(own))} of those marked so,"
              f" rightly {_share(sum(q.personal for q in pointed), len(pointed))}")  # fmt: skip
        if with_vectors:
            _print_worst([(q, found[q.id]) for q in queries])
        print(f"median of a query: {_median_of(search, queries):.2f} ms")
    _print_growth(entries, queries)


def _print_worst(answered: list[tuple[Query, Found]]) -> None:
    """The mistakes that matter most: what was shown outright wrongly, then what did not have the right one on top."""
    wrong = [(query, found) for query, found in answered if found.hits and found.hits[0].entry_id != query.entry]
    worst = [each for each in wrong if each[1].sure] + [each for each in wrong if not each[1].sure and each[0].entry]
    for query, found in worst[:20]:
        how = "shown outright" if found.sure else "on top"
        print(f"   mistake: {query.query!r} wants {query.entry}, {how} is {found.hits[0].entry_id}")


def _print_growth(entries: Sequence[Entry], queries: Sequence[Query]) -> None:
    """How much longer a query takes over 1,000 entries; the further ones are as moderators add them."""
    more = [
        replace(entry, id=f"{entry.id}-{number}", question=f"{entry.question} ({number})",
                phrasings=tuple(Phrasing(f"{each.text} {number}") for each in entry.phrasings[:4]))
        for number in range(12) for entry in entries
    ]  # fmt: skip
    for with_vectors in (True, False):
        few = Search.over(entries, with_vectors=with_vectors)
        many = Search.over((*entries, *more)[:1000], with_vectors=with_vectors)
        ratio = _median_of(many, queries) / _median_of(few, queries)
        print(
            f"1,000 entries beside {len(entries)}, {'with' if with_vectors else 'without'} vectors: {ratio:.2f} times"
        )


def _median_of(search: Search, queries: Sequence[Query]) -> float:
    taken: list[float] = []
    for query in queries:
        start = time.perf_counter()
        search.find(query.query)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1000


def _share(count: int, of: int) -> str:
    """A share with its interval of 95 % (Wilson)."""
    if not of:
        return "none"
    share, z = count / of, 1.96
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return (
        f"{100 * share:.1f} % ({count} of {of}; {max(0.0, 100 * (middle - half)):.0f} to {100 * (middle + half):.0f})"
    )


class _Clock:
    def now(self) -> datetime:
        return datetime(2026, 3, 7, 9, 30, tzinfo=UTC)


async def _use_cases() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            _env_file=None, database_url=f"sqlite:///{folder}/bench.db", data_key=SecretStr(secrets.token_hex(32))
        )
        store = await open_store(settings)
        core = build_core(store, _Clock())
        anna = Person("console", "anna", "Anna", "en-GB")
        place = Place("console", "anna", PlaceKind.DIRECT)

        async def use(command: str, **options: str) -> None:
            await core.dispatcher.handle(Used(anna, place, command, options=options), CONSOLE)

        async with store.work() as work:
            from bot.members.member import CONSENT_VERSION, Member
            from bot.members.member import Settings as Choices

            await work.members.add(Member("m" * 32, Choices(), date(2026, 3, 1), _Clock().now()), anna, CONSENT_VERSION)
            await work.commit()
        for command, options in (
            ("help", {}),
            ("round", {"number": "1", "first_day": "2026-02-02"}),
            ("nextlab", {}),
            ("labs", {}),
            ("labdone", {"date": "2026-03-05"}),
        ):
            taken: list[float] = []
            for _ in range(30):
                start = time.perf_counter()
                await use(command, **options)
                taken.append(time.perf_counter() - start)
            what = "re-plans every reminder" if command in ("round", "labdone") else "reads"
            print(f"/{command} ({what}): {statistics.median(taken) * 1000:.1f} ms a use on SQLite")
        await store.close()


if __name__ == "__main__":
    main()
