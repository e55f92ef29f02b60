"""What people type, as it is looked up and shown again."""

from bot.words.catalogue import visible


def typed(text: str) -> str:
    """A person's words on one line, without what cannot be seen, and without halves of characters.

    Such halves can stand in what a modified app sends; no database and no platform takes them.
    """
    return visible(text.encode(errors="replace").decode())
