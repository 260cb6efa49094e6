"""`Diagnoses` for `kubernetes:`: whether the cluster answers, has the kinds the plan names, and lets the bot do what it asks.

The API server itself is asked for each right (a SelfSubjectAccessReview), so nothing is tried out. It must not know what an
action would change.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from bot.adapters.kubernetes import Cluster, Clusters
from bot.diagnosing.cluster_rights import Right, rights_of
from bot.errors import GaveUp, TryLater
from core.findings import Finding
from core.plan.models import Plan

_REVIEWS: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class OverKubernetesDiagnosis:
    """One question for the version, one for each right."""

    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters

    async def diagnose(self, plan: Plan, name: str) -> list[Finding]:
        """Whether it answers; then what of the plan's rights is missing."""
        began = time.monotonic()
        try:
            cluster = self._clusters.of(plan, name)
            version = await cluster.ask("GET", "/version")
            if not isinstance(version, dict) or not version.get("gitVersion"):
                raise GaveUp(
                    f"What answers for {cluster.who} is no Kubernetes API: correct the server in its kubeconfig."
                )
            words = (
                ("source", name),
                ("version", str(version["gitVersion"])),
                ("namespace", cluster.namespace),
            )
            answers = Finding("source", name, "works", "cluster-answers", words, time.monotonic() - began)
            return [answers, await self._rights(cluster, plan, name)]
        except (TryLater, GaveUp) as problem:
            refused = (("source", name), ("reason", problem.reason))
            return [
                Finding("source", name, "broken", "source-unreachable", refused, time.monotonic() - began)
            ]

    async def _rights(self, cluster: Cluster, plan: Plan, name: str) -> Finding:
        wanted = list(dict.fromkeys(rights_of(plan, name)))
        came = await asyncio.gather(*(_missing(cluster, right) for right in wanted))
        missing = list(dict.fromkeys(one for one in came if one))
        if missing:
            return Finding(
                "source",
                name,
                "broken",
                "cluster-forbidden",
                (("source", name), ("missing", "; ".join(missing))),
            )
        return Finding("source", name, "works", "cluster-rights", (("source", name), ("count", len(wanted))))


async def _missing(cluster: Cluster, right: Right) -> str:
    """What is wrong about a right; '' when it is given."""
    namespace = right.namespace or cluster.namespace
    try:
        ref = await cluster.ref(right.api, right.kind, "any", namespace)
    except GaveUp as problem:
        return problem.reason
    group = ref.kind.version.rpartition("/")[0]
    asked = {"verb": right.verb, "group": group, "resource": ref.kind.plural, "namespace": ref.namespace}
    if right.part:
        asked["subresource"] = right.part
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": asked},
    }
    answer = await cluster.ask("POST", _REVIEWS, body=body)
    allowed = isinstance(answer, dict) and (answer.get("status") or {}).get("allowed") is True
    return "" if allowed else f"{right.text} ({namespace})"
