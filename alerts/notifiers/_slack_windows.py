"""The windows that open before a person in Slack, and what is written in them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from alerts import wording
from alerts.briefings.briefing import Briefing
from alerts.briefings.instruction import LABELS, Instruction
from alerts.briefings.news import VERDICTS
from alerts.incidents.incident import Refused, Severity
from alerts.incidents.steps import DOUBLES, Step
from alerts.notifiers import _slack_facts, _slack_words
from alerts.notifiers._slack_blocks import state
from alerts.notifiers._slack_desk import MOST
from alerts.notifiers._slack_forms import (
    IT,
    LONGEST,
    LONGEST_NAME,
    LONGEST_REASON,
    View,
    asking,
    choice,
    entry,
    select,
    showing,
    typed,
)
from alerts.notifiers._slack_text import Block, context, plain, rich, run, section, sentence

Said = Mapping[str, str]
"""What is filled in, by name."""

Row = Callable[[Briefing], list[Block]]

_MOST_OPTIONS, _LONGEST_OPTION = 100, 75
_SNOOZES = (timedelta(hours=1), timedelta(hours=2), timedelta(hours=4), timedelta(hours=8))


def assign(incident: Briefing, channel: str, departments: Sequence[str]) -> View:
    """To whom an incident is given: a person, or a team or a function of the duty list."""
    person = {"type": "users_select", "action_id": IT, "placeholder": plain("Somebody", 150)}
    named = {one: one for one in departments[:_MOST_OPTIONS] if 0 < len(one) <= _LONGEST_OPTION}
    other = typed("department", "or to a department", LONGEST_NAME, optional=True)
    if named:
        label = "or to a team, or a function of the duty list"
        other = entry("department", label, select(named), optional=True)
    return asking(
        *("assign", "Assign", incident, channel),
        entry("person", "To a person", person, optional=True),
        other,
    )


def snooze(incident: Briefing, channel: str, now: datetime) -> View:
    """Until when it calls nobody."""
    at = [now + wait for wait in _SNOOZES]
    labels = {
        moment.isoformat(): f"{wording.span(moment - now)}, until "
        f"{wording.clock(moment, incident.timezone)}"
        for moment in at
    }
    offered = choice(labels | {DOUBLES: "until it doubles"})
    return asking(
        "snooze", "Snooze", incident, channel, entry("until", "Calls nobody for", offered)
    )


def verdict(incident: Briefing, channel: str) -> View:
    """What it was, so that Seawall learns."""
    offered = choice({str(one): sentence(said) for one, said in VERDICTS.items()})
    return asking(
        "verdict",
        "What was it?",
        incident,
        channel,
        entry("verdict", "It is", offered),
        typed("reason", "Why", LONGEST_REASON, optional=True, multiline=True),
    )


def note(incident: Briefing, channel: str) -> View:
    """Words for the record."""
    written = typed("note", "What happened", LONGEST_REASON, multiline=True)
    return asking("note", "Note", incident, channel, written)


def merge(incident: Briefing, channel: str, others: Sequence[Briefing]) -> View:
    """Which other incident is a part of this one. Raises Refused where there is none."""
    labels = {each.incident: each.headline for each in others if each.incident != incident.incident}
    if not labels:
        raise Refused("there is no other open incident")
    return asking(
        "merge",
        "Merge",
        incident,
        channel,
        entry("part", "A part of this one", choice(dict(list(labels.items())[:10]))),
    )


def brief(incident: Briefing, channel: str, before: Instruction | None, readers: str = "") -> View:
    """What those who answer need to know, beginning with what they were told last.

    `readers` says who has read that.
    """
    parts = before.parts if before else {}
    inputs = [
        typed(
            part,
            label,
            LONGEST,
            optional=True,
            multiline=True,
            initial="\n".join(parts.get(part, ())),
        )
        for part, label in LABELS.items()
    ]
    read = [context(readers)] if readers else []
    return asking("brief", "Agent brief", incident, channel, *read, *inputs)


def lead(incident: Briefing, channel: str, chosen: str = "") -> View:
    """What speaks for the team: how severe it is, who may know of it, that nothing is said."""
    labels = {f"{Step.RATE}:{one}": f"It is {one.upper()}" for one in Severity}
    labels[Step.UNRESTRICT if incident.restricted else Step.RESTRICT] = (
        "Everybody may see it" if incident.restricted else "Only named people may see it"
    )
    labels[Step.KEEP_SILENT] = "Say nothing in public, for now"
    return asking(
        *("lead", "Decide", incident, channel),
        entry("decision", "What do you decide?", choice(labels, chosen)),
        typed("again", "Say nothing until it is looked at again: 07:00, 2h", 40, optional=True),
        typed("reason", "Why", LONGEST_REASON, optional=True, multiline=True),
    )


def status(incidents: Sequence[Briefing]) -> View:
    """What is open."""
    return showing("Open incidents", lines_of(incidents))


def lines_of(incidents: Sequence[Briefing], row: Row = lambda _: []) -> list[Block]:
    """A paragraph for each incident: what it is, who has it, its id, and a `row` below it."""
    if not incidents:
        return [rich(section(run("Nothing is open.")))]
    found = [part for each in incidents[: MOST - 1] for part in (*_line(each), *row(each))]
    if len(incidents) >= MOST:
        found.append(rich(section(run("and others, which are less severe", italic=True))))
    return found


def _line(incident: Briefing) -> list[Block]:
    since = wording.moment(incident.started_at, incident.timezone)
    has = incident.acknowledged_by
    who = f"{has} has it in hand" if has else "nobody has it in hand"
    return [
        rich(section(run(f"{state(incident)}: {incident.headline}", bold=True))),
        context(f"since {since}", who, incident.incident),
    ]


def submitted(
    name: str, said: Mapping[str, str], named: Callable[[str], str]
) -> tuple[str, str, str]:
    """The verb, value and note that a window's answers mean. Raises Refused where one is missing.

    `named` says what a person is called, by their Slack id.
    """
    if name == "assign":
        person = said.get("person", "")
        return Step.ASSIGN, named(person) if person else said.get("department", ""), ""
    if name not in _READ:
        raise Refused("this window is of an older Seawall; open it again")
    return _READ[name](said)


def _decided(said: Said) -> tuple[str, str, str]:
    verb, _, severity = said["decision"].partition(":")
    again = said.get("again", "") if verb == Step.KEEP_SILENT else ""
    return verb, severity or again, said.get("reason", "")


def _brief(said: Said) -> tuple[str, str, str]:
    parts = {part: said.get(part, "") for part in LABELS}
    return "instruct", Instruction.written(**parts).to_json(), ""


_READ: Mapping[str, Callable[[Said], tuple[str, str, str]]] = {
    "snooze": lambda said: (Step.SNOOZE, said["until"], ""),
    "verdict": lambda said: (Step.JUDGE, said["verdict"], said.get("reason", "")),
    "note": lambda said: (Step.NOTE, "", said["note"]),
    "merge": lambda said: ("merge", said["part"], ""),
    "brief": _brief,
    "lead": _decided,
    **_slack_words.READ,
    **_slack_facts.READ,
}
