"""The report: one JSON object that describes a whole store, the same for the same input."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from alerts.briefings.briefing import Briefing
from alerts.incidents.incident import Incident, Kind
from alerts.incidents.reach import Reach
from alerts.instants import written
from alerts.languages import UNKNOWN
from monitor.store import Database, situations, volume

FOREVER = datetime.max.replace(tzinfo=UTC)


class ReportError(Exception):
    """A report cannot be written; the message says why and what to do."""


def report(database: Database, seconds: float) -> dict[str, Any]:
    """Describe the store after a run that took `seconds`; all else depends on what is stored."""
    with database.read() as connection:
        totals = volume.totals(connection)
        return {
            "posts": totals.posts,
            "samples": totals.samples,
            "malformed": totals.malformed,
            "seconds": round(seconds, 4),
            "incidents": [
                described(connection, incident) for incident in situations.incidents(connection)
            ],
        }


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a report. Raises ReportError."""
    try:
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise ReportError(
            f"{path} cannot be written: {error.strerror}; the store has it all: run this again "
            "with another --report"
        ) from None


def described(connection: Connection, incident: Incident) -> dict[str, Any]:
    """An incident in full, as `seawall replay --report` and `seawall incidents --json` show it.

    Where no count has opened it, what nobody has counted or read is null.
    """
    briefing = situations.latest_briefing(connection, incident.id)
    silent = incident.kind is Kind.SILENCE
    reach = volume.reach(
        connection,
        [] if silent else sorted({surge.series for surge in incident.surges}),
        incident.started_at,
        incident.resolved_at or FOREVER,
    )
    spoken = reach.languages if incident.surges else briefing.languages
    return {
        "id": incident.id,
        "brand": incident.brand,
        "topics": incident.topics,
        "platforms": incident.platforms,
        "languages": [one for one in spoken if one != UNKNOWN],
        "started_at": iso(incident.started_at),
        "detected_at": iso(incident.detected_at),
        "acknowledged_at": iso(incident.acknowledged_at),
        "resolved_at": iso(incident.resolved_at),
        "peak_factor": briefing.peak_factor if incident.surges else None,
        "severity": incident.severity.value,
        "posts": _posts(incident, briefing, reach),
        "authors": reach.authors if incident.surges else briefing.authors or None,
        "examples": [post.id for post in briefing.examples],
        "holding_messages": dict(briefing.holding_messages),
        "kind": incident.kind.value,
        "calls": incident.calls,
        "calls_because": incident.calls_because,
    }


def _posts(incident: Incident, briefing: Briefing, reach: Reach) -> int | None:
    """Posts on its topics; where it has none, those that have a word about safety."""
    if incident.surges:
        return reach.posts or incident.posts
    return briefing.posts or sum(briefing.safety_words.values()) or None


def iso(at: datetime | None) -> str | None:
    """A time as briefings write it; None where there is none."""
    return None if at is None else written(at)
