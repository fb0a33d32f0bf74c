"""The dashboard *Now*: each of its queries finds something in a real Prometheus."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from prometheus_client import generate_latest
from ruamel.yaml import YAML

from alerts.incidents.incident import Reason
from detectors import Series, State
from grafana import build
from monitor.configuration import loads
from monitor.doubles.serving import serving
from monitor.metrics import Metrics
from monitor.service import Health, NotifierStatus, Reading, SourceStatus
from monitor.store import Database, situations
from tests.airline import CONFIGURATION
from tests.alerts.scenes import DETECTED, incident
from tests.conftest import ROOT
from tests.prometheus import Prometheus, Standing, exposed, scraping

SERIES = [Series("fjordwing", topic, "x") for topic in ("all", "booking", "baggage")]
SURGING = np.array([State.SURGING, State.SURGING, State.QUIET])

GRAFANA = {"__rate_interval": "1m", "__range": "1h", "datasource": "prometheus"}
"""What Grafana itself puts in; the other variables are replaced by what their queries find."""

METRIC = re.compile(r"\b(?:seawall|process)_\w+")
VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(build.NOW.read_text("utf-8"))
    return loaded


PANELS = [panel for panel in dashboard()["panels"] if panel["type"] != "row"]
VARIABLES = {one["name"]: one for one in dashboard()["templating"]["list"]}
EXPRESSIONS = [
    *(
        pytest.param(target["expr"], id=f"{panel['title']}, {target['refId']}")
        for panel in PANELS
        for target in panel["targets"]
    ),
    *(
        pytest.param(one["expr"], id=f"annotation {one['name']}")
        for one in dashboard()["annotations"]["list"]
    ),
]


def filled(text: str, **chosen: str) -> str:
    """A query with its variables replaced."""
    values = GRAFANA | chosen
    return VARIABLE.sub(lambda found: values[found[1] or found[2]], text)


@dataclass(frozen=True)
class Watched:
    """A Prometheus that has scraped a daemon for a while, and the metrics that it found."""

    prometheus: Prometheus
    exposition: str


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A daemon to which everything happens between two scrapes."""
    folder = tmp_path_factory.mktemp("prometheus")
    store = Database.open(f"sqlite:///{folder / 'seawall.db'}")
    daemon = Standing(
        loads(CONFIGURATION + "sources: [{kind: bluesky, name: firehose}]\n"), store, DETECTED
    )
    daemon.all_sources = [
        SourceStatus("firehose", "bluesky", ["bluesky"], Health.WORKING, False, DETECTED),
        SourceStatus("paid", "x", ["x"], Health.FAILING, True, DETECTED, None, None, 7, 9),
    ]
    daemon.all_notifiers = [NotifierStatus("terminal", "terminal", Health.WORKING, 1)]
    numbers = np.array([40.0, 30.0, 1.0])
    silent = np.array([False, False, True])
    daemon.all_readings = [
        Reading("x", DETECTED, SERIES, numbers, numbers / 9, numbers, SURGING, numbers / 99, silent)
    ]
    metrics = Metrics()
    metrics.observe(daemon)
    happens(metrics, store)
    with serving(exposed(metrics)) as url, scraping(url, folder) as prometheus:
        prometheus.scrapes(2)
        happens(metrics, store)
        prometheus.scrapes(2)
        yield Watched(prometheus, generate_latest(metrics.registry).decode())
    store.close()


def happens(metrics: Metrics, store: Database) -> None:
    metrics.taken("firehose", 400, 3, SERIES[:2], 0.03)
    metrics.notified("terminal", "failed", None)
    metrics.notified("terminal", "delivered", 3.0)
    metrics.notified("terminal", "delivered", 3.0, "call")
    metrics.heartbeat(False)
    metrics.job("forget", "missed", None)
    one, later = incident(), DETECTED + timedelta(minutes=9)
    with store.write() as connection:
        situations.put_incident(connection, one)
        for reason, at in ((Reason.REOPENED, DETECTED), (Reason.ACKNOWLEDGED, later)):
            situations.add_event(connection, one, reason, at=at, actor="Kari", detail="")


