"""A rollback while it happens and after: why, where it leads, which action is done, what the fresh reads say, and the stopwatch.

A rollback that was refused shows why, and the two buttons of those who may answer.
"""

from __future__ import annotations

from commands.blocks import kit, parts, side
from commands.blocks.kit import Block, Drawn, Element
from commands.buttons import Value, Verb
from commands.telling import Voice
from core.effects import Words
from core.plan.models import MetricCheck, Rollback
from core.rules.proof import banded
from core.rules.stopwatch import stopwatch
from core.state import Deployment, Proof, RollbackRun


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The rollback as it stands."""
    name, run, plan = parts.subject(deployment, voice), deployment.rollback, deployment.runbook.plan.rollback
    if run is None or plan is None:
        said = voice.say("rollback-view.none")
        return kit.drawn(f"{name}: {said}", [kit.section(said)])
    if run.stage == "refused":
        return _refused(deployment, run, plan, voice)
    done = run.verified_at is not None
    why = voice.tell(
        f"rollback.{run.key or 'person'}", {"by": run.by, "reason": run.reason, **dict(run.words)}
    )
    blocks: list[Block] = [
        kit.header(voice.say("rollback-view.done" if done else "rollback-view.title", name=name)),
        kit.section(why),
    ]
    blocks.extend(_leads_to(deployment, run, voice))
    blocks.append(
        kit.section("\n".join([*_actions(run, plan, voice), *_proof(deployment, run, plan, voice)]))
    )
    if run.stage in ("acting", "proving"):
        blocks.append(kit.section(kit.lines(_stopwatch(deployment, run, plan, voice))))
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


def _refused(deployment: Deployment, run: RollbackRun, plan: Rollback, voice: Voice) -> Drawn:
    """Why the traffic stays where it is, and who may say otherwise."""
    name, why = parts.subject(deployment, voice), side.refusal(run, voice)
    asked = voice.tell(
        f"rollback.{run.key or 'person'}", {"by": run.by, "reason": run.reason, **dict(run.words)}
    )
    value = Value(deployment.id)
    blocks: list[Block] = [
        kit.header(voice.say("rollback-view.refused", name=name)),
        kit.section(f"{why}\n{asked}"),
        *_leads_to(deployment, run, voice),
        kit.section(voice.say("rollback-view.ask-refused", who=parts.roles(deployment, plan.by, voice))),
        kit.actions(
            kit.button(voice.say("button.rollback-again"), Verb.ROLLBACK_START, value),
            kit.button(voice.say("button.rollback-anyway"), Verb.ROLLBACK_FORCE, value, style="danger"),
            block_id=kit.block_id("rollback", deployment.id, run.inspection, run.refused),
        ),
        kit.context(voice.say("rollback-view.waits", id=deployment.id)),
    ]
    return kit.drawn(voice.say("rollback-view.sentence-refused", name=name, why=why), blocks)


def _leads_to(deployment: Deployment, run: RollbackRun, voice: Voice) -> list[Block]:
    lines = [*side.targets(deployment, voice), *side.looked(deployment, run, voice)]
    return [kit.section("\n".join(lines))] if lines else []


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
        seen = {(one.metric, one.track): one for one in run.proof}
        lines.extend(
            _metric(deployment, check, seen.get((check.metric, check.track)), voice)
            for check in plan.verify.metrics
            if run.verifying
        )
    if run.last_read_at is not None:
        lines.append(voice.say("rollback-view.last-read", at=voice.when(run.last_read_at)))
    if run.deadline is not None and run.verified_at is None:
        lines.append(voice.say("rollback-view.deadline", at=voice.when(run.deadline)))
    return lines


def _metric(deployment: Deployment, check: MetricCheck, seen: Proof | None, voice: Voice) -> str:
    """One metric of the proof beside its limit, what was normal, and where it is back."""
    proof = seen if seen is not None else banded(deployment, check)
    unit = deployment.runbook.metric(check.metric).unit
    limit = check.below or check.above
    clean = proof.within_limit and proof.within_band is not False
    state = "unknown" if proof.within_limit is None else "yes" if clean else "no"
    shown = {
        "metric": voice.metric(check.metric),
        "value": voice.value(proof.value, unit) + voice.sample(None, proof.count),
        "limit": voice.limit(limit.text if limit is not None else "", "below" if check.below else "above"),
        "state": voice.say(f"rollback-view.proof-{state}"),
    }
    if proof.edge is None or proof.baseline is None:
        return "• " + voice.say("rollback-view.proof", **shown)
    band = {"baseline": voice.value(proof.baseline, unit), "edge": voice.value(proof.edge, unit)}
    return "• " + voice.say("rollback-view.proof-band", **shown, **band)


def _stopwatch(deployment: Deployment, run: RollbackRun, plan: Rollback, voice: Voice) -> list[str]:
    """Detect, decide, act, recover: how long each took and with what it ended; of those that are over."""
    found = dict(stopwatch(deployment))
    by = "rule" if run.key == "rule" and not run.forced_by else "person"
    how = {
        "detect": "by-look" if run.breach_at else "by-call" if run.noticed_at else "by-nobody",
        "decide": f"by-{by}",
        "act": "by-action" if run.acted_at is not None else "",
        "recover": "by-proof" if run.verified_at is not None else "",
    }
    words = {
        "by": voice.person(run.forced_by or run.by),
        "action": voice.action(plan.steps[-1]),
        "reads": plan.verify.reads,
    }
    lines = [
        voice.say(
            f"rollback-view.{span}",
            span=voice.word(f"{span}_s", found.get(f"{span}_s"), {}),
            how=voice.say(f"rollback-view.{ending}", **words),
        )
        for span, ending in how.items()
        if ending
    ]
    return [*lines, parts.stopwatch(found.items(), voice)] if run.verified_at is not None else lines


def _again(deployment: Deployment, voice: Voice) -> Element | None:
    if deployment.status.value != "rolling-back" or not parts.can_roll_back(deployment):
        return None
    return kit.button(
        voice.say("button.rollback-again"), Verb.ROLLBACK_START, Value(deployment.id), style="danger"
    )
