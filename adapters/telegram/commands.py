"""The bot's menus and profile on Telegram, from the core's list of commands and the words."""

from collections.abc import Sequence

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)
from telegram.constants import BotCommandLimit, BotDescriptionLimit

from adapters.telegram.errors import translated
from adapters.telegram.translate import TelegramBot
from bot.chat.people import Reader
from bot.chat.replies import say
from bot.members.calls import Audience, Command
from bot.ports import Work
from bot.words.catalogue import FOLDER
from bot.words.presenting import Presenter

_MAIN_LANGUAGE = "en"


def languages() -> tuple[str, ...]:
    """The languages that there are words for, the one that everybody else sees first."""
    others = sorted({path.stem for path in FOLDER.glob("*.po")} - {_MAIN_LANGUAGE})
    return (_MAIN_LANGUAGE, *others)


async def publish(bot: TelegramBot, presenter: Presenter, commands: Sequence[Command[Work]]) -> None:
    """Tell Telegram which commands there are, and what the bot says of itself.

    In groups every command is ephemeral: only the person who uses it and the bot see it (Bot API 10.2). What someone
    asks a health bot, and that they ask it at all, is nobody else's business. Commands for moderators are shown in
    groups to their administrators alone; in the direct chat Telegram knows of no moderators, so nobody sees them there.

    Raises:
        DeliveryError: Telegram did not take it.
    """
    for_all = [command for command in commands if command.audience is not Audience.MODERATOR]
    for_moderators = [command for command in commands if command.audience is Audience.MODERATOR]
    for language in languages():
        code = "" if language == _MAIN_LANGUAGE else language
        reader = Reader(language)
        menu = [_entry(presenter, command, reader, hides=False) for command in for_all]
        in_groups = [_entry(presenter, command, reader, hides=True) for command in for_all]
        more = [_entry(presenter, command, reader, hides=True) for command in for_moderators]
        scopes: tuple[tuple[BotCommandScope | None, list[BotCommand]], ...] = (
            (None, menu),
            (BotCommandScopeAllPrivateChats(), menu),
            (BotCommandScopeAllGroupChats(), in_groups),
            (BotCommandScopeAllChatAdministrators(), [*in_groups, *more]),
        )
        description = presenter.label(say("adapter.telegram.description"), reader)
        about = presenter.label(say("adapter.telegram.about"), reader)
        with translated():
            for scope, entries in scopes:
                await bot.set_my_commands(entries, scope, code)
            await bot.set_my_description(description[: BotDescriptionLimit.MAX_DESCRIPTION_LENGTH], code)
            await bot.set_my_short_description(about[: BotDescriptionLimit.MAX_SHORT_DESCRIPTION_LENGTH], code)


def _entry(presenter: Presenter, command: Command[Work], reader: Reader, *, hides: bool) -> BotCommand:
    name = command.shown_name(discreet=presenter.capabilities.discreet)
    text = presenter.label(say(f"command.{command.name}.help"), reader)
    more = {"is_ephemeral": True} if hides else None
    return BotCommand(name, text[: BotCommandLimit.MAX_DESCRIPTION], api_kwargs=more)
