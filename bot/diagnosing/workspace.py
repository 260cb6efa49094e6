"""What Slack has to give: the token, its permissions, the socket, a clock that agrees, channels to write into, and people.

Everything is asked once a run, also for several plans. It must not know a plan: it is asked for channels and people by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal

from bot.adapters.slack_inspection import SlackInspection
from bot.errors import GaveUp, TryLater
from bot.scopes import FILES, NEEDED, PRIVATE, READING
from bot.settings import Settings
from bot.team import CHANNEL_ID
from core.findings import Finding
from storage.clock import Clock

SKEW: Final = timedelta(seconds=5)
"""Slack's header counts whole seconds and travels; less than this is no difference."""
FAR: Final = timedelta(seconds=60)
"""A deadline of minutes would be missed, and requests over HTTP soon be refused."""

Standing = Literal["there", "unknown", "gone", "bot", "guest", "stranger", "unread"]
_FLAGS: Final[tuple[tuple[str, Standing], ...]] = (
    ("deleted", "gone"),
    ("is_bot", "bot"),
    ("is_workflow_bot", "bot"),
    ("is_restricted", "guest"),
    ("is_ultra_restricted", "guest"),
    ("is_stranger", "stranger"),
)


class Workspace:
    """`named` are the channels the team file names (name -> id)."""

    def __init__(
        self, slack: SlackInspection, settings: Settings, clock: Clock, *, named: Mapping[str, str]
    ) -> None:
        self._slack = slack
        self._settings = settings
        self._clock = clock
        self._named = named
        self._listed: dict[str, str] | None = None
        self._users: dict[str, tuple[Standing, str]] = {}
        self.reachable = False
        """Whether the token is good: else every further question would fail in the same way."""

    # ------------------------------------------------------------------------------------------------------- the app

    async def app(self) -> list[Finding]:
        """Token, permissions, clock, socket."""
        before = self._clock()
        try:
            identity = await self._slack.identity()
        except (TryLater, GaveUp) as problem:
            key = "slack-refused" if isinstance(problem, GaveUp) else "slack-away"
            return [Finding("slack", "token", "broken", key, (("reason", problem.reason),))]
        self.reachable = True
        after = self._clock()
        words = (("team", identity.team), ("user", identity.user))
        found = [Finding("slack", "token", "works", "slack-token", words, (after - before).total_seconds())]
        found += _scopes(identity.scopes)
        if identity.at is not None:
            found.append(_skew(identity.at - before - (after - before) / 2))
        return [*found, await self._socket()]

    async def _socket(self) -> Finding:
        if self._settings.mode == "http":
            return Finding("slack", "requests", "mind", "slack-over-http")
        try:
            await self._slack.may_connect(self._settings.slack_app_token.get_secret_value())
        except (TryLater, GaveUp) as problem:
            return Finding("slack", "socket", "broken", "slack-socket-refused", (("reason", problem.reason),))
        return Finding("slack", "socket", "works", "slack-socket")

    # ----------------------------------------------------------------------------------------------------- a channel

    async def channel(self, key: str, name: str) -> Finding:
        """Whether the bot can write into a plan's channel `key`, whose name is `name`."""

        def finding(state: Literal["works", "broken"], what: str, reason: str = "") -> Finding:
            return Finding("channel", key, state, what, (("channel", name), ("reason", reason)))

        try:
            given = name if CHANNEL_ID.fullmatch(name) else self._named.get(name)
            id = given or (await self._all()).get(name)
            found = None if id is None else await self._slack.channel(id)
        except (TryLater, GaveUp) as problem:
            return finding("broken", "channel-unread", problem.reason)
        if found is None:
            return finding("broken", "channel-unknown")
        if found.get("is_archived"):
            return finding("broken", "channel-archived")
        if not found.get("is_member"):
            return finding("broken", "channel-stranger")
        return finding("works", "channel-good")

    async def _all(self) -> dict[str, str]:
        if self._listed is None:
            self._listed = await self._slack.channels()
        return self._listed

    # ------------------------------------------------------------------------------------------------------ somebody

    async def person(self, id: str) -> Standing:
        """Whether this account can act."""
        if id not in self._users:
            try:
                user = await self._slack.user(id)
            except (TryLater, GaveUp):
                return "unread"
            self._users[id] = (_standing(user), _name(user, id))
        return self._users[id][0]

    def name(self, id: str) -> str:
        """The name of somebody who was looked at, or the id."""
        return self._users[id][1] if id in self._users else id


def _standing(user: Mapping[str, Any] | None) -> Standing:
    if not user:
        return "unknown"
    return next((standing for flag, standing in _FLAGS if user.get(flag)), "there")


def _name(user: Mapping[str, Any] | None, id: str) -> str:
    profile = (user or {}).get("profile") or {}
    return str(profile.get("display_name") or (user or {}).get("real_name") or id)


def _scopes(granted: frozenset[str]) -> list[Finding]:
    if not granted:
        return [Finding("scope", "-", "mind", "scopes-unsaid")]
    found = []
    for scope in sorted(NEEDED | PRIVATE | FILES | READING):
        words = (("scope", scope),)
        if scope in granted:
            found.append(Finding("scope", scope, "works", "scope-granted", words))
        elif scope in NEEDED:
            found.append(Finding("scope", scope, "broken", "scope-lacking", words))
        elif scope in READING:
            found.append(Finding("scope", scope, "mind", "scope-reading", words))
        elif scope in FILES:
            found.append(Finding("scope", scope, "mind", "scope-files", words))
        else:
            found.append(Finding("scope", scope, "mind", "scope-private", words))
    return found


def _skew(skew: timedelta) -> Finding:
    seconds = round(abs(skew).total_seconds())
    words = (("seconds", seconds),)
    if abs(skew) <= SKEW:
        return Finding("slack", "clock", "works", "clock-agrees", words)
    return Finding("slack", "clock", "mind" if abs(skew) <= FAR else "broken", "clock-differs", words)
