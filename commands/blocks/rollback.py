"""A rollback while it happens and after: why, which action is done, what the fresh reads say, and the stopwatch."""

from __future__ import annotations

from commands.blocks import kit, parts
from commands.blocks.card import can_roll_back
from commands.blocks.kit import Block, Drawn, Element
from commands.buttons import Value, Verb
from commands.telling import Voice
from core.effects import Words
from core.plan.models import Rollback
from core.rules.rollback import stopwatch
from core.state import Deployment, RollbackRun


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The rollback as it stands."""
    name, run, plan = parts.subject(deployment, voice), deployment.rollback, deployment.runbook.plan.rollback
    if run is None or plan is None:
        said = voice.say("rollback-view.none")
        return kit.drawn(f"{name}: {said}", [kit.section(said)])
    done = run.verified_at is not None
    why = voice.tell(
        f"rollback.{run.key or 'person'}", {"by": run.by, "reason": run.reason, **dict(run.words)}
    )
    blocks: list[Block] = [
        kit.header(voice.say("rollback-view.done" if done else "rollback-view.title", name=name)),
        kit.section(why),
        kit.section("\n".join([*_actions(run, plan, voice), *_proof(deployment, run, plan, voice)])),
    ]
    shown = parts.stopwatch(stopwatch(deployment), voice) if done else ""
    if shown:
        blocks.append(kit.section(shown))
    again = _again(deployment, voice)
    if again is not None:
        blocks.append(kit.actions(again, block_id=kit.block_id("rollback", deployment.id, run.round)))
    blocks.append(
        kit.context(
            voice.say("rollback-view.until-proved" if not done else "rollback-view.proved", id=deployment.id)
        )
    )
    key = "rollback-view.sentence-done" if done else "rollback-view.sentence"
    return kit.drawn(voice.say(key, name=name, why=why), blocks)


def _actions(run: RollbackRun, plan: Rollback, voice: Voice) -> list[str]:
    lines = []
    for number, action in enumerate(plan.steps):
        state = (
            "done" if number < run.step else "now" if number == run.step and not run.verifying else "waiting"
        )
        if number >= run.step and run.verifying:
            state = "not-done"
        lines.append(
            voice.say(
                f"rollback-view.step-{state}",
                number=number + 1,
                action=voice.action(action),
                round=run.round + 1,
            )
        )
    return lines


def _proof(deployment: Deployment, run: RollbackRun, plan: Rollback, voice: Voice) -> list[str]:
    weight = voice.say("rollback-view.reads", done=min(run.zero_reads, plan.verify.reads), needed=plan.verify.reads,
                       weight=deployment.weight)  # fmt: skip
    lines = [weight]
    if plan.verify.metrics:
        names = ", ".join(dict.fromkeys(voice.metric(check.metric) for check in plan.verify.metrics))
        clean = run.metrics_clean_at is not None
        lines.append(voice.say("rollback-view.clean" if clean else "rollback-view.not-clean", metrics=names))
    if run.last_read_at is not None:
        lines.append(voice.say("rollback-view.last-read", at=voice.when(run.last_read_at)))
    if run.deadline is not None and run.verified_at is None:
        lines.append(voice.say("rollback-view.deadline", at=voice.when(run.deadline)))
    return lines


def _again(deployment: Deployment, voice: Voice) -> Element | None:
    if deployment.status.value != "rolling-back" or not can_roll_back(deployment):
        return None
    return kit.button(
        voice.say("button.rollback-again"), Verb.ROLLBACK_START, Value(deployment.id), style="danger"
    )
