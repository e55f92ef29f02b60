"""Everything that the bot offers, put together once: the commands, buttons and forms of all features."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.chat.replies import Form
from bot.chat.tokens import Tokens
from bot.dispatcher import Work
from bot.faq.asking import Asking
from bot.faq.keeping import Keeping
from bot.faq.library import Library
from bot.faq.offering import Offering
from bot.faq.ports import Herald
from bot.journey import catalogue
from bot.members.calls import Action, Command


@dataclass(frozen=True, slots=True)
class Features:
    """Commands, actions and forms by name, in the order in which menus show them; ``offering`` is asked unasked."""

    commands: Mapping[str, Command[Work]]
    actions: Mapping[str, Action[Work]]
    forms: Mapping[str, Form]
    offering: Offering


def gather(library: Library, tokens: Tokens, herald: Herald, home_chat: str = "") -> Features:
    """Put all features together; ``home_chat`` is whose answers hold in direct chats that come from no group."""
    asking, keeping = Asking(library, home_chat), Keeping(library, tokens, herald)
    commands: dict[str, Command[Work]] = {}

    def told() -> Iterable[Command[Work]]:
        return commands.values()

    for command in (
        *catalogue.OWN_COMMANDS,
        *asking.commands,
        *catalogue.GENERAL_COMMANDS,
        catalogue.help_command(told),
        *keeping.commands,
    ):
        commands[command.name] = command
    actions: Iterable[Action[Work]] = (*catalogue.ACTIONS, *asking.actions, *keeping.actions)
    forms = (*catalogue.FORMS, *asking.forms, *keeping.forms)
    return Features(
        commands,
        {action.name: action for action in actions},
        {form.name: form for form in forms},
        Offering(library, home_chat),
    )
