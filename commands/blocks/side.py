"""Where a rollback leads, in words: what was recorded before the first change, what the checks of that side say, why it was refused.

It must not know where its lines are shown.
"""

from __future__ import annotations

from commands.telling import Voice
from core.rules.targets import health_of
from core.state import Deployment, RollbackRun

SHOWN = 5


def targets(deployment: Deployment, voice: Voice, key: str = "rollback-view.target") -> list[str]:
    """What the actions of the way back would go back to, a line each; nothing where none needs a target."""
    return [
        voice.say(
            key,
            action=voice.action(target.action),
            what=voice.safe(target.what, 200),
            health=voice.say(f"health.{health_of(target)}"),
            at=voice.when(target.at),
        )
        for target in deployment.targets[:SHOWN]
    ]


def missing(deployment: Deployment, voice: Voice) -> list[str]:
    """Actions that ought to have a target and have none."""
    return [
        voice.say("window.rollback-no-target", action=voice.action(action), reason=voice.safe(why, 200))
        for action, why in deployment.recording.missing[:SHOWN]
    ]


def looked(deployment: Deployment, run: RollbackRun, voice: Voice) -> list[str]:
    """How far the look at that side is, and what it has shown."""
    plan = deployment.runbook.plan.rollback
    lines = []
    if run.stage == "inspecting" and plan is not None:
        lines.append(
            voice.say(
                "rollback-view.inspecting", done=len(run.side), all=max(len(plan.healthy), len(run.side))
            )
        )
    lines.extend(
        voice.say(
            "rollback-view.side",
            evidence=voice.evidence(one.evidence, 200),
            health=voice.say(f"health.{one.health}"),
        )
        for one in run.side[:SHOWN]
    )
    if run.forced_by:
        lines.append(voice.tell("rollback-view.forced", {"by": run.forced_by, "reason": run.forced}))
    return lines


def refusal(run: RollbackRun, voice: Voice) -> str:
    """Why it was refused, as a sentence; '' when it was not."""
    return voice.tell(f"page.{run.refused}", run.refused_words) if run.refused else ""
