"""Incidents in a channel of Slack: what is posted there, and what people press."""

import asyncio
from dataclasses import replace
from typing import Any

import structlog

from alerts.briefings.briefing import Briefing
from alerts.duty.notices import Notice
from alerts.incidents.incident import State
from alerts.notifiers import Act, Notification, NotifierError, Places
from alerts.notifiers._slack_answers import Answers
from alerts.notifiers._slack_blocks import blocks, hidden, text
from alerts.notifiers._slack_errors import Failed, answered
from alerts.notifiers._slack_notices import (
    REPLIED,
    notice_blocks,
    notice_text,
    reply_blocks,
    reply_text,
    told_as,
)
from alerts.notifiers._slack_receipts import (
    MESSAGE,
    NEWS,
    NOTICE,
    Told,
    digest,
    metadata,
    payload,
)
from alerts.notifiers._slack_socket import Buttons
from alerts.notifiers._slack_workspace import Workspace
from alerts.plain_text import visible

_TEST = "This is a test of Seawall's notifications to this channel. Nothing has happened."
_PATIENCE_S, _PICTURE_S = 20.0, 8.0
_PROCESSED_AFTER_S = (0.0, 0.5, 1.0, 2.0)
"""Slack looks at a file before it shows it; until then it calls the block with it invalid."""

_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})

log = structlog.get_logger(__name__)


