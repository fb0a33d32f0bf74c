"""A briefing in plain statements: the same words in the terminal, in Slack and on the page.

What strangers wrote is in some of them: whoever shows them escapes them for where they appear.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from alerts import languages, wording
from alerts.briefing import Briefing, TopicLine
from alerts.incidents import ALL_MENTIONS, DAEMON, Reason, State
from alerts.posts import Post

_SHARES = 5


@dataclass(frozen=True, slots=True)
class Share:
    """A language's or platform's part of the posts: its name, and a number from 0 to 1."""

    name: str
    part: float


def facts(briefing: Briefing) -> dict[str, str]:
    """What somebody needs who decides what to do, one statement each, by its label."""
    rows = {
        "Since": since(briefing),
        "Posts": posts(briefing),
        "Now": now(briefing),
        "How sure": briefing.evidence,
        briefing.severity.capitalize(): briefing.why,
        "Asking": asking(briefing),
        "In hand": taken(briefing),
        "Also": "\n".join(other(line, briefing.timezone) for line in others(briefing)),
        "Hours": hours(briefing),
    }
    return {label: said for label, said in rows.items() if said}


def since(briefing: Briefing) -> str:
    """When it began, and how long it took to be noticed."""
    began = wording.moment(briefing.started_at, briefing.timezone)
    return f"{began}; detected {wording.span(briefing.detected_at - briefing.started_at)} later"


def posts(briefing: Briefing) -> str:
    """How many came on its first topic, and how many were expected."""
    observed, expected = wording.number(briefing.observed), wording.number(briefing.expected)
    were = "was" if expected == "1" else "were"
    return f"{observed} on {briefing.topics[0].name}, where {expected} {were} expected"


def now(briefing: Briefing) -> str:
    """Where it stands: `×14 and growing, ×22 at its peak`."""
    peak = f"{wording.times(briefing.peak_factor)} at its peak"
    if briefing.state is State.RESOLVED:
        return f"over, {peak}"
    trend = f" and {briefing.trend}" if briefing.trend else ""
    return f"{wording.times(briefing.factor)}{trend}, {peak}"


def asking(briefing: Briefing) -> str | None:
    """How many of the posts that could be read ask something; None where none could."""
    if not briefing.posts:
        return None
    asked, read = wording.number(briefing.questions), wording.number(briefing.posts)
    return f"{asked} of the {read} posts read; {wording.number(briefing.authors)} people wrote them"


def taken(briefing: Briefing) -> str | None:
    """Who has it in hand, since when; None where nobody has."""
    if briefing.acknowledged_at is None:
        return None
    moment = wording.moment(briefing.acknowledged_at, briefing.timezone)
    return f"{briefing.acknowledged_by}, since {moment}"


def resolution(briefing: Briefing, by: str | None) -> str | None:
    """How and when it was resolved; None where it was not."""
    if briefing.state is not State.RESOLVED or briefing.resolved_at is None:
        return None
    how = "by itself" if by in (None, DAEMON) else f"by {by}"
    return f"Resolved {how}, {wording.moment(briefing.resolved_at, briefing.timezone)}"


def in_hand(briefing: Briefing, resolved_by: str | None = None) -> str:
    """Who has it in hand, or that nobody has, or that it is over."""
    if over := resolution(briefing, resolved_by):
        return over
    if briefing.acknowledged_at is None:
        return "Nobody has it in hand"
    moment = wording.moment(briefing.acknowledged_at, briefing.timezone)
    return f"{briefing.acknowledged_by} has it in hand, since {moment}"


def hours(briefing: Briefing) -> str | None:
    """That nobody is at the desk, and until when; None where somebody is."""
    if not briefing.outside_service_hours:
        return None
    opens = briefing.next_opening
    when = f"; the desk opens {wording.moment(opens, briefing.timezone)}" if opens else ""
    return f"outside service hours{when}"


def others(briefing: Briefing) -> list[TopicLine]:
    """Its topics beside the one that the headline names."""
    return [line for line in briefing.topics if line.topic != briefing.topics[0].topic]


def other(line: TopicLine, zone: str) -> str:
    """How another topic is doing."""
    factor, began = wording.times(line.factor), wording.clock(line.since, zone)
    return f"{line.name} on {platform(line.platform)} {factor} since {began}"


def news(briefing: Briefing) -> str:
    """What happened in this revision, without its time."""
    if briefing.reason is Reason.ACKNOWLEDGED:
        return f"acknowledged by {briefing.acknowledged_by}"
    if briefing.reason is Reason.EXTENDED:
        named = [line for line in briefing.topics if line.topic != ALL_MENTIONS]
        newest = max(named or briefing.topics, key=lambda line: line.since)
        return f"now also {newest.name} on {platform(newest.platform)}"
    observed = f"{wording.number(briefing.observed)} posts"
    return {
        Reason.OPENED: "opened",
        Reason.GREW: f"has grown to {observed}",
        Reason.ESCALATED: f"now {briefing.severity.upper()}: {observed}",
        Reason.REOPENED: "is back",
        Reason.ILLUSTRATED: "this is what people write",
        Reason.REVISED: "other posts are shown",
        Reason.RESOLVED: "resolved",
    }[briefing.reason]


def spoken(briefing: Briefing) -> list[Share]:
    """The languages people write in, most first."""
    return _shares({languages.name(tag): posts for tag, posts in briefing.languages.items()})


def seen_on(briefing: Briefing) -> list[Share]:
    """The platforms they write on, most first."""
    return _shares({platform(name): posts for name, posts in briefing.platforms.items()})


def source(post: Post, zone: str) -> str:
    """Who wrote a post, where and when."""
    at = wording.clock(post.created_at, zone)
    return f"{post.author or 'somebody'} on {platform(post.platform)}, {at}"


def platform(name: str) -> str:
    """A platform as people call it."""
    return name.capitalize()


def bar(width: int) -> str:
    """What a bar of a chart stands for: `posts per 5 min`, for a bucket's seconds.

    >>> bar(60), bar(300), bar(10)
    ('posts per min', 'posts per 5 min', 'posts per 10 s')
    """
    per = f"{width} s" if width % 60 else f"{width // 60} min".removeprefix("1 ")
    return f"posts per {per}"


def _shares(counts: Mapping[str, int]) -> list[Share]:
    """The largest parts, and what is left."""
    total = sum(counts.values())
    shown = dict(list(counts.items())[:_SHARES])
    if len(counts) > _SHARES:
        shown["others"] = total - sum(shown.values())
    return [Share(name, posts / total) for name, posts in shown.items()]
