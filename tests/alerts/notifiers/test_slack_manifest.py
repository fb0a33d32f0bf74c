"""The app manifest has what the code uses, and nothing else."""

import re
from typing import Any

from ruamel.yaml import YAML

from alerts.notifiers._slack_asked import COMMAND, HOME, SHORTCUTS
from monitor.doubles.slack import ALL_SCOPES
from tests.conftest import ROOT

MANIFEST: Any = YAML(typ="safe").load((ROOT / "docs" / "slack-manifest.yaml").read_text("utf-8"))
CALLS = {
    "auth_test": set(),
    "apps_connections_open": set(),
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "chat_delete": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "conversations_info": {"channels:read", "groups:read"},
    "conversations_history": {"channels:history", "groups:history", "im:history"},
    "conversations_replies": {"channels:history", "groups:history", "im:history"},
    "conversations_open": {"im:write"},
    "files_upload_v2": {"files:write"},
    "files_delete": {"files:write"},
    "views_open": set(),
    "views_publish": set(),
    "views_update": set(),
}
"""The scopes that Slack's documentation asks for each call."""


def test_every_scope_is_needed_and_every_call_has_its_scopes() -> None:
    source = "".join(
        file.read_text("utf-8") for file in (ROOT / "alerts" / "notifiers").glob("*slack*.py")
    )
    prefixes = "auth|apps|chat|conversations|files|views|users|reactions|team|pins"
    called = set(re.findall(rf"\b((?:{prefixes})_[a-z_]+[A-Za-z0-9_]*)\(", source))
    called |= set(re.findall(r'"(conversations_[a-z]+)"', source))
    assert called == set(CALLS)
    needed = {scope for call in called for scope in CALLS[call]} | {"commands"}
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == needed
    assert needed == ALL_SCOPES  # the double asks for the same


def test_shortcuts_commands_and_events_are_those_that_the_code_knows() -> None:
    features, settings = MANIFEST["features"], MANIFEST["settings"]
    kinds = {each["callback_id"]: each["type"] for each in features["shortcuts"]}
    assert kinds.keys() == SHORTCUTS.keys()
    assert [id for id, kind in kinds.items() if kind == "global"] == [next(iter(SHORTCUTS))]
    assert [each["command"] for each in features["slash_commands"]] == [COMMAND]
    assert settings["event_subscriptions"]["bot_events"] == [HOME]
    assert settings["interactivity"]["is_enabled"]
    assert settings["socket_mode_enabled"]
    assert features["app_home"]["home_tab_enabled"]
    assert features["app_home"]["messages_tab_enabled"]


def test_what_slack_limits_is_within_its_limits() -> None:
    about = MANIFEST["display_information"]
    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    for shortcut in MANIFEST["features"]["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
