"""The panels of the dashboard *Now*, row by row."""

from typing import Any

from grafana_foundation_sdk.builders import bargauge, common, table
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as parts

from grafana.pieces import (
    BLUE,
    GREEN,
    ORANGE,
    RED,
    SOURCE,
    absolute,
    chart,
    look,
    never,
    number,
    quantiles,
    query,
    says,
    steps,
)

SERIES = "brand, topic, platform"
BRAND = 'brand=~"$brand"'
CHOSEN = 'brand=~"$brand",topic=~"$topic",platform=~"$platform"'
SURGING = f"and on ({SERIES}) seawall_surging{{{BRAND}}} == 1"

HOUR = "1h"
"""Over which rare things are looked at together."""


def is_anything_open() -> list[Any]:
    """Incidents, surges, how fast people were, and where they were too slow."""
    incidents = (
        number(
            "Incidents",
            "Incidents that are not over. Open: nobody has it in hand yet. Mitigated: the worst is "
            "over. Shown: talk that calls nobody.",
            query(
                'max by (state) (seawall_incidents{state!="resolved",calls="true"})',
                "{{state}}",
                "A",
                now=True,
            ),
            query('max(seawall_incidents{state="open",calls="false"})', "shown", "B", now=True),
        )
        .thresholds(steps((1, RED)))
        .override_by_name("acknowledged", look(thresholds=absolute((1, ORANGE))))
        .override_by_name("mitigated", look(thresholds=absolute((1, BLUE))))
        .override_by_name("shown", look(thresholds=absolute((1, BLUE))))
        .no_value("No data: Prometheus does not reach Seawall, or Seawall not its store")
    )
    surging = (
        number(
            "Series surging",
            "Topics of the chosen brands on which a surge goes on, counted on each platform; those "
            "that have fallen silent; those of which too little was observed yet to judge them.",
            query(f"sum(seawall_surging{{{BRAND}}})", "surging", "A", now=True),
            query(f"sum(seawall_silent{{{BRAND}}})", "silent", "B", now=True),
            query(f"sum(seawall_warming_up{{{BRAND}}})", "warming up", "C", now=True),
        )
        .override_by_name("warming up", look(thresholds=absolute((1, BLUE))))
        .thresholds(steps((1, ORANGE)))
        .no_value("No data")
    )
    waited = [
        query(
            f"histogram_quantile({share}, "
            "sum by (le) (increase(seawall_acknowledge_seconds_bucket[$__range])))",
            name,
            ref,
            now=True,
        )
        for share, name, ref in ((0.5, "half within", "A"), (0.9, "9 of 10 within", "B"))
    ]
    acknowledged = (
        number(
            "Time to acknowledge",
            "From an incident's detection to somebody taking it in hand, over the dashboard's time "
            "range. Nobody did in that time: a dash.",
            *waited,
        )
        .unit("s")
        .color_mode(looks.BigValueColorMode.VALUE)
        .mappings([never("–")])
        .thresholds(steps((900, ORANGE), (3600, RED)))
        .no_value("–")
    )
    breached = (
        number(
            "Later than the targets",
            "Incidents in which something came later than the configuration asks for, or not at "
            "all, over the dashboard's time range.",
            query(
                "max by (target) (increase(seawall_targets_breached_total[$__range]))",
                "{{target}}",
                now=True,
            ),
        )
        .decimals(0)
        .thresholds(steps((1, ORANGE)))
        .no_value("No data")
    )
    return [
        *(panel.height(5).span(6) for panel in (incidents, surging, acknowledged, breached)),
        _surging_now().height(7).span(24),
    ]


def _surging_now() -> table.Panel:
    columns = {
        "Posts": "seawall_sample_posts{%s}",
        "Expected": "seawall_expected_posts{%s}",
        "Could be": "seawall_could_be_posts{%s}",
        "Surge from": "seawall_upper_posts{%s}",
        "Times expected": "seawall_sample_posts{%s} / clamp_min(seawall_expected_posts{%s}, 0.1)",
    }
    panel = (
        table.Panel()
        .title("Surging now")
        .description(
            "The series of the chosen brands on which a surge goes on, with their bucket judged "
            "last: posts, posts expected, how many that might well be, and how many in one bucket "
            "would alone begin a surge."
        )
        .datasource(SOURCE)
        .no_value("Nothing is surging")
        .decimals(1)
        .override_by_name("Posts", look(decimals=0))
    )
    for ref, expression in zip("ABCDE", columns.values(), strict=True):
        filled = expression.replace("%s", BRAND)
        panel = panel.with_target(
            query(f"sum by ({SERIES}) (({filled}) {SURGING})", ref=ref, rows=True)
        )
    names = {"brand": "Brand", "topic": "Topic", "platform": "Platform"}
    names |= {f"Value #{ref}": name for ref, name in zip("ABCDE", columns, strict=True)}
    organise = {
        "excludeByName": {"Time": True},
        "renameByName": names,
        "indexByName": {name: place for place, name in enumerate(names)},
    }
    return panel.with_transformation(
        parts.DataTransformerConfig("merge", options={})
    ).with_transformation(parts.DataTransformerConfig("organize", options=organise))


