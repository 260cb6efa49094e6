"""What a plan checks and does: checks the bot makes by itself, actions that change the world, and how traffic is set and read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from core.plan.by_command import Command
from core.plan.kinds import Frozen, Id, Text, exactly_one
from core.plan.kubernetes import (
    LOOKS,
    TWICE_IS_ONCE,
    KubernetesAct,
    Replicas,
    Resource,
)
from core.plan.kubernetes_looks import KubernetesCheck
from core.plan.over_http import HttpAct, HttpCheck
from core.plan.prometheus import PrometheusCheck
from core.plan.quantities import AboveField, BelowField, DurationField, PercentField

CHECK_KINDS = ("http", "metric", "run", "kubernetes", "prometheus")
ACTION_KINDS = ("command", "http", "kubernetes")


class MetricCheck(Frozen):
    """A metric of one track, since the traffic step began, must be on the right side."""

    metric: Id
    track: Literal["canary", "control"] = "canary"
    below: BelowField | None = None
    above: AboveField | None = None
    at_least_baseline: PercentField | None = Field(
        default=None,
        alias="at-least-baseline",
        description="At least so much of what a baseline step measured: '100%'. For items of checklists and for criteria.",
    )
    over: DurationField | None = Field(
        default=None,
        description="Over so long before the moment it is judged ('24h'), instead of since the traffic began; of items and criteria.",
    )

    @model_validator(mode="after")
    def _one_limit(self) -> MetricCheck:
        exactly_one(self, "a metric check", "below", "above", "at-least-baseline")
        return self


class Check(Frozen):
    """What the bot verifies by itself: exactly one of http, metric, run (an action that changes nothing), kubernetes,
    prometheus."""

    http: HttpCheck | None = None
    metric: MetricCheck | None = None
    run: Id | None = None
    kubernetes: KubernetesCheck | None = None
    prometheus: PrometheusCheck | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Check:
        exactly_one(self, "a check", *CHECK_KINDS)
        return self

    @property
    def kind(self) -> str:
        """What is looked at: one of CHECK_KINDS."""
        return exactly_one(self, "a check", *CHECK_KINDS)


def _probe_form(raw: Any) -> str:
    """Which form a probe is written in: as a check with its kind, or as the bare request of older plans."""
    kinds = set(raw) & set(CHECK_KINDS) if isinstance(raw, dict) else ()
    return "of-a-kind" if isinstance(raw, Check) or kinds else "request"


Probe = Annotated[
    Annotated[Check, Tag("of-a-kind")] | Annotated[HttpCheck, Tag("request")], Discriminator(_probe_form)
]
"""A check that tells whether an action has happened: `{http: {...}}`, or the request alone."""


class Action(Frozen):
    """Something the bot can do to the world. `repeat` says what happens when an attempt's outcome is unknown:
    safe repeats it, probe looks first whether it happened, ask holds and asks a person."""

    title: Text
    command: Command | None = None
    http: HttpAct | None = None
    kubernetes: KubernetesAct | None = None
    changes: bool = Field(
        default=True, description="false for an action that only looks (a check, a dry run)."
    )
    playbook: Id | None = Field(default=None, description="Shown to those who are called when it fails.")
    repeat: Literal["safe", "probe", "ask"] = "ask"
    probe: Probe | None = Field(
        default=None,
        description="Passes when the action has happened; for repeat: probe. A check like {http: ...}; a bare request also does.",
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Action:
        exactly_one(self, "an action", *ACTION_KINDS)
        self._say_what_the_verb_says()
        if (self.repeat == "probe") != (self.probe is not None):
            raise ValueError("'repeat: probe' and 'probe:' go together: write both or neither")
        return self

    def _say_what_the_verb_says(self) -> None:
        """Where the plan is silent. The model is still being made: nobody else has seen it."""
        verb = self.kubernetes.verb if self.kubernetes is not None else ""
        if verb in TWICE_IS_ONCE and "repeat" not in self.model_fields_set and self.probe is None:
            object.__setattr__(self, "repeat", "safe")
        if verb in LOOKS and "changes" not in self.model_fields_set:
            object.__setattr__(self, "changes", False)

    @property
    def probing(self) -> Check | None:
        """The probe as a check, in whichever form it was written."""
        return Check(http=self.probe) if isinstance(self.probe, HttpCheck) else self.probe

    @property
    def kind(self) -> str:
        """Who carries it out: one of ACTION_KINDS."""
        return exactly_one(self, "an action", *ACTION_KINDS)


class ReadWeight(Frozen):
    """A fresh read of the canary's share in percent: a JMESPath (`value`) over the answer of a GET or over a cluster's object,
    or the share of two deployments' pods."""

    source: Id
    get: str | None = None
    object: Resource | None = None
    replicas: Replicas | None = None
    value: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> ReadWeight:
        place = exactly_one(self, "a read of the share", "get", "object", "replicas")
        if (place == "replicas") != (self.value is None):
            raise ValueError(
                "'value' says where the share stands in what 'get' or 'object' shows: write it there, and only there"
            )
        return self


class Traffic(Frozen):
    """How the canary's share is set (`$weight` percent) and read back."""

    set: Id = Field(description="The action that sets $weight.")
    read: ReadWeight
