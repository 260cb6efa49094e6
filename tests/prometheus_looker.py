"""The looks of one gate at a Prometheus, as the performer asks for them and the rules judge them: for tests of every kind of
server, real or not. It keeps the gate between two looks, as a deployment does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import factories

from bot.adapters.entrance import Trust
from bot.performing.over_prometheus import OverPrometheus
from bot.performing.ports import TRACKS, Track, Wanted
from bot.performing.work import Work
from bot.secrets import Secrets
from core import gates
from core.effects import Measure
from core.inputs import Reading
from core.plan.runbook import Runbook, read_runbook
from core.start import new_deployment
from core.state import Sample
from storage.clock import Clock, real_time
from storage.outbox import Claim

ION: Final[dict[str, Any]] = {
    "errors": {
        "title": "Errors",
        "source": "prom",
        "ratio": {
            "bad": 'http_requests_total{track="$track",code=~"5.."}',
            "total": 'http_requests_total{track="$track"}',
        },
        "unit": "%",
    },
    "available": {
        "title": "Availability",
        "source": "prom",
        "ratio": {
            "good": 'http_requests_total{track="$track",code!~"5.."}',
            "total": 'http_requests_total{track="$track"}',
        },
        "unit": "%",
    },
    "p95": {
        "title": "P95",
        "source": "prom",
        "quantile": {"buckets": 'http_request_duration_seconds_bucket{track="$track"}', "q": 0.95},
        "unit": "ms",
    },
    "memory": {
        "title": "Memory",
        "source": "prom",
        "gauge": 'process_memory_percent{track="$track"}',
        "unit": "%",
    },
    "rps": {
        "title": "Requests",
        "source": "prom",
        "rate": 'http_requests_total{track="$track"}',
        "unit": "/s",
    },
}
"""The metrics of the sandbox's service, as Prometheus has them."""


def runbook(metrics: Mapping[str, Any], source: Mapping[str, Any], **parts: Any) -> Runbook:
    """The small plan of the factories with these metrics over a Prometheus; its gate looks at the first of them."""
    plan = factories.parsed(factories.PLAN)
    plan["sources"]["prom"] = {"prometheus": {"url": "${PROM_URL}", "settle": "0s", **source}}
    plan["metrics"] |= metrics
    first = next(iter(metrics))
    unit = metrics[first].get("unit", "")
    limit = {"%": "1%", "ms": "500ms", "/s": "1000/s"}.get(unit, 100)
    plan["gates"]["prom"] = {
        "title": "Gate",
        "every": "1ms",  # shorter than the time between two looks of these tests: each closes a window
        "rules": [{"metric": first, "below": limit}],
        **parts,
    }
    return read_runbook(json.dumps(plan))  # JSON is YAML, and quickly written


class Looker:
    """`look` makes the next look, at the clock's moment. `secrets` are environment variables beside PROM_URL."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        metrics: Mapping[str, Any] = ION,
        *,
        source: Mapping[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
        **gate: Any,
    ) -> None:
        known = Secrets({"PROM_URL": url, **(secrets or {})})
        self.room = OverPrometheus(known, Trust(known, Path("/nowhere")))
        self.clock = clock
        self.names = tuple(metrics)
        book = runbook(metrics, source or {}, **gate)
        now = clock()
        new = new_deployment(id="D1", runbook=book, inputs={"version": "v7"}, t0=now, language="en")
        self.deployment = replace(new, gate=gates.begin("prom", book, now, after=None))

    def work(self, ref: str = "look:1") -> Work:
        """The effect as the performer hands it out."""
        effect = Measure(ref, self.names)
        now = self.clock()
        claim = Claim("E1", "D1", effect, effect.lane, 1, False, now, now, 1)
        return Work(claim, self.deployment, real_time(self.clock()), self.clock)

    def wanted(self) -> list[Wanted]:
        """Every metric for both tracks."""
        plan = self.deployment.runbook.plan
        return [Wanted(name, plan.metrics[name], track) for name in self.names for track in TRACKS]

    async def readings(self) -> dict[tuple[str, str], Reading]:
        """What a look would read now; nothing is kept."""
        return {(one.metric, one.track): one for one in await self.room.read(self.work(), self.wanted())}

    async def past(self, moments: Sequence[datetime]) -> list[dict[tuple[str, str], Reading]]:
        """What looks at these moments would have read."""
        looks = await self.room.history(self.work(), self.wanted(), moments)
        assert looks is not None
        return [{(one.metric, one.track): one for one in look} for look in looks]

    async def look(self, at: datetime | None = None) -> dict[tuple[str, str], Sample]:
        """A look, judged: the samples of its windows."""
        gate = self.deployment.gate
        assert gate is not None
        readings = list((await self.readings()).values())
        judged = gates.judge(self.deployment.runbook, gate, readings, at or self.clock())
        self.deployment = replace(self.deployment, gate=judged.run)
        return {(one.metric, one.track): one for one in judged.run.samples}

    def since_start(self, metric: str, track: Track = "canary") -> tuple[float | None, float | None]:
        """(bad, count) of a metric since the traffic began."""
        gate = self.deployment.gate
        assert gate is not None
        window = gates.since_start(self.deployment.runbook, gate, metric, track)
        return window.bad, window.count


MINUTE: Final = timedelta(minutes=1)