def what_is_being_said() -> list[Any]:
    """Posts against what is expected, one chart a chosen topic."""
    where = "{{brand}} on {{platform}}: "
    shade = look(
        custom_drawStyle="line",
        custom_lineInterpolation="stepBefore",
        custom_lineWidth=0,
        custom_fillOpacity=18,
        custom_showPoints="never",
        custom_axisPlacement="hidden",
        color={"mode": "fixed", "fixedColor": RED},
        min=0,
        max=1,
    )
    panel = (
        chart(
            "$topic",
            "Posts in each bucket against what is expected there. The dotted line is where one "
            "bucket alone begins a surge; smaller ones that last begin one, too. Red: a surge goes "
            "on. A gap: nothing was observed. A bucket shows once it is judged, so the right edge "
            "lags by as much as the sources do.",
            query(f"seawall_sample_posts{{{CHOSEN}}}", f"{where}posts", "A"),
            query(f"seawall_expected_posts{{{CHOSEN}}}", f"{where}expected", "B"),
            query(f"seawall_upper_posts{{{CHOSEN}}}", f"{where}surge from", "C"),
            query(f"seawall_surging{{{CHOSEN}}} == 1", f"{where}surging", "D"),
        )
        .repeat("topic")
        .repeat_direction("h")
        .max_per_row(2)
        .unit("short")
        .override_by_query(
            "B", look(custom_lineWidth=1, custom_lineStyle={"fill": "dash", "dash": [8, 6]})
        )
        .override_by_query(
            "C", look(custom_lineWidth=1, custom_lineStyle={"fill": "dot", "dash": [1, 5]})
        )
        .override_by_query("D", shade)
    )
    return [panel.height(10).span(24)]


def can_i_trust_it() -> list[Any]:
    """Sources, notifiers, money, and the daemon itself."""
    return [
        *(panel.height(5).span(8) for panel in _health()),
        *(panel.height(8).span(12) for panel in _sources()),
        *(panel.height(8).span(12) for panel in _notifiers_and_money()),
        *(panel.height(7).span(8) for panel in _daemon()),
    ]


def _health() -> list[Any]:
    blind = number(
        "Can it see?",
        "Blind: a source has observed nothing for longer than it should take. No surge is found "
        "there, and a quiet chart means nothing.",
        query("seawall_source_blind", "{{source}}", now=True),
    ).mappings([says(no=("sees", GREEN), yes=("blind", RED))])
    working = number(
        "Does it work?",
        "Whether each source is being read, and each notifier brings news.",
        query("seawall_source_up", "{{source}}", "A", now=True),
        query("seawall_notifier_up", "{{notifier}}", "B", now=True),
    ).mappings([says(no=("not working", RED), yes=("works", GREEN))])
    running = number(
        "Is it running?",
        "Whether the daemon has taken up its store and can write it, and since when it runs.",
        query("seawall_ready", "Seawall", "A", now=True),
        query(
            "time() - process_start_time_seconds and on (instance) seawall_ready",
            "for",
            "B",
            now=True,
        ),
        query("seawall_store_writable", "Store", "C", now=True),
    )
    running = (
        running.override_by_name(
            "Seawall",
            look(mappings=[says(no=("starting", ORANGE), yes=("ready", GREEN))]),
        )
        .override_by_name(
            "Store",
            look(mappings=[says(no=("cannot be written", RED), yes=("is written", GREEN))]),
        )
        .override_by_name("for", look(unit="s", decimals=0, thresholds=absolute()))
    )
    return [each.no_value("No data") for each in (blind, working, running)]


