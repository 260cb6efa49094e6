"""A world of values for the rules: it performs effects on paper, in virtual time, with no I/O at all.

It is not a stand-in for any server (those are in sandbox/): it answers the way the adapters' inputs are specified, so
that a whole deployment can be played in milliseconds and hypothesis can drive it anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from core.effects import (
    SIDE,
    Backfill,
    CheckItem,
    Effect,
    Fact,
    LookBack,
    Measure,
    Notify,
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
    Decided,
    EffectFailed,
    Input,
    ItemMarked,
    Measured,
    MissedSettled,
    Posted,
    Ran,
    Reading,
    Recorded,
    Reviewed,
    SignedOff,
    Started,
    Target,
    Tick,
    WeightRead,
)
from core.machine import decide, gate_wake_at, wake_at
from core.plan.runbook import Runbook, read_runbook
from core.rehearsal import Review
from core.rules.checklist import items_of
from core.rules.values import passing
from core.start import new_deployment
from core.state import Deployment, Status, StepState
from core.wanted import wanted

PLANS = Path(__file__).parents[2] / "plans"
T0 = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
APPROVER, DEPLOYER, OPS, LEAD = "U0LUBIT00", "U0GITCODE", "U0OPS0000", "U0MINA000"
PEOPLE = (
    ("final-approver", (APPROVER,)),
    ("deployer", (DEPLOYER,)),
    ("operations", (OPS,)),
    ("engineering-lead", (LEAD,)),
)
EDGES = (100.0, 200.0, 300.0, 400.0, 500.0, 650.0, 800.0, 1000.0, float("inf"))


@cache
def ion() -> Runbook:
    """The shipped plan of the deployment day."""
    return read_runbook((PLANS / "ion-deployment-day.yml").read_text(encoding="utf-8"))


@dataclass
class Service:
    """What the measured service would count. Rates are per second of both tracks together."""

    per_second: float = 4.0
    error_share: float = 0.0
    slow_share: float = 0.0
    memory: float = 61.0
    weight: int = 0
    canary: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])  # requests, errors, slow
    control: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    silent: bool = False  # the canary's series are missing
    down: bool = False  # the source does not answer at all
    stable_errors: float = 0.0  # of the control
    stable_slow: float = 0.0
    stable_silent: bool = False

    def pass_time(self, seconds: float) -> None:
        """Counts what comes in during this time."""
        whole = self.per_second * seconds
        share = whole * self.weight / 100
        for counts, arrived, errors, slow in (
            (self.canary, share, self.error_share, self.slow_share),
            (self.control, whole - share, self.stable_errors, self.stable_slow),
        ):
            counts[0] += arrived
            counts[1] += arrived * errors
            counts[2] += arrived * slow

    def restart(self) -> None:
        """The canary's process begins anew, and counts from zero."""
        self.canary = [0.0, 0.0, 0.0]

    def read(self, runbook: Runbook, name: str) -> tuple[Reading, ...]:
        """Both tracks of one metric."""
        metric = runbook.metric(name)
        found = []
        for track, counts in (("canary", self.canary), ("control", self.control)):
            if self.down:
                found.append(Reading(name, track, "failed", detail="connection refused"))  # type: ignore[arg-type]
                continue
            if (self.silent and track == "canary") or (self.stable_silent and track == "control"):
                found.append(Reading(name, track, "no-data", detail="missing"))  # type: ignore[arg-type]
                continue
            values: tuple[float, ...]
            if metric.ratio is not None:
                values = (counts[1], counts[0])
            elif metric.quantile is not None:
                values = tuple(
                    part
                    for edge in EDGES
                    for part in (edge, counts[0] if edge > 800 else counts[0] - counts[2])
                )
            elif metric.gauge is not None:
                values = (self.memory if track == "canary" else 60.0,)
            else:
                values = (counts[0],)
            found.append(Reading(name, track, "ok", values))  # type: ignore[arg-type]
        return tuple(found)


