import pytest

from offered import COMMANDS
from unit.journey.talk import Talk, Voice


async def test_forget_leaves_nothing_in_any_table(talk: Talk, anna: Voice) -> None:
    await anna.has_round()
    await anna.says("/labdone")
    await anna.says("/round add")
    assert all((await talk.rows()).values())
    await anna.says("/forget")
    assert anna.sees("cannot be undone")
    await anna.presses("No, keep it")
    assert anna.sees("Nothing was erased")
    await anna.says("/forget")
    erase = anna.button("Yes, erase everything")
    await anna.presses_old(erase)
    assert anna.sees("Everything is erased")
    assert not any((await talk.rows()).values())
    await anna.presses_old(erase)
    assert anna.sees("I keep nothing about you")
    assert not any((await talk.rows()).values())


async def test_forget_of_somebody_unknown(talk: Talk) -> None:
    anna = talk.person()
    await anna.says("/forget")
    assert anna.sees("I keep nothing about you")
    assert not anna.keys


async def test_erasing_one_member_leaves_another_alone(talk: Talk, anna: Voice) -> None:
    ben = await (await talk.person("ben").joins()).has_round()
    await anna.has_round()
    await anna.says("/forget")
    await anna.presses("Yes, erase everything")
    await ben.says("/nextlab")
    assert ben.sees("5 April 2026")


async def test_help_lists_every_command_with_its_line(anna: Voice) -> None:
    await anna.says("/help")
    for name in COMMANDS.keys() - {"faqadmin"}:
        assert anna.sees(f"/{name} · ")
    assert "/faqadmin" not in anna.text
    assert anna.sees("In danger, call", "In a crisis, people listen", "never give medical advice")


async def test_help_before_consent_shows_what_anyone_may_use(talk: Talk) -> None:
    anna = talk.person()
    await anna.says("/help")
    assert anna.sees("/start", "/privacy", "/forget", "Your own dates work after /start", "In danger")
    assert "/nextlab" not in anna.text


@pytest.mark.parametrize("name", COMMANDS, ids=str)
async def test_help_of_each_command_shows_an_example_that_works(talk: Talk, name: str) -> None:
    anna = await talk.person().joined()
    await anna.says(f"/help /{name}")
    example = next(line for line in anna.text.splitlines() if line.startswith("Example: ")).removeprefix("Example: ")
    assert example.startswith(f"/{name}")
    await anna.says(example)
    assert "could not" not in anna.text
    assert "I do not know" not in anna.text


async def test_help_of_an_unknown_command(anna: Voice) -> None:
    await anna.says("/help banana")
    assert anna.sees("I know no command called “banana”")


async def test_privacy_offers_to_stop_and_to_erase(anna: Voice) -> None:
    await anna.says("/privacy")
    assert anna.sees("Kept, after you agree", "Not kept", "encrypted", "Who sees it")
    await anna.presses("Erase everything")
    assert anna.sees("cannot be undone")
    await anna.says("/privacy")
    await anna.presses("Stop all reminders")
    assert not (await anna.kept()).active
    await anna.presses("Erase everything")
    assert anna.sees("cannot be undone")


@pytest.mark.parametrize(
    ("country", "line"),
    [
        ("Canada", "people listen: call or text 988."),
        ("France", "people listen: call 3114."),
        ("United Kingdom", "people listen: Samaritans, 116 123."),
    ],
    ids=["a number to call or text", "a number to call", "a name and a number"],
)
async def test_a_crisis_line_named_after_its_number_is_said_once(anna: Voice, country: str, line: str) -> None:
    await anna.says(f"/settings country {country}")
    for text in ("/help", "I cannot go on"):
        await anna.says(text)
        assert anna.sees("In danger, call", line)
