"""The report of an incident in words."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from zoneinfo import ZoneInfo

from alerts import languages, wording
from alerts.briefings import picture, statements
from alerts.briefings.briefing import Briefing
from alerts.briefings.instruction import LABELS as PARTS
from alerts.briefings.news import PLACES, VERDICTS, news
from alerts.incidents.breach import Breach
from alerts.incidents.incident import DAEMON, Answer, Kind, Reason
from alerts.incidents.milestones import LABELS, Mark, Milestone, Milestones, Standing
from alerts.plain_text import shortened
from alerts.words.approval import plain
from monitor.reporting.document import (
    Block,
    Document,
    Facts,
    Lines,
    Picture,
    Quote,
    Room,
    Section,
    Table,
    Text,
)
from monitor.reporting.incident import Brief, IncidentReport, Said
from monitor.telling.timeline import UNTOLD, Line

KINDS = {
    Kind.SURGE: "surge",
    Kind.SILENCE: "silence",
    Kind.SAFETY: "words about safety",
    Kind.BLINDNESS: "blind source",
    Kind.REPORTED: "reported by a person",
    Kind.UNAPPROVED: "post that nobody approved",
}
_ANSWERS = {
    Answer.DESK: "comes to the desk",
    Answer.PHONE: "handles it by phone",
    "declined": "cannot take it",
    "none": "no answer",
}
_STANDINGS = {
    Standing.KEPT: "kept",
    Standing.BREACHED: "breached",
    Standing.RUNNING: "running",
}
_LESSONS = ("What went well", "What went badly", "What we change: who, until when")
_FOLDED = (Reason.SUBMITTED, Reason.APPROVED, Reason.POSTED)
_LONGEST_POST = 600
_ROOM = 3


def document(report: IncidentReport) -> Document:
    """The report, to be read from its top."""
    one, zone = report.newest, report.timezone
    began = one.started_at.astimezone(ZoneInfo(zone))
    written = wording.moment(report.written_at, zone)
    return Document(
        f"Incident report: {one.headline}",
        (
            f"{one.incident}, {began.day} {began:%B %Y}",
            f"Written {written}. All times are those of {zone}.",
        ),
        tuple(_sections(report)),
    )


def clock_table(clock: Milestones, zone: str) -> Table:
    """The clock against its targets, a row for each milestone; breaches are marked."""
    rows = [(LABELS[one.milestone], *_mark(one, clock, zone)) for one in clock.marks]
    marked = [n for n, one in enumerate(clock.marks) if one.standing is Standing.BREACHED]
    heads = ("", "When", "After the onset", "Target", "")
    return Table(heads, tuple(rows), tuple(marked))


def _sections(report: IncidentReport) -> Iterator[Section]:
    zone = report.timezone
    yield Section("What it was", (Facts(tuple(_facts(report))),))
    breach = (_breach(report.breach, zone),) if report.breach else ()
    yield Section("The clock", (clock_table(report.clock, zone), *breach))
    yield Section("What was said in public", tuple(_public(report)))
    charted = [one for one in report.revisions if one.chart.observed]
    if charted:
        words = f"{charted[-1].headline}: posts, what was expected, and what happened when"
        yield Section("The chart", (Picture(picture.png(charted[-1]), words),))
    yield Section("What happened", (_timeline(report),))
    yield Section("Briefings, as they were", (Text(_how_many(report)),))
    for one in report.in_full:
        yield Section(_when(one), tuple(_briefing(one)), level=3)
    yield Section("Revisions that said something new", (_revisions(report),), level=3)
    if unsaid := _unsaid(report):
        yield Section("Words that were ready, and never said", (unsaid,))
    if report.briefs:
        yield Section("What those who answer were told", ())
        for brief in report.briefs:
            yield Section(_by(brief, zone), tuple(_brief(brief, zone)), level=3)
    if report.calls or report.tried:
        yield Section("Calls and answers", tuple(_calls(report)))
    yield Section("What was not seen", (_blind(report),))
    yield Section("Lessons", ())
    for question in _LESSONS:
        yield Section(question, (Room(_ROOM),), level=3)


def _facts(report: IncidentReport) -> Iterator[tuple[str, str]]:
    one, incident, zone = report.newest, report.incident, report.timezone
    yield "Kind", KINDS[one.kind]
    yield "Topics", ", ".join(one.names) or incident.subject or "none"
    by = f", says {incident.severity_by}" if incident.severity_by else ""
    yield "Severity", f"{one.severity}{by}" if one.calls else f"calls nobody: {one.calls_because}"
    yield "Stands", statements.in_hand(one, incident.resolved_by)
    if incident.merged_into:
        yield "Part of", incident.merged_into
    if one.assigned_to:
        yield "Assigned to", one.assigned_to
    if incident.verdict:
        said = wording.moment(incident.verdict_at, zone) if incident.verdict_at else ""
        yield "Verdict", f"{VERDICTS[incident.verdict]}, says {incident.verdict_by}, {said}"
    else:
        yield "Verdict", "nobody has said what it was"
    if incident.pause_asked_at:
        yield "Promotions", _promotions(report)
    if incident.held_at:
        held = f"since {wording.moment(incident.held_at, zone)}, says {incident.held_by}"
        yield "Legal hold", f"{held}: {incident.held_because}"
    yield "Cost", "no paid source" if report.spent is None else f"${report.spent:,.2f} of API calls"


def _breach(breach: Breach, zone: str) -> Lines:
    return Lines(tuple(f"Data breach, {line}" for line in breach.lines(zone)))


def _promotions(report: IncidentReport) -> str:
    one, zone = report.incident, report.timezone
    asked = wording.moment(one.pause_asked_at, zone) if one.pause_asked_at else ""
    if one.paused_at is None:
        return f"to be paused since {asked}; nobody has confirmed that they are"
    return f"paused {wording.moment(one.paused_at, zone)} by {one.paused_by}, asked for {asked}"


def _mark(mark: Mark, clock: Milestones, zone: str) -> tuple[str, str, str, str]:
    """When, how long after the onset, the target, and whether it was kept."""
    when = wording.moment(mark.at, zone) if mark.at else ""
    if mark.milestone is Milestone.FIRST_WORD and clock.silent:
        again = wording.moment(clock.silent_until, zone) if clock.silent_until else "no time said"
        when = f"{when}: decided to say nothing by {mark.by}; looked at again: {again}"
    elif mark.by:
        when = f"{when}, by {mark.by}"
    elif mark.at is None:
        over = clock[Milestone.RESOLVED].at and not clock.back
        so_far = "not at all" if over else "not so far"
        when = so_far if mark.asked else "not asked"
    if mark.milestone is Milestone.RESOLVED and clock.back:
        when = f"{when}; open again"
    return (
        when,
        wording.span(mark.after) if mark.after is not None else "",
        wording.span(mark.target) if mark.target is not None else "",
        _STANDINGS[mark.standing] if mark.standing and mark.target is not None else "",
    )


def _public(report: IncidentReport) -> Iterator[Block]:
    if not report.said:
        yield Text("Nothing that was posted through Seawall, or noted here as posted.")
    for one in report.said:
        yield Quote(
            tuple(one.text.split("\n")), " · ".join(_origin(one, report.timezone)), one.link
        )


def _origin(one: Said, zone: str) -> Iterator[str]:
    """In which language, where and when it was said, by whom, and who approved it."""
    yield f"{languages.name(one.language)} on {wording.platform(one.channel)}, {one.phase}"
    posted = f"posted {wording.moment(one.at, zone)} by {one.by}" if one.at else ""
    yield posted or "perhaps public: nobody has looked"
    for given in one.approved:
        alone = f" alone, because {given.alone}" if given.alone else ""
        yield f"approved {wording.moment(given.at, zone)} by {given.by}{alone}"
    if one.wrong:
        yield f"not so any more: {one.wrong}"
    yield one.message


def _timeline(report: IncidentReport) -> Table:
    rows = [
        (
            wording.moment(lines[0].at, report.timezone),
            "Seawall" if lines[0].actor == DAEMON else lines[0].actor,
            PLACES.get(lines[0].place, lines[0].place) if lines[0].place else "",
            "; ".join([lines[0].words, *(line.note or line.words for line in lines[1:])]),
        )
        for lines in _folded(report.timeline)
    ]
    return Table(("When", "Who", "From where", "What, and why"), tuple(rows))


def _folded(timeline: Iterable[Line]) -> Iterator[list[Line]]:
    """Its steps; those about messages that somebody took one after another are one."""
    alike = groupby(
        enumerate(timeline),
        lambda it: (it[1].kind, it[1].actor, it[1].place) if it[1].kind in _FOLDED else it[0],
    )
    for _, lines in alike:
        yield [line for _, line in lines]


def _how_many(report: IncidentReport) -> str:
    shown, total = len(report.in_full), len(report.revisions)
    if shown == total:
        return "In full, with posts as they were masked then."
    return (
        f"{shown} of {total} in full, with posts as they were masked then: the first, those at "
        "which it became more severe, the last."
    )


def _when(one: Briefing) -> str:
    return f"Revision {one.revision}, {wording.moment(one.at, one.timezone)}: {news(one)}"


def _briefing(one: Briefing) -> Iterator[Block]:
    yield Text(f"{statements.tag(one).upper()}: {one.headline}")
    facts = statements.facts(one).items()
    yield Facts(tuple((label, "; ".join(said.split("\n"))) for label, said in facts))
    for post in one.examples:
        text = shortened(post.text, _LONGEST_POST)
        yield Quote((text,), statements.source(post, one), post.url)


def _revisions(report: IncidentReport) -> Table:
    rows = [
        (
            str(one.revision),
            wording.moment(one.at, report.timezone),
            one.reason.replace("_", " "),
            f"{statements.tag(one).upper()}: {one.headline}",
        )
        for one in _telling(report.revisions)
    ]
    return Table(("", "When", "What", "Headline"), tuple(rows))


def _telling(revisions: Iterable[Briefing]) -> Iterator[Briefing]:
    """Those in which more happened than that numbers were brought up to date, and it was told."""
    before = None
    for one in revisions:
        now = statements.tag(one), one.headline
        if now != before and one.reason not in UNTOLD:
            yield one
            before = now


def _unsaid(report: IncidentReport) -> Table | None:
    """The newest holding messages, but for those that were posted word for word."""
    ready = [one.holding_messages for one in report.revisions if one.holding_messages]
    said = {one.text for one in report.said}
    rows = [
        (languages.name(language), text)
        for language, text in (ready[-1] if ready else {}).items()
        if plain(text) not in said
    ]
    return Table(("Holding message", ""), tuple(rows)) if rows else None


def _by(brief: Brief, zone: str) -> str:
    one = brief.instruction
    at = f", {wording.moment(one.at, zone)}" if one.at else ""
    return f"Revision {one.revision} by {one.by}{at}"


def _brief(brief: Brief, zone: str) -> Iterator[Block]:
    parts = brief.instruction.parts.items()
    yield Facts(tuple((PARTS[part], line) for part, lines in parts for line in lines))
    readers = [f"{who}, {wording.moment(at, zone)}" for who, at in brief.readers.items()]
    yield Text(f"Read by {'; '.join(readers)}." if readers else "Nobody said that they read it.")


def _calls(report: IncidentReport) -> Iterator[Block]:
    zone = report.timezone
    if report.calls:
        rows = [
            (
                wording.moment(one.at, zone),
                one.person,
                one.why,
                _ANSWERS.get(one.answer, one.answer) if one.answer else "not known yet",
                wording.span(one.answered_at - one.at) if one.answered_at else "",
            )
            for one in report.calls
        ]
        yield Table(("When", "Who", "Why", "Answer", "After"), tuple(rows))
    if report.tried:
        tried = [
            (
                wording.moment(one.at, zone),
                one.function,
                "reached" if one.answered else "not reached",
                one.by,
            )
            for one in report.tried
        ]
        yield Table(("When", "Of the duty list", "", "By"), tuple(tried))


def _blind(report: IncidentReport) -> Block:
    if not report.blind:
        return Text("Every source saw all the time.")
    return Lines(
        tuple(
            f"{one.source}: {wording.moment(one.since, report.timezone)} to "
            + (wording.moment(one.until, report.timezone) if one.until else "now")
            for one in report.blind
        )
    )
