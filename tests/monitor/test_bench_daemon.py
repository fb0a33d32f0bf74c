"""The measures of the daemon, each in its smallest form."""

import json
import sys

import pytest

from monitor.bench import page
from monitor.bench.contract import Setting, measures
from monitor.bench.machine import machine
from monitor.bench.measures import latency, soak
from monitor.bench.plots import svg

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read as Linux tells it")

SETTING = Setting(quick=True)


def quietly(_label: str, _done: int, _total: int) -> None:
    pass


def written(name: str, result: object) -> str:
    """A measure's section of the page; its figures are data, too."""
    found = measures()[name]
    text = page.section(found, result, SETTING, machine())
    for table in found.tables(result):
        assert f"### {table.title}\n" in text
        assert all(len(row) == len(table.headings) for row in table.rows)
    for plot in found.plots(result):
        assert f"![{plot.title}](benchmarks/{name}-{plot.name}.svg)" in text
        assert plot.title in svg(plot)
    assert json.loads(page.data({name: result}, SETTING, machine()))[name]
    return text


def test_latency_follows_each_flood_from_its_bucket_to_slack() -> None:
    result = latency.measure(SETTING, quietly, latency.Scale(surges=2, history=9, rate=120.0))
    assert result.told == len(result.seconds) == 2
    whole, parts = result.whole, (result.stream, result.commit, result.dispatch)
    assert 0 < whole.p50 <= whole.p90 <= whole.p99 <= whole.longest
    assert all(each.longest <= whole.longest for each in parts)
    assert 0 < result.minimal.p50 < whole.longest
    assert "| from the bucket's end to Slack |" in written("latency", result)


def test_a_soak_gives_every_figure_and_the_idle_daemon_too() -> None:
    scale = soak.Scale(hours=0.1, rate=90.0, brands=5, mentions=10.0, idle_s=0.5)
    result = soak.measure(SETTING, quietly, scale)
    assert result.ticks >= 2
    assert result.late <= result.ticks
    assert 0 < result.commit_p50 <= result.commit_p99
    assert min(memory for _, memory in result.memory) > 10 * soak.MIB
    assert result.scrapes > 0
    assert 0 < result.scrape_p50 <= result.scrape_max
    assert result.cpu_an_hour > 0
    assert result.stored > 100
    assert 0 < result.oldest < 0.2
    assert result.idle.series == 50
    assert 0 < result.idle.ready_s < 60
    assert "| memory grows in a simulated hour by |" in written("soak", result)
