"""An exercise, from its start to its report: played by a real daemon, for a team of one's own."""

import json
from contextlib import closing
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from alerts.incidents.incident import Kind
from monitor.configuration import Configuration, loads
from monitor.configuration.document import parse
from monitor.demonstration.simulation import FAILURE_AT, PLATFORMS
from monitor.drill.setting import MARK, Setting, exercise
from monitor.sources.kinds.push import Push
from monitor.store import Database, messages, situations
from monitor.store.schema import briefing
from tests.conftest import PATIENCE_S, until
from tests.monitor.command_line import Running, in_process

OWN = """
timezone: Europe/Berlin
languages: [de, en]
sources:
  - {kind: x, token: {env: NOT_THERE_X}, spending_limit: 5}
notify:
  - {kind: slack, channel: C0SEAWALL, token: {env: NOT_THERE_SLACK}}
  - {kind: slack, name: crisis, channel: C0CRISISX, token: {env: NOT_THERE_SLACK}}
publish:
  - {kind: bluesky, handle: acme.example, app_password: {env: NOT_THERE_PUBLISH}}
heartbeat: {url: {env: NOT_THERE_BEAT}}
http: {tokens: {grafana: {scopes: [read], secret: {env: NOT_THERE_TOKEN}}}}
people:
  ida: {name: Ida Dahl, slack: U0IDADAHL, reach: [slack]}
  nora: {name: Nora Lie, slack: U0NORALIE, reach: [slack], rights: [act, lead]}
teams:
  care: {name: Customer care, people: [ida, nora], channel: [slack]}
words: {approve: {de: [nora]}}
restricted: {people: [nora], channel: [crisis]}
brands:
  acme: {name: Acme Air, terms: [acme], voice: {sign_off: {en: "– Team Acme"}}}
topics:
  food: {name: Food, terms: {en: [dinner]}}
"""


def made(slack: str | None = None) -> dict[str, Any]:
    """The configuration of an exercise for that team."""
    return exercise(parse(OWN.encode(), "own").data, slack)


def checked(data: dict[str, Any]) -> Configuration:
    return loads(json.dumps(data))


def test_nothing_is_taken_over_that_speaks_in_public_or_counts_elsewhere() -> None:
    for slack in (None, "http://127.0.0.1:1"):
        data = made(slack)
        configuration = checked(data)
        assert not {"publish", "heartbeat", "restricted"} & data.keys()
        assert configuration.publish == ()
        assert configuration.http.tokens == {}
        assert [one.kind for one in configuration.sources] == ["push"]
        assert "NOT_THERE_PUBLISH" not in json.dumps(data)
    assert "NOT_THERE" not in json.dumps(made("http://127.0.0.1:1"))


def test_with_their_own_places_a_team_is_told_there_and_every_name_says_what_it_is() -> None:
    own, configuration = checked(parse(OWN.encode(), "own").data), checked(made())
    assert configuration.notify == own.notify
    assert configuration.people["ida"] == own.people["ida"]
    [brand], [team] = configuration.brands.values(), configuration.teams.values()
    assert (brand.name, team.name) == ("EXERCISE Acme Air", "EXERCISE Customer care")
    assert brand.voice.sign_off["en"] == "– Team Acme (EXERCISE)"
    assert brand.voice.sign_off["de"] == "(EXERCISE)"
    assert [*configuration.brands] == ["exercise-acme"], "so that the ids of incidents say it"


def test_customers_write_to_the_team_s_brand_in_the_languages_that_it_answers_in() -> None:
    setting = Setting(checked(made()), None)
    told = setting.delivery(FAILURE_AT, FAILURE_AT + timedelta(minutes=30), FAILURE_AT)
    seen = Push(told.source, PLATFORMS).seen_until(told.cursor)
    assert seen == told.until, "so that it does not become blind"
    assert len(told.posts) > 20
    assert all("Acme Air" in one.text for one in told.posts)
    assert not [one for one in told.posts if "fjordwing" in one.text.casefold()]
    assert {one.lang for one in told.posts} == {"de", "en"}


