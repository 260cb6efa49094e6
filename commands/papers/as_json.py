"""The record as one JSON object, for programs: names and numbers as the journal has them, titles in both languages.

Moments are ISO 8601 in UTC. It must not know where the object goes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.objectives import objectives
from core.plan.models import Text
from core.record import Answered, Chapter, Impact, ItemLine, Record, Said
from core.report import Summary
from core.state import Deployment, Page, SignState

Json = dict[str, Any]
FORMAT = 1
"""Raised when a reader of the one before could not read this."""


def as_json(record: Record) -> Json:
    """The whole record. Keys are only ever added within a format."""
    return {
        "format": FORMAT,
        "written_at": _at(record.written_at),
        "deployment": _deployment(record.deployment),
        "people": {role: list(people) for role, people in record.people},
        "phases": [
            {
                "id": part.id,
                "title": _text(part.title),
                "at": _at(part.at),
                "steps": [_step(one) for one in part.chapters],
            }
            for part in record.parts
        ],
        "rollback": _rollback(record),
        "criteria": [
            {"title": _text(one.title) if one.title else None, "met": one.met, "evidence": one.evidence}
            for one in record.criteria
        ],
        **_ends(record.deployment),
        "decisions": [_answer(one) for one in record.answers],
        "turns": [
            {
                "at": _at(one.at),
                "about": one.about,
                "words": dict(one.words),
                "numbers": _numbers(one.numbers),
            }
            for one in record.moments
        ],
        "numbers": _numbers(record.numbers),
        "impact": _impact(record.impact),
        "calls": [_page(page) for page in record.pages],
        "story": [_said(one) for one in record.story],
        "journal": {
            "rows": record.seal.rows,
            "last_hash": record.seal.hash,
            "problems": list(record.seal.problems),
        },
    }


def _ends(deployment: Deployment) -> Json:
    said = deployment.outcome
    outcome = (
        None
        if said is None
        else {"word": said.word, "by": said.by, "at": _at(said.at), "reason": said.reason}
    )
    kept = [
        {"name": one.name, "limit_s": one.limit.total_seconds(), "took_s": one.took_s, "met": one.met}
        for one in objectives(deployment)
    ]
    return {"outcome": outcome, "objectives": kept}


def _deployment(deployment: Deployment) -> Json:
    plan = deployment.runbook.plan
    return {
        "id": deployment.id,
        "plan": plan.plan,
        "plan_sha256": deployment.runbook.digest,
        "title": _text(plan.title),
        "service": plan.service,
        "environment": deployment.environment,
        "rehearsal": deployment.rehearsal,
        "inputs": dict(deployment.inputs),
        "started_by": deployment.started_by,
        "started_at": _at(deployment.started_at),
        "t0": _at(deployment.t0),
        "ended_at": _at(deployment.ended_at),
        "status": deployment.status.value,
        "verdict": deployment.verdict,
        "weight": deployment.weight,
    }


def _impact(impact: Impact) -> Json:
    return {
        "most_weight": impact.most,
        "requests": impact.requests,
        "bad": [{"metric": name, "bad": bad, "of": of} for name, bad, of in impact.bad],
    }


def _said(said: Said) -> Json:
    return {
        "seq": said.seq,
        "at": _at(said.at),
        "actor": said.actor,
        "fact": said.fact.key,
        "words": dict(said.fact.words),
    }


def _at(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _text(text: Text) -> Json:
    return {"en": text.en, "ko": text.ko}


def _step(chapter: Chapter) -> Json:
    state = chapter.state
    return {
        "id": chapter.id,
        "kind": chapter.kind,
        "title": _text(chapter.title),
        "status": state.status,
        "opened_at": _at(state.opened_at),
        "closed_at": _at(state.closed_at),
        "by": state.by,
        "note": state.note,
        "evidence": state.evidence,
        "items": [_item(one) for one in chapter.items],
        "signatures": [_sign(one) for one in chapter.signs],
        "answers": [_answer(one) for one in chapter.answers],
    }


def _item(line: ItemLine) -> Json:
    return {
        "id": line.id,
        "title": _text(line.title),
        "role": line.role,
        "optional": line.optional,
        "due": _at(line.due),
        "mark": line.state.mark,
        "by": line.state.by,
        "at": _at(line.state.at),
        "evidence": line.state.note,
        "failed": line.state.failed,
        "value": line.state.value,
        "unit": line.state.unit,
        "limits": line.limits,
        "known": _text(line.known) if line.known is not None else None,
    }


def _sign(sign: SignState) -> Json:
    return {
        "role": sign.role,
        "mark": sign.mark,
        "by": sign.by,
        "at": _at(sign.at),
        "comment": sign.comment,
        "seen": sign.seen,
    }


def _answer(one: Answered) -> Json:
    return {
        "at": _at(one.at),
        "step": one.step,
        "by": one.by,
        "answer": one.answer,
        "reason": one.reason,
        "numbers": _numbers(one.numbers),
    }


def _numbers(numbers: Summary) -> Json:
    return {
        "gate": numbers.gate,
        "weight": numbers.weight,
        "looked_at": _at(numbers.looked_at),
        "recommendation": numbers.recommendation,
        "metrics": [
            {
                "metric": row.metric,
                "unit": row.unit,
                "value": row.value,
                "requests": row.count,
                "limit": row.limit.text if row.limit is not None else None,
                "side": row.limit_kind,
                "state": row.state,
                "streak": row.streak,
                "control": row.control,
                "baseline": row.baseline,
                "since_start": row.since_start,
            }
            for row in numbers.rows
        ],
    }


def _page(page: Page) -> Json:
    return {
        "number": page.number,
        "topic": page.topic,
        "about": page.key,
        "words": dict(page.words),
        "opened_at": _at(page.opened_at),
        "tier": page.tier,
        "called": list(page.called),
        "answered_by": page.acked_by,
        "answered_at": _at(page.acked_at),
        "closed_at": _at(page.closed_at),
    }


def _rollback(record: Record) -> Json | None:
    run = record.deployment.rollback
    if run is None:
        return None
    return {
        "by": run.by,
        "reason": run.reason,
        "about": run.key,
        "words": dict(run.words),
        "asked_at": _at(run.asked_at),
        "decided_at": _at(run.decided_at),
        "acted_at": _at(run.acted_at),
        "verified_at": _at(run.verified_at),
        "forced_by": run.forced_by,
        "forced": run.forced,
        "stopwatch": dict(record.stopwatch),
        "checklist": [_item(line) for line in record.afterwards],
    }
