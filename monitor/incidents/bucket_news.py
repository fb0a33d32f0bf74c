"""What a bucket that was judged says of the surges and silences in it."""

from alerts.incidents.following import Progress
from alerts.incidents.incident import Kind, Trend
from detectors import State
from detectors import Trend as SeriesTrend
from detectors.contract import Booleans
from monitor.panel import Closed


def begun(closed: Closed) -> dict[Kind, Booleans]:
    """Series on which a surge or a silence opened with this bucket."""
    return {Kind.SURGE: closed.verdict.opened, Kind.SILENCE: closed.verdict.silence.opened}


def brought(kind: Kind, closed: Closed, i: int) -> Progress | None:
    """What a bucket brought a surge or silence; None where that has ended with it."""
    verdict, silence, posts = closed.verdict, closed.verdict.silence, int(closed.posts[i])
    if kind is Kind.SILENCE:
        return Progress(posts, 0.0, 0.0, float(silence.evidence[i])) if silence.silent[i] else None
    if verdict.state[i] != State.SURGING:
        return None
    recent = float(verdict.recent_factor[i])
    if verdict.calm[i]:
        recent = min(recent, 1.0)
    overall, evidence = float(verdict.factor[i]), float(verdict.evidence[i])
    return Progress(posts, recent, overall, evidence, trend(closed, i))


def trend(closed: Closed, i: int) -> Trend:
    """Where a surge is going after a bucket."""
    return Trend(SeriesTrend(int(closed.verdict.trend[i])).name.lower())
