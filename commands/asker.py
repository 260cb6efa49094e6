"""Who is asking, from where, and the key under which their act is recorded once, however often Slack delivers it.

Reads the payloads of commands, clicks and submitted windows. It must not know what is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commands import buttons
from commands.buttons import Value

Body = dict[str, Any]


@dataclass(frozen=True)
class Asker:
    """`key` is the same for every delivery of the same act; `trigger` opens one window within three seconds."""

    user: str
    channel: str
    key: str
    trigger: str
    text: str = ""
    answerable: bool = False  # Slack gave an address for later answers

    @classmethod
    def command(cls, body: Body) -> Asker:
        """Of a slash command."""
        user, trigger = str(body.get("user_id", "")), str(body.get("trigger_id", ""))
        text = str(body.get("text") or "")
        return cls(
            user,
            str(body.get("channel_id", "")),
            f"command:{user}:{trigger}",
            trigger,
            text,
            "response_url" in body,
        )

    @classmethod
    def click(cls, body: Body, action: Mapping[str, Any]) -> Asker:
        """Of a button or menu."""
        user = _user(body)
        channel = str((body.get("channel") or body.get("container") or {}).get("id", "") or "")
        key = f"click:{user}:{action.get('action_ts', '')}:{action.get('action_id', '')}"
        return cls(
            user, channel, key, str(body.get("trigger_id", "")), answerable=bool(body.get("response_url"))
        )

    @classmethod
    def submission(cls, body: Body) -> Asker:
        """Of a window. It is one act however often it is sent: a refused try left nothing."""
        user, view = _user(body), body.get("view") or {}
        return cls(user, "", f"view:{user}:{view.get('id', '')}", str(body.get("trigger_id", "")))


def value_of(action: Mapping[str, Any]) -> Value | None:
    """What the clicked button or the chosen menu entry is about; None when it is none of ours."""
    chosen = action.get("selected_option")
    text = chosen.get("value") if isinstance(chosen, dict) else action.get("value")
    return buttons.read(text) if isinstance(text, str) else None


def fields_of(body: Body) -> dict[str, str]:
    """What was written and chosen in a window, by block id."""
    found: dict[str, str] = {}
    values = ((body.get("view") or {}).get("state") or {}).get("values") or {}
    for block_id, elements in values.items():
        for element in elements.values():
            chosen = element.get("selected_option")
            text = chosen.get("value") if isinstance(chosen, dict) else element.get("value")
            text = element.get("selected_date_time", text)  # a moment, in unix seconds
            found[str(block_id)] = str(text or "").strip()
    return found


def _user(body: Body) -> str:
    return str((body.get("user") or {}).get("id", ""))
