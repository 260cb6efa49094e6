"""Windows (modals): the one that is shown at once, notices, and the forms that ask for a reason.

Pure drawing. It must not know what a submitted form leads to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from commands.blocks import checklist, item_state, kit, parts, side
from commands.blocks.kit import Block
from commands.buttons import More, Value
from commands.telling import Voice, items_of
from core.plan.models import Rollback
from core.rules.values import limits_of
from core.state import Deployment, StepState

View = dict[str, Any]

REASON, ITEM, ROLE, TRIGGER, VALUE = "reason", "item", "role", "trigger", "value"
"""Block ids of a form's fields."""
TEXT = "text"


def loading(voice: Voice) -> View:
    """Shown at once; its content follows."""
    return kit.modal(
        voice.say("window.title"), [kit.section(voice.say("window.loading"))], close=voice.say("window.close")
    )


def notice(voice: Voice, text: str) -> View:
    """One thing to say, nothing to do."""
    return kit.modal(voice.say("window.title"), [kit.section(text)], close=voice.say("window.close"))


def reason(
    deployment: Deployment,
    value: Value,
    voice: Voice,
    *,
    callback: str,
    title: str,
    said: Sequence[str],
    optional: bool = False,
    written: str = "",
) -> View:
    """What is about to happen, and the field for why; `written` stands in it already."""
    return _form(deployment, value, voice, callback, title, said, [], optional=optional, written=written)


def item(deployment: Deployment, value: Value, voice: Voice, *, callback: str, more: More) -> View:
    """Which item, and the evidence or reason; the item is fixed when the button was its own."""
    step = deployment.step(value.s) or StepState(value.s)
    plan = {found.id: found for found in items_of(deployment.runbook, value.s)}
    wanted = [
        state for state in step.items if (state.mark != "open") == (more is More.OPEN) and state.id in plan
    ]
    if more is More.EVIDENCE:  # a number is asked for in a window of its own
        wanted = [state for state in wanted if plan[state.id].value is None or state.failed]
    said = [voice.say(f"window.item-{more.value}", step=voice.step(value.s))]
    fields: list[Block] = []
    if value.i:
        said.append(f"*{voice.item(value.s, value.i)}*")
    elif wanted:
        options = [(voice.text(plan[state.id].title, 75), state.id) for state in wanted]
        fields.append(kit.chosen(voice.say("window.which-item"), TEXT, options, block_id=ITEM))
        if len(options) > kit.OPTIONS:
            said.append(voice.say("window.more-items", n=len(options) - kit.OPTIONS))
    title = voice.say(f"window.item-{more.value}-title")
    if not value.i and not wanted:
        return notice(voice, voice.say("window.no-items"))
    return _form(deployment, value, voice, callback, title, said, fields, optional=more is More.OPEN)


def number(deployment: Deployment, value: Value, voice: Voice, *, callback: str) -> View:
    """The field for an item's number, what it is held against, and a note; one that did not pass may be accepted as it is."""
    step = deployment.step(value.s) or StepState(value.s)
    state = step.item(value.i)
    item = next((found for found in items_of(deployment.runbook, value.s) if found.id == value.i), None)
    if state is None or item is None or item.value is None or state.mark != "open":
        return notice(voice, voice.say("window.no-items"))
    words = {"limits": limits_of(item.value), "unit": item.value.unit}
    said = [f"*{voice.item(value.s, value.i)}*", item_state.known(item, voice, 600)]
    if item.value.limited:
        said.append(voice.tell("window.number-limits", words))
    if item.evidence:
        said.append(voice.say("item.wants-link" if item.evidence == "link" else "item.evidence"))
    if state.failed:
        said.append(voice.say("window.number-failed", why=voice.safe(state.failed, 60)))
    label = voice.tell("window.number-label", words)
    hint = voice.say("window.number-hint")
    field = kit.number(label, TEXT, block_id=VALUE, hint=hint, optional=bool(state.failed))
    title = voice.say("window.number-title")
    return _form(deployment, value, voice, callback, title, said, [field], optional=True)


def rejection(
    deployment: Deployment, value: Value, voice: Voice, roles: Sequence[str], *, callback: str
) -> View:
    """Which role rejects, and why."""
    options = [(voice.role(role), role) for role in roles]
    fields = [kit.chosen(voice.say("window.which-role"), TEXT, options, block_id=ROLE)]
    said = [voice.say("window.reject", step=voice.step(value.s))]
    return _form(deployment, value, voice, callback, voice.say("window.reject-title"), said, fields)


def rollback(deployment: Deployment, value: Value, voice: Voice, *, callback: str) -> View:
    """Step by step what a rollback will do, then the reason."""
    plan = deployment.runbook.plan.rollback
    fields: list[Block] = []
    if plan is not None and plan.triggers:
        options = [(voice.text(trigger.title, 75), trigger.id) for trigger in plan.triggers]
        fields.append(kit.chosen(voice.say("window.trigger"), TEXT, options, block_id=TRIGGER, optional=True))
    said = rollback_steps(deployment, voice)
    return _form(
        deployment,
        value,
        voice,
        callback,
        voice.say("window.rollback-title"),
        said,
        fields,
        submit="window.rollback-submit",
    )


