"""Which message shows an incident, and what it says: the receipt, and the message's metadata."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from alerts.briefings.briefing import Briefing
from alerts.incidents.incident import Reason, Severity, State

MESSAGE, NEWS, NOTICE = "seawall_incident", "seawall_news", "seawall_notice"
"""What a message of ours is, in its metadata: an incident's, a reply in its thread, a notice."""

_SEVERITIES = list(Severity)


@dataclass(frozen=True, slots=True)
class Told:
    """A message that shows an incident, as JSON the receipt.

    It was told as over, as one that calls people, and how severe, at a revision. `shows` names what
    stands in it, `picture` the file in it, if any, and `drawn` the chart that the file shows.
    """

    channel: str
    ts: str
    over: bool = False
    calls: bool = True
    severity: str = ""
    revision: int = 0
    shows: str = ""
    picture: str = ""
    drawn: str = ""

    @classmethod
    def of(cls, receipt: str | None) -> "Told | None":
        """What a receipt says, if there is one that can be read."""
        try:
            found = json.loads(receipt or "")
            known = {name: found[name] for name in cls.__slots__ if name in found}
            return cls(**known | {"channel": str(found["channel"]), "ts": str(found["ts"])})
        except (ValueError, KeyError, TypeError):
            return None

    @classmethod
    def found(cls, channel: str, message: Mapping[str, Any]) -> "Told":
        """What a message's metadata say of it."""
        about = payload(message, MESSAGE)
        return cls(
            channel,
            str(message.get("ts")),
            over=about.get("state") == State.RESOLVED,
            calls=bool(about.get("calls", True)),
            severity=str(about.get("severity", "")),
            revision=int(about.get("revision") or 0),
        )

    def to_json(self) -> str:
        """As a receipt."""
        return json.dumps(asdict(self))

    def rings(self, briefing: Briefing) -> Reason | None:
        """Why people have to hear of it anew: it is back, is more severe, or calls them now."""
        if briefing.state is State.RESOLVED:
            return None
        if self.over:
            return Reason.REOPENED
        known = self.severity in _SEVERITIES and Severity(self.severity)
        if known and _SEVERITIES.index(briefing.severity) > _SEVERITIES.index(known):
            return Reason.ESCALATED if briefing.calls else None
        return Reason.CALLING if briefing.calls and not self.calls else None


def metadata(kind: str, about: Mapping[str, object]) -> dict[str, Any]:
    """The mark by which a message of ours is found again."""
    return {"event_type": kind, "event_payload": dict(about)}


def payload(message: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """What the metadata of a message of this kind say; nothing for any other."""
    found = message.get("metadata") or {}
    return (found.get("event_payload") or {}) if found.get("event_type") == kind else {}


def digest(parts: Sequence[Any]) -> str:
    """Names what is shown: the same for the same."""
    shown = json.dumps(parts, default=str, ensure_ascii=False)
    return hashlib.blake2b(shown.encode("utf-8", "replace"), digest_size=8).hexdigest()
