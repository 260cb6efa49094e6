"""The readiness board: a bar, a number and words for every category, what stands in the way of GO, and what is late.

It must not know how anything is counted (`core.readiness`).
"""

from __future__ import annotations

from commands.blocks import criteria, kit, parts
from commands.blocks.kit import Block, Drawn
from commands.buttons import Value, Verb
from commands.telling import Voice
from core.effects import Words
from core.progress import Progress
from core.readiness import Board, board
from core.state import Deployment

CELLS = 8
"""Of a bar; a line with it still fits a phone."""
FULL, EMPTY = "█", "░"
MOST = 10


def draw(deployment: Deployment, subject: str, words: Words, voice: Voice) -> Drawn:
    """The board as it stands."""
    found = board(deployment, voice.now or deployment.t0)
    if found is None:
        said = voice.say("refused.no-readiness-in-plan")
        return kit.drawn(said, [kit.section(said)])
    name, whole = parts.subject(deployment, voice), percent(found.percent, voice)
    blocks: list[Block] = [
        kit.header(voice.say("board.title", name=name, answer=found.answer)),
        kit.section("\n".join(_rows(found, voice))),
        kit.section("\n".join(_way(deployment, found, voice))),
    ]
    if found.late:
        blocks.append(kit.section("\n".join(_late(deployment, found, voice))))
    blocks.extend(_risks(deployment, found, voice))
    blocks.append(kit.context(voice.say("board.foot", id=deployment.id)))
    return kit.drawn(voice.say("board.sentence", name=name, answer=found.answer, percent=whole), blocks)


def percent(value: float, voice: Voice) -> str:
    """'54 %': whole, and downwards, so that 100 means all."""
    return voice.value(float(int(value + 1e-9)), "%")


def bar(value: float) -> str:
    """A share in so many cells: full only when all is done, empty only when nothing is."""
    cells = int(value / 100 * CELLS + 1e-9)
    cells = max(cells, 1) if value > 0 else 0
    return FULL * cells + EMPTY * (CELLS - cells)


def _rows(found: Board, voice: Voice) -> list[str]:
    rows = [
        _row(
            "board.row",
            row.far.percent,
            row.far,
            row.category.claimed,
            voice,
            voice.text(row.category.title, 60),
        )
        for row in found.rows
    ]
    return [*rows, _row("board.whole", found.percent, found.far, found.plan.claimed, voice, "")]


def _row(key: str, value: float, far: Progress, claimed: float | None, voice: Voice, title: str) -> str:
    beside = voice.say("board.claimed", percent=percent(claimed, voice)) if claimed is not None else ""
    return voice.say(
        key,
        bar=bar(value),
        title=title,
        percent=percent(value, voice),
        done=far.done,
        all=far.total,
        claimed=beside,
    )


def _way(deployment: Deployment, found: Board, voice: Voice) -> list[str]:
    """GO, or everything that stands in its way; then what is met."""
    lines = [voice.say("board.go" if found.answer == "GO" else "board.no-go")]
    lines += [
        voice.say(
            "board.risk",
            risk=voice.risk(risk.id),
            by=voice.person(risk.by),
            at=voice.when(risk.at),
            reasoned=voice.say("phrase.reason", reason=voice.safe(risk.reason, 200)),
        )
        for risk in found.risks
    ]
    lines += [criteria.line(one.criterion, one.met, one.evidence, voice) for one in found.missing[:MOST]]
    if found.left:
        named = [voice.say("board.left-one", item=voice.text(item.title, 60)) for _, item in found.left[:5]]
        lines.append(voice.say("board.left", n=len(found.left), items=", ".join(named)))
    met = [voice.text(one.criterion.title, 60) for one in found.conditions if one.met]
    if met:
        lines.append(voice.say("board.met", titles=", ".join(met[:MOST])))
    return lines


def _late(deployment: Deployment, found: Board, voice: Voice) -> list[str]:
    lines = [voice.say("board.late")]
    for one in found.late[:MOST]:
        owners = (one.item.role,) if one.item.role else ()
        lines.append(
            voice.say(
                "board.late-row",
                item=voice.text(one.item.title, 60),
                step=voice.step(one.step),
                due=voice.when(one.due),
                who=parts.roles(deployment, owners, voice),
            )
        )
    if len(found.late) > MOST:
        lines.append(voice.say("word.more", n=len(found.late) - MOST))
    return lines


def _risks(deployment: Deployment, found: Board, voice: Voice) -> list[Block]:
    if deployment.final:
        return []
    value = Value(deployment.id)
    buttons = [kit.button(voice.say("button.board"), Verb.BOARD_SHOW, value)]
    standing = {risk.id for risk in found.risks}
    blocks: list[Block] = []
    free = [risk for risk in found.plan.risks if risk.id not in standing]
    if free:
        named = ", ".join(f"{voice.text(risk.title, 60)} (`{risk.id}`)" for risk in free[:MOST])
        blocks.append(kit.section(voice.say("board.risks", risks=named)))
        buttons.append(kit.button(voice.say("button.risk"), Verb.RISK_DECLARE, value))
    if standing:
        buttons.append(kit.button(voice.say("button.risk-gone"), Verb.RISK_WITHDRAW, value))
    name = kit.block_id("board", deployment.id, sorted(standing))
    return [*blocks, kit.actions(*buttons, block_id=name)]


def beside_a_question(deployment: Deployment, voice: Voice) -> list[Block]:
    """What the board says, for whoever has to answer a question."""
    found = board(deployment, voice.now or deployment.t0)
    if found is None:
        return []
    titles = [voice.risk(risk.id) for risk in found.risks]
    titles += [voice.text(one.criterion.title, 60) for one in found.missing]
    titles += [voice.text(item.title, 60) for _, item in found.left]
    missing = ""
    if titles:
        shown = ", ".join(titles[:6])
        more = f", {voice.say('word.more', n=len(titles) - 6)}" if len(titles) > 6 else ""
        missing = voice.say("board.decision-missing", titles=shown + more)
    said = voice.say(
        "board.decision", answer=found.answer, percent=percent(found.percent, voice), missing=missing
    )
    return [kit.section(said)]


def at_home(deployment: Deployment, voice: Voice) -> list[Block]:
    """One line for the Home tab, while the deployment is not over."""
    found = board(deployment, voice.now or deployment.t0)
    if found is None or deployment.final:
        return []
    said = voice.say(
        "board.home",
        name=parts.subject(deployment, voice),
        answer=found.answer,
        percent=percent(found.percent, voice),
    )
    return [kit.section(said, block_id=kit.block_id("board", deployment.id, said))]
