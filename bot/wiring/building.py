"""Putting the core together over an open database."""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.chat.capabilities import Capabilities
from bot.chat.people import Person, Place, Reader
from bot.chat.ports import Clock, Messenger
from bot.chat.replies import Reply
from bot.chat.tokens import Tokens
from bot.dispatcher import Dispatcher, reader_for
from bot.errors import Unreachable
from bot.faq.library import Library
from bot.faq.notices import tell_moderators
from bot.features import Means, dispatcher_over, gather
from bot.meter import Meter, Unmetered
from bot.moderation.hearing import Hearing
from bot.moderation.helping import Helping
from bot.moderation.sweeping import Sweeping
from bot.reminders.ports import ALONE, Crewing
from bot.reminders.sweep import IN_FLIGHT, Sweep
from bot.triage.assessment import Assessment, Context
from storage.store import Store

_LOADING = threading.Lock()
"""Held while the model is read, so that two messages at once do not read it twice."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """See ``Clock``."""
        return datetime.now(UTC)


class LateTriage:
    """Fulfils ``Assessing``; the model is read when the first message comes, or as the program warms up."""

    def assess(self, text: str, context: Context) -> Assessment:
        """See the port."""
        with _LOADING:
            from bot.triage.triage import load_triage

            triage = load_triage()
        return triage.assess(text, context)


@dataclass(frozen=True, slots=True)
class Core:
    """The core over a database: what every platform speaks to."""

    store: Store
    dispatcher: Dispatcher
    tokens: Tokens
    clock: Clock
    library: Library
    heralds: "Heralds"
    hearing: Hearing
    helping: Helping
    sweeping: Sweeping
    meter: Meter

    def sweep(self, messengers: Mapping[str, Messenger], crew: Crewing = ALONE, in_flight: int = IN_FLIGHT) -> Sweep:
        """What sends reminders through these messengers, by platform name; corrections and notices go there too."""
        self.heralds.messengers.update(messengers)
        return Sweep(self.store.work, messengers, self.clock, crew=crew, in_flight=in_flight, meter=self.meter)

    async def upkeep(self) -> None:
        """Tell moderators of the reviews that come near, and erase what was kept for a time."""
        async with self.store.work() as work:
            await tell_moderators(work, self.library, self.heralds, self.clock.now())

    async def sweep_flags(self) -> None:
        """Take up the flags that are to be looked at by now."""
        await self.hearing.catch_up()
        await self.sweeping.sweep(self.clock.now())

    async def keep_flags(self) -> None:
        """Erase what flags keep for a time alone, and tell moderators what waits."""
        await self.sweeping.upkeep(self.clock.now())


@dataclass(frozen=True, slots=True)
class Heralds:
    """Fulfils ``Herald`` over the platforms that run; they come to be after the core that speaks through them."""

    messengers: dict[str, Messenger] = field(default_factory=dict[str, Messenger])

    async def post(self, place: Place, reply: Reply, *, answering: str = "") -> str:
        """See the port."""
        return await self._of(place.platform).post(place, reply, Reader(), answering=answering)

    async def edit(self, place: Place, message_id: str, reply: Reply) -> None:
        """See the port."""
        await self._of(place.platform).edit(place, message_id, reply, Reader())

    async def send(self, person: Person, reply: Reply) -> str:
        """See the port."""
        reader = reader_for(None, person)
        return await self._of(person.platform).send(person, reply, reader, once=secrets.token_hex(8))

    def capabilities(self, platform: str) -> Capabilities:
        """See the port."""
        return self._of(platform).capabilities

    async def moderators(self, place: Place) -> tuple[Person, ...]:
        """See the port."""
        return await self._of(place.platform).moderators(place)

    def _of(self, platform: str) -> Messenger:
        if platform not in self.messengers:
            raise Unreachable("platform_not_running")
        return self.messengers[platform]


def build_core(store: Store, clock: Clock, home_chat: str = "", meter: Meter | None = None) -> Core:
    """Put the core together over an open store; ``home_chat`` as in ``Settings``. None counts nothing."""
    meter = meter or Unmetered()
    tokens, library, heralds = Tokens(store.vault.derive("tokens")), Library(), Heralds()
    means = Means(store.work, store.look, clock, tokens, library, heralds, LateTriage(), home_chat, meter)
    features = gather(means)
    return Core(
        store,
        dispatcher_over(features, means),
        tokens,
        clock,
        library,
        heralds,
        features.hearing,
        features.helping,
        features.sweeping,
        meter,
    )
