import asyncio
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

import builders
from bot.chat.people import Person, Place, PlaceKind
from bot.moderation.flag import Flag, Note, Origin, Report
from bot.triage.assessment import Label
from builders import NOW
from storage import tables

# Long enough that no keyed hash and no sealed byte shows one by chance, and unlike anything that is plain.
_IDS = st.integers(10**11, 10**15).map(str)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=3).map(lambda text: f"¶{text}¶{text}¶")


def _flag(words: list[str], ids: list[str]) -> Flag:
    people = [Person("telegram", person_id, name) for person_id, name in zip(ids, words, strict=True)]
    return Flag(
        "f00d00000001",
        "c0ffee00",
        Origin.REPORTED,
        Label.CRISIS,
        Place("telegram", ids[0], PlaceKind.GROUP, topic=ids[1]),
        NOW,
        message_id=ids[2],
        link=f"https://t.me/c/{ids[0]}/{ids[2]}",
        rules=("model",),
        reasons=(words[0],),
        quote=words[1],
        author=people[0],
        reports=(Report(people[1], words[2]),),
        claimed_by=people[2],
        notes=(Note(people[2], words[0], NOW),),
    )


async def _rows(url: str, flag: Flag) -> list[Any]:
    """Every value that stands in the database for a flag, which is not kept."""
    async with builders.open_store(url) as store, store.work() as work:
        await work.flags.add(flag)
        assert await work.flags.get(flag.id) == flag
        found = [await work.connection.execute(select(table)) for table in (tables.flags, tables.flag_people)]
        return [value for rows in found for row in rows for value in row]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(_TEXTS, min_size=3, max_size=3), ids=st.lists(_IDS, min_size=3, max_size=3, unique=True))
def test_no_row_of_a_flag_shows_words_names_or_ids(sqlite_url: str, words: list[str], ids: list[str]) -> None:
    values = asyncio.run(_rows(sqlite_url, _flag(words, ids)))
    kept = b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)
    secrets = [*ids, *words, *(json.dumps(word)[1:-1] for word in words)]
    assert [secret for secret in secrets if secret.encode() in kept] == []
    assert b"f00d00000001" in kept
