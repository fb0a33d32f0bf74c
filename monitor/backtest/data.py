"""A backtest as data, for `--json`: the names stay, so that programs can rely on them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from monitor.backtest import words
from monitor.backtest.account import Seen
from monitor.backtest.result import Alert, Backtest, Situation
from monitor.report import iso


def as_data(results: Sequence[Backtest], situations: Sequence[Situation] | None) -> dict[str, Any]:
    """Every configuration's result, and for two what both found and what only one did.

    Times are in UTC; days are those of the configuration's time zone.
    """
    return {
        "backtests": [_backtest(one) for one in results],
        "comparison": None if situations is None else [_situation(one) for one in situations],
    }


def _backtest(one: Backtest) -> dict[str, Any]:
    return {
        "configuration": one.name,
        "told": words.told(one),
        "timezone": one.timezone,
        "since": iso(one.since),
        "until": iso(one.until),
        "days_observed": round(one.observed_days, 3),
        "alerts": len(one.alerts),
        "alerts_outside_service_hours": one.outside,
        "alerts_in_30_days": None if one.a_month is None else round(one.a_month, 3),
        "false_alarms": one.promise,
        "false_alarms_allowed": round(one.allowed, 4),
        "days": [_day(one, at) for at in sorted(one.days)],
        "incidents": [_alert(alert) for alert in one.alerts],
        "only_shown": [_alert(alert) for alert in one.shown],
        "series": [_seen(seen) for seen in one.series if not seen.restricted],
        "not_known": words.not_known(one),
    }


def _day(one: Backtest, at: date) -> dict[str, Any]:
    alerts = [alert for alert in one.alerts if one.day(alert) == at]
    return {
        "day": at.isoformat(),
        "alerts": len(alerts),
        "incidents": [alert.incident.id for alert in alerts],
    }


def _alert(alert: Alert) -> dict[str, Any]:
    incident = alert.incident
    return {
        "id": incident.id,
        "kind": incident.kind.value,
        "brand": incident.brand,
        "topics": [] if incident.restricted else incident.topics,
        "platforms": incident.platforms,
        "started_at": iso(incident.started_at),
        "detected_at": iso(incident.detected_at),
        "alerted_at": iso(alert.at),
        "last_surging_at": iso(incident.last_surging_at),
        "resolved_at": iso(incident.resolved_at),
        "peak_factor": alert.briefing.peak_factor,
        "severity": incident.severity.value,
        "posts": alert.posts,
        "outside_service_hours": alert.outside,
        "again_at": [iso(at) for at in alert.again],
    }


def _seen(seen: Seen) -> dict[str, Any]:
    return {
        "series": str(seen.series),
        "since": iso(seen.since),
        "until": iso(seen.until),
        "days_observed": round(seen.observed_days, 3),
        "days_warming_up": round(seen.warming_days, 3),
        "false_alarms_allowed": round(seen.allowed, 4),
    }


def _situation(one: Situation) -> dict[str, Any]:
    return {
        "brand": one.alerts[0].incident.brand,
        "began_at": iso(one.began),
        "first": [alert.incident.id for alert in one.first],
        "second": [alert.incident.id for alert in one.second],
        "second_earlier_by_seconds": None if one.earlier is None else one.earlier.total_seconds(),
    }
