"""Who may do what over HTTP, and what the API answers: on real sockets, over a real store."""

import json
import logging
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import select

from alerts.secret import SecretMissing
from monitor.configuration import Configuration
from monitor.http.access import Door
from monitor.http.application import application
from monitor.http.boundary import LARGEST_BODY
from monitor.http.routes import ROUTES, Route
from monitor.service import Health, NotifierStatus, SourceStatus
from monitor.sources.delivery import Delivery, Observed
from monitor.store import Database, StoreError, access, schema, situations, views
from monitor.store.database import StoreFull
from tests.airline import BEGIN, post
from tests.alerts import scenes
from tests.conftest import PATIENCE_S, ROOT
from tests.service import TOKENS, RunningService, configured, new_database, secret, served, tell

SCOPES = ("read", "act", "ingest", "metrics")
ID = scenes.incident().id
NOW = scenes.DETECTED + timedelta(minutes=20)
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # to make one for each client takes long
PEOPLE = """
notify: [{kind: terminal}, {kind: terminal, name: crisis}]
people:
  kari: {name: Kari Nygård, rights: [act, lead]}
  nora: {name: Nora Lie, rights: [act, lead]}
restricted: {people: [nora], channel: [crisis], name: Incident Fjord}
"""
HELD = {"kari": ("read", "act"), "nora": ("read", "act"), "robot": ("read", "act")}
each_route = pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {r.path}")


