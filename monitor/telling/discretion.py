"""Restricted incidents: who may see them, what everybody else sees, and who looked.

Whatever shows an incident asks `may_see` and shows `neutral` where the answer is no; where it is
yes, it notes with `saw` who looked.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from alerts.briefings.briefing import Briefing
from alerts.briefings.charts import Chart
from alerts.incidents.incident import Kind, Reason, Severity, State
from monitor.configuration import Configuration
from monitor.store import notices, views
from monitor.store.views import View

_REASONS = {
    State.OPEN: Reason.OPENED,
    State.ACKNOWLEDGED: Reason.ACKNOWLEDGED,
    State.MITIGATED: Reason.MITIGATED,
    State.RESOLVED: Reason.RESOLVED,
}
_SOMEBODY = "somebody"


def told(briefing: Briefing, configuration: Configuration, notifier: str) -> Briefing:
    """A briefing as a notifier shows it: a restricted one is whole in its own channel only.

    Elsewhere it replaces what was told before it was restricted, as the revision that it is.
    """
    rule = configuration.restricted
    if not briefing.restricted or (rule and notifier in rule.channel):
        return briefing
    return replace(neutral(briefing, configuration), revision=briefing.revision, at=briefing.at)


def hidden(configuration: Configuration) -> frozenset[str]:
    """The topics of which nobody sees counts either, who is not named."""
    rule = configuration.restricted
    return frozenset(rule.topics if rule else ())


def restricts(configuration: Configuration, topics: Collection[str]) -> bool:
    """Whether an incident on these topics is restricted from its first moment."""
    return not hidden(configuration).isdisjoint(topics)


def may_see(configuration: Configuration | None, restricted: bool, person: str | None) -> bool:
    """Whether a person, by id, may see an incident; None is nobody that we know.

    Where the configuration is not at hand, nobody is known.
    """
    if not restricted:
        return True
    if configuration is None:
        return False
    named = configuration.restricted.people if configuration.restricted else ()
    return person in named


def neutral(briefing: Briefing, configuration: Configuration | None) -> Briefing:
    """All that everybody may know: that there is a restricted incident, since when, and its state.

    It is made anew, not cleaned: what a briefing may say tomorrow is not in it either.
    """
    since, name = briefing.started_at, name_of(configuration)
    by = _SOMEBODY if briefing.state in (State.ACKNOWLEDGED, State.MITIGATED) else ""
    return Briefing(
        incident=briefing.incident,
        revision=0,
        reason=_REASONS[briefing.state],
        at=briefing.resolved_at or since,
        brand=briefing.brand,
        brand_name=briefing.brand_name,
        timezone=briefing.timezone,
        headline=name,
        observed=0,
        expected=0.0,
        topics=(),
        severity=Severity.CRITICAL,
        why="",
        state=briefing.state,
        started_at=since,
        detected_at=since,
        acknowledged_at=None,
        acknowledged_by=by or None,
        resolved_at=briefing.resolved_at,
        factor=0.0,
        peak_factor=0.0,
        trend=None,
        evidence="",
        posts_read=0,
        authors=0,
        questions=0,
        languages={},
        platforms={},
        examples=(),
        chart=Chart(since, 60, (), ()),
        situation="",
        holding_messages={},
        outside_service_hours=None,
        next_opening=None,
        kind=Kind.REPORTED,
        by=by,
        restricted=True,
        subject=name,
    )


def name_of(configuration: Configuration | None) -> str:
    """What a restricted incident is called before everybody."""
    rule = configuration.restricted if configuration else None
    return rule.name if rule else "Restricted incident"


def take_back(
    connection: Connection, configuration: Configuration | None, incident: str, at: datetime
) -> None:
    """What rang of an incident that is restricted now, and of its parts, is taken from the rest."""
    rule = configuration.restricted if configuration else None
    knowing = rule.channel if rule else ()
    notices.take_back(connection, incident, name_of(configuration), at, knowing)


def saw(connection: Connection, incident: str, person: str, place: str, at: datetime) -> None:
    """Note that a person looked at a restricted incident; in the transaction that shows it."""
    views.add(connection, incident, View(at, person, place))
