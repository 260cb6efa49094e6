"""When a report is due: brief in the thread, full in the channel. Slots are aligned to T0; a missed slot is not made up for,
and a brief with nothing new is not posted at all.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from core.decision import Decision
from core.effects import Post
from core.gates import since_start
from core.plan.models import SetTraffic, Watch
from core.state import Deployment, ReportMark, Status

NOTABLE = 0.2
"""A value that moved by less than this share of the last report's is called flat."""


def running(deployment: Deployment) -> bool:
    """Reports come while the canary has traffic and the deployment is not yet on watch."""
    if (
        deployment.gate is None
        or deployment.weight == 0
        or deployment.status not in (Status.RUNNING, Status.HELD)
    ):
        return False
    route = deployment.runbook.route
    traffic = next((placed.index for placed in route if isinstance(placed.body, SetTraffic)), 0)
    # One without a gate that stands before the traffic only waits for a day: it watches nothing.
    watching = {
        placed.body.id
        for placed in route
        if isinstance(placed.body, Watch) and (placed.body.gate is not None or placed.index > traffic)
    }
    return not any(step.id in watching and step.status != "waiting" for step in deployment.steps)


def slot_of(deployment: Deployment, every: timedelta, now: datetime) -> int:
    """The number of the slot that `now` lies in; slot 0 begins at T0."""
    return (now - deployment.t0) // every


def next_slot(deployment: Deployment, every: timedelta, mark: ReportMark | None) -> datetime:
    """When the next report of a kind is due; `mark` is set as soon as reports run."""
    return deployment.t0 + every * ((mark.slot if mark is not None else 0) + 1)


def tick(deployment: Deployment, now: datetime) -> Decision:
    """At most one report of each kind, with the newest look in it; a full one stands for the brief one of the same moment."""
    gate = deployment.gate
    if not running(deployment) or gate is None or gate.busy:
        return Decision(deployment)
    reports = deployment.runbook.plan.reports
    decision = Decision(deployment)
    if reports.full is not None:
        slot = slot_of(deployment, reports.full, now)
        last = deployment.full
        if last is None or gate.first_at is None or last.at < gate.first_at:
            decision = Decision(replace(deployment, full=ReportMark(slot, now, values(deployment))))
        elif slot > last.slot:
            following = deployment.t0 + reports.full * (slot + 1)
            decision = full(deployment, f"full:{slot}", following.isoformat(), now)
    if reports.brief is not None:
        decision = decision.then(lambda d: _brief(d, reports.brief, now))  # type: ignore[arg-type]
    return decision


def full(deployment: Deployment, subject: str, following: str, now: datetime) -> Decision:
    """The full report, posted in the channel: whoever asked for it, it is the one of its slot. The numbers it shows are kept
    for the next one's trend."""
    last = deployment.full
    every = deployment.runbook.plan.reports.full
    mark = ReportMark(
        slot_of(deployment, every, now) if every is not None else 0,
        now,
        values(deployment),
        last.values if last is not None else (),
        deployment.gate.recommendation if deployment.gate is not None else "",
    )
    post = Post(
        "report",
        f"report:{subject}",
        subject,
        "top",
        "main",
        words=(("kind", "full"), ("next", following)),
        priority=2,
    )
    return Decision(replace(deployment, full=mark)).ask(post)


def _brief(deployment: Deployment, every: timedelta, now: datetime) -> Decision:
    slot = slot_of(deployment, every, now)
    gate = deployment.gate
    if gate is None or (gate.brief is not None and slot <= gate.brief.slot):
        return Decision(deployment)
    last = gate.brief
    mark = ReportMark(
        slot, now, values(deployment), last.values if last else (), gate.recommendation,
        shape(deployment, last),
    )  # fmt: skip
    marked = Decision(replace(deployment, gate=replace(gate, brief=mark)))
    told = deployment.full is not None and last is not None and deployment.full.at > last.at
    if last is None or told or mark.shape == last.shape:
        return marked
    following = deployment.t0 + every * (slot + 1)
    words = (("kind", "brief"), ("next", following.isoformat()))
    return marked.ask(
        Post("report", f"report:brief:{slot}", f"brief:{slot}", "thread", "main", words=words, priority=2)
    )


def values(deployment: Deployment) -> tuple[tuple[str, float | None], ...]:
    """The canary's values of the last window, by metric."""
    gate = deployment.gate
    if gate is None:
        return ()
    return tuple((s.metric, s.value) for s in gate.samples if s.track == "canary")


def trend(now: float | None, before: float | None) -> str:
    """up, down or flat against the last report; '' when either is missing."""
    if now is None or before is None:
        return ""
    if abs(now - before) <= NOTABLE * max(abs(before), 1e-9) or abs(now - before) < 1e-9:
        return "flat"
    return "up" if now > before else "down"


def shape(deployment: Deployment, last: ReportMark | None) -> str:
    """A digest of all that would make a brief report worth reading: who waits, what is broken, which way it goes."""
    gate = deployment.gate
    parts = [deployment.status.value, str(deployment.weight)]
    parts += [
        f"{step.id}:{step.round}:{step.status}"
        for step in deployment.steps
        if step.status in ("open", "failed")
    ]
    if gate is not None:
        parts += [
            gate.recommendation,
            *(f"{run.label}:{run.streak}:{run.sample.state if run.sample else ''}" for run in gate.rules),
        ]
        before = dict(last.values) if last is not None else {}
        parts += [f"{name}:{trend(value, before.get(name))}" for name, value in values(deployment)]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:8]


def requests(deployment: Deployment) -> float | None:
    """Canary requests since the traffic began, by the first metric that counts them."""
    gate = deployment.gate
    for name, metric in deployment.runbook.plan.metrics.items():
        if gate is not None and metric.kind in ("ratio", "quantile"):
            seen = since_start(deployment.runbook, gate, name, "canary")
            if seen.count is not None:
                return seen.count
    return None
