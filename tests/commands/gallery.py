"""Whole deployments played on paper, with every message they post or update drawn on the way and held against Slack's limits.

What is collected: each drawing with the effect it belongs to, in the order in which people would see them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from ends_world import with_ends
from pure_world import APPROVER, DEPLOYER, OPS, PLANS, T0, PureWorld, begin, clock, failed, ion_but

from commands.blocks import Drawn, draw
from commands.blocks.kit import size
from core.effects import Backfill, CheckItem, Effect, LookBack, Measure, Post, Record, Run, SetWeight, Update
from core.incidents import (
    IncidentAnswered,
    IncidentAsked,
    IncidentClosed,
    IncidentDeclared,
    IncidentMarked,
    NextTrySet,
)
from core.inputs import (
    Acknowledged,
    Assigned,
    Backfilled,
    Checked,
    Decided,
    DryRunAsked,
    Input,
    ItemMarked,
    MissedSettled,
    OutcomeSettled,
    PastLook,
    Paused,
    Ran,
    Reading,
    Recorded,
    Rescheduled,
    Resumed,
    Returned,
    Reviewed,
    RollbackAsked,
    SignedOff,
    Target,
    Unlocked,
)
from core.plan.runbook import read_runbook
from core.rehearsal import (
    Change,
    FailedCheck,
    Fired,
    Missing,
    NoData,
    Rehearsing,
    Replayed,
    Review,
    StepTime,
    Weighed,
)
from core.sayings import BoardAsked, LossSaid, OutcomeSaid, RiskSaid
from core.state import Deployment
from sandbox.slack.blockkit import check_blocks, elements_of

BYTES = 12_000
DATE = re.compile(
    r"<!date\^\d+\^(?:\{time\}|\{date_short_pretty\} \{time\})\|(?:\d{4}-\d\d-\d\d )?\d\d:\d\d UTC>"
)
RAW = re.compile(r"\{\w+\}|None\b|<function|datetime\.|\d{4}-\d\d-\d\dT\d\d:\d\d")
"""What must never stand in a message: an unfilled word, a Python value, a raw ISO time."""


@dataclass(frozen=True)
class Hung:
    """One drawing: the message's key, the view, how it looked in both languages."""

    at: datetime
    key: str
    view: str
    subject: str
    new: bool
    people: tuple[str, ...]
    en: Drawn
    ko: Drawn
    deployment: Deployment


@dataclass
class Gallery:
    """A world whose posts and updates are drawn as they are performed."""

    world: PureWorld
    hung: list[Hung] = field(default_factory=list)

    @classmethod
    def of(cls, **how: Any) -> Gallery:
        """A deployment that has just begun, drawn from its first message on."""
        world = begin(**how)
        gallery = cls(world)
        for post in world.posts:
            gallery.hang(post)
        world.broken = gallery.seen
        return gallery

    def seen(self, effect: Effect) -> Input | None:
        """Draws what is posted or updated; performs nothing itself."""
        if isinstance(effect, Post | Update):
            self.hang(effect)
        return None

    def hang(self, effect: Post | Update) -> Hung:
        """Draws in both languages and checks what holds for every message."""
        words = effect.words if isinstance(effect, Post) else ()
        people = effect.people if isinstance(effect, Post) else ()
        pictures = [
            draw(
                effect.view,
                self.world.deployment,
                subject=effect.subject,
                words=words,
                now=self.world.now,
                language=language,
            )
            for language in ("en", "ko")
        ]
        for picture in pictures:
            check(picture)
        one = Hung(
            self.world.now, effect.key, effect.view, effect.subject, isinstance(effect, Post), people, pictures[0], pictures[1],
            self.world.deployment,
        )  # fmt: skip
        self.hung.append(one)
        return one

    def last(self, view: str, subject: str = "") -> Hung:
        """The newest drawing of a view."""
        return next(
            h for h in reversed(self.hung) if h.view == view and (not subject or h.subject == subject)
        )

    def posted(self, view: str) -> list[Hung]:
        """The new messages of a view."""
        return [one for one in self.hung if one.view == view and one.new]


