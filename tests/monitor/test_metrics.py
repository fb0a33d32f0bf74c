"""What Prometheus learns of a daemon."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as openly
from prometheus_client.openmetrics.parser import text_string_to_metric_families as strictly
from prometheus_client.parser import text_string_to_metric_families as parse

from alerts.incidents.incident import Reason
from alerts.incidents.steps import Deed, Step
from detectors import Series, State
from monitor import __version__, metrics
from monitor.configuration import Configuration, loads
from monitor.doubles.serving import serving
from monitor.incidents import deeds
from monitor.metrics import Metrics
from monitor.service import Health, NotifierStatus, Reading, SourceStatus
from monitor.store import Database, StoreError, situations
from tests.airline import CONFIGURATION
from tests.alerts.scenes import DETECTED, briefing, incident
from tests.prometheus import PATIENCE_S, Standing, exposed, program, scraping

WATCHED = CONFIGURATION + "sources: [{kind: bluesky, name: firehose}]\n"
BOOKING = Series("fjordwing", "booking", "bluesky")
BAGGAGE = Series("fjordwing", "baggage", "bluesky")
ALL = Series("fjordwing", "all", "bluesky")
NAN = float("nan")


class Scrape(dict[tuple[str, frozenset[tuple[str, str]]], float]):
    """What a scrape says, by name and labels."""

    @classmethod
    def now(cls, counted: Metrics) -> "Scrape":
        text = generate_latest(counted.registry).decode()
        return cls(
            {
                (sample.name, frozenset(sample.labels.items())): sample.value
                for family in parse(text)
                for sample in family.samples
            }
        )

    def of(self, name: str, /, **labels: str) -> float | None:
        return self.get((name, frozenset(labels.items())))

    def names(self) -> set[str]:
        return {name for name, _ in self}


def reading(*series: Series, **columns: list[float]) -> Reading:
    ordinary = [1.0] * len(series)
    return Reading(
        "bluesky",
        DETECTED,
        series,
        np.array(columns.get("posts", ordinary)),
        np.array(columns.get("expected", ordinary)),
        np.array(columns.get("upper", ordinary)),
        np.array(columns.get("state", [State.QUIET] * len(series)), dtype=np.int64),
        np.array(columns.get("doubt", [0.0] * len(series))),
        np.array(columns.get("silent", [False] * len(series)), dtype=np.bool_),
    )


def labels(series: Series) -> dict[str, str]:
    return {"brand": series.brand, "topic": series.topic, "platform": series.platform}


def happens(database: Database, *steps: tuple[Reason, float]) -> None:
    """An incident's life in the store: what happened, and how many minutes after its detection."""
    one = incident()
    with database.write() as connection:
        situations.put_incident(connection, one)
        for reason, minutes in steps:
            at = DETECTED + timedelta(minutes=minutes)
            situations.add_event(connection, one, reason, at=at, actor="seawall", detail="")


@pytest.fixture(scope="module")
def configured() -> Configuration:
    return loads(WATCHED)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(f"sqlite:///{tmp_path / 'seawall.db'}")
    yield opened
    opened.close()


@pytest.fixture
def daemon(configured: Configuration, store: Database) -> Standing:
    return Standing(configured, store, DETECTED)


@pytest.fixture
def counted(daemon: Standing) -> Metrics:
    made = Metrics()
    made.observe(daemon)
    return made


def test_everything_begins_at_zero_and_under_its_name(counted: Metrics) -> None:
    scrape = Scrape.now(counted)
    assert scrape.of("seawall_build_info", version=__version__) == 1
    assert scrape.of("seawall_ready") == 1
    assert scrape.of("seawall_posts_total", source="firehose") == 0
    assert scrape.of("seawall_malformed_total", source="firehose") == 0
    for result in ("delivered", "failed", "given_up", "overtaken"):
        assert scrape.of("seawall_notifications_total", notifier="terminal", result=result) == 0
    for state in ("open", "acknowledged", "resolved"):
        for calls in ("true", "false"):
            assert scrape.of("seawall_incidents", state=state, calls=calls) == 0
    assert scrape.of("seawall_store_unanswered_total") == 0
    assert "process_resident_memory_bytes" in scrape.names()


