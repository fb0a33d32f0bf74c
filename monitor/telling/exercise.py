"""Whether nothing of it is in earnest, so that whatever people are shown says so."""

from alerts.briefings.briefing import EXERCISE
from monitor.configuration import Configuration


def practises(configuration: Configuration) -> bool:
    """Whether this is the configuration of an exercise: every brand says so by its name."""
    return all(one.name.startswith(EXERCISE) for one in configuration.brands.values())
