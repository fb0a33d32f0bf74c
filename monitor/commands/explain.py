"""`seawall explain`: why an incident was opened, and whether it would be again."""

from contextlib import closing
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
from rich.padding import Padding

from alerts.failures import Stopped
from alerts.incidents.incident import Incident, Refused
from alerts.notifiers.terminal import Terminal
from alerts.plain_text import visible
from monitor.commands import output, seeing
from monitor.commands.demo import STORE as DEMONSTRATION
from monitor.commands.options import (
    DEFAULT_CONFIGURATION,
    DEFAULT_STORE,
    AsJson,
    DatabaseUrl,
    LiveConfiguration,
    program,
    there,
)
from monitor.commands.progress import bar
from monitor.configuration import Configuration, load, loads
from monitor.explain import terminal
from monitor.explain.again import explain as judge_again
from monitor.explain.data import as_data
from monitor.explain.explanation import Explanation
from monitor.explain.statements import Speaker
from monitor.incidents import deeds
from monitor.store import Database, situations

PICTURES = (".svg", ".png")
DIFFERENT = 1
_HOUR = timedelta(hours=1)


def _picture(path: Path | None) -> Path | None:
    if path and path.suffix.lower() not in PICTURES:
        raise typer.BadParameter(f"{path.name!r} is no picture: it is .svg or .png")
    if path and not path.absolute().parent.is_dir():
        raise typer.BadParameter(f"{path.parent} is no folder; make it first, or name another")
    return path


By = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Who asks, where an incident is restricted.")
]


def explain(
    incident: Annotated[
        str, typer.Argument(metavar="INCIDENT", help="An incident's id, or its beginning.")
    ],
    config: LiveConfiguration = DEFAULT_CONFIGURATION,
    database: DatabaseUrl = DEFAULT_STORE,
    picture: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            dir_okay=False,
            callback=_picture,
            help="Also draw it: a file that ends in .svg or .png.",
        ),
    ] = None,
    hours: Annotated[
        float,
        typer.Option(
            metavar="N", min=0.0, max=168.0, help="How much to show before and after a surge."
        ),
    ] = 2.0,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Say why an incident was opened, and judge it once more.

    A daemon may be running. The detector goes once more through what it saw, as if no post came
    later. The exit status is 1 where its verdict is another one, be it only in its onset.

    A row of the table has the posts and authors of one bucket or several, how many posts were
    expected, and could be if that is off by its doubt, the count that alone would have opened a
    surge with its last bucket, and the evidence after it: how rarely it comes to this by chance.
    With --json there is every bucket:

    incident, same, timezone, and surges, each with series, kind (surge or silence), same, stored
    and again (started_at, detected_at, ended_at, peak_evidence_days, peak_factor; again also
    evidence_days and factor, when it opened), differences, reasons, judged_until, bucket_seconds,
    threshold_days, posts, authors, expected and could_be until it opened, decided_by (posts or
    authors, whose evidence was the weaker), stretch (by how much its own history shortens the
    logarithm of its evidence), observed_hours, holiday, and buckets: at, posts, authors, posts_now,
    authors_now, expected, could_be, doubt, upper, evidence and posts_evidence (in days), planned
    (by how much events multiply what is expected), state, silent, opened, closed, renewed.

        seawall explain us-airways-wiwud7ni --output incident.svg
    """
    configuration = configured(config, database)
    _insist(config, database, incident, by)
    found, explanations = _judged(configuration, database, incident, hours * _HOUR)
    if as_json:
        output.data(as_data(found, explanations, configuration))
    else:
        _show(Speaker(configuration), found, explanations, there(config, database))
    if picture and any(one.buckets for one in explanations):
        from monitor.explain.picture import draw  # imports matplotlib; 1 s

        draw(found, explanations, Speaker(configuration), picture)
        output.plain(stderr=True).print(f"Picture: {picture}", soft_wrap=True)
    if not all(one.same for one in explanations):
        raise typer.Exit(DIFFERENT)


def configured(file: Path, database: str) -> Configuration:
    """The one in `file`; for the demonstration's store its own, where none is named."""
    if database == DEMONSTRATION and file == DEFAULT_CONFIGURATION:
        own = files("monitor.demonstration") / "fjordwing.yaml"
        return loads(own.read_text("utf-8"), own.name)
    return load(file)


def _insist(config: Path, database: str, text: str, by: str) -> None:
    """Raise Refused where they may not see it; a look at a restricted one is noted."""
    with closing(Database.open(database, existing=True)) as store:
        with store.read() as connection:
            one = situations.one_incident(connection, deeds.find(connection, text))
        if not seeing.may_see(store, one, by, config):
            raise Refused(f"{one.id} is restricted: give --by NAME of somebody who may see it")


def _judged(
    configuration: Configuration, database: str, incident: str, around: timedelta
) -> tuple[Incident, list[Explanation]]:
    console = output.plain(stderr=True)
    with closing(Database.open(database, existing=True)) as store, bar(console) as progress:
        task = progress.add_task("Judging again", unit="h", total=None)
        begun: list[datetime] = []

        def told(at: datetime, until: datetime) -> None:
            if not begun:
                begun.append(at)
            progress.update(
                task, completed=(at - begun[0]) / _HOUR, total=(until - begun[0]) / _HOUR
            )

        try:
            return judge_again(store, configuration, incident, around, told)
        except KeyboardInterrupt:
            raise Stopped("stopped; nothing was changed") from None


def _show(speaker: Speaker, found: Incident, explanations: list[Explanation], where: str) -> None:
    console = output.plain()
    if not explanations:
        console.print(
            f"No count opened it, but: {visible(found.subject)}. "
            f"All that is known: {program()} incidents show {found.id}{where}",
            soft_wrap=True,
        )
    for number, one in enumerate(explanations):
        if number:
            console.print()
        _show_one(console, speaker, one)


def _show_one(console: Terminal, speaker: Speaker, one: Explanation) -> None:
    width = console.columns
    console.print(visible(speaker.headline(one)), style="bold", width=width)
    verdict = visible(speaker.verdict(one))
    console.print(verdict, style="" if one.same else "bold yellow", width=width)
    if not one.buckets:
        return
    console.print()
    console.print(terminal.chart(one, speaker, width), width=width, crop=False)
    console.print()
    for sentence in speaker.came_about(one):
        console.print(Padding(visible(sentence), (0, 0, 0, 2)), width=width)
    console.print()
    console.print(terminal.table(one, speaker), crop=False)
