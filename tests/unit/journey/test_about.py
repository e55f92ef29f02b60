from dataclasses import replace

import pytest

import builders
from bot.chat.events import Used
from bot.chat.people import Person, Place
from bot.members.calls import Audience
from bot.moderation.flag import Flag, Origin
from bot.moderation.policy import QUOTES_KEPT_FOR
from bot.triage.assessment import Label
from offered import COMMANDS
from storage.store import Store, open_engine
from unit.journey.talk import GUIDED, Talk, Voice


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
    for name, command in COMMANDS.items():
        assert (f"/{name} · " in anna.text) is (command.audience is not Audience.MODERATOR)
    assert anna.sees("In danger, call", "In a crisis, people listen", "never give medical advice")


async def test_help_in_a_group_asks_the_platform_once_and_locks_nothing_meanwhile(talk: Talk) -> None:
    asked: list[Place] = []
    url = talk.store.engine.url.render_as_string(hide_password=False)
    another = Store(open_engine(url, busy_seconds=0.2), talk.store.vault)

    class Roles:
        async def moderates(self, _person: Person, place: Place) -> bool:
            asked.append(place)
            # Another process could not begin to write while this one has something uncommitted.
            async with another.work() as work:
                await work.leases.all()
            return True

    anna = talk.person()
    place = builders.group("telegram")
    answer = await talk.core.dispatcher.handle(Used(anna.person, place, "help", ""), GUIDED, Roles())
    await another.close()
    assert asked == [place]
    assert answer
    anna.screen = talk.show(answer, anna.person)
    assert all(f"/{name} · " in anna.text for name, each in COMMANDS.items() if each.audience is Audience.MODERATOR)


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


async def test_privacy_tells_what_moderation_keeps_and_for_how_long(talk: Talk) -> None:
    anna = talk.person()
    await anna.says("/privacy")
    assert anna.sees("Of ordinary messages I keep nothing", f"for {QUOTES_KEPT_FOR.days} days: a short quotation")
    assert anna.sees("/optout: I no longer look at what you write", "also if you never used /start")


async def test_somebody_who_never_joined_can_be_forgotten_too(talk: Talk) -> None:
    anna = talk.person()
    async with talk.store.work() as work:
        await work.people.opt_out(anna.person, talk.clock.now())
        await work.commit()
    await anna.says("/forget")
    assert anna.sees("cannot be undone", "That you opted out is erased too")
    await anna.presses("No, keep it")
    assert anna.sees("Nothing was erased")
    await anna.says("/forget")
    erase = anna.button("Yes, erase everything")
    await anna.presses_old(erase)
    assert anna.sees("Everything is erased")
    async with talk.store.work() as work:
        assert not await work.people.holds(anna.person)
        assert not await work.people.opted_out(anna.person)
    await anna.presses_old(erase)
    assert anna.sees("I keep nothing about you")


async def test_who_is_told_that_nothing_is_kept_leaves_no_trace_by_asking(talk: Talk) -> None:
    anna = talk.person()
    await anna.says("/forget")
    assert anna.sees("I keep nothing about you")
    async with talk.store.work() as work:
        assert not await work.people.is_open(anna.person)


async def test_what_a_flag_keeps_of_its_author_is_known_and_erased(talk: Talk) -> None:
    anna = talk.person()
    async with talk.store.work() as work:
        flag = Flag("0123456789ab", "chat", Origin.HEARD, Label.URGENT, builders.group(), talk.clock.now(), "m1")
        await work.flags.add(replace(flag, author=anna.person, quote="what anna wrote"))
        await work.commit()
    await anna.says("/forget")
    await anna.presses("Yes, erase everything")
    async with talk.store.work() as work:
        kept = await work.flags.get(flag.id)
    assert kept
    assert (kept.author, kept.quote) == (None, "")
