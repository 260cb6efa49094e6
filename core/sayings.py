"""What people say of the whole: how it went, which risks stand, what was lost, and that they want to see the board. Inputs, as
those of `core.inputs`, through which they are known.

`by` is a Slack user id, or 'cli:NAME' for the command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from core.endings import OutcomeWord


@dataclass(frozen=True)
class OutcomeSaid:
    """A person says how the deployment went, and why."""

    by: str
    outcome: OutcomeWord
    reason: str
    kind: ClassVar[Literal["outcome-said"]] = "outcome-said"


@dataclass(frozen=True)
class RiskSaid:
    """A person declares a risk of the readiness board, or withdraws it; both with a reason."""

    by: str
    risk: str
    stands: bool
    reason: str
    kind: ClassVar[Literal["risk-said"]] = "risk-said"


@dataclass(frozen=True)
class BoardAsked:
    """A person wants the readiness board in the channel."""

    by: str
    kind: ClassVar[Literal["board-asked"]] = "board-asked"


@dataclass(frozen=True)
class LossSaid:
    """How much data a rollback has lost, in seconds (0: none)."""

    by: str
    seconds: int
    note: str = ""
    kind: ClassVar[Literal["loss-said"]] = "loss-said"