class SlackNotifier:
    """Tells of incidents in one channel, of each in one message and its thread.

    An update in place rings nobody's phone. So what people have to hear of, that it is back, or
    more severe, or calls them now, is a reply that the channel shows, too; other news stand in the
    thread alone. Where an answer was lost, the channel's history says whether a message arrived:
    each has in its metadata what it is about. A message is posted at once and its picture added
    when Slack has taken that; where it does not, the chart in letters stays.
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
        over_http: bool = False,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self.name = name
        self._patience_s = patience_s
        self._channel, self._places, self._app_token = channel, places, app_token
        self._buttons = app_token is not None or over_http
        self._draws = True
        self._workspace = Workspace(token, base_url)

    async def send(self, notification: Notification) -> str:
        """Post the incident's message, or bring it up to date; where it stands, as JSON."""
        try:
            async with asyncio.timeout(self._patience_s):
                told = await self._tell(notification)
        except TimeoutError:
            raise NotifierError("Slack does not answer in time") from None
        if hidden(notification.briefing):
            return (await self._taken_back(told)).to_json()
        return (await self._illustrated(told, notification)).to_json()

    async def notify(
        self, notice: Notice, *, address: str | None, thread: str | None, uncertain: bool
    ) -> str:
        """Post a notice, to a person alone or into the channel; where it stands, as JSON."""
        try:
            async with asyncio.timeout(self._patience_s):
                told = await self._notify(notice, address, Told.of(thread), uncertain)
        except TimeoutError:
            raise NotifierError("Slack does not answer in time") from None
        return told.to_json()

    async def amend(self, notice: Notice, receipt: str) -> str:
        """Put what became of a notice where its buttons were, unless it was deleted."""
        told = Told.of(receipt)
        if told is None:
            return receipt
        try:
            async with asyncio.timeout(self._patience_s):
                await self._workspace.update(told.channel, told.ts, **self._rings(notice))
        except TimeoutError:
            raise NotifierError("Slack does not answer in time") from None
        except Failed as problem:
            if problem.code not in _GONE:
                raise
        return receipt

    async def listen(self, act: Act) -> None:
        """Take what people do until cancelled; returns at once without an app token.

        Commands, windows and the home need an `act` that is a `Desk`.
        """
        if self._app_token is not None:
            taken = self.answers(act).take
            await Buttons(self._app_token, self._workspace.web, taken).listen()

    def answers(self, act: Act) -> Answers:
        """Whoever answers what people do in Slack, however it comes from there."""
        return Answers(self._workspace, act, self._places)

    async def check(self) -> str:
        """As whom it would post, and where. Raises NotifierError."""
        web = self._workspace.web()
        who = await answered(web.auth_test())
        about = await answered(web.conversations_info(channel=self._channel))
        channel = about.get("channel") or {}
        if channel.get("is_archived"):
            raise NotifierError("Slack: the channel is archived; name another one")
        if channel.get("is_member") is False:
            raise NotifierError("Slack: invite the app to the channel: /invite @seawall")
        if self._app_token is not None:
            await answered(web.apps_connections_open(app_token=self._app_token))
        buttons = "with buttons" if self._buttons else "without buttons"
        place = visible(f"#{channel.get('name') or self._channel} of {who.get('team')}")
        return f"Slack: as {visible(str(who.get('user')))} in {place}, {buttons}"

    async def test(self) -> None:
        """Post that this is a test. Raises NotifierError."""
        await self._workspace.post(self._channel, text=_TEST)

    async def close(self) -> None:
        """Nothing is open between calls."""

    async def _tell(self, notification: Notification) -> Told:
        """Bring the incident's message up to date, wherever it is, or post it."""
        told = Told.of(notification.receipt)
        if told and await self._updated(told, notification):
            return await self._replied(told, notification)
        if told or notification.uncertain or notification.receipt:
            found = await self._found(notification.incident)
            known = told is not None and found is not None and told.ts == found.ts
            if found and not known and await self._updated(found, notification):
                return await self._replied(found, notification)
        message = self._message(notification, "")
        channel, ts = await self._workspace.post(self._channel, **message)
        return _told(Told(channel, ts), notification, message)

    async def _updated(self, told: Told, notification: Notification, picture: str = "") -> bool:
        """Bring a message up to date; False where it is gone or is not ours to change."""
        message = self._message(notification, picture or told.picture)
        if told.shows == _shows(message):
            return True
        try:
            await self._workspace.update(told.channel, told.ts, **message)
        except Failed as problem:
            if problem.code in _GONE:
                return False
            if problem.code == "invalid_blocks" and told.picture and not picture:  # it was deleted
                return await self._updated(replace(told, picture=""), notification)
            raise
        return True

    async def _replied(self, told: Told, notification: Notification) -> Told:
        """Say in the message's thread what happened, once; what the message is now."""
        briefing, revision = notification.briefing, notification.revision
        rings = told.rings(briefing)
        now = _told(told, notification, self._message(notification, told.picture))
        told_of = rings or briefing.reason in REPLIED
        if revision <= told.revision or hidden(briefing) or not told_of:
            return now
        async for message in self._workspace.thread(told.channel, told.ts):
            about = payload(message, NEWS)
            said = int(about.get("revision") or 0)
            if said == revision or (rings and about.get("rings") and said > told.revision):
                return now
        news = {"incident": notification.incident, "revision": revision, "rings": bool(rings)}
        reply = told_as(briefing, rings)
        await self._workspace.post(
            told.channel,
            thread_ts=told.ts,
            reply_broadcast=bool(rings),
            text=reply_text(reply),
            blocks=reply_blocks(reply, rings=bool(rings)),
            metadata=metadata(NEWS, news),
        )
        return now

    async def _taken_back(self, told: Told) -> Told:
        """Delete what whoever reads here may not know any more: the thread and the picture."""
        async for message in self._workspace.thread(told.channel, told.ts):
            if payload(message, NEWS) or payload(message, NOTICE):
                await self._workspace.delete(told.channel, str(message["ts"]))
        await self._workspace.forget(told.picture)
        return replace(told, picture="", drawn="")

    async def _illustrated(self, told: Told, notification: Notification) -> Told:
        """Put the chart's picture in the message where there is none of it yet."""
        briefing = notification.briefing
        drawn = digest([briefing.chart.start, briefing.chart.observed])
        if drawn == told.drawn or not briefing.chart.observed or not self._draws:
            return told
        if briefing.state is State.RESOLVED:
            return told
        try:
            async with asyncio.timeout(_PICTURE_S):
                picture = await self._uploaded(briefing)
                await self._shown(told, notification, picture)
        except (NotifierError, TimeoutError) as problem:
            self._draws = getattr(problem, "code", "") != "missing_scope"
            log.warning("slack shows a chart in letters", problem=str(problem) or "no answer")
            return told
        await self._workspace.forget(told.picture)
        message = self._message(notification, picture)
        return replace(told, picture=picture, drawn=drawn, shows=_shows(message))

    async def _uploaded(self, briefing: Briefing) -> str:
        from alerts.briefings.picture import png  # matplotlib takes a second to import

        picture = await asyncio.to_thread(png, briefing)
        return await self._workspace.upload(f"{briefing.incident}.png", picture)

    async def _shown(self, told: Told, notification: Notification, picture: str) -> None:
        for wait in _PROCESSED_AFTER_S:
            await asyncio.sleep(wait)
            try:
                await self._updated(told, notification, picture)
            except Failed as problem:
                if problem.code != "invalid_blocks" or wait == _PROCESSED_AFTER_S[-1]:
                    raise
            else:
                return

    async def _found(self, incident: str) -> Told | None:
        """The newest message about an incident; None where there is none, or we may not look."""
        async for message in self._workspace.history(self._channel):
            if payload(message, MESSAGE).get("incident") == incident:
                return Told.found(self._channel, message)
        return None

    async def _notify(
        self, notice: Notice, address: str | None, thread: Told | None, uncertain: bool
    ) -> Told:
        channel = self._channel
        if address:
            channel, thread = await self._workspace.direct(address), None
        if uncertain:
            where = self._workspace.history(channel)
            if thread:
                where = self._workspace.thread(thread.channel, thread.ts)
            async for message in where:
                if payload(message, NOTICE).get("notice") == notice.id:
                    return Told(channel, str(message["ts"]))
        message = self._rings(notice)
        if thread:
            place = {"thread_ts": thread.ts, "reply_broadcast": True}
            try:
                return Told(*await self._workspace.post(channel, **message, **place))
            except Failed as problem:
                if problem.code != "thread_not_found":  # somebody deleted it
                    raise
        return Told(*await self._workspace.post(channel, **message))

    def _rings(self, notice: Notice) -> dict[str, Any]:
        """A notice, without buttons that nobody would answer."""
        shown = notice if self._buttons else replace(notice, actions=())
        about = metadata(NOTICE, {"notice": notice.id})
        return {"text": notice_text(notice), "blocks": notice_blocks(shown), "metadata": about}

    def _message(self, notification: Notification, picture: str) -> dict[str, Any]:
        briefing = notification.briefing
        about = {
            "incident": notification.incident,
            "revision": notification.revision,
            "state": str(briefing.state),
            "calls": briefing.calls,
            "severity": str(briefing.severity),
        }
        return {
            "text": text(briefing),
            "blocks": blocks(briefing, self._places, buttons=self._buttons, picture=picture),
            "metadata": metadata(MESSAGE, about),
        }


def _told(where: Told, notification: Notification, message: dict[str, Any]) -> Told:
    """What stands there now."""
    briefing = notification.briefing
    return replace(
        where,
        over=briefing.state is State.RESOLVED,
        calls=briefing.calls,
        severity=str(briefing.severity),
        revision=notification.revision,
        shows=_shows(message),
    )


def _shows(message: dict[str, Any]) -> str:
    """Names what people see of a message."""
    return digest([message["text"], message["blocks"]])
