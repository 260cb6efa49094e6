"""An incident as a message: why it is open, its steps with who settled them, when they are due, and what the bot's looks
showed; then where it stands and the buttons. The question it ends in is `commands.blocks.remedy`.
"""

from __future__ import annotations

from commands import escape
from commands.blocks import kit, parts
from commands.blocks.kit import Block, Drawn, Element
from commands.buttons import More, Value, Verb
from commands.telling import Voice
from core.effects import Words
from core.incidents import Incident, Todo
from core.plan.models import Playbook, PlaybookStep
from core.rules import incidents
from core.state import Deployment

ROWS = 20
OUTPUT = 700
NOTE = 160


def of(deployment: Deployment, subject: str) -> tuple[Incident, Playbook] | None:
    """The incident with this number, with its playbook."""
    incident = deployment.incident(int(subject)) if subject.isdigit() else None
    playbook = deployment.runbook.plan.playbooks.get(incident.playbook) if incident is not None else None
    return None if incident is None or playbook is None else (incident, playbook)


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The incident `subject` (its number)."""
    found = of(deployment, subject)
    if found is None:
        said = voice.say("incident.gone")
        return kit.drawn(said, [kit.section(said)])
    incident, playbook = found
    rows = [
        _row(deployment, incident, at, voice) for at in list(incidents.steps_of(deployment, incident))[:ROWS]
    ]
    blocks: list[Block] = [
        kit.header(_title(deployment, incident, playbook, voice)),
        kit.section(_why(deployment, incident, voice)),
        *(block for row in rows for block in row),
    ]
    if len(incident.todos) > ROWS:
        blocks.append(kit.context(voice.say("word.more", n=len(incident.todos) - ROWS)))
    stands = kit.lines(_stands(deployment, incident, playbook, voice))
    if stands:
        blocks.append(kit.section(stands))
    controls = _controls(deployment, incident, playbook, voice)
    if controls:
        name = kit.block_id(
            "incident", f"{incident.number}", incident.stage, incident.round, incident.settled
        )
        blocks.append(kit.actions(*controls, block_id=name))
    blocks.append(kit.context(voice.say("incident.meaning", id=deployment.id, number=incident.number)))
    return kit.drawn(_sentence(deployment, incident, playbook, voice), blocks)


def counted(incident: Incident) -> dict[str, int]:
    """How many of its steps are settled."""
    return {"done": sum(todo.mark != "open" for todo in incident.todos), "all": len(incident.todos)}


def _title(deployment: Deployment, incident: Incident, playbook: Playbook, voice: Voice) -> str:
    title = voice.text(playbook.title, 100)
    if not incident.open:
        return voice.say("incident.title-closed", number=incident.number, title=title)
    late = sum(
        todo.mark == "open" and due is not None and voice.now is not None and due < voice.now
        for _, _, todo, due in incidents.steps_of(deployment, incident)
    )
    key = "incident.title-late" if late else "incident.title"
    return voice.say(key, number=incident.number, title=title, late=late, **counted(incident))


def _why(deployment: Deployment, incident: Incident, voice: Voice) -> str:
    lines = [
        voice.say(
            "incident.why", at=voice.when(incident.opened_at), cause=voice.say(f"cause.{incident.cause}"),
            by=voice.person(incident.by),
        )
    ]  # fmt: skip
    page = deployment.page(incident.page)
    if page is not None:
        lines.append(voice.tell(f"page.{page.key}", page.words))
    elif incident.cause == "rollback":
        lines.append(voice.tell("rollback.rule", incident.words))
    if incident.note:
        lines.append(voice.say("phrase.note", note=voice.safe(incident.note, 500)).strip())
    return kit.lines(lines)


def _row(
    deployment: Deployment, incident: Incident, at: tuple[int, PlaybookStep, Todo, object], voice: Voice
) -> list[Block]:
    index, step, todo, _ = at
    text = f"*{index + 1}. {voice.text(step.text, 220)}*\n{_state(deployment, incident, step, todo, voice)}"
    accessory = None
    if todo.mark == "open" and incident.open:
        accessible = voice.say("button.done-of", item=voice.text(step.text, 60))
        value = Value(deployment.id, incident.key, str(index))
        accessory = kit.button(voice.say("button.done"), Verb.INCIDENT_DONE, value, accessible=accessible)
    name = kit.block_id("todo", f"{incident.number}/{index}", text, incident.open)
    blocks = [kit.section(text, accessory=accessory, block_id=name)]
    if todo.seen:
        blocks.append(kit.section(escape.code(todo.seen, OUTPUT)))
    return blocks


def _state(deployment: Deployment, incident: Incident, step: PlaybookStep, todo: Todo, voice: Voice) -> str:
    if todo.mark != "open":
        said = voice.say("phrase.note", note=voice.safe(todo.note, NOTE)) if todo.note else ""
        at = voice.when(todo.at) if todo.at is not None else "–"
        shown = [voice.say(f"item.{todo.mark}", by=voice.person(todo.by), at=at) + said]
    else:
        due = incidents.due_of(incident, step)
        late = due is not None and voice.now is not None and due < voice.now
        names = (step.role,) if step.role is not None else ()
        shown = [
            voice.say("item.overdue" if late else "item.open"),
            voice.say("item.owner", who=parts.roles(deployment, names, voice)),
        ]
        if due is not None:
            shown.append(voice.say("phrase.due", due=voice.when(due)))
    if todo.ref:
        shown.append(voice.say("incident.looking"))
    if todo.failed:
        shown.append(voice.say("incident.look-failed", why=voice.safe(todo.failed, NOTE)))
    if todo.seen:
        shown.append(voice.say("incident.shows"))
    return " · ".join(shown)


def _stands(deployment: Deployment, incident: Incident, playbook: Playbook, voice: Voice) -> list[str]:
    """Where it stands, and when the next try is."""
    lines = [_over(incident, voice) if not incident.open else _stage(deployment, incident, playbook, voice)]
    if incident.next_try is not None:
        noted = (
            voice.say("phrase.note", note=voice.safe(incident.next_try_note, 300))
            if incident.next_try_note
            else ""
        )
        by = voice.person(incident.next_try_by)
        lines.append(voice.say("incident.next-try", at=voice.when(incident.next_try), by=by, noted=noted))
    elif incidents.wants_next_try(deployment, incident):
        by_roles = playbook.decide.by if playbook.decide is not None else ()
        lines.append(voice.say("incident.next-try-wanted", who=parts.roles(deployment, by_roles, voice)))
    return lines


def _over(incident: Incident, voice: Voice) -> str:
    at = voice.when(incident.closed_at) if incident.closed_at is not None else "–"
    if incident.closed_by == "bot":
        return voice.say(
            "incident.closed-settled" if incident.closed == "settled" else "incident.closed-over", at=at
        )
    return voice.say(
        "incident.closed",
        by=voice.person(incident.closed_by),
        at=at,
        reasoned=_reasoned(incident.closed, voice),
    )


def _reasoned(reason: str, voice: Voice) -> str:
    return voice.say("phrase.reason", reason=voice.safe(reason, 500)) if reason else ""


def _stage(deployment: Deployment, incident: Incident, playbook: Playbook, voice: Voice) -> str:
    answer = voice.remedy(incident.answer)
    by, reasoned = voice.person(incident.answered_by), _reasoned(incident.reason, voice)
    who = parts.roles(deployment, playbook.decide.by, voice) if playbook.decide is not None else ""
    match incident.stage:
        case "asking" if incident.deadline is not None:
            return voice.say("incident.stage-asking", at=voice.when(incident.deadline), who=who)
        case "asking":
            return voice.say("incident.stage-asking-late", who=who)
        case "acting":
            action = playbook.actions["restart" if incident.answer == "restart" else "scale-out"]
            return voice.say("incident.stage-acting", remedy=answer, action=voice.action(action))
        case "watching":
            at = voice.when(incident.next_at) if incident.next_at is not None else "–"
            return voice.say("incident.stage-watching", remedy=answer, by=by, at=at, reasoned=reasoned)
        case "fixing":
            return voice.say("incident.stage-fixing", by=by, reasoned=reasoned)
        case "back":
            return voice.say("incident.stage-back")
        case _:
            return ""


def _controls(deployment: Deployment, incident: Incident, playbook: Playbook, voice: Voice) -> list[Element]:
    if not incident.open:
        return []
    value, title = Value(deployment.id, incident.key, str(incident.number)), voice.text(playbook.title, 60)
    found = []
    if playbook.decide is not None and incident.stage in ("diagnosing", "watching"):
        found.append(_button("decide-now", Verb.INCIDENT_ASK, value, title, voice))
    if incidents.wants_next_try(deployment, incident):
        found.append(_button("next-try", Verb.INCIDENT_NEXT_TRY, value, title, voice))
    if incident.stage != "acting":
        found.append(_button("close-incident", Verb.INCIDENT_CLOSE, value, title, voice))
    options = []
    for more, key in ((More.EVIDENCE, "note"), (More.NOT_APPLICABLE, "not-applicable")):
        if not incident.settled:
            options.append((voice.say(f"menu.{key}"), Value(deployment.id, incident.key, v=more)))
    if any(todo.mark != "open" for todo in incident.todos):
        options.append((voice.say("menu.open-again"), Value(deployment.id, incident.key, v=More.OPEN)))
    return [*found, kit.overflow(Verb.INCIDENT_MORE, options)] if options else found


def _button(key: str, verb: Verb, value: Value, title: str, voice: Voice) -> Element:
    accessible = voice.say(f"button.{key}-of", title=title)
    return kit.button(voice.say(f"button.{key}"), verb, value, accessible=accessible)


def _sentence(deployment: Deployment, incident: Incident, playbook: Playbook, voice: Voice) -> str:
    name, title = parts.subject(deployment, voice), voice.text(playbook.title, 80)
    if not incident.open:
        return voice.say("incident.sentence-closed", name=name, title=title)
    roles = tuple(dict.fromkeys(step.role for step in playbook.steps if step.role is not None))
    return voice.say(
        "incident.sentence", name=name, title=title, at=voice.when(incident.opened_at),
        cause=voice.say(f"cause.{incident.cause}"),
        people=parts.mentioned(deployment, roles or deployment.runbook.plan.escalation[0].who, voice),
    )  # fmt: skip


def line(deployment: Deployment, incident: Incident, voice: Voice) -> str:
    """One line for the card: the open incident, where it stands, how far its steps are."""
    return voice.say(
        "card.incident", number=incident.number, title=voice.playbook(incident.playbook),
        stage=voice.say(f"stage.{incident.stage}"), **counted(incident),
    )  # fmt: skip
