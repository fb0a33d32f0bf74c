"""Whether calls of the Slack Web API are as Slack documents them.

What Slack's OpenAPI document (1.7.0) has is read there; what came after it is stated here.
"""

import json
from functools import cache
from typing import Any

import jsonschema
import pytest

from monitor.doubles.slack import Call
from tests.conftest import SHARED

DOCUMENT = SHARED / "contracts" / "slack-web-openapi-v2.json"

METADATA = {
    "type": "object",
    "required": ["event_type", "event_payload"],
    "additionalProperties": False,
    "properties": {
        "event_type": {"type": "string", "pattern": "^[a-z0-9_]+$"},
        "event_payload": {
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        },
    },
}
ADDED: dict[str, dict[str, Any]] = {
    "chat.postMessage": {"metadata": METADATA},
    "chat.update": {"metadata": METADATA},
    "conversations.history": {"include_all_metadata": {"enum": ["1", "0", True, False]}},
    "conversations.replies": {"include_all_metadata": {"enum": ["1", "0", True, False]}},
}
"""Arguments that the document does not have yet, by method."""
AS_JSON = {
    "blocks": {"type": "array", "items": {"type": "object", "required": ["type"]}},
    "view": {"type": "object", "required": ["type", "blocks"]},
}
"""Arguments that are text in a form, and themselves in a JSON body."""
NEW_METHODS: dict[str, tuple[set[str], set[str]]] = {
    "apps.connections.open": (set(), set()),
    "files.getUploadURLExternal": ({"filename", "length"}, {"alt_txt", "snippet_type"}),
    "files.completeUploadExternal": (
        {"files"},
        {"channel_id", "channels", "initial_comment", "thread_ts", "blocks"},
    ),
}
"""Methods that the document does not have: arguments they need, and those they may have."""


@cache
def document() -> Any:
    """Slack's own, which is not part of this repository."""
    if not DOCUMENT.is_file():
        pytest.skip("Slack's OpenAPI document: no ../shared/contracts beside this checkout")
    return json.loads(DOCUMENT.read_text("utf-8"))


def check_call(call: Call) -> None:
    """Raises AssertionError or ValidationError for a call that Slack does not document."""
    if call.method in NEW_METHODS:
        needed, allowed = NEW_METHODS[call.method]
        assert needed <= set(call.arguments) <= needed | allowed, call
        return
    [operation] = document()["paths"][f"/{call.method}"].values()
    known = {each["name"]: each for each in operation["parameters"]}
    required = {name for name, each in known.items() if each.get("required")} - {"token"}
    assert required <= set(call.arguments), call
    as_json = call.content_type == "application/json"
    if as_json:
        assert "application/json" in operation["consumes"]
    for name, value in call.arguments.items():
        if name in ADDED.get(call.method, {}):
            schema = ADDED[call.method][name]
        elif as_json and name in AS_JSON:
            schema = AS_JSON[name]
        else:
            assert name in known, f"{call.method} has no argument {name}"
            schema = {"type": known[name]["type"]} if as_json else {"type": "string"}
        jsonschema.validate(value, schema)


def check_answer(method: str, answer: Any) -> None:
    """Raises ValidationError for a success that Slack does not document."""
    [operation] = document()["paths"][f"/{method}"].values()
    schema = operation["responses"]["200"]["schema"]
    whole = {**schema, "definitions": document()["definitions"]}  # parts of it are no sound schema
    jsonschema.Draft4Validator(whole).validate(answer)
