"""A plan played on paper: nobody is asked and nothing is done, but every message comes that would come. Pure, and quick enough
for a whole week of looks.

Made-up people hold the roles, actions succeed, and every metric is well inside its limits. It must not know how messages look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType

from core import understudy
from core.asks import Ask, asks
from core.effects import (
    Backfill,
    CheckItem,
    Effect,
    LookBack,
    Measure,
    Post,
    ReadBack,
    Record,
    Run,
    SetWeight,
    Update,
)
from core.errors import Refused
from core.inputs import (
    Backfilled,
    Checked,
    Input,
    Measured,
    PastLook,
    People,
    Posted,
    Ran,
    Reading,
    Recorded,
    Reviewed,
    RollbackAsked,
    Started,
    Tick,
    WeightRead,
)
from core.machine import decide, gate_wake_at, wake_at
from core.plan.models import Metric, MetricCheck, Rule, Watch
from core.plan.runbook import Runbook
from core.plan.walk import parts
from core.rehearsal import Review
from core.rules.rollback import touched
from core.start import first_moment
from core.state import Deployment
from core.wanted import wanted

PER_SECOND = 50.0
"""Requests of both tracks together."""
EVIDENCE = "…"
"""What stands for an action's output."""
LONGEST, QUIET = timedelta(days=400), timedelta(hours=1)
MOST_MOMENTS, MOST_RESUMED = 40_000, 5
NOTE = "…"

_NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Sent:
    """A message with the deployment as it stood when it would have been sent."""

    at: datetime
    post: Post
    deployment: Deployment


def play(runbook: Runbook, t0: datetime, language: str) -> tuple[Sent, ...]:
    """Every message of a deployment in which all goes well, in their order."""
    player = _Player.begun(runbook, t0, language)
    player.play(lambda: player.deployment.final)
    return tuple(player.sent)


def play_back(runbook: Runbook, t0: datetime, language: str) -> tuple[Sent, ...]:
    """Every message from the moment a person rolls back with something changed, while nobody answers the calls; empty for a plan
    without a rollback, or that changes nothing."""
    back = runbook.plan.rollback
    if back is None:
        return ()
    player = _Player.begun(runbook, t0, language)
    player.play(lambda: touched(player.deployment))
    if player.deployment.final or not touched(player.deployment):
        return ()
    player.play(lambda: False, until=player.now + timedelta(minutes=20), answering=False)
    begun = len(player.sent)
    trigger = back.triggers[0].id if back.triggers else ""
    player.apply(RollbackAsked(player.holder(back.by), NOTE, trigger))
    player.drain()
    player.play(lambda: player.deployment.final, until=player.now + timedelta(hours=3), answering=False)
    return tuple(player.sent[begun:])


def people_of(runbook: Runbook) -> People:
    """Two made-up people for every role, so that four eyes are there."""
    return tuple(
        (role, (f"U0{number:03}A", f"U0{number:03}B")) for number, role in enumerate(runbook.plan.roles)
    )


