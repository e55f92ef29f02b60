"""The people of a dialogue with the bot on the fake Telegram, and the groups in which they meet."""

from typing import Literal

from fakes.telegram_account import member_wire
from fakes.telegram_html import commands_and_mentions
from fakes.telegram_inline import message_of
from fakes.telegram_world import BOT_NAME, Chat, InlineQuery, Message, Person, Press, Wire, World

__all__ = ["Group", "User"]

# Telegram's own account for administrators who write as the group (python-telegram-bot 22.8, ChatID.ANONYMOUS_ADMIN).
_ANONYMOUS: Wire = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
_TRANSCRIPT = 20
_REFUSALS = 5

Status = Literal["creator", "administrator", "member", "left", "kicked"]


class Group:
    """A group, supergroup or forum; an id that starts with -100 makes it a supergroup, as on Telegram."""

    def __init__(self, world: World, chat: Chat) -> None:
        self._world = world
        self.chat = chat
        self._earlier: list[Chat] = []

    @property
    def id(self) -> int:
        """The chat's id, a new one after `migrate`."""
        return self.chat.id

    @property
    def messages(self) -> list[Message]:
        """What everybody in the group sees, oldest first."""
        posted = [message for chat in [*self._earlier, self.chat] for message in chat.messages]
        return [message for message in posted if message.stands and not message.is_ephemeral]

    def public_text(self) -> str:
        """Everything that the bot ever showed the whole group, also where it was edited over or deleted since."""
        posted = [message for chat in [*self._earlier, self.chat] for message in chat.messages]
        public = [message for message in posted if message.is_from_bot and not message.is_ephemeral]
        return "\n".join(text for message in public for text in (*message.earlier, message.shown()))

    def add(self, *users: "User", status: Status = "member") -> None:
        """Let people be in the group from the start; the bot is told nothing."""
        for user in users:
            self.chat.members[user.id] = status

    def remove(self, *users: "User") -> None:
        """Let people have left the group; the bot is told nothing."""
        for user in users:
            self.chat.members.pop(user.id, None)

    async def sets_bot_status(self, status: Status, by: "User") -> None:
        """Promote, demote, remove or take in the bot, which learns of it by a my_chat_member update."""
        old, self.chat.bot_status = self.chat.bot_status, status
        _push_own_status(self._world, self.chat, by.person, old, status)

    async def migrate(self, to: int) -> None:
        """Become the supergroup ``to``, with a service message on both sides; message ids start anew there."""
        old = self.chat
        new = Chat(to, "supergroup", old.title, members=dict(old.members), bot_status=old.bot_status)
        self._world.chats[to] = new
        old.migrated_to = to
        self._earlier.append(old)
        self.chat = new
        for chat, notice in ((old, {"migrate_to_chat_id": to}), (new, {"migrate_from_chat_id": old.id})):
            self._world.push("message", self._world.post(chat, _ANONYMOUS, extra=notice).wire())


def _push_own_status(world: World, chat: Chat, person: Person, old: str, new: str) -> None:
    changed = {
        "chat": chat.wire(),
        "from": person.wire(),
        "date": int(world.clock().timestamp()),
        "old_chat_member": member_wire(world.bot, old),
        "new_chat_member": member_wire(world.bot, new),
    }
    world.push("my_chat_member", changed)


