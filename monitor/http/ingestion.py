"""Taking what other programs push."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from fastapi import HTTPException
from fastapi.concurrency import run_in_threadpool

from monitor.configuration import Configuration
from monitor.http.models import Refusal, Taken
from monitor.http.site import Here, Site
from monitor.sources.delivery import Delivery
from monitor.sources.kinds import push
from monitor.sources.kinds._push_requests import PushedCounts, PushedMentions
from monitor.store import volume

Body = TypeVar("Body", PushedMentions, PushedCounts)


async def mentions(here: Here, body: PushedMentions) -> Taken:
    """Take posts. What is known already is passed over, so a request can be repeated."""
    return await _take(here, body, push.delivery_of_mentions, len(body.mentions))


async def counts(here: Here, body: PushedCounts) -> Taken:
    """Take counts of whole buckets. Those told before replace what is known: repeat it freely."""
    return await _take(here, body, push.delivery_of_counts, len(body.counts))


async def _take(
    here: Site,
    body: Body,
    delivery_of: Callable[..., tuple[Delivery, list[push.Unusable]]],
    rows: int,
) -> Taken:
    service = here.service
    here.insist_on_ready()
    source = _source(service.configuration, body.platform)
    async with here.pushing:
        cursor = await run_in_threadpool(_cursor, here, source)
        try:
            delivery, unusable = delivery_of(
                body,
                source=source,
                cursor=cursor,
                configuration=service.configuration,
                now=service.now(),
            )
        except push.PushRefused as refused:
            raise HTTPException(422, str(refused)) from None
        new = await service.ingest(delivery)
    taken = len(delivery.counts) or new
    return Taken(
        taken=taken,
        passed_over=rows - len(unusable) - taken,
        malformed=_refusals(unusable),
        observed_until=push.reached(delivery.cursor)[body.platform].observed_until,
    )


def _source(configuration: Configuration, platform: str) -> str:
    """The name of the push source that a platform belongs to."""
    pushed = {
        owned: one.name
        for one in configuration.sources
        if one.kind == "push"
        for owned in push.platforms(_options(one.options))
    }
    if platform not in pushed:
        known = ", ".join(sorted(pushed)) or "none; add a source of the kind push"
        raise HTTPException(422, f"body.platform is none that is pushed here; those are: {known}")
    return pushed[platform]


def _options(options: object) -> push.Options:
    if not isinstance(options, push.Options):
        raise TypeError("a push source has the options of a push source")
    return options


def _cursor(here: Site, source: str) -> str | None:
    with here.service.database.read() as connection:
        return volume.cursor_of(connection, source)


def _refusals(unusable: Sequence[push.Unusable]) -> list[Refusal]:
    return [Refusal(index=one.index, problem=one.problem) for one in unusable]
