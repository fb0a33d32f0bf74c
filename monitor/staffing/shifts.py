"""When a shift ends and when a night is over: hand-overs, and what is told in the morning."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import Connection

from alerts.duty import handover
from alerts.duty.handover import Handover, Matter, Night
from alerts.duty.roster import Team
from alerts.incidents.incident import Incident, Reason, Refused, State
from monitor.configuration import Configuration
from monitor.incidents.recording import restate
from monitor.reporting import breaches
from monitor.staffing.ringing import tell
from monitor.staffing.roster import on_duty
from monitor.store import calls, handovers, notices, outbox, situations
from monitor.telling import discretion, instructions
from monitor.telling.loose_ends import loose_ends

LATE = timedelta(hours=12)
"""A hand-over, or a night, of longer ago is past."""

NIGHT_BEGINS, NIGHT_ENDS = time(22), time(6)
"""Of a team that never closes."""

QUESTIONS = 3
"""Notes of an incident that are handed over, the newest."""


def change(connection: Connection, configuration: Configuration, now: datetime) -> int:
    """Hand over where a shift has ended, remind, and report nights; how many things that were."""
    done = 0
    for team in configuration.rosters.values():
        if team.pause_from is None:
            done += _hand_over(connection, configuration, team, now)
            done += _remind(connection, configuration, team, now)
            done += _night(connection, configuration, team, now)
    return done


def accept(
    connection: Connection,
    configuration: Configuration | None,
    id: str,
    person: str,
    at: datetime,
    place: str | None = None,
) -> None:
    """Somebody, by id, takes over what a shift has left: what its giver had is theirs since then.

    Raises Refused where there is no such hand-over, or somebody has accepted it.
    """
    row = handovers.locked(connection, id)
    if row is None:
        raise Refused(f"there is no hand-over {id!r}")
    if row.accepted_by:
        name = row.content.names.get(row.accepted_by, row.accepted_by)
        raise Refused(f"{name} has taken over already")
    handovers.accept(connection, id, person, at)
    names = row.content.names
    name, giver = names.get(person, person), names.get(row.content.giver or "")
    for matter in row.content.matters:
        incident = situations.locked_incident(connection, matter.incident)
        if incident.state is State.RESOLVED or incident.merged_into:
            continue
        if giver and incident.acknowledged_by == giver:
            incident = replace(incident, acknowledged_by=name, acknowledged_at=at, desk_at=None)
        restate(
            connection,
            configuration,
            replace(incident, touched_at=at),
            Reason.HANDED_OVER,
            at,
            name,
            outbox.notifiers_of(connection, incident.id),
            place=place,
        )


def _hand_over(
    connection: Connection, configuration: Configuration, team: Team, now: datetime
) -> int:
    """Write what the last shift leaves to the present one, once, where somebody else has it now."""
    shift = team.shift(now)
    if shift.person is None or shift.since is None or now - shift.since > LATE:
        return 0
    giver = team.shift(shift.since - timedelta(microseconds=1)).person
    id = f"handover/{team.id}/{shift.since:%Y%m%dT%H%M%SZ}"
    if giver == shift.person or handovers.known(connection, id):
        return 0
    content = Handover(
        id=id,
        team=team.id,
        team_name=team.name,
        at=now,
        timezone=team.known[shift.person].zone.key,
        giver=giver,
        taker=shift.person,
        names={one.id: one.name for one in team.known.values()},
        matters=tuple(matters(connection, configuration, team, shift.person, now)),
    )
    handovers.put(connection, content)
    tell(connection, configuration, handover.given(content), shift.person, 0)
    return 1


def _remind(connection: Connection, configuration: Configuration, team: Team, now: datetime) -> int:
    """Remind a successor who has not accepted, by their next route, and then tell the leads."""
    done = 0
    for row in handovers.waiting(connection, team.id, now - LATE):
        content, waited = row.content, now - row.content.at
        if not content.asks or row.id != handovers.newest(connection, team.id):
            continue
        if waited >= team.answer_within:
            notice = handover.reminded(content, f"{row.id}/again", now)
            done += tell(connection, configuration, notice, content.taker, 1)
        if waited >= 2 * team.answer_within:
            for lead in (team.known[id] for id in team.leads if id != content.taker):
                notice = handover.untaken(content, f"{row.id}/lead/{lead.id}", lead, now)
                done += tell(connection, configuration, notice, lead.id, 0)
    return done


def matters(
    connection: Connection, configuration: Configuration, team: Team, reader: str, now: datetime
) -> list[Matter]:
    """What is open of a team's brands, as one of its people may see it."""
    ours = [
        one
        for one in situations.unresolved(connection)
        if not one.merged_into and on_duty(configuration, one.brand) == team.id
    ]
    ids = [one.id for one in ours]
    reached, happened = calls.reached_for(connection, ids), calls.happened(connection, ids)
    found = []
    for one in ours:
        if not discretion.may_see(configuration, one.restricted, reader):
            name = discretion.name_of(configuration)
            found.append(Matter(one.id, name, one.severity, one.state, one.started_at))
            continue
        brief = instructions.newest(connection, one.id)
        told, zone = situations.latest_briefing(connection, one.id), team.known[reader].zone.key
        breach = breaches.known(connection, configuration, one)
        notes = [h.note for h in happened.get(one.id, ()) if h.kind == Reason.NOTED and h.note]
        found.append(
            Matter(
                incident=one.id,
                headline=told.headline,
                severity=one.severity,
                state=one.state,
                since=one.started_at,
                holder=one.acknowledged_by,
                assigned_to=one.assigned_to,
                questions=tuple(notes[-QUESTIONS:]),
                paused=None if one.pause_asked_at is None else one.paused_at is not None,
                brief=brief.revision if brief else None,
                reached=tuple(r.function for r in reached.get(one.id, ()) if r.answered),
                words=(
                    *(f"Data breach, {line}" for line in (breach.lines(zone) if breach else ())),
                    *loose_ends(connection, one.id, told.languages, zone, now),
                ),
            )
        )
    return found


