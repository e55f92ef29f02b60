"""From the core's commands to Discord's slash commands, and to the entries of a message's menu."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import discord

from adapters.discord.platform import MOST_OPTION_TEXT, MOST_OPTIONS, cut
from adapters.discord.roles import MODERATORS_COMMANDS
from bot.chat.people import Reader
from bot.chat.replies import Choice, say
from bot.members.calls import Argument, Audience, Command
from bot.ports import Work
from bot.words.presenting import Presenter

Json = dict[str, Any]

MESSAGE_MENU = 3
"""The type of a command in a message's menu."""

_MOST_NAME = 32
_CHAT_INPUT, _STRING, _INTEGER = 1, 3, 4
_INSTALLED_IN_GUILDS = [0]
_GUILD, _DIRECT_CHAT = 0, 1


def native(commands: Iterable[Command[Work]], presenter: Presenter) -> list[Json]:
    """Write commands as Discord registers them: all arguments are optional, since the core asks for the rest.

    Those for moderators are shown only to them and only on their server; whether they may is for the core to check.
    Those that can be used on a message stand in its menu too.
    """
    commands = tuple(commands)
    return [*(_native(command, presenter) for command in commands), *map(_in_menu, menus(commands, presenter))]


def menus(commands: Iterable[Command[Work]], presenter: Presenter) -> Mapping[str, str]:
    """The names of commands by what they are called in a message's menu."""
    return {
        cut(presenter.label(say(f"adapter.discord.{command.name}_menu"), Reader()), _MOST_NAME): command.name
        for command in commands
        if command.on_message
    }


async def register(client: discord.Client, wanted: Sequence[Json]) -> bool:
    """Register the commands unless Discord has exactly these already; whether that was needed.

    Raises:
        discord.HTTPException: Discord refused; the caller translates.
    """
    application = client.application_id or 0
    known: Sequence[Mapping[str, Any]] = await client.http.get_global_commands(application)
    if sorted(map(_essence, known)) == sorted(map(_essence, wanted)):
        return False
    await client.http.bulk_upsert_global_commands(application, list(wanted))
    return True


def offered(choices: Iterable[Choice], presenter: Presenter, reader: Reader) -> list[discord.app_commands.Choice[str]]:
    """Write values as Discord offers them while an option is typed; one that it cannot carry is left out."""
    return [
        discord.app_commands.Choice(name=cut(name, MOST_OPTION_TEXT), value=choice.value)
        for choice in choices
        if (name := choice.label if isinstance(choice.label, str) else presenter.label(choice.label, reader))
        and len(choice.value) <= MOST_OPTION_TEXT
    ][:MOST_OPTIONS]


def _native(command: Command[Work], presenter: Presenter) -> Json:
    for_moderators = command.audience is Audience.MODERATOR
    return {
        "type": _CHAT_INPUT,
        "name": command.shown_name(discreet=presenter.capabilities.discreet),
        "description": _help(presenter, f"command.{command.name}.help"),
        "options": [_option(command, argument, presenter) for argument in command.arguments],
        "integration_types": _INSTALLED_IN_GUILDS,
        "contexts": [_GUILD] if for_moderators else [_GUILD, _DIRECT_CHAT],
        "default_member_permissions": MODERATORS_COMMANDS.value if for_moderators else None,
    }


def _in_menu(name: str) -> Json:
    return {
        "type": MESSAGE_MENU,
        "name": name,
        "integration_types": _INSTALLED_IN_GUILDS,
        "contexts": [_GUILD],
        "default_member_permissions": None,
    }


def _option(command: Command[Work], argument: Argument, presenter: Presenter) -> Json:
    option: Json = {
        "type": _INTEGER if argument.whole else _STRING,
        "name": argument.name,
        "description": _help(presenter, f"command.{command.name}.{argument.name}"),
    }
    if argument.whole:
        option["min_value"], option["max_value"] = argument.whole
    elif argument.choices:
        option["choices"] = [{"name": value, "value": value} for value in argument.choices[:MOST_OPTIONS]]
    elif argument.seeks:
        option["autocomplete"] = True
    return option


def _help(presenter: Presenter, key: str) -> str:
    return cut(presenter.label(say(key), Reader()), MOST_OPTION_TEXT)


def _essence(command: Mapping[str, Any]) -> str:
    """What of a command we set, as text that can be compared; Discord adds ids, versions and defaults of its own."""
    options = [
        (
            *(option.get(name) for name in ("type", "name", "description", "min_value", "max_value")),
            [(choice["name"], choice["value"]) for choice in option.get("choices") or ()],
            bool(option.get("autocomplete")),
            bool(option.get("required")),
        )
        for option in command.get("options") or ()
    ]
    kind = command.get("type", _CHAT_INPUT)
    whereabouts = [sorted(command.get(name) or ()) for name in ("integration_types", "contexts")]
    # Discord takes a number and gives back text.
    rights = command.get("default_member_permissions")
    audience = None if rights is None else int(rights)
    return repr((kind, command["name"], command.get("description") or None, options, whereabouts, audience))
