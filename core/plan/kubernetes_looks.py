"""What a plan looks at in a cluster without changing anything: the checks of any object.

It must not know how a cluster is reached.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from core.plan.kinds import Frozen, Id
from core.plan.kubernetes import Resource


class Restarts(Frozen):
    """Restarts of all containers of a workload's pods together."""

    below: int = Field(ge=1)


class KubernetesCheck(Frozen):
    """Looks at an object; all that is said must hold. Nothing said: it is there."""

    source: Id
    object: Resource
    exists: bool = True
    expect: dict[str, str | int | float | bool] = Field(
        default={}, description="A JMESPath over the object, and the value it must have."
    )
    at_least: dict[str, int | float] = Field(
        default={},
        alias="at-least",
        description="A JMESPath over the object, and the least number it may be.",
    )
    ready: Literal[True] | None = Field(
        default=None,
        description="Rolled out with every pod ready; any other object: its condition Ready or Available.",
    )
    restarts: Restarts | None = None
    image: str | None = Field(default=None, min_length=1, description="One of its containers has this image.")

    @model_validator(mode="after")
    def _sensible(self) -> KubernetesCheck:
        more = (self.expect, self.at_least, self.ready, self.restarts, self.image)
        if not self.exists and any(more):
            raise ValueError("what is not there has no fields: 'exists: false' stands alone")
        return self
