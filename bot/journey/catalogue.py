"""All commands, actions and forms of a member's own journey, in the order in which menus show them."""

from collections.abc import Callable, Iterable
from typing import Any

from bot.journey import about, countdown, followups, labs, rounds, settings, start, topics
from bot.members.calls import Audience, Command

OWN_COMMANDS = (*start.COMMANDS, *labs.COMMANDS[:1], *countdown.COMMANDS, *labs.COMMANDS[1:], *rounds.COMMANDS)
GENERAL_COMMANDS = (*settings.COMMANDS, *about.COMMANDS)

ACTIONS = tuple(
    action
    for module in (start, settings, topics, rounds, labs, followups, about)
    for action in module.ACTIONS
)  # fmt: skip

FORMS = (*settings.FORMS, *topics.FORMS, *rounds.FORMS, *labs.FORMS)


def help_command(commands: Callable[[], Iterable[Command[Any]]]) -> Command[about.HelpWork]:
    """The command that tells of all commands; it is one of them, so they are asked for late."""
    return Command[about.HelpWork](
        "help",
        about.help_for(commands),
        audience=Audience.ANYONE,
        personal=False,
        arguments=about.HELP_ARGUMENTS,
        linkable=True,
    )