@dataclass
class PureWorld:
    """One deployment, its pending effects, and the time."""

    deployment: Deployment
    now: datetime
    service: Service = field(default_factory=Service)
    pending: list[Effect] = field(default_factory=list)
    facts: list[tuple[datetime, Fact]] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    notices: list[Notify] = field(default_factory=list)
    changes: list[tuple[str, int | str]] = field(default_factory=list)
    inputs: list[tuple[datetime, Input]] = field(default_factory=list)
    broken: Callable[[Effect], Input | None] | None = None
    targets: dict[str, bool | None] = field(
        default_factory=dict
    )  # action -> how healthy what it goes back to is
    side: bool | None = True  # what checks of the side a rollback goes to say

    def copy(self) -> PureWorld:
        """The same world, which goes its own way from here."""
        service = replace(self.service, canary=list(self.service.canary), control=list(self.service.control))
        return replace(
            self, service=service, pending=list(self.pending), facts=list(self.facts), posts=list(self.posts),
            updates=list(self.updates), notices=list(self.notices), changes=list(self.changes), inputs=list(self.inputs),
        )  # fmt: skip

    def apply(self, happened: Input) -> None:
        """One input through the door of the rules; a Refused passes on and changes nothing."""
        decision = decide(self.deployment, happened, self.now)
        self.inputs.append((self.now, happened))
        self.deployment = decision.deployment
        if decision.cancels_world:
            self.pending = [effect for effect in self.pending if effect.lane != "world"]
        self.facts.extend((self.now, fact) for fact in decision.facts)
        self.pending.extend(decision.effects)

    def drain(self) -> None:
        """Performs everything that is pending, and what follows from it."""
        while self.pending:
            effect = self.pending.pop(0)
            if not wanted(self.deployment, effect):
                continue
            answer = self.broken(effect) if self.broken is not None else None
            answer = answer if answer is not None else self.perform(effect)
            if answer is not None:
                self.apply(answer)

    def perform(self, effect: Effect) -> Input | None:  # noqa: C901  # one row a kind of effect
        """What the adapters would answer."""
        match effect:
            case SetWeight() | Run():
                return self._acted(effect)
            case Post():
                self.posts.append(effect)
                return Posted(effect.key) if effect.answer else None
            case Update():
                self.updates.append(effect)
                return None
            case Notify():
                self.notices.append(effect)
                return Ran(effect.ref, True, "taken")
            case CheckItem():
                return self._checked(effect)
            case LookBack():
                return Reviewed(effect.ref, Review())
            case Record():
                found = ((name, self.targets[name]) for name in effect.actions if name in self.targets)
                targets = tuple(
                    Target(name, healthy, f"revision 7 of {name}", "7", self.now) for name, healthy in found
                )
                return Recorded(effect.ref, targets)
            case Backfill():
                return Backfilled(effect.ref, ())
            case ReadBack():
                return WeightRead(effect.ref, self.service.weight)
            case Measure():
                readings = tuple(
                    r for name in effect.metrics for r in self.service.read(self.deployment.runbook, name)
                )
                return Measured(effect.ref, self.now, readings)

    def _checked(self, effect: CheckItem) -> Checked:
        if effect.step != SIDE:
            return Checked(effect.step, effect.item, effect.round, ok=True, evidence="200")
        ok, known = self.side is True, self.side is not None
        return Checked(effect.step, effect.item, effect.round, ok, "GET /health answered", known)

    def _acted(self, effect: SetWeight | Run) -> Ran:
        if effect.dry:
            return Ran(effect.ref, ok=True, evidence="would change nothing else")
        if isinstance(effect, SetWeight):
            self.service.weight = effect.weight
            self.changes.append((effect.ref, effect.weight))
        elif self.deployment.runbook.action(effect.action).changes:
            self.service.weight = 0
            self.changes.append((effect.ref, effect.action))
        return Ran(effect.ref, ok=True, evidence="ok")

    def next_moment(self) -> datetime | None:
        """When time next matters."""
        return min(
            (m for m in (wake_at(self.deployment), gate_wake_at(self.deployment)) if m is not None),
            default=None,
        )

    def run(self, until: datetime) -> None:
        """Time passes from moment to moment; nobody acts."""
        self.drain()
        for _ in range(20_000):
            moment = self.next_moment()
            if moment is None or moment > until:
                break
            self.move(moment)
            self.apply(Tick())
            self.drain()
        else:
            raise AssertionError(f"time does not pass: {self.next_moment()} at {self.now}")
        self.move(until)

    def move(self, moment: datetime) -> None:
        """Forward to a moment; the past stays where it is."""
        if moment > self.now:
            self.service.pass_time((moment - self.now).total_seconds())
            self.now = moment

    # ------------------------------------------------------------------------------------------------ what can be seen

    def told(self, *, since: datetime | None = None) -> list[str]:
        """The facts so far, by key."""
        return [fact.key for at, fact in self.facts if since is None or at >= since]

    def when(self, key: str) -> list[datetime]:
        """The moments at which a fact became true."""
        return [at for at, fact in self.facts if fact.key == key]

    def words(self, key: str) -> dict[str, object]:
        """The words of the last fact with this key."""
        return dict(next(fact.words for _, fact in reversed(self.facts) if fact.key == key))

    def posted(self, view: str) -> list[Post]:
        """The new messages of a view."""
        return [post for post in self.posts if post.view == view]

    def status(self) -> Status:
        """Where the deployment stands now."""
        return self.deployment.status

    def step(self, step_id: str) -> StepState:
        """A step that exists."""
        step = self.deployment.step(step_id)
        assert step is not None, step_id
        return step

    def open_pages(self) -> list[str]:
        """The topics somebody should still answer for."""
        return [page.topic for page in self.deployment.pages if page.closed_at is None]

    def refused(self, happened: Input) -> str:
        """The key with which the rules refuse it; the deployment stays the same value."""
        before = self.deployment
        try:
            self.apply(happened)
        except Refused as refused:
            assert self.deployment == before
            return refused.key
        raise AssertionError(f"not refused: {happened}")

    def do(self, happened: Input) -> None:
        """One input, and all that follows from it at this moment."""
        self.apply(happened)
        self.drain()

    # ------------------------------------------------------------------------------------------------ people on paper

    def settle_items(self) -> None:
        """Everybody ticks what is theirs."""
        for step in self.deployment.steps:
            for item in step.items:
                if step.status == "open" and item.mark == "open" and not item.checking:
                    plan = next(i for i in items_of(self.deployment, step.id) if i.id == item.id)
                    note = "https://wiki.example/seen" if plan.evidence == "link" else "seen"
                    by, number = self.owner(step.id, item.id), passing(plan)
                    self.apply(ItemMarked(by, step.id, item.id, "done", note, number))
        self.drain()

    def owner(self, step: str, item: str) -> str:
        """A holder of the item's role."""
        role = next(i.role for i in items_of(self.deployment, step) if i.id == item)
        return self.deployment.holders(role)[0] if role else OPS

    def sign_all(self) -> None:
        """Every role signs what is open."""
        for step in self.deployment.steps:
            for sign in step.signs:
                if step.status == "open" and sign.mark == "open":
                    self.apply(
                        SignedOff(self.deployment.holders(sign.role)[0], step.id, sign.role, "approve")
                    )
        self.drain()

    def answer(self, answer: str = "go", reason: str = "looked at it") -> bool:
        """The approver answers whatever is asked."""
        for step in self.deployment.steps:
            if (
                step.status == "open"
                and step.deadline is not None
                and not step.stage_of_work
                and not step.items
                and not step.signs
            ):
                self.apply(Decided(APPROVER, step.id, step.round, answer, reason))  # type: ignore[arg-type]
                self.drain()
                return True
        return False

    def help_along(self) -> bool:
        """Everybody does what is asked at this moment. True when the deployment is over."""
        self.settle_items()
        self.sign_all()
        while self.answer():
            self.settle_items()
        return self.deployment.final

    def play(self, until: datetime, *, every: timedelta = timedelta(minutes=1)) -> None:
        """Time passes and everybody does what is asked of them at once."""
        while self.now < until and not self.help_along():
            moment = self.next_moment()
            self.run(min(until, max(moment or until, self.now + timedelta(seconds=1))))
            if moment is None and not self.pending and self.deployment.status is Status.RUNNING:
                self.move(min(until, self.now + every))


