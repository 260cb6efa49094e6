"""A question to people with its evidence: what is measured, what that recommends, who may answer until when, and what
happens when nobody does. Once it is answered the buttons go and the answer stands there.
"""

from __future__ import annotations

from commands import escape
from commands.blocks import alerts, kit, parts, readiness, weighed
from commands.blocks.kit import Block, Drawn, Element
from commands.buttons import Value, Verb
from commands.telling import Voice
from core.effects import Words
from core.evidence import seen
from core.plan.models import Approval, Decide
from core.report import Summary, summarise
from core.state import Deployment, StepState

SHOWN = 2_000
"""So much of what a run would do stands on the card; the thread has all that was kept."""
VERBS = {
    "go": Verb.DECISION_GO,
    "observe": Verb.DECISION_OBSERVE,
    "no-go": Verb.DECISION_NO_GO,
    "hold": Verb.DECISION_HOLD,
}


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The question `subject` ('STEP:ROUND', or the step alone for its latest round)."""
    step_id, _, number = (
        subject.rpartition(":") if subject.rpartition(":")[2].isdigit() else (subject, "", "")
    )
    step = deployment.step(step_id) or StepState(step_id)
    asked = int(number) if number else step.round
    if asked != step.round:
        return _asked_again(deployment, step, voice)
    body = next((p.body for p in deployment.runbook.route if p.body.id == step_id), None)
    if not isinstance(body, Decide):
        return _asked_again(deployment, step, voice)
    if is_open(deployment, step):
        return _question(deployment, step, body, voice)
    return _answered(deployment, step, voice)


def is_open(deployment: Deployment, step: StepState) -> bool:
    """Whether an answer would still count; after HOLD, and after a default, it does."""
    return step.status == "open" and step.stage_of_work == "" and not deployment.final


def _question(deployment: Deployment, step: StepState, body: Decide, voice: Voice) -> Drawn:
    title, name = voice.text(body.title), parts.subject(deployment, voice)
    summary = summarise(deployment, voice.now or deployment.t0)
    answered = step.answer is not None
    head = voice.say("decision.standing" if answered else "decision.needed", title=title)
    blocks: list[Block] = [kit.header(head)]
    if body.question is not None:
        blocks.append(kit.section(voice.text(body.question, 1_500)))
    if answered:
        blocks.append(kit.section(_answer_line(step, voice)))
    if isinstance(body, Approval):
        blocks.extend(_before_running(step, body, voice))
    blocks.extend(evidence(deployment, summary, voice))
    blocks.extend(readiness.beside_a_question(deployment, voice))
    blocks.append(kit.section(kit.lines(_terms(deployment, step, body, voice))))
    digest = seen(deployment, step.id)
    buttons = choices(deployment, step, body, digest, summary, voice)
    blocks.append(
        kit.actions(*buttons, block_id=kit.block_id("decision", step.id, step.round, digest, step.answer))
    )
    blocks.append(
        kit.context(voice.say("decision.evidence", digest=digest, id=deployment.id, round=step.round))
    )
    recommended = parts.recommendation(summary, voice)
    sentence = voice.say(
        "decision.sentence", name=name, title=title, who=parts.mentioned(deployment, body.by, voice)
    )
    if recommended and deployment.weight > 0:
        said = voice.say("decision.sentence-recommended", recommendation=recommended)
        sentence = f"{sentence} {said} {weighed.head(summary, voice)}".rstrip()
    return kit.drawn(sentence, blocks)


def _before_running(step: StepState, body: Approval, voice: Voice) -> list[Block]:
    """What exactly a run would do: the command or request with its dry run, or why nobody can say."""
    what = voice.say("decision.what", action=voice.action(body.action))
    found = voice.say("decision.shown" if step.tried == "ok" else "decision.unseen")
    return [kit.section(f"{what}\n{found}\n{escape.code(step.evidence, SHOWN)}")]


def evidence(deployment: Deployment, summary: Summary, voice: Voice) -> list[Block]:
    """What is measured and recommended, while there is traffic; before that there is nothing to measure."""
    if deployment.weight == 0 or deployment.gate is None:
        return []
    asked = voice.say("decision.traffic", traffic=parts.traffic(deployment, voice))
    if summary.requests is not None:
        asked = f"{asked} {voice.say('decision.requests', n=f'{summary.requests:,.0f}')}"
    said = kit.lines([parts.recommended(summary, voice), asked, alerts.line(deployment, voice)])
    return [kit.section(said), *parts.metric_table(summary, voice)]


def choices(
    deployment: Deployment, step: StepState, body: Decide, digest: str, summary: Summary, voice: Voice
) -> list[Element]:
    """A button for every option of the plan; GO stands out only where the evidence recommends it."""
    value = Value(deployment.id, step.id, r=step.round, e=digest)
    weighed = deployment.weight > 0 and deployment.gate is not None
    styles = {"no-go": "danger", "go": "primary" if not weighed or summary.recommendation == "GO" else ""}
    title = voice.text(body.title, 60)
    return [
        kit.button(
            voice.say(f"button.{option}"), VERBS[option], value, style=styles.get(option, ""),
            accessible=voice.say("button.answer-of", answer=voice.say(f"answer.{option}"), title=title),
        )
        for option in body.options
    ]  # fmt: skip


def _terms(deployment: Deployment, step: StepState, body: Decide, voice: Voice) -> list[str]:
    lines = [voice.say("decision.who", who=parts.roles(deployment, body.by, voice))]
    if deployment.runbook.plan.four_eyes and deployment.started_by and "go" in body.options:
        lines.append(voice.say("decision.four-eyes", by=voice.person(deployment.started_by)))
    if step.deadline is not None:
        default = voice.say(f"answer.{body.default}")
        lines.append(voice.say("decision.deadline", at=voice.when(step.deadline), default=default))
    if "observe" in body.options:
        left = max(0, body.observe.at_most - step.observed)
        lines.append(voice.say("decision.observe", span=voice.span(body.observe.bake), left=left))
    if isinstance(body, Approval) and body.optional:
        lines.append(voice.say("decision.leaves-out"))
    elif "no-go" in body.options and deployment.weight > 0:
        lines.append(voice.say("decision.no-go"))
    return lines


def _answer_line(step: StepState, voice: Voice) -> str:
    if step.answer is None:
        return voice.say("decision.closed")
    reason = voice.say("phrase.note", note=voice.safe(step.note, 800)) if step.note else ""
    if step.defaulted:
        return voice.say("decision.by-default", answer=voice.say(f"answer.{step.answer}"))
    at = voice.say("phrase.at", at=voice.when(step.closed_at)) if step.closed_at is not None else ""
    return (
        voice.say(
            "decision.answered", answer=voice.say(f"answer.{step.answer}"), by=voice.person(step.by), at=at
        )
        + reason
    )


def _answered(deployment: Deployment, step: StepState, voice: Voice) -> Drawn:
    title = voice.step(step.id)
    answer = (
        voice.say(f"answer.{step.answer}") if step.answer is not None else voice.say("decision.no-answer")
    )
    lines = [_answer_line(step, voice)]
    if step.stage_of_work == "observing":
        lines.append(voice.say("decision.observing", span=voice.span(step.bake_for)))
    blocks = [
        kit.header(voice.say("decision.decided", title=title, answer=answer)),
        kit.section("\n".join(lines)),
    ]
    name = parts.subject(deployment, voice)
    return kit.drawn(voice.say("decision.sentence-answered", name=name, title=title, answer=answer), blocks)


def _asked_again(deployment: Deployment, step: StepState, voice: Voice) -> Drawn:
    title = voice.step(step.id)
    said = voice.say("decision.asked-again", title=title)
    return kit.drawn(f"{parts.subject(deployment, voice)}: {said}", [kit.section(said)])