@dataclass
class _Player:
    """The deployment, its pending effects, and the time."""

    deployment: Deployment
    now: datetime
    starter: str
    pending: list[Effect] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    actual: int = 0  # the share as a fresh read finds it
    resumed: int = 0
    served: dict[str, float] = field(default_factory=lambda: {"canary": 0.0, "control": 0.0})

    @classmethod
    def begun(cls, runbook: Runbook, t0: datetime, language: str) -> _Player:
        """Just started, at the first moment the plan waits for."""
        plan = runbook.plan
        given = {
            name: one.example or name for name, one in plan.inputs.items() if one.required or one.example
        }
        people = people_of(runbook)
        starter = dict(people)[plan.starters[0]][1]
        new = Deployment("D1", runbook, given, t0, language)
        player = cls(new, min(first_moment(runbook, t0) or t0, t0), starter)
        player.apply(Started(starter, people))
        player.drain()
        return player

    def holder(self, roles: tuple[str, ...]) -> str:
        """Somebody who holds one of these roles and has not started the deployment."""
        held = [one for role in roles for one in self.deployment.holders(role)]
        return next((one for one in held if one != self.starter), self.starter)

    # ------------------------------------------------------------------------------------------------------ going on

    def play(
        self, over: Callable[[], bool], *, until: datetime | None = None, answering: bool = True
    ) -> None:
        """Goes from moment to moment until it is `over`, or `until`; people answer at once if they answer at all."""
        end = until or self.now + LONGEST
        for _ in range(MOST_MOMENTS):
            if answering:
                self._answer_all(over)
            if over():
                return
            moments = self._moments()
            stuck = answering and (self.deployment.hold is not None or wake_at(self.deployment) is None)
            if not moments or min(moments) > end or stuck:
                return  # what waits for people although everybody has answered would wait for ever
            self._pass(max(min(moments), self.now))
            self.apply(Tick())
            self.drain()

    def _moments(self) -> list[datetime]:
        """When time matters next. While hours lie ahead in which nothing happens, looks are left out: there are thousands of them
        in a week, and all say the same. One is made when something happens again."""
        wake, look = wake_at(self.deployment), gate_wake_at(self.deployment)
        bodies = (self.deployment.runbook.find(step.id) for step in self.deployment.open_steps)
        watching = any(placed is not None and isinstance(placed.body, Watch) for placed in bodies)
        if wake is not None and (watching or wake - self.now > QUIET):
            return [wake]
        return [at for at in (wake, look) if at is not None]

    def _pass(self, moment: datetime) -> None:
        requests = PER_SECOND * (moment - self.now).total_seconds()
        share = self._share()
        self.served["canary"] += requests * share
        self.served["control"] += requests * (1 - share)
        self.now = moment

    def _share(self) -> float:
        """The canary's. A plan that moves no traffic changes the service itself: then whatever is looked at serves half of it."""
        return self.deployment.weight / 100 if self.deployment.runbook.stages else 0.5

    def _answer_all(self, over: Callable[[], bool]) -> None:
        """Everything that is asked is answered, as long as that leads anywhere."""
        for _ in range(500):
            if over():
                return
            if not any(self._answered(ask) for ask in asks(self.deployment)):
                return

    def _answered(self, ask: Ask) -> bool:
        if ask.kind == "hold":
            self.resumed += 1
            if self.resumed > MOST_RESUMED:
                return False
        try:
            self.apply(self._act(ask))
        except Refused:
            return False
        self.drain()
        return True

    def _act(self, ask: Ask) -> Input:
        """What the understudy of a rehearsal would do, by somebody whom it is asked of."""
        act = understudy.answer(self.deployment, ask)
        said = {part.name: getattr(act, part.name) for part in fields(act)}
        words = {
            name: one.replace(understudy.NOTE, NOTE) for name, one in said.items() if isinstance(one, str)
        }
        starts = ask.kind == "hold"
        by = next((one for one in ask.people if one != self.starter or starts), self.starter)
        return replace(act, **{**words, "by": by})  # type: ignore[arg-type]  # texts of its own fields

    # ------------------------------------------------------------------------------------------------------- effects

    def apply(self, happened: Input) -> None:
        """One input; raises Refused."""
        decision = decide(self.deployment, happened, self.now)
        self.deployment = decision.deployment
        if decision.cancels_world:
            self.pending = [effect for effect in self.pending if effect.lane != "world"]
        self.pending.extend(decision.effects)

    def drain(self) -> None:
        """Answers everything that is asked of the world."""
        while self.pending:
            effect = self.pending.pop(0)
            if not wanted(self.deployment, effect):
                continue
            answer = self._performed(effect)
            if answer is not None:
                self.apply(answer)

    def _performed(self, effect: Effect) -> Input | None:
        """What comes of an effect: messages are kept, everything else is answered."""
        match effect:
            case Post():
                self.sent.append(Sent(self.now, effect, self.deployment))
                return Posted(effect.key) if effect.answer else None
            case Update():
                return None
            case _:
                return self._answer(effect)

    def _answer(self, effect: Effect) -> Input | None:
        match effect:
            case SetWeight() | Run():
                return self._ran(effect)
            case CheckItem():
                return Checked(effect.step, effect.item, effect.round, ok=True, evidence=EVIDENCE)
            case LookBack():
                return Reviewed(effect.ref, Review())
            case Record():
                return Recorded(effect.ref, ())
            case Backfill():
                return Backfilled(effect.ref, tuple(self._past(effect)))
            case ReadBack():
                return WeightRead(effect.ref, self.actual)
            case Measure():
                return Measured(effect.ref, self.now, tuple(self._readings(effect.metrics)))
            case _:
                return None

    def _ran(self, effect: SetWeight | Run) -> Ran:
        if isinstance(effect, SetWeight):
            self.actual = effect.weight
        elif effect.ref.startswith("rollback:"):
            self.actual = 0
        return Ran(effect.ref, ok=True, evidence=EVIDENCE)

    def _past(self, effect: Backfill) -> Iterator[PastLook]:
        """What looks at past moments would have read, had the share always been as it is."""
        for moment in effect.moments:
            requests = PER_SECOND * (self.now - moment).total_seconds()
            share = self._share()
            back = {"canary": requests * share, "control": requests * (1 - share)}
            yield PastLook(moment, tuple(self._readings(effect.metrics, back)))

    def _readings(self, metrics: tuple[str, ...], back: Mapping[str, float] = _NOTHING) -> Iterator[Reading]:
        """Both tracks of each metric now, or so many requests ago."""
        for name in metrics:
            metric = self.deployment.runbook.metric(name)
            for track in ("canary", "control"):
                served = max(0.0, self.served[track] - back.get(track, 0.0))
                values = example_values(self.deployment.runbook, name, metric, served)
                yield Reading(name, track, "ok", values)


