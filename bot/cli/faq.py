"""``python -m bot faq``: check, search, export and import the curated answers, and train what finds them."""

import argparse
import asyncio
import difflib
import json
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

from bot.errors import SettingsError, StorageError, WrongKeyError
from bot.faq.entry import Entry
from bot.faq.ports import FaqWork

__all__ = ["add_arguments", "main"]

_LONGEST_LINE = 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done with the answers."""
    parsers = parser.add_subparsers(dest="deed", metavar="DEED", required=True, parser_class=type(parser))
    check = parsers.add_parser("check", help="check a folder of entries, with file and line")
    check.add_argument("folder", nargs="?", type=Path, help="the folder (the entries that come with the program)")
    search = parsers.add_parser("search", help="search the entries, for words given here or for lines of JSON")
    search.add_argument("words", nargs="*", help="what is looked for")
    search.add_argument("--json", action="store_true", help='read lines {"id","query"} and answer each with a line')
    search.add_argument("--folder", type=Path, help="search the entries of this folder")
    search.add_argument("--without-vectors", action="store_true", help="search by words alone")
    export = parsers.add_parser("export", help="write the entries of the database into a folder")
    export.add_argument("folder", type=Path)
    import_ = parsers.add_parser("import", help="take the entries of a folder into the database, for every group")
    import_.add_argument("folder", type=Path)
    parsers.add_parser("diff", help="show what the program brings beside entries that were changed here")
    take = parsers.add_parser("take", help="take the program's newer text of an entry")
    take.add_argument("entry")
    for deed, help_text in (
        ("retire", "take an entry away for every group"), ("restore", "bring an entry back for every group"),
    ):  # fmt: skip
        parsers.add_parser(deed, help=help_text).add_argument("entry")
    parsers.add_parser("fit", help="train what finds the entries (needs the development tools)")


def main(arguments: argparse.Namespace) -> int:
    """Do it; 0 where all is well, 1 where something is at fault, 2 where an argument cannot be used."""
    deeds = {
        "check": _check, "search": _search, "export": _export, "import": _import, "diff": _diff, "take": _take,
        "retire": _withdraw, "restore": _withdraw, "fit": _fit,
    }  # fmt: skip
    try:
        return deeds[arguments.deed](arguments)
    except WrongKeyError:
        return _refuse("The key does not open what is stored. Put the right key back (KEY_FILE or DATA_KEY).")
    except StorageError as error:
        return _refuse(f"The database cannot be used: {error}. `python -m bot doctor` tells more.")
    except SettingsError as error:
        return _refuse(str(error))


def _refuse(text: str, status: int = 1) -> int:
    sys.stderr.write(f"faq: {text}\n")
    return status


def _check(arguments: argparse.Namespace) -> int:
    from bot.faq.check import check_folder
    from bot.faq.files import FOLDER

    entries, faults = check_folder(arguments.folder or FOLDER, _today())
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    if not faults:
        phrasings = sum(len(entry.phrasings) for entry in entries)
        sys.stdout.write(f"{len(entries)} entries with {phrasings} phrasings: nothing is wrong with them\n")
    return 1 if faults else 0


def _search(arguments: argparse.Namespace) -> int:
    from bot.faq.files import FOLDER, FileFaultError, read_folder
    from bot.faq.search import Search

    try:
        entries = {entry.id: entry for entry in read_folder(arguments.folder or FOLDER)}
    except FileFaultError as error:
        return _refuse(str(error.faults[0]))
    search = Search.over(tuple(entries.values()), with_vectors=False if arguments.without_vectors else None)
    if arguments.json:
        return _search_lines(search, entries)
    if not arguments.words:
        return _refuse("give some words, or --json", 2)
    found = search.find(" ".join(arguments.words))
    if found.personal:
        sys.stdout.write("This tells of a case of one's own: the pointer to the physician comes first.\n")
    if not found.offered:
        sys.stdout.write("There is no sourced answer to this.\n")
    shown = found.hits[: 1 if found.sure else found.offered]
    for hit in shown:
        sys.stdout.write(f"{hit.score:.2f}  {hit.entry_id}: {entries[hit.entry_id].question}\n")
    return 0


def _search_lines(search: Any, entries: dict[str, Entry]) -> int:  # noqa: ANN401 - imported only where it is used
    status = 0
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        query = _query(line)
        if query is None:
            status = _refuse(f'line {number}: a line is like {{"id": "1", "query": "how long is the drip"}}', 2)
            continue
        found = search.find(query["query"])
        answer = found.hits[0].entry_id if found.sure else None
        points = found.personal or bool(found.offered and not entries[found.hits[0].entry_id].answerable)
        results = [{"entry": hit.entry_id, "score": hit.score} for hit in found.hits]
        row = {"id": query["id"], "answer": answer, "results": results, "pointer": points}
        # In ASCII, since an id may hold what the terminal's encoding, or any, cannot.
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()
    return status


def _query(line: bytes) -> dict[str, Any] | None:
    """A line as asked for; None where it is not."""
    try:
        read = json.loads(line[:_LONGEST_LINE].decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, dict):
        return None
    row = cast("dict[str, Any]", read)
    if "id" not in row or not isinstance(row["id"], str | int) or not isinstance(row.get("query"), str):
        return None
    return row


def _export(arguments: argparse.Namespace) -> int:
    from bot.faq.files import write_folder

    entries = asyncio.run(_stored())
    try:
        write_folder(arguments.folder, entries)
    except OSError:
        return _refuse(f"{arguments.folder} cannot be written to", 2)
    sys.stdout.write(f"{len(entries)} entries written to {arguments.folder}\n")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from bot.faq.check import check_folder

    entries, faults = check_folder(arguments.folder, _today())
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    if faults:
        return _refuse("nothing was imported")
    changed = asyncio.run(_take_in(entries))
    sys.stdout.write(f"{changed} of {len(entries)} entries were new or changed\n")
    return 0


def _diff(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - every deed has this form
    from bot.faq.files import write_entry

    pairs = asyncio.run(_held())
    for ours, theirs in pairs:
        lines = difflib.unified_diff(
            write_entry(ours).splitlines(), write_entry(theirs).splitlines(), f"{ours.id} (here)",
            f"{ours.id} (the program's)", lineterm="",
        )  # fmt: skip
        sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.write(f"{len(pairs)} entries were changed here and are newer in the program\n")
    return 0


def _take(arguments: argparse.Namespace) -> int:
    if asyncio.run(_take_held(arguments.entry)):
        sys.stdout.write(f"{arguments.entry}: the program's text holds from now on\n")
        return 0
    return _refuse(f"no newer text of {arguments.entry!r} waits; `python -m bot faq diff` names those that do", 2)


def _withdraw(arguments: argparse.Namespace) -> int:
    shown = arguments.deed == "restore"
    if asyncio.run(_withdrawn(arguments.entry, shown=shown)):
        sys.stdout.write(f"{arguments.entry}: {'shown again' if shown else 'taken away for every group'}\n")
        return 0
    return _refuse(f"there is no entry {arguments.entry!r} that could be {'shown again' if shown else 'taken away'}", 2)


def _fit(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - every deed has this form
    from bot.faq.fitting import fit
    from bot.reading import vectors

    try:
        import sklearn as _  # noqa: F401 # pyright: ignore[reportMissingTypeStubs] - only whether it is there
    except ImportError:
        return _refuse("training needs scikit-learn: run `make test` once, which installs the development tools", 2)
    if not vectors.installed():
        return _refuse("training needs the sentence vectors: run `make install` again", 2)
    fit(lambda text: sys.stdout.write(f"{text}\n"))
    return 0


async def _stored() -> Sequence[Entry]:
    from bot.faq.revision import EVERYWHERE

    async with _opened() as work:
        return [each.entry for each in await work.entries.current(EVERYWHERE) if each.shown]


async def _take_in(entries: Sequence[Entry]) -> int:
    from bot.faq.seeding import take_in

    async with _opened() as work:
        changed = await take_in(work, entries, datetime.now(UTC))
        await work.commit()
        return changed


async def _held() -> Sequence[tuple[Entry, Entry]]:
    from bot.faq.seeding import held

    async with _opened() as work:
        return [(ours.entry, theirs.entry) for ours, theirs in await held(work)]


async def _take_held(entry_id: str) -> bool:
    from bot.faq.seeding import take_held

    async with _opened() as work:
        taken = await take_held(work, entry_id, datetime.now(UTC))
        await work.commit()
        return taken


@asynccontextmanager
async def _opened() -> AsyncGenerator[FaqWork]:
    """A unit of work over the settings' database; what is logged stays out of what is printed."""
    from bot import logs
    from bot.wiring import opened_store

    logs.configure("WARNING")
    async with opened_store() as store, store.work() as work:
        yield work


async def _withdrawn(entry_id: str, *, shown: bool) -> bool:
    from bot.faq.seeding import withdraw

    async with _opened() as work:
        found = await withdraw(work, entry_id, datetime.now(UTC), shown=shown)
        await work.commit()
        return found


def _today() -> date:
    return datetime.now(UTC).date()
