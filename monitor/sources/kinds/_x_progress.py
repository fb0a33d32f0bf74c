"""How far each series of X has been counted, kept in the cursor."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Progress:
    """`series`: by name, until when its minutes are known. `until`: until when all of X is.

    `lagging`: by name, since when a series that is behind has not got on; it is waited for, but not
    for ever. `own`: by account, until when our own timeline there was read.
    """

    series: Mapping[str, datetime] = field(default_factory=dict)
    lagging: Mapping[str, datetime] = field(default_factory=dict)
    until: datetime | None = None
    own: Mapping[str, datetime] = field(default_factory=dict)

    @classmethod
    def read(cls, cursor: str | None) -> "Progress":
        """What `written` wrote; of a cursor that it did not write, nothing.

        >>> Progress.read(None) == Progress.read("nonsense") == Progress()
        True
        """
        try:
            kept: Any = json.loads(cursor or "{}")
            until = kept.get("until")
            return cls(
                _instants(kept.get("series", {})),
                _instants(kept.get("lagging", {})),
                datetime.fromisoformat(until) if until else None,
                _instants(kept.get("own", {})),
            )
        except (ValueError, TypeError, AttributeError):
            return cls()

    def written(self) -> str:
        """It as a cursor."""
        kept: dict[str, Any] = {
            what: {name: at.isoformat() for name, at in known.items()}
            for what, known in (
                ("series", self.series),
                ("lagging", self.lagging),
                ("own", self.own),
            )
        }
        if self.until:
            kept["until"] = self.until.isoformat()
        return json.dumps(kept, sort_keys=True)

    def after(
        self,
        counted: Mapping[str, datetime],
        behind: Iterable[str],
        *,
        now: datetime,
        patience: Mapping[str, timedelta],
        oldest: datetime,
    ) -> "Progress":
        """With what was counted now; `behind` are those that could not be counted as far as asked.

        `patience` has every series that there is, and how long the others wait for it. A series
        that was never counted holds the others back at `oldest`.
        """
        series = {name: self.series[name] for name in patience if name in self.series}
        series.update(counted)
        lagging = {name: now if name in counted else self.lagging.get(name, now) for name in behind}
        waited = [
            series.get(name, oldest)
            for name in patience
            if name not in lagging or now - lagging[name] <= patience[name]
        ]
        until = min(waited, default=max(counted.values(), default=oldest))
        until = max(until, self.until) if self.until else until
        return Progress(series, lagging, until, self.own)


def _instants(kept: Mapping[str, str]) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(at) for name, at in kept.items()}
