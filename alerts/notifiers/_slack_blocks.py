"""A briefing as a Slack message, read on a phone at night: what, how sure, the buttons, the rest.

Strangers' words stand in rich text, where Slack interprets nothing, and are escaped there, too. The
few values in mrkdwn have lost every character that formats. No message exceeds Slack's limits:
each text is bounded, and details go from the end where all of them together are too long.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from statistics import fmean
from typing import Any

from alerts import languages, statements, wording
from alerts.briefing import Briefing
from alerts.charts import Chart
from alerts.incidents import Kind, Reason, Severity, State
from alerts.news import news
from alerts.notifiers import Places
from alerts.plain_text import visible
from alerts.statements import HOURS, Share

Block = dict[str, Any]

ACKNOWLEDGE, RESOLVE, PAGE = "seawall_acknowledge", "seawall_resolve", "seawall_page"
"""The buttons, by their `action_id`; the value of the first two is the incident's id."""

LONGEST_MESSAGE = 13_000
"""Characters of all blocks together, as JSON; Slack refuses a little more than that."""

_HEADER, _LINE, _FIELD, _EXAMPLE, _SOURCE, _DRAFT = 150, 300, 250, 400, 160, 1500
_LONGEST_URL = 1000
_EXAMPLES, _DRAFTS = 3, 2
_COLUMNS = 32
_BARS = "▁▂▃▄▅▆▇█"
_MARKS = {Severity.CRITICAL: "🔴", Severity.MAJOR: "🟠", Severity.MINOR: "🔵"}
_SHOWN, _SILENT = "💬", "🔇"
_SAID_ELSEWHERE = (
    Reason.OPENED,
    Reason.ACKNOWLEDGED,
    Reason.RESOLVED,
    Reason.RENEWED,
    Reason.ILLUSTRATED,
)
"""What the rest of the message says itself."""

_CONTROL = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_FORMATTING = str.maketrans({"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ", "|": "¦"})


