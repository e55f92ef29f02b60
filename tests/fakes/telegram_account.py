"""The Bot API methods about the bot itself, its commands and webhook, and about chats and their members."""

import re
from collections.abc import Callable

from fakes.telegram_call import Call
from fakes.telegram_faults import ApiError, bad_request
from fakes.telegram_sending import find_chat
from fakes.telegram_webhook import delete_webhook, set_webhook, webhook_info
from fakes.telegram_world import BOT_ID, Chat, Wire, World

__all__ = ["ACCOUNT_METHODS", "member_wire", "poll"]

# Bot API 10.3 (24 August 2026), BotCommand, setMyCommands, setMyName, setMyDescription, setMyShortDescription.
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_DESCRIPTION = 256
_COMMANDS = 100
_PROFILE = {"name": 64, "description": 512, "short_description": 120}
_SCOPES = {
    "default": [],
    "all_private_chats": [],
    "all_group_chats": [],
    "all_chat_administrators": [],
    "chat": ["chat_id"],
    "chat_administrators": ["chat_id"],
    "chat_member": ["chat_id", "user_id"],
}
_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
)


async def poll(world: World, call: Call) -> list[Wire]:
    """Answer getUpdates: at once where something waits, otherwise when it comes or the time is over."""
    if world.webhook:
        conflict = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
        raise ApiError(409, f"Conflict: {conflict}")
    if "allowed_updates" in call.params:
        world.allowed_updates = [str(name) for name in call.items("allowed_updates")]
    world.polls += 1
    turn = world.polls
    # A poll that came earlier and still waits has to notice that it was overtaken.
    world.happened()
    offset, limit = call.integer("offset"), call.integer("limit") or 100

    def ready() -> list[Wire] | None:
        if world.polls != turn:
            other = "terminated by other getUpdates request; make sure that only one bot instance is running"
            raise ApiError(409, f"Conflict: {other}")
        return world.ready_updates(offset, limit) or None

    return await world.until(ready, call.integer("timeout") or 0) or []


def _me(world: World, _call: Call) -> Wire:
    return {
        **world.bot,
        "can_join_groups": True,
        "can_read_all_group_messages": world.can_read_all_group_messages,
        "supports_inline_queries": world.supports_inline_queries,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def _scope(call: Call) -> tuple[str, str]:
    scope = call.structure("scope") or {"type": "default"}
    kind = str(scope.get("type"))
    if kind not in _SCOPES or any(name not in scope for name in _SCOPES[kind]):
        raise bad_request("can't parse BotCommandScope")
    language = call.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad_request("invalid language code specified")
    return ":".join([kind, *(str(scope[name]) for name in _SCOPES[kind])]), language


def _set_commands(world: World, call: Call) -> bool:
    commands = call.items("commands")
    if len(commands) > _COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not _COMMAND.fullmatch(str(command.get("command", ""))):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= _DESCRIPTION:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands[_scope(call)] = commands
    return True


def _commands(world: World, call: Call) -> list[Wire]:
    return world.commands.get(_scope(call), [])


def _delete_commands(world: World, call: Call) -> bool:
    world.commands.pop(_scope(call), None)
    return True


def _setter(field: str) -> Callable[[World, Call], bool]:
    def change(world: World, call: Call) -> bool:
        text = call.text(field)
        if len(text) > _PROFILE[field]:
            raise bad_request(f"{field} is too long")
        world.profile[field, call.text("language_code")] = text
        return True

    return change


def _chat(world: World, call: Call) -> Wire:
    chat = find_chat(world, call)
    gifts = {
        "unlimited_gifts": False,
        "limited_gifts": False,
        "unique_gifts": False,
        "premium_subscription": False,
        "gifts_from_channels": False,
    }
    return {**chat.wire(), "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}


def member_wire(user: Wire, status: str) -> Wire:
    """Return a ChatMember object of the given status; administrators have every right."""
    more: Wire = {}
    if status == "administrator":
        more = {"can_be_edited": False, "is_anonymous": False, **dict.fromkeys(_RIGHTS, True)}
    elif status == "creator":
        more = {"is_anonymous": False}
    elif status == "kicked":
        more = {"until_date": 0}
    return {"status": status, "user": user, **more}


def _members(world: World, chat: Chat) -> dict[int, Wire]:
    people = {id_: member_wire(world.people[id_].wire(), status) for id_, status in chat.members.items()}
    return {**people, BOT_ID: member_wire(world.bot, chat.bot_status)}


def _member(world: World, call: Call) -> Wire:
    chat, person_id = find_chat(world, call), call.integer("user_id")
    if chat.bot_is_outside:
        raise ApiError(403, f"Forbidden: bot is not a member of the {chat.kind} chat")
    if person_id in (members := _members(world, chat)):
        return members[person_id]
    if person_id not in world.people:
        raise bad_request("PARTICIPANT_ID_INVALID")
    if chat.person:
        return member_wire(world.people[person_id].wire(), "member" if chat.person.id == person_id else "left")
    return member_wire(world.people[person_id].wire(), "left")


def _administrators(world: World, call: Call) -> list[Wire]:
    chat = find_chat(world, call)
    if chat.person:
        raise bad_request("there are no administrators in the private chat")
    if chat.bot_is_outside:
        raise ApiError(403, f"Forbidden: bot is not a member of the {chat.kind} chat")
    return [member for member in _members(world, chat).values() if member["status"] in {"administrator", "creator"}]


ACCOUNT_METHODS: dict[str, Callable[[World, Call], object]] = {
    "getMe": _me,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": webhook_info,
    "setMyCommands": _set_commands,
    "getMyCommands": _commands,
    "deleteMyCommands": _delete_commands,
    "setMyName": _setter("name"),
    "setMyDescription": _setter("description"),
    "setMyShortDescription": _setter("short_description"),
    "getChat": _chat,
    "getChatMember": _member,
    "getChatAdministrators": _administrators,
}
