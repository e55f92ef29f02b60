"""Stage directions: time, people and restarts. What they say is for whoever plays, in English."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from adapters.console.ports import CAPABILITIES, StageError
from adapters.console.translate import NAME
from bot.care.wallclock import moment, zone_exists
from bot.chat.events import Reachable
from bot.chat.people import Reader
from bot.chat.replies import say

if TYPE_CHECKING:
    from adapters.console.stage import Stage

YEARS = range(2000, 2200)
"""The years that the clock can be set to: no sum with them leaves the calendar."""

_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_COUNT = re.compile(r"[0-9]{1,5}")
_HOURS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
_DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class _Known:
    usage: str
    meaning: str
    run: Callable[["Stage", Sequence[str]], Awaitable[None]]


async def follow(stage: "Stage", name: str, words: Sequence[str]) -> None:
    """Follow a direction.

    Raises:
        StageError: there is no such direction, or its words cannot be read.
    """
    known = _KNOWN.get(name)
    if known is None:
        raise StageError("There is no such direction; :help names them all.")
    await known.run(stage, words)


async def _set_clock(stage: "Stage", words: Sequence[str]) -> None:
    usage = f"Write it as {_KNOWN['clock'].usage}"
    if len(words) not in (2, 3):
        raise StageError(usage)
    zone = words[2] if len(words) > 2 else stage.clock.zone  # noqa: PLR2004 - date, time, zone
    if not zone_exists(zone):
        raise StageError(f"There is no time zone called {zone}; one is Europe/London.")
    try:
        to = moment(date.fromisoformat(words[0]), time.fromisoformat(words[1]), zone)
    except ValueError:
        raise StageError(usage) from None
    stage.clock.zone = zone
    await _travel(stage, to)


async def _advance(stage: "Stage", words: Sequence[str]) -> None:
    if len(words) != 2 or not _COUNT.fullmatch(words[0]):  # noqa: PLR2004 - a number and its unit
        raise StageError(f"Write it as {_KNOWN['advance'].usage}")
    count, unit = int(words[0]), words[1].lower().removesuffix("s")
    if unit in _DAYS:
        await _travel(stage, stage.clock.days_on(count * _DAYS[unit]))
    elif unit in _HOURS:
        await _travel(stage, stage.clock.now() + count * _HOURS[unit])
    else:
        raise StageError("Time is counted in minutes, hours, days or weeks.")


async def _travel(stage: "Stage", to: datetime) -> None:
    if to.year not in YEARS:
        raise StageError(f"Time on the stage runs from {YEARS[0]} to {YEARS[-1]}.")
    await stage.travel(to)
    stage.note(f"It is {stage.clock.shown()}.")


async def _restart(stage: "Stage", _words: Sequence[str]) -> None:
    await stage.restart()
    stage.note("The program was stopped and started again.")


async def _people(stage: "Stage", _words: Sequence[str]) -> None:
    for person in stage.people.values():
        blocked = ", has blocked the bot" if person.id in stage.outbox.blocked else ""
        moderates = ", moderates the group" if person.id in stage.moderators else ""
        stage.note(f"{person.name}, locale {person.locale or 'unknown'}{moderates}{blocked}")
    if not stage.people:
        stage.note("Nobody is here yet.")


async def _person(stage: "Stage", words: Sequence[str]) -> None:
    match words:
        case [name, "locale", locale] if re.fullmatch(NAME, name) and _LOCALE.fullmatch(locale):
            person = stage.person(name)
            stage.people[person.id] = replace(person, locale=locale)
        case [name, "blocks" | "unblocks" as verb] if re.fullmatch(NAME, name):
            await _reach(stage, name, reachable=verb == "unblocks")
        case [name, "moderates"] if re.fullmatch(NAME, name):
            stage.moderators.add(stage.person(name).id)
        case [name, "does", "not", "moderate"] if re.fullmatch(NAME, name):
            stage.moderators.discard(stage.person(name).id)
        case _:
            raise StageError(f"Write it as {_KNOWN['person'].usage}")


async def _reach(stage: "Stage", name: str, *, reachable: bool) -> None:
    person = stage.person(name)
    (stage.outbox.blocked.discard if reachable else stage.outbox.blocked.add)(person.id)
    await stage.tell(Reachable(person, reachable))


async def _edit(stage: "Stage", words: Sequence[str]) -> None:
    if len(words) < 2 or not re.fullmatch(NAME, words[0]):  # noqa: PLR2004 - a name, and what is said instead
        raise StageError(f"Write it as {_KNOWN['edit'].usage}")
    await stage.edit(words[0], " ".join(words[1:]))


async def _delete(stage: "Stage", words: Sequence[str]) -> None:
    if len(words) != 1 or not re.fullmatch(NAME, words[0]):
        raise StageError(f"Write it as {_KNOWN['delete'].usage}")
    stage.delete(words[0])


async def _help(stage: "Stage", _words: Sequence[str]) -> None:
    stage.note("anna: /help — anna writes in the group; anna in dm: /help — to the bot alone")
    stage.note("mona in desk: /flags — writes in the moderators' chat, for those who moderate")
    stage.note("anna: [1] or anna: [Done] — presses a button of the newest message; anna: [1] on 3 — of message #3")
    stage.note("a button under a message in the group may be for anyone; each who presses it is answered alone")
    stage.note(
        "anna answers ben: /help — replies to ben's newest message; anna answers #3: … — to the bot's message #3"
    )
    stage.note("anna forwards: … — somebody else's words")
    stage.note("without a name, the last speaker goes on in the same place")
    for known in _KNOWN.values():
        stage.note(f"{known.usage} — {known.meaning}")
    program = stage.program
    for command in program.dispatcher.menu(CAPABILITIES):
        meaning = program.presenter.label(say(f"command.{command.name}.help"), Reader())
        stage.note(f"/{command.name} — {meaning}")


async def _quit(stage: "Stage", _words: Sequence[str]) -> None:
    stage.over = True


_KNOWN: Mapping[str, _Known] = {
    "clock": _Known(":clock 2026-03-10 09:00 [Europe/London]", "goes to a moment", _set_clock),
    "advance": _Known(":advance 3 days", "goes on by minutes, hours, days or weeks", _advance),
    "restart": _Known(":restart", "stops the program and starts it again", _restart),
    "people": _Known(":people", "names who is here", _people),
    "person": _Known(
        ":person anna locale de | blocks | unblocks | moderates | does not moderate",
        "sets how somebody's platform is, and who looks after the group",
        _person,
    ),
    "edit": _Known(":edit anna some other words", "changes the newest message of somebody's", _edit),
    "delete": _Known(":delete anna", "takes the newest message of somebody's away", _delete),
    "help": _Known(":help", "shows this", _help),
    "quit": _Known(":quit", "leaves", _quit),
}
