"""Everything that the bot offers, put together as the program does, for tests that go through all of it."""

from contextlib import AbstractAsyncContextManager

import builders
from bot.chat.capabilities import Capabilities
from bot.chat.people import Person, Place
from bot.chat.replies import Reply
from bot.chat.tokens import Tokens
from bot.errors import StorageError, Unreachable
from bot.faq.library import Library
from bot.features import Means, gather
from bot.ports import Work
from bot.triage.assessment import Assessment, Context, Do, Label


class NobodyThere:
    """Fulfils ``Herald`` where no platform runs."""

    async def post(self, place: Place, reply: Reply, *, answering: str = "") -> str:
        raise Unreachable(f"nobody to tell in {place.id} under {answering}: {reply.lines}")

    async def edit(self, place: Place, message_id: str, reply: Reply) -> None:
        raise Unreachable(f"nothing to change in {place.id}: {message_id}, {reply.lines}")

    async def send(self, person: Person, reply: Reply) -> str:
        raise Unreachable(f"nobody to tell {person.id}: {reply.lines}")

    def capabilities(self, platform: str) -> Capabilities:
        raise Unreachable(f"{platform} does not run")

    async def moderators(self, place: Place) -> tuple[Person, ...]:
        raise Unreachable(f"nobody known in {place.id}")


class HearsNothing:
    """Fulfils ``Assessing``: to it every message is an ordinary one."""

    def assess(self, text: str, context: Context) -> Assessment:  # noqa: ARG002 - whatever is said
        return Assessment(Label.NONE, 0.0, Do.NONE)


def no_work() -> AbstractAsyncContextManager[Work]:
    raise StorageError("no database here")


FEATURES = gather(
    Means(no_work, no_work, builders.SettableClock(), Tokens(bytes(32)), Library(), NobodyThere(), HearsNothing())
)
COMMANDS, ACTIONS, FORMS = FEATURES.commands, FEATURES.actions, FEATURES.forms
