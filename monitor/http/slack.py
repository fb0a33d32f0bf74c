"""What people do in Slack, over HTTP: signed by Slack, answered at once, and taken afterwards.

A request is ours where one of the notifiers of the kind `slack` has the secret that it is signed
with. It is answered before anything is done, since Slack waits three seconds; whoever asked is told
in Slack what came of it.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from fastapi import HTTPException
from slack_sdk.signature import SignatureVerifier
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alerts.notifiers import Places
from alerts.notifiers import slack as kind
from alerts.notifiers.slack import Once, asked
from monitor.http.site import Here, Site
from monitor.telling.slack_desk import SlackDesk

TIMESTAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"


async def interactions(here: Here, request: Request) -> Response:
    """Take what was pressed or submitted."""
    form = await _form(here, request)
    _take(here, request, "interactive", _object(form.get("payload", "")))
    return Response()


async def commands(here: Here, request: Request) -> Response:
    """Take a command."""
    _take(here, request, "slash_commands", await _form(here, request))
    return Response()


async def events(here: Here, request: Request) -> Response:
    """Take an event; at first Slack asks whether anybody is here."""
    said = _object(await _signed(here, request))
    if said.get("type") == "url_verification":
        return JSONResponse({"challenge": str(said.get("challenge", ""))})
    _take(here, request, "events_api", said)
    return Response()


def _take(here: Site, request: Request, what: str, payload: Mapping[str, Any]) -> None:
    here.insist_on_ready()
    once: Once = request.state.slack
    once.take(asked(what, payload), "")


async def _form(here: Site, request: Request) -> dict[str, str]:
    return dict(parse_qsl(await _signed(here, request), keep_blank_values=True))


def _object(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise HTTPException(400, "this is nothing that Slack sends")
    return said


async def _signed(here: Site, request: Request) -> str:
    """The body, where Slack signed it within five minutes; else 401, and 404 without a secret."""
    known = [
        (choice.name, choice.options, choice.options.signing_secret)
        for choice in here.service.configuration.notify
        if isinstance(choice.options, kind.Options) and choice.options.signing_secret
    ]
    if not known:
        raise HTTPException(404, "Not Found")
    body = (await request.body()).decode("utf-8", "replace")
    timestamp, signature = (request.headers.get(name, "") for name in (TIMESTAMP, SIGNATURE))
    sound = re.fullmatch("[0-9]{1,12}", timestamp) and signature.isascii()
    for name, options, secret in known if sound else ():
        verifier = SignatureVerifier(secret.read())
        if verifier.is_valid(body, timestamp, signature):
            request.state.slack = _once(here, request, name, options)
            return body
    raise HTTPException(401, "Slack has not signed this, or too long ago")


def _once(here: Site, request: Request, name: str, options: kind.Options) -> Once:
    """Whoever takes what comes by this notifier, the same for as long as the application lives."""
    state = request.app.state
    if not hasattr(state, "slack"):
        state.slack = {}
    if name not in state.slack:
        notifier = kind.build(options, name=name, places=Places("seawall incidents ack {incident}"))
        state.slack[name] = Once(notifier.answers(SlackDesk(here.service)).take)
    found: Once = state.slack[name]
    return found
