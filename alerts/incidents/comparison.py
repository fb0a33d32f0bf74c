"""Only us, or everyone? A brand beside competitors and its industry; for the inside only."""

from collections.abc import Sequence
from dataclasses import dataclass

from alerts import wording
from alerts.incidents.incident import CALM


@dataclass(frozen=True, slots=True)
class Other:
    """Another brand in the same buckets: how many times its own expected number came."""

    name: str
    factor: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many times the expected number came for us, and for others meanwhile, most first.

    >>> print(Comparison(8.0, (Other("Otherwing", 1.1),)).words())
    only us, ×8; Otherwing ×1.1
    >>> print(Comparison(5.0, (Other("Otherwing", 6.2), Other("Northjet", 4.1))).words())
    everyone, ×5; Otherwing ×6.2, Northjet ×4.1
    >>> print(Comparison(5.0, (Other("Otherwing", 6.2), Other("Northjet", 0.9))).words())
    us, ×5, and Otherwing ×6.2; Northjet ×0.9
    """

    ours: float
    others: tuple[Other, ...]

    @property
    def affected(self) -> tuple[Other, ...]:
        """Those of whom twice as much as usual is said, or more."""
        return tuple(other for other in self.others if other.factor >= CALM)

    @property
    def everyone(self) -> bool:
        """Whether all others are affected, too."""
        return bool(self.others) and len(self.affected) == len(self.others)

    def words(self) -> str:
        """The answer with its numbers, in one line."""
        ours = wording.times(self.ours)
        if self.everyone:
            return f"everyone, {ours}; {_named(self.others)}"
        spared = _named([other for other in self.others if other not in self.affected])
        if self.affected:
            return f"us, {ours}, and {_named(self.affected)}; {spared}"
        return f"only us, {ours}; {spared}"


def _named(others: Sequence[Other]) -> str:
    return ", ".join(f"{other.name} {wording.times(other.factor)}" for other in others)
