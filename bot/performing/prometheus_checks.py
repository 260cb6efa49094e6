"""What a plan has the bot verify at a Prometheus: alert rules that are loaded, targets that answer, alerts that are silent, and
the value of a query. Each answers with a sentence that shows what was found. And which alerts fire, for a gate that shows them.

It must not know what a check is for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from bot.adapters.entrance import Trust
from bot.adapters.prometheus import Prometheus, open_source
from bot.adapters.templates import Values
from bot.errors import GaveUp, TryLater
from bot.performing.ports import Compared
from bot.performing.prometheus_columns import Evaluated
from bot.performing.prometheus_look import Gap, gap_of
from bot.secrets import Secrets
from core.inputs import Alert
from core.plan.models import Check, Plan
from core.plan.prometheus import GateAlerts, PrometheusCheck, WantedAlerts, WantedRules, WantedTargets
from core.plan.promql import Unreadable, fill
from core.plan.quantities import figure

_SHOWN: Final = 5
_OWN: Final = frozenset({"alertname", "job", "instance", "severity"})
"""The labels that are told of an alert; the rest is in Prometheus."""


class PrometheusChecks:
    """`Verifies` and `Warns` for `prometheus:`."""

    def __init__(self, secrets: Secrets, trust: Trust) -> None:
        self._secrets = secrets
        self._trust = trust

    async def verify(self, plan: Plan, check: Check, values: Values) -> Compared:
        """Looks once and compares. Raises TryLater or GaveUp."""
        asked = check.prometheus
        if asked is None:
            raise GaveUp("The check asks no Prometheus.")
        async with self._opened(plan, asked.source) as source:
            if asked.rules is not None:
                return _rules(asked.rules, await source.rules())
            if asked.targets is not None:
                return _targets(asked.targets, await source.targets())
            if asked.alerts is not None:
                return _alerts(asked.alerts, await source.alerts())
            return await _query(source, asked, values)

    async def firing(self, plan: Plan, wanted: GateAlerts) -> tuple[Alert, ...] | str:
        """The alerts that fire, each once, by name; or why they could not be read."""
        try:
            async with self._opened(plan, wanted.source) as source:
                found = _firing(await source.alerts(), wanted.matching)
        except (TryLater, GaveUp) as problem:
            return self._secrets.redact(gap_of(problem, wanted.source).detail, plan)
        return tuple(sorted(dict.fromkeys(map(_alert, found)), key=lambda one: (one.name, one.about)))

    @asynccontextmanager
    async def _opened(self, plan: Plan, name: str) -> AsyncIterator[Prometheus]:
        source = await open_source(plan, name, self._secrets, self._trust)
        try:
            yield source
        finally:
            source.close()


def _rules(wanted: WantedRules, groups: list[Mapping[str, Any]]) -> Compared:
    rules = [
        rule
        for group in groups
        if wanted.group is None or group.get("name") == wanted.group
        for rule in group.get("rules") or ()
        if rule.get("type", "alerting") == "alerting"
    ]
    names = [str(rule.get("name")) for rule in rules]
    missing = [name for name in wanted.names if name not in names]
    waiting = [str(rule.get("name")) for rule in rules if rule.get("health") == "unknown"]
    sick = [_sick(rule) for rule in rules if rule.get("health") not in ("ok", "unknown")]
    place = f" in the group '{wanted.group}'" if wanted.group is not None else ""
    lines = [f"{len(rules)} alert rules are loaded{place}"]
    if wanted.count is not None and len(rules) != wanted.count:
        lines[0] += f", not {wanted.count}"
    lines += [f"not there: {_some(missing)}"] if missing else []
    lines += [f"cannot be evaluated: {_some(sick)}"] if sick and wanted.health == "ok" else []
    wrong = len(lines) > 1 or (wanted.count is not None and len(rules) != wanted.count)
    if waiting and wanted.health == "ok" and not wrong:
        return Compared(None, f"{lines[0]}; not evaluated yet: {_some(waiting)}.")
    return Compared(not wrong, "; ".join(lines) + ".")


def _sick(rule: Mapping[str, Any]) -> str:
    error = str(rule.get("lastError") or "")[:120]
    return f"{rule.get('name')}{f' ({error})' if error else ''}"


def _targets(wanted: WantedTargets, targets: list[Mapping[str, Any]]) -> Compared:
    ours = [one for one in targets if _labels(one).get("job") == wanted.job]
    up = [one for one in ours if one.get("health") == "up"]
    down = [one for one in ours if one.get("health") == "down"]
    waiting = len(ours) - len(up) - len(down)
    said = f"{len(up)} of {len(ours)} targets of '{wanted.job}' are up"
    if len(ours) < wanted.at_least or (wanted.up and down):
        names = [f"{_labels(one).get('instance')} ({str(one.get('lastError') or '')[:80]})" for one in down]
        enough = "" if len(ours) >= wanted.at_least else f", and at least {wanted.at_least} should be there"
        return Compared(False, f"{said}{enough}{f'; down: {_some(names)}' if names else ''}.")
    if (len(up) < wanted.at_least or wanted.up) and waiting:
        return Compared(None, f"{said}; {waiting} not scraped yet.")
    return Compared(len(up) >= wanted.at_least, f"{said}.")


def _alerts(wanted: WantedAlerts, alerts: list[Mapping[str, Any]]) -> Compared:
    firing = [_alert(one) for one in _firing(alerts, wanted.matching)]
    of = "".join(f" {name}={value}" for name, value in wanted.matching.items())
    which = f" with{of}" if of else ""
    if not firing:
        return Compared(True, f"No alert{which} fires.")
    names = [f"{one.name} ({one.about})" if one.about else one.name for one in firing]
    return Compared(False, f"Firing{which}: {_some(names)}.")


async def _query(source: Prometheus, asked: PrometheusCheck, values: Values) -> Compared:
    try:
        query = fill(asked.query or "", values)
    except Unreadable as wrong:
        raise GaveUp(f"The query cannot be filled in: {wrong}") from None
    answered = await source.query(query, None)
    if answered.warnings:
        return Compared(None, f"The answer is not whole: {answered.warnings[0]}.")
    value = Evaluated({0.0: answered.series}).value(0.0)
    if isinstance(value, Gap):
        why = {"missing": "gives nothing", "several-series": "gives several series"}.get(
            value.code, "gives no number"
        )
        return Compared(None, f"{query} {why}{f': {value.about}' if value.about else ''}.")
    return _compared(query, value, asked)


def _compared(query: str, value: float, asked: PrometheusCheck) -> Compared:
    shown = f"{query} is {figure(value)} {asked.unit}".rstrip()
    if asked.equals is not None:
        agrees = value == asked.equals
        return Compared(
            agrees,
            f"{shown}{'' if agrees else f', not {figure(asked.equals)}'}.",
            value=value,
            unit=asked.unit,
        )
    below, limit = asked.below is not None, asked.below or asked.above
    assert limit is not None  # noqa: S101  # the model has exactly one of the three
    edge = limit.in_unit(asked.unit)
    agrees = value < edge if below else value > edge
    sign = ("<" if agrees else "≥") if below else (">" if agrees else "≤")
    return Compared(agrees, f"{shown} {sign} {limit.text}.", value=value, unit=asked.unit)


def _firing(alerts: list[Mapping[str, Any]], matching: Mapping[str, str]) -> list[Mapping[str, Any]]:
    return [
        one
        for one in alerts
        if one.get("state") == "firing"
        and all(_labels(one).get(key) == value for key, value in matching.items())
    ]


def _alert(one: Mapping[str, Any]) -> Alert:
    labels = _labels(one)
    about = ", ".join(
        f"{name}={value}" for name, value in sorted(labels.items()) if name in _OWN - {"alertname"}
    )
    return Alert(labels.get("alertname", "?"), about)


def _labels(one: Mapping[str, Any]) -> dict[str, str]:
    labels = one.get("labels")
    return {str(name): str(value) for name, value in labels.items()} if isinstance(labels, dict) else {}


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
