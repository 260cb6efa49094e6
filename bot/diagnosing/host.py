"""What the bot itself needs where it runs: settings, the database, the environment's variables, and the bot that may run already.

It must not know Slack, nor what a plan does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from bot.secrets import Secrets, names_of
from bot.settings import Settings
from core.effects import Words
from core.findings import Finding, State
from core.plan.rehearsed import rehearsed
from core.plan.runbook import Runbook
from storage import checkup

PATIENCE_S: Final = 5.0
"""Our own port answers in milliseconds."""
_DATABASE: Final[Mapping[str, tuple[State, str]]] = {
    "good": ("works", "database-good"),
    "none": ("mind", "database-none"),
    "old": ("mind", "database-old"),
    "busy": ("mind", "database-busy"),
    "locked": ("broken", "database-locked"),
    "refused": ("broken", "database-refused"),
}


def settings_of(settings: Settings) -> list[Finding]:
    """What has to be set before the bot can start. Names only, never values."""
    needed = {"SLACK_BOT_TOKEN": settings.slack_bot_token}
    if settings.mode == "socket":
        needed["SLACK_APP_TOKEN"] = settings.slack_app_token
    else:
        needed["SLACK_SIGNING_SECRET"] = settings.slack_signing_secret
    found = [
        _setting(name, "works" if value.get_secret_value() else "broken") for name, value in needed.items()
    ]
    if settings.mode == "http" and settings.http_port < 0:
        found.append(Finding("setting", "CAPTAIN_HTTP_PORT", "broken", "setting-port"))
    if not settings.plans.is_dir():
        path = str(settings.plans)
        found.append(Finding("setting", "CAPTAIN_PLANS", "broken", "setting-plans", (("path", path),)))
    if not settings.workdir.is_dir():
        path = str(settings.workdir)
        found.append(Finding("setting", "CAPTAIN_WORKDIR", "broken", "setting-workdir", (("path", path),)))
    return found


def _setting(name: str, state: State) -> Finding:
    key = "setting-there" if state == "works" else "setting-missing"
    return Finding("setting", name, state, key, (("name", name),))


async def database_of(settings: Settings) -> list[Finding]:
    """Whether the database can be read and written."""
    standing = await asyncio.to_thread(checkup.look, settings.database_url)
    state, key = _DATABASE[standing.state]
    words: Words = (("path", standing.path), ("reason", standing.detail))
    return [Finding("database", settings.database, state, key, words)]


def variables_of(runbook: Runbook, secrets: Secrets) -> list[Finding]:
    """Every variable the plan names, by name; those that only its rehearsal names are not needed in earnest."""
    needed = names_of(runbook.plan)
    also = rehearsed(runbook, "")
    missing = {*secrets.missing(runbook.plan), *secrets.missing(also)}
    found = []
    for name in dict.fromkeys((*needed, *names_of(also))):
        words = (("name", name),)
        if name not in missing:
            found.append(Finding("variable", name, "works", "variable-there", words))
        elif name in needed:
            found.append(Finding("variable", name, "broken", "variable-missing", words))
        else:
            found.append(Finding("variable", name, "mind", "variable-rehearsal", words))
    return found


async def running(session: aiohttp.ClientSession, settings: Settings) -> list[Finding]:
    """What the bot on this host says of itself, when one runs."""
    if settings.http_port <= 0:
        return [Finding("bot", "readyz", "mind", "bot-no-port")]
    address = f"http://127.0.0.1:{settings.http_port}/readyz"
    try:
        async with session.get(address, timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as answer:
            said = await answer.json()
    except (aiohttp.ClientError, OSError, ValueError):
        return [Finding("bot", "readyz", "mind", "bot-none", (("port", settings.http_port),))]
    return [_readiness(said if isinstance(said, dict) else {})]


def _readiness(said: Mapping[str, Any]) -> Finding:
    if "ready" not in said:
        return Finding("bot", "readyz", "mind", "bot-stranger")
    waiting = said.get("outbox")
    words: Words = (
        ("waiting", waiting if isinstance(waiting, int) else None),
        ("reason", str(said.get("last_error") or "")),
        ("connected", "" if said.get("slack_connected") else "no"),
    )
    return (
        Finding("bot", "readyz", "works", "bot-ready", words)
        if said["ready"]
        else Finding("bot", "readyz", "broken", "bot-not-ready", words)
    )
