"""`seawall sign-in`: a link that lets one person in to the page."""

from contextlib import closing
from typing import Annotated
from urllib.parse import quote

import typer

from alerts.secret import remember
from monitor import clock
from monitor.commands.options import (
    DEFAULT_CONFIGURATION,
    DEFAULT_STORE,
    DatabaseUrl,
    LiveConfiguration,
)
from monitor.configuration import load
from monitor.configuration.daemon import Http
from monitor.incidents import rights
from monitor.store import Database, access
from monitor.telling.discretion import may_see

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104


def sign_in(
    config: LiveConfiguration = DEFAULT_CONFIGURATION,
    as_: Annotated[
        str, typer.Option("--as", metavar="NAME", help="Whose it is; `people` know them by it.")
    ] = "",
    database: DatabaseUrl = DEFAULT_STORE,
) -> None:
    """Make a link that lets one person in to the page, once.

    seawall sign-in --config seawall.yaml
    """
    configuration = load(config)
    http, name = configuration.http, as_.strip()
    if name and configuration.people:
        name = rights.actor(configuration, name, "page").member or name
        if may_see(configuration, True, name):
            raise rights.Forbidden(f"{name} sees what is restricted, and signs in with a token")
    at = address(http)
    with closing(Database.open(database, existing=True)) as store, store.write() as connection:
        link = access.make_link(connection, clock.wall(), name or None)
    remember(link)
    typer.echo(f"{at}/sign-in?link={quote(link, safe='')}")
    minutes = access.LINK_LIFE.total_seconds() / 60
    typer.echo(
        f"It is good for {minutes:g} minutes and for one use; it lets in whoever has it.", err=True
    )
    if http.url is None and http.host in _EVERYWHERE:
        typer.echo(
            "From another machine put this one's name in the place of the number, and in "
            "`http.hosts`; or set `http.url`.",
            err=True,
        )


def address(http: Http) -> str:
    """Where people reach the page, as the configuration says."""
    if http.url:
        return http.url
    if http.port == 0:
        raise typer.BadParameter(
            "`http.port` is 0, so only the daemon knows its port: give it one, or set `http.url`"
        )
    host = _EVERYWHERE.get(http.host, http.host)
    bare = ":" in host and not host.startswith("[")
    return f"http://[{host}]:{http.port}" if bare else f"http://{host}:{http.port}"
