"""The setting of an exercise: a team's own people, brand and words, and nothing that could hurt.

What customers write is made up; Slack is a stand-in on this machine, unless the team's own places
are wanted. Nothing that speaks in public or counts elsewhere is taken over: no sources, no accounts
to publish with, no heartbeat, no tokens.
"""

import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic_core import to_json
from ruamel.yaml import YAML

from alerts.briefings.briefing import EXERCISE
from alerts.incidents.incident import Refused
from alerts.languages import base
from alerts.posts import Post
from alerts.words.kinds import LANGUAGES
from monitor.configuration import Configuration, load
from monitor.configuration.document import parse
from monitor.demonstration.simulation import PLATFORMS, Simulation
from monitor.demonstration.stage import PAGE, SEED, SLACK, free
from monitor.doubles.serving import serving
from monitor.doubles.slack import SlackDouble, user_id
from monitor.sources.delivery import Delivery, Observed
from monitor.sources.kinds.push import Reached

MARK = EXERCISE
OPERATIONS, OPERATIONS_NAME = "operations", "Operations (exercise)"
"""Who says what the scenario knows, by id and name."""

SOURCE = "push"
FILE = Path("seawall-drill.yaml")
"""The configuration of the exercise, for whoever works in a shell."""

_OWN = (
    *("timezone", "languages", "service_hours", "holidays", "incidents"),
    *("notify", "people", "teams", "duty_list", "targets", "words"),
)
_SIMULATED = ("bucket", "topics")
_NAME = re.compile(r"[@#]?fjordwing( ?air)?", re.IGNORECASE)
_TOKENS = {"SEAWALL_DRILL_SLACK": "xoxb", "SEAWALL_DRILL_SLACK_APP": "xapp"}
_FALSE_ALARMS = "1 per 300 days"  # nothing but the exercise is to be noticed
_LONGEST = 100
_LONGEST_ID = 60


@dataclass(frozen=True, slots=True)
class Setting:
    """Where an exercise takes place; `slack` is where the stand-in is, None without one."""

    configuration: Configuration
    slack: str | None

    @property
    def brand(self) -> str:
        """The id of the brand that it is about."""
        return next(iter(self.configuration.brands))

    def delivery(self, since: datetime, until: datetime, failure_at: datetime | None) -> Delivery:
        """What customers write in [since, until); booking fails at `failure_at`."""
        simulation = Simulation(SEED, self.brand, failure_at, floods=False)
        found = simulation.deliveries(since, until, until - since)
        posts = [self._post(one, failure_at) for each in found for one in each.posts]
        spoken = {base(one) for one in self.configuration.languages}
        return Delivery(
            source=SOURCE,
            until=until,
            cursor=to_json(dict.fromkeys(PLATFORMS, Reached("mentions", until))).decode(),
            posts=[one for one in posts if base(one.lang or "") in spoken],
            observed=[Observed(self.brand, platform, since, until) for platform in PLATFORMS],
        )

    def _post(self, post: Post, failure_at: datetime | None) -> Post:
        """As it would be written to this brand; of another run of the simulation it is another."""
        run = "n" if failure_at is None else "f"
        name = self.configuration.brands[self.brand].name.removeprefix(f"{MARK} ")
        return replace(
            post,
            id=f"{run}{post.id}",
            repost_of=post.repost_of and f"{run}{post.repost_of}",
            text=_NAME.sub(lambda _: name, post.text),
        )


@contextmanager
def setting(
    theirs: Mapping[str, Any], now: Callable[[], datetime], *, notify: bool
) -> Iterator[Setting]:
    """Set it up for as long as the block lasts; `theirs` is the team's own configuration.

    With `notify` it is told where the team reads in earnest. Raises Refused.
    """
    if notify:
        yield Setting(_written(exercise(theirs)), None)
        return
    tokens = {name: f"{kind}-{secrets.token_hex(16)}" for name, kind in _TOKENS.items()}
    os.environ.update(tokens)
    token, app_token = tokens.values()
    double = SlackDouble(now=now, token=token, app_token=app_token)
    with serving(double.app, free(SLACK)) as slack:
        configuration = _written(exercise(theirs, slack))
        double.people = tuple(one.name for one in configuration.people.values())
        yield Setting(configuration, slack)


def exercise(theirs: Mapping[str, Any], slack: str | None = None) -> dict[str, Any]:
    """A team's configuration as that of an exercise, whose every name says so.

    `slack` is where the stand-in of Slack is, which everybody is told in; None: in their places.
    Raises Refused where none of the brands is one's own.
    """
    simulated = _demonstration()
    teams = {
        id: {**team, "name": _marked(team["name"])}
        for id, team in (theirs.get("teams") or {}).items()
    }
    people = dict(theirs.get("people") or {})
    made = {
        **{name: simulated[name] for name in _SIMULATED},
        **{name: theirs[name] for name in _OWN if name in theirs},
        "brands": _brand(theirs["brands"]),
        "teams": teams,
        "people": people,
        "sources": [{"kind": SOURCE, "platforms": [*PLATFORMS]}],
        "false_alarms": _FALSE_ALARMS,
        "tripwires": {"enabled": False},
        "pack": {"mail": False},
        "http": {"port": free(PAGE)},
    }
    if slack is not None:
        token, app_token = ({"env": name} for name in _TOKENS)
        place = {"kind": "slack", "channel": "C0SEAWALL", "base_url": f"{slack}/api/"}
        made["notify"] = [{**place, "token": token, "app_token": app_token}]
        made["people"] = {
            id: {**one, "slack": user_id(one["name"]), "reach": ["slack"]}
            for id, one in people.items()
        }
        made["teams"] = {id: {**team, "channel": ["slack"]} for id, team in teams.items()}
    if people:
        made["people"][OPERATIONS] = {"name": OPERATIONS_NAME}
    return made


def _brand(brands: Mapping[str, Any]) -> dict[str, Any]:
    """The first of one's own, under another id, known by its name alone."""
    ours = [(id, one) for id, one in brands.items() if one.get("whose", "own") == "own"]
    if not ours:
        raise Refused("there is no brand of your own in the configuration")
    id, one = ours[0]
    voice = one.get("voice") or {}
    signed = voice.get("sign_off") or {}
    marked = {language: f"{signed.get(language, '')} ({MARK})".strip() for language in LANGUAGES}
    kept = {name: one[name] for name in ("facts", "team") if name in one}
    return {
        f"{MARK.lower()}-{id}"[:_LONGEST_ID].rstrip("-"): {
            **kept,
            "name": _marked(one["name"]),
            "terms": [one["name"]],
            "voice": {**voice, "sign_off": marked},
        }
    }


def _marked(name: str) -> str:
    return f"{MARK} {name}"[:_LONGEST]


def configured(file: Path | None) -> Mapping[str, Any]:
    """What a team has configured; without a file, the demonstration. Raises ConfigurationError."""
    if file is None:
        return _demonstration()
    load(file)  # its mistakes are told with their lines
    return parse(file.read_bytes(), str(file)).data


def _demonstration() -> Mapping[str, Any]:
    text = (files("monitor.demonstration") / "fjordwing.yaml").read_bytes()
    return parse(text, "fjordwing.yaml").data


def _written(made: Mapping[str, Any]) -> Configuration:
    """The configuration, which stands in a file for whoever works in a shell."""
    text = StringIO()
    text.write("# The configuration of an exercise, made by `seawall drill`; it is written anew.\n")
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump(made, text)
    FILE.write_text(text.getvalue(), encoding="utf-8")
    return load(FILE)
