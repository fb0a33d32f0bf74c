"""`seawall run`: the daemon."""

import asyncio
import os
import sys
from contextlib import closing
from functools import partial

import typer

from monitor import logs
from monitor.clock import RealClock
from monitor.commands.options import (
    DEFAULT_CONFIGURATION,
    DEFAULT_STORE,
    DatabaseUrl,
    LiveConfiguration,
    acknowledging,
)
from monitor.configuration import load
from monitor.store import Database


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
        daemon = Daemon(partial(load, config), store, RealClock(), acknowledging(database))
        try:
            asyncio.run(daemon.run())
        except Unstoppable as error:
            typer.echo(f"seawall: {error}", err=True)
            sys.stderr.flush()
            os._exit(1)
