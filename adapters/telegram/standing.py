"""Messages as they stand in a chat on Telegram: by whom, in which topic, and what they answer. Pure functions."""

from telegram import Chat, MessageOriginChannel, MessageOriginChat, MessageOriginUser, User
from telegram import Message as Native
from telegram.constants import ChatType

from bot.chat.people import Message, Person, Place, PlaceKind

__all__ = [
    "PLATFORM",
    "answered_by",
    "is_as_channel",
    "is_as_group",
    "is_passed_on",
    "kind_of",
    "link_of",
    "person_of",
    "place_of",
    "text_of",
    "topic_of",
    "writer_of",
]

PLATFORM = "telegram"

_SUPERGROUP = "-100"
"""What stands before a supergroup's own number in the ids of the Bot API; links have the number alone."""


def person_of(user: User) -> Person:
    """Somebody with an account."""
    return Person(PLATFORM, str(user.id), user.full_name, user.language_code)


def kind_of(chat: Chat) -> PlaceKind | None:
    """How many read along in a chat; None for a channel, where people do not speak."""
    if chat.type == ChatType.PRIVATE:
        return PlaceKind.DIRECT
    return PlaceKind.GROUP if chat.type in (ChatType.GROUP, ChatType.SUPERGROUP) else None


def place_of(chat: Chat, kind: PlaceKind, message: object = None) -> Place:
    """A chat, and the topic in which a message stands there."""
    topic = topic_of(message)
    return Place(PLATFORM, str(chat.id), kind, topic="" if topic is None else str(topic))


def topic_of(message: object) -> int | None:
    """The topic of a message, None where it stands in none."""
    # Replies in ordinary groups have a thread id too, but nothing can be sent into such a thread.
    return message.message_thread_id if isinstance(message, Native) and message.is_topic_message else None


def is_as_group(message: Native) -> bool:
    """Whether an administrator wrote it in the group's own name."""
    return message.sender_chat is not None and message.sender_chat.id == message.chat.id


def is_as_channel(message: Native) -> bool:
    """Whether somebody wrote it in the name of a channel; what a group's own channel passes on is no such message."""
    sender = message.sender_chat
    return sender is not None and sender.type == ChatType.CHANNEL and not message.is_automatic_forward


def writer_of(message: Native) -> Person | None:
    """Who wrote a message; None where that was a machine, a channel that passes on what it posts, or nobody known.

    Of whoever writes as the group, Telegram tells that they look after it, and nothing else; of whoever writes as a
    channel, nothing at all. They have the id of that group or channel, which no account has, since Telegram shows one
    account for them in all groups.
    """
    if message.via_bot:
        return None
    sender = message.sender_chat
    if sender and (is_as_group(message) or is_as_channel(message)):
        return Person(PLATFORM, str(sender.id), sender.effective_name or "", shared=True)
    if sender or message.from_user is None or message.from_user.is_bot:
        return None
    return person_of(message.from_user)


def text_of(message: Native) -> str:
    """What is written in a message: as its text, under its picture, in its poll, or as the name of a topic."""
    return (message.text or message.caption or _text_of_poll(message) or _name_of_topic(message)).strip()


def is_passed_on(message: Native) -> bool:
    """Whether it is forwarded, and not from whoever forwards it; of whom that is not known, it is somebody else's."""
    match message.forward_origin:
        case None:
            return False
        case MessageOriginUser(sender_user=author):
            return message.sender_chat is not None or message.from_user is None or author.id != message.from_user.id
        case MessageOriginChat(sender_chat=chat) | MessageOriginChannel(chat=chat):
            return message.sender_chat is None or chat.id != message.sender_chat.id
        case _:
            return True


def _text_of_poll(message: Native) -> str:
    poll = message.poll
    if poll is None:
        return ""
    return "\n".join(text for text in (poll.question, poll.description, *(each.text for each in poll.options)) if text)


def _name_of_topic(message: Native) -> str:
    named = message.forum_topic_created or message.forum_topic_edited
    return (named.name if named else None) or ""


def link_of(message: Native) -> str:
    """What opens a message for whoever may read it; empty in chats of which Telegram has no such links."""
    chat, topic = message.chat, topic_of(message)
    if kind_of(chat) is not PlaceKind.GROUP or not message.message_id:
        return ""
    number = str(chat.id).removeprefix(_SUPERGROUP)
    if not chat.username and number == str(chat.id):
        return ""
    where = chat.username or f"c/{number}"
    return f"https://t.me/{where}/{message.message_id if topic is None else f'{topic}/{message.message_id}'}"


def answered_by(message: Native) -> Message | None:
    """The message to which another one replies."""
    found = message.reply_to_message
    # What starts a topic is answered by everything in it that answers nothing else.
    if found is None or found.forum_topic_created:
        return None
    return Message(str(found.message_id or ""), writer_of(found), text_of(found), link_of(found))
