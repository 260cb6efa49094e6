"""How it ended, or why it cannot end by itself: every criterion with its evidence, and who settles a HOLD."""

from __future__ import annotations

from commands.blocks import criteria, ending, kit, parts
from commands.blocks.kit import Block, Drawn
from commands.buttons import Value, Verb
from commands.telling import Voice
from core.effects import Words
from core.plan.models import Verdict
from core.rules.rollback import stopwatch
from core.rules.verdict import body_of, criteria_of, proposes_rollback
from core.state import Deployment

MOST = 40


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The final verdict as it stands."""
    name, body = parts.subject(deployment, voice), body_of(deployment)
    verdict = _shown(deployment, body)
    blocks: list[Block] = [
        kit.header(voice.say(f"verdict-view.title-{verdict}", name=name)),
        kit.section(voice.say(f"verdict-view.{verdict}")),
        *_criteria(deployment, body, voice),
    ]
    if deployment.rollback is not None:
        run = deployment.rollback
        why = voice.tell(
            f"rollback.{run.key or 'person'}", {"by": run.by, "reason": run.reason, **dict(run.words)}
        )
        blocks.append(kit.section(kit.lines([why, parts.stopwatch(stopwatch(deployment), voice)])))
        blocks.extend(ending.achieved(deployment, voice))
    blocks.extend(_what_next(deployment, body, voice))
    blocks.extend(ending.outcome(deployment, body, voice))
    blocks.extend(ending.follow_on(deployment, body, voice))
    blocks.append(kit.section(voice.say("verdict-view.record", id=deployment.id)))
    blocks.append(kit.context(_small_print(deployment, voice)))
    return kit.drawn(voice.say(f"verdict-view.sentence-{verdict}", name=name), blocks)


def _shown(deployment: Deployment, body: Verdict | None) -> str:
    """Which of its faces the verdict has."""
    failed = deployment.outcome is not None and deployment.outcome.word == "failed"
    if not deployment.final and deployment.verdict == "GO" and body is not None:
        return "hold" if failed else "asked"
    if not deployment.final and proposes_rollback(deployment):
        return "serious"
    return deployment.verdict.lower() or "hold"


def _criteria(deployment: Deployment, body: Verdict | None, voice: Voice) -> list[Block]:
    """Every criterion with its evidence: the required ones, the optional, the serious, and risks that stand."""
    known = dict(criteria_of(body)) if body is not None else {}
    groups: dict[str, list[str]] = {"required": [], "optional": [], "serious": [], "risk": []}
    for key, met, evidence in deployment.criteria[:MOST]:
        group, _, name = key.rpartition("/")
        if group == "risk":
            said = voice.safe(evidence, 200)
            groups["risk"].append(f"• {voice.risk(name)}: {said}")
        elif key in known:
            groups[group or "required"].append(criteria.line(known[key], met, evidence, voice))
    blocks = []
    only_required = not (groups["optional"] or groups["serious"] or groups["risk"])
    for group, lines in groups.items():
        if lines:
            heads = [] if only_required else [_head(deployment, body, group, voice)]
            blocks.append(kit.section("\n".join([*heads, *lines])))
    if len(deployment.criteria) > MOST:
        blocks.append(kit.context(voice.say("word.more", n=len(deployment.criteria) - MOST)))
    return blocks


def _head(deployment: Deployment, body: Verdict | None, group: str, voice: Voice) -> str:
    if group != "optional" or body is None or body.optional is None:
        keys = {"required": "criterion.required", "serious": "criterion.serious"}
        return voice.say(keys.get(group, "criterion.risks"))
    met = sum(ok is True for key, ok, _ in deployment.criteria if key.startswith("optional/"))
    return voice.say("criterion.optional", met=met, all=len(body.optional.of), least=body.optional.at_least)


def _what_next(deployment: Deployment, body: Verdict | None, voice: Voice) -> list[Block]:
    step = deployment.step(body.id) if body is not None else None
    settles = deployment.verdict != "GO" or (
        deployment.outcome is not None and deployment.outcome.word == "failed"
    )
    if body is not None and step is not None and step.status == "open" and settles and not deployment.final:
        value = Value(deployment.id, step.id, r=step.round)
        return [
            kit.section(voice.say("verdict-view.who", who=parts.roles(deployment, body.by, voice))),
            kit.actions(
                kit.button(voice.say("button.go-with-reason"), Verb.DECISION_GO, value),
                kit.button(voice.say("button.no-go"), Verb.DECISION_NO_GO, value, style="danger"),
                block_id=kit.block_id("verdict", step.id, step.round),
            ),
        ]
    if deployment.locked:
        button = kit.button(voice.say("button.unlock"), Verb.UNLOCK, Value(deployment.id))
        who = parts.roles(deployment, deployment.runbook.plan.starters, voice)
        return [
            kit.section(voice.say("verdict-view.locked", service=deployment.runbook.plan.service, who=who)),
            kit.actions(button, block_id=kit.block_id("unlock", deployment.id)),
        ]
    return []


def _small_print(deployment: Deployment, voice: Voice) -> str:
    ended = (
        voice.say("card.ended", at=voice.when(deployment.ended_at)) if deployment.ended_at is not None else ""
    )
    return " · ".join(part for part in (deployment.id, ended) if part)
