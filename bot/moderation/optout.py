"""``/optout``: not to be assessed, and to be assessed again, for anybody and without any set-up."""

from datetime import datetime
from typing import Protocol

from bot.chat.people import Person
from bot.chat.replies import Button, Form, Reply, Tone, rows, say
from bot.members.calls import Action, Audience, Call, Command
from bot.moderation.ports import ModerationWork

CHOOSE = "mo"
"""(out, in, or nothing changed): what somebody wishes."""

_OUT, _IN, _STAY = "1", "0", "2"


class NoteWish(Protocol):
    """What has to know of a wish at once."""

    def __call__(self, person: Person, now: datetime, *, out: bool) -> None:
        """Note it."""
        ...


class OptingOut:
    """Whether the bot looks at what somebody writes."""

    def __init__(self, note_wish: NoteWish) -> None:
        self._note_wish = note_wish
        self.commands = (Command[ModerationWork]("optout", self.ask, audience=Audience.ANYONE, personal=False),)
        self.actions = (Action[ModerationWork](CHOOSE, self.choose, audience=Audience.ANYONE, personal=False),)
        self.forms: tuple[Form, ...] = ()

    async def ask(self, call: Call, work: ModerationWork) -> Reply:
        """Say how it stands and what the other choice means, and ask."""
        if await work.people.opted_out(call.person):
            lines = (say("optout.is_out"), say("optout.means_in"))
            yes = Button(say("button.opt_in"), CHOOSE, (_IN,), Tone.YES)
        else:
            lines = (say("optout.is_in"), say("optout.means_out"), say("optout.still"))
            yes = Button(say("button.opt_out"), CHOOSE, (_OUT,), Tone.DANGER)
        stay = Button(say("button.opt_stay"), CHOOSE, (_STAY,))
        return Reply(lines, title=say("optout.title"), buttons=rows(yes, stay, width=1))

    async def choose(self, call: Call, work: ModerationWork) -> Reply:
        """Do what somebody wishes."""
        wish = call.taps[0] if call.taps else _STAY
        if wish == _OUT:
            await work.people.opt_out(call.person, call.now)
            self._note_wish(call.person, call.now, out=True)
            return Reply((say("optout.out"),))
        if wish == _IN:
            await work.people.opt_in(call.person)
            self._note_wish(call.person, call.now, out=False)
            return Reply((say("optout.in"),))
        return Reply((say("optout.stayed"),))
