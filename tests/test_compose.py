"""Compose file, Dockerfile and what they mount agree with each other and with Seawall."""

import re
import shlex
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML
from sqlalchemy import make_url

from monitor import __version__
from monitor.commands.options import CONFIGURATION_VARIABLE
from monitor.configuration import Configuration, load, loads
from monitor.configuration.daemon import Http
from monitor.doubles.serving import serving
from monitor.http.application import application
from monitor.metrics import Metrics
from monitor.store import Database
from tests.conftest import PATIENCE_S, ROOT
from tests.prometheus import DEPLOYED, TOKEN, Standing, program
from tests.test_documentation import misunderstood

PORT = Http().port
SECRETS = "/run/secrets/"
COMPOSE: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")
SERVICES: dict[str, Any] = COMPOSE["services"]
SEAWALL = ROOT / "deploy" / "seawall.yaml"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")

every_service = pytest.mark.parametrize("name", SERVICES)


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions: (FROM, …)."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = re.findall(r"^([A-Z]+) +(.*)$", "\n".join(lines).replace("\\\n", ""), re.MULTILINE)
    return [(name, " ".join(rest.split())) for name, rest in found]


def instruction(name: str) -> list[str]:
    return [rest for found, rest in instructions() if found == name]


def words(rest: str) -> list[str]:
    """The words of an instruction in its form of a list."""
    found: list[str] = YAML(typ="safe").load(rest)
    return found


def variables() -> set[str]:
    """What .env.example asks to be filled in."""
    text = (ROOT / ".env.example").read_text("utf-8")
    return set(re.findall(r"^([A-Z_]+)=$", text, re.MULTILINE))


@every_service
def test_a_service_is_pinned_watched_and_started_again(name: str) -> None:
    service = SERVICES[name]
    assert re.search(r":v?\d+\.\d+(\.\d+)?(-\w+)?$", service["image"])
    assert service["restart"] == "unless-stopped"
    assert "healthcheck" in service or ("build" in service and instruction("HEALTHCHECK"))


def test_the_image_has_the_version_of_seawall() -> None:
    assert SERVICES["seawall"]["image"] == f"seawall:{__version__}"


@every_service
def test_a_service_is_reached_from_this_machine_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")
    if name in ("postgres", "prometheus"):
        assert "ports" not in SERVICES[name]


