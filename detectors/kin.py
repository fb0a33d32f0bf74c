"""Kin: series that lend each other the rhythm of their week while their own is not known yet."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from detectors.contract import Booleans, Compact, Floats, SeriesSetup

SLOTS: Final = 48
"""Hours of a working day, then hours of a weekend's day."""
FEWEST_POSTS: Final = 100.0
"""Posts in which kin have shown a rhythm worth lending."""
VARIANCE: Final = 1.5
"""Variance of the logarithm of an hour's share in a rhythm of which nothing is known."""


class Kin:
    """What rows lend to those of their kin that have not settled; the rows' order does not matter.

    `rhythm` says by how many times an hour is busier than the mean one, a row a slot and a column a
    row's kin (1 where nothing is lent), `known` to which rows something is lent.
    """

    def __init__(self, series: Sequence[SeriesSetup]) -> None:
        names = sorted({setup.kin for setup in series if setup.kin})
        self.any = bool(names)
        places = {name: index for index, name in enumerate(names)}
        kin = [index for index, setup in enumerate(series) if setup.kin]
        order = sorted(kin, key=lambda index: (series[index].kin, series[index].name, index))
        groups = [places[series[index].kin] for index in order]
        self._order = np.array(order, np.intp)
        self._starts = np.flatnonzero(np.diff(groups, prepend=-1))
        self._group = np.array([places.get(setup.kin, len(names)) for setup in series], np.intp)
        self.rhythm: Floats = np.ones((SLOTS, len(series)))
        self.known: Booleans = np.zeros(len(series), np.bool_)

    def learn(self, seen: Compact, hours: Compact, mean: Floats, settled: Booleans) -> None:
        """Put together what the settled rows know: posts and hours a slot, posts an hour; lend it
        to the others.
        """
        own = settled[self._order]
        posts = np.where(own, seen[:, self._order], 0.0).astype(np.float64)
        expected = np.where(own, hours[:, self._order] * mean[self._order], 0.0)
        posts = np.add.reduceat(posts, self._starts, axis=1)
        expected = np.add.reduceat(expected, self._starts, axis=1)
        rhythm = (1.0 + VARIANCE * posts) / (1.0 + VARIANCE * expected)
        known = np.add.reduce(posts, axis=0) >= FEWEST_POSTS
        rhythm = np.concatenate((rhythm, np.ones((SLOTS, 1))), axis=1)[:, self._group]
        self.known = np.append(known, np.False_)[self._group] & ~settled
        self.rhythm = np.where(self.known, rhythm, 1.0)

    def exposure(self, hours: Compact) -> Floats:
        """Hours a slot as mean hours, per row: an hour at noon is worth several at night."""
        total: Floats = np.zeros(hours.shape[1])
        for slot in range(SLOTS):  # in this order for any number of rows
            total += hours[slot] * self.rhythm[slot]
        return total
