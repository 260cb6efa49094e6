"""What a plan says of evidence: every key has its place and its sentence, and becomes the engine's constant it is called after."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from test_plan_problems import edited, line_of, problems_of

from core.inputs import Reading
from core.plan.evidence import Capital, GateEvidence, Incident, RuleEvidence, Shares
from core.plan.measures import Gate, Rule
from core.plan.runbook import read_runbook
from core.verdict.looks import Buckets, Counts, Gauge, Pair
from core.verdict.settings import Settings
from core.weighed_looks import arm, fed, look, stage
from core.weighing import Weighing, weighing

PAGE = (Path(__file__).parents[3] / "docs" / "plan.md").read_text(encoding="utf-8")
ERRORS = "{metric: errors, below: 1%, streak: 3, then: rollback}"
P95 = "{metric: p95, below: 500ms, then: call, playbook: slow}"
MEMORY = "{metric: memory, growth-below: 1%/h}"


def gate(keys: str = "", *edits: tuple[str, str]) -> str:
    """The small plan with more keys in its gate."""
    return edited(("    title: Canary\n", f"    title: Canary\n{keys}"), *edits)


def plan(keys: str = "", *edits: tuple[str, str]) -> Weighing:
    return weighing(read_runbook(gate(keys, *edits)), "canary")


# keys of the gate, edits, a marker on the line that is named, the path, what the sentence says
WRONG = [
    ("    decide-by: luck\n", (), "decide-by", "decide-by", "'luck' is not one of the choices here."),
    ("    look: 10m\n", (), "look:", "look", "Looks every 10m would miss windows of 5m."),
    ("    look: 0s\n", (), "look:", "look", "This time may not be zero."),
    ("    alpha: 0.01\n", (), "alpha:", "alpha", "write a percentage from 0 to 100, like '5%'"),
    ("    alpha: 0%\n", (), "alpha:", "alpha", "A risk of 0% cannot be kept."),
    ("    alpha: 60%\n", (), "alpha:", "alpha", "at most 50%"),
    ("    tolerance: 100%\n", (), "tolerance:", "tolerance", "100% cannot be what is tolerated."),
    ("    margin: 0.5\n", (), "margin:", "margin", "Write a number from 1"),
    ("    evidence: {incident: {margin: 1.2}}\n", (), "incident", "evidence.incident.margin", "not smaller in an incident"),
    ("    evidence: {incident: {on: 1}}\n", (), "incident", "evidence.incident", "An incident ends at 2.3, begins at 1"),
    ("    evidence: {shares: {growth: 90%}}\n", (), "shares", "evidence.shares", "The shares are 170% together"),
    ("    evidence: {capital: {start: 90%}}\n", (), "capital", "evidence.capital", "The parts are 130% together"),
    ("    evidence: {go-alpha: 0%}\n", (), "go-alpha", "evidence", "'go-alpha' is more than 0% and less than 100%"),
    ("    evidence: {block: 0s}\n", (), "block", "evidence", "'block' may not be zero"),
    ("    evidence: {blocks: 2}\n", (), "blocks", "evidence.blocks", "Write a number from 3"),
    ("    evidence: {ratios: [1]}\n", (), "ratios", "evidence.ratios[0]", "Write a number above 1"),
    ("    evidence: {observ-odds: 3}\n", (), "observ-odds", "evidence.observ-odds", "Did you mean 'observe-odds'?"),
    ("", ((ERRORS, ERRORS[:-1] + ", usual: 2%}"),), ERRORS[:-1], "rules[0].usual", "already breaks the limit of 1 %."),
    ("", ((ERRORS, ERRORS[:-1] + ", evidence: {edges: [1ms]}}"),), ERRORS[:-1], "rules[0].evidence.edges", "'edges' is said of quantiles only."),
    ("", ((ERRORS, ERRORS[:-1] + ", evidence: {phi: 0.5}}"),), ERRORS[:-1], "rules[0].evidence.phi", "Write a number from 1"),
    ("", ((P95, P95[:-1] + ", evidence: {edges: [5%]}}"),), P95[:-1], "rules[1].evidence.edges[0]", "the metric is in ms"),
    ("", ((P95, P95[:-1] + ", evidence: {phi: 2}}"),), P95[:-1], "rules[1].evidence.phi", "'phi' is said of ratios only."),
    ("", ((MEMORY, MEMORY[:-1] + ", usual: 2%}"),), MEMORY[:-1], "rules[2].usual", "'usual' is said of ratios and quantiles only."),
    ("", ((MEMORY, MEMORY[:-1] + ", evidence: {noise: 5ms}}"),), MEMORY[:-1], "rules[2].evidence.noise", "the metric is in %"),
    ("", ((P95, P95[:-1] + ", tolerance: 0%}"),), P95[:-1], "rules[1].tolerance", "0% cannot be what is tolerated"),
    ("", ((MEMORY, MEMORY[:-1] + ", weight: 0}"),), MEMORY[:-1], "rules[2].weight", "Write a number above 0"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "edits", "marker", "path", "words"), WRONG, ids=lambda value: str(value)[:40]
)
def test_what_cannot_be_meant_is_told_with_its_line(
    keys: str, edits: tuple[tuple[str, str], ...], marker: str, path: str, words: str
) -> None:  # fmt: skip
    text = gate(keys, *edits)
    found = [problem for problem in problems_of(text) if problem.path == f"gates.canary.{path}"]
    assert found, problems_of(text)
    assert words in f"{found[0].message} {found[0].suggestion}"
    assert found[0].line == line_of(text, marker)


def test_a_plan_that_names_only_limits_has_the_engines_defaults() -> None:
    """But for what follows from the plan: who decides alone, how long it takes, how many stages come later."""
    made, usual = plan().engine.settings, Settings()
    assert made == dataclasses.replace(usual, decide_alone="either", planned=24 * 3600.0, later_stages=2)
    assert plan().gate.pace.total_seconds() == 60


def test_what_is_written_becomes_the_engines_constant() -> None:
    made = plan(
        "    decide-by: streak\n    alpha: 2%\n    tolerance: 3%\n    margin: 2.5\n    evidence: {blame-odds: 30, points: [2%],"
        " planned: 3h, shares: {growth: 10%}, capital: {spread: 5%}, incident: {ratio: 4}, warm-up: 1h, blocks: 4}\n"
    ).engine.settings
    assert (made.decide_by, made.decide_alone, made.alpha, made.tolerance) == ("streak", None, 0.02, 0.03)
    assert (made.margin, made.incident_margin, made.incident_ratio) == (2.5, 2.5, 4.0)
    assert (made.blame_odds, made.points, made.planned) == (30.0, (0.02,), 3 * 3600.0)
    assert (made.share_gauge, made.capital_spread, made.warm_up, made.blocks) == (0.1, 0.05, 3600.0, 4)


def test_every_key_of_a_gates_evidence_is_a_constant_of_the_engine() -> None:
    """Whatever a plan may write is passed on: a key of another name would be dropped without a word."""
    constants = {field.name for field in dataclasses.fields(Settings)}
    assert set(GateEvidence.model_fields) - {"shares", "capital", "incident"} <= constants


@pytest.mark.parametrize("kind", [GateEvidence, RuleEvidence, Shares, Capital, Incident, Gate, Rule])
def test_every_key_is_explained(kind: type[GateEvidence]) -> None:
    explained = set(re.findall(r"`([a-z0-9-]+)[`:]", PAGE.split("## How things are written")[1]))
    assert {info.alias or name for name, info in kind.model_fields.items()} <= explained


def test_a_rule_becomes_a_metric_of_the_engine() -> None:
    errors = (
        ERRORS[:-1]
        + ", minimum: 30, usual: 0.1%, tolerance: 2%, key: true, weight: 3, evidence: {phi: 2, budget: 50}}"
    )
    p95 = P95[:-1] + ", advisory: true, evidence: {edges: [0.5s, 100ms]}}"
    made = plan("", (ERRORS, errors), (P95, p95), (MEMORY, MEMORY + "\n      - {metric: memory, below: 85%}"))
    first, second, growth, level = (bound.judged for bound in made.bound)
    assert (first.name, first.kind, first.limit, first.streak, first.minimum) == (
        "errors",
        "counts",
        0.01,
        3,
        30,
    )
    assert (first.usual, first.tolerance, first.key, first.weight, first.phi, first.budget) == (
        0.001,
        0.02,
        True,
        3,
        2,
        50,
    )
    assert (second.kind, second.limit, second.edges, second.then, second.advisory) == (
        "latency",
        500,
        (100, 500),
        "call",
        True,
    )
    assert (growth.name, growth.growth_watch, growth.growth_stop, growth.reaches) == ("memory", 1, 5, 85)
    assert (level.name, level.limit, level.growth, level.compares) == ("memory.below.observe", 85, False, False)  # fmt: skip


RATIOS = [
    ("bad: $track.errors", "below: 1%", 0.01, False),
    ("good: $track.fine", "above: 99.5%", 0.005, False),
    ("bad: $track.errors", "above: 30%", 0.7, True),
    ("good: $track.fine", "below: 30%", 0.3, True),
]


@pytest.mark.parametrize(("part", "limit", "share", "turned"), RATIOS)
def test_both_kinds_of_ratio_and_both_sides_are_shares_of_bad_requests(
    part: str, limit: str, share: float, turned: bool
) -> None:
    made = plan("", ("bad: $track.errors", part), (ERRORS, ERRORS.replace("below: 1%", limit)))
    assert made.bound[0].judged.limit == pytest.approx(share)
    shown = fed(made, {"errors": Pair(Counts(2, 10), None)})["errors"].canary
    assert shown == (Counts(8, 10) if turned else Counts(2, 10))


def read(metric: str, track: str, *values: float, state: str = "ok") -> Reading:
    return Reading(metric, track, state, values)  # type: ignore[arg-type]


def test_a_look_is_the_difference_of_counters() -> None:
    made = plan("", (MEMORY, MEMORY + "\n      - {metric: rps, above: 1/s}"))
    before = [
        read("errors", "canary", 3, 100), read("errors", "control", 30, 900), read("p95", "canary", 100, 5, float("inf"), 9),
        read("rps", "canary", 100),
    ]  # fmt: skip
    after = [
        read("errors", "canary", 5, 160), read("errors", "control", 31, 2000), read("p95", "canary", 100, 8, float("inf"), 13),
        read("p95", "control", 100, 8, float("inf"), 13), read("memory", "canary", 70.5), read("rps", "canary", 160),
    ]  # fmt: skip
    seen = look(made, 120.0, 1, {(one.metric, one.track): (60.0, one) for one in before}, after)
    assert (seen.t, seen.stage) == (120.0, 1)
    assert seen.readings == {
        "errors": Pair(Counts(2, 60), Counts(1, 1100)),
        "p95": Pair(Buckets((100, float("inf")), (3, 4)), None),
        "memory": Pair(Gauge(70.5), None),
        "rps": Pair(Gauge(1.0), None),
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, read("errors", "canary", 5, 160)),
        (read("errors", "canary", 5, 160), None),
        (read("errors", "canary", 5, 160), read("errors", "canary", state="no-data")),
        (read("errors", "canary", 5, 160), read("errors", "canary", state="failed")),
        (read("errors", "canary", 5, 160), read("errors", "canary", 1, 200)),
        (read("errors", "canary", 5, 160), read("errors", "canary", 5, 12)),
    ],
)
def test_what_is_missing_or_fell_is_no_data(before: Reading | None, after: Reading | None) -> None:
    metric = plan().of("errors").metric
    assert arm(metric, None if before is None else (0.0, before), after, 60.0) is None


def test_buckets_that_fell_or_changed_are_no_data() -> None:
    metric, inf = plan().of("p95").metric, float("inf")
    before = (0.0, read("p95", "canary", 100, 5, inf, 9))
    assert arm(metric, before, read("p95", "canary", 100, 4, inf, 10), 60.0) is None
    assert arm(metric, before, read("p95", "canary", 200, 8, inf, 10), 60.0) is None
    assert arm(metric, before, read("p95", "canary", 100, 8, 200, 9, inf, 10), 60.0) is None


def test_control_of_another_window_is_not_compared() -> None:
    made = plan()
    before = {
        ("errors", "canary"): (60.0, read("errors", "canary", 0, 0)),
        ("errors", "control"): (0.0, read("errors", "control", 0, 0)),
    }
    after = [read("errors", "canary", 1, 10), read("errors", "control", 1, 300)]
    assert look(made, 120.0, 1, before, after).readings["errors"] == Pair(Counts(1, 10), None)


def test_a_metric_that_does_not_name_the_track_has_no_control() -> None:
    made = plan("", ("bad: $track.errors, total: $track.requests", "bad: errors, total: requests"))
    assert not made.of("errors").controlled
    assert fed(made, {"errors": Pair(Counts(1, 10), Counts(1, 10))})["errors"] == Pair(Counts(1, 10), None)


def test_a_gate_on_control_is_about_control() -> None:
    made = plan("    track: control\n")
    before = {("errors", "control"): (0.0, read("errors", "control", 0, 0))}
    seen = look(made, 60.0, 1, before, [read("errors", "control", 1, 300)])
    assert seen.readings["errors"] == Pair(Counts(1, 300), None)


def test_what_a_baseline_measured_is_usual_where_the_plan_says_nothing() -> None:
    counted = (("errors", 40.0, 20_000.0),)
    measured = weighing(read_runbook(gate()), "canary", counted).of("errors").judged
    assert (measured.usual, measured.before) == (None, (40.0, 20_000.0))
    said = read_runbook(gate("", (ERRORS, ERRORS[:-1] + ", usual: 0.1%}")))
    assert weighing(said, "canary", counted).of("errors").judged.usual == 0.001, "the plan's word goes first"


def test_stages_know_their_share_and_the_next() -> None:
    runbook = read_runbook(gate())
    assert [(s.weight, s.next_weight) for s in (stage(runbook, n) for n in (1, 2, 3))] == [(5, 25), (25, 100), (100, None)]  # fmt: skip


def test_without_a_control_the_streak_acts_only_on_counts_no_healthy_canary_shows() -> None:
    made = plan("", (ERRORS, ERRORS[:-1] + ", usual: 0.9%}"))
    engine = made.engine
    words = []
    for bad, total in ((20, 100), (1, 95)):
        state = engine.begin(0.0)
        for number in range(1, 4):
            seen = fed(
                made,
                {"errors": Pair(Counts(bad, total)), "p95": Pair(Buckets((500, float("inf")), (99, 100)))},
            )
            state, _ = engine.look(state, look(made, 300.0 * number, 1, {}, ())._replace(readings=seen))
        words.append(next(one.word for one in engine.verdict(state).findings if one.name == "errors"))
    assert words == ["NO-GO", "OBSERVE"]
