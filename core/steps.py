"""How far a step of the route is, with its items and signatures, as frozen values. Part of a deployment's state (`core.state`).

Only the fields of its kind are used of a step. All times are UTC plan time. It must not know a rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from core.inputs import Answer, Mark, Reading

StepStatus = Literal["waiting", "open", "done", "skipped", "missed", "failed"]


@dataclass(frozen=True)
class ItemState:
    """One checklist item: who marked it, when, on which evidence."""

    id: str
    mark: Mark = "open"
    by: str = ""
    at: datetime | None = None
    note: str = ""
    checking: bool = False
    failed: str = ""  # why the bot's own check did not pass
    reminded: bool = False
    warned: bool = False  # reminded before it was due
    value: float | None = None  # what a person entered or the bot measured, in `unit`
    unit: str = ""


@dataclass(frozen=True)
class SignState:
    """One role's signature on a sign-off."""

    role: str
    mark: Literal["open", "approve", "reject"] = "open"
    by: str = ""
    at: datetime | None = None
    comment: str = ""
    seen: str = ""
    reminded: bool = False


@dataclass(frozen=True)
class StepState:
    """How far one step of the route is. Only the fields of its kind are used."""

    id: str
    status: StepStatus = "waiting"
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    round: int = 0  # counts the times it was asked or tried
    by: str = ""
    note: str = ""
    items: tuple[ItemState, ...] = ()
    signs: tuple[SignState, ...] = ()
    answer: Answer | None = None  # decide
    deadline: datetime | None = None  # decide; traffic's confirmation
    defaulted: bool = False  # decide: nobody answered and the default was applied
    observed: int = 0  # decide: OBSERVE was the answer so many times
    stage_of_work: Literal[
        "", "setting", "reading", "settling", "confirming", "measuring", "observing", "trying"
    ] = ""
    baked: timedelta = timedelta(0)  # bake (and a decide's observing), without pauses
    bake_for: timedelta = timedelta(0)
    baking_since: datetime | None = None
    confirmed: tuple[str, ...] = ()
    evidence: str = ""
    readings: tuple[Reading, ...] = ()  # baseline: what the first of its two looks read
    readings_at: datetime | None = None
    next_at: datetime | None = (
        None  # when the step itself does its next thing (a confirmation, the second look)
    )
    tried: Literal["", "ok", "failed"] = (
        ""  # a run to approve: whether it could be found out what it would change
    )
    withheld: bool = False  # its action is not begun while the deployment stands still

    def item(self, item_id: str) -> ItemState | None:
        """The item with this id, or None."""
        return next((item for item in self.items if item.id == item_id), None)

    def with_item(self, item: ItemState) -> StepState:
        """With the item of the same id replaced."""
        return replace(self, items=tuple(item if old.id == item.id else old for old in self.items))

    def with_sign(self, sign: SignState) -> StepState:
        """With the signature of the same role replaced."""
        return replace(self, signs=tuple(sign if old.role == sign.role else old for old in self.signs))

    @property
    def settled(self) -> bool:
        """Nothing of it is left to do."""
        return self.status in ("done", "skipped")