def check(picture: Drawn) -> None:
    """Slack would take it, a screen reader says a sentence, and no raw value shows."""
    assert check_blocks(picture.blocks) == []
    assert size(picture.blocks) < BYTES
    assert 0 < len(picture.text) <= 300
    shown = DATE.sub("", said(picture))
    assert not RAW.search(shown), shown
    heard = [element.get("accessibility_label") or label(element) for element in buttons(picture)]
    assert len(set(heard)) == len(heard), heard


def said(picture: Drawn) -> str:
    """Everything a reader sees, in one string."""
    return "\n".join([picture.text, *texts_of(picture.blocks)])


def texts_of(part: object) -> Iterator[str]:
    """Every text of blocks, wherever it stands."""
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield part["text"]
        for value in part.values():
            yield from texts_of(value)
    elif isinstance(part, list):
        for value in part:
            yield from texts_of(value)


def buttons(picture: Drawn) -> list[dict[str, Any]]:
    """Every button of a message."""
    return [e for block in picture.blocks for e in elements_of(block) if e.get("type") == "button"]


def label(element: dict[str, Any]) -> str:
    """What stands on a button."""
    return str(element["text"]["text"])


def verbs(picture: Drawn) -> list[str]:
    """The action ids of a message's buttons."""
    return [str(element["action_id"]) for element in buttons(picture)]


# ------------------------------------------------------------------------------------------------------------ stories


def happy() -> Gallery:
    """From the rehearsal to the verdict, nothing goes wrong."""
    gallery = Gallery.of()
    gallery.world.play(T0 + timedelta(days=3))
    return gallery


@cache
def _to_the_canary(error_share: float) -> Gallery:
    gallery = Gallery.of()
    gallery.world.play(T0 - timedelta(minutes=1))
    gallery.world.service.error_share = error_share
    gallery.world.play(T0 + timedelta(minutes=12))
    return gallery


def to_the_canary(error_share: float = 0.0) -> Gallery:
    """Five percent of the traffic, ten minutes past T0; a copy, for every story its own."""
    played = _to_the_canary(error_share)
    gallery = Gallery(played.world.copy(), list(played.hung))
    gallery.world.broken = gallery.seen
    return gallery


def rolled_back() -> Gallery:
    """Errors appear after the first window; the rule acts, the way back is proved, the lock is lifted."""
    gallery = to_the_canary()
    world = gallery.world
    world.service.error_share = 0.2
    world.play(T0 + timedelta(minutes=60))
    world.settle_items()
    world.apply(Unlocked(DEPLOYER, "the cause is fixed in v2.14.1"))
    world.drain()
    return gallery


def silent() -> Gallery:
    """The canary's numbers stop; people are called, tier after tier, and nobody answers; then it goes on."""
    gallery = to_the_canary()
    world = gallery.world
    world.service.silent = True
    world.run(T0 + timedelta(hours=3))
    world.service.silent = False
    world.run(world.now + timedelta(minutes=10))
    return gallery


def unanswered() -> Gallery:
    """Nobody answers the first question; its default counts, people are called, one acknowledges and answers."""
    gallery = Gallery.of()
    world = gallery.world
    while world.now < T0 - timedelta(hours=22):
        world.settle_items()
        world.run(world.now + timedelta(minutes=30))
    for page in world.deployment.pages:
        if page.open:
            world.apply(Acknowledged(APPROVER, page.number))
    world.drain()
    world.answer("observe")
    world.run(world.now + timedelta(minutes=20))
    return gallery


def unknown() -> Gallery:
    """Setting the share has an unknown outcome; a person says it did not happen; the next try fails; it is resumed."""
    gallery = Gallery.of()
    world = gallery.world
    answers: list[str] = ["unknown", "failed"]

    def broken(effect: Effect) -> Input | None:
        gallery.seen(effect)
        if isinstance(effect, SetWeight) and answers:
            if answers.pop(0) == "unknown":
                return failed("set-weight", effect.ref, "the connection was lost after sending", unknown=True)
            return Ran(effect.ref, False, "error: image not found\n" * 40)
        return None

    world.broken = broken
    world.play(T0 + timedelta(minutes=2))
    hold = world.deployment.hold
    assert hold is not None
    world.apply(OutcomeSettled(DEPLOYER, hold.ref, False, "looked at the console"))
    world.drain()
    world.apply(Resumed(DEPLOYER))
    world.drain()
    world.run(world.now + timedelta(minutes=5))
    return gallery


