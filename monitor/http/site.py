"""What the handlers of all routes share, and how they come by it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import Depends, HTTPException
from prometheus_client import CollectorRegistry
from starlette.requests import Request

from monitor.http.access import Attempts, Identity, Tokens
from monitor.service import Service


@dataclass(frozen=True, slots=True)
class Site:
    """The daemon that is shown, who may come in, and real time.

    `pushing` is held from reading how far a platform was pushed until that is committed.
    """

    service: Service
    tokens: Tokens
    registry: CollectorRegistry | None
    wall: Callable[[], datetime]
    attempts: Attempts
    pushing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def insist_on_ready(self) -> None:
        """Raise what to answer while the daemon takes up its store, and nothing can be written."""
        if not self.service.ready:
            raise HTTPException(503, "not ready yet; try again", headers={"Retry-After": "1"})


def site_of(request: Request) -> Site:
    """The site that a request came to."""
    site: Site = request.app.state.site
    return site


def who(request: Request) -> Identity:
    """Who asks; only on routes that are not open."""
    identity: Identity = request.state.identity
    return identity


Here = Annotated[Site, Depends(site_of)]
Whoever = Annotated[Identity, Depends(who)]