def clock(text: str, day: int = 0) -> datetime:
    """'14:30' on the day of the deployment, or so many days after it."""
    hour, minute = (int(part) for part in text.split(":"))
    return T0.replace(hour=hour, minute=minute) + timedelta(days=day)


@cache
def ion_but(*changes: tuple[str, str]) -> Runbook:
    """The shipped plan with a few words of its text changed."""
    text = (PLANS / "ion-deployment-day.yml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return read_runbook(text)


def in_seconds(*changes: tuple[str, str]) -> Runbook:
    """The same with a time for its memory, whose growth is written in another unit than the time itself."""
    of_memory = (
        (
            'gauge: tracks.$track.memory_percent\n    unit: "%"',
            "gauge: tracks.$track.memory_percent\n    unit: ms",
        ),
        ("{metric: memory, below: 85%", "{metric: memory, below: 85 ms"),
        ("{metric: memory, above: 85%", "{metric: memory, above: 85 ms"),
        ("growth-below: 1%/h", "growth-below: 0.001 s/h"),
        ("growth-above: 1%/h", "growth-above: 0.001 s/h"),
        ("growth-above: 5%/h", "growth-above: 0.005 s/h"),
    )
    return ion_but(*of_memory, *changes)


@cache
def literal() -> Runbook:
    """The shipped plan as its streaks alone would decide, with a look at the end of every window."""
    return ion_but(("decide-by: either\n    every: 5m", "decide-by: streak\n    look: 5m\n    every: 5m"))


COARSE = ("decide-by: either\n    every: 5m", "decide-by: either\n    look: 5m\n    every: 5m")


def coarse() -> Runbook:
    """The shipped plan with a look at the end of every window: for stories of many hours that are not about looks."""
    return ion_but(COARSE)


LANDINGS = (
    "13:49",
    "13:59",
    "14:14",
    "14:29",
    "14:43",
    "14:59",
    "15:04",
    "15:14",
    "15:58",
    "16:04",
    "16:21",
    "16:37",
)
"""Moments between two steps of the day, from which a longer play may go on instead of beginning anew."""


@cache
def _played(until: datetime, start: datetime, runbook: Runbook) -> PureWorld:
    before = max((clock(mark) for mark in LANDINGS if start < clock(mark) < until), default=None)
    world = _begun(start, runbook) if before is None else _played(before, start, runbook).copy()
    world.play(until)
    return world


def _begun(start: datetime, runbook: Runbook) -> PureWorld:
    world = begin(at=start, runbook=runbook)
    for step in [step for step in world.deployment.steps if step.status == "missed"]:
        world.apply(MissedSettled(DEPLOYER, step.id, "done", "yesterday"))
    world.drain()
    return world


def at(until: str, *, day: int = 0, runbook: Runbook | None = None) -> PureWorld:
    """A deployment that began at 13:40 and that everybody has helped along to a moment; a copy, for every test its own."""
    return _played(clock(until, day), clock("13:40"), runbook or ion()).copy()


def begin(
    *, at: datetime = T0 - timedelta(days=1), runbook: Runbook | None = None, by: str = DEPLOYER
) -> PureWorld:
    """A deployment that has just been started, with everything drained."""
    plan = runbook or ion()
    fresh = new_deployment(id="D1", runbook=plan, inputs={"version": "v2.14.0"}, t0=T0, language="en")
    world = PureWorld(fresh, at)
    world.apply(Started(by, PEOPLE))
    world.drain()
    return world


def failed(effect: str, ref: str, reason: str, *, unknown: bool = False) -> EffectFailed:
    """An effect that gave up."""
    return EffectFailed(effect, ref, reason, unknown)


__all__ = [
    "APPROVER",
    "DEPLOYER",
    "LEAD",
    "OPS",
    "PEOPLE",
    "T0",
    "PureWorld",
    "Refused",
    "at",
    "begin",
    "clock",
    "failed",
    "ion",
    "ion_but",
]
