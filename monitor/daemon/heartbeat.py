"""The heartbeat: a sign of life to a watchdog, which calls somebody when it stays away."""

import httpx
import structlog

log = structlog.get_logger("monitor.heartbeat")

WITHIN_S = 10.0


async def beat(client: httpx.AsyncClient, url: str) -> bool:
    """Ask for the watchdog's address; whether it answered that it heard. Never raises.

    Who knows the address can fake life, so it is in no log line, and nor is an error's own text.
    """
    try:
        answer = await client.get(url, timeout=WITHIN_S)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        log.warning("the watchdog was not reached", problem=type(error).__name__)
        return False
    if answer.is_success:
        return True
    log.warning("the watchdog did not take a sign of life", status=answer.status_code)
    return False
