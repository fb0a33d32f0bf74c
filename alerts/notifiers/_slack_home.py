"""The app's own page in Slack: what is open, and who is on duty."""

from collections.abc import Sequence
from typing import Any

from alerts.briefings.briefing import Briefing
from alerts.notifiers._slack_blocks import hidden
from alerts.notifiers._slack_controls import controls
from alerts.notifiers._slack_desk import Duty
from alerts.notifiers._slack_text import Block, plain, rich, run, section
from alerts.notifiers._slack_windows import lines_of


def home(incidents: Sequence[Briefing], duties: Sequence[Duty]) -> dict[str, Any]:
    """The page as one person sees it."""
    return {
        "type": "home",
        "blocks": [
            {"type": "header", "text": plain("Open incidents", 150)},
            *lines_of(incidents, _controls),
            {"type": "divider"},
            {"type": "header", "text": plain("On duty", 150)},
            *on_duty(duties),
        ],
    }


def _controls(incident: Briefing) -> list[Block]:
    return [] if hidden(incident) else controls(incident)


def on_duty(duties: Sequence[Duty]) -> list[Block]:
    """Who is on duty, a paragraph for each team."""
    if not duties:
        return [rich(section(run("No teams are configured.")))]
    return [rich(section(run(f"{one.team}: ", bold=True), run(f" {_who(one)}"))) for one in duties]


def _who(duty: Duty) -> str:
    people = ", ".join(duty.people) or "nobody"
    until = f" until {duty.until}" if duty.until else ""
    desks = "at their desks; " if duty.at_desks else ""
    return f"{desks}on call {people}{until}"
