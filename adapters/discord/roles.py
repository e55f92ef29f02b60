"""Who looks after a server, as Discord works it out anew for every interaction."""

from dataclasses import dataclass

import discord

from adapters.discord import translate
from bot.chat.people import Person, Place

MODERATORS_COMMANDS = discord.Permissions(manage_messages=True)
"""Who is shown the commands for moderators, unless the server's own settings say otherwise."""

_ANY_OF = ("administrator", "moderate_members", "manage_messages")


@dataclass(frozen=True, slots=True)
class InteractionRoles:
    """Fulfils ``Roles`` for as long as one interaction is answered.

    It knows only of who made it and of the server where they did: their rights in that channel came with it.
    """

    interaction: discord.Interaction

    async def moderates(self, person: Person, place: Place) -> bool:
        """See ``Roles``."""
        asked_by, here = translate.who(self.interaction), translate.place_of(self.interaction)
        if (person.platform, person.id) != (asked_by.platform, asked_by.id):
            return False
        # A direct chat belongs to no server, so nobody moderates one, nor anything from there.
        if (place.platform, place.community) != (here.platform, here.whole):
            return False
        return any(getattr(self.interaction.permissions, name) for name in _ANY_OF)
