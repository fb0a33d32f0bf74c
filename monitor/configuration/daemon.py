"""What the daemon is told beside its sources and notifiers: its page and API, its heartbeat."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from alerts.secret import Secret
from monitor.configuration.part import Part
from monitor.configuration.values import Duration

Scope = Literal["read", "act", "ingest", "metrics"]
"""What a token allows: see incidents, act on them, push posts and counts, scrape metrics."""

Person = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class Token(Part):
    """A token of the API and the page; what is done with it is done by the name it has here."""

    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)] = Field(
        description="What it allows: `read` incidents, `act` on them, `ingest` posts and counts, "
        "scrape `metrics`.",
        examples=[["read", "act"]],
    )
    secret: Secret = Field(
        description="Where it is kept: `{env: NAME}` or `{file: PATH}`; 20 characters or more.",
        examples=[{"env": "SEAWALL_TOKEN_KARI"}],
    )


class Http(Part):
    """The page, the API and the metrics."""

    host: str = Field(
        default="127.0.0.1",
        description="The address to listen on; the default is reachable from this machine only.",
        examples=["::1"],
    )
    port: int = Field(
        default=8420, ge=0, le=65535, description="The port; 0 takes any that is free."
    )
    url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/\s]+$",
        description="Where people reach it, for links; its host name is served as well.",
        examples=["https://seawall.example"],
    )
    hosts: tuple[str, ...] = Field(
        default=(),
        description="More host names to answer to, without ports; any other is refused.",
        examples=[["seawall"]],
    )
    tokens: dict[Person, Token] = Field(
        default={},
        description="Who may use it, by name. `seawall sign-in` lets a person in without one.",
        examples=[{"kari": {"scopes": ["read", "act"], "secret": {"env": "SEAWALL_TOKEN_KARI"}}}],
    )


class Pack(Part):
    """The offline pack: what one needs at night when nothing else works, as a file on the phone."""

    mail: bool = Field(
        default=True,
        description="Whether it is mailed every day, to those who have an `email` and are on call "
        "before the next one, or next; without a notifier of the kind `email` nothing is mailed.",
    )
    at: str = Field(
        default="18:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="When, on the team's clock.",
        examples=["17:00"],
    )


class Heartbeat(Part):
    """A sign of life to a watchdog, which calls somebody when it stays away."""

    url: Secret = Field(
        description="Where the address is kept that is asked for with GET: who knows it can fake "
        "life.",
        examples=[{"env": "SEAWALL_HEARTBEAT_URL"}],
    )
    every: Duration = Field(default=timedelta(minutes=1), description="How often.", examples=["1m"])
