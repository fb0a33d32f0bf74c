"""The report of a month in words."""

from collections.abc import Iterator
from datetime import timedelta

from alerts import wording
from alerts.briefings.news import VERDICTS
from alerts.incidents.incident import Verdict
from alerts.incidents.milestones import LABELS, Milestone
from monitor.reporting.document import Block, Document, Facts, Lines, Room, Section, Table, Text
from monitor.reporting.figures import Times
from monitor.reporting.incident_words import KINDS
from monitor.reporting.month import MonthReport, TeamMonth

_ROOM = 6


def document(report: MonthReport) -> Document:
    """The report, to be read from its top."""
    zone = report.month.zone
    so_far = "The month is not over. " if report.going_on else ""
    written = wording.moment(report.written_at, zone)
    return Document(
        f"The month {report.month.name}",
        (f"{so_far}Written {written}. Days and times are those of {zone}.",),
        tuple(_sections(report)),
    )


def _sections(report: MonthReport) -> Iterator[Section]:
    for team in report.teams:
        yield Section(team.name, tuple(_team(team)))
    yield Section("What was not seen", (_blind(report),))
    yield Section("Spending", (_spending(report),))
    yield Section("Its incidents", tuple(_incidents(report)))
    yield Section("Not recorded", (Lines(report.not_recorded),))
    yield Section("Lessons", (Room(_ROOM),))


def _team(team: TeamMonth) -> Iterator[Block]:
    if team.kinds:
        yield _kinds(team)
    else:
        yield Text("No incidents.")
    if any(one.of for one in team.times.values()):
        yield _times(team)
    yield Facts(tuple(facts(team)))


def _kinds(team: TeamMonth) -> Table:
    """Incidents by kind, a column for every verdict that was given."""
    given = {one.verdict for one in team.kinds}
    verdicts: list[Verdict | None] = [one for one in (*Verdict, None) if one in given]
    kinds = list(dict.fromkeys((one.kind, one.calls) for one in team.kinds))
    numbers = {(one.kind, one.calls, one.verdict): one.number for one in team.kinds}
    rows = [
        (
            KINDS[kind] if calls else f"{KINDS[kind]}, only shown",
            *(str(numbers.get((kind, calls, verdict), 0)) for verdict in verdicts),
            str(sum(numbers.get((kind, calls, verdict), 0) for verdict in verdicts)),
        )
        for kind, calls in kinds
    ]
    heads = [VERDICTS[one] if one else "no verdict" for one in verdicts]
    return Table(("Incidents", *heads, "all"), tuple(rows))


def _times(team: TeamMonth) -> Table:
    rows = [
        (
            LABELS[milestone],
            _span(one.median),
            _span(one.worst),
            f"{one.reached} of {one.of}",
            str(team.breaches.get(milestone, "")),
        )
        for milestone, one in team.times.items()
    ]
    resolved = team.breaches.get(Milestone.RESOLVED)
    if resolved:
        rows.append((LABELS[Milestone.RESOLVED], "", "", "", str(resolved)))
    marked = [n for n, row in enumerate(rows) if row[-1] not in ("0", "")]
    heads = ("From the onset", "Median", "Worst", "Known of", "Later than the target")
    return Table(heads, tuple(rows), tuple(marked))


def _span(span: timedelta | None) -> str:
    return "–" if span is None else wording.span(span)


def facts(team: TeamMonth) -> Iterator[tuple[str, str]]:
    """A team's figures that are no table, each with its label."""
    nights, given, paused, said = team.nights, team.handovers, team.promotions, team.public
    yield "Missed", f"{team.missed}: reported by people, and not found"
    yield "Nights woken", f"{nights.woken}; for false alarms alone: {nights.falsely}"
    yield "Calls", f"{nights.calls} outside opening hours, {nights.declined} declined"
    counted = f"{given.accepted} accepted, {given.waiting} not; {given.empty} with nothing open"
    yield "Hand-overs", counted
    moved = f", {said.moved} moved before due" if said.moved else ""
    yield "Promises in public", f"{said.kept} kept, {said.broken} broken{moved}"
    yield "Corrections", f"{said.corrections} posted"
    yield "Approved alone", f"{said.alone}: break-glass, with a reason"
    yield "Silences", f"{said.silences} decided"
    yield "Promotions", _promotions(paused, team.paused_unasked)
    yield "Promotions after an alert", f"{said.after_alert} posts that nobody approved here"
    yield "Look-alike accounts", f"{said.lookalikes} seen in incidents"


def _promotions(paused: Times, unasked: int) -> str:
    cases = f"{unasked} case{'s' * (unasked != 1)}"
    own = f"paused without being asked in {cases}" if unasked else ""
    if not paused.of:
        return own or "nobody was asked to pause them"
    soon = f"; half within {_span(paused.median)}, at worst {_span(paused.worst)}"
    how = soon if paused.reached else ""
    said = f"paused in {paused.reached} of {paused.of} cases that asked for it{how}"
    return f"{said}; {own}" if own else said


def _blind(report: MonthReport) -> Block:
    if not report.blind:
        return Text("Every source saw all the time.")
    rows = [(source, f"{hours:,.1f}") for source, hours in report.blind.items()]
    return Table(("Source", "Blind hours"), tuple(rows))


def _spending(report: MonthReport) -> Block:
    if not report.spent:
        return Text("No paid source.")
    rows = [(source, f"${dollars:,.2f}") for source, dollars in report.spent.items()]
    rows.append(("All", f"${sum(report.spent.values()):,.2f}"))
    each = "–" if report.per_real is None else f"${report.per_real:,.2f}"
    rows.append((f"For each real incident: {report.real}", each))
    return Table((f"Source, in {report.month.name} of UTC", "Dollars"), tuple(rows))


def _incidents(report: MonthReport) -> Iterator[Block]:
    if report.hidden:
        left_out = "left out of all figures but the nights"
        yield Text(f"Restricted: {report.hidden}, {left_out}.")
    if not report.incidents:
        yield Text("None.")
        return
    rows = [
        (
            wording.moment(one.detected_at, report.month.zone),
            one.headline,
            KINDS[one.kind] if one.kind else "restricted",
            str(one.severity or ""),
            VERDICTS[one.verdict] if one.verdict else "",
            "; ".join(one.breaches),
        )
        for one in report.incidents
    ]
    marked = tuple(n for n, one in enumerate(report.incidents) if one.breaches)
    heads = ("Detected", "Incident", "Kind", "Severity", "Verdict", "Too late")
    yield Table(heads, tuple(rows), marked)
