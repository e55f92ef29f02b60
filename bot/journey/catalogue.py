"""All commands, actions and forms of a member's own journey, in the order in which menus show them."""

from bot.journey import about, countdown, followups, labs, rounds, settings, start, topics
from bot.members.calls import Action, Audience, Command
from bot.reminders.ports import ReminderWork

_PERSONAL = (*start.COMMANDS, *labs.COMMANDS[:1], *countdown.COMMANDS, *labs.COMMANDS[1:], *rounds.COMMANDS)
_ALL = (*_PERSONAL, *settings.COMMANDS, *about.COMMANDS)

_HELP = Command[ReminderWork](
    "help",
    about.help_for(lambda: COMMANDS.values()),  # noqa: PLW0108 - the table is made below, with this command in it
    audience=Audience.ANYONE,
    personal=False,
    arguments=about.HELP_ARGUMENTS,
    linkable=True,
)

COMMANDS: dict[str, Command[ReminderWork]] = {command.name: command for command in (*_ALL, _HELP)}

ACTIONS: dict[str, Action[ReminderWork]] = {
    action.name: action
    for module in (start, settings, topics, rounds, labs, followups, about)
    for action in module.ACTIONS
}

FORMS = {form.name: form for form in (*settings.FORMS, *topics.FORMS, *rounds.FORMS, *labs.FORMS)}
