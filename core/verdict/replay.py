"""Recorded looks, one JSON object a line, and verdicts as JSON values. Pure: it opens and prints nothing.

    {"t": 300, "stage": 1, "metrics": {"errors": {"canary": {"bad": 3, "total": 15}, "control": {"bad": 4, "total": 285}},
     "p95": {"canary": {"buckets": [["0.1", 10], ["0.5", 14], ["+Inf", 15]]}}, "memory": {"canary": {"value": 71.5}}}}

A metric or arm that is missing or null is no data, and so is NaN. "stage_end": true asks for the verdict on which promotion would rest. What is no
look at all is refused with a sentence that says what is wrong and where.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeGuard

from core.verdict.english import say
from core.verdict.looks import Arm, Buckets, Checked, Counts, Gauge, Look, Pair, made
from core.verdict.verdicts import Finding, Verdict

FARTHEST = 1e11
"""Seconds: three thousand years; a time beyond is milliseconds, or a slip."""
MOST_STAGES = 1_000
LARGEST = 10**300


class BadLine(ValueError):
    """A line that is no look. Its text is one sentence for people, without the line's number."""


class Entry(NamedTuple):
    """One line: a look by the metrics that are wanted, and whether a stage ends with it. `bare`: it brings no metrics, only the
    question. `others`: the names of the metrics that are not wanted."""

    look: Look
    stage_end: bool = False
    bare: bool = False
    others: tuple[str, ...] = ()


def loads(line: str | bytes) -> Any:
    """JSON by the standard library; another reader may stand in its place."""
    return json.loads(line)


def body(line: str | bytes, loads: Callable[[str | bytes], Any] = loads) -> Mapping[str, Any]:
    """The line's object. BadLine."""
    try:
        found = loads(line)
    except json.JSONDecodeError as broken:
        raise BadLine(f"this is not JSON: {broken.msg} at character {broken.pos + 1}") from None
    except (ValueError, RecursionError) as broken:
        reason = str(broken).splitlines()[0][:120].replace(" at line 1 column ", " at character ")
        raise BadLine(f"this is not JSON: {reason}") from None
    if not isinstance(found, dict):
        raise BadLine('a line is an object such as {"t": 300, "stage": 1, "metrics": {...}}')
    return found


def read(line: str | bytes, kinds: Mapping[str, str]) -> Entry:
    """One line as an entry; `kinds`: metric -> counts, latency or gauge. BadLine."""
    return entry(body(line), kinds)


def entry(body: Mapping[str, Any], kinds: Mapping[str, str]) -> Entry:
    """A line's object as an entry. BadLine."""
    get = body.get
    t, stage, metrics, stage_end = get("t"), get("stage", 1), get("metrics"), get("stage_end", False)
    if not _is_number(t) or t != t:
        raise BadLine('"t" is missing or no number: the seconds of the look')
    if not -FARTHEST < t < FARTHEST:
        raise BadLine(f'"t" is {t:.3g}, which is no time in seconds: milliseconds are divided by 1,000')
    if type(stage) is not int or not 0 <= stage <= MOST_STAGES:
        raise BadLine('"stage" is no whole number: stages count from 1')
    if metrics is not None and not isinstance(metrics, dict):
        raise BadLine('"metrics" is no object such as {"errors": {"canary": {...}, "control": {...}}}')
    if not isinstance(stage_end, bool):
        raise BadLine('"stage_end" is true or false')
    if metrics is None and not stage_end and "metrics" not in body:
        _refuse_another_name(body)
    readings, others = _readings(metrics or {}, kinds)
    look = made(Look, (float(t), stage, readings))
    return made(Entry, (look, stage_end, stage_end and not metrics, others))


def _refuse_another_name(body: Mapping[str, Any]) -> None:
    """A look may have no data; one whose data stand under another name would read as that for ever."""
    other = next((name for name in body if name not in {"t", "stage", "stage_end"}), None)
    if other is not None:
        raise BadLine(
            f'there is no "metrics", but "{other[:40]}": the figures of a look stand under "metrics"'
        )


def _readings(
    metrics: Mapping[str, object], kinds: Mapping[str, str]
) -> tuple[dict[str, Pair], tuple[str, ...]]:
    """(what every metric that is wanted shows, the names of the others). P50, P95 and P99 are mostly asked of the same histogram."""
    readings: dict[str, Pair] = {}
    others: list[str] = []
    shown: list[tuple[object, Pair]] = []
    for name, arms in metrics.items():
        kind = kinds.get(name)
        if kind is None:
            others.append(name)
        elif kind != "latency":
            readings[name] = _pair(name, kind, arms)
        else:
            pair = _of_same(arms, shown)
            if pair is None:
                pair = _pair(name, kind, arms)
                shown.append((arms, pair))
            readings[name] = pair
    return readings, tuple(others)


def _of_same(arms: object, shown: Sequence[tuple[object, Pair]]) -> Pair | None:
    for same, pair in shown:
        if same == arms:
            return pair
    return None


def _pair(name: str, kind: str, arms: object) -> Pair:
    if arms is None:
        return Pair()
    if not isinstance(arms, dict):
        raise BadLine(f'{name}: no object such as {{"canary": {{...}}, "control": {{...}}}}')
    canary, control, read = arms.get("canary"), arms.get("control"), _READ[kind]
    shown = None if canary is None else read(name, "canary", canary)
    return made(Pair, (shown, None if control is None else read(name, "control", control)))


