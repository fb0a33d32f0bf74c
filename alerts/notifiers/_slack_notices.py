"""What rings in Slack beside an incident's message: notices, and short replies in its thread."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from alerts import wording
from alerts.briefings import statements
from alerts.briefings.briefing import Briefing
from alerts.briefings.news import news
from alerts.duty.notices import Notice, Purpose
from alerts.incidents.incident import Reason, State
from alerts.notifiers._slack_blocks import LONGEST_MESSAGE, length, state
from alerts.notifiers._slack_controls import NOTICE, answers
from alerts.notifiers._slack_text import (
    LINE,
    Block,
    context,
    exactly,
    inert,
    lines,
    plain,
    rich,
    run,
    section,
    sentence,
)

_TITLE, _LINES = 150, 40
_ANSWERED = 500
_WITH_TEXT = ("submitted/", "returned/", "alone/")
"""How the ids of notices begin whose first line is a message for the public."""

REPLIED = frozenset(
    {
        *(Reason.EXTENDED, Reason.GREW, Reason.ESCALATED, Reason.CALLING, Reason.REOPENED),
        *(Reason.ACKNOWLEDGED, Reason.DECLINED, Reason.ASSIGNED, Reason.MITIGATED),
        *(Reason.SNOOZED, Reason.JUDGED, Reason.MERGED, Reason.SPLIT, Reason.NOTED),
        *(Reason.PAUSED, Reason.KEPT_SILENT, Reason.HANDED_OVER),
        *(Reason.RESOLVED, Reason.RENEWED),
    }
)
"""What whoever follows an incident wants to hear of; the rest would make them mute the thread."""


def notice_blocks(notice: Notice) -> list[Block]:
    """A notice as a message of its own, with its actions as buttons, and as many lines as fit."""
    for most in range(min(len(notice.lines), _LINES), 0, -1):
        found = _notice(notice, most)
        if length(found) <= LONGEST_MESSAGE:
            return found
    return _notice(notice, 0)


def _notice(notice: Notice, most: int) -> list[Block]:
    text, said = _text(notice)
    shown = [run(line) for line in said[:most]]
    if len(said) > most:
        shown.append(run(f"and {len(said) - most} more", italic=True))
    at = wording.moment(notice.at, notice.timezone)
    return [
        {"type": "header", "text": plain(notice.title, _TITLE)},
        *([rich(exactly(text))] if text else []),
        *([rich(lines(*shown))] if shown else []),
        *([_came_of(notice.outcome)] if notice.outcome else []),
        *answers(notice),
        context(*(part for part in (notice.incident, at) if part)),
    ]


def _text(notice: Notice) -> tuple[str, Sequence[str]]:
    """The text of a message for the public, which is read exactly as it is, and other lines."""
    if notice.purpose is Purpose.WORDS and notice.id.startswith(_WITH_TEXT) and notice.lines:
        return notice.lines[0], notice.lines[1:]
    return "", notice.lines


def notice_text(notice: Notice) -> str:
    """A notice without blocks: what a phone shows while it is locked."""
    return inert(notice.title, LINE)


def answered(
    blocks: Sequence[Mapping[str, Any]], outcome: str, next_row: Sequence[Block] = ()
) -> list[Block]:
    """A notice's message after it was answered: what came of it stands where its buttons were.

    The `next_row` has what can be done after that.
    """
    kept: list[Block] = []
    for block in blocks:
        if _asks(block):
            kept += [_came_of(outcome), *next_row]
        else:
            kept.append(dict(block))
    return kept


def _came_of(outcome: str) -> Block:
    return rich(section(run(outcome[:_ANSWERED], bold=True)))


def _asks(block: Mapping[str, Any]) -> bool:
    """Whether a block is the row of a notice's buttons."""
    elements = block.get("elements") or []
    return block.get("type") == "actions" and any(
        str(element.get("action_id", "")).startswith(NOTICE) for element in elements
    )


def told_as(briefing: Briefing, rings: Reason | None) -> Briefing:
    """What is told where something else, that nobody need hear of, has overtaken why it rings."""
    if rings is None or briefing.reason in REPLIED:
        return briefing
    return replace(briefing, reason=rings, by="", note="")


def reply_blocks(briefing: Briefing, *, rings: bool) -> list[Block]:
    """What happened, for the thread; with the headline where it rings outside of it, too."""
    parts = []
    if rings:
        parts.append(run(f"{state(briefing)}: {briefing.headline}", bold=True))
    parts.append(run(f"{briefing.mark}{sentence(news(briefing))}."))
    if briefing.topics and briefing.state is not State.RESOLVED and not briefing.by:
        posts, now = f"{wording.number(briefing.observed)} posts", statements.now(briefing)
        said = now if posts in news(briefing) else f"{now}; {posts}"
        parts.append(run(f"{sentence(said)}."))
    return [rich(lines(*parts))]


def reply_text(briefing: Briefing) -> str:
    """The same without blocks."""
    return inert(f"{briefing.mark}{sentence(news(briefing))}: {briefing.headline}", LINE)
