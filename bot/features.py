"""Everything that the bot offers, put together once: the commands, buttons and forms of all features."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from bot.chat.people import Person
from bot.chat.ports import Clock, Herald
from bot.chat.replies import Form, Reply
from bot.chat.tokens import Tokens
from bot.dispatcher import Dispatcher
from bot.faq.asking import Asking
from bot.faq.keeping import Keeping
from bot.faq.library import Library
from bot.faq.offering import Offering
from bot.journey import about, catalogue
from bot.members.calls import Action, Call, Command, Run
from bot.members.guide import Guide
from bot.meter import Meter, Unmetered
from bot.moderation.contesting import Contesting
from bot.moderation.hearing import Assessing, Hearing
from bot.moderation.helping import Helping
from bot.moderation.minding import Minding
from bot.moderation.moderating import Moderating
from bot.moderation.optout import OptingOut
from bot.moderation.posting import Posting
from bot.moderation.reporting import Reporting
from bot.moderation.sweeping import Sweeping
from bot.ports import OpenWork, Work


@dataclass(frozen=True, slots=True)
class Means:
    """What the features work with.

    ``look`` opens a unit of work for reading alone; ``home_chat`` is whose answers hold in direct chats that come from
    no group.
    """

    open_work: OpenWork
    look: OpenWork
    clock: Clock
    tokens: Tokens
    library: Library
    herald: Herald
    triage: Assessing
    home_chat: str = ""
    meter: Meter = field(default_factory=Unmetered)


@dataclass(frozen=True, slots=True)
class Features:
    """Commands, actions and forms by name, in the order in which menus show them, and what listens and looks ahead."""

    commands: Mapping[str, Command[Work]]
    actions: Mapping[str, Action[Work]]
    forms: Mapping[str, Form]
    offering: Offering
    hearing: Hearing
    minding: Minding
    helping: Helping
    sweeping: Sweeping


def gather(means: Means) -> Features:
    """Put all features together."""
    library, herald, open_work = means.library, means.herald, means.open_work
    asking, keeping = Asking(library, means.home_chat), Keeping(library, means.tokens, herald)
    offering, posting = Offering(library, means.home_chat), Posting(open_work, herald, means.clock)
    hearing = Hearing(means.triage, offering, posting, herald, open_work=open_work, look=means.look)
    minding = Minding(means.triage, offering, posting, means.look, means.home_chat)
    reporting, helping, opting_out = Reporting(posting), Helping(posting, offering), OptingOut(hearing.note_wish)
    contesting = Contesting(posting)
    moderating = Moderating(means.tokens, herald, posting, means.meter)
    commands: dict[str, Command[Work]] = {}
    forgetful = (hearing, minding, reporting)

    def told() -> Iterable[Command[Work]]:
        return commands.values()

    for command in (
        *catalogue.OWN_COMMANDS,
        *asking.commands,
        *helping.commands,
        *reporting.commands,
        *contesting.commands,
        *opting_out.commands,
        *catalogue.GENERAL_COMMANDS,
        catalogue.help_command(told),
        *keeping.commands,
        *moderating.commands,
    ):
        commands[command.name] = command
    commands["forget"] = replace(commands["forget"], run=_forgetting(commands["forget"].run, forgetful))
    actions: Iterable[Action[Work]] = (
        *catalogue.ACTIONS,
        *asking.actions,
        *helping.actions,
        *reporting.actions,
        *opting_out.actions,
        *contesting.actions,
        *keeping.actions,
        *minding.actions,
        *moderating.actions,
    )
    erase = _forgetting(about.erase, forgetful)
    forms = (*catalogue.FORMS, *keeping.forms, *moderating.forms)
    return Features(
        commands,
        {action.name: replace(action, run=erase) if action.name == about.ERASE else action for action in actions},
        {form.name: form for form in forms},
        offering,
        hearing,
        minding,
        helping,
        Sweeping(open_work, herald, posting, hearing.finish),
    )


class _Forgetful(Protocol):
    """What knows in memory what people wrote lately."""

    def forget(self, person: Person) -> None:
        """Forget it."""
        ...


def _forgetting(run: Run[Work], forgetful: Iterable[_Forgetful]) -> Run[Work]:
    """A use case after which nothing that somebody wrote is known in memory either."""

    async def forgetting(call: Call, work: Work) -> Reply:
        reply = await run(call, work)
        for each in forgetful:
            each.forget(call.person)
        return reply

    return forgetting


def dispatcher_over(features: Features, means: Means) -> Dispatcher:
    """The one door in to these features."""
    return Dispatcher(
        features.commands,
        features.actions,
        Guide(features.forms),
        means.open_work,
        means.clock,
        means.tokens,
        features.hearing,
        features.offering,
        features.minding,
    )
