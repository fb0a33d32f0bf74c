"""Progress on the terminal: standard error, so that standard output stays data."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class PerSecond(ProgressColumn):
    """How fast it goes, in the task's own unit."""

    def render(self, task: Task) -> Text:
        """`12,345 posts/s`."""
        speed = task.finished_speed or task.speed
        unit = task.fields.get("unit", "rows")
        return Text(f"{speed:>9,.0f} {unit}/s" if speed else "", style="dim")


def bar(console: Console | None = None) -> Progress:
    """A progress bar with speed and time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TaskProgressColumn(),
        PerSecond(),
        TimeRemainingColumn(compact=True),
        console=console or Console(stderr=True, highlight=False),
    )
