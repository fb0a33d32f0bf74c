"""Silence: the machinery of surges mirrored, for series that have stopped being talked about.

The evidence is a Shiryaev-Roberts statistic for a fall to next to nothing; its episodes keep the
silence from being learned. It is usually a source that has broken without knowing it: one that is
known to be down has observed nothing, and what was not observed is no silence.
"""

from typing import Final

import numpy as np

from detectors.budget import asked
from detectors.calendar import DAY
from detectors.contract import Booleans, Floats, Silence
from detectors.episodes import Episodes
from detectors.evidence import Bank
from detectors.expectation import Expectation
from detectors.saving import Parts

LEFT: Final = 0.1
"""What is left of the expected number in a silence."""
SHARE: Final = 0.1
"""Of a series' false-alarm budget, what its silences may use."""
LEAST_MISSED: Final = 15.0
MISSED_WITHIN: Final = 2 * DAY
"""So many posts are missed at least, in so many seconds at most: where hardly anybody writes,
silence says nothing."""
STEEPEST: Final = 648.0
"""Log likelihood ratio that comes from a day at most: silence lasts for half an hour at least."""
SUSPICION_SECONDS: Final = 7 * DAY
"""Evidence with which a silence is no longer learned from, less than any budget asks for."""
LONGEST_SECONDS: Final = 7 * DAY
"""Observed time after which silence is the new normal: a broken source is mended sooner, and what
then comes is no surge."""


class Silences:
    """The silences of many series, in their posts; arrays have one element a series."""

    KEPT: Final = ("open",)

    def __init__(self, budget: Floats, width: int) -> None:
        size = len(budget)
        self._width = width
        self._bank = Bank(size, (LEFT,), 1.0, 0.0, STEEPEST * width / DAY)
        self._episodes = Episodes(size, width, SUSPICION_SECONDS, longest=LONGEST_SECONDS)
        self._threshold = asked(SHARE * budget, width)
        self.open: Booleans = np.zeros(size, np.bool_)
        self._nobody: Booleans = np.zeros(size, np.bool_)
        nothing = np.full(size, np.nan)
        nobody = self._nobody
        self._none = Silence(
            nobody, nobody, nobody, nobody, np.zeros(size, np.int64), nothing, nothing
        )
        for constant in (self._nobody, nothing, self._none.started):
            constant.setflags(write=False)

    @property
    def suspected(self) -> Booleans:
        """Series whose counts should not be learned for now."""
        return self._episodes.active

    def aim(self, expectation: Expectation, margin: Floats) -> None:
        """Set what a silence is tested against in the coming buckets: what is assured, lowered.

        `margin` says by how many times the expectation may be wrong, a number a row of it.
        """
        size = len(self.open)
        low = expectation.assured[:size] / margin[:size]
        self._bank.aim(low, expectation.dispersion()[:size])

    def observe(
        self, bucket: int, posts: Floats, expectation: Expectation, judged: Booleans
    ) -> Silence:
        """Judge one bucket's finite counts; a silence that lasts is learned as the new normal."""
        bank, episodes = self._bank, self._episodes
        mean = expectation.assured[: len(posts)]
        bank.gather(bucket, posts, mean, judged)
        missed = (bank.expected - bank.observed)[0]
        telling = (missed >= LEAST_MISSED) & (bank.elapsed[0] <= MISSED_WITHIN)
        evidence = bank.evidence()
        closed = renewed = self._nobody
        ended, outlasted = episodes.follow(posts, mean, bank.doubt, judged)
        if ended.size or outlasted.size:
            if outlasted.size:
                expectation.relevel_series(outlasted, episodes.factor(outlasted))
            ended = np.union1d(ended, outlasted)
            renewed, closed = self._nobody.copy(), self._nobody.copy()
            renewed[outlasted], closed[ended] = True, self.open[ended]
            self.open[ended] = False
            episodes.end(ended)
            bank.reset(ended)
            evidence[ended] = 0.0
        episodes.begin(evidence * telling)
        opened = judged & telling & (evidence >= self._threshold) & ~self.open
        self.open |= opened
        if not (self.open.any() or closed.any() or renewed.any()):
            return self._none
        silent = self.open & judged
        rows = np.flatnonzero(silent)
        onset = bank.onset(mean, rows)
        started, missed_since = np.zeros(len(silent), np.int64), np.full(len(silent), np.nan)
        started[rows], missed_since[rows] = onset.bucket, onset.expected
        return Silence(
            silent=silent,
            opened=opened,
            closed=closed,
            renewed=renewed,
            started=started,
            missed=missed_since,
            evidence=np.where(silent, evidence * (self._width / DAY), np.nan),
        )

    @property
    def parts(self) -> Parts:
        """What has arrays of the state."""
        return {
            "silence.evidence": self._bank,
            "silence.episodes": self._episodes,
            "silence.silence": self,
        }

    def derive(self) -> None:
        """Derive what is not kept from the state."""
        self._episodes.derive()