def late() -> Gallery:
    """Started ten minutes before T0: what had passed is shown as missed."""
    gallery = Gallery.of(at=T0 - timedelta(minutes=4))
    world = gallery.world
    missed = [step.id for step in world.deployment.steps if step.status == "missed"]
    for number, step in enumerate(missed):
        how = ("done", "not-applicable", "to-do")[number % 3]
        world.apply(MissedSettled(DEPLOYER, step, how, "" if how == "to-do" else "on the phone"))  # type: ignore[arg-type]
        world.drain()
    return gallery


def stopped() -> Gallery:
    """Paused, resumed, answered NO-GO with traffic; the rollback's script fails until people are called."""
    gallery = to_the_canary()
    world = gallery.world
    world.apply(Paused(DEPLOYER, "lunch <!channel> & *bold*"))
    world.drain()
    world.apply(Resumed(DEPLOYER))
    world.drain()

    def broken(effect: Effect) -> Input | None:
        gallery.seen(effect)
        if isinstance(effect, Run) and effect.ref.startswith("rollback"):
            return Ran(effect.ref, False, "kubectl: forbidden")
        if isinstance(effect, Measure) and effect.ref.startswith("verify"):
            return failed("measure", effect.ref, "connection refused")
        return None

    world.broken = broken
    world.apply(RollbackAsked(DEPLOYER, "customers complain"))
    world.drain()
    world.run(world.now + timedelta(minutes=30))
    return gallery


def rejected() -> Gallery:
    """The hand-over is signed by one and rejected by the other."""
    gallery = Gallery.of()
    world = gallery.world
    while not any(step.signs and step.status == "open" for step in world.deployment.steps):
        world.settle_items()
        while world.answer():
            world.settle_items()
        moment = world.next_moment()
        assert moment is not None
        world.run(moment)
    step = next(step for step in world.deployment.steps if step.signs)
    roles = [sign.role for sign in step.signs]
    world.apply(SignedOff(world.deployment.holders(roles[0])[0], step.id, roles[0], "approve", "all fine"))
    world.apply(
        SignedOff(world.deployment.holders(roles[1])[0], step.id, roles[1], "reject", "dashboards missing")
    )
    world.drain()
    return gallery


def refused_go() -> Gallery:
    """A question at 45 minutes under a recommendation of OBSERVE, answered GO with its reason."""
    gallery = to_the_canary()
    world = gallery.world
    world.service.slow_share = 0.0
    while not any(step.id == "look-45" and step.status == "open" for step in world.deployment.steps):
        world.settle_items()
        world.answer()
        moment = world.next_moment()
        assert moment is not None
        if moment > T0 + timedelta(minutes=38):
            world.service.memory = 84.0 + (moment - T0).total_seconds() / 3600
        world.run(moment)
    step = world.deployment.step("look-45")
    assert step is not None
    world.apply(Decided(APPROVER, step.id, step.round, "go", "growth is the cache warming up"))
    world.drain()
    return gallery


GUARDED = ion_but(
    (
        "  steps: [rollback-script]\n",
        "  healthy:\n"
        "    - http: {source: api, get: /health}\n"
        "    - metric: {metric: errors, track: control, below: 5%}\n"
        "  steps: [rollback-script]\n",
    ),
    ("    reads: 2\n", "    reads: 2\n    baseline: 20%\n"),
)
"""The shipped plan with checks of the side a rollback leads to, and a band around what was normal."""


def refused() -> Gallery:
    """The side a rollback leads to is sick: it stops, people are called, it is tried out, tried again, and done all the same."""
    gallery = Gallery.of(runbook=GUARDED)
    world = gallery.world
    world.targets = {"rollback-script": True}
    world.play(T0 + timedelta(minutes=12))
    world.side = False
    world.service.stable_errors = 0.3
    world.do(RollbackAsked(DEPLOYER, "customers complain"))
    world.run(world.now + timedelta(minutes=7))
    world.do(DryRunAsked(OPS))
    world.do(RollbackAsked(DEPLOYER, "look again"))
    world.do(RollbackAsked(APPROVER, "the canary loses <b>orders</b>", force=True))
    world.run(world.now + timedelta(minutes=7))
    world.service.stable_errors = 0.0
    world.run(world.now + timedelta(minutes=30))
    return gallery


