"""The path of the data in one transaction: posts -> samples -> surges -> incidents -> briefings.

Whatever drives it (a replay, the demonstration, a daemon), this is the code that runs. It is the
one writer; a process that dies between two deliveries goes on as if it never had.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import Connection

from alerts.incidents import Incident, Reason
from alerts.posts import Post
from alerts.reach import asks
from detectors import SeriesSetup, detector_kinds
from monitor.clock import SimulatedClock
from monitor.configuration import Configuration
from monitor.incident_book import IncidentBook
from monitor.language import identify
from monitor.panel import LONG_AGO, NEVER, RETURNING_AFTER_S, Panel, moment, pack, unpack
from monitor.sources.delivery import Delivery
from monitor.store import Database, volume
from monitor.topics import Matcher


@dataclass(frozen=True, slots=True)
class Taken:
    """What one delivery changed: new mentions, and what happened to incidents, in order."""

    posts: int
    news: list[tuple[Incident, Reason]]


@dataclass(slots=True)
class Watch:
    """Watches the brands of a configuration in one store. Made by `Watch.start`."""

    configuration: Configuration
    database: Database
    panels: dict[str, Panel]
    notifiers: Sequence[str]
    matcher: Matcher

    @classmethod
    def start(
        cls,
        configuration: Configuration,
        database: Database,
        platforms: Sequence[str],
        notifiers: Sequence[str] = (),
    ) -> Self:
        """Take up where the store stands; samples since the last snapshot are run through again.

        `platforms` are those that the source delivers; the store's others go on as well.
        """
        with database.write() as connection:
            panels = _panels(connection, configuration, platforms)
        return cls(configuration, database, panels, notifiers, Matcher(configuration))

    def take(
        self, delivery: Delivery, *, malformed: int = 0, clock: SimulatedClock | None = None
    ) -> Taken:
        """Store a delivery and judge every bucket it completes: all in one transaction, or nothing.

        Raises StoreError, after which this object must not be used any more: start anew.
        """
        with self.database.write() as connection:
            posts = self._ingest(connection, delivery)
            volume.put_source(
                connection,
                delivery.source,
                cursor=delivery.cursor,
                until=delivery.until,
                malformed=malformed,
            )
            if clock:
                volume.put_clock(connection, clock)
            news = self._tick(connection, delivery.until)
        return Taken(posts, news)

    def _ingest(self, connection: Connection, delivery: Delivery) -> int:
        for one in delivery.observed:
            self.panels[one.platform].observe(one.brand, one.topic, one.since, one.until)
        volume.put_observed(connection, delivery.source, delivery.observed)
        for count in delivery.counts:
            panel = self.panels[count.platform]
            member = panel.index(count.brand, count.topic)
            panel.add_count(count.at.timestamp(), member, count.posts, count.authors)
        posts: list[tuple[int, Post, str, bool]] = []
        mentions: list[tuple[int, int, datetime]] = []
        for key, post in volume.unknown(connection, delivery.posts).items():
            panel = self.panels[post.platform]
            members = self._members(panel, post)
            if not members:
                continue
            panel.add_post(post.created_at.timestamp(), post.author, members)
            lang = post.lang or self._language(post)
            posts.append((key, post, lang, asks(post, lang)))
            mentions.extend((panel.ids[i], key, post.created_at) for i in members)
        volume.add_posts(connection, posts, mentions)
        return len(posts)

    def _members(self, panel: Panel, post: Post) -> list[int]:
        return [
            panel.index(match.brand, topic)
            for match in self.matcher.match(post.text)
            for topic in match.topics
        ]

    def _language(self, post: Post) -> str:
        return identify(post.text, self.configuration.languages)

    def _tick(self, connection: Connection, until: datetime) -> list[tuple[Incident, Reason]]:
        """Close what is due by `until`, all panels in step, and keep incidents up with it."""
        limit = int(until.timestamp())
        book = IncidentBook(connection, self.configuration, self.panels, self.notifiers)
        judged = [panel.closed_until for panel in self.panels.values() if panel.closed_until]
        book.load(moment(min(judged)) if judged else None)
        snapshots = {platform: panel.snapshot for platform, panel in self.panels.items()}
        due = {platform: panel.due(limit) for platform, panel in self.panels.items()}
        while any(bucket is not None for bucket in due.values()):
            now = min(bucket for bucket in due.values() if bucket is not None)
            closed = {p: self.panels[p].judge(now) for p in self.panels if due[p] == now}
            if any(book.wants(one) for one in closed.values()):
                book.judge(moment(now + self.panels[next(iter(closed))].width), closed)
            due.update({platform: self.panels[platform].due(limit) for platform in closed})
        book.settle(until)
        book.save()
        for platform, panel in self.panels.items():
            volume.put_samples(connection, panel.take_changes())
            self._save_panel(connection, panel, panel.snapshot is not snapshots[platform])
        return book.news

    @staticmethod
    def _save_panel(connection: Connection, panel: Panel, new_snapshot: bool) -> None:
        if panel.closed_until is None:
            return
        closed_until = moment(panel.closed_until)
        if new_snapshot and panel.snapshot is not None:
            at, state = panel.snapshot
            row = volume.PanelRow(
                panel.platform, closed_until, panel.version, moment(at), pack(state)
            )
            volume.put_panel(connection, row)
        else:
            volume.close_panel(connection, panel.platform, closed_until)


def _panels(
    connection: Connection, configuration: Configuration, platforms: Sequence[str]
) -> dict[str, Panel]:
    rows = {row.platform: row for row in volume.panels(connection)}
    for platform in platforms:
        if platform not in rows:
            rows[platform] = volume.PanelRow(platform)
            volume.put_panel(connection, rows[platform])
    everywhere = sorted(rows)
    return {
        platform: _panel(connection, configuration, everywhere, rows[platform])
        for platform in everywhere
    }


def _panel(
    connection: Connection,
    configuration: Configuration,
    platforms: Sequence[str],
    row: volume.PanelRow,
) -> Panel:
    """A platform's panel as it was when its last transaction was committed."""
    series = configuration.series([row.platform])
    registered = volume.register_series(
        connection,
        [(s.brand, s.topic, s.platform, configuration.version(s.brand, s.topic)) for s in series],
        row.closed_until,
    )
    setups = [
        SeriesSetup(str(s), configuration.zone, configuration.budget(s, platforms)) for s in series
    ]
    width = int(configuration.bucket.total_seconds())
    kind = detector_kinds()[configuration.detector.kind]
    panel = Panel(
        platform=row.platform,
        series=series,
        ids=[id for id, _ in registered],
        since=[int(since.timestamp()) if since else -NEVER for _, since in registered],
        detector=kind.build(configuration.detector.options, setups, width),
        width=width,
    )
    for brand, topic, since, until in volume.observed_intervals(connection, row.platform):
        panel.observe(brand, topic or None, since, until)
    if row.closed_until is not None:
        _rerun(connection, panel, row, row.closed_until)
    panel.continue_open(volume.open_samples(connection, panel.ids))
    horizon = (row.closed_until or LONG_AGO) - timedelta(seconds=RETURNING_AFTER_S)
    for id, author, at in volume.authors_seen(connection, panel.ids, horizon):
        panel.remember_author(id, author, at.timestamp())
    return panel


def _rerun(
    connection: Connection, panel: Panel, row: volume.PanelRow, closed_until: datetime
) -> None:
    """Bring the detector to where it was: from its snapshot where that fits, else from samples."""
    since = None
    if row.snapshot and row.snapshot_at and row.version == panel.version:
        panel.detector.restore(unpack(row.snapshot))
        since = row.snapshot_at
    panel.rerun(
        volume.samples(connection, panel.ids, since, closed_until),
        int(since.timestamp()) if since else None,
        int(closed_until.timestamp()),
    )
