"""The report of an exercise in words."""

from collections.abc import Collection, Iterator
from datetime import timedelta

from alerts import wording
from alerts.incidents.incident import Reason
from alerts.incidents.milestones import Milestone
from alerts.languages import name
from monitor.drill.result import DrillReport, Played
from monitor.drill.setting import MARK
from monitor.reporting.document import Block, Document, Lines, Section, Table, Text
from monitor.reporting.incident_words import clock_table

_DONE = {
    Reason.ACKNOWLEDGED: "took it in hand",
    Reason.HANDED_OVER: "handed over",
    Reason.FACT: "facts asked, said, confirmed or corrected",
    Reason.SUBMITTED: "submitted messages",
    Reason.APPROVED: "approved messages",
    Reason.BROKE_GLASS: "approved alone",
    Reason.RETURNED: "returned messages",
    Reason.POSTED: "posted messages",
    Reason.KEPT_SILENT: "decided to say nothing",
    Reason.MITIGATED: "said that the worst was over",
    Reason.RESOLVED: "resolved it",
}
_NEVER = "never"


def document(report: DrillReport) -> Document:
    """How the team did, to be read from its top; every page says that it was an exercise."""
    zone = report.timezone
    began, ended = wording.moment(report.began, zone), wording.moment(report.ended, zone)
    about = f"An exercise from {began} to {ended}; none of it happened."
    clock = f"Times count from its beginning. All are those of {zone}."
    return Document(
        f"{MARK}: {report.scenario}, {report.brand}",
        (about, clock),
        tuple(section for one in report.incidents for section in _sections(one, zone))
        or (Section("What was noticed", (Text("Nothing: no incident was opened."),)),),
    )


def in_short(report: DrillReport) -> str:
    """That it has ended, and how it went, in a few lines."""
    lasted = wording.span(report.ended - report.began)
    found = "; ".join(map(_short, report.incidents)) or "nothing was noticed"
    return f"{MARK}: it has ended, after {lasted}. In short: {found}."


def _sections(one: Played, zone: str) -> Iterator[Section]:
    yield Section(one.headline, (Text(f"{one.incident}; people are told by team."),))
    yield Section("The clock", (clock_table(one.clock, zone),))
    yield Section("The first words, per language", tuple(_spoken(one)))
    yield Section("Promises", (_promises(one, zone),))
    yield Section("Corrections", tuple(_corrections(one, zone)))
    yield Section("What the linter says of what was published", (_warned(one),))
    work = [
        (team, f"{times} ×", _DONE[reason])
        for team, done in one.work.items()
        for reason, times in done.items()
    ]
    nobody = Text("Nobody did anything.")
    yield Section("Who did what", (Table(("", "", ""), tuple(work)) if work else nobody,))


def _spoken(one: Played) -> Iterator[Block]:
    rows = tuple(
        (name(each.language), _after(each.drafted), _after(each.approved), _after(each.posted))
        for each in one.spoken
    )
    silent = [number for number, each in enumerate(one.spoken) if each.posted is None]
    heads = ("After it began", "Drafted", "Approved", "Said")
    ready = _reached(one, Milestone.DRAFTED)
    offered = f"Words were ready after {ready}; nobody took them up."
    nothing = Text("Nothing was drafted." if ready == _NEVER else offered)
    yield Table(heads, rows, tuple(silent)) if rows else nothing
    unsaid = {*one.languages} - {each.language for each in one.spoken}
    if unsaid:
        yield Text(f"Written in, and never answered: {_names(unsaid)}.")
    if one.unsolved:
        yield Text(f"It worked again, and that was never said in {_names(one.unsolved)}.")


def _promises(one: Played, zone: str) -> Block:
    if not one.promises:
        return Text("Nothing was promised.")
    rows = tuple(
        (name(each.language), wording.moment(each.until, zone), each.outcome or "open at the end")
        for each in one.promises
    )
    broken = [number for number, each in enumerate(one.promises) if each.outcome == "broken"]
    return Table(("Language", "More by", ""), rows, tuple(broken))


def _corrections(one: Played, zone: str) -> Iterator[Block]:
    yield _corrected(one, zone) if one.corrections else Text("Nothing was corrected in public.")
    if one.uncorrected:
        yield Text("Wrong, and public to the end:")
        yield Lines(
            tuple(
                f"{each.message} ({name(each.language)} on {each.channel}): {each.said}; "
                f"since {wording.moment(each.since, zone)} it was {each.known}"
                for each in one.uncorrected
            )
        )


def _corrected(one: Played, zone: str) -> Block:
    rows = tuple(
        (
            f"{name(each.language)} on {each.channel}",
            wording.moment(each.drafted_at, zone),
            wording.moment(each.posted_at, zone) if each.posted_at else _NEVER,
        )
        for each in one.corrections
    )
    missing = [number for number, each in enumerate(one.corrections) if each.posted_at is None]
    return Table(("", "Drafted", "Posted"), rows, tuple(missing))


def _warned(one: Played) -> Block:
    if not one.warned:
        return Text("Nothing.")
    return Lines(
        tuple(
            f"{each.message} ({name(each.language)}): {each.rule}, {each.found or 'missing'}: "
            f"{each.why}"
            for each in one.warned
        )
    )


def _short(one: Played) -> str:
    said = sum(each.posted is not None for each in one.spoken)
    kept = sum(each.outcome == "kept" for each in one.promises)
    moved = sum(each.outcome == "moved" for each in one.promises)
    parts = [
        f"detected after {_reached(one, Milestone.DETECTED)}",
        f"acknowledged after {_reached(one, Milestone.ACKNOWLEDGED)}",
        f"first word after {_reached(one, Milestone.FIRST_WORD)}",
        f"{said} of {len({*one.languages, *(each.language for each in one.spoken)})} languages",
        f"{kept} of {len(one.promises) - moved} promises kept",
    ]
    if moved:
        parts.append(f"{moved} moved before due")
    if one.uncorrected:
        parts.append(f"{len(one.uncorrected)} × wrong in public to the end")
    if one.unsolved:
        parts.append("not said everywhere that it works again")
    return ", ".join(parts).replace(f"after {_NEVER}", _NEVER)


def _reached(one: Played, milestone: Milestone) -> str:
    """How long after it began it came to that."""
    return next(_after(mark.after) for mark in one.clock.marks if mark.milestone is milestone)


def _names(languages: Collection[str]) -> str:
    return ", ".join(sorted(map(name, languages)))


def _after(duration: timedelta | None) -> str:
    return _NEVER if duration is None else wording.span(duration)
