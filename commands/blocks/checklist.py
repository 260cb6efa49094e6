"""One checklist as a message: what is open, whose it is, until when, and what was done by whom on which evidence."""

from __future__ import annotations

from datetime import datetime

from commands.blocks import kit, parts
from commands.blocks.kit import Block, Drawn, Element
from commands.buttons import More, Value, Verb
from commands.telling import Voice, items_of
from core.effects import Words
from core.plan.models import Checklist, Item
from core.state import Deployment, ItemState, StepState

ROWS = 15
ROWS_IN_VIEW = 90
NOTE = 160


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The list of step `subject`; of a long one the open rows first, and a way to see all."""
    step = deployment.step(subject) or StepState(subject)
    head = headline(deployment, step, voice)
    listed = rows(deployment, step, voice)
    shown = listed if len(listed) <= ROWS else _urgent(deployment, step, voice)[:ROWS]
    blocks: list[Block] = [kit.header(head), *shown]
    hidden = len(step.items) - len(shown)
    if hidden > 0:
        blocks.append(kit.context(voice.say("checklist.hidden", n=hidden)))
    controls = _controls(deployment, step, voice, hidden=hidden > 0)
    if controls:
        blocks.append(kit.actions(*controls, block_id=kit.block_id("items", subject, step.status)))
    checking = any(item.checking and item.mark == "open" for item in step.items)
    blocks.append(kit.context(voice.say("checklist.legend", id=deployment.id) if checking else deployment.id))
    name = parts.subject(deployment, voice)
    return kit.drawn(
        voice.say("checklist.sentence", name=name, headline=head, waiting=_waiting(deployment, step, voice)),
        blocks,
    )


def headline(deployment: Deployment, step: StepState, voice: Voice) -> str:
    """'Last checklist: 5 of 7 done, 1 overdue'."""
    if not step.items:
        return voice.say("checklist.not-opened", title=voice.step(step.id))
    settled = sum(item.mark != "open" for item in step.items)
    late = sum(is_overdue(deployment, step, item, voice.now) for item in step.items)
    key = "checklist.headline-late" if late else "checklist.headline"
    return voice.say(key, title=voice.step(step.id), done=settled, all=len(step.items), late=late)


def rows(
    deployment: Deployment, step: StepState, voice: Voice, *, most: int = ROWS_IN_VIEW, note: int = NOTE
) -> list[Block]:
    """A section for every item, in the order of the plan."""
    items = {item.id: item for item in items_of(deployment.runbook, step.id)}
    known = [state for state in step.items if state.id in items]
    return [
        row(deployment, step, items[state.id], state, number, voice, note=note)
        for number, state in enumerate(known[:most], 1)
    ]


def row(
    deployment: Deployment,
    step: StepState,
    item: Item,
    state: ItemState,
    number: int,
    voice: Voice,
    *,
    note: int = NOTE,
) -> Block:
    """One item, with its button while it is open."""
    title = f"*{number}. {voice.text(item.title, 200)}*"
    extras = [voice.say("item.optional")] if item.optional else []
    text = f"{title}\n{' · '.join([_state(deployment, step, item, state, voice, note), *extras])}"
    accessory = _done_button(deployment, step, item, state, voice)
    return kit.section(
        text, accessory=accessory, block_id=kit.block_id("item", f"{step.id}/{item.id}", text, step.status)
    )


def is_overdue(deployment: Deployment, step: StepState, item: ItemState, now: datetime | None) -> bool:
    """Whether an open item's time is past."""
    plan = next((found for found in items_of(deployment.runbook, step.id) if found.id == item.id), None)
    due = None if plan is None else due_of(deployment, step.id, plan)
    return item.mark == "open" and due is not None and now is not None and due < now


def due_of(deployment: Deployment, step_id: str, item: Item) -> datetime | None:
    """When an item is due: its own moment, else its list's."""
    body = next((placed.body for placed in deployment.runbook.route if placed.body.id == step_id), None)
    moment = item.due or (body.due if isinstance(body, Checklist) else None)
    return None if moment is None else deployment.runbook.moment(moment, deployment.t0)


