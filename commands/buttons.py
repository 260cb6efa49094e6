"""What a button carries: a constant verb as its action id, and the ids of what it is about as its value.

A value holds ids only, never state and never a command: it comes back from the outside, and from old messages. It must not
know what a click does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

MOST = 200


class Verb(StrEnum):
    """Every action id. A name that was once used keeps its meaning: old messages keep their buttons."""

    ITEM_DONE = "item.done"
    ITEM_MORE = "item.more"
    ITEM_ALL = "item.all"
    DECISION_GO = "decision.go"
    DECISION_OBSERVE = "decision.observe"
    DECISION_NO_GO = "decision.no-go"
    DECISION_HOLD = "decision.hold"
    SIGN_APPROVE = "sign.approve"
    SIGN_REJECT = "sign.reject"
    SIGN_WITHDRAW = "sign.withdraw"
    PAGE_ACK = "page.ack"
    CARD_DETAILS = "card.details"
    CARD_PAUSE = "card.pause"
    CARD_RESUME = "card.resume"
    CARD_ROLLBACK = "card.rollback"
    OUTCOME_HAPPENED = "outcome.happened"
    OUTCOME_NOT_HAPPENED = "outcome.not-happened"
    MISSED_DONE = "missed.done"
    MISSED_NA = "missed.na"
    MISSED_TODO = "missed.todo"
    ROLLBACK_START = "rollback.start"
    ROLLBACK_FORCE = "rollback.force"
    UNLOCK = "unlock.start"
    RESCHEDULE = "reschedule.start"
    INCIDENT_DONE = "incident.done"
    INCIDENT_MORE = "incident.more"
    INCIDENT_ASK = "incident.ask"
    INCIDENT_CLOSE = "incident.close"
    INCIDENT_NEXT_TRY = "incident.next-try"
    INCIDENT_WATCH = "incident.watch"
    INCIDENT_HOT_FIX = "incident.hot-fix"
    INCIDENT_SCALE_OUT = "incident.scale-out"
    INCIDENT_RESTART = "incident.restart"
    INCIDENT_ROLL_BACK = "incident.roll-back"
    WENT_SUCCESS = "went.success"
    WENT_PARTIAL = "went.partial"
    WENT_FAILED = "went.failed"
    FOLLOW_ON = "follow.start"
    LOSS_SAY = "loss.say"
    BOARD_SHOW = "board.show"
    RISK_DECLARE = "risk.declare"
    RISK_WITHDRAW = "risk.withdraw"


class More(StrEnum):
    """The choices of an item's overflow menu."""

    EVIDENCE = "ev"
    NOT_APPLICABLE = "na"
    OPEN = "op"
    AGAIN = "ag"


@dataclass(frozen=True)
class Value:
    """d: deployment, s: step, i: item, role, page number or ref, r: round, e: digest of the evidence, v: a menu's choice."""

    d: str
    s: str = ""
    i: str = ""
    r: int = 0
    e: str = ""
    v: str = ""

    def text(self) -> str:
        """As compact JSON without the empty parts."""
        parts = {name: part for name, part in vars(self).items() if part}
        return json.dumps(parts, separators=(",", ":"), ensure_ascii=False)


def read(text: str) -> Value | None:
    """The value of a clicked button, or None when it is none of ours."""
    try:
        parts = json.loads(text) if len(text) <= MOST else None
    except ValueError:
        return None
    if not isinstance(parts, dict) or not isinstance(parts.get("d"), str) or not parts["d"]:
        return None
    number = parts.pop("r", 0)
    known = set(parts) <= {"d", "s", "i", "e", "v"} and all(isinstance(part, str) for part in parts.values())
    return Value(**parts, r=number) if known and type(number) is int else None