@dataclass
class Hand:
    """A clock that is moved by hand."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Scene:
    """A running service, where it is, and real time in it."""

    service: RunningService
    url: str
    wall: Hand

    def client(self, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers=headers, verify=NO_TLS, timeout=PATIENCE_S)

    def asks(self, name: str) -> httpx.Client:
        return self.client(authorization=f"Bearer {secret(name)}")

    def session(self, name: str, scopes: tuple[str, ...]) -> str:
        with self.service.database.write() as connection:
            token = access.digest(secret(name))
            return access.begin_session(connection, name, scopes, token, self.wall())

    def link(self) -> str:
        with self.service.database.write() as connection:
            return access.make_link(connection, self.wall())

    def opened(self, **changes: Any) -> str:
        """One more incident that nobody has in hand; its id."""
        with self.service.database.read() as connection:
            number = len(situations.incidents(connection))
        about = replace(
            scenes.incident(),
            id=f"{ID}{number}" if number else ID,
            acknowledged_at=None,
            acknowledged_by=None,
            **changes,
        )
        surges = tuple(
            replace(one, detected_at=one.detected_at + timedelta(seconds=number))
            for one in about.surges
        )
        about = replace(about, surges=surges)
        tell(self.service.database, about, scenes.briefing(about=about))
        return about.id


def scene_in(folder: Path, configuration: Configuration | None = None) -> Iterator[Scene]:
    database = new_database(folder / "seawall.db")
    service, wall = RunningService(configuration or configured(folder), database, NOW), Hand()
    registry = CollectorRegistry()
    Counter("seawall_test", "A counter.", registry=registry).inc()
    with served(application(service, registry, wall=wall)) as url:
        yield Scene(service, url, wall)
    database.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """For tests that change nothing."""
    for scene in scene_in(tmp_path_factory.mktemp("http")):
        scene.opened()
        yield scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    yield from scene_in(tmp_path)


def ask(client: httpx.Client, route: Route, **more: Any) -> httpx.Response:
    answer = client.request(route.method, route.path.replace("{id}", ID), **more)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers
    return answer


def problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == answer.status_code
    return told


@each_route
@pytest.mark.parametrize("shown", [None, "Bearer", "Bearer not-a-token", "Basic a2FyaTprYXJp"])
def test_nobody_comes_in_without_a_key(shared: Scene, route: Route, shown: str | None) -> None:
    with shared.client(**({"authorization": shown} if shown else {})) as client:
        client.cookies.set("seawall", shown or "")
        answer = ask(client, route)
    if route.door is Door.TOKEN:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert problem(answer)["detail"]
    elif route.door is Door.SESSION:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?to=%2F")
    else:
        assert answer.status_code not in (303, 403, 500)


@each_route
@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_opens_what_its_scope_names_and_nothing_else(
    shared: Scene, route: Route, scope: str
) -> None:
    name = next(name for name, scopes in TOKENS.items() if scopes == (scope,))
    with shared.asks(name) as client:
        if route.door is Door.SESSION:
            client.cookies.set("seawall", shared.session(name, (scope,)))
        answer = ask(client, route)
    if route.door in (Door.OPEN, Door.SIGNED):
        return
    if route.scope == scope:
        assert answer.status_code not in (401, 500)
        assert "lacks the scope" not in answer.text
        formless = route.method == "POST" and route.door is Door.SESSION
        assert (answer.status_code == 403) == formless  # its hidden word is not there
    else:
        assert answer.status_code == 403
        assert f"`{route.scope}`" in answer.text


@each_route
def test_a_host_name_that_is_not_ours_is_refused(shared: Scene, route: Route) -> None:
    with shared.asks("kari") as client:
        for host in ("evil.example", "127.0.0.1.evil.example:8420", "[::2]", "", "a b", "@local@"):
            answer = ask(client, route, headers={"host": host})
            assert answer.status_code == 400
            assert "http.hosts" in problem(answer)["detail"]


@each_route
def test_a_form_from_another_site_or_without_its_word_is_refused(
    shared: Scene, route: Route
) -> None:
    if route.method == "GET" or route.door is Door.TOKEN:
        return
    with shared.client() as client:
        client.cookies.set("seawall", shared.session("kari", ("read", "act")))
        for headers in (
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"sec-fetch-site": "cross-site"},
        ):
            assert ask(client, route, headers=headers).status_code == 403
        for word in ("", "x" * 64, "é"):
            if route.door is Door.SESSION:
                assert ask(client, route, data={"word": word}).status_code == 403
    with shared.service.database.read() as connection:
        assert "kari" not in {step["actor"] for step in situations.timeline(connection, ID)}


def test_hosts_of_the_configuration_are_answered_on_any_port(tmp_path: Path) -> None:
    database = new_database(tmp_path / "seawall.db")
    http = "url: https://seawall.example\n  hosts: [Watch]"
    service = RunningService(configured(tmp_path, http=http), database, NOW)
    with served(application(service)) as url:
        for host in ("seawall.example", "SEAWALL.example:443", "watch:1", "localhost", "[::1]:80"):
            assert (
                httpx.get(f"{url}/healthz", headers={"host": host}, timeout=PATIENCE_S).status_code
                == 200
            )
        with database.write() as connection:
            link = access.make_link(connection, datetime.now(UTC))
        answer = httpx.post(
            f"{url}/sign-in",
            data={"link": link, "name": "Kari"},
            headers={"host": "seawall.example", "origin": "https://seawall.example"},
            timeout=PATIENCE_S,
        )
        assert "; Secure" in answer.headers["set-cookie"]
    database.close()


def test_a_link_lets_one_person_in_once_and_looking_at_it_does_not_use_it_up(scene: Scene) -> None:
    link = scene.link()
    with scene.client() as client:
        assert "Your name" in client.get("/sign-in", params={"link": link}).text
        assert client.post("/sign-in", data={"link": link, "name": "  "}).status_code == 422
        answer = client.post("/sign-in", data={"link": link, "name": "Kari <b>"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"]
        assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Path=/"))
        assert "Secure" not in cookie
        assert "Kari &lt;b&gt;" in client.get("/").text
    with scene.client() as other:
        assert other.post("/sign-in", data={"link": link, "name": "Ole"}).status_code == 410
        assert other.get("/sign-in", params={"link": link}).status_code == 410
        late = scene.link()
        scene.wall.at += timedelta(minutes=10)
        assert other.post("/sign-in", data={"link": late, "name": "Ole"}).status_code == 410
        assert other.get("/").status_code == 303


def test_links_and_sessions_are_kept_as_digests_until_they_expire(database: Database) -> None:
    with database.write() as connection:
        link = access.make_link(connection, NOW)
        assert access.link_is_good(connection, link, NOW)
        value = access.redeem(connection, link, "Kari", NOW)
        assert value is not None
        assert access.redeem(connection, link, "Ole", NOW) is None
        assert access.session(connection, link, NOW) is None
        assert access.session(connection, value, NOW) == access.Session(
            "Kari", frozenset({"read", "act"})
        )
        by_token = access.begin_session(connection, "ole", ["read"], access.digest("o"), NOW)
        assert access.session(connection, by_token, NOW) == access.Session(
            "ole", frozenset({"read"}), access.digest("o")
        )
        access.end_session(connection, by_token)
        assert access.session(connection, by_token, NOW) is None
        rows = connection.execute(select(schema.access)).all()
        assert [value in repr(row) or link in repr(row) for row in rows] == [False]
        assert access.session(connection, value, NOW + access.SESSION_LIFE) is None
        access.make_link(connection, NOW + access.SESSION_LIFE)  # takes expired ones away
        assert len(connection.execute(select(schema.access)).all()) == 1


def test_a_person_of_the_configuration_signs_in_with_a_link_of_their_own(named: Scene) -> None:
    id = named.opened()
    with named.client() as client:
        form = {"link": named.link(), "name": "Nora Lie"}
        assert client.post("/sign-in", data=form).status_code == 403  # she has a token
        refused = client.post("/sign-in", data={**form, "name": "Kari Nygård"})
        assert refused.status_code == 422
        assert "their own link: seawall sign-in --as Kari Nygård" in refused.text
        with named.service.database.write() as connection:
            link = access.make_link(connection, named.wall(), "kari")
        assert "You are kari." in client.get("/sign-in", params={"link": link}).text
        client.post("/sign-in", data={"link": link, "name": "Nora Lie"})
        word = client.get("/").text.split('name="word" value="')[1].split('"')[0]
        client.post(f"/incidents/{id}", data={"word": word, "step": "acknowledge"})
    with named.service.database.read() as connection:
        assert situations.one_incident(connection, id).acknowledged_by == "Kari Nygård"


def test_nobody_signs_in_as_seawall_itself(scene: Scene, tmp_path: Path) -> None:
    with scene.client() as client:
        form = {"link": scene.link(), "name": " SeaWall "}
        assert client.post("/sign-in", data=form).status_code == 422
    named = replace(scene.service, configuration=configured(tmp_path, {"seawall": ("read",)}))
    with pytest.raises(SecretMissing, match="another name"):
        application(named)


def test_of_two_who_use_a_link_at_once_one_gets_in(scene: Scene) -> None:
    link, answers = scene.link(), []

    def redeem(name: str) -> None:
        form = {"link": link, "name": name}
        answers.append(
            httpx.post(f"{scene.url}/sign-in", data=form, timeout=PATIENCE_S).status_code
        )

    people = [threading.Thread(target=redeem, args=(f"person {n}",)) for n in range(5)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert sorted(answers) == [303, 410, 410, 410, 410]


def test_a_session_outlives_the_process_but_not_its_hours_its_token_or_its_end(
    scene: Scene, tmp_path: Path
) -> None:
    with scene.client() as client:
        client.post("/sign-in", data={"token": secret("kari")})
        value = client.cookies["seawall"]
    again = replace(scene.service, configuration=scene.service.configuration)
    cookie = {"cookie": f"seawall={value}"}
    with served(application(again, wall=scene.wall)) as url:
        assert httpx.get(url, headers=cookie, verify=NO_TLS, timeout=PATIENCE_S).status_code == 200
    gone = replace(again, configuration=configured(tmp_path, {"reader": ("read",)}))
    with served(application(gone, wall=scene.wall)) as url:
        assert httpx.get(url, headers=cookie, verify=NO_TLS, timeout=PATIENCE_S).status_code == 303
    less = replace(again, configuration=configured(tmp_path, {"kari": ("read",)}))
    with served(application(less, wall=scene.wall)) as url:
        assert (
            "It is over"
            not in httpx.get(url, headers=cookie, verify=NO_TLS, timeout=PATIENCE_S).text
        )
        acting = httpx.post(f"{url}/incidents/{ID}", headers=cookie, timeout=PATIENCE_S)
        assert "lacks the scope `act`" in acting.text
    with scene.client(**cookie) as client:
        page = client.get("/").text
        word = page.split('name="word" value="')[1].split('"')[0]
        assert client.post("/sign-out", data={"word": word}).status_code == 303
        assert client.get("/").status_code == 303
    later = scene.session("kari", ("read",))
    scene.wall.at += timedelta(hours=12)
    with scene.client(cookie=f"seawall={later}") as client:
        assert client.get("/").status_code == 303


def test_whoever_fails_to_sign_in_ten_times_in_a_minute_waits(scene: Scene) -> None:
    with scene.client() as client:
        for n in range(10):
            assert client.post("/sign-in", data={"token": f"guess {n}"}).status_code == 401
        refused = client.post("/sign-in", data={"token": secret("kari")})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        scene.wall.at += timedelta(minutes=1)
        assert client.post("/sign-in", data={"token": secret("pusher")}).status_code == 403
        assert client.post("/sign-in", data={"token": secret("kari")}).status_code == 303


def test_where_to_go_on_after_signing_in_is_inside(scene: Scene) -> None:
    with scene.client() as client:
        for to in ("https://evil.example", "//evil.example", "/\\evil.example", "/incidents/../x"):
            form = {"token": secret("kari"), "to": to}
            assert client.post("/sign-in", data=form).headers["location"] == "/"
        form = {"token": secret("kari"), "to": "/incidents/a-b"}
        assert client.post("/sign-in", data=form).headers["location"] == "/incidents/a-b"


def test_a_token_that_can_be_guessed_or_is_there_twice_stops_the_start(tmp_path: Path) -> None:
    database = new_database(tmp_path / "seawall.db")
    configuration = configured(tmp_path)
    for text, said in (("tiny-one", "openssl"), (secret("actor"), "same"), ("", "empty")):
        (tmp_path / "reader").write_text(text)
        with pytest.raises(SecretMissing, match=said) as missing:
            application(RunningService(configuration, database, NOW))
        assert "http.tokens." in str(missing.value)
        assert not text or text not in str(missing.value)
    database.close()


def test_no_secret_is_in_an_answer_a_log_or_a_repr(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    scene.opened()
    link, session = scene.link(), scene.session("kari", ("read", "act"))
    told = []
    for key in (secret("kari"), session, link):
        for route in ROUTES:
            with scene.client(authorization=f"Bearer {key}", cookie=f"seawall={key}") as client:
                form = {"token": key, "to": key, "name": key, "word": key}
                answer = client.request(route.method, route.path.replace("{id}", ID), data=form)
                told.append(f"{answer.text} {answer.headers}")
    site = application(scene.service).state.site
    told += [repr(site), repr(site.tokens.of(secret("kari")))]
    with scene.service.database.read() as connection:
        told.append(repr(access.session(connection, session, NOW)))
    told += [record.getMessage() for record in caplog.records if record.name != "httpx"]
    for key in (secret("kari"), session, link):
        assert [text for text in told if key in text] == []


def test_of_two_who_acknowledge_one_wins_and_the_other_hears_who(scene: Scene) -> None:
    id = scene.opened()
    place = f"/api/v1/incidents/{id}"
    with scene.asks("actor") as actor, scene.asks("kari") as kari:
        first = actor.post(f"{place}/acknowledge")
        assert (first.status_code, first.json()["acknowledged_by"]) == (200, "actor")
        second = kari.post(f"{place}/acknowledge")
        assert second.status_code == 409
        assert problem(second)["detail"] == f"{id} was acknowledged by actor already"
        assert kari.post(f"{place}/resolve").json()["resolved_by"] == "kari"
        assert kari.post(f"{place}/resolve").status_code == 409
        whole = kari.get(place).json()
        assert [step["kind"] for step in whole["timeline"]] == [
            "opened",
            "acknowledged",
            "resolved",
        ]
        assert whole["briefing"]["revision"] == 3
        assert (whole["kind"], whole["calls"], whole["trend"]) == ("surge", True, "growing")
        for unknown in (f"/api/v1/incidents/{id[:-1]}", "/api/v1/incidents/%3Cb%3E"):
            assert problem(kari.get(unknown))["status"] == 404
            assert kari.post(f"{unknown}/acknowledge").status_code == 404


@pytest.fixture
def named(tmp_path: Path) -> Iterator[Scene]:
    """Where the configuration names people, and a token is nobody's."""
    yield from scene_in(tmp_path, configured(tmp_path, HELD, PEOPLE))