def test_what_came_later_than_its_target_is_counted_in_the_store(
    counted: Metrics, store: Database
) -> None:
    for target in ("detected", "acknowledged", "first_word"):
        assert Scrape.now(counted).of("seawall_targets_breached_total", target=target) == 0
    happens(store, (Reason.OPENED, 0), (Reason.ACKNOWLEDGED, 60))
    scrape = Scrape.now(counted)
    assert scrape.of("seawall_targets_breached_total", target="detected") == 0
    assert scrape.of("seawall_targets_breached_total", target="acknowledged") == 1


def test_what_happens_is_counted(counted: Metrics, daemon: Standing) -> None:
    daemon.all_readings = [reading(BOOKING, BAGGAGE)]
    counted.taken("firehose", 12, 2, [BOOKING], 0.02)
    counted.taken("firehose", 3, 0, [], 0.2)
    counted.notified("slack", "failed", None)
    counted.notified("slack", "delivered", 4.0)
    counted.heartbeat(True)
    counted.heartbeat(False)
    counted.job("forget", "done", 0.3)
    counted.job("forget", "missed", None)
    scrape = Scrape.now(counted)
    assert scrape.of("seawall_posts_total", source="firehose") == 15
    assert scrape.of("seawall_malformed_total", source="firehose") == 2
    assert scrape.of("seawall_surges_total", **labels(BOOKING)) == 1
    assert scrape.of("seawall_surges_total", **labels(BAGGAGE)) == 0
    assert scrape.of("seawall_tick_seconds_bucket", le="0.025") == 1
    assert scrape.of("seawall_tick_seconds_count") == 2
    assert scrape.of("seawall_notifications_total", notifier="slack", result="failed") == 1
    assert scrape.of("seawall_notification_latency_seconds_sum", notifier="slack") == 4.0
    assert scrape.of("seawall_heartbeats_total", result="ok") == 1
    assert scrape.of("seawall_heartbeats_total", result="failed") == 1
    assert scrape.of("seawall_jobs_total", name="forget", outcome="missed") == 1
    assert scrape.of("seawall_job_seconds_count", name="forget") == 1
    assert not [name for name in scrape.names() if name.endswith("_created")]


def test_what_was_not_observed_is_left_out_and_is_not_zero(
    counted: Metrics, daemon: Standing
) -> None:
    missing, quiet, surging = labels(BOOKING), labels(BAGGAGE), labels(ALL)
    daemon.all_readings = [
        reading(
            *(BOOKING, BAGGAGE, ALL),
            posts=[NAN, 0.0, 40.0],
            upper=[9.0, float("inf"), 11.0],
            state=[State.MISSING, State.WARMING_UP, State.SURGING],
            expected=[1.0, NAN, 12.0],
            doubt=[0.0, NAN, 0.46],
            silent=[True, False, False],
        )
    ]
    scrape = Scrape.now(counted)
    assert scrape.of("seawall_sample_posts", **missing) is None
    assert scrape.of("seawall_surging", **missing) is None
    assert scrape.of("seawall_expected_posts", **missing) == 1
    assert scrape.of("seawall_sample_posts", **quiet) == 0
    assert scrape.of("seawall_upper_posts", **quiet) is None
    assert scrape.of("seawall_surging", **quiet) == 0
    assert scrape.of("seawall_sample_posts", **surging) == 40
    assert scrape.of("seawall_surging", **surging) == 1
    assert scrape.of("seawall_could_be_posts", **surging) == pytest.approx(19, abs=0.1)
    assert scrape.of("seawall_could_be_posts", **quiet) is None
    assert [scrape.of("seawall_warming_up", **one) for one in (quiet, surging)] == [1, 0]
    assert scrape.of("seawall_silent", **missing) is None
    at = scrape.of("seawall_samples_timestamp_seconds", platform="bluesky")
    assert at == DETECTED.timestamp()


