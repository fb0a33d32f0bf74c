"""Imported where processes are forked: what each of them would import or read on its first need."""

from importlib import import_module

from alerts.incidents import tripwires
from alerts.notifiers import notifier_kinds
from alerts.publishers import publisher_kinds
from alerts.words import sentences
from alerts.words.phases import Phase
from detectors.contract import detector_kinds
from monitor.configuration import loads
from monitor.sources.kinds import source_kinds
from tests import airline
from tests.conftest import empty_store

for name in (
    *("aiosmtplib", "apprise", "slack_sdk.web.async_client", "uvicorn.protocols.http.auto"),
    *("alerts.notifiers._slack_notifier", "alerts.notifiers._terminal_chart"),
    *("matplotlib.figure", "matplotlib.backends.backend_agg", "psycopg"),
    *("holidays", "monitor.commands.replay", "tests.daemons", "tests.killing"),
):
    import_module(name)
for kinds in (detector_kinds, notifier_kinds, publisher_kinds, source_kinds):
    tuple(kinds().values())
tripwires.shipped()
for language in ("en", "de"):
    sentences.wording("booking", Phase.SEEN, language, formal=False)
loads(airline.CONFIGURATION)
empty_store()
