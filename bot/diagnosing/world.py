"""What a plan reads and does: every source, program, metric, check, action, and the way back, looked at without changing anything.

Vendors are asked by the plan's own keys (`Vendors`), so a new one is looked at as soon as it has a room. It must not know any
vendor, nor people.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from itertools import groupby

from bot.diagnosing.pretended import first_weight, inputs_of, pretended
from bot.errors import GaveUp, TryLater
from bot.performing.ports import TRACKS, Attempt, Found, Vendors, Wanted
from bot.performing.work import Work
from bot.secrets import Secrets
from core.effects import Words
from core.findings import Area, Finding, State
from core.inputs import Reading
from core.plan.models import Action, Check, Checklist, Item, Metric, Plan
from core.plan.runbook import Runbook
from core.plan.variables import names_in
from core.plan.written_out import RowItem
from storage.clock import Clock


class World:
    """One plan's surroundings. `programs` False: no program is started, not even those that change nothing."""

    def __init__(
        self,
        runbook: Runbook,
        vendors: Vendors,
        secrets: Secrets,
        clock: Clock,
        *,
        inputs: dict[str, str],
        programs: bool,
    ) -> None:
        self._plan: Plan = runbook.plan
        self._runbook = runbook
        self._vendors = vendors
        self._secrets = secrets
        self._programs = programs
        known = inputs_of(runbook, inputs)
        self._work: Work = pretended(runbook, known, clock)
        self._values: dict[str, str | int] = {**known, "weight": first_weight(runbook)}
        self._unknown = frozenset(set(runbook.plan.inputs) - set(known))
        self._checked: dict[str, tuple[str, str]] = {}  # a check that several items make is made once

    async def findings(self) -> list[Finding]:
        """All of it; sources side by side, programs one after another."""
        looks = [self._source(name) for name in self._plan.sources]
        looks += [self._program(name) for name in self._plan.programs]
        looks += [self._metrics(), self._share()]
        found = [finding for group in await asyncio.gather(*looks) for finding in group]
        found = [*self._inputs(), *found]
        for item in _items(self._runbook):
            found += await self._check(item)
        for name, action in self._plan.actions.items():
            found += await self._dry(name, action)
        return [*found, *await self._way_back()]

    def _inputs(self) -> list[Finding]:
        return [
            Finding("plan", name, "mind", "input-unknown", (("name", name), ("plan", self._plan.plan)))
            for name in sorted(self._unknown)
        ]

    def _needs(self, *parts: object) -> tuple[str, ...]:
        """Inputs a part needs and that have no value."""
        named = {
            name
            for part in parts
            for name in names_in(part.model_dump(by_alias=True, mode="json"))  # type: ignore[attr-defined]  # parts of the plan
        }
        return tuple(sorted(named & self._unknown))

    # ------------------------------------------------------------------------------------------- sources, programs

    async def _source(self, name: str) -> list[Finding]:
        vendor = self._vendors.diagnoses.get(self._plan.sources[name].kind)
        if vendor is None:
            return [Finding("source", name, "mind", "source-unlooked", (("source", name),))]
        return await vendor.diagnose(self._plan, name)

    async def _program(self, name: str) -> list[Finding]:
        vendor = self._vendors.diagnoses.get("command")
        return [] if vendor is None else await vendor.diagnose(self._plan, name)

    # ------------------------------------------------------------------------------------------------------ metrics

    async def _metrics(self) -> list[Finding]:
        wanted = [
            Wanted(name, metric, track) for name, metric in self._plan.metrics.items() for track in TRACKS
        ]
        groups = groupby(sorted(wanted, key=self._kind), self._kind)
        came = await asyncio.gather(*(self._read(kind, list(group)) for kind, group in groups))
        found = {(one.metric, one.track): one for group in came for one in group}
        return self._told([(one.metric, found[one.name, one.track]) for one in wanted])

    def _told(self, readings: list[tuple[Metric, Reading]]) -> list[Finding]:
        """A finding for each; but what fails for one reason at one source is one finding that names them all."""
        causes: dict[tuple[str, str], list[str]] = {}
        said: set[tuple[str, str]] = set()
        for metric, reading in readings:
            if reading.state == "failed":
                causes.setdefault((metric.source, reading.detail), []).append(reading.metric)
        findings = []
        for metric, reading in readings:
            cause = (metric.source, reading.detail)
            together = causes.get(cause, []) if reading.state == "failed" else []
            if len(together) < 2:
                findings.append(self._metric(metric, reading))
            elif cause not in said:
                said.add(cause)
                findings.append(self._failed_alike(*cause, together))
        return findings

    def _failed_alike(self, source: str, reason: str, metrics: list[str]) -> Finding:
        named = ", ".join(dict.fromkeys(metrics))
        words: Words = (("source", source), ("names", named), ("reason", self._shown(reason)))
        return Finding("metric", source, "broken", "metrics-failed", words)

    def _kind(self, one: Wanted) -> str:
        source = self._plan.sources.get(one.metric.source)
        return "" if source is None else source.kind

    async def _read(self, kind: str, wanted: list[Wanted]) -> list[Reading]:
        vendor = self._vendors.measures.get(kind)
        if vendor is not None:
            return await vendor.read(self._work, wanted)
        why = "Metrics cannot be read from this kind of source."
        return [Reading(one.name, one.track, "failed", (), why) for one in wanted]

    def _metric(self, metric: Metric, reading: Reading) -> Finding:
        words: Words = (
            ("metric", reading.metric),
            ("track", reading.track),
            ("reason", self._shown(reading.detail)),
        )
        state, key = _judged(metric, reading)
        return Finding("metric", f"{reading.metric}/{reading.track}", state, key, words)

    async def _share(self) -> list[Finding]:
        traffic = self._plan.traffic
        if traffic is None:
            return []
        began = time.monotonic()
        try:
            weight = await self._vendors.weighing(self._plan, traffic.read).weight(self._work, traffic.read)
        except (TryLater, GaveUp) as problem:
            words: Words = (("reason", self._shown(problem.reason)),)
            return [Finding("traffic", "read", "broken", "traffic-unread", words, time.monotonic() - began)]
        key, state = ("traffic-reads", "works") if weight == 0 else ("traffic-there", "mind")
        return [
            Finding("traffic", "read", state, key, (("weight", weight),), time.monotonic() - began)  # type: ignore[arg-type]
        ]

    # ------------------------------------------------------------------------------------------------------- checks

    async def _check(self, item: tuple[str, Item]) -> list[Finding]:
        step, one = item
        check = one.check
        assert check is not None  # noqa: S101  # only items with one come here
        subject = f"{step}/{one.id}"
        words: Words = (("step", step), ("item", one.id))
        if check.metric is not None:
            return [Finding("check", subject, "mind", "check-later", words)]
        action = self._plan.actions.get(check.run) if check.run is not None else None
        unknown = self._needs(check, *([action] if action is not None else []))
        if unknown:
            return [Finding("check", subject, "mind", "check-input", (*words, ("names", ", ".join(unknown))))]
        if action is not None and action.kind == "command" and not self._programs:
            return [Finding("check", subject, "mind", "check-unrun", words)]
        began = time.monotonic()
        digest = check.model_dump_json()
        if digest not in self._checked:
            self._checked[digest] = await self._asked(check, action)
        key, evidence = self._checked[digest]
        state: State = "works" if key == "check-passes" else "mind"
        told = (*words, ("evidence", self._shown(evidence)))
        return [Finding("check", subject, state, key, told, time.monotonic() - began)]

    async def _asked(self, check: Check, action: Action | None) -> tuple[str, str]:
        """How a check would come out now: the key of the finding, and the evidence."""
        try:
            if action is None:
                compared = await self._vendors.verifying(check).verify(self._plan, check, self._values)
                passes, evidence = compared.agrees is True, compared.evidence
            else:
                attempt = await self._vendors.acting(action).attempt(self._work, action, self._values)
                passes, evidence = attempt.ok, attempt.evidence
        except (TryLater, GaveUp) as problem:
            return "check-unanswered", problem.reason
        return ("check-passes" if passes else "check-fails"), evidence

    # ------------------------------------------------------------------------------------------ actions, the way back

    async def _dry(self, name: str, action: Action) -> list[Finding]:
        words: Words = (("action", name),)
        unknown = self._needs(action)
        if unknown:
            return [Finding("action", name, "mind", "action-input", (*words, ("names", ", ".join(unknown))))]
        began = time.monotonic()
        try:
            attempt = await self._vendors.acting(action).dry(self._work, action, self._values_of(name))
        except (TryLater, GaveUp) as problem:
            attempt = Attempt(False, problem.reason)
        told = (*words, ("evidence", self._shown(attempt.evidence)))
        state, key = _dryly(attempt)
        return [Finding("action", name, state, key, told, time.monotonic() - began)]

    def _values_of(self, action: str) -> dict[str, str | int]:
        """What `$name` stands for in an action: on the way back the share is 0."""
        back = self._plan.rollback
        return {**self._values, "weight": 0} if back is not None and action in back.steps else self._values

    async def _way_back(self) -> list[Finding]:
        if self._plan.rollback is None:
            return []
        found = [
            await self._side(number, check)
            for number, check in enumerate(self._plan.rollback.healthy, 1)
            if check.metric is None
        ]
        for name in dict.fromkeys(self._plan.rollback.steps):
            action = self._plan.actions.get(name)
            if action is not None and not self._needs(action):
                found.append(await self._target(name, action))
        return found

    async def _side(self, number: int, check: Check) -> Finding:
        """A check of the side the traffic would go back to: what is not healthy now would stop a rollback."""
        subject = f"healthy/{number}"
        action = self._plan.actions.get(check.run) if check.run is not None else None
        if action is not None and action.kind == "command" and not self._programs:
            return Finding("rollback", subject, "mind", "side-unrun", (("number", number),))
        key, evidence = await self._asked(check, action)
        words: Words = (("number", number), ("evidence", self._shown(evidence)))
        if key == "check-passes":
            return Finding("rollback", subject, "works", "side-healthy", words)
        return Finding("rollback", subject, "broken", "side-sick", words)

    async def _target(self, name: str, action: Action) -> Finding:
        try:
            target = await self._vendors.acting(action).record(self._work, action, self._values_of(name))
        except (TryLater, GaveUp) as problem:
            words = (("action", name), ("reason", self._shown(problem.reason)))
            return Finding("rollback", name, "broken", "target-missing", words)
        area: Area = "rollback"
        if target is None:
            return Finding(area, name, "works", "target-none", (("action", name),))
        state, key = _of_target(target)
        return Finding(area, name, state, key, (("action", name), ("what", self._shown(target.what))))

    def _shown(self, text: str) -> str:
        return self._secrets.redact(text, self._plan)


