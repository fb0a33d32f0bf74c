"""The path of the data in one transaction: posts -> samples -> surges -> incidents -> briefings.

Whatever drives it (a replay, the demonstration, a daemon), this is the code that runs. It is the
one writer; a process that dies between two deliveries goes on as if it never had.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

import numpy as np
from sqlalchemy import Connection

from alerts.incidents.incident import Incident, Reason
from alerts.incidents.reach import asks
from alerts.posts import Post
from detectors import Detector, Series, SeriesSetup, detector_kinds
from monitor.clock import SimulatedClock
from monitor.configuration import Configuration
from monitor.incidents import feedback, opening
from monitor.incidents.incident_book import IncidentBook
from monitor.language import identify
from monitor.panel import LONG_AGO, NEVER, RETURNING_AFTER_S, Panel, moment, pack, unpack
from monitor.service import Reading
from monitor.sources.delivery import Delivery
from monitor.store import Database, retention, volume
from monitor.topics import InOurName, Matcher
from monitor.tripwires import Wires
from monitor.words import in_our_name

TELL_WITHIN = timedelta(hours=1)
"""Live, news older than this is told only if it still goes on: nobody is woken for last week."""

Mention = tuple[int, Post, list[int]]
"""A new post on a brand: its key, and its series' places in the panel."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one delivery changed: new mentions, surges that opened, news of incidents, in order."""

    posts: int
    surges: list[Series]
    news: list[tuple[Incident, Reason]]


