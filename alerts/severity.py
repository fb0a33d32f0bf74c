"""How much an incident asks of the team: from its kind, its reach and the hour, with the reason."""

from alerts.incidents import Incident, Kind, Severity


def assess(incident: Incident) -> Severity:
    """Severity from reach: how many times the expected number, how many posts, how many topics.

    It rises with the incident and never falls before it is resolved. What calls nobody is minor,
    and so is silence.
    """
    if incident.kind is Kind.SILENCE or not incident.calls:
        return incident.severity
    factor, posts, topics = incident.peak_factor, incident.posts, len(incident.topics)
    if factor >= 10 and posts >= 100:
        found = Severity.CRITICAL
    elif (factor >= 10 and posts >= 10) or (factor >= 5 and posts >= 25) or topics >= 3:
        found = Severity.MAJOR
    else:
        found = Severity.MINOR
    order = list(Severity)
    return max(found, incident.severity, key=order.index)
