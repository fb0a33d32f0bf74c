"""Text files line by line: gzip is undone, delimiters are found, what is not UTF-8 is replaced."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from alerts.failures import UnusableInput

LONGEST_FIELD: Final = 1_000_000
LONGEST_LINE: Final = 4_000_000
"""Characters; a field or a line beyond it is malformed."""

DELIMITERS: Final = ",;\t"
"""What may stand between the columns of a CSV file: spreadsheets differ from country to country."""

TIME_NEEDED: Final = "needed like 2026-03-02 14:30 or 2026-03-02T14:30:00+01:00"
SAVE_AS: Final = "save it as CSV UTF-8"

_NO_UTF8 = re.compile("[\udc80-\udcff]")

Numbered = Iterator[tuple[int, Any]]
"""Physical line numbers, each with what begins there, or the RowError that keeps it from use."""


class RecordingError(UnusableInput):
    """A recording cannot be used as it is; the message names the file and says what to do."""


class RowError(ValueError):
    """One row cannot be used; the message says why."""


class Lines:
    """The lines of a text, counted; one that is too long is skipped and raises RowError.

    `replaced` says whether bytes that are not UTF-8 have become U+FFFD.
    """

    def __init__(self, stream: IO[str]) -> None:
        self.number = 0
        self.replaced = False
        self._stream = stream
        self._peeked: str | None = None

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line, self._peeked = self.peek(), None
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) >= LONGEST_LINE:
            while line and not line.endswith("\n"):
                line = self._stream.readline(LONGEST_LINE)
            raise RowError(f"the line is longer than {LONGEST_LINE:,} characters")
        return line

    def peek(self) -> str:
        """The next line, which stays the next."""
        if self._peeked is None:
            self._peeked = self._whole(self._stream.readline(LONGEST_LINE))
        return self._peeked

    def _whole(self, line: str) -> str:
        if line.isascii() or not _NO_UTF8.search(line):
            return line
        self.replaced = True
        return line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], Lines]]:
    """A file as bytes, to see how far it was read, and as lines; RecordingError if unreadable."""
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2)[:2] == b"\x1f\x8b"
            content: Any = gzip.GzipFile(fileobj=raw) if packed else raw
            text = io.TextIOWrapper(content, "utf-8-sig", errors="surrogateescape", newline="\n")
            yield raw, Lines(text)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise RecordingError(f"{path} is no whole gzip file") from None
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}") from None


def delimiter(header: str, fits: Callable[[list[str]], bool]) -> str:
    """What stands between the columns: that with which they fit, else the commonest.

    >>> delimiter("id;text, in full", lambda columns: "id" in columns)
    ';'
    """
    fitting = (mark for mark in DELIMITERS if fits(_columns(header, mark)))
    return next(fitting, max(DELIMITERS, key=header.count))


def fields(lines: Lines, mark: str) -> Numbered:
    """The rows of a CSV file, empty lines left out."""
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(lines, delimiter=mark, strict=True)
    while True:
        number = lines.number + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except (csv.Error, RowError) as error:
            yield number, RowError(str(error))
        else:
            if row:
                yield number, row


def _columns(header: str, mark: str) -> list[str]:
    try:
        return [column.strip() for column in next(csv.reader([header], delimiter=mark), [])]
    except csv.Error:
        return []
