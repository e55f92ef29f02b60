"""From what Discord sends to what the core hears. Pure functions over payloads and plain values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import discord

from adapters.discord.platform import PLATFORM
from adapters.discord.render import CHOSEN
from bot.chat.events import Filled, Pressed, Said, Used
from bot.chat.people import Person, Place, PlaceKind

Json = Mapping[str, Any]

_MENU = 3  # the component type of a menu of lines


@dataclass(frozen=True, slots=True)
class Typing:
    """An argument is being typed: the command as far as it stands, the argument's name, and the text so far."""

    used: Used
    argument: str
    text: str


def person(user: discord.User | discord.Member, locale: str | None = None) -> Person:
    """Somebody as Discord shows them; ``locale`` is their client's language where it says so."""
    return Person(PLATFORM, str(user.id), user.display_name, locale)


def place(channel_id: int, server_id: int | None = None, *, direct: bool) -> Place:
    """A channel: the direct one with the bot, or any other, where others can read, on a server or between people."""
    if direct:
        return Place(PLATFORM, str(channel_id), PlaceKind.DIRECT)
    return Place(PLATFORM, str(channel_id), PlaceKind.GROUP, None if server_id is None else str(server_id))


def place_of(interaction: discord.Interaction) -> Place:
    """Where an interaction happens; a chat between people that the bot is no part of is no direct one."""
    direct = interaction.guild_id is None and not interaction.context.private_channel
    return place(interaction.channel_id or 0, interaction.guild_id, direct=direct)


def who(interaction: discord.Interaction) -> Person:
    """Whose interaction it is."""
    return person(interaction.user, str(interaction.locale))


def used(data: Json, user: Person, where: Place) -> Used:
    """A slash command with the options that were given."""
    options = {option["name"]: str(option.get("value", "")) for option in data.get("options") or ()}
    return Used(user, where, data["name"], options=options)


def typing(data: Json, user: Person, where: Place) -> Typing | None:
    """An option that is being typed; None where no option has the focus."""
    focused = next((option for option in data.get("options") or () if option.get("focused")), None)
    if focused is None:
        return None
    return Typing(used(data, user, where), focused["name"], str(focused.get("value", "")))


def pressed(data: Json, user: Person, where: Place) -> Pressed:
    """A pressed button."""
    return Pressed(user, where, data["custom_id"])


def filled(data: Json, user: Person, where: Place) -> Filled:
    """A modal that was sent; a line that was chosen comes as its value."""
    values = dict(_answers(data.get("components") or ()))
    return Filled(user, where, data["custom_id"], values)


def told(text: str, user: Person, where: Place, *, edited: bool = False) -> Used | Said:
    """A written message. A command that is typed out in the direct chat is taken for the command."""
    if not where.direct or edited or not text.startswith("/"):
        return Said(user, where, text, edited=edited)
    command, *rest = text[1:].split(maxsplit=1) or [""]
    return Used(user, where, command, text=rest[0] if rest else "")


def interacted(interaction: discord.Interaction) -> Used | Pressed | Filled | None:
    """What an interaction means to the core; None where it is none of a command, a button and a modal."""
    data, user, where = payload(interaction), who(interaction), place_of(interaction)
    match interaction.type:
        case discord.InteractionType.application_command:
            return used(data, user, where)
        case discord.InteractionType.component:
            return pressed(data, user, where)
        case discord.InteractionType.modal_submit:
            return filled(data, user, where)
        case _:
            return None


def payload(interaction: discord.Interaction) -> Json:
    """The interaction's own data as Discord sent it."""
    return cast("Json", interaction.data or {})


def _answers(components: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - as Discord nests them
    for component in components:
        inner = component.get("component")
        if inner is None:
            continue
        if inner["type"] == _MENU:
            chosen = inner.get("values") or [CHOSEN]
            yield inner["custom_id"], str(chosen[0]).removeprefix(CHOSEN)
        else:
            yield inner["custom_id"], str(inner.get("value") or "")
