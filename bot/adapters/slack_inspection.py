"""Questions to Slack that change nothing: whose token this is, what it may do, which channels and people there are.

One call is one request. Failures leave as TryLater or GaveUp with Slack's own word in `code`, as those of `bot.adapters.slack`
do. It must not know what the answers are good or bad for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack import asked
from bot.errors import GaveUp

_PAGE: Final = 200


@dataclass(frozen=True)
class Identity:
    """Whose token it is. `scopes` are those that were granted (empty when Slack does not say); `at` is Slack's clock, which
    counts whole seconds."""

    team: str
    user: str
    scopes: frozenset[str]
    at: datetime | None


class SlackInspection:
    """`client` comes from `slack_client`; `timeout_s` is for one call, in seconds."""

    def __init__(self, client: AsyncWebClient, *, timeout_s: float = 10.0) -> None:
        self._client = client
        self._timeout_s = timeout_s

    async def identity(self) -> Identity:
        """auth.test. Raises TryLater or GaveUp."""
        answer = await asked(self._client.auth_test(), self._timeout_s)
        headers = {name.lower(): str(value) for name, value in dict(answer.headers).items()}
        scopes = (scope.strip() for scope in headers.get("x-oauth-scopes", "").split(","))
        return Identity(
            str(answer.get("team") or ""),
            str(answer.get("user") or ""),
            frozenset(scope for scope in scopes if scope),
            _moment(headers.get("date", "")),
        )

    async def may_connect(self, app_token: str) -> None:
        """Asks for the address of a socket and opens none. Raises TryLater or GaveUp."""
        await asked(self._client.apps_connections_open(app_token=app_token), self._timeout_s)

    async def channels(self) -> dict[str, str]:
        """Name -> id of every channel the bot can see, archived ones too (one that is in use goes before one that is archived)."""
        try:
            return await self._listed("public_channel,private_channel")
        except GaveUp as problem:
            if problem.code != "missing_scope":
                raise
            return await self._listed("public_channel")

    async def channel(self, id: str) -> Mapping[str, Any] | None:
        """Slack's channel object, or None when the bot sees no such channel. Raises TryLater or GaveUp."""
        return await self._one(self._client.conversations_info(channel=id), "channel", {"channel_not_found"})

    async def user(self, id: str) -> Mapping[str, Any] | None:
        """Slack's user object, or None when there is nobody with this id. Raises TryLater or GaveUp."""
        return await self._one(
            self._client.users_info(user=id), "user", {"user_not_found", "user_not_visible"}
        )

    async def _one(self, call: Any, key: str, nobody: set[str]) -> Mapping[str, Any] | None:
        try:
            answer = await asked(call, self._timeout_s)
        except GaveUp as problem:
            if problem.code in nobody:
                return None
            raise
        found: Mapping[str, Any] = answer.get(key) or {}
        return found

    async def _listed(self, types: str) -> dict[str, str]:
        found: dict[str, str] = {}
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            call = self._client.conversations_list(types=types, exclude_archived=False, limit=_PAGE, **more)
            page = await asked(call, self._timeout_s)
            channels = [one for one in page.get("channels") or () if one.get("name")]
            for one in sorted(channels, key=lambda channel: not channel.get("is_archived")):
                if not (one.get("is_archived") and one["name"] in found):
                    found[str(one["name"])] = str(one["id"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return found


def _moment(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None
