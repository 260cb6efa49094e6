"""The one button of a call: I am on it. It must not know the other features."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from commands.asker import Body
from commands.buttons import Value, Verb
from commands.clicks import Clicks
from core.errors import Refused
from core.inputs import Acknowledged, Input
from core.state import Deployment


class Escalation:
    """Takes the acknowledgement from any copy of a call: channel, direct message, Home."""

    def __init__(self, clicks: Clicks) -> None:
        self._clicks = clicks

    def listen(self, app: AsyncApp) -> None:
        """Takes the click."""
        app.action(Verb.PAGE_ACK.value)(self.acknowledged)

    async def acknowledged(
        self, ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        """One click stops the climbing."""
        click = await self._clicks.read(ack, body, client, respond)
        if click is not None:
            await self._clicks.record(click, _acknowledged)
            await ack()


def _acknowledged(user: str, value: Value, deployment: Deployment) -> Input:
    if not value.i.isdigit():
        raise Refused("no-such-page", page=value.i)
    return Acknowledged(user, int(value.i))
