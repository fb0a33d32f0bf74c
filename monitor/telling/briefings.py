"""What a briefing is made of: an incident's posts, samples and expectation, from the store.

What it is made of is stored with it, so that every revision can be made again, exactly: see
`rebuilt`. Posts are not stored twice, and what their authors take back is in no briefing any more.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts import wording
from alerts.briefings import briefing, composing
from alerts.briefings.briefing import Briefing, Cost, Desk, Elsewhere, Unseen
from alerts.briefings.composing import Basis, Count, Gist
from alerts.incidents.following import OF_LATE
from alerts.incidents.incident import ALL_MENTIONS, DAEMON, PAGING, Incident, Kind, Reason
from alerts.incidents.milestones import Event
from alerts.incidents.reach import Reach
from alerts.posts import Post
from detectors import Series, State
from monitor.calendar import under_way
from monitor.configuration import Configuration
from monitor.incidents import comparing, counting, weighing
from monitor.panel import Panel, moment
from monitor.reporting import breaches, clock
from monitor.staffing import roster
from monitor.store import bases, guarded, newest, sightings, situations, spending, volume
from monitor.telling import charting, discretion
from monitor.telling.loose_ends import loose_ends

EXAMPLES_FROM = 400
"""About so many of an incident's posts are read, for examples, terms and places."""

USUAL = 200
"""So many posts from before it show what is usual."""

LATE = timedelta(minutes=15)
"""A platform of which nothing is known for longer is late."""


def compose(
    connection: Connection,
    configuration: Configuration,
    panels: Mapping[str, Panel],
    incident: Incident,
    reason: Reason,
    at: datetime,
) -> Briefing:
    """The briefing of an incident as of `at`, from what happened before then.

    It is made of what it stores, and so is whatever `rebuilt` makes of that.
    """
    spent = bases.spent_ever(connection)
    content = _basis(connection, configuration, panels, incident, reason, at, spent).to_json()
    bases.put(connection, content, incident.id, incident.revision, spent or 0)
    return _composed(connection, Basis.from_json(content))


def peaked(incident: Incident, told: Briefing) -> Incident:
    """The incident with the highest factor that was ever told: one number, wherever it is told."""
    return replace(incident, peak_factor=max(incident.peak_factor, told.peak_factor))


def rebuilt(connection: Connection, incident_id: str, revision: int) -> Briefing:
    """A stored revision made anew: from what was known then, and the posts that there still are.

    Where a person's step made it, it is the last one that was composed, with what people changed
    in it since. Raises KeyError where there is no such revision, or none was composed before it.
    """
    basis = bases.newest(connection, incident_id, revision)
    if basis is None:
        raise KeyError(f"{incident_id}, revision {revision}")
    composed = bases.shown(connection, incident_id, basis.incident.revision)
    stored = bases.shown(connection, incident_id, revision)
    by_people = {
        one.name: getattr(stored, one.name)
        for one in fields(Briefing)
        if getattr(stored, one.name) != getattr(composed, one.name)
    }
    people = {"by": stored.by, "note": stored.note}
    return replace(_composed(connection, basis), **people | by_people)


def _composed(connection: Connection, basis: Basis) -> Briefing:
    return composing.compose(basis, bases.posts(connection, basis.gist.examples))


