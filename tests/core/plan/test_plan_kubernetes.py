"""What a plan may say about Kubernetes: defaults that the verbs bring along, and mistakes told with their line."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.plan.kubernetes import LOOKS, TWICE_IS_ONCE, VERBS
from core.plan.models import Action, Plan
from core.plan.parse import parse_plan
from core.plan.problems import PlanInvalid

ROUTE = {"api": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "shop"}
DEEDS: dict[str, dict[str, Any]] = {
    "set-image": {"deployment": "api", "container": "api", "image": "shop:$version"},
    "set-env": {"statefulset": "api", "env": {"A": "b", "GONE": None}},
    "restart": {"daemonset": "api"},
    "wait": {"deployment": "api"},
    "undo": {"deployment": "api"},
    "scale": {"deployment": "api", "replicas": 3},
    "replicas-by-weight": {"canary": "api-canary", "stable": "api", "total": 20},
    "set": {
        "resource": ROUTE,
        "fields": {"spec.rules[0].backendRefs[canary].weight": "$weight", "spec.x": "$rest"},
    },
    "patch": {"resource": ROUTE, "json": [{"op": "remove", "path": "/spec/x"}]},
    "apply": {"file": "production.yml"},
    "delete": {"resource": ROUTE},
    "logs": {"selector": "app=api"},
}


def text(act: dict[str, Any] | None = None, **parts: Any) -> str:
    """A plan with a cluster, an API, and one action, as its author writes it."""
    acts = {
        "act": {
            "title": "Act",
            "kubernetes": {
                "source": "cluster",
                **({"restart": {"deployment": "api"}} if act is None else act),
            },
        }
    }
    whole: dict[str, Any] = {
        "format": 1, "plan": "shop", "title": "Shop", "service": "shop", "environment": "production",
        "starters": ["deployer"], "inputs": {"version": {"example": "v2"}}, "roles": {"deployer": {"title": "Deployer"}},
        "channels": {"main": "deployment"},
        "sources": {
            "cluster": {"kubernetes": {"namespace": "shop"}},
            "api": {"http": {"url": "https://shop.example"}},
        },
        "actions": acts,
        "escalation": [{"tier": 1, "for": "fix", "who": ["deployer"], "within": "5m"}],
        "phases": [{"id": "only", "title": "Only", "steps": [{"announce": {"id": "hello", "title": "Hello", "text": "Hi"}}]}],
        **parts,
    }  # fmt: skip
    return yaml.safe_dump(whole, sort_keys=False)


def action(verb: str, **more: Any) -> Action:
    acts = {"act": {"title": "Act", "kubernetes": {"source": "cluster", verb: DEEDS[verb]}, **more}}
    return parse_plan(text(actions=acts)).actions["act"]


def problem(whole: str) -> str:
    """The one problem of a plan: path, message, suggestion."""
    with pytest.raises(PlanInvalid) as invalid:
        parse_plan(whole)
    (one,) = invalid.value.problems
    assert one.line > 1
    return f"{one.path}: {one.message} {one.suggestion}"


def test_every_verb_is_tried_here() -> None:
    assert set(DEEDS) == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_says_how_it_may_be_repeated_where_the_plan_does_not(verb: str) -> None:
    act = action(verb)
    assert act.kubernetes is not None
    assert act.kubernetes.verb == verb
    assert act.repeat == ("safe" if verb in TWICE_IS_ONCE else "ask")
    assert act.changes == (verb not in LOOKS)
    assert action(verb, repeat="ask", changes=True).repeat == "ask"


def test_what_the_plan_says_stands() -> None:
    assert action("delete", repeat="safe").repeat == "safe"
    assert action("wait", changes=True).changes
    probe = {"source": "api", "get": "/done"}
    assert action("patch", repeat="probe", probe=probe).repeat == "probe"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"restart": {"deployment": "a", "statefulset": "b"}}, "kubernetes.restart: A workload has exactly one of: deployment, statefulset, daemonset."),
    ({"restart": {"deployment": "a"}, "undo": {"deployment": "a"}}, "A kubernetes action has exactly one of: set-image"),
    ({}, "A kubernetes action has exactly one of"),
    ({"scale": {"daemonset": "a", "replicas": 2}}, "cannot be scaled"),
    ({"scale": {"deployment": "a", "replicas": -1}}, "Replicas are a number from 0 on"),
    ({"restart": {"deployment": "Api"}}, "'Api' is not the name of an object"),
    ({"restart": {"deployment": "../x"}}, "'../x' is not the name of an object"),
    ({"restart": {"deployment": "api-$colour"}}, "'$colour' has no value here."),
    ({"set-image": {"deployment": "a", "container": "a", "image": "${SECRET}"}}, "Secrets stand in sources"),
    ({"set-env": {"deployment": "a", "env": {"A": 5}}}, "env.A: A text belongs here, not the number 5. Put it in quotes."),
    ({"set-env": {"deployment": "a", "env": {}}}, "At least 1 entry is needed."),
    ({"set": {"resource": ROUTE, "fields": {"spec..x": 1}}}, "is not a path to a field: write it like 'spec.replicas'"),
    ({"set": {"resource": ROUTE, "fields": {"spec[$version]": 1}}}, "is not a path to a field"),
    ({"set": {"resource": {**ROUTE, "kind": "httproute"}, "fields": {"a": 1}}}, "resource.kind: 'httproute' is not a kind"),
    ({"patch": {"resource": ROUTE, "merge": {}, "json": []}}, "A patch has exactly one of: merge, json, strategic."),
    ({"apply": {"file": "x", "manifest": {}}}, "An apply has exactly one of: file, manifest."),
    ({"logs": {"deployment": "a", "selector": "a=b"}}, "Logs has exactly one of"),
    ({"wait": {"deployment": "a", "timeout": "0s"}}, "This time may not be zero."),
    ({"source": "api", "restart": {"deployment": "a"}}, "'api' is a http source, and this asks for kubernetes. Name a kubernetes source."),
    ({"source": "claster", "restart": {"deployment": "a"}}, "There is no source 'claster'. Did you mean 'cluster'?"),
    ({"restrt": {"deployment": "a"}, "undo": {"deployment": "a"}}, "Did you mean 'restart'?"),
]  # fmt: skip


@pytest.mark.parametrize(("act", "said"), WRONG)
def test_a_mistake_in_an_action(act: dict[str, Any], said: str) -> None:
    assert said in problem(text(act))


def checking(check: dict[str, Any]) -> str:
    item = {
        "id": "one",
        "title": "One",
        "check": {"kubernetes": {"source": "cluster", "object": ROUTE, **check}},
    }
    step = {"checklist": {"id": "list", "title": "List", "items": [item]}}
    return text(phases=[{"id": "only", "title": "Only", "steps": [step]}])


def test_a_check_of_every_kind() -> None:
    parse_plan(checking({"expect": {"spec.a": "$version", "b": 1, "c": True}, "at-least": {"d": 2}}))
    parse_plan(checking({"ready": True, "restarts": {"below": 3}, "image": "shop:$version"}))
    parse_plan(checking({"exists": False}))


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"exists": False, "ready": True}, "'exists: false' stands alone"),
        ({"source": "api"}, "'api' is a http source"),
        ({"ready": False}, "False is not one of the choices here"),
        ({"restarts": {"below": 0}}, "0 is out of range"),
        ({"expect": {"a": "$weight"}}, "'$weight' has no value here."),
    ],
)
def test_a_mistake_in_a_check(check: dict[str, Any], said: str) -> None:
    assert said.lower() in problem(checking(check)).lower()


METRIC = {"title": "Ready", "source": "cluster", "object": {"kind": "Deployment", "name": "api-$track"}}


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ({**METRIC, "rate": "x"}, "Objects of a cluster hold no counters of requests. Write it as a 'gauge'."),
        ({**METRIC, "gauge": "x", "source": "api"}, "A http source is not asked with 'object'. Write 'get'."),
        ({"title": "Ready", "source": "cluster", "gauge": "x"}, "It is not said where the kubernetes source has it. Add 'object: ...'."),
        ({"title": "Ready", "source": "api", "gauge": "x"}, "It is not said where the http source has it. Add 'get: ...'."),
        ({"title": "Ready", "source": "cluster", "gauge": "x", "get": "/x"}, "A kubernetes source is not asked with 'get'. Write 'object'."),
        ({**METRIC, "gauge": "$version"}, "'$version' has no value here."),
        ({**METRIC, "gauge": "x", "object": {"kind": "Deployment", "name": "$version"}}, "'$version' has no value here."),
    ],
)  # fmt: skip
def test_a_mistake_in_a_metric(metric: dict[str, Any], said: str) -> None:
    parse_plan(text(metrics={"ready": {**METRIC, "gauge": "status.readyReplicas"}}))
    assert said in problem(text(metrics={"ready": metric}))


def moving(act: dict[str, Any], read: dict[str, Any], to: int = 5) -> str:
    """A plan that moves traffic by an action and rolls back by it, a wait and an undo."""
    acts = {
        "act": {"title": "Act", "kubernetes": {"source": "cluster", **act}},
        "wait": {"title": "Wait", "kubernetes": {"source": "cluster", "wait": DEEDS["wait"]}},
        "undo": {"title": "Undo", "kubernetes": {"source": "cluster", "undo": DEEDS["undo"]}},
    }
    steps = [
        {"traffic": {"id": "first", "title": "First", "to": to, "gate": "canary"}},
        {
            "verdict": {
                "id": "end",
                "title": "End",
                "by": ["deployer"],
                "required": [{"title": "No", "holds": "no-rollback"}],
            }
        },
    ]
    metric = {**METRIC, "gauge": "status.readyReplicas"}
    return text(
        actions=acts,
        metrics={"ready": metric},
        gates={"canary": {"title": "Canary", "rules": [{"metric": "ready", "above": 1}]}},
        traffic={"set": "act", "read": {"source": "cluster", **read}},
        rollback={"by": ["deployer"], "steps": ["act", "undo", "wait"], "verify": {"reads": 2}},
        phases=[{"id": "only", "title": "Only", "at": "T0", "steps": steps}],
    )


RATIO = {"replicas-by-weight": DEEDS["replicas-by-weight"]}
FIELDS = {"set": DEEDS["set"]}
PODS = {"replicas": {"canary": "api-canary", "stable": "api"}}
FIELD = {"object": ROUTE, "value": "spec.rules[0].backendRefs[?name=='canary'].weight | [0]"}


@pytest.mark.parametrize(("act", "read"), [(RATIO, PODS), (FIELDS, FIELD)])
def test_a_plan_that_moves_traffic_by_a_cluster(act: dict[str, Any], read: dict[str, Any]) -> None:
    plan: Plan = parse_plan(moving(act, read))
    assert plan.traffic is not None
    assert plan.actions["wait"].changes is False


@pytest.mark.parametrize(
    ("whole", "said"),
    [
        (moving(RATIO, PODS, to=7), "7 % of 20 pods is no whole number of pods."),
        (moving({"restart": DEEDS["restart"]}, PODS), "does not use $weight"),
        (moving(RATIO, {**PODS, "value": "x"}), "'value' says where the share stands"),
        (moving(RATIO, {"object": ROUTE}), "'value' says where the share stands"),
        (moving(RATIO, {**PODS, **FIELD}), "exactly one of: get, object, replicas"),
        (moving(RATIO, {"get": "/weight", "value": "x"}), "A kubernetes source is not asked with 'get'."),
        (
            moving(FIELDS, PODS).replace("  - act\n  - undo\n  - wait", "  - wait\n  - act\n  - undo"),
            "so it rolls nothing back",
        ),
    ],
)
def test_a_mistake_in_traffic(whole: str, said: str) -> None:
    assert said in problem(whole)


def test_nobody_calls_an_input_rest() -> None:
    assert "An input cannot be called 'rest'." in problem(text(inputs={"rest": {"example": "x"}}))


@given(
    st.dictionaries(
        st.sampled_from([*VERBS, "source"]),
        st.none() | st.integers() | st.text(max_size=3) | st.just({}),
        max_size=3,
    )
)
def test_nonsense_under_kubernetes_is_told_and_never_breaks_the_reader(act: dict[str, Any]) -> None:
    with pytest.raises(PlanInvalid) as invalid:
        parse_plan(text(actions={"act": {"title": "Act", "kubernetes": act}}))
    assert all(one.message for one in invalid.value.problems)
