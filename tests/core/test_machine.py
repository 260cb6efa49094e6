"""The whole machine, driven anywhere: what must hold whatever people do, the world answers, and time does.

The quick form runs with every change, a longer one in make test-long; RULES_EXAMPLES=3000 makes it as long as you like.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args

import pytest
from draws import draws
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pure_world import (
    APPROVER,
    DEPLOYER,
    LEAD,
    OPS,
    T0,
    PureWorld,
    at,
    begin,
    clock,
    failed,
    ion,
    ion_but,
)

from core.asks import asks
from core.effects import (
    SIDE,
    Backfill,
    CheckItem,
    Effect,
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
from core.evidence import seen
from core.incidents import (
    IncidentAnswered,
    IncidentAsked,
    IncidentClosed,
    IncidentDeclared,
    IncidentMarked,
    NextTrySet,
    TodoMark,
    number_in,
)
from core.inputs import (
    Aborted,
    Acknowledged,
    Answer,
    Answered,
    Assigned,
    Backfilled,
    Checked,
    Decided,
    DryRunAsked,
    EffectFailed,
    Input,
    ItemMarked,
    Measured,
    MissedSettled,
    OutcomeSettled,
    PastLook,
    Paused,
    Posted,
    Ran,
    Reading,
    Recorded,
    Rescheduled,
    Resumed,
    Returned,
    Reviewed,
    RollbackAsked,
    SignedOff,
    Started,
    Tick,
    Unlocked,
    WeightRead,
)
from core.machine import RULES_VERSION, TRANSITIONS, decide, gate_wake_at, is_quiet, wake_at
from core.plan.models import Decide, SetTraffic
from core.plan.playbooks import REMEDIES
from core.rehearsal import Review
from core.report import summarise
from core.sayings import BoardAsked, LossSaid, OutcomeSaid, RiskSaid
from core.start import new_deployment
from core.state import FINAL, Deployment, Status
from core.wanted import wanted
from storage import codec

PEOPLE = (DEPLOYER, OPS, APPROVER, LEAD, "U0STRANGE", "cli:root")
QUICK = ion_but(
    ("at-most: 4", "at-most: 2"),
    (
        "  steps: [rollback-script]\n",
        "  healthy:\n"
        "    - http: {source: api, get: /health}\n"
        "    - metric: {metric: errors, track: control, below: 5%}\n"
        "  steps: [rollback-script]\n",
    ),
    ("    reads: 2\n", "    reads: 2\n    baseline: 20%\n"),
    (
        "      options: [watch, hot-fix, roll-back]\n    bands:\n      - {metric: errors",
        "      options: [watch, hot-fix, scale-out, roll-back]\n      default: roll-back\n    actions: {scale-out: more-pods}\n    bands:\n      - {metric: errors",
    ),
    (
        "  service-status:\n",
        "  more-pods:\n    title: More pods\n    command: {program: deploy, args: [scale, '+2']}\n  service-status:\n",
    ),
    (
        "      options: [roll-back, hot-fix, watch]\n    next-try: true\n",
        "      options: [roll-back, hot-fix, watch]\n      default: watch\n    next-try: true\n    at-once: roll-back\n",
    ),
    ("    contact: tier-3\n", "    contact: tier-3\n    rota: true\n"),
)
STARTS: tuple[Callable[[], PureWorld], ...] = (
    lambda: begin(at=clock("14:00", -1), runbook=QUICK),
    lambda: begin(at=clock("12:00"), runbook=QUICK),
    lambda: at("13:59", runbook=QUICK),
    lambda: at("14:14", runbook=QUICK),
    lambda: at("14:44", runbook=QUICK),
    lambda: at("15:04", runbook=QUICK),
    lambda: at("16:21", runbook=QUICK),
    lambda: at("16:38", runbook=QUICK),
    lambda: at("15:59", day=1, runbook=QUICK),
)
SPANS = (1, 20, 61, 5 * 60, 11 * 60, 30 * 60, 2 * 3600, 26 * 3600)

MARKS: tuple[Literal["approve", "reject", "withdraw"], ...] = ("approve", "approve", "reject", "withdraw")
ANSWERS: tuple[Answer, ...] = ("go", "go", "observe", "hold", "no-go")


class Anything(RuleBasedStateMachine):
    """People, the world and time in any order; a world effect that has begun answers when it likes."""

    world: PureWorld

    def __init__(self) -> None:
        super().__init__()
        self.flying: Effect | None = None  # a world effect that has begun
        self.answers: list[Input] = []
        self.posted: set[str] = set()
        self.opening: Deployment | None = None
        self.journal: list[tuple[datetime, Input]] = []
        self.over: tuple[Status, str] | None = None

    @initialize(start=st.sampled_from(range(len(STARTS))), rehearsal=st.sampled_from([False, False, True]))
    def begins(self, start: int, rehearsal: bool) -> None:
        self.world = STARTS[start]()
        if rehearsal and not self.world.deployment.weight:
            self.world.deployment = replace(self.world.deployment, rehearsal=True)
        self.posted = {post.key for post in self.world.posts}
        self.opening = self.world.deployment

    # ------------------------------------------------------------------------------------------------- one input

    def send(self, happened: Input) -> None:
        before = self.world.deployment
        try:
            decision = decide(before, happened, self.world.now)
        except Refused:
            assert self.world.deployment is before
            return
        self.journal.append((self.world.now, happened))
        if decision.cancels_world:
            self.world.pending = [e for e in self.world.pending if e.lane != "world"]
        for effect in decision.effects:
            self.check_effect(before, decision.deployment, effect, decision.effects)
        self.world.deployment = decision.deployment
        self.world.pending.extend(decision.effects)
        self.posted |= {e.key for e in decision.effects if isinstance(e, Post)}
        if is_quiet(before, decision):
            assert before.status is decision.deployment.status

    def check_effect(
        self, before: Deployment, after: Deployment, effect: Effect, together: tuple[Effect, ...]
    ) -> None:
        if isinstance(effect, Update):
            known = self.posted | {e.key for e in together if isinstance(e, Post)}
            assert effect.key in known, effect
        if effect.lane == "world":
            assert isinstance(effect, Run | SetWeight)
            assert not (after.rehearsal and after.runbook.action(effect.action).changes)
            # What a person sets going in an emergency does not wait until it is known where a rollback leads.
            assert after.recording.at is not None or effect.ref.startswith("incident:")
        if isinstance(effect, Run) and effect.ref.startswith("rollback:"):
            self.check_way_back(after)
        if isinstance(effect, SetWeight):
            assert after.status is Status.RUNNING
            placed = after.runbook.step(effect.ref.split(":")[1])
            assert isinstance(placed.body, SetTraffic)
            assert effect.weight == placed.body.to
            for earlier in after.runbook.route[: placed.index]:
                step = after.step(earlier.body.id)
                assert step is not None
                assert step.settled or not getattr(earlier.body, "wait", True)
                if isinstance(earlier.body, Decide):
                    assert step.status == "skipped" or step.answer == "go"
                if isinstance(earlier.body, SetTraffic):
                    assert after.gate is not None
        if isinstance(effect, Run) and effect.ref.startswith("step:"):
            assert after.status is Status.RUNNING

    def check_way_back(self, after: Deployment) -> None:
        """The bot alone never goes to a side that is known to be sick, nor to one of which nobody knows anything."""
        run = after.rollback
        assert run is not None
        if run.forced_by:
            assert run.forced
            assert run.forced_by != "bot"
            return
        assert all(one.health != "sick" for one in run.side)
        assert all(target.healthy is not False for target in after.targets)
        assert not after.recording.missing
        if any(one.health == "unknown" for one in run.side):
            assert after.targets
            assert all(target.healthy for target in after.targets)

    # ------------------------------------------------------------------------------------------------- the world

    def answer(self, effect: Effect, how: str) -> None:
        happened = self.happens(effect, how)
        if happened is not None:
            self.answers.append(happened)
            self.send(happened)

    def happens(self, effect: Effect, how: str) -> Input | None:
        if how == "ok":
            return self.world.perform(effect)
        match effect:
            case Record() | Backfill():
                return self.found_out(effect, how)
            case Run() | SetWeight():
                return self.acts(effect, how)
            case LookBack():
                return Reviewed(effect.ref, Review(problem="no"))
            case ReadBack():
                return WeightRead(effect.ref, 3) if how == "bad" else failed("read-back", effect.ref, "no")
            case Measure():
                return (
                    failed("measure", effect.ref, "no")
                    if how != "bad"
                    else Measured(effect.ref, self.world.now, ())
                )
            case Post() | Update() | Notify():
                return self.unsaid(effect)
            case CheckItem():
                known = how == "bad" or effect.step != SIDE
                return Checked(effect.step, effect.item, effect.round, False, "503", known)

    def unsaid(self, effect: Post | Update | Notify) -> Input | None:
        if isinstance(effect, Notify):
            return failed(effect.kind, effect.ref, "no")
        return failed("post", effect.key, "no") if isinstance(effect, Post) and effect.answer else None

    def acts(self, effect: Run | SetWeight, how: str) -> Input:
        if how == "unknown-happened":
            self.world.perform(effect)
        if how.startswith("unknown"):
            return failed(effect.kind, effect.ref, "?", unknown=not effect.dry)
        return Ran(effect.ref, False, "exit 1") if how == "bad" else failed(effect.kind, effect.ref, "no")

    def found_out(self, effect: Record | Backfill, how: str) -> Input:
        if isinstance(effect, Record):
            missing = tuple((name, "no") for name in effect.actions) if how == "bad" else ()
            return Recorded(effect.ref, (), missing)
        looks = [PastLook(moment, self.past(effect)) for moment in effect.moments if how != "gave-up"]
        return Backfilled(effect.ref, tuple(looks))

    def past(self, effect: Backfill) -> tuple[Reading, ...]:
        """What a source with a past has: the counts as they are now, which is as good as any."""
        return tuple(r for name in effect.metrics for r in self.world.service.read(ion(), name))

    HOW = st.sampled_from(["ok", "ok", "ok", "ok", "bad", "gave-up", "unknown", "unknown-happened"])

    @precondition(lambda self: self.world.pending)
    @rule(index=st.integers(0, 5), how=HOW)
    def performs(self, index: int, how: str) -> None:
        effect = self.world.pending[index % len(self.world.pending)]
        if effect.lane == "world":
            effect = next(e for e in self.world.pending if e.lane == "world")
            if self.flying is not None:
                return
        self.world.pending.remove(effect)
        if wanted(self.world.deployment, effect):
            self.answer(effect, how)

    @precondition(lambda self: self.flying is None and any(e.lane == "world" for e in self.world.pending))
    @rule()
    def begins_to_change_the_world(self) -> None:
        effect = next(e for e in self.world.pending if e.lane == "world")
        self.world.pending.remove(effect)
        if wanted(self.world.deployment, effect):
            self.flying = effect

    @precondition(lambda self: self.flying is not None)
    @rule(how=HOW)
    def has_changed_the_world(self, how: str) -> None:
        effect, self.flying = self.flying, None
        assert effect is not None
        self.answer(effect, how)

    @rule(how=HOW)
    def everything_is_performed(self, how: str) -> None:
        for number in range(200):
            effect = next(
                (e for e in self.world.pending if self.flying is None or e.lane != "world"),
                None,
            )
            if effect is None:
                return
            self.world.pending.remove(effect)
            if wanted(self.world.deployment, effect):
                self.answer(effect, how if number == 0 else "ok")
        raise AssertionError("effects without end")

    @precondition(lambda self: self.answers)
    @rule(index=st.integers(0, 1000))
    def an_answer_comes_once_more(self, index: int) -> None:
        before, answer = self.world.deployment, self.answers[index % len(self.answers)]
        self.send(answer)
        after = self.world.deployment
        changed = [
            part.name for part in fields(after) if getattr(after, part.name) != getattr(before, part.name)
        ]
        assert not changed, (answer, changed)

    @rule(
        change=st.sampled_from(
            ["error_share", "slow_share", "memory", "down", "silent", "stable_errors", "restart", "well"]
        )
    )
    def the_service_changes(self, change: str) -> None:
        service = self.world.service
        if change == "restart":
            service.restart()
        elif change == "well":
            service.error_share = service.slow_share = service.stable_errors = 0.0
            service.memory, service.down, service.silent = 61.0, False, False
        else:
            setattr(service, change, {"memory": 90.0, "down": True, "silent": True}.get(change, 0.3))

    @rule(healthy=st.sampled_from([True, False, None]), side=st.sampled_from([True, True, False, None]))
    def the_way_back_changes(self, healthy: bool | None, side: bool | None) -> None:
        self.world.targets = {"rollback-script": healthy}
        self.world.side = side

    @rule(weight=st.sampled_from([0, 5, 7]))
    def somebody_sets_the_share_by_hand(self, weight: int) -> None:
        self.world.service.weight = weight

    # -------------------------------------------------------------------------------------------------- the time

    @rule(seconds=st.sampled_from(SPANS))
    def time_passes(self, seconds: int) -> None:
        self.world.move(self.world.now + timedelta(seconds=seconds))
        self.send(Tick())

    @rule()
    def the_next_moment_comes(self) -> None:
        moment = self.world.next_moment()
        if moment is not None:
            self.world.move(moment)
            self.send(Tick())

    @rule(seconds=st.sampled_from(SPANS))
    def the_bot_was_away(self, seconds: int) -> None:
        since = self.world.now
        self.world.move(since + timedelta(seconds=seconds))
        self.send(Returned(since))

    # ------------------------------------------------------------------------------------------------- the people

    @rule(by=st.sampled_from(PEOPLE), data=st.data())
    def somebody_acts(self, by: str, data: st.DataObject) -> None:
        deployment = self.world.deployment
        kinds: list[Input] = [
            Paused(by, "wait"), Resumed(by), Aborted(by, "enough"), Unlocked(by, "fixed"), RollbackAsked(by, "odd"),
            RollbackAsked(by, "", "data-corruption"), RollbackAsked(by, "we must", force=True), DryRunAsked(by),
            Resumed(by, "there is no other way"), Assigned(by, "operations", (LEAD,)), Assigned(by, "final-approver", (OPS,)),
            *(IncidentDeclared(by, name, "odd") for name in ("slow-responses", "high-errors", "script-fails")),
            *(IncidentAsked(by, one.number) for one in deployment.incidents[-2:]),
            *(IncidentClosed(by, one.number, "over") for one in deployment.incidents[-2:]),
            Assigned(by, "engineering-lead", (APPROVER,), self.today(1), self.today(3)), Assigned(by, "engineering-lead", (OPS,), self.today(-1), self.today(0)),
            Started(by, ()), *(Acknowledged(by, page.number) for page in deployment.pages[-2:]),
        ]  # fmt: skip
        self.send(data.draw(st.sampled_from(kinds)))

    def today(self, ahead: int) -> date:
        return (self.world.now + timedelta(days=ahead)).date()

    @precondition(lambda self: bool(asks(self.world.deployment)))
    @rule(data=st.data())
    def somebody_does_what_is_asked(self, data: st.DataObject) -> None:
        found = asks(self.world.deployment)
        ask = found[data.draw(st.integers(0, len(found) - 1))]
        by = data.draw(st.sampled_from([*ask.people, *PEOPLE[:3]]))
        self.send(self.reply(ask, by, data))

    def reply(self, ask: Any, by: str, data: st.DataObject) -> Input:
        deployment = self.world.deployment
        note = data.draw(st.sampled_from(["", "because"]))
        match ask.kind:
            case "item":
                return ItemMarked(by, ask.step, ask.subject, data.draw(st.sampled_from(["done", "not-applicable", "open"])), note)  # fmt: skip
            case "sign":
                digest = data.draw(st.sampled_from(["", seen(deployment, ask.step), "deadbeef"]))
                mark = data.draw(st.sampled_from(MARKS))
                return SignedOff(by, ask.step, ask.subject, mark, note, digest)
            case "decide":
                answer = data.draw(st.sampled_from(ANSWERS))
                return Decided(by, ask.step, int(ask.subject.rpartition(":")[2]), answer, note)
            case "page":
                return Acknowledged(by, int(ask.subject))
            case "outcome":
                return OutcomeSettled(by, ask.subject, data.draw(st.booleans()), note)
            case "missed":
                return MissedSettled(
                    by, ask.step, data.draw(st.sampled_from(["done", "not-applicable", "to-do"])), note
                )
            case "todo" | "remedy" | "fix" | "next-try":
                return self.reply_to_incident(ask, by, note, data)
            case _:
                return Resumed(by)

    def reply_to_incident(self, ask: Any, by: str, note: str, data: st.DataObject) -> Input:
        number = number_in(ask.step)
        if ask.kind == "todo":
            marks: list[TodoMark] = ["done", "not-applicable", "open"]
            return IncidentMarked(by, number, int(ask.subject), data.draw(st.sampled_from(marks)), note)
        if ask.kind == "remedy":
            asked = int(ask.subject.rpartition(":")[2])
            return IncidentAnswered(by, number, asked, data.draw(st.sampled_from(REMEDIES)), note)
        if ask.kind == "fix":
            return IncidentClosed(by, number, note)
        return NextTrySet(by, number, self.world.now + timedelta(days=1), note)

    @rule()
    def everybody_does_what_is_theirs(self) -> None:
        """So that long stories get somewhere."""
        self.everything_is_performed("ok")
        for ask in asks(self.world.deployment):
            by = ask.people[0] if ask.people else "cli:root"
            if ask.kind == "item":
                self.send(ItemMarked(by, ask.step, ask.subject, "done", "seen"))
            elif ask.kind == "sign":
                self.send(SignedOff(by, ask.step, ask.subject, "approve"))
            elif ask.kind == "decide":
                self.send(Decided(by, ask.step, int(ask.subject.rpartition(":")[2]), "go", "fine"))
            elif ask.kind == "missed":
                self.send(MissedSettled(by, ask.step, "done", "yesterday"))
            elif ask.kind == "hold":
                self.send(Resumed(by))
            elif ask.kind == "todo":
                self.send(IncidentMarked(by, number_in(ask.step), int(ask.subject), "done"))
            elif ask.kind in ("remedy", "fix"):
                self.send(IncidentClosed(by, number_in(ask.step), "over"))
        self.everything_is_performed("ok")

    # ------------------------------------------------------------------------------------------------- what must hold

    @invariant()
    def incidents_hold_together(self) -> None:
        """One open incident a playbook; a fix holds the deployment; nothing is under way that nobody waits for."""
        deployment = self.world.deployment
        opened = [one.playbook for one in deployment.incidents if one.open]
        assert len(set(opened)) == len(opened)
        for number, one in enumerate(deployment.incidents, 1):
            assert one.number == number
            assert (one.stage == "acting") == bool(one.ref)
            assert one.open or not (one.deadline or one.next_at)
            if one.stage == "fixing":
                assert deployment.status is Status.HELD
            if deployment.status in (Status.ROLLING_BACK, Status.ROLLED_BACK):
                assert one.stage in ("back", "closed")

    @invariant()
    def the_end_is_the_end(self) -> None:
        deployment = self.world.deployment
        if self.over is not None:
            assert (deployment.status, deployment.verdict) == self.over
        if deployment.status in FINAL:
            assert deployment.ended_at is not None
            assert deployment.hold is None
            assert all(page.closed_at is not None for page in deployment.pages)
            assert deployment.status is Status.DONE or deployment.weight == 0
            self.over = (deployment.status, deployment.verdict)
        assert (deployment.status is Status.HELD) == (deployment.hold is not None)

    @invariant()
    def nothing_sleeps_for_ever_and_nothing_spins(self) -> None:
        deployment, now = self.world.deployment, self.world.now
        moments = [m for m in (wake_at(deployment), gate_wake_at(deployment)) if m is not None]
        busy = self.flying is not None or any(wanted(deployment, effect) for effect in self.world.pending)
        assert busy or all(moment > now for moment in moments), (moments, now)
        assert busy or moments or asks(deployment) or deployment.final
        if deployment.rollback is not None and deployment.rollback.stage == "refused":
            assert any(
                page.topic == "rollback-refused" for page in deployment.pages if page.closed_at is None
            )

    @invariant()
    def a_second_beat_at_the_same_moment_asks_nothing_new(self) -> None:
        once = self.world.deployment
        decision = decide(once, Tick(), self.world.now)
        assert decision.deployment == once
        assert decision.effects == ()
        assert decision.facts == ()

    @invariant()
    def there_is_always_a_way_back(self) -> None:
        deployment = self.world.deployment
        if deployment.status in (Status.RUNNING, Status.HELD) and (deployment.weight or deployment.wanted):
            decision = decide(deployment, RollbackAsked("cli:root", "enough"), self.world.now)
            assert decision.deployment.status is Status.ROLLING_BACK
            assert decision.cancels_world
            assert any(isinstance(e, CheckItem) and e.step == SIDE for e in decision.effects)
        run = deployment.rollback
        standing = run is None or run.stage in ("inspecting", "refused")
        if not deployment.final and standing and (run is not None or deployment.weight or deployment.wanted):
            forced = decide(deployment, RollbackAsked("cli:root", "enough", force=True), self.world.now)
            assert any(isinstance(e, Run) and e.ref.startswith("rollback:") for e in forced.effects)

    @invariant()
    def a_summary_can_always_be_drawn(self) -> None:
        summary = summarise(self.world.deployment, self.world.now)
        deployment = self.world.deployment
        if summary.recommendation == "GO":
            assert deployment.gate is not None
            assert not any(run.streak for run in deployment.gate.rules)

    def teardown(self) -> None:
        if self.opening is None:
            return
        deployment = self.world.deployment
        stored, gate = codec.write_snapshot(deployment), codec.write_gate(deployment.gate)
        again = codec.read_snapshot(
            stored, runbook=deployment.runbook, gate=gate,
            rules_version=RULES_VERSION, rules_now=RULES_VERSION,
        )  # fmt: skip
        assert again == deployment
        value = self.opening
        for now, happened in self.journal:
            value = decide(value, happened, now).deployment
        assert value == deployment
        for effect in self.world.pending:
            assert codec.read_effect(codec.write_effect(effect)) == effect


TestAnything = Anything.TestCase
TestAnything.settings = settings(
    max_examples=int(os.environ.get("RULES_EXAMPLES", draws(30))), stateful_step_count=40, deadline=None
)


# ------------------------------------------------------------------------------------------------------------ the table


def in_status(status: Status) -> Deployment:
    """A deployment that stands in this status, on paper."""
    if status is Status.NEW:
        return new_deployment(id="D1", runbook=ion(), inputs={"version": "v2.14.0"}, t0=T0, language="en")
    world = at("14:44")
    match status:
        case Status.HELD:
            world.do(Paused(DEPLOYER, "wait"))
        case Status.ROLLING_BACK | Status.ROLLED_BACK:
            world.do(RollbackAsked(DEPLOYER, "odd"))
            world.run(clock("14:47") if status is Status.ROLLED_BACK else world.now)
        case Status.DONE:
            world = at("16:30", day=1)
        case Status.ABORTED:
            world = begin(at=clock("14:00", -1))
            world.do(Aborted(DEPLOYER, "enough"))
        case _:
            pass
    assert world.deployment.status is status
    return world.deployment


EVERYTHING: tuple[Input, ...] = (
    Started(DEPLOYER, ()), ItemMarked(OPS, "panels", "throughput", "open"), SignedOff(OPS, "x", "operations", "approve"),
    Decided(APPROVER, "x", 1, "go"), RollbackAsked(DEPLOYER, ""), Acknowledged(OPS, 99), Paused("U0", ""), Resumed("U0"),
    Aborted("U0", ""), Assigned("U0", "x", ()), OutcomeSettled("U0", "step:x:1", True), MissedSettled("U0", "x", "done"),
    Unlocked("U0", ""), Rescheduled("U0", T0, T0, ""), DryRunAsked("U0"), Recorded("rollback/targets:9", ()), Backfilled("backfill:9", ()), Reviewed("review", Review()), Measured("look:0", T0, ()), Checked("x", "y", 1, True, ""), Ran("step:x:1", True, ""),
    IncidentDeclared("U0", "x"), IncidentMarked("U0", 9, 0, "done"), IncidentAsked("U0", 9),
    IncidentAnswered("U0", 9, 1, "watch"), IncidentClosed("U0", 9, ""), NextTrySet("U0", 9, T0),
    OutcomeSaid("U0", "success", ""), RiskSaid("U0", "x", True, ""), BoardAsked("U0"), LossSaid("U0", 0),
    WeightRead("step:x:1", 5), Posted("page:99:1"), EffectFailed("run", "step:x:1", ""), Tick(), Returned(T0),
)  # fmt: skip


@pytest.mark.parametrize("status", list(Status), ids=lambda status: str(status.value))
def test_the_table_is_the_law(status: Status) -> None:
    """What has a row finds its rule (which may refuse it for its own reason); what has none is refused as such."""
    deployment = in_status(status)
    now = deployment.ended_at or clock("14:44")
    assert {happened.kind for happened in EVERYTHING} == {kind for _, kind in TRANSITIONS}
    for happened in EVERYTHING:
        try:
            decide(deployment, happened, now)
            refused = ""
        except Refused as refusal:
            refused = refusal.key
        assert (refused == "not-in-this-status") == ((status, happened.kind) not in TRANSITIONS), happened


def test_an_answer_never_counts_where_no_answer_is_awaited() -> None:
    deployment = in_status(Status.RUNNING)
    for happened in EVERYTHING:
        if isinstance(happened, get_args(Answered)):
            decision = decide(deployment, happened, clock("14:44"))
            assert decision.deployment == deployment
            assert decision.effects == ()


def test_a_quiet_look_leaves_no_row_and_a_telling_one_does() -> None:
    world = at("14:31")
    world.move(clock("14:35"))
    decision = decide(world.deployment, Tick(), world.now)
    assert is_quiet(world.deployment, decision)  # it only asked for a look
    world.run(clock("14:36"))
    world.service.error_share = 0.5
    world.move(clock("14:40"))
    world.apply(Tick())
    look = next(effect for effect in world.pending if isinstance(effect, Measure))
    readings = tuple(r for name in look.metrics for r in world.service.read(ion(), name))
    assert not is_quiet(
        world.deployment, decide(world.deployment, Measured(look.ref, world.now, readings), world.now)
    )