def _basis(
    connection: Connection,
    configuration: Configuration,
    panels: Mapping[str, Panel],
    incident: Incident,
    reason: Reason,
    at: datetime,
    spent: int | None,
) -> Basis:
    series = sorted({surge.series for surge in incident.surges})
    frames = {
        platform: charting.frame(panels[platform], incident.started_at, at)
        for platform in incident.platforms
    }
    silent = incident.kind is Kind.SILENCE
    safety = incident.kind is Kind.SAFETY
    gist = _gist(connection, configuration, incident, at)
    in_order = sorted(incident.surges, key=lambda one: (one.detected_at, str(one.series)))
    return Basis(
        incident=replace(incident, surges=tuple(in_order)),
        reason=reason,
        at=at,
        desk=_desk(configuration, incident, at),
        gist=gist,
        charts=tuple(
            (s, charting.chart(connection, panels[s.platform], s, frames[s.platform]))
            for s in series
        ),
        elsewhere=_elsewhere(configuration, panels, incident) if silent else None,
        comparison=comparing.compare(connection, configuration, panels, incident, at),
        hour=weighing.hour(configuration, at),
        safety_words=bases.safety_words(connection, incident.id) if safety else {},
        unseen=_unseen(connection, panels, at),
        cost=None if spent is None else _cost(connection, incident, at, spent),
        late=clock.late(connection, configuration, incident, Event(reason, at, DAEMON)),
        told=_told(connection, incident),
        loose_ends=loose_ends(
            connection, incident.id, gist.reach.languages, configuration.timezone, at
        ),
        breach=breaches.known(connection, configuration, incident),
        counts=tuple((s, _count(connection, panels[s.platform], incident, s, at)) for s in series),
    )


def _count(
    connection: Connection, panel: Panel, incident: Incident, series: Series, at: datetime
) -> Count:
    """What is told of a series."""
    i, began = panel.index(series.brand, series.topic), composing.counted_since(incident, series)
    whole = counting.counted(connection, panel, i, began, at)
    late = counting.counted(connection, panel, i, max(began, at - OF_LATE), at)
    return Count(whole.observed, whole.expected, late.observed, late.expected)


def _told(connection: Connection, incident: Incident) -> tuple[tuple[str, str], ...]:
    """The topics and platforms that were told of before."""
    if incident.revision <= 1:
        return ()
    before = situations.latest_briefing(connection, incident.id)
    return tuple((line.topic, line.platform) for line in before.topics)


