"""Recorded looks, one JSON object a line, through an engine: one line in, one line out. Pure: it opens and prints nothing.

    {"t": 300, "stage": 1, "metrics": {"errors": {"canary": {"bad": 3, "total": 15}, "control": {"bad": 4, "total": 285}},
     "p95": {"canary": {"buckets": [["0.1", 10], ["0.5", 14], ["+Inf", 15]]}}, "memory": {"canary": {"value": 71.5}}}}

A metric or arm that is missing or null is no data, and so is NaN. "stage_end": true asks for the verdict on which promotion would rest. What is no
look at all is refused with a sentence that says what is wrong and where.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from core.verdict.engine import Engine
from core.verdict.english import say
from core.verdict.looks import Arm, Buckets, Counts, Gauge, Look, Pair, Stage
from core.verdict.settings import Metric
from core.verdict.state import State
from core.verdict.verdicts import Finding, Verdict

SHAPES = {"counts": "bad and total", "latency": "buckets", "gauge": "value"}


class BadLine(ValueError):
    """A line that is no look. Its text is one sentence for people, without the line's number."""


@dataclass(frozen=True)
class Entry:
    """One line: a look, and whether a stage ends with it. `bare`: it brings no metrics, only the question."""

    look: Look
    stage_end: bool = False
    bare: bool = False


def read(line: str, kinds: Mapping[str, str]) -> Entry:
    """One line as an entry; `kinds`: metric -> counts, latency or gauge. Metrics without a kind are passed over. BadLine."""
    try:
        body = json.loads(line)
    except json.JSONDecodeError as broken:
        raise BadLine(f"this is not JSON: {broken.msg} at character {broken.pos + 1}") from None
    if not isinstance(body, dict):
        raise BadLine('a line is an object such as {"t": 300, "stage": 1, "metrics": {...}}')
    t, stage, metrics = body.get("t"), body.get("stage", 1), body.get("metrics")
    if not _is_number(t) or not math.isfinite(t):
        raise BadLine('"t" is missing or no number: the seconds of the look')
    if isinstance(stage, bool) or not isinstance(stage, int) or stage < 0:
        raise BadLine('"stage" is no whole number: stages count from 1')
    if metrics is not None and not isinstance(metrics, dict):
        raise BadLine('"metrics" is no object such as {"errors": {"canary": {...}, "control": {...}}}')
    stage_end = body.get("stage_end", False)
    if not isinstance(stage_end, bool):
        raise BadLine('"stage_end" is true or false')
    readings = {
        name: _pair(name, kinds[name], arms) for name, arms in (metrics or {}).items() if name in kinds
    }
    return Entry(Look(float(t), stage, readings), stage_end, bare=stage_end and not metrics)


def _pair(name: str, kind: str, arms: object) -> Pair:
    if arms is None:
        return Pair()
    if not isinstance(arms, dict):
        raise BadLine(f'{name}: no object such as {{"canary": {{...}}, "control": {{...}}}}')
    return Pair(
        _arm(f"{name}, canary", kind, arms.get("canary")), _arm(f"{name}, control", kind, arms.get("control"))
    )


def _arm(where: str, kind: str, arm: object) -> Arm:
    if arm is None:
        return None
    if not isinstance(arm, dict):
        raise BadLine(f"{where}: no object with {SHAPES[kind]}")
    if kind == "counts":
        return _counts(where, arm)
    if kind == "latency":
        return _buckets(where, arm.get("buckets"))
    value = arm.get("value", math.nan)
    if value is None:
        return None
    if not _is_number(value) or "value" not in arm:
        raise BadLine(f"{where}: a gauge has a value that is a number")
    return Gauge(float(value)) if math.isfinite(value) else None


def _counts(where: str, arm: Mapping[str, object]) -> Counts | None:
    bad, total = arm.get("bad"), arm.get("total")
    if "bad" in arm and "total" in arm and (bad is None or total is None):
        return None
    if not _is_number(bad) or not _is_number(total):
        raise BadLine(f"{where}: counts have bad and total, both numbers")
    found = Counts(float(bad), float(total))
    if math.isnan(found.bad) or math.isnan(found.total):
        return None
    if not found.sound():
        raise BadLine(
            f"{where}: {found.bad:g} bad of {found.total:g} cannot be; bad is 0 or more and total at least bad"
        )
    return found


def _buckets(where: str, given: object) -> Buckets | None:
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in given):
        raise BadLine(
            f'{where}: buckets are pairs of upper edge and count, such as [["0.1", 10], ["+Inf", 15]]'
        )
    try:
        found = Buckets(tuple([(float(edge), float(count)) for edge, count in given]))
    except (TypeError, ValueError):
        raise BadLine(f"{where}: an edge or a count of the buckets is no number") from None
    if not found.buckets or any(math.isnan(count) for _, count in found.buckets):
        return None
    if not found.sound():
        raise BadLine(f"{where}: edges of buckets rise, and their counts are cumulative: they never fall")
    if found.buckets[-1][0] != math.inf:
        raise BadLine(f'{where}: the last bucket\'s edge is "+Inf"; it counts all requests')
    return found


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