def test_every_step_is_taken_with_its_value_and_its_reason(scene: Scene) -> None:
    id = scene.opened()
    with scene.asks("kari") as kari:

        def step(**asked: str) -> httpx.Response:
            return kari.post(f"/api/v1/incidents/{id}/steps", json=asked)

        done = step(step="acknowledge", value="10m", note="on my way").json()
        assert done["words"] == "acknowledged by kari, at a desk by 23:41: on my way"
        assert (done["incident"]["acknowledged_how"], done["incident"]["desk_at"]) == (
            "desk",
            "2026-11-21T22:41:00Z",
        )
        assert step(step="assign", value="IT").json()["incident"]["assigned_to"] == "IT"
        snoozed = step(step="snooze", value="07:00").json()["incident"]
        assert snoozed["snoozed_until"] == "2026-11-22T06:00:00Z"
        judged = step(step="judge", value="hoax").json()
        assert judged["incident"]["verdict"] == "hoax"
        assert judged["answer"] == "Noted: a hoax. Nothing is learned from it."
        for wrong, status, said in (
            ({"step": "judge", "value": "hoax"}, 409, "kari said so already"),
            ({"step": "keep_silent", "value": "2h"}, 409, "say why"),
            ({"step": "resolve", "value": "now"}, 422, "takes no value"),
            ({"step": "abolish"}, 422, "body.step"),
            ({"step": "note", "notes": "x"}, 422, "body.notes is not known here"),
            ({}, 422, "body.step is required"),
        ):
            refused = step(**wrong)
            assert (refused.status_code, said in problem(refused)["detail"]) == (status, True)
        last = kari.get(f"/api/v1/incidents/{id}").json()["timeline"][-1]
        assert (last["words"], last["place"]) == ("kari finds that it is a hoax", "api")


