"""What an operator should know about the bot's account before it runs."""

from collections.abc import Sequence

from telegram import User
from telegram.error import InvalidToken, TelegramError

from adapters.findings import Finding
from adapters.telegram.client import build_bot
from adapters.telegram.polling import TOKEN_REFUSED
from adapters.telegram.translate import TelegramBot
from bot.errors import SettingsError

__all__ = ["check"]


async def check(token: str, api_base: str) -> Sequence[Finding]:
    """Look at the token, the privacy mode, the inline mode and the webhook; nothing is changed."""
    try:
        bot = build_bot(token, api_base)
    except SettingsError as error:
        return [Finding(ok=False, text=str(error))]
    try:
        return await _look(bot)
    except InvalidToken:
        return [Finding(ok=False, text=TOKEN_REFUSED)]
    except TelegramError:
        return [Finding(ok=False, text="Telegram cannot be reached: look at the network and at TELEGRAM_API_BASE.")]
    finally:
        await bot.shutdown()


async def _look(bot: TelegramBot) -> Sequence[Finding]:
    await bot.initialize()
    known = Finding(ok=True, text=f"Telegram knows the bot as @{bot.username}.")
    return [known, _privacy(bot.bot), _inline(bot.bot), _webhook((await bot.get_webhook_info()).url)]


def _privacy(account: User) -> Finding:
    if account.can_read_all_group_messages:
        text = (
            "Privacy mode is off: in groups the bot receives every message. BotFather switches it on with /setprivacy."
        )
    else:
        text = (
            "Privacy mode is on: what people say to each other in a group, danger too, is heard only where the bot is "
            "an administrator. Make it one there, or switch the mode off with BotFather's /setprivacy and add the bot "
            "to its groups anew."
        )
    return Finding(ok=True, text=text)


def _inline(account: User) -> Finding:
    if account.supports_inline_queries:
        text = (
            f"Inline mode is on: @{account.username} and a few words, typed in any chat, offer answers to post there."
        )
    else:
        text = (
            "Inline mode is off: nobody can look up answers from other chats. BotFather switches it on with /setinline."
        )
    return Finding(ok=True, text=text)


def _webhook(address: str) -> Finding:
    if address:
        text = "A webhook is set, so nothing reaches this program: stop what uses it, or remove it with deleteWebhook."
        return Finding(ok=False, text=text)
    return Finding(ok=True, text="No webhook is set, so this program receives what people write.")
