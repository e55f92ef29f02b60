"""The platforms that the settings name."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.chat.capabilities import Capabilities
from bot.chat.ports import Messenger
from bot.settings import Settings
from bot.wiring.building import Core


class Adapter(Protocol):
    """One platform's connection."""

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can do."""
        ...

    @property
    def messenger(self) -> Messenger:
        """How reminders go out."""
        ...

    @property
    def connected(self) -> bool:
        """Whether the platform has let it in and, where it receives, brings what people write."""
        ...

    def take_share(self, share: float) -> None:
        """Use no more of what the platform takes than this part of it (above 0, at most 1): others use the rest."""
        ...

    async def reach(self) -> None:
        """Be able to write, and receive nothing, until cancelled.

        Raises:
            SettingsError: as ``run``.
        """
        ...

    async def run(self) -> None:
        """Receive and answer until cancelled.

        Raises:
            SettingsError: the platform refuses the token; the text says what to do.
        """
        ...


@dataclass(frozen=True, slots=True)
class Platforms:
    """The platforms that run, by name. ``receive`` takes what Telegram brings to its webhook, if it has one."""

    adapters: Mapping[str, Adapter]
    receive: Callable[[bytes, str], Awaitable[int]] | None = None


def build_platforms(settings: Settings, core: Core, *, receives: bool = True) -> Platforms:
    """The adapters of the platforms that have a token; only their libraries are imported.

    ``receives``: whether this process is to hear what people write.
    """
    adapters: dict[str, Adapter] = {}
    receive = None
    if "telegram" in settings.platforms:
        from adapters.telegram.client import TelegramAdapter
        from adapters.telegram.webhook import Webhook

        token = settings.telegram_token.get_secret_value().strip()
        url = settings.telegram_webhook_url if receives else ""
        webhook = Webhook(url, core.store.vault.derive("webhook").hex()) if url else None
        telegram = TelegramAdapter(token, settings.telegram_api_base, core.dispatcher, webhook=webhook)
        adapters["telegram"] = telegram
        receive = telegram.receive if webhook else None
    if "discord" in settings.platforms:
        from adapters.discord.client import DiscordAdapter

        token = settings.discord_token.get_secret_value().strip()
        adapters["discord"] = DiscordAdapter(
            token, settings.discord_api_base, settings.discord_personal, core.dispatcher
        )
    return Platforms(adapters, receive)
