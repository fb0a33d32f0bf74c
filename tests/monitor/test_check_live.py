"""`seawall check --live`, `notify test` and `sign-in`, against servers on this machine."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import typer
from click.testing import Result
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typer.testing import CliRunner

from alerts.notifiers import Places
from monitor import clock, probes
from monitor.commands import notify
from monitor.commands.check import check
from monitor.commands.sign_in import sign_in
from monitor.configuration import load
from monitor.doubles.serving import serving
from monitor.doubles.slack import SlackDouble
from monitor.doubles.world import World
from monitor.doubles.x import XDouble
from monitor.store import Database, StoreError, access

app = typer.Typer()
app.command()(check)
app.command()(sign_in)
app.add_typer(notify.app, name="notify")

pytestmark = pytest.mark.usefixtures("logging_as_it_was")

TOKEN = "AAAAAAAAAAAAAAAAAAAAAA-bearer"  # noqa: S105
SIGNING = "webhook-signing-secret-1234"

CONFIGURATION = """
sources:
  - {{kind: x, base_url: "{x}", every: {every}, spending_limit: 100, timeout: 1s}}
notify:
  - {{kind: slack, channel: C0SEAWALL, base_url: "{slack}/api/"}}
  - {{kind: webhook, url: {{env: HOOK}}, secret: {{env: SIGNING}}}}
http:
  host: 0.0.0.0
  tokens: {{kari: {{scopes: [read], secret: {{env: KARI}}}}}}
heartbeat: {{url: {{env: BEAT}}}}
brands: {{acme: {{name: Acme, terms: ["@Acme"]}}}}
topics: {{delays: {{name: Delays, terms: [{term}]}}}}
"""


class Hook:
    """A receiver of webhooks."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.status = 204
        self.app = Starlette(routes=[Route("/hook", self._take, methods=["HEAD", "POST"])])

    async def _take(self, request: Request) -> Response:
        if body := await request.body():
            self.bodies.append(body)
        return Response(status_code=self.status)


@pytest.fixture
def slack() -> SlackDouble:
    return SlackDouble(now=clock.wall, pace_s=0)


@pytest.fixture
def hook() -> Hook:
    return Hook()


