"""The plan and the script of the performer's tests: every kind of action, check and probe once."""

from __future__ import annotations

PLAN = """\
format: 1
plan: ion-small
title: {en: Small ion deployment, ko: 작은 ion 배포}
service: SERVICE
environment: production
starters: [deployer]
inputs: {version: {pattern: 'v[0-9.]+', example: v2.14.0}}
roles: {deployer: {title: Deployer}, approver: {title: Approver}}
channels: {main: deployment, alerts: deployment-alerts}
programs: {script: {run: "${ION_SCRIPT}", environment: [ION_API_URL]}}
sources: {api: {http: {url: "${ION_API_URL}", timeout: 600ms}}}
metrics:
  errors: {title: Errors, source: api, get: /api/v2/canary/metrics, ratio: {bad: tracks.$track.errors, total: tracks.$track.requests}, unit: "%"}
  p95: {title: P95, source: api, get: /api/v2/canary/metrics, quantile: {buckets: tracks.$track.latency_ms_buckets, q: 0.95}, unit: ms}
  memory: {title: Memory, source: api, get: /api/v2/canary/metrics, gauge: tracks.$track.memory_percent, unit: "%"}
gates:
  canary: {title: Canary, rules: [{metric: errors, below: 1%}]}
actions:
  post-probe:
    title: Set the share
    http: {source: api, path: /api/v2/canary/config, body: {enabled: true, canary_percentage: $weight}, timeout: 600ms}
    repeat: probe
    probe: {source: api, get: /api/v2/canary/config, json: {canary_percentage: $weight}}
  post-safe: {title: The same, http: {source: api, path: /api/v2/canary/config, body: {enabled: true, canary_percentage: $weight}, timeout: 600ms}, repeat: safe}
  post-ask: {title: The same, http: {source: api, path: /api/v2/canary/config, body: {enabled: true, canary_percentage: $weight}, timeout: 600ms}, repeat: ask}
  run-probe:
    title: By the script
    command: {program: script, args: [traffic, $weight, $version], timeout: 5s}
    repeat: probe
    probe: {source: api, get: /api/v2/canary/config, json: {canary_percentage: $weight}}
  run-ask: {title: By the script, command: {program: script, args: [rollback], timeout: 5s}, repeat: ask}
  run-safe: {title: By the script, command: {program: script, args: [rollback], timeout: 5s}, repeat: safe}
  fails: {title: Fails, command: {program: script, args: [fail]}, repeat: ask}
  sleeps: {title: Takes long, command: {program: script, args: [sleep], timeout: 600ms}, repeat: ask}
  dies: {title: Dies, command: {program: script, args: [die]}, repeat: ask}
  waits: {title: Waits, command: {program: script, args: [wait]}, repeat: ask}
  talks: {title: Talks for long, command: {program: script, args: [talk], ok: [0, 3], dry-run: [talk, --dry]}, repeat: ask}
  talks-and-fails: {title: Talks and fails, command: {program: script, args: [talk, badly]}, repeat: ask}
  talks-and-dies: {title: Talks and dies, command: {program: script, args: [talk, deadly]}, repeat: safe}
  floods: {title: Prints very much, command: {program: script, args: [flood]}, changes: false}
  looks: {title: Looks, command: {program: script, args: [look]}, changes: false}
traffic: {set: run-probe, read: {source: api, get: /api/v2/canary/config, value: canary_percentage}}
escalation: [{tier: 1, for: fix, who: [deployer], within: 5m}]
rollback: {by: [deployer], healthy: [{http: {source: api, get: /health}}, {run: looks}, {http: {source: api, get: /nothing}}], steps: [run-safe], verify: {reads: 2}, checklist: [{id: healthy, title: Healthy again, check: {http: {source: api, get: /health}}}]}
phases:
  - id: before
    title: Before
    steps:
      - checklist:
          id: ready
          title: Ready
          items:
            - {id: health, title: Healthy, check: {http: {source: api, get: /health, json: {status: healthy}}}}
            - {id: script, title: The script looks, check: {run: looks}}
            - {id: flood, title: The script prints, check: {run: floods}}
            - {id: wrong, title: Never so, check: {http: {source: api, get: /health, json: {status: asleep}}}}
            - {id: people, title: Everybody is here}
      - run: {id: act, title: Act, action: run-ask}
      - baseline: {id: normal, title: Normal, metrics: [errors, p95, memory]}
  - id: rollout
    title: Rollout
    at: T0
    steps:
      - decide: {id: begin, title: Begin, by: [approver]}
      - traffic: {id: first, title: Five percent, to: 5, gate: canary, confirm: [{http: {source: api, get: /health}}, {run: looks}]}
      - bake: {id: bake, title: Bake, for: 30m}
      - verdict: {id: end, title: Verdict, by: [approver], required: [{title: No rollback, holds: no-rollback}]}
"""

SCRIPT = """#!/bin/sh
echo "$@" >> runs
case "$1" in
  fail) echo "it is broken"; exit 1 ;;
  sleep) sleep 60 ;;
  die) kill -9 $$ ;;
  talk)
    [ "$2" = --dry ] && { echo "would talk"; exit 0; }
    echo "<!channel> one of two with $ION_API_URL"; while [ ! -e go-on ]; do sleep 0.01; done; echo "two of two"
    [ "$2" = badly ] && exit 4
    [ "$2" = deadly ] && [ ! -e died ] && { touch died; kill -9 $$; } ;;
  flood) seq -f "line %.0f with $ION_API_URL" 1 3000 ;;
  wait) while [ ! -e go-on ]; do sleep 0.01; done ;;
esac
echo "did $1 with $ION_API_URL"
"""
