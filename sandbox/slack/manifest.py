"""Reading an app manifest (Slack's manifest schema, as a dict): commands, scopes, events, surfaces.

Must not know the workspace: a manifest says what the app may do, not what happened.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Command:
    """One slash command; `escape` means that mentions in its text arrive as <@U...> and <#C...>."""

    name: str
    description: str = ""
    usage_hint: str = ""
    escape: bool = False


@dataclass(frozen=True)
class AppManifest:
    """What the manifest grants. Missing parts are granted as little as Slack would grant them."""

    name: str
    bot_name: str
    commands: tuple[Command, ...]
    scopes: frozenset[str]
    events: frozenset[str]
    interactive: bool
    socket_mode: bool
    home_tab: bool
    messages_tab: bool

    def command(self, name: str) -> Command | None:
        """The command called `name` ("/deploy"), or None."""
        return next((command for command in self.commands if command.name == name), None)


def read_manifest(manifest: dict[str, Any]) -> AppManifest:
    """The AppManifest of a manifest dict; ValueError names what is missing or of the wrong kind."""
    features = _part(manifest, "features")
    settings = _part(manifest, "settings")
    home = _part(features, "app_home")
    name = str(_part(manifest, "display_information").get("name") or "")
    if not name:
        raise ValueError("The manifest has no display_information.name: give the app a name.")
    return AppManifest(
        name=name,
        bot_name=str(_part(features, "bot_user").get("display_name") or name),
        commands=tuple(_command(entry) for entry in features.get("slash_commands") or ()),
        scopes=frozenset(_part(_part(manifest, "oauth_config"), "scopes").get("bot") or ()),
        events=frozenset(_part(settings, "event_subscriptions").get("bot_events") or ()),
        interactive=bool(_part(settings, "interactivity").get("is_enabled", False)),
        socket_mode=bool(settings.get("socket_mode_enabled", False)),
        home_tab=bool(home.get("home_tab_enabled", False)),
        messages_tab=bool(home.get("messages_tab_enabled", True)),
    )


def _part(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    part = mapping.get(key) or {}
    if not isinstance(part, dict):
        raise ValueError(f"The manifest's {key} must be a mapping, not {type(part).__name__}.")
    return part


def _command(entry: dict[str, Any]) -> Command:
    name = str(entry.get("command") or "")
    if not name.startswith("/") or not entry.get("description"):
        raise ValueError(
            f"A slash command of the manifest needs a name with a slash and a description: {entry}"
        )
    return Command(
        name=name,
        description=str(entry["description"]),
        usage_hint=str(entry.get("usage_hint") or ""),
        escape=bool(entry.get("should_escape", False)),
    )
