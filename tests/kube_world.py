"""A plan about a cluster, the room that serves it, and work as the performer hands it over: for any cluster, false or real."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp

from bot.adapters.kubernetes import Clusters
from bot.performing.over_kubernetes import OverKubernetes
from bot.performing.ports import Attempt, Compared, Found
from bot.performing.work import Told, Work
from bot.secrets import Secrets
from core.effects import Run, SetWeight
from core.inputs import Target
from core.plan.models import Action, Check, Plan, ReadWeight
from core.plan.runbook import read_runbook
from core.start import new_deployment
from core.state import Deployment
from storage.clock import ManualClock, PlanClock
from storage.outbox import Claim

START = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
PLAN: dict[str, Any] = {
    "format": 1,
    "plan": "shop",
    "title": "Shop",
    "service": "shop",
    "environment": "production",
    "starters": ["deployer"],
    "inputs": {"version": {"pattern": ".*", "example": "v2"}},
    "roles": {"deployer": {"title": "Deployer"}},
    "channels": {"main": "deployment"},
    "escalation": [{"tier": 1, "for": "fix", "who": ["deployer"], "within": "5m"}],
    "phases": [
        {
            "id": "only",
            "title": "Only",
            "steps": [{"announce": {"id": "hello", "title": "Hello", "text": "Hi"}}],
        }
    ],
}


@dataclass
class KubeWorld:
    """The room over one source, 'cluster'. Every action is called 'act'."""

    room: OverKubernetes
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    source: dict[str, Any] = field(
        default_factory=lambda: {"namespace": "shop", "kubeconfig": "${KUBECONFIG_PATH}"}
    )
    inputs: dict[str, str] = field(default_factory=lambda: {"version": "v2"})
    target: Found | None = None
    told: list[str] = field(default_factory=list)

    def plan(self, **parts: Any) -> Plan:
        """A plan with the source, checked as a whole."""
        return self._deployment(parts).runbook.plan

    def _deployment(self, parts: dict[str, Any]) -> Deployment:
        # JSON is YAML, and quickly written.
        text = json.dumps({**PLAN, "sources": {"cluster": {"kubernetes": self.source}}, **parts})
        new = new_deployment(id="D1", runbook=_read(text), inputs=self.inputs, t0=START, language="en")
        if self.target is None:
            return new
        found = self.target
        return replace(new, targets=(Target("act", found.healthy, found.what, found.data, START),))

    def work(
        self, verb: dict[str, Any], *, weight: int | None = None, id: str = "D1/1/1", **more: Any
    ) -> tuple[Work, Action]:
        """An action, wanted for the row `id`."""
        acts = {"act": {"title": "Act", "kubernetes": {"source": "cluster", **verb}, **more}}
        deployment = self._deployment({"actions": acts})
        effect = Run("step:x:1", "act") if weight is None else SetWeight("step:x:1", "act", weight)
        claim = Claim(id, "D1", effect, "world", 1, False, START, START, 1)
        work = Work(claim, deployment, PlanClock(START, START), self.clock, self._hear)
        return work, deployment.runbook.plan.actions["act"]

    def _hear(self, said: Told) -> None:
        self.told.append(said if isinstance(said, str) else said())

    def values(self, weight: int | None) -> dict[str, str | int]:
        """What variables stand for."""
        return {**self.inputs} if weight is None else {**self.inputs, "weight": weight}

    async def do(self, verb: dict[str, Any], *, weight: int | None = None, id: str = "D1/1/1") -> Attempt:
        """One attempt."""
        work, action = self.work(verb, weight=weight, id=id)
        return await self.room.attempt(work, action, self.values(weight))

    async def dry(self, verb: dict[str, Any], *, weight: int | None = None) -> Attempt:
        """What it would change."""
        work, action = self.work(verb, weight=weight)
        return await self.room.dry(work, action, self.values(weight))

    async def record(self, verb: dict[str, Any]) -> Found | None:
        """What it would be taken back to."""
        work, action = self.work(verb)
        return await self.room.record(work, action, self.values(None))

    async def check(self, object: dict[str, Any], **more: Any) -> Compared:
        """One look at an object."""
        check = Check.model_validate({"kubernetes": {"source": "cluster", "object": object, **more}})
        return await self.room.verify(self.plan(), check, self.values(None))

    async def weight(self, **read: Any) -> int:
        """The canary's share."""
        work, _ = self.work({"restart": {"deployment": "any"}})
        return await self.room.weight(work, ReadWeight(source="cluster", **read))


_read = cache(read_runbook)


@asynccontextmanager
async def kube_world(kubeconfig: Path, folder: Path, **environ: str) -> AsyncIterator[KubeWorld]:
    """The room over the cluster of a kubeconfig."""
    secrets = Secrets({"KUBECONFIG_PATH": str(kubeconfig), **environ})
    async with aiohttp.ClientSession() as session:
        clusters = Clusters(session, secrets, account=folder / "serviceaccount")
        yield KubeWorld(OverKubernetes(clusters, secrets, folder, poll_s=0.01))
