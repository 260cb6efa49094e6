"""What a plan says about Kubernetes: the cluster as a source, what is in it, and what is changed there.

Every verb states how things shall be, never a step from how they are, so that doing it twice is doing it once. Variables
fill values: names, images, numbers; never a key, a path or a kind. It must not know how a cluster is reached.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, model_validator

from core.plan.kinds import Env, Frozen, Id, exactly_one
from core.plan.quantities import DurationField
from core.plan.variables import names_in

_NAME: Final = r"^[a-z0-9$]([a-z0-9.$-]{0,251}[a-z0-9])?$"
_KIND: Final = r"^[A-Z][A-Za-z0-9]*$"


def _name(text: str) -> str:
    if not re.fullmatch(_NAME, text):
        raise ValueError(
            f"'{text[:60]}' is not the name of an object: lower case letters, digits, '-' and '.', or an input like '$name'"
        )
    return text


def _kind(text: str) -> str:
    if not re.fullmatch(_KIND, text):
        raise ValueError(f"'{text[:60]}' is not a kind: write it as in a manifest, like 'Deployment'")
    return text


Name = Annotated[
    str,
    AfterValidator(_name),
    Field(
        json_schema_extra={"pattern": _NAME},
        description="An object's name: lower case letters, digits, '-' and '.'; `$name` stands for an input.",
    ),
]
Kind = Annotated[
    str,
    AfterValidator(_kind),
    Field(json_schema_extra={"pattern": _KIND}, description="As in a manifest: 'Deployment'."),
]
WORKLOADS: Final = ("deployment", "statefulset", "daemonset")
VERBS: Final = (
    "set-image", "set-env", "restart", "wait", "undo", "scale", "replicas-by-weight", "set", "patch", "apply", "delete", "logs",
)  # fmt: skip
LOOKS: Final = frozenset({"wait", "logs"})
"""Verbs that change nothing."""
TWICE_IS_ONCE: Final = frozenset(VERBS) - {"patch", "delete"}
"""Verbs whose repetition changes nothing more. A JSON patch may add to a list, and an object that is deleted may be there
again by another's hand: for these two the plan says, or a person is asked."""


