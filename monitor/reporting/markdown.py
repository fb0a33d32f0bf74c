"""A report as Markdown, for a wiki or a repository: strangers' words in it stay words."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from alerts.plain_text import visible
from monitor.reporting.document import (
    Block,
    Document,
    Facts,
    Lines,
    Picture,
    Quote,
    Room,
    Table,
    Text,
)

_SPECIAL = re.compile(r"[\\`*_\[\]<>&|~#!$^{}]|(?<=\w)://|(?<=www)\.|^[-+=]|^\d+(?=[.)](?:\s|$))")
_IN_ADDRESS = ":/?#[]@!$&'()*+,;=%-._~"


def written(document: Document, picture: str | None = None) -> str:
    """The report as Markdown; `picture` is the address of its picture, None: it has none beside."""
    parts = [f"# {escaped(document.title)}", *map(escaped, document.about)]
    for section in document.sections:
        parts.append(f"{'#' * section.level} {escaped(section.title)}")
        for block in section.blocks:
            parts += _block(block, picture)
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """The text on one line, with everything escaped that Markdown, or HTML in it, would act on.

    >>> print(escaped("[a](http://b) <i> 1. www.x.com"))
    \\[a\\](http\\://b) \\<i\\> 1. www\\.x.com
    """
    return _SPECIAL.sub(_escape, visible(text))


def _escape(found: re.Match[str]) -> str:
    special = found.group()
    return f"{special}\\" if special.isdigit() else f"\\{special}"


def _block(block: Block, picture: str | None) -> Iterator[str]:
    match block:
        case Text():
            yield escaped(block.text)
        case Lines():
            yield "\n".join(f"- {escaped(line)}" for line in block.lines)
        case Facts():
            yield _table(("", ""), block.rows)
        case Table():
            yield _table(block.heads, block.rows, block.marked)
        case Quote():
            link = f" · [the post](<{_address(block.address)}>)" if block.address else ""
            said = "\\\n> ".join(map(escaped, block.lines))
            yield f"> {said}\\\n> — {escaped(block.source)}{link}"
        case Picture() if picture:
            yield f"![{escaped(block.words)}](<{_address(picture)}>)"
        case Picture():
            yield f"(A picture: {escaped(block.words)}.)"
        case Room():
            yield "\n".join(["- [ ] …"] * block.lines)


def _table(
    heads: tuple[str, ...], rows: tuple[tuple[str, ...], ...], marked: tuple[int, ...] = ()
) -> str:
    lines = [_row(map(escaped, heads)), _row("---" for _ in heads)]
    for number, row in enumerate(rows):
        cells = [*map(escaped, row)]
        if number in marked:
            cells[-1] = f"**{cells[-1]}**"
        lines.append(_row(cells))
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _address(url: str) -> str:
    return quote(url, safe=_IN_ADDRESS)
