"""Getting a payload to the app: over HTTP when it has a request URL, else over Socket Mode; events with retries.

Must not know what a payload means, nor what its acknowledgement says.
"""

import asyncio
from collections.abc import Sequence

from sandbox.slack.context import Context
from sandbox.slack.httpmode import HttpDelivery
from sandbox.slack.payloads import event_callback
from sandbox.slack.records import Json
from sandbox.slack.socketmode import Ack, SocketHub

# What the app must be allowed to read before Slack tells it about an event.
EVENT_SCOPES = {
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "app_mention": "app_mentions:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "channel_archive": "channels:read",
    "channel_unarchive": "channels:read",
    "channel_rename": "channels:read",
    "channel_left": "channels:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "pin_added": "pins:read",
    "pin_removed": "pins:read",
}
_REASONS = {
    "operation_timeout": "timeout",
    "dispatch_failed": "connection_failed",
    "http_service_error": "http_error",
}


class Deliverer:
    """Sends commands, interactions and events; counts what is under way."""

    def __init__(
        self, ctx: Context, hub: SocketHub, http: HttpDelivery, *, retry_delays: Sequence[float]
    ) -> None:
        self._ctx = ctx
        self._hub = hub
        self._http = http
        self._retry_delays = tuple(retry_delays)
        self.in_flight = 0
        ctx.emit = self._emit

    async def send(
        self, kind: str, payload: Json, *, accepts: bool = False, retry: tuple[int, str] = (0, "")
    ) -> Ack:
        """Delivers once: `kind` is slash_commands, interactive or events_api."""
        self.in_flight += 1
        try:
            if self._http.url:
                return await self._http.send(kind, payload, accepts=accepts, retry=retry)
            return await self._hub.send(kind, payload, accepts=accepts, retry=retry)
        finally:
            self.in_flight -= 1
            self._ctx.stream.touch()

    def _emit(self, name: str, event: Json) -> None:
        """Sends an event in the background, if the app is subscribed to it and may read it."""
        needed = EVENT_SCOPES.get(name)
        if name not in self._ctx.app.events or (needed and needed not in self._ctx.app.scopes):
            return
        self.in_flight += 1
        self._ctx.start(self._deliver_event(event_callback(self._ctx, event)))

    async def _deliver_event(self, payload: Json) -> None:
        """Delivers an event; when it is not acknowledged, again at once, after a minute and after five."""
        self.in_flight -= 1
        ack = await self.send("events_api", payload)
        for attempt, delay in enumerate(self._retry_delays, start=1):
            if ack.ok:
                return
            await asyncio.sleep(delay)
            ack = await self.send("events_api", payload, retry=(attempt, _REASONS[ack.error]))
