"""Socket Mode's server side: connections, envelopes to exactly one of them, acknowledgements, disconnects.

Must not know what is in an envelope.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from sandbox.slack.calllog import Delivery
from sandbox.slack.context import Context
from sandbox.slack.records import Json

MOST_CONNECTIONS = 10
# Late acknowledgements are still written down; the oldest unanswered envelopes are forgotten beyond this.
MOST_WAITING = 1_000


@dataclass(frozen=True)
class Ack:
    """How a delivery ended. `error` is "", operation_timeout, dispatch_failed or http_service_error; `ms` real time."""

    ok: bool
    ms: float
    payload: Json | None = None
    error: str = ""


@dataclass(eq=False)
class Connection:
    """One open socket. `draining`: it was told to go, and gets no more envelopes; `half_open`: deaf and mute."""

    number: int
    ws: web.WebSocketResponse
    draining: bool = False
    half_open: bool = False


@dataclass
class _Waiting:
    record: Delivery
    started: float
    future: "asyncio.Future[Json]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class SocketHub:
    """All sockets of the app. Envelopes go round-robin to one of them."""

    def __init__(self, ctx: Context, *, ack_timeout: float, ping_interval: float) -> None:
        self._ctx = ctx
        self._ack_timeout = ack_timeout
        self._ping_interval = ping_interval
        self._connections: list[Connection] = []
        self._waiting: dict[str, _Waiting] = {}
        self._opened = 0
        self._turn = 0
        self._held: tuple[Connection, str] | None = None
        ctx.faults.on_socket = self._on_fault

    @property
    def connections(self) -> list[Connection]:
        """The open connections, oldest first."""
        return [c for c in self._connections if not c.ws.closed]

    async def endpoint(self, request: web.Request) -> web.StreamResponse:
        """One socket, from hello to its end."""
        if not self._ctx.lent.use_ticket(request.query.get("ticket", ""), self._ctx.now):
            return web.Response(status=401, text="invalid ticket")
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        self._opened += 1
        connection = Connection(self._opened, ws)
        if len(self.connections) >= MOST_CONNECTIONS:
            await self._disconnect(connection, "too_many_websockets", close=True)
            return ws
        self._connections.append(connection)
        pinging = asyncio.ensure_future(self._ping(connection))
        try:
            await ws.send_str(json.dumps(self._hello()))
            self._changed()
            await self._listen(connection)
        finally:
            pinging.cancel()
            self._connections.remove(connection)
            self._changed()
        return ws

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "connection_info": {"app_id": self._ctx.app_id},
            "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18_060},
        }

    def _changed(self) -> None:
        self._ctx.stream.publish({"type": "socket", "connections": len(self.connections)})

    async def _ping(self, connection: Connection) -> None:
        while not connection.ws.closed:
            await asyncio.sleep(self._ping_interval)
            if not connection.half_open and not connection.ws.closed:
                try:
                    await connection.ws.ping(b"Ping from sandbox")
                except ConnectionError:
                    return  # the reader of this socket sees the end of it too

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.ws:
            if connection.half_open:
                continue
            if message.type is WSMsgType.PING:
                await connection.ws.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._acknowledged(message.data)

    def _acknowledged(self, text: str) -> None:
        try:
            answer = json.loads(text)
        except ValueError:
            return
        waiting = self._waiting.get(str(answer.get("envelope_id"))) if isinstance(answer, dict) else None
        if waiting is None or waiting.record.ack_ms is not None:
            return
        waiting.record.ack_ms = (time.monotonic() - waiting.started) * 1_000
        waiting.record.late = waiting.future.done()
        if not waiting.future.done():
            payload = answer.get("payload")
            waiting.future.set_result(payload if isinstance(payload, dict) else {})
        self._ctx.log.done()

    def _pick(self) -> Connection | None:
        ready = [c for c in self.connections if not c.draining]
        if not ready:
            return None
        self._turn += 1
        return ready[self._turn % len(ready)]

    async def send(self, kind: str, payload: Json, *, accepts: bool, retry: tuple[int, str] = (0, "")) -> Ack:
        """Sends one envelope and waits for its acknowledgement."""
        envelope_id = f"{self._ctx.workspace.next_number('envelope'):08d}-sandbox"
        connection = self._pick()
        record = self._ctx.log.delivery(
            self._ctx.now,
            kind=kind,
            envelope_id=envelope_id,
            via=f"socket {connection.number}" if connection else "none",
            attempt=retry[0],
            payload=payload,
        )
        if connection is None:
            record.error = "dispatch_failed"
            return Ack(ok=False, ms=0.0, error="dispatch_failed")
        envelope: Json = {
            "envelope_id": envelope_id,
            "payload": payload,
            "type": kind,
            "accepts_response_payload": accepts,
        }
        waiting = self._wait_for(envelope_id, record)
        await self._write(connection, envelope, kind, retry)
        try:
            answer = await asyncio.wait_for(asyncio.shield(waiting.future), timeout=self._ack_timeout)
        except TimeoutError:
            record.error = "operation_timeout"
            waiting.future.cancel()
            return Ack(ok=False, ms=self._ack_timeout * 1_000, error="operation_timeout")
        return Ack(ok=True, ms=record.ack_ms or 0.0, payload=answer if accepts else None)

    def _wait_for(self, envelope_id: str, record: Delivery) -> _Waiting:
        while len(self._waiting) >= MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        waiting = _Waiting(record, time.monotonic())
        self._waiting[envelope_id] = waiting
        return waiting

    async def _write(self, connection: Connection, envelope: Json, kind: str, retry: tuple[int, str]) -> None:
        """Writes an envelope: once, or as often as a fault wants, or behind the next one."""
        copies = self._ctx.faults.take_duplicates()
        held, self._held = self._held, None
        for copy in range(copies):
            extra: Json = {}
            if kind == "events_api" or copy:
                attempt = retry[0] + copy
                extra = {"retry_attempt": attempt, "retry_reason": retry[1] or ("timeout" if attempt else "")}
            text = json.dumps({**envelope, **extra})
            to = connection if copy == 0 else (self._pick() or connection)
            if copy == 0 and held is None and self._ctx.faults.take_reorder():
                self._held = (to, text)
            else:
                await self._put(to, text)
        if held is not None:
            await self._put(*held)

    async def _put(self, connection: Connection, text: str) -> None:
        if connection.half_open:
            return  # written into the void, as with a peer that vanished without closing
        try:
            await connection.ws.send_str(text)
        except ConnectionError:
            return  # the socket ended just now; the person sees the time-out, as on Slack

    def _on_fault(self, kind: str, times: int) -> None:
        for connection in self.connections[:times]:
            if kind == "half_open":
                connection.half_open = True
            else:
                reason = kind.partition(":")[2]
                close = reason in ("link_disabled", "too_many_websockets")
                self._ctx.start(self._disconnect(connection, reason, close=close))

    async def _disconnect(self, connection: Connection, reason: str, *, close: bool) -> None:
        connection.draining = True
        goodbye = {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
        try:
            await connection.ws.send_str(json.dumps(goodbye))
        except ConnectionError:
            return  # it has gone already
        if close:
            await connection.ws.close()

    async def stop(self) -> None:
        """Closes every socket."""
        for connection in self.connections:
            await connection.ws.close(code=1001, message=b"sandbox stops")