def nobody_knows() -> Gallery:
    """Nobody can tell whether the side a rollback leads to is healthy."""
    gallery = Gallery.of(runbook=GUARDED)
    world = gallery.world
    world.play(T0 + timedelta(minutes=12))
    world.side = None
    world.do(RollbackAsked(DEPLOYER, "customers complain"))
    return gallery


def unsafe() -> Gallery:
    """There is no healthy way back before the first change; it is looked at again, then a person goes on without one."""
    gallery = Gallery.of()
    world = gallery.world
    answers = [
        Recorded("rollback/targets:1", (), (("rollback-script", "deployments.apps is forbidden"),)),
        *(
            Recorded(f"rollback/targets:{n}", (Target("rollback-script", healthy, "revision 7", "7", T0),))
            for n, healthy in ((2, None), (3, False))
        ),
    ]

    def broken(effect: Effect) -> Input | None:
        gallery.seen(effect)
        return answers.pop(0) if isinstance(effect, Record) and answers else None

    world.broken = broken
    world.play(T0 + timedelta(minutes=1))
    world.do(Resumed(DEPLOYER))
    world.do(Resumed(DEPLOYER))
    world.do(Resumed(DEPLOYER, "the first version ever"))
    world.do(RollbackAsked(DEPLOYER, "odd"))
    return gallery


def away() -> Gallery:
    """The bot is away three times: the past is filled in with a breach, there is none, and it does not come."""
    gallery = to_the_canary()
    world = gallery.world

    def broken(effect: Effect) -> Input | None:
        gallery.seen(effect)
        if not isinstance(effect, Backfill):
            return None
        readings = tuple(
            r for name in effect.metrics for r in world.service.read(world.deployment.runbook, name)
        )
        return Backfilled(effect.ref, tuple(PastLook(moment, readings) for moment in effect.moments[-2:]))

    world.broken = broken
    since = world.now
    world.service.error_share = 0.2
    world.move(since + timedelta(minutes=22))
    world.service.error_share = 0.0
    world.do(Returned(since))
    world.broken = gallery.seen
    since = world.now
    world.move(since + timedelta(minutes=22))
    world.do(Returned(since))
    since = world.now
    world.move(since + timedelta(minutes=22))
    world.apply(Returned(since))
    world.pending = [effect for effect in world.pending if not isinstance(effect, Backfill)]
    world.run(world.now + timedelta(minutes=10))
    return gallery


def rehearsed() -> Gallery:
    """The share is only tried out."""
    gallery = Gallery.of()
    world = gallery.world
    world.deployment = replace(world.deployment, rehearsal=True)
    world.play(T0 + timedelta(minutes=2))
    return gallery


DOING = read_runbook(
    (PLANS / "ion-deployment-day.yml")
    .read_text(encoding="utf-8")
    .split("\nphases:\n")[0]
    .replace("four-eyes: true", "four-eyes: false")
    + """
phases:
  - id: all
    title: {en: All of it, ko: 전부}
    steps:
      - checklist:
          id: criteria
          title: {en: "Is it <good> enough", ko: 충분한가}
          as: criteria
          due: T-1h
          items:
            - {id: rate, title: {en: Error `rate`, ko: 오류율}, role: deployer, remind: 2h, value: {unit: "%", below: 0.1, at-least: 0}, note: Staging had 0.02 %}
            - {id: disk, title: {en: Free disk, ko: 남은 디스크}, value: {unit: GB, at-least: 20}, evidence: link}
            - {id: health, title: {en: Healthy, ko: 상태}, check: {http: {source: api, get: /health, within: 500ms}}}
            - {id: staging, title: {en: P95 in staging, ko: 스테이징 P95}, value: {unit: ms, below: 500, actual: 99.17}, already: Load test of phase 2}
      - checklist: {id: papers, title: Papers, items: [{id: report, title: Report, evidence: link}, {id: told, title: Users told, value: {unit: 명}}, {id: old, title: Old, already: In May}]}
      - meeting: {id: kick-off, title: {en: Kick-off, ko: 시작 회의}, roles: [deployer, final-approver, operations], within: 10m, items: [{id: risks, title: Risks}]}
      - run: {id: migrate, title: {en: Migrate, ko: 마이그레이션}, action: rollback-script, approve: [final-approver], settle: 1m, confirm: [{http: {source: api, get: /health}}]}
      - watch: {id: on, title: {en: Watch, ko: 관찰}, until: D+2 16:00, rows: {at: ["08:00"], metrics: [errors], items: [{id: issues, title: Issues}], role: operations}}
"""
)
"""The shipped plan's head, and all that people do besides ticking."""