def test_incidents_are_reported_merged_split_and_put_back(scene: Scene) -> None:
    with scene.asks("kari") as kari:
        report = {"brand": "fjordwing", "what": "Check-in is down at Oslo"}
        made = kari.post("/api/v1/incidents", json=report).json()["incident"]
        assert (made["kind"], made["state"]) == ("reported", "open")
        other = kari.post("/api/v1/incidents", json={**report, "what": "Bags, too"}).json()
        place, part = f"/api/v1/incidents/{made['id']}", {"part": other["incident"]["id"]}
        assert kari.post(f"{place}/merge", json=part).status_code == 200
        again = kari.post(f"{place}/merge", json=part)
        assert (again.status_code, "is a part of" in problem(again)["detail"]) == (409, True)
        undone = kari.post(f"{place}/undo", json={})
        assert undone.json()["words"].endswith("is undone")
        assert kari.post(f"{place}/undo", json={}).status_code == 409
        split = kari.post(f"{place}/split", json={"topics": ["booking"]})
        assert "has no topic booking; it has none" in problem(split)["detail"]
        assert kari.post(f"{place}/merge", json={"part": "nothing"}).status_code == 404
        assert kari.post("/api/v1/incidents", json={**report, "brand": "x"}).status_code == 409


def test_a_token_acts_as_the_person_whose_it_is_and_nobodys_does_not(named: Scene) -> None:
    place = f"/api/v1/incidents/{named.opened()}/acknowledge"
    with named.asks("robot") as robot, named.asks("kari") as kari:
        refused = robot.post(place)
        assert (refused.status_code, "called robot" in problem(refused)["detail"]) == (403, True)
        robot.cookies.set("seawall", named.session("robot", ("read", "act")))
        page = robot.get(place.removeprefix("/api/v1").removesuffix("/acknowledge")).text
        assert "You can look, and not act: nobody in the configuration is called robot" in page
        assert "I take care of it" not in page
        assert kari.post(place).json()["acknowledged_by"] == "Kari Nygård"


