"""The terminal: a briefing that is read in one glance, and updates of three lines after that."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from alerts import languages, wording
from alerts.briefings import statements
from alerts.briefings.briefing import Briefing
from alerts.briefings.news import news
from alerts.briefings.statements import Share
from alerts.duty.notices import Notice
from alerts.incidents.incident import Kind, Reason, Severity, State
from alerts.incidents.steps import Step
from alerts.notifiers import Act, Notification, NotifierError, NotNews, Places
from alerts.plain_text import shortened, visible

Show = Callable[[Briefing, int, str], RenderableType]

_NARROWEST, _WIDEST = 60, 120
_STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.MAJOR: "bold yellow",
    Severity.MINOR: "bold cyan",
}
_SHOWN, _SILENT, _URGENT, _OVER = "cyan", "bold magenta", "bold red", "bold green"
_RINGS = "◆"
_BLANKS = re.compile(r" +$", re.MULTILINE)
_EXAMPLE_LENGTH = 280
_MARKS = {Reason.EXTENDED: "+", Reason.RENEWED: "■", Reason.ILLUSTRATED: "·", Reason.REVISED: "·"}


class Options(BaseModel):
    """Options of the terminal notifier."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    width: int | None = Field(
        None,
        ge=_NARROWEST,
        le=_WIDEST,
        description="Columns to use; those of the terminal if empty.",
    )


class Terminal(Console):
    """A rich console that raises where the output is closed; rich itself would end the process.

    Where that is no terminal, no line ends in blanks, with which rich fills up what is wrapped.
    """

    @property
    def columns(self) -> int:
        """How many columns to use of those that there are."""
        return min(max(self.width, _NARROWEST), _WIDEST)

    def _render_buffer(self, buffer: Iterable[Segment]) -> str:
        written = super()._render_buffer(buffer)
        return written if self.is_terminal else _BLANKS.sub("", written)

    def on_broken_pipe(self) -> None:
        """Called by rich when nobody reads the output any more."""
        raise BrokenPipeError("nobody reads the output any more")


class TerminalNotifier:
    """Prints to a terminal, or to whatever standard output is; `width` None: as wide as it is.

    `hint` is the command that acknowledges an incident. `show` makes what is printed of a briefing,
    a width and the hint: `payload`, or `headline`.
    """

    replaces = False
    """What is printed stays; an update is printed below it."""

    def __init__(
        self,
        name: str,
        terminal: Terminal,
        *,
        width: int | None,
        hint: str,
        show: Show | None = None,
    ) -> None:
        self.name = name
        self._terminal, self._width, self._hint = terminal, width, hint
        self._show = show or payload

    async def send(self, notification: Notification) -> None:
        """Print it; NotifierError where the output is closed or cannot show such letters."""
        width = self._width or self._terminal.columns
        all_of_it = notification.first and self._show is payload
        show = full if all_of_it else self._show
        self._print(show(notification.briefing, width, self._hint), width)

    async def notify(
        self,
        notice: Notice,
        *,
        address: str | None,  # noqa: ARG002 - whoever reads here reads all of it
        thread: str | None,  # noqa: ARG002 - nothing is above it that it could be put under
        uncertain: bool,  # noqa: ARG002 - what was printed cannot be looked for
    ) -> None:
        """Print it in a few lines; NotifierError as in `send`."""
        self._print(ringing(notice, self._hint), self._width or self._terminal.columns)

    async def amend(self, _notice: Notice, _receipt: str) -> str:
        """What was printed stays as it was."""
        raise NotNews

    async def listen(self, act: Act) -> None:
        """Return: people act with the command that is printed."""

    async def check(self) -> str:
        """Where it prints, and how wide. Raises NotifierError for an output that is closed."""
        file = self._terminal.file
        if file.closed:
            raise NotifierError("terminal: standard output is closed; open it, or redirect it")
        where = "a terminal" if self._terminal.is_terminal else "standard output, no terminal"
        return f"prints to {where}, {self._width or self._terminal.columns} columns"

    async def test(self) -> None:
        """Print one line. Raises NotifierError."""
        name = visible(self.name)
        line = f"This is a test of {name}: Seawall would print its briefings here."
        self._print(_in_one_piece(line), self._width or self._terminal.columns)

    async def close(self) -> None:
        """Nothing is open."""

    def _print(self, shown: RenderableType, width: int) -> None:
        try:
            self._terminal.print(shown, width=width, crop=False)
        except (OSError, UnicodeEncodeError) as problem:
            permanent = isinstance(problem, UnicodeEncodeError)
            raise NotifierError(visible(f"terminal: {problem}"), permanent=permanent) from problem


