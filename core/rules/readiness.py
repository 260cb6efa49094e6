"""What people do with the readiness board: declare a risk or withdraw it, and have the board shown. A risk that stands forbids GO.

It must not know how far anything is (`core.readiness`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.decision import Decision
from core.effects import Post
from core.endings import StandingRisk
from core.errors import Refused
from core.plan.models import Readiness
from core.roles import require_any_role
from core.sayings import BoardAsked, RiskSaid
from core.state import Deployment

BOARD = "readiness"
"""The key of the message that shows the board."""


def risk_said(deployment: Deployment, happened: RiskSaid, now: datetime) -> Decision:
    """A risk is declared or withdrawn by anybody with a role, with a reason."""
    plan = _plan(deployment)
    known = [risk.id for risk in plan.risks]
    if happened.risk not in known:
        raise Refused("unknown-risk", risk=happened.risk, known=", ".join(known))
    require_any_role(deployment, happened.by, "risk")
    standing = next((risk for risk in deployment.risks if risk.id == happened.risk), None)
    if happened.stands and standing is not None:
        raise Refused("risk-stands-already", risk=standing.id, by=standing.by, reason=standing.reason)
    if not happened.stands and standing is None:
        raise Refused("risk-not-standing", risk=happened.risk)
    if not happened.reason.strip():
        raise Refused("reason-required", act="risk")
    rest = tuple(risk for risk in deployment.risks if risk.id != happened.risk)
    if not happened.stands:
        withdrawn = Decision(replace(deployment, risks=rest))
        return withdrawn.fact("risk-withdrawn", risk=happened.risk, by=happened.by, reason=happened.reason)
    declared = StandingRisk(happened.risk, happened.by, now, happened.reason)
    decision = Decision(replace(deployment, risks=(*rest, declared)))
    return decision.fact("risk-declared", risk=happened.risk, by=happened.by, reason=happened.reason)


def board_asked(deployment: Deployment, happened: BoardAsked, now: datetime) -> Decision:
    """The board as a message of its own, which stays up to date; asked for again, it comes anew."""
    _plan(deployment)
    require_any_role(deployment, happened.by, "board")
    shown = Decision(replace(deployment, board_at=now)).note("board-shown", by=happened.by)
    return shown.ask(Post("readiness", BOARD, "", "top", "main", priority=2))


def require_no_risk(deployment: Deployment) -> None:
    """Raises Refused while a declared risk stands."""
    if deployment.risks:
        first = deployment.risks[0]
        raise Refused(
            "risk-stands",
            risks=",".join(risk.id for risk in deployment.risks),
            by=first.by,
            reason=first.reason,
        )


def _plan(deployment: Deployment) -> Readiness:
    plan = deployment.runbook.plan.readiness
    if plan is None:
        raise Refused("no-readiness-in-plan")
    return plan