class Messages(HTMLParser):
    """The messages of a channel, and each line in a thread for itself."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.inside: list[int] = []
        self.in_threads = 0

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag == "article":
            self.in_threads += bool(self.inside)
            self.inside.append(len(self.told))
            self.told.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.told[self.inside[-1]] += data


def told_by(page: str) -> Messages:
    messages = Messages()
    messages.feed(page)
    return messages


def test_a_drill_from_its_start_to_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "seawall.yaml").write_text(OWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    seawall = in_process(monkeypatch, capsys)
    url = "sqlite:///seawall-drill.db"

    def shell(who: str, *command: str) -> Any:
        where = ("--config", "seawall-drill.yaml", "--database", url, "--by", who, "--json")
        answer = seawall(*command, *where)
        assert answer.status == 0, answer.err
        return answer.data

    played = ("drill", "booking-outage", "--config", "seawall.yaml", "--rate", "60")
    with Running(tmp_path, *played, "--output", "drill.md") as running:
        slack = running.line_of_errors("in Slack: ").split()[-1]
        either = "Information technology: booking is down|words show exercise-acme-"
        told = [running.line_of_errors(either), running.line_of_errors(either)]
        [printed] = [one for one in told if "words show" in one]
        shell("ida", "incidents", "ack", "exercise")
        shell("ida", "facts", "ask", "exercise", "free_rebooking")
        running.line_of_errors("Customer care, who was asked: Free rebooking: yes")
        known = shell("nora", "facts", "confirm", "exercise", "system")["facts"]
        drafted = shell("ida", "words", "draft", "exercise", "--phase", "seen")["messages"]
        for one in drafted:
            id = one["message"]["id"]
            shell("ida", "words", "submit", id)
            shell("nora", "words", "approve", id, one["sha256"])
            shell("ida", "words", "posted", id)
        channel = f"{slack.partition('/?')[0]}/channel/C0SEAWALL"

        def read_by_ida() -> list[str]:
            found = told_by(
                httpx.get(channel, params={"name": "Ida Dahl"}, timeout=PATIENCE_S).text
            )
            return found.told if len(found.told) > 3 and found.in_threads else []

        read = until(read_by_ida, "a fourth message, one of them a line in a thread", 60.0)
        command = printed.partition("seawall words ")[2].replace("YOUR-NAME", "ida")
        shown = seawall("words", *command.split())
        assert f"--by YOUR-NAME --config seawall-drill.yaml --database {url}" in shown.out
        at_once = seawall(*played)
        again = seawall("drill", "booking-outage", "--config", "nofile.yaml")
        ended = running.interrupt()

    assert ended.status == 0, ended.err
    assert "EXERCISE: it has ended, after" in ended.err
    assert (at_once.status, "--database" in at_once.err) == (1, False)
    assert "another exercise is being played in this directory" in at_once.err
    assert "no such file" in again.err
    facts = {one["kind"]: one for one in known}
    assert (facts["system"]["state"], facts["system"]["confirmed_by"]) == ("confirmed", "Nora Lie")
    for kind in ("works", "free_rebooking"):
        assert (facts[kind]["state"], facts[kind]["source"]) == ("rumoured", "an exercise")
    assert [one for one in read if MARK not in one] == []
    assert {one["message"]["language"] for one in drafted} == {"de", "en"}
    report = (tmp_path / "drill.md").read_text(encoding="utf-8")
    assert report.startswith(f"# {MARK}: Booking fails, Acme Air")
    for part in (f"by {MARK} Customer care", "posted messages", "German"):
        assert part in report
    assert "Ida" not in report + "Nora"
    with closing(Database.open(url, existing=True)) as store, store.read() as connection:
        [incident] = [one for one in situations.incidents(connection) if one.kind is Kind.SURGE]
        marked = [*connection.scalars(select(briefing.c.content))]
        said = [one.text for one in messages.of(connection, incident.id)]
    assert [one for one in marked if MARK not in one] == [], "what notices are told with as well"
    assert all(one.endswith(f"({MARK})") for one in said), "and whatever could be copied"
    assert not (tmp_path / "seawall.db").exists()


def test_a_drill_is_chosen_from_a_list(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seawall = in_process(monkeypatch, capsys)
    assert "booking-outage: Booking fails, 2 h" in seawall("drill").out
    unknown = seawall("drill", "volcano")
    assert (unknown.status, unknown.err) == (
        1,
        "seawall: there is no exercise 'volcano': booking-outage\n",
    )
    assert "give --config FILE" in seawall("drill", "booking-outage", "--notify").err
