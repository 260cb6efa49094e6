"""Patches, differences and field paths, as properties: a patch makes what was wanted, and a difference hides what is secret."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import GaveUp
from bot.performing.kubernetes_objects import differences, fields_of, merge_patch, with_fields
from bot.performing.kubernetes_rollout import owned, rollout, selector_of
from core.plan.fields import parse_field

KEYS = st.sampled_from(["a", "b", "c/d", "name"])
# A merge patch cannot write a null: it is how a key is taken out. The API has none either.
JSON = st.recursive(
    st.integers() | st.booleans() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, JSON, max_size=4)


def merged(old: Any, patch: Any) -> Any:
    """RFC 7386, section 2."""
    if not isinstance(patch, dict):
        return patch
    new = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            new.pop(key, None)
        else:
            new[key] = merged(new.get(key), value)
    return new


@given(OBJECTS, OBJECTS)
def test_a_patch_makes_what_was_wanted(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert merged(old, merge_patch(old, new)) == new


@given(OBJECTS)
def test_what_is_so_already_needs_no_patch(whole: dict[str, Any]) -> None:
    assert merge_patch(whole, whole) == {}
    assert differences(whole, whole) == []


@given(OBJECTS, OBJECTS)
def test_what_differs_is_told(old: dict[str, Any], new: dict[str, Any]) -> None:
    told = differences({"spec": old}, {"spec": new})
    # 1 and true are one in Python and two in JSON; nobody reads a line about it
    assert bool(told) == (old != new)


@given(st.text(min_size=8).filter(lambda text: text not in "spec.template data.key changed (not shown)"))
def test_no_value_of_a_secret_is_in_a_difference(value: str) -> None:
    for old, new in (({"key": value}, {"key": "other"}), ({}, {"key": value}), ({"key": value}, {})):
        told = differences({"kind": "Secret", "data": old}, {"kind": "Secret", "data": new})
        assert len(told) == 1
        assert value not in told[0]


def test_nested_secrets_are_hidden_too() -> None:
    env = [{"name": "DB_PASSWORD", "value": "hunter22"}, {"name": "MODE", "value": "x"}]
    told = differences(
        {"spec": {}}, {"spec": {"containers": [{"name": "api", "env": env, "apiKey": "abcdefgh"}]}}
    )
    assert "hunter22" not in str(told)
    assert "abcdefgh" not in str(told)
    assert "'MODE'" in str(told)


def test_a_long_difference_is_cut() -> None:
    told = differences({"spec": {}}, {"spec": {f"k{number}": number for number in range(100)}})
    assert len(told) == 41
    assert told[-1] == "... and 60 more"


WHOLE = {
    "metadata": {"annotations": {"example.com/a.b": "x"}},
    "spec": {
        "rules": [
            {
                "backends": [
                    {"name": "blue", "weight": 1},
                    {"name": "green", "weight": 2, "to": {"subset": "v2"}},
                ]
            }
        ]
    },
}


@pytest.mark.parametrize(
    ("path", "now"),
    [
        ("spec.rules[0].backends[green].weight", 2),
        ("spec.rules[0].backends[1].weight", 2),
        ("spec.rules[0].backends[to.subset=v2].weight", 2),
        ("spec.rules[0].backends[weight=1].port", None),
        ('metadata.annotations["example.com/a.b"]', "x"),
        ('metadata["annotations"]["example.com/a.b"]', "x"),
        ("spec.new.deeper.still", None),
        ('metadata.labels["example.com/c"]', None),
    ],
)
def test_a_path_leads_to_its_field_and_to_no_other(path: str, now: Any) -> None:
    assert fields_of(WHOLE, {path: None}) == {path: now}
    changed = with_fields(WHOLE, {path: "new"})
    assert fields_of(changed, {path: None}) == {path: "new"}
    assert len(differences(WHOLE, changed)) == 1
    assert fields_of(WHOLE, {path: None}) == {path: now}


@pytest.mark.parametrize(
    "path",
    [
        "spec.rules[1].backends",
        "spec.rules[0].backends[red].weight",
        "spec.rules.first",
        "spec[0]",
        "spec.rules[0].backends[blue].weight.deeper",
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    with pytest.raises(GaveUp, match="nothing was changed"):
        with_fields(WHOLE, {path: 1})
    assert fields_of(WHOLE, {path: 1}) == {path: None}


def test_two_of_one_name_are_no_place() -> None:
    twice = {"spec": {"rules": [{"name": "a"}, {"name": "a"}]}}
    with pytest.raises(GaveUp, match="more than one"):
        with_fields(twice, {"spec.rules[a].weight": 1})


@pytest.mark.parametrize(
    "path", ["", ".", "a.", ".a", "a..b", "a[", "a[]", "[0]", "a[$name]", "a b", "a.[0]", 'a[""]', "a]b"]
)
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="is not a path to a field: write it like"):
        parse_field(path)


# ------------------------------------------------------------------------------------------------------------ rollouts


def stateful(partition: int, **status: Any) -> dict[str, Any]:
    strategy = {"rollingUpdate": {"partition": partition}} if partition else {}
    return {
        "kind": "StatefulSet",
        "metadata": {"generation": 2},
        "spec": {"replicas": 3, "updateStrategy": strategy},
        "status": {
            "observedGeneration": 2,
            "updateRevision": "b",
            "currentRevision": "a",
            "replicas": 3,
            **status,
        },
    }


@pytest.mark.parametrize(
    ("workload", "done"),
    [
        (stateful(0, updatedReplicas=3, readyReplicas=3), True),
        (stateful(0, updatedReplicas=2, readyReplicas=3), False),
        (stateful(0, updatedReplicas=3, readyReplicas=2), False),
        (stateful(0, currentRevision="b", readyReplicas=3), True),
        (stateful(2, updatedReplicas=1, readyReplicas=3), True),
        (stateful(2, readyReplicas=3), False),
        (stateful(0, updatedReplicas=3, readyReplicas=3, observedGeneration=1), False),
        ({"kind": "DaemonSet", "status": {"desiredNumberScheduled": 4, "updatedNumberScheduled": 4, "numberAvailable": 4}}, True),
        ({"kind": "DaemonSet", "status": {"desiredNumberScheduled": 4, "updatedNumberScheduled": 3, "numberAvailable": 4}}, False),
        ({"kind": "Deployment", "spec": {"replicas": 0}}, True),
        ({"kind": "Deployment", "spec": {}}, False),
        ({"kind": "Deployment", "spec": {"replicas": 2}, "status": {"replicas": 3, "updatedReplicas": 2, "availableReplicas": 3}}, False),
    ],
)  # fmt: skip
def test_when_a_workload_is_rolled_out(workload: dict[str, Any], done: bool) -> None:
    assert rollout(workload).done is done


def test_pods_that_nobody_replaces_are_told() -> None:
    workload = stateful(0, readyReplicas=3)
    workload["spec"]["updateStrategy"] = {"type": "OnDelete"}
    assert "OnDelete" in rollout(workload).failed


def test_a_selector_is_written_as_the_api_takes_it() -> None:
    expressions = [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "zone", "operator": "NotIn", "values": ["c"]},
        {"key": "x", "operator": "Exists"},
        {"key": "y", "operator": "DoesNotExist"},
    ]
    selector = {"matchLabels": {"app": "api"}, "matchExpressions": expressions}
    assert selector_of({"spec": {"selector": selector}}) == "app=api,tier in (a,b),zone notin (c),x,!y"
    assert owned([{"metadata": {"name": "x"}}], [{"metadata": {}}]) == []
