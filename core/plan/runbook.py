"""The plan as the rules use it: its steps in one line, its parts by name, its moments as instants.

A `canary` step is written out here into the traffic, bake and decide steps it stands for, so that no rule has to know it; what
else stands for several steps is written out in `core.plan.written_out`.
A Runbook is equal to another when their texts are: the digest says so. It must not know what has happened to a deployment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from core.plan.models import (
    Action,
    Bake,
    Canary,
    Decide,
    Gate,
    Metric,
    Phase,
    Plan,
    SetTraffic,
    StepBody,
)
from core.plan.moments import Moment
from core.plan.parse import parse_plan
from core.plan.written_out import titled, written_out

Part = TypeVar("Part")


@lru_cache(maxsize=4_096)
def instant(moment: Moment, t0: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC) a moment means for T0. Remembered: every decision asks for the same few dozen."""
    return moment.resolve(t0, zone).at


@dataclass(frozen=True)
class Placed:
    """A step where it stands. `index` counts from 0 over the whole route; `stage` is 0, or the how-manieth traffic step this is."""

    phase: Phase
    body: StepBody
    index: int
    stage: int
    first_of_phase: bool

    def opens_at(self, t0: datetime, zone: ZoneInfo) -> datetime | None:
        """Not before this instant (UTC): the later of the step's own moment and, for a phase's first step, the phase's. None: any time."""
        moments = (self.body.at, self.phase.at if self.first_of_phase else None)
        return max((instant(moment, t0, zone) for moment in moments if moment is not None), default=None)


@dataclass(frozen=True, eq=False)
class Runbook:
    """A plan ready for use. `digest` is the SHA-256 of the text in hex; `stages` counts the traffic steps."""

    text: str
    digest: str
    plan: Plan
    route: tuple[Placed, ...]
    stages: int

    def __eq__(self, other: object) -> bool:
        return self.digest == other.digest if isinstance(other, Runbook) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def _steps(self) -> dict[str, Placed]:
        return {placed.body.id: placed for placed in self.route}

    @cached_property
    def zone(self) -> ZoneInfo:
        """The plan's time zone."""
        return ZoneInfo(self.plan.timezone)

    def step(self, id: str) -> Placed:
        """The step with this id; of a canary 'rollout' these are 'rollout.5', 'rollout.5.bake', 'rollout.5.go'. KeyError when there is none."""
        return _named(self._steps, id, "step")

    def find(self, id: str) -> Placed | None:
        """The step with this id, or None."""
        return self._steps.get(id)

    def gate(self, name: str) -> Gate:
        """The gate with this name; KeyError when there is none."""
        return _named(self.plan.gates, name, "gate")

    def metric(self, name: str) -> Metric:
        """The metric with this name; KeyError when there is none."""
        return _named(self.plan.metrics, name, "metric")

    def action(self, name: str) -> Action:
        """The action with this name; KeyError when there is none."""
        return _named(self.plan.actions, name, "action")

    def moment(self, moment: Moment, t0: datetime) -> datetime:
        """The instant (UTC) a moment of this plan means for T0."""
        return instant(moment, t0, self.zone)


@lru_cache(maxsize=64)
def read_runbook(text: str) -> Runbook:
    """The plan in `text` (YAML), checked and laid out. Raises PlanInvalid with every problem.

    The same text is checked once: a reload costs what has changed, and a deployment that runs no second check.
    """
    plan = parse_plan(text)
    route = tuple(lay_out(plan))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Runbook(text, digest, plan, route, max((placed.stage for placed in route), default=0))


def lay_out(plan: Plan) -> Iterator[Placed]:
    """Every step in order, with everything written out that stands for several."""
    index = stage = 0
    for phase in plan.phases:
        first = True
        for step in phase.steps:
            body = next(iter(step.__dict__.values()))
            for part in expand(body) if isinstance(body, Canary) else written_out(plan, body):
                stage += isinstance(part, SetTraffic)
                yield Placed(phase, part, index, stage if isinstance(part, SetTraffic) else 0, first)
                index, first = index + 1, False


def expand(canary: Canary) -> Iterator[StepBody]:
    """The steps a canary stands for: set the traffic, let it bake, and between two stages ask the approvers if there are any."""
    for number, stage in enumerate(canary.stages):
        name = f"{canary.id}.{stage.weight}"
        yield SetTraffic(
            id=name,
            title=titled(canary.title, f"{stage.weight} %", f"{stage.weight} %"),
            at=canary.at if number == 0 else None,
            to=stage.weight,
            gate=canary.gate,
            confirm=stage.confirm,
        )
        yield Bake(
            id=f"{name}.bake",
            title=titled(canary.title, f"bake at {stage.weight} %", f"{stage.weight} % 유지"),
            for_=stage.bake,
        )
        if canary.approve and number + 1 < len(canary.stages):
            then = canary.stages[number + 1].weight
            yield Decide(
                id=f"{name}.go",
                title=titled(canary.title, f"on to {then} %?", f"{then} %로 올릴까요?"),
                by=canary.approve,
                within=canary.within,
                observe=canary.observe,
            )


def _named(parts: Mapping[str, Part], name: str, kind: str) -> Part:
    try:
        return parts[name]
    except KeyError:
        raise KeyError(
            f"the plan has no {kind} '{name}'; it has: {', '.join(sorted(parts)) or 'none'}"
        ) from None
