"""LookBack: the report of a rehearsal, from its journal, its readings, the past of its sources and dry runs of its actions.

It never fails: what could not be found out is said in the report. It must not know a vendor, nor how a report is worded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from bot.errors import GaveUp, TryLater
from bot.performing.measuring import by_kind
from bot.performing.ports import Vendors, Wanted
from bot.performing.work import Done, Work
from bot.secrets import Secrets
from core import retrospect
from core.effects import LookBack
from core.inputs import Reading, Reviewed
from core.plan.models import Action, SetTraffic
from core.plan.rehearsed import is_replaced
from core.rehearsal import Change, Replayed, Review
from storage.queries import Queries

PAST: Final = timedelta(days=7)
MOST_LOOKS: Final = 2_100
"""A gate of five minutes looks 2,016 times in a week; one that looks more often is played over a shorter past."""
AT_ONCE: Final = 288
"""Past looks asked for in one go."""
_SAMPLES: Final = 5_000
_LONGEST: Final = 600


class Reviews:
    """The reports of all rehearsals."""

    def __init__(self, vendors: Vendors, secrets: Secrets, queries: Queries) -> None:
        self._vendors = vendors
        self._secrets = secrets
        self._queries = queries

    async def look_back(self, work: Work, effect: LookBack) -> Done:
        """The whole report; the answer is Reviewed."""
        deployment = work.deployment
        rows = [
            retrospect.Row(row.plan_at, row.at, row.facts)
            for row in await self._queries.journal(deployment.id)
        ]
        looks = [
            sample.readings
            for gate in ("", *work.plan.gates)
            for sample in await self._queries.samples(deployment.id, gate, _SAMPLES)
        ]
        stored = await self._queries.recorded(deployment.id)
        review = Review(
            retrospect.step_times(deployment, rows),
            retrospect.missing(deployment, rows),
            retrospect.without_data(deployment.runbook, looks),
            retrospect.failed_checks(rows),
            tuple([await self._replayed(work, gate) for gate in work.plan.gates]),
            tuple(
                [
                    await self._change(work, name, action)
                    for name, action in work.plan.actions.items()
                    if action.changes
                ]
            ),
            # A millisecond a look: not while others wait.
            weighed=await asyncio.to_thread(retrospect.weighed, deployment.runbook, stored, stored.facts),
        )
        return Done("looked back", Reviewed(effect.ref, review))

    # ------------------------------------------------------------------------------------------------------ the past

    async def _replayed(self, work: Work, gate: str) -> Replayed:
        until = work.clock()
        every = work.plan.gates[gate].every
        since = max(until - PAST, until - every * MOST_LOOKS)
        replay = retrospect.Replay(work.deployment.runbook, gate, since)
        metrics = retrospect.metrics_of(work.deployment.runbook, gate)
        wanted = [Wanted(name, metric, "control") for name, metric in metrics.items()]
        remembering, no_past = self._with_a_past(work, wanted)
        try:
            for moments in _chunks(since, until, every):
                found = await self._past(work, remembering, moments)
                if found is None:
                    return Replayed(gate, since, until, no_past=tuple(sorted({*no_past, *_sources(wanted)})))
                for at, readings in zip(moments, found, strict=True):
                    replay.look(at, readings)
        except (TryLater, GaveUp) as problem:
            reason = self._secrets.redact(problem.reason, work.plan)
            return Replayed(gate, since, until, no_past=no_past, problem=reason[:_LONGEST])
        return replay.outcome(no_past)

    def _with_a_past(
        self, work: Work, wanted: list[Wanted]
    ) -> tuple[dict[str, list[Wanted]], tuple[str, ...]]:
        """What can be asked for the past, by the kind of source; and the sources that nobody here can ask."""
        groups = by_kind(work, wanted)
        mute = [one for kind, group in groups.items() if kind not in self._vendors.measures for one in group]
        asked = {kind: group for kind, group in groups.items() if kind in self._vendors.measures}
        return asked, _sources(mute)

    async def _past(
        self, work: Work, groups: dict[str, list[Wanted]], moments: list[datetime]
    ) -> list[list[Reading]] | None:
        """One list of readings a moment; None when no source keeps a past. A source without one leaves its series out."""
        came = [
            await self._vendors.measures[kind].history(work, group, moments) for kind, group in groups.items()
        ]
        known = [past for past in came if past is not None]
        if not known:
            return None
        return [[reading for past in known for reading in past[number]] for number in range(len(moments))]

    # ------------------------------------------------------------------------------------------------------- changes

    async def _change(self, work: Work, name: str, action: Action) -> Change:
        if is_replaced(work.deployment.runbook.plan, action):
            return Change(name, True, "", real=True)
        values = {**work.inputs, "weight": _weight(work, name)}
        try:
            attempt = await self._vendors.acting(action).dry(work, action, values)
            ok, evidence = attempt.ok, attempt.evidence
        except (TryLater, GaveUp) as problem:
            ok, evidence = False, problem.reason
        return Change(name, ok, self._secrets.redact(evidence, work.plan)[:_LONGEST])


def _weight(work: Work, action: str) -> int:
    """The share an action would be asked for: the first of the route, and none on the way back."""
    plan = work.plan
    if plan.rollback is not None and action in plan.rollback.steps:
        return 0
    bodies = (placed.body for placed in work.deployment.runbook.route)
    return next((body.to for body in bodies if isinstance(body, SetTraffic)), 0)


def _sources(wanted: list[Wanted]) -> tuple[str, ...]:
    return tuple(sorted({one.metric.source for one in wanted}))


def _chunks(since: datetime, until: datetime, every: timedelta) -> Iterator[list[datetime]]:
    moments = (since + every * number for number in range(1, int((until - since) / every) + 1))
    while chunk := list(islice(moments, AT_ONCE)):
        yield chunk
