"""What is wrong with a plan, and how that is said: the line, the path and the words of every kind of problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.plan.parse import parse_plan
from core.plan.problems import PlanInvalid, Problem

SMALL = (Path(__file__).parent / "small.yml").read_text(encoding="utf-8")


def edited(*edits: tuple[str, str]) -> str:
    """The small plan with the first occurrence of each text replaced."""
    text = SMALL
    for old, new in edits:
        assert old in text, f"the small plan has no {old!r}"
        text = text.replace(old, new, 1)
    return text


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(PlanInvalid) as invalid:
        parse_plan(text)
    return invalid.value.problems


def line_of(text: str, marker: str) -> int:
    return text[: text.index(marker)].count("\n") + 1


def test_the_small_plan_is_sound() -> None:
    assert parse_plan(SMALL).plan == "small"


# old text, new text, a marker on the line that is named, the path, what the sentence says. One problem each, and no other.
ONE_PROBLEM = [
    # keys and values
    ("below: 500ms", "belwo: 500ms", "belwo", "gates.canary.rules[1].belwo", "not known here. Did you mean 'below'?"),
    ("service: shop", "servce: shop\nservice: shop", "servce", "servce", "Did you mean 'service'?"),
    ("service: shop\n", "", "format: 1", "service", "The key 'service' is missing. Add 'service: ...' here."),
    ("format: 1\n", "", "plan: small", "format", "'format' is missing"),
    ("format: 1", "format: one", "format: one", "format", "Write 1."),
    ("format: 1", "format: 2", "format: 2", "format", "format 1 is read by Deploy Captain 0.1 and later"),
    ("format: 1", "format: true", "format: true", "format", "Write 1."),
    ("plan: small", "plan: Small Plan", "plan: Small", "plan", "Did you mean 'small-plan'?"),
    ("plan: small", "plan: 5", "plan: 5", "plan", "A text belongs here, not the number 5. Put it in quotes."),
    ("title: Canary\n", "title: {en: Canary}\n", "{en: Canary}", "gates.canary.title.ko", "one plain text that serves both languages"),
    ("title: Canary\n", "title: ''\n", "title: ''", "gates.canary.title", "The text is empty."),
    ("title: Canary\n", "title: [Canary]\n", "title: [Canary]", "gates.canary.title", "{en: ..., ko: ...}"),
    ("title: Canary\n", "title:\n", "title:\n    rules", "gates.canary.title", "A text belongs here, not nothing."),
    ("starters: [deployer]", "starters: deployer", "starters:", "starters", "A list belongs here, not the text 'deployer'."),
    ("starters: [deployer]", "starters: []", "starters:", "starters", "At least 1 entry is needed."),
    ("roles:\n  deployer: {title: Deployer}", "roles:\n  Deployer One: {title: D}\n  deployer: {title: Deployer}", "Deployer One", "roles.Deployer One", "Did you mean 'deployer-one'?"),
    ("programs: {deploy", "programz: {deploy", "programz", "programz", "Did you mean 'programs'?"),
    ("rollback:\n", "rolback:\n", "rolback:", "rolback", "Did you mean 'rollback'?"),
    ("to: 5\n", "to: 500\n", "to: 500", "phases[1].steps[1].traffic.to", "500 is out of range. Write a number up to 100."),
    ("to: 5\n", "to: 5.5\n", "to: 5.5", "phases[1].steps[1].traffic.to", "A whole number belongs here, not the number 5.5."),
    ("to: 5\n", "to: true\n", "to: true", "phases[1].steps[1].traffic.to", "A whole number belongs here, not true or false."),
    ("q: 0.95", "q: 95", "q: 95", "metrics.p95.quantile.q", "95 is out of range. Write a number below 1."),
    ("streak: 3", "streak: 0", "streak: 0", "gates.canary.rules[0].streak", "Write a number from 1."),
    ("changes: false", "changes: no", "changes: no", "actions.look.changes", "'no' is neither true nor false."),
    ("then: rollback", "then: rolback", "rolback", "gates.canary.rules[0].then", "Did you mean 'rollback'?"),
    ("unit: ms", "unit: msec", "msec", "metrics.p95.unit", "Did you mean 'ms'?"),
    ('reviews: ["08:00"]', "reviews: [8]", "reviews: [8]", "phases[1].steps[7].watch.reviews[0]", "A text belongs here"),
    ('reviews: ["08:00"]', 'reviews: ["8:00"]', "reviews:", "phases[1].steps[7].watch.reviews[0]", "'8:00' is not a clock time."),
    ("json: {weight: $weight}", "json: {weight: [1]}", "weight: [1]", "actions.set-traffic.probe.json.weight", "A single value belongs here, not a list."),
    ("args: [status]", "args: [status, 5]", "args: [status, 5]", "actions.look.command.args[1]", "Put it in quotes."),
    # steps
    ("- decide:", "- decid:", "- decid:", "phases[1].steps[0]", "'decid' is not a kind of step. Did you mean 'decide'?"),
    ("- decide:", "- DECIDE now\n      - decide:", "DECIDE now", "phases[1].steps[0]", "Write it as '- checklist: ...'"),
    ("- bake: {id: first-bake, title: Bake, for: 15m, gate: canary}", "- bake: {id: first-bake, title: Bake, for: 15m}\n        run: {id: x, title: X, action: look}", "run: {id: x", "phases[1].steps[2].run", "a step is of one kind. Begin a new step: '- run:'."),
    ("- bake: {id: first-bake, title: Bake, for: 15m, gate: canary}", "- bake: {id: first-bake, title: Bake, for: 15m}\n        gate: canary", "        gate: canary\n      - canary", "phases[1].steps[2].gate", "Indent it under the step's kind."),
    ("for: 15m, gate", "gate", "id: first-bake", "phases[1].steps[2].bake.for", "'for' is missing"),
    # figures and moments
    ("below: 500ms", "below: 500", "below: 500,", "gates.canary.rules[1].below", "write it like '500 ms'"),
    ("below: 500ms", "below: 5%", "below: 5%", "gates.canary.rules[1].below", "is in %, but the metric is in ms"),
    ("below: 500ms", "below: '> 500ms'", "> 500ms", "gates.canary.rules[1].below", "contradicts its key"),
    ("below: 500ms", "below: quick", "quick", "gates.canary.rules[1].below", "is not a limit"),
    ("below: 500ms", "below: 500ms, above: 3ms", "above: 3ms", "gates.canary.rules[1]", "exactly one of: below, above, growth-below"),
    ("below: 500ms, then", "then", "then: call", "gates.canary.rules[1]", "exactly one of: below, above, growth-below"),
    ("growth-below: 1%/h", "growth-below: 1%", "growth-below: 1%", "gates.canary.rules[2].growth-below", "write it per hour"),
    ("growth-below: 1%/h", "growth-below: 1ms/h", "growth-below: 1ms", "gates.canary.rules[2].growth-below", "but the metric is in %"),
    ("growth-below: 1%/h", "growth-below: 1%/h, then: rollback", "growth-below", "gates.canary.rules[2]", "Growth only proposes"),
    ("for: 15m", "for: 15", "for: 15,", "phases[1].steps[2].bake.for", "write '15m' for minutes"),
    ("for: 15m", "for: 0s", "for: 0s", "phases[1].steps[2].bake.for", "may not be zero"),
    ("brief: 5m", "brief: 0m", "brief: 0m", "reports.brief", "may not be zero"),
    ("at: D-1 14:00", "at: 14:00", "at: 14:00", "phases[0].at", "write 'D0 14:00'"),
    ("t0: \"14:00\"", "t0: 25:00", "t0: 25:00", "t0", "'25:00' is not a clock time."),
    ("due: D-1 16:00", "due: D-1 13:00", "due: D-1 13:00", "phases[0].steps[0].checklist.due", "before the step opens ('D-1 14:00')"),
    ("at: T-10m", "at: D-2 10:00", "at: D-2 10:00", "phases[0].steps[2].baseline.at", "'D-2 10:00' is before 'D-1 14:00', which stands above it."),
    ("until: D+1 08:00", "until: T-3h", "until: T-3h", "phases[1].steps[7].watch.until", "is before 'T0'"),
    # names
    ("metric: p95, below: 500ms", "metric: p59, below: 500ms", "p59", "gates.canary.rules[1].metric", "There is no metric 'p59'. Did you mean 'p95'?"),
    ("playbook: slow}", "playbook: fast}", "playbook: fast", "gates.canary.rules[1].playbook", "There is no playbook 'fast'. There are: slow."),
    ("starters: [deployer]", "starters: [deployer, sre]", "starters:", "starters[1]", "There is no role 'sre'."),
    ("who: [approver]", "who: [aprover]", "aprover", "escalation[1].who[0]", "Did you mean 'approver'?"),
    ("by: [deployer, approver]", "by: [deployer, boss]", "boss", "rollback.by[1]", "There is no role 'boss'."),
    ("roles: [approver]}\n      - baseline", "roles: [nobody]}\n      - baseline", "nobody", "phases[0].steps[1].signoff.roles[0]", "There is no role 'nobody'."),
    ("decide: {id: start, title: Start, by: [approver]}", "decide: {id: start, title: Start, by: [aprover]}", "aprover", "phases[1].steps[0].decide.by[0]", "Did you mean 'approver'?"),
    ("channel: alerts", "channel: alert", "channel: alert}", "phases[1].steps[5].announce.channel", "Did you mean 'alerts'?"),
    ("channels: {main: deployment", "channels: {mane: deployment", "channels:", "channels", "There is no channel 'main'."),
    ("program: deploy, args: [status]", "program: deplyo, args: [status]", "deplyo", "actions.look.command.program", "Did you mean 'deploy'?"),
    ("probe: {source: api", "probe: {source: apl", "apl", "actions.set-traffic.probe.source", "Did you mean 'api'?"),
    ("action: look}", "action: lock}", "action: lock", "phases[1].steps[4].run.action", "Did you mean 'look'?"),
    ("gate: canary, reviews", "gate: canery, reviews", "canery", "phases[1].steps[7].watch.gate", "Did you mean 'canary'?"),
    ("metrics: [errors, p95]", "metrics: [errors, p96]", "p96", "reports.metrics[1]", "Did you mean 'p95'?"),
    ("timezone: Europe/Berlin", "timezone: Europe/Berlni", "Berlni", "timezone", "Did you mean 'Europe/Berlin'?"),
    ("timezone: Europe/Berlin", "timezone: Europe", "timezone: Europe", "timezone", "Write it like 'UTC'"),
    ("timezone: Europe/Berlin", "timezone: ../../etc/passwd", "passwd", "timezone", "There is no time zone"),
    # ids
    ("id: told", "id: status", "id: status, title: Told", "phases[1].steps[5].announce.id", "There is another step 'status'."),
    ("id: told", "id: rest.25.bake", "id: rest.25.bake", "phases[1].steps[5].announce.id", "another step 'rest.25.bake'"),
    ("id: people", "id: script", "id: script, title: People", "phases[0].steps[0].checklist.items[2].id", "There is another item 'script'."),
    ("id: rollout\n", "id: before\n", "id: before\n    title: Rollout", "phases[1].id", "another phase 'before'"),
    ("id: rest\n", "id: a-name-for-a-canary-that-is-too-long\n", "id: a-name", "phases[1].steps[3].canary.id", "at most 31 characters"),
    # what fits together
    ("[traffic, $weight,", "[traffic, $wieght,", "$wieght", "actions.set-traffic.command.args[1]", "'$wieght' has no value here. Did you mean '$weight'?"),
    ("reason: {version: $version}", "reason: {version: $vresion}", "$vresion", "actions.roll-back.http.body.reason.version", "Did you mean '$version'?"),
    ("args: [status]", "args: [status, '${TOKEN}']", "${TOKEN}", "actions.look.command.args[1]", "Secrets stand in sources"),
    ("value: weight}}", "value: $track.weight}}", "$track.weight}", "traffic.read.value", "'$track' has no value here."),
    ("gauge: $track.memory", "gauge: $weight.memory", "$weight.memory", "metrics.memory.gauge", "'$weight' has no value here."),
    ("args: [status]", "args: [status, $wieght]", "$wieght", "actions.look.command.args[1]", "Did you mean '$weight'?"),
    ("check: {run: look}", "check: {run: roll-back}", "run: roll-back", "phases[0].steps[0].checklist.items[1].check.run", "A check may change nothing"),
    ("steps: [roll-back]", "steps: [look]", "steps: [look]", "rollback.steps[0]", "so it rolls nothing back"),
    ("set: set-traffic", "set: roll-back", "set: roll-back", "traffic.set", "does not use $weight"),
    ("rate: $track.requests, unit: /s", "rate: $track.requests, unit: ms", "unit: ms}\ngates", "metrics.rps.unit", "A rate is not measured in 'ms'. Write '/s'."),
    ("metric: memory, growth-below: 1%/h", "metric: errors, growth-below: 1%/h", "growth-below", "gates.canary.rules[2].growth-below", "Growth is watched on gauges, and 'errors' is a ratio."),
    ("metric: memory, growth-below: 1%/h", "metric: memory, below: 85%, minimum: 5", "minimum: 5", "gates.canary.rules[2].minimum", "counts no requests"),
    ("metric: memory, growth-below: 1%/h", "metric: errors, below: 2%, then: rollback", "below: 2%", "gates.canary.rules[2]", "Rule 1 already says"),
    ("tier: 2", "tier: 3", "tier: 3", "escalation[1].tier", "This is tier 3, where tier 2 belongs."),
    ("within: 30m}", "within: 5m}", "who: [approver], within", "escalation[1].within", "ends before the one above it"),
    ("reads: 2, every: 1m", "reads: 10, every: 5m", "reads: 10", "rollback.verify.within", "at least 45m"),
    ("steps: [roll-back]", "healthy: [{metric: {metric: errors, below: 1%}}]\n  steps: [roll-back]", "healthy:", "rollback.healthy[0].metric", "Write 'track: control'."),
    ("steps: [roll-back]", "healthy: [{http: {source: app, get: /health}}]\n  steps: [roll-back]", "healthy:", "rollback.healthy[0].http.source", "Did you mean 'api'?"),
    ("steps: [roll-back]", "healthy: [{run: roll-back}]\n  steps: [roll-back]", "healthy:", "rollback.healthy[0].run", "A check may change nothing"),
    ("reads: 2, every: 1m", "baseline: 20, reads: 2, every: 1m", "baseline: 20", "rollback.verify.baseline", "write a percentage above 0, like '20%'"),
    ("reads: 2, every: 1m", "baseline: 0%, reads: 2, every: 1m", "baseline: 0%", "rollback.verify.baseline", "write a percentage above 0, like '20%'"),
    ("every: 1m, metrics: [{metric: errors", "baseline: 20%, every: 1m, metrics: [{metric: memory", "baseline: 20%", "rollback.verify.baseline", "No baseline step measures 'memory'"),
    ("every: 1m, metrics: [{metric: errors, track: control, below: 1%}]", "baseline: 20%", "baseline: 20%", "rollback.verify.baseline", "There are no metrics to come back."),
    ("probe: {source: api, get: /config, json: {weight: $weight}}", "probe: {metric: {metric: errors, below: 1%}}", "probe:", "actions.set-traffic.probe.metric", "A metric does not tell whether an action has happened."),
    ("probe: {source: api, get: /config, json: {weight: $weight}}", "probe: {http: {sorce: api, source: api, get: /config}}", "sorce", "actions.set-traffic.probe.http.sorce", "Did you mean 'source'?"),
    ("probe: {source: api, get: /config, json: {weight: $weight}}", "probe: {source: app, get: /config}", "probe:", "actions.set-traffic.probe.source", "Did you mean 'api'?"),
    ("{weight: 25, bake: 10m}, {weight: 100", "{weight: 50, bake: 10m}, {weight: 25", "stages:", "phases[1].steps[3].canary.stages[1].weight", "25 % is not more than the 50 %"),
    ("repeat: probe", "repeat: ask", "set-traffic:\n", "actions.set-traffic", "write both or neither"),
    ("example: v7", "example: seven", "example: seven", "inputs.version.example", "does not match the pattern"),
    (r"pattern: 'v\d+'", "pattern: 'v('", "pattern:", "inputs.version.pattern", "is not a regular expression"),
    ("inputs:\n  version:", "inputs:\n  weight: {}\n  version:", "  weight: {}", "inputs.weight", "cannot be called 'weight'"),
    ("main: deployment", "main: '#deployment'", "#deployment", "channels.main", "without '#'"),
    ("get: /health", "get: health", "get: health", "phases[0].steps[0].checklist.items[0].check.http.get", "Begin with '/'"),
    ('url: "${API_URL}"', 'url: "api.local"', "api.local", "sources.api.http.url", "Write 'https://...' or '${NAME}'."),
    ("holds: signed", "holds: decisions-done", "decisions-done", "phases[1].steps[8].verdict.required[1].holds", "is not one of the choices"),
    ("      - signoff: {id: signed, title: Signed, roles: [approver]}\n", "", "holds: signed", "phases[1].steps[8].verdict.required[1].holds", "'signed' is asked for, and the plan has no signoff step."),
    ("title: Start, by: [approver]}", "title: Start, by: [approver], options: [go], default: hold}", "options: [go]", "phases[1].steps[0].decide", "is not among the options"),
    # YAML
    ("service: shop", "service: shop\nservice: shop2", "service: shop2", "service", "already here, in line 4"),
    ("  api: {http", "  <<: {}\n  api: {http", "<<: {}", "sources.<<", "'<<' does not merge here."),
    ("service: shop", "service: !!python/name:os.system shop", "service: !!", "service", "The tag"),
    ("service: shop", "\tservice: shop", "\tservice", "", "A tab stands here. Indent with spaces."),
    ("title: Canary\n", "title: Canary: now\n", "Canary: now", "", "A ':' stands where none may be."),
    ("service: shop", "service: @shop", "@shop", "", "Put it in quotes."),
    ("service: shop", "service: *shop", "*shop", "service", "the anchor is not in this file"),
    ("service: shop", "? [a, b]\n: c\nservice: shop", "? [a", "", "A key must be a text."),
    ("service: shop", "service: shop\x07", "service: shop", "", "nobody can see (U+0007)"),
    ("service: shop", "service: sh\u202eop", "service: sh", "", "nobody can see (U+202E)"),
    ("title: Canary\n", 'title: "Ca\\u202enary"\n', 'title: "Ca', "gates.canary.title", "nobody can see (U+202E)"),
    ("service: shop", "service: sh\ud800op", "service: sh", "", "nobody can see (U+D800)"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "marker", "path", "words"), ONE_PROBLEM)
def test_one_slip_is_one_problem(old: str, new: str, marker: str, path: str, words: str) -> None:
    text = edited((old, new))
    (problem,) = problems_of(text)
    assert (problem.line, problem.path) == (line_of(text, marker), path)
    assert words in f"{problem.message} {problem.suggestion}"


def test_the_text_of_a_problem_names_the_line_the_path_and_the_way_out() -> None:
    text = edited(("below: 500ms", "belwo: 500ms"))
    with pytest.raises(PlanInvalid) as invalid:
        parse_plan(text)
    line = line_of(text, "belwo")
    assert (
        str(invalid.value)
        == f"line {line}, gates.canary.rules[1].belwo: The key 'belwo' is not known here. Did you mean 'below'?"
    )


def test_everything_is_told_at_once() -> None:
    """Wrong keys, wrong values, unknown names, wrong order and a duplicate, in one go and in the order of the file."""
    text = edited(
        ("service: shop", "service: shop\nservice: shop"),
        ("starters: [deployer]\n", ""),
        ("metric: errors, below: 1%, streak: 3", "metric: erors, below: 1%, strek: 3"),
        ("below: 500ms", "below: fast"),
        ("growth-below: 1%/h", "growth-below: 1ms/h"),
        ("tier: 2", "tier: 7"),
        ("until: D+1 08:00", "until: D-1 08:00"),
        ("action: look}", "action: lock}"),
    )
    found = [(problem.line, problem.path) for problem in problems_of(text)]
    assert found == sorted(found)
    assert {path for _, path in found} == {
        "service",
        "starters",
        "gates.canary.rules[0].metric",
        "gates.canary.rules[0].strek",
        "gates.canary.rules[1].below",
        "gates.canary.rules[2].growth-below",
        "escalation[1].tier",
        "phases[1].steps[4].run.action",
        "phases[1].steps[7].watch.until",
    }


def test_what_was_wrong_in_itself_is_not_said_to_be_missing() -> None:
    text = edited(
        ("  slow: {title: Slow,", "  slow: {titel: Slow,"),
        ("id: end\n          title: End", "id: end\n          titel: End"),
        ("id: signed, title: Signed", "id: signed"),
    )
    assert [problem.path for problem in problems_of(text)] == [
        "playbooks.slow.titel",
        "playbooks.slow.title",
        "phases[0].steps[1].signoff.title",
        "phases[1].steps[8].verdict.title",
        "phases[1].steps[8].verdict.titel",
    ]


def without_section(name: str) -> str:
    """The small plan without a section at its top."""
    lines = SMALL.splitlines(keepends=True)
    begin = next(index for index, line in enumerate(lines) if line.startswith(f"{name}:"))
    end = next(
        (index for index in range(begin + 1, len(lines)) if not lines[index].startswith((" ", "#"))),
        len(lines),
    )
    return "".join(lines[:begin] + lines[end:])


def test_traffic_needs_a_way_to_set_it_and_a_way_back() -> None:
    assert {"The plan does not say how the traffic is set."} <= {
        one.message for one in problems_of(without_section("traffic"))
    }
    messages = {one.message for one in problems_of(without_section("rollback"))}
    assert "The plan moves traffic and does not say how to take it back." in messages
    assert "The plan does not say how to roll back." in messages


def test_only_traffic_steps_and_rollbacks_have_a_weight() -> None:
    found = problems_of(edited(("args: [status]", "args: [status, $weight]")))
    assert [problem.path for problem in found] == [
        "phases[0].steps[0].checklist.items[1].check.run",
        "phases[1].steps[4].run.action",
    ]
    assert all("needs $weight" in problem.message for problem in found)


def test_traffic_needs_a_verdict_at_the_end() -> None:
    text = SMALL[: SMALL.index("      - verdict:")]
    (problem,) = problems_of(text)
    assert problem.message == "The plan moves traffic and has no verdict."
    early = (
        text
        + "      - verdict: {id: end, title: End, by: [approver], required: [{title: None, holds: no-rollback}]}\n"
    )
    late = (
        early.replace("title: None", "title: Nothing")
        + "      - announce: {id: late, title: Late, text: Late}\n"
    )
    (problem,) = problems_of(late)
    assert (problem.path, problem.message) == (
        "phases[1].steps[8].verdict",
        "A verdict is the end, and there are steps after it.",
    )


def test_moments_of_both_kinds_are_compared_only_where_t0_is_known() -> None:
    swapped = edited(("at: T-10m", "at: D0 15:00"))
    assert [problem.path for problem in problems_of(swapped)] == ["phases[1].at"]
    assert parse_plan(swapped.replace('t0: "14:00"\n', "")).t0 is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "A plan is a mapping"),
        ("- format: 1", "A plan is a mapping"),
        ("just words", "A plan is a mapping"),
        ("format: 1\n---\nformat: 1\n", "second document"),
        (
            "format: 1\nplan: 'small\nservice: shop\n",
            "line 2: A quote that opens here is never closed. Close it.",
        ),
        ("a: " + "[" * 50 + "]" * 50, "nested too deeply"),
        ("x: '" + "y" * 1_000_001 + "'", "larger than 1 MB"),
        ("x: '" + "가" * 400_000 + "'", "larger than 1 MB"),
        ("a: &a [*a]", "inside its own anchor"),
        ('a: "\\U00110000"', "This is not YAML"),
        ("%YAML 1." + "9" * 5000 + "\n--- {}", "This is not YAML"),
    ],
)
def test_what_is_no_plan_at_all(text: str, words: str) -> None:
    assert any(words in str(problem) for problem in problems_of(text))


def test_anchors_cannot_unfold_without_end() -> None:
    wide = ["a0: &a0 [" + ",".join("x" * 10) + "]"]
    wide += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert any("unfolds into too many values" in problem.message for problem in problems_of("\n".join(wide)))
    deep = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 200)]
    assert any("nested too deeply" in problem.message for problem in problems_of("\n".join(deep)))


def test_an_anchor_may_save_some_typing() -> None:
    text = edited(
        ("get: /metrics, ratio", "get: &address /metrics, ratio"),
        ("get: /metrics, quantile", "get: *address, quantile"),
    )
    assert parse_plan(text) == parse_plan(SMALL)
