"""Actions in a cluster: written once, repeated without harm, and every refusal and lost answer known for what it is."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kube_world import KubeWorld, kube_world

from bot.errors import GaveUp, TryLater
from bot.performing.acting import Actions
from bot.performing.ports import Vendors
from bot.performing.work import Done, Patience
from bot.secrets import Secrets
from core.effects import Run
from core.inputs import EffectFailed, Ran
from core.state import Status, StepState
from sandbox.kubernetes.cluster import KubernetesStandIn, kubernetes_stand_in

IMAGE = {"set-image": {"deployment": "api", "container": "api", "image": "shop:$version"}}
UNDO = {"undo": {"deployment": "api"}}
WAIT = {"wait": {"deployment": "api", "timeout": "50ms"}}
RATIO = {"replicas-by-weight": {"canary": "api-canary", "stable": "api", "total": 20, "timeout": "50ms"}}


@pytest.fixture
async def cluster() -> AsyncIterator[KubernetesStandIn]:
    async with kubernetes_stand_in() as one:
        one.deployment("api")
        yield one


@pytest.fixture
async def world(cluster: KubernetesStandIn, tmp_path: Path) -> AsyncIterator[KubeWorld]:
    async with kube_world(cluster.kubeconfig(tmp_path), tmp_path) as one:
        one.source["timeout"] = "400ms"
        yield one


def api(cluster: KubernetesStandIn, name: str = "api") -> Any:
    return cluster.objects["deployments", "shop", name]


def container(cluster: KubernetesStandIn) -> Any:
    return api(cluster)["spec"]["template"]["spec"]["containers"][0]


# --------------------------------------------------------------------------------------------------------------- verbs


async def test_an_image_is_set_and_the_change_is_told(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    done = await world.do(IMAGE)
    assert done.ok
    assert done.evidence == (
        "deployment/api in shop: spec.template.spec.containers[api].image: shop:v1 -> shop:v2"
    )
    assert container(cluster)["image"] == "shop:v2"


async def test_what_is_so_already_is_not_written_again(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    await world.do(IMAGE)
    assert (await world.do(IMAGE)).evidence == "deployment/api in shop is so already"
    assert len(cluster.writes()) == 1


async def test_env_is_set_in_its_place_added_and_taken_out(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    cluster.deployment("api", A="1", GONE="2", B="3")
    container(cluster)["env"][0] = {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    done = await world.do(
        {"set-env": {"deployment": "api", "env": {"A": "no", "GONE": None, "SHARDING": "false"}}}
    )
    assert container(cluster)["env"] == [
        {"name": "A", "value": "no"},
        {"name": "B", "value": "3"},
        {"name": "SHARDING", "value": "false"},
    ]
    assert "containers[api].env[A].value: (nothing) -> no" in done.evidence


async def test_one_wish_restarts_once(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    restart = {"restart": {"deployment": "api"}}
    await world.do(restart, id="D1/3/1")
    generation = api(cluster)["metadata"]["generation"]
    await world.do(restart, id="D1/3/1")
    assert api(cluster)["metadata"]["generation"] == generation
    await world.do(restart, id="D1/4/1")
    assert api(cluster)["metadata"]["generation"] == generation + 1


async def test_an_undo_goes_to_what_was_recorded_and_never_forward_again(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    world.target = await world.record(UNDO)
    for image in ("shop:v2", "shop:v3"):  # two changes: "the revision before" would be v2
        await world.do({"set-image": {"deployment": "api", "container": "api", "image": image}})
    for _ in range(2):
        assert (await world.do(UNDO)).ok
        assert container(cluster)["image"] == "shop:v1"
    assert len(cluster.writes()) == 3


async def test_an_undo_lets_a_paused_deployment_go_on(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    world.target = await world.record(UNDO)
    await world.do(IMAGE)
    api(cluster)["spec"]["paused"] = True
    done = await world.do(UNDO)
    assert "spec.paused: True -> False" in done.evidence
    assert (container(cluster)["image"], api(cluster)["spec"]["paused"]) == ("shop:v1", False)


async def test_an_undo_without_a_record_is_refused(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    with pytest.raises(GaveUp, match="was not recorded"):
        await world.do(UNDO)
    assert cluster.writes() == []


@pytest.mark.parametrize(("replicas", "pods"), [(7, 7), ("$version", 5)])
async def test_scale(cluster: KubernetesStandIn, world: KubeWorld, replicas: int | str, pods: int) -> None:
    world.inputs["version"] = "5"
    await world.do({"scale": {"deployment": "api", "replicas": replicas}})
    assert api(cluster)["spec"]["replicas"] == pods


async def test_the_share_as_a_ratio_of_pods(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    cluster.deployment("api-canary", replicas=0)
    cluster.deployment("api", replicas=20)
    for weight, pods in ((5, (1, 19)), (50, (10, 10)), (100, (20, 0)), (0, (0, 20))):
        assert (await world.do(RATIO, weight=weight)).ok
        assert tuple(api(cluster, name)["spec"]["replicas"] for name in ("api-canary", "api")) == pods
        assert await world.weight(replicas={"canary": "api-canary", "stable": "api"}) == weight


async def test_what_grows_is_ready_before_the_other_shrinks(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    cluster.deployment("api-canary", replicas=0)
    cluster.deployment("api", replicas=20)
    cluster.rolls = False
    done = await world.do(RATIO, weight=50)
    assert not done.ok
    assert api(cluster, "api-canary")["spec"]["replicas"] == 10
    assert api(cluster)["spec"]["replicas"] == 20


async def test_the_way_to_0_waits_for_nothing(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    cluster.deployment("api-canary", replicas=10)
    cluster.deployment("api", replicas=10)
    cluster.rolls = False
    assert (await world.do(RATIO, weight=0)).ok
    assert cluster.writes() == ["PATCH deployments/api", "PATCH deployments/api-canary"]


async def test_half_a_pod_is_refused(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    with pytest.raises(GaveUp, match="no whole number of pods"):
        await world.do(RATIO, weight=7)


ROUTE = {"api": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "shop"}
WEIGHTS = {
    "spec.rules[0].backendRefs[canary].weight": "$weight",
    "spec.rules[0].backendRefs[stable].weight": "$rest",
}


def route(cluster: KubernetesStandIn) -> list[int]:
    cluster.put("httproutes", {
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "shop"},
        "spec": {"rules": [{"backendRefs": [{"name": "stable", "weight": 100}, {"name": "canary", "weight": 0}]}]},
    })  # fmt: skip
    return weights(cluster)


def weights(cluster: KubernetesStandIn) -> list[int]:
    rules = cluster.objects["httproutes", "shop", "shop"]["spec"]["rules"]
    return [one["weight"] for one in rules[0]["backendRefs"]]


async def test_weights_of_a_route_are_set_as_numbers_and_read_back(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    assert route(cluster) == [100, 0]
    done = await world.do({"set": {"resource": ROUTE, "fields": WEIGHTS}}, weight=5)
    assert weights(cluster) == [95, 5]
    assert "spec.rules[0].backendRefs[canary].weight: 0 -> 5" in done.evidence
    value = "spec.rules[0].backendRefs[?name=='canary'].weight | [0]"
    assert await world.weight(object=ROUTE, value=value) == 5


async def test_a_field_that_is_not_there_is_no_place_to_write(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    route(cluster)
    fields = {"spec.rules[0].backendRefs[green].weight": 5}
    with pytest.raises(GaveUp, match=r"\[name=green\]"):
        await world.do({"set": {"resource": ROUTE, "fields": fields}})
    assert cluster.writes() == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("merge", {"data": {"mode": "$version"}}),
        ("json", [{"op": "replace", "path": "/data/mode", "value": "$version"}]),
        ("strategic", {"data": {"mode": "$version"}}),
    ],
)
async def test_a_patch_of_each_kind(
    cluster: KubernetesStandIn, world: KubeWorld, kind: str, body: Any
) -> None:
    cluster.put(
        "configmaps",
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "flags"}, "data": {"mode": "v1"}},
    )
    done = await world.do({"patch": {"resource": {"kind": "ConfigMap", "name": "flags"}, kind: body}})
    assert done.evidence == "configmap/flags in shop: data.mode: v1 -> v2"


MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "flags"}, "data": {"mode": "$version"}}


async def test_a_manifest_is_applied_and_applied_again(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    assert (await world.do({"apply": {"manifest": MAP}})).evidence == "configmap/flags in shop is new"
    assert (await world.do({"apply": {"manifest": MAP}})).evidence == "configmap/flags in shop is so already"
    assert cluster.objects["configmaps", "shop", "flags"]["data"] == {"mode": "v2"}


async def test_what_another_manages_is_taken_only_by_force(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    await world.do({"apply": {"manifest": MAP}})
    cluster.managers["configmaps", "shop", "flags"] = {"mode": "kubectl"}
    changed = {**MAP, "data": {"mode": "v9"}}
    with pytest.raises(GaveUp, match="force: true"):
        await world.do({"apply": {"manifest": changed}})
    assert (await world.do({"apply": {"manifest": changed, "force": True}})).ok


async def test_a_file_of_manifests_is_taken_as_it_stands(
    cluster: KubernetesStandIn, world: KubeWorld, tmp_path: Path
) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {price: $version}\n"
    (tmp_path / "all.yml").write_text(text % "one" + "---\n" + text % "two")
    done = await world.do({"apply": {"file": "all.yml"}})
    assert done.evidence == "configmap/one in shop is new\nconfigmap/two in shop is new"
    assert cluster.objects["configmaps", "shop", "one"]["data"] == {"price": "$version"}


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("../outside.yml", "a: 1", "below the bot's working folder"),
        ("no.yml", None, "no manifest"),
        ("bad.yml", "a: [", "no YAML"),
        ("empty.yml", "---", "is empty"),
        ("list.yml", "[1, 2]", "apiVersion, kind"),
    ],
)
async def test_files_that_are_no_manifests(
    cluster: KubernetesStandIn, world: KubeWorld, tmp_path: Path, file: str, content: str | None, why: str
) -> None:
    if content is not None:
        (tmp_path / file).resolve().write_text(content)
    with pytest.raises(GaveUp, match=why):
        await world.do({"apply": {"file": file}})
    assert cluster.writes() == []


async def test_deleting_is_done_when_it_is_not_there(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    delete = {"delete": {"resource": {"kind": "Deployment", "name": "api"}}}
    assert (await world.do(delete)).evidence == "deployment/api in shop is deleted"
    assert (await world.do(delete)).evidence == "deployment/api in shop is not there"


async def test_logs_are_the_ends_of_the_newest_pods(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    cluster.deployment("api", replicas=5)
    shown = (await world.do({"logs": {"deployment": "api", "tail": 3}})).evidence
    assert shown.count("== api-1-") == 3
    assert "line 200" in shown
    assert "line 150" not in shown
    assert "(2 more pods are not shown)" in shown
    assert not (await world.do({"logs": {"selector": "app=nobody"}})).ok


@pytest.mark.parametrize(
    "deed",
    [
        {"logs": {"selector": "app=nobody"}},
        {"logs": {"deployment": "later"}},
        {"wait": {"deployment": "later", "timeout": "1m"}},
    ],
)
async def test_what_the_plan_has_not_made_yet_is_told_as_that_before_the_start(
    world: KubeWorld, deed: dict[str, Any]
) -> None:
    seen = await world.dry(deed)
    assert (seen.ok, seen.nothing_yet) == (True, True)
    assert "yet" in seen.evidence
    there = await world.dry(json.loads(json.dumps(deed).replace("later", "api").replace("nobody", "api")))
    assert (there.ok, there.nothing_yet) == (True, False)


# ------------------------------------------------------------------------------------------------------------- waiting


async def test_waiting_ends_when_it_is_rolled_out(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    done = await world.do(WAIT)
    assert done.ok
    assert done.evidence.splitlines()[-1] == "deployment/api in shop: ready"


async def test_waiting_tells_progress_and_ends_with_its_time(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    cluster.rolls = False
    await world.do(IMAGE)
    done = await world.do(WAIT)
    assert not done.ok
    assert "not yet taken up by its controller" in done.evidence
    assert "not within 0.05 s" in done.evidence
    assert world.told == ["deployment/api in shop:\nafter 0 s: not yet taken up by its controller"]


@pytest.mark.parametrize("reason", ["ImagePullBackOff", "CrashLoopBackOff", "InvalidImageName"])
async def test_waiting_ends_early_with_what_the_pods_say(
    cluster: KubernetesStandIn, world: KubeWorld, reason: str
) -> None:
    stuck(cluster, reason)
    done = await world.do({"wait": {"deployment": "api", "timeout": "10m"}})
    assert not done.ok
    assert f"{reason} in api-2-bad (api): so it is" in done.evidence


def stuck(cluster: KubernetesStandIn, reason: str = "") -> None:
    """A new template whose pods do not come up."""
    container(cluster)["image"] = "shop:v2"
    cluster.roll("api")
    api(cluster)["status"] |= {"updatedReplicas": 1, "availableReplicas": 2}
    if reason:
        cluster.pod("api-2-bad", cluster.objects["replicasets", "shop", "api-2"], waiting=reason)


async def test_trouble_of_old_pods_is_not_the_rollouts(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    stuck(cluster)
    cluster.pod("api-1-old", cluster.objects["replicasets", "shop", "api-1"], waiting="CrashLoopBackOff")
    done = await world.do(WAIT)
    assert "CrashLoopBackOff" not in done.evidence
    assert "not within" in done.evidence


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too long"}, "ProgressDeadlineExceeded: too long"),
        ({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: small"}, "FailedCreate: exceeded quota: small"),
    ],
)  # fmt: skip
async def test_waiting_ends_early_with_what_the_controller_says(
    cluster: KubernetesStandIn, world: KubeWorld, condition: dict[str, str], said: str
) -> None:
    stuck(cluster)
    api(cluster)["status"]["conditions"] = [condition]
    done = await world.do({"wait": {"deployment": "api", "timeout": "10m"}})
    assert not done.ok
    assert said in done.evidence


async def test_a_paused_deployment_is_not_waited_for(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    stuck(cluster)
    api(cluster)["spec"]["paused"] = True
    done = await world.do({"wait": {"deployment": "api", "timeout": "10m"}})
    assert "it is paused" in done.evidence


async def test_waiting_outlasts_a_server_that_is_away_for_a_moment(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    cluster.reads = [503, "cut-before", 429]
    done = await world.do({"wait": {"deployment": "api", "timeout": "10m"}})
    assert done.ok
    assert "too many requests" in done.evidence


# -------------------------------------------------------------------------------------------------------------- faults


async def test_a_conflict_is_read_again_and_written_again(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    cluster.faults = [409, 409]
    assert (await world.do(IMAGE)).ok
    assert len(cluster.writes()) == 3
    cluster.faults = [409] * 9
    with pytest.raises(TryLater, match="somebody else") as problem:
        await world.do({"scale": {"deployment": "api", "replicas": 1}})
    assert not problem.value.unknown


@pytest.mark.parametrize(
    ("fault", "after_s", "unknown", "said"),
    [
        (429, 7.0, False, "too many requests"),
        (500, 1.0, True, "etcdserver"),
        (503, 1.0, True, "cluster 'cluster' says"),
        ("hang", 1.0, True, "in time"),
        ("cut-before", 1.0, True, "broke"),
        ("cut-after", 1.0, True, "broke"),
    ],
)
async def test_what_may_work_later(
    cluster: KubernetesStandIn, world: KubeWorld, fault: int | str, after_s: float, unknown: bool, said: str
) -> None:
    cluster.faults = [fault]
    with pytest.raises(TryLater, match=said) as problem:
        await world.do(IMAGE)
    assert (problem.value.after_s, problem.value.unknown) == (after_s, unknown)
    happened = container(cluster)["image"] == "shop:v2"
    assert happened == (fault in ("hang", "cut-after"))
    before = api(cluster)["metadata"]["generation"]
    assert (await world.do(IMAGE)).ok  # the repetition changes nothing more
    assert api(cluster)["metadata"]["generation"] == before + (0 if happened else 1)


@pytest.mark.parametrize(("fault", "said"), [(403, "cannot patch resource"), (422, "as asked")])
async def test_what_will_never_work_is_refused_in_the_servers_words(
    cluster: KubernetesStandIn, world: KubeWorld, fault: int, said: str
) -> None:
    cluster.faults = [fault]
    with pytest.raises(GaveUp, match=said) as problem:
        await world.do(IMAGE)
    assert not problem.value.unknown


@pytest.mark.parametrize("fault", [500, 503, "cut-before"])
async def test_a_read_that_failed_has_changed_nothing(
    cluster: KubernetesStandIn, world: KubeWorld, fault: int | str
) -> None:
    cluster.reads = [fault, fault]  # a read on a connection that was open already is sent again by aiohttp
    with pytest.raises(TryLater) as problem:
        await world.do(IMAGE)
    assert not problem.value.unknown


async def test_a_token_that_has_run_out_is_read_afresh(
    cluster: KubernetesStandIn, world: KubeWorld, tmp_path: Path
) -> None:
    assert (await world.do(IMAGE)).ok
    cluster.token = "token-two"
    with pytest.raises(TryLater, match="Unauthorized"):
        await world.do({"restart": {"deployment": "api"}})
    cluster.kubeconfig(tmp_path)
    assert (await world.do({"restart": {"deployment": "api"}})).ok


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ({"set-image": {"deployment": "no", "container": "api", "image": "x"}}, '"no" not found'),
        ({"set-image": {"deployment": "api", "container": "web", "image": "x"}}, "it has api"),
        ({"restart": {"deployment": "api-$version"}}, "cannot be the name"),
        ({"scale": {"deployment": "api", "replicas": "$version"}}, "no number of pods"),
    ],
)
async def test_what_cannot_be_meant(
    cluster: KubernetesStandIn, world: KubeWorld, verb: dict[str, Any], said: str
) -> None:
    world.inputs["version"] = "../../secrets/all"
    with pytest.raises(GaveUp, match=said):
        await world.do(verb)
    assert cluster.writes() == []


# ----------------------------------------------------------------------------------------------- dry runs and records


EVERY_VERB: list[dict[str, Any]] = [
    IMAGE,
    {"set-env": {"deployment": "api", "env": {"MODE": "x"}}},
    {"restart": {"deployment": "api"}},
    WAIT,
    UNDO,
    {"scale": {"deployment": "api", "replicas": 9}},
    {"set": {"resource": ROUTE, "fields": WEIGHTS}},
    RATIO,
    {"patch": {"resource": ROUTE, "merge": {"spec": {"hostnames": ["a.example"]}}}},
    {"apply": {"manifest": MAP}},
    {"delete": {"resource": ROUTE}},
    {"logs": {"deployment": "api"}},
]


@pytest.mark.parametrize("verb", EVERY_VERB, ids=lambda verb: next(iter(verb)))
async def test_a_dry_run_says_something_and_changes_nothing(
    cluster: KubernetesStandIn, world: KubeWorld, verb: dict[str, Any]
) -> None:
    route(cluster)
    cluster.deployment("api-canary", replicas=0)
    world.target = await world.record(UNDO)
    cluster.deployment("api", "shop:v9")
    before = {key: one["metadata"]["resourceVersion"] for key, one in cluster.objects.items()}
    done = await world.dry(verb, weight=5)
    assert done.ok
    assert done.evidence
    assert {key: one["metadata"]["resourceVersion"] for key, one in cluster.objects.items()} == before
    assert cluster.writes() == []


async def test_a_dry_run_shows_the_same_lines_as_the_deed(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    assert (await world.dry(IMAGE)).evidence == (await world.do(IMAGE)).evidence


async def test_a_record_says_where_the_way_back_leads_and_whether_that_is_healthy(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    found = await world.record(UNDO)
    assert found is not None
    assert found.healthy is True
    assert found.what == "deployment/api in shop: revision 1 (api shop:v1), 3 of 3 ready"
    api(cluster)["status"]["availableReplicas"] = 1
    sick = await world.record(IMAGE)
    assert sick is not None
    assert sick.healthy is False


async def test_the_record_of_a_ratio_is_about_the_stable_side(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    cluster.deployment("api-canary", replicas=2)
    api(cluster, "api-canary")["status"]["readyReplicas"] = 0
    found = await world.record(RATIO)
    assert found is not None
    assert found.healthy is True
    api(cluster)["status"] = {"observedGeneration": 1}
    sick = await world.record(RATIO)
    assert sick is not None
    assert sick.healthy is False


@pytest.mark.parametrize(
    ("verb", "needs"),
    [(verb, next(iter(verb)) not in ("wait", "logs", "apply")) for verb in EVERY_VERB],
    ids=lambda one: str(one)[:20],
)
async def test_who_needs_a_record(
    cluster: KubernetesStandIn, world: KubeWorld, verb: dict[str, Any], needs: bool
) -> None:
    route(cluster)
    cluster.deployment("api-canary", replicas=0)
    assert (await world.record(verb) is not None) == needs


async def test_nothing_to_go_back_to_is_said(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    with pytest.raises(GaveUp, match="not found"):
        await world.record({"undo": {"deployment": "gone"}})


SECRET = {"resource": {"kind": "Secret", "name": "keys"}, "merge": {"data": {"password": "bmV3LXNlY3JldA=="}}}


async def test_no_secret_is_shown(cluster: KubernetesStandIn, world: KubeWorld) -> None:
    cluster.put("secrets", {
        "apiVersion": "v1", "kind": "Secret", "data": {"password": "b2xkLXNlY3JldA=="},
        "metadata": {"name": "keys", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "b2xkLXNlY3JldA=="}},
    })  # fmt: skip
    found = await world.record({"patch": SECRET})
    shown = [
        (await world.dry({"patch": SECRET})).evidence,
        (await world.do({"patch": SECRET})).evidence,
        (await world.check({"kind": "Secret", "name": "keys"}, expect={"data.password": "x"})).evidence,
        "" if found is None else found.what + found.data,
    ]
    assert all("bmV3" not in one and "b2xk" not in one for one in shown)
    assert "(not shown)" in shown[0]
    done = await world.do({"set-env": {"deployment": "api", "env": {"DB_PASSWORD": "hunter22"}}})
    assert "hunter22" not in done.evidence


async def test_a_record_shows_no_field_that_may_be_secret(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    cluster.put(
        "configmaps",
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "shop"},
            "data": {"API_TOKEN": "hunter22", "mode": "slow"},
        },
    )
    fields = {
        "resource": {"kind": "ConfigMap", "name": "shop"},
        "fields": {"data.API_TOKEN": "other", "data.mode": "fast"},
    }
    found = await world.record({"set": fields})
    assert found is not None
    assert found.what == "configmap/shop in shop: data.API_TOKEN (not shown), data.mode slow"


# ------------------------------------------------------------------------------------------- as the performer does it


async def performed(
    world: KubeWorld, verb: dict[str, Any], *, attempts: int = 1, began_before: bool = False, **more: Any
) -> Done:
    """One attempt as the performer makes it."""
    work, _ = world.work(verb, **more)
    standing = replace(work.deployment, status=Status.RUNNING, steps=(StepState("x", "open", round=1),))
    claim = replace(work.claim, attempts=attempts, began_before=began_before)
    work = replace(work, deployment=standing, claim=claim)
    assert isinstance(work.effect, Run)
    secrets = Secrets({})
    return await Actions(Vendors(acts={"kubernetes": world.room}), secrets, Patience()).act(work, work.effect)


async def test_an_answer_that_was_lost_is_asked_for_again_and_found_done(
    cluster: KubernetesStandIn, world: KubeWorld
) -> None:
    cluster.faults = ["cut-after"]
    with pytest.raises(TryLater):
        await performed(world, {"restart": {"deployment": "api"}})
    generation = api(cluster)["metadata"]["generation"]
    done = await performed(world, {"restart": {"deployment": "api"}}, attempts=2, began_before=True)
    assert isinstance(done.answer, Ran)
    assert done.answer.ok
    assert api(cluster)["metadata"]["generation"] == generation


@pytest.mark.parametrize(
    "verb", [{"delete": {"resource": ROUTE}}, {"patch": {"resource": ROUTE, "merge": {"spec": {"x": 1}}}}]
)
async def test_verbs_that_are_not_harmless_twice_ask_a_person(
    cluster: KubernetesStandIn, world: KubeWorld, verb: dict[str, Any]
) -> None:
    route(cluster)
    cluster.faults = ["cut-after", "cut-after"]  # a DELETE on an open connection is sent twice by aiohttp
    done = await performed(world, verb)
    assert isinstance(done.answer, EffectFailed)
    assert done.answer.unknown
    asked = await performed(world, verb, attempts=2, began_before=True)
    assert isinstance(asked.answer, EffectFailed)
    assert "ask a person" in asked.answer.reason
