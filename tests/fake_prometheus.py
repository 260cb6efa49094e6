"""A small Prometheus that speaks the real API over HTTP and holds the samples a test gives it. It understands the few shapes
of queries that the bot makes by itself, and can be slow, broken, strange or of two minds.

What the real one answers is held against it by the tests in tests/services, which ask both the same.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from aiohttp import web

from core.plan.selectors import Selector, plain

LOOKBACK_S: Final = 300.0
_RANGE = re.compile(r"(.*)\[([0-9]+)(ms|s|m|h|d)\]$", re.DOTALL)
_CALL = re.compile(r"(sum|group|last_over_time|timestamp|count)(?: by \((\w+)\))? ?\((.*)\)$", re.DOTALL)
_DOWN = re.compile(
    r"(up\{.*?\}) == 0(?: and on \(job, instance\) group by \(job, instance\) \((.*)\))?$", re.DOTALL
)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}

Labels = tuple[tuple[str, str], ...]
Vector = dict[Labels, float]


class BadQuery(Exception):
    """A query the stand-in does not understand: the real one would say where it is wrong."""


class FakePrometheus:
    """`put` gives it samples; `trouble` is called for every request and may answer instead."""

    def __init__(self) -> None:
        self.samples: dict[Labels, list[tuple[float, float]]] = {}
        self.gone: dict[Labels, float] = {}
        self.described: set[str] = set()
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.warnings: list[str] = []
        self.canned: dict[str, Any] = {}
        self.groups: list[dict[str, Any]] = []
        self.alerts: list[dict[str, Any]] = []
        self.targets: list[dict[str, Any]] = []
        self.trouble: Callable[[web.Request], Any] | None = None
        self.hanging = asyncio.Event()
        self.url = ""
        self.now = 0.0  # its own present, for questions that name no moment

    # ------------------------------------------------------------------------------------------------------ its data

    def put(self, metric: str, at: float, value: float, **labels: str) -> None:
        """One sample."""
        key = tuple(sorted({"__name__": metric, **labels}.items()))
        self.samples.setdefault(key, []).append((at, value))
        self.gone.pop(key, None)

    def end(self, metric: str, at: float, **labels: str) -> None:
        """The series is no longer there: a scrape has not found it."""
        self.gone[tuple(sorted({"__name__": metric, **labels}.items()))] = at

    def queries(self) -> list[str]:
        """Every query it was asked."""
        return [params["query"] for _, params, _ in self.asked if "query" in params]

    def _chosen(self, selector: Selector) -> list[Labels]:
        def fits(labels: Labels) -> bool:
            have = dict(labels)
            if selector.metric and have.get("__name__") != selector.metric:
                return False
            for one in selector.matchers:
                value = have.get(one.label, "")
                found = bool(re.fullmatch(one.value, value)) if "~" in one.match else value == one.value
                if found == one.match.startswith("!"):
                    return False
            return True

        return [labels for labels in self.samples if fits(labels)]

    def matrix(self, selector: Selector, at: float, span: float) -> dict[Labels, list[tuple[float, float]]]:
        """Raw samples of a range."""
        found = {
            labels: [point for point in self.samples[labels] if at - span <= point[0] <= at]
            for labels in self._chosen(selector)
        }
        return {labels: points for labels, points in found.items() if points}

    def vector(self, query: str, at: float) -> Vector:
        """An instant vector."""
        query = query.strip()
        if query in self.canned:
            return dict(self.canned[query])
        selector = plain(query) if not _RANGE.match(query) else None
        if selector is not None:
            return self._instant(selector, at)
        down = _DOWN.fullmatch(query)
        if down is not None:
            return self._down(down, at)
        call = _CALL.fullmatch(query)
        if call is None:
            raise BadQuery(query)
        return self._called(call[1], call[2] or "", call[3], at)

    def _instant(self, selector: Selector, at: float) -> Vector:
        found: Vector = {}
        for labels in self._chosen(selector):
            points = [point for point in self.samples[labels] if at - LOOKBACK_S <= point[0] <= at]
            if points and not points[-1][0] < self.gone.get(labels, -math.inf) <= at:
                found[labels] = points[-1][1]
        return found

    def _down(self, query: re.Match[str], at: float) -> Vector:
        away = {labels: value for labels, value in self.vector(query[1], at).items() if value == 0}
        if query[2] is None:
            return away
        known = {_target(labels) for labels in self._called("last_over_time", "", query[2][15:-1], at)}
        return {labels: value for labels, value in away.items() if _target(labels) in known}

    def _called(self, function: str, by: str, inner: str, at: float) -> Vector:
        if function == "last_over_time":
            ranged = _RANGE.fullmatch(inner)
            selector = plain(ranged[1]) if ranged is not None else None
            if ranged is None or selector is None:
                raise BadQuery(inner)
            span = int(ranged[2]) * _SECONDS[ranged[3]]
            return {labels: points[-1][1] for labels, points in self.matrix(selector, at, span).items()}
        values = self.vector(inner, at)
        if function == "timestamp":
            return {_nameless(labels): self._last(labels, at) for labels in values}
        sums: Vector = {}
        for labels, value in values.items():
            key = tuple(pair for pair in labels if pair[0] == by)
            sums[key] = sums.get(key, 0.0) + (value if function == "sum" else 1.0)
        return dict.fromkeys(sums, 1.0) if function == "group" else sums

    def _last(self, labels: Labels, at: float) -> float:
        return max(point[0] for point in self.samples[labels] if point[0] <= at)

    # ------------------------------------------------------------------------------------------------------ its API

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any request."""
        params = {**request.query}
        self.asked.append((request.path, params, {**request.headers}))
        if self.trouble is not None:
            answer = self.trouble(request)
            if asyncio.iscoroutine(answer):
                answer = await answer
            if answer is not None:
                assert isinstance(answer, web.StreamResponse)
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
        return web.json_response({"status": "success", "data": data, **warned})

    def _data(self, path: str, params: Mapping[str, str]) -> Any:
        match path:
            case "/api/v1/query":
                return self._query(params["query"], float(params.get("time", self.now)))
            case "/api/v1/query_range":
                return self._range(params)
            case "/api/v1/label/__name__/values":
                return sorted({dict(labels)["__name__"] for labels in self.samples})
            case "/api/v1/labels":
                selector = plain(params["match[]"])
                assert selector is not None
                return sorted({name for labels in self._chosen(selector) for name, _ in labels})
            case "/api/v1/metadata":
                known = params["metric"] in self.described
                return {params["metric"]: [{"type": "counter", "help": "", "unit": ""}]} if known else {}
            case "/api/v1/rules":
                return {"groups": self.groups}
            case "/api/v1/alerts":
                return {"alerts": self.alerts}
            case "/api/v1/targets":
                return {"activeTargets": self.targets, "droppedTargets": []}
            case _:
                return None

    def _query(self, query: str, at: float) -> Any:
        ranged = _RANGE.fullmatch(query.strip())
        selector = plain(ranged[1]) if ranged is not None else None
        if ranged is not None and selector is not None:
            span = int(ranged[2]) * _SECONDS[ranged[3]]
            return {
                "resultType": "matrix",
                "result": [
                    {"metric": dict(labels), "values": [[point[0], _said(point[1])] for point in points]}
                    for labels, points in self.matrix(selector, at, span).items()
                ],
            }
        if query.strip().isdigit():
            return {"resultType": "scalar", "result": [at, query.strip()]}
        found = self.vector(query, at)
        return {
            "resultType": "vector",
            "result": [
                {"metric": dict(labels), "value": [at, _said(value)]} for labels, value in found.items()
            ],
        }

    def _range(self, params: Mapping[str, str]) -> Any:
        at, end, step = float(params["start"]), float(params["end"]), float(params["step"])
        found: dict[Labels, list[list[Any]]] = {}
        while at <= end + 1e-6:
            for labels, value in self.vector(params["query"], at).items():
                found.setdefault(labels, []).append([round(at, 3), _said(value)])
            at += step
        return {
            "resultType": "matrix",
            "result": [{"metric": dict(key), "values": rows} for key, rows in found.items()],
        }


def _target(labels: Labels) -> tuple[str, str]:
    return dict(labels).get("job", ""), dict(labels).get("instance", "")


def _nameless(labels: Labels) -> Labels:
    return tuple(pair for pair in labels if pair[0] != "__name__")


def _said(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return ("+Inf" if value > 0 else "-Inf") if math.isinf(value) else f"{value:.17g}"


@asynccontextmanager
async def fake_prometheus() -> AsyncIterator[FakePrometheus]:
    """One that listens."""
    fake = FakePrometheus()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield fake
    finally:
        fake.hanging.set()
        await runner.cleanup()
