"""What is restricted stays with those who are named: a planted word is sought everywhere else."""

import asyncio
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client import generate_latest
from rich.console import Console, RenderableType

from alerts.duty.notices import Notice
from alerts.incidents.incident import Incident, Refused, State
from alerts.notifiers import (
    Notification,
    NotifierError,
    Places,
    Pressed,
    _slack_blocks,
    _slack_home,
    _slack_notices,
    apprise,
    terminal,
)
from alerts.posts import Post
from monitor import logs
from monitor.configuration import ConfigurationError, load
from monitor.daemon.discreet import Discreet
from monitor.daemon.dispatch import deliver
from monitor.http.application import application
from monitor.incidents import pressing
from monitor.metrics import Metrics
from monitor.staffing import duty
from monitor.store import access, guarded, situations, views
from monitor.telling import discretion
from monitor.telling.slack_desk import SlackDesk
from tests.airline import BEGIN, CONFIGURATION, configuration, days, delivery, flood, write
from tests.alerts import scenes
from tests.conftest import PATIENCE_S
from tests.monitor.command_line import Seawall, in_process
from tests.notifiers import Unheard
from tests.service import SOURCES, RunningService, new_database, secret, served

pytestmark = pytest.mark.usefixtures("logging_as_it_was")

WORD = "quagmire"
"""Planted wherever somebody could write something about the incident."""

STORM = BEGIN + timedelta(days=5, hours=12)
END = STORM + timedelta(hours=2)
NAME = "Incident Fjord"
TOKENS = {"kari": ("read", "act"), "nora": ("read", "act"), "scraper": ("metrics",)}
PEOPLE = f"""
people:
  kari: {{name: Kari Nygård, slack: U0KARI, reach: [slack], rights: [act, lead]}}
  nora: {{name: Nora Vik, slack: U0NORA, reach: [slack], rights: [act, lead]}}
teams:
  care: {{name: Customer care, people: [kari, nora], channel: [slack],
    on_call: {{people: [kari, nora], from: 2026-03-02T00:00}}}}
restricted: {{people: [nora], channel: [crisis], topics: [{WORD}], name: {NAME}}}
notify:
  - {{kind: terminal, name: slack}}
  - {{kind: terminal, name: crisis}}
  - {{kind: terminal, name: webhook}}
"""


class Reader(Unheard):
    """A place where people read: all that it was given, as JSON."""

    def __init__(self, name: str, *, replaces: bool) -> None:
        self.name, self.replaces = name, replaces
        self.shown: dict[str, str] = {}
        self.told: list[str] = []
        self.is_down = False

    async def send(self, notification: Notification) -> str | None:
        if self.is_down:
            raise NotifierError("nobody answers")
        self.shown[notification.incident] = notification.briefing.to_json()
        self.told.append(notification.briefing.to_json())
        return f"message of {notification.incident}" if self.replaces else None

    async def notify(self, notice: Notice, *, address: str | None, **_: object) -> str | None:
        self.told.append(f"{address}: {notice.to_json()}")
        return None


@dataclass
class Stage:
    """A running service, everybody who reads of it, and its log."""

    service: RunningService
    url: str
    file: Path
    metrics: Metrics
    log: io.StringIO
    slack: Reader = field(default_factory=lambda: Reader("slack", replaces=True))
    crisis: Reader = field(default_factory=lambda: Reader("crisis", replaces=True))
    webhook: Reader = field(default_factory=lambda: Reader("webhook", replaces=False))

    @property
    def incident(self) -> Incident:
        with self.service.database.read() as connection:
            [one] = situations.incidents(connection)
        return one

    def happens(self, text: str = "", posts: Sequence[Post] = ()) -> Incident:
        """Five days as always, then people write this, or these posts come; everybody is told."""
        posts = [*days(5.5), *(posts or flood(STORM, 120, text=f"@FjordwingAir {text}"))]
        self.service.watch.take(delivery(posts, BEGIN, END))
        self.service.at = END
        self.tell()
        return self.incident

    def presses(self, by: str, verb: str, value: str = "", note: str = "") -> str:
        """Somebody does something in Slack."""
        pressed = Pressed(verb, self.incident.id, by, "slack", value, note, f"U0{by.upper()}")
        said = asyncio.run(pressing.press(self.service, pressed))
        self.tell()
        return said

    def tell(self) -> None:
        """Everything that is due is done, and everybody told."""
        service = self.service
        with service.database.write() as connection:
            duty.attend(connection, service.configuration, service.now())
        readers = [Discreet(one, service.configuration) for one in self.readers]
        asyncio.run(deliver(service.database, readers, service.now))

    @property
    def readers(self) -> list[Reader]:
        return [self.slack, self.crisis, self.webhook]

    def get(self, path: str, name: str = "kari") -> httpx.Response:
        return httpx.get(
            self.url + path, headers={"authorization": f"Bearer {secret(name)}"}, timeout=PATIENCE_S
        )

    def page(self, path: str, name: str) -> str:
        """A page as somebody sees it who signed in with their token."""
        with httpx.Client(base_url=self.url, follow_redirects=True, timeout=PATIENCE_S) as browser:
            browser.post("/sign-in", data={"token": secret(name), "to": "/"})
            return browser.get(path).text


