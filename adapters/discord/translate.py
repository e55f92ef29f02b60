"""From what Discord sends to what the core hears. Pure functions over payloads and plain values."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import discord

from adapters.discord.platform import PLATFORM
from adapters.discord.render import CHOSEN
from bot.chat.events import Filled, Pressed, Said, Used
from bot.chat.people import Message, Person, Place, PlaceKind

Json = Mapping[str, Any]

_NO_MENUS: Mapping[str, str] = {}
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


def used(data: Json, user: Person, where: Place, menus: Mapping[str, str] = _NO_MENUS) -> Used:
    """A slash command with the options that were given, or a command from a message's menu.

    ``menus`` are the commands by what they are called there.
    """
    options = {option["name"]: str(option.get("value", "")) for option in data.get("options") or ()}
    command = menus.get(data["name"], data["name"])
    return Used(user, where, command, options=options, about=_target(data, where))


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


def wrote(message: discord.Message, *, edited: bool = False) -> Used | Said:
    """A message that a person wrote. Each thread is a place of its own, on the same server."""
    server_id = message.guild.id if message.guild else None
    where = place(message.channel.id, server_id, direct=isinstance(message.channel, discord.DMChannel))
    standing = standing_as(message)
    said = Said(
        person(message.author),
        where,
        standing.text,
        edited=edited,
        id=standing.id,
        link=standing.link,
        answers=_answered(message),
        forwarded=bool(message.message_snapshots),
    )
    return told(said)


def told(said: Said) -> Used | Said:
    """What was written; a command that is typed out in the direct chat is taken for the command."""
    if not said.place.direct or said.edited or said.forwarded or not said.text.startswith("/"):
        return said
    command, *rest = said.text[1:].split(maxsplit=1) or [""]
    return Used(said.person, said.place, command, text=rest[0] if rest else "", about=said.answers)


def standing_as(message: discord.Message) -> Message:
    """A message as it stands in its channel; of one that was forwarded, the words that were."""
    by_machine = message.author.bot or message.webhook_id is not None
    contents = (part.content for part in (message, *message.message_snapshots))
    text = _joined((_title(message), *contents, *_poll(message.poll)))
    return Message(str(message.id), None if by_machine else person(message.author), text, message.jump_url)


def _title(message: discord.Message) -> str:
    """The name of the thread that a message begins: people write there what others write in the message itself."""
    thread = message.channel
    if not isinstance(thread, discord.Thread):
        return ""
    begins = message.id == thread.id or message.type is discord.MessageType.thread_starter_message
    return thread.name if begins else ""


def _poll(poll: discord.Poll | None) -> Iterator[str]:
    if poll:
        yield poll.question
        yield from (answer.text for answer in poll.answers)


def _target(data: Json, where: Place) -> Message | None:
    """The message from whose menu a command was chosen, as it came with the command; None for any other command."""
    message_id = str(data.get("target_id") or "")
    messages = cast("Json", cast("Json", data.get("resolved") or {}).get("messages") or {})
    if message_id not in messages:
        return None
    found = cast("Json", messages[message_id])
    author = cast("Json", found["author"])
    snapshots = [cast("Json", snapshot["message"]) for snapshot in found.get("message_snapshots") or ()]
    poll = cast("Json", found.get("poll") or {})
    asked = [poll.get("question"), *(answer.get("poll_media") for answer in poll.get("answers") or ())]
    texts = [part.get("content") for part in (found, *snapshots)] + [
        cast("Json", each or {}).get("text") for each in asked
    ]
    by_machine = author.get("bot") or found.get("webhook_id")
    name = author.get("global_name") or author.get("username") or ""
    writer = None if by_machine else Person(PLATFORM, str(author["id"]), name)
    link = f"https://discord.com/channels/{where.whole or '@me'}/{where.id}/{message_id}"
    return Message(message_id, writer, _joined(texts), link)


def _answered(message: discord.Message) -> Message | None:
    found = message.reference.resolved if message.reference else None
    return standing_as(found) if isinstance(found, discord.Message) else None


def _joined(texts: Iterable[str | None]) -> str:
    return "\n".join(text for text in texts if text)


def interacted(interaction: discord.Interaction, menus: Mapping[str, str]) -> Used | Pressed | Filled | None:
    """What an interaction means to the core; None where it is none of a command, a button and a modal."""
    data, user, where = payload(interaction), who(interaction), place_of(interaction)
    match interaction.type:
        case discord.InteractionType.application_command:
            return used(data, user, where, menus)
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
