"""What an operator should know about the bot's account before it runs."""

from collections.abc import Sequence

from telegram import User, WebhookInfo
from telegram.error import InvalidToken, TelegramError

from adapters.findings import Finding
from adapters.telegram.client import build_bot
from adapters.telegram.polling import TOKEN_REFUSED
from adapters.telegram.translate import TelegramBot
from bot.errors import SettingsError

__all__ = ["check"]


async def check(token: str, api_base: str, webhook_url: str = "") -> Sequence[Finding]:
    """Look at the token, the privacy mode, the inline mode and the webhook; nothing is changed.

    ``webhook_url`` is where Telegram is to bring messages; empty where it is asked for them.
    """
    try:
        bot = build_bot(token, api_base)
    except SettingsError as error:
        return [Finding(ok=False, text=str(error))]
    try:
        return await _look(bot, webhook_url)
    except InvalidToken:
        return [Finding(ok=False, text=TOKEN_REFUSED)]
    except TelegramError:
        return [Finding(ok=False, text="Telegram cannot be reached: look at the network and at TELEGRAM_API_BASE.")]
    finally:
        await bot.shutdown()


async def _look(bot: TelegramBot, webhook_url: str) -> Sequence[Finding]:
    await bot.initialize()
    known = Finding(ok=True, text=f"Telegram knows the bot as @{bot.username}.")
    found = await bot.get_webhook_info()
    webhook = _awaited(found, webhook_url) if webhook_url else _webhook(found.url)
    return [known, _privacy(bot.bot), _inline(bot.bot), webhook]


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
        text = (
            "A webhook is set, so nothing reaches this program: stop what uses it, remove it with deleteWebhook, or "
            "set TELEGRAM_WEBHOOK_URL."
        )
        return Finding(ok=False, text=text)
    return Finding(ok=True, text="No webhook is set, so this program receives what people write.")


def _awaited(found: WebhookInfo, webhook_url: str) -> Finding:
    """Whether the webhook that the settings ask for stands, and what Telegram meets there."""
    if not found.url:
        return Finding(ok=True, text="The webhook is not set yet: the program sets it when it runs.")
    if found.url != webhook_url:
        text = "Another webhook than TELEGRAM_WEBHOOK_URL is set: stop what uses it, or remove it with deleteWebhook."
        return Finding(ok=False, text=text)
    if found.pending_update_count and found.last_error_message:
        text = (
            f"The webhook is set, but {found.pending_update_count} updates wait, since Telegram met this there: "
            f"{found.last_error_message}. Look at the proxy in front of HTTP_PORT."
        )
        return Finding(ok=False, text=text)
    return Finding(ok=True, text="The webhook is set, and Telegram brings what people write.")
