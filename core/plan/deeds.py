"""What a plan checks and does: checks the bot makes by itself, actions that change the world, and how traffic is set and read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from core.plan.kinds import Frozen, Id, Text, exactly_one
from core.plan.prometheus import PrometheusCheck
from core.plan.quantities import AboveField, BelowField, DurationField

CHECK_KINDS = ("http", "metric", "run", "prometheus")
ACTION_KINDS = ("command", "http")


class HttpCheck(Frozen):
    """GET an address of a source and compare. `json` maps a JMESPath to the value it must have."""

    source: Id
    get: str
    status: int = 200
    json_: dict[str, str | int | float | bool] = Field(default={}, alias="json")


class MetricCheck(Frozen):
    """A metric of one track, since the traffic step began, must be on the right side."""

    metric: Id
    track: Literal["canary", "control"] = "canary"
    below: BelowField | None = None
    above: AboveField | None = None

    @model_validator(mode="after")
    def _one_limit(self) -> MetricCheck:
        exactly_one(self, "a metric check", "below", "above")
        return self


class Check(Frozen):
    """What the bot verifies by itself: exactly one of http, metric, run (an action that changes nothing), prometheus."""

    http: HttpCheck | None = None
    metric: MetricCheck | None = None
    run: Id | None = None
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


class Command(Frozen):
    """A program with arguments, never a shell line. The program must stand in the plan's `programs`.
    `$weight`, `$version` and other inputs stand for whole arguments or parts of one; they cannot add arguments."""

    program: Id
    args: tuple[str, ...] = ()
    timeout: DurationField = Field(default="5m", validate_default=True)


class HttpAct(Frozen):
    """A request that changes something. `body` is JSON; `$weight` and inputs may stand as whole values."""

    source: Id
    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: str
    body: dict[str, Any] | None = None
    status: int = 200
    timeout: DurationField = Field(default="30s", validate_default=True)


class Action(Frozen):
    """Something the bot can do to the world. `repeat` says what happens when an attempt's outcome is unknown:
    safe repeats it, probe looks first whether it happened, ask holds and asks a person."""

    title: Text
    command: Command | None = None
    http: HttpAct | None = None
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
        if (self.repeat == "probe") != (self.probe is not None):
            raise ValueError("'repeat: probe' and 'probe:' go together: write both or neither")
        return self

    @property
    def probing(self) -> Check | None:
        """The probe as a check, in whichever form it was written."""
        return Check(http=self.probe) if isinstance(self.probe, HttpCheck) else self.probe

    @property
    def kind(self) -> str:
        """Who carries it out: one of ACTION_KINDS."""
        return exactly_one(self, "an action", *ACTION_KINDS)


class ReadWeight(Frozen):
    """A fresh read of the canary's share in percent: a JMESPath over a GET."""

    source: Id
    get: str
    value: str


class Traffic(Frozen):
    """How the canary's share is set (`$weight` percent) and read back."""

    set: Id = Field(description="The action that sets $weight.")
    read: ReadWeight
