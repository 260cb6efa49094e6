"""Small plans and deployments for tests of every floor. Values only: what is done with them is the test's business."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import yaml

from core.inputs import People, Reading, Started
from core.plan.runbook import Runbook, read_runbook
from core.start import new_deployment
from core.state import Deployment

T0 = datetime(2025, 10, 22, 14, 0, tzinfo=UTC)
START = T0 - timedelta(hours=1)
"""When a deployment is started, unless a test says otherwise: an hour before its traffic."""
ANA, BEN, MINA = "U0ANA", "U0BEN", "U0MINA"
PEOPLE: People = (("deployer", (ANA,)), ("approver", (MINA, BEN)))

PLAN = """\
format: 1
plan: shop-canary
title: {en: "The shop, a canary", ko: "쇼핑몰 카나리"}
service: shop
environment: production
t0: "14:00"
starters: [deployer]
inputs: {version: {pattern: 'v\\d+', example: v7}}
roles: {deployer: {title: {en: Deployer, ko: 배포 담당}}, approver: {title: {en: Approver, ko: 승인자}}}
channels: {main: deployment, alerts: alerts}
programs: {deploy: "${DEPLOY_PROGRAM}"}
sources: {api: {http: {url: "${API_URL}"}}}
metrics:
  errors: {title: Errors, source: api, get: /metrics, ratio: {bad: $track.errors, total: $track.requests}, unit: "%"}
  p95: {title: P95, source: api, get: /metrics, quantile: {buckets: $track.buckets, q: 0.95}, unit: ms}
  memory: {title: Memory, source: api, get: /metrics, gauge: $track.memory, unit: "%"}
gates:
  canary:
    title: {en: Canary, ko: 카나리}
    every: 1m
    rules:
      - {metric: errors, below: 1%, streak: 3, then: rollback}
      - {metric: p95, below: 500ms, then: call}
      - {metric: memory, below: 85%, streak: 2, then: observe}
actions:
  set-traffic:
    title: Set the share
    command: {program: deploy, args: [traffic, $weight, --version, $version]}
    repeat: probe
    probe: {source: api, get: /config, json: {weight: $weight}}
  roll-back:
    title: Roll back
    command: {program: deploy, args: [rollback]}
    repeat: safe
traffic: {set: set-traffic, read: {source: api, get: /config, value: weight}}
escalation:
  - {tier: 1, for: {en: fix it, ko: 조치}, who: [deployer], within: 5m}
  - {tier: 2, for: {en: decide, ko: 결정}, who: [approver], within: 30m}
reports: {brief: 5m, full: 30m, metrics: [errors, p95]}
rollback:
  by: [deployer, approver]
  triggers: [{id: broken, title: It is broken}]
  steps: [roll-back]
  verify: {reads: 2, every: 1m, metrics: [{metric: errors, track: control, below: 1%}]}
  checklist: [{id: cause, title: The cause is found, role: deployer}]
phases:
  - id: before
    title: {en: Before, ko: 준비}
    steps:
      - checklist:
          id: ready
          title: {en: Ready, ko: 준비 확인}
          items:
            - {id: people, title: {en: Everybody is here, ko: 모두 참석}, role: deployer}
            - {id: notes, title: {en: The notes are written, ko: 노트 작성}}
      - signoff: {id: signed, title: {en: Signed, ko: 승인}, roles: [approver]}
  - id: rollout
    title: {en: Rollout, ko: 배포}
    at: T0
    steps:
      - decide: {id: begin, title: {en: Begin, ko: 시작}, by: [approver]}
      - traffic: {id: first, title: {en: Five percent, ko: 5 %}, to: 5, gate: canary}
      - bake: {id: bake, title: {en: Bake, ko: 유지}, for: 30m}
      - verdict:
          id: end
          title: {en: Verdict, ko: 판정}
          by: [approver]
          required: [{title: {en: No rollback, ko: 롤백 없음}, holds: no-rollback}]
"""


_parsed = cache(yaml.safe_load)


def parsed(text: str) -> Any:
    """What YAML says, parsed once; a copy, so that a test may change it."""
    return deepcopy(_parsed(text))


@cache
def runbook(service: str = "shop", environment: str = "production") -> Runbook:
    """The small plan, for a service."""
    text = PLAN.replace("service: shop", f"service: {service}").replace(
        "environment: production", f"environment: {environment}"
    )
    return read_runbook(text)


def new(
    id: str = "D1", *, service: str = "shop", environment: str = "production", t0: datetime = T0
) -> Deployment:
    """A deployment to which nothing has happened yet."""
    return new_deployment(
        id=id, runbook=runbook(service, environment), inputs={"version": "v7"}, t0=t0, language="en"
    )


def started(by: str = ANA) -> Started:
    """The first input of every deployment."""
    return Started(by, PEOPLE)


def readings(requests: float = 1000.0, errors: float = 1.0, memory: float = 61.5) -> tuple[Reading, ...]:
    """One look at both tracks, with as many numbers as a real one has; everything is answered within 400 ms."""
    edges = (100.0, 200.0, 300.0, 400.0, 500.0, 650.0, 800.0, 1000.0, float("inf"))
    found = []
    for track, share in (("canary", 0.05), ("control", 0.95)):
        count = round(requests * share)
        buckets = tuple(
            part for n, edge in enumerate(edges, 1) for part in (edge, float(count * min(n, 4) // 4))
        )
        for metric, values in (
            ("errors", (round(errors * share), count)),
            ("p95", buckets),
            ("memory", (memory + share,)),
        ):
            found.append(Reading(metric, track, "ok", tuple(float(value) for value in values)))  # type: ignore[arg-type]  # a loop over two literals
    return tuple(found)
