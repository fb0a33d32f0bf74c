"""What can be pressed on an incident's message: one row, by where the incident stands.

The row's `block_id` names the incident, whichever of its parts is pressed.
"""

from alerts.briefing import Briefing
from alerts.incidents import State
from alerts.notices import Notice
from alerts.notifiers._slack_text import Block, button, confirm, options, plain
from alerts.steps import Step

ACKNOWLEDGE = "seawall_acknowledge"
STEPS = {
    ACKNOWLEDGE: Step.ACKNOWLEDGE,
    "seawall_phone": Step.PHONE,
    "seawall_decline": Step.DECLINE,
    "seawall_mitigate": Step.MITIGATE,
    "seawall_resolve": Step.RESOLVE,
    "seawall_reopen": Step.REOPEN,
}
"""What is done at once, by `action_id`."""

MENU, WINDOW, NOTICE = "seawall_menu", "seawall_window", "seawall_notice"
"""The `action_id` of the menu, and how those begin that open a window or answer a notice."""

WINDOWS = {
    "assign": "Assign…",
    "snooze": "Snooze…",
    "verdict": "What was it?…",
    "drafts": "Holding messages…",
    "brief": "Agent brief…",
}
"""What the menu opens: five, which is as many as Slack takes there."""

LONGEST_ID = 240
_ROW = "seawall/"
_DESK = {
    "0": "now",
    "5": "in 5 minutes",
    "10": "in 10 minutes",
    "20": "in 20 minutes",
    "30": "in 30 minutes",
}


def controls(briefing: Briefing) -> list[Block]:
    """The row of an incident's message; none where its id is longer than Slack would give back."""
    incident = briefing.incident
    if len(incident) > LONGEST_ID:
        return []
    phone, decline, mitigate, resolve, reopen = (
        button(label, action, incident)
        for action, label in {
            "seawall_phone": "By phone",
            "seawall_decline": "I can't",
            "seawall_mitigate": "Mitigated",
            "seawall_resolve": "Resolve",
            "seawall_reopen": "Reopen",
        }.items()
    )
    resolve["confirm"] = confirm(
        "Resolve this incident?",
        f"{briefing.headline}. It says to everybody that this is over.",
        "Resolve",
        "Not yet",
    )
    menu = {"type": "overflow", "action_id": MENU, "options": options(WINDOWS)}
    desk = {
        "type": "static_select",
        "action_id": ACKNOWLEDGE,
        "placeholder": plain("At my desk…", 75),
        "options": options(_DESK),
    }
    row = {
        State.OPEN: [desk, phone, decline, resolve, menu],
        State.ACKNOWLEDGED: [mitigate, resolve, decline, menu],
        State.MITIGATED: [resolve, decline, menu],
        State.RESOLVED: [reopen, button("What was it?…", f"{WINDOW}:verdict", incident)],
    }[briefing.state]
    return [{"type": "actions", "block_id": f"{_ROW}{incident}", "elements": row}]


def incident_of(block_id: object) -> str | None:
    """The incident of a row, by its `block_id`; None for any other block."""
    found = str(block_id)
    return found.removeprefix(_ROW) if found.startswith(_ROW) else None


def answers(notice: Notice) -> list[Block]:
    """The buttons of a notice; each gives back its verb, value and what it is about."""
    row = [
        button(action.label, f"{NOTICE}:{action.verb}:{n}", f"{notice.about}\n{action.value}")
        for n, action in enumerate(notice.actions[:25])
    ]
    if row and notice.urgent:
        row[0]["style"] = "primary"
    return [{"type": "actions", "elements": row}] if row else []
