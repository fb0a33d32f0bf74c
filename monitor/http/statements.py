"""A briefing in plain statements, as the page shows it."""

from dataclasses import dataclass

from alerts import languages, wording
from alerts.briefing import Briefing
from alerts.incidents import State
from alerts.plain_text import shortened

_EXAMPLE_LENGTH = 400
_SHARES = 5


@dataclass(frozen=True, slots=True)
class Share:
    """A language's or platform's part of the posts, in whole percent."""

    name: str
    percent: int


@dataclass(frozen=True, slots=True)
class Example:
    """What somebody wrote; `url` only where it leads to the web."""

    text: str
    source: str
    url: str | None


def facts(briefing: Briefing) -> dict[str, str]:
    """What somebody needs who decides what to do, one statement each, by its label."""
    zone = briefing.timezone
    rows = {
        "Now": now(briefing),
        "Since": f"{wording.moment(briefing.started_at, zone)}; detected "
        f"{wording.span(briefing.detected_at - briefing.started_at)} later",
        "Posts": f"{wording.number(briefing.observed)} on {briefing.topics[0].name}, where "
        f"{wording.number(briefing.expected)} were expected",
    }
    if briefing.posts:
        asking, posts = wording.number(briefing.questions), wording.number(briefing.posts)
        people = wording.number(briefing.authors)
        rows["Asking"] = f"{asking} of {posts} posts in all; {people} people wrote them"
    rows["How sure"] = briefing.evidence
    rows[briefing.severity.capitalize()] = briefing.why
    if briefing.outside_service_hours:
        opens = briefing.next_opening
        when = f"; the desk opens {wording.moment(opens, zone)}" if opens else ""
        rows["Hours"] = f"outside service hours{when}"
    return rows


def now(briefing: Briefing) -> str:
    """Where it stands: `×14 and growing, ×22 at its peak`."""
    peak = f"{wording.times(briefing.peak_factor)} at its peak"
    if briefing.state is State.RESOLVED:
        return f"over, {peak}"
    trend = f" and {briefing.trend}" if briefing.trend else ""
    return f"{wording.times(briefing.factor)}{trend}, {peak}"


def in_hand(briefing: Briefing, resolved_by: str | None) -> str:
    """Who has it in hand, or who had."""
    zone = briefing.timezone
    if briefing.state is State.RESOLVED and briefing.resolved_at:
        how = "by itself" if resolved_by in (None, "seawall") else f"by {resolved_by}"
        return f"Resolved {how}, {wording.moment(briefing.resolved_at, zone)}"
    if briefing.acknowledged_at:
        since = wording.moment(briefing.acknowledged_at, zone)
        return f"{briefing.acknowledged_by} has it in hand, since {since}"
    return "Nobody has it in hand"


def shares(counts: dict[str, int]) -> list[Share]:
    """The largest parts, most first, and what is left."""
    total = sum(counts.values())
    shown = dict(list(counts.items())[:_SHARES])
    if len(counts) > _SHARES:
        shown["others"] = total - sum(shown.values())
    return [Share(name, round(100 * posts / total)) for name, posts in shown.items()]


def spoken(briefing: Briefing) -> list[Share]:
    """The languages people write in."""
    return shares({languages.name(tag): posts for tag, posts in briefing.languages.items()})


def seen_on(briefing: Briefing) -> list[Share]:
    """The platforms they write on."""
    return shares({name.capitalize(): posts for name, posts in briefing.platforms.items()})


def examples(briefing: Briefing) -> list[Example]:
    """Some of the posts."""
    return [
        Example(
            shortened(post.text, _EXAMPLE_LENGTH),
            f"{post.author or 'somebody'} on {post.platform.capitalize()}, "
            f"{wording.clock(post.created_at, briefing.timezone)}",
            post.url if post.url and post.url.lower().startswith(("https://", "http://")) else None,
        )
        for post in briefing.examples
    ]


def legend(briefing: Briefing) -> str:
    """How wide a bar of the chart is: `posts per 5 min`."""
    bucket = briefing.chart.width
    per = f"{bucket} s" if bucket % 60 else f"{bucket // 60} min".removeprefix("1 ")
    return f"posts per {per}"