def doing() -> Gallery:
    """Numbers on both sides, links, a check that fails and is made again, a meeting with a latecomer, an approved run, rows."""
    gallery = Gallery.of(at=T0 - timedelta(hours=4), runbook=DOING)
    world = gallery.world

    def broken(effect: Effect) -> Input | None:
        gallery.seen(effect)
        if isinstance(effect, CheckItem) and effect.item == "health":
            return Checked(
                effect.step, effect.item, effect.round, False, "answered in 812 ms", value=812.0, unit="ms"
            )
        if isinstance(effect, Run) and effect.dry:
            return failed("run", effect.ref, "terraform: <no> such file")
        return None

    world.broken = broken
    world.do(ItemMarked(OPS, "criteria", "health", "open"))
    world.run(T0 - timedelta(hours=2))
    world.do(ItemMarked(DEPLOYER, "criteria", "rate", "done", "", "0.4"))
    world.do(ItemMarked(OPS, "criteria", "*", "open"))
    world.do(ItemMarked(DEPLOYER, "criteria", "rate", "done", "a `flake`"))
    world.do(ItemMarked(OPS, "criteria", "disk", "done", "https://wiki.example/disk", "35"))
    for item in [item for item in world.step("criteria").items if item.mark == "open"]:
        world.do(ItemMarked(OPS, "criteria", item.id, "done", "fast enough"))
    world.settle_items()
    world.do(SignedOff(DEPLOYER, "kick-off", "deployer", "approve"))
    world.do(SignedOff(DEPLOYER, "kick-off", "deployer", "withdraw"))
    world.do(SignedOff(DEPLOYER, "kick-off", "deployer", "approve"))
    world.run(world.now + timedelta(minutes=11))
    world.do(SignedOff(OPS, "kick-off", "operations", "approve"))
    world.settle_items()
    world.do(Decided(APPROVER, "migrate.go", world.step("migrate.go").round, "go", "we know it"))
    world.run(T0 + timedelta(days=2))
    world.settle_items()
    world.run(T0 + timedelta(days=3))
    return gallery


EVERY_LINE = Review(
    (StepTime("state", "done", 300.0, 5.0), StepTime("bake-5", "open"), StepTime("five", "done", 20.0, 0.3)),
    (
        Missing("role", "operations"), Missing("tier", "3"), Missing("question", "start-signal", T0), Missing("call", "2", T0),
        Missing("proof", "errors,p95", T0),
    ),
    (NoData("errors", "canary", 7, 9, "no-requests"), NoData("memory", "control", 1, 9, "no such series <b>")),
    (FailedCheck("rehearse", "health", "GET /health answered 503, not 200."), FailedCheck("five", "", "0, not 5")),
    (
        Replayed("canary", T0, T0, 2016, 2000, (Fired("canary", "errors.below.rollback", "errors", 3, T0, T0, 2.5),),
                 over=(Fired("canary", "p95.below.rollback", "p95", 1, T0, T0, acted=1),)),
        Replayed("first-window", T0, T0, 2016, 2000), Replayed("watch", T0, T0, no_past=("api",)),
        Replayed("watch", T0, T0, problem="The source 'api' did not answer in time."),
    ),
    (Change("set-traffic", True, "Would run: deploy"), Change("rollback-script", False, "No such program."),
     Change("set-traffic", True, "", real=True)),
    "one part of it is missing",
    (
        Weighed("canary", "errors.below.rollback", "errors", 75, 2, 1, 412.0, 286.0, T0, 1),
        Weighed("canary", "p95.below.rollback", "p95", 75, 1, 1, 3.4, 500.0), Weighed("canary", "memory.below.rollback", "memory", 75, 1, 1),
        Weighed("first-window", "errors.below.rollback", "errors", 12, 0, 0, 1.2, 286.0),
        Weighed("watch", "memory.below.rollback", "memory", 9, 0, 0),
    ),
)  # fmt: skip