def test_a_restricted_incident_is_seen_by_those_named_and_they_are_noted(named: Scene) -> None:
    id = named.opened()
    with named.asks("kari") as kari, named.asks("nora") as nora:
        steps = f"/api/v1/incidents/{id}/steps"
        kari.post(steps, json={"step": "note", "note": "PLANTED word"})
        done = kari.post(steps, json={"step": "restrict"}).json()
        assert done["incident"]["headline"] == "Incident Fjord"
        for one in (kari, nora):
            [line] = one.get("/api/v1/incidents").json()["incidents"]
            assert (line["headline"], line["restricted"]) == ("Incident Fjord", True)
        hidden = kari.get(f"/api/v1/incidents/{id}").json()
        assert (hidden["timeline"], hidden["briefing"]["examples"]) == ([], [])
        whole = nora.get(f"/api/v1/incidents/{id}").json()
        assert "PLANTED word" in json.dumps(whole["timeline"])
        assert kari.post(steps, json={"step": "resolve"}).status_code == 403
        kari.cookies.set("seawall", named.session("kari", ("read", "act")))
        pages = [kari.get(path).text for path in ("/", f"/incidents/{id}")]
        answers = [kari.get(path).text for path in ("/api/v1/incidents", f"/api/v1/incidents/{id}")]
        for told in (*pages, *answers):
            assert "Incident Fjord" in told
            assert [word for word in ("PLANTED", "booking", "14:") if word in told] == []
        nora.cookies.set("seawall", named.session("nora", ("read", "act")))
        assert "PLANTED word" in nora.get(f"/incidents/{id}").text
    with named.service.database.read() as connection:
        assert [(one.person, one.place) for one in views.of(connection, id)] == [
            ("nora", "api"),
            ("nora", "page"),
        ]


