"""The application's commands on the fake Discord: what may be registered, and what a person makes of them.

Limits are from Discord's documentation as of 2026-08-06 (interactions/application-commands).
"""

import re
from collections import Counter
from itertools import pairwise

from fakes.discord_payloads import attachment_json, channel_json, member_json, user_json
from fakes.discord_rules import ApiError, Problems
from fakes.discord_state import Attachment, Channel, Json, User, permission_bits
from fakes.discord_world import World

CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
MOST = {CHAT_INPUT: 100, USER_MENU: 15, MESSAGE_MENU: 15}
SUBCOMMAND, GROUP = 1, 2
STRING, INTEGER, BOOLEAN, USER, CHANNEL, NUMBER, ATTACHMENT = 3, 4, 5, 6, 7, 10, 11
PYTHON_TYPES: dict[int, tuple[type, ...]] = {
    STRING: (str,),
    INTEGER: (int,),
    BOOLEAN: (bool,),
    USER: (User,),
    CHANNEL: (Channel,),
    NUMBER: (int, float),
    ATTACHMENT: (tuple,),
}
NAME = re.compile(r"[-_'\w]{1,32}")


def check_command(problems: Problems, at: str, command: Json) -> None:
    """Check one command to be registered."""
    kind = command.get("type", CHAT_INPUT)
    name = command.get("name") or ""
    if kind == CHAT_INPUT:
        for each, where in [(name, "name"), *((text, "name_localizations") for text in _localized(command, "name"))]:
            if not NAME.fullmatch(each) or each != each.lower():
                problems.add(f"{at}{where}", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
        problems.length(f"{at}description", command.get("description"), 100, least=1)
        _check_options(problems, at, command.get("options") or [])
        if _size(command) > 8000:
            problems.add(f"{at}options", "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000)")
        _check_audience(problems, at, command)
    else:
        problems.length(f"{at}name", name, 32, least=1)
        if command.get("description"):
            problems.add(f"{at}description", "APPLICATION_COMMAND_DESCRIPTION_NOT_ALLOWED", "Not for context menus")
        if command.get("options"):
            problems.add(f"{at}options", "APPLICATION_COMMAND_OPTIONS_NOT_ALLOWED", "Not for context menus")
        _check_audience(problems, at, command)


def _check_audience(problems: Problems, at: str, command: Json) -> None:
    contexts = command.get("contexts")
    if contexts is not None and (not contexts or len(set(contexts)) < len(contexts) or not set(contexts) <= {0, 1, 2}):
        problems.add(f"{at}contexts", "BASE_TYPE_CHOICES", "Contexts are some of 0, 1 and 2, each once.")
    needed = command.get("default_member_permissions")
    if needed is not None and not str(needed).isdecimal():
        problems.add(f"{at}default_member_permissions", "NUMBER_TYPE_COERCE", "Permissions are a number.")


def _localized(thing: Json, key: str) -> list[str]:
    return list((thing.get(f"{key}_localizations") or {}).values())


def _size(part: Json) -> int:
    # Of each text, the longest of its translations counts.
    own = sum(max(map(len, [part.get(key) or "", *_localized(part, key)])) for key in ("name", "description"))
    values = sum(len(choice["name"]) + len(str(choice["value"])) for choice in part.get("choices") or [])
    return own + values + sum(_size(option) for option in part.get("options") or [])


def _check_options(problems: Problems, at: str, options: list[Json]) -> None:
    problems.length(f"{at}options", options, 25)
    names = Counter(option.get("name") for option in options)
    if any(times > 1 for times in names.values()):
        problems.add(f"{at}options", "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option names must be unique")
    for before, after in pairwise(options):
        if after.get("required") and not before.get("required"):
            text = "Required options must be placed before non-required options"
            problems.add(f"{at}options", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", text)
    for number, option in enumerate(options):
        here = f"{at}options/{number}/"
        name = option.get("name") or ""
        if not NAME.fullmatch(name) or name != name.lower():
            problems.add(f"{here}name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
        problems.length(f"{here}description", option.get("description"), 100, least=1)
        problems.length(f"{here}choices", option.get("choices"), 25)
        for index, choice in enumerate(option.get("choices") or []):
            problems.length(f"{here}choices/{index}/name", choice.get("name"), 100, least=1)
        if option.get("choices") and option.get("autocomplete"):
            problems.add(f"{here}autocomplete", "APPLICATION_COMMAND_AUTOCOMPLETE_INVALID", "Choices or autocomplete")
        _check_options(problems, here, option.get("options") or [])


class CommandBook:
    """The commands that the bot has registered, for everywhere or for one guild."""

    def __init__(self, world: World) -> None:
        self.world = world

    def of(self, guild_id: int | None) -> list[Json]:
        """List the commands of a guild, or the global ones for None."""
        wanted = str(guild_id) if guild_id else None
        return [command for command in self.world.commands.values() if command.get("guild_id") == wanted]

    def replace(self, guild_id: int | None, commands: list[Json]) -> list[Json]:
        """Register a whole list in place of the old one; a command of the same name keeps its id.

        Raises:
            ApiError: 50035 for a broken command, 30032 for too many.
        """
        problems = Problems()
        names = Counter((command.get("type", CHAT_INPUT), command.get("name")) for command in commands)
        for number, command in enumerate(commands):
            check_command(problems, f"{number}/", command)
            if names[command.get("type", CHAT_INPUT), command.get("name")] > 1:
                text = "Application command names must be unique"
                problems.add(f"{number}/name", "APPLICATION_COMMANDS_DUPLICATE_NAME", text)
        problems.settle()
        self._check_room(commands)
        old = self.of(guild_id)
        kept = {(each["type"], each["name"]): each["id"] for each in old}
        for command in old:
            del self.world.commands[int(command["id"])]
        return [
            self._store(guild_id, command, kept.get((command.get("type", CHAT_INPUT), command["name"])))
            for command in commands
        ]

    def create(self, guild_id: int | None, command: Json) -> Json:
        """Register one command; one of the same name and type is replaced.

        Raises:
            ApiError: as `replace` does.
        """
        problems = Problems()
        check_command(problems, "", command)
        problems.settle()
        key = (command.get("type", CHAT_INPUT), command["name"])
        old = next((each for each in self.of(guild_id) if (each["type"], each["name"]) == key), None)
        if old is None:
            self._check_room([*self.of(guild_id), command])
        return self._store(guild_id, command, old["id"] if old else None)

    def change(self, old: Json, changes: Json) -> Json:
        """Change one command and keep its id.

        Raises:
            ApiError: 50035 for a broken command.
        """
        problems = Problems()
        check_command(problems, "", {**old, **changes})
        problems.settle()
        return self._store(int(old["guild_id"]) if "guild_id" in old else None, {**old, **changes}, old["id"])

    def find(self, guild_id: int | None, command_id: int) -> Json:
        """Find one command.

        Raises:
            ApiError: 10063 where there is none.
        """
        found = self.world.commands.get(command_id)
        if found is None or found not in self.of(guild_id):
            raise ApiError(404, 10063, "Unknown application command")
        return found

    def _check_room(self, commands: list[Json]) -> None:
        kinds = Counter(command.get("type", CHAT_INPUT) for command in commands)
        for kind, most in MOST.items():
            if kinds[kind] > most:
                raise ApiError(400, 30032, f"Maximum number of application commands reached ({most})")

    def _store(self, guild_id: int | None, command: Json, command_id: str | None) -> Json:
        needed = command.get("default_member_permissions")
        stored = {
            "type": CHAT_INPUT,
            "description": "",
            "nsfw": False,
            "dm_permission": True,
            "contexts": None,
            "options": [],
            **command,
            "default_member_permissions": None if needed is None else str(needed),
            "integration_types": command.get("integration_types") or [0],
            "id": command_id or str(self.world.snowflake()),
            "application_id": str(self.world.application_id),
            "version": str(self.world.snowflake()),
            **({"guild_id": str(guild_id)} if guild_id else {}),
        }
        self.world.commands[int(stored["id"])] = stored
        return stored

    def offered(self, user: User, channel: Channel, kind: int) -> list[Json]:
        """List the commands of a kind that `user` is offered in `channel`, as their client would."""
        guild = channel.guild
        commands = self.of(None) + (self.of(guild.id) if guild else [])
        return [each for each in commands if each["type"] == kind and _is_offered(each, user, channel)]


def _is_offered(command: Json, user: User, channel: Channel) -> bool:
    context = 0 if channel.guild else 1
    if command["contexts"] is not None and context not in command["contexts"]:
        return False
    if channel.guild is None:
        return command["dm_permission"] is not False
    needed = command["default_member_permissions"]
    member = channel.guild.members[user.id]
    if needed is None:
        return member.may(permission_bits("use_application_commands"))
    # "0" hides a command from everyone but administrators.
    return member.may(int(needed) or permission_bits("administrator"))


def filled_in(command: Json, words: list[str], given: Json, user: User, focused: str | None = None) -> list[Json]:
    """Write the options of a slash command as its interaction carries them.

    `words` are the subcommand's names after the command's; `given` are values by option name; `focused` is the
    option being typed, whose value is free text and with which required ones may still be missing.

    Raises:
        AssertionError: an option that is unknown, missing, or has a value that a client would not let through.
    """
    if words:
        inner = next((each for each in command["options"] if words[0] in _names(each, user)), None)
        assert inner is not None, f"{command['name']} has no subcommand {words[0]!r}"
        return [
            {"type": inner["type"], "name": inner["name"], "options": filled_in(inner, words[1:], given, user, focused)}
        ]
    options = command.get("options") or []
    assert not any(each["type"] in {SUBCOMMAND, GROUP} for each in options), f"{command['name']} needs a subcommand"
    known = {name: option for option in options for name in _names(option, user)}
    for name in given:
        assert name in known, f"{command['name']} has no option {name!r}, only {sorted(known)}"
    chosen = {known[name]["name"]: value for name, value in given.items()}
    if focused is None:
        for option in options:
            missing = option.get("required") and option["name"] not in chosen
            assert not missing, f"{command['name']} needs the option {option['name']!r}"
    return [
        {"name": option["name"], "type": option["type"], "value": chosen[option["name"]], "focused": True}
        if focused in _names(option, user)
        else {"name": option["name"], "type": option["type"], "value": _accepted(option, chosen[option["name"]])}
        for option in options
        if option["name"] in chosen
    ]


def _names(thing: Json, user: User) -> set[str]:
    """The name, and the one in the user's language."""
    local = (thing.get("name_localizations") or {}).get(user.locale)
    return {thing["name"], *({local} if local else ())}


def named(commands: list[Json], name: str, user: User) -> Json | None:
    """Find a command by its name, also the one in the user's language."""
    return next((command for command in commands if name in _names(command, user)), None)


def _accepted(option: Json, value: object) -> object:
    """Turn what a person enters into what the client sends: a choice's value, an id, or the value itself."""
    label = f"option {option['name']!r}"
    kind = option["type"]
    choices = option.get("choices") or []
    if choices:
        picked = next((each for each in choices if value in {each["name"], each["value"]}), None)
        assert picked is not None, f"{label} has no choice {value!r}, only {[each['name'] for each in choices]}"
        return picked["value"]
    # To Python a bool is a whole number too; to Discord it is not.
    right_type = isinstance(value, PYTHON_TYPES.get(kind, ())) and isinstance(value, bool) == (kind == BOOLEAN)
    assert right_type, f"{label} does not take {value!r}"
    if isinstance(value, str):
        fits = max(option.get("min_length", 0), 1) <= len(value) <= option.get("max_length", 6000)
        assert fits, f"{label} does not take text of {len(value)} characters"
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = option.get("min_value", -(2**53)), option.get("max_value", 2**53)
        assert low <= value <= high, f"{label} takes {low} to {high}, not {value}"
    return str(value.id) if isinstance(value, User | Channel | Attachment) else value


def resolved(given: Json, channel: Channel, cdn: str) -> Json:
    """Write the people, channels and files among the options in full."""
    found: Json = {}
    for value in given.values():
        if isinstance(value, User):
            found.setdefault("users", {})[str(value.id)] = user_json(value)
            member = channel.guild.members.get(value.id) if channel.guild else None
            if member is not None:
                body = {key: part for key, part in member_json(member).items() if key not in {"user", "deaf", "mute"}}
                found.setdefault("members", {})[str(value.id)] = {**body, "permissions": str(member.permissions)}
        elif isinstance(value, Channel):
            permissions = str(permission_bits("view_channel"))
            found.setdefault("channels", {})[str(value.id)] = {**channel_json(value), "permissions": permissions}
        elif isinstance(value, Attachment):
            found.setdefault("attachments", {})[str(value.id)] = attachment_json(value, cdn)
    return found
