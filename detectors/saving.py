"""A detector's state: named arrays, each an attribute of the part of the detector that has it."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np

from detectors.contract import Saved


class Part(Protocol):
    """What has arrays of the state."""

    @property
    def KEPT(self) -> tuple[str, ...]:  # noqa: N802
        """The attributes that they are."""


Parts = Mapping[str, Part]
"""By name; the part without a name is the detector itself."""


def arrays(parts: Parts) -> Saved:
    """The arrays of these parts, not copied, by names such as `pace.recent`."""
    return {name: getattr(part, key) for name, part, key in _each(parts)}


def save(parts: Parts) -> Saved:
    """Copies of the arrays of these parts."""
    return {name: np.copy(array) for name, array in arrays(parts).items()}


def must_fit(state: Saved, like: Saved) -> None:
    """ValueError where a saved state has other arrays than `like`, or others in shape or type."""
    if state.keys() != like.keys():
        raise ValueError("the saved state is not one of this kind of detector")
    for name, array in like.items():
        if state[name].shape != array.shape or state[name].dtype != array.dtype:
            raise ValueError(f"the saved {name} does not fit these series")


def restore(parts: Parts, state: Saved) -> None:
    """Give the parts copies of what was saved of them, laid out as they were made."""
    for name, part, key in _each(parts):
        setattr(part, key, np.array(state[name], order="C"))


def _each(parts: Parts) -> Iterator[tuple[str, Part, str]]:
    """Name, part and attribute of every array."""
    for name, part in parts.items():
        for key in part.KEPT:
            yield f"{name}.{key}" if name else key, part, key
