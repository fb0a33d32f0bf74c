"""What a measure is: a module in `monitor.bench.measures`, found there by its name."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any

from monitor.bench.plots import Plot
from monitor.sources.recording import RecordingError

DATA = Path(__file__).parents[3] / "shared" / "data"
"""Recorded data, which is no part of the repository: beside it."""

SEED = 1


@dataclass(frozen=True, slots=True)
class Setting:
    """What every measure is told: where recorded data lies, the seed of what is drawn, how much.

    `quick` asks for a small part of the work: a sign of life, and no figure to quote. `threshold`
    is for a measure that scores at one: it chooses the best for its data where that is None.
    """

    data: Path = DATA
    seed: int = SEED
    quick: bool = False
    threshold: float | None = None

    def recorded(self, file: str) -> Path:
        """A file of recorded data; RecordingError where it is not there."""
        self.require([file])
        return self.data / file

    def require(self, files: Iterable[str]) -> None:
        """RecordingError that names all of these files that are not there."""
        absent = [file for file in dict.fromkeys(files) if not (self.data / file).is_file()]
        if absent:
            raise RecordingError(
                f"there is no {', no '.join(absent)} in {self.data}: put the recorded data there, "
                "or name the folder that has it with --data"
            )


Progress = Callable[[str, int, int], None]
"""Is told what goes on, how much of it is done, and how much there is in all."""


@dataclass(frozen=True, slots=True)
class Table:
    """Figures to be read: as many cells in each row as there are headings; the first is text."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is measured, from these recorded files."""

    name: str
    about: str
    recorded: Sequence[str]
    measure: Callable[[Setting, Progress], Any]
    tables: Callable[[Any], Sequence[Table]]
    plots: Callable[[Any], Sequence[Plot]]


@cache
def measures() -> Mapping[str, Measure]:
    """Every measure by name: one per module of `monitor.bench.measures`.

    Each offers a text `ABOUT` (Markdown: what is measured, and how), the files `RECORDED` that it
    cannot do without, a function `measure(setting, progress)`, which returns a frozen dataclass,
    and pure functions `tables(result)` and `plots(result)`. A module whose name begins with an
    underscore is a helper.
    """
    package = import_module("monitor.bench.measures")
    found = {}
    for name in (module.name for module in iter_modules(package.__path__)):
        if not name.startswith("_"):
            one = import_module(f"{package.__name__}.{name}")
            found[name] = Measure(
                name, one.ABOUT.strip(), one.RECORDED, one.measure, one.tables, one.plots
            )
    return MappingProxyType(found)