def build(options: Options, *, name: str, places: Places) -> TerminalNotifier:
    """A notifier that prints to standard output."""
    return TerminalNotifier(
        name, Terminal(highlight=False), width=options.width, hint=places.command
    )


def payload(briefing: Briefing, width: int, hint: str) -> RenderableType:
    """What to print: all of it when an incident opens or reopens, else an update.

    Holding messages have no frame, so that they can be copied; the command is one line, which may
    be longer than `width`.
    """
    if briefing.reason in (Reason.OPENED, Reason.REOPENED):
        return full(briefing, width, hint)
    if briefing.reason is Reason.ILLUSTRATED:
        return Group(*illustrations(briefing, width))
    return update(briefing)


def illustrations(briefing: Briefing, width: int) -> Iterator[RenderableType]:
    """What people write, once it is known: an incident found by counts alone has no posts."""
    yield update(briefing)
    yield from (Text(""), _split(briefing), Text(""), *_examples(briefing))
    yield from _holding_messages(briefing, width)
    yield Text("")


def headline(briefing: Briefing, _width: int, _hint: str) -> RenderableType:
    """One line, where incidents go by faster than anybody reads: it begins, returns, is over."""
    if briefing.reason in (Reason.GREW, Reason.EXTENDED, Reason.ILLUSTRATED, Reason.REVISED):
        return Group()
    what = briefing.headline
    if briefing.topics and briefing.kind is not Kind.SILENCE:
        much = f"{', '.join(briefing.names)} {wording.times(briefing.peak_factor)}"
        what = f"{much}, {statements.tag(briefing)}"
    return Text.assemble(
        f"{wording.moment(briefing.at, briefing.timezone):<23} {briefing.reason:<10}",
        f"{visible(briefing.incident)}  {visible(what)}",
    )


def full(briefing: Briefing, width: int, hint: str) -> RenderableType:
    """All of a briefing, and how to acknowledge it where nobody has."""
    parts = [*_screen(briefing, width)]
    if briefing.state is State.OPEN:
        parts += _acknowledging(briefing, hint, width)
    return Group(*parts)


def update(briefing: Briefing) -> Text:
    """An incident's later revisions: what changed, which incident, where it stands."""
    mark, news = _news(briefing)
    style = _OVER if briefing.reason is Reason.ACKNOWLEDGED else _style(briefing)
    counted = f"; {wording.number(briefing.observed)} posts" if briefing.topics else ""
    return Text.assemble(
        (f"{mark} {visible(news)}\n", style),
        f"  {visible(briefing.headline)}\n",
        f"  {visible(statements.now(briefing))}{counted}  ",
        (visible(briefing.incident), "dim"),
    )


def ringing(notice: Notice, hint: str) -> RenderableType:
    """A notice: what for, what it says, and the command where an incident can be taken in hand."""
    at, zone = notice.at, notice.timezone
    when = f"{wording.clock(at, zone)} {wording.zone_name(at, zone)}"
    style = _URGENT if notice.urgent else _SHOWN
    parts = [Text(f"{_RINGS} {visible(notice.title)}, {when}", style)]
    parts += [Text(f"  {visible(line)}") for line in notice.lines]
    if notice.incident and any(one.verb == Step.ACKNOWLEDGE for one in notice.actions):
        command = hint.replace("{incident}", notice.incident)
        parts.append(_in_one_piece(command, style="bold"))
    return Group(*parts)


def _style(briefing: Briefing) -> str:
    if briefing.state is State.RESOLVED:
        return _OVER
    if briefing.kind is Kind.SILENCE:
        return _SILENT
    return _STYLES[briefing.severity] if briefing.calls else _SHOWN


