"""`seawall report`: what an incident was, or a month, to be read by those who were not there."""

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic_core import to_jsonable_python
from sqlalchemy import Connection

from alerts.incidents.incident import Refused
from monitor.commands import output, seeing
from monitor.commands.explain import configured
from monitor.commands.options import (
    DEFAULT_CONFIGURATION,
    DEFAULT_STORE,
    AsJson,
    DatabaseUrl,
    LiveConfiguration,
)
from monitor.configuration import Configuration
from monitor.incidents import deeds, rights
from monitor.report import ReportError
from monitor.reporting import html, incident_words, markdown, month_words, pdf
from monitor.reporting import incident as of_incident
from monitor.reporting import month as of_month
from monitor.reporting.document import Document
from monitor.store import Database, situations
from monitor.telling import discretion

PLACE = "report"


class Format(StrEnum):
    """What a report is written as."""

    HTML = "html"
    MD = "md"
    PDF = "pdf"


_ENDINGS = {
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".pdf": Format.PDF,
    ".md": Format.MD,
    ".markdown": Format.MD,
    ".txt": Format.MD,
}


def _month(name: str | None) -> str | None:
    try:
        return name and of_month.Month.named(name, "UTC").name
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _folder(path: Path | None) -> Path | None:
    if path and not path.absolute().parent.is_dir():
        raise typer.BadParameter(f"{path.parent} is no folder; make it first, or name another")
    return path


Incident = Annotated[
    str | None, typer.Argument(metavar="INCIDENT", help="An incident's id, or its beginning.")
]
Name = Annotated[
    str | None,
    typer.Option(
        "--month",
        metavar="MONTH",
        callback=_month,
        help="A month instead, on the configuration's clock: 2026-11.",
    ),
]
By = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="NAME",
        help="Who reads it: on their clock, and with what is restricted where they may see it.",
    ),
]
Written = Annotated[
    Format | None,
    typer.Option("--format", help="What to write; by default as the file is called, or Markdown."),
]
File = Annotated[
    Path | None,
    typer.Option(
        "--output", metavar="FILE", dir_okay=False, callback=_folder, help="Where to write it."
    ),
]


def report(
    incident: Incident = None,
    month: Name = None,
    by: By = "",
    format_: Written = None,
    file: File = None,
    config: LiveConfiguration = DEFAULT_CONFIGURATION,
    database: DatabaseUrl = DEFAULT_STORE,
    as_json: AsJson = False,
) -> None:
    """Write the report of an incident, or of a month.

    An incident's has its clock against the targets, its chart, its timeline, what was known and
    said when, who was called, what it cost, and room for lessons. A month's has figures by team. A
    daemon may be running on the store; nothing is written to it but that somebody has looked at
    what is restricted.

        seawall report us-airways-wiwud7ni --output incident.pdf

        seawall report --month 2026-11 --output november.html
    """
    if (incident is None) == (month is None):
        raise typer.BadParameter("give an incident, or --month")
    written_as = chosen(format_, file, as_json)
    configuration = configured(config, database)
    reader = _Reader.named(configuration, by)
    with closing(Database.open(database, existing=True)) as store:
        data: Any
        if month is not None:
            data = _of_month(store, configuration, month, reader)
            document = month_words.document(data)
        else:
            data = _of_incident(store, configuration, incident or "", reader)
            document = incident_words.document(data)
    if as_json:
        output.data(to_jsonable_python(data, timedelta_mode="float"))
    else:
        write(document, written_as, file)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who reads it, by id where the configuration names them, and on whose clock."""

    member: str | None
    zone: str

    @classmethod
    def named(cls, configuration: Configuration, by: str) -> "_Reader":
        """Whoever `by` means; without it, nobody that we know. Raises Forbidden."""
        if not by.strip():
            return cls(None, configuration.timezone)
        member = rights.actor(configuration, seeing.person(by), seeing.PLACE).member
        own = configuration.people[member].timezone if member else None
        return cls(member, own or configuration.timezone)

    def note(self, connection: Connection, incidents: Sequence[str], now: datetime) -> None:
        """Note that they look at restricted incidents."""
        for id in incidents:
            discretion.saw(connection, id, self.member or "", PLACE, now)


def _of_incident(
    store: Database, configuration: Configuration, text: str, reader: _Reader
) -> of_incident.IncidentReport:
    with store.read() as connection:
        one = situations.one_incident(connection, deeds.find(connection, text))
        if one.brand not in configuration.brands:
            raise ReportError(f"{one.id} is of a brand that the configuration does not have")
    if one.restricted:
        if not discretion.may_see(configuration, True, reader.member):
            raise Refused(f"{one.id} is restricted: give --by NAME of somebody who may see it")
        with store.write() as connection:
            reader.note(connection, [one.id], seeing.now(connection))
    with store.read() as connection:
        now = seeing.now(connection)
        return of_incident.report(connection, configuration, one, now, reader.zone)


def _of_month(
    store: Database, configuration: Configuration, name: str, reader: _Reader
) -> of_month.MonthReport:
    month = of_month.Month.named(name, configuration.timezone)
    sees = discretion.may_see(configuration, True, reader.member)
    with store.read() as connection:
        now = seeing.now(connection)
        if now < month.since:
            raise ReportError(f"{name} has not begun yet")
        made = of_month.report(connection, configuration, month, now, sees_restricted=sees)
    looked_at = [one.id for one in made.incidents if one.restricted and one.kind]
    if looked_at:
        with store.write() as connection:
            reader.note(connection, looked_at, now)
    return made


def chosen(format_: Format | None, file: Path | None, as_json: bool) -> Format:
    """What to write: by default as the file is called. Raises typer.BadParameter."""
    found = format_ or _by_name(file)
    if found is Format.PDF and file is None and sys.stdout.isatty() and not as_json:
        raise typer.BadParameter("a PDF is nothing for a terminal: give --output FILE")
    return found


def _by_name(file: Path | None) -> Format:
    if file is None:
        return Format.MD
    found = _ENDINGS.get(file.suffix.lower())
    if found is None:
        raise typer.BadParameter(
            f"{file} is written as what? A report is .html, .pdf or .md: name the file so, "
            "or say with --format what it is"
        )
    return found


def write(document: Document, written_as: Format, file: Path | None) -> None:
    """Write a report to a file, or to standard output."""
    if written_as is Format.PDF:
        content = pdf.written(document)
    elif written_as is Format.HTML:
        content = html.written(document).encode()
    else:
        beside = _picture(document, file)
        content = markdown.written(document, beside).encode()
    if file is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        file.write_bytes(content)
        typer.echo(f"{file} is written.")


def _picture(document: Document, file: Path | None) -> str | None:
    """Write the picture beside a file of Markdown, and what it is called there."""
    if file is None or document.picture is None:
        return None
    path = file.with_suffix(".png")
    path.write_bytes(document.picture.png)
    return path.name