def test_sources_and_notifiers_say_how_they_are_doing(counted: Metrics, daemon: Standing) -> None:
    seen = DETECTED - timedelta(minutes=2)
    daemon.all_sources = [
        SourceStatus("firehose", "bluesky", ["bluesky"], Health.WORKING, False, seen),
        SourceStatus(
            *("paid", "x", ["x"], Health.FAILING, True, None, "refused", DETECTED),
            spent_micros=12_500_000,
            limit_micros=100_000_000,
        ),
    ]
    daemon.all_notifiers = [NotifierStatus("slack", "slack", Health.FAILING, 3)]
    scrape = Scrape.now(counted)
    assert scrape.of("seawall_source_up", source="firehose") == 1
    assert scrape.of("seawall_source_blind", source="firehose") == 0
    assert scrape.of("seawall_source_observed_age_seconds", source="firehose") == 120
    assert scrape.of("seawall_spending_dollars", source="firehose") is None
    assert scrape.of("seawall_source_up", source="paid") == 0
    assert scrape.of("seawall_source_blind", source="paid") == 1
    assert scrape.of("seawall_source_observed_age_seconds", source="paid") is None
    assert scrape.of("seawall_spending_dollars", source="paid") == 12.5
    assert scrape.of("seawall_spending_limit_dollars", source="paid") == 100
    assert scrape.of("seawall_notifier_up", notifier="slack") == 0
    assert scrape.of("seawall_notifications_waiting", notifier="slack") == 3
    assert "refused" not in generate_latest(counted.registry).decode()


def test_an_acknowledgement_from_another_process_counts(
    counted: Metrics, daemon: Standing, store: Database
) -> None:
    happens(store, (Reason.OPENED, 0))
    one = incident()
    with store.write() as connection:
        situations.put_briefing(connection, one, briefing(), ["terminal"])
    elsewhere = Database.open(store.engine.url.render_as_string(hide_password=False))
    deeds.take(
        elsewhere, one.id, Deed(Step.ACKNOWLEDGE, "Kari", "shell"), DETECTED + timedelta(minutes=7)
    )
    elsewhere.close()
    again = Metrics()  # nor does a restart set it back
    again.observe(daemon)
    for scrape in (Scrape.now(counted), Scrape.now(again)):
        assert scrape.of("seawall_incidents", state="acknowledged", calls="true") == 1
        assert scrape.of("seawall_incidents", state="open", calls="true") == 0
        assert scrape.of("seawall_acknowledge_seconds_bucket", le="300.0") == 0
        assert scrape.of("seawall_acknowledge_seconds_bucket", le="600.0") == 1
        assert scrape.of("seawall_acknowledge_seconds_count") == 1
        assert scrape.of("seawall_acknowledge_seconds_sum") == 420


def test_an_incident_that_returns_was_acknowledged_all_the_same(
    counted: Metrics, store: Database
) -> None:
    happens(
        store,
        (Reason.OPENED, 0),
        (Reason.ACKNOWLEDGED, 4),
        (Reason.RESOLVED, 60),
        (Reason.REOPENED, 90),
        (Reason.GREW, 95),
        (Reason.ACKNOWLEDGED, 100),
    )
    scrape = Scrape.now(counted)
    assert scrape.of("seawall_acknowledge_seconds_count") == 2
    assert scrape.of("seawall_acknowledge_seconds_sum") == 4 * 60 + 10 * 60


@given(st.lists(st.floats(0, 1e6), max_size=40))
def test_the_histogram_of_acknowledgements_adds_up(waited: list[float]) -> None:
    family = metrics._histogram_of("waited", "Waited.", metrics.ACKNOWLEDGE_BUCKETS, waited)
    for sample in family.samples:
        if bound := sample.labels.get("le"):
            assert sample.value == sum(value <= float(bound) for value in waited)


