"""`seawall run`: the daemon."""

import asyncio
import os
import sys
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import structlog
import typer

from monitor import logs
from monitor.clock import RealClock
from monitor.commands.options import (
    DEFAULT_CONFIGURATION,
    DEFAULT_STORE,
    DatabaseUrl,
    LiveConfiguration,
    acknowledging,
    program,
    there,
)
from monitor.configuration import load
from monitor.store import Database, situations

if TYPE_CHECKING:
    from monitor.daemon.session import Session


def run(
    config: LiveConfiguration = DEFAULT_CONFIGURATION, database: DatabaseUrl = DEFAULT_STORE
) -> None:
    """Run the daemon: live sources in, notifications out.

    It runs until Ctrl-C or SIGTERM, goes on where it was when it is started again, and reads its
    configuration again on SIGHUP. On PostgreSQL a second one stands by and takes over.

        seawall run --config seawall.yaml
    """
    from monitor.daemon.daemon import Daemon, Unstoppable  # imports all there is; 1 s

    logs.configure()
    if not load(config).sources:
        raise typer.BadParameter(
            f"{config} has no `sources:`, so there is nothing to watch; add one, for instance "
            "`sources: [{kind: bluesky}]`",
            param_hint="--config",
        )
    with closing(Database.open(database)) as store:
        command, greet = acknowledging(config, database), partial(_greet, there(config, database))
        daemon = Daemon(partial(load, config), store, RealClock(), command, greet)
        try:
            asyncio.run(daemon.run())
        except Unstoppable as error:
            typer.echo(f"seawall: {error}", err=True)
            sys.stderr.flush()
            os._exit(1)


def _greet(where: str, session: "Session", url: str) -> None:
    """Say what runs, where to look, and what is open."""
    configuration = session.configuration
    log = structlog.get_logger("seawall")
    log.info(
        "watching",
        brands=", ".join(brand.name for brand in configuration.brands.values()),
        sources=", ".join(choice.name for choice in configuration.sources),
        page=url,
        sign_in=f"{program()} sign-in{where}",
    )
    with session.database.read() as connection:
        for incident in situations.unresolved(connection):
            log.warning("going on", incident=incident.id, state=incident.state.value)
