"""The report of an exercise in words."""

from collections.abc import Iterator
from datetime import timedelta

from alerts import wording
from alerts.incidents import Reason
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
    return Document(
        f"{MARK}: {report.scenario}, {report.brand}",
        (f"{about} All times are those of {zone}.",),
        tuple(section for one in report.incidents for section in _sections(one, zone))
        or (Section("What was noticed", (Text("Nothing: no incident was opened."),)),),
    )


def _sections(one: Played, zone: str) -> Iterator[Section]:
    yield Section(one.headline, (Text(f"{one.incident}; people are told by team."),))
    yield Section("The clock", (clock_table(one.clock, zone),))
    yield Section("The first words, per language", tuple(_spoken(one)))
    yield Section("Promises", (_promises(one, zone),))
    yield Section("Corrections", (_corrections(one, zone),))
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
    heads = ("After the onset", "Drafted", "Approved", "Said")
    yield Table(heads, rows, tuple(silent)) if rows else Text("Nothing was drafted.")
    unsaid = {*one.languages} - {each.language for each in one.spoken}
    if unsaid:
        yield Text(f"Written in, and never answered: {', '.join(sorted(map(name, unsaid)))}.")


def _promises(one: Played, zone: str) -> Block:
    if not one.promises:
        return Text("Nothing was promised.")
    rows = tuple(
        (name(each.language), wording.moment(each.until, zone), each.outcome or "open at the end")
        for each in one.promises
    )
    broken = [number for number, each in enumerate(one.promises) if each.outcome == "broken"]
    return Table(("Language", "More by", ""), rows, tuple(broken))


def _corrections(one: Played, zone: str) -> Block:
    if not one.corrections:
        return Text("Nothing was corrected in public.")
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


def _after(duration: timedelta | None) -> str:
    return _NEVER if duration is None else wording.span(duration)
