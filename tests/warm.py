"""Imported where daemons are forked: what each of them would import or read on its first need."""

import uvicorn.protocols.http.auto  # noqa: F401

from alerts.incidents import tripwires
from alerts.words import sentences
from alerts.words.phases import Phase

tripwires.shipped()
sentences.wording("booking", Phase.SEEN, "en", formal=False)
