"""What a failed call to Slack means for the outbox: whether and when to try it again."""

import logging
import re
from collections.abc import Awaitable
from typing import Any, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from alerts.notifiers import NotifierError

_Answer = TypeVar("_Answer")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ABOUT_THE_MESSAGE = _words(
    """invalid_blocks invalid_blocks_format msg_too_long msg_blocks_too_long no_text
    too_many_attachments invalid_attachments invalid_arguments invalid_arg_name invalid_array_arg
    invalid_charset invalid_form_data invalid_post_type missing_post_type invalid_json
    json_not_object invalid_metadata_format invalid_metadata_schema metadata_too_large
    block_mismatch markdown_text_conflict"""
)
_SOON_OVER = _words(
    """ratelimited rate_limited internal_error fatal_error service_unavailable request_timeout
    message_limit_exceeded team_added_to_org"""
)
_INVITE = "invite the app to the channel: /invite @seawall"
_STALE = "look whether the token is still the one of the installed app"
_REMEDIES = {
    "not_in_channel": _INVITE,
    "channel_not_found": f"look at the channel's id, and {_INVITE}",
    "is_archived": "the channel is archived; name another one",
    "invalid_auth": _STALE,
    "not_authed": _STALE,
    "token_revoked": f"the app was removed or its token revoked; {_STALE}",
    "token_expired": _STALE,
    "account_inactive": "the app was removed from the workspace; install it again",
    "not_allowed_token_type": "the bot token begins with xoxb-, the app token with xapp-",
    "missing_scope": "give the app the scopes of docs/slack-manifest.yaml and install it again",
    "restricted_action": "an admin of the workspace must let the app post in this channel",
}
SILENT = logging.Logger("slack_sdk of seawall", logging.CRITICAL + 1)
"""The SDK's log lines can hold the address of a connection, which lets in whoever has it."""

_LATER_S = 60.0
_UNSAID_S = 10.0
_LONGEST_S = 3600.0


class Failed(NotifierError):
    """A call that failed; `code` is Slack's own word for it, if it said one."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        permanent: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, permanent=permanent, retry_after=retry_after)
        self.code = code


async def answered(call: Awaitable[_Answer]) -> _Answer:
    """The answer to a call of the SDK. Raises Failed, which holds nothing that was sent."""
    try:
        return await call
    except SlackApiError as problem:
        raise _refused(problem.response) from None
    except TimeoutError:
        raise Failed("Slack does not answer in time") from None
    except (aiohttp.ClientError, OSError) as problem:
        raise Failed(f"Slack cannot be reached: {type(problem).__name__}") from None
    except (SlackClientError, AttributeError, TypeError, ValueError):
        raise Failed("Slack's answer cannot be read; does a proxy stand in between?") from None


def _refused(response: Any) -> Failed:
    """What an answer other than success means. The SDK gives its own or aiohttp's response."""
    data = getattr(response, "data", None)
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    code = code if re.fullmatch("[a-z_]{1,60}", code) else ""
    wait = _retry_after(getattr(response, "headers", {}) or {})
    if status == 429 or code in ("ratelimited", "rate_limited"):
        asked = _UNSAID_S if wait is None else wait
        return Failed(f"Slack asks to wait {asked:.0f} s", code=code, retry_after=asked)
    if status >= 500 or code in _SOON_OVER:
        return Failed(f"Slack has trouble: {code or status}", code=code, retry_after=wait)
    if code in _ABOUT_THE_MESSAGE:
        return Failed(f"Slack does not take this message: {code}", code=code, permanent=True)
    if code:
        remedy = _REMEDIES.get(code, "see the workspace's settings for this app")
        return Failed(f"Slack says {code}; {remedy}", code=code, retry_after=_LATER_S)
    if status == 200:
        return Failed("Slack's answer cannot be read; does a proxy stand in between?")
    return Failed(f"Slack answered {status}; look at base_url", retry_after=_LATER_S)


def _retry_after(headers: Any) -> float | None:
    """The seconds that a Retry-After header asks for, an hour at most."""
    asked = str(headers.get("Retry-After", "")).strip()
    return min(max(float(asked), 1.0), _LONGEST_S) if re.fullmatch(r"\d{1,9}", asked) else None
