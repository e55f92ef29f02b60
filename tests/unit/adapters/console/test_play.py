from adapters.console.play import play
from adapters.console.ports import Build
from contract.chat.probe import Core, Heard

SCRIPT = """\
> :clock 2026-03-10 09:00 Europe/London
(It is Tuesday 10 March 2026, 09:00 Europe/London.)

> anna: hello
> anna: /start
#1 bot → anna (only anna sees this):
    You are in.

> anna in dm: /round
#2 bot → anna (direct message):
    Three questions
    Which one?
    [1] First  [2] Second
    [3] Stop

> [Second]
#2 bot → anna (direct message, changed):
    Three questions
    Which day?
    Any way you write it.
    [1] Stop
"""


async def test_a_script_is_the_transcript_that_it_makes(build: Build) -> None:
    assert await play(SCRIPT, build) == SCRIPT


async def test_only_its_typed_lines_count(build: Build) -> None:
    typed = "\n".join(line for line in SCRIPT.splitlines() if line.startswith("> "))

    assert await play(typed, build) == SCRIPT


async def test_nothing_is_played_after_quit(build: Build, core: Core) -> None:
    transcript = await play("> anna: /start\n> anna: /settings\n> :quit\n> [No]", build)

    assert core.heard == []
    assert transcript.endswith("> :quit\n")


async def test_a_form_is_played_to_its_end(build: Build, core: Core) -> None:
    await play("> /start\n> /round\n> [1]\n> 5 Dec 2016\n> 3", build)

    assert core.heard == [Heard("form", ("3",), {"which": "1", "day": "5 Dec 2016", "days": "3"})]
