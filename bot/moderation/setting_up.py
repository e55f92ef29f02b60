"""``/setup``: where a community's cards go, what the bot does for each label, and who is on duty."""

from dataclasses import replace

import structlog

from bot.chat.people import Place
from bot.chat.ports import Herald
from bot.chat.replies import Button, Reply, Text, Tone, rows, say
from bot.chat.tokens import Tokens
from bot.errors import DeliveryError, MemberError
from bot.faq.desk import chat_id_of, tap
from bot.faq.revision import Chat
from bot.members.calls import Call
from bot.members.codes import Codes
from bot.moderation.cards import LABELS
from bot.moderation.desk import (
    AUDIT,
    FIGURES,
    LABEL_CODES,
    PANEL,
    Desk,
    actions_of,
    desk_of,
    desks_here,
    moderates_place,
)
from bot.moderation.duty import on_duty
from bot.moderation.flag import State
from bot.moderation.labelling import LABEL, Labelling, mode_words
from bot.moderation.policy import Watched
from bot.moderation.ports import ModerationWork
from bot.moderation.posting import Posting
from bot.moderation.staffing import DUTY, Staffing, hours_words
from bot.triage.assessment import Label

WHERE, HERE, UNLINK, QUOTES = "d1", "d2", "d3", "d4"
"""(chat id): how to choose the moderators' chat · (chat id, yes): this channel · (chat id, yes): none any more ·
(chat id, yes or no): quotations on cards."""

TAKE, NOTICES = "e2", "e3"
"""(chat id): this group, in which the bot listens, becomes the moderators' chat · (chat id): members are told here
what is read."""

_LINKED = "dz"  # what the code is a token of; no button carries it
_YES, _NO = "1", "0"

log = structlog.get_logger()


