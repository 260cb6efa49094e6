"""What is only tried out: whether an action is a dry run, the dry run of the way back that a person asks for, and what else
is different in a rehearsal.

A dry run is a read: it may be made whenever the deployment is under way, and nothing waits for it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.effects import Effect, LookBack, Post, Run
from core.errors import Refused
from core.inputs import DryRunAsked, EffectFailed, Ran, Reviewed
from core.plan.rehearsed import is_replaced
from core.roles import require_any_role
from core.rules.params import back_params
from core.state import Deployment, DryRun

PREFIX = "dry:"
"""How the refs of a dry run of the way back begin."""
REVIEW = "review"
"""The ref of the look back at the end of a rehearsal."""


def is_dry(deployment: Deployment, action: str) -> bool:
    """Whether this deployment only tries an action out: in a rehearsal, every action that would change something, but for those
    upon what the plan names for rehearsals."""
    deed = deployment.runbook.action(action)
    return deployment.rehearsal and deed.changes and not is_replaced(deployment.runbook.plan, deed)


def is_blind(deployment: Deployment) -> bool:
    """Whether traffic is only tried out: then there is no canary to see, and that it is not seen is no reason to stand still."""
    traffic = deployment.runbook.plan.traffic
    return traffic is not None and is_dry(deployment, traffic.set)


def rings(deployment: Deployment) -> bool:
    """Whether people are mentioned and written to. In a rehearsal only if that was asked for, so that nobody is woken by one."""
    return not deployment.rehearsal or deployment.rehearsing.mentions


def hushed(deployment: Deployment, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """What is said, without mentions where nobody is to be woken."""
    if rings(deployment):
        return effects
    return tuple(replace(effect, people=()) if isinstance(effect, Post) else effect for effect in effects)


def ended(before: Deployment, after: Deployment) -> Decision:
    """A rehearsal that is over is looked back upon."""
    if not after.rehearsal or before.final or not after.final:
        return Decision(after)
    return Decision(after).ask(LookBack(REVIEW))


def reviewed(deployment: Deployment, happened: Reviewed, now: datetime) -> Decision:
    """What the rehearsal found out: kept, and told once."""
    if not deployment.rehearsal or not deployment.final or deployment.rehearsing.review is not None:
        return Decision(deployment)
    kept = replace(deployment, rehearsing=replace(deployment.rehearsing, review=happened.review))
    return Decision(kept).fact("reviewed").ask(Post("rehearsal", "rehearsal", "", "top", "main", priority=2))


def asked(deployment: Deployment, happened: DryRunAsked, now: datetime) -> Decision:
    """Every action of the way back, tried out; what each would change comes as a line of the thread. The newest asking counts."""
    plan = deployment.runbook.plan.rollback
    if plan is None:
        raise Refused("no-rollback-in-plan")
    require_any_role(deployment, happened.by, "dry-run")
    attempt = (deployment.dry.round if deployment.dry is not None else 0) + 1
    effects = tuple(
        Run(f"{PREFIX}{number}:{attempt}", action, back_params(deployment), dry=True)
        for number, action in enumerate(plan.steps)
    )
    asking = DryRun(happened.by, attempt, now, tuple(effect.ref for effect in effects))
    decision = Decision(replace(deployment, dry=asking)).fact(
        "dry-run-asked", by=happened.by, steps=len(effects)
    )
    return decision.ask(*effects)


def answered(deployment: Deployment, happened: Ran | EffectFailed, now: datetime) -> Decision:
    """What one action would change, or why nobody can say."""
    dry, plan = deployment.dry, deployment.runbook.plan.rollback
    if dry is None or plan is None or happened.ref not in dry.outstanding:
        return Decision(deployment)
    number = int(happened.ref.split(":")[1])
    action = plan.steps[number]
    rest = tuple(ref for ref in dry.outstanding if ref != happened.ref)
    decision = Decision(replace(deployment, dry=replace(dry, outstanding=rest)))
    if isinstance(happened, Ran) and happened.ok:
        return decision.fact("dry-ran", number=number + 1, action=action, evidence=happened.evidence)
    why = happened.evidence if isinstance(happened, Ran) else happened.reason
    return decision.fact("dry-failed", number=number + 1, action=action, evidence=why)