def test_incidents_are_listed_newest_first_page_by_page(scene: Scene) -> None:
    ids = [scene.opened() for _ in range(5)]  # all were detected at the same time
    scene_id = ids[2]
    with scene.asks("kari") as kari:
        kari.post(f"/api/v1/incidents/{scene_id}/resolve")
        found: list[str] = []
        before: dict[str, str] = {}
        while True:
            page = kari.get("/api/v1/incidents", params={"limit": 2, **before}).json()
            found += [one["id"] for one in page["incidents"]]
            if page["next"] is None:
                break
            before = {"before": page["next"]}
        assert found == sorted(ids, reverse=True)
        resolved = kari.get("/api/v1/incidents", params={"state": "resolved"}).json()
        assert [one["id"] for one in resolved["incidents"]] == [scene_id]
        for wrong in ({"stat": "open"}, {"state": "openn"}, {"limit": 101}, {"before": "nothing"}):
            told = problem(kari.get("/api/v1/incidents", params=wrong))
            assert (told["status"], "query." in told["detail"]) == (422, True)
        assert kari.get("/api/v1/sources", params={"x": 1}).status_code == 422


def test_a_sample_says_whether_anybody_looked(scene: Scene) -> None:
    minutes = timedelta(minutes=5)
    at = [BEGIN + n * minutes for n in range(5)]
    watch = scene.service.watch
    watch.take(
        Delivery(
            "test",
            at[2],
            "1",
            [post(at[0], "@FjordwingAir hello")],
            observed=[Observed("fjordwing", "x", at[0], at[2])],
            platforms=["x"],
        )
    )
    watch.take(
        Delivery(
            "test",
            at[4],
            "2",
            [post(at[0], "@FjordwingAir late"), post(at[4], "@FjordwingAir early")],
            observed=[Observed("fjordwing", "x", at[3], at[4])],
            platforms=["x"],
        )
    )
    asked = {"brand": "fjordwing", "platform": "x", "since": at[0].isoformat()}
    with scene.asks("reader") as reader:
        told = reader.get(
            "/api/v1/samples", params={**asked, "until": (at[4] + minutes).isoformat()}
        ).json()
        assert [
            (one["observed"], one["posts"], one["posts_at_close"]) for one in told["samples"]
        ] == [(True, 2, 1), (True, 0, 0), (False, None, None), (True, 0, 0), (False, 1, None)]
        assert told["samples"][0]["at"] == "2026-03-02T00:00:00Z"
        assert told["judged"] == {
            "until": "2026-03-02T00:20:00Z",
            "state": "warming_up",
            "silent": False,
            "expected": None,
            "could_be": None,
        }
        assert reader.get("/api/v1/samples", params=asked).status_code == 422  # nine months
        for wrong, said in (
            ({"brand": "fjordwin"}, "did you mean `fjordwing`?"),
            ({"topic": "bookin"}, "did you mean `booking`?"),
            ({"since": "2026-03-02T00:00:00"}, "timezone"),
            ({"until": at[0].isoformat()}, "not before"),
            ({"platform": "elsewhere", "until": at[2].isoformat()}, "nothing was counted"),
        ):
            answer = reader.get("/api/v1/samples", params={**asked, **wrong})
            assert said in problem(answer)["detail"]


