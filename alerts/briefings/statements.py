"""A briefing in plain statements: the same words in the terminal, in Slack and on the page.

What strangers wrote is in some of them: whoever shows them escapes them for where they appear.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from alerts import languages, wording
from alerts.briefings.briefing import Briefing, TopicLine
from alerts.incidents.following import OF_LATE
from alerts.incidents.incident import DAEMON, Kind, Reason, State, Trend
from alerts.posts import Post
from detectors import episodes, silence

platform = wording.platform

IN_HAND, ALSO, HOURS, LATE = "In hand", "Also", "Hours", "Too late"
OPEN = "Still open"
"""Labels of facts that are shown elsewhere, where there is room."""

CHECK = "read them now; then ask operations control whether it is so"
"""What a word about safety asks of whoever is woken."""
TAKE_BACK = (
    "ask who posted it; if nobody did, take the account back: end all sessions, change its "
    "password, revoke what may post there; then take the post down"
)
"""What a post of our own asks that nobody approved."""
_READ = "of posts read"
_SHARES = 5
_ALONE = 3
"""So many are named that one post names alone."""
_PLACES = 4
"""So many places are named; the rest are counted."""
_NEW_NORMAL_AFTER = {
    Kind.SURGE: timedelta(seconds=episodes.LONGEST_SECONDS),
    Kind.SILENCE: timedelta(seconds=silence.LONGEST_SECONDS),
}
_UNREADABLE = "did:"
"""How the key of an account begins, which nobody knows anybody by."""
_LONG = timedelta(hours=1)
"""After it has held for so long, people ask themselves what happens if it stays."""


@dataclass(frozen=True, slots=True)
class Share:
    """A language's or platform's part of the posts: its name, and a number from 0 to 1."""

    name: str
    part: float


def tag(briefing: Briefing) -> str:
    """In one word what it is: its severity, or that it calls nobody, or that nothing is seen."""
    if briefing.kind in (Kind.SILENCE, Kind.BLINDNESS):
        return str(briefing.kind)
    return str(briefing.severity) if briefing.calls else "talk"


def heading(briefing: Briefing) -> str:
    """The same, or that it is over."""
    return str(briefing.state) if briefing.state is State.RESOLVED else tag(briefing)


def facts(briefing: Briefing) -> dict[str, str]:
    """What somebody needs who decides what to do, one statement each, by its label."""
    rows = {
        "Since": since(briefing),
        **without_count(briefing),
        **(_counted(briefing) if briefing.topics else {}),
        "Data breach": breach(briefing),
        "Not seen": unseen(briefing),
        "Cost": cost(briefing),
        OPEN: "\n".join(briefing.loose_ends),
        LATE: "; ".join(briefing.late),
        IN_HAND: taken(briefing),
        HOURS: hours(briefing),
    }
    return {label: said for label, said in rows.items() if said}


def _counted(briefing: Briefing) -> dict[str, str | None]:
    return {
        "Posts": posts(briefing),
        "Now": None if briefing.elsewhere else now(briefing),
        "How sure": briefing.evidence,
        **(_of_silence(briefing) if briefing.elsewhere else _of_surge(briefing)),
    }


def without_count(briefing: Briefing) -> dict[str, str | None]:
    """What is known of what no count has opened: a word about safety, a blind source, a report."""
    if briefing.kind is Kind.BLINDNESS:
        until = wording.moment(briefing.started_at, briefing.timezone)
        over = briefing.state is State.RESOLVED
        return {
            "Not known": None if over else f"what is said there since {until}: no surge is found",
            "What to do": None if over else "look there yourself, then check the source's access",
        }
    if briefing.kind is Kind.SAFETY:
        return {
            "Words": words(briefing),
            **weight(briefing),
            "Named": named(briefing),
            "What to do": CHECK if briefing.state is not State.RESOLVED else None,
        }
    if briefing.kind is Kind.UNAPPROVED:
        return {
            "Where": briefing.subject,
            **weight(briefing),
            "What to do": TAKE_BACK if briefing.state is not State.RESOLVED else None,
        }
    if briefing.kind is Kind.REPORTED:
        return {"What": briefing.subject, "Opened": briefing.calls_because, **weight(briefing)}
    return {}


def breach(briefing: Briefing) -> str | None:
    """Since when somebody is aware of a data breach, until when it is told, and who decides."""
    return "\n".join(briefing.breach.lines(briefing.timezone)) if briefing.breach else None


def words(briefing: Briefing) -> str | None:
    """The words about safety, and how many posts have each."""
    said = [f"“{word}” in {_posts(posts)}" for word, posts in briefing.safety_words.items()]
    return ", ".join(said[:_SHARES]) or None


def weight(briefing: Briefing) -> dict[str, str]:
    """Why it is as severe as it is, or why it calls nobody, by its label."""
    if briefing.calls:
        return {f"Why {briefing.severity}": briefing.why}
    return {"Calls nobody": briefing.calls_because}


def _of_surge(briefing: Briefing) -> dict[str, str | None]:
    return {
        "If it stays": if_it_stays(briefing),
        **weight(briefing),
        "Only us?": briefing.comparison,
        "Asking": asking(briefing),
        "Their words": terms(briefing),
        "Named": named(briefing),
        ALSO: "\n".join(other(line, briefing.timezone) for line in others(briefing)),
    }


def _of_silence(briefing: Briefing) -> dict[str, str | None]:
    return {
        "Also silent": places(briefing.elsewhere.silent) if briefing.elsewhere else None,
        "Not silent": places(briefing.elsewhere.heard) if briefing.elsewhere else None,
        "The source": the_source(briefing),
        "What to do": what_to_do(briefing),
    }


def if_it_stays(briefing: Briefing) -> str | None:
    """From when on a level that holds is the new normal; None where it is too early to ask."""
    lasted = briefing.at - briefing.started_at
    if briefing.trend is not Trend.HOLDING or lasted < _LONG or briefing.state is State.RESOLVED:
        return None
    wait = _NEW_NORMAL_AFTER[briefing.kind]
    at = wording.moment(briefing.started_at + wait, briefing.timezone)
    return f"after {wording.span(wait)}, about {at}, this much is the new normal"


def places(names: Sequence[str]) -> str | None:
    """Where, as far as it can be read at a glance; None where nowhere."""
    more = len(names) - _PLACES
    shown = ", ".join(names[:_PLACES])
    return f"{shown} and {more} more" if more > 0 else shown or None


def the_source(briefing: Briefing) -> str | None:
    """What the source of a silence says of itself: one that says it is blind has no silence."""
    if briefing.state is State.RESOLVED:
        return None
    at = wording.clock(briefing.at, briefing.timezone)
    return f"says that it saw everything until {at}, so it may be broken without knowing"


def what_to_do(briefing: Briefing) -> str | None:
    """Where to look when nothing comes."""
    if briefing.state is State.RESOLVED:
        return None
    return "look there yourself: do people write? Then check the source's access and search terms"


def since(briefing: Briefing) -> str:
    """When it began, and how long it took to be noticed."""
    began = wording.moment(briefing.started_at, briefing.timezone)
    return f"{began}; detected {wording.span(briefing.detected_at - briefing.started_at)} later"


def posts(briefing: Briefing) -> str:
    """How many came on its first topic, and how many were expected."""
    observed, expected = wording.number(briefing.observed), wording.number(briefing.expected)
    were = "was" if expected == "1" else "were"
    known = f", {' and '.join(briefing.foreseen)} included" if briefing.foreseen else ""
    return f"{observed} on {briefing.topics[0].name}, where {expected} {were} expected{known}"


def now(briefing: Briefing) -> str:
    """Where it stands: `×14 over 30 min and growing, ×22 at its peak`."""
    if briefing.kind is Kind.SILENCE:
        missed = wording.number(max(briefing.expected - briefing.observed, 0.0))
        if briefing.state is State.RESOLVED:
            return f"over, about {missed} posts were missed"
        return f"silent, about {missed} posts missed so far"
    if not briefing.topics:
        return _standing(briefing)
    now, peak = wording.times(briefing.factor), wording.times(briefing.peak_factor)
    if briefing.state is State.RESOLVED:
        return f"over, {peak} at its peak"
    lasts = briefing.at - min(line.since for line in briefing.topics) > OF_LATE
    said = f"{now} over {wording.span(OF_LATE)}" if lasts else now
    said += f" and {briefing.trend}" if briefing.trend else ""
    return said if now == peak else f"{said}, {peak} at its peak"


def _standing(briefing: Briefing) -> str:
    """Where that stands which is not counted."""
    if briefing.state is State.RESOLVED:
        return "over"
    if briefing.kind is Kind.BLINDNESS:
        return "blind"
    return words(briefing) or "reported"


def asking(briefing: Briefing) -> str | None:
    """How many of the posts that could be read ask something; None where none could."""
    if not briefing.posts_read:
        return None
    asked, read = wording.number(briefing.questions), wording.number(briefing.posts_read)
    return f"{asked} of the {read} posts read; {wording.number(briefing.authors)} people wrote them"


def terms(briefing: Briefing) -> str | None:
    """What sets these posts apart: `payment page (34%), error 500 (12%)`; None where nothing does.

    Most first; the parts are of the people who say something of their own, in languages that are
    known.
    """
    said = sorted(briefing.terms, key=lambda one: -one.share)
    return ", ".join(f"{one.words} ({one.share:.0%})" for one in said) or None


def named(briefing: Briefing) -> str | None:
    """Flights, trains and places that posts name: `SK1423 (8 posts), Oslo (5 posts)`.

    What one post names may be anything: a few such where no other is.
    """
    every = [*briefing.journeys.items(), *briefing.places.items()]
    said = [(name, posts) for name, posts in every if posts > 1] or every[:_ALONE]
    return ", ".join(f"{name} ({_posts(posts)})" for name, posts in said) or None


def unseen(briefing: Briefing) -> str | None:
    """What nothing is known of: `bluesky, blind since Sat 21 Nov, 23:07 CET`; None where all is."""
    return (
        "; ".join(
            f"{wording.platform(one.name)}, {'blind' if one.blind else 'late, nothing'} since "
            f"{wording.moment(one.since, briefing.timezone)}"
            for one in briefing.unseen
        )
        or None
    )


def cost(briefing: Briefing) -> str | None:
    """What paid sources have cost; None where none is paid."""
    if briefing.cost is None:
        return None
    ours, month = briefing.cost.incident, briefing.cost.month
    return f"${ours:,.2f} of API calls since it was found, ${month:,.2f} this month"


def compared(before: Briefing, after: Briefing) -> tuple[str, ...]:
    """What differs in numbers and standing between two revisions, a line each."""
    then, today = _at_a_glance(before), _at_a_glance(after)
    return tuple(
        f"{label}: {then[label]} → {said}" for label, said in today.items() if said != then[label]
    )


def _at_a_glance(briefing: Briefing) -> dict[str, str]:
    return {
        "Severity": briefing.severity.upper() if briefing.calls else "calls nobody",
        "State": str(briefing.state),
        "Posts": wording.number(briefing.volume),
        "Topics": ", ".join(briefing.names) or briefing.subject,
        "Now": now(briefing),
        "Assigned": briefing.assigned_to or "nobody",
        "In hand": briefing.acknowledged_by or "nobody",
    }


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
    if briefing.reason is Reason.RENEWED:
        when = wording.moment(briefing.resolved_at, briefing.timezone)
        return f"{_sentence(new_normal(briefing))}. Resolved {when}"
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
    return f"{line.name} on {wording.platform(line.platform)} {factor} since {began}"


def new_normal(briefing: Briefing) -> str:
    """That a level has stayed: `twice as much as before is the new normal: …`."""
    much = wording.as_much(briefing.factor)
    compared = f"{much} as before" if briefing.kind is Kind.SURGE else much
    hours = _NEW_NORMAL_AFTER[briefing.kind] // timedelta(hours=1)
    stayed = f"{hours} hours" if hours < 48 else f"{hours // 24} days"
    return f"{compared} is the new normal: it has stayed for {stayed}"


def split(briefing: Briefing) -> dict[str, list[Share]]:
    """How posts divide, most first: those that were counted, or only those that were read."""
    spoken = {languages.name(tag): posts for tag, posts in briefing.languages.items()}
    where = {wording.platform(name): posts for name, posts in briefing.where.items()}
    platforms = "Platforms" if briefing.topics else f"Platforms {_READ}"
    return {f"Languages {_READ}": _shares(spoken), platforms: _shares(where)}


def source(post: Post, briefing: Briefing) -> str:
    """Who wrote a post, where and when."""
    at = wording.time(post.created_at, briefing.timezone, briefing.at)
    known = post.author and not post.author.startswith(_UNREADABLE)
    return f"{post.author if known else 'somebody'} on {wording.platform(post.platform)}, {at}"


def bar(width: int) -> str:
    """What a bar of a chart stands for: `posts per 5 min`, for a bucket's seconds.

    >>> bar(60), bar(300), bar(10)
    ('posts per min', 'posts per 5 min', 'posts per 10 s')
    """
    per = f"{width} s" if width % 60 else f"{width // 60} min".removeprefix("1 ")
    return f"posts per {per}"


def _posts(number: int) -> str:
    return f"{wording.number(number)} post{'' if number == 1 else 's'}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _shares(counts: Mapping[str, int]) -> list[Share]:
    """The largest parts, and what is left."""
    total = sum(counts.values())
    shown = dict(list(counts.items())[:_SHARES])
    if len(counts) > _SHARES:
        shown["others"] = total - sum(shown.values())
    return [Share(name, posts / total) for name, posts in shown.items()]
