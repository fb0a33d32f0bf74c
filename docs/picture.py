"""Makes docs/incident.svg: what the terminal of the demonstration shows when booking fails."""

import re
import tempfile
from datetime import timedelta
from io import StringIO
from pathlib import Path

from rich.terminal_theme import MONOKAI

from alerts.incidents import Reason
from alerts.notifiers.terminal import Terminal, full
from monitor.demonstration import night
from monitor.sources.simulation import NIGHT_START, Simulation
from monitor.store import Database, situations

COLUMNS = 90
MINUTE = timedelta(minutes=1)
FONT_FROM_ELSEWHERE = re.compile(r"@font-face \{.*?\}", re.DOTALL)
REVISION = 4
"""The revision that is shown: by then there is something to see on the chart."""


def main() -> None:
    """Run the demonstration without waiting until its incident has grown, and draw that."""
    with tempfile.TemporaryDirectory() as folder:
        store = Database.open(f"sqlite:///{folder}/demo.db")
        watch = night.start(store, ["terminal"])
        for _ in night.rhythm(watch, [], None):
            pass
        for delivery in Simulation(night.SEED).deliveries(NIGHT_START, night.MORNING, MINUTE):
            for incident, reason in watch.take(delivery).news:
                if reason is Reason.GREW and incident.revision >= REVISION:
                    _draw(store, incident.id)
                    store.close()
                    return


def _draw(store: Database, id: str) -> None:
    with store.read() as connection:
        briefing = situations.latest_briefing(connection, id)
    terminal = Terminal(record=True, width=COLUMNS, file=StringIO(), color_system="truecolor")
    command = "seawall incidents ack {incident} --by YOUR-NAME"
    terminal.print(full(briefing, COLUMNS, command), crop=False)
    svg = terminal.export_svg(title="seawall demo", theme=MONOKAI, unique_id="seawall")
    svg = FONT_FROM_ELSEWHERE.sub("", svg)
    (Path(__file__).parent / "incident.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