def _gauge(name: str, track: str, arm: object) -> Gauge | None:
    if not isinstance(arm, dict):
        raise BadLine(f"{name}, {track}: no object with value")
    value = arm.get("value", math.nan)
    if type(value) is float and math.isfinite(value):
        return made(Gauge, (value,))  # as it nearly always is
    if value is None:
        return None
    if not _is_number(value) or "value" not in arm:
        raise BadLine(f"{name}, {track}: a gauge has a value that is a number")
    return Gauge(float(value)) if math.isfinite(value) else None


def _counts(name: str, track: str, arm: object) -> Counts | None:
    if not isinstance(arm, dict):
        raise BadLine(f"{name}, {track}: no object with bad and total")
    bad, total = arm.get("bad"), arm.get("total")
    if type(bad) is int and type(total) is int and 0 <= bad <= total < LARGEST:
        return made(Counts, (float(bad), float(total)))  # as they nearly always are
    if "bad" in arm and "total" in arm and (bad is None or total is None):
        return None
    if not _is_number(bad) or not _is_number(total):
        raise BadLine(f"{name}, {track}: counts have bad and total, both numbers")
    found = Counts(float(bad), float(total))
    if math.isnan(found.bad) or math.isnan(found.total):
        return None
    if not found.sound():
        raise BadLine(
            f"{name}, {track}: {found.bad:g} bad of {found.total:g} cannot be; "
            "bad is 0 or more and total at least bad"
        )
    return found


def _buckets(name: str, track: str, arm: object) -> Buckets | None:
    if not isinstance(arm, dict):
        raise BadLine(f"{name}, {track}: no object with buckets")
    given = arm.get("buckets")
    if given is None:
        return None
    return _well_formed(given) or _by_parts(f"{name}, {track}", given)


_READ: Mapping[str, Callable[[str, str, object], Arm]] = {
    "counts": _counts,
    "latency": _buckets,
    "gauge": _gauge,
}


def _well_formed(given: object) -> Buckets | None:
    """Buckets as they nearly always are; None for what has to be looked at in its parts, or is refused with a sentence."""
    if type(given) is not list or {*map(type, given)} != _LISTS:
        return None
    try:
        written, found = zip(*given, strict=True)
        edges, counts = _edges(written), tuple(map(float, found))
    except (TypeError, ValueError, OverflowError):
        return None
    # Edges that rise to +Inf have been found to; counts that are in order begin with the least and end with the most.
    if not edges or counts != tuple(sorted(counts)) or not (counts[0] >= 0.0 and sum(counts) < math.inf):
        return None
    return made(Checked, (edges, counts))


def _by_parts(where: str, given: object) -> Buckets | None:
    if not isinstance(given, list) or not all([type(pair) is list and len(pair) == 2 for pair in given]):
        raise BadLine(
            f'{where}: buckets are pairs of upper edge and count, such as [["0.1", 10], ["+Inf", 15]]'
        )
    try:
        edges = tuple([float(pair[0]) for pair in given])
        counts = tuple([float(pair[1]) for pair in given])
    except (TypeError, ValueError, OverflowError):
        raise BadLine(f"{where}: an edge or a count of the buckets is no number") from None
    if not counts or math.isnan(sum(counts)):
        return None
    found = Buckets(edges, counts)
    if not found.sound():
        raise BadLine(f"{where}: edges of buckets rise, and their counts are cumulative: they never fall")
    if edges[-1] != math.inf:
        raise BadLine(f'{where}: the last bucket\'s edge is "+Inf"; it counts all requests')
    return found


_LISTS = {list}


@lru_cache(maxsize=256)
def _edges(written: tuple[Any, ...]) -> tuple[float, ...]:
    """Edges as numbers, none where they do not rise to +Inf. The same ones come in every line."""
    edges = tuple([float(edge) for edge in written])
    rise = all([low < high for low, high in itertools.pairwise(edges)])
    return edges if rise and edges[-1:] == (math.inf,) and edges[0] > -math.inf else ()


def _is_number(value: object) -> TypeGuard[float]:
    return type(value) is float or (type(value) is int and -LARGEST < value < LARGEST)


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
    (
        _, word, known, _, value, control, shown, control_shown, limit, baseline, _, bad, total, control_bad, control_total, _,
        _, _, _, evidence, needed, absolute, absolute_needed, _, _, excluded, tolerated, eta, streak, streak_needed,
        control_streak, slope, trend, breach_in, *_, advisory,
    ) = one  # fmt: skip
    if not known:
        return {"verdict": word, "known": False, "streak_needed": streak_needed, "limit": limit}
    body: dict[str, Any] = {
        "verdict": word, "known": True, "value": value, "control": control, "limit": limit,
        "baseline": baseline, "bad": bad, "total": total, "control_bad": control_bad,
        "control_total": control_total, "evidence": evidence, "needed": needed, "absolute": absolute,
        "absolute_needed": absolute_needed, "excluded": excluded, "tolerated": tolerated, "streak": streak,
        "streak_needed": streak_needed, "control_streak": control_streak, "trend": trend,
        "breach_in": breach_in,
    }  # fmt: skip
    if eta is not None:
        requests, minutes, minutes_next = eta
        body["eta"] = {"requests": requests, "minutes": minutes, "minutes_next": minutes_next}
    if slope is not None:
        per_hour, low, high = slope
        body["growth"] = {"per_hour": per_hour, "low": low, "high": high}
    if shown is not None:
        body["quantile"] = {"canary": shown, "control": control_shown}
    if advisory:
        body["advisory"] = True
    return body
