"""What stands beside the phases must make sense: limits fit their metrics, actions do what they are used for, tiers rise.

Names that do not exist are passed over here: `core.plan.references` reports them. It must not know the order of the steps.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BaseModel

from core.plan import models as m
from core.plan.emergencies import emergencies
from core.plan.fitting import requests_and_programs
from core.plan.problems import Finding, Path
from core.plan.prometheus import PrometheusSource
from core.plan.quantities import Limit, figure
from core.plan.variables import names_in
from core.plan.walk import keyed, parts
from core.plan.wording import sentence

# Times that would make the bot do something without end, or never wait at all, were they zero.
_POSITIVE: dict[type[BaseModel], tuple[str, ...]] = {
    m.HttpSource: ("timeout",),
    PrometheusSource: ("timeout", "lookback"),
    m.KubernetesSource: ("timeout",),
    m.Wait: ("timeout",),
    m.ReplicasByWeight: ("timeout",),
    m.Gate: ("every", "patience", "look"),
    m.Command: ("timeout",),
    m.HttpAct: ("timeout",),
    m.HttpCheck: ("within",),
    m.Observe: ("bake",),
    m.Decide: ("within",),
    m.Baseline: ("over",),
    m.SetTraffic: ("within",),
    m.Run: ("within", "approve-within"),
    m.Meeting: ("within",),
    m.Signoff: ("within",),
    m.Rows: ("due",),
    m.Item: ("remind",),
    m.MetricCheck: ("over",),
    m.Bake: ("for",),
    m.Stage: ("bake",),
    m.Canary: ("within",),
    m.Tier: ("within",),
    m.PlaybookDecide: ("within",),
    m.Playbook: ("watch",),
    m.Verify: ("every", "within"),
    m.Reports: ("brief", "full"),
    m.SmtpSource: ("timeout",),
    m.Webhook: ("timeout",),
    m.MetricCriterion: ("over",),
    m.Objectives: ("rto",),
}
_PATHS: dict[type[BaseModel], tuple[str, ...]] = {
    m.Metric: ("get",),
    m.HttpCheck: ("get", "head"),
    m.HttpAct: ("path",),
    m.HttpDryRun: ("path",),
    m.ReadWeight: ("get",),
    m.Webhook: ("path",),
}


def misfits(plan: m.Plan, whole: bool) -> Iterator[Finding]:
    """Everything about the plan's definitions that cannot work as it is written. `whole` is False while parts of the plan
    could not be read: then nothing is said to be missing."""
    checks: tuple[Callable[[m.Plan], Iterable[Finding]], ...] = (
        _timezone, _channels, _limits, _gates, _metrics, _actions, _checks, _addresses, _zeros, _tiers, _probes, _rollback,
        requests_and_programs, emergencies,
    )  # fmt: skip
    for check in checks:
        yield from check(plan)
    if whole and plan.rollback is None:
        yield from _no_way_back(plan)


def _timezone(plan: m.Plan) -> Iterator[Finding]:
    try:
        ZoneInfo(plan.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # OSError: a name like 'Europe' is a folder of the zone database.
        near = difflib.get_close_matches(plan.timezone[:60], available_timezones(), n=1, cutoff=0.8)
        advice = (
            f"Did you mean '{near[0]}'?" if near else "Write it like 'UTC', 'Asia/Seoul' or 'Europe/Berlin'."
        )
        yield Finding(("timezone",), f"There is no time zone '{plan.timezone[:60]}'.", advice)


def _channels(plan: m.Plan) -> Iterator[Finding]:
    for name, channel in plan.channels.items():
        if not channel.strip() or channel.startswith("#") or re.search(r"\s", channel):
            yield Finding(
                ("channels", name),
                f"'{channel[:60]}' is not a channel's name.",
                "Write it without '#' and spaces, like 'deployment'.",
            )


def _limits(plan: m.Plan) -> Iterator[Finding]:
    for path, part in parts(plan):
        if not isinstance(part, m.Rule | m.MetricCheck) or (metric := plan.metrics.get(part.metric)) is None:
            continue
        for key, limit in keyed(part):
            if limit is None or key not in ("below", "above", "growth-below"):
                continue
            try:
                Limit(limit.value, limit.unit).in_unit(metric.unit)
            except ValueError as wrong:
                yield Finding((*path, key), sentence(str(wrong)))


def _gates(plan: m.Plan) -> Iterator[Finding]:
    for name, gate in plan.gates.items():
        labels: dict[str, int] = {}
        for index, rule in enumerate(gate.rules):
            path = ("gates", name, "rules", index)
            metric = plan.metrics.get(rule.metric)
            if rule.label in labels:
                yield Finding(
                    path,
                    f"Rule {labels[rule.label] + 1} already says what {rule.metric} leads to '{rule.then}'.",
                    "Keep one of the two.",
                )
            labels.setdefault(rule.label, index)
            if metric is not None and rule.growth_below is not None and metric.kind != "gauge":
                yield Finding(
                    (*path, "growth-below"),
                    f"Growth is watched on gauges, and '{rule.metric}' is a {metric.kind}.",
                    "Use below or above.",
                )
            if metric is not None and rule.minimum is not None and metric.kind == "gauge":
                yield Finding(
                    (*path, "minimum"),
                    f"'{rule.metric}' is a gauge, which counts no requests.",
                    "Take 'minimum' out.",
                )


def _no_way_back(plan: m.Plan) -> Iterator[Finding]:
    for name, gate in plan.gates.items():
        for index, rule in enumerate(gate.rules):
            if rule.then == "rollback":
                place = ("gates", name, "rules", index, "then")
                yield Finding(
                    place, "The plan does not say how to roll back.", "Add 'rollback:', or use 'then: call'."
                )


def _metrics(plan: m.Plan) -> Iterator[Finding]:
    fitting: dict[str, tuple[str, ...]] = {
        "ratio": ("%", ""),
        "rate": ("/s", ""),
        "quantile": ("ms", "s", ""),
    }
    for name, metric in plan.metrics.items():
        units = fitting.get(metric.kind)
        if units is not None and metric.unit not in units:
            yield Finding(
                ("metrics", name, "unit"),
                f"A {metric.kind} is not measured in '{metric.unit}'.",
                f"Write '{units[0]}'.",
            )


def _actions(plan: m.Plan) -> Iterator[Finding]:
    if plan.traffic is None or (action := plan.actions.get(plan.traffic.set)) is None:
        return
    place: Path = ("traffic", "set")
    used = _used(action)
    if "weight" not in used and set(used) <= {
        *plan.inputs,
        "rest",
    }:  # a misspelt $weight is told where it stands
        yield Finding(
            place,
            f"The action '{plan.traffic.set}' does not use $weight.",
            "Give it $weight where the share belongs, as in '--traffic $weight'.",
        )
    if not action.changes:
        yield Finding(
            place,
            f"The action '{plan.traffic.set}' says 'changes: false'.",
            "Take that line out: it changes the traffic.",
        )


def _used(action: m.Action) -> list[str]:
    command, http, cluster = action.command, action.http, action.kubernetes
    found = names_in(
        [list(command.args) if command else [], [http.path, http.body, http.headers] if http else []]
    )
    return [*found, *(cluster.variables if cluster else ())]


def _checks(plan: m.Plan) -> Iterator[Finding]:
    for path, part in parts(plan):
        name = part.run if isinstance(part, m.Check) else part.action if isinstance(part, m.Run) else None
        action = plan.actions.get(name) if name else None
        if action is None:
            continue
        place = (*path, "run" if isinstance(part, m.Check) else "action")
        if isinstance(part, m.Check) and action.changes:
            yield Finding(
                place,
                f"A check may change nothing, and '{name}' does.",
                "Say 'changes: false' there if it only looks, or use a run step.",
            )
        if "weight" in _used(action):
            yield Finding(
                place,
                f"'{name}' needs $weight, which only a traffic step and a rollback give.",
                "Use a traffic step.",
            )


def _addresses(plan: m.Plan) -> Iterator[Finding]:
    for path, part in parts(plan):
        for key in _PATHS.get(type(part), ()):
            written = getattr(part, key)
            if written is not None and not written.startswith("/"):
                yield Finding(
                    (*path, key),
                    f"'{written[:60]}' is not a path on the source.",
                    "Begin with '/', like '/health'.",
                )
        if isinstance(part, m.HttpSource | PrometheusSource) and not part.url.startswith(
            ("http://", "https://", "${")
        ):
            yield Finding(
                (*path, "url"), f"'{part.url[:60]}' is not an address.", "Write 'https://...' or '${NAME}'."
            )


def _zeros(plan: m.Plan) -> Iterator[Finding]:
    for path, part in parts(plan):
        for key, value in keyed(part):
            if key in _POSITIVE.get(type(part), ()) and value == timedelta(0):
                yield Finding((*path, key), "This time may not be zero.", "Write how long, like '5m'.")


def _tiers(plan: m.Plan) -> Iterator[Finding]:
    before = timedelta(0)
    for index, tier in enumerate(plan.escalation):
        path: Path = ("escalation", index)
        if tier.tier != index + 1:
            yield Finding(
                (*path, "tier"),
                f"This is tier {tier.tier}, where tier {index + 1} belongs.",
                "Count the tiers from 1 without gaps.",
            )
        if timedelta(0) < tier.within <= before:
            yield Finding(
                (*path, "within"),
                "This tier ends before the one above it.",
                "Each 'within' counts from the first call: let it rise.",
            )
        before = max(before, tier.within)


def _probes(plan: m.Plan) -> Iterator[Finding]:
    for name, action in plan.actions.items():
        if action.probing is not None and action.probing.metric is not None:
            yield Finding(
                ("actions", name, "probe", "metric"),
                "A metric does not tell whether an action has happened.",
                "Look at what the action changes.",
            )


def _side(plan: m.Plan, rollback: m.Rollback) -> Iterator[Finding]:
    """Where a rollback leads to is the stable side, and what is normal there must have been measured."""
    for index, check in enumerate(rollback.healthy):
        if check.metric is not None and check.metric.track != "control":
            yield Finding(
                ("rollback", "healthy", index, "metric"),
                "The traffic goes back to the stable side, so the canary's metric says nothing here.",
                "Write 'track: control'.",
            )
    if rollback.verify.baseline is None:
        return
    place: Path = ("rollback", "verify", "baseline")
    measured = {name for _, part in parts(plan) if isinstance(part, m.Baseline) for name in part.metrics}
    if not rollback.verify.metrics:
        yield Finding(place, "There are no metrics to come back.", "Name them under 'metrics:' beside it.")
    for wanted in rollback.verify.metrics:
        if wanted.metric not in measured:
            yield Finding(
                place,
                f"No baseline step measures '{wanted.metric}', so nobody will know what is normal.",
                "Add it to the metrics of a baseline step.",
            )


def _rollback(plan: m.Plan) -> Iterator[Finding]:
    if plan.rollback is None:
        return
    yield from _side(plan, plan.rollback)
    for index, name in enumerate(plan.rollback.steps):
        action = plan.actions.get(name)
        # What follows the first action may look: what it led to is evidence of the way back.
        if action is not None and not action.changes and index == 0:
            yield Finding(
                ("rollback", "steps", index),
                f"The action '{name}' says 'changes: false', so it rolls nothing back.",
                "Name an action that acts.",
            )
    within, needed = (
        plan.rollback.verify.within,
        plan.rollback.verify.every * (plan.rollback.verify.reads - 1),
    )
    if timedelta(0) < within < needed:
        minutes = figure(needed / timedelta(minutes=1))
        yield Finding(
            ("rollback", "verify", "within"),
            "There is no time for so many reads.",
            f"Give it at least {minutes}m, or read more often.",
        )
