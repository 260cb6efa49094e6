"""A metric held against what a baseline step measured: in the final verdict, in a list of criteria, and in the words for both."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pure_world import PureWorld, clock
from test_other_plans import BAKE, FIVE, play
from test_other_plans import plan as runbook

from commands.blocks import results
from commands.telling import Voice
from core.criteria import judge
from core.plan.models import Checklist, Verdict
from core.plan.problems import PlanInvalid
from core.state import Status

BASELINE = "baseline: {id: normal, title: N, metrics: [rps, errors], over: 10m}"
CRITERIA = "checklist: {id: good, title: G, as: criteria, wait: false, items: [{id: steady, title: S, check: {metric: {metric: rps, at-least-baseline: %s}}}]}"
END = "verdict: {id: end, title: E, by: [deployer], required: [{title: T, metric: {metric: rps, %s}}]}"


def run(per_second: float, limit: str = "at-least-baseline: 100%", *steps: str) -> PureWorld:
    """The baseline sees what it sees; from the traffic on it is so much."""
    world = play(BASELINE, *steps, FIVE, BAKE, END % limit)
    world.run(clock("14:10"))
    world.service.per_second *= per_second
    world.run(clock("15:00"))
    return world


def test_what_is_no_less_than_before_is_go() -> None:
    world = run(25.0)  # the canary has a twentieth of the traffic, and the baseline was of all of it
    assert (world.status(), world.deployment.verdict) == (Status.DONE, "GO"), world.deployment.criteria
    ((_, met, evidence),) = world.deployment.criteria
    assert met is True
    assert "≥ baseline " in evidence


def test_what_is_less_holds_and_says_so_by_the_title() -> None:
    world = run(1.0)
    assert (world.status(), world.deployment.verdict) == (Status.HELD, "HOLD")
    ((_, met, evidence),) = world.deployment.criteria
    assert met is False
    english = Voice("en", plain=True, runbook=world.deployment.runbook).evidence(evidence)
    korean = Voice("ko", plain=True, runbook=world.deployment.runbook).evidence(evidence)
    assert english.startswith("R 0.")
    assert english.endswith("/s, as the baseline had it")
    assert "limit at least" in english
    assert "이상" in korean


def test_a_baseline_that_measured_nothing_is_not_known_and_never_met() -> None:
    world = play(BASELINE, FIVE, BAKE, END % "at-least-baseline: 90%")
    bare = world.deployment
    body = next(p.body for p in bare.runbook.route if isinstance(p.body, Verdict))
    met, evidence = judge(replace(bare, baseline=None), body.required[0])
    assert met is None
    assert evidence.startswith("rps: ")


def test_a_baseline_in_which_nothing_went_on_is_met_by_nothing() -> None:
    world = play(BASELINE, FIVE, BAKE, END % "at-least-baseline: 100%")
    world.run(clock("15:00"))
    still = world.deployment.baseline
    assert still is not None
    idle = replace(
        still, values=tuple((name, 0.0 if name == "rps" else value, n) for name, value, n in still.values)
    )
    body = next(p.body for p in world.deployment.runbook.route if isinstance(p.body, Verdict))
    met, evidence = judge(replace(world.deployment, baseline=idle), body.required[0])
    assert met is None
    for language, said in (("en", "R: the baseline measured nothing above 0"), ("ko", "기준선이 0이어서")):
        assert said in Voice(language, plain=True, runbook=world.deployment.runbook).evidence(evidence)


def test_a_criterion_against_a_metric_that_no_baseline_measures_is_refused() -> None:
    with pytest.raises(PlanInvalid, match="No baseline step measures 'rps'"):
        runbook(BASELINE.replace("rps, ", ""), FIVE, END % "at-least-baseline: 100%")
    with pytest.raises(PlanInvalid, match="Only an item of a checklist and a criterion"):
        runbook(
            BASELINE,
            FIVE.replace(
                "gate: calm", "gate: calm, confirm: [{metric: {metric: rps, at-least-baseline: 100%}}]"
            ),
            END % "above: 0/s",
        )


@pytest.mark.parametrize(
    ("share", "en", "ko"),
    [("100%", "≥ baseline", "≥ 기준선"), ("95%", "≥ 95 % of baseline", "≥ 기준선의 95 %")],
)
def test_a_table_of_criteria_names_the_limit(share: str, en: str, ko: str) -> None:
    (body,) = (
        p.body
        for p in runbook(BASELINE, CRITERIA % share, FIVE, END % "above: 0.1/s").route
        if isinstance(p.body, Checklist)
    )
    assert results.limit_of(body.items[0], Voice("en")) == en
    assert results.limit_of(body.items[0], Voice("ko")) == ko


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        ("rps 0.1982 /s", "R 0.2/s"),
        ("errors 0.2 % (n=1200)", "E 0.2 % (1,200 requests)"),
        ("errors: no-requests", "E: no requests"),
        ("errors: target-down: 10.0.0.1:9090", "E: the target 10.0.0.1:9090 is down"),
        ("errors: The source answered 500.", "E: The source answered 500."),
        ("errors 0.2 % < 1 % (n=1200)", "E 0.2 % (1,200 requests), limit under 1 %"),
        ("nothing 0.1982 /s", "nothing 0.1982 /s"),
        ("rps is fine", "rps is fine"),
    ],
)
def test_one_line_of_evidence_names_the_metric_by_its_title(evidence: str, said: str) -> None:
    speaking = Voice("en", plain=True, runbook=runbook(FIVE, END % "above: 0.1/s"))
    assert speaking.evidence(evidence) == said