def _night(connection: Connection, configuration: Configuration, team: Team, now: datetime) -> int:
    """Tell the channel what the night was like, once in the morning."""
    span = _last_night(team, now)
    if span is None or not team.channel or not span[1] <= now < span[1] + LATE:
        return 0
    since, until = span
    id = f"night/{team.id}/{until:%Y%m%dT%H%M%SZ}"
    if calls.told(connection, [id]):
        return 0
    ours = {
        one.id: one
        for one in situations.incidents(connection)
        if on_duty(configuration, one.brand) == team.id and not one.merged_into
    }
    night = Night(
        since,
        until,
        tuple(
            _headline(connection, configuration, one)
            for one in ours.values()
            if since <= one.detected_at < until
        ),
        sum(id in ours for id in calls.called_between(connection, since, until)),
        handovers.blind_spells(connection, since, until),
    )
    notice = handover.told(id, night, team)
    return sum(notices.put(connection, notice, place) for place in team.channel)


def _headline(connection: Connection, configuration: Configuration, one: Incident) -> str:
    if one.restricted:
        return discretion.name_of(configuration)
    headline = situations.latest_briefing(connection, one.id).headline
    return f"{one.severity.upper()} {headline}: {one.state}"


def _last_night(team: Team, now: datetime) -> tuple[datetime, datetime] | None:
    """From when to when the desks were closed last; 22:00 to 06:00 where they never are."""
    opening = team.last_opening(now)
    if opening and opening[1]:
        return opening[1], opening[0]
    if not team.is_open(now) or team.next_opening(now):
        return None
    today = now.astimezone(team.zone).date()
    since = datetime.combine(today - timedelta(days=1), NIGHT_BEGINS, team.zone)
    until = datetime.combine(today, NIGHT_ENDS, team.zone)
    return since.astimezone(UTC), until.astimezone(UTC)