@every_service
def test_what_a_service_mounts_and_waits_for_exists(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        place, _, rest = volume.partition(":")
        if place.startswith("."):
            assert (ROOT / place).exists(), volume
            assert rest.endswith(":ro"), volume
        else:
            assert place in COMPOSE["volumes"]
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[other]


def test_every_secret_is_given_where_it_is_read_and_asked_for_once() -> None:
    given = {(name, secret) for name, one in SERVICES.items() for secret in one.get("secrets", [])}
    read = {
        (name, path.removeprefix(SECRETS))
        for name, one in SERVICES.items()
        for path in one.get("environment", {}).values()
        if path.startswith(SECRETS)
    }
    for name, file in (("prometheus", DEPLOYED), ("seawall", SEAWALL)):
        found = re.findall(rf"{SECRETS}(\w+)", file.read_text("utf-8"))
        read |= {(name, secret) for secret in found}
    assert given == read
    assert {secret for _, secret in given} == set(COMPOSE["secrets"])
    asked = {secret["environment"] for secret in COMPOSE["secrets"].values()}
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    required = set(re.findall(r"\$\{(\w+):\?", text))
    assert asked | required == variables()
    assert len(re.findall(r"(?<!\$)\$(?!\{\w+:\?)", text)) == 0  # none may be empty unnoticed


def test_seawall_reaches_its_database() -> None:
    written = SERVICES["seawall"]["environment"]["SEAWALL_DATABASE"]
    url = make_url(re.sub(r"\$\{POSTGRES_PASSWORD:\?[^}]+\}", "0a1b2c", written))
    server = SERVICES[str(url.host)]["environment"]
    assert (url.username, url.database) == (server["POSTGRES_USER"], server["POSTGRES_DB"])
    assert (url.get_backend_name(), url.password) == ("postgresql", "0a1b2c")
    secret = server["POSTGRES_PASSWORD_FILE"].removeprefix(SECRETS)
    assert COMPOSE["secrets"][secret] == {"environment": "POSTGRES_PASSWORD"}


def test_the_mounted_configuration_is_right() -> None:
    configuration = load(SEAWALL)
    assert configuration.sources
    assert configuration.http.host == "0.0.0.0"  # noqa: S104
    assert configuration.http.port == PORT
    assert configuration.http.url == f"http://localhost:{PORT}"
    [token] = configuration.http.tokens.values()
    assert token.scopes == ("metrics",)


def test_promtool_finds_nothing_wrong_with_the_scrape_configuration(tmp_path: Path) -> None:
    (tmp_path / "metrics_token").write_text(TOKEN)
    mounted = tmp_path / "prometheus.yml"
    mounted.write_text(DEPLOYED.read_text("utf-8").replace(SECRETS, f"{tmp_path}/"))
    checked = subprocess.run(
        [program("promtool"), "check", "config", mounted],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def test_what_prometheus_asks_for_is_answered(tmp_path: Path) -> None:
    (tmp_path / "metrics_token").write_text(TOKEN)
    text = SEAWALL.read_text("utf-8").replace(SECRETS, f"{tmp_path}/")
    [job] = YAML(typ="safe").load(DEPLOYED)["scrape_configs"]
    [target] = job["static_configs"][0]["targets"]
    assert target == f"seawall:{PORT}"
    asked = {"host": target, "authorization": f"{job['authorization']['type']} {TOKEN}"}
    with running(loads(text), tmp_path) as url:
        assert (
            httpx.get(url + job["metrics_path"], headers=asked, timeout=PATIENCE_S).status_code
            == 200
        )
        assert (
            httpx.get(
                url + job["metrics_path"], headers={"host": target}, timeout=PATIENCE_S
            ).status_code
            == 401
        )
        assert (
            httpx.get(
                url + "/healthz", headers={"host": "elsewhere"}, timeout=PATIENCE_S
            ).status_code
            >= 400
        )
        assert healthy(url)
    assert not healthy(url)


def running(configuration: Configuration, folder: Path) -> Any:
    """Page, API and metrics with this configuration."""
    store = Database.open(f"sqlite:///{folder / 'seawall.db'}")
    service, metrics = Standing(configuration, store), Metrics()
    metrics.observe(service)
    return serving(application(service, metrics.registry))


def healthy(url: str) -> bool:
    """What the image's own health check says of a Seawall at another address."""
    [check] = instruction("HEALTHCHECK")
    python, *arguments = words(check.partition(" CMD ")[2])
    assert python == "python"
    here = [word.replace(f"http://127.0.0.1:{PORT}", url) for word in arguments]
    assert here != arguments
    ran = subprocess.run([sys.executable, *here], capture_output=True, check=False)
    return ran.returncode == 0


def test_the_image_runs_a_command_that_exists_with_the_mounted_configuration() -> None:
    [entry], [command] = instruction("ENTRYPOINT"), instruction("CMD")
    assert words(entry) == ["seawall"]
    assert PROJECT["project"]["scripts"]["seawall"] == "monitor.cli:main"
    assert misunderstood(words(command)) == []
    [place] = [one for one in SERVICES["seawall"]["volumes"] if "seawall.yaml" in one]
    environment = dict(re.findall(r"(\w+)=(\S+)", " ".join(instruction("ENV"))))
    inside = environment[CONFIGURATION_VARIABLE]
    assert place.split(":") == ["./deploy/seawall.yaml", inside, "ro"]
    assert instruction("EXPOSE") == [str(PORT)]
    assert SERVICES["seawall"]["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    [user] = instruction("USER")
    assert user not in ("0", "root")


def test_the_image_is_made_of_what_is_there() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    copied = {
        Path(name).as_posix()
        for rest in instruction("COPY")
        if not rest.startswith("--from")
        for name in shlex.split(rest)[:-1]
    }
    assert ignored[1] == "*"
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)
    assert copied >= set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert not any(fnmatch(".env", name) for name in allowed)
    assert {rest.split(" AS ")[0] for rest in instruction("FROM")} == {
        "python:3.11.14-slim-bookworm"
    }


@pytest.mark.parametrize("name", ["uv", *PROJECT["build-system"]["requires"]])
def test_what_builds_the_image_is_locked(name: str) -> None:
    assert re.search(rf"^{name}==\S+ \\\n +--hash=sha256:", LOCK, re.MULTILINE)