@pytest.fixture(autouse=True)
def surroundings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slack: SlackDouble, hook: Hook
) -> Iterator[None]:
    """A folder with a configuration, the servers it names, and its secrets."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEAWALL_DATABASE", raising=False)
    x = XDouble(World.of([], clock.wall), token=TOKEN)
    with serving(x.app) as at_x, serving(slack.app) as at_slack, serving(hook.app) as at_hook:
        for name, value in {
            "X_BEARER_TOKEN": TOKEN,
            "SLACK_BOT_TOKEN": "xoxb-fjordwing",
            "SLACK_APP_TOKEN": "xapp-fjordwing",
            "HOOK": f"{at_hook}/hook",
            "SIGNING": SIGNING,
            "KARI": "kari-has-a-token-of-20",
            "BEAT": "https://watchdog.example/ping/5f2c9a1e",
        }.items():
            monkeypatch.setenv(name, value)
        write(x=at_x, slack=at_slack)
        yield


def write(*, x: str, slack: str, every: str = "10m", term: str = "delay") -> None:
    text = CONFIGURATION.format(x=x, slack=slack, every=every, term=term)
    Path("live.yaml").write_text(text, "utf-8")


def called(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def test_check_says_what_the_live_configuration_amounts_to() -> None:
    result = called("check", "live.yaml")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "live.yaml is fine: 1 brand, 1 topic, 2 series; at most 4 false surges in 30 days.",
        "  from x: 2 queries, $43.20 in 30 days; never more than $100 a month",
        "  to slack, webhook",
    ]
    data = json.loads(called("check", "live.yaml", "--json").stdout)
    assert data["summary"]["platforms"] == ["x"]
    assert data["live"]["costs"] == [
        {"source": "x", "queries": 2, "in_30_days": 43.2, "limit": 100.0}
    ]
    assert "checks" not in data


def test_check_warns_of_a_limit_that_ends_before_the_month_and_of_words_that_x_lacks() -> None:
    write(x="http://x.example", slack="http://slack.example", every="2m", term="delay*")
    result = called("check", "live.yaml")
    assert result.exit_code == 0
    warnings = [line for line in result.stdout.splitlines() if line.startswith("  ! x: ")]
    assert any("X knows no `*`" in warning for warning in warnings)
    assert any("spending_limit: counting 2 topics costs about $216" in each for each in warnings)


def test_a_mistake_that_only_a_source_knows_is_a_mistake_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("X_BEARER_TOKEN")
    assert called("check", "live.yaml").exit_code == 0
    text = Path("live.yaml").read_text("utf-8")
    Path("live.yaml").write_text(f"bucket: 30s\n{text}", "utf-8")
    result = called("check", "live.yaml", "--live")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "sources.x bucket: `30s` is not whole minutes" in result.stderr


def test_everything_that_answers_has_a_line_and_nobody_is_told(
    slack: SlackDouble, hook: Hook
) -> None:
    result = called("check", "live.yaml", "--live")
    assert result.exit_code == 0, result.output
    lines = [line for line in result.stdout.splitlines() if line[0] in "✔✘"]
    assert [line.partition(":")[0] for line in lines] == [
        "✔ database",
        "✔ http.tokens",
        "✔ heartbeat.url",
        "✔ x",
        "✔ slack",
        "✔ webhook",
    ]
    assert lines[3].startswith("✔ x: X answers: 0 posts")
    assert lines[3].endswith("(this cost $0.005)")
    assert not any(slack.messages.values())
    assert hook.bodies == []
    assert not Path("seawall.db").exists()


def test_what_does_not_answer_is_named_with_a_remedy_and_without_secrets(
    monkeypatch: pytest.MonkeyPatch, hook: Hook
) -> None:
    monkeypatch.delenv("BEAT")
    monkeypatch.setenv("X_BEARER_TOKEN", "WRONG-bearer-token")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-WRONG-token")
    monkeypatch.setenv("KARI", "short-WRONG")
    hook.status = 503
    result = called("check", "live.yaml", "--live", "--database", "sqlite:///none/seawall.db")
    assert result.exit_code == 1
    lines = [line for line in result.stdout.splitlines() if line[0] in "✔✘"]
    assert all(line[0] == "✘" for line in lines), lines
    assert "none is no folder; make it first" in lines[0]
    assert "shorter than 20 characters" in lines[1]
    assert "export BEAT=" in lines[2]
    assert "invalid_auth" in lines[4]
    assert "503" in lines[5]
    assert "WRONG" not in result.output
    data = called("check", "live.yaml", "--live", "--json")
    assert data.exit_code == 1
    assert [one["fine"] for one in json.loads(data.stdout)["checks"]] == [True, *[False] * 5]


def test_what_never_answers_is_given_up() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        nowhere = f"http://127.0.0.1:{silent.getsockname()[1]}"
        write(x=nowhere, slack=nowhere)
        asking = probes.everything(
            load(Path("live.yaml")), "sqlite:///seawall.db", Places("ack"), patience_s=1.0
        )
        answers = {one.name: one for one in asyncio.run(asking)}
    assert answers["database"].fine
    for name in ("x", "slack"):
        assert answers[name].said.startswith("no answer within 1 s; is there a proxy")


def test_a_test_reaches_every_notifier_or_those_that_are_named(
    slack: SlackDouble, hook: Hook
) -> None:
    result = called("notify", "test", "--config", "live.yaml", "webhook")
    assert (result.exit_code, result.stdout) == (0, "✔ webhook: told; look there\n")
    assert len(hook.bodies) == 1
    assert not slack.messages["C0SEAWALL"]
    hook.status = 410
    result = called("notify", "test", "--config", "live.yaml")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == "✔ slack: told; look there"
    assert result.stdout.splitlines()[1].startswith("✘ webhook: ")
    assert len(slack.messages["C0SEAWALL"]) == 1
    unknown = called("notify", "test", "--config", "live.yaml", "slcak")
    assert unknown.exit_code == 2
    assert "did you mean `slack`?" in " ".join(unknown.output.split())


def test_a_link_lets_one_person_in_once() -> None:
    with pytest.raises(StoreError, match="there is no store at"):
        called("sign-in", "--config", "live.yaml")
    with closing(Database.open("sqlite:///seawall.db")) as store:
        result = called("sign-in", "--config", "live.yaml")
        assert result.exit_code == 0
        url = urlsplit(result.stdout.strip())
        assert (url.netloc, url.path) == ("127.0.0.1:8420", "/sign-in")
        assert "good for 10 minutes and for one use" in result.stderr
        assert "`http.hosts`" in result.stderr
        [link] = parse_qs(url.query)["link"]
        later = clock.wall() + timedelta(minutes=5)
        with store.write() as connection:
            assert access.redeem(connection, link, "Kari", later)
            assert access.redeem(connection, link, "Ola", later) is None


@pytest.mark.parametrize(
    ("http", "address"),
    [
        ("url: https://seawall.example", "https://seawall.example/sign-in?link="),
        ('host: "::1"', "http://[::1]:8420/sign-in?link="),
        ("host: seawall.local, port: 80", "http://seawall.local:80/sign-in?link="),
    ],
)
def test_a_link_goes_where_people_reach_the_page(http: str, address: str) -> None:
    Path("page.yaml").write_text(f"http: {{{http}}}\nbrands: {{acme: {{name: Acme}}}}", "utf-8")
    Database.open("sqlite:///seawall.db").close()
    assert called("sign-in", "--config", "page.yaml").stdout.startswith(address)
