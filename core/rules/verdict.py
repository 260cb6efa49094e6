"""The end: every criterion with its evidence, GO by itself when all is met, else HOLD or a proposal to roll back, which people
settle; and how it went, as a person says it.

It must not know how a criterion is judged (`core.criteria`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from core.criteria import Stretches, judge
from core.decision import Decision
from core.effects import STRETCH, Backfill, Post
from core.endings import Outcome
from core.errors import Refused
from core.inputs import Backfilled
from core.plan.models import Criterion, MetricCriterion, Verdict
from core.roles import holders_of, require
from core.rules import escalation, holding
from core.sayings import OutcomeSaid
from core.state import FINAL, Deployment, Status, StepState
from core.stretch import moments, seen_over

MEASURING: Final = "measuring"


def body_of(deployment: Deployment) -> Verdict | None:
    """The final verdict of the plan, or None."""
    return next((p.body for p in deployment.runbook.route if isinstance(p.body, Verdict)), None)


def criteria_of(body: Verdict) -> Iterator[tuple[str, Criterion]]:
    """Every criterion with its key: '0', 'optional/0', 'serious/0'."""
    yield from ((str(number), one) for number, one in enumerate(body.required))
    optional = body.optional.of if body.optional is not None else ()
    yield from ((f"optional/{number}", one) for number, one in enumerate(optional))
    yield from ((f"serious/{number}", one) for number, one in enumerate(body.serious))


def proposes_rollback(deployment: Deployment) -> bool:
    """Whether something serious is known not to be met."""
    return any(key.startswith("serious/") and met is False for key, met, _ in deployment.criteria)


def opened(deployment: Deployment, body: Verdict, now: datetime) -> Decision:
    """Judges every criterion; first asks for the past of those that are judged over a stretch of time."""
    step = _step(deployment, body)
    begun = replace(step, status="open", opened_at=now, round=step.round + 1)
    wanted = _stretches(body)
    if not wanted:
        return _judged(deployment.with_step(begun), body, {}, now)
    measuring = deployment.with_step(replace(begun, stage_of_work=MEASURING))
    metrics = tuple(dict.fromkeys(one.metric for one in wanted))
    asked = sorted({moment for one in wanted if one.over is not None for moment in moments(one.over, now)})
    return Decision(measuring).ask(Backfill(ref_of(begun), metrics, tuple(asked)))


def ref_of(step: StepState) -> str:
    """The ref under which the past of a verdict's metrics is asked for."""
    return f"{STRETCH}{step.id}:{step.round}"


def _stretches(body: Verdict) -> tuple[MetricCriterion, ...]:
    metrics = (one.metric for _, one in criteria_of(body) if one.metric is not None)
    return tuple(one for one in metrics if one.over is not None)


def looked_back(deployment: Deployment, happened: Backfilled, now: datetime) -> Decision:
    """The past of the metrics has come, or nobody has it. While the deployment stands still nothing is judged: it is asked again."""
    body = body_of(deployment)
    step = deployment.step(body.id) if body is not None else None
    if body is None or step is None or step.stage_of_work != MEASURING or happened.ref != ref_of(step):
        return Decision(deployment)
    over = replace(step, stage_of_work="")
    if deployment.status is not Status.RUNNING:
        return Decision(deployment.with_step(replace(over, status="waiting")))
    found = {
        one: seen_over(deployment.runbook.metric(one.metric), one, happened.looks, step.opened_at or now)
        for one in _stretches(body)
    }
    return _judged(deployment.with_step(over), body, found, now)


def _judged(deployment: Deployment, body: Verdict, stretches: Stretches, now: datetime) -> Decision:
    judged = tuple((key, *judge(deployment, one, stretches)) for key, one in criteria_of(body))
    judged += tuple((f"risk/{risk.id}", False, risk.reason) for risk in deployment.risks)
    met = _enough(body, judged)
    shown = replace(deployment, criteria=judged, verdict="GO" if met else "HOLD")
    if met:
        return (
            _ask_outcome(shown, body)
            if body.outcome and deployment.outcome is None
            else _over(shown, body, now)
        )
    key = "verdict-serious" if proposes_rollback(shown) else "verdict"
    unmet = sum(not ok for name, ok, _ in judged if not name.startswith("optional/"))
    words = (("step", body.id), ("unmet", unmet or _lacking(body, judged)))
    decision = holding.hold(shown, "verdict", "bot", key, words, now, ref=body.id)
    decision = decision.ask(
        Post("verdict", "verdict", "", "top", "main", holders_of(shown, body.by), priority=1)
    )
    return decision.then(lambda d: escalation.call(d, f"verdict:{body.id}", key, words, now))


