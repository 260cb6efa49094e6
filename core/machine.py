"""The one table: what may happen in which status, and the rule that says what follows. docs/states.md is generated from it.

What has no row is refused with a reason and changes nothing. After the rule, the deployment settles: whatever follows by
itself (a gate that is due, a step whose time has come) is applied to a fixed point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.decision import Decision
from core.effects import Post
from core.errors import Refused
from core.inputs import Input, Tick
from core.redraw import redraws
from core.rules import (
    answering,
    begin,
    checklist,
    duty,
    escalation,
    gate,
    holding,
    incidents,
    loss,
    proof,
    readiness,
    rehearsing,
    remedies,
    reminders,
    reports,
    rescheduling,
    rollback,
    route,
    signoff,
    targets,
    verdict,
    walking,
    work,
)
from core.rules import decide as questions
from core.state import FINAL, Deployment, Status

RULES_VERSION = 2
"""Raised when the same inputs may lead to another state; replay holds within one version."""
FIXED_POINT = 200
"""More follow-ups than this in one decision is a fault of the rules, not of the plan."""

Rule = Callable[[Deployment, Any, datetime], Decision]


def nothing(deployment: Deployment, happened: object, now: datetime) -> Decision:
    """An answer that came after the end: it is written down and changes nothing."""
    return Decision(deployment)


def ticked(deployment: Deployment, happened: Tick, now: datetime) -> Decision:
    """Time has passed; what follows is found by settling."""
    return Decision(deployment)


# ----------------------------------------------------------------------------------------------------------- the table

_GOING = (Status.RUNNING, Status.HELD)
_ANSWERS: dict[str, Rule] = {
    "measured": answering.measured,
    "checked": answering.checked,
    "ran": answering.ran,
    "weight-read": answering.weight_read,
    "recorded": targets.recorded,
    "backfilled": answering.backfilled,
    "reviewed": rehearsing.reviewed,
    "posted": escalation.posted,
    "effect-failed": answering.failed,
}


def _rows() -> dict[tuple[Status, str], Rule]:
    rows: dict[tuple[Status, str], Rule] = {(Status.NEW, "started"): begin.started}
    for status in (*_GOING, Status.ROLLING_BACK):
        back = status is Status.ROLLING_BACK
        rows |= {
            (status, kind): answering.on_the_way_back if back else rule for kind, rule in _ANSWERS.items()
        }
        rows[status, "tick"] = ticked
        rows[status, "returned"] = begin.returned
        rows[status, "acknowledged"] = escalation.acknowledged
        rows[status, "assigned"] = duty.assigned
        rows[status, "item-marked"] = checklist.marked
        rows[status, "rollback-asked"] = rollback.asked
        rows[status, "dry-run-asked"] = rehearsing.asked
        rows[status, "incident-declared"] = incidents.declared
        rows[status, "incident-marked"] = incidents.marked
        rows[status, "incident-closed"] = incidents.closed
        rows[status, "next-try-set"] = incidents.next_try
    for status in _GOING:
        rows[status, "signed-off"] = signoff.signed
        rows[status, "decided"] = questions.decided
        rows[status, "paused"] = holding.paused
        rows[status, "resumed"] = holding.resumed
        rows[status, "aborted"] = holding.aborted
        rows[status, "outcome-settled"] = work.settled
        rows[status, "risk-said"] = readiness.risk_said
        rows[status, "board-asked"] = readiness.board_asked
        rows[status, "missed-settled"] = begin.missed_settled
        rows[status, "rescheduled"] = rescheduling.rescheduled
        rows[status, "incident-asked"] = remedies.asked_now
        rows[status, "incident-answered"] = remedies.answered
    for status in (Status.ROLLED_BACK, Status.DONE, Status.ABORTED):
        rows |= {(status, kind): nothing for kind in (*_ANSWERS, "tick", "returned")}
        rows[status, "reviewed"] = rehearsing.reviewed
        rows |= {(status, kind): answering.after_the_end for kind in ("ran", "effect-failed")}
    rows[Status.ROLLED_BACK, "item-marked"] = checklist.marked
    rows[Status.ROLLED_BACK, "checked"] = checklist.checked
    rows |= {(status, "outcome-said"): verdict.outcome_said for status in (*_GOING, *FINAL)}
    rows[Status.ROLLED_BACK, "loss-said"] = loss.said
    rows[Status.ROLLED_BACK, "unlocked"] = begin.unlocked
    rows[Status.ROLLED_BACK, "incident-marked"] = incidents.marked
    rows[Status.ROLLED_BACK, "incident-closed"] = incidents.closed
    rows[Status.ROLLED_BACK, "next-try-set"] = incidents.next_try
    return rows


TRANSITIONS: dict[tuple[Status, str], Rule] = _rows()


def apply_rule(deployment: Deployment, happened: Input, now: datetime) -> Decision:
    """One input, without settling; raises Refused for what has no row."""
    rule = TRANSITIONS.get((deployment.status, happened.kind))
    if rule is None:
        raise Refused("not-in-this-status", status=deployment.status.value, act=happened.kind)
    return rule(deployment, happened, now)


def settle(deployment: Deployment, now: datetime) -> Decision:
    """Everything that follows by itself at this moment, to a fixed point."""
    decision = Decision(deployment)
    for _ in range(FIXED_POINT):
        before = decision.deployment
        for follow in _FOLLOWS:
            decision = decision.followed(follow(decision.deployment, now))
        if decision.deployment is before or decision.deployment == before:
            return decision
    raise AssertionError("the rules did not settle")


def _stale(deployment: Deployment, now: datetime) -> Decision:
    return signoff.stale(deployment)


def _ask_again(deployment: Deployment, now: datetime) -> Decision:
    return work.ask_again(deployment)


_FOLLOWS: tuple[Callable[[Deployment, datetime], Decision], ...] = (
    gate.due,
    proof.tick,
    route.time_passes,
    _stale,
    _ask_again,
    route.advance,
    reminders.tick,
    signoff.tick,
    walking.tick,
    duty.tick,
    escalation.tick,
    reports.tick,
)
"""What may follow by itself, in this order, again and again until nothing does."""


def decide(deployment: Deployment, happened: Input, now: datetime) -> Decision:
    """What follows when `happened` comes to `deployment` at plan time `now`. Raises Refused; then nothing has changed.

    The decision holds the new value settled, what is now true, and the effects: the rules' own, a thread line for every
    fact that is not quiet, and a redraw of every message that looks different.
    """
    today = duty.turn(deployment, now) if _lives(deployment) else Decision(deployment)
    decision = today.followed(apply_rule(today.deployment, happened, now))
    if _lives(decision.deployment):
        decision = decision.followed(settle(decision.deployment, now))
    decision = decision.followed(incidents.over(deployment, decision.deployment, now))
    decision = decision.followed(rehearsing.ended(deployment, decision.deployment))
    after = decision.deployment
    log = tuple(
        Post("log", words=(("fact", fact.key), *fact.words)) for fact in decision.facts if not fact.quiet
    )
    effects = (*decision.effects, *log, *redraws(deployment, after))
    return Decision(after, decision.facts, rehearsing.hushed(after, effects), decision.cancels_world)


def _lives(deployment: Deployment) -> bool:
    return not deployment.final and deployment.status is not Status.NEW


# ---------------------------------------------------------------------------------------------------------- the waking


def wake_at(deployment: Deployment) -> datetime | None:
    """The next plan time at which time itself matters, apart from the gate's next look. None: only an input moves it."""
    if deployment.final or deployment.status is Status.NEW:
        return None
    moments = [
        page.deadline for page in deployment.pages if page.deadline is not None and page.closed_at is None
    ]
    moments.extend(
        moment
        for moment in (
            route.next_moment(deployment),
            walking.next_moment(deployment),
            duty.next_moment(deployment),
        )
        if moment is not None
    )
    run = deployment.rollback
    if deployment.status is Status.ROLLING_BACK and run is not None:
        moments.extend(
            moment
            for moment in (run.deadline, run.next_at if not run.outstanding else None)
            if moment is not None
        )
    looking = deployment.gate is not None and deployment.gate.busy
    if reports.running(deployment) and not looking:
        plan = deployment.runbook.plan.reports
        for every, mark in (
            (plan.brief, deployment.gate.brief if deployment.gate else None),
            (plan.full, deployment.full),
        ):
            if every is not None:
                moments.append(reports.next_slot(deployment, every, mark))
    return min(moments, default=None)


def gate_wake_at(deployment: Deployment) -> datetime | None:
    """The gate's next look, or None while one is under way or nothing is looked at; while what was missed is filled in, the end
    of patience with that."""
    gate_run = deployment.gate
    if gate_run is None or gate_run.pending or deployment.status not in _GOING:
        return None
    return gate_run.filling_until if gate_run.filling else gate_run.next_look


def is_quiet(before: Deployment, decision: Decision) -> bool:
    """Only the hot state of the gate changed and nothing became true: no journal row is needed."""
    return not decision.facts and replace(decision.deployment, gate=before.gate) == before


def describe() -> str:
    """The table as Markdown, for docs/states.md."""
    statuses = list(Status)
    kinds = sorted({kind for _, kind in TRANSITIONS})
    lines = [
        "| input | " + " | ".join(status.value for status in statuses) + " |",
        "|---" * (len(statuses) + 1) + "|",
    ]
    for kind in kinds:
        cells = [_cell(TRANSITIONS.get((status, kind))) for status in statuses]
        lines.append(f"| `{kind}` | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(rule: Rule | None) -> str:
    if rule is None:
        return "refused"
    return "kept, no change" if rule is nothing else f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}"
