"""A chat's settings, the link to a moderators' chat, and the figures."""

import secrets
from collections.abc import Iterator
from dataclasses import replace

import structlog

from bot.chat.ports import Herald
from bot.chat.replies import Button, Reply, Tone, rows, say
from bot.chat.tokens import Tokens
from bot.errors import DeliveryError, MemberError
from bot.faq.desk import Desk, actions_of, desk_of, is_same, moderates, tap
from bot.faq.library import Library
from bot.faq.ports import FaqWork
from bot.faq.revision import EVERYWHERE, Chat, State
from bot.members.calls import Call
from bot.members.codes import Codes

STATS, SETTINGS, TOGGLE, LINK = "kc", "kl", "km", "ko"
"""(chat id): figures · (chat id): settings · (chat id, letter, yes or no, or that one agrees): set one · (chat id):
show the code."""

UNLINK = "k5"
"""(chat id, id of a chat of the team): ask whether that is to go its own way · (the same, yes): let it go."""

_OFFERS, _TWO, _NOTICES = "o", "t", "n"
_YES, _NO, _AGREED = "1", "0", "2"
_LINKED = "fl"  # what the code is a token of; no button carries it
_MOST_LINES = 10

log = structlog.get_logger()


class Settling:
    """What holds for a chat as a whole."""

    def __init__(self, library: Library, tokens: Tokens, herald: Herald) -> None:
        self._library = library
        self._codes = Codes(tokens, _LINKED)
        self._herald = herald
        self.actions = actions_of(
            {
                STATS: self.stats,
                SETTINGS: self.settings,
                TOGGLE: self.toggle,
                LINK: self.code,
                UNLINK: self.unlink,
            }
        )

    async def stats(self, call: Call, work: FaqWork) -> Reply:
        """Show what people found helpful."""
        return await self.show_stats(await desk_of(call, work, self._library))

    async def show_stats(self, desk: Desk) -> Reply:
        """Show the taps for each entry, those that helped least first."""
        votes = await desk.work.figures.votes(desk.team)
        worst = sorted(votes.items(), key=lambda each: (-each[1][1], each[1][0], each[0]))
        revisions = desk.shelf.revisions
        lines = [
            say(
                "faqadmin.votes",
                question=revisions[entry_id].entry.question if entry_id in revisions else entry_id,
                helpful=helpful,
                unhelpful=unhelpful,
            )
            for entry_id, (helpful, unhelpful) in worst[:_MOST_LINES]
        ]
        helpful, unhelpful = (sum(each[side] for each in votes.values()) for side in (0, 1))
        lines.append(say("faqadmin.votes_total", helpful=helpful, unhelpful=unhelpful, count=len(votes)))
        return Reply(tuple(lines), title=say("faqadmin.stats"), buttons=rows(desk.back))

    async def settings(self, call: Call, work: FaqWork) -> Reply:
        """Show the settings."""
        return await self.show_settings(await desk_of(call, work, self._library))

    async def show_settings(self, desk: Desk) -> Reply:
        """Show what is set for the chat, with a button to change each."""
        chat = desk.chat
        on, off = say("faqadmin.on"), say("faqadmin.off")
        lines = [
            say("faqadmin.set_offers", state=on if chat.offers else off),
            say("faqadmin.set_two", state=on if chat.two_approve else off),
            *([say("faqadmin.two_lifted", name=chat.lifted_by.name)] if chat.lifted_by else ()),
            say("faqadmin.set_notices", state=on if chat.notices else off),
            say("faqadmin.chat_id", id=chat.id),
        ]
        offers = say("button.kept_offers_off") if chat.offers else say("button.kept_offers_on")
        notices = say("button.kept_notices_off") if chat.notices else say("button.kept_notices_on")
        taps = [
            desk.button(offers, TOGGLE, _OFFERS, _NO if chat.offers else _YES),
            *_two_buttons(desk),
            desk.button(notices, TOGGLE, _NOTICES, _NO if chat.notices else _YES),
        ]
        together = await desk.work.chats.of_team(desk.team)
        if len(together) > 1:
            lines.append(say("faqadmin.together"))
        for each in together if len(together) > 1 else ():
            here = each.id == chat.id
            lines.append(
                say("faqadmin.together_here", id=each.id) if here else say("faqadmin.together_one", id=each.id)
            )
            taps.append(desk.button(say("button.kept_unlink", id=each.id), UNLINK, each.id, tone=Tone.DANGER))
        if not chat.place.whole:
            # On a server the moderators' channel and all others are one chat already.
            taps.append(desk.button(say("button.kept_link"), LINK))
        return Reply(tuple(lines), title=say("faqadmin.settings"), buttons=rows(*taps, desk.back, width=1))

    async def toggle(self, call: Call, work: FaqWork) -> Reply:
        """Set one of the settings."""
        desk = await desk_of(call, work, self._library)
        await work.entries.hold()
        which, value = tap(call, 1), tap(call, 2) == _YES
        chat = await work.chats.get(desk.chat.id) or desk.chat
        if which == _OFFERS:
            chat = replace(chat, offers=value)
        elif which == _TWO:
            chat = await _with_two(desk, chat, tap(call, 2))
        elif which == _NOTICES:
            # Notices go where they were switched on, which may be another channel than the first one.
            here = not call.place.direct and call.place.community == chat.place.community
            chat = replace(chat, notices=value, place=call.place if here else chat.place)
        else:
            raise MemberError("button.gone")
        await work.chats.save(chat)
        log.info("chat_set", chat=chat.id, setting=which, value=value)
        return await self.show_settings(replace(desk, chat=chat))

    async def code(self, call: Call, work: FaqWork) -> Reply:
        """Show the code that links a moderators' chat; it works for this person alone."""
        desk = await desk_of(call, work, self._library)
        if desk.chat.place.whole:
            raise MemberError("faqadmin.link_server")
        code = f"/faqadmin link {self._codes.make(desk.chat.id, call.person, call.now)}"
        lines = (say("faqadmin.link_how"), say("faqadmin.link_code", code=code))
        return Reply(lines, title=say("faqadmin.link_title"), buttons=rows(desk.back))

    async def link(self, desk: Desk, code: str) -> Reply:
        """Make this chat the moderators' chat of the community for which the code was shown to the same person."""
        call, work = desk.call, desk.work
        if desk.chat.place.whole:
            raise MemberError("faqadmin.link_server")
        community = await work.chats.get(self._read(desk, code))
        if community is None or EVERYWHERE in (community.team, desk.team):
            raise MemberError("faqadmin.code")
        if community.team == desk.team:
            return Reply((say("faqadmin.linked_already"),), buttons=rows(desk.back))
        # All chats of the team go over with it, so who moves it must look after each of them.
        going = await work.chats.of_team(community.team)
        for chat in going:
            if not await moderates(call, work, chat):
                log.warning("link_refused", chat=desk.chat.id)
                raise MemberError("faqadmin.not_moderator_there")
        await work.entries.hold()
        # While the platform was asked, another chat may have come to that team, or this one may have left its own.
        here = await work.chats.get(desk.chat.id)
        if here != desk.chat or list(await work.chats.of_team(community.team)) != list(going):
            raise MemberError("faqadmin.changed_meanwhile")
        await work.chats.move_team(community.team, desk.team, call.now)
        await work.commit()
        log.info("chats_linked", chat=desk.chat.id, community=community.id)
        try:
            notice = Reply((say("faqadmin.notice_linked", name=call.person.name),), private=False)
            await self._herald.post(call.place, notice)
        except DeliveryError as error:
            log.warning("notice_not_posted", chat=desk.chat.id, reason=error.reason, count=1)
        return Reply((say("faqadmin.linked"),), buttons=rows(desk.back))

    async def unlink(self, call: Call, work: FaqWork) -> Reply:
        """Let a chat of the team go its own way, after asking; what the team wrote stays with the others."""
        desk = await desk_of(call, work, self._library)
        await work.entries.hold()
        together = await work.chats.of_team(desk.team)
        going = next((each for each in together if each.id == tap(call, 1)), None)
        if going is None or len(together) == 1:
            raise MemberError("faqadmin.changed_meanwhile")
        settings = desk.button(say("button.kept_settings"), SETTINGS)
        if tap(call, 2) != _YES:
            yes = desk.button(say("button.kept_unlink", id=going.id), UNLINK, going.id, _YES, tone=Tone.DANGER)
            return Reply((say("faqadmin.unlink", id=going.id),), buttons=rows(yes, settings))
        # Nobody is to get past a second moderator by parting the chat that asks for one from those that it guards.
        needs_two = await desk.needs_two()
        for each in together:
            team = secrets.token_hex(4) if each is going else each.team
            await work.chats.save(replace(each, team=team, two_approve=needs_two))
        log.info("chat_unlinked", chat=desk.chat.id, other=going.id)
        return Reply((say("faqadmin.unlinked", id=going.id),), buttons=rows(settings, desk.back))

    def _read(self, desk: Desk, code: str) -> str:
        """The id of the chat for which a code was shown to this person, not long ago."""
        found = self._codes.read(code, desk.call.person, desk.call.now)
        if found is None:
            log.warning("link_refused", chat=desk.chat.id)
            raise MemberError("faqadmin.code")
        if found.old:
            raise MemberError("faqadmin.code_old")
        return found.chat_id


