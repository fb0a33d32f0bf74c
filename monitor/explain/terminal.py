"""An explanation on the terminal: a small chart, and a table of what happened when."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log10

import plotext
from rich.table import Table
from rich.text import Text

from alerts import wording
from alerts.briefings.statements import bar
from detectors import State
from monitor.explain.explanation import Bucket, Explanation
from monitor.explain.statements import YEAR, Speaker, days

LEAD = 3
"""Rows in the table before a surge begins."""
ROWS = 14
"""At most so many from then until it opens, and about so many after that."""

FAINTEST, STRONGEST = 1 / 24, 1000 * YEAR
"""Evidence in days from which and up to which it is drawn."""

_POSTS_HEIGHT, _EVIDENCE_HEIGHT = 8, 7
_BEFORE, _AFTER, _EXPECTED, _EVIDENCE = "gray", "red+", "cyan+", "blue+"
_HEADINGS = ("from", "posts", "authors", "expected", "could be", "alone", "evidence", "")
_STATES = {
    State.WARMING_UP: "warming up",
    State.QUIET: "",
    State.SURGING: "surging",
    State.MISSING: "not observed",
}

Draw = Callable[[Sequence["Span"]], None]


@dataclass(frozen=True, slots=True)
class Span:
    """Buckets that are shown as one: their sums, and how it stood after the last of them.

    `every` is how many there are in each such row, where they suffice.
    """

    buckets: Sequence[Bucket]
    every: int = 1

    @property
    def last(self) -> Bucket:
        """The last of them."""
        return self.buckets[-1]

    def sum(self, name: str) -> float | None:
        """A number of theirs added up; None where it is not known of all that were observed."""
        known = [getattr(bucket, name) for bucket in self.buckets if bucket.posts is not None]
        return sum(known) if known and None not in known else None

    @property
    def evidence(self) -> float | None:
        """The strongest of them."""
        return max((b.evidence for b in self.buckets if b.evidence is not None), default=None)


def chart(one: Explanation, speaker: Speaker, width: int) -> Text:
    """Posts and what was expected; below them the evidence, and the line that it has to reach."""
    lines = {level(FAINTEST): "1 h"}
    if one.threshold is not None:
        lines[level(one.threshold)] = days(one.threshold)
        if level(one.threshold) > 1:
            lines[level(1)] = "1 day"
    strongest = level(max((b.evidence or 0.0 for b in one.buckets), default=0.0))
    if strongest > max(lines) + 1:
        lines[strongest] = _short(10**strongest)
    margin = max(map(len, lines.values())) + 1
    every = -(-len(one.buckets) // max(width - margin, 10))
    columns = [Span(one.buckets[at : at + every]) for at in range(0, len(one.buckets), every)]
    highest = max([1.0, *(c.sum(n) or 0.0 for c in columns for n in ("posts", "expected"))])
    posts = {0.0: "0", highest: wording.number(highest)}
    unit = bar(every * int(one.width.total_seconds()))
    opened = next(
        (place for place, c in enumerate(columns) if c.last.at >= _opened(one)), len(columns) - 1
    )
    return Text("\n").join(
        [
            Text(f"{' ' * margin}{unit}: █ observed, ─ expected", "dim"),
            _drawn(columns, _posts(opened), posts, margin, _POSTS_HEIGHT),
            Text(" " * margin + _times(one, speaker, opened, len(columns))),
            Text(f"{' ' * margin}evidence: • how rarely by chance alone, ─ what you allow", "dim"),
            _drawn(columns, _evidence(one), lines, margin, _EVIDENCE_HEIGHT),
        ]
    )


def table(one: Explanation, speaker: Speaker) -> Table:
    """The run-up, the bucket that opened the surge, and what came after it, in ever as many rows.

    A row has the sums of its buckets, and the evidence after the last of them. Where rows begin to
    have more buckets, or fewer, a line says how long each is.
    """
    made = Table(box=None, pad_edge=False, header_style="bold")
    for heading in _HEADINGS:
        made.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    zone = speaker.configuration.zone
    day, every = None, 1
    for span in spans(one):
        local = span.buckets[0].at.astimezone(zone)
        if local.date() != day:
            day = local.date()
            made.add_row(f"{local:%a} {local.day} {local:%b}", style="dim")
        if span.every != every:
            every = span.every
            per = bar(every * int(one.width.total_seconds())).removeprefix("posts ")
            made.add_row(f"a row {per}", style="dim")
        opened = span.last == one.opening
        happened = "◀ opened" if opened else _happened(span)
        style = "bold" if opened else None
        made.add_row(f"{local:{speaker.clock}}", *_figures(span), happened, style=style)
    return made


def spans(one: Explanation) -> Iterator[Span]:
    """The rows of the table, in order; a bucket that opens or ends a surge is the last of its."""
    buckets, opened_at = one.buckets, _opened(one)
    before = [bucket for bucket in buckets if bucket.at < one.found.started_at]
    run_up = [b for b in buckets if one.found.started_at <= b.at < opened_at]
    opening = [bucket for bucket in buckets if bucket.at == opened_at]
    after = [bucket for bucket in buckets if bucket.at > opened_at]
    yield from (Span([bucket]) for bucket in before[-LEAD:])
    for part in (run_up, opening, after):
        every, row = -(-len(part) // ROWS), []
        for bucket in part:
            row.append(bucket)
            if len(row) == every or bucket.opened or bucket.closed or bucket is part[-1]:
                yield Span(row, every)
                row = []


def level(evidence: float) -> float:
    """Evidence in days on a logarithmic scale, within what is drawn."""
    return log10(min(max(evidence, FAINTEST), STRONGEST))


def _opened(one: Explanation) -> datetime:
    return one.found.detected_at - one.width


def _figures(span: Span) -> Iterator[str]:
    """A row's numbers; where more is known now than was seen, that stands behind."""
    for name in ("posts", "authors"):
        seen, now = span.sum(name), span.sum(f"{name}_now")
        later = f" ({now:,.0f} now)" if seen is not None and now not in (None, seen) else ""
        yield "?" if seen is None else f"{seen:,.0f}{later}"
    for name in ("expected", "could_be"):
        number = span.sum(name)
        yield "" if number is None else f"{number:.2g}" if number < 10 else f"{number:,.0f}"
    last = span.last
    yield "" if last.upper is None else f"{last.upper:,.0f}"
    yield "" if last.evidence is None else _short(last.evidence)