def _gist(
    connection: Connection, configuration: Configuration, incident: Incident, at: datetime
) -> Gist:
    """What its posts say: of a surge those on its topics, else those that opened it.

    Words of what is restricted are in no other incident's briefing.
    """

    def readable(posts: list[Post]) -> list[Post]:
        topics = discretion.hidden(configuration)
        return posts if incident.restricted else guarded.without(connection, posts, topics)

    if incident.kind in PAGING:
        posts = bases.sighted(connection, incident.id, EXAMPLES_FROM)
        return Gist.of(Reach.of(posts), readable(posts))
    if incident.kind is Kind.SILENCE or not incident.surges:
        return Gist.of(Reach.of([]), [])
    since, series = incident.started_at, sorted({surge.series for surge in incident.surges})
    topics = sorted({surge.series for surge in incident.own})
    reach = volume.reach(connection, topics, since, at)
    share = max(1, reach.posts // EXAMPLES_FROM)
    posts = readable(volume.some_posts(connection, topics, since, at, share))
    return Gist.of(reach, posts, newest.posts(connection, series, None, since, USUAL))


def _unseen(
    connection: Connection, panels: Mapping[str, Panel], at: datetime
) -> tuple[Unseen, ...]:
    """Sources that are blind, and platforms that are late."""
    blind = sightings.blind_since(connection)
    late = {
        platform: moment(panel.closed_until)
        for platform, panel in panels.items()
        if panel.closed_until is not None and at - moment(panel.closed_until) > LATE
    }
    found = {name: Unseen(name, since, False) for name, since in late.items()}
    found |= {name: Unseen(name, since, True) for name, since in blind.items()}
    return tuple(found[name] for name in sorted(found))


def _cost(connection: Connection, incident: Incident, at: datetime, spent: int) -> Cost:
    before = bases.spent_before(connection, incident.id)
    return Cost(
        month=spending.of_month(connection, at) / 1e6,
        incident=(spent - (spent if before is None else before)) / 1e6,
    )


def _foreseen(configuration: Configuration, incident: Incident, at: datetime) -> tuple[str, ...]:
    """The known events that its series have had while it lasted, in words."""
    events = [
        event
        for surge in incident.surges
        for event in configuration.events(surge.series.brand, surge.series.topic)
    ]
    return tuple(dict.fromkeys(map(str, under_way(events, incident.started_at, at))))


def _elsewhere(
    configuration: Configuration, panels: Mapping[str, Panel], incident: Incident
) -> Elsewhere:
    """What else is silent, and what is not, of all that was observed and can be judged."""
    surges = [surge.series for surge in incident.surges]
    ours = {(one.brand, one.platform) for one in surges if one.topic == ALL_MENTIONS}
    silent: dict[tuple[str, str], bool] = {}
    for platform, panel in panels.items():
        if panel.latest is None:
            continue
        verdict = panel.latest.verdict
        for brand in configuration.brands:
            i = panel.index(brand, ALL_MENTIONS)
            if verdict.state[i] in (State.QUIET, State.SURGING):
                silent[brand, platform] = bool(verdict.silence.silent[i])
    silent |= dict.fromkeys(ours, True)
    [here] = incident.platforms

    def named(wanted: bool) -> tuple[str, ...]:
        return tuple(
            f"{configuration.brands[brand].name} on {wording.platform(platform)}"
            for (brand, platform), found in silent.items()
            if found is wanted and (brand, platform) != (incident.brand, here)
        )

    all_here = [found for (_, platform), found in silent.items() if platform == here]
    return Elsewhere(len(all_here) > 1 and all(all_here), named(True), named(False))


def restated(
    connection: Connection,
    configuration: Configuration | None,
    before: Briefing,
    incident: Incident,
    reason: Reason,
    at: datetime,
    by: str = "",
    note: str = "",
) -> Briefing:
    """The same briefing after a person's step, or a new normal: the numbers stay as they were.

    So do, without the configuration, the hours of the desk, what is too late, and of a data breach.
    """
    if configuration is not None and incident.brand in configuration.brands:
        is_open, next_opening = _opening(configuration, incident.brand, at)
        before = replace(
            before,
            outside_service_hours=None if is_open is None else not is_open,
            next_opening=None if is_open else next_opening,
            late=clock.late(connection, configuration, incident, Event(reason, at, by or DAEMON)),
            breach=breaches.known(connection, configuration, incident),
        )
    return replace(
        before,
        factor=incident.factor if reason is Reason.RENEWED else before.factor,
        trend=None if reason is Reason.RENEWED else before.trend,
        revision=incident.revision,
        reason=reason,
        at=at,
        by=by,
        note=note,
        joined=(),
        loose_ends=loose_ends(connection, incident.id, before.languages, before.timezone, at),
        **{name: getattr(incident, name) for name in briefing.OF_PEOPLE},
    )


def _desk(configuration: Configuration, incident: Incident, at: datetime) -> Desk:
    """What briefings say of a brand and of the people who read them."""
    topics = {surge.series.topic for surge in incident.surges}
    known = {id: topic for id, topic in configuration.topics.items() if id in topics}
    brand = configuration.brands[incident.brand]
    is_open, next_opening = _opening(configuration, incident.brand, at)
    return Desk(
        brand_name=brand.name,
        timezone=configuration.timezone,
        languages=tuple(configuration.languages),
        topic_names={"all": "all mentions"} | {id: topic.name for id, topic in known.items()},
        situations={id: topic.situation for id, topic in known.items()},
        facts=brand.facts,
        foreseen=_foreseen(configuration, incident, at),
        is_open=is_open,
        next_opening=next_opening,
    )


def _opening(
    configuration: Configuration, brand: str, at: datetime
) -> tuple[bool | None, datetime | None]:
    """Whether the team on duty is at its desks, and when it is next; None where it has no hours."""
    team = roster.on_duty(configuration, brand)
    if team is not None:
        on_duty = configuration.rosters[team]
        return on_duty.is_open(at), on_duty.next_opening(at)
    hours, zone = configuration.service_hours, configuration.zone
    if hours is None:
        return None, None
    return hours.is_open(at, zone), hours.next_opening(at, zone)
