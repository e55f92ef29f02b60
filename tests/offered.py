"""Everything that the bot offers, put together as the program does, for tests that go through all of it."""

from bot.chat.people import Person, Place
from bot.chat.replies import Reply
from bot.chat.tokens import Tokens
from bot.errors import Unreachable
from bot.faq.library import Library
from bot.features import gather


class NobodyThere:
    """Fulfils ``Herald`` where no platform runs."""

    async def post(self, place: Place, reply: Reply) -> None:
        raise Unreachable(f"nobody to tell in {place.id}: {reply.lines}")

    async def send(self, person: Person, reply: Reply) -> None:
        raise Unreachable(f"nobody to tell {person.id}: {reply.lines}")


FEATURES = gather(Library(), Tokens(bytes(32)), NobodyThere())
COMMANDS, ACTIONS, FORMS = FEATURES.commands, FEATURES.actions, FEATURES.forms
