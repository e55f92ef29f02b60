"""People who use the fake Discord: what they do, and what they see, so that a dialogue reads as one.

Every verb does what the real client would let a person do and nothing else: an unknown command, a greyed-out button,
a menu line that is not there are AssertionErrors. A verb that starts an interaction returns once the bot has given
its first answer or the time for it has run out; the answer's text is then waited for with `waits_for`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.discord_commands import (
    CHAT_INPUT,
    MESSAGE_MENU,
    filled_in,
    named,
    resolved,
)
from fakes.discord_forms import submitted
from fakes.discord_messages import mentioned
from fakes.discord_payloads import message_json
from fakes.discord_state import Channel, Choice, Guild, Interaction, Json, Message, User

if TYPE_CHECKING:
    from fakes.discord_server import FakeDiscord

COMMAND, COMPONENT, AUTOCOMPLETE, SUBMIT = 2, 3, 4, 5


class Person(User):
    """A member of the group, with hands and eyes; `discord.user(name)` makes one."""

    def __init__(self, discord: FakeDiscord, name: str, locale: str) -> None:
        super().__init__(discord.world.snowflake(), name, locale)
        self.discord = discord
        self.world = discord.world

    @property
    def dm(self) -> Channel:
        """The direct channel with the bot."""
        return self.world.dm(self)

    @property
    def sees(self) -> list[Message]:
        """All messages on this person's screen now, the oldest first."""
        everywhere = (each for channel in self.world.channels.values() for each in channel.messages)
        return sorted((each for each in everywhere if each.visible_to(self)), key=lambda message: message.id)

    @property
    def transcript(self) -> str:
        """What this person sees, in words, for a failing test to show."""
        lines = [_line(message) for message in self.sees]
        silent = [each for each in self.world.interactions.values() if each.user is self and not each.answered]
        lines += [f"({each.name}: the bot has not answered)" for each in silent]
        if self.open_modal is not None:
            lines.append(f"(open form: {self.open_modal.title} {list(self.open_modal.fields)})")
        return f"{self.name} sees:\n" + ("\n".join(lines) or "nothing")

    async def says(self, text: str, in_: Channel | None = None, reply_to: Message | None = None) -> Message:
        """Write a message, by default to the bot alone."""
        channel = in_ or self.dm
        self._must_reach(channel)
        message = Message(self.world.snowflake(), channel, self, self.world.now(), content=text, reference=reply_to)
        message.mentions = mentioned(self.world, text, None, reply_to.author if reply_to else None)
        return self.world.post(message)

    async def forwards(self, original: Message, in_: Channel | None = None) -> Message:
        """Forward a message, which carries a copy of it and no words of one's own."""
        channel = in_ or self.dm
        self._must_reach(channel)
        copy = Message(self.world.snowflake(), channel, self, self.world.now(), forwarded=original)
        return self.world.post(copy)

    async def edits(self, message: Message, text: str) -> None:
        """Change a message of one's own."""
        assert message.author is self, "only one's own messages can be edited"
        message.content = text
        message.mentions = mentioned(self.world, text, None)
        self.world.revise(message)

    async def deletes(self, message: Message) -> None:
        """Take a message of one's own away."""
        assert message.author is self, "only one's own messages can be deleted"
        self.world.delete(message)

    async def reacts(self, message: Message, emoji: str) -> None:
        """Put a reaction under a message."""
        assert message.visible_to(self), f"{self.name} does not see that message"
        message.reactions.setdefault(emoji, set()).add(self.id)
        self.world.tell("reaction", (message, self, emoji, True))

    async def uses(self, command: str, in_: Channel | None = None, **options: object) -> Interaction:
        """Use a slash command such as `/nextlab` or `/labs add`, by default in the direct channel.

        Options are text, whole or other numbers, bools, people, channels, or files from `discord.file`; for an option
        with choices, what the person reads or the value behind it.
        """
        channel = in_ or self.dm
        found, words = self._command(command, channel)
        data = {**_head(found), "options": filled_in(found, words, options, self)}
        full = resolved(options, channel, self.discord.cdn)
        return await self._interact(channel, COMMAND, {**data, **({"resolved": full} if full else {})})

    async def completes(
        self, command: str, option: str, typed: str, in_: Channel | None = None, **options: object
    ) -> list[Choice]:
        """Type into an option and return the lines that the bot offers; `options` are those filled in before."""
        channel = in_ or self.dm
        found, words = self._command(command, channel)
        written = filled_in(found, words, {**options, option: typed}, self, focused=option)
        inner: Json | None = found
        for word in (*words, option):
            inner = named(inner["options"], word, self) if inner else None
        assert (inner or {}).get("autocomplete"), f"{option!r} of {command} does not complete"
        interaction = await self._interact(channel, AUTOCOMPLETE, {**_head(found), "options": written})
        assert interaction.choices is not None, f"the bot offered nothing for {option!r} of {command}"
        return interaction.choices

    async def uses_on_message(self, command: str, message: Message) -> Interaction:
        """Use a command from a message's menu."""
        assert message.visible_to(self), f"{self.name} does not see that message"
        offered = self.discord.commands.offered(self, message.channel, MESSAGE_MENU)
        found = named(offered, command, self)
        assert found is not None, f"no {command!r} in the menu, only {[each['name'] for each in offered]}"
        target = {"messages": {str(message.id): message_json(message, self.discord.cdn)}}
        data = {**_head(found), "target_id": str(message.id), "resolved": target}
        return await self._interact(message.channel, COMMAND, data)

    async def presses(self, label: str, message: Message | None = None) -> Interaction:
        """Press a button, by default the newest one of that label that is seen."""
        places = [message] if message else list(reversed(self.sees))
        found = [(place, button) for place in places for button in place.buttons if button.label == label]
        labels = [button.label for place in places for button in place.buttons]
        assert found, f"no button {label!r}, only {labels}\n{self.transcript}"
        place, button = found[0]
        assert not button.disabled, f"the button {label!r} is greyed out"
        assert button.custom_id is not None, f"the button {label!r} only opens {button.url}"
        return await self.press_custom_id(place, button.custom_id)

    async def press_custom_id(self, message: Message, custom_id: str) -> Interaction:
        """Send a press of any custom id on a message, as a forged client could."""
        return await self._interact(
            message.channel, COMPONENT, {"custom_id": custom_id, "component_type": 2}, message=message
        )

    async def chooses(self, *labels: str, message: Message | None = None) -> Interaction:
        """Choose lines of a menu, by default of the newest menu seen that has them all."""
        places = [message] if message else list(reversed(self.sees))
        for place in places:
            for menu in place.selects:
                values = {option["label"]: option["value"] for option in menu["options"]}
                if set(labels) <= set(values):
                    assert not menu.get("disabled"), "that menu is greyed out"
                    low, high = menu.get("min_values", 1), menu.get("max_values", 1)
                    assert low <= len(labels) <= high, f"that menu takes {low} to {high} lines"
                    chosen = [values[label] for label in labels]
                    data = {"custom_id": menu["custom_id"], "component_type": 3, "values": chosen}
                    return await self._interact(place.channel, COMPONENT, data, message=place)
        raise AssertionError(f"no menu with {labels}\n{self.transcript}")

    async def fills(self, answers: dict[str, object]) -> Interaction:
        """Fill in the open form and send it; keys are labels or custom ids, values what is typed or chosen.

        What is not named keeps what the form came with. A form that the real client would not send (a required field
        left empty, a text too long, a line that is not offered) is an AssertionError.
        """
        modal = self.open_modal
        assert modal is not None, f"no form is open\n{self.transcript}"
        data = {"custom_id": modal.payload["custom_id"], "components": submitted(modal, answers)}
        self.open_modal = None
        origin = modal.interaction
        return await self._interact(origin.channel, SUBMIT, data, message=origin.message, origin=origin)

    def closes_the_form(self) -> None:
        """Dismiss the open form, of which the bot is told nothing."""
        self.open_modal = None

    def blocks_bot(self) -> None:
        """Block the bot."""
        self.blocked_bot = True

    def unblocks_bot(self) -> None:
        """Let the bot write again."""
        self.blocked_bot = False

    def closes_dms(self) -> None:
        """Forbid direct messages from people in shared guilds."""
        self.closed_dms = True

    def leaves(self, guild: Guild) -> None:
        """Leave a guild."""
        guild.remove(self)

    async def waits_for(
        self,
        text: str,
        timeout: float = 10,  # noqa: ASYNC109 -- a dialogue names its patience at each line
        after: Message | None = None,
    ) -> Message:
        """Wait until a message of somebody else with `text` in it is seen, and return the newest such.

        `after` leaves out that message and everything before it. Fails with a transcript after `timeout` seconds.
        """

        def seen() -> Message | None:
            others = (each for each in reversed(self.sees) if each.author is not self)
            return next((each for each in others if text in each.text and (not after or each.id > after.id)), None)

        found = await self.world.until(seen, timeout)
        assert found is not None, f"{text!r} did not come within {timeout} s\n{self.transcript}"
        return found

    def _must_reach(self, channel: Channel) -> None:
        assert channel.open_to(self), f"{self.name} is not in {channel.name or 'that direct channel'}"

    def _command(self, typed: str, channel: Channel) -> tuple[Json, list[str]]:
        self._must_reach(channel)
        name, *words = typed.removeprefix("/").split()
        offered = self.discord.commands.offered(self, channel, CHAT_INPUT)
        found = named(offered, name, self)
        assert found is not None, f"{self.name} is offered no /{name} here, only {[each['name'] for each in offered]}"
        return found, words

    async def _interact(
        self,
        channel: Channel,
        kind: int,
        data: Json,
        *,
        message: Message | None = None,
        origin: Interaction | None = None,
    ) -> Interaction:
        self._must_reach(channel)
        interaction = self.world.interact(self, channel, kind, data, message=message, origin=origin)
        patience = self.discord.answers.deadline.total_seconds()
        await self.world.until(lambda: interaction.answered, patience)
        return interaction


def _head(command: Json) -> Json:
    head = {"id": command["id"], "name": command["name"], "type": command["type"]}
    return {**head, **({"guild_id": command["guild_id"]} if "guild_id" in command else {})}


def _line(message: Message) -> str:
    place = f"#{message.channel.name}" if message.channel.guild else "direct"
    notes = [word for word in ("ephemeral", "loading", "edited") if getattr(message, word)]
    labels = [f"[{button.label}]" for button in message.buttons]
    menus = [f"<{option['label']}>" for menu in message.selects for option in menu["options"]]
    return " ".join([f"{place} {message.author.name}{notes or ''}: {message.text}", *labels, *menus])
