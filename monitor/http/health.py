"""Whether it lives, whether it is ready, and its metrics."""

from fastapi import HTTPException
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from monitor.http.models import Alive, Readiness
from monitor.http.site import Here
from monitor.service import Health


async def alive() -> Alive:
    """Whether the process lives: restart it where this does not answer."""
    return Alive()


async def ready(here: Here) -> JSONResponse:
    """Whether it has taken up its store, and can write it; else 503.

    A source that fails or is blind is named and does not make it unready: starting it again, or
    sending requests elsewhere, would not help.
    """
    trouble = here.service.trouble
    fine = here.service.ready and trouble is None
    sources = here.service.sources()
    ways_out = (*here.service.notifiers(), *here.service.publishers())
    readiness = Readiness(
        ready=fine,
        waiting_for=[] if fine else ["store"],
        problem=trouble.public if trouble else None,
        failing=[
            *(one.name for one in sources if one.health is Health.FAILING),
            *(one.name for one in ways_out if one.health is Health.FAILING),
        ],
        blind=[one.name for one in sources if one.blind],
    )
    return JSONResponse(readiness.model_dump(), 200 if readiness.ready else 503)


def metrics(here: Here, request: Request) -> Response:
    """Metrics in the text format of Prometheus, or as OpenMetrics where that is asked for."""
    if here.registry is None:
        raise HTTPException(404, "this process keeps no metrics")
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(here.registry), headers={"Content-Type": content_type})
