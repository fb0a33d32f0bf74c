"""What people say of a data breach: since when it is known, and what is decided about it."""

from datetime import datetime

from sqlalchemy import Connection

from alerts import spoken_times, wording
from alerts.incidents.breach import Law, Outcome, Said, believed
from alerts.incidents.incident import Reason, Refused
from monitor.configuration import Configuration
from monitor.incidents import rights
from monitor.incidents.deeds import find
from monitor.incidents.rights import Actor, Forbidden
from monitor.reporting.breaches import deciders, known
from monitor.store import breaches
from monitor.words.desk import Desk, at_desk


def aware(
    connection: Connection,
    configuration: Configuration,
    incident: str,
    who: Actor,
    text: str,
    note: str,
    now: datetime,
) -> tuple[str, str]:
    """Say since when a breach is known: its incident, and what was said.

    Raises NoSuchIncident, Refused, and Forbidden for whoever does not decide.
    """
    desk = _desk(connection, configuration, incident, who, rights.AWARE, now)
    if not note:
        raise Refused("say what made it certain; it is on record")
    since = believed(spoken_times.instant(text, desk.at, desk.zone, past=True), desk.at)
    breaches.put(connection, desk.id, Said(desk.at, who.name, aware_at=since))
    when = wording.moment(since, desk.briefing.timezone)
    desk.note(Reason.AWARE, f"{when}: {note}")
    return desk.id, f"a data breach is known since {when}, says {who.name}"


def decide(
    connection: Connection,
    configuration: Configuration,
    incident: str,
    who: Actor,
    text: str,
    note: str,
    now: datetime,
) -> tuple[str, str]:
    """Say what is decided: `gdpr notified`, `nis2 not_needed`; its incident, and what was said.

    Raises NoSuchIncident, Refused, and Forbidden for whoever does not decide.
    """
    desk = _desk(connection, configuration, incident, who, rights.DECIDE, now)
    law, outcome = _meant(text)
    if not note:
        raise Refused("say why, or under which number it was notified; it is on record")
    breach = known(connection, configuration, desk.incident)
    if breach is None or law not in {one.law for one in breach.terms}:
        raise Refused(f"{desk.id} is no data breach that {law.upper()} asks about: see `breach`")
    said = Said(desk.at, who.name, law, outcome=outcome)
    breaches.put(connection, desk.id, said)
    decided = f"{law.upper()}: {outcome.replace('_', ' ')}"
    desk.note(Reason.DECIDED, f"{decided}: {note}")
    return desk.id, f"{decided}, says {who.name}"


def _desk(
    connection: Connection,
    configuration: Configuration,
    incident: str,
    who: Actor,
    verb: str,
    now: datetime,
) -> Desk:
    desk = at_desk(connection, configuration, find(connection, incident), who, now, verb)
    if configuration.people and who.member not in deciders(configuration):
        names = [configuration.people[id].name for id in deciders(configuration)]
        raise Forbidden(
            f"{who.name} may not say that of a data breach: {', '.join(names) or 'nobody'} may; "
            "name who decides under `breach.decide`"
        )
    return desk


def _meant(text: str) -> tuple[Law, Outcome]:
    law, _, outcome = text.lower().replace("-", "_").partition(" ")
    try:
        return Law(law), Outcome(outcome.strip())
    except ValueError:
        raise Refused(
            f"{text!r} is no decision: it is `gdpr` or `nis2`, and `notified` or `not_needed`"
        ) from None
