"""An incident beside competitors and the industry, in the same buckets, from the store."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from alerts.incidents.comparison import Comparison, Other
from alerts.incidents.incident import ALL_MENTIONS, Incident, Kind
from detectors import State
from monitor.configuration import Configuration
from monitor.incidents.counting import Sums, counted
from monitor.panel import Panel


def compare(
    connection: Connection,
    configuration: Configuration,
    panels: Mapping[str, Panel],
    incident: Incident,
    at: datetime,
) -> Comparison | None:
    """Its topic that has most posts too many, beside other brands since then on its platforms.

    A brand that is not asked that topic is compared by all its mentions. None for what is no surge,
    and where no other brand was observed for long enough to know what to expect of it.
    """
    others = {id: brand.name for id, brand in configuration.brands.items() if not brand.ours}
    if incident.kind is Kind.SILENCE or not incident.surges or not others:
        return None
    where = [panels[platform] for platform in incident.platforms if platform in panels]
    topic, since, ours = max(
        (
            (topic, since, _sums(connection, where, incident.brand, topic, since, at))
            for topic, since in _began(incident).items()
        ),
        key=lambda found: found[2].observed - found[2].expected,
    )
    found = []
    for id, name in others.items():
        asked = topic if topic in configuration.topics_of(id) else ALL_MENTIONS
        theirs = _sums(connection, where, id, asked, since, at)
        if theirs.buckets:
            # One post more on either side: at night, a single one is not many times nothing.
            found.append(Other(name, (theirs.observed + 1) / (theirs.expected + 1)))
    if not (found and ours.buckets):
        return None
    factor = ours.observed / ours.expected if ours.expected > 0 else incident.peak_factor
    return Comparison(factor, tuple(sorted(found, key=lambda other: -other.factor)))


def _began(incident: Incident) -> dict[str, datetime]:
    """Its topics, and when each began to surge."""
    return {
        topic: min(one.started_at for one in incident.surges if one.series.topic == topic)
        for topic in incident.topics
    }


def _sums(
    connection: Connection,
    panels: Sequence[Panel],
    brand: str,
    topic: str,
    since: datetime,
    at: datetime,
) -> Sums:
    """A brand's topic on all of these panels that know what to expect of it."""
    known = [(panel, panel.index(brand, topic)) for panel in panels if panel.has(brand, topic)]
    judged = [(panel, i) for panel, i in known if _judges(panel, i)]
    return sum((counted(connection, panel, i, since, at) for panel, i in judged), start=Sums())


def _judges(panel: Panel, i: int) -> bool:
    return panel.latest is not None and panel.latest.verdict.state[i] != State.WARMING_UP
