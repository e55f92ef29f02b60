"""The Bot API methods that send, and what they look at before a message stands anywhere."""

from fakes.telegram_call import Call, Formatted
from fakes.telegram_faults import ApiError, bad_request
from fakes.telegram_world import FRESH, Chat, Message, Wire, World

__all__ = ["TEXT_LENGTH", "find_chat", "known", "open_chat", "send_document", "send_message", "send_photo"]

# Bot API 10.3 (24 August 2026), sendMessage and sendDocument: after entities parsing.
TEXT_LENGTH = 4096
_CAPTION = 1024
# Bot API 10.3 (24 August 2026), ReplyParameters.
_REPLY_FIELDS = {
    "message_id",
    "chat_id",
    "ephemeral_message_id",
    "allow_sending_without_reply",
    "quote",
    "quote_parse_mode",
    "quote_entities",
    "quote_position",
    "checklist_task_id",
    "poll_option_id",
}


def find_chat(world: World, call: Call) -> Chat:
    """Return the chat that a call names.

    Raises:
        ApiError: there is none, or the bot was never told of it.
    """
    named = call.text("chat_id")
    if not named:
        raise bad_request("chat_id is empty")
    try:
        chat = world.chats.get(int(named))
    except ValueError:
        chat = None
    if chat is None:
        raise bad_request("chat not found")
    return chat


def open_chat(world: World, call: Call) -> Chat:
    """Return the chat that a call names, where the bot may act in it.

    Raises:
        ApiError: there is none, the person does not want the bot, or the bot is not in the group or it has moved.
    """
    chat = find_chat(world, call)
    if chat.migrated_to is not None:
        upgraded = "Bad Request: group chat was upgraded to a supergroup chat"
        raise ApiError(400, upgraded, {"migrate_to_chat_id": chat.migrated_to})
    if chat.person and chat.person.blocked:
        raise ApiError(403, "Forbidden: bot was blocked by the user")
    if chat.person and not chat.person.started:
        raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
    if chat.bot_is_outside:
        why = "bot was kicked from" if chat.bot_status == "kicked" else "bot is not a member of"
        raise ApiError(403, f"Forbidden: {why} the {chat.kind} chat")
    return chat


def _receiver(world: World, call: Call, chat: Chat) -> int | None:
    """Return the one member who will see the message, None for an ordinary one."""
    wanted = call.structure("ephemeral_message_parameters")
    if not wanted:
        return None
    if chat.person:
        raise bad_request("ephemeral messages can be sent only in groups")
    person_id = wanted.get("receiver_user_id")
    if person_id not in chat.members:
        raise bad_request("user not found")
    query_id = wanted.get("callback_query_id")
    if query_id:
        press = world.fresh_press(str(query_id))
        if press.person.id != person_id or press.message.chat is not chat:
            raise bad_request("QUERY_ID_INVALID")
        if wanted.get("replace_callback_query_message") and press.message.is_ephemeral:
            raise bad_request("ephemeral messages must be edited, not replaced")
    elif not chat.bot_is_admin and "ephemeral_message_id" not in call.structure("reply_parameters"):
        raise bad_request("not enough rights to send an ephemeral message that answers nothing")
    return person_id


def _replied(world: World, call: Call, chat: Chat, receiver: int | None) -> Message | None:
    wanted = call.structure("reply_parameters")
    if not wanted:
        return None
    if not wanted.keys() <= _REPLY_FIELDS or not {"message_id", "ephemeral_message_id"} & wanted.keys():
        raise bad_request("can't parse reply parameters")
    if not isinstance(wanted.get("message_id", 0), int):
        raise bad_request("can't parse reply parameters: message_id must be a Number")
    missing = bad_request("message to be replied not found")
    if "ephemeral_message_id" in wanted:
        asked = chat.find_ephemeral(wanted["ephemeral_message_id"], receiver)
        if receiver is None or asked is None or asked.is_from_bot or world.clock() - asked.date > FRESH:
            raise missing
        return asked
    found = chat.find(wanted.get("message_id"))
    if found is None and not wanted.get("allow_sending_without_reply"):
        raise missing
    return found


def _thread(call: Call, chat: Chat) -> int | None:
    thread_id = call.integer("message_thread_id")
    if thread_id is not None and (not chat.is_forum or thread_id not in chat.topics):
        raise bad_request("message thread not found")
    if thread_id in chat.closed_topics:
        raise bad_request("TOPIC_CLOSED")
    return thread_id


def _send(world: World, call: Call, words: Formatted, **content: object) -> Wire:
    chat = open_chat(world, call)
    if not chat.bot_may_write:
        raise bad_request("not enough rights to send text messages to the chat")
    keyboard = call.inline_keyboard(
        private=chat.person is not None, ephemeral="ephemeral_message_parameters" in call.params
    )
    thread_id = _thread(call, chat)
    receiver = _receiver(world, call, chat)
    replied = _replied(world, call, chat, receiver)
    extra: Wire = {"has_protected_content": True} if call.flag("protect_content") else {}
    if preview := call.structure("link_preview_options"):
        extra["link_preview_options"] = preview
    if receiver is not None:
        extra["receiver_user"] = world.people[receiver].wire()
    message = world.post(
        chat,
        world.bot,
        seen_by=receiver,
        text=words.text,
        html=words.html,
        entities=known(world, words),
        keyboard=keyboard,
        reply_keyboard=call.reply_keyboard(),
        reply_to=replied,
        thread_id=thread_id,
        silent=call.flag("disable_notification"),
        extra=extra,
        **content,
    )
    ephemeral = call.structure("ephemeral_message_parameters")
    if receiver is not None and ephemeral.get("replace_callback_query_message"):
        world.fresh_press(str(ephemeral.get("callback_query_id"))).message.hidden_from.add(receiver)
    return message.wire()


def known(world: World, words: Formatted) -> list[Wire]:
    """Return the entities of a text with the people whom it calls; somebody unknown is not called at all."""
    return [
        {**each, "user": world.people[each["user"]["id"]].wire()} if each["type"] == "text_mention" else each
        for each in words.entities
        if each["type"] != "text_mention" or each["user"]["id"] in world.people
    ]


def send_message(world: World, call: Call) -> Wire:
    """Send text."""
    words = call.formatted("text", TEXT_LENGTH)
    if not words.text:
        raise bad_request("message text is empty")
    return _send(world, call, words)


def send_document(world: World, call: Call) -> Wire:
    """Send a file, which shows its name."""
    upload = call.files.get("document")
    kept = f"document-{world.step}"
    media: Wire = {"file_id": kept, "file_unique_id": kept}
    if upload:
        media |= {"file_name": upload.name, "mime_type": upload.mime, "file_size": len(upload.content)}
    return _send_file(world, call, "document", media)


def send_photo(world: World, call: Call) -> Wire:
    """Send a picture."""
    kept = f"photo-{world.step}"
    return _send_file(world, call, "photo", [{"file_id": kept, "file_unique_id": kept, "width": 800, "height": 600}])


def _send_file(world: World, call: Call, kind: str, media: Wire | list[Wire]) -> Wire:
    upload = call.files.get(kind)
    if upload is None and not call.text(kind):
        raise bad_request(f"there is no {kind} in the request")
    if upload and not upload.content:
        raise bad_request("file must be non-empty")
    words = call.formatted("caption", _CAPTION, "caption_entities")
    content = upload.content if upload else None
    # A document's name is shown beside it; a photo's is not.
    name = upload.name if upload and kind == "document" else ""
    return _send(world, call, words, media={kind: media}, file=content, file_name=name)
