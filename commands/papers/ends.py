"""The end as a paper has it: how it went, what a rollback achieved, and the readiness board.

It must not know what else stands in the paper.
"""

from __future__ import annotations

from collections.abc import Iterator

from commands.blocks.ending import took_of
from commands.papers import markdown
from commands.papers.markdown import inline
from commands.telling import Voice
from core.objectives import objectives
from core.readiness import board
from core.state import Deployment

Lines = list[str]


def outcome(deployment: Deployment, voice: Voice) -> Iterator[Lines]:
    """What somebody has said of it."""
    said = deployment.outcome
    if said is None:
        return
    reasoned = voice.say("phrase.reason", reason=voice.safe(said.reason, 2_000))
    word, by = voice.say(f"went.{said.word}"), voice.person(said.by)
    yield [inline(voice.say("record.went", outcome=word, by=by, at=voice.when(said.at), reasoned=reasoned))]


def achieved(deployment: Deployment, voice: Voice) -> Iterator[Lines]:
    """The objectives of the rollback."""
    rows = []
    for one in objectives(deployment):
        state = "unknown" if one.met is None else "pass" if one.met else "fail"
        took = took_of(one, voice) or "–"
        rows.append((one.name.upper(), voice.span(one.limit), took, voice.say(f"objective.{state}")))
    if rows:
        heads = ("objective", "limit", "actual", "result")
        yield markdown.table([voice.say(f"record.{head}") for head in heads], rows)


def readiness(deployment: Deployment, voice: Voice) -> Iterator[Lines]:
    """The board as it stood at the end."""
    found = board(deployment, deployment.ended_at or voice.now or deployment.t0)
    if found is None:
        return
    yield [f"## {voice.say('record.readiness')}: {found.answer}"]
    rows = []
    for row in found.rows:
        claimed = f"{row.category.claimed:g} %" if row.category.claimed is not None else "–"
        title = inline(voice.text(row.category.title))
        rows.append((title, f"{row.far.done}/{row.far.total}", f"{int(row.far.percent)} %", claimed))
    heads = ("category", "done-of", "percent", "claimed")
    yield markdown.table([voice.say(f"record.{head}") for head in heads], rows)
