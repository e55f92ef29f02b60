"""The Bot API methods that change, delete and answer messages, and the table of all that deal with messages."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from telegram.constants import ReactionEmoji

from fakes.telegram_call import Call, Formatted
from fakes.telegram_faults import bad_request
from fakes.telegram_inline import answer_inline
from fakes.telegram_sending import TEXT_LENGTH, known, open_chat, send_document, send_message, send_photo
from fakes.telegram_world import Message, Wire, World

__all__ = ["MESSAGE_METHODS"]

# Bot API 10.3 (24 August 2026): answerCallbackQuery, deleteMessage.
_TOAST = 200
_DELETABLE = timedelta(hours=48)


def _own(message: Message | None) -> Message:
    if message is None:
        raise bad_request("message to edit not found")
    if not message.is_from_bot:
        raise bad_request("message can't be edited")
    return message


def _change(world: World, message: Message, words: Formatted | None, keyboard: list[list[Wire]]) -> None:
    words = replace(words, entities=known(world, words)) if words else None
    words = words or Formatted(message.text, message.entities, message.html)
    if (words.text, words.entities, keyboard) == (message.text, message.entities, message.keyboard):
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same "
            "as a current content and reply markup of the message"
        )
    message.earlier.append(message.shown())
    message.text, message.entities, message.html = words.text, words.entities, words.html
    message.keyboard = keyboard
    message.edited_at = world.clock()
    message.changed = world.happened()


def _new_text(call: Call, message: Message) -> Formatted:
    words = call.formatted("text", TEXT_LENGTH)
    if not words.text:
        raise bad_request("message text is empty")
    if message.media:
        raise bad_request("there is no text in the message to edit")
    return words


def _edit_text(world: World, call: Call) -> Wire:
    chat = open_chat(world, call)
    message = _own(chat.find(call.integer("message_id")))
    _change(world, message, _new_text(call, message), call.inline_keyboard(private=chat.person is not None))
    return message.wire()


def _edit_keyboard(world: World, call: Call) -> Wire:
    chat = open_chat(world, call)
    message = _own(chat.find(call.integer("message_id")))
    _change(world, message, None, call.inline_keyboard(private=chat.person is not None))
    return message.wire()


def _edit_ephemeral_text(world: World, call: Call) -> bool:
    chat = open_chat(world, call)
    message = _own(chat.find_ephemeral(call.integer("ephemeral_message_id"), call.integer("receiver_user_id")))
    _change(world, message, _new_text(call, message), call.inline_keyboard(private=False, ephemeral=True))
    return True


def _edit_ephemeral_keyboard(world: World, call: Call) -> bool:
    chat = open_chat(world, call)
    message = _own(chat.find_ephemeral(call.integer("ephemeral_message_id"), call.integer("receiver_user_id")))
    _change(world, message, None, call.inline_keyboard(private=False, ephemeral=True))
    return True


def _remove(world: World, message: Message | None) -> bool:
    if message is None:
        raise bad_request("message to delete not found")
    message.deleted = True
    message.changed = world.happened()
    return True


def _delete(world: World, call: Call) -> bool:
    chat = open_chat(world, call)
    message = chat.find(call.integer("message_id"))
    if message:
        others = not message.is_from_bot and chat.person is None and not chat.bot_is_admin
        if others or world.clock() - message.date > _DELETABLE:
            raise bad_request("message can't be deleted")
    return _remove(world, message)


def _delete_ephemeral(world: World, call: Call) -> bool:
    chat = open_chat(world, call)
    person_id = call.integer("receiver_user_id")
    return _remove(world, chat.find_ephemeral(call.integer("ephemeral_message_id"), person_id))


def _answer_press(world: World, call: Call) -> bool:
    press = world.fresh_press(call.text("callback_query_id"))
    text = call.text("text")
    if len(text) > _TOAST:
        raise bad_request("MESSAGE_TOO_LONG")
    if press.text is not None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    press.text, press.is_alert = text, call.flag("show_alert")
    world.happened()
    return True


def _react(world: World, call: Call) -> bool:
    message = open_chat(world, call).find(call.integer("message_id"))
    if message is None:
        raise bad_request("message to react not found")
    emoji = [str(reaction.get("emoji")) for reaction in call.items("reaction")]
    # A bot has one reaction to give (Bot API 10.3, setMessageReaction).
    if len(emoji) > 1 or not set(emoji) <= set(ReactionEmoji):
        raise bad_request("REACTION_INVALID")
    message.reactions = emoji
    world.happened()
    return True


def _show_action(world: World, call: Call) -> bool:
    chat = open_chat(world, call)
    world.actions.append((chat.id, call.text("action")))
    world.happened()
    return True


def _leave(world: World, call: Call) -> bool:
    chat = open_chat(world, call)
    if chat.person:
        raise bad_request("chat not found")
    chat.bot_status = "left"
    world.happened()
    return True


MESSAGE_METHODS: dict[str, Callable[[World, Call], object]] = {
    "sendMessage": send_message,
    "sendDocument": send_document,
    "sendPhoto": send_photo,
    "editMessageText": _edit_text,
    "editMessageReplyMarkup": _edit_keyboard,
    "editEphemeralMessageText": _edit_ephemeral_text,
    "editEphemeralMessageReplyMarkup": _edit_ephemeral_keyboard,
    "deleteMessage": _delete,
    "deleteEphemeralMessage": _delete_ephemeral,
    "answerCallbackQuery": _answer_press,
    "answerInlineQuery": answer_inline,
    "setMessageReaction": _react,
    "sendChatAction": _show_action,
    "leaveChat": _leave,
}
