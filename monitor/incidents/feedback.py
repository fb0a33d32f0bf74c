"""Feedback: what people found incidents to be changes what is expected, and what would be told.

A verdict is stored with its incident; what follows from it is read again whenever the series are
taken up, so that a restart, a replay of the store and a running daemon come to the same.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import Connection, func, select, true

from alerts import wording
from alerts.briefings.news import VERDICTS
from alerts.incidents import verdicts
from alerts.incidents.incident import ALL_MENTIONS, Incident, LiveSurge, Verdict
from detectors import PlannedEvent, Series, SeriesSetup
from monitor.configuration import Configuration
from monitor.panel import Acceptance
from monitor.store import situations
from monitor.store.schema import incident as incidents
from monitor.store.schema import panel
from monitor.store.schema import surge as surges
from monitor.store.work import adjustment
from monitor.store.writing import upsert

EXPECTED_FOR = timedelta(days=1)
"""What is expected passes: for so long that much is, and then no more."""
LOOK_BACK = timedelta(days=30)
LEAST_FACTOR = 1.1
"""A surge that brings no more than this has nothing to say of what is normal."""

Topic = tuple[str, str]
"""A brand and a topic."""


def stamp(connection: Connection) -> datetime | None:
    """Changes with every verdict: what was taken up before another one has to be taken up anew."""
    found: datetime | None = connection.scalar(select(func.max(incidents.c.verdict_at)))
    return found


def learn(connection: Connection, incident: Incident, at: datetime) -> None:
    """Store what a verdict that was just given makes of the surges that go on."""
    if incident.verdict not in (Verdict.EXPECTED, Verdict.NEW_NORMAL):
        return
    judged = connection.scalar(select(func.max(panel.c.closed_until)))
    since = max(at, judged or at)
    passes = incident.verdict is Verdict.EXPECTED
    upsert(
        connection,
        adjustment,
        [
            {
                "series": str(series),
                "since": since,
                "until": since + EXPECTED_FOR if passes else None,
                "factor": factor,
                "incident": incident.id,
            }
            for series, factor in _levels(connection, incident).items()
        ],
    )


def setups(
    connection: Connection, found: Sequence[SeriesSetup], at: datetime | None = None
) -> list[SeriesSetup]:
    """The same series as they are to be watched, with what people said of their topics until `at`.

    None: to this day.
    """
    strict, events = _strictness(connection, at), defaultdict[str, list[PlannedEvent]](list)
    passing = select(adjustment).where(adjustment.c.until.is_not(None))
    for row in connection.execute(passing.order_by(adjustment.c.since)):
        begin, end = ceil(row.since.timestamp()), ceil(row.until.timestamp())
        events[row.series].append(PlannedEvent(begin, end, row.factor))
    return [
        replace(
            one,
            budget=one.budget * strict.get(_topic(Series.parse(one.name)), 1.0),
            events=(*one.events, *events[one.name]) if one.name in events else one.events,
        )
        for one in found
    ]


def accepted(connection: Connection, series: Sequence[Series], width: int) -> list[Acceptance]:
    """What a panel of these series, with buckets of `width` seconds, has to take for normal.

    What passes is an event of the series' own; there it only ends what is going on.
    """
    position = {str(one): i for i, one in enumerate(series)}
    rows = connection.execute(
        select(adjustment).where(adjustment.c.series.in_(position)).order_by(adjustment.c.since)
    )
    return [
        Acceptance(
            position[row.series],
            ceil(row.since.timestamp() / width) * width,
            1.0 if row.until else row.factor,
        )
        for row in rows
    ]


def answer(connection: Connection, configuration: Configuration, incident: Incident) -> str:
    """What a verdict changes from now on, and would have changed in the last 30 days."""
    verdict, at = incident.verdict, incident.verdict_at
    if verdict is None or at is None:
        return f"{incident.id} has no verdict"
    noted = f"Noted: {VERDICTS[verdict]}."
    if verdict in (Verdict.HOAX, Verdict.NOT_OURS):
        return f"{noted} Nothing is learned from it."
    if verdict in (Verdict.EXPECTED, Verdict.NEW_NORMAL):
        return f"{noted} {_of_level(connection, incident, at)}"
    return f"{noted} {_of_strictness(connection, configuration, incident, at)}"


def _of_level(connection: Connection, incident: Incident, at: datetime) -> str:
    normal = _levels(connection, incident)
    if not normal:
        return "It is over, so nothing changes in what is expected."
    most = wording.times(max(normal.values()))
    begins = "From now on" if incident.verdict is Verdict.NEW_NORMAL else "For a day"
    would = verdicts.spared(
        _judged(connection, incident.brand, at),
        lambda surge: surge.peak_factor <= normal.get(surge.series, 0.0),
    )
    return f"{begins} {most} as much is expected. Over the last 30 days {would.words()}."


def _of_strictness(
    connection: Connection, configuration: Configuration, incident: Incident, at: datetime
) -> str:
    strict = _strictness(connection)
    ours = {_topic(one.series): strict.get(_topic(one.series), 1.0) for one in incident.surges}
    if not ours:
        return "No surge opened it, so nothing changes in what is told."
    least = min(ours.values())
    if least >= 1.0:
        return "Nothing changes: its topics are told of on the same evidence as before."
    platforms = connection.scalars(select(panel.c.platform)).all()

    def unseen(surge: LiveSurge) -> bool:
        part = ours.get(_topic(surge.series))
        if part is None or part >= 1.0 or not _configured(configuration, surge.series):
            return False
        needed = (
            LOOK_BACK / timedelta(days=1) / (configuration.budget(surge.series, platforms) * part)
        )
        return surge.evidence < min(needed, verdicts.CERTAIN_DAYS)

    would = verdicts.spared(_judged(connection, incident.brand, at), unseen)
    limit = ", which is the most" if least <= verdicts.STRICTEST else ""
    return (
        f"Its topics now need {1 / least:g} times the evidence{limit}. "
        f"Over the last 30 days {would.words()}."
    )


def _strictness(connection: Connection, at: datetime | None = None) -> dict[Topic, float]:
    """The part of its budget that each topic with a verdict has by then; None: now."""
    given = incidents.c.verdict_at <= at if at else true()
    rows = connection.execute(
        select(surges.c.series, incidents.c.id, incidents.c.verdict)
        .join(incidents, incidents.c.id == surges.c.incident)
        .where(incidents.c.verdict.in_([Verdict.REAL, Verdict.FALSE_ALARM]), given)
        .order_by(incidents.c.verdict_at.desc(), incidents.c.id)
    )
    found = defaultdict[Topic, dict[str, Verdict]](dict)
    topics = defaultdict[str, set[Topic]](set)
    words: dict[str, Verdict] = {}
    for name, id, verdict in rows:
        topics[id].add(_topic(Series.parse(name)))
        words[id] = Verdict(verdict)
    for id, verdict in words.items():
        named = {one for one in topics[id] if one[1] != ALL_MENTIONS} or topics[id]
        for topic in named:
            found[topic][id] = verdict
    return {topic: verdicts.strictness([*given.values()]) for topic, given in found.items()}


def _judged(connection: Connection, brand: str, at: datetime) -> list[Incident]:
    """The incidents of a brand of the last 30 days that have a verdict."""
    return [
        one
        for one in situations.incidents(connection)
        if one.brand == brand and one.verdict and one.detected_at > at - LOOK_BACK
    ]


def _levels(connection: Connection, incident: Incident) -> dict[Series, float]:
    """How many times the expected number the surges that go on have brought, by what was told."""
    told = situations.latest_briefing(connection, incident.id)
    factors = {(line.topic, line.platform): line.factor for line in told.topics}
    levels = {
        one.series: factors.get((one.series.topic, one.series.platform), one.factor)
        for one in incident.surges
        if one.ended_at is None
    }
    return {series: factor for series, factor in levels.items() if factor >= LEAST_FACTOR}


def _topic(series: Series) -> Topic:
    return series.brand, series.topic


def _configured(configuration: Configuration, series: Series) -> bool:
    return series.brand in configuration.brands and (
        series.topic in configuration.topics_of(series.brand)
    )
