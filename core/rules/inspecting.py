"""The look at the side a rollback would take the traffic to, before its first action: traffic never goes to a side that is known
to be sick. It asks, remembers the answers and says what speaks against going; what follows is `core.rules.rollback`'s.

Sick is what a fresh check says no to, a target that was recorded sick, and one that could not be recorded. Where nobody can
tell, the way back is open only when the target was recorded healthy: else a person has to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from core.decision import Decision
from core.effects import SIDE, CheckItem, Measure, Words
from core.history import latest_window
from core.inputs import Checked, Measured
from core.plan.models import MetricCheck
from core.readings import Window, against, find
from core.rules.proof import MINIMUM
from core.state import Deployment, Health, SideCheck

METRICS = "side-metrics:"
"""How the ref of the look at the side's metrics begins."""


def ask(deployment: Deployment) -> Decision:
    """Every check of the plan, asked for afresh; without one there is nothing to wait for."""
    run, plan = deployment.rollback, deployment.runbook.plan.rollback
    if run is None or plan is None:
        return Decision(deployment)
    attempt = run.inspection + 1
    asked: list[CheckItem | Measure] = [
        CheckItem(SIDE, str(number), attempt)
        for number, check in enumerate(plan.healthy)
        if check.metric is None
    ]
    refs = [ref_of(effect) for effect in asked if isinstance(effect, CheckItem)]
    metrics = tuple(dict.fromkeys(check.metric.metric for check in plan.healthy if check.metric is not None))
    if metrics:
        asked.append(Measure(f"{METRICS}{attempt}", metrics))
        refs.append(f"{METRICS}{attempt}")
    looking = replace(
        run, stage="inspecting", inspection=attempt, side=(), outstanding=tuple(refs), refused="", refused_words=()
    )  # fmt: skip
    return Decision(replace(deployment, rollback=looking)).ask(*asked)


def ref_of(effect: CheckItem | Checked) -> str:
    """Under which name a check of the side is waited for."""
    return f"side:{effect.item}:{effect.round}"


def checked(deployment: Deployment, happened: Checked) -> Deployment:
    """One check's answer; nobody's any more leaves the deployment as it is."""
    health: Health = "unknown" if not happened.known else "healthy" if happened.ok else "sick"
    return _noted(
        deployment, ref_of(happened), [SideCheck(int(happened.item), health, happened.evidence[:300])]
    )


def measured(deployment: Deployment, happened: Measured) -> Deployment:
    """The answer to every check of a metric."""
    plan = deployment.runbook.plan.rollback
    found = [
        SideCheck(number, *_metric(deployment, check.metric, happened))
        for number, check in enumerate(plan.healthy if plan is not None else ())
        if check.metric is not None
    ]
    return _noted(deployment, happened.ref, found)


def _noted(deployment: Deployment, ref: str, found: list[SideCheck]) -> Deployment:
    run = deployment.rollback
    if run is None or run.stage != "inspecting" or ref not in run.outstanding:
        return deployment
    rest = tuple(other for other in run.outstanding if other != ref)
    side = tuple(sorted((*run.side, *found), key=lambda one: one.number))
    return replace(deployment, rollback=replace(run, outstanding=rest, side=side))


def _metric(deployment: Deployment, check: MetricCheck, happened: Measured) -> tuple[Health, str]:
    """A metric now: over the window that is filling, or, when that is too short to say anything, over the one that
    ended before it."""
    metric = deployment.runbook.metric(check.metric)
    after = find(happened.readings, check.metric, check.track)
    gate = deployment.gate
    seen = Window("no-data", detail="not-read")
    if after is not None and gate is not None:
        rules = deployment.runbook.gate(gate.name)
        _, seen = latest_window(metric, gate, after, happened.at, rules.patience)
        if after.state == "ok" and _too_short(seen):
            seen = _last_look(deployment, check, 2 * rules.every, happened) or seen
    elif after is not None and metric.gauge is not None and after.state == "ok":
        seen = Window("ok", value=after.values[0])
    met, evidence = against(check, metric, seen)
    if met is None or _too_short(seen):
        return "unknown", evidence
    return "healthy" if met else "sick", evidence


def _too_short(seen: Window) -> bool:
    few = seen.count is not None and seen.count < MINIMUM
    return few or (seen.state != "ok" and seen.detail in ("first-look", "no-requests"))


def _last_look(
    deployment: Deployment, check: MetricCheck, longest: timedelta, happened: Measured
) -> Window | None:
    gate = deployment.gate
    samples = gate.samples if gate is not None else ()
    sample = next((s for s in samples if (s.metric, s.track) == (check.metric, check.track)), None)
    if sample is None or sample.state != "ok" or happened.at - sample.until > longest:
        return None
    return Window("ok", value=sample.value, bad=sample.bad, count=sample.count)


def objection(deployment: Deployment) -> tuple[str, Words] | None:
    """(key of a sentence, its words) for what speaks against going back; None: the way is open."""
    run = deployment.rollback
    side = run.side if run is not None else ()
    for action, why in deployment.recording.missing:
        return "side-missing", (("action", action), ("reason", why))
    sick = [one.evidence for one in side if one.health == "sick"]
    sick += [target.what for target in deployment.targets if target.healthy is False]
    if sick:
        return "side-sick", (("evidence", "; ".join(sick)),)
    unknown = list(_unknown(deployment))
    was_healthy = bool(deployment.targets) and all(target.healthy for target in deployment.targets)
    return ("side-unknown", (("evidence", "; ".join(unknown)),)) if unknown and not was_healthy else None


def _unknown(deployment: Deployment) -> Iterator[str]:
    run = deployment.rollback
    side = run.side if run is not None else ()
    yield from (one.evidence for one in side if one.health == "unknown")
    if not side:  # with fresh checks, what could not be told when it was recorded is told by them
        yield from (target.what for target in deployment.targets if target.healthy is None)
