"""The Bolt app, set up for one workspace and one token. It must not know what is listened to."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient


class WorkspaceApp(AsyncApp):
    """Bolt makes a client for every request, because an app of many workspaces sets another token on each. Here there is one
    token, so one client serves all, and a person waits less for the answer."""

    def _init_context(self, req: AsyncBoltRequest) -> None:
        context = req.context
        context["logger"], context["token"], context["client"] = self.logger, self._token, self.client
        context["listener_runner"] = self.listener_runner


def bolt_app(
    client: AsyncWebClient, identity: Mapping[str, str], *, signing_secret: str | None, verified: bool
) -> AsyncApp:
    """Without listeners yet. `client` has the bot's token; `identity` is auth.test's bot_id and user_id, asked once at the start;
    `verified` requests must be signed."""
    loud = logging.getLogger("slack_bolt.AsyncApp")
    loud.disabled = True  # it warns that the environment's token is unused: we give the client ourselves
    app = WorkspaceApp(
        name="captain",  # else it reads the source of everything on the stack, to name itself after the file it is made in
        client=client,
        authorize=_authorize(client.token or "", identity),
        signing_secret=signing_secret,
        request_verification_enabled=verified,
        process_before_response=True,
        # It would set the token of a workflow's function on the client; there are no functions, and the client is everybody's.
        attaching_function_token_enabled=False,
    )
    loud.disabled = False
    return app


def _authorize(token: str, identity: Mapping[str, str]) -> Callable[..., Awaitable[AuthorizeResult]]:
    """Who the bot is. A plain function: Bolt fills in arguments by their names, `self` too."""

    @lru_cache(maxsize=16)  # every request asks for the same, and making one takes as long as asking
    def identified(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_token=token,
            bot_id=identity["bot_id"],
            bot_user_id=identity["user_id"],
        )

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return identified(enterprise_id, team_id)

    return authorize