def _sources() -> list[Any]:
    age = (
        chart(
            "Freshness",
            "How long ago the time is up to which each source has observed everything. Orange from "
            "5 minutes on, red from 15.",
            query("seawall_source_observed_age_seconds", "{{source}}"),
        )
        .unit("s")
        .thresholds(steps((300, ORANGE), (900, RED)))
        .thresholds_style(
            common.GraphThresholdsStyleConfig().mode(looks.GraphThresholdsStyleMode.LINE)
        )
    )
    posts = (
        chart(
            "Posts a second",
            "What each source delivers; below, rows that could not be used.",
            query(
                "sum by (source) (rate(seawall_posts_total[$__rate_interval]))", "{{source}}", "A"
            ),
            query(
                "sum by (source) (rate(seawall_malformed_total[$__rate_interval])) > 0",
                "{{source}}: malformed",
                "B",
            ),
        )
        .unit("reqps")
        .override_by_query("B", look(color={"mode": "fixed", "fixedColor": RED}))
    )
    return [age, posts]


def _notifiers_and_money() -> list[Any]:
    waiting = chart(
        "News on its way",
        "Notifications that wait to be delivered, and attempts that failed in the last hour.",
        query("seawall_notifications_waiting", "{{notifier}}: waiting", "A"),
        query(
            "sum by (notifier, result) "
            f'(increase(seawall_notifications_total{{result=~"failed|given_up"}}[{HOUR}]))',
            "{{notifier}}: {{result}}",
            "B",
        ),
    ).decimals(0)
    ringing = chart(
        "What rings",
        "Attempts to send calls, reminders, briefs and hand-overs in the last hour, by how they "
        "ended.",
        query(
            f"sum by (purpose, result) (increase(seawall_notices_total[{HOUR}]))",
            "{{purpose}}: {{result}}",
        ),
    ).decimals(0)
    latency = chart(
        "From news to its delivery",
        "How long notifications took that were delivered in the last hour.",
        *quantiles("seawall_notification_latency_seconds", HOUR, "notifier"),
    ).unit("s")
    money = (
        bargauge.Panel()
        .title("Spending against its limit")
        .description(
            "What each paid source has cost in this calendar month (UTC), of what it may. At the "
            "limit it stops asking, and is blind."
        )
        .datasource(SOURCE)
        .with_target(
            query(
                "seawall_spending_dollars / (seawall_spending_limit_dollars > 0)",
                "{{source}}",
                now=True,
            )
        )
        .unit("percentunit")
        .min(0)
        .max(1)
        .orientation(looks.VizOrientation.HORIZONTAL)
        .display_mode(looks.BarGaugeDisplayMode.BASIC)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(steps((0.8, ORANGE), (0.95, RED)))
        .no_value("No source costs money")
    )
    return [waiting, ringing, latency, money]


def _daemon() -> list[Any]:
    commits = chart(
        "Time to take a delivery",
        "Counting, judging and committing one delivery of a source.",
        *quantiles("seawall_tick_seconds", "$__rate_interval"),
    ).unit("s")
    jobs = chart(
        "What did not go well",
        "In the last hour: scheduled jobs that did not end well, signs of life that were not sent, "
        "and scrapes that the store did not answer.",
        query(
            f'sum by (name, outcome) (increase(seawall_jobs_total{{outcome!="done"}}[{HOUR}]))',
            "{{name}}: {{outcome}}",
            "A",
        ),
        query(
            f'sum(increase(seawall_heartbeats_total{{result="failed"}}[{HOUR}]))',
            "sign of life: failed",
            "B",
        ),
        query(f"sum(increase(seawall_store_unanswered_total[{HOUR}]))", "store: no answer", "C"),
    ).decimals(0)
    about = (
        number(
            "This Seawall",
            "Its version, its memory, and series that are judged but too many to be shown here.",
            query("seawall_build_info", "version {{version}}", "A", now=True),
            query(
                "process_resident_memory_bytes and on (instance) seawall_ready",
                "memory",
                "B",
                now=True,
            ),
            query("seawall_series_left_out", "series left out", "C", now=True),
        )
        .color_mode(looks.BigValueColorMode.VALUE)
        .override_by_regexp("version .*", look(mappings=[says(yes=("runs", BLUE))]))
        .override_by_name("memory", look(unit="bytes", thresholds=absolute()))
        .override_by_name("series left out", look(thresholds=absolute((1, ORANGE))))
    )
    return [commits, jobs, about]
