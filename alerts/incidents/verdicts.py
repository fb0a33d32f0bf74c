"""What people's verdicts change: how much evidence a topic needs, and what that would have spared.

A false alarm makes its topics stricter, within limits, and a real one makes them less so; a hoax
and what is not ours teach nothing: many did write. Pure.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from alerts.incidents.incident import Incident, LiveSurge, Verdict

REMEMBERED = 5
"""So many of the last verdicts on a topic, real or false alarm, say how strict it is."""
STRICTEST = 0.25
"""A topic keeps this part of its false-alarm budget, however many alarms on it were false."""
CERTAIN_DAYS = 1e4
"""Evidence that opens a surge whatever the budget: see `detectors.kinds.seasonal`."""


def strictness(newest: Sequence[Verdict]) -> float:
    """The part of its false-alarm budget that a topic has, by the verdicts on it, newest first.

    >>> strictness([Verdict.FALSE_ALARM, Verdict.REAL]), strictness([Verdict.FALSE_ALARM] * 4)
    (0.5, 0.25)
    """
    false = sum(one is Verdict.FALSE_ALARM for one in newest[:REMEMBERED])
    return max(0.5**false, STRICTEST)


@dataclass(frozen=True, slots=True)
class Spared:
    """Of the incidents that people found to be false alarms or real, how many would not have been.

    >>> Spared(6, 4, 3, 0).words()
    'it would have spared 4 of 6 false alarms and missed none of 3 real ones'
    """

    false: int
    spared: int
    real: int
    missed: int

    def words(self) -> str:
        """In words, as they follow `over the last 30 days`."""
        if not (self.false or self.real):
            return "nothing else was judged that it could be compared with"
        parts = []
        if self.false:
            parts.append(
                f"spared {_of(self.spared, self.false)} false alarm{'s' * (self.false != 1)}"
            )
        if self.real:
            parts.append(f"missed {_of(self.missed, self.real)} real one{'s' * (self.real != 1)}")
        return f"it would have {' and '.join(parts)}"


def spared(judged: Iterable[Incident], unseen: Callable[[LiveSurge], bool]) -> Spared:
    """What a change would have spared, and missed, of incidents that have a verdict.

    `unseen` says whether a surge would not have opened; an incident would not, without any of its
    own.
    """
    gone: dict[Verdict, list[bool]] = {Verdict.FALSE_ALARM: [], Verdict.REAL: []}
    for incident in judged:
        if incident.verdict in gone:
            gone[incident.verdict].append(all(map(unseen, incident.surges)))
    false, real = gone[Verdict.FALSE_ALARM], gone[Verdict.REAL]
    return Spared(len(false), sum(false), len(real), sum(real))


def _of(part: int, whole: int) -> str:
    return f"{part or 'none'} of {whole}"
