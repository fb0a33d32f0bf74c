"""Asking for some posts of an incident that was found by counts alone, when it opens."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog

from alerts.incidents.incident import Incident, Kind, Reason
from monitor.daemon.feeding import Feed
from monitor.daemon.writer import Writer
from monitor.sources.kinds import Illustrating, SourceError
from monitor.store import StoreError
from monitor.watch import TELL_WITHIN

log = structlog.get_logger("seawall.source")

WORTH_SHOWING = (Reason.OPENED, Reason.REOPENED)


class Illustrator:
    """Brings examples to incidents in the background; an incident without them is told first."""

    def __init__(
        self,
        feeds: Mapping[str, Feed],
        writer: Writer,
        now: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self._feeds, self._writer, self._now, self._wake = feeds, writer, now, wake
        self._under_way: set[asyncio.Task[None]] = set()

    def consider(self, news: Sequence[tuple[Incident, Reason]]) -> None:
        """Begin to fetch examples for incidents that have opened just now."""
        for incident, reason in news:
            recent = self._now() - incident.detected_at <= TELL_WITHIN
            said = incident.kind is Kind.SURGE
            if said and reason in WORTH_SHOWING and recent:
                task = asyncio.create_task(self._illustrate(incident), name=f"show {incident.id}")
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)

    async def stop(self) -> None:
        """End; what is under way is not shown."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _illustrate(self, incident: Incident) -> None:
        for feed in self._feeds.values():
            source = feed.source
            series = [
                surge.series
                for surge in sorted(incident.surges, key=lambda surge: -surge.factor)
                if surge.series.platform in source.platforms
            ]
            if not series or not isinstance(source, Illustrating):
                continue
            try:
                posts = await source.examples(series, incident.started_at, self._now())
                if posts:
                    await self._writer.illustrate(incident.id, posts, self._now())
                    self._wake()
            except (SourceError, StoreError) as error:
                log.warning("no examples", source=source.name, problem=str(error))
