"""The service "ion-api" over HTTP: health, the canary's configuration and rollback, metrics, and its faults.

It puts the parts of this folder together and hands them plan time. It must not know who asks, nor read a clock.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import web

from sandbox.service.config import CanaryConfig, Change, ConfigDesk, ConfigRefused, KeyReused, read_wish
from sandbox.service.exposition import Readings, metrics_json, metrics_text
from sandbox.service.faults import TRACKS, FaultBoard, FaultRefused, Track
from sandbox.service.traffic import Traffic

CONFIG_PATH: Final = "/api/v2/canary/config"
ROLLBACK_PATH: Final = "/api/v2/canary/rollback"
_REQUESTS_KEPT: Final = 100_000
_NO_ROLL_FORWARD: Final = (
    "The deployment system refuses changes of the canary at the moment; nothing was changed."
)
_NO_ROLLBACK: Final = "The rollback failed; nothing was changed."
_NO_METRICS: Final = "The metrics cannot be read at the moment; ask again later."
_ALL_DOWN: Final = "The service is down: none of its pods answers."

Handler = Callable[[web.Request, bytes], web.Response]


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in. `body`: the JSON value, the text if it was no JSON, or None if there was none."""

    method: str
    path: str
    body: object
    at: datetime  # plan time
    idempotency_key: str | None


