"""Every error of the library has its meaning for the core."""

import inspect
from datetime import timedelta

import httpx
import pytest
from telegram import error as library

from adapters.telegram.errors import (
    MAPPING,
    NO_ANSWERED,
    NOT_MODIFIED,
    ServerFailed,
    StoodStill,
    delivery_error,
    known_as_group,
    translated,
)
from bot.errors import Blocked, DeliveryError, Gone, RateLimited, Refused, Unknown, Unreachable


def caused(error: library.TelegramError, cause: Exception) -> library.TelegramError:
    error.__cause__ = cause
    return error


def test_no_error_class_of_the_library_is_forgotten() -> None:
    classes = {each for _name, each in inspect.getmembers(library, inspect.isclass) if issubclass(each, Exception)}
    assert set(MAPPING) == classes


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        pytest.param(library.Forbidden("Forbidden: bot was blocked by the user"), Blocked, "blocked", id="blocked"),
        pytest.param(library.Forbidden("Forbidden: user is deactivated"), Blocked, "deactivated", id="deactivated"),
        pytest.param(
            library.Forbidden("Forbidden: bot can't initiate conversation with a user"),
            Blocked,
            "never_started",
            id="never started",
        ),
        pytest.param(library.Forbidden("Forbidden: new words"), Blocked, "forbidden", id="other refusal"),
        pytest.param(library.BadRequest("Chat not found"), Blocked, "gone", id="chat gone"),
        *(
            pytest.param(library.BadRequest(f"Bad Request: {text}"), Gone, reason, id=text)
            for text, reason in (
                ("message to edit not found", "message_gone"),
                ("message can't be edited", "message_gone"),
                ("not enough rights to send text messages to the chat", "no_rights"),
                ("CHAT_WRITE_FORBIDDEN", "no_rights"),
                ("message thread not found", "topic_gone"),
                ("TOPIC_CLOSED", "topic_closed"),
            )
        ),
        pytest.param(
            library.Forbidden("Forbidden: bot was kicked from the supergroup chat"), Gone, "kicked", id="kicked"
        ),
        pytest.param(
            library.Forbidden("Forbidden: bot is not a member of the group chat"), Gone, "not_a_member", id="outside"
        ),
        pytest.param(
            library.BadRequest("Message to be replied not found"), Unreachable, NO_ANSWERED, id="nothing to answer"
        ),
        pytest.param(library.BadRequest("Can't parse entities"), Unreachable, "refused", id="bad request"),
        pytest.param(library.BadRequest("Message is not modified"), Unreachable, NOT_MODIFIED, id="not modified"),
        pytest.param(library.ChatMigrated(-5), Unreachable, "chat_moved", id="moved"),
        pytest.param(library.InvalidToken(), Refused, "token_refused", id="token"),
        *(
            pytest.param(ServerFailed(status), kind, f"http_{status}", id=f"status {status}")
            for status, kind in (
                (500, Unreachable),
                (502, Unreachable),
                (503, Unreachable),
                (504, Unknown),
                (520, Unknown),
                (524, Unknown),
            )
        ),
        pytest.param(library.NetworkError("Something else"), Unknown, "no_answer", id="unknown failure"),
        pytest.param(library.TimedOut(), Unknown, "no_answer", id="bare time-out"),
        pytest.param(library.TelegramError("Invalid server response"), Unknown, "unreadable_answer", id="unreadable"),
        pytest.param(caused(library.TimedOut(), httpx.ReadTimeout("")), Unknown, "no_answer", id="read time-out"),
        pytest.param(
            caused(library.TimedOut(), httpx.ConnectTimeout("")), Unreachable, "no_connection", id="connect time-out"
        ),
        pytest.param(caused(library.TimedOut(), httpx.PoolTimeout("")), Unreachable, "no_connection", id="pool full"),
        pytest.param(
            caused(library.NetworkError(""), httpx.ConnectError("")), Unreachable, "no_connection", id="no connection"
        ),
        pytest.param(
            caused(library.NetworkError(""), httpx.RemoteProtocolError("")), Unknown, "no_answer", id="hung up"
        ),
        pytest.param(caused(library.NetworkError(""), RuntimeError()), Refused, "closed", id="closed"),
        pytest.param(StoodStill(), Unreachable, "stood_still", id="stood still"),
        pytest.param(ServerFailed(404), Unreachable, "http_404", id="a proxy that finds nothing"),
    ],
)
def test_an_error_says_whether_something_may_have_arrived(
    error: library.TelegramError, kind: type[DeliveryError], reason: str
) -> None:
    found = delivery_error(error)
    assert (type(found), found.reason) == (kind, reason)


def test_a_limit_says_how_long_to_wait() -> None:
    found = delivery_error(library.RetryAfter(7))
    assert isinstance(found, RateLimited)
    assert found.retry_after == timedelta(seconds=7)


def test_a_class_that_is_new_counts_as_its_parent() -> None:
    class NewError(library.Forbidden):
        pass

    assert isinstance(delivery_error(NewError("?")), Blocked)


def test_nothing_but_our_own_errors_leaves_a_call() -> None:
    with pytest.raises(Blocked) as found, translated():
        raise library.Forbidden("Forbidden")
    assert isinstance(found.value.__cause__, library.Forbidden)


@pytest.mark.parametrize("kind", sorted(MAPPING, key=lambda each: each.__name__), ids=lambda kind: kind.__name__)
def test_a_group_that_refuses_in_whatever_way_is_gone(kind: type[library.TelegramError]) -> None:
    own = {library.RetryAfter: library.RetryAfter(7), library.ChatMigrated: library.ChatMigrated(-5)}
    error = own.get(kind) or (kind() if kind is library.InvalidToken else kind("Chat not found"))
    refuses = issubclass(kind, library.Forbidden) or kind is library.BadRequest
    with pytest.raises(DeliveryError) as found, known_as_group():
        raise MAPPING[kind](error)
    assert isinstance(found.value, Gone) is refuses
    assert isinstance(found.value, Blocked) is refuses
