"""What can be pressed on an incident's message: one row, by where the incident stands.

The row's `block_id` names the incident, whichever of its parts is pressed.
"""

from alerts.briefings.briefing import Briefing
from alerts.duty.notices import (
    ANSWER,
    APPROVE,
    COPY,
    POST,
    POSTED,
    Action,
    Notice,
    Purpose,
    approved_actions,
)
from alerts.incidents.incident import State
from alerts.incidents.steps import Step
from alerts.notifiers._slack_text import Block, button, confirm, options, plain
from alerts.words.approval import Message

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

LEAD = "lead"
"""The window of what speaks for the team."""

WINDOWS = {
    "assign": "Assign…",
    "snooze": "Snooze…",
    "verdict": "What was it?…",
    "brief": "Agent brief…",
    LEAD: "Severity, who may see it, silence…",
}
"""What the menu opens: five, which is as many as Slack takes there."""

_OPENS = {ANSWER: "facts", COPY: "copy", POSTED: "posted"}
"""The window that an action opens, by its verb."""

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
    words, facts = (
        button(label, f"{WINDOW}:{name}", incident)
        for name, label in {"words": "Words…", "facts": "Facts…"}.items()
    )
    menu = {"type": "overflow", "action_id": MENU, "options": options(WINDOWS)}
    desk = {
        "type": "static_select",
        "action_id": ACKNOWLEDGE,
        "placeholder": plain("At my desk…", 75),
        "options": options(_DESK),
    }
    row = {
        State.OPEN: [desk, phone, decline, resolve, words, facts, menu],
        State.ACKNOWLEDGED: [mitigate, resolve, decline, words, facts, menu],
        State.MITIGATED: [resolve, decline, words, facts, menu],
        State.RESOLVED: [reopen, button("What was it?…", f"{WINDOW}:verdict", incident), words],
    }[briefing.state]
    return [{"type": "actions", "block_id": f"{_ROW}{incident}", "elements": row}]


def incident_of(block_id: object) -> str | None:
    """The incident of a row, by its `block_id`; None for any other block."""
    found = str(block_id)
    return found.removeprefix(_ROW) if found.startswith(_ROW) else None


def answers(notice: Notice) -> list[Block]:
    """The buttons of a notice; each gives back its verb, value and what it is about.

    One about public words opens the windows for them, too.
    """
    row = [_answer(notice.about, action, n) for n, action in enumerate(notice.actions[:20])]
    if row and notice.urgent:
        row[0]["style"] = "primary"
    if notice.purpose is Purpose.WORDS and notice.incident and not notice.outcome:
        if any(action.verb == APPROVE for action in notice.actions):
            row.append(button("Return…", f"{WINDOW}:return", notice.about))
        row.append(button("Words…", f"{WINDOW}:words", notice.incident))
    return [{"type": "actions", "elements": row}] if row else []


def approved(message: Message, offer: str) -> list[Block]:
    """What is done with a message once it is approved: posted, by Seawall where it is offered."""
    offered = approved_actions(message.sha256, offer)
    return [_answer(message.id, action, n) for n, action in enumerate(offered)]


def _answer(about: str, action: Action, number: int) -> Block:
    value = f"{about}\n{action.value}" if action.value else about
    if action.verb in _OPENS:
        return button(action.label, f"{WINDOW}:{_OPENS[action.verb]}", value)
    pressed = button(action.label, f"{NOTICE}:{action.verb}:{number}", f"{about}\n{action.value}")
    if action.verb == POST:
        at_once = f"It is public at once, {action.label.removeprefix('Post ')}."
        pressed["confirm"] = confirm("Post it now?", at_once, "Post", "No")
    return pressed