def _screen(briefing: Briefing, width: int) -> Iterator[RenderableType]:
    style = _style(briefing)
    inside = width - 6  # frame and padding on both sides
    body: list[RenderableType] = [
        Text(visible(briefing.headline), style="bold"),
        Text(""),
        _facts(briefing),
    ]
    if briefing.chart.expected:
        from alerts.notifiers._terminal_chart import chart  # plotext takes a moment

        body += [Text(""), chart(briefing, inside), _legend(briefing)]
    if briefing.posts_read:
        body += [Text(""), _split(briefing), Text(""), *_examples(briefing)]
    again = " · again" if briefing.reason is Reason.REOPENED else ""
    yield Panel(
        Group(*body),
        title=Text(f" {statements.heading(briefing).upper()}{again} ", style=f"{style} reverse"),
        title_align="left",
        subtitle=Text(f" {visible(briefing.incident)} "),
        subtitle_align="right",
        border_style=style,
        padding=(1, 2),
        width=width,
    )
    yield from _holding_messages(briefing, width)


def _holding_messages(briefing: Briefing, width: int) -> Iterator[RenderableType]:
    for language, message in briefing.holding_messages.items():
        yield _rule(f"Holding message in {languages.name(language)}", width)
        yield Text(visible(message))


def _facts(briefing: Briefing) -> Table:
    """Who needs to decide reads these lines first, so each is one plain statement."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for label, said in statements.facts(briefing).items():
        table.add_row(label, Text("\n".join(map(visible, said.split("\n")))))
    return table


def _legend(briefing: Briefing) -> Text:
    unseen = "   ? not observed" if None in briefing.chart.observed else ""
    legend = f"█ {statements.bar(briefing.chart.width)}   ─ expected   ▲ start{unseen}"
    return Text(legend, style="dim")


def _split(briefing: Briefing) -> Table:
    """How the posts divide over languages and platforms, side by side."""
    table = Table.grid(padding=(0, 4), expand=True)
    table.add_column(ratio=1)
    table.add_column(ratio=1)
    split = statements.split(briefing)
    table.add_row(*(Text(label, "dim") for label in split))
    table.add_row(*map(_bars, split.values()))
    return table


def _bars(shares: Sequence[Share]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for share in shares:
        drawn = Text("▪" * round(share.part * 16), "cyan")
        table.add_row(Text(visible(share.name)), f"{share.part:.0%}", drawn)
    return table


def _examples(briefing: Briefing) -> Iterator[RenderableType]:
    for post in briefing.examples:
        text = shortened(visible(post.text), _EXAMPLE_LENGTH)
        source = statements.source(post, briefing)
        yield Text.assemble(f"“{text}” ", (f"— {visible(source)}", "dim"))


def _acknowledging(briefing: Briefing, hint: str, width: int) -> Iterator[RenderableType]:
    yield _rule("You take care of it? Acknowledge it", width)
    yield _in_one_piece(hint.replace("{incident}", briefing.incident), style="bold")
    yield Text("")


def _rule(title: str, width: int) -> Text:
    return Text(f"── {title} ".ljust(width, "─"), style="dim")


def _in_one_piece(line: str, style: str = "") -> Text:
    """A line that is not wrapped here but by the terminal, which lets it be copied as one."""
    return Text(visible(line), style=style, no_wrap=True, overflow="ignore")


def _news(briefing: Briefing) -> tuple[str, str]:
    """A mark and the words for what happened in this revision."""
    zone, what = briefing.timezone, news(briefing)
    time = wording.time(briefing.at, zone, briefing.started_at)
    at = f"{time} {wording.zone_name(briefing.at, zone)}"
    if briefing.reason is Reason.ACKNOWLEDGED:
        waited = wording.span(briefing.at - briefing.detected_at)
        return "✔", f"{what} at {at} ({waited} after detection)"
    if briefing.reason is Reason.RESOLVED:
        lasted = wording.span(briefing.at - briefing.started_at)
        return "■", f"{what} at {at}, {lasted} after it began"
    return _MARKS.get(briefing.reason, "▲"), f"{what}, {at}"