def written(folder: Path) -> Path:
    """The configuration as a file, its tokens beside it."""
    tokens = [
        f"    {name}: {{scopes: [{', '.join(may)}], secret: {{file: {folder / name}}}}}"
        for name, may in TOKENS.items()
    ]
    for name in TOKENS:
        (folder / name).write_text(secret(name))
    topic = f"topics:\n  {WORD}: {{name: About the {WORD}, terms: {{en: [{WORD}]}}}}"
    airline = CONFIGURATION.replace("topics:", topic)
    file = folder / "seawall.yaml"
    file.write_text("\n".join([airline, SOURCES, PEOPLE, "http:", "  tokens:", *tokens]))
    return file


@pytest.fixture
def seawall(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Seawall:
    return in_process(monkeypatch, capsys)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    log = io.StringIO()
    logs.configure(json=True, level="debug", stream=log, daemon=False)
    configuration = load(written(tmp_path))
    database = new_database(tmp_path / "seawall.db")
    service, metrics = RunningService(configuration, database, BEGIN), Metrics()
    metrics.observe(service)
    with served(application(service, metrics.registry, wall=service.now)) as url:
        yield Stage(service, url, tmp_path / "seawall.db", metrics, log)
    database.close()


def everything_else(stage: Stage, seawall: Seawall, id: str) -> dict[str, str]:
    """All that somebody who is not named could look at, by where it is."""
    desk = SlackDesk(stage.service)
    config = stage.file.parent / "seawall.yaml"
    store = ("--database", f"sqlite:///{stage.file}", "--config", config)
    seen = {
        "slack": "\n".join(stage.slack.told),
        "webhook": "\n".join(stage.webhook.told),
        "slack home": "\n".join(
            one.to_json() for one in asyncio.run(desk.open_incidents("U0KARI"))
        ),
        "metrics": generate_latest(stage.metrics.registry).decode(),
        "log": stage.log.getvalue(),
    }
    for path in (
        "/api/v1/incidents",
        f"/api/v1/incidents/{id}",
        "/api/v1/samples?brand=fjordwing&topic=nothing&platform=x&since=2026-03-07T12:00:00Z",
        f"/api/v1/samples?brand=fjordwing&topic={WORD}&platform=x&since=2026-03-07T12:00:00Z",
        "/api/v1/sources",
        "/api/v1/notifiers",
        "/api/v1/openapi.json",
    ):
        seen[path] = stage.get(path).text
    for path in ("/", f"/incidents/{id}"):
        seen[f"page {path}"] = stage.page(path, "kari")
    for words in (
        ("incidents", "list", "--all"),
        ("incidents", "list", "--all", "--json"),
        ("incidents", "show", id, "--by", "kari"),
        ("incidents", "show", id, "--by", "kari", "--json"),
        ("incidents", "brief", id, "--by", "kari"),
        ("explain", id, "--by", "kari"),
        ("explain", id, "--by", "kari", "--json"),
        ("report", id, "--by", "kari"),
        ("report", "--month", "2026-03"),
    ):
        answer = seawall(*words, *store)
        seen["seawall " + " ".join(words)] = answer.out + answer.err
    return seen


def test_nobody_else_learns_a_word_of_a_restricted_incident(stage: Stage, seawall: Seawall) -> None:
    one = stage.happens(f"what a {WORD}, is booking down?")
    assert one.restricted
    stage.presses("nora", "acknowledge", "10m", f"the {WORD} again")
    brief = {"true": f"It is a {WORD}", "ask": f"the {WORD} desk"}
    stage.presses("nora", "instruct", json.dumps(brief))
    stage.presses("nora", "note", "", f"nothing about the {WORD} yet")

    seen = everything_else(stage, seawall, one.id)
    assert [place for place, told in seen.items() if WORD in told.lower()] == []
    assert NAME in stage.get("/api/v1/incidents").text
    assert NAME in stage.page("/", "kari")
    assert WORD in "\n".join(stage.crisis.told)


def test_what_is_written_on_a_restricted_topic_is_in_no_other_incidents_briefing(
    stage: Stage,
) -> None:
    """Too few write of it to be an incident, and of booking, too."""
    down = flood(STORM, 120, text="@FjordwingAir is booking down?")
    aside = replace(
        down[90], id="aside", author="aside", text=f"@FjordwingAir booking ends in {WORD}"
    )
    again = replace(
        down[270], id="again", author="again", text=f"@FjordwingAir another {WORD}, my booking"
    )
    one = stage.happens(posts=[*down, aside, again])
    assert not one.restricted
    assert "booking" in stage.slack.shown[one.id].lower()
    assert WORD not in "\n".join([*stage.slack.told, *stage.webhook.told])


def test_posts_of_a_restricted_incident_are_kept_from_the_others(stage: Stage) -> None:
    one = stage.happens("is booking down?")
    asked = flood(STORM, 60, text="@FjordwingAir is booking down?")
    before = [post for post in days(5) if "booking" in post.text]
    database = stage.service.database
    with database.read() as connection:
        assert guarded.without(connection, [*before, *asked], ()) == [*before, *asked]
    stage.presses("nora", "restrict", "", "for us alone")
    assert stage.incident.id == one.id
    with database.read() as connection:
        assert guarded.without(connection, [*before, *asked], ()) == before


def test_a_replay_and_a_backtest_tell_only_that_there_is_one(
    tmp_path: Path, seawall: Seawall
) -> None:
    config = written(tmp_path)
    said = flood(STORM, 120, text=f"@FjordwingAir what a {WORD}, is booking down?")
    posts = write(tmp_path / "posts.csv", [*days(5.5), *said])
    store = f"sqlite:///{tmp_path / 'replayed.db'}"
    for told, *words in (
        (NAME, "replay", posts, "--database", store),
        ("Fjordwing Air: restricted", "backtest", posts),
        ('"alerts": 1', "backtest", posts, "--json"),
    ):
        answer = seawall(*words, "--config", config)
        assert answer.status == 0
        assert told in answer.out + answer.err
        assert WORD not in (answer.out + answer.err).lower()


def test_who_is_named_sees_it_and_every_look_is_kept(stage: Stage, seawall: Seawall) -> None:
    one = stage.happens(f"what a {WORD}, is booking down?")
    id, service = one.id, stage.service
    assert WORD in stage.get(f"/api/v1/incidents/{id}", "nora").text
    assert WORD in stage.page(f"/incidents/{id}", "nora")
    briefing = asyncio.run(SlackDesk(service).incident(id, "U0NORA"))
    assert WORD in briefing.to_json()
    config = stage.file.parent / "seawall.yaml"
    shown = seawall(
        "incidents",
        "show",
        id,
        "--by",
        "nora",
        "--database",
        f"sqlite:///{stage.file}",
        "--config",
        config,
    )
    assert WORD in shown.out
    with service.database.read() as connection:
        seen = views.of(connection, id)
    assert [(one.person, one.place) for one in seen] == [
        ("nora", "api"),
        ("nora", "page"),
        ("nora", "slack"),
        ("nora", "shell"),
    ]


def test_who_is_not_named_can_do_nothing_to_it(stage: Stage) -> None:
    stage.happens(f"what a {WORD}")
    for verb in ("acknowledge", "resolve", "unrestrict", "note"):
        with pytest.raises(Refused) as refused:
            stage.presses("kari", verb)
        assert WORD not in str(refused.value)
    assert stage.incident.state is State.OPEN


def test_restricted_by_hand_it_is_taken_from_those_who_had_it(stage: Stage) -> None:
    """What they read before cannot be unread; what they can still look at is neutral."""
    stage.webhook.is_down = True
    one = stage.happens("is booking down?")
    assert not one.restricted
    assert "booking" in stage.slack.shown[one.id].lower()
    stage.presses("nora", "restrict", "", f"it is a {WORD}")
    assert NAME in stage.slack.shown[one.id]
    assert "booking" not in stage.slack.shown[one.id].lower()
    stage.webhook.is_down = False
    stage.presses("nora", "resolve", "", f"the {WORD} is over")
    assert WORD in "\n".join(stage.crisis.told)
    assert WORD not in "\n".join([*stage.slack.told, *stage.webhook.told])
    assert stage.webhook.told
    assert "booking" not in "\n".join(stage.webhook.told).lower()


def test_what_turns_out_to_be_restricted_is_taken_back(stage: Stage) -> None:
    """Everything surges first, and then the topic that is for named people only."""
    later = STORM + timedelta(minutes=30)
    posts = [
        *flood(STORM, 120, text="@FjordwingAir hello"),
        *flood(later, 90, text=f"@FjordwingAir {WORD}"),
    ]
    first = [one for one in posts if one.created_at < later]
    begun = delivery([*days(5.5), *first], BEGIN, later)
    stage.service.watch.take(begun)
    stage.service.at = later
    stage.tell()
    assert "hello" in stage.slack.shown[stage.incident.id]
    rest = flood(later, 90, text=f"@FjordwingAir {WORD}")
    stage.service.watch.take(delivery(rest, later, END))
    stage.service.at = END
    stage.tell()
    one = stage.incident
    assert one.restricted
    assert NAME in stage.slack.shown[one.id]
    assert "hello" not in stage.slack.shown[one.id]
    assert WORD not in "\n".join([*stage.slack.told, *stage.webhook.told])
    assert WORD in "\n".join(stage.crisis.told)


@pytest.mark.parametrize("state", State)
def test_every_notifier_can_show_that_there_is_one(state: State) -> None:
    over = scenes.DETECTED if state is State.RESOLVED else None
    whole = replace(scenes.briefing(), state=state, resolved_at=over)
    shown = discretion.neutral(whole, configuration())
    places = Places("seawall incidents ack {incident}", "https://seawall.example/{incident}")
    seen = [
        json.dumps(_slack_blocks.blocks(shown, places, buttons=True)),
        _slack_blocks.text(shown),
        json.dumps(_slack_notices.reply_blocks(shown, rings=True)),
        json.dumps(_slack_home.home([shown], [])),
        "\n".join(apprise.words(shown, places)),
        on_paper(terminal.full(shown, 100, "")),
        on_paper(terminal.update(shown)),
    ]
    for text in seen:
        assert "Restricted incident" in text
        for word in (*whole.names, whole.examples[0].text, whole.situation):
            assert word not in text


def on_paper(shown: RenderableType) -> str:
    paper = Console(file=io.StringIO(), width=100)
    with paper.capture() as written:
        paper.print(shown)
    return written.get()


@pytest.mark.parametrize(
    ("name", "status", "shown"), [("Nora Vik", 403, "a token of their own"), ("Guest", 200, NAME)]
)
def test_a_name_that_was_only_typed_in_opens_nothing(
    stage: Stage, name: str, status: int, shown: str
) -> None:
    one = stage.happens(f"what a {WORD}")
    with stage.service.database.write() as connection:
        link = access.make_link(connection, stage.service.now())
    form = {"link": link, "name": name, "to": f"/incidents/{one.id}"}
    with httpx.Client(base_url=stage.url, follow_redirects=True, timeout=PATIENCE_S) as browser:
        answer = browser.post("/sign-in", data=form)
    assert answer.status_code == status
    assert shown in answer.text
    assert WORD not in answer.text


def test_the_channel_for_what_is_restricted_is_no_teams_own(tmp_path: Path) -> None:
    file = written(tmp_path)
    file.write_text(file.read_text().replace("channel: [crisis]", "channel: [slack]"))
    with pytest.raises(ConfigurationError, match=r"`teams\.care`"):
        load(file)
