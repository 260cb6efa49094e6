"""A small Prometheus that speaks the real API over HTTP, over samples that a test gives it or over curves that a world has. It
understands a part of PromQL (`sandbox.prometheus.promql`), and can be slow, broken, strange or of two minds.

What the real one answers is held against it by the tests in tests/services, which ask both the same. It must not know what
its series mean.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

from aiohttp import web

from sandbox.prometheus.evaluating import BadQuery, Data, Labels, Matcher, Matrix, Selector, Value, Vector
from sandbox.prometheus.promql import parse

LOOKBACK_S: Final = 300.0


class Samples:
    """What was put into it."""

    def __init__(self) -> None:
        self.series: dict[Labels, list[tuple[float, float]]] = {}
        self.gone: dict[Labels, float] = {}

    def names(self) -> list[Labels]:
        """Every series it has."""
        return list(self.series)

    def instant(self, selector: Selector, at: float) -> Vector:
        """The newest sample of each series, unless it is stale or gone."""
        found: Vector = {}
        for labels in filter(selector.fits, self.series):
            points = [point for point in self.series[labels] if at - LOOKBACK_S <= point[0] <= at]
            if points and not points[-1][0] < self.gone.get(labels, -math.inf) <= at:
                found[labels] = points[-1][1]
        return found

    def window(self, selector: Selector, at: float) -> Matrix:
        """Raw samples of a range."""
        since = at - (selector.span_s or 0.0)
        found = {
            labels: [point for point in self.series[labels] if since <= point[0] <= at]
            for labels in filter(selector.fits, self.series)
        }
        return {labels: points for labels, points in found.items() if points}

    def stretch(self, selector: Selector, at: float) -> Matrix:
        """Functions work on the raw samples."""
        return self.window(selector, at)

    def sampled_at(self, labels: Labels, at: float) -> float:
        """When the newest sample was taken."""
        return max(point[0] for point in self.series[labels] if point[0] <= at)


class Source(Data, Protocol):
    """Samples, and the names of their series."""

    def names(self) -> list[Labels]:
        """Every series there is."""
        ...


class PrometheusStandIn:
    """`put` gives it samples, unless it has a `source` of its own; `trouble` is called for every request and may answer instead."""

    def __init__(self, source: Source | None = None) -> None:
        self._own = Samples()
        self._source: Source = source if source is not None else self._own
        self.described: set[str] = set()
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.warnings: list[str] = []
        self.partial = False  # as VictoriaMetrics says it
        self.canned: dict[str, Any] = {}
        self.groups: list[dict[str, Any]] = []
        self.alerts: list[dict[str, Any]] = []
        self.targets: list[dict[str, Any]] = []
        self.trouble: Callable[[web.Request], Any] | None = None
        self.hanging = asyncio.Event()
        self.url = ""
        self.now: float | Callable[[], float] = 0.0  # its own present, for questions that name no moment
        self._runner: web.AppRunner | None = None

    # ------------------------------------------------------------------------------------------------------ its data

    @property
    def samples(self) -> dict[Labels, list[tuple[float, float]]]:
        """What was put into it."""
        return self._own.series

    def put(self, metric: str, at: float, value: float, **labels: str) -> None:
        """One sample."""
        key = tuple(sorted({"__name__": metric, **labels}.items()))
        self._own.series.setdefault(key, []).append((at, value))
        self._own.gone.pop(key, None)

    def end(self, metric: str, at: float, **labels: str) -> None:
        """The series is no longer there: a scrape has not found it."""
        self._own.gone[tuple(sorted({"__name__": metric, **labels}.items()))] = at

    def queries(self) -> list[str]:
        """Every query it was asked."""
        return [params["query"] for _, params, _ in self.asked if "query" in params]

    def value(self, query: str, at: float) -> Value:
        """What a query gives at a moment."""
        if query.strip() in self.canned:
            return dict(self.canned[query.strip()])
        asked = parse(query)
        if isinstance(asked, Selector):
            raise BadQuery("expected an instant vector, got a range vector")
        return asked(self._source, at)

    # ------------------------------------------------------------------------------------------------------ its API

    async def start(self, port: int = 0) -> None:
        """Listens on this machine."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Listens no longer; a second call does nothing."""
        self.hanging.set()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any request."""
        params = {**request.query}
        self.asked.append((request.path, params, {**request.headers}))
        if self.trouble is not None:
            answer = self.trouble(request)
            if asyncio.iscoroutine(answer):
                answer = await answer
            if answer is not None:
                assert isinstance(answer, web.StreamResponse)  # noqa: S101  # what trouble is there for
                return answer
        try:
            data = self._data(request.path, params)
        except BadQuery as wrong:
            body = {
                "status": "error",
                "errorType": "bad_data",
                "error": f'invalid parameter "query": {wrong}',
            }
            return web.json_response(body, status=400)
        if data is None:
            return web.Response(status=404, text="404 page not found")
        warned = {"warnings": self.warnings} if self.warnings else {}
        half = {"isPartial": True} if self.partial else {}
        return web.json_response({"status": "success", **half, "data": data, **warned})

    def _data(self, path: str, params: Mapping[str, str]) -> Any:  # one line a question
        match path:
            case "/api/v1/query":
                present = self.now() if callable(self.now) else self.now
                return self._query(params["query"], float(params.get("time", present)))
            case "/api/v1/query_range":
                return self._range(params)
            case "/api/v1/label/__name__/values":
                return sorted({dict(labels)["__name__"] for labels in self._source.names()})
            case "/api/v1/labels":
                return self._labels(params["match[]"])
            case "/api/v1/metadata":
                known = params["metric"] in self.described
                return {params["metric"]: [{"type": "counter", "help": "", "unit": ""}]} if known else {}
            case "/api/v1/rules":
                return {"groups": self.groups}
            case "/api/v1/alerts":
                return {"alerts": self.alerts}
            case "/api/v1/targets":
                return {"activeTargets": self.targets, "droppedTargets": []}
            case "/api/v1/status/buildinfo":
                return {"version": "0.0.0-stand-in"}
            case _:
                return None

    def _labels(self, match: str) -> list[str]:
        selector = Selector((Matcher("__name__", "=", match.partition("{")[0]),))
        return sorted({name for labels in filter(selector.fits, self._source.names()) for name, _ in labels})

    def _query(self, query: str, at: float) -> Any:
        asked = parse(query) if query.strip() not in self.canned else None
        if isinstance(asked, Selector):
            found = self._source.window(asked, at)
            return {
                "resultType": "matrix",
                "result": [
                    {"metric": dict(labels), "values": [[point[0], _said(point[1])] for point in points]}
                    for labels, points in found.items()
                ],
            }
        value = self.value(query, at)
        if not isinstance(value, dict):
            return {"resultType": "scalar", "result": [at, _said(value)]}
        return {
            "resultType": "vector",
            "result": [{"metric": dict(labels), "value": [at, _said(one)]} for labels, one in value.items()],
        }

    def _range(self, params: Mapping[str, str]) -> Any:
        at, end, step = float(params["start"]), float(params["end"]), float(params["step"])
        found: dict[Labels, list[list[Any]]] = {}
        while at <= end + 1e-6:
            value = self.value(params["query"], at)
            for labels, one in (value if isinstance(value, dict) else {(): value}).items():
                found.setdefault(labels, []).append([round(at, 3), _said(one)])
            at += step
        return {
            "resultType": "matrix",
            "result": [{"metric": dict(key), "values": rows} for key, rows in found.items()],
        }


def _said(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return ("+Inf" if value > 0 else "-Inf") if math.isinf(value) else f"{value:.17g}"


@asynccontextmanager
async def prometheus_stand_in() -> AsyncIterator[PrometheusStandIn]:
    """One that listens."""
    one = PrometheusStandIn()
    await one.start()
    try:
        yield one
    finally:
        await one.stop()
