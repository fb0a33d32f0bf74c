"""What a user can set of the source of X."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from alerts.secret import Secret
from monitor.configuration.values import Duration, in_units, wrong
from monitor.sources.kinds._x_query import LONGEST

REACH = timedelta(days=7)

_MINUTE = timedelta(minutes=1)
_TOO_FRESH = timedelta(seconds=10)
_FEWEST_EXAMPLES = 10
_X = "https://api.x.com"


def _at_least(least: timedelta, most: timedelta | None = None) -> AfterValidator:
    def check(value: timedelta) -> timedelta:
        if value < least:
            raise wrong("is too short", f"at least `{in_units(least.total_seconds())}`")
        if most and value > most:
            raise wrong("is too long", f"at most `{in_units(most.total_seconds())}`")
        return value

    return AfterValidator(check)


def _examples(value: int) -> int:
    if 0 < value < _FEWEST_EXAMPLES:
        raise wrong("is too few for X", f"0 for none, or {_FEWEST_EXAMPLES} to 100")
    return value


Cadence = Annotated[Duration, _at_least(_MINUTE)]
Query = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST)]


class Options(BaseModel):
    """Counts alone are asked for, and a few posts when an incident opens."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    token: Secret = Field(
        default=Secret(env="X_BEARER_TOKEN"),
        description="Where the app's bearer token is kept.",
        examples=[{"env": "X_BEARER_TOKEN"}],
    )
    every: Cadence = Field(
        default=timedelta(minutes=5),
        description="How often each topic of each brand is counted, for $0.005: $43 a month at "
        "`5m`. A longer time makes alarms later; no post is missed.",
        examples=["5m"],
    )
    every_by_topic: dict[str, Cadence] = Field(
        default={},
        description="The same for single topics, by id; `all` is one. X as a whole is judged as "
        "far as its slowest topic is counted.",
        examples=[{"all": "10m"}],
    )
    lateness: Annotated[Duration, _at_least(_TOO_FRESH, timedelta(minutes=10))] = Field(
        default=timedelta(seconds=15),
        description="How long after a minute has ended its posts are counted; X wants `10s` at "
        "least.",
        examples=["15s"],
    )
    spending_limit: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] = Field(
        default=100.0,
        description="Dollars in a calendar month (UTC). Nothing more is asked once they are spent.",
        examples=[100],
    )
    queries: dict[str, Query] = Field(
        default={},
        description="What to ask X in place of a brand's or a topic's terms, by id, in X's query "
        "language. X knows no `*`: write the words out that matter.",
        examples=[{"delays": "(delay OR delays OR delayed)"}],
    )
    examples: Annotated[int, Field(ge=0, le=100), AfterValidator(_examples)] = Field(
        default=_FEWEST_EXAMPLES,
        description="How many posts are read when an incident opens, for $0.005 each: `10` to "
        "`100`, `0` for none.",
    )
    backfill: Annotated[Duration, _at_least(_MINUTE, REACH)] = Field(
        default=REACH,
        description="How far back the first count reaches; X remembers `7d`.",
        examples=["7d"],
    )
    timeout: Annotated[Duration, _at_least(timedelta(seconds=1), timedelta(minutes=5))] = Field(
        default=timedelta(seconds=20), description="How long X may take to answer."
    )
    base_url: str = Field(
        default=_X,
        pattern=r"^https?://[^/\s]+/?$",
        description="Another address than X's, for tests and demonstrations.",
        examples=["http://127.0.0.1:8421"],
    )

    def cadence(self, topic: str) -> timedelta:
        """How often a topic is counted."""
        return self.every_by_topic.get(topic, self.every)