class KubernetesSource(Frozen):
    """A cluster and a namespace in it. Without `kubeconfig` it is the cluster the bot itself runs in, by its service account.
    All but `timeout` may hold ${NAME}."""

    namespace: Env = Field(description="Where things are, unless they name a namespace of their own.")
    context: Env | None = Field(
        default=None, description="A context of the kubeconfig; else its current one."
    )
    kubeconfig: Env | None = Field(default=None, description="The path of a kubeconfig file.")
    timeout: DurationField = Field(
        default="10s", validate_default=True, description="For one request to the API server."
    )

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything in it that may hold ${NAME}."""
        return (self.namespace, self.context or "", self.kubeconfig or "")


# ----------------------------------------------------------------------------------------------- what is spoken of


class Workload(Frozen):
    """What runs pods: exactly one of deployment, statefulset, daemonset, by its name."""

    deployment: Name | None = None
    statefulset: Name | None = None
    daemonset: Name | None = None
    namespace: Name | None = Field(default=None, description="Else the source's.")

    @model_validator(mode="after")
    def _one_workload(self) -> Workload:
        exactly_one(self, "a workload", *WORKLOADS)
        return self

    @property
    def kind(self) -> str:
        """One of WORKLOADS."""
        return exactly_one(self, "a workload", *WORKLOADS)

    @property
    def name(self) -> str:
        """Its name, as the plan writes it."""
        return self.deployment or self.statefulset or self.daemonset or ""


class Resource(Frozen):
    """Any object of the cluster. `api` is a group ('policy': the version is the server's choice), a group with its version
    ('policy/v1'), or nothing where the kind says enough."""

    api: str | None = None
    kind: Kind
    name: Name
    namespace: Name | None = Field(default=None, description="Else the source's.")


class Replicas(Frozen):
    """Two deployments behind one service: the canary's share is its share of the pods that are ready."""

    canary: Name
    stable: Name
    namespace: Name | None = Field(default=None, description="Else the source's.")


# ---------------------------------------------------------------------------------------------------------- verbs


class SetImage(Workload):
    """Gives a container another image."""

    container: Name
    image: str = Field(min_length=1)


class SetEnv(Workload):
    """Sets variables of a container's environment, or of all containers; null takes one out."""

    container: Name | None = None
    env: dict[str, str | None] = Field(min_length=1)


class Restart(Workload):
    """Replaces all pods, once for one wish: a repetition of the same wish restarts nothing."""


class Wait(Workload):
    """Waits until a workload is rolled out, and tells why when it will not be."""

    timeout: DurationField = Field(default="5m", validate_default=True)


class Undo(Workload):
    """Takes a workload back to the pods it had when the first change was about to be made."""


class Scale(Workload):
    """Sets how many pods there shall be."""

    replicas: int | str = Field(description="A number, or an input: '$replicas'.")

    @model_validator(mode="after")
    def _countable(self) -> Scale:
        if self.daemonset is not None:
            raise ValueError("a daemonset runs on every node and has no number of pods: it cannot be scaled")
        if isinstance(self.replicas, int) and not 0 <= self.replicas <= 100_000:
            raise ValueError("replicas are a number from 0 on")
        return self


class ReplicasByWeight(Replicas):
    """The share as a ratio of pods: of `total`, $weight percent are the canary's. What grows is ready before the other
    shrinks; on the way to 0 nothing is waited for."""

    total: int = Field(ge=1, le=100_000)
    timeout: DurationField = Field(
        default="2m", validate_default=True, description="For the new pods to become ready."
    )


class SetFields(Frozen):
    """Sets fields of any object: the weights of a Gateway API HTTPRoute, an Istio VirtualService, an Argo Rollout. `$weight`
    and `$rest` (100 less the weight) stand as numbers."""

    resource: Resource
    fields: dict[str, Any] = Field(
        min_length=1, description="Path to value: 'spec.rules[0].backendRefs[canary].weight: $weight'."
    )


class Patch(Frozen):
    """A patch as kubectl takes it: exactly one of merge, json, strategic."""

    resource: Resource
    merge: dict[str, Any] | None = None
    json_: tuple[dict[str, Any], ...] | None = Field(default=None, alias="json")
    strategic: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Patch:
        exactly_one(self, "a patch", "merge", "json", "strategic")
        return self


class Apply(Frozen):
    """Server-side apply of a manifest: exactly one of file and manifest. What another manager has set stays as it is and the
    action fails, unless `force` is true."""

    file: str | None = Field(
        default=None,
        description="YAML below the bot's working folder, taken as it stands. Only '$weight' may stand in its name.",
    )
    manifest: dict[str, Any] | None = None
    force: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> Apply:
        exactly_one(self, "an apply", "file", "manifest")
        strange = [name for name in names_in(self.file or "") if name != "weight"]
        if strange:
            raise ValueError(f"'${strange[0]}' cannot choose a file: only '$weight' may stand in its name")
        return self


class Delete(Frozen):
    """Deletes an object. One that is not there is deleted."""

    resource: Resource


class Logs(Frozen):
    """The last lines of pods as evidence: exactly one of deployment, statefulset, daemonset, selector."""

    deployment: Name | None = None
    statefulset: Name | None = None
    daemonset: Name | None = None
    selector: str | None = Field(default=None, description="Labels: 'app=shop,shard=1'.")
    namespace: Name | None = Field(default=None, description="Else the source's.")
    container: Name | None = None
    tail: int = Field(default=50, ge=1, le=1000)

    @model_validator(mode="after")
    def _one_choice(self) -> Logs:
        exactly_one(self, "logs", *WORKLOADS, "selector")
        return self

    @property
    def workload(self) -> Workload | None:
        """The workload whose logs they are, when it is not a selector."""
        if self.selector is not None:
            return None
        return Workload(
            deployment=self.deployment,
            statefulset=self.statefulset,
            daemonset=self.daemonset,
            namespace=self.namespace,
        )


Verb = (
    SetImage | SetEnv | Restart | Wait | Undo | Scale | ReplicasByWeight | SetFields | Patch | Apply | Delete | Logs
)  # fmt: skip


class KubernetesAct(Frozen):
    """Something done in a cluster: exactly one verb."""

    source: Id
    set_image: SetImage | None = Field(default=None, alias="set-image")
    set_env: SetEnv | None = Field(default=None, alias="set-env")
    restart: Restart | None = None
    wait: Wait | None = None
    undo: Undo | None = None
    scale: Scale | None = None
    replicas_by_weight: ReplicasByWeight | None = Field(default=None, alias="replicas-by-weight")
    set_: SetFields | None = Field(default=None, alias="set")
    patch: Patch | None = None
    apply: Apply | None = None
    delete: Delete | None = None
    logs: Logs | None = None

    @model_validator(mode="after")
    def _one_verb(self) -> KubernetesAct:
        exactly_one(self, "a kubernetes action", *VERBS)
        return self

    @property
    def verb(self) -> str:
        """One of VERBS."""
        return exactly_one(self, "a kubernetes action", *VERBS)

    @property
    def deed(self) -> Verb:
        """What stands under the verb."""
        held: Verb = getattr(self, {"set": "set_"}.get(self.verb, self.verb.replace("-", "_")))
        return held

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables it uses; the share counts where it is the matter itself."""
        used = names_in(self.model_dump(mode="json", by_alias=True, exclude_none=True))
        shared = isinstance(self.deed, ReplicasByWeight) or "rest" in used
        return tuple(dict.fromkeys([*used, "weight"] if shared else used))
