"""Ways in which the fake Telegram can fail a call, named as a test would say them."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

__all__ = [
    "ApiError",
    "Fault",
    "bad_request",
    "blocked",
    "dropped_after_delivery",
    "dropped_before_delivery",
    "hangs",
    "migrated",
    "rate_limited",
    "server_error",
    "unauthorized",
]


class ApiError(Exception):
    """A refusal as the Bot API words it: HTTP status, description and the parameters beside it."""

    def __init__(self, status: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    def wire(self) -> dict[str, Any]:
        """Return the JSON body of the refusal."""
        body: dict[str, Any] = {"ok": False, "error_code": self.status, "description": self.description}
        return {**body, "parameters": self.parameters} if self.parameters else body


def bad_request(description: str) -> ApiError:
    """Make the refusal 400 with Telegram's own prefix."""
    return ApiError(400, f"Bad Request: {description}")


@dataclass(frozen=True)
class Fault:
    """What happens to one call instead of the ordinary answer.

    ``seconds`` is waited first. ``status`` and ``body`` are answered in place of the call, unless ``drop`` closes the
    connection without an answer, "before" or "after" the call has had its effect. With neither, the call then
    proceeds as usual.
    """

    status: int = 0
    body: str = ""
    content_type: str = "application/json"
    drop: Literal["before", "after"] | None = None
    seconds: float = 0


def _refusal(error: ApiError) -> Fault:
    return Fault(error.status, json.dumps(error.wire()))


def rate_limited(retry_after: int = 3) -> Fault:
    """Refuse with 429 and ask to wait ``retry_after`` seconds."""
    return _refusal(
        ApiError(429, f"Too Many Requests: retry after {retry_after}", {"retry_after": retry_after}),
    )


def server_error(status: int = 502, *, html: bool = False) -> Fault:
    """Answer with a 5xx, as JSON or as the page of a gateway; the call has no effect."""
    reason = HTTPStatus(status).phrase
    if html:
        page = f"<html><head><title>{status} {reason}</title></head><body><h1>{status} {reason}</h1></body></html>"
        return Fault(status, page, "text/html")
    return _refusal(ApiError(status, reason))


def dropped_before_delivery() -> Fault:
    """Close the connection without an answer and without any effect."""
    return Fault(drop="before")


def dropped_after_delivery() -> Fault:
    """Carry the call out, then close the connection without an answer."""
    return Fault(drop="after")


def hangs(seconds: float) -> Fault:
    """Wait before the call is carried out, which then happens even where the caller has given up."""
    return Fault(seconds=seconds)


def blocked() -> Fault:
    """Refuse as if the person had blocked the bot."""
    return _refusal(ApiError(403, "Forbidden: bot was blocked by the user"))


def migrated(to: int) -> Fault:
    """Refuse as if the group had become the supergroup ``to``."""
    return _refusal(
        ApiError(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            {"migrate_to_chat_id": to},
        ),
    )


def unauthorized() -> Fault:
    """Refuse as if the token had been revoked."""
    return _refusal(ApiError(401, "Unauthorized"))
