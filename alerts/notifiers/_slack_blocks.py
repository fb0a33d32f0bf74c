"""A briefing as a Slack message, read on a phone at night: what, how sure, the buttons, the rest.

No message exceeds Slack's limits: each text is bounded, and details go from the end where all of
them together are too long.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from statistics import fmean

from alerts import languages, wording
from alerts.briefings import statements
from alerts.briefings.briefing import Briefing
from alerts.briefings.charts import Chart
from alerts.briefings.news import news
from alerts.briefings.statements import HOURS, Share
from alerts.incidents.incident import Kind, Reason, Severity, State
from alerts.notifiers import Places
from alerts.notifiers._slack_controls import controls
from alerts.notifiers._slack_text import (
    LINE,
    Block,
    boxed,
    context,
    escaped,
    fields,
    inert,
    link,
    plain,
    rich,
    run,
    section,
    sentence,
)

LONGEST_MESSAGE = 13_000
"""Characters of all blocks together, as JSON; Slack refuses a little more than that."""

_HEADER, _EXAMPLE, _SOURCE, _DRAFT = 150, 400, 160, 1500
_LONGEST_URL = 1000
_EXAMPLES, _DRAFTS = 3, 2
_COLUMNS = 32
_BARS = "▁▂▃▄▅▆▇█"
_MARKS = {Severity.CRITICAL: "🔴", Severity.MAJOR: "🟠", Severity.MINOR: "🔵"}
_RESTRICTED = "Restricted: only named people may know of it"
_SHOWN, _SILENT = "💬", "🔇"
_SAID_ELSEWHERE = (
    Reason.OPENED,
    Reason.ACKNOWLEDGED,
    Reason.RESOLVED,
    Reason.RENEWED,
    Reason.ILLUSTRATED,
    Reason.REVISED,
)
"""What the rest of the message says itself, or concerns nobody who reads it."""
_IN_HAND = {State.ACKNOWLEDGED: ", in hand", State.MITIGATED: ", mitigated"}


def hidden(briefing: Briefing) -> bool:
    """Whether it only says that there is something restricted, to those who may not know more."""
    return briefing.restricted and not briefing.revision


def text(briefing: Briefing) -> str:
    """The message without blocks: what a phone shows while it is locked."""
    return f"{inert(state(briefing), _HEADER)}: {inert(briefing.headline, LINE)}"


def blocks(briefing: Briefing, places: Places, *, buttons: bool, picture: str = "") -> list[Block]:
    """The message as blocks; without `buttons` it names the command that acknowledges.

    `picture` is the id of the chart's file in Slack; without one it is drawn in letters.
    """
    title = f"{_mark(briefing)} {state(briefing)} · {about(briefing)}"
    head: list[Block] = [
        {"type": "header", "text": plain(title, _HEADER)},
        *([rich(section(run(_RESTRICTED, bold=True)))] if briefing.restricted else []),
        rich(section(run(_untitled(briefing), bold=True))),
    ]
    details: list[Block] = []
    if briefing.state is State.RESOLVED:
        head.append(rich(section(run(_ending(briefing)))))
    else:
        head.append(fields(_first(briefing)))
    if not hidden(briefing):
        head += controls(briefing) if buttons else _command(briefing, places)
    if briefing.state is not State.RESOLVED:
        details = [*_chart(briefing, picture), *_drafts(briefing, places)]
        if briefing.posts_read:
            details[1:1] = [fields(_second(briefing)), *_examples(briefing)]
        if more := _behind(briefing):
            details.insert(0, fields(more))
    return _fitting(head, details, [*_page(briefing, places), _context(briefing)])


def _fitting(head: list[Block], details: list[Block], last: list[Block]) -> list[Block]:
    """All of it, or without the last details where that is more than Slack takes."""
    while details and length([*head, *details, *last]) > LONGEST_MESSAGE:
        details = details[:-1]
    return [*head, *details, *last]


def length(message: Sequence[Block]) -> int:
    """How long Slack finds a message."""
    return len(json.dumps(message, ensure_ascii=False))


def state(briefing: Briefing) -> str:
    """What it is and where it stands, in two words: `CRITICAL, in hand`."""
    if briefing.state is State.RESOLVED:
        return "Resolved"
    tag = statements.tag(briefing).upper()
    if briefing.state in _IN_HAND:
        return f"{tag}{_IN_HAND[briefing.state]}"
    return f"{tag}, again" if briefing.reason is Reason.REOPENED else tag


def _mark(briefing: Briefing) -> str:
    if briefing.state is State.RESOLVED:
        return "✅"
    if briefing.kind is Kind.SILENCE:
        return _SILENT
    return _MARKS[briefing.severity] if briefing.calls else _SHOWN


def about(briefing: Briefing) -> str:
    """What people call it: `Fjordwing Air: Booking`."""
    if briefing.kind is Kind.SILENCE and briefing.topics:
        return wording.platform(briefing.topics[0].platform)
    what = ", ".join(briefing.names) or briefing.subject
    return f"{briefing.brand_name}: {what}" if what else briefing.brand_name


def _untitled(briefing: Briefing) -> str:
    """The headline without what the title says: `×11 the expected number since 23:07`."""
    titled = f"{about(briefing)} — "
    return briefing.headline.removeprefix(titled) or briefing.headline


def _ending(briefing: Briefing) -> str:
    zone, over = briefing.timezone, briefing.resolved_at or briefing.at
    lasted = wording.span(over - briefing.started_at)
    ended = f"Over at {wording.moment(over, zone)}, {lasted} after it began."
    if briefing.reason is Reason.RENEWED:
        return f"{ended} {sentence(statements.new_normal(briefing))}."
    if briefing.kind is Kind.SILENCE:
        return f"{ended} {sentence(statements.now(briefing))}."
    if not briefing.topics:
        return ended
    return (
        f"{ended} "
        f"{wording.number(briefing.observed)} posts, where {wording.number(briefing.expected)} "
        f"were expected; {wording.times(briefing.peak_factor)} at its peak."
    )


def _first(briefing: Briefing) -> dict[str, str]:
    """What to know before one presses a button, few enough to have that in sight on a phone."""
    if briefing.elsewhere or not briefing.topics:
        known = {
            label: said for label, said in statements.facts(briefing).items() if label != HOURS
        }
        return known | ({"Assigned to": briefing.assigned_to} if briefing.assigned_to else {})
    found = {
        "In hand": statements.taken(briefing),
        "Assigned to": briefing.assigned_to,
        statements.LATE: "; ".join(briefing.late),
        "Now": statements.now(briefing),
        "Posts": statements.posts(briefing),
        "How sure": briefing.evidence,
    }
    return {label: said for label, said in found.items() if said}


def _behind(briefing: Briefing) -> dict[str, str]:
    """What one may want to know besides, below the buttons."""
    if briefing.elsewhere or not briefing.topics:
        return {}
    found = {
        "Since": statements.since(briefing),
        "Only us?": briefing.comparison,
        "If it stays": statements.if_it_stays(briefing),
        **statements.weight(briefing),
    }
    return {label: said for label, said in found.items() if said}


def _second(briefing: Briefing) -> dict[str, str]:
    """Who asks, and where."""
    zone = briefing.timezone
    found = {
        "Asking": statements.asking(briefing),
        **{label: _shares(parts) for label, parts in statements.split(briefing).items()},
        "Their words": statements.terms(briefing),
        "Named": statements.named(briefing),
        "Also": "; ".join(statements.other(line, zone) for line in statements.others(briefing)),
        "Not seen": statements.unseen(briefing),
        "Cost": statements.cost(briefing),
    }
    return {label: said for label, said in found.items() if said}


def _shares(shares: Sequence[Share]) -> str:
    return ", ".join(f"{share.name} {share.part:.0%}" for share in shares)


def _command(briefing: Briefing, places: Places) -> Iterator[Block]:
    """How to acknowledge it where nobody answers buttons."""
    if briefing.state is State.OPEN:
        command = places.command.replace("{incident}", briefing.incident)
        yield rich(
            section(run("You take care of it? Acknowledge it:")),
            boxed(command, LINE),
        )


def _page(briefing: Briefing, places: Places) -> Iterator[Block]:
    page = places.page and places.page.replace("{incident}", briefing.incident)
    if page and len(page) <= _LONGEST_URL:
        yield rich(section(link(page, "Open page")))


def _chart(briefing: Briefing, picture: str) -> list[Block]:
    """The picture; or two lines of letters: posts over time, and when, `?` where nobody looked."""
    shown, zone = briefing.chart, briefing.timezone
    if picture and shown.observed:
        shown_as = escaped(f"Posts over time: {briefing.headline}", LINE)
        return [{"type": "image", "slack_file": {"id": picture}, "alt_text": shown_as}]
    if not shown.observed:
        return []
    columns = list(_columns(shown))
    top = max([*(column for column in columns if column is not None), 1.0])
    line = "".join("?" if c is None else _bar(c / top) for c in columns)
    first, last = shown.start, shown.time(len(shown.observed))
    begun = min(_column_of(briefing, len(columns)), max(len(columns) - 1, 0))
    started = f"▲{wording.clock(briefing.started_at, zone)}"
    axis = " " * begun + started if begun + 6 <= _COLUMNS else started[1:].rjust(begun) + "▲"
    if begun >= 12:
        axis = wording.clock(first, zone) + axis[5:]
    highest = max([o for o in shown.observed if o is not None], default=0)
    span = f"{wording.clock(first, zone)} to {wording.clock(last, zone)}"
    bars = sentence(statements.bar(shown.width))
    legend = (
        f"{bars}, {span} {wording.zone_name(last, zone)}; at most "
        f"{wording.number(highest)}, {wording.number(fmean(shown.expected or [0]))} expected"
    )
    legend += "; ? not observed" if None in shown.observed else ""
    drawn = {"type": "text", "text": f"{line}\n{axis}"}
    return [
        rich(
            section(run(legend, italic=True)),
            {"type": "rich_text_preformatted", "elements": [drawn]},
        )
    ]


def _columns(chart: Chart) -> Iterator[float | None]:
    """The mean of what was observed in each column; None where nothing was."""
    buckets = len(chart.observed)
    count = min(buckets, _COLUMNS)
    for column in range(count):
        part = chart.observed[column * buckets // count : (column + 1) * buckets // count]
        seen = [posts for posts in part if posts is not None]
        yield fmean(seen) if seen else None


def _column_of(briefing: Briefing, count: int) -> int:
    """The column in which it began; the first where that was before the chart."""
    chart = briefing.chart
    bucket = (briefing.started_at - chart.start) // timedelta(seconds=chart.width)
    return max(bucket, 0) * count // max(len(chart.observed), 1)


def _bar(share: float) -> str:
    return _BARS[min(int(share * len(_BARS)), len(_BARS) - 1)]


def _examples(briefing: Briefing) -> Iterator[Block]:
    if not briefing.examples:
        return
    parts = [section(run("What people write", bold=True))]
    for post in briefing.examples[:_EXAMPLES]:
        said = {"type": "text", "text": f"{escaped(post.text, _EXAMPLE)}\n"}
        source = escaped(statements.source(post, briefing), _SOURCE)
        elements = [said, {"type": "text", "text": source, "style": {"italic": True}}]
        parts.append({"type": "rich_text_quote", "elements": elements})
    yield rich(*parts)


def _drafts(briefing: Briefing, places: Places) -> Iterator[Block]:
    """The holding messages of the languages most written in, and where to find the others."""
    found = list(briefing.holding_messages.items())
    for language, message in found[:_DRAFTS]:
        title = f"Draft in {languages.name(language)}"
        yield rich(
            section(run(title, bold=True), run(" · to be approved before anybody publishes it")),
            boxed(message, _DRAFT),
        )
    if more := [languages.name(language) for language, _ in found[_DRAFTS:]]:
        command = f"seawall incidents show {briefing.incident}"
        where = "on its page" if places.page else f"with: {command}"
        yield rich(section(run(f"Drafts in {', '.join(more)}, too, {where}", italic=True)))


def _context(briefing: Briefing) -> Block:
    zone = briefing.timezone
    parts = []
    if briefing.acknowledged_at and briefing.state is State.RESOLVED:
        parts.append(f"Was in hand: {briefing.acknowledged_by}")
    if briefing.state is not State.RESOLVED and (hours := statements.hours(briefing)):
        parts.append(sentence(hours))
    if briefing.reason not in _SAID_ELSEWHERE:
        what = sentence(news(briefing))
        parts.append(f"{what}, {wording.moment(briefing.at, zone)}")
    if briefing.topics and briefing.state is not State.RESOLVED:
        parts.append(f"As of {wording.moment(briefing.as_of, zone)}")
    return context(*parts, briefing.incident)
