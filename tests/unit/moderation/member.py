"""The members' side of a group that is listened to: they show messages, opt out, look for help, and contest."""

from dataclasses import dataclass

import builders
from bot.chat.events import Pressed, Used
from bot.chat.people import Message, Place
from bot.moderation.flag import Deed, Flag
from bot.words.presenting import Screen
from unit.journey.talk import Voice
from unit.moderation.hearer import GroupTalk


@dataclass
class MemberTalk(GroupTalk):
    """The core with what members can do about what is heard."""

    def member(self, name: str = "ben", locale: str | None = "en-GB") -> "Neighbour":
        return Neighbour(self, builders.person(name, platform=self.capabilities.platform, locale=locale))

    async def flag(self) -> Flag:
        """The only flag that waits."""
        [flag] = await self.flags()
        return flag

    async def stored(self, flag_id: str) -> Flag:
        async with self.store.work() as work:
            found = await work.flags.get(flag_id)
        assert found
        return found

    async def change(self, flag: Flag) -> None:
        """Have moderators do something with a flag."""
        async with self.store.work() as work:
            await work.flags.save(flag)
            await work.commit()

    async def deeds(self) -> list[Deed]:
        watched = await self.watched()
        assert watched
        async with self.store.work() as work:
            return list(await work.deeds.of(watched.chat_id, 50))


@dataclass
class Neighbour(Voice):
    """Somebody in the group; what they press under an answer in the group they press there."""

    talk: MemberTalk
    here: Place | None = None

    @property
    def direct(self) -> Place:
        return self.here or super().direct

    async def flags(self, text: str = "", about: Message | None = None) -> Screen | None:
        """Use the command in the group, on a message where one is given."""
        self.here = self.talk.group
        return await self.does(Used(self.person, self.talk.group, "flag", text, hidden=False, about=about))

    async def flags_anna(self, text: str = "", message_id: str = "m1") -> Screen | None:
        """Use the command on a message of Anna's."""
        author = builders.person("anna", platform=self.person.platform)
        return await self.flags(text, Message(message_id, author, "buy my drops", "https://example.org/m1"))

    async def opens_help(self, flag_id: str) -> Screen | None:
        """Press the button under the public reply, which is for anyone."""
        token = self.talk.core.tokens.make_for_anyone("mh", (flag_id,), self.person.platform)
        screen = await self.does(Pressed(self.person, self.talk.group, token))
        # Who looks for help does not wait until the card says so, but these tests do.
        await self.talk.features.helping.settle()
        return screen

    async def follows_link(self, link: str) -> Screen | None:
        """Follow a link that we made into the direct chat."""
        screen = await self.does(Used(self.person, self.direct, "start", self.signed(link)))
        await self.talk.features.helping.settle()
        return screen

    def signed(self, link: str) -> str:
        return self.talk.core.tokens.sign_link(link, self.person.platform)

    async def presses_action(self, action: str, *arguments: str) -> Screen | None:
        """Press a button that stood under something else."""
        token = self.talk.core.tokens.make(action, arguments, self.person)
        return await self.does(Pressed(self.person, self.direct, token))
