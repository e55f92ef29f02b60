"""The moderators' side: ``/flags``, ``/flagstats``, ``/audit``, ``/setup``, and what stands under cards."""

from collections.abc import Sequence

from bot.chat.ports import Herald
from bot.chat.replies import Reply, rows, say
from bot.chat.tokens import Tokens
from bot.members.calls import Argument, Audience, Call, Command
from bot.meter import Meter
from bot.moderation.audit import Auditing
from bot.moderation.claiming import Claiming
from bot.moderation.desk import AUDIT, FIGURES, Desk, desks_here
from bot.moderation.figures import Counting
from bot.moderation.listing import Listing
from bot.moderation.ports import ModerationWork
from bot.moderation.posting import Posting
from bot.moderation.setting_up import SettingUp


class Moderating:
    """Everything that moderators do with flags. ``herald`` reaches people, ``posting`` keeps the cards."""

    def __init__(self, tokens: Tokens, herald: Herald, posting: Posting, meter: Meter) -> None:
        self._counting, self._auditing = Counting(), Auditing()
        claiming, listing, setting_up = Claiming(posting, herald, meter), Listing(), SettingUp(tokens, herald, posting)
        self.commands = (
            Command[ModerationWork](
                "flags",
                listing.use,
                audience=Audience.MODERATOR,
                personal=False,
                arguments=(Argument("words"),),
            ),
            Command[ModerationWork]("flagstats", self.figures, audience=Audience.MODERATOR, personal=False),
            Command[ModerationWork]("audit", self.audit, audience=Audience.MODERATOR, personal=False),
            Command[ModerationWork](
                "setup",
                setting_up.use,
                audience=Audience.MODERATOR,
                personal=False,
                arguments=(Argument("code"),),
            ),
        )
        self.actions = (
            *claiming.actions,
            *listing.actions,
            *self._counting.actions,
            *self._auditing.actions,
            *setting_up.actions,
        )
        self.forms = (*claiming.forms, *listing.forms, *setting_up.forms)

    async def figures(self, call: Call, work: ModerationWork) -> Reply:
        """Show the figures of where somebody is."""
        desks = await desks_here(call, work)
        return await self._counting.figures(desks[0]) if len(desks) == 1 else _choose(desks, FIGURES, "30")

    async def audit(self, call: Call, work: ModerationWork) -> Reply:
        """Show the record of where somebody is."""
        desks = await desks_here(call, work)
        return await self._auditing.record(desks[0]) if len(desks) == 1 else _choose(desks, AUDIT, "0")


def _choose(desks: Sequence[Desk], action: str, argument: str) -> Reply:
    taps = [desk.button(say("flags.community", id=desk.chat_id), action, argument) for desk in desks]
    return Reply((say("flags.which_community"),), buttons=rows(*taps, width=1))
