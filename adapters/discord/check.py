"""What an operator should know about the bot's account before it runs."""

from collections.abc import Sequence

import discord
from discord.http import Route

from adapters.discord.client import TOKEN_REFUSED
from adapters.discord.errors import EXPECTED
from adapters.findings import Finding
from bot.settings import DiscordPersonal

__all__ = ["check"]

_NEEDED = discord.Permissions(view_channel=True, send_messages=True)

_PERSONAL = {
    DiscordPersonal.FULL: "full: members see their own dates and tests in answers that only they see, after consent.",
    DiscordPersonal.NEUTRAL: "neutral: members see their own dates, without any drug, round or test word.",
    DiscordPersonal.OFF: "off: no personal commands are offered, and no drug, round or test word is sent.",
}


async def check(token: str, base: str, personal: DiscordPersonal) -> Sequence[Finding]:
    """Look at the token, the message content intent, the invitation and the rule on health data; nothing is changed."""
    Route.BASE = base.rstrip("/")
    async with discord.Client(intents=discord.Intents.none()) as client:
        try:
            await client.login(token)
        except discord.LoginFailure:
            return [Finding(ok=False, text=TOKEN_REFUSED)]
        except EXPECTED:
            text = "Discord cannot be reached: look at the network and at DISCORD_API_BASE."
            return [Finding(ok=False, text=text)]
        name = client.user.name if client.user else "?"
        return [
            Finding(ok=True, text=f"Discord knows the bot as {name}."),
            _content(client.application),
            _invitation(client.application_id or 0),
            _rule(personal),
        ]


def _content(application: discord.AppInfo | None) -> Finding:
    flags = application.flags if application else discord.ApplicationFlags()
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        return Finding(ok=True, text="The message content intent is on: the bot can read what is said in its channels.")
    text = (
        "The message content intent is off: commands, buttons and direct messages work, but what is said in channels, "
        "danger too, cannot be read. Switch it on in Discord's developer portal, under Bot."
    )
    return Finding(ok=False, text=text)


def _invitation(application_id: int) -> Finding:
    address = discord.utils.oauth_url(application_id, permissions=_NEEDED, scopes=("bot", "applications.commands"))
    text = (
        f"Invite the bot with {address} - the scope bot lets it see channels, applications.commands gives it its "
        "slash commands; without the second nobody finds them."
    )
    return Finding(ok=True, text=text)


def _rule(personal: DiscordPersonal) -> Finding:
    text = f"Discord's developer policy limits health data. DISCORD_PERSONAL is {_PERSONAL[personal]}"
    return Finding(ok=True, text=text)
