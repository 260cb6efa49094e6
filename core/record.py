"""A whole deployment as one value for people and auditors: what was to do and who did it, what was decided on which numbers, what
was said and when. Pure; no words in a language.

Built from the snapshot (where everything stands) and the journal (how it came about). It has the shape of the runbook: its
phases, steps and items in the plan's order. It must not know how it is written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.effects import Fact, Words
from core.gates import since_start
from core.inputs import Decided, Input, People
from core.plan.models import Checklist, Criterion, Item, SetTraffic, StepBody, Text
from core.plan.runbook import Placed
from core.report import MetricRow, Summary, summarise
from core.rules import values
from core.rules.stopwatch import stopwatch
from core.rules.verdict import body_of, criteria_of
from core.state import Deployment, GateRun, ItemState, Page, SignState, StepState

ROLLBACK = "rollback"
"""The id of the checklist after a rollback, which stands on no route."""


@dataclass(frozen=True)
class Happening:
    """One row of the journal as the record needs it: `at` is plan time, `gate` the hot state before it."""

    seq: int
    at: datetime
    actor: str
    happened: Input
    facts: tuple[Fact, ...]
    gate: GateRun | None


@dataclass(frozen=True)
class Seal:
    """What the journal is held by: how many rows, the hash of the last, and what does not fit ([] when all does)."""

    rows: int
    hash: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class ItemLine:
    """One item: what the plan says and what came of it."""

    id: str
    title: Text
    role: str
    optional: bool
    due: datetime | None
    state: ItemState
    known: Text | None = None  # what the plan knew about it already
    limits: str = ""  # what its number is held against, as `core.rules.values` writes it


@dataclass(frozen=True)
class Chapter:
    """One step of the route. `answers` are the answers to its question, in their order."""

    id: str
    kind: str
    title: Text
    state: StepState
    items: tuple[ItemLine, ...]
    signs: tuple[SignState, ...]
    answers: tuple[Answered, ...]


@dataclass(frozen=True)
class Part:
    """A phase with its steps. `at`: when it was to begin."""

    id: str
    title: Text
    at: datetime | None
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True)
class Answered:
    """An answer to a question, with the numbers that stood when it was given. `by` is '' when the plan's default decided."""

    at: datetime
    step: str
    by: str
    answer: str
    reason: str
    numbers: Summary


@dataclass(frozen=True)
class Moment:
    """The numbers of the gate at a moment that mattered: a change of the traffic, a rollback, the end."""

    at: datetime
    about: str  # the fact's key
    words: Words
    numbers: Summary


@dataclass(frozen=True)
class Said:
    """One sentence of the story: a fact that people were told, when, and by whose act."""

    seq: int
    at: datetime
    actor: str
    fact: Fact


@dataclass(frozen=True)
class CriterionLine:
    """A criterion of the verdict; `met` None: not known. `criterion` None: the plan does not have it (any more)."""

    criterion: Criterion | None
    met: bool | None
    evidence: str

    @property
    def title(self) -> Text | None:
        """As the plan says it."""
        return self.criterion.title if self.criterion is not None else None


@dataclass(frozen=True)
class Impact:
    """What the canary was given: requests since its traffic began, and of each metric with a count what was bad. None: not known."""

    requests: float | None
    bad: tuple[tuple[str, float, float], ...]  # (metric, bad, of so many)
    most: int  # the largest share of the traffic, percent


@dataclass(frozen=True)
class Record:
    """All of it. `numbers` are the latest; `people` who held which role at the end."""

    deployment: Deployment
    written_at: datetime
    people: People
    parts: tuple[Part, ...]
    afterwards: tuple[ItemLine, ...]
    criteria: tuple[CriterionLine, ...]
    answers: tuple[Answered, ...]
    moments: tuple[Moment, ...]
    numbers: Summary
    pages: tuple[Page, ...]
    stopwatch: Words
    impact: Impact
    story: tuple[Said, ...]
    seal: Seal


TURNS = frozenset({"traffic-set", "rolled-back", "verdict-go"})
"""Facts at which the numbers of the gate are kept; the beginning of a rollback is another."""
_WAY_BACK = "rollback-"
_MOVES = frozenset({"traffic-asked", "traffic-set"})
"""A share that was asked for may have been given before anybody read it back: the most that the canary had is one of these."""


def record(deployment: Deployment, journal: Sequence[Happening], seal: Seal, now: datetime) -> Record:
    """The record of a deployment as it stands at plan time `now`; `journal` is all of it, oldest first."""
    answers = tuple(_answers(deployment, journal))
    gate = _last_gate(deployment, journal)
    numbers = summarise(replace(deployment, gate=gate), now, "now")
    return Record(
        deployment,
        now,
        deployment.people,
        tuple(_parts(deployment, answers)),
        _afterwards(deployment),
        _criteria(deployment),
        answers,
        tuple(_moments(deployment, journal)),
        numbers,
        deployment.pages,
        stopwatch(deployment),
        _impact(deployment, gate, journal),
        tuple(
            Said(row.seq, row.at, row.actor, fact) for row in journal for fact in row.facts if not fact.quiet
        ),
        seal,
    )