@dataclass(slots=True)
class Watch:
    """Watches the brands of a configuration in one store. Made by `Watch.start`."""

    configuration: Configuration
    database: Database
    panels: dict[str, Panel]
    notifiers: Sequence[str]
    matcher: Matcher
    wires: Wires
    verdicts: datetime | None = None
    """When the newest verdict was given that the panels know of."""

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
            verdicts = feedback.stamp(connection)
        matcher, wires = Matcher(configuration), Wires(configuration)
        return cls(configuration, database, panels, notifiers, matcher, wires, verdicts)

    def take(
        self,
        delivery: Delivery,
        *,
        malformed: int | None = None,
        clock: SimulatedClock | None = None,
        now: datetime | None = None,
    ) -> Taken:
        """Store a delivery and judge every bucket it completes: all in one transaction, or nothing.

        `malformed` is how many rows of the source could not be used, where it counts them itself.
        With `now`, people are told of what is recent, and of what began long before that only if it
        still goes on when the sources have caught up. Raises StoreError, after which this object
        must not be used any more: start anew.
        """
        with self.database.write() as connection:
            self._follow_verdicts(connection)
            came = self.matcher.in_our_name((*delivery.posts, *delivery.own))
            own = in_our_name.unseen(connection, came)
            posts = self._ingest(connection, delivery)
            news = self._tripped(connection, posts, now)
            if malformed is None:
                malformed = volume.malformed_of(connection, delivery.source) + delivery.malformed
            volume.put_source(
                connection,
                delivery.source,
                cursor=delivery.cursor,
                until=delivery.until,
                malformed=malformed,
            )
            if clock:
                volume.put_clock(connection, clock)
            book = self._book(connection, now)
            self._tick(connection, book, delivery, own, now)
            self._forget(connection, book, delivery, now)
            book.save()
        return Taken(len(posts), book.surges, [*news, *book.news])

    def illustrate(self, id: str, posts: Sequence[Post], now: datetime) -> None:
        """Add posts that are shown, not counted, to an incident. Raises StoreError."""
        with self.database.write() as connection:
            ours = in_our_name.unseen(connection, self.matcher.in_our_name(posts))
            known = volume.unknown(connection, posts)
            shown = [
                (key, post, members)
                for key, post in known.items()
                if (members := self._members(self.panels[post.platform], post))
            ]
            self._store(connection, shown)
            self._tripped(connection, shown, now)
            book = self._book(connection, now)
            self._look(connection, book, ours, None, now)
            book.load(now)
            book.revise(id, Reason.ILLUSTRATED)
            book.save()

    def readings(self) -> list[Reading]:
        """The bucket judged last of every platform."""
        return [
            Reading(
                panel.platform,
                closed.end,
                panel.series,
                closed.posts,
                closed.verdict.expected,
                panel.detector.upper(),
                closed.verdict.state.astype(np.int64),
                closed.verdict.doubt,
                closed.verdict.silence.silent,
            )
            for panel in self.panels.values()
            if (closed := panel.latest)
        ]

    def _follow_verdicts(self, connection: Connection) -> None:
        """Take the panels up anew where people have found since what is normal, or false."""
        newest = feedback.stamp(connection)
        if newest != self.verdicts:
            self.panels = _panels(connection, self.configuration, [])
            self.verdicts = newest

    def _book(self, connection: Connection, now: datetime | None) -> IncidentBook:
        told_since = now - TELL_WITHIN if now else None
        return IncidentBook(connection, self.configuration, self.panels, self.notifiers, told_since)

    def _ingest(self, connection: Connection, delivery: Delivery) -> list[Mention]:
        self._observe(connection, delivery)
        for count in delivery.counts:
            panel = self.panels[count.platform]
            member = panel.index(count.brand, count.topic)
            panel.add_count(count.at.timestamp(), member, count.posts, count.authors)
        posts: list[Mention] = []
        for key, post in volume.unknown(connection, delivery.posts).items():
            panel = self.panels[post.platform]
            members = self._members(panel, post)
            if members:
                panel.add_post(post.created_at.timestamp(), post.author, members)
                posts.append((key, post, members))
        self._store(connection, posts)
        return posts

    def _tripped(
        self, connection: Connection, posts: Sequence[Mention], now: datetime | None
    ) -> list[tuple[Incident, Reason]]:
        """What becomes news because new mentions have a word about safety."""
        named = [
            (brand, post)
            for _, post, members in posts
            for brand in dict.fromkeys(self.panels[post.platform].series[i].brand for i in members)
        ]
        found = self.wires.look(named)
        told = self.notifiers
        about = connection, self.configuration, found, self.panels
        return opening.tripped(*about, notifiers=told, now=now)

    def _observe(self, connection: Connection, delivery: Delivery) -> None:
        """Note what was observed, apart from that what a panel has judged without it already."""
        in_time, late = [], []
        for one in delivery.observed:
            panel = self.panels[one.platform]
            judged = moment(panel.closed_until) if panel.closed_until else one.since
            before = replace(one, until=min(one.until, judged))
            if one.since < judged and not panel.knows(before):
                late.append(before)
            if one.until > judged:
                in_time.append(replace(one, since=max(one.since, judged)))
        for intervals, is_late in ((in_time, False), (late, True)):
            for one in intervals:
                panel = self.panels[one.platform]
                panel.observe(one.brand, one.topic, one.since, one.until, late=is_late)
            volume.put_observed(connection, delivery.source, intervals, late=is_late)

    def _store(self, connection: Connection, posts: Sequence[Mention]) -> None:
        rows: list[tuple[int, Post, str, bool]] = []
        mentions: list[tuple[int, int, datetime]] = []
        for key, post, members in posts:
            lang = post.lang or identify(post.text, self.configuration.languages)
            rows.append((key, post, lang, asks(post, lang)))
            ids = self.panels[post.platform].ids
            mentions.extend((ids[i], key, post.created_at) for i in members)
        volume.add_posts(connection, rows, mentions)

    def _members(self, panel: Panel, post: Post) -> list[int]:
        return [
            panel.index(match.brand, topic)
            for match in self.matcher.mentions(post)
            for topic in match.topics
        ]

    def _forget(
        self, connection: Connection, book: IncidentBook, delivery: Delivery, now: datetime | None
    ) -> None:
        """Forget what was taken back, and note what of it nobody had approved."""
        ours = in_our_name.among(connection, delivery.deleted)
        changed = retention.forget(connection, delivery.deleted)
        if ours:
            at = now or delivery.until
            book.save()
            in_our_name.gone(connection, self.configuration, ours, at)
            book.load(at)
        for id in sorted(changed):
            book.revise(id, Reason.REVISED)

    def _look(
        self,
        connection: Connection,
        book: IncidentBook,
        own: list[InOurName],
        until: datetime | None,
        now: datetime | None,
    ) -> None:
        """Look at posts in our name from before then, as incidents stand; they are taken out."""
        due = [one for one in own if until is None or one.post.created_at < until]
        del own[: len(due)]
        if due:
            book.save()
            book.news += in_our_name.look(
                connection, self.configuration, due, self.panels, self.notifiers, now
            )
            book.load(due[-1].post.created_at)

    def _tick(
        self,
        connection: Connection,
        book: IncidentBook,
        delivery: Delivery,
        own: list[InOurName],
        at: datetime | None,
    ) -> None:
        """Close what is due, the delivery's platforms in step, and keep incidents up with it.

        So are posts in our name looked at, each as incidents stood when it was written.
        """
        limit = int(delivery.until.timestamp())
        panels = {p: self.panels[p] for p in delivery.platforms or self.panels}
        snapshots = {platform: panel.snapshot for platform, panel in panels.items()}
        judged = {platform: panel.closed_until for platform, panel in panels.items()}
        due = {platform: panel.due(limit) for platform, panel in panels.items()}
        moved = any(due[p] is not None or panels[p].closed_until != judged[p] for p in panels)
        if moved or delivery.deleted:  # most deliveries complete no bucket, and change no incident
            known = [until for until in judged.values() if until]
            book.load(moment(min(known)) if known else None)
        while any(bucket is not None for bucket in due.values()):
            now = min(bucket for bucket in due.values() if bucket is not None)
            end = moment(now) + self.configuration.bucket
            self._look(connection, book, own, end, at)
            closed = {p: panels[p].judge(now) for p in panels if due[p] == now}
            if any(book.wants(one) for one in closed.values()):
                book.judge(end, closed)
            due.update({platform: panels[platform].due(limit) for platform in closed})
        self._look(connection, book, own, None, at)
        book.settle(delivery.until)
        book.catch_up()
        for platform, panel in panels.items():
            volume.put_samples(connection, panel.take_changes())
            self._save_panel(connection, panel, panel.snapshot is not snapshots[platform])

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