class Player:
    """A replay under way: feed it lines in order. It keeps the state between them, and the tally."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.kinds = {one.metric.name: one.metric.kind for one in engine.prepared}
        self.state: State | None = None
        self.tally = Tally()

    def feed(self, line: str) -> tuple[Entry, Verdict]:
        """The verdict of one line. BadLine leaves everything as it was."""
        entry = read(line, self.kinds)
        state = self.state or self._begin(entry.look)
        if entry.stage_end and (entry.bare or (self.state is not None and entry.look.t == state.at)):
            verdict = self.engine.stage_end(state)
        else:
            try:
                state, verdict = self.engine.look(state, entry.look)
            except ValueError as refused:
                raise BadLine(str(refused)) from None
        self.state, self.tally = state, self.tally.with_(verdict)
        return entry, verdict

    def _begin(self, look: Look) -> State:
        """Times that start near 0 count from the canary's first traffic; others began one window before the first look."""
        every = max(one.metric.every for one in self.engine.prepared)
        began = 0.0 if 0.0 <= look.t <= 2.0 * every else look.t - every
        return self.engine.begin(began, Stage(look.stage))


@dataclass(frozen=True)
class Tally:
    """When what would have rolled back, in seconds: the verdict, the rule's streak alone, the evidence alone; and looks in all."""

    looks: int = 0
    verdict: float | None = None
    streak: float | None = None
    evidence: float | None = None
    metrics: tuple[tuple[str, float | None, float | None], ...] = ()
    """(metric, first NO-GO by its streak, first by its evidence)"""

    def with_(self, verdict: Verdict) -> Tally:
        """With one more verdict."""
        known = {name: (streak, evidence) for name, streak, evidence in self.metrics}
        firsts = []
        for one in verdict.findings:
            streak, evidence = known.get(one.name, (None, None))
            firsts.append(
                (
                    one.name,
                    _first(streak, one.by_streak, verdict.t),
                    _first(evidence, one.by_evidence, verdict.t),
                )
            )
        return Tally(
            self.looks + 1, _first(self.verdict, verdict.word, verdict.t), _first(self.streak, verdict.by_streak, verdict.t),
            _first(self.evidence, verdict.by_evidence, verdict.t), tuple(firsts),
        )  # fmt: skip


def _first(before: float | None, word: str, t: float) -> float | None:
    return t if before is None and word == "NO-GO" else before


def play(engine: Engine, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Every line's verdict as JSON values. A bad line is a line with "error", and the replay goes on with the next one."""
    player = Player(engine)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry, verdict = player.feed(line)
        except BadLine as bad:
            yield {"line": number, "error": f"line {number}: {bad}"}
            continue
        yield as_json(verdict, stage_end=entry.stage_end)


def as_json(verdict: Verdict, *, stage_end: bool = False) -> dict[str, Any]:
    """A verdict as JSON values, its reasons in English."""
    body: dict[str, Any] = {
        "t": verdict.t, "stage": verdict.stage, "verdict": verdict.word, "score": verdict.score.value,
        "reasons": [say(reason) for reason in verdict.reasons], "incident": verdict.incident, "calls": verdict.calls,
        "by": {"streak": verdict.by_streak, "evidence": verdict.by_evidence},
        "metrics": {finding.name: metric_json(finding) for finding in verdict.findings},
    }  # fmt: skip
    if stage_end:
        body["stage_end"] = True
    return body


def metric_json(one: Finding) -> dict[str, Any]:
    """The arithmetic of one metric; what is not known is null."""
    if not one.known:
        return {"verdict": one.word, "known": False, "streak_needed": one.streak_needed, "limit": one.limit}
    body: dict[str, Any] = {
        "verdict": one.word, "known": True, "value": one.value, "control": one.control, "limit": one.limit,
        "baseline": one.baseline, "bad": one.bad, "total": one.total, "control_bad": one.control_bad,
        "control_total": one.control_total, "evidence": one.evidence, "needed": one.needed, "absolute": one.absolute,
        "absolute_needed": one.absolute_needed, "excluded": one.excluded, "tolerated": one.tolerated, "streak": one.streak,
        "streak_needed": one.streak_needed, "control_streak": one.control_streak, "trend": one.trend,
        "breach_in": one.breach_in,
    }  # fmt: skip
    if one.eta is not None:
        body["eta"] = {
            "requests": one.eta.requests,
            "minutes": one.eta.minutes,
            "minutes_next": one.eta.minutes_next,
        }
    if one.slope is not None:
        body["growth"] = {"per_hour": one.slope[0], "low": one.slope[1], "high": one.slope[2]}
    if one.shown is not None:
        body["quantile"] = {"canary": one.shown, "control": one.control_shown}
    if one.advisory:
        body["advisory"] = True
    return body


def kinds(metrics: Iterable[Metric]) -> dict[str, str]:
    """Metric -> kind, as `read` wants it."""
    return {metric.name: metric.kind for metric in metrics}
