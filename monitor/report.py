"""The report: one JSON object that describes a whole store, the same for the same input."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from alerts.briefings.briefing import Briefing
from alerts.failures import Failure
from alerts.incidents.incident import Incident
from alerts.instants import written
from alerts.languages import UNKNOWN
from monitor.store import Database, situations, volume


class ReportError(Failure):
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

    Its numbers are those of its newest briefing, which reaches until `as_of`: `posts` on its first
    topic, and of those on all its topics `posts_read`, by so many `authors`. Where no count has
    opened it, what nobody has counted or read is null.
    """
    briefing = situations.latest_briefing(connection, incident.id)
    surged = bool(incident.surges)
    return {
        "id": incident.id,
        "brand": incident.brand,
        "topics": incident.topics,
        "platforms": incident.platforms,
        "languages": [one for one in briefing.languages if one != UNKNOWN],
        "started_at": iso(incident.started_at),
        "detected_at": iso(incident.detected_at),
        "acknowledged_at": iso(incident.acknowledged_at),
        "resolved_at": iso(incident.resolved_at),
        "peak_factor": briefing.peak_factor if surged else None,
        "severity": incident.severity.value,
        "posts": _posts(briefing) if surged else _posts(briefing) or None,
        "authors": briefing.authors if surged else briefing.authors or None,
        "examples": [post.id for post in briefing.examples],
        "holding_messages": dict(briefing.holding_messages),
        "kind": incident.kind.value,
        "calls": incident.calls,
        "calls_because": incident.calls_because,
        "posts_read": briefing.posts_read if surged else briefing.posts_read or None,
        "as_of": iso(briefing.as_of),
    }


def _posts(briefing: Briefing) -> int:
    """Posts of an incident; where none of them can be read, those with a word about safety."""
    return briefing.volume or sum(briefing.safety_words.values())


def iso(at: datetime | None) -> str | None:
    """A time as briefings write it; None where there is none."""
    return None if at is None else written(at)
