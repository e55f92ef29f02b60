"""Who looks after a server, as Discord works it out anew for every interaction, and as far as it tells us unasked."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import discord
import structlog

from adapters.discord import translate
from adapters.discord.errors import EXPECTED, meaning
from adapters.discord.platform import PLATFORM
from bot.chat.people import Person, Place
from bot.errors import Unreachable

MODERATORS_COMMANDS = discord.Permissions(manage_messages=True)
"""Who is shown the commands for moderators, unless the server's own settings say otherwise."""

KNOWN_FOR = timedelta(seconds=30)
"""How long a list of moderators holds."""

_ANY_OF = ("administrator", "moderate_members", "manage_messages")
_PATIENCE = timedelta(seconds=3)
_MOST_KNOWN = 1000

log = structlog.get_logger()


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


@dataclass(slots=True)
class KnownModerators:
    """Lists who moderates a server: its owner, and of the members whom the library knows those with the rights.

    Discord lists members only to bots with an intent that this one does not ask for. ``live`` is the logged-in client,
    ``seconds`` a clock that never goes back.
    """

    live: Callable[[], discord.Client]
    seconds: Callable[[], float] = time.monotonic
    known: dict[str, tuple[float, tuple[Person, ...]]] = field(
        default_factory=dict[str, tuple[float, tuple[Person, ...]]]
    )

    async def of(self, place: Place) -> tuple[Person, ...]:
        """See ``Messenger.moderators``."""
        if place.whole is None or place.platform != PLATFORM:
            return ()
        until, found = self.known.get(place.whole, (0.0, ()))
        if self.seconds() < until:
            return found
        try:
            found = await asyncio.wait_for(self._find(int(place.whole)), _PATIENCE.total_seconds())
        except (*EXPECTED, Unreachable) as error:
            reason = error.reason if isinstance(error, Unreachable) else meaning(error).reason
            log.warning("moderators_unknown", reason=reason)
            return ()
        self.known.pop(place.whole, None)
        if len(self.known) >= _MOST_KNOWN:
            del self.known[next(iter(self.known))]
        self.known[place.whole] = (self.seconds() + KNOWN_FOR.total_seconds(), found)
        return found

    async def _find(self, server_id: int) -> tuple[Person, ...]:
        server = self.live().get_guild(server_id)
        if server is None or server.owner_id is None:
            raise Unreachable("server_unknown")
        owner = await server.fetch_member(server.owner_id)
        others = [
            each
            for each in server.members
            if each.id != owner.id and any(getattr(each.guild_permissions, name) for name in _ANY_OF)
        ]
        return tuple(translate.person(each) for each in (owner, *others) if not each.bot)
