"""The library's HTTP client, which also tells of answers that are no answer of Telegram's what they were."""

import json
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from telegram.error import RetryAfter
from telegram.request import HTTPXRequest

from adapters.telegram.errors import ServerFailed

__all__ = ["Requests"]

_ANY_PAUSE = timedelta(minutes=1)
"""How long to wait where something before Telegram says that there are too many calls, and not for how long."""


class Requests(HTTPXRequest):
    """Makes the calls.

    Raises:
        ServerFailed: the answer has a status of 500 or above, or it is the refusal of something before Telegram, whose
            own refusals are JSON: of a proxy that does not find it, say.
        RetryAfter: there are too many calls, as something says that is not Telegram itself.
    """

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:  # noqa: ANN401 - passed on as they are
        """See the library."""
        status, payload = await super().do_request(*args, **kwargs)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise ServerFailed(status)
        if status == HTTPStatus.TOO_MANY_REQUESTS and b"retry_after" not in payload:
            raise RetryAfter(_ANY_PAUSE)
        if status >= HTTPStatus.BAD_REQUEST and not _is_telegram_s(payload):
            raise ServerFailed(status)
        return status, payload


def _is_telegram_s(payload: bytes) -> bool:
    try:
        return "ok" in json.loads(payload)
    except (ValueError, TypeError):
        return False
