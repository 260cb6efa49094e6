"""What `$name` stands for in the actions that the rules ask for. It must not know what an action does."""

from __future__ import annotations

from core.effects import Params
from core.state import Deployment


def step_params(deployment: Deployment) -> Params:
    """The plan's inputs."""
    return tuple(sorted(deployment.inputs.items()))


def back_params(deployment: Deployment) -> Params:
    """The plan's inputs, and the share that a rollback leaves to the canary: none."""
    return (*step_params(deployment), ("weight", 0))
