"""A report as it is read, whatever it is written as: headings, tables, quotes, a picture.

All of it is plain text, strangers' words among it: whoever writes it escapes it.
"""

from dataclasses import dataclass, field

_CELL = 60


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    kind: str = field(default="text", init=False)


@dataclass(frozen=True, slots=True)
class Lines:
    """A list."""

    lines: tuple[str, ...]
    kind: str = field(default="lines", init=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """Statements, each with its label."""

    rows: tuple[tuple[str, str], ...]
    kind: str = field(default="facts", init=False)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; of those `marked`, by number, the last cell must not be overlooked."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marked: tuple[int, ...] = ()
    kind: str = field(default="table", init=False)

    @property
    def prose(self) -> bool:
        """Whether its last cells are sentences, for which a column is narrow on a phone."""
        return any(len(row[-1]) > _CELL for row in self.rows)


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody wrote, line by line, who that was, and where it is to be found."""

    lines: tuple[str, ...]
    source: str
    url: str | None
    kind: str = field(default="quote", init=False)

    @property
    def address(self) -> str | None:
        """Where it is to be found, where that is on the web and nowhere else."""
        web = ("https://", "http://")
        return self.url if self.url and self.url.lower().startswith(web) else None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, as PNG, and what it shows."""

    png: bytes
    words: str
    kind: str = field(default="picture", init=False)


@dataclass(frozen=True, slots=True)
class Room:
    """Empty lines, to write on."""

    lines: int
    kind: str = field(default="room", init=False)


Block = Text | Lines | Facts | Table | Quote | Picture | Room


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of a level, 2 or 3, and what stands below it."""

    title: str
    blocks: tuple[Block, ...]
    level: int = 2


@dataclass(frozen=True, slots=True)
class Document:
    """A report: its title, what it is about in a line or two, and its sections."""

    title: str
    about: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def picture(self) -> Picture | None:
        """Its picture, where it has one."""
        blocks = (block for section in self.sections for block in section.blocks)
        return next((block for block in blocks if isinstance(block, Picture)), None)