@pytest.fixture(scope="module")
def chosen(watched: Watched) -> dict[str, str]:
    """The values that the dashboard's variables offer, all of them chosen."""
    found: dict[str, str] = {}
    for name, variable in VARIABLES.items():
        if variable["type"] == "query":
            label_values = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
            assert label_values, variable["query"]
            rows = watched.prometheus.query(filled(label_values[1], **found))
            values = sorted({row["metric"][label_values[2]] for row in rows})
            assert values, f"nothing to choose for {name}"
            found[name] = "|".join(values)
    return found


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_query_finds_something(
    expression: str, watched: Watched, chosen: dict[str, str]
) -> None:
    rows = watched.prometheus.query(filled(expression, **chosen))
    assert rows
    assert all(row["value"][1] not in ("NaN", "+Inf", "-Inf") for row in rows), rows


def test_every_legend_and_column_has_its_label(watched: Watched, chosen: dict[str, str]) -> None:
    for panel in PANELS:
        for target in panel["targets"]:
            rows = watched.prometheus.query(filled(target["expr"], **chosen))
            for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                assert all(label in row["metric"] for row in rows), (panel["title"], label)
    [table] = [panel for panel in PANELS if panel["type"] == "table"]
    [names] = [one["options"]["renameByName"] for one in table["transformations"] if one["options"]]
    [row, *_] = watched.prometheus.query(filled(table["targets"][0]["expr"], **chosen))
    values = {f"Value #{target['refId']}" for target in table["targets"]}
    assert set(names) == {*row["metric"], *values}


def test_every_metric_that_is_shown_exists(watched: Watched) -> None:
    known = set(re.findall(r"^([a-z_]+)[{ ]", watched.exposition, re.MULTILINE))
    text = " ".join(parameter.values[0] for parameter in EXPRESSIONS)
    used = set(METRIC.findall(text))
    assert used <= known
    ours = {name for name in known if name.startswith("seawall_") and "_bucket" not in name}
    histograms = {name for name in ours if re.search("_(count|sum)$", name)}
    elsewhere = {"seawall_samples_timestamp_seconds", "seawall_surges_total"}
    assert ours - used - histograms - elsewhere == set()


def test_every_variable_that_is_used_is_defined() -> None:
    text = build.NOW.read_text("utf-8")
    used = {found[1] or found[2] for found in VARIABLE.finditer(text)}
    assert used - {"__all", "__rate_interval", "__range"} == set(VARIABLES)
    for part in (*PANELS, *dashboard()["annotations"]["list"]):
        assert part["datasource"]["uid"] == "${datasource}"


def test_panels_are_told_apart_and_do_not_overlap() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    for one, other in combinations(panels, 2):
        a, b = one["gridPos"], other["gridPos"]
        apart = [
            first[edge] + first[size] <= second[edge]
            for first, second in ((a, b), (b, a))
            for edge, size in (("x", "w"), ("y", "h"))
        ]
        assert any(apart), (one["title"], other["title"])


def test_every_panel_says_what_it_shows() -> None:
    for panel in PANELS:
        assert panel["title"]
        assert panel["description"].endswith((".", "dash.")), panel["title"]


def test_the_dashboard_is_the_one_that_is_built() -> None:
    assert build.main(["--check"]) == 0
    assert dashboard()["uid"] == "seawall-now"
    assert dashboard()["editable"] is False


def test_grafana_finds_dashboard_and_prometheus_where_compose_puts_them() -> None:
    provisioning = ROOT / "grafana" / "provisioning"
    [provider] = YAML(typ="safe").load(provisioning / "dashboards" / "seawall.yaml")["providers"]
    [source] = YAML(typ="safe").load(provisioning / "datasources" / "prometheus.yaml")[
        "datasources"
    ]
    compose = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
    mounted = {
        ROOT / place.split(":")[0]: place.split(":")[1] for place in compose["grafana"]["volumes"]
    }
    assert provider["options"]["path"] == mounted[build.NOW.parent]
    assert mounted[provisioning] == "/etc/grafana/provisioning"
    assert source["type"] == "prometheus"
    assert source["url"] == "http://prometheus:9090"
    home = compose["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{mounted[build.NOW.parent]}/{build.NOW.name}"