def _happened(span: Span) -> str:
    if span.last.opened:
        return "opened"
    if span.last.closed:
        return "new normal" if span.last.renewed else "over"
    return "silent" if span.last.silent else _STATES[span.last.state]


def _short(evidence: float) -> str:
    """Evidence in a narrow column.

    >>> _short(0.01), _short(0.4), _short(312.4), _short(2922), _short(1e30)
    ('14 min', '10 h', '312 d', '8 y', '>1000 y')
    """
    if evidence >= STRONGEST:
        return ">1000 y"
    if evidence >= 2 * YEAR:
        return f"{wording.number(evidence / YEAR)} y"
    if evidence >= 1:
        return f"{wording.number(evidence)} d"
    return f"{evidence * 24:.0f} h" if evidence * 24 >= 1 else f"{evidence * 1440:.0f} min"


def _drawn(
    columns: Sequence[Span], draw: Draw, ticks: dict[float, str], margin: int, height: int
) -> Text:
    """What `draw` plots over the columns, with these marks on the upright axis."""
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(False, False)
    plotext.plotsize(len(columns) + margin, height)
    plotext.frame(False)
    draw(columns)
    plotext.xlim(0, len(columns) - 1)
    plotext.ylim(min(ticks), max(ticks))
    plotext.yticks([*ticks], [f"{label} ".rjust(margin) for label in ticks.values()])
    plotext.xticks([])
    return Text.from_ansi(plotext.build().rstrip("\n"))


def _posts(opened: int) -> Draw:
    """Posts as bars, those since the column `opened` in another colour; expected as a line."""

    def draw(columns: Sequence[Span]) -> None:
        expected = [(x, column.sum("expected")) for x, column in enumerate(columns)]
        known = [(x, number) for x, number in expected if number is not None]
        plotext.plot([x for x, _ in known], [y for _, y in known], marker="─", color=_EXPECTED)
        for x, column in enumerate(columns):
            posts = column.sum("posts")
            if posts is None:
                plotext.scatter([x], [0], marker="?")
            elif posts:
                colour = _AFTER if x >= opened else _BEFORE
                plotext.plot([x, x], [0, posts], marker="█", color=colour)

    return draw


def _evidence(one: Explanation) -> Draw:
    def draw(columns: Sequence[Span]) -> None:
        if one.threshold is not None:
            allowed = level(one.threshold)
            plotext.plot([0, len(columns) - 1], [allowed] * 2, marker="─", color=_EXPECTED)
        known = [(x, level(c.evidence)) for x, c in enumerate(columns) if c.evidence is not None]
        plotext.scatter([x for x, _ in known], [y for _, y in known], marker="•", color=_EVIDENCE)

    return draw


def _times(one: Explanation, speaker: Speaker, opened: int, width: int) -> str:
    """Beginning and end on the reader's clock, and an arrow under the column that opened it."""
    zone = speaker.configuration.timezone
    moments = one.buckets[0].at, one.found.detected_at, one.buckets[-1].at + one.width
    begin, label, end = (wording.clock(at, zone) for at in moments)
    fits = opened + len(label) < width
    axis = f"{' ' * opened}▲{label}" if fits else f"{label}▲".rjust(opened + 1)
    if opened > 2 * len(begin):
        axis = begin + axis[len(begin) :]
    room = width - len(axis)
    return axis + end.rjust(room) if room > len(end) else axis
