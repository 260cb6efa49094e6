"""Reasons of a verdict as sentences: figures get their units, and as many digits as they are worth.

It must not know where a reason stands, nor what follows from it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from commands import texts
from core.plan.runbook import Runbook

Words = Mapping[str, object]


class Speaking(Protocol):
    """What of a voice is needed here."""

    @property
    def runbook(self) -> Runbook | None:
        """The plan, for titles and units."""
        ...

    def say(self, key: str, **words: object) -> str:
        """The sentence `key`."""
        ...

    def metric(self, name: str) -> str:
        """A metric's title."""
        ...

    def value(self, value: float | None, unit: str) -> str:
        """A number with its unit."""
        ...

    def span(self, span: timedelta) -> str:
        """A length of time."""
        ...


def composed(given: Words, speaking: Speaking) -> dict[str, object]:
    """What raw words of a fact say of a verdict: 'because' from its key and the figures in 'why_...', and 'scored'."""
    found: dict[str, object] = {}
    if isinstance(given.get("because"), str):
        why = {name.removeprefix("why_"): word for name, word in given.items() if name.startswith("why_")}
        found["because"] = because(str(given["because"]), why, speaking)
    if "score" in given:
        found["scored"] = scored(given["score"], speaking)
    return found


def scored(score: object, speaking: Speaking) -> str:
    """'93/100'; where nothing is known 'n/a', never a figure."""
    if not isinstance(score, int | float):
        return speaking.say("weighed.scored-none")
    return speaking.say("weighed.scored", score=f"{score:.0f}")


def because(key: str, words: Words, speaking: Speaking) -> str:
    """One reason: `key` and `words` as of `core.verdict.verdicts.Sentence`."""
    name = metric_of(str(words.get("metric") or ""), speaking.runbook)
    unit = unit_of(name, speaking.runbook)
    ready: dict[str, object] = {
        "metric": speaking.metric(name) if name else "",
        "what": what(words.get("edge"), unit, speaking),
        "ratio": _ratio(words.get("ratio"), speaking),
        "sure": certainty(_number(words.get("sure")), speaking),
        "more": more(words.get("more"), words.get("minutes"), words.get("minutes_next"), speaking),
        "minutes": speaking.span(timedelta(minutes=max(1.0, round(_number(words.get("minutes")))))),
    }  # fmt: skip
    for one in ("excluded", "usual", "known"):
        ready[one] = share(words.get(one), speaking)
    for one in ("bad", "total", "control_bad", "control_total", "streak", "needed", "control"):
        ready[one] = count(words.get(one))
    if key.startswith(("level", "growing")):
        ready |= _of_gauge(words, unit, speaking)
    return speaking.say(f"because.{key}", **ready)


def _of_gauge(words: Words, unit: str, speaking: Speaking) -> dict[str, object]:
    def figure(name: str) -> str:
        given = words.get(name)
        return speaking.value(float(f"{_number(given):.3g}"), unit) if given is not None else ""

    limit, earliest, latest = figure("limit"), words.get("earliest"), words.get("latest")
    until = ""
    if limit and earliest is not None and latest is not None:
        spans = {"earliest": f"{_number(earliest):.1f}", "latest": f"{_number(latest):.1f}"}
        until = speaking.say("weighed.until", limit=limit, **spans)
    return {
        "value": figure("value"), "slope": figure("slope"), "low": figure("low"), "until": until,
        "limited": speaking.say("weighed.limited", limit=limit) if limit else "",
    }  # fmt: skip


def metric_of(name: str, runbook: Runbook | None) -> str:
    """The plan's metric behind what a finding is called: the metric, or a rule's label, 'METRIC.below.rollback'."""
    known = runbook.plan.metrics if runbook is not None else {}
    return name if name in known else name.rsplit(".", 2)[0]


def unit_of(metric: str, runbook: Runbook | None) -> str:
    """The metric's unit; '' where it has none."""
    found = runbook.plan.metrics.get(metric) if runbook is not None else None
    return "" if found is None else found.unit


def what(edge: object, unit: str, speaking: Speaking) -> str:
    """What is bad about a bad request: that it failed, or was slower than an edge."""
    if edge is None:
        return speaking.say("weighed.bad")
    return speaking.say("weighed.slower", edge=speaking.value(_number(edge), unit))


def _ratio(ratio: object, speaking: Speaking) -> str:
    if ratio is None:
        return ""
    return speaking.say("weighed.ratio", ratio=count(float(f"{_number(ratio):.2g}")))


def more(requests: object, minutes: object, onward: object, speaking: Speaking) -> str:
    """How long until it can be known: requests, and times at this traffic and the next stage's."""
    if requests is None:
        return speaking.say("weighed.more-never")
    said = speaking.say("weighed.more", n=count(requests))
    for key, wait in (("weighed.more-here", minutes), ("weighed.more-next", onward)):
        if wait is not None:
            span = timedelta(minutes=max(1.0, math.ceil(_number(wait))))
            said = speaking.say(key, more=said, span=speaking.span(span))
    return said


def share(value: object, speaking: Speaking) -> str:
    """A share (0..1) as percent, with the digits that matter."""
    if value is None:
        return texts.shown(None)
    percent = 100.0 * _number(value)
    if 0.0 < percent < 0.001:
        return speaking.say("weighed.rare")
    return f"{texts.number(float(f'{percent:.2g}'))} %" if percent < 10.0 else f"{percent:.0f} %"


def certainty(sure: float, speaking: Speaking) -> str:
    """1 - 1/evidence as percent, cut and never rounded up to certainty."""
    percent = min(100.0 * sure, 99.99)
    return f"{math.floor(percent * 100) / 100:g} %" if sure > 0.0 else speaking.say("weighed.not-sure")


def odds(value: float | None) -> str:
    """So many to 1."""
    if value is None:
        return texts.shown(None)
    return f"{value:,.0f}" if value >= 10.0 else f"{value:.2g}"


def count(value: object) -> str:
    """How many; fractions, which decayed sums and clumps make, with one digit."""
    if value is None:
        return texts.shown(None)
    number = _number(value)
    return f"{number:,.0f}" if number >= 100.0 or number.is_integer() else f"{number:,.1f}"


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