def setups(
    configuration: Configuration, series: Sequence[Series], platforms: Sequence[str]
) -> list[SeriesSetup]:
    """What a detector has to know of these series, in a store that has these `platforms`."""
    return [configuration.setup(one, platforms) for one in series]


def detector(configuration: Configuration, setups: Sequence[SeriesSetup]) -> Detector:
    """The configuration's detector, of the series that are set up so."""
    kind = detector_kinds()[configuration.detector.kind]
    width = int(configuration.bucket.total_seconds())
    made: Detector = kind.build(configuration.detector.options, setups, width)
    return made


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
    width = int(configuration.bucket.total_seconds())
    series = configuration.series([row.platform])
    registered = volume.register_series(
        connection,
        [(s.brand, s.topic, s.platform, configuration.version(s.brand, s.topic)) for s in series],
        row.closed_until,
    )
    panel = Panel(
        platform=row.platform,
        series=series,
        ids=[id for id, _ in registered],
        since=[int(since.timestamp()) if since else -NEVER for _, since in registered],
        detector=detector(
            configuration,
            feedback.setups(connection, setups(configuration, series, platforms)),
        ),
        width=width,
        accepted=feedback.accepted(connection, series, width),
    )
    as_seen = row.version in (None, panel.version)
    for brand, topic, since, until, late in volume.observed_intervals(connection, row.platform):
        panel.observe(brand, topic or None, since, until, late=late and as_seen)
    if row.closed_until is not None:
        _rerun(connection, panel, row, row.closed_until, as_seen=as_seen)
    panel.continue_open(volume.open_samples(connection, panel.ids))
    horizon = (row.closed_until or LONG_AGO) - timedelta(seconds=RETURNING_AFTER_S)
    for id, author, at in volume.authors_seen(connection, panel.ids, horizon):
        panel.remember_author(id, author, at.timestamp())
    return panel


def _rerun(
    connection: Connection,
    panel: Panel,
    row: volume.PanelRow,
    closed_until: datetime,
    *,
    as_seen: bool,
) -> None:
    """Bring the detector to where it was: from its snapshot where that fits, else from samples."""
    since = None
    if as_seen and row.snapshot and row.snapshot_at:
        panel.detector.restore(unpack(row.snapshot))
        since = row.snapshot_at
    panel.rerun(
        volume.samples(connection, panel.ids, since, closed_until),
        int(since.timestamp()) if since else None,
        int(closed_until.timestamp()),
        as_seen=as_seen,
    )