def rollback_steps(deployment: Deployment, voice: Voice) -> list[str]:
    """What happens on a rollback, a paragraph each; nothing of it is done by saying it."""
    plan = deployment.runbook.plan.rollback
    if plan is None:
        return [voice.say("refused.no-rollback-in-plan")]
    name = parts.subject(deployment, voice)
    traffic = voice.say(
        "window.rollback-now" if parts.can_roll_back(deployment) else "window.rollback-nothing",
        weight=deployment.weight,
    )
    steps = [voice.say("window.rollback-cancel")]
    if plan.healthy:
        steps.append(voice.say("window.rollback-healthy", n=len(plan.healthy)))
    steps.extend(voice.say("window.rollback-run", action=voice.action(action)) for action in plan.steps)
    steps.append(
        voice.say("window.rollback-verify", n=plan.verify.reads, span=voice.span(plan.verify.within))
    )
    steps.extend(_checks(plan, voice))
    if plan.checklist:
        steps.append(voice.say("window.rollback-checklist", n=len(plan.checklist)))
    steps.append(
        voice.say(
            "window.rollback-lock" if plan.afterwards == "lock" else "window.rollback-unlock", service=name
        )
    )
    numbered = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
    told = voice.say("window.rollback-told", who=parts.roles(deployment, plan.by, voice))
    back = [*side.targets(deployment, voice, "window.rollback-target"), *side.missing(deployment, voice)]
    return [f"*{name}*\n{traffic}", numbered, *(["\n".join(back)] if back else []), told]


def force(deployment: Deployment, value: Value, voice: Voice, *, callback: str) -> View:
    """What speaks against going back, and the reason for going all the same."""
    run = deployment.rollback
    why = side.refusal(run, voice) if run is not None else ""
    said = [voice.say("window.force", why=why), *side.targets(deployment, voice)]
    title = voice.say("window.force-title")
    return _form(deployment, value, voice, callback, title, said, [], submit="window.force-submit")


def _checks(plan: Rollback, voice: Voice) -> list[str]:
    lines = []
    for check in plan.verify.metrics:
        limit = check.below or check.above
        if limit is not None:
            shown = voice.limit(limit.text, "below" if check.below is not None else "above")
            lines.append(voice.say("window.rollback-metric", metric=voice.metric(check.metric), limit=shown))
    if plan.verify.baseline is not None:
        lines.append(voice.say("window.rollback-band", band=voice.value(plan.verify.baseline * 100, "%")))
    return lines


def details(deployment: Deployment, voice: Voice) -> View:
    """Every step with its state, for those who want to know more than the card says."""
    blocks: list[Block] = [
        kit.section(f"*{parts.subject(deployment, voice)}*: {parts.status(deployment, voice)}")
    ]
    lines = [_step_line(deployment, step, voice) for step in deployment.steps]
    for start in range(0, min(len(lines), 300), 12):
        blocks.append(kit.section("\n".join(lines[start : start + 12])))
    if len(lines) > 300:
        blocks.append(kit.context(voice.say("word.more", n=len(lines) - 300)))
    people = [f"• *{voice.role(role)}*: {voice.people(holders)}" for role, holders in deployment.people[:30]]
    if people:
        blocks.append(kit.section(f"*{voice.say('window.people')}*\n" + "\n".join(people)))
    return kit.modal(voice.say("window.details-title"), blocks, close=voice.say("window.close"))


def everything(deployment: Deployment, step_id: str, voice: Voice, *, callback: str, said: str = "") -> View:
    """A whole checklist with its buttons; `said` is an answer to the last click."""
    step = deployment.step(step_id) or StepState(step_id)
    blocks: list[Block] = [kit.section(f"*{checklist.headline(deployment, step, voice)}*")]
    if said:
        blocks.append(kit.section(said))
    rows = checklist.rows(deployment, step, voice)
    blocks.extend(rows)
    if len(step.items) > len(rows):
        blocks.append(kit.context(voice.say("word.more", n=len(step.items) - len(rows))))
    private = Value(deployment.id, step_id).text()
    title = voice.say("window.checklist-title")
    return kit.modal(title, blocks, callback=callback, close=voice.say("window.close"), private=private)


def _step_line(deployment: Deployment, step: StepState, voice: Voice) -> str:
    state = voice.say(f"step.{step.status}")
    when = ""
    opens = parts.opens_at(deployment, step.id)
    if step.closed_at is not None:
        when = f" ({voice.when(step.closed_at)})"
    elif step.opened_at is not None:
        when = f" ({voice.say('phrase.since', at=voice.when(step.opened_at))})"
    elif opens is not None:
        when = f" ({voice.say('phrase.from', at=voice.when(opens))})"
    return f"• {voice.step(step.id)}: {state}{when}"


def _form(
    deployment: Deployment, value: Value, voice: Voice, callback: str, title: str, said: Sequence[str], fields: Sequence[Block],
    *, optional: bool = False, submit: str = "window.submit", written: str = "",
) -> View:  # fmt: skip
    blocks = [kit.section(text) for text in said if text]
    blocks.extend(fields)
    label = voice.say("window.note" if optional else "window.reason")
    blocks.append(
        kit.written(
            label,
            TEXT,
            block_id=REASON,
            hint=voice.say("window.recorded"),
            optional=optional,
            initial=written,
        )
    )
    return kit.modal(
        title,
        blocks,
        callback=callback,
        close=voice.say("window.cancel"),
        submit=voice.say(submit),
        private=value.text(),
    )