class User:
    """A person with a phone: what they do reaches the bot as updates, what they see is what it sent them."""

    def __init__(self, world: World, person: Person) -> None:
        self._world = world
        self.person = person
        self.chat = world.chats[person.id]
        self.presses_made: list[Press] = []
        self._acted = 0

    @property
    def id(self) -> int:
        """The person's id, which is the id of their private chat too."""
        return self.person.id

    @property
    def sees(self) -> list[Message]:
        """What stands before their eyes, oldest first: private chat, groups, ephemeral messages."""
        return self._world.visible_to(self.person)

    @property
    def toasts(self) -> list[str]:
        """What short notices and alerts said after their presses, oldest first, empty ones left out."""
        return [press.text for press in self.presses_made if press.text]

    async def says(
        self, text: str, to: Group | None = None, *, reply_to: Message | None = None, topic: int | None = None
    ) -> Message:
        """Write in private, or ``to`` a group; the first private message starts the bot."""
        entities = commands_and_mentions(text)
        return self._writes(to, text=text, entities=entities, reply_to=reply_to, thread_id=topic)

    async def says_anonymously(self, text: str, to: Group) -> Message:
        """Write as the group itself, as an administrator who stays anonymous does."""
        content: Wire = {"text": text, "entities": commands_and_mentions(text)}
        message = self._world.post(to.chat, _ANONYMOUS, **content, extra={"sender_chat": to.chat.wire()})
        self._acted = message.order
        return self._deliver(message)

    async def says_ephemeral(self, text: str, to: Group) -> Message:
        """Send a command that only the bot and they themselves can see."""
        content: Wire = {"text": text, "entities": commands_and_mentions(text)}
        return self._writes(to, seen_by=self.id, **content, extra={"receiver_user": self._world.bot})

    async def sends_photo_with_caption(self, caption: str, to: Group | None = None) -> Message:
        """Send a picture with words under it."""
        photo = {"file_id": "their-photo", "file_unique_id": "their-photo", "width": 1280, "height": 960}
        return self._writes(to, text=caption, entities=commands_and_mentions(caption), media={"photo": [photo]})

    async def sends_sticker(self, to: Group | None = None, emoji: str = "👍") -> Message:
        """Send a sticker, which has no words at all."""
        shape = {"width": 512, "height": 512, "is_animated": False, "is_video": False, "type": "regular"}
        sticker = {"file_id": "their-sticker", "file_unique_id": "their-sticker", "emoji": emoji, **shape}
        return self._writes(to, media={"sticker": sticker})

    async def forwards(self, message: Message, to: Group | None = None) -> Message:
        """Forward a message; a bot learns who wrote it first."""
        origin = {"type": "user", "sender_user": message.sender, "date": int(message.date.timestamp())}
        content: Wire = {"text": message.text, "entities": message.entities, "media": message.media}
        return self._writes(to, **content, extra={"forward_origin": origin})

    async def edits(self, message: Message, text: str) -> None:
        """Change a message of their own."""
        assert message.sender["id"] == self.id, f"{self.person.first_name} did not write {message.text!r}"
        message.earlier.append(message.text)
        message.text, message.entities = text, commands_and_mentions(text)
        message.edited_at = self._world.clock()
        message.changed = self._acted = self._world.happened()
        if self._reaches_bot(message):
            self._world.push("edited_message", message.wire())

    async def deletes(self, message: Message) -> None:
        """Take a message of their own away, of which a bot is told nothing."""
        assert message.sender["id"] == self.id, f"{self.person.first_name} did not write {message.text!r}"
        message.deleted = True
        message.changed = self._acted = self._world.happened()

    async def blocks(self) -> None:
        """Stop the bot from writing to them."""
        await self._turns(blocked=True)

    async def unblocks(self) -> None:
        """Let the bot write to them again."""
        await self._turns(blocked=False)

    async def asks_inline(self, query: str, to: Group | None = None) -> InlineQuery:
        """Type the bot's name and a query, to the bot itself or in a group; the results fill when the bot answers."""
        asked = InlineQuery(str(len(self._world.inline_queries) + 1), query)
        self._world.inline_queries[asked.id] = asked
        sent = {"id": asked.id, "from": self.person.wire(), "query": query, "offset": ""}
        self._world.push("inline_query", {**sent, "chat_type": to.chat.kind if to else "sender"})
        return asked

    async def waits_for_offers(self, asked: InlineQuery, timeout: float = 10) -> list[str]:  # noqa: ASYNC109 - as below
        """Return the titles that the bot offers, in order."""
        await self._world.until(lambda: asked.results is not None or None, timeout)
        assert asked.results is not None, f"the bot left a query unanswered for {timeout} s\n{self.transcript()}"
        return asked.titles

    async def posts_offer(self, asked: InlineQuery, title: str, to: Group) -> Message:
        """Choose a result: it becomes a message of their own, which says by whose help it was written."""
        (chosen,) = [result for result in asked.results or [] if result["title"] == title]
        return self._writes(to, **message_of(chosen), extra={"via_bot": self._world.bot})

    async def presses(self, label: str, message: Message | None = None) -> Press:
        """Press the button whose text contains ``label``, on the newest message they see that has one.

        Raises:
            AssertionError: there is none, or it is no button that tells the bot anything.
        """
        seen = [message] if message else list(reversed(self.sees))
        for shown in seen:
            for button in (button for row in shown.keyboard for button in row if label in button["text"]):
                assert "callback_data" in button, f"the button {button['text']!r} does not call the bot: {button}"
                return await self.press_data(shown, button["callback_data"])
        raise AssertionError(f"{self.person.first_name} sees no button {label!r}\n{self.transcript()}")

    async def press_data(self, message: Message, data: str) -> Press:
        """Send callback data from a message, whether or not a button there carries it."""
        press = Press(str(9_000_000 + len(self._world.presses)), self.person, message, self._world.clock())
        self._world.presses[press.id] = press
        self.presses_made.append(press)
        gone = {"chat": message.chat.wire(), "message_id": message.message_id, "date": 0}
        query = {
            "id": press.id,
            "from": self.person.wire(),
            "message": message.wire() if message.stands else gone,
            "chat_instance": f"instance{message.chat.id}",
            "data": data,
        }
        self._acted = self._world.happened()
        self._world.push("callback_query", query)
        return press

    # A dialogue reads best with the word that asyncio's own functions use, so the figure stays an argument.
    async def waits_for(self, part: str, timeout: float = 10, *, after: Message | None = None) -> Message:  # noqa: ASYNC109
        """Return the newest message that contains ``part``, sent or edited since they last did something themselves.

        ``after`` counts from that message instead, ``timeout`` is in seconds.

        Raises:
            AssertionError: none came in time; its text holds what they see instead.
        """
        since = after.changed if after else self._acted

        def found() -> Message | None:
            fresh = [m for m in self.sees if m.changed > since and m.sender["id"] != self.id and part in m.text]
            return max(fresh, key=lambda message: message.changed, default=None)

        message = await self._world.until(found, timeout)
        assert message, f"{self.person.first_name} waited {timeout} s in vain for {part!r}\n{self.transcript()}"
        return message

    async def waits_for_toast(self, press: Press, timeout: float = 10) -> str:  # noqa: ASYNC109 - as above
        """Return what the bot's answer to a press showed them, empty where it only stopped the button's spinning."""
        text = await self._world.until(lambda: press.text, timeout)
        assert text is not None, f"the bot left a press unanswered for {timeout} s\n{self.transcript()}"
        return text

    def transcript(self) -> str:
        """Return the newest messages they see and what the bot was last refused, for the text of a failure."""
        lines = [f"{self.person.first_name} sees:"]
        for message in self.sees[-_TRANSCRIPT:]:
            where = message.chat.title or "private"
            marks = " (only they)" * message.is_ephemeral + " (edited)" * message.edited
            lines.append(f"  [{where}]{marks} {message.sender['first_name']}: {message.text or sorted(message.media)}")
            lines += [f"      {' '.join(f'[{label}]' for label, _ in row)}" for row in message.buttons]
        lines.append(f"  notices: {self.toasts}")
        # A message that never came was often sent and refused, so the reason belongs beside its absence.
        lines += [f"  refused {refusal}" for refusal in self._world.refusals[-_REFUSALS:]]
        return "\n".join(lines)

    def _writes(self, to: Group | None, *, seen_by: int | None = None, **content: object) -> Message:
        chat = to.chat if to else self.chat
        if to is None:
            assert not self.person.blocked, f"{self.person.first_name} has blocked the bot and cannot write to it"
            self.person.started = True
        else:
            assert self.id in chat.members, f"{self.person.first_name} is not in {chat.title}"
        message = self._world.post(chat, self.person.wire(), seen_by=seen_by, **content)
        self._acted = message.order
        return self._deliver(message)

    def _deliver(self, message: Message) -> Message:
        if self._reaches_bot(message):
            self._world.push("message", message.wire())
        return message

    def _reaches_bot(self, message: Message) -> bool:
        """Whether privacy mode lets the bot read it (Bots FAQ: commands for it and replies to it)."""
        chat = message.chat
        if chat.bot_is_outside:
            return False
        everything = chat.person or chat.bot_is_admin or self._world.can_read_all_group_messages
        replies = message.reply_to is not None and message.reply_to.is_from_bot
        command = message.text.split(maxsplit=1)[0] if message.text.startswith("/") else ""
        for_bot = bool(command) and command.partition("@")[2].lower() in {"", BOT_NAME.lower()}
        return bool(everything or message.is_ephemeral or replies or for_bot)

    async def _turns(self, *, blocked: bool) -> None:
        self.person.blocked = blocked
        old, new = ("member", "kicked") if blocked else ("kicked", "member")
        _push_own_status(self._world, self.chat, self.person, old, new)
