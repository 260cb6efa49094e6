"""The question an incident ends in: what its steps showed, what the measured values suggest, who may answer until when, and
what each answer does. Once it is answered the buttons go and the answer stands there.
"""

from __future__ import annotations

from commands.blocks import decision, incident, kit, parts
from commands.blocks.kit import Block, Drawn, Element
from commands.buttons import Value, Verb
from commands.telling import Voice
from core.effects import Words
from core.incidents import Incident
from core.plan.models import Playbook, PlaybookDecide
from core.report import summarise
from core.state import Deployment
from core.suggesting import Weighed, suggestion, weighed

VERBS = {
    "watch": Verb.INCIDENT_WATCH,
    "hot-fix": Verb.INCIDENT_HOT_FIX,
    "scale-out": Verb.INCIDENT_SCALE_OUT,
    "restart": Verb.INCIDENT_RESTART,
    "roll-back": Verb.INCIDENT_ROLL_BACK,
}


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The question `subject` ('NUMBER:ROUND')."""
    number, _, asked = subject.partition(":")
    found = incident.of(deployment, number)
    if found is None or found[1].decide is None:
        said = voice.say("incident.gone")
        return kit.drawn(said, [kit.section(said)])
    one, playbook = found
    if asked.isdigit() and int(asked) != one.round:
        said = voice.say("remedy-view.asked-again", title=voice.text(playbook.title))
        return kit.drawn(f"{parts.subject(deployment, voice)}: {said}", [kit.section(said)])
    if one.stage == "asking" and not deployment.final:
        return _question(deployment, one, playbook, found[1].decide, voice)
    return _answered(deployment, one, playbook, voice)


def _question(
    deployment: Deployment, one: Incident, playbook: Playbook, asked: PlaybookDecide, voice: Voice
) -> Drawn:
    name, title = parts.subject(deployment, voice), voice.text(playbook.title, 120)
    now = voice.now or one.opened_at
    bands = weighed(deployment, one, now)
    blocks: list[Block] = [
        kit.header(voice.say("remedy-view.title", title=title)),
        kit.section(kit.lines(_shown(deployment, one, playbook, voice))),
    ]
    if bands:
        blocks.append(kit.section(kit.lines(_suggested(deployment, bands, voice))))
    blocks.extend(decision.evidence(deployment, summarise(deployment, now), voice))
    blocks.append(kit.section(kit.lines(_terms(deployment, one, playbook, asked, voice))))
    name_of = kit.block_id("remedy", f"{one.number}", one.round, deployment.weight)
    blocks.append(kit.actions(*_choices(deployment, one, playbook, asked, bands, voice), block_id=name_of))
    blocks.append(
        kit.context(voice.say("remedy-view.meaning", id=deployment.id, number=one.number, round=one.round))
    )
    who = parts.mentioned(deployment, asked.by, voice)
    return kit.drawn(voice.say("remedy-view.sentence", name=name, title=title, who=who), blocks)


def _shown(deployment: Deployment, one: Incident, playbook: Playbook, voice: Voice) -> list[str]:
    left = [
        voice.text(step.text, 80)
        for step, todo in zip(playbook.steps, one.todos, strict=True)
        if todo.mark == "open"
    ]
    lines = [voice.say("remedy-view.steps", **incident.counted(one))]
    if left:
        more = [voice.say("word.more", n=len(left) - 5)] if len(left) > 5 else []
        lines.append(voice.say("remedy-view.left", steps="; ".join([*left[:5], *more])))
    if one.round > 1 and one.answer:
        lines.append(voice.say("remedy-view.again", n=one.round, remedy=voice.remedy(one.answer)))
    if one.failed:
        why = voice.safe(one.failed, 300)
        lines.append(voice.say("remedy-view.failed", remedy=voice.remedy(one.answer), why=why))
    elif one.outcome:
        told = voice.safe(one.outcome, 300)
        lines.append(voice.say("remedy-view.outcome", remedy=voice.remedy(one.answer), evidence=told))
    return lines


def _suggested(deployment: Deployment, bands: tuple[Weighed, ...], voice: Voice) -> list[str]:
    remedy = suggestion(bands)
    if remedy is None:
        lines = [voice.say("remedy-view.suggests-nothing")]
    else:
        lines = [voice.say("remedy-view.suggests", remedy=voice.remedy(remedy))]
    for one in bands[:8]:
        key = "unknown" if one.holds is None else "holds" if one.holds else "holds-not"
        lines.append(
            voice.say(
                "remedy-view.band", what=_band(deployment, one, voice), remedy=voice.remedy(one.band.suggest),
                holds=voice.say(f"remedy-view.{key}"),
            )
        )  # fmt: skip
    return lines


def _band(deployment: Deployment, one: Weighed, voice: Voice) -> str:
    band = one.band
    if band.lasts is not None:
        return voice.say("remedy-view.band-lasts", span=voice.span(band.lasts))
    growth = band.growth_above or band.growth_below
    side = "above" if band.above is not None or band.growth_above is not None else "below"
    limit = growth or band.above or band.below
    shown = voice.limit(limit.text if limit is not None else "", side)
    if growth is not None:
        shown = voice.say("remedy-view.growth", limit=shown)
    metric = voice.metric(band.metric or "")
    if one.value is None:
        return voice.say("remedy-view.band-unknown", metric=metric, limit=shown)
    unit = deployment.runbook.metric(band.metric or "").unit + ("/h" if growth is not None else "")
    value = voice.value(one.value, unit) + voice.sample(None, one.count)
    return voice.say("remedy-view.band-metric", metric=metric, limit=shown, value=value)


def _terms(
    deployment: Deployment, one: Incident, playbook: Playbook, asked: PlaybookDecide, voice: Voice
) -> list[str]:
    lines = [voice.say("remedy-view.who", who=parts.roles(deployment, asked.by, voice))]
    back = deployment.runbook.plan.rollback
    if one.deadline is not None:
        at = voice.when(one.deadline)
        if asked.default is None:
            lines.append(voice.say("remedy-view.deadline", at=at))
        elif asked.default == "roll-back" and (back is None or not back.automatic):
            lines.append(voice.say("remedy-view.default-propose", at=at))
        else:
            lines.append(voice.say("remedy-view.default", at=at, remedy=voice.remedy(asked.default)))
    span = voice.span(playbook.watch)
    for option in asked.options:
        if option == "watch":
            lines.append(voice.say("remedy-view.watch", span=span))
        elif option == "hot-fix":
            lines.append(voice.say("remedy-view.fix"))
        elif option == "roll-back" and back is not None:
            lines.append(voice.say("remedy-view.back", who=parts.roles(deployment, back.by, voice)))
        elif option in ("scale-out", "restart"):
            action = voice.action(playbook.actions[option])
            lines.append(voice.say("remedy-view.act", remedy=voice.remedy(option), action=action, span=span))
    return lines


def _choices(
    deployment: Deployment, one: Incident, playbook: Playbook, asked: PlaybookDecide, bands: tuple[Weighed, ...], voice: Voice
) -> list[Element]:  # fmt: skip
    value = Value(deployment.id, one.key, str(one.number), one.round)
    suggested, title = suggestion(bands), voice.text(playbook.title, 50)
    found = []
    for option in asked.options:
        style = "danger" if option == "roll-back" else "primary" if option == suggested else ""
        accessible = voice.say("button.answer-of", answer=voice.remedy(option), title=title)
        found.append(
            kit.button(
                voice.say(f"button.{option}"), VERBS[option], value, style=style, accessible=accessible
            )
        )
    return found


def _answered(deployment: Deployment, one: Incident, playbook: Playbook, voice: Voice) -> Drawn:
    title, name = voice.text(playbook.title, 120), parts.subject(deployment, voice)
    mine = (
        one.answer != ""
        and one.asked_at is not None
        and one.answered_at is not None
        and one.answered_at >= one.asked_at
    )
    if mine and one.defaulted:
        said = voice.say("remedy-view.defaulted", remedy=voice.remedy(one.answer))
    elif mine and one.answered_at is not None:
        when = voice.say("phrase.at", at=voice.when(one.answered_at))
        reasoned = voice.say("phrase.reason", reason=voice.safe(one.reason, 500)) if one.reason else ""
        said = voice.say(
            "remedy-view.answered", remedy=voice.remedy(one.answer), by=voice.person(one.answered_by), when=when, reasoned=reasoned
        )  # fmt: skip
    else:
        said = voice.say("remedy-view.closed", title=title)
    head = (
        voice.say("remedy-view.decided", title=title, remedy=voice.remedy(one.answer))
        if mine
        else voice.say("remedy-view.closed", title=title)
    )
    return kit.drawn(
        voice.say("remedy-view.sentence-over", name=name, title=title), [kit.header(head), kit.section(said)]
    )
