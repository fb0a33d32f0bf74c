"""The calls of Slack's Web API that we need, each tried once."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from alerts.notifiers._slack_errors import SILENT, Failed, answered
from alerts.notifiers._slack_forms import LONGEST_TITLE, View
from alerts.notifiers._slack_text import Block, plain

_CALL_S = 10
_PAGES, _PAGE = 3, 200

log = structlog.get_logger(__name__)


class Workspace:
    """A workspace as an app sees it. Every call raises `Failed`, which says when to try again.

    What is shown to a person alone begins with the `mark`, where there is one.
    """

    def __init__(self, token: str, base_url: str, mark: str = "") -> None:
        self._token, self._base_url, self._mark = token, base_url, mark

    def marked(self, mark: str) -> "Workspace":
        """The same workspace with this mark."""
        return Workspace(self._token, self._base_url, mark)

    def web(self) -> AsyncWebClient:
        """A client that does not try again by itself: by default it would post twice."""
        return AsyncWebClient(
            token=self._token,
            base_url=self._base_url,
            timeout=_CALL_S,
            logger=SILENT,
            retry_handlers=[],
        )

    async def post(self, channel: str, **message: Any) -> tuple[str, str]:
        """Post a message: its channel and its time, by which it is known there."""
        posted = await answered(
            self.web().chat_postMessage(
                channel=channel, unfurl_links=False, unfurl_media=False, **message
            )
        )
        return str(posted["channel"]), str(posted["ts"])

    async def update(self, channel: str, ts: str, **message: Any) -> None:
        """Bring a message up to date; unlike a post, it would turn names into mentions."""
        await answered(self.web().chat_update(channel=channel, ts=ts, parse="none", **message))

    async def delete(self, channel: str, ts: str) -> None:
        """Delete a message of ours, if it is still there."""
        try:
            await answered(self.web().chat_delete(channel=channel, ts=ts))
        except Failed as problem:
            if problem.code != "message_not_found":
                raise

    async def whisper(self, user: str, channel: str, text: str) -> None:
        """Tell a person alone: where they are, or, where that cannot be, in a direct message."""
        text = self._said(text)
        if channel:
            try:
                await answered(self.web().chat_postEphemeral(channel=channel, user=user, text=text))
            except Failed as problem:
                if problem.code not in ("channel_not_found", "not_in_channel", "is_archived"):
                    raise
            else:
                return
        await self.post(await self.direct(user), text=text)

    async def respond(self, url: str, text: str, blocks: list[dict[str, Any]] | None) -> None:
        """Answer a command where it was written, to whoever wrote it alone."""
        client = AsyncWebhookClient(url, timeout=_CALL_S, logger=SILENT, retry_handlers=[])
        shown = self._head(blocks) if blocks else None
        saying = client.send(text=self._said(text), blocks=shown, response_type="ephemeral")
        said = await answered(saying)
        if said.status_code != 200:
            raise Failed(f"Slack takes no answer to the command: {said.status_code}")

    async def direct(self, user: str) -> str:
        """The channel of direct messages to a person."""
        opened = await answered(self.web().conversations_open(users=user))
        return str(opened["channel"]["id"])

    async def window(self, trigger: str, view: View) -> str:
        """Open a window before whoever pressed something, within three seconds of that: its id."""
        opened = await answered(self.web().views_open(trigger_id=trigger, view=self._view(view)))
        return str(opened["view"]["id"])

    async def redraw(self, id: str, view: View) -> None:
        """Show something else in a window that is open."""
        await answered(self.web().views_update(view_id=id, view=self._view(view)))

    async def home(self, user: str, view: View) -> None:
        """What a person sees on the app's own page."""
        await answered(self.web().views_publish(user_id=user, view=self._view(view)))

    async def upload(self, name: str, picture: bytes) -> str:
        """Hand over a picture that no channel shows yet: its id, good in a block a moment later."""
        done = await answered(self.web().files_upload_v2(filename=name, file=picture, title=name))
        return str(done["files"][0]["id"])

    async def forget(self, file: str) -> None:
        """Delete a picture that nothing shows any more, if there is one."""
        if file:
            try:
                await answered(self.web().files_delete(file=file))
            except Failed as problem:
                log.debug("an old chart stays in slack", problem=str(problem))

    async def history(self, channel: str) -> AsyncIterator[Mapping[str, Any]]:
        """A channel's messages, newest first, as far back as is worth looking."""
        async for message in self._pages("conversations_history", channel=channel):
            yield message

    async def thread(self, channel: str, ts: str) -> AsyncIterator[Mapping[str, Any]]:
        """A message's thread, the message itself first."""
        async for message in self._pages("conversations_replies", channel=channel, ts=ts):
            yield message

    def _said(self, text: str) -> str:
        return f"{self._mark}: {text}" if self._mark else text

    def _head(self, blocks: Sequence[Block]) -> list[Block]:
        head: list[Block] = [{"type": "header", "text": plain(self._mark, 150)}]
        return [*(head if self._mark else []), *blocks]

    def _view(self, view: View) -> View:
        """With the mark in the title of a window, which does not scroll away, or above a page."""
        if "title" not in view:
            return view | {"blocks": self._head(view["blocks"])}
        return view | {"title": plain(self._said(view["title"]["text"]), LONGEST_TITLE)}

    async def _pages(self, method: str, **place: str) -> AsyncIterator[Mapping[str, Any]]:
        """Nothing where the app may not look: told twice is better than not told."""
        cursor = None
        for _ in range(_PAGES):
            call = getattr(self.web(), method)
            try:
                page = await answered(
                    call(**place, include_all_metadata=True, limit=_PAGE, cursor=cursor)
                )
            except Failed as problem:
                if problem.code != "missing_scope":
                    raise
                log.warning("slack posts without looking first", problem=str(problem))
                return
            for message in page.get("messages") or []:
                yield message
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
