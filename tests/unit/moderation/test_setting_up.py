"""What moderators decide for their community."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

import builders
from bot.chat.people import Place, PlaceKind
from bot.errors import Gone
from bot.moderation.policy import Duty, Handling, Mode, first_policy
from bot.triage.assessment import Label
from storage.store import Store
from unit.journey.talk import FORMS, GUIDED
from unit.moderation.desk_talk import DeskTalk, Moderator, desk_over


@pytest.fixture(params=[GUIDED, FORMS], ids=["guided", "forms"])
async def talk(store: Store, request: pytest.FixtureRequest) -> DeskTalk:
    return await desk_over(store, request.param).watches()


@pytest.fixture
async def bare(store: Store) -> DeskTalk:
    return await desk_over(store).watches(desk=None)


async def at_setup(talk: DeskTalk, *labels: str) -> Moderator:
    """Mona with the settings open, some buttons further."""
    mona = talk.moderator()
    await mona.uses_here("setup", place=talk.group)
    return await mona.goes(*labels)


async def code_of(mona: Moderator) -> str:
    await mona.uses_here("setup", place=mona.talk.group)
    await mona.goes("Moderators' chat")
    return mona.text.splitlines()[-1].removeprefix("/setup ")


async def handling(talk: DeskTalk, label: Label = Label.MEDICAL_QUESTION) -> Handling:
    return (await talk.watched()).handling[label]


async def test_settings_show_what_holds(talk: DeskTalk) -> None:
    mona = await at_setup(talk)
    assert mona.sees(
        "Moderators' chat: set.",
        "Somebody may be in danger: on",
        "Medical question: shadow",
        "Cards quote the message.",
        "at any hour",
        "0 moderators are on duty now.",
    )
    assert mona.screen
    assert mona.screen.private


async def test_settings_are_for_moderators_alone(talk: DeskTalk) -> None:
    otto = talk.stranger()
    for command in ("setup", "flags", "flagstats", "audit"):
        for place in (talk.group, talk.desk, talk.place("elsewhere")):
            await otto.uses_here(command, place=place)
            assert otto.sees("Only moderators of that group can do this.")
        await otto.uses_here(command, place=otto.direct)
        assert otto.sees("Please use this in your group")


async def test_buttons_stop_working_for_who_moderates_no_more(talk: DeskTalk) -> None:
    mona = await at_setup(talk)
    talk.board.moderators.clear()
    await mona.goes("No quotations")
    assert mona.sees("Only moderators of that group can do this.")
    assert (await talk.watched()).quotes


async def test_a_group_is_listened_to_once_a_moderator_sets_it_up(store: Store) -> None:
    talk = desk_over(store)
    otto = talk.stranger()
    await otto.uses_here("setup", place=talk.group)
    assert talk.town.posted == []
    mona = talk.moderator()
    await mona.uses_here("setup", place=talk.group)
    assert mona.sees("Moderators' chat: none yet.")
    (notice,) = talk.at(talk.group)
    assert "From now on I read along here" in notice
    async with store.work() as work:
        watched = await work.watches.find(talk.group)
    assert watched
    assert watched.handling == first_policy()


async def test_a_code_links_the_moderators_chat_and_what_waited_gets_its_card(bare: DeskTalk) -> None:
    mona, flag = bare.moderator(), await bare.flags()
    code = await code_of(mona)
    bare.clock.advance(timedelta(minutes=15))
    await mona.uses_here("setup", code, place=bare.desk)
    assert mona.sees("Done: cards come there from now on.", "Moderators' chat: set.")
    assert (await bare.watched()).desk == bare.desk
    assert bare.at(bare.desk)[0].startswith("Mona chose this chat")
    await bare.after(seconds=5)
    assert "Should I stop?" in await bare.says(flag.id)
    assert [deed.what for deed in await bare.deeds()] == ["desk_set"]


async def test_at_the_moderators_chat_the_same_settings_show(bare: DeskTalk) -> None:
    mona = bare.moderator()
    await mona.uses_here("setup", await code_of(mona), place=bare.desk)
    await mona.uses_here("setup", place=bare.desk)
    assert mona.sees("Moderators' chat: set.")


async def test_a_code_is_for_one_person_and_for_a_quarter_of_an_hour(bare: DeskTalk) -> None:
    mona, nora = bare.moderator(), bare.moderator("nora")
    code = await code_of(mona)
    await nora.uses_here("setup", code, place=bare.desk)
    assert nora.sees("This code does not work for you here.")
    await mona.uses_here("setup", "c0ffee00-00000000-AAAAAAAA", place=bare.desk)
    assert mona.sees("This code does not work for you here.")
    bare.clock.advance(timedelta(minutes=15, seconds=1))
    await mona.uses_here("setup", code, place=bare.desk)
    assert mona.sees("This code is too old.")
    assert (await bare.watched()).desk is None


async def test_the_group_itself_is_no_moderators_chat(bare: DeskTalk) -> None:
    mona = bare.moderator()
    await mona.uses_here("setup", await code_of(mona), place=bare.group)
    assert mona.sees("This is the group itself")
    assert (await bare.watched()).desk is None


@pytest.mark.parametrize("kept", ["group", "desk"])
async def test_who_links_looks_after_both(bare: DeskTalk, kept: str) -> None:
    mona = bare.moderator()
    code = await code_of(mona)
    bare.board.moderators = {each for each in bare.board.moderators if each[1] == kept}
    await mona.uses_here("setup", code, place=bare.desk)
    assert mona.sees("a moderator both here and in that group")
    assert (await bare.watched()).desk is None


async def test_on_a_server_a_channel_is_chosen_by_a_tap(store: Store) -> None:
    talk = desk_over(store, FORMS)
    channel, mods = talk.place("general", "server"), talk.place("mods", "server")
    await talk.watches(desk=None, place=channel)
    mona = talk.moderator("mona", channel)
    mona.home = mods
    await mona.uses_here("setup")
    await mona.goes("Moderators' chat", "Send cards to this channel")
    assert mona.sees("Can members read this channel (mods)?")
    assert (await talk.watched()).desk is None
    await mona.goes("No, only moderators: send cards here")
    assert mona.sees("Done: cards come there from now on.")
    assert (await talk.watched()).desk == mods


async def test_the_channel_where_members_were_told_is_no_desk_until_they_are_told_elsewhere(store: Store) -> None:
    talk = desk_over(store, FORMS)
    general, mods = talk.place("general", "server"), talk.place("mods", "server")
    await talk.watches(desk=None, place=mods)
    mona = talk.moderator("mona", mods)
    mona.home = mods
    await mona.uses_here("setup")
    await mona.goes("Moderators' chat", "Send cards to this channel")
    assert mona.sees("In this channel I told members what I read")
    mona.home = general
    await mona.uses_here("setup")
    await mona.goes("Moderators' chat", "Members are told in this channel")
    assert (await talk.watched()).place == general
    assert "From now on I read along here" in talk.at(general)[0]
    mona.home = mods
    await mona.uses_here("setup")
    await mona.goes("Moderators' chat", "Send cards to this channel", "No, only moderators: send cards here")
    assert (await talk.watched()).desk == mods


async def test_a_group_of_its_own_becomes_a_desk_only_after_a_second_tap(bare: DeskTalk) -> None:
    other = bare.place("other")
    await bare.watches(chat_id="c0ffee01", place=other, desk=bare.place("their desk"))
    theirs = await bare.flags(Label.MEDICAL_QUESTION, chat_id="c0ffee01", place=other)
    mona = bare.moderator("mona", bare.group, other)
    code = await code_of(mona)
    await mona.uses_here("flags", place=other)
    assert mona.sees("1 flag.")
    mona.home = other
    await mona.uses_here("setup", code)
    assert mona.sees("I listen in this chat as in a group of its own", "1 flag of its own waits here and is closed.")
    assert (await bare.watched()).desk is None
    await mona.goes("Only moderators read here: use it")
    assert (await bare.watched()).desk == other
    kept = await bare.flag(theirs.id)
    assert (kept.closed, kept.closed_by) == (True, None)
    await bare.after(seconds=5)
    assert theirs.card
    assert "Should I stop?" not in bare.text(bare.town.stands[theirs.card.message_id][1])
    before = len(bare.town.posted)
    await bare.sweeping.upkeep(bare.clock.now())
    assert [place for place, _, _ in bare.town.posted[before:]] == []


@pytest.mark.parametrize("how", ["another", "none"])
async def test_a_card_is_changed_before_its_desk_is_let_go(talk: DeskTalk, how: str) -> None:
    flag = await talk.flags()
    assert flag.card
    mona = talk.moderator("mona", talk.group, talk.desk, talk.place("desk2"))
    if how == "another":
        code = await code_of(mona)
        await mona.uses_here("setup", code, place=talk.place("desk2"))
    else:
        await at_setup(talk, "Moderators' chat", "Unlink it", "Unlink it")
    await talk.after(seconds=5)
    assert talk.text(talk.town.stands[flag.card.message_id][1]) == "This flag is not handled here any more."
    card = (await talk.flag(flag.id)).card
    assert (card.place if card else None) == (talk.place("desk2") if how == "another" else None)


async def test_a_desk_that_cannot_be_written_to_is_said_so(bare: DeskTalk) -> None:
    mona = bare.moderator()
    code = await code_of(mona)
    bare.town.fails[bare.desk.id] = Gone("rights")
    await mona.uses_here("setup", code, place=bare.desk)
    assert mona.sees("I could not write there. Please allow me to.")


async def test_the_desk_is_unlinked_after_a_second_tap(talk: DeskTalk) -> None:
    mona = await at_setup(talk, "Moderators' chat", "Unlink it")
    assert (await talk.watched()).desk
    await mona.goes("Unlink it")
    assert mona.sees("Unlinked.", "Moderators' chat: none yet.")
    assert (await talk.watched()).desk is None


async def test_quotations_are_switched_off(talk: DeskTalk) -> None:
    flags = [await talk.flags(), await talk.flags(Label.CRISIS)]
    mona = await at_setup(talk, "No quotations")
    await talk.after(seconds=5)
    for flag in flags:
        assert "Should I stop?" not in await talk.says(flag.id)
    assert (await talk.flag(flags[1].id)).calls == 0
    assert "Nobody could be called" in await talk.says(flags[1].id)
    assert mona.sees("Cards do not quote the message.")
    assert not (await talk.watched()).quotes
    await mona.goes("Quote messages")
    assert (await talk.watched()).quotes


async def test_each_label_has_its_mode(talk: DeskTalk) -> None:
    mona = await at_setup(talk, "Medical question", "Switch on")
    assert mona.sees("Now: on.")
    assert (await handling(talk)).mode is Mode.ON
    await mona.goes("Switch off")
    assert (await handling(talk)).mode is Mode.OFF
    deeds = [(deed.what, deed.detail) for deed in await talk.deeds()]
    assert deeds == [("mode", "medical_question off"), ("mode", "medical_question on")]


async def test_danger_is_switched_off_by_two_taps_alone(talk: DeskTalk) -> None:
    mona = await at_setup(talk, "Somebody may be in danger", "Switch off")
    assert mona.sees("nobody is told. Are you sure?")
    assert (await handling(talk, Label.CRISIS)).mode is Mode.ON
    await mona.goes("Switch off")
    assert (await handling(talk, Label.CRISIS)).mode is Mode.OFF


async def test_limits_are_presets_or_numbers(talk: DeskTalk) -> None:
    mona = await at_setup(talk, "Medical question", "Stricter: fewer")
    assert mona.sees("How sure I must be: 90 % to act, 80 % for a silent card.")
    await mona.goes("Numbers")
    await mona.types("75", "60 %")
    kept = await handling(talk)
    assert (kept.act, kept.card) == (0.75, 0.6)
    await at_setup(talk, "Medical question", "Bot's own measure")
    kept = await handling(talk)
    assert (kept.act, kept.card) == (None, None)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (("49", "50"), "from 50 to 99"),
        (("75", "x"), "from 50 to 99"),
        (("60", "75"), "cannot be higher"),
    ],
)
async def test_a_limit_that_makes_no_sense_is_refused(store: Store, typed: tuple[str, str], shown: str) -> None:
    talk = await desk_over(store, FORMS).watches()
    mona = await at_setup(talk, "Medical question", "Numbers")
    await mona.types(*typed)
    assert mona.sees(shown)
    assert (await handling(talk)).act is None


async def test_a_pause_and_own_words_are_kept(talk: DeskTalk) -> None:
    mona = await at_setup(talk, "Medical question", "Once in 24 hours", "Own words")
    await mona.types("Our nurse reads the pinned post.")
    assert mona.sees("Your own words: Our nurse reads the pinned post.", "once within 24 hours")
    kept = await handling(talk)
    assert (kept.pause, kept.own_words) == (timedelta(days=1), "Our nurse reads the pinned post.")


async def test_own_words_hold_no_advice(talk: DeskTalk) -> None:
    mona = await at_setup(talk, "Medical question", "Own words")
    await mona.types("You should stop taking it.")
    assert (await handling(talk)).own_words == ""
    assert not mona.screen or "Your own words" not in mona.text


async def test_moderators_join_and_leave_the_duty_in_order(talk: DeskTalk) -> None:
    mona = await at_setup(talk, "On duty", "Go on duty")
    nora = talk.moderator("nora")
    await nora.uses_here("setup", place=talk.group)
    await nora.goes("On duty", "Go on duty")
    assert nora.sees("1. Mona", "2. Nora")
    await mona.goes("Go off duty")
    assert mona.sees("1. Nora")
    assert [each.name for each in (await talk.watched()).duty.people] == ["Nora"]


async def test_hours_of_duty_are_in_a_zone(talk: DeskTalk) -> None:
    mona = await at_setup(talk, "On duty", "Hours")
    await mona.types("22:00-06:00", "Madrid")
    assert mona.sees("from 22:00 to 06:00 (Europe/Madrid)")
    assert (await talk.watched()).duty == Duty((), time(22), time(6), "Europe/Madrid")
    await mona.goes("At any hour")
    assert (await talk.watched()).duty.begins is None


@pytest.mark.parametrize(("hours", "zone"), [("late", "London"), ("25:00-06:00", "London"), ("08:00-22:00", "xqxqxq")])
async def test_hours_that_cannot_be_read_are_refused(store: Store, hours: str, zone: str) -> None:
    talk = await desk_over(store, FORMS).watches()
    mona = await at_setup(talk, "On duty", "Hours")
    await mona.types(hours, zone)
    assert (await talk.watched()).duty == Duty()


async def test_a_direct_chat_that_has_the_id_of_its_person_is_no_anonymous_moderator(talk: DeskTalk) -> None:
    mona = await at_setup(talk, "On duty")
    mona.home = Place(mona.person.platform, mona.person.id, PlaceKind.DIRECT)
    await mona.goes("Go on duty")
    assert mona.sees("1. Mona")


async def test_an_anonymous_moderator_cannot_be_called(talk: DeskTalk) -> None:
    anonymous = Moderator(talk, replace(builders.person("x", platform=talk.capabilities.platform), id=talk.group.id))
    anonymous.home = talk.group
    talk.board.moderators.add((talk.group.id, talk.group.id))
    await anonymous.uses_here("setup")
    await anonymous.goes("On duty", "Go on duty")
    assert anonymous.sees("Please do this with your own name.")


async def test_a_desk_of_two_groups_asks_which(talk: DeskTalk) -> None:
    await talk.watches(chat_id="c0ffee01", place=talk.place("other"))
    mona = talk.moderator("mona", talk.desk)
    for command in ("setup", "flags", "flagstats", "audit"):
        await mona.uses_here(command)
        assert mona.labels == ["Group c0ffee00", "Group c0ffee01"]
        await mona.goes("Group c0ffee01")
        assert "Only moderators" not in mona.text