def escaped(text: str, length: int) -> str:
    """Text on one line in which nothing acts, of at most `length` characters when escaped.

    >>> escaped("<!channel> R&D", 40), escaped("&&&&", 12)
    ('&lt;!channel&gt; R&amp;D', '&amp;&amp;…')
    """
    start = " ".join(text.split())[: 2 * length + 2]  # enough of what may be very long
    shown = [_CONTROL.get(character, character) for character in visible(start)]
    if sum(map(len, shown)) <= length:
        return "".join(shown) or "…"
    room, kept = length - 1, []
    for character in shown:
        room -= len(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def inert(text: str, length: int) -> str:
    """The same for mrkdwn: characters that format give way to others that look like them.

    >>> inert("*R&D* at `night`", 40)
    '∗R&amp;D∗ at ˋnightˋ'
    """
    return escaped(text.translate(_FORMATTING), length)


def text(briefing: Briefing) -> str:
    """The message without blocks: what a phone shows while it is locked."""
    return f"{inert(_state(briefing), _HEADER)}: {inert(briefing.headline, _LINE)}"


def blocks(briefing: Briefing, places: Places, *, buttons: bool) -> list[Block]:
    """The message as blocks; without `buttons` it names the command that acknowledges."""
    about = f"{_mark(briefing)} {_state(briefing)} · {_what(briefing)}"
    head: list[Block] = [
        {"type": "header", "text": _plain(about, _HEADER)},
        _rich(_section(_run(briefing.headline, bold=True))),
    ]
    details: list[Block] = []
    if briefing.state is State.RESOLVED:
        head.append(_rich(_section(_run(_ending(briefing)))))
    else:
        head.append(_fields(_first(briefing)))
    head += _actions(briefing, places, buttons=buttons)
    if briefing.state is not State.RESOLVED:
        details = [_chart(briefing), *_drafts(briefing, places)]
        if briefing.posts:
            details[1:1] = [_fields(_second(briefing)), *_examples(briefing)]
    return _fitting(head, details, _context(briefing))


def _fitting(head: list[Block], details: list[Block], last: Block) -> list[Block]:
    """All of it, or without the last details where that is more than Slack takes."""
    while details and _length([*head, *details, last]) > LONGEST_MESSAGE:
        details = details[:-1]
    return [*head, *details, last]


def _length(message: Sequence[Block]) -> int:
    return len(json.dumps(message, ensure_ascii=False))


def _state(briefing: Briefing) -> str:
    if briefing.state is State.RESOLVED:
        return "Resolved"
    tag = statements.tag(briefing).upper()
    if briefing.state is State.ACKNOWLEDGED:
        return f"{tag}, in hand"
    return f"{tag}, again" if briefing.reason is Reason.REOPENED else tag


def _mark(briefing: Briefing) -> str:
    if briefing.state is State.RESOLVED:
        return "✅"
    if briefing.kind is Kind.SILENCE:
        return _SILENT
    return _MARKS[briefing.severity] if briefing.calls else _SHOWN


def _what(briefing: Briefing) -> str:
    if briefing.kind is Kind.SILENCE:
        return wording.platform(briefing.topics[0].platform)
    return f"{briefing.brand_name}: {', '.join(briefing.names)}"


def _ending(briefing: Briefing) -> str:
    zone, over = briefing.timezone, briefing.resolved_at or briefing.at
    lasted = wording.span(over - briefing.started_at)
    ended = f"Over at {wording.moment(over, zone)}, {lasted} after it began."
    if briefing.reason is Reason.RENEWED:
        return f"{ended} {_sentence(statements.new_normal(briefing))}."
    if briefing.kind is Kind.SILENCE:
        return f"{ended} {_sentence(statements.now(briefing))}."
    return (
        f"{ended} "
        f"{wording.number(briefing.observed)} posts, where {wording.number(briefing.expected)} "
        f"were expected; {wording.times(briefing.peak_factor)} at its peak."
    )


def _first(briefing: Briefing) -> dict[str, str]:
    """What to know before one presses a button."""
    if briefing.elsewhere:
        return {label: said for label, said in statements.facts(briefing).items() if label != HOURS}
    found = {
        "In hand": statements.taken(briefing),
        "Since": statements.since(briefing),
        "Now": statements.now(briefing),
        "Posts": statements.posts(briefing),
        "How sure": briefing.evidence,
        "If it stays": statements.if_it_stays(briefing),
        **statements.weight(briefing),
    }
    return {label: said for label, said in found.items() if said}


def _second(briefing: Briefing) -> dict[str, str]:
    """Who asks, and where."""
    zone = briefing.timezone
    found = {
        "Asking": statements.asking(briefing),
        "Languages": _shares(statements.spoken(briefing)),
        "Platforms": _shares(statements.seen_on(briefing)),
        "Also": "; ".join(statements.other(line, zone) for line in statements.others(briefing)),
    }
    return {label: said for label, said in found.items() if said}


def _fields(facts: Mapping[str, str]) -> Block:
    """Facts, two side by side on a wide screen."""
    fields = [_mrkdwn(f"*{label}*\n{inert(value, _FIELD)}") for label, value in facts.items()]
    return {"type": "section", "fields": fields}


def _shares(shares: Sequence[Share]) -> str:
    return ", ".join(f"{share.name} {share.part:.0%}" for share in shares)


def _actions(briefing: Briefing, places: Places, *, buttons: bool) -> Iterator[Block]:
    """Buttons come before the details: on a phone, what stands below them is a long way down."""
    page = places.page and places.page.replace("{incident}", briefing.incident)
    page = page if page and len(page) <= _LONGEST_URL else None
    if not buttons:
        command = places.command.replace("{incident}", briefing.incident)
        if briefing.state is State.OPEN:
            how = _run("You take care of it? Acknowledge it:")
            code = {"type": "text", "text": escaped(command, _LINE)}
            yield _rich(_section(how), {"type": "rich_text_preformatted", "elements": [code]})
        if page:  # a button needs somebody who answers it; a link does not
            yield _rich(_section({"type": "link", "url": page, "text": "Open page"}))
        return
    found: list[Block] = []
    if briefing.state is State.OPEN:
        found.append(_button("Acknowledge", ACKNOWLEDGE, briefing) | {"style": "primary"})
    if briefing.state is not State.RESOLVED:
        found.append(_button("Resolve", RESOLVE, briefing) | {"confirm": _confirm(briefing)})
    if page:
        button = {"type": "button", "text": _plain("Open page", 75)}
        found.append(button | {"action_id": PAGE, "url": page})
    if found:
        yield {"type": "actions", "elements": found}


def _button(label: str, action: str, briefing: Briefing) -> Block:
    return {
        "type": "button",
        "text": _plain(label, 75),
        "action_id": action,
        "value": briefing.incident,
    }


def _confirm(briefing: Briefing) -> Block:
    return {
        "title": _plain("Resolve this incident?", 100),
        "text": _plain(f"{briefing.headline}. It says to everybody that this is over.", 300),
        "confirm": _plain("Resolve", 30),
        "deny": _plain("Not yet", 30),
    }


def _chart(briefing: Briefing) -> Block:
    """Two lines of equal letters: posts over time, and when; `?` where nobody looked."""
    shown, zone = briefing.chart, briefing.timezone
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
    bars = _sentence(statements.bar(shown.width))
    legend = (
        f"{bars}, {span} {wording.zone_name(last, zone)}; at most "
        f"{wording.number(highest)}, {wording.number(fmean(shown.expected or [0]))} expected"
    )
    legend += "; ? not observed" if None in shown.observed else ""
    drawn = {"type": "text", "text": f"{line}\n{axis}"}
    return _rich(
        _section(_run(legend, italic=True)),
        {"type": "rich_text_preformatted", "elements": [drawn]},
    )


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
    parts = [_section(_run("What people write", bold=True))]
    for post in briefing.examples[:_EXAMPLES]:
        said = {"type": "text", "text": f"{escaped(post.text, _EXAMPLE)}\n"}
        source = escaped(statements.source(post, briefing.timezone), _SOURCE)
        elements = [said, {"type": "text", "text": source, "style": {"italic": True}}]
        parts.append({"type": "rich_text_quote", "elements": elements})
    yield _rich(*parts)


def _drafts(briefing: Briefing, places: Places) -> Iterator[Block]:
    """The holding messages of the languages most written in, each in a box to be copied from."""
    drafts = list(briefing.holding_messages.items())
    for language, message in drafts[:_DRAFTS]:
        title = f"Draft in {languages.name(language)}"
        said = {"type": "text", "text": escaped(message, _DRAFT)}
        yield _rich(
            _section(_run(title, bold=True), _run(" · to be approved before anybody publishes it")),
            {"type": "rich_text_preformatted", "elements": [said]},
        )
    if more := [languages.name(language) for language, _ in drafts[_DRAFTS:]]:
        command = f"seawall incidents show {briefing.incident}"
        where = "on its page" if places.page else f"with: {command}"
        yield _rich(_section(_run(f"Drafts in {', '.join(more)}, too, {where}", italic=True)))


def _context(briefing: Briefing) -> Block:
    zone = briefing.timezone
    parts = []
    if briefing.acknowledged_at and briefing.state is State.RESOLVED:
        parts.append(f"Was in hand: {briefing.acknowledged_by}")
    if briefing.state is not State.RESOLVED and (hours := statements.hours(briefing)):
        parts.append(_sentence(hours))
    if briefing.reason not in _SAID_ELSEWHERE:
        what = _sentence(news(briefing))
        parts.append(f"{what}, {wording.moment(briefing.at, zone)}")
    parts.append(briefing.incident)
    return {"type": "context", "elements": [_plain(part, _LINE) for part in parts]}


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _plain(text: str, length: int) -> Block:
    return {"type": "plain_text", "text": escaped(text, length), "emoji": False}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _rich(*parts: Block) -> Block:
    return {"type": "rich_text", "elements": list(parts)}


def _section(*elements: Block) -> Block:
    return {"type": "rich_text_section", "elements": list(elements)}


def _run(text: str, **style: bool) -> Block:
    """Words in a line of rich text; a space at their beginning stays."""
    space = " " if text.startswith(" ") else ""
    run: Block = {"type": "text", "text": space + escaped(text, _LINE)}
    return run | {"style": style} if style else run