def _two_buttons(desk: Desk) -> Iterator[Button]:
    """To have a second moderator approve; to have one be enough it takes two."""
    chat = desk.chat
    if chat.lifted_by is not None:
        if not is_same(chat.lifted_by, desk.call.person):
            yield desk.button(say("button.kept_two_agree"), TOGGLE, _TWO, _AGREED)
        yield desk.button(say("button.kept_two_stay"), TOGGLE, _TWO, _YES)
    elif chat.two_approve:
        yield desk.button(say("button.kept_two_off"), TOGGLE, _TWO, _NO)
    else:
        yield desk.button(say("button.kept_two_on"), TOGGLE, _TWO, _YES)


async def _with_two(desk: Desk, chat: Chat, value: str) -> Chat:
    """The chat with or without a second moderator: one asks that one be enough, and another agrees to that."""
    if value == _YES:
        return replace(chat, two_approve=True, lifted_by=None)
    if not chat.two_approve:
        return chat
    await _refuse_while_waiting(desk)
    if value != _AGREED:
        return replace(chat, lifted_by=chat.lifted_by or replace(desk.call.person, locale=None))
    if chat.lifted_by is None:
        raise MemberError("faqadmin.changed_meanwhile")
    if is_same(chat.lifted_by, desk.call.person):
        raise MemberError("faqadmin.own_change")
    return replace(chat, two_approve=False, lifted_by=None)


async def _refuse_while_waiting(desk: Desk) -> None:
    """What waits for a second moderator is not to be decided by its author because the rule was lifted."""
    waiting = await desk.work.entries.waiting(desk.team)
    if count := sum(revision.state is State.PROPOSED for revision in waiting):
        raise MemberError("faqadmin.two_waiting", count=count)