def test_a_store_that_fails_leaves_its_metrics_out_and_no_others(
    counted: Metrics, daemon: Standing, store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.all_readings = [reading(BOOKING)]

    @contextmanager
    def failing() -> Iterator[None]:
        raise StoreError("the disk is full")
        yield

    with monkeypatch.context() as broken:
        broken.setattr(store, "read", failing)
        scrape = Scrape.now(counted)
    assert scrape.of("seawall_store_unanswered_total") == 1
    assert not scrape.names() & {"seawall_incidents", "seawall_acknowledge_seconds_count"}
    assert scrape.of("seawall_sample_posts", **labels(BOOKING)) == 1
    assert Scrape.now(counted).of("seawall_incidents", state="open", calls="true") == 0


def test_a_store_that_hangs_does_not_hold_up_the_scrape(
    counted: Metrics, store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, asked = threading.Event(), []
    reads = store.read

    @contextmanager
    def hanging() -> Iterator[object]:
        asked.append(1)
        assert free.wait(PATIENCE_S)
        with reads() as connection:
            yield connection

    monkeypatch.setattr(metrics, "PATIENCE_S", 0.05)
    with monkeypatch.context() as stuck:
        stuck.setattr(store, "read", hanging)
        first, second = Scrape.now(counted), Scrape.now(counted)
    assert [first.of("seawall_store_unanswered_total"), len(asked)] == [1, 1]
    assert second.of("seawall_store_unanswered_total") == 2  # it did not ask a second time
    free.set()
    monkeypatch.setattr(metrics, "PATIENCE_S", PATIENCE_S)
    assert Scrape.now(counted).of("seawall_incidents", state="open", calls="true") == 0


def test_a_writer_does_not_hold_up_the_scrape(counted: Metrics, store: Database) -> None:
    with store.write():
        assert Scrape.now(counted).of("seawall_incidents", state="open", calls="true") == 0


def test_too_many_series_are_cut_off_and_that_is_said(
    counted: Metrics, daemon: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "MOST_SERIES", 100)
    many = [Series("fjordwing", f"topic-{n}", "bluesky") for n in range(99)]
    other = [Series("fjordwing", f"topic-{n}", "x") for n in range(5)]
    daemon.all_readings = [reading(*many), reading(*other)]
    scrape = Scrape.now(counted)
    for name in ("sample_posts", "could_be_posts", "silent", "surging", "surges_total"):
        assert len([one for one, _ in scrape if one == f"seawall_{name}"]) == 100
    assert scrape.of("seawall_sample_posts", **labels(other[0])) == 1
    assert scrape.of("seawall_sample_posts", **labels(other[1])) is None
    assert scrape.of("seawall_series_left_out") == 4


@given(st.text(st.characters(codec="utf-8"), max_size=60))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_name_is_read_back_whatever_is_in_it(name: str) -> None:
    counted = Metrics()
    counted.notified(name, "failed", None)
    scrape = Scrape.now(counted)
    assert scrape.of("seawall_notifications_total", notifier=name, result="failed") == 1


def test_they_are_openmetrics_where_that_is_asked_for(counted: Metrics, daemon: Standing) -> None:
    daemon.all_readings = [reading(BOOKING)]
    counted.taken("firehose", 12, 2, [BOOKING], 0.02)
    families = {family.name: family for family in strictly(openly(counted.registry).decode())}
    [sample] = families["seawall_surges"].samples
    assert (sample.name, sample.labels, sample.value) == (
        "seawall_surges_total",
        labels(BOOKING),
        1,
    )


def test_promtool_finds_nothing_wrong(counted: Metrics, daemon: Standing) -> None:
    daemon.all_readings = [reading(BOOKING, BAGGAGE)]
    counted.taken("firehose", 12, 2, [BOOKING], 0.02)
    counted.notified("slack", "delivered", 4.0)
    counted.job("forget", "done", 0.3)
    checked = subprocess.run(
        [program("promtool"), "check", "metrics"],
        input=generate_latest(counted.registry),
        capture_output=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_prometheus_reads_them_with_its_token(
    counted: Metrics, daemon: Standing, tmp_path: Path
) -> None:
    daemon.all_readings = [reading(BOOKING, posts=[7.0])]
    with serving(exposed(counted)) as url, scraping(url, tmp_path) as prometheus:
        [found] = prometheus.wait("seawall_sample_posts")
        assert found["metric"].items() >= labels(BOOKING).items()
        assert found["value"][1] == "7"
        daemon.all_readings = [reading(BOOKING, posts=[NAN], state=[State.MISSING])]
        prometheus.wait("absent(seawall_sample_posts)")
