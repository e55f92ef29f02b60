"""What is loaded before anybody asks for it, in threads, so that whoever comes first holds up nobody else."""

import asyncio
import gc
from datetime import date

from babel.dates import format_datetime

from bot.dates.reading import read_date
from bot.faq.revision import EVERYWHERE
from bot.places.countries import find_country
from bot.places.zones import search_zones
from bot.triage.assessment import ALONE
from bot.wiring.building import Core, LateTriage, SystemClock
from bot.words.catalogue import SAFETY, language_found, safety_language_found

_VECTORS_AFTER_SECONDS = 5.0


async def load_words() -> None:
    """Load what the first answers are written with; to be done before anybody is answered."""
    await asyncio.to_thread(_load_words)
    settle()


async def warm_up(core: Core) -> None:
    """Load what reads messages at once; once the first answers are out, the sentence vectors and the index of cities.

    The first search loads those, and takes longer than a platform waits for what it is to offer while somebody types.
    """
    await asyncio.to_thread(LateTriage().assess, "a quiet day", ALONE)
    settle()
    await asyncio.sleep(_VECTORS_AFTER_SECONDS)
    async with core.store.work() as work:
        shelf = await core.library.shelf(work, EVERYWHERE)
    await shelf.find("how long is the drip?")
    await asyncio.to_thread(search_zones, "London")
    settle()


def settle() -> None:
    """Keep the garbage collector from looking at what has been loaded, which stays for as long as the program runs.

    A full collection looks at every object, some two hundred thousand once all is loaded: a tenth of a second, in which
    no thread runs, and so no event loop either.
    """
    gc.freeze()


def _load_words() -> None:
    language_found("en")
    for words in SAFETY.glob("*.po"):
        safety_language_found(words.stem)
    find_country("nowhere", "en")
    format_datetime(SystemClock().now(), locale="en")
    read_date("1 January", today=date(2026, 1, 1), locale="en")
