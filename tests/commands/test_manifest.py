"""The app manifest, the page that explains it, and the code say the same: commands, events, scopes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands_world import CHANNEL, DEPLOYER, MANIFEST, open_world

from commands import deploy, gate, home, rollback, signoff
from commands.buttons import Value, Verb

ROOT = MANIFEST.parent
DOCS = ROOT / "docs" / "slack.md"
CALL = re.compile(
    r"\b(?:chat|conversations|users|views|pins|auth|files|reactions|bookmarks|usergroups|dnd|team)_[a-zA-Z]+(?=\()"
)
NEEDS: dict[str, tuple[str, ...]] = {
    "auth_test": (),
    "chat_postMessage": ("chat:write",),
    "chat_postEphemeral": ("chat:write",),
    "chat_update": ("chat:write",),
    "chat_getPermalink": (),
    "conversations_history": ("channels:history", "groups:history", "im:history"),
    "conversations_replies": ("channels:history", "groups:history", "im:history"),
    "conversations_info": ("channels:read", "groups:read"),
    "conversations_list": ("channels:read", "groups:read"),
    "conversations_open": ("im:write",),
    "files_info": ("files:read",),
    "files_getUploadURLExternal": ("files:write",),
    "files_completeUploadExternal": ("files:write",),
    "pins_add": ("pins:write",),
    "pins_remove": ("pins:write",),
    "users_info": ("users:read",),
    "views_open": (),
    "views_update": (),
    "views_publish": (),
}
"""The scopes each Web API method needs for the channels it is used on, after Slack's method reference."""


def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return loaded


def methods_called() -> set[str]:
    """Every Web API method that a line of the bot calls on a client."""
    found: set[str] = set()
    for folder in ("commands", "bot"):
        for path in (ROOT / folder).rglob("*.py"):
            found |= set(CALL.findall(path.read_text(encoding="utf-8")))
    return found


def test_the_scopes_are_those_of_the_methods_that_are_called_and_no_more() -> None:
    called = methods_called()
    assert called >= {"views_open", "chat_postMessage", "chat_update"}, "the scan has gone blind"
    unknown = called - set(NEEDS)
    assert unknown == set(), "say in NEEDS which scopes these methods want"
    wanted = {scope for method in called for scope in NEEDS[method]} | {"commands"}
    assert set(manifest()["oauth_config"]["scopes"]["bot"]) == wanted


def test_the_commands_are_those_that_are_registered() -> None:
    listed = {entry["command"]: entry for entry in manifest()["features"]["slash_commands"]}
    assert set(listed) == {module.COMMAND for module in (deploy, gate, signoff, rollback)}
    for entry in listed.values():
        assert entry["should_escape"] is True
        assert 0 < len(entry["description"]) <= 100
        assert 0 < len(entry["usage_hint"]) <= 100


@pytest.mark.parametrize("verb", list(Verb))
async def test_every_button_has_a_listener(tmp_path: Path, verb: Verb) -> None:
    """With a deployment nobody knows, a listener says so; without a listener, the answer would be another."""
    value = Value("D99", "step", "1", 1, "abcd1234", "ev").text()
    button = {
        "type": "button",
        "text": {"type": "plain_text", "text": "x"},
        "action_id": verb.value,
        "value": value,
    }
    async with open_world(tmp_path) as world:
        blocks = [{"type": "actions", "elements": [button]}]
        posted = await world.client.chat_postMessage(channel=CHANNEL, text="x", blocks=blocks)
        await world.click(DEPLOYER, str(posted["ts"]), verb.value)
        said = "\n".join([world.window(DEPLOYER), *world.whispers(DEPLOYER)])
    assert "There is no deployment D99" in said


def test_the_rest_of_the_manifest() -> None:
    app = manifest()
    assert app["settings"]["socket_mode_enabled"] is True
    assert app["settings"]["interactivity"]["is_enabled"] is True
    assert app["settings"]["event_subscriptions"]["bot_events"] == [home.EVENT]
    assert app["features"]["app_home"]["home_tab_enabled"] is True
    assert app["features"]["bot_user"]["display_name"] == "Deploy Captain"
    assert len(app["display_information"]["name"]) <= 35
    assert len(app["display_information"]["description"]) <= 140
    assert 174 <= len(app["display_information"]["long_description"]) <= 4_000


def test_the_page_explains_every_scope_and_command() -> None:
    page = DOCS.read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([a-z:]+)` \|", page, re.MULTILINE))
    assert rows == set(manifest()["oauth_config"]["scopes"]["bot"])
    for module in (deploy, gate, signoff, rollback):
        assert f"`{module.COMMAND}" in page
    assert Path("manifest.yml").name in page
