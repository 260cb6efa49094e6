"""One checklist as a message: what is open, whose it is, until when, and what was done by whom on which evidence."""

from __future__ import annotations

from datetime import datetime

from commands.blocks import item_state, kit, parts, results
from commands.blocks.kit import Block, Drawn, Element
from commands.buttons import More, Value, Verb
from commands.telling import Voice, items_of
from core.effects import Words
from core.plan.models import Checklist, Item
from core.plan.written_out import RowItem
from core.rules.checklist import judged
from core.state import Deployment, ItemState, StepState

ROWS = 15
ROWS_IN_VIEW = 90
NOTE = 160


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The list of step `subject`; of a long one the open rows first, and a way to see all."""
    step = deployment.step(subject) or StepState(subject)
    head = headline(deployment, step, voice)
    told = tabled(deployment, step)
    but = _read_off(told)
    listed = rows(deployment, step, voice, but=but)
    shown = listed if len(listed) <= ROWS else _urgent(deployment, step, voice, but=but)
    blocks: list[Block] = [kit.header(head), *results.table(told, voice), *shown]
    hidden = len(step.items) - len(but) - len(shown)
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


def tabled(deployment: Deployment, step: StepState) -> list[tuple[Item, ItemState]]:
    """What is shown as a table: all of a list of criteria, and what the bot measures for a row."""
    placed = deployment.runbook.find(step.id)
    whole = placed is not None and isinstance(placed.body, Checklist) and placed.body.as_ == "criteria"
    items = {item.id: item for item in items_of(deployment.runbook, step.id)}
    known = [(items[state.id], state) for state in step.items if state.id in items]
    return [pair for pair in known if whole or isinstance(pair[0], RowItem)]


def _read_off(told: list[tuple[Item, ItemState]]) -> frozenset[str]:
    """The items of which the table says everything: what is settled needs no row of its own, nor does what is being looked at."""
    return frozenset(
        item.id for item, state in told if state.mark != "open" or (state.checking and not state.failed)
    )


def rows(
    deployment: Deployment,
    step: StepState,
    voice: Voice,
    *,
    most: int = ROWS_IN_VIEW,
    note: int = NOTE,
    but: frozenset[str] = frozenset(),
) -> list[Block]:
    """A section for every item but those, in the order of the plan; each keeps its number."""
    items = {item.id: item for item in items_of(deployment.runbook, step.id)}
    known = [(number, state) for number, state in enumerate(step.items, 1) if state.id in items]
    return [
        row(deployment, step, items[state.id], state, number, voice, note=note)
        for number, state in known[:most]
        if state.id not in but
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
    shown = []
    if state.mark != "open":
        shown.append(item_state.settled(item, state, voice, note))
    else:
        due = due_of(deployment, step.id, item)
        late = is_overdue(deployment, step, state, voice.now)
        shown.append(voice.say("item.overdue" if late else "item.open"))
        shown.extend(item_state.unsettled(deployment, item, state, voice, note))
        if due is not None:
            shown.append(voice.say("phrase.due", due=voice.when(due)))
        if not state.failed:
            shown.extend(item_state.takes(item, voice))
    shown.append(item_state.known(item, voice, note))
    return " · ".join(part for part in shown if part)


def _done_button(
    deployment: Deployment, step: StepState, item: Item, state: ItemState, voice: Voice
) -> Element | None:
    if state.mark != "open" or step.status not in ("open", "done"):
        return None
    label = voice.say(f"button.{_ticking(deployment, step, item, state)}")
    accessible = voice.say("button.done-of", item=voice.text(item.title, 60))
    return kit.button(
        label, Verb.ITEM_DONE, Value(deployment.id, step.id, item.id, step.round), accessible=accessible
    )


def _ticking(deployment: Deployment, step: StepState, item: Item, state: ItemState) -> str:
    """What the button of an item says: what ticking it takes."""
    if item.value is not None:
        return "enter"
    if state.failed and judged(deployment, item, step.id):
        return "accept"
    if item.evidence == "link" or item.ticket is not None:
        return "done-link"
    return "done-with" if item.evidence or state.failed else "done"


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
    if any(
        item.mark == "open" and item.id in _by_bot(deployment, step) and item.failed for item in step.items
    ):
        options.append((voice.say("menu.check-again"), Value(deployment.id, step.id, v=More.AGAIN)))
    if any(item.mark != "open" for item in step.items):
        options.append((voice.say("menu.open-again"), Value(deployment.id, step.id, v=More.OPEN)))
    return [*controls, kit.overflow(Verb.ITEM_MORE, options)] if options else controls


def _by_bot(deployment: Deployment, step: StepState) -> frozenset[str]:
    return frozenset(item.id for item in items_of(deployment.runbook, step.id) if item.by_bot)


def _urgent(
    deployment: Deployment, step: StepState, voice: Voice, *, but: frozenset[str] = frozenset()
) -> list[Block]:
    """Overdue rows, then open ones, then the rest; each keeps its number."""
    order = sorted(
        range(len(step.items)),
        key=lambda at: (
            step.items[at].mark != "open",
            not is_overdue(deployment, step, step.items[at], voice.now),
            at,
        ),
    )
    items = {item.id: item for item in items_of(deployment.runbook, step.id) if item.id not in but}
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
