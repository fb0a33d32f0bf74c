"""Writes grafana/dashboards/now.json: `python -m grafana.build [--check]`.

The dashboard *Now* is read from top to bottom by somebody who was just woken: is anything open,
what is being said, and can all of this be trusted.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as parts

from grafana.pieces import RED, SOURCE
from grafana.rows import CHOSEN, can_i_trust_it, is_anything_open, what_is_being_said

NOW = Path(__file__).parent / "dashboards" / "now.json"

EVERY = "30s"

ANNOTATION = {
    "titleFormat": "A surge began",
    "textFormat": "{{brand}}: {{topic}} on {{platform}}",
    "tagKeys": "brand,topic,platform",
    "step": "60s",
}
"""What Prometheus's annotations have and the SDK's builder does not."""


def variables() -> list[Any]:
    """What can be chosen above the panels."""
    chosen: list[Any] = [
        dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
    ]
    before: list[str] = []
    for name in ("brand", "topic", "platform"):
        metric = f"seawall_surges_total{{{','.join(before)}}}" if before else "seawall_surges_total"
        everything = parts.VariableOption(text=["All"], value=["$__all"])
        all_mentions = parts.VariableOption(text=["all"], value=["all"])
        chosen.append(
            dashboard.QueryVariable(name)
            .label(name.capitalize())
            .datasource(SOURCE)
            .query({"query": f"label_values({metric}, {name})", "refId": name})
            .refresh(parts.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(parts.VariableSort.ALPHABETICAL_ASC)
            .multi(True)
            .include_all(True)
            .current(all_mentions if name == "topic" else everything)
        )
        before.append(f'{name}=~"${name}"')
    return chosen


def now() -> dict[str, Any]:
    """The dashboard, as Grafana reads it."""
    board = (
        dashboard.Dashboard("Now")
        .uid("seawall-now")
        .description("Is anything open, what is being said, and can it be trusted?")
        .tags(["seawall"])
        .time("now-3h", "now")
        .refresh(EVERY)
        .timezone("browser")
        .readonly()
        .tooltip(parts.DashboardCursorSync.CROSSHAIR)
        .variables(variables())
        .annotation(
            dashboard.AnnotationQuery()
            .name("Surges")
            .datasource(SOURCE)
            .enable(True)
            .icon_color(RED)
            .expr(f"increase(seawall_surges_total{{{CHOSEN}}}[$__rate_interval]) > 0")
        )
    )
    number_of_panel = 0
    for title, panels in (
        ("Is anything open?", is_anything_open()),
        ("What is being said?", what_is_being_said()),
        ("Can I trust it?", can_i_trust_it()),
    ):
        number_of_panel += 1
        board = board.with_row(dashboard.Row(title).id(number_of_panel))
        for panel in panels:
            number_of_panel += 1
            board = board.with_panel(panel.id(number_of_panel))
    built: dict[str, Any] = json.loads(json.dumps(board.build(), cls=JSONEncoder))
    for annotation in built["annotations"]["list"]:
        annotation.update(ANNOTATION)
    return built


def main(arguments: Sequence[str]) -> int:
    """Write the dashboard; with `--check` only say whether it is up to date, 1 if not."""
    text = json.dumps(now(), indent=2, ensure_ascii=False) + "\n"
    if list(arguments) != ["--check"]:
        NOW.parent.mkdir(exist_ok=True)
        NOW.write_text(text, encoding="utf-8")
    elif not NOW.is_file() or NOW.read_text(encoding="utf-8") != text:
        sys.stderr.write("grafana/dashboards/now.json is out of date: run `make docs`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