def example_values(runbook: Runbook, name: str, metric: Metric, served: float) -> tuple[float, ...]:
    """A reading of a metric after so many requests, well inside every limit that the plan has for it."""
    below, above = limits(runbook, name, metric.unit)
    if metric.ratio is not None:
        return _ratio(metric, below, above, served)
    if metric.quantile is not None:
        top = below if below is not None else 500.0
        edges = (top * 0.3, top * 0.6, top * 0.9, top * 2, float("inf"))
        counts = (served * 0.5, served * 0.97, served * 0.995, served, served)
        return tuple(part for pair in zip(edges, counts, strict=True) for part in pair)
    if metric.kind == "gauge":
        return (below * 0.7 if below is not None else above * 1.2 if above is not None else 60.0,)
    return (served,)


def _ratio(metric: Metric, below: float | None, above: float | None, served: float) -> tuple[float, ...]:
    scale = 100 if metric.unit == "%" else 1
    if metric.ratio is not None and metric.ratio.bad is None:
        missing = (scale - above) / scale * 0.2 if above is not None else 0.0
        return (served * (1 - missing), served)
    return (served * (below / scale * 0.2 if below is not None else 0.001), served)


@lru_cache(maxsize=256)  # every look asks for the same few
def limits(runbook: Runbook, name: str, unit: str) -> tuple[float | None, float | None]:
    """(the lowest upper limit, the highest lower limit) that the plan has for a metric anywhere, in its unit."""
    below: list[float] = []
    above: list[float] = []
    for _, part in parts(runbook.plan):
        if isinstance(part, Rule | MetricCheck) and part.metric == name:
            below += [part.below.in_unit(unit)] if part.below is not None else []
            above += [part.above.in_unit(unit)] if part.above is not None else []
    return min(below, default=None), max(above, default=None)