class CanaryService:
    """A small service with a stable and a canary track.

    `plan_time` gives the moment in plan time (aware); the counters begin at the moment of construction. `per_5min`:
    requests of both tracks in 5 plan minutes, 12 to 120000. `error_rate`: share of requests that fail when healthy.
    `slowness`: how many times the usual time (P95 290 ms) a healthy answer takes, 0.05 to 20.
    Raises ValueError for values out of these bounds.
    """

    def __init__(
        self,
        *,
        seed: int = 7,
        plan_time: Callable[[], datetime],
        per_5min: float = 240,
        error_rate: float = 0.0005,
        version: str = "v2.0.9",
        canary_version: str = "v2.1.0",
        slowness: float = 1.0,
    ) -> None:
        self._plan_time = plan_time
        self._begin = plan_time()
        self._version = version
        self._traffic = Traffic(seed, self._begin, per_5min, error_rate, slowness)
        self._desk = ConfigDesk(canary_version)
        self.faults = FaultBoard(self._switched)
        self.requests: list[Received] = []
        self._runner: web.AppRunner | None = None
        self._url: str | None = None
        self._switched()

    @property
    def routes(self) -> list[web.RouteDef]:
        """Everything the service answers, to be mounted in another application."""
        return [
            web.get("/health", self._door(self._health)),
            web.get("/health/detailed", self._door(self._health_detailed)),
            web.get("/metrics", self._door(self._metrics_text)),
            web.get(CONFIG_PATH, self._door(self._config)),
            web.post(CONFIG_PATH, self._door(self._configure)),
            web.post(ROLLBACK_PATH, self._door(self._roll_back)),
            web.get("/api/v2/canary/metrics", self._door(self._metrics)),
            web.get("/api/v2/phase4/health", self._door(self._canary_health)),
            web.get("/sandbox/faults", self._door(self._faults, always=True)),
            web.post("/sandbox/faults", self._door(self._order_faults, always=True)),
        ]

    @property
    def url(self) -> str:
        """Where it listens, such as http://127.0.0.1:1234; RuntimeError before `start`."""
        if self._url is None:
            raise RuntimeError("the service is not started, so it has no address")
        return self._url

    @property
    def config(self) -> CanaryConfig:
        """The configuration in force."""
        return self._desk.config

    @property
    def changes(self) -> list[Change]:
        """Every change of the configuration that was really made, oldest first."""
        return self._desk.changes

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one. Raises OSError when the port is taken, RuntimeError when started already."""
        if self._runner is not None:
            raise RuntimeError("the service is started already")
        app = web.Application(client_max_size=64 * 1024)
        app.add_routes(self.routes)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self._url = f"http://{host}:{runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop listening; a second call does nothing."""
        runner, self._runner, self._url = self._runner, None, None
        if runner is not None:
            await runner.cleanup()

    def readings(self) -> Readings:
        """The counters and gauges at this moment, without the tracks whose data are missing."""
        return self._readings(self._plan_time())

    def _readings(self, at: datetime) -> Readings:
        return {
            track: one for track, one in self._traffic.read(at).items() if not self.faults.of(track).no_data
        }

    def _switched(self) -> None:
        faults = {track: self.faults.of(track) for track in TRACKS}
        self._traffic.switch(self._plan_time(), self._desk.config.weight / 100, faults)

    # ------------------------------------------------------------------------------------------ the door

    def _door(
        self, handler: Handler, *, always: bool = False
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Note each request, and answer 503 while everything is down, unless the handler is `always` there."""

        async def answer(request: web.Request) -> web.Response:
            body = await request.read()
            self._note(request, body)
            if self.faults.all_down and not always:
                return _refusal(503, _ALL_DOWN)
            try:
                return handler(request, body)
            except (ConfigRefused, FaultRefused) as problem:
                return _refusal(400, str(problem))
            except KeyReused as problem:
                return _refusal(409, str(problem))

        return answer

    def _note(self, request: web.Request, body: bytes) -> None:
        if len(self.requests) >= _REQUESTS_KEPT:
            del self.requests[: _REQUESTS_KEPT // 10]
        key = request.headers.get("Idempotency-Key")
        self.requests.append(Received(request.method, request.path, _shown(body), self._plan_time(), key))

    # ------------------------------------------------------------------------------------------ health

    def _health(self, _request: web.Request, _body: bytes) -> web.Response:
        return _verdict(healthy=not self.faults.of("control").down, more={"version": self._version})

    def _health_detailed(self, _request: web.Request, _body: bytes) -> web.Response:
        service = self.faults.service
        components: dict[str, dict[str, object]] = {
            "database": {"status": _word(not service.database_down)},
            "cache": {"status": _word(not service.cache_down)},
            "canary_pods": self._pods("canary"),
            "stable_pods": self._pods("control"),
        }
        healthy = all(one["status"] == "healthy" for one in components.values())
        return _verdict(healthy=healthy, more={"version": self._version, "components": components})

    def _canary_health(self, _request: web.Request, _body: bytes) -> web.Response:
        pods = self._pods("canary")
        more = {"canary": self._desk.config.to_json(), "pods": pods}
        return _verdict(healthy=pods["status"] == "healthy", more=more)

    def _pods(self, track: Track) -> dict[str, object]:
        one = self._traffic.read(self._plan_time())[track]
        healthy = one.pods_ready == one.pods_wanted
        return {"status": _word(healthy), "ready": one.pods_ready, "wanted": one.pods_wanted}

    # ------------------------------------------------------------------------------------------ configuration

    def _config(self, _request: web.Request, _body: bytes) -> web.Response:
        return web.json_response(self._desk.config.to_json())

    def _configure(self, request: web.Request, body: bytes) -> web.Response:
        return self._change(request, body, read_wish(body), refused=self._refused_change())

    def _roll_back(self, request: web.Request, body: bytes) -> web.Response:
        refused = _NO_ROLLBACK if self.faults.service.rollback_fails else None
        return self._change(request, body, (False, 0), refused=refused)

    def _refused_change(self) -> str | None:
        return _NO_ROLL_FORWARD if self.faults.service.deploy_fails else None

    def _change(
        self, request: web.Request, body: bytes, wish: tuple[bool, int], refused: str | None
    ) -> web.Response:
        key = request.headers.get("Idempotency-Key")
        before = self._desk.answered(key, request.path, body)
        if before is not None:
            return web.json_response(before.to_json(), headers={"Idempotent-Replay": "true"})
        if refused is not None:
            return _refusal(503, refused)
        config = self._desk.change(self._plan_time(), request.path, body, key, wish)
        self._switched()
        return web.json_response(config.to_json())

    # ------------------------------------------------------------------------------------------ metrics and faults

    def _metrics(self, _request: web.Request, _body: bytes) -> web.Response:
        if self.faults.service.metrics_down:
            return _refusal(503, _NO_METRICS)
        now = self._plan_time()
        return web.json_response(metrics_json(self._readings(now), self._desk.config, self._begin, now))

    def _metrics_text(self, _request: web.Request, _body: bytes) -> web.Response:
        if self.faults.service.metrics_down:
            return _refusal(503, _NO_METRICS)
        text = metrics_text(self.readings(), self._desk.config, self._version)
        headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=text.encode(), headers=headers)

    def _faults(self, _request: web.Request, _body: bytes) -> web.Response:
        return web.json_response(self.faults.to_json())

    def _order_faults(self, request: web.Request, body: bytes) -> web.Response:
        if (
            request.content_type != "application/json"
        ):  # so that a foreign web page cannot order faults by a form
            return _refusal(415, "Send the fault as JSON, with the header Content-Type: application/json.")
        wish = _shown(body)
        if not isinstance(wish, dict):
            raise FaultRefused('The body must be a JSON object, such as {"track": "canary", "errors": 0.1}.')
        self.faults.order(wish)
        return web.json_response(self.faults.to_json())


def _shown(body: bytes) -> object:
    if not body:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


def _word(healthy: bool) -> str:
    return "healthy" if healthy else "unhealthy"


def _verdict(*, healthy: bool, more: Mapping[str, object]) -> web.Response:
    return web.json_response({"status": _word(healthy), **more}, status=200 if healthy else 503)


def _refusal(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
