"""What panels are made of."""

from typing import Any

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat
from grafana_foundation_sdk.builders import timeseries as charts
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as parts
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = parts.DataSourceRef(type_val="prometheus", uid="${datasource}")
GREEN, ORANGE, RED, BLUE = "green", "orange", "red", "blue"


def query(
    expression: str, legend: str = "", ref: str = "A", *, now: bool = False, rows: bool = False
) -> prometheus.Dataquery:
    """One query; `now` for the latest value alone, `rows` for a table."""
    built = prometheus.Dataquery().datasource(SOURCE).expr(expression).ref_id(ref)
    built = built.legend_format(legend or "__auto")
    if rows:
        built = built.format(PromQueryFormat.TABLE)
    return built.instant() if now or rows else built.range()


def steps(*bounds: tuple[float, str], first: str = GREEN) -> dashboard.ThresholdsConfig:
    """Colours from values on."""
    marks = [parts.Threshold(value=None, color=first)]
    marks += [parts.Threshold(value=value, color=color) for value, color in bounds]
    return dashboard.ThresholdsConfig().mode(parts.ThresholdsMode.ABSOLUTE).steps(marks)


def says(**words: tuple[str, str]) -> parts.ValueMap:
    """What the numbers 0 and 1 (`no`, `yes`) are called, and their colours."""
    numbers = {"no": "0", "yes": "1"}
    return parts.ValueMap(
        {
            numbers[name]: parts.ValueMappingResult(text=text, color=color)
            for name, (text, color) in words.items()
        }
    )


def never(text: str) -> parts.SpecialValueMap:
    """What is said where there is nothing to compute a number from."""
    return parts.SpecialValueMap(
        parts.DashboardSpecialValueMapOptions(
            parts.SpecialValueMatch.NULL_AND_NAN, parts.ValueMappingResult(text=text)
        )
    )


def look(**properties: Any) -> list[parts.DynamicConfigValue]:
    """Properties of an override; `custom_` stands for `custom.`."""
    return [
        parts.DynamicConfigValue(id_val=name.replace("custom_", "custom.", 1), value=value)
        for name, value in properties.items()
    ]


def number(title: str, about: str, *queries: prometheus.Dataquery) -> stat.Panel:
    """A panel of large numbers."""
    panel = (
        stat.Panel()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .color_mode(looks.BigValueColorMode.BACKGROUND)
        .graph_mode(looks.BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    for one in queries:
        panel = panel.with_target(one)
    return panel


def chart(title: str, about: str, *queries: prometheus.Dataquery) -> charts.Panel:
    """A chart over time; where a number is missing, the line has a gap."""
    panel = (
        charts.Panel()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .min(0)
        .line_width(2)
        .fill_opacity(0)
        .span_nulls(False)
        .show_points(looks.VisibilityMode.AUTO)
        .legend(
            common.VizLegendOptions()
            .display_mode(looks.LegendDisplayMode.LIST)
            .placement(looks.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI))
    )
    for one in queries:
        panel = panel.with_target(one)
    return panel


def quantiles(metric: str, window: str, by: str = "") -> list[prometheus.Dataquery]:
    """The median of a histogram, and what one in a hundred exceeds."""
    labels = f"le, {by}" if by else "le"
    prefix = f"{{{{{by}}}}}: " if by else ""
    return [
        query(
            f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket[{window}])))",
            f"{prefix}{name}",
            ref,
        )
        for share, name, ref in ((0.5, "half within", "A"), (0.99, "99 of 100 within", "B"))
    ]


def absolute(*bounds: tuple[float, str]) -> dict[str, Any]:
    """Colours from values on, in an override."""
    marks: list[dict[str, Any]] = [{"value": None, "color": GREEN}]
    marks += [{"value": value, "color": color} for value, color in bounds]
    return {"mode": "absolute", "steps": marks}