# ------------------------------------------------------------------------------------------------------ the runbook


def _parts(deployment: Deployment, answers: Sequence[Answered]) -> Iterator[Part]:
    runbook = deployment.runbook
    for phase in runbook.plan.phases:
        placed = [one for one in runbook.route if one.phase is phase]
        at = runbook.moment(phase.at, deployment.t0) if phase.at is not None else None
        yield Part(phase.id, phase.title, at, tuple(_chapter(deployment, one, answers) for one in placed))


def _chapter(deployment: Deployment, placed: Placed, answers: Sequence[Answered]) -> Chapter:
    body = placed.body
    state = deployment.step(body.id) or StepState(body.id)
    return Chapter(
        body.id,
        body.kind,
        body.title,
        state,
        _items(deployment, body, state),
        state.signs,
        tuple(one for one in answers if one.step == body.id),
    )


def _items(deployment: Deployment, body: StepBody, state: StepState) -> tuple[ItemLine, ...]:
    return _lines(deployment, body.items, state) if isinstance(body, Checklist) else ()


def _lines(deployment: Deployment, items: Sequence[Item], state: StepState | None) -> tuple[ItemLine, ...]:
    return tuple(
        ItemLine(
            item.id,
            item.title,
            item.role or "",
            item.optional,
            deployment.runbook.moment(item.due, deployment.t0) if item.due is not None else None,
            (state.item(item.id) if state is not None else None) or ItemState(item.id),
            item.note,
            values.limits_of(item.value) if item.value is not None else "",
        )
        for item in items
    )


def _afterwards(deployment: Deployment) -> tuple[ItemLine, ...]:
    """What people had to do after a rollback; nothing when there was none."""
    plan = deployment.runbook.plan.rollback
    if plan is None or deployment.rollback is None:
        return ()
    return _lines(deployment, plan.checklist, deployment.step(ROLLBACK))


def _criteria(deployment: Deployment) -> tuple[CriterionLine, ...]:
    body = body_of(deployment)
    known = dict(criteria_of(body)) if body is not None else {}
    return tuple(CriterionLine(known.get(key), met, evidence) for key, met, evidence in deployment.criteria)


# ------------------------------------------------------------------------------------------------------- the journal


def _then(deployment: Deployment, row: Happening) -> Summary:
    """The gate's numbers as they stood before this row."""
    return summarise(replace(deployment, gate=row.gate), row.at, "now")


def _answers(deployment: Deployment, journal: Sequence[Happening]) -> Iterator[Answered]:
    for row in journal:
        for fact in row.facts:
            words = dict(fact.words)
            if fact.key == "decided" and isinstance(row.happened, Decided):
                given = row.happened
                yield Answered(
                    row.at, given.step, given.by, given.answer, given.reason, _then(deployment, row)
                )
            elif fact.key == "defaulted":
                yield Answered(
                    row.at,
                    str(words.get("step", "")),
                    "",
                    str(words.get("answer", "")),
                    "",
                    _then(deployment, row),
                )


def _moments(deployment: Deployment, journal: Sequence[Happening]) -> Iterator[Moment]:
    going_back = False
    for row in journal:
        turn = next((fact for fact in row.facts if fact.key in TURNS), None)
        if turn is None and not going_back:
            turn = next((fact for fact in row.facts if fact.key.startswith(_WAY_BACK)), None)
            going_back = turn is not None
        if turn is not None and row.gate is not None and row.gate.samples:
            yield Moment(row.at, turn.key, turn.words, _then(deployment, row))


def _last_gate(deployment: Deployment, journal: Sequence[Happening]) -> GateRun | None:
    """The gate as it was last seen: it is gone when a deployment is over."""
    return deployment.gate or next((row.gate for row in reversed(journal) if row.gate is not None), None)


def _impact(deployment: Deployment, gate: GateRun | None, journal: Sequence[Happening]) -> Impact:
    weights = [
        int(str(dict(fact.words).get("weight", 0)))
        for row in journal
        for fact in row.facts
        if fact.key in _MOVES
    ]
    if gate is None:
        return Impact(None, (), max(weights, default=0))
    found: list[tuple[str, float, float]] = []
    for name, metric in deployment.runbook.plan.metrics.items():
        if metric.ratio is None:
            continue
        whole = since_start(deployment.runbook, gate, name, "canary")
        if whole.state == "ok" and whole.bad is not None and whole.count is not None:
            found.append((name, whole.bad, whole.count))
    requests = max((count for _, _, count in found), default=None)
    return Impact(requests, tuple(found), max(weights, default=0))


def shown_rows(numbers: Summary) -> tuple[MetricRow, ...]:
    """The rows that have something to say: a value, a limit, or a reason why there is none."""
    return tuple(row for row in numbers.rows if row.value is not None or row.limit is not None or row.detail)


def traffic_steps(record: Record) -> tuple[Chapter, ...]:
    """The steps that moved traffic, in order."""
    return tuple(
        chapter
        for part in record.parts
        for chapter in part.chapters
        if chapter.kind == SetTraffic.kind and chapter.state.status != "waiting"
    )