def reported() -> Gallery:
    """A rehearsal without traffic of its own, from its first message to its report."""
    gallery = Gallery.of()
    world = gallery.world

    def looked_back(effect: Effect) -> Input | None:
        return Reviewed(effect.ref, EVERY_LINE) if isinstance(effect, LookBack) else gallery.seen(effect)

    world.broken = looked_back
    world.deployment = replace(world.deployment, rehearsal=True, rehearsing=Rehearsing(60.0, "C0GENERAL"))
    world.play(T0 + timedelta(days=3))
    world.apply(Decided(APPROVER, "verdict", 1, "go", "it was a rehearsal"))
    world.drain()
    return gallery


WALKED = ion_but(
    ("  automatic: true\n", "  automatic: false\n"),
    (
        "      options: [watch, hot-fix, roll-back]\n    bands:\n      - {metric: errors",
        "      options: [watch, hot-fix, scale-out, roll-back]\n      default: watch\n    actions: {scale-out: more-pods}\n    bands:\n      - {metric: errors",
    ),
    (
        "  service-status:\n",
        "  more-pods:\n    title: More pods\n    command: {program: deploy, args: [scale, '+2']}\n  service-status:\n",
    ),
    ("    title: {en: \"Memory keeps rising\", ko: \"메모리 사용률 지속 증가\"}\n", "    title: Data is <!channel> damaged\n    at-once: roll-back\n"),
)  # fmt: skip
"""The shipped plan, which never acts alone, with an answer that runs an action and an emergency that wants the way back at once."""


def walked() -> Gallery:
    """Slow answers: a playbook is walked to WATCH by default, an action that fails, a fix, the way back and the next try."""
    gallery = Gallery.of(runbook=WALKED)
    world = gallery.world
    world.play(T0 + timedelta(minutes=15))
    world.service.slow_share = 0.5
    world.run(T0 + timedelta(minutes=20))
    for person, todo, mark in (
        (OPS, 0, "done"),
        (DEPLOYER, 1, "not-applicable"),
        (DEPLOYER, 1, "open"),
        (DEPLOYER, 1, "done"),
    ):
        world.do(IncidentMarked(person, 1, todo, mark, "<@U1|all> looked at `it`"))  # type: ignore[arg-type]
    world.run(T0 + timedelta(minutes=36))
    world.do(IncidentAsked(OPS, 1))
    outcomes = [("refused by the cluster", False), ("connection lost", True)]

    def broken(effect: Effect) -> Input | None:
        gallery.seen(effect)
        if isinstance(effect, Run) and effect.action == "more-pods" and outcomes:
            reason, lost = outcomes.pop(0)
            return failed("run", effect.ref, reason, unknown=lost)
        return None

    world.broken = broken
    for _ in range(3):
        one = world.deployment.incidents[0]
        world.do(IncidentAnswered(APPROVER, 1, one.round, "scale-out"))
    world.do(IncidentDeclared(OPS, "memory-rising", "orders are doubled"))
    world.do(IncidentDeclared(OPS, "script-fails"))
    world.do(IncidentAsked(OPS, 3))
    world.run(world.now + timedelta(minutes=21))
    world.do(IncidentAnswered(DEPLOYER, 3, 1, "hot-fix", "the path is wrong"))
    world.do(IncidentClosed(DEPLOYER, 3, "the path is right"))
    world.do(IncidentAsked(OPS, 1))
    world.do(IncidentAnswered(DEPLOYER, 1, world.deployment.incidents[0].round, "roll-back", "still slow"))
    world.service.slow_share = 0.0
    world.run(world.now + timedelta(minutes=10))
    world.do(NextTrySet(APPROVER, 1, world.now + timedelta(days=1), "after the index is built"))
    for todo in (2, 3):
        world.do(IncidentMarked(OPS if todo == 2 else DEPLOYER, 1, todo, "done", ""))
    return gallery