def test_readiness_waits_for_the_store_and_only_names_what_ails(scene: Scene) -> None:
    scene.service.source_states = [
        SourceStatus("bluesky", "bluesky", ["bluesky"], Health.FAILING, True, None, "refused")
    ]
    scene.service.notifier_states = [NotifierStatus("slack", "slack", Health.FAILING, 3, "gone")]
    with scene.client() as client:
        ready = client.get("/readyz")
        assert ready.status_code == 200
        assert ready.json() == {
            "ready": True,
            "waiting_for": [],
            "problem": None,
            "failing": ["bluesky", "slack"],
            "blind": ["bluesky"],
        }
        scene.service.trouble = StoreFull("sqlite:////var/lib/seawall.db cannot be written")
        unready = client.get("/readyz")
        assert (unready.status_code, unready.json()["waiting_for"]) == (503, ["store"])
        assert unready.json()["problem"] == (
            "the disk of the store is full or failing; free some space on it"
        )
        scene.service.trouble = None
        scene.service.ready = False
        assert client.get("/readyz").status_code == 503
        with scene.asks("kari") as kari:
            answer = kari.post(f"/api/v1/incidents/{scene.opened()}/acknowledge")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert client.get("/healthz").json() == {"alive": True}
    with scene.asks("reader") as reader:
        [source] = reader.get("/api/v1/sources").json()["sources"]
        assert (source["problem"], source["health"], source["blind"]) == (
            "refused",
            "failing",
            True,
        )
        [notifier] = reader.get("/api/v1/notifiers").json()["notifiers"]
        assert (notifier["waiting"], notifier["problem"]) == (3, "gone")


def test_metrics_come_in_the_format_that_is_asked_for(shared: Scene) -> None:
    with shared.asks("scraper") as scraper:
        plain = scraper.get("/metrics")
        assert plain.headers["content-type"].startswith("text/plain; version=")
        assert "seawall_test_total 1.0" in plain.text
        asked = {"accept": "application/openmetrics-text; version=1.0.0"}
        new = scraper.get("/metrics", headers=asked)
        assert new.headers["content-type"].startswith("application/openmetrics-text")
        assert new.text.endswith("# EOF\n")


