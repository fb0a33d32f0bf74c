"""Posts in our name: on our timelines and not approved here, or by accounts that look like ours.

Hijacked, or a promotion that was forgotten: while promotions are to be paused each is told, and
noted in the incident; where all that a brand posts goes through Seawall, it opens an incident of
its own. Answers to people are neither. Who looks like us is noted for takedown.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from alerts import wording
from alerts.duty import ringing
from alerts.duty.roster import Team
from alerts.incidents.incident import Incident, Kind, Reason
from alerts.plain_text import visible
from alerts.posts import Post
from alerts.words.recognising import is_approved, quoted
from monitor.configuration import Configuration
from monitor.incidents import opening
from monitor.language import identify
from monitor.panel import Panel
from monitor.staffing import pausing
from monitor.staffing.ringing import shown
from monitor.store import messages, sightings, situations, volume
from monitor.store.sightings import LOOKALIKE, OWN
from monitor.topics import InOurName
from monitor.tripwires import Sighting
from monitor.words import rights
from monitor.words.desk import SEAWALL, Desk, at_desk

ASKS = (
    "Is it a promotion that was forgotten? Then take it down. "
    "Does nobody know it? Then others may have the account: end its sessions, tell security."
)

_UNSEEN = (Kind.SILENCE, Kind.BLINDNESS)
"""Of these nobody writes."""

News = list[tuple[Incident, Reason]]


def unseen(connection: Connection, came: Sequence[InOurName]) -> list[InOurName]:
    """Those of these posts that are not in the store yet, each once."""
    new = volume.unknown(connection, [one.post for one in came]) if came else {}
    return [*dict.fromkeys(one for one in came if new.get(_key(one.post)) == one.post)]


def look(
    connection: Connection,
    configuration: Configuration,
    came: Sequence[InOurName],
    panels: Mapping[str, Panel],
    notifiers: Sequence[str],
    now: datetime | None,
) -> News:
    """Look at posts in our name, and return what became news.

    Those that are told are stored, as no others. Live, at `now`, people are told; a recording rings
    nowhere.
    """
    news: News = []
    for brand, post in ((one.brand, one.post) for one in came if one.imitates):
        news += _imitated(connection, configuration, brand, post, now)
    for brand, post in ((one.brand, one.post) for one in came if not one.imitates):
        known = messages.approved(connection, post.created_at)
        if is_approved(post, known) or not configuration.brands[brand].ours:
            continue
        paused = _paused(connection, configuration, brand, post)
        alarms = _alarms(connection, configuration, brand, post)
        if paused or alarms:
            _keep(connection, configuration, post)
        if paused:
            news.append(_noted(connection, configuration, post, *paused, now))
        if alarms:
            found = [Sighting(brand, post, wording.platform(post.platform), "")]
            news += opening.tripped(
                connection,
                configuration,
                found,
                panels,
                notifiers=notifiers,
                now=now,
                kind=Kind.UNAPPROVED,
            )
    return news


def among(connection: Connection, posts: Sequence[tuple[str, str]]) -> list[tuple[str, Post]]:
    """Those of these posts (platform, id) that nobody approved, with the incidents they are in."""
    keys = [volume.post_key(*one) for one in posts]
    chunks = (keys[start : start + volume.CHUNK] for start in range(0, len(keys), volume.CHUNK))
    return [found for chunk in chunks for found in sightings.of_own(connection, chunk)]


def gone(
    connection: Connection,
    configuration: Configuration,
    posts: Sequence[tuple[str, Post]],
    at: datetime,
) -> None:
    """Note that posts of our own, each with its incident, were taken down."""
    for incident, post in posts:
        desk = at_desk(connection, configuration, incident, SEAWALL, at)
        desk.note(Reason.TAKEN_DOWN, _where(desk, post))


def _alarms(connection: Connection, configuration: Configuration, brand: str, post: Post) -> bool:
    """Whether all that a brand posts went through Seawall by then."""
    if configuration.brands[brand].voice.unapproved != "alarm":
        return False
    began = messages.first_approval(connection)
    return began is not None and post.created_at >= began


def _paused(
    connection: Connection, configuration: Configuration, brand: str, post: Post
) -> tuple[Incident, Sequence[Team]] | None:
    """The gravest incident for which promotions were to be paused by then, and by whom."""
    found = [
        (one, teams)
        for one in situations.unresolved(connection)
        if one.brand == brand and one.kind is not Kind.UNAPPROVED
        if post.created_at >= (one.pause_asked_at or one.detected_at)
        if (teams := pausing.concerned(configuration, one))
    ]
    return max(found, key=lambda one: pausing.WEIGHT.index(one[0].severity), default=None)


def _noted(
    connection: Connection,
    configuration: Configuration,
    post: Post,
    incident: Incident,
    teams: Sequence[Team],
    now: datetime | None,
) -> tuple[Incident, Reason]:
    """Note it in an incident, and tell those who lead, and those who publish.

    They are told of the first since promotions are paused, or were to be, and whenever these have
    doubled: whoever took the account must not make phones ring as often as they like.
    """
    at = max(now or post.created_at, post.created_at)
    desk = at_desk(connection, configuration, incident.id, SEAWALL, at)
    sightings.add(connection, desk.id, _key(post), OWN, post.created_at)
    desk.note(Reason.UNAPPROVED, f"{_where(desk, post)}: {quoted(post.text)}")
    paused = incident.paused_at
    asked = incident.pause_asked_at or incident.detected_at
    since = paused if paused and paused <= post.created_at else asked
    number = sightings.own_since(connection, desk.id, since)
    if now and now - post.created_at <= opening.STALE and number.bit_count() == 1:
        _tell(desk, post, teams, f"unapproved/{desk.id}/{_key(post)}")
    return desk.incident, Reason.UNAPPROVED


def _tell(desk: Desk, post: Post, teams: Sequence[Team], id: str) -> None:
    lines = (quoted(post.text), *([post.url] if post.url else []), ASKS)
    title = _title(desk, post, desk.voice.zone)
    desk.tell(id, title, lines, wakes=rights.leads(desk.configuration))
    about = shown(desk.connection, desk.configuration, desk.incident)
    for team in teams:
        title = _title(desk, post, team.zone.key)
        notice = ringing.unapproved(f"{id}/{team.id}", about, title, lines, team, desk.at)
        pausing.tell(desk.connection, desk.configuration, team, notice, desk.at)


def _title(desk: Desk, post: Post, zone: str) -> str:
    standing = "are" if desk.incident.paused_at else "should be"
    when = f"{wording.platform(post.platform)} at {wording.clock(post.created_at, zone)}"
    return f"Posted on {when}, while promotions {standing} paused, and nobody approved it here"


def _imitated(
    connection: Connection,
    configuration: Configuration,
    brand: str,
    post: Post,
    now: datetime | None,
) -> News:
    """Keep what a look-alike posted while an incident goes on; the account is noted once."""
    going_on = [
        one
        for one in situations.unresolved(connection)
        if one.brand == brand and not one.merged_into and one.kind not in _UNSEEN
        if post.created_at >= one.started_at
    ]
    if not going_on:
        return []
    incident = max(going_on, key=lambda one: pausing.WEIGHT.index(one.severity))
    at = max(now or post.created_at, post.created_at)
    desk = at_desk(connection, configuration, incident.id, SEAWALL, at)
    known = sightings.is_listed(connection, desk.id, post.platform, post.author)
    _keep(connection, configuration, post)
    sightings.add(connection, desk.id, _key(post), LOOKALIKE, post.created_at)
    if known:
        return []
    desk.note(Reason.IMITATED, f"{visible(post.author or '')}, {_where(desk, post)}")
    return [(desk.incident, Reason.IMITATED)]


def _key(post: Post) -> int:
    return volume.post_key(post.platform, post.id)


def _keep(connection: Connection, configuration: Configuration, post: Post) -> None:
    for key in volume.unknown(connection, [post]):
        lang = post.lang or identify(post.text, configuration.languages)
        volume.add_posts(connection, [(key, post, lang, False)], [])


def _where(desk: Desk, post: Post) -> str:
    """X, 14:03 CET, https://x.com/i/status/1."""
    at, zone = post.created_at, desk.voice.zone
    time = f"{wording.time(at, zone, desk.at)} {wording.zone_name(at, zone)}"
    return ", ".join(filter(None, (wording.platform(post.platform), time, post.url)))