class SettingUp:
    """What moderators decide for their community."""

    def __init__(self, tokens: Tokens, herald: Herald, posting: Posting) -> None:
        self._posting = posting
        self._codes = Codes(tokens, _LINKED)
        self._herald = herald
        labelling, staffing = Labelling(), Staffing()
        self.actions = (
            *actions_of(
                {
                    PANEL: self.panel,
                    WHERE: self.where,
                    HERE: self.here,
                    TAKE: self.take,
                    NOTICES: self.notices,
                    UNLINK: self.unlink,
                    QUOTES: self.quotes,
                }
            ),
            *labelling.actions,
            *staffing.actions,
        )
        self.forms = (*labelling.forms, *staffing.forms)

    async def use(self, call: Call, work: ModerationWork) -> Reply:
        """Show the settings of where somebody is; with a code, make this chat the moderators' chat of another group."""
        if code := call.arguments.get("code", ""):
            return await self._link(call, work, code)
        if call.place.direct:
            raise MemberError("flags.in_group")
        if not await work.watches.of_desk(call.place) and await work.watches.find(call.place) is None:
            await self._begin(call, work)
        desks = await desks_here(call, work)
        if len(desks) > 1:
            taps = [desk.button(say("flags.community", id=desk.chat_id), PANEL) for desk in desks]
            return Reply((say("flags.which_community"),), title=say("setup.title"), buttons=rows(*taps, width=1))
        return self.show(desks[0])

    async def panel(self, call: Call, work: ModerationWork) -> Reply:
        """Show the settings."""
        return self.show(await desk_of(call, work))

    def show(self, desk: Desk, *told: Text) -> Reply:
        """What is set, with a button to change each."""
        watched = desk.watched
        lines = [
            say("setup.desk_is_set") if watched.desk else say("setup.desk_is_none"),
            *([say("setup.desk_is_lost", since=watched.desk_lost_at)] if watched.desk_lost_at else []),
            *(
                say("setup.label", label=LABELS[label], mode=mode_words(handling.mode))
                for label, handling in watched.handling.items()
            ),
            say("setup.quotes_on") if watched.quotes else say("setup.quotes_off"),
            hours_words(watched.duty),
            say("setup.on_duty_now", count=len(on_duty(watched.duty, desk.call.now))),
        ]
        quotes = say("button.setup_quotes_off") if watched.quotes else say("button.setup_quotes_on")
        taps = [
            desk.button(say("button.setup_desk"), WHERE),
            *(
                desk.button(say("form.as_is", text=LABELS[label]), LABEL, LABEL_CODES[label])
                for label in watched.handling
            ),
            desk.button(quotes, QUOTES, _NO if watched.quotes else _YES),
            desk.button(say("button.setup_duty"), DUTY),
            desk.button(say("button.setup_figures"), FIGURES, "30"),
            desk.button(say("button.setup_audit"), AUDIT, "0"),
        ]
        return Reply(tuple(lines), title=say("setup.title"), buttons=rows(*taps)).before(*told)

    async def where(self, call: Call, work: ModerationWork) -> Reply:
        """Show how the moderators' chat is chosen."""
        desk = await desk_of(call, work)
        taps: list[Button] = []
        if desk.watched.place.whole:
            lines = [say("setup.here_how"), say("setup.here_private")]
            taps.append(desk.button(say("button.setup_here"), HERE, tone=Tone.YES))
            taps.append(desk.button(say("button.setup_notices"), NOTICES))
        else:
            code = f"/setup {self._codes.make(desk.chat_id, call.person, call.now)}"
            lines = [say("setup.link_how"), say("form.as_is", text=code)]
        if desk.watched.desk:
            taps.append(desk.button(say("button.setup_unlink"), UNLINK, tone=Tone.DANGER))
        taps.append(back(desk))
        return Reply(tuple(lines), title=say("setup.desk_title"), buttons=rows(*taps, width=1))

    async def here(self, call: Call, work: ModerationWork) -> Reply:
        """Have cards come to this channel, once it is sure that members cannot read it."""
        desk = await desk_of(call, work)
        _require_channel(desk)
        if call.place.id == desk.watched.place.id:
            # There the members were told what is read: they would read what a card quotes, and be heard no more.
            raise MemberError("setup.here_members")
        if tap(call, 1) != _YES:
            yes = desk.button(say("button.setup_here_sure"), HERE, _YES, tone=Tone.YES)
            stay = desk.button(say("button.setup_here_not"), WHERE)
            return Reply((say("setup.here_sure", id=call.place.id),), buttons=rows(yes, stay, width=1))
        return await self._set_desk(desk, call.place)

    async def notices(self, call: Call, work: ModerationWork) -> Reply:
        """Tell members in this channel what is read, so that another one can be the moderators'."""
        desk = await desk_of(call, work)
        _require_channel(desk)
        if call.place == desk.watched.desk:
            raise MemberError("setup.notices_desk")
        desk = await desk.change(place=call.place)
        await desk.note("notices_moved")
        await work.commit()
        await self._post(call.place, say("heard.notice"))
        return self.show(desk, say("setup.notices_here"))

    async def take(self, call: Call, work: ModerationWork) -> Reply:
        """Make a group in which the bot listens the moderators' chat of another: what it had of its own is given up."""
        desk = await desk_of(call, work)
        place = call.place
        if place.direct or place.whole or place.community == desk.watched.place.community:
            raise MemberError("setup.code_same_chat")
        if not await moderates_place(call, work, place):
            raise MemberError("setup.not_moderator_of_both")
        await self._give_up(desk, place)
        return await self._set_desk(desk, place)

    async def unlink(self, call: Call, work: ModerationWork) -> Reply:
        """Have no moderators' chat any more, after asking."""
        desk = await desk_of(call, work)
        if tap(call, 1) != _YES:
            yes = desk.button(say("button.setup_unlink"), UNLINK, _YES, tone=Tone.DANGER)
            return Reply((say("setup.unlink"),), buttons=rows(yes, back(desk)))
        desk = await desk.change(desk=None, desk_lost_at=None, more=None, reminded_at=None)
        await desk.note("desk_unlinked")
        await self._show_elsewhere(desk)
        return self.show(desk, say("setup.unlinked"))

    async def quotes(self, call: Call, work: ModerationWork) -> Reply:
        """Put quotations on cards, or no more."""
        desk = await desk_of(call, work)
        wanted = tap(call, 1) == _YES
        desk = await desk.change(quotes=wanted)
        await desk.note("quotes_on" if wanted else "quotes_off")
        await work.commit()
        await self._show_anew(desk)
        return self.show(desk)

    async def _show_anew(self, desk: Desk) -> None:
        """Have the cards that stand changed, by the sweep where there are many."""
        work = desk.work
        for waiting in await work.flags.waiting([desk.chat_id]):
            flag = await work.flags.get(waiting.id)
            if flag and flag.card and flag.state is State.OPEN and flag.label is not Label.CRISIS:
                await work.flags.save(replace(flag, look_at=desk.call.now))
            await work.commit()
            # When these are looked at again is when the next moderator is called, or a claim lapses.
            if flag and flag.card and (flag.state is State.CLAIMED or flag.label is Label.CRISIS):
                await self._posting.show_with(work, flag.id)

    async def _begin(self, call: Call, work: ModerationWork) -> None:
        """Watch a group that moderators set up before anybody wrote in it; its members are told so."""
        if not await moderates_place(call, work, call.place):
            log.warning("moderator_refused")
            raise MemberError("flags.not_moderator")
        if await work.watches.find(call.place):
            return
        chat = await work.chats.find(call.place)
        if chat is None:
            chat_id = chat_id_of(call.place)
            chat = Chat(chat_id, chat_id, call.place)
            await work.chats.save(chat)
        watched = Watched(chat.id, call.place, call.now)
        await work.watches.save(watched)
        await Desk(call, work, watched).note("begun")
        await work.commit()
        await self._post(call.place, say("heard.notice"))

    async def _link(self, call: Call, work: ModerationWork, typed: str) -> Reply:
        """Make this chat the moderators' chat of the community in which the code was shown to the same person."""
        code = self._codes.read(typed, call.person, call.now)
        if code is None:
            log.warning("desk_refused")
            raise MemberError("setup.code")
        if code.old:
            raise MemberError("setup.code_old")
        watched = await work.watches.get(code.chat_id)
        if watched is None or call.place.direct:
            raise MemberError("setup.code")
        if call.place.community == watched.place.community:
            # There everybody would read what a card quotes.
            raise MemberError("setup.code_same_chat")
        for place in (call.place, watched.place):
            if not await moderates_place(call, work, place):
                log.warning("desk_refused", chat=watched.chat_id)
                raise MemberError("setup.not_moderator_of_both")
        desk = Desk(call, work, await work.watches.get(code.chat_id) or watched)
        other = await work.watches.find(call.place)
        if other and not await work.watches.of_desk(call.place):
            if call.place.whole:
                raise MemberError("setup.desk_of_others")
            count = len(await work.flags.waiting([other.chat_id]))
            yes = desk.button(say("button.setup_take"), TAKE, tone=Tone.DANGER)
            return Reply((say("setup.take"), say("setup.take_waiting", count=count)), buttons=rows(yes))
        return await self._set_desk(desk, call.place)

    async def _give_up(self, desk: Desk, place: Place) -> None:
        """End what a group had of its own: its flags are closed without a verdict, its desk is unlinked."""
        work, call = desk.work, desk.call
        other = await work.watches.find(place)
        if other is None or other.chat_id == desk.chat_id:
            return
        for waiting in await work.flags.waiting([other.chat_id]):
            flag = await work.flags.get(waiting.id)
            if flag and not flag.closed:
                closed = replace(flag, state=State.RESOLVED, closed_by=None, closed_at=call.now)
                await work.flags.save(replace(closed, claimed_by=None, claimed_until=None, look_at=call.now))
        given_up = await Desk(call, work, other).change(desk=None, desk_lost_at=None, more=None)
        await given_up.note("became_desk")
        await work.commit()

    async def _set_desk(self, desk: Desk, place: Place) -> Reply:
        work = desk.work
        desk = await desk.change(desk=place, desk_lost_at=None, more=None)
        await desk.note("desk_set")
        await work.commit()
        await self._show_elsewhere(desk)
        log.info("desk_set", chat=desk.chat_id)
        if not await self._post(place, say("setup.desk_here", name=desk.call.person.name)):
            return self.show(desk, say("setup.desk_closed"))
        return self.show(desk, say("setup.desk_done"))

    async def _show_elsewhere(self, desk: Desk) -> None:
        """Have the sweep let go of cards at another desk, and post here what waits without one."""
        work, now = desk.work, desk.call.now
        for waiting in await work.flags.waiting([desk.chat_id]):
            flag = await work.flags.get(waiting.id)
            if flag and not flag.closed and (flag.card is None or flag.card.place != desk.watched.desk):
                await work.flags.save(replace(flag, look_at=now))
        await work.commit()

    async def _post(self, place: Place, line: Text) -> bool:
        try:
            await self._herald.post(place, Reply((line,), private=False))
        except DeliveryError as error:
            log.warning("notice_not_posted", reason=error.reason)
            return False
        return True


def _require_channel(desk: Desk) -> None:
    place, whole = desk.call.place, desk.watched.place.whole
    if not whole or place.direct or place.whole != whole:
        raise MemberError("setup.here_in_channel")


def back(desk: Desk) -> Button:
    """The way back to the settings."""
    return desk.button(say("button.back"), PANEL)