def test_a_body_that_is_too_large_is_refused_however_it_comes(shared: Scene) -> None:
    large = b'{"platform": "reviews", "x": "' + b"x" * LARGEST_BODY

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(large), 65536):
            yield large[start : start + 65536]

    json_body = {"content-type": "application/json"}
    with shared.asks("pusher") as pusher:
        for content in (large, chunks()):
            answer = pusher.post("/api/v1/mentions", content=content, headers=json_body)
            assert problem(answer)["status"] == 413
        for content, status in ((b"{", 422), (b"[" * 100_000, 422), (b"\xff", 400), (b"[]", 422)):
            answer = pusher.post("/api/v1/mentions", content=content, headers=json_body)
            assert problem(answer)["status"] in (status, 400)
        assert pusher.post("/api/v1/mentions", content=b"{}").status_code == 422


def test_a_store_that_fails_and_a_mistake_of_ours_are_told_without_their_inside(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    failing = replace(scene.service, source_states=None)  # type: ignore[arg-type]

    class Busy(Database):
        def read(self) -> Any:
            raise StoreError("sqlite:///secret-place is locked")

    with (
        served(application(failing, wall=scene.wall)) as url,
        httpx.Client(base_url=url, verify=NO_TLS, timeout=PATIENCE_S) as client,
    ):
        client.headers["authorization"] = f"Bearer {secret('reader')}"
        broken = ask(client, next(one for one in ROUTES if one.path == "/api/v1/sources"))
        assert problem(broken)["status"] == 500
    with (
        served(application(failing, wall=scene.wall)) as url,
        httpx.Client(base_url=url, verify=NO_TLS, timeout=PATIENCE_S) as client,
    ):
        client.headers["authorization"] = f"Bearer {secret('reader')}"
        failing.database = Busy(scene.service.database.engine)
        answer = ask(client, next(one for one in ROUTES if one.path == "/api/v1/incidents"))
        assert (problem(answer)["status"], answer.headers["retry-after"]) == (503, "5")
        assert "secret-place" not in answer.text
    assert "NoneType" in caplog.text


def test_the_document_describes_every_route_of_the_api(shared: Scene) -> None:
    with shared.client() as client:
        document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    described = {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    api = {(route.method, route.path): route for route in ROUTES if route.is_api}
    assert described.keys() == api.keys()
    for place, operation in described.items():
        assert operation["security"] == [{"token": [api[place].scope]}]
        assert {"200", "401", "403"} <= operation["responses"].keys()
        assert operation["summary"]
    for described_type in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(described_type)
    pointers = {
        text.split('"')[0] for text in json.dumps(document).split('"$ref": "#/components/schemas/')
    } - {json.dumps(document).split('"')[0]}
    assert pointers <= document["components"]["schemas"].keys()


def test_answers_are_as_the_document_describes_them(shared: Scene) -> None:
    with shared.asks("kari") as kari:
        document = kari.get("/api/v1/openapi.json").json()
        for route in ROUTES:
            if not route.is_api or route.method != "GET":
                continue
            asked = {"brand": "fjordwing", "platform": "x", "since": NOW.isoformat()}
            params = asked if route.path.endswith("samples") else {}
            answer = kari.get(route.path.replace("{id}", ID), params=params)
            told = document["paths"][route.path]["get"]["responses"][str(answer.status_code)]
            [content] = told["content"].values()
            schema = {**content["schema"], "components": document["components"]}
            Draft202012Validator(schema).validate(answer.json())


def test_the_documentation_lists_every_route_with_its_door() -> None:
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    doors = {
        Door.OPEN: "nobody asks",
        Door.TOKEN: "token",
        Door.SESSION: "session",
        Door.SIGNED: "signed by Slack",
    }
    for route in ROUTES:
        by = doors[route.door]
        scope = f"`{route.scope}`" if route.scope else ""
        assert f"| `{route.method} {route.path}` | {by} | {scope} |" in text, route
