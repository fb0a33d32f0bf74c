"""Explanations as data, for `--json`."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from alerts.incidents.incident import Incident, LiveSurge
from alerts.instants import written
from detectors import State
from monitor.configuration import Configuration
from monitor.explain.explanation import Bucket, Explanation, Finding


def as_data(
    incident: Incident, explanations: list[Explanation], configuration: Configuration
) -> dict[str, Any]:
    """All of it, in the order of detection."""
    return {
        "incident": incident.id,
        "same": all(one.same for one in explanations),
        "timezone": configuration.timezone,
        "surges": [_surge(one) for one in explanations],
    }


def _surge(one: Explanation) -> dict[str, Any]:
    opening = one.opening
    return {
        "series": str(one.series),
        "kind": "silence" if one.silence else "surge",
        "same": one.same,
        "stored": _finding(one.stored),
        "again": _finding(one.again) if one.again else None,
        "differences": [*one.differences],
        "reasons": [reason.value for reason in one.reasons],
        "judged_until": written(one.until),
        "bucket_seconds": one.width.total_seconds(),
        "threshold_days": one.threshold,
        **asdict(one.totals),
        "decided_by": opening.weaker if opening else None,
        "stretch": one.stretch,
        "observed_hours": one.watched.total_seconds() / 3600,
        "holiday": one.holiday,
        "buckets": [_bucket(bucket) for bucket in one.buckets],
    }


def _finding(one: Finding | LiveSurge) -> dict[str, Any]:
    """A surge as it is stored, or found again; only then is it known how it was at its opening."""
    found = isinstance(one, Finding)
    return {
        "started_at": written(one.started_at),
        "detected_at": written(one.detected_at),
        "ended_at": written(one.ended_at) if one.ended_at else None,
        "peak_evidence_days": one.peak_evidence if isinstance(one, Finding) else one.evidence,
        "peak_factor": one.peak_factor,
        **({"evidence_days": one.evidence, "factor": one.factor} if found else {}),
    }


def _bucket(one: Bucket) -> dict[str, Any]:
    plain = {name: _plain(value) for name, value in asdict(one).items()}
    return {**plain, "could_be": one.could_be}


def _plain(value: Any) -> Any:
    if isinstance(value, State):
        return value.name.lower()
    return written(value) if isinstance(value, datetime) else value
