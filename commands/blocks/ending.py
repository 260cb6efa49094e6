"""What stands below a verdict: how it went, which plan follows, and what a rollback had to achieve.

It must not know how the criteria are shown.
"""

from __future__ import annotations

from datetime import timedelta

from commands.blocks import kit, parts
from commands.blocks.kit import Block
from commands.buttons import Value, Verb
from commands.telling import Voice
from core.objectives import Objective, objectives
from core.plan.models import Verdict
from core.state import Deployment

WENT = {"success": Verb.WENT_SUCCESS, "partial": Verb.WENT_PARTIAL, "failed": Verb.WENT_FAILED}


def asks_outcome(deployment: Deployment, body: Verdict | None) -> bool:
    """Whether it is still for somebody to say how it went."""
    if (
        body is None
        or not body.outcome
        or ((said := deployment.outcome) is not None and said.word != "failed")
    ):
        return False
    step = deployment.step(body.id)
    judged = (
        step is not None and step.status == "open" and not step.stage_of_work and bool(deployment.criteria)
    )
    return (judged and not deployment.final) or (deployment.final and deployment.outcome is None)


def outcome(deployment: Deployment, body: Verdict | None, voice: Voice) -> list[Block]:
    """What was said of how it went, or the three buttons."""
    said = deployment.outcome
    blocks: list[Block] = []
    if said is not None:
        words = {"outcome": said.word, "by": said.by, "reason": said.reason}
        blocks.append(kit.section(_said(words, voice.when(said.at), voice)))
    if body is None or not asks_outcome(deployment, body):
        return blocks
    value = Value(deployment.id, body.id)
    return [
        *blocks,
        kit.section(voice.say("verdict-view.who-says", who=parts.roles(deployment, body.by, voice))),
        kit.actions(
            *(kit.button(voice.say(f"button.went-{word}"), verb, value) for word, verb in WENT.items()),
            block_id=kit.block_id("went", deployment.id, deployment.status.value, said),
        ),
    ]


def _said(words: dict[str, str], at: str, voice: Voice) -> str:
    reasoned = voice.say("phrase.reason", reason=voice.safe(words["reason"], 800)) if words["reason"] else ""
    return voice.say(
        "went.said",
        outcome=voice.say(f"went.{words['outcome']}"),
        by=voice.person(words["by"]),
        at=at,
        reasoned=reasoned,
    )


def follow_on(deployment: Deployment, body: Verdict | None, voice: Voice) -> list[Block]:
    """After GO: the plan that follows, and the button that begins it."""
    if body is None or body.on_go is None or deployment.status.value != "done" or deployment.verdict != "GO":
        return []
    plan = body.on_go.plan
    button = kit.button(voice.say("button.follow", plan=plan), Verb.FOLLOW_ON, Value(deployment.id))
    return [
        kit.section(voice.say("follow.offer", plan=plan)),
        kit.actions(button, block_id=kit.block_id("follow", deployment.id, plan)),
    ]


def took_of(one: Objective, voice: Voice) -> str:
    """What it took, or how much was lost; '' while it is not known."""
    if one.took_s is None:
        return ""
    lost_nothing = one.name == "rpo" and one.took_s == 0
    return voice.say("word.none") if lost_nothing else voice.span(timedelta(seconds=one.took_s))


def achieved(deployment: Deployment, voice: Voice) -> list[Block]:
    """The objectives of the rollback, each as Pass or FAIL, and the button for what only a person knows."""
    found = objectives(deployment)
    if not found:
        return []
    lines = [voice.say("objective.title")]
    for one in found:
        verdict = "unknown" if one.met is None else "pass" if one.met else "fail"
        took = took_of(one, voice) or voice.say("objective.nothing")
        state = voice.say(f"objective.{verdict}")
        lines.append(voice.say(f"objective.{one.name}", took=took, limit=voice.span(one.limit), state=state))
    blocks: list[Block] = [kit.section("\n".join(lines))]
    if deployment.status.value == "rolled-back" and any(one.name == "rpo" for one in found):
        button = kit.button(voice.say("button.loss"), Verb.LOSS_SAY, Value(deployment.id))
        blocks.append(kit.actions(button, block_id=kit.block_id("loss", deployment.id, deployment.loss)))
    return blocks