def _enough(body: Verdict, judged: tuple[tuple[str, bool | None, str], ...]) -> bool:
    """Everything that must be met is, and enough of what may be."""
    must = all(ok for key, ok, _ in judged if not key.startswith("optional/"))
    return must and _lacking(body, judged) == 0


def _lacking(body: Verdict, judged: tuple[tuple[str, bool | None, str], ...]) -> int:
    """So many of the optional criteria are missing to what is enough."""
    if body.optional is None:
        return 0
    met = sum(ok is True for key, ok, _ in judged if key.startswith("optional/"))
    return max(0, body.optional.at_least - met)


def _ask_outcome(deployment: Deployment, body: Verdict) -> Decision:
    """All is met; how it went is for a person to say, and until then it is not over."""
    people = holders_of(deployment, body.by)
    asked = Decision(deployment).note("outcome-asked", step=body.id)
    return asked.ask(Post("verdict", "verdict", "", "top", "main", people, priority=1))


def tick(deployment: Deployment, body: Verdict, now: datetime) -> Decision:
    """A person has settled it, and said how it went where the plan wants that."""
    step = deployment.step(body.id)
    if step is None or step.status != "open" or step.stage_of_work or deployment.status in FINAL:
        return Decision(deployment)
    if step.answer != "go" and deployment.verdict != "GO":
        return Decision(deployment)
    said = deployment.outcome
    if body.outcome and (said is None or (said.word == "failed" and step.answer != "go")):
        return Decision(deployment)
    return _over(deployment, body, now)


def ended(deployment: Deployment, now: datetime) -> Decision:
    """A plan without a verdict is done when its last step is."""
    if deployment.status is not Status.RUNNING or not all(step.settled for step in deployment.steps):
        return Decision(deployment)
    over = replace(deployment, status=Status.DONE, verdict="GO", ended_at=now)
    decision = Decision(over).fact("verdict-go", by="bot", criteria=0)
    decision = decision.then(lambda d: escalation.close_all(d, now))
    return decision.ask(Post("verdict", "verdict", "", "top", "main", priority=1))


def _over(deployment: Deployment, body: Verdict, now: datetime) -> Decision:
    step = _step(deployment, body)
    done = deployment.with_step(replace(step, status="done", closed_at=now))
    ended = replace(done, status=Status.DONE, verdict="GO", hold=None, ended_at=now)
    decision = Decision(ended).fact("verdict-go", by=step.by or "bot", criteria=len(deployment.criteria))
    decision = decision.then(lambda d: escalation.close_all(d, now))
    return decision.ask(Post("verdict", "verdict", "", "top", "main", priority=1))


def _step(deployment: Deployment, body: Verdict) -> StepState:
    step = deployment.step(body.id)
    assert step is not None  # noqa: S101  # every step of the route has a state
    return step


# ------------------------------------------------------------------------------------------------------- the outcome


def outcome_said(deployment: Deployment, happened: OutcomeSaid, now: datetime) -> Decision:
    """Success, partial or failed, by somebody who settles the verdict: once the criteria have been judged, or after the end.

    It settles no HOLD. What has failed does not end as GO: people take it back, or say GO with a reason all the same."""
    body = body_of(deployment)
    if body is None or not body.outcome:
        raise Refused("no-outcome-in-plan")
    require(deployment, happened.by, body.by, "outcome")
    step = deployment.step(body.id)
    waits = step is not None and step.status == "open" and not step.stage_of_work
    if not waits and not deployment.final:
        raise Refused("step-not-open", step=body.id)
    said = deployment.outcome
    if said is not None and (deployment.final or said.word == happened.outcome):
        raise Refused("outcome-said", outcome=said.word, by=said.by)
    if not happened.reason.strip():
        raise Refused("reason-required", act="outcome")
    kept = replace(deployment, outcome=Outcome(happened.outcome, happened.by, now, happened.reason))
    decision = Decision(kept).fact(
        "outcome-said", by=happened.by, outcome=happened.outcome, reason=happened.reason
    )
    if deployment.final or step is None:
        return decision
    held = deployment.hold
    if happened.outcome == "failed":
        asked_again = decision.deployment.with_step(replace(step, answer=None))
        decision = replace(decision, deployment=asked_again)
        words = (("step", body.id), ("by", happened.by), ("reason", happened.reason))
        return decision.then(
            lambda d: holding.hold(d, "verdict", happened.by, "outcome-failed", words, now, ref=body.id)
        )
    if held is not None and held.key == "outcome-failed":
        return replace(decision, deployment=holding.release(decision.deployment, now))
    return decision