def on_duty() -> Gallery:
    """A rota with a day on which nobody is there; somebody is put there."""
    gallery = Gallery.of(runbook=ion_but(("    contact: tier-3\n", "    contact: business\n    rota: true\n"), ("    contact: tier-2\n", "    contact: when-needed\n")))  # fmt: skip
    world = gallery.world
    world.deployment = replace(
        world.deployment, standing=(), people=(*world.deployment.people[:3], ("engineering-lead", ()))
    )
    world.play(T0 - timedelta(hours=2))
    world.do(Assigned(DEPLOYER, "engineering-lead", (APPROVER,), T0.date(), (T0 + timedelta(days=3)).date()))
    world.play(T0 + timedelta(minutes=12))
    world.service.silent = True
    world.run(T0 + timedelta(minutes=40))
    return gallery


def moved() -> Gallery:
    """T0 is moved by a day while a question is open; then so near that a list is missed."""
    gallery = Gallery.of(at=T0 - timedelta(days=1, minutes=10))
    world = gallery.world
    world.play(T0 - timedelta(hours=23, minutes=1))
    world.run(T0 - timedelta(hours=22, minutes=59))
    world.settle_items()
    world.do(Rescheduled(DEPLOYER, T0 + timedelta(days=1), T0, "the <!here> database is late"))
    near = T0 - timedelta(hours=22, minutes=30)
    world.do(Rescheduled(DEPLOYER, near, T0 + timedelta(days=1), "it is there after all", confirmed=True))
    return gallery


def with_ends_story() -> Gallery:
    """A plan with a board, audiences and a verdict that asks how it went: the board is shown, a risk comes and goes."""
    gallery = Gallery.of(at=clock("14:00", -1), runbook=with_ends())
    drawing = gallery.world.broken

    def answers(effect: Effect) -> Input | None:
        if isinstance(effect, Backfill):
            readings = [
                Reading("errors", "canary", "ok", (1.0 * n, 400.0 * n)) for n in range(len(effect.moments))
            ]
            looks = zip(effect.moments, readings, strict=True)
            return Backfilled(effect.ref, tuple(PastLook(moment, (one,)) for moment, one in looks))
        return drawing(effect) if drawing is not None else None

    gallery.world.broken = answers
    gallery.world.apply(BoardAsked(OPS))
    gallery.world.drain()
    gallery.world.apply(RiskSaid(OPS, "open-blocker", True, "payments fail in staging"))
    gallery.world.drain()
    gallery.world.apply(RiskSaid(OPS, "open-blocker", False, "fixed and tested"))
    gallery.world.play(T0 + timedelta(days=2))
    gallery.world.apply(OutcomeSaid(APPROVER, "partial", "two customers were slow"))
    gallery.world.drain()
    return gallery


def with_a_ticket() -> Gallery:
    """A rollback with objectives, whose post-mortem gets a ticket."""
    gallery = Gallery.of(runbook=with_ends())
    drawing = gallery.world.broken

    def answers(effect: Effect) -> Input | None:
        if isinstance(effect, Run) and effect.ref.startswith("ticket:"):
            return Ran(effect.ref, True, "201", link="https://tickets.example/17")
        return drawing(effect) if drawing is not None else None

    gallery.world.broken = answers
    gallery.world.play(clock("14:44"))
    gallery.world.apply(RollbackAsked(DEPLOYER, "orders are wrong"))
    gallery.world.run(clock("15:10"))
    gallery.world.apply(LossSaid(OPS, 90, "the last minute and a half"))
    gallery.world.drain()
    return gallery


STORIES = {
    "happy": happy, "rolled-back": rolled_back, "silent": silent, "unanswered": unanswered, "unknown": unknown,
    "late": late, "stopped": stopped, "rejected": rejected, "refused-go": refused_go, "reported": reported,
    "refused": refused, "doing": doing, "nobody-knows": nobody_knows, "unsafe": unsafe, "away": away, "rehearsed": rehearsed,
    "walked": walked, "on-duty": on_duty,
    "moved": moved,
    "ends": with_ends_story, "ticket": with_a_ticket,
}  # fmt: skip
