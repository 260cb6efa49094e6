"""`rehearsal:` in a plan: what stands in must stand for something, and the plan a rehearsal sees has it in its place."""

from __future__ import annotations

import pytest

from core.plan.parse import parse_plan
from core.plan.problems import PlanInvalid
from core.plan.rehearsed import is_replaced, rehearsed
from core.plan.runbook import read_runbook

PLAN = """
format: 1
plan: p
title: P
service: s
environment: production
starters: [a]
roles: {a: {title: A}}
channels: {main: m, alerts: n}
programs: {deploy: "${DEPLOY}", other: "${OTHER}"}
sources: {api: {http: {url: "https://api.test"}}, more: {http: {url: "https://more.test"}}}
actions:
  run-deploy: {title: D, command: {program: deploy}}
  run-share: {title: S, command: {program: deploy, args: [$weight]}}
  run-other: {title: O, command: {program: other}}
  post-api: {title: A, http: {source: api, path: /x}}
  post-more: {title: M, http: {source: more, path: /x}}
escalation: [{tier: 1, for: x, who: [a], within: 5m}]
REHEARSAL
phases: [{id: x, title: X, steps: [{signoff: {id: s, title: S, roles: [a]}}]}]
"""
GOOD = 'rehearsal: {speed: 120, sources: {api: {http: {url: "${STAGING}"}}}, programs: {deploy: "${DRILL}"}}'


def test_a_rehearsal_sees_what_stands_in_and_one_channel() -> None:
    runbook = read_runbook(PLAN.replace("REHEARSAL", GOOD))
    seen = rehearsed(runbook, "C0GENERAL")
    assert seen.sources["api"].http.url == "${STAGING}"  # type: ignore[union-attr]
    assert seen.sources["more"].http.url == "https://more.test"  # type: ignore[union-attr]
    assert {name: one.run for name, one in seen.programs.items()} == {
        "deploy": "${DRILL}",
        "other": "${OTHER}",
    }
    assert seen.channels == {"main": "C0GENERAL", "alerts": "C0GENERAL"}
    assert runbook.plan.sources["api"].http.url == "https://api.test"  # type: ignore[union-attr]
    assert rehearsed(runbook, "").channels == runbook.plan.channels


def test_only_actions_upon_a_stand_in_are_carried_out() -> None:
    plan = parse_plan(PLAN.replace("REHEARSAL", GOOD))
    found = {name: is_replaced(plan, action) for name, action in plan.actions.items()}
    assert found == {
        "run-deploy": True,
        "run-share": True,
        "run-other": False,
        "post-api": True,
        "post-more": False,
    }
    bare = parse_plan(PLAN.replace("REHEARSAL", ""))
    assert not any(is_replaced(bare, action) for action in bare.actions.values())


@pytest.mark.parametrize(
    ("rehearsal", "path", "said"),
    [
        (
            "rehearsal: {sources: {apy: {http: {url: 'https://x.test'}}}}",
            "rehearsal.sources.apy",
            "Did you mean 'api'?",
        ),
        ("rehearsal: {programs: {deplox: x}}", "rehearsal.programs.deplox", "Did you mean 'deploy'?"),
        ("rehearsal: {speed: 0}", "rehearsal.speed", "above 0"),
        ("rehearsal: {speed: 99999}", "rehearsal.speed", "up to 3600"),
        (
            "traffic: {set: run-share, read: {source: api, get: /x, value: y}}\nrehearsal: {programs: {deploy: x}}",
            "rehearsal",
            "Add 'api' to 'sources:' here.",
        ),
        ("rehearsal: {chanels: {}}", "rehearsal.chanels", "not known here"),
        (
            "rehearsal: {sources: {api: {kubernetes: {namespace: shop}}}}",
            "rehearsal.sources.api",
            "Keep the kind",
        ),
    ],
)
def test_what_cannot_stand_in_is_said_where_it_stands(rehearsal: str, path: str, said: str) -> None:
    with pytest.raises(PlanInvalid) as invalid:
        parse_plan(PLAN.replace("REHEARSAL", rehearsal))
    told = [problem for problem in invalid.value.problems if problem.path == path]
    assert [said in str(problem) for problem in told] == [True]
