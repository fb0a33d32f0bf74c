"""The configuration: one YAML file, typed; every mistake is reported at once, with its place."""

from monitor.configuration.brands import Brand, Topic
from monitor.configuration.checking import Checked, Summary, check
from monitor.configuration.loading import load, loads
from monitor.configuration.models import (
    Configuration,
    Incidents,
)
from monitor.configuration.problems import ConfigurationError, Problem
from monitor.configuration.recording import Columns, Recorded, Span
from monitor.configuration.values import ALL, ANY_LANGUAGE, Choice, Rate

__all__ = [
    "ALL",
    "ANY_LANGUAGE",
    "Brand",
    "Checked",
    "Choice",
    "Columns",
    "Configuration",
    "ConfigurationError",
    "Incidents",
    "Problem",
    "Rate",
    "Recorded",
    "Span",
    "Summary",
    "Topic",
    "check",
    "load",
    "loads",
]