def _state(
    deployment: Deployment, step: StepState, item: Item, state: ItemState, voice: Voice, note: int
) -> str:
    if state.mark == "done" and state.by == "bot" and state.note and state.at is not None:
        found = voice.evidence(_gist(state), note)
        return voice.say("item.verified", at=voice.when(state.at), evidence=found)
    if state.mark != "open":
        said = voice.say("phrase.note", note=voice.evidence(_gist(state), note)) if state.note else ""
        at = voice.when(state.at) if state.at is not None else "–"
        return voice.say(f"item.{state.mark}", by=voice.person(state.by), at=at) + said
    due = due_of(deployment, step.id, item)
    late = is_overdue(deployment, step, state, voice.now)
    shown = [voice.say("item.overdue" if late else "item.open")]
    if state.checking:
        shown.append(voice.say("item.opening-ticket" if item.ticket is not None else "item.checking"))
    elif state.failed and item.ticket is not None:
        shown.append(voice.say("item.no-ticket", why=voice.reason(state.failed)))
    elif state.failed:
        shown.append(voice.say("item.failed", why=voice.evidence(state.failed, note)))
    else:
        names = (item.role,) if item.role else ()
        shown.append(voice.say("item.owner", who=parts.roles(deployment, names, voice)))
    if due is not None:
        shown.append(voice.say("phrase.due", due=voice.when(due)))
    if item.evidence:
        shown.append(voice.say("item.evidence"))
    return " · ".join(shown)


def _gist(state: ItemState) -> str:
    """What a person wrote, whole; of the bot's evidence the last line, since the log has all of it."""
    written = [line.strip() for line in state.note.splitlines() if line.strip()]
    return written[-1] if state.by == "bot" and written else state.note


def _done_button(
    deployment: Deployment, step: StepState, item: Item, state: ItemState, voice: Voice
) -> Element | None:
    if state.mark != "open" or step.status not in ("open", "done"):
        return None
    needs_note = item.evidence or item.ticket is not None or bool(state.failed)
    label = voice.say("button.done-with" if needs_note else "button.done")
    accessible = voice.say("button.done-of", item=voice.text(item.title, 60))
    return kit.button(
        label, Verb.ITEM_DONE, Value(deployment.id, step.id, item.id, step.round), accessible=accessible
    )


def _controls(deployment: Deployment, step: StepState, voice: Voice, *, hidden: bool) -> list[Element]:
    value = Value(deployment.id, step.id)
    controls = [kit.button(voice.say("button.show-all"), Verb.ITEM_ALL, value)] if hidden else []
    if step.status not in ("open", "done") or (deployment.final and step.status == "done"):
        return controls
    options = []
    if any(item.mark == "open" for item in step.items):
        options.append((voice.say("menu.evidence"), Value(deployment.id, step.id, v=More.EVIDENCE)))
        options.append(
            (voice.say("menu.not-applicable"), Value(deployment.id, step.id, v=More.NOT_APPLICABLE))
        )
    if any(item.mark != "open" for item in step.items):
        options.append((voice.say("menu.open-again"), Value(deployment.id, step.id, v=More.OPEN)))
    return [*controls, kit.overflow(Verb.ITEM_MORE, options)] if options else controls


def _urgent(deployment: Deployment, step: StepState, voice: Voice) -> list[Block]:
    """Overdue rows, then open ones, then the rest; each keeps its number."""
    order = sorted(
        range(len(step.items)),
        key=lambda at: (
            step.items[at].mark != "open",
            not is_overdue(deployment, step, step.items[at], voice.now),
            at,
        ),
    )
    items = {item.id: item for item in items_of(deployment.runbook, step.id)}
    found = [(at, step.items[at]) for at in order if step.items[at].id in items][:ROWS]
    return [row(deployment, step, items[state.id], state, at + 1, voice) for at, state in found]


def _waiting(deployment: Deployment, step: StepState, voice: Voice) -> str:
    opened = [
        item
        for item in items_of(deployment.runbook, step.id)
        if (state := step.item(item.id)) and state.mark == "open"
    ]
    if not opened:
        return voice.say("checklist.complete")
    names = tuple(dict.fromkeys(item.role for item in opened if item.role))
    return voice.say("checklist.asks", who=parts.roles(deployment, names, voice))