def _dryly(attempt: Attempt) -> tuple[State, str]:
    """What a dry run says. That there is nothing yet is as it should be where the plan makes it, and wrong where a name is."""
    if not attempt.ok:
        return "broken", "action-not-dry"
    return ("mind", "action-nothing-yet") if attempt.nothing_yet else ("works", "action-dry")


def _items(runbook: Runbook) -> Iterable[tuple[str, Item]]:
    """(step, item) for every item that the bot verifies by itself; what a row measures is looked at as a metric."""
    for placed in runbook.route:
        if isinstance(placed.body, Checklist):
            items = (item for item in placed.body.items if not isinstance(item, RowItem))
            yield from ((placed.body.id, item) for item in items if item.check is not None)


def _judged(metric: Metric, reading: Reading) -> tuple[State, str]:
    """What a reading says before T0: a canary without traffic is as it should be, a stable side without numbers is not."""
    if reading.state == "failed":
        return "broken", "metric-failed"
    if reading.state == "no-data":
        return ("mind", "metric-quiet") if reading.track == "canary" else ("broken", "metric-empty")
    still = metric.kind != "gauge" and not any(_counts(metric, reading))
    if still:
        return "mind", "metric-quiet" if reading.track == "canary" else "metric-still"
    return "works", "metric-reads"


def _counts(metric: Metric, reading: Reading) -> tuple[float, ...]:
    """The counters of a reading, without the edges of its buckets."""
    return reading.values[1::2] if metric.kind in ("ratio", "quantile") else reading.values


def _of_target(target: Found) -> tuple[State, str]:
    if target.healthy is False:
        return "broken", "target-sick"
    return ("works", "target-healthy") if target.healthy else ("mind", "target-untold")
