"""The proof of a rollback: fresh reads say weight 0 so many times in a row, and the stable side is clean over a window: within
the plan's limits, and, where the plan asks for it, within a band around what was normal before the change. Until then it is
not done; past its deadline the next tier is called, and the reads go on.

It must not know how the way back was begun or which actions it took.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.effects import CheckItem, Measure, Post, ReadBack, Words
from core.inputs import Measured, WeightRead
from core.plan.models import MetricCheck, Rollback
from core.readings import against, find, window
from core.roles import holders_of
from core.rules import escalation, tickets
from core.rules.rehearsing import is_dry
from core.rules.stopwatch import stopwatch
from core.state import Deployment, ItemState, Proof, RollbackRun, Status, StepState

MINIMUM = 5
"""Requests the stable side needs in the verification window before its ratios count as clean."""
CHECKLIST = "rollback"
"""The id of the step that holds what people still have to do after a rollback."""


def prove(deployment: Deployment, now: datetime) -> Decision:
    """From now on the weight is read afresh, and the stable side measured, every so often."""
    run, plan = deployment.rollback, deployment.runbook.plan.rollback
    if run is None or plan is None:
        return Decision(deployment)
    proving = replace(
        run,
        stage="proving",
        acted_at=run.acted_at or now,
        zero_reads=0,
        first=(),
        first_at=None,
        metrics_clean_at=None,
    )
    decision = _read(replace(deployment, rollback=proving), now, plan)
    return decision.then(lambda d: _perhaps_done(d, now))


def _read(deployment: Deployment, now: datetime, plan: Rollback) -> Decision:
    run = deployment.rollback
    if run is None:
        return Decision(deployment)
    number = run.reads + 1
    fresh, sides = f"verify:{number}", f"verify-metrics:{number}"
    metrics = tuple(dict.fromkeys(check.metric for check in plan.verify.metrics))
    asked: list[ReadBack | Measure] = []
    if _share_counts(deployment):
        asked.append(ReadBack(fresh))
    if metrics:
        asked.append(Measure(sides, metrics))
    refs = tuple(effect.ref for effect in asked)
    asking = replace(run, reads=number, outstanding=refs, next_at=now + plan.verify.every)
    return Decision(replace(deployment, rollback=asking)).ask(*asked)


def _share_counts(deployment: Deployment) -> bool:
    """Whether a fresh read of the share tells anything: not where it was never really set."""
    traffic = deployment.runbook.plan.traffic
    return traffic is not None and not is_dry(deployment, traffic.set)


def weight_read(deployment: Deployment, happened: WeightRead, now: datetime) -> Decision:
    """A fresh read: zero counts, anything else starts the count again and is said."""
    run = deployment.rollback
    if run is None or happened.ref not in run.outstanding:
        return Decision(deployment)
    rest = tuple(ref for ref in run.outstanding if ref != happened.ref)
    zero = run.zero_reads + 1 if happened.weight == 0 else 0
    read = replace(run, outstanding=rest, zero_reads=zero, last_read_at=now)
    decision = Decision(replace(deployment, rollback=read, weight=happened.weight))
    decision = decision.fact("rollback-read", weight=happened.weight, zero_reads=zero)
    decision = decision.then(lambda d: escalation.close(d, "rollback-read", now))
    return decision.then(lambda d: _perhaps_done(d, now))


def measured(deployment: Deployment, happened: Measured, now: datetime) -> Decision:
    """The stable side: every metric of the plan must be on the right side over one and the same window. The window grows
    until it says something; one that says no is over, and the next begins."""
    run, plan = deployment.rollback, deployment.runbook.plan.rollback
    if run is None or plan is None or happened.ref not in run.outstanding:
        return Decision(deployment)
    rest = tuple(ref for ref in run.outstanding if ref != happened.ref)
    read = replace(run, outstanding=rest)
    usable = bool(happened.readings) and all(
        reading.state == "ok" for reading in happened.readings if reading.track == "control"
    )
    if run.first_at is None:
        read = replace(read, first=happened.readings, first_at=happened.at) if usable else read
        return Decision(replace(deployment, rollback=read))
    proof = tuple(_held_against(deployment, check, run, happened) for check in plan.verify.metrics)
    found = [_clean(one) for one in proof]
    read = replace(read, proof=proof, metrics_clean_at=happened.at if all(found) else None)
    if False in found and usable:
        read = replace(read, first=happened.readings, first_at=happened.at)
    return Decision(replace(deployment, rollback=read)).then(lambda d: _perhaps_done(d, now))


def _clean(proof: Proof) -> bool | None:
    """Whether a metric is where it must be; None while it says too little. Without anything to compare with the limit alone counts."""
    if proof.within_limit is None:
        return None
    return proof.within_limit and proof.within_band is not False


def _held_against(deployment: Deployment, check: MetricCheck, run: RollbackRun, happened: Measured) -> Proof:
    """A metric since the window began, beside its limit and the band around what was normal."""
    metric = deployment.runbook.metric(check.metric)
    length = happened.at - (run.first_at or happened.at)
    seen = window(
        metric,
        find(run.first, check.metric, check.track),
        find(happened.readings, check.metric, check.track),
        length,
    )
    proof = banded(deployment, check)
    if seen.detail in ("counter-reset", "buckets-changed"):
        return replace(
            proof, within_limit=False
        )  # the stable side was restarted: what lies before says nothing
    if seen.state != "ok" or seen.value is None or (seen.count is not None and seen.count < MINIMUM):
        return replace(proof, count=seen.count)
    met, _ = against(check, metric, seen)
    within = None
    if proof.edge is not None:
        within = seen.value <= proof.edge if check.below is not None else seen.value >= proof.edge
    return replace(proof, value=seen.value, count=seen.count, within_limit=met, within_band=within)


def banded(deployment: Deployment, check: MetricCheck) -> Proof:
    """What a metric must come back to: at most so much above what was normal, or, where more is better, so much below it.

    Nothing can be so much per cent of nothing: with a baseline of 0, or without one, there is no band."""
    plan, baseline = deployment.runbook.plan.rollback, deployment.baseline
    band = plan.verify.baseline if plan is not None else None
    values = {name: value for name, value, _ in baseline.values} if baseline is not None else {}
    normal = values.get(check.metric)
    if band is None or normal is None or normal <= 0:
        return Proof(check.metric, check.track, baseline=normal)
    edge = normal * (1 + band) if check.below is not None else normal * (1 - band)
    return Proof(check.metric, check.track, baseline=normal, edge=edge)


def tick(deployment: Deployment, now: datetime) -> Decision:
    """The next read when it is time; past the deadline people are called, and the reads go on."""
    run, plan = deployment.rollback, deployment.runbook.plan.rollback
    if deployment.status is not Status.ROLLING_BACK or run is None or plan is None:
        return Decision(deployment)
    decision = Decision(deployment)
    if run.deadline is not None and run.deadline <= now:
        words: Words = (
            ("minutes", int(plan.verify.within.total_seconds() // 60)),
            ("weight", deployment.weight),
            ("metrics", ",".join(_unproved(run, plan))),
        )
        late = replace(deployment, rollback=replace(run, deadline=None))
        decision = Decision(late).fact("rollback-late", **dict(words))
        decision = decision.then(
            lambda d: escalation.call(d, "rollback-late", "rollback-late", words, now, above=1)
        )
        if (
            deployment.rehearsal
        ):  # it has shown what it had to; with a side that says nothing it would never end
            return decision.then(lambda d: _over(d, plan, None, now))
    if run.verifying and not run.outstanding and run.next_at is not None and run.next_at <= now:
        decision = decision.then(lambda d: _read(d, now, plan))
    return decision


def _unproved(run: RollbackRun, plan: Rollback) -> tuple[str, ...]:
    """The metrics that are not, or not known to be, where they must be."""
    proved = {(one.metric, one.track) for one in run.proof if _clean(one)}
    return tuple(
        dict.fromkeys(
            check.metric for check in plan.verify.metrics if (check.metric, check.track) not in proved
        )
    )


def _perhaps_done(deployment: Deployment, now: datetime) -> Decision:
    run, plan = deployment.rollback, deployment.runbook.plan.rollback
    if run is None or plan is None or not run.verifying:
        return Decision(deployment)
    if _share_counts(deployment) and run.zero_reads < plan.verify.reads:
        return Decision(deployment)
    if plan.verify.metrics and run.metrics_clean_at is None:
        return Decision(deployment)
    return _over(deployment, plan, now, now)


def _over(deployment: Deployment, plan: Rollback, verified_at: datetime | None, now: datetime) -> Decision:
    """The end of the way back. A rehearsal leaves no lock."""
    run = deployment.rollback
    assert run is not None  # noqa: S101  # the callers are on it
    steps = tuple(
        replace(step, status="skipped", closed_at=now)
        if step.status in ("open", "waiting", "missed")
        else step
        for step in deployment.steps
    )
    rest: tuple[StepState, ...] = ()
    if plan.checklist:
        items = tuple(
            ItemState(item.id, checking=item.check is not None or item.ticket is not None)
            for item in plan.checklist
        )
        rest = (StepState(CHECKLIST, "open", opened_at=now, items=items),)
    back = replace(
        deployment, status=Status.ROLLED_BACK, rollback=replace(run, verified_at=verified_at, next_at=None, deadline=None, outstanding=()),
        steps=(*steps, *rest), verdict="ROLLBACK", ended_at=now, locked=plan.afterwards == "lock" and not deployment.rehearsal, weight=0, wanted=0,
    )  # fmt: skip
    decision = Decision(back).fact("rolled-back", **dict(stopwatch(back)))
    decision = decision.then(lambda d: escalation.close_all(d, now))
    decision = decision.ask(Post("verdict", "verdict", "", "top", "main", priority=1))
    if rest:
        decision = decision.ask(
            Post(
                "checklist",
                f"checklist:{CHECKLIST}",
                CHECKLIST,
                "top",
                "main",
                holders_of(back, plan.by),
                priority=1,
            )
        )
        checks = (
            CheckItem(CHECKLIST, item.id, rest[0].round) for item in plan.checklist if item.check is not None
        )
        decision = decision.ask(*checks, *tickets.ask(back, CHECKLIST, plan.checklist, rest[0].round))
    return decision
