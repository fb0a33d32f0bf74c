"""What takes a moment to import, imported once it is needed: nobody waits for what others use."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pkgutil import iter_modules
from typing import TypeVar

T = TypeVar("T")


class Later(Mapping[str, T]):
    """Values by name, each made once somebody asks for it.

    >>> lengths = Later(["en", "de"], lambda name: print("made", name) or len(name))
    >>> [*lengths], lengths["de"], lengths.get("fi")
    made de
    (['en', 'de'], 2, None)
    """

    def __init__(self, names: Iterable[str], make: Callable[[str], T]) -> None:
        self._names = tuple(names)
        self._make = make
        self._made: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        """The value. Raises KeyError."""
        if name not in self._made:
            if name not in self._names:
                raise KeyError(name)
            self._made[name] = self._make(name)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is one of this name."""
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        """Every name, in order."""
        return iter(self._names)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._names)


def kinds(package: Iterable[str]) -> list[str]:
    """The kinds that a package's path holds: its modules but for helpers, which begin with `_`."""
    return [found.name for found in iter_modules(package) if not found.name.startswith("_")]
