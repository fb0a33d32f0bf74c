"""A real Prometheus that scrapes what a test serves, and a daemon that stands still for it."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.exposition import choose_encoder
from ruamel.yaml import YAML
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.incidents.incident import Incident
from alerts.incidents.steps import Deed
from monitor.configuration import Configuration
from monitor.metrics import Metrics
from monitor.service import NotifierStatus, Reading, SourceStatus
from monitor.sources.delivery import Delivery
from monitor.store import Database, StoreError
from tests.conftest import ROOT, until

TOKEN = "scrape-me-with-this-token"  # noqa: S105
PATIENCE_S = 15.0
SCRAPE_EVERY = "250ms"
DEPLOYED = ROOT / "deploy" / "prometheus.yml"


@dataclass(slots=True)
class Standing:
    """A daemon that says what a test put there."""

    configuration: Configuration
    database: Database
    time: datetime = datetime(2026, 3, 14, 23, 7, tzinfo=UTC)
    ready: bool = True
    trouble: StoreError | None = None
    all_sources: list[SourceStatus] = field(default_factory=list)
    all_notifiers: list[NotifierStatus] = field(default_factory=list)
    all_publishers: list[NotifierStatus] = field(default_factory=list)
    all_readings: list[Reading] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    def sources(self) -> Sequence[SourceStatus]:
        return self.all_sources

    def notifiers(self) -> Sequence[NotifierStatus]:
        return self.all_notifiers

    def publishers(self) -> Sequence[NotifierStatus]:
        return self.all_publishers

    def readings(self) -> Sequence[Reading]:
        return self.all_readings

    async def act(self, incident: str, deed: Deed) -> Incident:
        raise NotImplementedError

    async def ingest(self, delivery: Delivery) -> int:
        raise NotImplementedError


def program(name: str) -> str:
    """Where a program of Debian's package is; the test is skipped where it is not."""
    found = shutil.which(name)
    if found is None:
        pytest.skip("Prometheus: no `prometheus` and `promtool` here; apt-get install prometheus")
    return found


def exposed(metrics: Metrics, token: str = TOKEN) -> Starlette:
    """Serves metrics to those who have the token."""

    def scrape(request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {token}":
            return Response(status_code=401)
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(metrics.registry), headers={"Content-Type": content_type})

    return Starlette(routes=[Route("/metrics", scrape)])


def deployed(url: str, token_file: Path) -> dict[str, Any]:
    """The configuration that the compose file mounts, for another address and more often."""
    configuration: dict[str, Any] = YAML(typ="safe").load(DEPLOYED)
    configuration["global"] |= {"scrape_interval": SCRAPE_EVERY, "scrape_timeout": SCRAPE_EVERY}
    [job] = configuration["scrape_configs"]
    job["static_configs"] = [{"targets": [url.removeprefix("http://")]}]
    job["authorization"]["credentials_file"] = str(token_file)
    return configuration


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running Prometheus."""

    url: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The instant vector that an expression is now; AssertionError where it is wrong."""
        answer = httpx.get(
            f"{self.url}/api/v1/query", params={"query": expression}, timeout=PATIENCE_S
        ).json()
        assert answer["status"] == "success", f"{expression}: {answer.get('error')}"
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def wait(self, expression: str) -> list[dict[str, Any]]:
        """Query until there is something."""
        return until(lambda: self.query(expression), expression)

    def scrapes(self, more: int) -> None:
        """Wait until it has scraped so many times more."""
        [before] = self.wait("sum(count_over_time(up[10m]))")
        wanted = float(before["value"][1]) + more
        self.wait(f"sum(count_over_time(up[10m])) >= {wanted}")

    def values(self, label: str) -> list[str]:
        """All values of a label."""
        found: list[str] = httpx.get(
            f"{self.url}/api/v1/label/{label}/values", timeout=PATIENCE_S
        ).json()["data"]
        return found


@contextmanager
def scraping(url: str, folder: Path, token: str = TOKEN) -> Iterator[Prometheus]:
    """A Prometheus that scrapes `url` with a bearer token, until the block ends."""
    prometheus = program("prometheus")
    (folder / "token").write_text(token)
    configuration = folder / "prometheus.json"  # JSON is YAML
    configuration.write_text(json.dumps(deployed(url, folder / "token")))
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with (folder / "prometheus.log").open("wb") as log:
        running = subprocess.Popen(
            [
                prometheus,
                f"--config.file={configuration}",
                f"--storage.tsdb.path={folder / 'series'}",
                f"--web.listen-address={address}",
                "--log.level=warn",
            ],
            stdout=log,
            stderr=log,
            env={**os.environ, "GOMAXPROCS": "2"},
        )
    try:
        made = Prometheus(f"http://{address}")
        until(lambda: _ready(made.url, running), f"Prometheus: {folder / 'prometheus.log'}")
        made.wait("up")
        yield made
    finally:
        running.kill()
        running.wait()


def _ready(url: str, running: "subprocess.Popen[bytes]") -> bool:
    assert running.poll() is None, "Prometheus ended at once; see its log"
    try:
        return httpx.get(f"{url}/-/ready", timeout=PATIENCE_S).status_code == 200
    except httpx.TransportError:
        return False
