"""A Slack channel: one message per incident, kept up to date, with buttons to take it in hand."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import structlog
from pydantic import BaseModel, ConfigDict, Field
from slack_sdk.web.async_client import AsyncWebClient

from alerts.incidents import Refused, State
from alerts.notifiers import Act, Notification, NotifierError, Places
from alerts.notifiers._slack_blocks import blocks, inert, text
from alerts.notifiers._slack_errors import Failed, answered
from alerts.notifiers._slack_socket import SILENT, Buttons, Press
from alerts.plain_text import visible
from alerts.secret import Secret

_TEST = "This is a test of Seawall's notifications to this channel. Nothing has happened."
_EVENT = "seawall_incident"
_PATIENCE_S, _CALL_S = 25.0, 10
_PAGES, _PAGE = 3, 200
_LONGEST_OUTCOME = 500
_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})

log = structlog.get_logger(__name__)


class Options(BaseModel):
    """Options of the Slack notifier."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channel: str = Field(
        pattern=r"^[CGD][A-Z0-9]{8,}$",
        description="The channel's id, which stays when the channel is renamed: at the bottom of "
        "its details in Slack. Invite the app there: `/invite @seawall`.",
        examples=["C0SEAWALL"],
    )
    token: Secret = Field(
        Secret(env="SLACK_BOT_TOKEN"),
        description="Where the bot token is kept (`xoxb-…`): in SLACK_BOT_TOKEN unless it is said "
        "otherwise. `docs/slack-manifest.yaml` makes the app.",
    )
    app_token: Secret | None = Field(
        Secret(env="SLACK_APP_TOKEN"),
        description="Where the app-level token is kept (`xapp-…`), by which the buttons reach "
        "Seawall without a public address: in SLACK_APP_TOKEN; `null`: no buttons.",
    )
    base_url: str = Field(
        "https://slack.com/api/",
        pattern=r"^https?://\S+$",
        description="For tests and demonstrations.",
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A message that shows an incident, as JSON the receipt.

    `over`: as resolved; `calls`: as one that calls people.
    """

    channel: str
    ts: str
    over: bool
    calls: bool = True

    @classmethod
    def of(cls, receipt: str | None) -> "Told | None":
        """What a receipt says, if there is one that can be read."""
        try:
            found = json.loads(receipt or "")
            where = str(found["channel"]), str(found["ts"])
            return cls(*where, bool(found["over"]), bool(found.get("calls", True)))
        except (ValueError, KeyError, TypeError):
            return None


class SlackNotifier:
    """Tells of incidents in one channel.

    An update in place rings nobody's phone, so an incident that comes back after it was resolved,
    or begins to call people, gets a message of its own. Where an answer was lost, the channel's
    history says whether the message arrived: each has its incident in its metadata.
    """

    replaces = True

    def __init__(
        self,
        name: str,
        *,
        channel: str,
        token: str,
        app_token: str | None,
        base_url: str,
        places: Places,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self.name = name
        self._patience_s = patience_s
        self._channel, self._token, self._base_url = channel, token, base_url
        self._places, self._app_token = places, app_token

    async def send(self, notification: Notification) -> str:
        """Post the incident's message, or bring it up to date; where it stands, as JSON."""
        try:
            async with asyncio.timeout(self._patience_s):
                return json.dumps(asdict(await self._tell(notification)))
        except TimeoutError:
            raise NotifierError("Slack does not answer in time") from None

    async def listen(self, act: Act) -> None:
        """Take presses of the buttons until cancelled; returns at once without an app token."""
        if self._app_token is None:
            return

        async def taken(press: Press) -> None:
            await self._say(press, await self._outcome(press, act))

        await Buttons(self._app_token, self._web, taken).listen()

    async def check(self) -> str:
        """As whom it would post, and where. Raises NotifierError."""
        who = await answered(self._web().auth_test())
        about = await answered(self._web().conversations_info(channel=self._channel))
        channel = about.get("channel") or {}
        if channel.get("is_archived"):
            raise NotifierError("Slack: the channel is archived; name another one")
        if channel.get("is_member") is False:
            raise NotifierError("Slack: invite the app to the channel: /invite @seawall")
        buttons = "without buttons"
        if self._app_token is not None:
            await Buttons(self._app_token, self._web, _nobody).check()
            buttons = "with buttons"
        place = visible(f"#{channel.get('name') or self._channel} of {who.get('team')}")
        return f"Slack: as {visible(str(who.get('user')))} in {place}, {buttons}"

    async def test(self) -> None:
        """Post that this is a test. Raises NotifierError."""
        await answered(self._web().chat_postMessage(channel=self._channel, text=_TEST))

    async def close(self) -> None:
        """Nothing is open between calls."""

    def _web(self) -> AsyncWebClient:
        """A client that does not try again by itself: by default it would post twice."""
        return AsyncWebClient(
            token=self._token,
            base_url=self._base_url,
            timeout=_CALL_S,
            logger=SILENT,
            retry_handlers=[],
        )

    async def _tell(self, notification: Notification) -> Told:
        over = notification.briefing.state is State.RESOLVED
        calls = notification.briefing.calls
        told = Told.of(notification.receipt)
        if told and not _rings(told, over, calls) and await self._updated(told, notification):
            return replace(told, over=over, calls=calls)
        if told or notification.uncertain or notification.receipt:
            found = await self._found(notification.incident)
            known = told is not None and found is not None and told.ts == found.ts
            anew = known or found is None or _rings(found, over, calls)
            if found and not anew and await self._updated(found, notification):
                return replace(found, over=over, calls=calls)
        posted = await answered(
            self._web().chat_postMessage(
                channel=self._channel,
                unfurl_links=False,
                unfurl_media=False,
                **self._message(notification),
            )
        )
        return Told(str(posted["channel"]), str(posted["ts"]), over, calls)

    async def _updated(self, told: Told, notification: Notification) -> bool:
        """Bring a message up to date; False where it is gone or is not ours to change."""
        try:
            await answered(
                self._web().chat_update(
                    channel=told.channel,
                    ts=told.ts,
                    parse="none",  # unlike a post, an update turns names into mentions by default
                    **self._message(notification),
                )
            )
        except Failed as problem:
            if problem.code in _GONE:
                return False
            raise
        return True

    async def _found(self, incident: str) -> Told | None:
        """The newest message about an incident; None where there is none, or we may not look."""
        try:
            async for message in self._history():
                payload = _about(message)
                if payload.get("incident") == incident:
                    was_over = payload.get("state") == State.RESOLVED
                    called = bool(payload.get("calls", True))
                    return Told(self._channel, str(message.get("ts")), was_over, called)
        except Failed as problem:
            if problem.code != "missing_scope":
                raise
            log.warning("slack posts without looking first", problem=str(problem))
        return None  # told twice is better than not told

    async def _history(self) -> AsyncIterator[Mapping[str, Any]]:
        """The channel's messages, newest first, as far back as is worth looking."""
        cursor = None
        for _ in range(_PAGES):
            page = await answered(
                self._web().conversations_history(
                    channel=self._channel, include_all_metadata=True, limit=_PAGE, cursor=cursor
                )
            )
            for message in page.get("messages") or []:
                yield message
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    def _message(self, notification: Notification) -> dict[str, Any]:
        briefing = notification.briefing
        return {
            "text": text(briefing),
            "blocks": blocks(briefing, self._places, buttons=self._app_token is not None),
            "metadata": {
                "event_type": _EVENT,
                "event_payload": {
                    "incident": notification.incident,
                    "revision": notification.revision,
                    "state": str(briefing.state),
                    "calls": briefing.calls,
                },
            },
        }

    async def _outcome(self, press: Press, act: Act) -> str:
        try:
            return await act(press.pressed)
        except Refused as refused:
            return str(refused)
        except Exception as problem:  # noqa: BLE001 - whatever it is, the person is told
            log.warning(
                "a press was not taken", step=press.pressed.verb, problem=type(problem).__name__
            )
            command = self._places.command.replace("{incident}", press.pressed.about)
            return f"That did not work. Try again, or in a shell: {command}"

    async def _say(self, press: Press, outcome: str) -> None:
        """Tell the person alone what came of it; the message itself says it to everybody."""
        try:
            await answered(
                self._web().chat_postEphemeral(
                    channel=press.channel, user=press.user, text=inert(outcome, _LONGEST_OUTCOME)
                )
            )
        except NotifierError as problem:
            log.warning("a person was not told what came of a press", problem=str(problem))


def build(options: Options, *, name: str, places: Places) -> SlackNotifier:
    """A notifier for a channel. Raises SecretMissing."""
    return SlackNotifier(
        name,
        channel=options.channel,
        token=options.token.read(),
        app_token=options.app_token.read() if options.app_token else None,
        base_url=options.base_url,
        places=places,
    )


def _rings(told: Told, over: bool, calls: bool) -> bool:
    """Whether people have to hear of it anew: it is back, or calls them now."""
    return not over and (told.over or (calls and not told.calls))


def _about(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the metadata of a message of ours say."""
    metadata = message.get("metadata") or {}
    return (metadata.get("event_payload") or {}) if metadata.get("event_type") == _EVENT else {}


async def _nobody(_press: Press) -> None:
    """Nobody presses anything while a check looks."""
