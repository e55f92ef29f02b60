"""Inline mode on the fake Telegram: what a bot may answer to a query, and the message that a chosen result becomes."""

import re

from fakes.telegram_call import Call
from fakes.telegram_faults import bad_request
from fakes.telegram_sending import TEXT_LENGTH
from fakes.telegram_world import Wire, World

__all__ = ["answer_inline", "message_of"]

# Bot API 10.3 (24 August 2026): answerInlineQuery, InlineQueryResultArticle, InlineQueryResultsButton.
_RESULTS = 50
_ID_BYTES = 64
_PARAMETER = re.compile(r"[A-Za-z0-9_-]{1,64}")


def answer_inline(world: World, call: Call) -> bool:
    """Show results to whoever typed."""
    query = world.inline_queries.get(call.text("inline_query_id"))
    if query is None or query.results is not None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    results = call.items("results")
    if len(results) > _RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    if len({str(result.get("id")) for result in results}) != len(results):
        raise bad_request("RESULT_ID_DUPLICATE")
    for result in results:
        _check(result)
    button = call.structure("button")
    if button:
        _check_button(button)
    seconds = call.integer("cache_time")
    query.results, query.button, query.is_personal = results, button, call.flag("is_personal")
    query.cache_seconds = query.cache_seconds if seconds is None else seconds
    world.happened()
    return True


def message_of(result: Wire) -> Wire:
    """Return what a chosen article looks like as a message: text, markup, entities and keyboard."""
    words = Call("answerInlineQuery", result["input_message_content"], {}).formatted("message_text", TEXT_LENGTH)
    keyboard = result.get("reply_markup", {}).get("inline_keyboard", [])
    return {"text": words.text, "html": words.html, "entities": words.entities, "keyboard": keyboard}


def _check(result: Wire) -> None:
    if result.get("type") != "article":
        # This program offers text alone, so anything else is a slip.
        raise bad_request("can't parse inline query result: unallowed type")
    if not 1 <= len(str(result.get("id") or "").encode()) <= _ID_BYTES:
        raise bad_request("RESULT_ID_INVALID")
    if not str(result.get("title") or "").strip():
        raise bad_request("can't parse inline query result: title is empty")
    if not isinstance(result.get("input_message_content"), dict) or not message_of(result)["text"]:
        raise bad_request("MESSAGE_EMPTY")
    Call("answerInlineQuery", result, {}).inline_keyboard(private=False)


def _check_button(button: Wire) -> None:
    if not str(button.get("text") or "").strip() or len({"web_app", "start_parameter"} & button.keys()) != 1:
        raise bad_request("can't parse inline query results button")
    if "start_parameter" in button and not _PARAMETER.fullmatch(str(button["start_parameter"])):
        raise bad_request("START_PARAM_INVALID")
